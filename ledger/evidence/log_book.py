"""A log as its readers see it: roots, proofs and tiles of the sizes it has had; pure."""

from collections.abc import Sequence

from ledger.evidence.log_ports import LogStore
from ledger.evidence.merkle import EMPTY_ROOT, consistency_path, inclusion_path
from ledger.evidence.tile_files import Tile
from ledger.evidence.tiles import (
    consistency_tiles,
    inclusion_tiles,
    node_reader,
    right_edge,
    root_from,
)


class LogBook:
    """Asks the store once for each answer. Raises ProofRefused where tiles are missing."""

    def __init__(self, store: LogStore) -> None:
        self._store = store

    def root(self, size: int) -> bytes:
        """The root of the first `size` events."""
        if size == 0:
            return EMPTY_ROOT
        return root_from(size, self._store.tiles(right_edge(size)))

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """The path from the event at `index`, from 0, to the root of `size`."""
        tiles = self._store.tiles(inclusion_tiles(index, size))
        return inclusion_path(index, size, node_reader(tiles))

    def consistency(self, old_size: int, new_size: int) -> list[bytes]:
        """What shows that the tree of `old_size` is the beginning of that of `new_size`."""
        tiles = self._store.tiles(consistency_tiles(old_size, new_size))
        return consistency_path(old_size, new_size, node_reader(tiles))

    def tile(self, tile: Tile) -> bytes | None:
        """Its hashes; None if the log has not so many."""
        kept = self._store.tiles([tile]).get((tile.level, tile.index), b"")
        wanted = 32 * tile.width
        return kept[:wanted] if len(kept) >= wanted else None

    def entries(self, first: int, size: int) -> Sequence[bytes]:
        """The states of the events behind `first`, up to `size`."""
        return self._store.entries(first, size)

"""Keeps a copy of somebody's log that only grows, and checks all of it (design.md §9).

Nothing is believed but the key, which came another way: tiles follow from the signed root, entries
from the tiles, and what lies in the copy is looked at anew each time.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Final

from ledger.evidence.canonical import STATE_BYTES_MAX, leaf_hash
from ledger.evidence.checkpoint import CHECKPOINT_BYTES_MAX, Checkpoint, SignedCheckpoint
from ledger.evidence.merkle import HASH_BYTES, check_consistency, consistency_path, root_of
from ledger.evidence.note import VerifierKey
from ledger.evidence.refusals import ProofRefused
from ledger.evidence.tile_files import TILE_WIDTH, EntryBundle, Tile
from ledger.evidence.tiles import consistency_tiles, node_reader, right_edge, root_from
from ledger.proving.exporting import bundles_of
from ledger.proving.log_folder import (
    CHECKPOINT,
    CopyRefused,
    CopyStep,
    LogFolder,
    LogSource,
    required,
)
from ledger.proving.replay import CheckedMap, Replay, StatedMap, stated_map

REFUSED: Final = "checkpoint.refused"
"""A signed checkpoint that contradicts the copy: with the copy's own it proves that to others."""

_HEIGHT: Final = 8  # of a tile: 2^8 hashes
_LENGTH_BYTES: Final = 2  # before each entry of a bundle


@dataclass(frozen=True, slots=True)
class Mirrored:
    """The copy holds `size` events, `added` of them new. The others are those of `Replay`."""

    size: int
    root: bytes
    added: int
    maps: Sequence[CheckedMap]
    reopened: Sequence[int]
    findings: Sequence[str]
    overflow: int

    @property
    def is_sound(self) -> bool:
        """Whether every event is in order and every map true."""
        return not self.findings and all(one.is_true for one in self.maps)


def mirror(
    source: LogSource,
    folder: LogFolder,
    key: VerifierKey,
    *,
    on_size: Callable[[int], None] = lambda events: None,
    on_copied: Callable[[int], None] = lambda events: None,
    on_replayed: Callable[[int], None] = lambda events: None,
) -> Mirrored:
    """Bring the copy up to what the source shows, and check it from the first event on.

    (1) the checkpoint is signed by `key`; (2) it continues the one of the last sound run; (3) every
    tile follows from its root; (4) every entry from its tile; (5) every event is in order and every
    `ledger.heads` true, which is reported and not raised; (6) only then is it the copy's.
    Raises CopyRefused, ProofRefused, naming the step; OSError.
    """
    with folder.turn(key) as kept:
        note = required(source, CHECKPOINT, CHECKPOINT_BYTES_MAX)
        shown = SignedCheckpoint.parse(note)
        shown.check(key)  # (1)
        tree = shown.tree
        on_size(tree.size)
        if kept is not None:
            try:
                _check_continues(source, kept.tree, tree)  # (2)
            except CopyRefused as refused:
                if refused.step in (CopyStep.SMALLER, CopyStep.FORK):
                    folder.write(REFUSED, note)
                raise
        _copy_tiles(source, folder, tree)  # (3)
        stated = _copy_entries(source, folder, tree.size, on_copied)  # (4)
        with closing(Replay(key, stated)) as replay:
            _replay(folder, replay, tree.size, on_replayed)  # (5)
        done = Mirrored(
            size=tree.size,
            root=tree.root,
            added=tree.size - (0 if kept is None else kept.tree.size),
            maps=replay.maps,
            reopened=replay.reopened,
            findings=replay.findings,
            overflow=replay.overflow,
        )
        if done.is_sound:
            folder.write(CHECKPOINT, note)  # (6)
    return done


def _check_continues(source: LogSource, old: Checkpoint, new: Checkpoint) -> None:
    """Whether the new tree begins with the old one, shown by tiles of the new one alone."""
    if new.size < old.size:
        raise CopyRefused(CopyStep.SMALLER, f"{old.size} → {new.size}")
    if old.size == 0:
        return
    tiles = {}
    for tile in {*consistency_tiles(old.size, new.size), *_edge_within(old.size, new.size)}:
        tiles[tile.level, tile.index] = _read_tile(source, tile)
    # First how the new tree begins, then whether that is the old one: tiles that are wrong are no
    # sign of a fork.
    root = root_from(old.size, tiles)
    try:
        check_consistency(
            consistency_path(old.size, new.size, node_reader(tiles)),
            old_size=old.size,
            old_root=root,
            new_size=new.size,
            new_root=new.root,
        )
    except ProofRefused as error:
        raise CopyRefused(CopyStep.ROOT, f"{new.size}") from error
    if root != old.root:
        raise CopyRefused(CopyStep.FORK, f"{old.size} → {new.size}")


def _edge_within(old_size: int, new_size: int) -> Iterator[Tile]:
    """The tiles of the old tree's right edge as the new tree has them."""
    for tile in right_edge(old_size):
        width = (new_size >> _HEIGHT * tile.level) - TILE_WIDTH * tile.index
        yield Tile(tile.level, tile.index, min(width, TILE_WIDTH))


def _copy_tiles(source: LogSource, folder: LogFolder, tree: Checkpoint) -> None:
    """Every tile of the tree, from the root down: what is above vouches for what is below."""
    edge = {}
    for tile in right_edge(tree.size):
        edge[tile.level, tile.index] = _read_tile(source, tile)
    if root_from(tree.size, edge) != tree.root:
        raise CopyRefused(CopyStep.ROOT, f"{tree.size}")
    for tile in right_edge(tree.size):
        folder.write(tile.path, edge[tile.level, tile.index])
    above = b""
    for tile in _full_tiles(tree.size):
        number, place = divmod(tile.index, TILE_WIDTH)
        if place == 0:
            parent = Tile(tile.level + 1, number, TILE_WIDTH)
            above = edge.get((parent.level, number)) or _read_tile(folder, parent)
        kept = folder.read(tile.path, HASH_BYTES * TILE_WIDTH)
        hashes = kept or _read_tile(source, tile)
        cuts = range(0, len(hashes), HASH_BYTES)
        root = root_of([hashes[cut : cut + HASH_BYTES] for cut in cuts])
        if root != above[HASH_BYTES * place :][:HASH_BYTES]:
            raise CopyRefused(CopyStep.KEPT if kept else CopyStep.TILE, tile.path)
        if not kept:
            folder.write(tile.path, hashes)


def _full_tiles(size: int) -> Iterator[Tile]:
    """The tiles that are full, the highest level first."""
    levels = range(size.bit_length() // _HEIGHT + 1)
    for level in reversed(levels):
        count = size >> _HEIGHT * (level + 1)
        yield from (Tile(level, index, TILE_WIDTH) for index in range(count))


def _copy_entries(
    source: LogSource, folder: LogFolder, size: int, on_copied: Callable[[int], None]
) -> list[StatedMap]:
    """Every bundle of entries, each beside its tile; what the entries say of all streams."""
    stated = []
    for bundle in bundles_of(size):
        is_full = bundle.width == TILE_WIDTH
        kept = folder.read(bundle.path, _bytes_max(bundle)) if is_full else None
        content = kept or required(source, bundle.path, _bytes_max(bundle))
        tile = _read_tile(folder, Tile(0, bundle.index, bundle.width))
        try:
            entries = bundle.read(content)
        except ProofRefused:
            entries = []
        if b"".join(map(leaf_hash, entries)) != tile:
            raise CopyRefused(CopyStep.KEPT if kept else CopyStep.ENTRIES, bundle.path)
        if not kept:
            folder.write(bundle.path, content)
        first = TILE_WIDTH * bundle.index + 1
        maps = (stated_map(state, position) for position, state in enumerate(entries, first))
        stated += [one for one in maps if one is not None]
        on_copied(first - 1 + bundle.width)
    return stated


def _replay(
    folder: LogFolder, replay: Replay, size: int, on_replayed: Callable[[int], None]
) -> None:
    """Every entry of the copy, once more and one by one."""
    for bundle in bundles_of(size):
        replay.take(bundle.read(required(folder, bundle.path, _bytes_max(bundle))))
        on_replayed(TILE_WIDTH * bundle.index + bundle.width)


def _read_tile(source: LogSource, tile: Tile) -> bytes:
    hashes = required(source, tile.path, HASH_BYTES * tile.width)
    if len(hashes) != HASH_BYTES * tile.width:
        raise CopyRefused(CopyStep.TILE, f"{tile.path}: {len(hashes)} B")
    return hashes


def _bytes_max(bundle: EntryBundle) -> int:
    return bundle.width * (_LENGTH_BYTES + STATE_BYTES_MAX)

"""Writes a log out as files, for whoever wants to check or serve it (c2sp.org/tlog-tiles)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ledger.errors import LedgerBroken
from ledger.evidence.checkpoint import SignedCheckpoint
from ledger.evidence.log_book import LogBook
from ledger.evidence.note import VerifierKey
from ledger.evidence.refusals import ProofRefused, Step
from ledger.evidence.tile_files import TILE_WIDTH, EntryBundle, encode_entries
from ledger.evidence.tiles import tiles_of
from ledger.proving.log_folder import CHECKPOINT, CopyRefused, CopyStep, LogFolder


@dataclass(frozen=True, slots=True)
class Exported:
    """`size` events; `written` files were not there yet."""

    size: int
    root: bytes
    written: int


def export(
    book: LogBook,
    shown: SignedCheckpoint,
    key: VerifierKey,
    folder: LogFolder,
    *,
    with_entries: bool,
    on_progress: Callable[[int], None] = lambda events: None,
) -> Exported:
    """Write the tiles of a checkpoint, the bundles of its entries if wanted, last itself.

    Tiles and bundles never change: one that is there from an earlier run is left alone. `key`: the
    log's. Raises CopyRefused where the folder holds another log, or events that this one has not;
    ProofRefused, LedgerBroken: the tree or an event is missing; OSError.
    """
    tree, written = shown.tree, 0
    with folder.turn(key) as kept:
        if kept is not None and kept.tree.size > tree.size:
            raise CopyRefused(CopyStep.SMALLER, f"{kept.tree.size} → {tree.size}")
        if kept is not None and book.root(kept.tree.size) != kept.tree.root:
            raise CopyRefused(CopyStep.FORK, f"{kept.tree.size}")
        for tile in tiles_of(tree.size):
            if not folder.has(tile.path):
                hashes = book.tile(tile)
                if hashes is None:
                    raise ProofRefused(Step.TILE_MISSING, tile.path)
                folder.write(tile.path, hashes)
                written += 1
        for bundle in bundles_of(tree.size) if with_entries else ():
            first = TILE_WIDTH * bundle.index
            if not folder.has(bundle.path):
                entries = book.entries(first, first + bundle.width)
                if len(entries) != bundle.width:
                    raise LedgerBroken(f"events are missing between {first} and {tree.size}")
                folder.write(bundle.path, encode_entries(entries))
                written += 1
            on_progress(first + bundle.width)
        folder.write(CHECKPOINT, shown.encode())
    return Exported(tree.size, tree.root, written)


def bundles_of(size: int) -> Iterator[EntryBundle]:
    """Every bundle of the entries of a log of `size` events."""
    full, width = divmod(size, TILE_WIDTH)
    yield from (EntryBundle(index, TILE_WIDTH) for index in range(full))
    if width:
        yield EntryBundle(full, width)

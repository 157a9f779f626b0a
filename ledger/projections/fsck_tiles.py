"""The oracle on the tree: every tile that is kept holds the hashes of the events."""

from collections.abc import Iterator
from typing import Any, Final

from ledger.evidence.merkle import HASH_BYTES, root_of
from ledger.evidence.tile_files import TILE_WIDTH, Tile
from ledger.evidence.tiles import TILE_BYTES_MAX, root_from
from ledger.projections.follower import position_of
from ledger.projections.fsck_report import Report
from ledger.projections.tree import NAME
from ledger.store.database import LedgerConnection
from ledger.store.sql import load_blocks

SQL: Final = load_blocks("ledger.projections", "fsck_log.sql")

Row = tuple[Any, ...]  # columns; the first is the number that rows are in order of
Rows = Iterator[Row]

_MISSING: Final = "is missing"
_DIFFERENT: Final = "has other hashes than the events"


def rows_of(connection: LedgerConnection, name: str, **asked: int) -> Rows:
    """The rows of a table in order, a page at a time. No cursor stays open between the pages."""
    after = -1
    while page := connection.execute(SQL[name], {**asked, "after": after}).fetchall():
        yield from page
        after = page[-1][0]


class Tiles:
    """The tiles that the leaves give, each beside the one that is kept."""

    def __init__(self, report: Report, connection: LedgerConnection) -> None:
        self._report = report
        self._connection = connection
        self._kept_size = position_of(connection.cursor(), NAME)
        self._edge: list[bytearray] = []  # of each level the tile that is not full yet
        self._full: list[int] = []
        self._kept: list[Rows] = []
        self._next: list[Row | None] = []
        self._found = 0
        self._wrong: dict[tuple[int, str], tuple[Tile, int]] = {}

    def add(self, leaf: bytes) -> None:
        """One more leaf hash."""
        self._append(0, leaf)

    def root(self, size: int) -> bytes:
        """Of the leaves so far, which are `size`."""
        edge = {(n, self._full[n]): bytes(hashes) for n, hashes in enumerate(self._edge)}
        return root_from(size, edge)

    def close(self, size: int) -> None:
        """After the last leaf."""
        if self._kept_size > size:
            self._report.find(f"log_tiles: the tree has {self._kept_size} events, the log {size}")
            return
        for level, hashes in enumerate(self._edge):
            self._compare(level, bytes(hashes))
        for (_, what), (tile, count) in self._wrong.items():
            others = f", and {count - 1} more of its level" if count > 1 else ""
            self._report.find(f"{tile.path}: {what}{others}")
        row = self._connection.execute(SQL["count_tiles"]).fetchone()
        assert row is not None
        if row[0] != self._found:
            self._report.find(
                f"log_tiles: {row[0] - self._found} rows have no place in a tree of"
                f" {self._kept_size} events"
            )

    def _append(self, level: int, added: bytes) -> None:
        if level == len(self._edge):
            self._edge.append(bytearray())
            self._full.append(0)
            self._kept.append(rows_of(self._connection, "tiles", level=level))
            self._next.append(next(self._kept[level], None))
        hashes = self._edge[level]
        hashes += added
        if len(hashes) == TILE_BYTES_MAX:
            self._compare(level, bytes(hashes))
            cuts = range(0, TILE_BYTES_MAX, HASH_BYTES)
            root = root_of([bytes(hashes[cut : cut + HASH_BYTES]) for cut in cuts])
            hashes.clear()
            self._full[level] += 1
            self._append(level + 1, root)

    def _compare(self, level: int, hashes: bytes) -> None:
        """The tile that a level has now, of which the kept tree may have fewer hashes."""
        number = self._full[level]
        width = (self._kept_size >> 8 * level) - TILE_WIDTH * number
        width = min(width, len(hashes) // HASH_BYTES)
        if width <= 0:
            return
        tile, row = Tile(level, number, width), self._next[level]
        if row is None or row[0] != number:
            self._note(tile, _MISSING)
            return
        self._found += 1
        self._next[level] = next(self._kept[level], None)
        if row[1] != hashes[: HASH_BYTES * width]:
            self._note(tile, _DIFFERENT)

    def _note(self, tile: Tile, what: str) -> None:
        first, count = self._wrong.get((tile.level, what), (tile, 0))
        self._wrong[tile.level, what] = first, count + 1

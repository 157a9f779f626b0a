"""The oracle on the map of streams: its newest statement is made anew from the events."""

from collections.abc import Sequence

from ledger.aggregates.events import Event
from ledger.aggregates.provider_bodies import LedgerHeads
from ledger.evidence.heads import CHUNK_HEADS, heads_leaf
from ledger.evidence.log_ports import Head
from ledger.evidence.merkle import Tree, root_of
from ledger.projections.fsck_report import Report
from ledger.projections.fsck_tiles import Row, rows_of
from ledger.store.database import LedgerConnection


class Heads:
    """Of the events in the order of streams; without a statement it looks at nothing."""

    def __init__(self, report: Report, connection: LedgerConnection, newest: Event | None) -> None:
        self._report = report
        self._stated: LedgerHeads | None = None
        self._last: Event | None = None
        self._chunk: list[Head] = []
        self._chunks = self._streams = 0
        self._map = Tree(CHUNK_HEADS)
        if newest is not None and isinstance(newest.body, LedgerHeads):
            self._stated = newest.body
            self._place = f"event {newest.position}"
            if newest.body.size >= newest.position:
                report.find(f"{self._place}: its map is of {newest.body.size} events")
            self._kept = rows_of(connection, "heads", size=newest.body.size)
            self._row: Row | None = next(self._kept, None)
            self._is_kept = self._row is not None

    def take(self, page: Sequence[Event]) -> None:
        """The next events in the order of streams."""
        if self._stated is None:
            return
        for event in page:
            if event.position > self._stated.size:
                continue
            if self._last is not None and self._last.stream != event.stream:
                self._end_stream(self._last)
            self._last = event

    def close(self) -> None:
        """After the last event."""
        stated = self._stated
        if stated is None:
            return
        if self._last is not None:
            self._end_stream(self._last)
        self._end_chunk()
        if self._row is not None:
            self._differ()
        if self._streams != stated.streams:
            self._report.find(f"{self._place}: says {stated.streams} streams, not {self._streams}")
        if self._map.root().hex() != stated.root:
            self._report.find(f"{self._place}: its root is not that of the streams")

    def _end_stream(self, last: Event) -> None:
        self._streams += 1
        self._chunk.append((last.stream, last.seq, last.leaf_hash))
        if len(self._chunk) == CHUNK_HEADS:
            self._end_chunk()

    def _end_chunk(self) -> None:
        if not self._chunk:
            return
        leaves = [heads_leaf(one) for one in self._chunk]
        self._map.add(leaves)
        if self._is_kept and self._row != (self._chunks, self._chunk[0][0], root_of(leaves)):
            self._differ()
        if self._is_kept:
            self._row = next(self._kept, None)
        self._chunks += 1
        self._chunk = []

    def _differ(self) -> None:
        """Said once; what follows would be wrong for the same reason."""
        self._report.find(f"{self._place}: part {self._chunks} of its kept map is another")
        self._is_kept, self._row = False, None

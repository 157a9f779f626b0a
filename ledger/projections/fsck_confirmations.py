"""The oracle on confirmations: the table is what its events come to, stream by stream."""

from typing import Final
from uuid import UUID

from ledger.aggregates.events import Event
from ledger.projections.confirmations import NAME, SQL, ConfirmationRow, ConfirmationsFold, Key
from ledger.store.database import LedgerConnection

DIFFERENCES_MAX: Final = 100
"""Differences told one by one; the rest is counted."""
ROWS_AT_A_TIME: Final = 2_000


class ConfirmationsCheck:
    """Compares the table with its events, one stream in memory at a time.

    Consents that nobody confirms stand for years, so that the table may be as long as the log.
    """

    def __init__(self, connection: LedgerConnection, read_to: int) -> None:
        """`read_to`: the follower's position. One snapshot for this and the events is the
        caller's to provide."""
        self._read_to = read_to
        self._fold = ConfirmationsFold()
        self._stream: UUID | None = None
        self._found: list[str] = []
        self._more = 0
        self._cursor = connection.cursor(name=NAME)
        self._cursor.itersize = ROWS_AT_A_TIME
        self._cursor.execute(SQL["all_rows"])
        self._table = map(ConfirmationRow._make, self._cursor)
        self._next = next(self._table, None)

    def take(self, event: Event) -> None:
        """One more event, in the order of streams and in each of `seq`."""
        if event.stream != self._stream:
            self._end_stream()
            self._stream = event.stream
        if event.position <= self._read_to:
            self._fold.add(event)

    def close(self) -> list[str]:
        """What differs: a line a row, none when all is well."""
        self._end_stream()
        while self._next is not None:
            self._advance(None)
        self._cursor.close()
        if self._more:
            self._found.append(f"{NAME}: {self._more} more rows differ")
        return self._found

    def _end_stream(self) -> None:
        for wanted in sorted(self._fold.rows.values(), key=_place):
            while self._next is not None and _place(self._next) < _place(wanted):
                self._advance(None)
            if self._next is not None and _place(self._next) == _place(wanted):
                self._advance(wanted)
            else:
                self._find(f"row {wanted.position} is missing")
        self._fold = ConfirmationsFold()

    def _advance(self, wanted: ConfirmationRow | None) -> None:
        """Judge the table's next row by the one that the events come to there."""
        row = self._next
        assert row is not None
        self._next = next(self._table, None)
        if wanted is None:
            self._find(f"row {row.position} stands, by the events nothing is owed there")
        elif wanted != row:
            pairs = zip(ConfirmationRow._fields, wanted, row, strict=True)
            names = ", ".join(name for name, one, other in pairs if one != other)
            self._find(f"row {wanted.position} differs from its events in {names}")

    def _find(self, text: str) -> None:
        if len(self._found) < DIFFERENCES_MAX:
            self._found.append(f"{NAME}: {text}")
        else:
            self._more += 1


def _place(row: ConfirmationRow) -> Key:
    return row.stream, row.seq

"""The one loop behind every projection: own position, batched, polled (design.md §2)."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import Final, Protocol

import psycopg
import structlog
from psycopg import Cursor
from psycopg.rows import TupleRow

from ledger import clock
from ledger.aggregates.events import Event
from ledger.errors import HeadBusy, LedgerBroken, LedgerError
from ledger.store.database import Database
from ledger.store.recorder import EVERYTHING, checked_event
from ledger.store.rows import EventRow
from ledger.store.sql import load_blocks
from ledger.vocabulary import IysCode

BATCH: Final = 5_000
POLL_SECONDS: Final = 0.2
RETRY_SECONDS_MAX: Final = 30.0

_SQL: Final = load_blocks("ledger.projections", "follower.sql")
_log = structlog.get_logger("izin")


class Projection(Protocol):
    """A table that follows from the events alone; `name` is its row in `followers`."""

    @property
    def name(self) -> str:
        """Unique within the provider."""

    def apply(self, cursor: Cursor[TupleRow], events: Sequence[Event]) -> None:
        """Bring the table up by `events`, the next ones in order; however they are split, the same
        rows come out. Runs in the transaction of the follower's position; asks only the events and
        its own table."""

    def empty(self, cursor: Cursor[TupleRow]) -> None:
        """Remove every row."""


class FollowerLoop(ABC):
    """What keeps one table up with the log. Several in several processes take turns on the
    follower's row, which has its `name`.

    `failing_since` is the instant of the first of the failures that nothing has ended yet.
    """

    def __init__(
        self, database: Database, iys_code: IysCode, name: str, *, batch_max: int, now: clock.Clock
    ) -> None:
        self.failing_since: datetime | None = None
        self._database = database
        self._iys_code = iys_code
        self._name = name
        self._batch_max = batch_max
        self._now = now
        self._read_to = 0

    @abstractmethod
    def apply(self, cursor: Cursor[TupleRow], after: int, until: int, limit: int) -> int:
        """Bring the table up by the events behind `after`, up to `until`, at most `limit`; how many
        there were. In the transaction of the follower's position. Raises LedgerBroken: a gap."""

    @abstractmethod
    def empty(self, cursor: Cursor[TupleRow]) -> None:
        """Remove every row."""

    def run_once(self, *, until: int | None = None) -> int:
        """Take the next batch, at most to position `until`; how many events were handled, 0 at the
        end of the log. Raises whatever the projection raises: nothing moved then."""
        with self._database.connection(self._iys_code) as connection:
            cursor = connection.cursor()
            behind = cursor.execute(_SQL["is_behind"], {"name": self._name}).fetchone()
            if behind is None or not behind[0]:
                return 0
            return self._take(cursor, self._lock(cursor), until)

    def catch_up(self, until: int | None = None) -> int:
        """Run to position `until`, or to where the log ends now: somebody who writes on must not be
        followed for ever. How many events were handled."""
        handled, goal = 0, self._end() if until is None else until
        while batch := self.run_once(until=goal):
            handled += batch
        return handled

    def rebuild(self) -> int:
        """Empty the table and fill it again to where it stood, which is returned; same rows.

        Batches bound the memory, but it is one transaction: nobody sees the table half full, and a
        crash leaves it as it was.
        """
        position = 0
        with self._database.connection(self._iys_code) as connection:
            cursor = connection.cursor()
            until = self._lock(cursor)
            self.empty(cursor)
            while batch := self._take(cursor, position, until):
                position += batch
        return position

    def run(self, stop: threading.Event) -> None:
        """Follow until `stop` is set. What the store or the data cause is logged and tried again,
        ever more slowly; anything else is a mistake in the program and raised."""
        delay = POLL_SECONDS
        while not stop.is_set():
            pause = POLL_SECONDS
            try:
                pause = 0.0 if self.run_once() >= self._batch_max else POLL_SECONDS
                self.failing_since, delay = None, POLL_SECONDS
            except HeadBusy:
                pass  # another process has the follower's row, and does the work
            except Exception as error:
                self._note(error)
                if not isinstance(error, LedgerError | psycopg.Error):
                    raise
                pause, delay = delay, min(2 * delay, RETRY_SECONDS_MAX)
            stop.wait(pause)

    def _end(self) -> int:
        with self._database.connection(self._iys_code) as connection:
            row = connection.execute(_SQL["end"]).fetchone()
        assert row is not None
        return int(row[0])

    def _lock(self, cursor: Cursor[TupleRow]) -> int:
        name = {"name": self._name}
        cursor.execute(_SQL["enter"], name)
        row = cursor.execute(_SQL["lock"], name).fetchone()
        assert row is not None
        position: int = row[0]
        return position

    def _take(self, cursor: Cursor[TupleRow], after: int, until: int | None) -> int:
        self._read_to = after
        last = EVERYTHING if until is None else until
        count = self.apply(cursor, after, last, self._batch_max)
        if count:
            cursor.execute(_SQL["advance"], {"name": self._name, "position": after + count})
        return count

    def _note(self, error: Exception) -> None:
        self.failing_since = self.failing_since or self._now()
        # Neither text nor traceback: a message of PostgreSQL's may quote values.
        _log.error(
            "a projection fails",
            follower=self._name,
            after_position=self._read_to,
            failure=type(error).__name__,
        )


class Follower(FollowerLoop):
    """Feeds one projection."""

    def __init__(
        self,
        database: Database,
        iys_code: IysCode,
        projection: Projection,
        *,
        batch_max: int = BATCH,
        now: clock.Clock = clock.now,
    ) -> None:
        super().__init__(database, iys_code, projection.name, batch_max=batch_max, now=now)
        self._projection = projection

    def apply(self, cursor: Cursor[TupleRow], after: int, until: int, limit: int) -> int:
        """See FollowerLoop."""
        cursor.execute(_SQL["read_batch"], {"after": after, "until": until, "limit": limit})
        events = [checked_event(EventRow(*row)) for row in cursor.fetchall()]
        if events:
            last = events[-1].position
            if last != after + len(events):
                raise LedgerBroken(f"events are missing between {after} and {last}")
            self._projection.apply(cursor, events)
        return len(events)

    def empty(self, cursor: Cursor[TupleRow]) -> None:
        """See FollowerLoop."""
        self._projection.empty(cursor)


def position_of(cursor: Cursor[TupleRow], name: str) -> int:
    """How far the follower `name` has read, as this transaction sees it; 0 before its first."""
    row = cursor.execute(_SQL["position"], {"name": name}).fetchone()
    return 0 if row is None else row[0]

"""Our recorder, mapper and factory for the `eventsourcing` library (design.md §4).

The library's own recorder locks the table and numbers rows by a sequence; ours appends at explicit
positions while the caller holds the head, so positions are dense and in commit order.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, NoReturn
from uuid import UUID

from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import (
    ApplicationRecorder,
    InfrastructureFactory,
    IntegrityError,
    Mapper,
    Notification,
    ProcessRecorder,
    StoredEvent,
    Subscription,
    TrackingRecorder,
)
from psycopg import Cursor
from psycopg.errors import UniqueViolation

from ledger.aggregates import events
from ledger.aggregates.events import Event
from ledger.errors import LedgerBroken, SettingsRefused
from ledger.store.database import SQL, Database
from ledger.store.rows import EventRow
from ledger.vocabulary import IysCode

POLL_SECONDS: Final = 0.2
EVENTS_OF_STREAM_MAX: Final = 1_000_000
LOG_PAGE: Final = 500
EVERYTHING: Final = 2**62


class LedgerMapper(Mapper[UUID]):
    """Gives the bytes an event has, and checks those it reads; transforms neither."""

    def to_stored_event(self, domain_event: DomainEventProtocol[UUID]) -> StoredEvent:
        """The event's own bytes. Raises SettingsRefused where the environment would change them."""
        if self.compressor is not None or self.cipher is not None:
            raise SettingsRefused("COMPRESSOR_TOPIC and CIPHER_TOPIC would change event bytes")
        if not isinstance(domain_event, Event):
            raise TypeError(f"only framed events are stored, got {type(domain_event).__name__}")
        return StoredEvent(
            domain_event.stream, domain_event.seq, domain_event.topic, domain_event.state
        )

    def to_domain_event(self, stored_event: StoredEvent) -> Event:
        """The event of stored bytes. Raises LedgerBroken where columns and bytes differ."""
        position = stored_event.id if isinstance(stored_event, Notification) else 0
        return checked_event(
            EventRow(
                position,
                UUID(str(stored_event.originator_id)),
                stored_event.originator_version,
                stored_event.topic,
                stored_event.state,
            )
        )


def checked_event(row: EventRow) -> Event:
    """The event of a row, whose columns must say what its bytes say. Raises LedgerBroken."""
    event = events.read(row.state, row.position)
    if (event.stream, event.seq, event.topic) != (row.stream, row.seq, row.topic):
        raise LedgerBroken(f"event {row.position}: columns and bytes differ")
    return event


class LedgerRecorder(ApplicationRecorder):
    """Appends within a write unit; reads from the pool."""

    def __init__(self, database: Database, iys_code: IysCode) -> None:
        self._database = database
        self._iys_code = iys_code

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int]:
        """Append at dense positions inside the unit given as `unit`, which holds the head."""
        unit = kwargs.get("unit")
        if unit is None:
            raise TypeError("events are appended inside a write unit only: save(…, unit=unit)")
        first: int = unit.take_positions(len(stored_events))
        try:
            copy_events(unit.cursor, stored_events, first)
        except UniqueViolation as error:
            raise IntegrityError("a place in a stream or in the log is taken") from error
        return range(first, first + len(stored_events))

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """Events of one stream in order."""
        rows = self._rows(
            "select_events_desc" if desc else "select_events",
            stream=originator_id,
            after=gt or 0,
            until=EVERYTHING if lte is None else lte,
            limit=limit or EVENTS_OF_STREAM_MAX,
        )
        return [StoredEvent(row.stream, row.seq, row.topic, row.state) for row in rows]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """Events of the whole log in commit order."""
        after = (start or 0) - (1 if inclusive_of_start and start else 0)
        rows = self._rows(
            "select_log_topics" if topics else "select_log",
            after=after,
            until=EVERYTHING if stop is None else stop,
            limit=limit,
            **({"topics": list(topics)} if topics else {}),
        )
        return [
            Notification(row.stream, row.seq, row.topic, row.state, id=row.position) for row in rows
        ]

    def max_notification_id(self) -> int | None:
        """The log's size, None when empty."""
        with self._database.connection(self._iys_code) as connection:
            row = connection.execute(SQL["last_position"]).fetchone()
        return row[0] if row else None

    def subscribe(
        self, gt: int | None = None, topics: Sequence[str] = ()
    ) -> "Subscription[ApplicationRecorder]":
        """Events after `gt`, for ever, by polling: LISTEN misses what commits just before it."""
        return PollingSubscription(self, gt=gt, topics=topics)

    def _rows(self, statement: str, **parameters: object) -> list[EventRow]:
        with self._database.connection(self._iys_code) as connection:
            cursor = connection.execute(SQL[statement], parameters)
            return [EventRow(*row) for row in cursor]


class PollingSubscription(Subscription[ApplicationRecorder]):
    """Blocks for the next event; looks again every `POLL_SECONDS`."""

    def __init__(
        self, recorder: ApplicationRecorder, gt: int | None = None, topics: Sequence[str] = ()
    ) -> None:
        super().__init__(recorder, gt, topics)
        self._stopped = threading.Event()
        self._page: Iterator[Notification] = iter(())

    def stop(self) -> None:
        """End the iteration, also of a caller that waits in it."""
        super().stop()
        self._stopped.set()

    def __next__(self) -> Notification:
        while not self._stopped.is_set():
            notification = next(self._page, None)
            if notification is not None:
                self._last_notification_id = notification.id
                return notification
            page = self._recorder.select_notifications(
                self._last_notification_id or 0,
                LOG_PAGE,
                topics=self._topics,
                inclusive_of_start=False,
            )
            self._page = iter(page)
            if not page:
                self._stopped.wait(POLL_SECONDS)
        raise StopIteration


class LedgerFactory(InfrastructureFactory[TrackingRecorder]):
    """Gives the library our recorder and mapper, whatever its environment says."""

    def __init__(self, database: Database, iys_code: IysCode) -> None:
        super().__init__(env={})
        self._recorder = LedgerRecorder(database, iys_code)

    def mapper(self, transcoder: Any = None, mapper_class: Any = None) -> Any:  # library's types
        """Our mapper; a compressor or cipher of the environment is handed on to be refused."""
        return LedgerMapper(
            transcoder or self.transcoder(), compressor=self.compressor(), cipher=self.cipher()
        )

    def application_recorder(self) -> ApplicationRecorder:
        """The recorder of the provider's log."""
        return self._recorder

    def aggregate_recorder(self, purpose: str = "events") -> NoReturn:
        """There are no snapshots: `current_consent` is the stored state."""
        raise SettingsRefused(f"the ledger keeps no {purpose} of the library")

    def tracking_recorder(self, tracking_recorder_class: Any = None) -> NoReturn:
        """Projections bring their own."""
        raise SettingsRefused("a projection brings its own tracking recorder")

    def process_recorder(self) -> ProcessRecorder:
        """Nothing processes events into events here."""
        raise SettingsRefused("the ledger has no process recorder")


def copy_events(cursor: Cursor[Any], stored_events: Sequence[StoredEvent], first: int) -> None:
    """Append rows at `first`, `first + 1`, … by `COPY`."""
    with _copy(cursor, "copy_events", ("int8", "uuid", "int8", "text", "bytea")) as write:
        for position, event in enumerate(stored_events, first):
            write(
                (
                    position,
                    event.originator_id,
                    event.originator_version,
                    event.topic,
                    event.state,
                )
            )


@contextmanager
def _copy(cursor: Cursor[Any], statement: str, types: Sequence[str]) -> Iterator[Any]:
    with cursor.copy(SQL[statement]) as copy:
        copy.set_types(types)
        yield copy.write_row

"""The oracle: re-derives everything from the stored bytes and compares (design.md, What must hold).

First in the order of the log, then stream by stream; one snapshot; of the whole log only what waits
for İYS is held in memory. Every finding names a position and a step, never an address.
"""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final
from uuid import UUID

from ledger.aggregates.bodies import Body, RecipientErased, SuppressionAdded, SuppressionLifted
from ledger.aggregates.events import Event
from ledger.aggregates.provider_bodies import (
    BrandClosed,
    BrandOpened,
    DecisionMade,
    LedgerOpened,
    TextRegistered,
)
from ledger.errors import LedgerBroken
from ledger.evidence.canonical import leaf_hash
from ledger.projections.fsck_brand_events import BrandEvents
from ledger.projections.fsck_decisions import check_leaves
from ledger.projections.fsck_heads import Heads
from ledger.projections.fsck_log import Proofs
from ledger.projections.fsck_report import Report
from ledger.projections.fsck_streams import Streams
from ledger.projections.fsck_tables import Tables
from ledger.recording.barring import suppression_of
from ledger.recording.ports import Provider, Suppression
from ledger.recording.text_ports import RegisteredText
from ledger.store.database import Database, LedgerConnection
from ledger.store.recorder import checked_event
from ledger.store.rows import EventRow, suppression_of_row
from ledger.store.sql import load_blocks
from ledger.store.texts import registered_text
from ledger.store.vault import ProviderVault
from ledger.vocabulary import IysCode

PAGE: Final = 2_000

_SQL: Final = load_blocks("ledger.projections", "fsck.sql")


def check(
    database: Database,
    provider: Provider,
    vault: ProviderVault,
    *,
    on_progress: Callable[[int], None] = lambda events: None,
) -> Report:
    """Look at every event, state, key and payload of one provider. Writes nothing."""
    report = Report()
    iys_code = provider.iys_code
    with database.connection(iys_code) as connection:
        connection.execute(_SQL["one_snapshot"])
        log = _Log(report, provider.log_origin)
        proofs = Proofs(report, connection)
        tables = Tables(report, connection, vault)
        for event in _events(connection, "log_in_order", report, on_progress, on_leaf=proofs.add):
            log.take(event)
            proofs.take(event)
            if isinstance(event.body, DecisionMade):
                check_leaves(report, connection, event.position, event.body)
            tables.take(event)
        log.close(connection, iys_code)
        tables.close()
        proofs.close()
        streams = Streams(report, connection, vault, log.erased)
        confirmed = tables.by_stream()
        heads = Heads(report, connection, proofs.newest_map)
        for page in _pages(_events(connection, "streams_in_order", report, on_progress)):
            streams.take(page)
            heads.take(page)
            for event in page:
                confirmed.take(event)
        streams.close()
        heads.close()
        for text in confirmed.close():
            report.find(text)
    return report


class _Log:
    """What must hold in the order of the log."""

    def __init__(self, report: Report, origin: str) -> None:
        self._report = report
        self._origin = self._named = origin
        self._recorded = ""
        self.erased: set[UUID] = set()
        self._brands: dict[int, bool] = {}
        self._texts: set[RegisteredText] = set()
        self._suppressed: dict[tuple[UUID, int], Suppression] = {}
        self._brand_events = BrandEvents()

    def take(self, event: Event) -> None:
        """One more event."""
        report = self._report
        report.events += 1
        if event.position != report.events:
            report.find(f"event {event.position}: position, {report.events} was expected")
            report.events = event.position
        if event.recorded < self._recorded:
            report.find(f"event {event.position}: recorded goes back")
        self._take_origin(event)
        self._recorded = event.recorded
        self._brand_events.take(event, self._suppressed)
        self._remember(event, event.body)

    def _take_origin(self, event: Event) -> None:
        """The log's name, which changes where it goes on after a restored backup."""
        body = event.body
        opens = isinstance(body, LedgerOpened) and (
            event.position == 1 or body.previous_checkpoint is not None
        )
        if isinstance(body, LedgerOpened) and opens:
            self._named = body.origin
        if event.log != self._named:
            self._report.find(f"event {event.position}: belongs to another log")
        if (event.position == 1 or isinstance(body, LedgerOpened)) and not opens:
            self._report.find(f"event {event.position}: ledger.opened is event 1 and no other")

    def _remember(self, event: Event, body: Body) -> None:
        match body:
            case SuppressionAdded():
                entry = suppression_of(event)
                assert entry is not None
                self._suppressed[entry.subject, entry.seq] = entry
            case SuppressionLifted():
                self._suppressed.pop((UUID(body.subject), body.of), None)
            case RecipientErased():
                self.erased.add(UUID(body.subject))
            case TextRegistered():
                self._texts.add(registered_text(body, event.position))
            case BrandOpened():
                self._brands[body.brand] = False
            case BrandClosed():
                self._brands[body.brand] = True

    def close(self, connection: LedgerConnection, iys_code: IysCode) -> None:
        """What the whole log says of the tables beside it."""
        report = self._report
        if self._named != self._origin:
            report.find("the log's last name is not the provider's")
        if report.events == 0:
            report.find("the log is empty: ledger.opened is missing, add the provider again")
        for name in ("commands_astray", "generations_astray"):
            row = connection.execute(_SQL[name], {"size": report.events}).fetchone()
            if row is not None and row[0]:
                report.find(f"{name}: {row[0]} rows name positions that do not exist")
        listed = {}
        for row in connection.execute(_SQL["suppressions"]):
            entry = suppression_of_row(row)
            listed[entry.subject, entry.seq] = entry
        if listed != self._suppressed:
            report.find("suppressions: the list is not what the events say")
        self._brand_events.compare(connection.cursor(), report)
        self._close_texts(connection)
        rows = connection.execute(_SQL["brands_kept"], {"iys_code": iys_code}).fetchall()
        kept: dict[int, bool] = dict(rows)
        for brand, closed in kept.items():
            if self._brands.get(brand) is not closed:
                report.find(f"brand {brand}: the row and the events differ")

    def _close_texts(self, connection: LedgerConnection) -> None:
        kept = {RegisteredText(*row) for row in connection.execute(_SQL["texts"])}
        for position in sorted({one.position for one in kept ^ self._texts}):
            self._report.find(f"event {position}: the row and the event of its text differ")
        for (position,) in connection.execute(_SQL["texts_without_content"]):
            self._report.find(f"event {position}: the bytes of its text are missing")


def _events(
    connection: LedgerConnection,
    name: str,
    report: Report,
    on_progress: Callable[[int], None],
    *,
    on_leaf: Callable[[bytes], None] = lambda leaf: None,
) -> Iterator[Event]:
    """`on_leaf` gets the leaf hash of every state, even of one whose event cannot be read."""
    with connection.cursor(name=name) as cursor:
        cursor.itersize = PAGE
        cursor.execute(_SQL[name])
        for number, row in enumerate(cursor, 1):
            if number % PAGE == 0:
                on_progress(number)
            stored = EventRow(*row)
            try:
                event = checked_event(stored)
            except LedgerBroken as error:
                report.find(str(error))
                on_leaf(leaf_hash(stored.state))
                continue
            on_leaf(event.leaf_hash)
            yield event


def _pages(events: Iterator[Event]) -> Iterator[list[Event]]:
    while page := list(islice(events, PAGE)):
        yield page

"""The oracle: re-derives everything from the stored bytes and compares (design.md, What must hold).

First in the order of the log, then stream by stream; one snapshot, constant memory. Every finding
names a position and a step, never an address.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final
from uuid import UUID

from psycopg import Cursor

from ledger.aggregates.bodies import ActBody, Body, ConsentBody, RecipientErased
from ledger.aggregates.consent import Consent, evolve
from ledger.aggregates.events import Event, key_of
from ledger.aggregates.keys import ConsentKey
from ledger.aggregates.provider_bodies import BrandClosed, BrandOpened, LedgerOpened
from ledger.bootstrap import Home
from ledger.errors import LedgerBroken
from ledger.evidence.canonical import ZERO_HASH
from ledger.ports import StoredConsent
from ledger.projections import outbox
from ledger.projections.follower import position_of
from ledger.recording.request import RECIPIENT_GROUP, bind, recipient_group
from ledger.store.database import SQL as STORE_SQL
from ledger.store.database import LedgerConnection
from ledger.store.recorder import checked_event
from ledger.store.rows import EventRow, consent_of_row, key_columns
from ledger.store.sql import load_blocks
from ledger.store.vault import ProviderVault
from ledger.vocabulary import IysCode

PAGE: Final = 2_000
FINDINGS_MAX: Final = 100

_SQL: Final = load_blocks("ledger", "fsck.sql")


@dataclass(slots=True)
class Report:
    """What was looked at, and what does not agree; clean when `findings` is empty."""

    events: int = 0
    streams: int = 0
    consents: int = 0
    subjects: int = 0
    findings: list[str] = field(default_factory=list)
    overflow: int = 0

    @property
    def is_clean(self) -> bool:
        """Whether everything agrees."""
        return not self.findings

    def find(self, text: str) -> None:
        """Note a disagreement; beyond `FINDINGS_MAX` only counted."""
        if len(self.findings) < FINDINGS_MAX:
            self.findings.append(text)
        else:
            self.overflow += 1


@dataclass(slots=True)
class _Key:
    """A subject's key and canonical address, opened once."""

    key: bytes = field(repr=False)
    uri: str = field(repr=False)


def check(
    home: Home, iys_code: IysCode, *, on_progress: Callable[[int], None] = lambda events: None
) -> Report:
    """Look at every event, state, key and payload of one provider. Writes nothing."""
    report = Report()
    provider = home.providers.get(iys_code)
    vault = ProviderVault(home.providers.keys(iys_code))
    with home.database.connection(iys_code) as connection:
        connection.execute(_SQL["one_snapshot"])
        log = _Log(report, provider.log_origin)
        for event in _events(connection, "log_in_order", report, on_progress):
            log.take(event)
        log.close(connection, iys_code)
        streams = _Streams(report, connection, vault, log.erased)
        for page in _pages(_events(connection, "streams_in_order", report, on_progress)):
            streams.take(page)
        streams.close()
        cursor = connection.cursor()
        until = position_of(cursor, outbox.NAME)
        again = _events(connection, "log_in_order", Report(), lambda events: None)
        for text in outbox.differences(cursor, again, until):
            report.find(text)
    return report


class _Log:
    """What must hold in the order of the log."""

    def __init__(self, report: Report, origin: str) -> None:
        self._report = report
        self._origin = origin
        self._recorded = ""
        self.erased: set[UUID] = set()
        self._brands: dict[int, bool] = {}

    def take(self, event: Event) -> None:
        """One more event."""
        report = self._report
        report.events += 1
        if event.position != report.events:
            report.find(f"event {event.position}: position, {report.events} was expected")
            report.events = event.position
        if event.recorded < self._recorded:
            report.find(f"event {event.position}: recorded goes back")
        if event.log != self._origin:
            report.find(f"event {event.position}: belongs to another log")
        if (event.position == 1) != isinstance(event.body, LedgerOpened):
            report.find(f"event {event.position}: ledger.opened is event 1 and no other")
        self._recorded = event.recorded
        self._remember(event.body)

    def _remember(self, body: Body) -> None:
        match body:
            case RecipientErased():
                self.erased.add(UUID(body.subject))
            case BrandOpened():
                self._brands[body.brand] = False
            case BrandClosed():
                self._brands[body.brand] = True

    def close(self, connection: LedgerConnection, iys_code: IysCode) -> None:
        """What the whole log says of the tables beside it."""
        report = self._report
        for name in ("commands_astray", "generations_astray"):
            row = connection.execute(_SQL[name], {"size": report.events}).fetchone()
            if row is not None and row[0]:
                report.find(f"{name}: {row[0]} rows name positions that do not exist")
        rows = connection.execute(_SQL["brands_kept"], {"iys_code": iys_code}).fetchall()
        kept: dict[int, bool] = dict(rows)
        for brand, closed in kept.items():
            if self._brands.get(brand) is not closed:
                report.find(f"brand {brand}: the row and the events differ")


class _Streams:
    """What must hold stream by stream: chain, state, vault."""

    def __init__(
        self,
        report: Report,
        connection: LedgerConnection,
        vault: ProviderVault,
        erased: set[UUID],
    ) -> None:
        self._report = report
        self._connection = connection
        self._cursor: Cursor[Any] = connection.cursor()
        self._vault = vault
        self._erased = erased
        self._stream: UUID | None = None
        self._last: Event | None = None
        self._state = Consent()
        self._ended: list[tuple[ConsentKey, StoredConsent]] = []
        self._keys: dict[UUID, _Key] = {}
        self._time = b""
        self._consents = self._payloads = self._subjects = 0

    def take(self, page: list[Event]) -> None:
        """The next events in the order of streams."""
        self._open_keys(page)
        payloads = self._sealed(page)
        for event in page:
            if event.stream != self._stream:
                self._end_stream()
                self._begin(event)
            self._chain(event)
            self._fold(event)
            self._bound(event, payloads.get(event.position))
            self._last = event
        self._compare_states()

    def close(self) -> None:
        """After the last event: states and rows that nobody asked for."""
        self._end_stream()
        self._compare_states()
        report = self._report
        row = self._cursor.execute(_SQL["counts"]).fetchone()
        assert row is not None
        names = ("current_consent", "recipients", "payloads")
        seen = (self._consents, self._subjects, self._payloads)
        for name, kept, found in zip(names, row, seen, strict=True):
            if kept != found:
                report.find(f"{name}: {kept} rows, the events account for {found}")
        report.consents, report.subjects = self._consents, self._subjects

    def _begin(self, event: Event) -> None:
        self._stream, self._last, self._state = event.stream, None, Consent()
        self._report.streams += 1

    def _chain(self, event: Event) -> None:
        seq = 1 if self._last is None else self._last.seq + 1
        prev = ZERO_HASH if self._last is None else self._last.leaf_hash.hex()
        if event.seq != seq:
            self._report.find(f"event {event.position}: seq {event.seq}, {seq} was expected")
        if event.prev != prev:
            self._report.find(f"event {event.position}: prev is not the former event's hash")

    def _fold(self, event: Event) -> None:
        if isinstance(event.body, ConsentBody):
            self._state = evolve(self._state, event.body, seq=event.seq, position=event.position)

    def _end_stream(self) -> None:
        last = self._last
        if last is not None and isinstance(last.body, ConsentBody):
            stored = StoredConsent(self._state, last.leaf_hash, last.position)
            self._ended.append((key_of(last.body), stored))

    def _compare_states(self) -> None:
        if not self._ended:
            return
        keys = [key for key, _ in self._ended]
        self._cursor.execute(STORE_SQL["load_consents"], key_columns(keys))
        kept = dict(consent_of_row(row) for row in self._cursor)
        self._consents += len(kept)
        for key, derived in self._ended:
            if kept.get(key) != derived:
                self._report.find(
                    f"event {derived.position}: current_consent is not what its stream says"
                )
        self._ended = []

    def _open_keys(self, page: list[Event]) -> None:
        """Unwrap the keys of the page's subjects; each row is looked at once."""
        wanted = {subject for subject in map(_subject_of, page) if subject is not None}
        for subject in [one for one in self._keys if one not in wanted]:
            # Streams of one subject share their first 48 bits: it cannot come back later.
            if subject.bytes[:6] < page[0].stream.bytes[:6]:
                del self._keys[subject]
        missing = wanted - self._keys.keys()
        self._cursor.execute(_SQL["recipients_of"], {"subjects": list(missing)})
        for subject, lookup, sealed, wrapped, epoch in self._cursor.fetchall():
            self._subjects += 1
            try:
                key = self._vault.open_subject_key(wrapped, epoch)
                uri = self._vault.open_address(key, subject, sealed)
            except LedgerBroken as error:
                self._report.find(f"a recipient's row: {error}")
                continue
            self._keys[subject] = _Key(key, uri)
            if self._vault.lookup(uri) != lookup:
                self._report.find("a recipient's row: lookup is not that of its address")

    def _sealed(self, page: list[Event]) -> dict[int, bytes]:
        positions = [event.position for event in page]
        self._cursor.execute(STORE_SQL["open_payloads"], {"positions": positions})
        found = dict(self._cursor.fetchall())
        self._payloads += len(found)
        return found

    def _bound(self, event: Event, sealed: bytes | None) -> None:
        """The vault must open every commitment of the event."""
        subject = _subject_of(event)
        if subject is None:
            self._open(event, _Key(self._vault.provider_key(), ""), sealed)
        elif subject in self._keys:
            self._open(event, self._keys[subject], sealed)
        elif subject not in self._erased:
            self._report.find(f"event {event.position}: the vault has no key of its subject")

    def _open(self, event: Event, opened: _Key, sealed: bytes | None) -> None:
        groups: dict[str, object] = {}
        if sealed is not None:
            try:
                groups = self._vault.open(opened.key, event.id, sealed)
            except LedgerBroken as error:
                self._report.find(f"event {event.position}: payload: {error}")
        if isinstance(event.body, ActBody) and RECIPIENT_GROUP not in groups:
            as_entered = opened.uri.partition(":")[2]
            groups[RECIPIENT_GROUP] = recipient_group(opened.uri, as_entered)
        if bind(opened.key, event.id, groups) != dict(event.commit):
            self._report.find(f"event {event.position}: commit is not that of the vault's values")


def _subject_of(event: Event) -> UUID | None:
    subject = getattr(event.body, "subject", None)
    is_recipients = event.body.TYPE.partition(".")[0] == "recipient"
    return UUID(subject) if isinstance(event.body, ConsentBody) or is_recipients else None


def _events(
    connection: LedgerConnection, name: str, report: Report, on_progress: Callable[[int], None]
) -> Iterator[Event]:
    with connection.cursor(name=name) as cursor:
        cursor.itersize = PAGE
        cursor.execute(_SQL[name])
        for number, row in enumerate(cursor, 1):
            if number % PAGE == 0:
                on_progress(number)
            try:
                yield checked_event(EventRow(*row))
            except LedgerBroken as error:
                report.find(str(error))


def _pages(events: Iterator[Event]) -> Iterator[list[Event]]:
    while page := list(islice(events, PAGE)):
        yield page

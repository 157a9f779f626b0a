"""The oracle, stream by stream: chain, stored state, and what the vault must open."""

from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from psycopg import Cursor

from ledger.aggregates.bodies import ActBody, ConsentBody
from ledger.aggregates.consent import Consent, evolve
from ledger.aggregates.events import RECIPIENT_BODIES, RECIPIENT_GROUP, Event, key_of
from ledger.aggregates.keys import ConsentKey
from ledger.errors import LedgerBroken
from ledger.evidence.canonical import ZERO_HASH
from ledger.projections.fsck_report import Report
from ledger.recording.ports import StoredConsent
from ledger.recording.request import bind, recipient_group
from ledger.store.database import SQL as STORE_SQL
from ledger.store.database import LedgerConnection
from ledger.store.rows import consent_of_row, consent_row, key_columns
from ledger.store.sql import load_blocks
from ledger.store.vault import ProviderVault

_SQL: Final = load_blocks("ledger.projections", "fsck.sql")


@dataclass(slots=True)
class _Key:
    """A subject's key and canonical address, opened once."""

    key: bytes = field(repr=False)
    uri: str = field(repr=False)


class Streams:
    """What must hold stream by stream: chain, state, vault."""

    def __init__(
        self,
        report: Report,
        connection: LedgerConnection,
        vault: ProviderVault,
        erased: set[UUID],
    ) -> None:
        self._report = report
        self._cursor: Cursor[Any] = connection.cursor()
        self._vault = vault
        self._erased = erased
        self._stream: UUID | None = None
        self._last: Event | None = None
        self._state = Consent()
        self._ended: list[tuple[ConsentKey, StoredConsent]] = []
        self._keys: dict[UUID, _Key] = {}
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
        self._cursor.execute(_SQL["standings"], key_columns(keys))
        standings = {row[0:4]: row[4:] for row in self._cursor}
        self._consents += len(kept)
        for key, derived in self._ended:
            if kept.get(key) != derived:
                self._report.find(
                    f"event {derived.position}: current_consent is not what its stream says"
                )
            *_, standing, waiting_at = row = consent_row(key, derived)
            if standings.get(row[0:4]) != (standing, waiting_at):
                self._report.find(f"event {derived.position}: standing does not follow from state")
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
    is_recipients = isinstance(event.body, RECIPIENT_BODIES)
    return UUID(subject) if isinstance(event.body, ConsentBody) or is_recipients else None

"""The write unit and the store of one provider: the order of design.md §7, step by step.

What a crash leaves: before the commit nothing at all; during it either nothing or everything, and
the caller who got no answer finds out by `commands` or by the act itself.
"""

import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final
from uuid import UUID

import psycopg
from msgspec import structs

from ledger.aggregates import events
from ledger.aggregates.events import Event
from ledger.aggregates.keys import ConsentKey
from ledger.errors import RaceLost
from ledger.evidence.canonical import leaf_hash
from ledger.recording.following import Followed, FollowedPage
from ledger.recording.ports import (
    Batch,
    Head,
    Holder,
    StoredCommand,
    StoredConsent,
    Subject,
    Suppression,
)
from ledger.store import brand_events, texts
from ledger.store.brand_events import Place, place_of_suppression
from ledger.store.database import SQL, Database, LedgerConnection
from ledger.store.recorder import EVENTS_OF_STREAM_MAX, EVERYTHING, checked_event
from ledger.store.rows import (
    CONSENT_COLUMNS,
    EventRow,
    consent_of_row,
    consent_row,
    key_columns,
    suppression_columns,
    suppression_of_row,
)
from ledger.store.vault import ProviderVault
from ledger.vocabulary import IysCode

NOTHING_RECORDED: Final = ""
"""`Head.recorded` of an empty log: smaller than every instant."""

_RECIPIENT_TYPES: Final = ("uuid", "bytea", "int4", "bytea", "bytea", "int2", "int8")
_CONSENT_TYPES: Final = (
    "uuid",
    "int8",
    "int2",
    "int2",
    "int8",
    "int8",
    "bytea",
    "bytea",
    "text",
    "int8",
)
_COMMAND_TYPES: Final = ("bytea", "bytea", "text", "text", "int8[]")


class PostgresUnit:
    """One transaction that holds the head. Implements `ports.WriteUnit`."""

    def __init__(self, connection: LedgerConnection, vault: ProviderVault) -> None:
        self._vault = vault
        self.cursor = connection.cursor()
        self.cursor.execute(SQL["lock_head"])
        self.locked_at = time.perf_counter()
        row = self.cursor.execute(SQL["read_head"]).fetchone()
        assert row is not None
        position, state, now = row
        if state is None:
            self.head = Head(0, NOTHING_RECORDED, now)
        else:
            last = events.read(state, position)
            self.head = Head(position, last.recorded, now, last.log)
        self._next = self.head.position + 1

    def take_positions(self, count: int) -> int:
        """The first of `count` positions that are now taken."""
        first = self._next
        self._next += count
        return first

    def find_subjects(self, lookups: Collection[bytes]) -> dict[bytes, Subject]:
        """See ports.WriteUnit."""
        return find_subjects(self.cursor, self._vault, lookups)

    def load_consents(self, keys: Collection[ConsentKey]) -> dict[ConsentKey, StoredConsent]:
        """See ports.WriteUnit."""
        self.cursor.execute(SQL["load_consents"], key_columns(list(keys)))
        return dict(consent_of_row(row) for row in self.cursor)

    def consents_of(self, subject: UUID) -> dict[ConsentKey, StoredConsent]:
        """See ports.WriteUnit."""
        self.cursor.execute(SQL["consents_of_subject"], {"subject": subject})
        return dict(consent_of_row(row) for row in self.cursor)

    def load_commands(self, commands: Collection[bytes]) -> dict[bytes, StoredCommand]:
        """See ports.WriteUnit."""
        self.cursor.execute(SQL["load_commands"], {"commands": list(commands)})
        return {
            command: StoredCommand(content, outcome, code, tuple(positions))
            for command, content, outcome, code, positions in self.cursor
        }

    def suppressions_of(self, subject: UUID) -> Sequence[Suppression]:
        """See ports.WriteUnit."""
        self.cursor.execute(SQL["suppressions_of"], {"subject": subject})
        return [suppression_of_row(row) for row in self.cursor]

    def last_of_stream(self, stream: UUID) -> tuple[int, bytes] | None:
        """See ports.WriteUnit."""
        row = self.cursor.execute(SQL["last_of_stream"], {"stream": stream}).fetchone()
        return None if row is None else (row[0], leaf_hash(row[1]))

    def save_beside(self, batch: Batch) -> None:
        """See ports.WriteUnit. Raises RaceLost."""
        for entry in batch.suppressed:
            self.cursor.execute(SQL["add_suppression"], suppression_columns(entry))
        lifted = {(str(subject), of): self._lift(subject, of) for subject, of in batch.lifted}
        brand_events.add(self.cursor, batch.events, lifted)
        for subject, position in batch.closed:
            self.cursor.execute(SQL["close_recipient"], {"subject": subject, "position": position})
        closed = dict(batch.closed)  # of those who come and go within the batch
        texts.add(self.cursor, batch.texts)
        for pulled in batch.pulled:
            self.cursor.execute(SQL["note_pulled"], structs.asdict(pulled))
        try:
            self._copy(
                "copy_recipients",
                _RECIPIENT_TYPES,
                (
                    (
                        sealed.subject.id,
                        sealed.subject.lookup,
                        sealed.subject.generation,
                        sealed.sealed_address,
                        sealed.wrapped_key,
                        sealed.kek_epoch,
                        closed.get(sealed.subject.id),
                    )
                    for sealed in batch.recipients
                ),
            )
        except psycopg.errors.UniqueViolation as error:
            raise RaceLost("the address was first written by another") from error
        self._copy("copy_payloads", ("int8", "bytea"), batch.payloads)
        self._copy(
            "copy_consents", _CONSENT_TYPES, (consent_row(*new) for new in batch.new_consents)
        )
        self._update_consents(batch.known_consents)
        self._copy(
            "copy_commands",
            _COMMAND_TYPES,
            (
                (command, made.content, made.outcome, made.code, list(made.positions))
                for command, made in batch.commands
            ),
        )

    def _lift(self, subject: UUID, of: int) -> Place:
        """Take an entry off the list; where it barred."""
        self.cursor.execute(SQL["lift_suppression"], {"subject": subject, "seq": of})
        row = self.cursor.fetchone()
        assert row is not None, "what is lifted was looked for under the head"
        return place_of_suppression(suppression_of_row(row))

    def _update_consents(self, known: Sequence[tuple[ConsentKey, StoredConsent]]) -> None:
        if not known:
            return
        rows = [consent_row(*one) for one in known]
        columns = dict(zip(CONSENT_COLUMNS, map(list, zip(*rows, strict=True)), strict=True))
        self.cursor.execute(SQL["update_consents"], columns)

    def _copy(self, statement: str, types: Sequence[str], rows: Any) -> None:  # tuples of columns
        iterator = iter(rows)
        first = next(iterator, None)
        if first is None:
            return
        with self.cursor.copy(SQL[statement]) as copy:
            copy.set_types(types)
            copy.write_row(first)
            for row in iterator:
                copy.write_row(row)


class ProviderStore:
    """The tables of one provider. Implements `ports.LedgerStore`."""

    def __init__(self, database: Database, iys_code: IysCode, vault: ProviderVault) -> None:
        self._database = database
        self._iys_code = iys_code
        self._vault = vault
        self.last_lock_seconds = 0.0

    @contextmanager
    def write(self) -> Iterator[PostgresUnit]:
        """See ports.LedgerStore."""
        with self._database.connection(self._iys_code) as connection:
            unit = PostgresUnit(connection, self._vault)
            yield unit
            connection.commit()
            self.last_lock_seconds = time.perf_counter() - unit.locked_at

    def find_subjects(self, lookups: Collection[bytes]) -> tuple[int, dict[bytes, Subject]]:
        """See ports.LedgerStore. The position is read first: what comes later shows as a move."""
        with self._database.connection(self._iys_code) as connection:
            cursor = connection.cursor()
            row = cursor.execute(SQL["last_position"]).fetchone()
            return (row[0] or 0 if row else 0), find_subjects(cursor, self._vault, lookups)

    def holders(self, subjects: Collection[UUID]) -> dict[UUID, Holder]:
        """See ports.LedgerStore."""
        vault, found = self._vault, {}
        with self._database.connection(self._iys_code) as connection:
            rows = connection.execute(SQL["holders"], {"subjects": list(subjects)})
            for subject_id, lookup, generation, sealed, wrapped, epoch, closed in rows:
                key = vault.open_subject_key(wrapped, epoch)
                subject = Subject(subject_id, lookup, key, generation, closed)
                found[subject_id] = Holder(subject, vault.open_address(key, subject_id, sealed))
        return found

    def generations(self, lookup: bytes) -> Sequence[Subject]:
        """See ports.LedgerStore."""
        with self._database.long_connection(self._iys_code) as connection:
            cursor = connection.execute(SQL["find_generations"], {"lookup": lookup})
            return [
                Subject(
                    subject, found, self._vault.open_subject_key(wrapped, epoch), generation, closed
                )
                for subject, found, generation, wrapped, epoch, closed in cursor
            ]

    def load_consents(self, keys: Collection[ConsentKey]) -> dict[ConsentKey, StoredConsent]:
        """See ports.LedgerStore."""
        with self._database.connection(self._iys_code) as connection:
            cursor = connection.execute(SQL["load_consents"], key_columns(list(keys)))
            return dict(consent_of_row(row) for row in cursor)

    def events_of(self, stream: UUID) -> Sequence[Event]:
        """See ports.LedgerStore."""
        with self._database.long_connection(self._iys_code) as connection:
            return select_stream(connection.cursor(), stream)

    def events_at(self, positions: Collection[int]) -> dict[int, Event]:
        """See ports.LedgerStore."""
        with self._database.connection(self._iys_code) as connection:
            cursor = connection.execute(SQL["events_at"], {"positions": list(positions)})
            found = [checked_event(EventRow(*row)) for row in cursor]
        return {event.position: event for event in found}

    def followed(self, wanted: Followed) -> FollowedPage:
        """See ports.LedgerStore."""
        with self._database.long_connection(self._iys_code) as connection:
            return brand_events.followed(connection.cursor(), self._vault, wanted)

    def payloads_at(self, positions: Collection[int]) -> dict[int, bytes]:
        """See ports.LedgerStore."""
        with self._database.long_connection(self._iys_code) as connection:
            cursor = connection.execute(SQL["open_payloads"], {"positions": list(positions)})
            return dict(cursor.fetchall())

    def last_position(self) -> int:
        """See ports.LedgerStore."""
        with self._database.connection(self._iys_code) as connection:
            row = connection.execute(SQL["last_position"]).fetchone()
        return row[0] or 0 if row else 0


def select_stream(cursor: psycopg.Cursor[Any], stream: UUID) -> list[Event]:
    """Every event of a stream in order."""
    bounds = {"after": 0, "until": EVERYTHING, "limit": EVENTS_OF_STREAM_MAX}
    cursor.execute(SQL["select_events"], {"stream": stream, **bounds})
    return [checked_event(EventRow(*row)) for row in cursor]


def find_subjects(
    cursor: psycopg.Cursor[Any], vault: ProviderVault, lookups: Collection[bytes]
) -> dict[bytes, Subject]:
    """The open subjects of these lookups, their keys unwrapped."""
    # One parameter of 32 bytes each, cut up by the server: an array of them is ten times slower.
    together = {"lookups": b"".join(lookups), "last": len(lookups) - 1}
    cursor.execute(SQL["find_recipients"], together)
    return {
        lookup: Subject(
            subject, lookup, vault.open_subject_key(wrapped, epoch), generation, barred=barred
        )
        for subject, lookup, generation, wrapped, epoch, barred in cursor
    }

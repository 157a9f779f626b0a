"""What waits to be told to İYS, and until when (design.md §10; R20, R23, R31; consent.md C7).

A row stands from the act that is for İYS, or from what frees one that was held, until İYS has shown
or refused it, or until the act is retracted, vouched for as one that İYS holds, or its person
erased. Only the events decide: `OutboxFold` is the rule, the table is where it keeps its rows.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from psycopg import Cursor
from psycopg.rows import TupleRow

from ledger.aggregates import bodies as b
from ledger.aggregates.events import Event
from ledger.aggregates.iys_line import is_answer
from ledger.calendar import deadlines
from ledger.clock import from_utc_text
from ledger.store.sql import load_blocks
from ledger.vocabulary import ConsentStatus

NAME: Final = "iys_outbox"
DIFFERENCES_MAX: Final = 100
"""Differences told one by one; the rest is counted."""

_SQL: Final = load_blocks("ledger.projections", "outbox.sql")
_TYPES: Final = (
    *("int8", "uuid", "int8", "uuid", "int8", "text", "text", "text", "text", "text"),
    *("timestamptz", "timestamptz", "timestamptz"),
)
_CHANGING: Final = (
    *("position", "consent_date", "source"),
    *("due_internal", "due_iys_reading", "due_legal_latest"),
)
_NO_DATE: Final = (None, None, None)

Key = tuple[UUID, int]
"""Stream and `seq` of an act."""


class OutboxRow(NamedTuple):
    """A row of `iys_outbox`, its columns in order. `consent_status` is İYS's word: a merchant's
    listing is an ONAY to it, with no date or no source (R11)."""

    position: int
    stream: UUID
    seq: int
    subject: UUID
    brand_code: int
    recipient_type: str
    channel: str
    consent_status: str
    consent_date: str | None
    source: str | None
    due_internal: datetime | None
    due_iys_reading: datetime | None
    due_legal_latest: datetime | None


class OutboxFold:
    """The rows that the events added so far come to; holds those that still wait, no others."""

    def __init__(self, rows: Iterable[OutboxRow] = ()) -> None:
        self.rows: dict[Key, OutboxRow] = {(row.stream, row.seq): row for row in rows}

    def add(self, event: Event) -> None:
        """Take the next event into account."""
        match event.body:
            case b.ActBody(not_pushed=None) as act:
                self.rows[event.stream, event.seq] = _row(event, act)
            case b.IysSeen(of=int(seq)) as sight:
                if is_answer(sight):
                    self.rows.pop((event.stream, seq), None)
            case (
                b.ConsentEvidenceAdded(of=seq, queued=b.Queued() as freed)
                | b.ConsentReleased(of=seq, queued=b.Queued() as freed)
            ) as body:
                self.rows[event.stream, seq] = _freed(event, body, freed)
            case b.RecipientErased(subject=subject):
                self._forget(UUID(subject))
            case b.IysRefused(of=seq) | b.ConsentRetracted(of=seq):
                self.rows.pop((event.stream, seq), None)
            case b.ConsentCorrected(of=seq, corrected_field="basis"):
                self.rows.pop((event.stream, seq), None)  # İYS is said to hold it: declared
            case b.ConsentCorrected(of=seq) as correction:
                row = self.rows.get((event.stream, seq))
                if row is not None:
                    self.rows[event.stream, seq] = _corrected(row, correction)

    def _forget(self, subject: UUID) -> None:
        """Nobody can tell İYS any more whose these acts were."""
        gone = [key for key, row in self.rows.items() if row.subject == subject]
        for key in gone:
            del self.rows[key]


class Outbox:
    """The projection `iys_outbox`. Implements `follower.Projection`."""

    @property
    def name(self) -> str:
        """See follower.Projection."""
        return NAME

    def apply(self, cursor: Cursor[TupleRow], events: Sequence[Event]) -> None:
        """See follower.Projection. Loads what the batch speaks of, folds, and stores the outcome:
        a row that comes and goes within the batch never reaches the table."""
        former = {(row.stream, row.seq): row for row in _load(cursor, events)}
        fold = OutboxFold(former.values())
        for event in events:
            fold.add(event)
        gone = [row.position for key, row in former.items() if key not in fold.rows]
        if gone:
            cursor.execute(_SQL["delete_rows"], {"positions": gone})
        _update(cursor, [row for key, row in fold.rows.items() if former.get(key, row) != row])
        _copy(cursor, [row for key, row in fold.rows.items() if key not in former])

    def empty(self, cursor: Cursor[TupleRow]) -> None:
        """See follower.Projection."""
        cursor.execute(_SQL["empty"])


def compare(cursor: Cursor[TupleRow], fold: OutboxFold) -> list[str]:
    """Where the table differs from the fold of its events: a line a row, none when all is well."""
    expected = {row.position: row for row in fold.rows.values()}
    found = []
    for row in map(OutboxRow._make, cursor.execute(_SQL["all_rows"])):
        wanted = expected.pop(row.position, None)
        if wanted is None:
            found.append(f"{NAME}: row {row.position} stands, by the events nothing waits there")
        elif wanted != row:
            pairs = zip(OutboxRow._fields, wanted, row, strict=True)
            names = ", ".join(name for name, one, other in pairs if one != other)
            found.append(f"{NAME}: row {row.position} differs from its events in {names}")
    found += [f"{NAME}: row {position} is missing" for position in expected]
    if len(found) > DIFFERENCES_MAX:
        more = len(found) - DIFFERENCES_MAX
        found[DIFFERENCES_MAX:] = [f"{NAME}: {more} more rows differ"]
    return found


def _row(event: Event, act: b.ActBody) -> OutboxRow:
    refused = isinstance(act, b.ConsentRefused)
    return OutboxRow(
        event.position,
        event.stream,
        event.seq,
        UUID(act.subject),
        act.brand,
        act.recipient_type.value,
        act.channel.value,
        (ConsentStatus.REFUSED if refused else ConsentStatus.GRANTED).value,
        act.consent_date,
        act.source and act.source.value,
        *_due(act.at),
    )


def _freed(
    event: Event, body: b.ConsentEvidenceAdded | b.ConsentReleased, act: b.Queued
) -> OutboxRow:
    """The row of a consent that was held; its three days have run since it was given."""
    return OutboxRow(
        act.position,
        event.stream,
        body.of,
        UUID(body.subject),
        body.brand,
        body.recipient_type.value,
        body.channel.value,
        ConsentStatus.GRANTED.value,
        act.consent_date,
        act.source and act.source.value,
        *_due(act.at),
    )


def _corrected(row: OutboxRow, correction: b.ConsentCorrected) -> OutboxRow:
    # As the fold of the person line reads it: only a corrected date moves the act's instant.
    is_now = correction.is_now
    match correction.corrected_field:
        case "consent_date" if is_now is None or isinstance(is_now, str):
            row = row._replace(consent_date=is_now)
            if correction.effective_at is None:
                return row
            internal, iys_reading, legal_latest = _due(correction.effective_at)
            return row._replace(
                due_internal=internal, due_iys_reading=iys_reading, due_legal_latest=legal_latest
            )
        case "source" if isinstance(is_now, str):
            return row._replace(source=is_now)
        case _:
            return row


def _due(at: str | None) -> tuple[datetime | None, datetime | None, datetime | None]:
    """Three business days after the act, grants and refusals alike (R20, R31); a listing without a
    date has no time to run out."""
    if at is None:
        return _NO_DATE
    due = deadlines(from_utc_text(at))
    return due.internal, due.iys_reading, due.legal_latest


def _load(cursor: Cursor[TupleRow], events: Sequence[Event]) -> list[OutboxRow]:
    """The stored rows that these events answer, retract, correct or erase."""
    about = (b.IysSeen, b.IysRefused, b.ConsentRetracted, b.ConsentCorrected)
    named = {
        (event.stream, event.body.of)
        for event in events
        if isinstance(event.body, about) and event.body.of is not None
    }
    erased = [
        UUID(event.body.subject) for event in events if isinstance(event.body, b.RecipientErased)
    ]
    if not named and not erased:
        return []
    streams, seqs = [stream for stream, _ in named], [seq for _, seq in named]
    cursor.execute(_SQL["load_rows"], {"streams": streams, "seqs": seqs, "erased": erased})
    return [OutboxRow._make(row) for row in cursor.fetchall()]


def _update(cursor: Cursor[TupleRow], rows: Sequence[OutboxRow]) -> None:
    if rows:
        columns = {name: [getattr(row, name) for row in rows] for name in _CHANGING}
        cursor.execute(_SQL["update_rows"], columns)


def _copy(cursor: Cursor[TupleRow], rows: Sequence[OutboxRow]) -> None:
    if rows:
        with cursor.copy(_SQL["copy_rows"]) as copy:
            copy.set_types(_TYPES)
            for row in rows:
                copy.write_row(row)

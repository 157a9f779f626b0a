"""Which electronic consents have still to be confirmed to the recipient (R16; consent.md C7).

Whoever takes a consent electronically tells the recipient so on the same day, with a way to refuse.
The ledger sends nothing: what shows that it was done is evidence of kind `confirmation`, at the act
or later. A row stands until such evidence of the consent's own day is there; evidence of a later
day leaves it standing as late, for a breach does not go away. Only the events decide:
`ConfirmationsFold` is the rule, the table is where it keeps its rows.

Three things end a row without evidence: the act is retracted or vouched for as another's; its
source is corrected to one that is not electronic; the recipient refuses before the day is over, for
then nothing may be sent any more. What ended a row does not bring it back when it is itself
retracted or corrected.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time
from typing import Final, NamedTuple
from uuid import UUID

from psycopg import Cursor
from psycopg.rows import TupleRow

from ledger.aggregates import bodies as b
from ledger.aggregates.consent import IMPORTED
from ledger.aggregates.events import Event
from ledger.clock import ISTANBUL, from_utc_text
from ledger.recording.evidence_ports import EvidenceKind
from ledger.store.sql import load_blocks
from ledger.vocabulary import Basis, ConsentSource

NAME: Final = "confirmations"

ELECTRONIC_SOURCES: Final = frozenset(
    {
        ConsentSource.HS_ATM,
        ConsentSource.HS_EORTAM,
        ConsentSource.HS_WEB,
        ConsentSource.HS_MOBIL,
        ConsentSource.HS_MESAJ,
        ConsentSource.HS_EPOSTA,
        ConsentSource.HS_CAGRI_MERKEZI,
        ConsentSource.HS_SOSYAL_MEDYA,
    }
)
"""Law 6563 m.6/1 knows consents in writing and by any electronic means (R14). What is not on paper
counts as electronic: the call centre and the cash machine too, as m.2/1-c counts them."""

_DAY_ENDS: Final = time(23, 59, 59)
SQL: Final = load_blocks("ledger.projections", "confirmations.sql")
_TYPES: Final = (
    *("int8", "uuid", "int8", "int8", "text"),
    *("timestamptz", "timestamptz", "timestamptz"),
)
_CHANGING: Final = ("position", "acted_at", "due", "sent_at")

Key = tuple[UUID, int]
"""Stream and `seq` of an act."""


class ConfirmationRow(NamedTuple):
    """A row of `confirmations`, its columns in order. `sent_at`: None where no confirmation was
    shown, else an instant behind `due`."""

    position: int
    stream: UUID
    seq: int
    brand_code: int
    channel: str
    acted_at: datetime
    due: datetime
    sent_at: datetime | None = None


class ConfirmationsFold:
    """The rows that the events added so far come to; holds those that still stand, no others."""

    def __init__(self, rows: Iterable[ConfirmationRow] = ()) -> None:
        self._streams: dict[UUID, dict[int, ConfirmationRow]] = {}
        for row in rows:
            self._put(row)

    @property
    def rows(self) -> dict[Key, ConfirmationRow]:
        """Those that stand."""
        return {
            (stream, seq): row
            for stream, rows in self._streams.items()
            for seq, row in rows.items()
        }

    def add(self, event: Event) -> None:
        """Take the next event into account."""
        body, stream = event.body, event.stream
        match body:
            case b.ConsentGranted() if (row := _owed(event, body)) is not None:
                self._put(row)
                if EvidenceKind.CONFIRMATION in body.evidence_kinds:
                    self._sent(row, from_utc_text(body.captured_at or str(body.at)))
            case b.ConsentRefused(at=str(at)):
                for row in self._of(stream):
                    if row.acted_at <= from_utc_text(at) <= row.due:
                        self._drop(row)
            case b.ConsentEvidenceAdded() if EvidenceKind.CONFIRMATION in body.evidence_kinds:
                for row in self._of(stream, body.of):
                    self._sent(row, from_utc_text(body.captured_at))
            case b.ConsentRetracted():
                for row in self._of(stream, body.of):
                    self._drop(row)
            case b.ConsentCorrected():
                for row in self._of(stream, body.of):
                    self._correct(row, body)

    def _of(self, stream: UUID, seq: int | None = None) -> list[ConfirmationRow]:
        """The rows of a stream, or the one of an act."""
        rows = self._streams.get(stream, {})
        return [row for row in rows.values() if seq is None or row.seq == seq]

    def _put(self, row: ConfirmationRow) -> None:
        self._streams.setdefault(row.stream, {})[row.seq] = row

    def _drop(self, row: ConfirmationRow) -> None:
        rows = self._streams[row.stream]
        del rows[row.seq]
        if not rows:
            del self._streams[row.stream]

    def _sent(self, row: ConfirmationRow, sent_at: datetime) -> None:
        """A confirmation is shown; of several the earliest counts."""
        if row.sent_at is not None:
            sent_at = min(sent_at, row.sent_at)
        sent_on = sent_at.astimezone(ISTANBUL).date()
        due_on = row.due.astimezone(ISTANBUL).date()
        if sent_on == due_on:
            self._drop(row)
        elif sent_on > due_on:  # what was sent on an earlier day confirms something else
            self._put(row._replace(sent_at=sent_at))

    def _correct(self, row: ConfirmationRow, correction: b.ConsentCorrected) -> None:
        match correction.corrected_field:
            case "basis":
                self._drop(row)  # vouched for as declared: no capture of ours
            case "source" if correction.is_now not in ELECTRONIC_SOURCES:
                self._drop(row)
            case "consent_date" if correction.effective_at is not None:
                acted_at = from_utc_text(correction.effective_at)
                moved = row._replace(acted_at=acted_at, due=confirmation_due(acted_at))
                self._put(moved._replace(sent_at=None))
                if row.sent_at is not None:
                    self._sent(moved._replace(sent_at=None), row.sent_at)


class Confirmations:
    """The projection `confirmations`. Implements `follower.Projection`."""

    @property
    def name(self) -> str:
        """See follower.Projection."""
        return NAME

    def apply(self, cursor: Cursor[TupleRow], events: Sequence[Event]) -> None:
        """See follower.Projection. Loads what the batch speaks of, folds, and stores the outcome:
        a row that comes and goes within the batch never reaches the table."""
        former = {(row.stream, row.seq): row for row in _load(cursor, events)}
        fold = ConfirmationsFold(former.values())
        for event in events:
            fold.add(event)
        rows = fold.rows
        gone = [row.position for key, row in former.items() if key not in rows]
        if gone:
            cursor.execute(SQL["delete_rows"], {"positions": gone})
        _update(cursor, [row for key, row in rows.items() if former.get(key, row) != row])
        _copy(cursor, [row for key, row in rows.items() if key not in former])

    def empty(self, cursor: Cursor[TupleRow]) -> None:
        """See follower.Projection."""
        cursor.execute(SQL["empty"])


def confirmation_due(acted_at: datetime) -> datetime:
    """The last second of the Turkish day of an act, in UTC."""
    day = acted_at.astimezone(ISTANBUL).date()
    return datetime.combine(day, _DAY_ENDS, ISTANBUL).astimezone(UTC)


def _owed(event: Event, act: b.ConsentGranted) -> ConfirmationRow | None:
    """The row of a consent that we took electronically ourselves, None for any other.

    A row of a file counts only if it came in on the day of the consent: what was told to the
    recipient of an older one was told before the ledger knew of either. A consent that a newer act
    has overtaken is not confirmed any more (L-HISTORY).
    """
    if act.basis is not Basis.OWN_CAPTURE or act.source not in ELECTRONIC_SOURCES:
        return None
    if act.at is None or act.not_pushed == "L-HISTORY":
        return None
    acted_at = from_utc_text(act.at)
    due = confirmation_due(acted_at)
    is_row = act.import_id is not None or act.via == IMPORTED
    if is_row and event.recorded_at > due:
        return None
    return ConfirmationRow(
        event.position, event.stream, event.seq, act.brand, act.channel.value, acted_at, due
    )


def _load(cursor: Cursor[TupleRow], events: Sequence[Event]) -> list[ConfirmationRow]:
    """The stored rows of the consents that these events may change."""
    changing = (b.ConsentRefused, b.ConsentEvidenceAdded, b.ConsentRetracted, b.ConsentCorrected)
    streams = {event.stream for event in events if isinstance(event.body, changing)}
    if not streams:
        return []
    cursor.execute(SQL["load_rows"], {"streams": list(streams)})
    return [ConfirmationRow._make(row) for row in cursor.fetchall()]


def _update(cursor: Cursor[TupleRow], rows: Sequence[ConfirmationRow]) -> None:
    if rows:
        columns = {name: [getattr(row, name) for row in rows] for name in _CHANGING}
        cursor.execute(SQL["update_rows"], columns)


def _copy(cursor: Cursor[TupleRow], rows: Sequence[ConfirmationRow]) -> None:
    if rows:
        with cursor.copy(SQL["copy_rows"]) as copy:
            copy.set_types(_TYPES)
            for row in rows:
                copy.write_row(row)

"""What runs late: counted and listed from the İYS outbox and the confirmations (consent.md C7).

No address and no name; a row is told by its position in the log and its stream.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from psycopg import Cursor
from psycopg.rows import TupleRow

from ledger.store.database import Database
from ledger.store.recorder import checked_event
from ledger.store.rows import EventRow
from ledger.store.sql import load_blocks
from ledger.values import Value
from ledger.vocabulary import BrandCode, Channel, ConsentStatus, IysCode, RecipientType

SOON: Final = timedelta(hours=24)
"""What is due within this is told apart."""
ROWS_MAX: Final = 1_000
"""Rows of one list."""

_SQL: Final = load_blocks("ledger.projections", "deadlines.sql")


class WaitingCount(Value, frozen=True, gc=False):
    """What of one brand, channel and status waits for İYS, a merchant's listing as an ONAY.

    `due_soon`: within SOON by the internal reading; `past_*`: overdue by each reading (C7), what is
    past a later one being past the earlier ones too. `oldest_at`: when the oldest was recorded;
    `next_due`: the next internal deadline, None where none is ahead.
    """

    brand_code: BrandCode
    channel: Channel
    consent_status: ConsentStatus
    waiting: int
    due_soon: int
    past_internal: int
    past_iys_reading: int
    past_legal_latest: int
    oldest_at: datetime
    next_due: datetime | None


class ConfirmationCount(Value, frozen=True, gc=False):
    """Same-day confirmations of one brand and channel (R16): still `owed` today; `missed`, none was
    shown to this day; `late`, sent on a later day."""

    brand_code: BrandCode
    channel: Channel
    owed: int
    missed: int
    late: int


class DeadlineFigures(Value, frozen=True, gc=False):
    """Counts at one instant; brands and channels of which there is nothing are left out."""

    at: datetime
    waiting: tuple[WaitingCount, ...]
    confirmations: tuple[ConfirmationCount, ...]


class WaitingRow(Value, frozen=True, gc=False):
    """An act that waits for İYS, with its three deadlines."""

    position: int
    stream: UUID
    brand_code: BrandCode
    channel: Channel
    recipient_type: RecipientType
    consent_status: ConsentStatus
    due_internal: datetime
    due_iys_reading: datetime
    due_legal_latest: datetime


class UnconfirmedRow(Value, frozen=True, gc=False):
    """A consent that nothing shows to have been confirmed."""

    position: int
    stream: UUID
    brand_code: BrandCode
    channel: Channel
    due: datetime


class DeadlineTables:
    """Reads what one provider's followers have made of its log so far."""

    def __init__(self, database: Database, iys_code: IysCode) -> None:
        self._database = database
        self._iys_code = iys_code

    def figures(self, now: datetime, brand_code: BrandCode | None = None) -> DeadlineFigures:
        """The counts at `now`, of one brand or of all. Raises StoreUnavailable, LedgerBroken."""
        given = {"now": now, "soon": now + SOON, "brand": brand_code}
        with self._cursor() as cursor:
            waiting = cursor.execute(_SQL["waiting_counts"], given).fetchall()
            owed = cursor.execute(_SQL["confirmation_counts"], given).fetchall()
        recorded_at = self._recorded_at([row[-1] for row in waiting])
        return DeadlineFigures(
            now,
            tuple(_waiting_count(row, recorded_at) for row in waiting),
            tuple(
                ConfirmationCount(BrandCode(brand), Channel(channel), *counts)
                for brand, channel, *counts in owed
            ),
        )

    def waiting(
        self, until: datetime, brand_code: BrandCode | None = None, *, limit: int = ROWS_MAX
    ) -> list[WaitingRow]:
        """What is due before `until` by the internal reading, overdue rows among it, the earliest
        first. Raises StoreUnavailable."""
        with self._cursor() as cursor:
            given = {"until": until, "brand": brand_code, "limit": limit}
            rows = cursor.execute(_SQL["waiting_rows"], given).fetchall()
        return [
            WaitingRow(
                position,
                stream,
                BrandCode(brand),
                Channel(channel),
                RecipientType(kind),
                ConsentStatus(status),
                *due,
            )
            for position, stream, brand, channel, kind, status, *due in rows
        ]

    def unconfirmed(
        self, until: datetime, brand_code: BrandCode | None = None, *, limit: int = ROWS_MAX
    ) -> list[UnconfirmedRow]:
        """Confirmations due before `until` of which none was shown, the earliest first. Raises
        StoreUnavailable."""
        with self._cursor() as cursor:
            given = {"until": until, "brand": brand_code, "limit": limit}
            rows = cursor.execute(_SQL["confirmation_rows"], given).fetchall()
        return [
            UnconfirmedRow(position, stream, BrandCode(brand), Channel(channel), due)
            for position, stream, brand, channel, due in rows
        ]

    def _recorded_at(self, positions: list[int]) -> dict[int, datetime]:
        given = {"positions": positions}
        rows = self._database.read(self._iys_code, _SQL["events_at"], given) if positions else []
        return {row[0]: checked_event(EventRow(*row)).recorded_at for row in rows}

    @contextmanager
    def _cursor(self) -> Iterator[Cursor[TupleRow]]:
        with self._database.long_connection(self._iys_code) as connection:
            connection.execute(_SQL["whole_tables"])
            yield connection.cursor()


def _waiting_count(row: TupleRow, recorded_at: Mapping[int, datetime]) -> WaitingCount:
    brand, channel, status, waiting, due_soon, internal, iys_reading, legal_latest, *rest = row
    next_due, oldest = rest
    return WaitingCount(
        BrandCode(brand),
        Channel(channel),
        ConsentStatus(status),
        waiting,
        due_soon,
        internal,
        iys_reading,
        legal_latest,
        recorded_at[oldest],
        next_due,
    )

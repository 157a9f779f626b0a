"""Which movements İYS showed of a brand, by İYS's own instant (design.md §2, §10; R57, R61).

The table only says where to look: a day's rows are read from their events and the vault, so that
nothing personal and no id of İYS's stands beside them.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec
from psycopg import Cursor
from psycopg.rows import TupleRow

from ledger.aggregates.bodies import IysSeen
from ledger.aggregates.events import Event
from ledger.errors import LedgerBroken
from ledger.recording.day_ports import Moved
from ledger.recording.sights import IYS_GROUP
from ledger.store.database import Database, LedgerConnection
from ledger.store.sql import load_blocks
from ledger.store.vault import ProviderVault
from ledger.vocabulary import BrandCode, IysCode, IysState, SeenHow

NAME: Final = "iys_movements"
BLOCK: Final = 4_000
"""Rows that are fetched, and opened, at a time."""
DIFFERENCES_MAX: Final = 100
"""Differences told one by one; the rest is counted."""

SQL: Final = load_blocks("ledger.projections", "movements.sql")
_TYPES: Final = ("int8", "int8", "text", "uuid")
_MOVES: Final = (IysState.GRANTED, IysState.REFUSED)


class MovementRow(NamedTuple):
    """A row of `iys_movements`, its columns in order."""

    position: int
    brand_code: int
    creation_date: str
    subject: UUID


def row_of(event: Event) -> MovementRow | None:
    """The row that an event makes: of a movement with İYS's instant, shown for this very person."""
    body = event.body
    if not isinstance(body, IysSeen) or body.state not in _MOVES:
        return None
    if body.creation_date is None or body.carried_from is not None:
        return None  # carried: the former holder's movement, which has its row
    return MovementRow(event.position, body.brand, body.creation_date, UUID(body.subject))


class Movements:
    """The projection `iys_movements`. Implements `follower.Projection`."""

    @property
    def name(self) -> str:
        """See follower.Projection."""
        return NAME

    def apply(self, cursor: Cursor[TupleRow], events: Sequence[Event]) -> None:
        """See follower.Projection."""
        rows = [row for row in map(row_of, events) if row is not None]
        if rows:
            with cursor.copy(SQL["copy_rows"]) as copy:
                copy.set_types(_TYPES)
                for row in rows:
                    copy.write_row(row)

    def empty(self, cursor: Cursor[TupleRow]) -> None:
        """See follower.Projection."""
        cursor.execute(SQL["empty"])


class MovementsCheck:
    """Compares the table with its events, in the order of the log and in constant memory."""

    def __init__(self, connection: LedgerConnection, read_to: int) -> None:
        """`read_to`: the follower's position. One snapshot for this and the events is the
        caller's to provide."""
        self._read_to = read_to
        self._found: list[str] = []
        self._more = 0
        self._cursor = connection.cursor(name=NAME)
        self._cursor.itersize = BLOCK
        self._cursor.execute(SQL["all_rows"])
        self._table = map(MovementRow._make, self._cursor)
        self._next = next(self._table, None)

    def take(self, event: Event) -> None:
        """The next event of the log."""
        wanted = row_of(event) if event.position <= self._read_to else None
        while self._next is not None and self._next.position < event.position:
            self._find(f"row {self._next.position} stands, its event shows no movement")
        if self._next is not None and self._next.position == event.position:
            if wanted is None:
                self._find(f"row {event.position} stands, its event shows no movement")
            else:
                self._compare(wanted, self._next)
        elif wanted is not None:
            self._tell(f"row {event.position} is missing")

    def close(self) -> list[str]:
        """What differs: a line a row, none when all is well."""
        while self._next is not None:
            self._find(f"row {self._next.position} stands, its event shows no movement")
        self._cursor.close()
        if self._more:
            self._found.append(f"{NAME}: {self._more} more rows differ")
        return self._found

    def _compare(self, wanted: MovementRow, row: MovementRow) -> None:
        self._next = next(self._table, None)
        if wanted != row:
            pairs = zip(MovementRow._fields, wanted, row, strict=True)
            names = ", ".join(name for name, one, other in pairs if one != other)
            self._tell(f"row {row.position} differs from its event in {names}")

    def _find(self, text: str) -> None:
        """The table's next row is one too many."""
        self._next = next(self._table, None)
        self._tell(text)

    def _tell(self, text: str) -> None:
        if len(self._found) < DIFFERENCES_MAX:
            self._found.append(f"{NAME}: {text}")
        else:
            self._more += 1


class MovementReader:
    """Reads days of one provider. Implements `day_ports.Movements`."""

    def __init__(self, database: Database, iys_code: IysCode, vault: ProviderVault) -> None:
        self._database = database
        self._iys_code = iys_code
        self._vault = vault

    def moved(self, brand_code: BrandCode, day: date) -> Iterator[Moved]:
        """See day_ports.Movements."""
        after, after_position = day.isoformat(), 0
        until = (day + timedelta(days=1)).isoformat()
        while True:
            asked = {
                "brand_code": brand_code,
                "after": after,
                "after_position": after_position,
                "until": until,
                "limit": BLOCK,
            }
            with self._database.long_connection(self._iys_code) as connection:
                rows = connection.execute(SQL["block"], asked, binary=True).fetchall()
            for row in rows:
                yield self._opened(*row)
            if len(rows) < BLOCK:
                return
            after_position, after = rows[-1][:2]

    def first_day(self, brand_code: BrandCode) -> date | None:
        """That of the earliest movement known."""
        given = {"brand_code": brand_code}
        ((first,),) = self._database.read(self._iys_code, SQL["first_of_brand"], given)
        return None if first is None else date.fromisoformat(first[:10])

    def _opened(
        self,
        position: int,
        creation_date: str,
        subject: UUID,
        state: bytes,
        sealed: bytes | None,
        sealed_address: bytes | None,
        wrapped_key: bytes | None,
        kek_epoch: int | None,
    ) -> Moved:
        try:
            event = _decoder.decode(state)
        except msgspec.MsgspecError as error:
            raise LedgerBroken(f"event {position}: not a movement as İYS shows one") from error
        body, recipient = event.body, None
        said: dict[str, Any] = {}  # of the `iys` group
        if sealed_address is not None and wrapped_key is not None and kek_epoch is not None:
            vault = self._vault
            key = vault.open_subject_key(wrapped_key, kek_epoch)
            recipient = vault.open_address(key, subject, sealed_address).partition(":")[2]
            if sealed is not None:
                said = _said(vault.open(key, event.id, sealed))
            elif IYS_GROUP in event.commit:
                raise LedgerBroken(f"event {position}: what its group iys holds is missing")
        return Moved(
            position,
            creation_date,
            said.get("transaction_id", ""),
            said.get("recipient", recipient),
            body.recipient_type,
            body.channel,
            body.state,
            body.consent_date or "",
            said.get("source", body.source or ""),
            body.how,
            body.of,
        )


class _Body(msgspec.Struct, gc=False):
    channel: str
    recipient_type: str
    state: str
    consent_date: str | None
    source: str | None
    how: SeenHow
    of: int | None = None


class _Shown(msgspec.Struct, gc=False):
    """Of an event's bytes what a report takes: fsck judges the rest."""

    id: str
    body: _Body
    commit: dict[str, str] = {}


_decoder: Final = msgspec.json.Decoder(_Shown)


def _said(groups: dict[str, object]) -> dict[str, Any]:
    said = groups.get(IYS_GROUP, {})
    assert isinstance(said, dict)
    return said

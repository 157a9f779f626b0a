"""What is on its way to İYS: the queue behind the outbox, and the requests that are out (R23, R24).

Follows from nothing and proves nothing: were these tables lost, everything that still waits would
be sent once more. One process at a time sends for a provider.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any, Final

from psycopg import Cursor
from psycopg.rows import TupleRow

from ledger.errors import RaceLost
from ledger.projections.sending_rows import REFUSED, SETTLED, InHand, Item, WaitingRow
from ledger.store.database import Database
from ledger.store.sql import load_blocks
from ledger.vocabulary import BrandCode, IysCode

TAKEN_MAX: Final = 20_000
"""Rows taken over from the outbox at a time."""

_SQL: Final = load_blocks("ledger.projections", "sending.sql")


class Sending:
    """The tables of one provider. Every call is one transaction. Raises StoreUnavailable."""

    def __init__(self, database: Database, iys_code: IysCode) -> None:
        self._database = database
        self._iys_code = iys_code

    def take_in(self) -> bool:
        """Take over what is new in the outbox; whether there may be more."""
        with self._cursor() as cursor:
            given = {"taken": _taken(cursor), "limit": TAKEN_MAX, "refused": REFUSED}
            found = cursor.execute(_SQL["take_in"], given).fetchone()
            assert found is not None
            count, last = found
            if count:
                cursor.execute(_SQL["note_taken"], {"position": last})
        return bool(count == TAKEN_MAX)

    def mend(self) -> None:
        """Bring the queue in line with the outbox as it is now: what was answered otherwise leaves,
        corrected dates move, and what waits and is nowhere comes back."""
        with self._cursor() as cursor:
            cursor.execute(_SQL["drop_gone"])
            cursor.execute(_SQL["follow_corrections"])
            cursor.execute(_SQL["put_back_lost"], {"refused": REFUSED})

    def front(self, brand_code: BrandCode, now: datetime, limit: int) -> list[WaitingRow]:
        """The first in order, with what else waits for their addresses; nothing overdue."""
        return self._waiting("front", brand_code, now, limit)

    def overdue(self, brand_code: BrandCode, now: datetime, limit: int) -> list[WaitingRow]:
        """As `front`, of what is past its deadline."""
        return self._waiting("overdue", brand_code, now, limit)

    def begin(
        self,
        groups: Sequence[Sequence[WaitingRow]],
        *,
        now: datetime,
        look_at: datetime,
        overdue_on: date | None = None,
    ) -> list[InHand]:
        """Acts leave the queue for a request each group; `overdue_on`: count them as a day's tries
        of overdue rows. Committed before anything is sent. Raises RaceLost: one is gone."""
        made: list[InHand] = []
        if not groups:
            return made
        with self._cursor() as cursor:
            taken = [row.position for group in groups for row in group]
            cursor.execute(_SQL["dequeue"], {"positions": taken})
            if cursor.rowcount != len(taken):
                raise RaceLost("another process sends for the same provider")
            for group in groups:
                new = _request_of(group, now)
                made.append(_add_request(cursor, new, look_at))
            if overdue_on is not None:
                counted = {"brand_code": groups[0][0].brand_code, "tries": len(groups)}
                cursor.execute(_SQL["count_overdue"], {**counted, "day": overdue_on})
        return made

    def defer(self, deferred: Iterable[tuple[int, datetime]]) -> None:
        """Do not look at these positions before."""
        pairs = list(deferred)
        if pairs:
            positions, until = (list(column) for column in zip(*pairs, strict=True))
            with self._cursor() as cursor:
                cursor.execute(_SQL["defer"], {"positions": positions, "until": until})

    def due(
        self, now: datetime, again_at: datetime, limit: int, *, halted: Collection[BrandCode] = ()
    ) -> list[InHand]:
        """Requests to look at; whoever asked has until `again_at` for them."""
        given = {"now": now, "again_at": again_at, "limit": limit, "halted": list(halted)}
        with self._cursor() as cursor:
            return [InHand._make(row) for row in cursor.execute(_SQL["requests_due"], given)]

    def waiting(self, positions: Collection[int]) -> dict[int, Item]:
        """Which of these acts still wait for İYS's word."""
        with self._cursor() as cursor:
            rows = cursor.execute(_SQL["waiting"], {"positions": list(positions)})
            return {row[0]: Item._make(row) for row in rows}

    def accepted(
        self, request: InHand, request_id: str, *, now: datetime, look_at: datetime
    ) -> None:
        """İYS took the list, of just these positions, under a name of its own."""
        given: dict[str, Any] = {  # of several column types
            **request._asdict(),
            "request_id": request_id,
            "sent_at": now,
            "look_at": look_at,
        }
        with self._cursor() as cursor:
            cursor.execute(_SQL["accepted"], given)

    def settle(
        self,
        request: InHand,
        open_positions: Sequence[int],
        *,
        look_at: datetime | None = None,
        anew: Sequence[tuple[Sequence[int], str | None]] = (),
        returned: Collection[int] = (),
        not_before: datetime | None = None,
    ) -> None:
        """What is open of a request after İYS's word; without open items it ends.

        `anew`: positions that go on as a request of their own, with a code that is not believed yet
        or to be sent again; at once.
        `returned`: positions that go back to the queue, one failure richer where `not_before` says
        until when.
        """
        with self._cursor() as cursor:
            self._settle(cursor, request, open_positions, look_at)
            for positions, code in anew:
                part = request.only(positions)._replace(request_id=None, code=code)
                _add_request(cursor, part, request.sent_at)
            if returned:
                tries = request.tries + (not_before is not None)
                back = {"positions": list(returned), "tries": tries, "refused": REFUSED}
                begin = not_before or request.sent_at
                cursor.execute(_SQL["requeue"], {**back, "not_before": begin})

    def look_again(self, request: InHand, look_at: datetime) -> None:
        """Keep a request as it is given here, for later."""
        with self._cursor() as cursor:
            self._settle(cursor, request, request.positions, look_at)

    def halt(self, brand_code: BrandCode, until: datetime, code: str) -> None:
        """Send nothing for a brand."""
        given = {"brand_code": brand_code, "until": until, "code": code}
        with self._cursor() as cursor:
            cursor.execute(_SQL["halt"], given)

    def halts(self, now: datetime) -> dict[BrandCode, tuple[datetime, str]]:
        """Brands for which nothing is sent: until when, and İYS's code for it."""
        with self._cursor() as cursor:
            rows = cursor.execute(_SQL["halts"], {"now": now}).fetchall()
        return {BrandCode(brand): (until, code) for brand, until, code in rows}

    def overdue_tries(self, brand_code: BrandCode, day: date) -> int:
        """How many overdue acts of a brand were tried on a day."""
        with self._cursor() as cursor:
            row = cursor.execute(
                _SQL["overdue_tries"], {"brand_code": brand_code, "day": day}
            ).fetchone()
        return 0 if row is None else row[0]

    def _waiting(
        self, block: str, brand_code: BrandCode, now: datetime, limit: int
    ) -> list[WaitingRow]:
        with self._cursor() as cursor:
            given = {"brand_code": brand_code, "now": now, "limit": limit}
            cursor.execute(_SQL["by_the_index"])
            wanted = [position for (position,) in cursor.execute(_SQL[block], given)]
            taken = _taken(cursor)
            rows = _rows(cursor, wanted, taken)
            behind = {other for row in rows for other in row.others or ()} - set(wanted)
            rows += _rows(cursor, sorted(behind), taken)
            kept = [row for row in rows if row.lookup is not None]
            gone = set(wanted) - {row.position for row in kept}
            if gone:  # answered since, or nobody is left to send it for
                cursor.execute(_SQL["dequeue"], {"positions": list(gone)})
        return kept

    def _settle(
        self,
        cursor: Cursor[TupleRow],
        request: InHand,
        open_positions: Sequence[int],
        look_at: datetime | None,
    ) -> None:
        still = set(open_positions) - {SETTLED}
        if not still:
            cursor.execute(_SQL["end_request"], {"id": request.id})
            return
        left = [position if position in still else SETTLED for position in request.positions]
        given: dict[str, Any] = {  # of several column types
            "id": request.id,
            "look_at": look_at,
            "positions": left,
            "consent_dates": request.consent_dates,
            "sources": request.sources,
            "request_id": request.request_id,
            "is_uncertain": request.is_uncertain,
            "tries": request.tries,
        }
        cursor.execute(_SQL["look_again"], given)

    @contextmanager
    def _cursor(self) -> Iterator[Cursor[TupleRow]]:
        with self._database.connection(self._iys_code) as connection:
            yield connection.cursor()


def _taken(cursor: Cursor[TupleRow]) -> int:
    row = cursor.execute(_SQL["taken"]).fetchone()
    return 0 if row is None else row[0]


def _rows(cursor: Cursor[TupleRow], positions: Sequence[int], taken: int) -> list[WaitingRow]:
    if not positions:
        return []
    cursor.execute(_SQL["rows"], {"positions": list(positions), "taken": taken})
    return [WaitingRow._make(row) for row in cursor.fetchall()]


def _request_of(group: Sequence[WaitingRow], now: datetime) -> InHand:
    return InHand(
        id=0,
        brand_code=group[0].brand_code,
        positions=[row.position for row in group],
        consent_dates=[row.consent_date for row in group],
        sources=[row.source for row in group],
        request_id=None,
        code=None,
        sent_at=now,
        is_uncertain=False,
        tries=max(row.tries for row in group),
    )


def _add_request(cursor: Cursor[TupleRow], request: InHand, look_at: datetime) -> InHand:
    given = {name: value for name, value in request._asdict().items() if name != "id"}
    row = cursor.execute(_SQL["add_request"], {**given, "look_at": look_at}).fetchone()
    assert row is not None
    return request._replace(id=row[0])

"""The days of each brand at İYS: how far each is, and İYS's files of them (design.md §6, §10).

How far a day is follows from comparing it and can be had again. İYS's files cannot: they are
written once, sealed in parts, and destroyed by deleting the keys of the parts.
"""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

import msgspec
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from ledger.errors import LedgerBroken
from ledger.projections.movements import MovementReader
from ledger.recording.day_ports import (
    CalendarDay,
    DayFile,
    DayKept,
    DayState,
    Listed,
    StampState,
)
from ledger.store.database import Database, LedgerConnection
from ledger.store.sql import load_blocks
from ledger.store.vault import ProviderVault
from ledger.vocabulary import BrandCode, IysCode

FILE_DAYS: Final = 7
"""How long İYS gives a day's file out (iys/api.md §6)."""
PART_BYTES: Final = 8 << 20

_SQL: Final = load_blocks("ledger.projections", "days.sql")
_KEPT: Final = DayKept.__struct_fields__
"""The columns of `between` as well."""
_LISTED: Final = msgspec.json.Decoder(tuple[Listed, ...])


class DayTable:
    """How far the days of one provider are. Implements `day_ports.Days`."""

    def __init__(self, database: Database, iys_code: IysCode, vault: ProviderVault) -> None:
        self._database = database
        self._iys_code = iys_code
        self._vault = vault
        self._movements = MovementReader(database, iys_code, vault)

    def note(self, kept: DayKept, listed: Iterable[Listed] = ()) -> None:
        """See day_ports.Days."""
        row: dict[str, Any] = msgspec.structs.asdict(kept)
        row["differences"] = Jsonb(dict(kept.differences))
        row |= {"listed": None, "wrapped_key": None, "kek_epoch": None}
        if lines := tuple(listed):
            bound_to = _name_of_list(kept.brand_code, kept.day)
            sealed = self._vault.seal_alone(msgspec.json.encode(lines), bound_to=bound_to)
            row["listed"], row["wrapped_key"], row["kek_epoch"] = sealed
        with self._database.connection(self._iys_code) as connection:
            connection.execute(_SQL["note"], row)

    def kept(self, brand_code: BrandCode, day: date) -> DayKept | None:
        """See day_ports.Days."""
        return next(iter(self.between(brand_code, day, day)), None)

    def between(self, brand_code: BrandCode, first: date, last: date) -> list[DayKept]:
        """See day_ports.Days."""
        asked = {"brand_code": brand_code, "first": first, "last": last}
        return [_kept(row) for row in self._database.read(self._iys_code, _SQL["between"], asked)]

    def listed(self, brand_code: BrandCode, day: date) -> tuple[Listed, ...]:
        """The first differences of a day, line by line. Raises LedgerBroken."""
        asked = {"brand_code": brand_code, "day": day}
        rows = self._database.read(self._iys_code, _SQL["listed"], asked)
        if not rows:
            return ()
        bound_to = _name_of_list(brand_code, day)
        return _LISTED.decode(self._vault.open_alone(*rows[0], bound_to=bound_to))

    def calendar(
        self, brand_code: BrandCode, first: date, last: date, *, today: date
    ) -> list[CalendarDay]:
        """The days from `first` to `last` as of `today`, Turkish days all. Before the first day
        that anything is known of, and from today on, there is nothing to be said."""
        kept = {one.day: one for one in self.between(brand_code, first, last)}
        begins = self._begins(brand_code)
        count = (last - first).days + 1
        days = []
        for day in (first + timedelta(days=number) for number in range(count)):
            one = kept.get(day)
            state = None if one is None else one.state
            if begins is not None and begins <= day < today and state in (None, DayState.WAITING):
                is_over = day < today - timedelta(days=FILE_DAYS)
                state = DayState.MISSED if is_over else DayState.WAITING
            if one is None:
                days.append(CalendarDay(day, state))
            else:
                days.append(CalendarDay(day, state, one.open_rows, one.agreed))
        return days

    def _begins(self, brand_code: BrandCode) -> date | None:
        asked = {"brand_code": brand_code}
        ((compared,),) = self._database.read(self._iys_code, _SQL["first_day"], asked)
        found = [one for one in (compared, self._movements.first_day(brand_code)) if one]
        return min(found, default=None)


class DayFileTable:
    """İYS's files for one provider. Implements `day_ports.DayFiles`."""

    def __init__(self, database: Database, iys_code: IysCode, vault: ProviderVault) -> None:
        self._database = database
        self._iys_code = iys_code
        self._vault = vault

    def keep_file(self, file: DayFile, content: bytes) -> None:
        """See day_ports.DayFiles."""
        row = {
            **_name(file),
            "size_bytes": file.size_bytes,
            "rows": file.rows,
            "rows_root": bytes.fromhex(file.rows_root),
            "hash_value": file.hash_value,
            "hash_method": file.hash_method,
            "fetched_at": file.fetched_at,
        }
        with self._database.connection(self._iys_code) as connection:
            if connection.execute(_SQL["add_file"], row).rowcount:
                self._add_parts(connection, file, content)

    def _add_parts(self, connection: LedgerConnection, file: DayFile, content: bytes) -> None:
        view = memoryview(content)
        for part, begin in enumerate(range(0, len(content), PART_BYTES)):
            plain = bytes(view[begin : begin + PART_BYTES])
            bound_to = _name_of_part(file, part)
            sealed, wrapped_key, epoch = self._vault.seal_alone(plain, bound_to=bound_to)
            name = {**_name(file), "part": part}
            connection.execute(_SQL["add_part"], {**name, "sealed": sealed})
            key = {"wrapped_key": wrapped_key, "kek_epoch": epoch}
            connection.execute(_SQL["add_key"], {**name, **key})

    def keep_stamp(self, file: DayFile, stamp: bytes, fetched_at: datetime) -> None:
        """See day_ports.DayFiles."""
        digest = hashlib.sha256(stamp).digest()
        row = {**_name(file), "digest": digest, "stamp": stamp, "fetched_at": fetched_at}
        with self._database.connection(self._iys_code) as connection:
            connection.execute(_SQL["add_stamp"], row)

    def files(self, brand_code: BrandCode, day: date) -> Sequence[DayFile]:
        """See day_ports.DayFiles."""
        asked = {"brand_code": brand_code, "day": day}
        return [DayFile(*row) for row in self._database.read(self._iys_code, _SQL["files"], asked)]

    def open_file(self, file: DayFile) -> bytes | None:
        """See day_ports.DayFiles."""
        parts = []
        with self._database.long_connection(self._iys_code) as connection:
            for part in range(-(-file.size_bytes // PART_BYTES)):
                asked = {**_name(file), "part": part}
                row = connection.execute(_SQL["part"], asked, binary=True).fetchone()
                if row is None:
                    return None
                parts.append(self._vault.open_alone(*row, bound_to=_name_of_part(file, part)))
        content = b"".join(parts)
        if hashlib.sha384(content).hexdigest() != file.sha384:
            raise LedgerBroken(f"the archived file of {file.day} is not the one that was archived")
        return content

    def stamp_of(self, file: DayFile) -> bytes | None:
        """See day_ports.DayFiles."""
        rows = self._database.read(self._iys_code, _SQL["stamp"], _name(file))
        return rows[0][0] if rows else None


def _kept(row: TupleRow) -> DayKept:
    members = dict(zip(_KEPT, row, strict=True))
    members["state"] = DayState(members["state"])
    if members["stamp"] is not None:
        members["stamp"] = StampState(members["stamp"])
    return DayKept(**members)


def _name(file: DayFile) -> dict[str, Any]:
    """The columns by which a file is found."""
    return {
        "brand_code": file.brand_code,
        "day": file.day,
        "sha384": bytes.fromhex(file.sha384),
    }


def _name_of_part(file: DayFile, part: int) -> bytes:
    return f"iys-day-file/{file.brand_code}/{file.day}/{file.sha384}/{part}".encode()


def _name_of_list(brand_code: BrandCode, day: date) -> bytes:
    return f"iys-day-differences/{brand_code}/{day}".encode()

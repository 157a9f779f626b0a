"""The stored state as one file: brands, movements, retailers, agreements, the clock's reading.

Tokens, limits, bulk requests under way and faults are left out: they are of one run.
"""

import os
from itertools import groupby
from pathlib import Path
from typing import Final

import msgspec

from ledger.iys_twin.consents import Movement
from ledger.iys_twin.refusals import TwinError
from ledger.iys_twin.times import Wall
from ledger.iys_twin.world import Brand, PushConnection, Retailer, World

FORMAT: Final = 1
MODE: Final = 0o600
SNAPSHOT_BYTES_MAX: Final = 2**31


class SnapshotRefused(TwinError):
    """The file is no snapshot of a twin with these brands."""


class _Access(msgspec.Struct, array_like=True, frozen=True):
    recipient_type: str
    channel: str
    recipient: str
    retailer_code: int | None
    retailer_access: tuple[int, ...]


class _Brand(msgspec.Struct, frozen=True):
    code: int
    own: list[Movement]
    recipients: list[Movement]
    retailers: list[Retailer]
    access: list[_Access]
    connections: list[PushConnection]
    agreed: list[Wall]


class _Snapshot(msgspec.Struct, frozen=True):
    format: int
    brands: list[_Brand]


def write_snapshot(world: World, file: Path) -> int:
    """Write the state; the file is whole or the old one. Returns its bytes."""
    data = msgspec.msgpack.encode(
        _Snapshot(FORMAT, [_packed(brand) for brand in world.brands.values()])
    )
    aside = file.with_name(f"{file.name}.part")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, MODE)
    with os.fdopen(descriptor, "wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    aside.replace(file)
    return len(data)


def read_snapshot(world: World, file: Path) -> Wall:
    """Fill an empty world; the time of the last movement. Raises SnapshotRefused, OSError."""
    if file.stat().st_size > SNAPSHOT_BYTES_MAX:
        raise SnapshotRefused(f"çok büyük / over {SNAPSHOT_BYTES_MAX} bytes")
    try:
        read = msgspec.msgpack.decode(file.read_bytes(), type=_Snapshot)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise SnapshotRefused("ikizin durum dosyası değil / not a twin's snapshot") from error
    codes = [one.code for one in read.brands]
    if read.format != FORMAT or codes != list(world.brands):
        raise SnapshotRefused("başka markalar ya da biçim / other brands or format")
    return max((_unpack(world.brands[one.code], one) for one in read.brands), default=0)


def _packed(brand: Brand) -> _Brand:
    access = [
        _Access(key[0], key[1], recipient, consent.retailer_code, consent.retailer_access)
        for key, book in brand.books.items()
        for recipient, consent in book.items()
        if consent.retailers
    ]
    return _Brand(
        brand.code,
        brand.own,
        brand.recipients,
        list(brand.retailers.values()),
        access,
        brand.connections,
        sorted(brand.agreed),
    )


def _unpack(brand: Brand, packed: _Brand) -> Wall:
    movements = sorted([*packed.own, *packed.recipients], key=lambda one: one.created)
    for _, same_second in groupby(movements, key=lambda one: one.created):
        _append_all(brand, list(same_second))
    brand.retailers = {one.code: one for one in packed.retailers}
    brand.connections = packed.connections
    brand.agreed = set(packed.agreed)
    for one in packed.access:
        consent = brand.find((one.recipient_type, one.channel), one.recipient)
        if consent is None or not all(code in brand.retailers for code in one.retailer_access):
            raise SnapshotRefused("tutarsız / contradicts itself")
        consent.retailer_code = one.retailer_code
        consent.retailer_access = one.retailer_access
    return movements[-1].created if movements else 0


def _append_all(brand: Brand, waiting: list[Movement]) -> None:
    """Both sides may have moved in one second: each movement knows which status it replaced."""
    while waiting:
        fitting = (place for place, one in enumerate(waiting) if one.before == _status(brand, one))
        brand.append(waiting.pop(next(fitting, 0)))


def _status(brand: Brand, one: Movement) -> str | None:
    latest = brand.latest((one.recipient_type, one.channel), one.recipient)
    return None if latest is None else latest.consent_status

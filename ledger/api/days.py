"""A past day of a brand: our file of it, İYS's hash, agreement and differences (api.md; R61)."""

import tempfile
from collections.abc import Iterator
from datetime import date
from typing import IO, Final, Protocol

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from ledger.api.access import Action, BrandLedgers, admit_brand
from ledger.api.limits import MIB
from ledger.api.messages import answer, query_of
from ledger.api.operations import operation
from ledger.api.problems import Problem, is_english
from ledger.api.service import Service
from ledger.api.turns import Lane
from ledger.clock import WIRE_DAY, utc_text
from ledger.contract.days import (
    DayAnswer,
    DayAtIys,
    DayCountShown,
    DayDifference,
    DayRowShown,
)
from ledger.recording.day_ports import DayKept, DayViews, Listed, Report
from ledger.recording.day_words import MENDS, NAMES, STAMPS, Kind
from ledger.recording.ports import Brand
from ledger.vocabulary import IysCode

AT_ONCE: Final = 1
WAITING_MAX: Final = 10
"""Days that one process makes at a time, and may have waiting."""
HELD_BYTES: Final = 8 * MIB
"""Of a file in memory; the rest of it lies on disk, unnamed."""
PIECE_BYTES: Final = MIB // 4
CSV: Final = "text/csv"
DAY: Final = {
    "name": "day",
    "in": "path",
    "required": True,
    "description": "Türkiye günü / Turkish day",
    "schema": {"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
    "example": "2026-03-04",
}


class DayLedgers(BrandLedgers, Protocol):
    """Brands and their days."""

    def day_reader(self, iys_code: IysCode) -> DayViews:
        """The days of one provider. Raises NotFound."""


def router(service: Service) -> APIRouter:
    """The endpoints."""
    routes = APIRouter(prefix="/v1/brands/{brand_code:int}/days", tags=["days"])
    lane = Lane(AT_ONCE, waiting_max=WAITING_MAX)

    @routes.get(
        "/{day}.csv",
        **operation(
            "Günün hareket dosyası, İYS'nin yazdığı gibi / the day's file, as İYS writes it",
            media={CSV: {"schema": {"type": "string"}}},
            parameters=(DAY,),
        ),
    )
    async def day_file(request: Request) -> Response:
        return await _file(service, lane, request)

    @routes.get(
        "/{day}",
        **operation(
            "Günün özeti, İYS ile mutabakatı ve farkları / a day, compared with İYS's",
            answer=DayAnswer,
            parameters=(DAY,),
        ),
    )
    async def day(request: Request) -> Response:
        return await _day(service, lane, request)

    return routes


async def _file(service: Service, lane: Lane, request: Request) -> Response:
    brand, day, days = _asked(service, request)
    out: IO[bytes] = tempfile.SpooledTemporaryFile(HELD_BYTES)  # noqa: SIM115  # the answer closes it
    try:
        report = await lane.run(_written, days, brand, day, out)
        _note(service, request, brand, report.rows)
    except BaseException:
        out.close()
        raise
    headers = {
        "Content-Length": str(out.tell()),
        "Content-Disposition": f'attachment; filename="{brand.brand_code}-{day}.csv"',
        "Izin-Sha384": report.sha384,
        "Izin-Erased": str(report.erased),
    }
    return StreamingResponse(_pieces(out), headers=headers, media_type=CSV)


async def _day(service: Service, lane: Lane, request: Request) -> Response:
    brand, day, days = _asked(service, request)
    language = 1 if is_english(request) else 0
    shown = await lane.run(_shown, days, brand, day, language)
    _note(service, request, brand, len(shown.rowsDiffering))
    return answer(shown)


def _asked(service: Service, request: Request) -> tuple[Brand, date, DayViews]:
    """What is asked about, if the caller may ask. Raises Problem."""
    query_of(request)
    ledgers: DayLedgers = service.ledgers
    _, brand, _ = admit_brand(request, ledgers, Action.OFFICE, request.path_params["brand_code"])
    text = request.path_params["day"]
    try:
        if not WIRE_DAY.fullmatch(text):
            raise ValueError("no day")
        day = date.fromisoformat(text)
    except ValueError:
        raise Problem(422, "L-FIELD", pointer="/day") from None
    return brand, day, ledgers.day_reader(brand.iys_code)


def _note(service: Service, request: Request, brand: Brand, rows: int) -> None:
    state = request.scope["state"]
    service.ledgers.access_log(brand.iys_code).note(
        state["principal"].actor,
        "day",
        brand_code=brand.brand_code,
        items=rows,
        request_id=state["request_id"],
    )


def _written(days: DayViews, brand: Brand, day: date, out: IO[bytes]) -> Report:
    report = days.report(brand.brand_code, day)
    for piece in report.pieces():
        out.write(piece)
    return report


def _shown(days: DayViews, brand: Brand, day: date, language: int) -> DayAnswer:
    report = days.report(brand.brand_code, day)
    for _ in report.pieces():
        pass  # for its digest and its counts
    kept = days.kept(brand.brand_code, day)
    listed = days.listed(brand.brand_code, day)
    sha384 = report.sha384 if report.rows else None
    filed = None if kept is None else kept.file_sha384
    return DayAnswer(
        brandCode=brand.brand_code,
        day=day.isoformat(),
        rows=report.rows,
        erased=report.erased,
        sha384=sha384,
        isEqual=None if filed is None else filed == sha384,
        state=None if kept is None else kept.state.value,
        counts=tuple(
            DayCountShown(
                recipientType=one.recipient_type,
                type=one.channel,
                source=one.side,
                granted=one.granted,
                refused=one.refused,
                total=one.total,
            )
            for one in report.counts()
        ),
        iys=None if kept is None else _at_iys(kept, language),
        differences=() if kept is None else _differences(kept, language),
        rowsDiffering=tuple(map(_row, listed)),
    )


def _at_iys(kept: DayKept, language: int) -> DayAtIys:
    return DayAtIys(
        checkedAt=utc_text(kept.checked_at),
        rows=kept.rows_there,
        agreed=kept.agreed,
        fileSha384=kept.file_sha384,
        hashValue=kept.hash_value,
        stamp=kept.stamp,
        stampMessage=None if kept.stamp is None else STAMPS[kept.stamp][language],
        stampedAt=None if kept.stamped_at is None else utc_text(kept.stamped_at),
        reason=kept.reason,
    )


def _differences(kept: DayKept, language: int) -> tuple[DayDifference, ...]:
    return tuple(
        DayDifference(
            kind=name,
            rows=rows,
            message=NAMES[Kind(name)][language],
            mend=MENDS[Kind(name)][language],
        )
        for name, rows in kept.differences.items()
    )


def _row(one: Listed) -> DayRowShown:
    return DayRowShown(
        kind=one.kind, open=one.is_open, here=one.here, there=one.there, position=one.position
    )


def _pieces(out: IO[bytes]) -> Iterator[bytes]:
    with out:
        out.seek(0)
        while piece := out.read(PIECE_BYTES):
            yield piece

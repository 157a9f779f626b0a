"""*Süreler*: what waits for İYS and until when, and the same-day confirmations (C7, R16, R20)."""

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from ledger.api.pages.brands import asked
from ledger.api.pages.paths import DUE
from ledger.api.pages.rendering import page
from ledger.api.service import Service
from ledger.clock import iys_text
from ledger.projections.deadlines import DeadlineFigures, UnconfirmedRow, WaitingRow
from ledger.recording.ports import Brand
from ledger.reporting.words import CHANNELS

SHOWN_MAX: Final = 200
AHEAD: Final = timedelta(days=5)


class Row(NamedTuple):
    """An act with its deadlines, as it is shown; `late` names the last that is past."""

    position: int
    channel: str
    status: str
    due: tuple[str, ...]
    late: str | None


class Found(NamedTuple):
    """What the tables tell of one brand."""

    now: datetime
    figures: DeadlineFigures
    waiting: list[WaitingRow]
    unconfirmed: list[UnconfirmedRow]


def router(service: Service) -> APIRouter:
    """The page."""
    routes = APIRouter(include_in_schema=False)

    @routes.get(DUE)
    async def due(request: Request) -> Response:
        _, brands, brand, _ = await asked(request, service)
        found = await run_in_threadpool(_find, service, brand)
        return page(
            "due",
            title="Süreler",
            brands=brands,
            brand=brand,
            now=iys_text(found.now),
            figures=found.figures,
            waiting=[_waiting(row, found.now) for row in found.waiting],
            unconfirmed=[_unconfirmed(row, found.now) for row in found.unconfirmed],
            channels=CHANNELS,
            shown_max=SHOWN_MAX,
        )

    return routes


def _find(service: Service, brand: Brand) -> Found:
    tables = service.ledgers.deadlines(brand.iys_code)
    now, code = service.ledgers.ledger(brand.iys_code).now(), brand.brand_code
    return Found(
        now,
        tables.figures(now, code),
        tables.waiting(now + AHEAD, code, limit=SHOWN_MAX),
        tables.unconfirmed(now + AHEAD, code, limit=SHOWN_MAX),
    )


def _waiting(row: WaitingRow, now: datetime) -> Row:
    due = (row.due_internal, row.due_iys_reading, row.due_legal_latest)
    names = ("iç süre geçti", "İYS'nin süresi geçti", "son yasal süre geçti")
    late = [name for name, instant in zip(names, due, strict=True) if instant < now]
    return Row(
        row.position,
        CHANNELS[row.channel],
        row.consent_status,
        tuple(map(iys_text, due)),
        late[-1] if late else None,
    )


def _unconfirmed(row: UnconfirmedRow, now: datetime) -> Row:
    late = "teyidin günü geçti" if row.due < now else None
    return Row(row.position, CHANNELS[row.channel], "ONAY", (iys_text(row.due),), late)

"""The HTTP service: every endpoint behind one guard (api.md)."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

from fastapi import APIRouter, FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ledger.api import (
    asking,
    days,
    deciding,
    evidence,
    feeds,
    filtering,
    imports,
    iys_push,
    log,
    metrics,
    proofs,
    recording,
    refusing,
)
from ledger.api.direct import Direct
from ledger.api.guard import Guard
from ledger.api.iys_push import Pushes
from ledger.api.limits import Limits
from ledger.api.messages import answer
from ledger.api.metrics import Meter
from ledger.api.operations import describe, operation
from ledger.api.pages import calendar, due, login, search
from ledger.api.problems import (
    Problem,
    handle_error,
    handle_http,
    handle_problem,
)
from ledger.api.service import Ledgers, Service
from ledger.clock import utc_text
from ledger.contract.answers import HealthAnswer, ReadyAnswer
from ledger.errors import LedgerError

ROUTERS: Final[tuple[Callable[[Service], APIRouter], ...]] = (
    recording.router,
    refusing.router,
    asking.router,
    deciding.router,
    filtering.router,
    feeds.router,
    evidence.router,
    imports.router,
    proofs.router,
    log.router,
    days.router,
)
PAGES: Final[tuple[Callable[[Service], APIRouter], ...]] = (
    login.router,
    due.router,
    calendar.router,
    search.router,
)


def create_app(
    ledgers: Ledgers, *, limits: Limits | None = None, pushes: Pushes | None = None
) -> Guard:
    """The application, behind its guard: ASGI, for a server that keeps to `limits` too. `pushes`:
    where İYS's own go; without it there is no such endpoint."""
    service, limits = Service(ledgers), limits or Limits()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await run_in_threadpool(_open, ledgers)
        yield
        await service.close()

    app = FastAPI(
        title="İzin Defteri",
        version="0.1.0",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        redirect_slashes=False,
    )
    app.add_exception_handler(Problem, handle_problem)
    app.add_exception_handler(HTTPException, handle_http)
    app.add_exception_handler(LedgerError, handle_error)
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]  # FastAPI's own way
    meter = Meter()
    routers = [
        _health(service),
        metrics.router(service, meter),
        *(router(service) for router in (*ROUTERS, *PAGES)),
        *([] if pushes is None else [iys_push.router(pushes)]),
    ]
    for routes in routers:
        app.include_router(routes)
    direct = Direct(app, (route for routes in routers for route in routes.routes))
    doors = {} if pushes is None else {iys_push.PATH: iys_push.door(pushes, limits)}
    return Guard(direct, keys=ledgers.keys, limits=limits, doors=doors, on_end=meter.note)


def _open(ledgers: Ledgers) -> None:
    """Open every ledger: the first who asks would do it in the event loop. What cannot be opened
    is told to those who ask for it."""
    with suppress(LedgerError):
        for code in ledgers.iys_codes():
            with suppress(LedgerError):
                ledgers.ledger(code)


def _health(service: Service) -> APIRouter:
    routes = APIRouter(tags=["health"])

    @routes.get(
        "/healthz",
        **operation("Süreç yanıt veriyor / the process answers", answer=HealthAnswer, is_open=True),
    )
    async def healthz(request: Request) -> Response:
        return answer({"status": "ok"})

    @routes.get(
        "/readyz",
        **operation(
            "Defterler okunabiliyor / the ledgers can be read",
            answer=ReadyAnswer,
            status=(200, 503),
            is_open=True,
        ),
    )
    async def readyz(request: Request) -> Response:
        return await run_in_threadpool(_readiness, service.ledgers)

    return routes


def _readiness(ledgers: Ledgers) -> Response:
    try:
        sizes = {
            str(code): ledgers.ledger(code).store.last_position() for code in ledgers.iys_codes()
        }
        warnings = ledgers.warnings()
    except LedgerError:
        return answer({"status": "unavailable"}, 503)
    failing = ledgers.failing_since()
    if failing is not None:
        return answer({"status": "follower failing", "since": utc_text(failing)}, 503)
    return answer({"status": "ok", "events": sizes, "warnings": warnings})

"""Status and history of one address. The address comes in the body, never in the URL."""

from datetime import datetime
from functools import partial
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from ledger import views
from ledger.addresses import parse_address
from ledger.api.access import Action, admit_brand
from ledger.api.messages import answer, body_of, query_of
from ledger.api.operations import operation
from ledger.api.problems import Problem
from ledger.api.service import Service
from ledger.api.turns import Lane
from ledger.clock import parse_time
from ledger.contract.answers import HistoryAnswer, StatusAnswer
from ledger.contract.requests import HistoryRequest, StatusRequest
from ledger.errors import AddressRefused
from ledger.recording.deciding_ports import CurrentKey

STATUS_EXAMPLES: Final = {
    "now": {"recipient": "+905010000101", "type": "MESAJ"},
    "as of an instant": {
        "recipient": "0501 000 01 02",
        "type": "ARAMA",
        "at": "2026-11-22 10:15:00",
        "knownAt": "2026-11-23T09:00:00+03:00",
    },
}
HISTORY_EXAMPLES: Final = {"all of it": {"recipient": "+905010000101", "type": "MESAJ"}}


LOOKS_BACK_AT_ONCE: Final = 2
LOOKS_BACK_WAITING_MAX: Final = 100


def router(service: Service) -> APIRouter:
    """The endpoints."""
    routes = APIRouter(prefix="/v1/brands/{brand_code:int}", tags=["look up"])
    lane = Lane(LOOKS_BACK_AT_ONCE, waiting_max=LOOKS_BACK_WAITING_MAX)

    @routes.post(
        "/status",
        **operation(
            "Durum ve karar / status and verdict",
            body=StatusRequest,
            examples=STATUS_EXAMPLES,
            answer=StatusAnswer,
        ),
    )
    async def status(request: Request) -> Response:
        return await _status(service, lane, request)

    @routes.post(
        "/history",
        **operation(
            "Bütün hareketler / every event",
            body=HistoryRequest,
            examples=HISTORY_EXAMPLES,
            answer=HistoryAnswer,
        ),
    )
    async def history(request: Request) -> Response:
        return await _history(service, lane, request)

    return routes


async def _status(service: Service, lane: Lane, request: Request) -> Response:
    principal, brand, ledger = admit_brand(
        request, service.ledgers, Action.LOOK_UP, request.path_params["brand_code"]
    )
    query_of(request)
    asked = await body_of(request, StatusRequest)
    as_of, known_at = instant(asked.at, "/at"), instant(asked.knownAt, "/knownAt")
    try:
        address = parse_address(asked.recipient, asked.type)
    except AddressRefused as refused:
        return answer(views.invalid_members(refused))
    if as_of is None and known_at is None:
        lookup = ledger.vault.lookup(address.uri)
        key = CurrentKey(lookup, brand.brand_code, asked.type, asked.recipientType)
        known = await service.reader(brand.iys_code).ask(key)
        view = views.view_of(brand, key, known, ledger.now())
    else:
        look = partial(views.status, at=as_of, known_at=known_at)
        view = await lane.run(look, ledger, brand, address, asked.type, asked.recipientType)
    service.ledgers.access_log(brand.iys_code).note(
        principal.actor,
        "status",
        brand_code=brand.brand_code,
        subject=view.subject,
        request_id=request.scope["state"]["request_id"],
    )
    return answer(views.status_members(view))


async def _history(service: Service, lane: Lane, request: Request) -> Response:
    principal, brand, ledger = admit_brand(
        request, service.ledgers, Action.HISTORY, request.path_params["brand_code"]
    )
    query_of(request)
    asked = await body_of(request, HistoryRequest)
    try:
        address = parse_address(asked.recipient, asked.type)
    except AddressRefused as refused:
        raise Problem(422, refused.code, pointer="/recipient") from None
    found = await lane.run(views.history, ledger, brand, address, asked.type, asked.recipientType)
    service.ledgers.access_log(brand.iys_code).note(
        principal.actor,
        "history",
        brand_code=brand.brand_code,
        subject=found.subject,
        items=len(found.entries),
        request_id=request.scope["state"]["request_id"],
    )
    return answer(views.history_members(found))


def instant(text: str | None, pointer: str) -> datetime | None:
    """A time as people and programs give it. Raises Problem 422 L-TIME, naming both forms."""
    if text is None:
        return None
    try:
        return parse_time(text)
    except ValueError:
        raise Problem(422, "L-TIME", pointer=pointer) from None

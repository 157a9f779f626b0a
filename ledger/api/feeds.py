"""What was recorded since a position: refusals to subtract, the company's own suppressions among
them, and every change (api.md).

Read from the log itself: what is committed before a page is asked for is in it.
"""

import re
from typing import Final, TypeVar

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from ledger.aggregates import bodies as b
from ledger.api.access import Action, admit_brand
from ledger.api.messages import answer, query_of
from ledger.api.operations import operation
from ledger.api.problems import Problem
from ledger.api.service import Service
from ledger.api.turns import Lane
from ledger.clock import from_utc_text, utc_text
from ledger.contract.answers import ChangeSeen, ChangesPage, RefusalSeen, RefusalsPage
from ledger.recording.following import Followed, FollowedEvent
from ledger.recording.ports import LedgerStore
from ledger.vocabulary import Channel, ConsentStatus

Seen = TypeVar("Seen", RefusalSeen, ChangeSeen)

PAGE: Final = 1_000
PAGES_AT_ONCE: Final = 2
PAGES_WAITING_MAX: Final = 100
POSITION_MAX: Final = 2**53 - 1
_DIGITS: Final = re.compile(r"[0-9]{1,16}")
STATUS_BY_TYPE: Final = {
    b.ConsentGranted.TYPE: ConsentStatus.GRANTED,
    b.ConsentRefused.TYPE: ConsentStatus.REFUSED,
}
PARAMETERS: Final = (
    {"name": "type", "in": "query", "schema": {"enum": [*Channel]}},
    {
        "name": "after",
        "in": "query",
        "description": "Konum; ilk seferde 0 / a position, 0 at first",
        "schema": {"type": "integer", "minimum": 0, "maximum": POSITION_MAX, "default": 0},
    },
)


def router(service: Service) -> APIRouter:
    """The endpoints."""
    routes = APIRouter(prefix="/v1/brands/{brand_code:int}", tags=["follow"])
    lane = Lane(PAGES_AT_ONCE, waiting_max=PAGES_WAITING_MAX)

    @routes.get(
        "/refusals",
        **operation(
            "Bir konumdan beri retler ve engeller / refusals and suppressions since a position",
            parameters=PARAMETERS,
            answer=RefusalsPage,
        ),
    )
    async def refusals(request: Request) -> Response:
        return await _page(service, lane, request, "refusals", refusals_only=True)

    @routes.get(
        "/consents/changes",
        **operation(
            "Bir konumdan beri değişiklikler / changes since a position",
            parameters=PARAMETERS,
            answer=ChangesPage,
        ),
    )
    async def changes(request: Request) -> Response:
        return await _page(service, lane, request, "changes", refusals_only=False)

    return routes


async def _page(
    service: Service, lane: Lane, request: Request, name: str, *, refusals_only: bool
) -> Response:
    principal, brand, ledger = admit_brand(
        request, service.ledgers, Action.FOLLOW, request.path_params["brand_code"]
    )
    query = query_of(request, "type", "after")
    channel = query.get("type")
    if channel is not None and channel not in set(Channel):
        raise Problem(422, "L-FIELD", pointer="?type")
    # One more than is shown tells whether there is more.
    wanted = Followed(
        brand.brand_code,
        None if channel is None else Channel(channel),
        _position(query.get("after", "0")),
        PAGE + 1,
        refusals_only,
    )
    found = await lane.run(_found, ledger.store, wanted)
    service.ledgers.access_log(brand.iys_code).note(
        principal.actor,
        name,
        brand_code=brand.brand_code,
        items=len(found.items),
        request_id=request.scope["state"]["request_id"],
    )
    return answer(found)


def _position(text: str) -> int:
    position = int(text) if _DIGITS.fullmatch(text) else POSITION_MAX + 1
    if position > POSITION_MAX:
        raise Problem(422, "L-CURSOR", pointer="?after")
    return position


def _found(store: LedgerStore, wanted: Followed) -> RefusalsPage | ChangesPage:
    found = store.followed(wanted)
    shown, more = found.events[:PAGE], len(found.events) > PAGE
    # A position that this log never reached is led back to its end: refusals wait there.
    last = shown[-1].event.position if more else found.end
    # Who was erased cannot be named any more.
    named = [one for one in shown if one.address is not None]
    if wanted.refusals_only:
        items = tuple(_seen(RefusalSeen, one) for one in named)
        return RefusalsPage(items=items, next=last, more=more)
    return ChangesPage(items=tuple(map(_change, named)), next=last, more=more)


def _seen(kind: type[Seen], found: FollowedEvent, **more: ConsentStatus | None) -> Seen:
    assert found.address is not None
    body = found.event.body
    return kind(
        position=found.event.position,
        event=body.TYPE,
        recipient=found.address,
        recordedAt=utc_text(from_utc_text(found.event.recorded)),
        type=found.channel,
        recipientType=getattr(body, "recipient_type", None),
        consentDate=getattr(body, "consent_date", None),
        source=getattr(body, "source", None),
        until=getattr(body, "until", None),
        **more,
    )


def _change(found: FollowedEvent) -> ChangeSeen:
    return _seen(ChangeSeen, found, status=STATUS_BY_TYPE.get(found.event.body.TYPE))

"""What was recorded since a position: refusals to subtract, and every change (api.md).

Read from the log itself: what is committed before a page is asked for is in it.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from ledger.aggregates import bodies as b
from ledger.aggregates.events import TOPIC_PREFIX, Event
from ledger.api.access import Action, admit_brand
from ledger.api.messages import answer, query_of
from ledger.api.operations import operation
from ledger.api.problems import Problem
from ledger.api.service import Service
from ledger.application import ConsentLedger
from ledger.clock import from_utc_text, utc_text
from ledger.contract.answers import ChangeSeen, ChangesPage, RefusalSeen, RefusalsPage
from ledger.recording.ports import Brand
from ledger.vocabulary import Channel, ConsentStatus

PAGE: Final = 1_000
POSITION_MAX: Final = 2**53 - 1
_DIGITS: Final = re.compile(r"[0-9]{1,16}")
POSITIONS_MAX: Final = 200_000
"""Positions that one page looks through, so that a quiet brand's page ends too."""
REFUSALS: Final = (TOPIC_PREFIX + b.ConsentRefused.TYPE,)
CHANGES: Final = tuple(
    TOPIC_PREFIX + body.TYPE
    for body in (
        b.ConsentGranted,
        b.ConsentRefused,
        b.MerchantListed,
        b.ConsentCorrected,
        b.ConsentRetracted,
        b.ConsentReleased,
        b.ConsentEvidenceAdded,
        b.IysSeen,
        b.IysRefused,
    )
)
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

    async def page(request: Request, topics: tuple[str, ...], name: str) -> Response:
        principal, brand, ledger = admit_brand(
            request, service.ledgers, Action.FOLLOW, request.path_params["brand_code"]
        )
        query = query_of(request, "type", "after")
        channel = query.get("type")
        if channel is not None and channel not in set(Channel):
            raise Problem(422, "L-FIELD", pointer="?type")
        after = _position(query.get("after", "0"))
        found = await run_in_threadpool(_page, ledger, brand, channel, after, topics)
        service.ledgers.access_log(brand.iys_code).note(
            principal.actor,
            name,
            brand_code=brand.brand_code,
            items=len(found.items),
            request_id=request.scope["state"]["request_id"],
        )
        return answer(found)

    @routes.get(
        "/refusals",
        **operation(
            "Bir konumdan beri retler / refusals since a position",
            parameters=PARAMETERS,
            answer=RefusalsPage,
        ),
    )
    async def refusals(request: Request) -> Response:
        return await page(request, REFUSALS, "refusals")

    @routes.get(
        "/consents/changes",
        **operation(
            "Bir konumdan beri değişiklikler / changes since a position",
            parameters=PARAMETERS,
            answer=ChangesPage,
        ),
    )
    async def changes(request: Request) -> Response:
        return await page(request, CHANGES, "changes")

    return routes


def _position(text: str) -> int:
    position = int(text) if _DIGITS.fullmatch(text) else POSITION_MAX + 1
    if position > POSITION_MAX:
        raise Problem(422, "L-CURSOR", pointer="?after")
    return position


def _page(
    ledger: ConsentLedger, brand: Brand, channel: str | None, after: int, topics: tuple[str, ...]
) -> RefusalsPage | ChangesPage:
    # The end is read first: what is committed later comes with the next page.
    end = ledger.store.last_position()
    until = min(end, after + POSITIONS_MAX)
    found, last = [], until
    for event in ledger.store.events_between(after, until, topics):
        body = event.body
        assert isinstance(body, b.ConsentBody)
        if body.brand == brand.brand_code and channel in (None, body.channel):
            found.append(event)
            if len(found) == PAGE:
                last = event.position
                break
    addresses = ledger.store.addresses(
        {event.body.subject for event in found if isinstance(event.body, b.ConsentBody)}
    )
    kind = RefusalsPage if topics is REFUSALS else ChangesPage
    items = tuple(_items(found, addresses, of_changes=kind is ChangesPage))
    # A position that this log never reached is led back to its end: refusals wait there.
    return kind(items=items, next=last, more=last < end)  # type: ignore[arg-type]  # of its kind


def _items(
    events: list[Event], addresses: dict[str, str], *, of_changes: bool
) -> Iterator[RefusalSeen]:
    for event in events:
        body = event.body
        assert isinstance(body, b.ConsentBody)
        address = addresses.get(body.subject)
        if address is None:
            continue  # erased: nobody can be told any more
        members: dict[str, Any] = {  # of either shape
            "position": event.position,
            "recipient": address,
            "type": body.channel,
            "recipientType": body.recipient_type,
            "recordedAt": utc_text(from_utc_text(event.recorded)),
            "consentDate": getattr(body, "consent_date", None),
            "source": getattr(body, "source", None),
        }
        if of_changes:
            status = STATUS_BY_TYPE.get(body.TYPE)
            yield ChangeSeen(**members, event=body.TYPE, status=status)
        else:
            yield RefusalSeen(**members)

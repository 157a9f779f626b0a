"""`POST /v1/refusals`: no more messages (R33). Always taken once the address reads."""

from collections.abc import Sequence
from typing import Final, NamedTuple
from uuid import UUID

from fastapi import APIRouter
from msgspec import structs, to_builtins
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from ledger import clock
from ledger.api.access import Action, admit
from ledger.api.lenient import read
from ledger.api.messages import answer, query_of
from ledger.api.operations import operation
from ledger.api.problems import Problem, is_english
from ledger.api.receipts import first_events, shown_iys, shown_receipt, shown_states
from ledger.api.recording import idempotency_key, record
from ledger.api.service import Service
from ledger.contract.answers import RefusalsAnswer, RefusalTaken
from ledger.contract.requests import RefusalRequest
from ledger.errors import InputRefused
from ledger.messages import message
from ledger.recording.ports import Brand
from ledger.recording.principals import Principal
from ledger.recording.referrals import Referral
from ledger.recording.refusing import Refusal, Saying, refusal_of, requests_of
from ledger.recording.request import Receipt
from ledger.vocabulary import BrandCode, IysCode

EXAMPLES: Final = {
    "everything": {"recipient": "+905010000103", "via": "sms"},
    "one channel of one brand": {
        "recipient": "ret.eden@ornek.com.tr",
        "types": ["EPOSTA"],
        "brands": [123456],
        "receivedAt": "2026-11-20 09:30:00",
        "via": "email",
        "reference": "talep 2026-17",
    },
}


class Reach(NamedTuple):
    """Brands that are written to at once, and those that an officer decides on."""

    brands: Sequence[Brand]
    referred: Sequence[BrandCode]


def router(service: Service) -> APIRouter:
    """The endpoint."""
    routes = APIRouter(prefix="/v1", tags=["record"])

    @routes.post(
        "/refusals",
        **operation(
            "Ret al / take a refusal",
            body=RefusalRequest,
            examples=EXAMPLES,
            answer=RefusalsAnswer,
            status=(200, 201),
            in_brand=False,
        ),
    )
    async def refusals(request: HttpRequest) -> Response:
        principal = admit(request, Action.REFUSE)
        query_of(request)
        asked, faults = read(await request.body())
        refusal = _refusal(asked, faults, principal, idempotency_key(request))
        reach = await run_in_threadpool(_reach, service, principal, asked.brands)
        items: list[RefusalTaken] = []
        is_new = False
        for code in sorted({brand.iys_code for brand in reach.brands}):
            brands = [brand for brand in reach.brands if brand.iys_code == code]
            taken, fresh = await _record(request, service, code, brands, refusal)
            items += taken
            is_new = is_new or fresh
        if reach.referred:
            await run_in_threadpool(_refer, service, principal, asked, reach.referred)
        members = RefusalsAnswer(items=tuple(items), referred=tuple(reach.referred))
        return answer(members, 201 if is_new else 200)

    return routes


def _refusal(
    asked: RefusalRequest, faults: tuple[str, ...], principal: Principal, request_key: str | None
) -> Refusal:
    """What is refused. Raises Problem 422 with the address's code."""
    saying = Saying(
        recipient=asked.recipient,
        types=asked.types,
        received_at=asked.receivedAt,
        via=asked.via,
        reference=asked.reference,
        name=asked.id or request_key,
        faults=faults,
    )
    try:
        return refusal_of(saying, actor=principal.actor, now=clock.now())
    except InputRefused as refused:
        raise Problem(422, refused.code, pointer=f"/{refused.field}") from None


def _reach(service: Service, principal: Principal, wanted: Sequence[int]) -> Reach:
    """All brands of the caller's provider unless some are named; nothing is dropped (api.md)."""
    ledgers = service.ledgers
    codes = ledgers.iys_codes() if principal.iys_code is None else [principal.iys_code]
    every = {brand.brand_code: brand for code in codes for brand in ledgers.brands(code)}
    named = dict.fromkeys(BrandCode(code) for code in wanted) or every
    within = [
        brand
        for code, brand in every.items()
        if code in named and (principal.brands is None or code in principal.brands)
    ]
    inside = {brand.brand_code for brand in within}
    return Reach(within, [code for code in named if code not in inside])


async def _record(
    http: HttpRequest,
    service: Service,
    iys_code: IysCode,
    brands: Sequence[Brand],
    refusal: Refusal,
) -> tuple[list[RefusalTaken], bool]:
    """What became of it on each brand, channel and recipient type, and whether anything is new."""
    ledger = service.ledgers.ledger(iys_code)
    requests = requests_of(refusal, [brand.brand_code for brand in brands])
    receipts = [one for one in await record(service, ledger, brands[0], requests) if one]
    known = await first_events(ledger, receipts)
    english = is_english(http)
    reader = service.reader(iys_code)
    kept = {brand.brand_code: brand for brand in brands}
    states = await shown_states(
        ledger,
        reader,
        [
            (kept[request.brand_code], request, receipt.consent)
            for request, receipt in zip(requests, receipts, strict=True)
        ],
    )
    taken = []
    for request, receipt, state in zip(requests, receipts, states, strict=True):
        code = receipt.code
        taken.append(
            RefusalTaken(
                brandCode=request.brand_code,
                type=request.channel,
                recipientType=request.recipient_types[0],
                outcome=receipt.outcome,
                code=code,
                message=None if code is None else message(code, "en" if english else "tr"),
                receipt=shown_receipt(receipt, known),
                state=state,
                iys=shown_iys(receipt.consent),
            )
        )
    return taken, any(_is_new(receipt) for receipt in receipts)


def _is_new(receipt: Receipt) -> bool:
    return receipt.event is not None


def _refer(
    service: Service, principal: Principal, asked: RefusalRequest, brands: Sequence[BrandCode]
) -> None:
    """Keep the request for an officer of each brand's provider; the same one is kept once."""
    now = clock.now()
    said = to_builtins(structs.replace(asked, brands=()))
    for code in [principal.iys_code] if principal.iys_code else service.ledgers.iys_codes():
        vault = service.ledgers.ledger(code).vault
        referrals = []
        for brand in brands:
            digest = vault.content_digest((principal.actor, str(brand), repr(sorted(said.items()))))
            referral = Referral(UUID(bytes=digest[:16]), now, principal.actor, brand, said)
            referrals.append(referral)
        service.ledgers.referrals(code).refer(referrals)

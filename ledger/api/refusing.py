"""`POST /v1/refusals`: no more messages (R33). Always taken once the address reads."""

import re
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
from ledger.api.messages import answer
from ledger.api.noting import note_shown
from ledger.api.operations import operation
from ledger.api.problems import Problem, is_english
from ledger.api.receipts import (
    first_events,
    shown_iys,
    shown_receipt,
    shown_states,
)
from ledger.api.recording import FAILED, idempotency_key, record
from ledger.api.service import Service
from ledger.contract.answers import OUTCOMES, RefusalsAnswer, RefusalTaken
from ledger.contract.requests import RefusalRequest
from ledger.errors import InputRefused
from ledger.messages import message
from ledger.recording.ports import Brand
from ledger.recording.principals import Principal
from ledger.recording.referrals import Referral
from ledger.recording.refusing import Refusal, Saying, refusal_of, requests_of
from ledger.recording.request import Receipt
from ledger.vocabulary import BrandCode, IysCode

CODE: Final = re.compile("[1-9][0-9]{0,15}")
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


PARAMETERS: Final = (
    {
        "name": "iysCode",
        "in": "query",
        "description": "Bütün sağlayıcıların anahtarıyla, marka verilmemişse gerekli /"
        " needed with a key of all where no brand is named",
        "schema": {"type": "integer", "minimum": 1, "maximum": 2**53 - 1},
        "example": 123456,
    },
)


class Reach(NamedTuple):
    """Brands that are written to at once, and those that an officer of `provider` decides on."""

    brands: Sequence[Brand]
    referred: Sequence[BrandCode]
    provider: IysCode | None


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
            parameters=PARAMETERS,
            in_brand=False,
        ),
    )
    async def refusals(request: HttpRequest) -> Response:
        principal = admit(request, Action.REFUSE)
        asked, faults = read(await request.body())
        named, key_fault = _named(request)
        iys_code, query_fault = _iys_code(request, principal)
        refusal = _refusal(asked, (*faults, *key_fault, *query_fault), principal, named)
        reach = await run_in_threadpool(_reach, service, principal, asked.brands, iys_code)
        items: list[RefusalTaken] = []
        is_new = False
        for code in sorted({brand.iys_code for brand in reach.brands}):
            brands = [brand for brand in reach.brands if brand.iys_code == code]
            taken, fresh = await _record(request, service, principal, code, brands, refusal)
            items += taken
            is_new = is_new or fresh
        if reach.referred:
            await run_in_threadpool(_refer, service, principal, asked, reach)
        if any(one.code == FAILED for one in items):
            raise Problem(500, FAILED)  # the others are recorded; who asks again loses nothing
        members = RefusalsAnswer(
            items=tuple(items), referred=tuple(reach.referred), warnings=refusal.faults
        )
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


def _named(request: HttpRequest) -> tuple[str | None, tuple[str, ...]]:
    """The caller's name for the request; one that is none is ignored, and that is said."""
    try:
        return idempotency_key(request), ()
    except Problem as problem:
        return None, (problem.code,)


def _iys_code(request: HttpRequest, principal: Principal) -> tuple[IysCode | None, tuple[str, ...]]:
    """The provider that is meant; what else the query says is ignored, and that is said."""
    query = request.query_params.multi_items()
    said = [text for name, text in query if name == "iysCode"]
    sound = [text for text in said if CODE.fullmatch(text)]
    faults = () if len(query) == len(sound) <= 1 else ("L-QUERY",)
    code = IysCode(int(sound[0])) if len(said) == len(sound) == 1 else None
    if principal.iys_code is None or code in (None, principal.iys_code):
        return principal.iys_code or code, faults
    return principal.iys_code, (*faults, "L-IYS-CODE-SCOPE")


def _reach(
    service: Service, principal: Principal, wanted: Sequence[int], iys_code: IysCode | None
) -> Reach:
    """All brands of the provider unless some are named; nothing is dropped (api.md).

    A key of every provider names brands, or the provider where there are several: nobody's address
    goes to a controller that it was not brought to. Raises Problem 422 L-IYS-CODE, NotFound.
    """
    ledgers = service.ledgers
    codes = ledgers.iys_codes() if principal.iys_code is None else [principal.iys_code]
    every = {brand.brand_code: brand for code in codes for brand in ledgers.brands(code)}
    if iys_code is not None:
        ledgers.ledger(iys_code)
    named = dict.fromkeys(BrandCode(code) for code in wanted)
    certain = [iys_code] if iys_code else {every[code].iys_code for code in named if code in every}
    provider = next(iter(certain or codes)) if len(certain or codes) == 1 else None
    unknown = next((place for place, code in enumerate(wanted) if code not in every), None)
    if provider is None and (not named or unknown is not None):
        raise Problem(422, "L-IYS-CODE", pointer=f"/brands/{unknown}" if named else "?iysCode")
    named = named or {code: None for code, brand in every.items() if brand.iys_code == provider}
    within = [
        brand
        for code, brand in every.items()
        if code in named and (principal.brands is None or code in principal.brands)
    ]
    inside = {brand.brand_code for brand in within}
    return Reach(within, [code for code in named if code not in inside], provider)


async def _record(
    http: HttpRequest,
    service: Service,
    principal: Principal,
    iys_code: IysCode,
    brands: Sequence[Brand],
    refusal: Refusal,
) -> tuple[list[RefusalTaken], bool]:
    """What became of it on each brand, channel and recipient type, and whether anything is new."""
    ledger = service.ledgers.ledger(iys_code)
    requests = requests_of(refusal, [brand.brand_code for brand in brands])
    receipts = [one for one in await record(service, ledger, brands[0], requests) if one]
    told = zip((request.brand_code for request in requests), receipts, strict=True)
    note_shown(http, service.ledgers.access_log(iys_code), principal, "refusals", told)
    known = await first_events(ledger, receipts)
    english = is_english(http)
    reader = service.reader(iys_code)
    kept = {brand.brand_code: brand for brand in brands}
    states = await shown_states(
        ledger,
        reader,
        [
            (kept[request.brand_code], request, receipt)
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
                outcome=OUTCOMES[receipt.outcome],
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


def _refer(service: Service, principal: Principal, asked: RefusalRequest, reach: Reach) -> None:
    """Keep the request for an officer of the provider; the same one is kept once."""
    assert reach.provider is not None
    now = clock.now()
    said = to_builtins(structs.replace(asked, brands=()))
    vault = service.ledgers.ledger(reach.provider).vault
    referrals = []
    for brand in reach.referred:
        digest = vault.content_digest((principal.actor, str(brand), repr(sorted(said.items()))))
        referral = Referral(UUID(bytes=digest[:16]), now, principal.actor, brand, said)
        referrals.append(referral)
    service.ledgers.referrals(reach.provider).refer(referrals)

"""`POST …/consents`: consents and refusals as they are taken, one or ten thousand at a time."""

import asyncio
import traceback
from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec
import structlog
from fastapi import APIRouter
from msgspec import structs
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from ledger.aggregates.commands import RecordAct
from ledger.aggregates.consent import Consent
from ledger.api.access import Action, admit_brand
from ledger.api.items import (
    Bringer,
    Fault,
    TakenItem,
    Unknown,
    evidence_ids,
    items_of,
    take,
)
from ledger.api.limits import spend_items
from ledger.api.messages import answer, query_of
from ledger.api.noting import note_shown
from ledger.api.operations import operation
from ledger.api.problems import Problem, is_english
from ledger.api.receipts import (
    first_events,
    shown_iys,
    shown_receipt,
    shown_states,
    standing_since,
)
from ledger.api.service import Service
from ledger.api.waiting import PARAMETER, is_asked_to_wait, until_iys_speaks
from ledger.application import ConsentLedger
from ledger.contract.answers import OUTCOMES, ConsentsAnswer, ItemAnswer
from ledger.contract.requests import ConsentItem, ConsentsRequest
from ledger.errors import InputRefused, StoreUnavailable
from ledger.messages import message
from ledger.recording.group_commit import settled
from ledger.recording.ports import Brand
from ledger.recording.request import Receipt, Request
from ledger.vocabulary import ConsentStatus, Outcome

TOGETHER: Final = 250
"""Items of one request that are written in one transaction: the head is held some 20 ms."""
KEY_CHARACTERS_MAX: Final = 200
REUSED: Final = "L-ID-REUSED"
FAILED: Final = "L-FAILED"
"""Code of an item that broke on its way: nothing of it is recorded, nothing known of its state."""

_log = structlog.get_logger("izin")

EXAMPLES: Final = {
    "one": {
        "id": "web-1",
        "recipient": "+905010000101",
        "type": "MESAJ",
        "status": "ONAY",
        "source": "HS_WEB",
        "consentDate": "2026-11-20 10:00:00",
    },
    "many": {
        "items": [
            {
                "recipient": "+905010000102",
                "types": ["MESAJ", "ARAMA"],
                "status": "RET",
                "source": "HS_CAGRI_MERKEZI",
                "consentDate": "2026-11-20T10:15:00+03:00",
            },
            {"recipient": "0501", "type": "MESAJ", "status": "ONAY", "source": "HS_WEB"},
        ]
    },
}


def router(service: Service) -> APIRouter:
    """The endpoint."""
    routes = APIRouter(prefix="/v1/brands/{brand_code:int}", tags=["record"])

    @routes.post(
        "/consents",
        **operation(
            "Onay ve ret kaydet / record consents and refusals",
            body=ConsentItem | ConsentsRequest,
            examples=EXAMPLES,
            answer=ConsentsAnswer,
            status=(200, 201),
            parameters=(PARAMETER,),
        ),
    )
    async def consents(request: HttpRequest) -> Response:
        return await _consents(service, request)

    return routes


async def _consents(service: Service, request: HttpRequest) -> Response:
    principal, brand, ledger = admit_brand(
        request, service.ledgers, Action.RECORD, request.path_params["brand_code"]
    )
    query = query_of(request, "wait")
    items, is_single = _items(await request.body())
    waits = is_asked_to_wait(query, len(items))
    spend_items(request, len(items))
    bringer = Bringer(
        brand_code=brand.brand_code,
        actor=principal.actor,
        now=ledger.now(),
        evidence=await service.evidence(brand.iys_code, evidence_ids(items)),
        text=service.text(brand.iys_code),
        request_key=idempotency_key(request),
    )
    if is_single:
        taken = take(items[0], 0, bringer)
    else:  # in another thread: ten thousand take a third of a second
        taken = await run_in_threadpool(_taken, items, bringer)
    if is_single and any(one.fault and one.fault.code == "L-FIELD-UNKNOWN" for one in taken):
        fault = taken[0].fault
        near = fault.nearest if fault else None
        raise Problem(422, "L-FIELD-UNKNOWN", pointer="", nearest=near)
    receipts = await record(service, ledger, brand, [one.request for one in taken])
    log, told = service.ledgers.access_log(brand.iys_code), filter(None, receipts)
    note_shown(request, log, principal, "consents", ((brand.brand_code, one) for one in told))
    if (
        waits
        and not brand.closed
        and await run_in_threadpool(service.ledgers.is_connected, brand.iys_code)
    ):
        asked = [(one.request, made) for one, made in zip(taken, receipts, strict=True)]
        receipts = await until_iys_speaks(ledger, asked, asyncio.sleep)
    shown = _Shown(english=is_english(request), pointer="" if is_single else "/items/{}")
    answers = await _answers(service, ledger, brand, taken, receipts, shown)
    is_new = any(receipt is not None and receipt.event is not None for receipt in receipts)
    return answer(ConsentsAnswer(items=tuple(answers)), 201 if is_new else 200)


def _taken(items: Sequence[object], bringer: Bringer) -> list[TakenItem]:
    return [one for index, item in enumerate(items) for one in take(item, index, bringer)]


def idempotency_key(request: HttpRequest) -> str | None:
    """The caller's name for the whole request. Raises Problem 422 L-IDEMPOTENCY-KEY."""
    key = request.headers.get("idempotency-key")
    if key is not None and not (key.isascii() and key.isprintable() and key.strip()):
        raise Problem(422, "L-IDEMPOTENCY-KEY")
    if key is not None and len(key) > KEY_CHARACTERS_MAX:
        raise Problem(422, "L-IDEMPOTENCY-KEY")
    return key


async def record(
    service: Service, ledger: ConsentLedger, brand: Brand, requests: Sequence[Request | None]
) -> list[Receipt | None]:
    """Receipts after the commit, in the order of the requests; None where there is none.

    An id that was used for something else keeps no refusal out (C5): it is taken without it. One
    of many that cannot be recorded is `FAILED` and harms no other. Raises StoreUnavailable.
    """
    wanted = [request for request in requests if request is not None]
    made = await _written(service, ledger, brand, wanted)
    kept_out = [
        place
        for place, receipt in enumerate(made)
        if receipt.code == REUSED and _refuses(wanted[place])
    ]
    unnamed = [structs.replace(wanted[place], item_id=None) for place in kept_out]
    for place, one in zip(kept_out, await _written(service, ledger, brand, unnamed), strict=True):
        made[place] = structs.replace(one, code=one.code or REUSED)
    receipts = iter(made)
    return [None if request is None else next(receipts) for request in requests]


async def _written(
    service: Service, ledger: ConsentLedger, brand: Brand, requests: Sequence[Request]
) -> list[Receipt]:
    if len(requests) == 1:
        return [await service.writer(brand.iys_code).ask(requests[0])]
    made: list[Receipt] = []
    for begin in range(0, len(requests), TOGETHER):
        some = requests[begin : begin + TOGETHER]
        outcomes = await run_in_threadpool(settled, ledger.record_surely, some)
        made += [_receipt(one) for one in outcomes]
    return made


def _receipt(outcome: Receipt | BaseException) -> Receipt:
    """Raises what concerns all, or is no failure of a request."""
    if isinstance(outcome, Receipt):
        return outcome
    if isinstance(outcome, StoreUnavailable) or not isinstance(outcome, Exception):
        raise outcome
    last = traceback.extract_tb(outcome.__traceback__)[-1]
    where = f"{last.filename}:{last.lineno}"
    _log.error("an item failed", failure=type(outcome).__name__, where=where)
    return Receipt(Outcome.REFUSED, FAILED, None, None, Consent())


def _refuses(request: Request) -> bool:
    command = request.command
    return isinstance(command, RecordAct) and command.status is ConsentStatus.REFUSED


class _Shown(NamedTuple):
    """How items are shown: the language, and the place of an item in the body."""

    english: bool
    pointer: str


async def _answers(
    service: Service,
    ledger: ConsentLedger,
    brand: Brand,
    taken: Sequence[TakenItem],
    receipts: Sequence[Receipt | None],
    shown: _Shown,
) -> list[ItemAnswer]:
    made = [receipt for receipt in receipts if receipt is not None]
    known = await first_events(ledger, made)
    asked = [
        (brand, one.request, receipt)
        for one, receipt in zip(taken, receipts, strict=True)
        if one.request is not None and receipt is not None and receipt.code != FAILED
    ]
    states = iter(await shown_states(ledger, service.reader(brand.iys_code), asked))
    answers = []
    for one, receipt in zip(taken, receipts, strict=True):
        if receipt is None:
            assert one.fault is not None
            answers.append(_refused(one, one.fault, shown))
            continue
        code = receipt.code
        if code == FAILED:
            answers.append(_refused(one, Fault(FAILED), shown))
            continue
        answers.append(
            ItemAnswer(
                index=one.index,
                id=one.item_id,
                type=one.channel,
                outcome=OUTCOMES[receipt.outcome],
                code=code,
                message=None if code is None else message(code, "en" if shown.english else "tr"),
                standingSince=standing_since(receipt.consent) if code == "L-RET-STANDS" else None,
                receipt=shown_receipt(receipt, known),
                state=next(states),
                iys=shown_iys(receipt.consent),
            )
        )
    return answers


def _refused(one: TakenItem, fault: Fault, shown: _Shown) -> ItemAnswer:
    pointer = shown.pointer.format(one.index)
    return ItemAnswer(
        index=one.index,
        id=one.item_id,
        type=one.channel,
        outcome="refused",
        code=fault.code,
        message=message(fault.code, "en" if shown.english else "tr"),
        pointer=f"{pointer}/{fault.field}" if fault.field else pointer or None,
        nearest=fault.nearest,
    )


def _items(body: bytes) -> tuple[list[object], bool]:
    try:
        return items_of(body)
    except Unknown as unknown:
        raise Problem(422, unknown.code, nearest=unknown.nearest) from None
    except InputRefused as refused:
        raise Problem(422, refused.code, pointer=f"/{refused.field}".rstrip("/")) from None
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        raise Problem(422, "L-JSON") from None

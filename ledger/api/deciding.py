"""May these be sent? A list of items, or a file of a million lines (C6)."""

from collections.abc import Sequence
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from ledger.api.access import Action, admit_brand
from ledger.api.limits import spend_items
from ledger.api.messages import answer, body_of, query_of
from ledger.api.operations import operation
from ledger.api.problems import Problem
from ledger.api.service import Service
from ledger.api.turns import Lane
from ledger.application import ConsentLedger
from ledger.clock import utc_text
from ledger.contract.answers import DecisionsAnswer, Verdict
from ledger.contract.requests import DecisionItem, DecisionsRequest
from ledger.deciding import terms as words
from ledger.deciding.decision import Answer, Decision, Terms
from ledger.errors import InputRefused
from ledger.recording.ports import Brand

LISTS_AT_ONCE: Final = 2
LISTS_WAITING_MAX: Final = 32

EXAMPLES: Final = {
    "a campaign": {
        "campaign": "kasim-2026",
        "items": [
            {"recipient": "+905010000101", "type": "MESAJ"},
            {"recipient": "deneme@ornek.com.tr", "type": "EPOSTA", "recipientType": "TACIR"},
        ],
    },
    "a delivery notice": {
        "purpose": "EXEMPT",
        "ground": "CONTRACT",
        "items": [{"recipient": "0501 000 01 02", "type": "MESAJ"}],
    },
}


def router(service: Service) -> APIRouter:
    """The endpoint of lists; that of files is in `filtering.py`."""
    routes = APIRouter(prefix="/v1/brands/{brand_code:int}", tags=["decide"])
    lane = Lane(LISTS_AT_ONCE, waiting_max=LISTS_WAITING_MAX)

    @routes.post(
        "/decisions",
        **operation(
            "İleti gönderilebilir mi / may these be sent",
            body=DecisionsRequest,
            examples=EXAMPLES,
            answer=DecisionsAnswer,
        ),
    )
    async def decisions(request: Request) -> Response:
        principal, brand, ledger = admit_brand(
            request, service.ledgers, Action.DECIDE, request.path_params["brand_code"]
        )
        query_of(request)
        asked = await body_of(request, DecisionsRequest)
        spend_items(request, len(asked.items))
        terms = terms_of(brand, principal.actor, asked.purpose, asked.ground, asked.campaign)
        decided = await lane.run(_decide, ledger, terms, asked.items)
        service.ledgers.access_log(brand.iys_code).note(
            principal.actor,
            "decisions",
            brand_code=brand.brand_code,
            items=len(asked.items),
            request_id=request.scope["state"]["request_id"],
        )
        return answer(decided)

    return routes


def terms_of(
    brand: Brand, actor: str, purpose: str, ground: str | None, campaign: str | None
) -> Terms:
    """What a run is for. Raises Problem 422 L-PURPOSE, L-CAMPAIGN."""
    try:
        return words.terms_of(brand, actor, purpose, ground, campaign)
    except InputRefused as refused:
        raise Problem(422, refused.code) from None


def _decide(ledger: ConsentLedger, terms: Terms, items: Sequence[DecisionItem]) -> DecisionsAnswer:
    with Decision(ledger, terms) as decision:
        answers: list[Answer | None] = [None] * len(items)
        groups = {(item.type, item.recipientType) for item in items}
        for channel, kind in sorted(groups):
            places = [
                place
                for place, item in enumerate(items)
                if (item.type, item.recipientType) == (channel, kind)
            ]
            texts = [items[place].recipient for place in places]
            for found in decision.judged([texts], channel, kind):
                for place, one in zip(places, found, strict=True):
                    answers[place] = one
        decision.record()
        verdicts = [
            Verdict(
                index=index,
                permitted=one.verdict.permitted,
                verdict=one.verdict.kind,
                reason=one.verdict.reason,
                warnings=one.verdict.warnings,
            )
            for index, one in enumerate(answers)
            if one is not None
        ]
        seen = decision.iys_seen_at
        return DecisionsAnswer(
            decisionId=str(decision.id),
            position=decision.position,
            iysSeenAt=None if seen is None else utc_text(seen),
            recheckBy=utc_text(decision.recheck_by),
            items=tuple(verdicts),
        )

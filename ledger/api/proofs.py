"""`POST /v1/proofs`: the evidence bundle of one address, sealed, as a zip."""

import tempfile
from collections.abc import Iterator
from typing import IO, Final

import msgspec
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from ledger import clock
from ledger.addresses import parse_address
from ledger.api.access import Action, admit_brand
from ledger.api.asking import instant
from ledger.api.limits import MIB
from ledger.api.messages import body_of, query_of
from ledger.api.operations import operation
from ledger.api.problems import Problem
from ledger.api.service import Service
from ledger.api.turns import Lane
from ledger.contract.requests import ProofRequest
from ledger.errors import AddressRefused
from ledger.evidence.seal import NotSealed
from ledger.proving.keeping import SealedElsewhere
from ledger.proving.making import Made, make_bundle
from ledger.proving.question import Question
from ledger.recording.ports import Brand
from ledger.reporting.case import Case, parse_case
from ledger.reporting.refusals import CaseRefused

AT_ONCE: Final = 2
WAITING_MAX: Final = 20
"""Bundles that one process makes at a time, and may have waiting."""
HELD_BYTES: Final = 8 * MIB
"""Of a bundle in memory; the rest of it lies on disk, unnamed."""
PIECE_BYTES: Final = MIB // 4
RETRY_SECONDS: Final = 30
ZIP: Final = "application/zip"
EXAMPLES: Final = {
    "of a message": {
        "brandCode": 123456,
        "recipient": "+905010000101",
        "type": "MESAJ",
        "at": "2026-11-22 10:15:00",
        "case": {"complaint_number": "2026/1", "sender_name": "ORNEK"},
    }
}


def router(service: Service) -> APIRouter:
    """The endpoint."""
    routes = APIRouter(prefix="/v1", tags=["evidence"])
    lane = Lane(AT_ONCE, waiting_max=WAITING_MAX)

    @routes.post(
        "/proofs",
        **operation(
            "Delil paketi / evidence bundle",
            body=ProofRequest,
            examples=EXAMPLES,
            media={ZIP: {"schema": {"type": "string", "format": "binary"}}},
            in_brand=False,
        ),
    )
    async def proofs(request: Request) -> Response:
        return await _proofs(service, lane, request)

    return routes


async def _proofs(service: Service, lane: Lane, request: Request) -> Response:
    query_of(request)
    asked = await body_of(request, ProofRequest)
    principal, brand, _ = admit_brand(request, service.ledgers, Action.PROVE, asked.brandCode)
    question = _question(asked, brand)
    out: IO[bytes] = tempfile.SpooledTemporaryFile(HELD_BYTES)  # noqa: SIM115  # the answer closes it
    try:
        made = await lane.run(_make, service, question, out)
    except (NotSealed, SealedElsewhere):
        out.close()
        headers = {"Retry-After": str(RETRY_SECONDS)}
        raise Problem(503, "L-NOT-SEALED", headers=headers) from None
    except BaseException:
        out.close()
        raise
    service.ledgers.access_log(brand.iys_code).note(
        principal.actor,
        "prove",
        brand_code=brand.brand_code,
        subject=None if made.subject is None else made.subject.id,
        items=made.events,
        request_id=request.scope["state"]["request_id"],
    )
    headers = {"Content-Length": str(out.tell())}
    return StreamingResponse(_pieces(out), headers=headers, media_type=ZIP)


def _question(asked: ProofRequest, brand: Brand) -> Question:
    """Raises Problem 422."""
    try:
        address = parse_address(asked.recipient, asked.type)
    except AddressRefused as refused:
        raise Problem(422, refused.code, pointer="/recipient") from None
    raw_case = None if asked.case is None else msgspec.json.encode(asked.case)
    try:
        case = Case() if raw_case is None else parse_case(raw_case)
    except CaseRefused:
        raise Problem(422, "L-CASE", pointer="/case") from None
    return Question(
        brand=brand,
        address=address,
        channel=asked.type,
        recipient_type=asked.recipientType,
        at=instant(asked.at, "/at") or case.message_at,
        case=case,
        raw_case=raw_case,
        with_evidence=asked.withEvidence,
    )


def _make(service: Service, question: Question, out: IO[bytes]) -> Made:
    sources = service.ledgers.sources(question.brand.iys_code)
    return make_bundle(question, sources, out, now=clock.now())  # type: ignore[arg-type]  # a binary file


def _pieces(out: IO[bytes]) -> Iterator[bytes]:
    with out:
        out.seek(0)
        while piece := out.read(PIECE_BYTES):
            yield piece

"""`POST /v1/evidence`: what proves an act, to be named by the items that it proves (R18, C5)."""

import re
from typing import Final

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from ledger import clock
from ledger.aggregates.intake import SKEW_MAX
from ledger.api.access import Action, admit
from ledger.api.asking import instant
from ledger.api.limits import MIB
from ledger.api.messages import answer, query_of
from ledger.api.operations import operation
from ledger.api.problems import Problem
from ledger.api.service import Service
from ledger.contract.uploads import EvidenceAnswer
from ledger.recording.evidence_ports import EvidenceDiffers, EvidenceGiven, EvidenceKind
from ledger.recording.principals import Principal
from ledger.vocabulary import IysCode

HELD_BYTES_MAX: Final = 256 * MIB
"""Bodies that one process holds in memory at a time; they are sealed as a whole."""
BUSY_SECONDS: Final = 1
IYS_DIGITS_MAX: Final = 16

_MEDIA: Final = re.compile(r"(?!.*[0-9]{5})[a-z]{1,20}/[a-z0-9][a-z0-9.+-]{0,99}")
"""No parameters, and nothing that could be a telephone number: it is kept in the clear."""
_OFFSET: Final = re.compile(r"(?<=:[0-9]{2}) (?=[0-9]{2}:[0-9]{2}$)")
"""A plus of an offset that was not escaped: in a query it reads as a blank."""
_UNNAMED: Final = "application/octet-stream"

PARAMETERS: Final = (
    {
        "name": "kind",
        "in": "query",
        "required": True,
        "schema": {"enum": [kind.name for kind in EvidenceKind]},
        "example": "FORM",
    },
    {
        "name": "capturedAt",
        "in": "query",
        "description": "`2026-11-20 10:00:00` (Türkiye saati / Turkish time) or RFC 3339",
        "schema": {"type": "string"},
    },
    {
        "name": "iysCode",
        "in": "query",
        "description": "Bütün sağlayıcıların anahtarıyla gerekli / needed with a key of all",
        "schema": {"type": "integer", "minimum": 1, "maximum": 2**53 - 1},
        "example": 123456,
    },
)
REQUEST_MEDIA: Final = {
    "application/json": {
        "schema": {},
        "examples": {"a form": {"value": {"form": "uyelik", "kutu": "isaretsiz", "ad": "Örnek"}}},
    },
    "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
}


def router(service: Service) -> APIRouter:
    """The endpoint."""
    routes = APIRouter(prefix="/v1", tags=["evidence"])
    held = _Held()

    @routes.post(
        "/evidence",
        **operation(
            "Delil yükle / upload evidence",
            parameters=PARAMETERS,
            request_media=REQUEST_MEDIA,
            answer=EvidenceAnswer,
            status=(200, 201),
            refusals=(409,),
            in_brand=False,
        ),
    )
    async def evidence(request: Request) -> Response:
        principal = admit(request, Action.UPLOAD)
        query = query_of(request, "kind", "capturedAt", "iysCode")
        iys_code = _provider(principal, query.get("iysCode"))
        given = _given(request, principal, query)
        store = await run_in_threadpool(service.ledgers.evidence, iys_code)
        with held.body() as body:
            await body.fill(request)
            try:
                kept = await run_in_threadpool(store.keep, bytes(body.content), given)
            except EvidenceDiffers:
                raise Problem(409, "L-EVIDENCE-DIFFERS") from None
        service.ledgers.access_log(iys_code).note(
            principal.actor, "evidence", request_id=request.scope["state"]["request_id"]
        )
        captured_at = None if kept.captured_at is None else clock.utc_text(kept.captured_at)
        shown = EvidenceAnswer(
            evidenceId=kept.id.hex(),
            kind=kept.kind.name,
            bytes=kept.size_bytes,
            capturedAt=captured_at,
        )
        return answer(shown, 201 if kept.is_new else 200)

    return routes


def _provider(principal: Principal, said: str | None) -> IysCode:
    """Whose evidence it is. Raises Problem."""
    if said is not None and not (said.isascii() and said.isdigit() and len(said) <= IYS_DIGITS_MAX):
        raise Problem(422, "L-FIELD", pointer="?iysCode")
    own = principal.iys_code
    if own is None:
        if said is None:
            raise Problem(422, "L-IYS-CODE", pointer="?iysCode")
        return IysCode(int(said))
    if said is not None and int(said) != own:
        raise Problem(403, "L-IYS-CODE-SCOPE")
    return own


def _given(request: Request, principal: Principal, query: dict[str, str]) -> EvidenceGiven:
    """What is said of the piece. Raises Problem."""
    kind = EvidenceKind.__members__.get(query.get("kind", ""))
    if kind is None:
        raise Problem(422, "L-FIELD", pointer="?kind")
    said = query.get("capturedAt")
    captured_at = instant(None if said is None else _OFFSET.sub("+", said), "?capturedAt")
    if captured_at is not None and captured_at > clock.now() + SKEW_MAX:
        raise Problem(422, "L-TIME", pointer="?capturedAt")
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not _MEDIA.fullmatch(media_type):
        media_type = _UNNAMED
    return EvidenceGiven(kind, captured_at, media_type, principal.actor)


class _Held:
    """How much of bodies this process holds in memory."""

    def __init__(self) -> None:
        self.size = 0

    def body(self) -> "_Body":
        """A body to be filled; counted until its block ends."""
        return _Body(self)


class _Body:
    def __init__(self, held: _Held) -> None:
        self._held = held
        self.content = bytearray()

    def __enter__(self) -> "_Body":
        return self

    def __exit__(self, *_: object) -> None:
        self._held.size -= len(self.content)

    async def fill(self, request: Request) -> None:
        """Take the body in. Raises Problem: 422 L-BODY-EMPTY, 503 L-BUSY."""
        async for piece in request.stream():
            if self._held.size + len(piece) > HELD_BYTES_MAX:
                raise Problem(503, "L-BUSY", headers={"Retry-After": str(BUSY_SECONDS)})
            self._held.size += len(piece)
            self.content += piece
        if not self.content:
            raise Problem(422, "L-BODY-EMPTY")

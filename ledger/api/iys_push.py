"""`POST /v1/iys/push`: İYS tells what recipients did there (iys/api.md §5.11).

It shows a user name and a password (RFC 7617), which the guard looks at as it does at keys. What it
is answered with 200 is stored.
"""

from typing import Final, Protocol

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from ledger.api.bodies import BodyRule
from ledger.api.guard import Door
from ledger.api.limits import MIB, Limits
from ledger.api.messages import answer
from ledger.api.operations import PASSWORD, operation
from ledger.api.problems import Problem
from ledger.errors import InputRefused
from ledger.projections.pulled import PushCounts
from ledger.recording.principals import Keys, Principal
from ledger.vocabulary import IysCode

PATH: Final = "/v1/iys/push"
BODY_BYTES_MAX: Final = MIB
EXAMPLE: Final = {
    "list": [
        {
            "iysCode": 123456,
            "brandCode": 123456,
            "consentDate": "2026-11-20 10:00:00",
            "creationDate": "2026-11-20 10:00:00",
            "source": "IYS_MOBIL",
            "recipient": "+905010000101",
            "recipientType": "BIREYSEL",
            "status": "RET",
            "type": "MESAJ",
            "transactionId": "e5" * 32,
        }
    ]
}
MEDIA: Final = {
    "application/json": {
        "schema": {
            "type": "object",
            "required": ["list"],
            "properties": {"list": {"type": "array", "items": {"type": "object"}}},
        },
        "examples": {"a refusal": {"value": EXAMPLE}},
    }
}


class Pushes(Protocol):
    """Who may push, and where it goes."""

    @property
    def keys(self) -> Keys:
        """`USER:PASSWORD` of İYS, provider by provider."""

    def take(self, iys_code: IysCode, body: bytes) -> PushCounts:
        """Record a push. Raises InputRefused for what is none; as `ConsentLedger.record`."""


def door(pushes: Pushes, limits: Limits) -> Door:
    """How the guard lets İYS in."""
    return Door(pushes.keys, BodyRule(BODY_BYTES_MAX, limits.body_seconds_max))


def router(pushes: Pushes) -> APIRouter:
    """The endpoint."""
    routes = APIRouter(tags=["iys"])

    @routes.post(
        PATH,
        **operation(
            "İYS'nin gönderdiği hareketler / movements that İYS pushes",
            request_media=MEDIA,
            answer=PushCounts,
            in_brand=False,
            security=PASSWORD,
        ),
    )
    async def push(request: Request) -> Response:
        principal: Principal = request.scope["state"]["principal"]
        assert principal.iys_code is not None  # the door's own
        body = await request.body()
        try:
            counts = await run_in_threadpool(pushes.take, principal.iys_code, body)
        except InputRefused as refused:
            raise Problem(422, refused.code) from None
        return answer(counts)

    return routes

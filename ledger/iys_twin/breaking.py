"""How faults look on the wire: other answers, half answers, broken connections."""

from typing import Final, Protocol, cast

import msgspec
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ledger.iys_twin.faults import FaultKind, Faults
from ledger.iys_twin.refusals import refusal
from ledger.iys_twin.times import Wall

PROXY_PAGE: Final = (
    "<html><head><title>502 Bad Gateway</title></head>"
    "<body><center><h1>502 Bad Gateway</h1></center></body></html>"
)
MISSPELLED: Final = {
    "errors": [
        {"code:": "H353", "message": "iysCode, kullanıcı izinleriyle eşleştiriliemiyor"},
    ]
}


def struck(faults: Faults, endpoint: str, now: Wall) -> Response | None:
    """The answer of a fault that strikes before anything is done. Raises Refused for a code."""
    if faults.take(FaultKind.HTML, endpoint, now):
        return Response(PROXY_PAGE, 502, media_type="text/html")
    if faults.take(FaultKind.MISSPELLED, endpoint, now):
        return Response(msgspec.json.encode(MISSPELLED), 403, media_type="application/json")
    coded = faults.take(FaultKind.CODE, endpoint, now)
    if coded is not None and coded.code is not None:
        raise refusal(coded.code)
    return None


class _Transport(Protocol):
    def abort(self) -> None: ...


class _Cycle(Protocol):
    transport: _Transport


def _abort(send: Send) -> None:
    """Break the TCP connection under an answer; ASGI has no word for it, uvicorn has."""
    cycle = cast("_Cycle", send.__self__)  # type: ignore[attr-defined]  # uvicorn's bound method
    cycle.transport.abort()


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


class LostConnection(Response):
    """No answer: the connection breaks."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Break it."""
        _abort(scope["twin.send"])
        await _until_gone(receive)


class CutResponse(Response):
    """Half of another answer, then the connection breaks."""

    def __init__(self, whole: Response) -> None:
        super().__init__(whole.body, whole.status_code, dict(whole.headers))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send half of it and break."""
        head = {"type": "http.response.start", "status": self.status_code}
        await send({**head, "headers": self.raw_headers})
        half = bytes(self.body)[: len(self.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
        _abort(scope["twin.send"])
        await _until_gone(receive)

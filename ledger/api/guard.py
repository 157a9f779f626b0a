"""Before a body is read: the key, and how long the body may be."""

import hmac
from typing import Final

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ledger.api.problems import problem

BODY_BYTES_MAX: Final = 64 * 1024
GUARDED: Final = "/v1/"


class TooLarge(Exception):
    """More came than was allowed; the reading stopped there."""


class Guard:
    """ASGI middleware: nothing of a request without the key is read, nor beyond the bound."""

    def __init__(self, app: ASGIApp, *, api_key: str) -> None:
        if not api_key:
            raise ValueError("an empty key would let everybody in")
        self._app = app
        self._api_key = api_key.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Judge one request."""
        if scope["type"] != "http" or not scope["path"].startswith(GUARDED):
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        refusal = self._refusal(request)
        if refusal is not None:
            await problem(request, *refusal)(scope, receive, send)
            return
        try:
            await self._app(scope, _bounded(receive), send)
        except TooLarge:
            await problem(request, 413, "L-TOO-LARGE")(scope, receive, send)

    def _refusal(self, request: Request) -> tuple[int, str] | None:
        kind, _, shown = request.headers.get("authorization", "").partition(" ")
        if kind != "Bearer" or not hmac.compare_digest(shown.encode(), self._api_key):
            return 401, "L-KEY"
        length = request.headers.get("content-length", "")
        if not (length.isascii() and length.isdigit()):
            return 411, "L-LENGTH"
        return (413, "L-TOO-LARGE") if int(length[:20]) > BODY_BYTES_MAX else None


def _bounded(receive: Receive) -> Receive:
    """`receive` that stops where the body grows over the bound, whatever its header said."""
    read = 0

    async def counted() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > BODY_BYTES_MAX:
            raise TooLarge
        return message

    return counted

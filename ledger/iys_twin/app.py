"""The HTTP shell: reads a request, lets the gate and the endpoint decide, writes the answer."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from ledger.iys_twin.breaking import CutResponse, LostConnection, struck
from ledger.iys_twin.calls import JSON, Answer, Call, Endpoint
from ledger.iys_twin.control import control_routes
from ledger.iys_twin.delivery import Messenger
from ledger.iys_twin.endpoints import ENDPOINTS
from ledger.iys_twin.engine import Twin
from ledger.iys_twin.faults import FaultKind
from ledger.iys_twin.gate import Arrived, admit, unreadable
from ledger.iys_twin.page import page
from ledger.iys_twin.reading import BodyTooLarge, read_body
from ledger.iys_twin.refusals import Refused, refusal
from ledger.iys_twin.times import Wall
from ledger.iys_twin.tsa import StampFailed

ENDPOINT_NAMES: Final = tuple(one.name for one in ENDPOINTS)
Life = Coroutine[Any, Any, None]
MEDIA: Final = "application/json; charset=utf-8"


class TwinApp:
    """The twin as an ASGI application.

    Faults that break the connection need the server's own `send`, which Starlette wraps.
    """

    def __init__(self, twin: Twin, alongside: Sequence[Callable[[ASGIApp], Life]] = ()) -> None:
        """`alongside`: what lives as long as the application does; it is given the application."""
        self._app = _starlette(twin, [partial(one, self) for one in alongside])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection, as ASGI has it."""
        scope["twin.send"] = send
        await self._app(scope, receive, send)


def _starlette(twin: Twin, lives: Sequence[Callable[[], Life]]) -> Starlette:
    @asynccontextmanager
    async def life(_: Starlette) -> AsyncIterator[None]:
        messenger = Messenger(twin.settings)
        living = [messenger.deliver(twin.pushes, twin.now), *(one() for one in lives)]
        tasks = [asyncio.create_task(one) for one in living]
        yield
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        await messenger.close()
        twin.close()
        for one in ended:
            if isinstance(one, Exception):  # whoever was only cancelled did nothing wrong
                raise one

    routes = [Route(one.path, _asgi(twin, one), methods=[one.method]) for one in ENDPOINTS]
    return Starlette(
        routes=[Route("/", _page(twin), methods=["GET"]), *control_routes(twin), *routes],
        lifespan=life,
        exception_handlers={HTTPException: _not_here},
    )


def _asgi(twin: Twin, endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        now = twin.now()
        slow = twin.faults.take(FaultKind.SLOW, endpoint.name, now)
        if slow is not None:
            await asyncio.sleep(slow.seconds)
            now = twin.now()
        if twin.faults.take(FaultKind.LOST_REQUEST, endpoint.name, now):
            return LostConnection()
        try:
            response = struck(twin.faults, endpoint.name, now)
            if response is None:
                response = await _done(twin, endpoint, request, now)
        except Refused as refused:
            response = json_response(refused.body, refused.status)
        twin.guard.count(response.status_code, now)
        if twin.faults.take(FaultKind.LOST_ANSWER, endpoint.name, now):
            return LostConnection()
        if twin.faults.take(FaultKind.CUT, endpoint.name, now):
            return CutResponse(response)
        return response

    return answer


async def _done(twin: Twin, endpoint: Endpoint, request: Request, now: Wall) -> Response:
    try:
        body = await read_body(request, twin.settings.body_bytes_max)
    except BodyTooLarge as error:
        raise unreadable(endpoint) from error
    arrived = Arrived(
        caller=request.client.host if request.client else "",
        path=request.path_params,
        query=dict(request.query_params),
        authorization=request.headers.get("authorization", ""),
        content_type=request.headers.get("content-type", ""),
        body=body,
    )
    call = admit(twin, endpoint, arrived, now)
    answered = await _run(endpoint, call)
    if answered.body is None:
        return Response(status_code=answered.status)
    if answered.media == JSON:
        return json_response(answered.body, answered.status)
    return Response(answered.body, answered.status, media_type=answered.media)


async def _run(endpoint: Endpoint, call: Call) -> Answer:
    try:
        found = endpoint.run(call)
        return await found if inspect.isawaitable(found) else found
    except StampFailed as error:
        raise refusal("H103") from error


def json_response(body: Any, status: int) -> Response:
    """An answer in JSON."""
    return Response(msgspec.json.encode(body), status, headers={"content-type": MEDIA})


def _page(twin: Twin) -> Callable[[Request], Awaitable[Response]]:
    async def show(_: Request) -> Response:
        return Response(page(twin), media_type="text/html; charset=utf-8")

    return show


async def _not_here(_: Request, error: Exception) -> Response:
    """Paths and methods that İYS does not have; the shape is its legacy one."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    return json_response({"status": status, "message": "Not Found"}, status)

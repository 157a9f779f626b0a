"""One request and its answer as the guard watches them: time and size of the body, own headers."""

import asyncio
from typing import Final

from starlette.requests import Request
from starlette.types import Message, Receive, Scope, Send

from ledger.api.bodies import BodyRule
from ledger.api.limits import Limits
from ledger.api.problems import Problem, problem
from ledger.deciding.lines import LineBound
from ledger.errors import InputRefused

PROGRESS_BYTES: Final = 1024
"""Less than this in `body_idle_seconds`, and the body counts as standing still."""
OWN_HEADERS: Final = [(b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff")]


class BodyRefused(Exception):
    """The reading of a body was stopped; whoever reads need not answer, the guard does."""


class Exchange:
    """Passes messages on between server and service. `gone`: the caller hung up; `status`: that of
    the answer, 0 before it."""

    __slots__ = (
        "_answered",
        "_bytes_left",
        "_deadline",
        "_headers",
        "_idle_seconds",
        "_idle_seconds_max",
        "_lines",
        "_progress",
        "_reading",
        "_receive",
        "_refused",
        "_scope",
        "_send",
        "_started",
        "gone",
        "status",
    )

    def __init__(self, scope: Scope, receive: Receive, send: Send, request_id: str) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._headers = [*OWN_HEADERS, (b"x-request-id", request_id.encode())]
        self._refused: Problem | None = None
        self._started = self._answered = self._reading = False
        self.gone = False
        self.status = 0

    def watch(self, rule: BodyRule, limits: Limits, *, is_text: bool) -> None:
        """Hold the body to its rule while it is read."""
        self._reading = True
        self._bytes_left = rule.bytes_max
        self._lines = LineBound(limits.line_bytes_max) if rule.bytes_max is None else None
        if not is_text:  # whoever unpacks it watches the lines
            self._lines = None
        self._deadline = asyncio.get_running_loop().time() + rule.seconds_max
        self._idle_seconds = self._idle_seconds_max = limits.body_idle_seconds
        self._progress = 0

    async def receive(self) -> Message:
        """The next message from the caller. Raises BodyRefused."""
        if not self._reading:
            message = await self._receive()
        else:
            message = await self._next_piece()
        if message["type"] == "http.disconnect":
            self.gone = True
        return message

    async def _next_piece(self) -> Message:
        loop_time = asyncio.get_running_loop().time
        began = loop_time()
        until = min(began + self._idle_seconds, self._deadline)
        try:
            async with asyncio.timeout_at(until):
                message = await self._receive()
        except TimeoutError:
            raise self._stop(408, "L-SLOW") from None
        if message["type"] != "http.request":
            self._reading = False
            return message
        piece: bytes = message.get("body", b"")
        self._progress += len(piece)
        self._idle_seconds -= loop_time() - began
        if self._progress >= PROGRESS_BYTES:
            self._progress, self._idle_seconds = 0, self._idle_seconds_max
        if self._bytes_left is not None:
            self._bytes_left -= len(piece)
            if self._bytes_left < 0:
                raise self._stop(413, "L-TOO-LARGE")
        if self._lines is not None:
            try:
                self._lines.take(piece)
            except InputRefused:
                raise self._stop(413, "L-TOO-LARGE") from None
        self._reading = message.get("more_body", False)
        return message

    def _stop(self, status: int, code: str) -> BodyRefused:
        self.refuse(Problem(status, code))
        return BodyRefused(code)

    async def send(self, message: Message) -> None:
        """Pass a message of the answer on, the own headers with it."""
        if self._refused is not None and not self._started:
            return  # what the service makes of a body that was cut off is not the answer
        if message["type"] == "http.response.start":
            self._started, self.status = True, message["status"]
            message = {**message, "headers": [*message.get("headers", ()), *self._headers]}
        elif message["type"] == "http.response.body":
            self._answered = not message.get("more_body", False)
        await self._send(message)

    @property
    def is_refused(self) -> bool:
        """Whether the guard has its own answer."""
        return self._refused is not None

    def refuse(self, refused: Problem) -> None:
        """Answer with this, unless the answer has begun: it is then cut off."""
        self._refused = refused

    async def finish(self) -> None:
        """Give the guard's own answer, if that is the answer."""
        refused = self._refused
        if refused is None or self._started or self.gone:
            return
        self._refused = None
        answer = problem(
            Request(self._scope), refused.status, refused.code, headers=refused.headers
        )
        await answer(self._scope, self._receive, self.send)

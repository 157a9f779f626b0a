"""The HTTP server under the service: uvicorn's h11 protocol with the bounds that it does not have.

uvicorn 0.54 waits without end for a request whose head does not come whole, takes a head of any
size that comes in one piece, goes on reading a body that nobody wants, and waits without end for a
caller who does not read the answer; at its limit of connections it turns everybody away. Here the
connection that has been idle longest makes room. Shown by tests/acceptance/test_guard.py.
"""

import asyncio
import json
import re
import resource
import secrets
from collections.abc import Callable
from contextlib import suppress
from typing import Any, ClassVar, Final

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from ledger.api.limits import MIB, Limits
from ledger.api.problems import MEDIA_TYPE, TITLES, TYPE_BASE

BACKLOG: Final = 2048
DROPPED_BYTES_MAX: Final = MIB
"""How much of an unwanted body is read and dropped, so that the caller gets to see the answer."""
DROPPING_SECONDS_MAX: Final = 5.0
FILES_KEPT_BACK: Final = 256
"""Of the files that the process may open, for everything but callers."""

_HEAD_ENDS: Final = re.compile(rb"\n\r?\n")
_REASONS: Final = {400: "Bad Request", 408: "Request Timeout", 503: "Service Unavailable"}


def server_config(app: ASGIApp, limits: Limits, *, host: str, port: int) -> uvicorn.Config:
    """How the application is served. Raises the process's limit of open files where it may."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http=protocol_within(limits),
        ws="none",
        log_level="error",  # whoever sends nonsense shall not fill the disk
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_keep_alive=limits.keep_alive_seconds,
        h11_max_incomplete_event_size=limits.header_bytes_max,
    )


def protocol_within(within: Limits) -> type[H11Protocol]:
    """The protocol of one server."""

    class Bounded(BoundedProtocol):
        limits = within
        connections_max = _connections_max(within)
        idle: ClassVar[dict[BoundedProtocol, None]] = {}

    return Bounded


def _connections_max(limits: Limits) -> int:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = limits.connections_max + FILES_KEPT_BACK
    if soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return max(1, min(limits.connections_max, soft - FILES_KEPT_BACK))


class Corked:
    """A transport that sends what one turn of the loop writes in one piece.

    h11 gives head, body and end of an answer one by one: three calls of the system for each.
    """

    __slots__ = ("_loop", "_pieces", "_transport")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> None:
        """Send at the end of this turn, behind what was written before."""
        if not self._pieces:
            self._loop.call_soon(self._send)
        self._pieces.append(data)

    def close(self) -> None:
        """Send what is written, then close."""
        self._send()
        self._transport.close()

    def write_eof(self) -> None:
        """Send what is written; nothing more follows."""
        self._send()
        self._transport.write_eof()

    def _send(self) -> None:
        if self._pieces and not self._transport.is_closing():
            self._transport.write(b"".join(self._pieces))
        self._pieces = []

    def __getattr__(self, name: str) -> Any:  # whatever else a transport can do
        return getattr(self._transport, name)


class BoundedProtocol(H11Protocol):
    """One connection. `idle`: those of the server that wait for a request, the longest first."""

    limits: ClassVar[Limits]
    connections_max: ClassVar[int]
    idle: ClassVar[dict["BoundedProtocol", None]]

    _timer: asyncio.TimerHandle | None = None
    _writing: asyncio.TimerHandle | None = None
    _is_shut = False
    _dropped = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """A caller connects: for one too many the longest idle one makes room, if there is one."""
        super().connection_made(transport)
        self.transport = Corked(transport, asyncio.get_running_loop())  # type: ignore[assignment]  # it acts as one
        if len(self.connections) > self.connections_max:
            oldest = next(iter(self.idle), None)
            if oldest is None:
                self._refuse(503, "L-BUSY")
                return
            oldest._leave_idle()
            oldest.transport.abort()
        self._become_idle()
        self._arm(self.limits.header_seconds_max, self._head_is_late)

    def data_received(self, data: bytes) -> None:
        """Take a piece of a request, or drop it where nobody wants it."""
        is_unwanted = self._is_shut or self._has_answered_early()
        if is_unwanted:
            self._dropped += len(data)
            if self._dropped > DROPPED_BYTES_MAX:
                self.transport.abort()
            if self._is_shut or self.transport.is_closing():
                return
        elif self.conn.their_state is h11.IDLE and self._is_too_long_a_head(data):
            self._refuse(431, "L-HEADERS")
            return
        super().data_received(data)
        if self._is_shut or self.transport.is_closing():
            return
        if self.conn.their_state is h11.IDLE:
            if is_unwanted or self._timer is None:
                self._become_idle()
                self._arm(self.limits.header_seconds_max, self._head_is_late)
        elif not self._has_answered_early():
            self._leave_idle()
            self._disarm()

    def on_response_complete(self) -> None:
        """An answer is given: the next request may come, or the rest of an unwanted body."""
        self._dropped = 0
        super().on_response_complete()
        if self.transport.is_closing():
            return
        if self.conn.their_state is h11.IDLE:
            self._become_idle()
        elif self._has_answered_early():
            self._arm(DROPPING_SECONDS_MAX, self.transport.abort)

    def send_400_response(self, msg: str) -> None:
        """What is no HTTP, or no longer, ends the connection."""
        buffered, _ = self.conn.trailing_data
        too_long = len(buffered) > self.limits.header_bytes_max
        self._refuse(*((431, "L-HEADERS") if too_long else (400, "L-FRAMING")))

    def pause_writing(self) -> None:
        """The caller does not read."""
        super().pause_writing()
        self._writing = self.loop.call_later(self.limits.unread_seconds_max, self.transport.abort)

    def resume_writing(self) -> None:
        """The caller reads again."""
        super().resume_writing()
        if self._writing is not None:
            self._writing.cancel()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone, whoever ended it."""
        self._leave_idle()
        self._disarm()
        if self._writing is not None:
            self._writing.cancel()
        super().connection_lost(exc)

    def _has_answered_early(self) -> bool:
        """Whether the answer is given and the body is not all there."""
        cycle = self.cycle
        return (
            cycle is not None and cycle.response_complete and self.conn.their_state is h11.SEND_BODY
        )

    def _is_too_long_a_head(self, data: bytes) -> bool:
        bound = self.limits.header_bytes_max
        return len(data) > bound and _HEAD_ENDS.search(data, 0, bound) is None

    def _head_is_late(self) -> None:
        self._timer = None
        if self.conn.trailing_data[0]:
            self._refuse(408, "L-SLOW")
        else:
            self.transport.abort()

    def _refuse(self, status: int, code: str) -> None:
        """Answer outside HTTP's order, take leave, and drop what still comes for a while."""
        cycle = self.cycle
        self._is_shut = True
        self._leave_idle()
        if self.transport.is_closing():
            return
        if cycle is not None and not cycle.response_complete:
            cycle.disconnected = True
            cycle.message_event.set()
            if cycle.response_started:
                self.transport.abort()
                return
        self.transport.write(_answer(status, code))
        with suppress(OSError):  # gone already
            self.transport.write_eof()
        self.flow.resume_reading()
        self._arm(DROPPING_SECONDS_MAX, self.transport.abort)

    def _become_idle(self) -> None:
        self.idle.pop(self, None)  # to the end of the line
        self.idle[self] = None

    def _leave_idle(self) -> None:
        self.idle.pop(self, None)

    def _arm(self, seconds: float, act: Callable[[], None]) -> None:
        self._disarm()
        self._timer = self.loop.call_later(seconds, act)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _answer(status: int, code: str) -> bytes:
    """A whole answer; in Turkish, since no header was read that would ask for English."""
    title = TITLES[code][0]
    members = {"type": TYPE_BASE + code, "title": title, "status": status, "code": code}
    body = json.dumps(members, ensure_ascii=False).encode()
    reason = _REASONS.get(status, "Request Header Fields Too Large")
    head = (
        f"HTTP/1.1 {status} {reason}\r\n"
        f"content-type: {MEDIA_TYPE}\r\n"
        f"content-length: {len(body)}\r\n"
        f"x-request-id: {secrets.token_hex(8)}\r\n"
        "cache-control: no-store\r\nconnection: close\r\n\r\n"
    )
    return head.encode() + body

"""The HTTP server under the service: uvicorn's httptools protocol, with bounds.

uvicorn 0.54 waits without end for a request whose head does not come whole, takes a head of any
size, takes trailers for headers, drops the body of a request that offers HTTP/2 as well, goes on
reading requests while it answers the first and a body that nobody wants, and waits without end for
a caller who does not read the answer; at its limit of connections it turns everybody away. Here the
connection that has been idle longest makes room. Shown by tests/acceptance/test_guard.py.
"""

import asyncio
import json
import re
import resource
import secrets
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import ClassVar, Final

import httptools
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ledger.api.corked import Corked
from ledger.api.limits import MIB, Limits
from ledger.api.problems import MEDIA_TYPE, TITLES, TYPE_BASE

BACKLOG: Final = 2048
DROPPED_BYTES_MAX: Final = MIB
"""How much of an unwanted body is read and dropped, so that the caller gets to see the answer."""
DROPPING_SECONDS_MAX: Final = 5.0
FILES_KEPT_BACK: Final = 256
"""Of the files that the process may open, for everything but callers."""

_HEAD_ENDS: Final = re.compile(rb"\n\r?\n")
_TARGET: Final = re.compile(rb"/[!-\"$-~]*")
"""A path and a query: no other form, no fragment."""
HOP_BY_HOP: Final = frozenset({b"connection", b"upgrade", b"http2-settings"})
VERSIONS: Final = frozenset({"1.0", "1.1"})
_REASONS: Final = {400: "Bad Request", 408: "Request Timeout", 503: "Service Unavailable"}


def server_config(app: ASGIApp, limits: Limits, *, host: str, port: int) -> uvicorn.Config:
    """How the application is served. Raises the process's limit of open files where it may."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http=protocol_within(limits),
        loop="uvloop",
        ws="none",
        log_level="error",  # whoever sends nonsense shall not fill the disk
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_keep_alive=limits.keep_alive_seconds,
    )


def protocol_within(within: Limits) -> type[HttpToolsProtocol]:
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


class BoundedProtocol(HttpToolsProtocol):
    """One connection. `idle`: those of the server that wait for a request, the longest first."""

    limits: ClassVar[Limits]
    connections_max: ClassVar[int]
    idle: ClassVar[dict["BoundedProtocol", None]]

    _timer: asyncio.TimerHandle | None = None
    _writing: asyncio.TimerHandle | None = None
    _is_shut = False
    _dropped = 0
    _has_begun = False  # a head came in part
    _in_body = False  # a head came whole, the body did not
    _fault = "L-FRAMING"
    _unshown = 0  # bytes since the last piece of a body: of a head, of chunks, of trailers

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
        elif not self._in_body and self._is_too_long_a_head(data):
            self._refuse(431, "L-HEADERS")
            return
        self._unset_keepalive_if_required()
        self._unshown += len(data)
        self._feed(data)
        if self._is_shut or self.transport.is_closing():
            return
        if self._unshown > self.limits.header_bytes_max:
            self._refuse(431, "L-HEADERS")
        elif self._is_waiting():
            if is_unwanted or self._timer is None:
                self._become_idle()
                self._arm(self.limits.header_seconds_max, self._head_is_late)
        elif not self._has_answered_early():
            self._leave_idle()
            self._disarm()

    def on_message_begin(self) -> None:
        """A head begins."""
        super().on_message_begin()
        self._has_begun = True

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header; what follows a body under the name of one is none."""
        if not self._in_body:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is there. What has a second reading is not HTTP: the error ends all."""
        if not _TARGET.fullmatch(self.url):
            self._fault = "L-URL"
            raise ValueError("not a path")
        hosts = sum(name == b"host" for name, _ in self.headers)
        if hosts != 1 or self.parser.get_http_version() not in VERSIONS:
            raise ValueError("not a head that has one meaning")
        self._has_begun = False
        if not self.parser.should_upgrade() or self.parser.get_method() == b"CONNECT":
            self._in_body = True
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of a body."""
        self._unshown = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The whole request is there."""
        if self._in_body:
            self._in_body, self._unshown = False, 0
            super().on_message_complete()

    def on_response_complete(self) -> None:
        """An answer is given: the next request may come, or the rest of an unwanted body."""
        self._dropped = 0
        super().on_response_complete()
        if self.transport.is_closing():
            return
        if self.pipeline:
            self.flow.pause_reading()
        elif self._is_waiting():
            self._become_idle()
        elif self._has_answered_early():
            self._arm(DROPPING_SECONDS_MAX, self.transport.abort)

    def _feed(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            if self.parser.get_method() == b"CONNECT":
                self.cycle.keep_alive = False
            else:
                self._stay(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            self._refuse(400, self._fault)

    def _stay(self, rest: bytes) -> None:
        """Answer in HTTP/1.1 who offers another protocol as well: the parser stopped there."""
        kept = [one for one in self.headers if one[0] not in HOP_BY_HOP]
        method = self.parser.get_method()
        lines = [b"%b %b HTTP/1.1" % (method, self.url), *(b"%b: %b" % one for one in kept)]
        self.parser = httptools.HttpRequestParser(self)
        self._feed(b"\r\n".join([*lines, b"connection: close", b"", rest]))

    def pause_writing(self) -> None:
        """The caller does not read."""
        super().pause_writing()
        self._writing = self.loop.call_later(self.limits.unread_seconds_max, self._cut_off)

    def _cut_off(self) -> None:
        """End at once: what the system still holds for the caller is thrown away with it."""
        connection: socket.socket = self.transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

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

    def _is_waiting(self) -> bool:
        """Whether nothing is asked, or only part of a head."""
        return not self._in_body and (self.cycle is None or self.cycle.response_complete)

    def _has_answered_early(self) -> bool:
        """Whether the answer is given and the body is not all there."""
        return self._in_body and self.cycle is not None and self.cycle.response_complete

    def _is_too_long_a_head(self, data: bytes) -> bool:
        left = max(0, self.limits.header_bytes_max - self._unshown)
        return len(data) > left and _HEAD_ENDS.search(data, 0, left) is None

    def _head_is_late(self) -> None:
        self._timer = None
        if self._has_begun:
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

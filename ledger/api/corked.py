"""A transport between the server's protocol and the socket."""

import asyncio
from typing import Any


class Corked:
    """A transport that sends what one turn of the loop writes in one piece.

    The server gives head, body and end of an answer one by one: a call of the system for each.
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

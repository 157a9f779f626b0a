"""A cheap HTTP client for measurements: prepared bytes over many connections, waits noted."""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass(slots=True)
class Load:
    """What a run came to. `waits`: seconds from when an answer was due to be asked for."""

    answers: int = 0
    failed: int = 0
    seconds: float = 0.0
    waits: list[float] = field(default_factory=list)

    def wait(self, share: float) -> float:
        """The wait that this share of the answers did not exceed, in milliseconds."""
        ordered = sorted(self.waits)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000


def request_bytes(url: str, key: str, path: str, body: bytes) -> bytes:
    """One POST as it goes over the wire."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def closed_loop(url: str, requests: Callable[[], bytes], *, clients: int, seconds: float) -> Load:
    """Each client waits for its answer before it asks again."""
    return asyncio.run(_closed(url, requests, clients, seconds))


def open_loop(
    url: str, requests: Callable[[], bytes], *, per_second: int, clients: int, seconds: float
) -> Load:
    """Asks on time whether or not the answers come; a late answer counts from when it was due."""
    return asyncio.run(_open(url, requests, per_second, clients, seconds))


async def _closed(url: str, requests: Callable[[], bytes], clients: int, seconds: float) -> Load:
    load, until = Load(), time.perf_counter() + seconds

    async def client() -> None:
        connection = await _Connection.to(url)
        while (began := time.perf_counter()) < until:
            await connection.ask(requests(), load)
            load.waits.append(time.perf_counter() - began)
        connection.close()

    began = time.perf_counter()
    await asyncio.gather(*[client() for _ in range(clients)])
    load.seconds = time.perf_counter() - began
    return load


async def _open(
    url: str, requests: Callable[[], bytes], per_second: int, clients: int, seconds: float
) -> Load:
    load, began = Load(), time.perf_counter()
    due: Iterator[float] = iter(began + n / per_second for n in range(int(per_second * seconds)))

    async def client() -> None:
        connection = await _Connection.to(url)
        for at in due:
            await asyncio.sleep(max(0.0, at - time.perf_counter()))
            await connection.ask(requests(), load)
            load.waits.append(time.perf_counter() - at)
        connection.close()

    await asyncio.gather(*[client() for _ in range(clients)])
    load.seconds = time.perf_counter() - began
    return load


class _Connection(asyncio.Protocol):
    """One connection with at most one answer under way."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[bytes] | None = None
        self._read = b""

    @classmethod
    async def to(cls, url: str) -> "_Connection":
        parts = urlsplit(url)
        loop = asyncio.get_running_loop()
        _, made = await loop.create_connection(cls, parts.hostname or "", parts.port or 80)
        return made

    async def ask(self, request: bytes, load: Load) -> None:
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        status = await self._answer
        load.answers += 1
        load.failed += not status.startswith(b"HTTP/1.1 2")

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._read += data
        head, end, body = self._read.partition(b"\r\n\r\n")
        if not end:
            return
        length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        if len(body) >= int(length or b"0") and self._answer is not None:
            self._read = b""
            self._answer.set_result(head[:20])

    def connection_lost(self, error: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error or ConnectionResetError("closed by the service"))

"""A web server on the loopback that says exactly what a test wants, down to where it breaks off."""

import socketserver
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread

Answering = Callable[["Request"], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class Request:
    """What came in. Names of headers are in lower case."""

    line: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Server:
    """A running server, and what it was asked."""

    url: str
    requests: list[Request] = field(default_factory=list)


def reply(
    body: bytes,
    *,
    status: str = "200 OK",
    kind: str = "application/timestamp-reply",
    length: int | None = None,
    more: str = "",
) -> bytes:
    """A whole answer; `length` may lie."""
    size = len(body) if length is None else length
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {size}\r\n{more}"
    return f"{head}Connection: close\r\n\r\n".encode() + body


@contextmanager
def a_server(answering: Answering) -> Iterator[Server]:
    """Sends what `answering` gives, bit by bit, then closes the connection."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            request = _read(self.rfile.readline, self.rfile.read)
            server.requests.append(request)
            try:
                for part in answering(request):
                    self.wfile.write(part)
                    self.wfile.flush()
            except (BrokenPipeError, ConnectionResetError):
                pass  # the client had enough

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as listening:
        host, port = listening.server_address[:2]
        server = Server(f"http://{host!s}:{port}")
        thread = Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            listening.shutdown()
            thread.join()


def _read(readline: Callable[[], bytes], read: Callable[[int], bytes]) -> Request:
    line = readline().decode().strip()
    headers = {}
    while header := readline().decode().strip():
        name, _, value = header.partition(":")
        headers[name.lower()] = value.strip()
    return Request(line, headers, read(int(headers.get("content-length", "0"))))

"""`izin serve` as a process, and callers that write bytes and not HTTP."""

import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.acceptance.commands import ROOT, environment

KEY = "an-api-key-for-tests"
SECONDS_MAX = 20.0


@dataclass(frozen=True, slots=True)
class Served:
    """A running service; `said`: its first lines, `errors`: the file of those that followed."""

    host: str
    port: int
    said: tuple[str, ...]
    errors: Path
    pid: int

    def connect(self) -> socket.socket:
        """A connection of one's own."""
        return socket.create_connection((self.host, self.port), timeout=SECONDS_MAX)

    def send(self, *pieces: bytes) -> "Answered":
        """Write the pieces, then read until the service hangs up or has answered whole."""
        with self.connect() as caller:
            for piece in pieces:
                with suppress(OSError):  # it may hang up in the middle
                    caller.sendall(piece)
            return read(caller)


@dataclass(frozen=True, slots=True)
class Answered:
    """Status 0: it hung up without a word. `rest`: what came behind the first answer."""

    status: int
    headers: dict[str, str]
    body: bytes
    rest: bytes = b""

    @property
    def code(self) -> str:
        return str(json.loads(self.body)["code"])


def read(caller: socket.socket) -> Answered:
    """The next answer."""
    got = b""
    with suppress(ConnectionError):
        while b"\r\n\r\n" not in got and (piece := caller.recv(65_536)):
            got += piece
        head, _, body = got.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: *([0-9]+)", head, re.IGNORECASE)
        size = int(length[1]) if length else 0
        while len(body) < size and (piece := caller.recv(65_536)):
            body += piece
        got = head + b"\r\n\r\n" + body
    return parse(got)


def parse(got: bytes) -> Answered:
    """Bytes as an answer with a Content-Length."""
    head, _, body = got.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    if not first:
        return Answered(0, {}, b"")
    pairs = [line.partition(":") for line in lines]
    headers = {name.lower(): text.strip() for name, _, text in pairs}
    size = int(headers.get("content-length", "0"))
    return Answered(int(first.split()[1]), headers, body[:size], body[size:])


def hangs_up(caller: socket.socket, within: float) -> bool:
    """Whether the service ends the connection in time, whatever it says before."""
    end = time.monotonic() + within
    with suppress(ConnectionError, TimeoutError):
        while (left := end - time.monotonic()) > 0:
            caller.settimeout(left)
            if not caller.recv(65_536):
                return True
        return False
    return time.monotonic() < end


def request(
    path: str = "/v1/brands/123456/status",
    body: bytes = b'{"recipient": "+905010000301", "type": "MESAJ"}',
    *,
    method: str = "POST",
    headers: str = "",
    key: str = KEY,
    length: int | None = None,
) -> bytes:
    """A request as bytes; `headers` are whole lines."""
    shown = f"Authorization: Bearer {key}\r\n" if key else ""
    usual = "" if method == "GET" else "Content-Type: application/json\r\n"
    if method != "GET" and length != -1:
        usual += f"Content-Length: {len(body) if length is None else length}\r\n"
    head = f"{method} {path} HTTP/1.1\r\nHost: x\r\n{shown}{usual}{headers}\r\n"
    return head.encode("latin-1") + (b"" if method == "GET" else body)


@contextmanager
def serving(data: Path, errors: Path, **settings: str | None) -> Iterator[Served]:
    """`izin serve` on a port of its own; told to stop at the end, and it does.

    `IZIN_API_KEY=None` leaves the key of the tests out.
    """
    given = {"IZIN_API_KEY": KEY, **settings}
    wanted = {name: text for name, text in given.items() if text is not None}
    with errors.open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "ledger.cli.main", "serve", "--port", "0", "--data", str(data)],
            cwd=ROOT,
            env=environment(**wanted),
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        assert process.stdout is not None
        try:
            said: list[str] = []
            found = None
            while found is None:
                said.append(process.stdout.readline())
                assert said[-1], errors.read_text()
                found = re.search(r"http://([^:]+):([0-9]+)", said[-1])
            yield Served(found[1], int(found[2]), tuple(said), errors, process.pid)
        finally:
            process.terminate()
            process.communicate(timeout=60)

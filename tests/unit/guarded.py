"""A tiny service behind the guard, and a caller: what `test_guard*.py` ask with."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ledger.api.guard import Guard
from ledger.errors import StoreUnavailable
from ledger.recording.principals import KeysStale, Principal
from ledger.vocabulary import Role

TOKEN = "izin_abc_secret"
PRINCIPAL = Principal("abc", "CRM", Role.OPERATOR)
STATUS = "/v1/brands/1/status"
FILTER = "/v1/brands/1/filter"


class KnownKeys:
    """`TOKEN` lets in; `age` counts what `refresh` mends."""

    def __init__(self) -> None:
        self.is_stale = self.is_old = self.is_down = self.is_revoked = False
        self.refreshed = 0

    def find(self, token: str) -> Principal | None:
        if self.is_stale:
            raise KeysStale("old")
        return PRINCIPAL if token == TOKEN and not self.is_revoked else None

    def is_aging(self) -> bool:
        return self.is_old

    def refresh(self) -> None:
        self.refreshed += 1
        if self.is_down:
            raise StoreUnavailable("down")
        self.is_stale = self.is_old = False


@dataclass
class Answer:
    """What the caller got, and how much the service read of the body."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    is_whole: bool = False
    pieces_read: int = 0
    state: dict[str, Any] = field(default_factory=dict)

    @property
    def code(self) -> str:
        return str(json.loads(self.body)["code"])


async def reads_all(scope: Scope, receive: Receive, send: Send) -> None:
    more = True
    while more:
        more = (await receive()).get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"a", b"b")]})
    await send({"type": "http.response.body", "body": b"ok"})


def asked(
    method: str = "POST",
    path: str = STATUS,
    body: bytes | list[bytes] = b"{}",
    *,
    headers: dict[str, str] | None = None,
    query: bytes = b"",
    guard: Guard | None = None,
    app: ASGIApp = reads_all,
    wait: Callable[[int], Awaitable[None]] | None = None,
) -> Answer:
    """The answer to one request with a key, its length and JSON as the usual."""
    return asyncio.run(
        ask(guard or Guard(app, keys=KnownKeys()), method, path, body, headers, query, wait)
    )


async def ask(
    guard: Guard,
    method: str = "POST",
    path: str = STATUS,
    body: bytes | list[bytes] = b"{}",
    headers: dict[str, str] | None = None,
    query: bytes = b"",
    wait: Callable[[int], Awaitable[None]] | None = None,
) -> Answer:
    pieces = [body] if isinstance(body, bytes) else body
    usual = {"authorization": f"Bearer {TOKEN}"}
    if method == "POST":
        usual |= {"content-type": "application/json", "content-length": str(len(b"".join(pieces)))}
    given = {name: text for name, text in {**usual, **(headers or {})}.items() if text != ""}
    answer = Answer()
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query,
        "headers": [(name.encode(), text.encode("latin-1")) for name, text in given.items()],
    }

    async def receive() -> Message:
        number = answer.pieces_read
        if wait is not None:
            await wait(number)
        if number >= len(pieces):
            return {"type": "http.disconnect"}
        answer.pieces_read += 1
        return {
            "type": "http.request",
            "body": pieces[number],
            "more_body": answer.pieces_read < len(pieces),
        }

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            assert not answer.status, "two answers"
            answer.status = message["status"]
            answer.headers = {name.decode(): text.decode() for name, text in message["headers"]}
        else:
            answer.body += message.get("body", b"")
            answer.is_whole = not message.get("more_body", False)

    await guard(scope, receive, send)
    answer.state = scope.get("state", {})  # type: ignore[assignment]  # a dict, made by the guard
    return answer

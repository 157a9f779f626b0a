"""The event loop never waits for PostgreSQL: one thread serves everybody."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
from psycopg_pool import ConnectionPool
from starlette.types import Message

from ledger.api.app import create_app
from ledger.api.guard import Guard
from ledger.bootstrap import Home
from ledger.vocabulary import Role
from tests.integration.acts import BRAND_CODE, IYS_CODE
from tests.unit.guarded import ask

IN_BRAND = f"/v1/brands/{BRAND_CODE}"
PERSON = {"recipient": "+905010000001", "type": "MESAJ"}
ACT = {**PERSON, "source": "HS_WEB", "consentDate": "2026-11-01 09:00:00"}
ITEMS = {"items": [PERSON, {"recipient": "x", "type": "MESAJ"}]}
REQUESTS: list[tuple[str, str, object]] = [
    ("POST", f"{IN_BRAND}/status", PERSON),
    ("POST", f"{IN_BRAND}/consents", {**ACT, "status": "ONAY"}),
    ("POST", f"{IN_BRAND}/consents", {**ACT, "status": "RET"}),
    ("POST", f"{IN_BRAND}/consents", {"items": [{**ACT, "status": "RET"}, {"type": "MESAJ"}]}),
    ("POST", "/v1/refusals", {"recipient": "+905010000002"}),
    ("POST", f"{IN_BRAND}/status", {**PERSON, "at": "2026-11-20 09:00:00"}),
    ("POST", f"{IN_BRAND}/history", PERSON),
    ("POST", f"{IN_BRAND}/decisions", ITEMS),
    ("GET", f"{IN_BRAND}/refusals", None),
    ("GET", f"{IN_BRAND}/consents/changes", None),
    ("GET", "/metrics", None),
    ("GET", "/readyz", None),
]


@asynccontextmanager
async def started(guard: Guard) -> AsyncIterator[None]:
    """As the server tells it to begin; its end is not waited for."""
    told, said = asyncio.Queue[Message](), asyncio.Queue[Message]()
    told.put_nowait({"type": "lifespan.startup"})
    running = asyncio.create_task(guard({"type": "lifespan"}, told.get, said.put))
    assert (await said.get())["type"] == "lifespan.startup.complete"
    yield
    running.cancel()


def test_no_request_asks_postgresql_in_the_thread_of_the_event_loop(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, token = home.keys.add(
        "n", Role.ADMIN, IYS_CODE, brands=None, created_by="system:test", expires_at=None
    )
    threads: set[int] = set()
    lend = ConnectionPool.getconn

    def noted(pool: Any, timeout: float | None = None) -> Any:
        threads.add(threading.get_ident())
        return lend(pool, timeout)

    monkeypatch.setattr(ConnectionPool, "getconn", noted)

    async def served() -> list[tuple[str, int, set[int]]]:
        guard = create_app(cast(Any, home))
        found = []
        async with started(guard):
            for method, path, body in REQUESTS:
                threads.clear()
                content = b"{}" if body is None else json.dumps(body).encode()
                headers = {"authorization": f"Bearer {token}"}
                answer = await ask(guard, method, path, content, headers)
                found.append((path, answer.status, set(threads)))
        return found

    found = asyncio.run(served())

    assert [status for _, status, _ in found if status not in (200, 201)] == []
    assert sum(bool(asked) for _, _, asked in found) >= len(REQUESTS) - 1, "somebody asked"
    loop = threading.get_ident()
    assert [path for path, _, asked in found if loop in asked] == []

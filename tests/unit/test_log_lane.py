"""The open log is read by anybody: however many they are, few threads serve them."""

import asyncio
import threading
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import httpx
from fastapi import FastAPI

from ledger.api import log
from ledger.evidence.log_ports import LogStore
from ledger.vocabulary import IysCode

SECONDS_MAX = 10.0


class Slow:
    """Providers that nobody has, found slowly."""

    def __init__(self) -> None:
        self.inside = self.most = 0
        self.goes_on = threading.Event()
        self._lock = threading.Lock()

    def iys_codes(self) -> Sequence[IysCode]:
        with self._lock:
            self.inside += 1
            self.most = max(self.most, self.inside)
        self.goes_on.wait(SECONDS_MAX)
        with self._lock:
            self.inside -= 1
        return []

    def log_store(self, iys_code: IysCode) -> LogStore:
        raise AssertionError(iys_code)


async def asked(providers: Slow, count: int) -> None:
    """So many callers at once, half of them for a tile."""
    app = FastAPI()
    service: Any = SimpleNamespace(ledgers=providers)
    app.include_router(log.router(cast(Any, service)))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://log") as client:
        paths = ["/v1/log/checkpoint", "/v1/log/tile/0/000"] * (count // 2)
        waiting = [asyncio.create_task(client.get(path)) for path in paths]
        await asyncio.sleep(0.2)
        providers.goes_on.set()
        await asyncio.gather(*waiting)


def test_the_open_log_takes_few_threads() -> None:
    providers = Slow()

    asyncio.run(asked(providers, 20))

    assert providers.most == log.AT_ONCE

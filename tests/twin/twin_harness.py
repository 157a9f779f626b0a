"""A twin under test: its clock stands still, its chance is counted, its HTTP needs no port."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import httpx
import uvicorn

from ledger.iys_twin.app import ENDPOINT_NAMES, TwinApp
from ledger.iys_twin.engine import Twin
from ledger.iys_twin.settings import TwinSettings

IYS_CODE = 678910
SUB_BRAND = 678911
BRAND_PATH = f"/sps/{IYS_CODE}/brands/{IYS_CODE}"
START = "2026-03-04 10:00:00"
"""A Wednesday; three business days back is Friday, 27 February, 10:00."""
YESTERDAY = "2026-03-03 10:15:00"
PHONE = "+905010000101"
MAILBOX = "deneme@ornek.com.tr"
A_TCKN, A_VKN = "10000000146", "8450525470"

JsonAnswer = Any


def a_consent(**changed: Any) -> dict[str, Any]:
    """A consent İYS takes; a member that is changed to None is left out."""
    whole = {
        "recipient": PHONE,
        "type": "MESAJ",
        "source": "HS_WEB",
        "status": "ONAY",
        "consentDate": YESTERDAY,
        "recipientType": "BIREYSEL",
        **changed,
    }
    return {name: value for name, value in whole.items() if value is not None}


def a_phone(number: int) -> str:
    """One of 100,000 made-up numbers."""
    return f"+9050100{number:05}"


def a_retailer(**changed: Any) -> dict[str, Any]:
    """A retailer İYS takes."""
    whole = {
        "title": "Deneme Ticaret",
        "name": "Deneme Kişi",
        "tckn": A_TCKN,
        "tin": A_VKN,
        "city": {"name": "İstanbul", "code": "34"},
        "town": {"name": "Kadıköy", "code": "429"},
        **changed,
    }
    return {name: value for name, value in whole.items() if value is not None}


class FakeBytes:
    """Random bytes that are counted: equal in every run, different every time."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def __call__(self, size: int) -> bytes:
        number = next(self._numbers)
        return (b"\xa1" + number.to_bytes(size - 1, "big")) if size > 1 else b"\x01"


@dataclass
class TwinHarness:
    """A twin and a caller that is logged in."""

    settings: TwinSettings
    real: datetime = datetime(2026, 3, 4, 7, tzinfo=UTC)
    real_seconds: float = 0.0
    runner: asyncio.Runner = field(default_factory=asyncio.Runner)
    headers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.twin = Twin(
            self.settings,
            real_now=lambda: self.real,
            real_seconds=lambda: self.real_seconds,
            random_bytes=FakeBytes(),
            endpoints=ENDPOINT_NAMES,
        )
        self.app = TwinApp(self.twin)

    def request(
        self, method: str, path: str, *, body: Any = None, logged_in: bool = True, **more: Any
    ) -> httpx.Response:
        """One request. Ten a second are no matter here unless a test says so."""
        headers = {**(self.headers if logged_in else {}), **more.pop("headers", {})}
        if body is not None:
            more["content"] = body if isinstance(body, bytes) else json.dumps(body)

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://twin") as client:
                return await client.request(method, path, headers=headers, **more)

        return self.runner.run(ask())

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.request("GET", path, **more)

    def post(self, path: str, body: Any = None, **more: Any) -> httpx.Response:
        return self.request("POST", path, body=body, **more)

    def log_in(self, username: str = "twin", password: str = "twin-password") -> httpx.Response:
        """Log in and keep the token."""
        form = {"grant_type": "password", "username": username, "password": password}
        answer = self.post("/oauth2/token", form, logged_in=False)
        if answer.status_code == 200:
            self.headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        return answer

    def add(self, *, v2: bool = False, **changed: Any) -> httpx.Response:
        """Add one consent."""
        return self.post(f"{'/v2' if v2 else ''}{BRAND_PATH}/consents", a_consent(**changed))

    def bulk(self, consents: list[Any], *, v2: bool = False) -> httpx.Response:
        """Hand over a list."""
        return self.post(f"{'/v2' if v2 else ''}{BRAND_PATH}/consents/request", consents)

    def result(self, request_id: str, *, v2: bool = False) -> JsonAnswer:
        """What became of a list."""
        path = f"{'/v2' if v2 else ''}{BRAND_PATH}/consents/request/{request_id}"
        return self.get(path).json()

    def move(self, how: str = "sms", **changed: Any) -> httpx.Response:
        """A recipient acts."""
        return self.post("/_twin/movements", {"how": how, "recipient": PHONE, **changed})

    def advance(self, *, log_in: bool = True, **span: float) -> None:
        """Let time pass on the twin's clock; the caller logs in anew."""
        self.twin.clock.advance(timedelta(**span).total_seconds())
        if log_in and self.headers:
            self.log_in()

    def retailer(self, **changed: Any) -> int:
        """Make a retailer."""
        answer = self.post(f"{BRAND_PATH}/retailers", a_retailer(**changed))
        return int(answer.json()["retailerCode"])


def codes(answer: httpx.Response) -> list[str]:
    """The codes of a refusal, in order."""
    return [one["code"] for one in answer.json()["errors"]]


@contextmanager
def twin_harness(**settings: Any) -> Iterator[TwinHarness]:
    """A twin with two brands and no limit per second."""
    given = {
        "iys_code": IYS_CODE,
        "brands": (SUB_BRAND,),
        "start_at": START,
        "requests_per_second": 1_000_000,
        **settings,
    }
    harness = TwinHarness(TwinSettings(**given))
    with harness.runner, closing(harness.twin):
        harness.log_in()
        yield harness


@contextmanager
def served(app: Any, **settings: Any) -> Iterator[str]:
    """An application on a port of its own; its URL."""
    config = uvicorn.Config(app, port=0, log_level="critical", access_log=False, **settings)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        wait_for(lambda: server.started)
        yield "http://{}:{}".format(*server.servers[0].sockets[0].getsockname()[:2])
    finally:
        server.should_exit = True
        thread.join(10)


def wait_for(holds: Any, seconds: float = 10.0) -> None:
    """Wait until something holds; fails when it never does."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never came to hold"
        time.sleep(0.01)

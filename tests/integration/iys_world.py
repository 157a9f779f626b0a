"""A twin on a port and a client of its: both on the twin's clock, pauses noted and not waited."""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from ledger.bootstrap import Home
from ledger.iys_sync import wire
from ledger.iys_sync.client import IysClient
from ledger.iys_sync.exchange import PAUSE_SECONDS
from ledger.iys_sync.line import Means
from ledger.iys_sync.tokens import Credentials
from ledger.store.iys_account import AccountAtIys, IysAccountTable
from ledger.store.iys_gate import IysGate
from ledger.store.vault import ProviderVault
from ledger.vocabulary import Channel, ConsentSource, ConsentStatus, RecipientType
from tests.integration.acts import IYS_CODE
from tests.twin.twin_harness import TwinHarness, served, twin_harness

V2 = "/v2/sps/{iysCode}/brands/{brandCode}"
ADD = f"POST {V2}/consents"
ADD_LIST = f"POST {V2}/consents/request"
TOKEN = "POST /oauth2/token"
FAST = 1_000_000.0
HOSTS = count()


@dataclass
class IysWorld:
    """Everything a caller of İYS has, and the twin behind it."""

    home: Home
    twin: TwinHarness
    url: str
    pauses: list[float] = field(default_factory=list)
    """Those before a repetition; the waits for a slot are shorter."""

    def __post_init__(self) -> None:
        keys = self.home.providers.keys(IYS_CODE)
        vault = ProviderVault(keys)
        self.account = IysAccountTable(self.home.dsn, self.home.database, IYS_CODE, vault)
        self.account.remove()  # of the test before
        self.host = f"{self.url} {next(HOSTS)}"
        self.gate = IysGate(self.home.database, self.host, rate=FAST)
        self.means = Means(now=self.now, sleep=self._sleep, chance=random.Random(7).random)

    def now(self) -> datetime:
        """The twin's instant."""
        return self.twin.twin.clock.instant

    def client(self, *, password: str = "twin-password", **changed: Any) -> IysClient:
        """Another client of the same account, as another process has it."""
        given = {"gate": self.gate, "tokens": self.account, "means": self.means, **changed}
        return IysClient(IYS_CODE, self.url, Credentials("twin", password), **given)

    def fault(self, kind: str, endpoint: str | None = None, **more: Any) -> None:
        """Let something go wrong at İYS."""
        self.twin.twin.faults.add(kind, now=self.twin.twin.now(), endpoint=endpoint, **more)

    def tokens_asked(self) -> int:
        """Calls of the token endpoint in the last hour, by İYS's count."""
        return sum(one.tokens_last_hour for one in self._quotas())

    def stored(self) -> int:
        """Movements that providers made at İYS."""
        return sum(len(brand.own) for brand in self.twin.twin.world.brands.values())

    def _quotas(self) -> list[Any]:
        twin = self.twin.twin
        return twin.quotas.report(twin.now(), twin.real_seconds())

    def _sleep(self, seconds: float) -> None:
        if seconds >= PAUSE_SECONDS / 2:
            self.pauses.append(seconds)
        time.sleep(min(seconds, 0.002))


class Port:
    """A server whose twin changes from test to test: to start one takes longer than most tests."""

    url = ""
    _app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection, as ASGI has it."""
        await self._app(scope, receive, send)

    def lead_to(self, app: ASGIApp) -> None:
        """Let the next requests reach another application."""
        self._app = app


@contextmanager
def a_port() -> Iterator[Port]:
    """A port, for as many twins one after another."""
    port = Port()
    with served(port, lifespan="off") as port.url:
        yield port


@contextmanager
def iys_world(home: Home, port: Port, **settings: Any) -> Iterator[IysWorld]:
    """A twin of provider 123456 whose clock stands still at `twin_harness.START`."""
    with twin_harness(iys_code=IYS_CODE, brands=(), **settings) as twin:
        twin.twin.quotas._callers.clear()  # the harness's own log-in
        port.lead_to(twin.app)
        yield IysWorld(home, twin, port.url)


def an_outgoing(number: int = 1, **changed: Any) -> wire.Outgoing:
    """A consent İYS takes."""
    whole = {
        "recipient": f"+9050100{number:05}",
        "channel": Channel.MESSAGE,
        "recipient_type": RecipientType.INDIVIDUAL,
        "status": ConsentStatus.GRANTED,
        "source": ConsentSource.HS_WEB,
        "consent_date": "2026-03-03 10:15:00",
        **changed,
    }
    return wire.Outgoing(**whole)


def an_account(**changed: Any) -> AccountAtIys:
    """An account as people give it."""
    whole = {"url": "https://api.ornek.test", "username": "u", "password": "p", **changed}
    return AccountAtIys(**whole)

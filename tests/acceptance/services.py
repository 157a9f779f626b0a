"""`izin serve`, one process or more on one database, which the test holds open as well."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx

from ledger import bootstrap, clock
from ledger.aggregates.commands import Origin, Provenance, SeeAtIys
from ledger.aggregates.intake import RawAct, parse_act
from ledger.bootstrap import Home
from ledger.recording.request import Request
from ledger.store.providers import ProviderDetails
from ledger.vocabulary import (
    BrandCode,
    Channel,
    ConsentSource,
    IysCode,
    IysState,
    Outcome,
    Role,
    SeenHow,
)
from tests.acceptance.wire import KEY, Served, serving
from tests.check import check_ledger
from tests.conftest import Server, a_clone

IYS_CODE, OTHER_IYS_CODE = IysCode(123456), IysCode(777777)
BRAND, SISTER, FOREIGN = 123456, 654321, 777777
"""Two brands of one provider and one of another."""
CONSENTS, STATUS, HISTORY = (
    f"/v1/brands/{BRAND}/{name}" for name in ("consents", "status", "history")
)
DECISIONS, FILTER = f"/v1/brands/{BRAND}/decisions", f"/v1/brands/{BRAND}/filter"
FEED, CHANGES = f"/v1/brands/{BRAND}/refusals", f"/v1/brands/{BRAND}/consents/changes"
REFUSALS = "/v1/refusals"
MANY = {"IZIN_RATE_PER_SECOND": "100000", "IZIN_RATE_BURST": "100000"}
Json = dict[str, Any]
_numbers = count(10_000)


def short(value: object) -> str:
    """Names a case of a test."""
    return ascii(value)[:50]


def a_phone() -> str:
    """One that no other test knows."""
    return f"+90501{next(_numbers):07d}"


def a_mailbox() -> str:
    """One that no other test knows."""
    return f"kisi.{next(_numbers)}@ornek.com.tr"


def minutes_ago(minutes: float) -> str:
    """In İYS's form."""
    return clock.iys_text(clock.now() - timedelta(minutes=minutes))


def an_item(**changes: object) -> Json:
    """A sound consent of somebody new, an hour old; members set to None are left out."""
    item = {
        "recipient": a_phone(),
        "type": "MESAJ",
        "status": "ONAY",
        "source": "HS_WEB",
        "consentDate": minutes_ago(60),
        **changes,
    }
    return {name: value for name, value in item.items() if value is not None}


def a_ret(**changes: object) -> Json:
    """A sound refusal of somebody new, half an hour old."""
    usual = {"status": "RET", "source": "HS_MESAJ", "consentDate": minutes_ago(30)}
    return an_item(**{**usual, **changes})


@dataclass(frozen=True, slots=True)
class Running:
    """A service, and its database as another process sees it. `keys`: tokens by their names."""

    home: Home
    served: Served
    client: httpx.Client
    keys: Mapping[str, str]

    def post(self, path: str, body: object, **headers: str) -> httpx.Response:
        """JSON; `key` is the name of another key than the starter's."""
        return self.client.post(path, json=body, headers=self._headers(headers))

    def get(self, path: str, **headers: str) -> httpx.Response:
        """As `post`."""
        return self.client.get(path, headers=self._headers(headers))

    def send(self, path: str, content: bytes, **headers: str) -> httpx.Response:
        """Bytes as they are; JSON by their media type unless told."""
        given = {"content_type": "application/json", **headers}
        return self.client.post(path, content=content, headers=self._headers(given))

    def item(self, item: Json, **headers: str) -> Json:
        """The one answer on one item."""
        answered = self.post(CONSENTS, item, **headers)
        assert answered.status_code in (200, 201), answered.text
        (only,) = answered.json()["items"]
        return dict(only)

    def verdict(self, recipient: str, channel: str = "MESAJ", kind: str = "BIREYSEL") -> Json:
        """By the status."""
        asked = {"recipient": recipient, "type": channel, "recipientType": kind}
        answered = self.post(STATUS, asked)
        assert answered.status_code == 200, answered.text
        return dict(answered.json())

    def errors(self) -> str:
        """All that the service wrote beside its answers."""
        return self.served.errors.read_text()

    def register(self, *recipients: str) -> None:
        """Consents to messages, of an hour ago, that İYS shows: they may be written to."""
        ledger, now = self.home.ledger(IYS_CODE), clock.now()
        date = minutes_ago(60)
        given = Provenance(
            origin=Origin.LIVE,
            via="api",
            actor="key:test",
            received_at=clock.utc_text(now),
            tzdata=clock.TZDATA_VERSION,
        )
        shown = SeeAtIys(
            state=IysState.GRANTED,
            at=clock.utc_text(now),
            seen_at=clock.utc_text(now),
            how=SeenHow.RESULT,
            consent_date=date,
            source=ConsentSource.HS_WEB,
            creation_date=clock.iys_text(now),
            tzdata=clock.TZDATA_VERSION,
            actor="system:test",
            of=1,
        )
        requests = []
        for recipient in recipients:
            raw = RawAct("MESAJ", "HS_WEB", recipient, "ONAY", date, "BIREYSEL")
            act = parse_act(raw, given, received_at=now)
            for command in (act.command, shown):
                whose = (act.address, BrandCode(BRAND), act.channel, act.recipient_types)
                requests.append(Request(*whose, command))
        assert {receipt.outcome for receipt in ledger.record(requests)} == {Outcome.RECORDED}
        ledger.decisions.note_iys_complete(BrandCode(BRAND), Channel.MESSAGE, now)

    def _headers(self, given: Mapping[str, str]) -> dict[str, str]:
        headers = {name.replace("_", "-"): text for name, text in given.items() if name != "key"}
        if "key" in given:
            headers["Authorization"] = f"Bearer {self.keys[given['key']]}"
        return headers


@contextmanager
def running(server: Server, folder: Path, **settings: str) -> Iterator[Running]:
    """One process; see `several`."""
    with several(server, folder, 1, **settings) as (service,):
        yield service


@contextmanager
def several(
    server: Server, folder: Path, processes: int, **settings: str
) -> Iterator[Sequence[Running]]:
    """So many processes on a database of their own, told to stop and checked at the end."""
    with a_clone(server, folder) as cloned, bootstrap.home(cloned) as home:
        keys = {"starter": KEY, **_prepared(home)}
        dsn, key_folder = cloned.database_url, str(cloned.key_folder)
        assert dsn is not None
        own = {**MANY, "DATABASE_URL": dsn, "IZIN_KEYS": key_folder, **settings}
        with ExitStack() as stack:
            made = []
            for number in range(processes):
                errors = folder / f"errors-{number}"
                served = stack.enter_context(serving(folder / "data", errors, **own))
                base = f"http://{served.host}:{served.port}"
                headers = {"Authorization": f"Bearer {KEY}"}
                client = httpx.Client(base_url=base, headers=headers, timeout=60)
                made.append(Running(home, served, stack.enter_context(client), keys))
            yield made
        for code in (IYS_CODE, OTHER_IYS_CODE):
            check_ledger(home, code)


def _prepared(home: Home) -> dict[str, str]:
    """Brands and keys."""
    home.add_brand(IYS_CODE, BrandCode(SISTER), "Kardeş", actor="system:test")
    home.add_provider(OTHER_IYS_CODE, ProviderDetails("Başka A.Ş."), actor="system:test")
    home.add_brand(OTHER_IYS_CODE, BrandCode(FOREIGN), "Başka", actor="system:test")
    wanted: dict[str, tuple[Role, list[BrandCode] | None]] = {
        "operator": (Role.OPERATOR, None),
        "sister": (Role.OPERATOR, [BrandCode(SISTER)]),
        "viewer": (Role.VIEWER, None),
    }
    made = {}
    for name, (role, brands) in wanted.items():
        _, made[name] = home.keys.add(
            name, role, IYS_CODE, brands=brands, created_by="system:test", expires_at=None
        )
    return made


def moment(text: str) -> datetime:
    """An instant of an answer."""
    return clock.from_utc_text(text)

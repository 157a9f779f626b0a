"""What needs a network: pushes with their probe and retries, faults that break connections."""

import asyncio
import base64
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ledger.iys_twin.app import TwinApp
from tests.twin.twin_harness import (
    BRAND_PATH,
    PHONE,
    TwinHarness,
    a_consent,
    a_phone,
    codes,
    served,
    twin_harness,
    wait_for,
)

REGISTER = f"{BRAND_PATH}/push/registration"
ADD = "POST /sps/{iysCode}/brands/{brandCode}/consents"
PROBE_ID = "e52ee30512adfcd2a41fb3b4682f5bd61eee5b1c92bda665fc0b7e56644d429d"


@dataclass
class Receiver:
    """A provider that listens; `answers`: statuses to give, the last for ever."""

    answers: list[int] = field(default_factory=lambda: [200])
    seen: list[dict[str, Any]] = field(default_factory=list)
    credentials: list[str] = field(default_factory=list)
    url: str = ""

    async def take(self, request: Request) -> Response:
        self.seen.append(json.loads(await request.body()))
        basic = request.headers["authorization"].removeprefix("Basic ")
        self.credentials.append(base64.b64decode(basic).decode())
        status = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return Response(status_code=status)

    @property
    def pushed(self) -> list[dict[str, Any]]:
        """What came after the probe."""
        return [one for body in self.seen for one in body["list"] if one["iysCode"] != 121212]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    app = Starlette(routes=[Route("/iys", made.take, methods=["POST"])])
    with served(app) as url:
        made.url = f"{url}/iys"
        yield made


@pytest.fixture
def live() -> Iterator[tuple[TwinHarness, httpx.Client]]:
    """A twin on a port, with its pushes going out, and a client that is logged in."""
    with (
        twin_harness(push_allows_http=True, push_retry_seconds=60, push_tries=2) as twin,
        served(twin.app) as url,
        httpx.Client(base_url=url, headers=twin.headers, timeout=10) as client,
    ):
        twin.twin.clock.run(0)
        yield twin, client


def connection(receiver: Receiver, **changed: Any) -> dict[str, Any]:
    whole = {"url": receiver.url, "type": "MESAJ", "username": "u", "password": "p", **changed}
    return {"connection": [whole]}


def test_a_registration_is_probed_with_the_fixed_payload(
    live: tuple[TwinHarness, httpx.Client], receiver: Receiver
) -> None:
    _, client = live

    made = client.post(REGISTER, json=connection(receiver))

    assert made.json() == {"message": "Bağlantı oluşturuldu"}
    (probe,) = receiver.seen
    assert probe["list"][0]["transactionId"] == PROBE_ID
    assert probe["list"][0]["source"] == "IYS_MOBIL"
    assert receiver.credentials == ["u:p"]
    assert client.get(REGISTER).json() == [
        {
            "url": receiver.url,
            "type": "MESAJ",
            "registerTime": "2026-03-04 10:00:00",
            "status": "Bağlantı Oluşturuldu",
        }
    ]


def test_a_refused_probe_registers_nothing(
    live: tuple[TwinHarness, httpx.Client], receiver: Receiver
) -> None:
    _, client = live
    receiver.answers = [401]

    answer = client.post(REGISTER, json=connection(receiver))

    assert answer.status_code == 422 and codes(answer) == ["H530"]
    assert client.get(REGISTER).json() == []


def test_a_probe_times_out() -> None:
    async def sleeps(_: Request) -> Response:
        time.sleep(0.5)
        return Response()

    app = Starlette(routes=[Route("/iys", sleeps, methods=["POST"])])
    with (
        served(app) as receiver,
        twin_harness(push_allows_http=True, push_timeout_seconds=0.1) as twin,
    ):
        body = {"url": f"{receiver}/iys", "type": "MESAJ", "username": "u", "password": "p"}
        answer = twin.post(REGISTER, {"connection": [body]})

    assert codes(answer) == ["H191"]
    assert answer.json()["errors"][0]["message"] == "Bağlantı zaman aşımına uğradı."


@pytest.mark.parametrize(
    ("url", "allows_http", "code"),
    [
        *(("http://127.0.0.1:9/", False, "H531"), ("http://a.example/", True, "H531")),
        *(("ftp://127.0.0.1/", True, "H531"), ("https://", True, "H531")),
        *(("http://127.0.0.1:9/", True, "H530"), ("http://[::1", True, "H531")),
        *(("https://127.0.0.1:99999/", False, "H531"), ("https://xn--/", False, "H530")),
    ],
)
def test_only_https_or_this_machine(url: str, allows_http: bool, code: str) -> None:
    with twin_harness(push_allows_http=allows_http) as twin:
        body = {"url": url, "type": "MESAJ", "username": "u", "password": "p"}
        assert codes(twin.post(REGISTER, {"connection": [body]})) == [code]


def test_two_connections_of_a_channel_and_no_third(
    live: tuple[TwinHarness, httpx.Client], receiver: Receiver
) -> None:
    _, client = live
    statuses = [client.post(REGISTER, json=connection(receiver)).status_code for _ in range(3)]
    other = client.post(REGISTER, json=connection(receiver, type="ARAMA"))

    assert statuses == [200, 200, 422] and other.status_code == 200
    (one,) = connection(receiver)["connection"]
    gone = client.post(f"{BRAND_PATH}/push/unregistration", json=one)
    assert gone.json() == {"message": "Bağlantı Kaldırıldı"}
    assert len(client.get(REGISTER).json()) == 2


def test_a_movement_is_pushed_to_its_channel_only(
    live: tuple[TwinHarness, httpx.Client], receiver: Receiver
) -> None:
    twin, client = live
    client.post(REGISTER, json=connection(receiver))
    client.post(f"{BRAND_PATH}/consents", json=a_consent(type="ARAMA"))
    client.post(f"{BRAND_PATH}/consents", json=a_consent())

    client.post("/_twin/movements", json={"how": "sms", "recipient": PHONE, "type": "ARAMA"})
    moved = client.post("/_twin/movements", json={"how": "sms", "recipient": PHONE})

    wait_for(lambda: twin.twin.pushes.report.delivered == 1)
    (one,) = receiver.pushed
    assert one["transactionId"] == moved.json()["transactionIds"][0]
    assert (one["iysCode"], one["brandCode"], one["type"]) == (678910, 678910, "MESAJ")


def test_a_push_is_tried_again_by_the_twins_clock_then_given_up(
    live: tuple[TwinHarness, httpx.Client], receiver: Receiver
) -> None:
    twin, client = live
    receiver.answers = [200, 500]
    client.post(REGISTER, json=connection(receiver))
    client.post(f"{BRAND_PATH}/consents", json=a_consent())
    client.post("/_twin/movements", json={"how": "web", "recipient": PHONE})
    report = twin.twin.pushes.report

    wait_for(lambda: report.failed_tries == 1)
    assert report.waiting == 1
    client.post("/_twin/clock", json={"advanceSeconds": 60})
    wait_for(lambda: report.failed_tries == 2)

    assert (report.given_up, report.waiting, report.delivered) == (1, 0, 0)
    assert len(receiver.pushed) == 2


def test_a_push_can_come_twice(live: tuple[TwinHarness, httpx.Client], receiver: Receiver) -> None:
    twin, client = live
    client.post(REGISTER, json=connection(receiver))
    client.post(f"{BRAND_PATH}/consents", json=a_consent())
    client.post("/_twin/faults", json={"kind": "duplicate_push"})
    client.post("/_twin/movements", json={"how": "sms", "recipient": PHONE})

    wait_for(lambda: twin.twin.pushes.report.delivered == 2)
    assert receiver.pushed[0] == receiver.pushed[1]


def stored(twin: TwinHarness) -> int:
    return twin.twin.world.consent_count()


@pytest.mark.parametrize(("kind", "kept"), [("lost_request", 0), ("lost_answer", 1), ("cut", 1)])
def test_a_connection_breaks_before_or_after_the_write(
    kind: str, kept: int, live: tuple[TwinHarness, httpx.Client]
) -> None:
    twin, client = live
    client.post("/_twin/faults", json={"kind": kind, "endpoint": ADD})

    with pytest.raises(httpx.RemoteProtocolError if kind == "cut" else httpx.TransportError):
        client.post(f"{BRAND_PATH}/consents", json=a_consent())

    assert stored(twin) == kept
    again = client.post(f"{BRAND_PATH}/consents", json=a_consent(recipient=a_phone(2)))
    assert again.status_code == 200


def test_a_slow_answer_takes_its_time(live: tuple[TwinHarness, httpx.Client]) -> None:
    _, client = live
    client.post("/_twin/faults", json={"kind": "slow", "seconds": 0.3})
    began = time.monotonic()

    assert client.post(f"{BRAND_PATH}/consents", json=a_consent()).status_code == 200

    assert time.monotonic() - began >= 0.3


def test_a_proxys_page_and_a_misspelled_key(twin: TwinHarness) -> None:
    twin.post("/_twin/faults", {"kind": "html"})
    page = twin.add()
    twin.post("/_twin/faults", {"kind": "misspelled"})
    misspelled = twin.add()

    assert page.status_code == 502 and page.headers["content-type"].startswith("text/html")
    assert misspelled.status_code == 403
    assert misspelled.json()["errors"][0]["code:"] == "H353"
    assert stored(twin) == 0


def test_a_bulk_result_stays_empty_for_minutes(twin: TwinHarness) -> None:
    request_id = twin.bulk([a_consent()]).json()["requestId"]
    twin.advance(minutes=1)
    twin.post("/_twin/faults", {"kind": "empty_bulk", "minutes": 5})

    assert twin.result(request_id) == twin.result(request_id) == []
    twin.advance(minutes=5)
    assert twin.result(request_id)[0]["status"] == "success"


def test_a_fault_strikes_as_often_and_where_it_is_told(twin: TwinHarness) -> None:
    body = {"kind": "code", "code": "H101", "times": 2, "endpoint": ADD}
    twin.post("/_twin/faults", body)

    other = twin.get("/info/city")
    answers = [twin.add() for _ in range(3)]

    assert other.status_code == 200
    assert [one.status_code for one in answers] == [500, 500, 200]
    assert twin.post("/_twin/faults", body).json()[0]["times"] == 2
    assert twin.request("DELETE", "/_twin/faults").json() == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "quake"}, "kind"),
        ({"kind": "code"}, "code"),
        ({"kind": "code", "code": "H999"}, "code"),
        ({"kind": "html", "code": "H101"}, "code"),
        ({"kind": "html", "endpoint": "POST /"}, "endpoint"),
        ({"kind": "html", "times": 0}, "times"),
        ({"kind": "html", "minutes": 0}, "minutes"),
        ({"kind": "slow", "seconds": 601}, "seconds"),
    ],
)
def test_a_fault_that_cannot_be_is_422(body: dict[str, Any], field: str, twin: TwinHarness) -> None:
    answer = twin.post("/_twin/faults", body)
    assert answer.status_code == 422 and answer.json()["field"] == field
    assert twin.get("/_twin/state").json()["faults"] == []


def test_what_lives_alongside_and_dies_is_not_swallowed() -> None:
    class Broken(Exception):
        pass

    async def dies(_: Any) -> None:
        raise Broken

    async def live_a_little(app: TwinApp) -> None:
        sent: list[Any] = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
        told: list[Any] = []

        async def receive() -> Any:
            await asyncio.sleep(0.01)
            return sent.pop(0)

        async def send(message: Any) -> None:
            told.append(message)

        with pytest.raises(Broken):
            await app({"type": "lifespan", "state": {}}, receive, send)
        assert told[-1]["type"] == "lifespan.shutdown.failed"

    with twin_harness() as twin:
        asyncio.run(live_a_little(TwinApp(twin.twin, [dies])))

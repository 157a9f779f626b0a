"""The requests of public İYS clients, down to headers and bytes, do at the twin what they are for.

Facts of their sources, in our own words: inarli/iys-php-client 6aaedd3, macellan/iys ebb4702,
mhunesi/yii2-iys d13c9ac, mustafatokmak1881/iys-api c56267c, ozgur-yalcin/iys 1b8ebf8,
MECoban/iys_toplu_yukleme_araci e6d3b6c, iysorgtr/csv-ile-toplu-izin-gonderme 0cb5059 (İYS's own).
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from tests.twin.twin_harness import BRAND_PATH, PHONE, YESTERDAY, TwinHarness, a_phone

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
COMPACT = (",", ":")
"""As PHP, JavaScript, Go and Java write JSON."""
CREDENTIALS = {"username": "twin", "password": "twin-password", "grant_type": "password"}
BY_SOURCE = ("type", "source", "recipient", "status", "consentDate", "recipientType")
EVERY_STEP = frozenset({"add", "bulk", "result", "status", "pull"})


@dataclass(frozen=True, slots=True)
class PublicClient:
    """How a client asks.

    `members` and `asked`: of a consent and of a status query, in its order; `typed`: whether a GET
    has a content type; `pulls`: the query of its pull.
    """

    log_in: tuple[str, tuple[str, ...]]
    members: tuple[str, ...]
    does: frozenset[str]
    asked: tuple[str, ...] = ("recipient", "recipientType", "type")
    headers: dict[str, str] = field(default_factory=dict)
    typed: bool = True
    separators: tuple[str, str] | None = COMPACT
    extra: dict[str, Any] = field(default_factory=dict)
    pulls: str = ""

    def written(self, body: Any) -> bytes:
        """JSON in its own spelling."""
        return json.dumps(body, separators=self.separators).encode()

    def logs_in(self, twin: TwinHarness) -> httpx.Response:
        """Ask for a token and go on with it."""
        media, order = self.log_in
        known = {**CREDENTIALS, **self.extra}
        said = {name: known[name] for name in order}
        body = urlencode(said).encode() if media == FORM else self.written(said)
        headers = {**self.headers, "Content-Type": media}
        answer = twin.post("/oauth2/token", body, logged_in=False, headers=headers)
        twin.headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        return answer

    def posts(self, twin: TwinHarness, path: str, body: Any) -> httpx.Response:
        """Send JSON."""
        headers = {**self.headers, "Content-Type": JSON}
        return twin.post(f"{BRAND_PATH}/{path}", self.written(body), headers=headers)

    def gets(self, twin: TwinHarness, path: str) -> httpx.Response:
        """Ask without a body."""
        headers = {**self.headers, **({"Content-Type": JSON} if self.typed else {})}
        return twin.get(f"{BRAND_PATH}/{path}", headers=headers)

    def consent(self, **changed: str) -> dict[str, str]:
        """A consent with its members in its order."""
        whole = {
            "recipient": PHONE,
            "type": "MESAJ",
            "source": "HS_WEB",
            "status": "ONAY",
            "consentDate": YESTERDAY,
            "recipientType": "BIREYSEL",
            **changed,
        }
        return {name: whole[name] for name in self.members}


BY_JSON = (JSON, ("username", "password", "grant_type"))
TAKES_JSON = {"Accept": JSON}
CLIENTS = {
    "inarli/iys-php-client": PublicClient(
        log_in=(FORM, ("username", "password", "grant_type")),
        members=("recipient", "type", "source", "status", "consentDate", "recipientType"),
        does=EVERY_STEP,
        pulls="?source=HS&limit=100",
        headers={"Accept": "*/*"},
    ),
    "macellan/iys": PublicClient(
        log_in=BY_JSON,
        members=("consentDate", "source", "recipient", "recipientType", "status", "type"),
        does=EVERY_STEP | {"go on"},
        pulls="?source=IYS&limit=999",
        headers=TAKES_JSON,
    ),
    "mhunesi/yii2-iys": PublicClient(
        log_in=BY_JSON,
        members=BY_SOURCE,
        does=EVERY_STEP - {"status"},  # asked at a path that İYS does not have
        headers=TAKES_JSON,
    ),
    "mustafatokmak1881/iys-api": PublicClient(
        # It logs in with its whole configuration.
        log_in=(JSON, ("username", "password", "grant_type", "iysCode", "brandCode", "status")),
        members=BY_SOURCE,
        asked=("type", "recipient", "recipientType"),
        does=frozenset({"add", "status"}),
        headers={"Accept": "application/json, text/plain, */*", "User-Agent": "axios/0.21.4"},
        extra={"iysCode": 678910, "brandCode": 678910, "status": "LIVE"},
    ),
    "ozgur-yalcin/iys": PublicClient(
        log_in=BY_JSON,
        members=("recipient", "recipientType", "type", "source", "status", "consentDate"),
        does=frozenset({"add"}),
        headers={"User-Agent": "Go-http-client/1.1", "Accept-Encoding": "gzip"},
    ),
    "MECoban/iys_toplu_yukleme_araci": PublicClient(
        log_in=(FORM, ("grant_type", "username", "password")),
        members=("type", "status", "source", "recipient", "recipientType", "consentDate"),
        does=frozenset({"bulk", "result"}),
        headers={"Accept": "*/*", "Accept-Encoding": "gzip, deflate"},
        typed=False,
        separators=None,
    ),
    "iysorgtr/csv-ile-toplu-izin-gonderme": PublicClient(
        log_in=(JSON, ("grant_type", "username", "password")),
        members=BY_SOURCE,
        does=frozenset({"bulk"}),
        headers={"Accept": JSON, "Content-Language": "en-GB"},
    ),
}


def who_can(step: str) -> Iterable[str]:
    """The clients that have a step."""
    return [name for name, client in CLIENTS.items() if step in client.does]


@pytest.mark.parametrize("name", CLIENTS)
def test_it_logs_in(name: str, twin: TwinHarness) -> None:
    answer = CLIENTS[name].logs_in(twin)

    told = answer.json()
    assert answer.status_code == 200 and told["token_type"] == "bearer"
    assert told["access_token"] != told["refresh_token"]
    assert (told["expires_in"], told["refresh_expires_in"]) == (7_200, 14_400)
    assert twin.get(f"{BRAND_PATH}/retailers").status_code == 200


@pytest.mark.parametrize("name", who_can("add"))
def test_it_adds_a_consent(name: str, twin: TwinHarness) -> None:
    client = CLIENTS[name]
    client.logs_in(twin)

    added = client.posts(twin, "consents", client.consent())
    # One of these clients has this word for RET.
    refused = client.posts(twin, "consents", client.consent(status="RED"))

    assert added.status_code == 200
    assert len(added.json()["transactionId"]) == 64 and added.json()["creationDate"]
    assert refused.status_code == 422
    assert [(one["code"], one["value"]) for one in refused.json()["errors"]] == [("H115", "RED")]


@pytest.mark.parametrize("name", who_can("bulk"))
def test_it_hands_over_a_list(name: str, twin: TwinHarness) -> None:
    client = CLIENTS[name]
    client.logs_in(twin)
    listed = [client.consent(recipient=a_phone(n)) for n in range(3)]

    taken = client.posts(twin, "consents/request", listed)
    twice = client.posts(twin, "consents/request", [*listed, listed[0]])

    assert taken.status_code == 202 and taken.json()["requestId"]
    subs = taken.json()["subRequests"]
    echoed = [{name: sub[name] for name in client.members} for sub in subs]
    assert echoed == listed and len({sub["subRequestId"] for sub in subs}) == 3
    assert twice.status_code == 422
    assert [(one["index"], one["code"]) for one in twice.json()["errors"]] == [(3, "H194")]


@pytest.mark.parametrize("name", who_can("result"))
def test_it_reads_the_result_of_a_list(name: str, twin: TwinHarness) -> None:
    client = CLIENTS[name]
    client.logs_in(twin)
    listed = [client.consent(), client.consent(recipient=a_phone(7), status="RET")]
    request_id = client.posts(twin, "consents/request", listed).json()["requestId"]

    queued = client.gets(twin, f"consents/request/{request_id}").json()
    twin.advance(seconds=300, log_in=False)
    done = client.gets(twin, f"consents/request/{request_id}").json()

    assert [one["status"] for one in queued] == ["enqueue", "enqueue"]
    assert [(one["index"], one["status"]) for one in done] == [(0, "success"), (1, "failure")]
    assert done[1]["error"]["code"] == "H175" and done[1]["error"]["message"]


@pytest.mark.parametrize("name", who_can("status"))
def test_it_asks_for_a_status(name: str, twin: TwinHarness) -> None:
    client = CLIENTS[name]
    client.logs_in(twin)
    added = client.posts(twin, "consents", client.consent()).json()

    whole = client.consent()
    answer = client.posts(twin, "consents/status", {one: whole[one] for one in client.asked})

    told = answer.json()
    assert answer.status_code == 200 and told["status"] == "ONAY"
    assert told["transactionId"] == added["transactionId"]
    assert {one: told[one] for one in whole} == whole


@pytest.mark.parametrize("name", who_can("pull"))
def test_it_pulls(name: str, twin: TwinHarness) -> None:
    client = CLIENTS[name]
    client.logs_in(twin)
    client.posts(twin, "consents", client.consent())
    twin.move(recipient=PHONE)
    early = client.gets(twin, f"consents/changes{client.pulls}")
    twin.advance(seconds=3_601, log_in=False)

    page = client.gets(twin, f"consents/changes{client.pulls}")

    assert early.status_code == 204 and not early.content
    assert page.status_code == 200 and page.json()["after"]
    status = "ONAY" if "source=HS" in client.pulls else "RET"
    assert [(one["recipient"], one["status"]) for one in page.json()["list"]] == [(PHONE, status)]


@pytest.mark.parametrize("name", who_can("go on"))
def test_it_goes_on_behind_a_page(name: str, twin: TwinHarness) -> None:
    client = CLIENTS[name]
    client.logs_in(twin)
    for number in range(3):
        who = {"recipient": a_phone(number), "citizenName": "Deneme Kişi"}
        assert twin.move("new", status="ONAY", **who).is_success
        twin.advance(seconds=1, log_in=False)
    twin.advance(seconds=3_601, log_in=False)
    found: list[str] = []
    query = client.pulls.replace("limit=999", "limit=2")

    while (page := client.gets(twin, f"consents/changes{query}")).status_code == 200:
        found += [one["recipient"] for one in page.json()["list"]]
        query = f"{client.pulls}&{urlencode({'after': page.json()['after']})}"

    assert page.status_code == 204
    assert found == [a_phone(number) for number in range(3)]

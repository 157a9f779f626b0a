"""Every endpoint answers in the official document's shape, reached by requests that succeed."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from ledger.iys_twin.endpoints import ENDPOINTS
from ledger.iys_twin.world import PushConnection
from tests.twin.twin_harness import (
    BRAND_PATH,
    IYS_CODE,
    PHONE,
    TwinHarness,
    a_consent,
    a_phone,
    a_retailer,
    twin_harness,
)
from tests.twin.twin_shapes import NOT_JSON, SHAPES, B, expect_shape

INTEGRATOR = 74112691
QUERY = {"recipient": PHONE, "recipientType": "BIREYSEL", "type": "MESAJ"}
VIA = {
    "formId": "1",
    "recipient": PHONE,
    "verificationType": "SMS_OTP",
    "consentTypes": [
        {
            "title": "ETK",
            "brandCodes": [IYS_CODE],
            "types": ["MESAJ", "ARAMA"],
            "recipientType": "BIREYSEL",
        },
        {
            "title": "KVK",
            "types": ["AYDINLATMA_METNI"],
            "personData": {"name": "Deneme Kişi", "recipientIdNumber": "11111111111"},
        },
    ],
}
CONNECTION = {"url": "https://a.example", "type": "MESAJ", "username": "u", "password": "p"}


class Peopled:
    """A twin a day later, with everything in it that an endpoint may show."""

    def __init__(self, twin: TwinHarness) -> None:
        self.twin = twin
        self.retailer = twin.retailer(mobile=PHONE, alias="Şube")
        twin.add(retailerCode=self.retailer, retailerAccess=[self.retailer])
        twin.add(recipientType="TACIR", type="ARAMA", source=None, consentDate=None)
        taken = twin.bulk([a_consent(recipient=a_phone(5)), a_consent(status="RET")], v2=True)
        self.request_id = str(taken.json()["requestId"])
        self.queued_id = ""
        twin.move("new", recipient=a_phone(6), status="ONAY", citizenName="Deneme Kişi")
        twin.advance(days=1)
        self.queued_id = str(twin.bulk([a_consent(recipient=a_phone(7))]).json()["requestId"])
        brand = twin.twin.world.brands[IYS_CODE]
        brand.connections.append(PushConnection("https://a.example", "MESAJ", "u", "p", 0))
        self.via_id = twin.post(f"/via/sps/{IYS_CODE}/consent", VIA).json()["message"]["requestId"]
        self.otps = twin.get(f"/_twin/via/{self.via_id}").json()

    def post(self, path: str, body: Any) -> httpx.Response:
        return self.twin.post(f"{BRAND_PATH}/{path}", body)

    def put(self, path: str, body: Any) -> httpx.Response:
        return self.twin.request("PUT", f"{BRAND_PATH}/{path}", body=body)

    def get(self, path: str) -> httpx.Response:
        return self.twin.get(f"{BRAND_PATH}/{path}")

    def as_integrator(self, path: str) -> httpx.Response:
        self.twin.log_in("integrator")
        return self.twin.get(f"/integrator/{INTEGRATOR}/{path}")

    def confirmed(self) -> httpx.Response:
        given = [{"title": title, "otpCode": otp} for title, otp in self.otps.items()]
        body = {"requestId": self.via_id, "verificationType": "SMS_OTP", "consentTypes": given}
        return self.twin.post(f"/via/sps/{IYS_CODE}/confirmation", body)

    def access(self, **more: Any) -> dict[str, Any]:
        key = {name: QUERY[name] for name in ("type", "recipientType")}
        return {**key, "recipients": [PHONE], **more}


@pytest.fixture
def peopled() -> Iterator[Peopled]:
    with twin_harness() as twin:
        yield Peopled(twin)


DAY = "2026-03-04"
REACHED: dict[str, Callable[[Peopled], httpx.Response]] = {
    "POST /oauth2/token": lambda p: p.twin.log_in(),
    f"POST {B}/consents": lambda p: p.post("consents", a_consent(recipient=a_phone(8))),
    f"POST /v2{B}/consents": lambda p: p.twin.add(v2=True, recipient=a_phone(9)),
    f"POST {B}/consents/request": lambda p: p.twin.bulk([a_consent(recipient=a_phone(8))]),
    f"POST /v2{B}/consents/request": lambda p: p.twin.bulk(
        [a_consent(recipient=a_phone(8), recipientType="TACIR", source=None, consentDate=None)],
        v2=True,
    ),
    f"GET {B}/consents/request/{{requestId}}": lambda p: p.get(f"consents/request/{p.queued_id}"),
    f"GET /v2{B}/consents/request/{{requestId}}": lambda p: p.twin.get(
        f"/v2{BRAND_PATH}/consents/request/{p.request_id}"
    ),
    f"POST {B}/consents/status": lambda p: p.post("consents/status", QUERY),
    f"POST {B}/consents/{{recipientType}}/status/{{type}}": lambda p: p.post(
        "consents/BIREYSEL/status/MESAJ", {"recipients": [PHONE, a_phone(70)]}
    ),
    f"POST {B}/consents/history": lambda p: p.post("consents/history", QUERY),
    f"GET {B}/consents/changes": lambda p: p.get("consents/changes?source=IYS"),
    f"GET {B}/changes/{{reportDate}}/recipients/{{recipientType}}": lambda p: p.get(
        f"changes/{DAY}/recipients/BIREYSEL"
    ),
    f"GET {B}/agreements/{{reportDate}}": lambda p: p.get(f"agreements/{DAY}"),
    f"PUT {B}/agreements/{{reportDate}}": lambda p: p.put(
        f"agreements/{DAY}", {"agreementStatus": True}
    ),
    f"GET {B}/agreements/{{reportDate}}/timestamp": lambda p: p.get(f"agreements/{DAY}/timestamp"),
    f"GET {B}/changes/{{reportDate}}/file": lambda p: p.get(f"changes/{DAY}/file"),
    f"POST {B}/retailers": lambda p: p.post("retailers", a_retailer(tckn="11111111110")),
    f"GET {B}/retailers": lambda p: p.get("retailers"),
    f"GET {B}/retailers/{{retailerCode}}": lambda p: p.get(f"retailers/{p.retailer}"),
    f"DELETE {B}/retailers/{{retailerCode}}": lambda p: p.twin.request(
        "DELETE", f"{BRAND_PATH}/retailers/{p.twin.retailer(tckn='11111111110')}"
    ),
    f"POST {B}/consents/retailers/access": lambda p: p.post(
        "consents/retailers/access", {**QUERY, "retailerAccess": [p.retailer]}
    ),
    f"PUT {B}/consents/retailers/access": lambda p: p.put(
        "consents/retailers/access", p.access(retailerAccess=[p.retailer])
    ),
    f"POST {B}/consent/retailers/access/list": lambda p: p.post(
        "consent/retailers/access/list", QUERY
    ),
    f"POST {B}/consents/retailers/access/remove": lambda p: p.post(
        "consents/retailers/access/remove", p.access(retailerAccess=[p.retailer])
    ),
    f"POST {B}/consents/retailers/access/remove/all": lambda p: p.post(
        "consents/retailers/access/remove/all", p.access()
    ),
    "GET /sps/{iysCode}/brands": lambda p: p.twin.get(f"/sps/{IYS_CODE}/brands"),
    "GET /sps/{iysCode}/subscription": lambda p: p.twin.get(f"/sps/{IYS_CODE}/subscription"),
    "GET /integrator/{integratorCode}/subscription": lambda p: p.as_integrator("subscription"),
    "GET /integrator/{integratorCode}/sps": lambda p: p.as_integrator("sps"),
    "GET /integrator/{integratorCode}/sps/{iysCode}": lambda p: p.as_integrator(f"sps/{IYS_CODE}"),
    "GET /info/city": lambda p: p.twin.get("/info/city"),
    "GET /info/city/{code}": lambda p: p.twin.get("/info/city/34"),
    "GET /info/town": lambda p: p.twin.get("/info/town"),
    "GET /info/town/{code}": lambda p: p.twin.get("/info/town/1"),
    f"GET {B}/push/registration": lambda p: p.get("push/registration"),
    f"POST {B}/push/unregistration": lambda p: p.post("push/unregistration", CONNECTION),
    "POST /via/sps/{iysCode}/consent": lambda p: p.twin.post(f"/via/sps/{IYS_CODE}/consent", VIA),
    "POST /via/sps/{iysCode}/confirmation": lambda p: p.confirmed(),
    "GET /via/sps/{iysCode}/consent/request/{requestId}": lambda p: (
        p.confirmed(),
        p.twin.get(f"/via/sps/{IYS_CODE}/consent/request/{p.via_id}"),
    )[1],
}
ELSEWHERE = {f"POST {B}/push/registration"}
"""Needs somebody who listens: test_twin_push.py."""


def test_every_endpoint_is_reached() -> None:
    assert REACHED.keys() | ELSEWHERE == {one.name for one in ENDPOINTS}
    assert {name.partition("?")[0] for name in SHAPES} - {"refused"} | NOT_JSON.keys() == {
        one.name for one in ENDPOINTS
    }


@pytest.mark.parametrize("name", REACHED)
def test_it_answers_in_the_official_shape(name: str, peopled: Peopled) -> None:
    answer = REACHED[name](peopled)

    statuses = next(one.answers for one in ENDPOINTS if one.name == name)
    assert answer.status_code in statuses and answer.is_success, answer.text
    assert len(answer.content) > 0
    if name in NOT_JSON:
        assert answer.headers["content-type"].startswith(NOT_JSON[name])
    else:
        expect_shape(answer.json(), SHAPES[name])


def test_the_short_form_of_a_retailer_is_shorter(peopled: Peopled) -> None:
    answer = peopled.get("retailers?short=true")

    expect_shape(answer.json(), SHAPES[f"GET {B}/retailers?short=true"])
    assert answer.json()["list"][0]["retailerAccessCount"] == 1

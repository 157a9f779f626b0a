"""Every code of İYS's table (iys/api.md §13.1) that the main API can produce, and what produces it.

`BY_REQUEST` maps a code to the request that meets it; `BY_FAULT` has those that only a fault of
İYS's own, or credentials no public source explains, bring about; `NEVER` those of services that are
not documented (any more). Together they are the whole table.
"""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from ledger.iys_twin.codes import MESSAGES, STATUS_BY_CODE
from tests.twin.twin_harness import (
    BRAND_PATH,
    IYS_CODE,
    MAILBOX,
    PHONE,
    TwinHarness,
    a_consent,
    a_phone,
    a_retailer,
    codes,
    twin_harness,
)

Ask = Callable[[TwinHarness], httpx.Response]
LONG = "9055436100000000"
ACCESS = f"{BRAND_PATH}/consents/retailers/access"
QUERY = {"recipient": PHONE, "recipientType": "BIREYSEL", "type": "MESAJ"}
LISTED = {"recipients": [PHONE], "recipientType": "BIREYSEL", "type": "MESAJ"}
PUSH = {"url": "https://a.example", "type": "MESAJ", "username": "u", "password": "p"}


def add(**changed: Any) -> Ask:
    return lambda twin: twin.add(**changed)


def raw(body: Any, path: str = "consents") -> Ask:
    return lambda twin: twin.post(f"{BRAND_PATH}/{path}", body)


def get(path: str) -> Ask:
    return lambda twin: twin.get(path)


def in_turn(*asks: Ask) -> Ask:
    def ask(twin: TwinHarness) -> httpx.Response:
        return [one(twin) for one in asks][-1]

    return ask


def as_integrator(path: str) -> Ask:
    def ask(twin: TwinHarness) -> httpx.Response:
        twin.log_in("integrator")
        return twin.get(path)

    return ask


def over_limit(times: int, ask: Ask) -> Ask:
    return in_turn(*[ask] * (times + 1))


def with_state(**state: Any) -> Ask:
    return in_turn(lambda twin: twin.post("/_twin/provider", state), add())


def anonymous(twin: TwinHarness) -> httpx.Response:
    return twin.post(f"{BRAND_PATH}/consents", a_consent(), logged_in=False)


def unlinked(path: str, code: int = 12345678) -> Ask:
    return raw({**LISTED, "retailerAccess": [code]}, path)


def log_in(twin: TwinHarness) -> httpx.Response:
    return twin.log_in()


def timed_out(twin: TwinHarness) -> httpx.Response:
    return twin.get(f"/sps/{IYS_CODE}/brands/x/consents/changes")


BY_REQUEST: dict[str, Ask] = {
    "H014": raw(b"{", "consents/status"),
    "H084": over_limit(100, log_in),
    "H085": raw([]),
    "H086": over_limit(1_000, raw(QUERY, "consents/status")),
    "H089": over_limit(100, raw(QUERY, "consents/history")),
    "H090": raw([], "consents/retailers/access"),
    "H091": raw([a_consent(recipient=a_phone(n)) for n in range(1_001)], "consents/request"),
    "H092": raw({}, "consents/request"),
    "H093": raw({**PUSH, "username": ""}, "push/unregistration"),
    "H097": raw([], "consents/status"),
    "H110": add(status=None),
    "H111": add(type=None),
    "H112": add(consentDate=None),
    "H113": add(source=None),
    "H114": add(recipient=None),
    "H115": add(status="ONAYY"),
    "H116": add(recipientType="TACIRR"),
    "H117": add(type="MESAJJ"),
    "H118": add(foo="bar"),
    "H119": add(source="IYS_WEB"),
    "H120": add(type="EPOSTA", recipient="örnek@mail.com"),
    "H121": add(recipient="05010000101"),
    "H122": add(type=None, recipient="nobody"),
    "H124": lambda twin: over_limit(twin.settings.requests_per_second, add())(twin),
    "H126": raw({**QUERY, "retailerAccess": list(range(101))}, "consents/retailers/access"),
    "H127": raw(
        {**LISTED, "recipients": [a_phone(n) for n in range(101)]},
        "consents/retailers/access/remove/all",
    ),
    "H155": add(source="HS_2015", consentDate="2015-05-01 00:00:01"),
    "H156": add(consentDate="2015-04-30 23:59:59"),
    "H157": add(consentDate="2026-15-01 13:35:00"),
    "H158": add(consentDate="2026-03-03 10:15:00 "),
    "H160": add(recipient=LONG),
    "H162": add(consentDate="2026-03-04 10:00:01"),
    "H163": raw({**QUERY, "retailerAccess": []}, "consents/retailers/access"),
    "H164": raw({"recipients": []}, "consents/BIREYSEL/status/MESAJ"),
    "H166": raw({**QUERY, "recipient": LONG}, "consents/status"),
    "H168": raw({}, "consents/BIREYSEL/status/MESAJ"),
    "H169": raw(QUERY, "consents/retailers/access"),
    "H170": raw({**QUERY, "recipientType": None}, "consents/status"),
    "H171": lambda twin: twin.request("PUT", ACCESS, body=[]),
    "H172": raw([], "consents/retailers/access/remove"),
    "H173": raw([], "consent/retailers/access/list"),
    "H174": in_turn(
        add(),
        add(status="RET", consentDate="2026-03-03 10:15:01"),
        add(status="RET", consentDate="2026-03-03 10:15:02"),
    ),
    "H175": add(status="RET"),
    "H178": in_turn(add(), add(consentDate="2026-03-03 10:14:59")),
    "H180": add(retailerAccess=[12345678]),
    "H182": raw(QUERY, "consents/history?limit=-1"),
    "H183": raw(QUERY, "consents/history?offset=-1"),
    "H184": get(f"{BRAND_PATH}/retailers?all=maybe"),
    "H185": get(f"{BRAND_PATH}/retailers?short=maybe"),
    "H186": raw(QUERY, "consents/history?limit=101"),
    "H187": raw(QUERY, "consents/history?limit=0"),
    "H190": get("/sps/abc/brands"),
    "H191": timed_out,
    "H193": raw({"recipients": [PHONE, PHONE]}, "consents/BIREYSEL/status/MESAJ"),
    "H194": raw([a_consent(), a_consent(status="RET")], "consents/request"),
    "H198": get(f"{BRAND_PATH}/consents/request/{'a1' * 19}"),
    "H199": get(f"{BRAND_PATH}/consents/request/abcde"),
    "H241": get("/info/city/x"),
    "H243": raw(a_retailer(tin="8450525471"), "retailers"),
    "H244": raw(a_retailer(tin="123456789"), "retailers"),
    "H266": raw([a_consent(retailerCode="")], "consents/request"),
    "H267": add(retailerCode=""),
    "H351": anonymous,
    "H353": get(f"/sps/{IYS_CODE}/brands/1/consents/changes"),
    "H363": get("/integrator/1/sps"),
    "H400": get(f"{BRAND_PATH}/consents/request/12345"),
    "H401": in_turn(
        lambda twin: raw(
            {**QUERY, "retailerAccess": [twin.retailer()]}, "consents/retailers/access"
        )(twin)
    ),
    "H408": add(source="HS_KARAR"),
    "H462": in_turn(
        add(recipientType="TACIR"),
        add(recipientType="TACIR", status="RET", consentDate=None),
    ),
    "H463": in_turn(
        add(recipientType="TACIR"),
        add(recipientType="TACIR", status="RET", source=None, consentDate="2026-03-04 09:00:00"),
    ),
    "H464": raw({"recipients": [MAILBOX]}, "consents/BIREYSEL/status/MESAJ"),
    "H467": add(consentDate="2026-02-27 09:59:59"),
    "H478": raw({"recipients": {}}, "consents/BIREYSEL/status/MESAJ"),
    "H486": add(source="HS_KARAR", status="RET"),
    "H521": with_state(subscriptionStatus="CLOSED"),
    "H524": with_state(subscriptionStatus="NONE"),
    "H525": with_state(consentLimit=0),
    "H586": with_state(packageHasApi=False),
}
SETTINGS: dict[str, dict[str, Any]] = {
    "H124": {"requests_per_second": 10},
    "H486": {"decision_first": True},
}
# İYS's own failures, and credentials and integrators in a state that no public source explains.
BY_FAULT = frozenset(
    {
        *("H015", "H060", "H061", "H062", "H082", "H083", "H101", "H102"),
        *("H103", "H123", "H179", "H192", "H412", "H470", "H476", "H245"),
        *("H250", "H251", "H252", "H268"),
    }
)
# Services that are not, or no longer, documented: text search, old ViA, administration (§13.1).
NEVER = frozenset(
    {
        *("H095", "H098", "H100", "H105", "H106", "H107", "H125", "H129"),
        *("H176", "H181", "H195", "H196", "H197", "H355", "H402", "H403"),
        *("H404", "H405", "H450", "H452", "H453", "H454", "H455", "H456"),
        *("H459", "H460", "H465"),
    }
)
TABLE_COUNT = 125
"""Rows of the table in version 3.2.0."""


@pytest.mark.parametrize("code", BY_REQUEST)
def test_a_request_meets_the_code(code: str) -> None:
    with twin_harness(**SETTINGS.get(code, {})) as twin:
        answer = BY_REQUEST[code](twin)

    assert code in codes(answer), answer.text
    assert answer.status_code == STATUS_BY_CODE[code]
    assert answer.headers["content-type"].startswith("application/json")


@pytest.mark.parametrize("code", sorted(BY_FAULT))
def test_a_fault_brings_the_code_with_its_message(code: str, twin: TwinHarness) -> None:
    twin.post("/_twin/faults", {"kind": "code", "code": code})

    answer = twin.add()

    assert answer.status_code == STATUS_BY_CODE[code]
    assert answer.json() == {"errors": [{"code": code, "message": MESSAGES[code]}]}
    assert twin.add().status_code == 200


def test_the_whole_table_is_spoken_for() -> None:
    spoken = [*BY_REQUEST, *BY_FAULT, *NEVER]

    assert len(spoken) == len(set(spoken)) == TABLE_COUNT
    assert set(spoken) <= STATUS_BY_CODE.keys()

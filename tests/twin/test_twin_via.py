"""ViA (iys/api.md §10.1) as far as it is documented: start, confirmation, state."""

from typing import Any

import pytest

from tests.twin.twin_harness import (
    BRAND_PATH,
    IYS_CODE,
    MAILBOX,
    PHONE,
    TwinHarness,
    codes,
)

START = f"/via/sps/{IYS_CODE}/consent"
CONFIRM = f"/via/sps/{IYS_CODE}/confirmation"
ETK = {
    "title": "ETK",
    "brandCodes": [IYS_CODE],
    "types": ["MESAJ", "ARAMA"],
    "recipientType": "BIREYSEL",
}
KVK = {"title": "KVK", "types": ["ACIK_RIZA_METNI"], "personData": {"name": "Deneme Kişi"}}
BODY = {"formId": "1", "recipient": PHONE, "verificationType": "SMS_OTP", "consentTypes": [ETK]}
STATUS = {"recipient": PHONE, "recipientType": "BIREYSEL", "type": "MESAJ"}


def started(twin: TwinHarness, **changes: Any) -> str:
    return str(twin.post(START, {**BODY, **changes}).json()["message"]["requestId"])


def confirmed(twin: TwinHarness, request_id: str, otp: str) -> Any:
    body = {
        "requestId": request_id,
        "verificationType": "SMS_OTP",
        "consentTypes": [{"title": "ETK", "otpCode": otp}],
    }
    return twin.post(CONFIRM, body)


def otp_of(twin: TwinHarness, request_id: str) -> str:
    return str(twin.get(f"/_twin/via/{request_id}").json()["ETK"])


def last(twin: TwinHarness, request_id: str) -> dict[str, str]:
    answer = twin.get(f"{START}/request/{request_id}").json()
    return dict(answer["message"]["lastStatus"])


def test_the_right_password_writes_the_consents(twin: TwinHarness) -> None:
    request_id = started(twin)

    answer = confirmed(twin, request_id, otp_of(twin, request_id)).json()

    assert answer["code"] == "OK"
    assert [(one["type"], one["brandCode"]) for one in answer["message"]] == [
        *(("MESAJ", str(IYS_CODE)), ("ARAMA", str(IYS_CODE))),
    ]
    status = twin.post(f"{BRAND_PATH}/consents/status", STATUS).json()
    assert (status["status"], status["source"]) == ("ONAY", "IYS_KISAMESAJ")
    assert status["transactionId"] == answer["message"][0]["transactionId"]
    assert last(twin, request_id) == {"stage": "COMPLETED", "status": "SUCCESS"}
    assert codes(confirmed(twin, request_id, "1")) == ["H1032"]


def test_a_fourth_try_is_refused_even_if_right(twin: TwinHarness) -> None:
    request_id = started(twin)
    otp = otp_of(twin, request_id)
    wrong = "000000" if otp != "000000" else "000001"

    tries = [codes(confirmed(twin, request_id, wrong)) for _ in range(3)]

    assert tries == [["H1052"]] * 3
    assert codes(confirmed(twin, request_id, otp)) == ["H1050"]


def test_a_password_lives_three_minutes(twin: TwinHarness) -> None:
    request_id = started(twin)
    otp = otp_of(twin, request_id)
    twin.advance(seconds=181)

    assert codes(confirmed(twin, request_id, otp)) == ["H1051"]
    assert last(twin, request_id) == {"stage": "COMPLETED", "status": "OTP_CODE_EXPIRED"}


@pytest.mark.parametrize(("status", "count"), [("ONAY", 2), ("RET", 0)])
def test_a_short_link_is_answered_by_its_recipient(
    status: str, count: int, twin: TwinHarness
) -> None:
    request_id = started(twin, verificationType="SMS_SHORTURL")

    given = twin.post(f"/_twin/via/{request_id}", {"status": status})

    assert len(given.json()) == twin.twin.world.consent_count() == count
    assert last(twin, request_id)["stage"] == "COMPLETED"
    assert twin.post(f"/_twin/via/{request_id}", {"status": status}).status_code == 422


def test_a_link_lives_a_day_and_an_otp_opens_none(twin: TwinHarness) -> None:
    linked = started(twin, verificationType="SMS_SHORTURL")
    assert codes(confirmed_link(twin, linked)) == ["H1056"]
    twin.advance(days=1, seconds=1)

    assert last(twin, linked) == {"stage": "COMPLETED", "status": "SHORT_URL_EXPIRED"}
    assert twin.post(f"/_twin/via/{started(twin)}", {"status": "ONAY"}).status_code == 422


def confirmed_link(twin: TwinHarness, request_id: str) -> Any:
    body = {
        "requestId": request_id,
        "verificationType": "SMS_SHORTURL",
        "consentTypes": [{"title": "ETK", "otpCode": "1"}],
    }
    return twin.post(CONFIRM, body)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"formId": ""}, "H1057"),
        ({"recipient": "0501"}, "H1026"),
        ({"recipient": PHONE, "verificationType": "EPOSTA_OTP"}, "H1027"),
        ({"verificationType": "PIGEON"}, "H1012"),
        ({"consentTypes": [{**ETK, "title": "SADAKAT"}]}, "H1013"),
        ({"consentTypes": [{**ETK, "title": None}]}, "H1005"),
        ({"consentTypes": ["ETK"]}, "H1010"),
        ({"consentTypes": [ETK, ETK]}, "H1060"),
        ({"consentTypes": [{**ETK, "types": ["FAKS"]}]}, "H1085"),
        ({"consentTypes": [{**ETK, "types": ["EPOSTA"]}]}, "H1086"),
        ({"consentTypes": [{**ETK, "types": []}]}, "H1057"),
        ({"consentTypes": [{**ETK, "recipientType": "X"}]}, "H1063"),
        ({"consentTypes": [{**ETK, "brandCodes": []}]}, "H1057"),
        ({"consentTypes": [{**ETK, "brandCodes": [1]}]}, "H1014"),
    ],
)
def test_a_bad_start_meets_its_code(changes: dict[str, Any], code: str, twin: TwinHarness) -> None:
    answer = twin.post(START, {**BODY, **changes})
    assert answer.status_code == 400 and codes(answer) == [code]


def test_a_start_lacks_members_json_token_code_or_credit(twin: TwinHarness) -> None:
    assert codes(twin.post(START, {"formId": "1"})) == ["H1005"]
    assert codes(twin.post(START, [])) == codes(twin.post(START, b"{")) == ["H1016"]
    anonymous = twin.post(START, BODY, logged_in=False)
    assert anonymous.status_code == 401 and codes(anonymous) == ["H1045"]
    foreign = twin.post("/via/sps/5/consent", BODY)
    assert foreign.status_code == 403 and codes(foreign) == ["H1040"]
    twin.post("/_twin/provider", {"viaCredit": 0})
    assert codes(twin.post(START, BODY)) == ["H1015"]
    assert codes(twin.get(f"{START}/request/x")) == ["H1030"]


def test_mail_and_privacy_texts_go_their_own_way(twin: TwinHarness) -> None:
    request_id = started(
        twin,
        recipient=MAILBOX,
        verificationType="EPOSTA_APPROVALURL",
        consentTypes=[{**ETK, "types": ["EPOSTA"]}, KVK],
    )

    twin.post(f"/_twin/via/{request_id}", {"status": "ONAY"})

    state = twin.get(f"{START}/request/{request_id}").json()["message"]
    assert state["source"] == "IYS_EPOSTA" and state["recipientName"] == "Deneme Kişi"
    assert [one["consentTypeChoice"] for one in state["requestDetails"]] == [
        *("EPOSTA", "ACIK_RIZA_METNI"),
    ]
    assert twin.twin.world.consent_count() == 1

"""`POST …/consents`: one or ten thousand, each judged by itself; a refusal is never kept out."""

from typing import Any

import msgspec
import pytest

from ledger.contract.answers import ConsentsAnswer, ProblemAnswer
from tests.acceptance.services import (
    CONSENTS,
    FOREIGN,
    IYS_CODE,
    Json,
    Running,
    a_mailbox,
    a_phone,
    a_ret,
    an_item,
    minutes_ago,
    short,
)

LONG_AGO = "2016-05-01 10:00:00"


def told(answered: Any) -> list[Json]:
    """The items of an answer, which has the documented shape."""
    assert answered.status_code in (200, 201), answered.text
    msgspec.convert(answered.json(), ConsentsAnswer, strict=True)
    return list(answered.json()["items"])


def problem(answered: Any) -> tuple[int, str]:
    assert answered.headers["content-type"] == "application/problem+json"
    said = msgspec.convert(answered.json(), ProblemAnswer, strict=True)
    assert said.status == answered.status_code
    return said.status, said.code


# One.


def test_a_consent_has_a_receipt_a_state_and_a_deadline(http: Running) -> None:
    answered = http.post(CONSENTS, an_item(id="web-1"))

    (said,) = told(answered)
    assert answered.status_code == 201
    assert (said["index"], said["id"], said["outcome"], said["type"]) == (
        *(0, "web-1", "recorded"),
        "MESAJ",
    )
    assert len(said["receipt"]["leafHash"]) == 64
    assert said["state"] == {
        "status": "ONAY",
        "permitted": False,
        "verdict": "NOT_YET_REGISTERED",
        "reason": "QUEUED",
    }
    assert said["iys"]["state"] == "QUEUED"
    due = said["iys"]["due"]
    assert due["internal"] <= due["iysReading"] <= due["legalLatest"]


def test_the_same_again_is_already_there_with_the_first_receipt(http: Running) -> None:
    item = an_item()
    (first,) = told(http.post(CONSENTS, item))

    again = http.post(CONSENTS, item)

    (said,) = told(again)
    assert (again.status_code, said["outcome"]) == (200, "already")
    assert said["receipt"] == first["receipt"]


def test_types_make_one_answer_a_channel_in_their_order(http: Running) -> None:
    item = an_item(type=None, types=["MESAJ", "ARAMA", "MESAJ"])

    said = told(http.post(CONSENTS, {"items": [item, an_item()]}))

    assert [(one["index"], one["type"]) for one in said] == [
        *((0, "MESAJ"), (0, "ARAMA")),
        (1, "MESAJ"),
    ]
    assert {one["outcome"] for one in said} == {"recorded"}


def test_times_are_taken_in_both_forms_and_without_offset_in_neither(http: Running) -> None:
    person = a_phone()
    first = an_item(recipient=person, consentDate="2026-11-24 10:15:00")

    (said,) = told(http.post(CONSENTS, first))
    same = {**first, "consentDate": "2026-11-24T07:15:00Z"}
    (again,) = told(http.post(CONSENTS, same))
    (refused,) = told(http.post(CONSENTS, {**first, "consentDate": "2026-11-24T10:15:00"}))

    assert (said["outcome"], again["outcome"]) == ("recorded", "already")
    assert (refused["outcome"], refused["code"]) == ("refused", "L-TIME")
    assert refused["pointer"] == "/consentDate"
    assert "2026-11-22 10:15:00" in refused["message"]
    assert "2026-11-22T10:15:00+03:00" in refused["message"]


@pytest.mark.parametrize(
    ("changes", "code", "pointer"),
    [
        ({"recipient": None}, "H114", "/recipient"),
        ({"recipient": "0501"}, "H121", "/recipient"),
        ({"recipient": "a@b"}, "H121", "/recipient"),
        ({"recipient": []}, "L-FIELD", "/recipient"),
        ({"type": None}, "H111", "/type"),
        ({"type": "SMS"}, "H117", "/type"),
        ({"type": "EPOSTA"}, "H120", "/recipient"),
        ({"type": "MESAJ", "types": ["ARAMA"]}, "L-FIELD", "/types"),
        ({"types": "ARAMA"}, "L-FIELD", "/types"),
        ({"status": None}, "H110", "/status"),
        ({"status": "onay"}, "H115", "/status"),
        ({"status": 1.5}, "L-FIELD", "/status"),
        ({"source": None}, "H113", "/source"),
        ({"source": "IYS_WEB"}, "H119", "/source"),
        ({"source": "HS_KARAR"}, "H408", "/status"),
        ({"consentDate": None}, "H112", "/consentDate"),
        ({"consentDate": "24.11.2026"}, "H158", "/consentDate"),
        ({"consentDate": "2026-02-30 10:00:00"}, "H157", "/consentDate"),
        ({"consentDate": "2015-04-30 10:00:00"}, "H156", "/consentDate"),
        ({"consentDate": "2099-01-01 10:00:00"}, "H162", "/consentDate"),
        ({"consentDate": "0001-01-01T00:00:00+03:00"}, "L-TIME", "/consentDate"),
        ({"consentDate": "9999-12-31T23:59:59Z"}, "L-TIME", "/consentDate"),
        ({"recipientType": "KURUMSAL"}, "H116", "/recipientType"),
        ({"receivedAt": "2026-11-24T10:15:00"}, "L-TIME", "/receivedAt"),
        ({"receivedAt": "2099-01-01 10:00:00"}, "L-TIME", "/receivedAt"),
        ({"receivedAt": "1970-01-01 00:00:00"}, "L-TIME", "/receivedAt"),
        ({"receivedAt": "0001-01-01 00:00:00"}, "L-TIME", "/receivedAt"),
        ({"receivedAt": 5}, "L-TIME", "/receivedAt"),
        ({"id": "x" * 201}, "L-FIELD", "/id"),
        ({"id": {}}, "L-FIELD", "/id"),
    ],
    ids=short,
)
def test_a_consent_is_refused_for_every_defect(
    http: Running, changes: Json, code: str, pointer: str
) -> None:
    for said in told(http.post(CONSENTS, an_item(**changes))):
        assert (said["outcome"], said["code"], said["pointer"]) == ("refused", code, pointer)
        assert "receipt" not in said


def test_an_unknown_member_of_a_single_item_is_named_by_its_nearest(http: Running) -> None:
    answered = http.post(CONSENTS, {**an_item(), "recipent": "x"})

    assert problem(answered) == (422, "L-FIELD-UNKNOWN")
    assert answered.json()["nearest"] == "recipient"


def test_what_is_only_not_known_here_is_warned_of(http: Running) -> None:
    told_of: dict[str, Json] = {
        "H180": {"retailerCode": 12345678},
        "L-EVIDENCE-UNKNOWN": {"evidenceId": "0" * 64},
        "L-TEXT-UNKNOWN": {"text": {"id": "a", "version": "1"}},
        "H126": {"retailerAccess": [-1]},
    }
    for code, changes in told_of.items():
        said = http.item(an_item(**changes))
        assert (said["outcome"], said["code"]) == ("recorded", code)
        assert said["receipt"] and said["message"]


# Refusals.


@pytest.mark.parametrize(
    "changes",
    [
        {"source": None},
        {"source": "IYS_WEB"},
        {"source": 17},
        {"source": "Mağaza"},
        {"consentDate": None},
        {"consentDate": "dün"},
        {"consentDate": ["x"]},
        {"consentDate": "2099-01-01 10:00:00"},
        {"consentDate": "1900-01-01 00:00:00"},
        {"consentDate": "0001-01-01T00:00:00+03:00"},
        {"consentDate": "9999-12-31T23:59:59Z"},
        {"consentDate": "2026-11-24T10:15:00"},
        {"recipientType": "?"},
        {"recipientType": {"a": 1}},
        {"receivedAt": "yarın"},
        {"receivedAt": "2099-01-01 10:00:00"},
        {"receivedAt": "1970-01-01 00:00:00"},
        {"receivedAt": "0001-01-01 00:00:00"},
        {"receivedAt": {}},
        {"retailerCode": "x"},
        {"retailerAccess": "x"},
        {"evidenceId": 4},
        {"text": []},
        {"id": []},
        {"id": "x" * 500},
        {"unheardOf": {"of": [1, 2]}},
        {"types": 5},
        {"types": ["ARAMA"]},
    ],
    ids=short,
)
def test_a_refusal_is_in_force_whatever_else_is_wrong_with_it(http: Running, changes: Json) -> None:
    """Over a registered consent: from then on nothing is sent."""
    person = a_phone()
    http.register(person)
    assert http.verdict(person)["permitted"]

    answered = http.post(CONSENTS, {"items": [a_ret(recipient=person, **changes)]})

    said = told(answered)
    assert {one["outcome"] for one in said} <= {"recorded", "suppressed"}
    now = http.verdict(person)
    assert (now["status"], now["verdict"]) == ("RET", "REFUSED")


def test_a_refusal_of_type_and_types_holds_on_all_of_them(http: Running) -> None:
    said = told(http.post(CONSENTS, a_ret(type="MESAJ", types=["ARAMA", "ARAMA"])))

    assert [(one["type"], one["outcome"]) for one in said] == [
        ("MESAJ", "recorded"),
        ("ARAMA", "recorded"),
    ]
    assert {one["code"] for one in said} == {"L-FIELD"}


def test_a_channel_behind_many_words_that_are_none_is_not_lost(http: Running) -> None:
    words = [f"X{number}" for number in range(100)]

    said = told(http.post(CONSENTS, a_ret(type=None, types=[*words, "MESAJ"])))

    assert said[-1]["outcome"] == "recorded"
    assert len(said) == 17


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"recipient": "x"}, "H121"),
        ({"recipient": None}, "H114"),
        ({"type": "SMS"}, "H117"),
        ({"type": None}, "H111"),
        ({"status": "ret"}, "H115"),
    ],
    ids=short,
)
def test_a_refusal_needs_address_channel_and_status(
    http: Running, changes: Json, code: str
) -> None:
    said = http.item(a_ret(**changes))

    assert (said["outcome"], said["code"]) == ("refused", code)


def test_a_refusal_said_after_it_is_said_to_have_come_is_not_put_back(http: Running) -> None:
    """Or an older consent would stand over it."""
    person = a_phone()
    http.register(person)

    said = http.item(
        a_ret(recipient=person, receivedAt="2016-01-01 10:00:00", consentDate=minutes_ago(5))
    )

    assert (said["outcome"], said["code"]) == ("recorded", "L-TIME")
    assert http.verdict(person)["status"] == "RET"


def test_the_first_refusal_of_somebody_is_known_here_only(http: Running) -> None:
    said = http.item(a_ret())

    assert said["outcome"] == "recorded"
    assert said["iys"] == {"state": "LOCAL_ONLY", "due": None}


def test_a_standing_refusal_is_named_with_its_date(http: Running) -> None:
    person, date = a_phone(), minutes_ago(50)
    http.item(a_ret(recipient=person, consentDate=date))

    said = http.item(an_item(recipient=person, consentDate=minutes_ago(10)))

    assert (said["outcome"], said["code"], said["standingSince"]) == (
        *("refused", "L-RET-STANDS"),
        date,
    )


# Many.


def test_ten_thousand_are_answered_in_their_order(http: Running) -> None:
    """Every seventh is bad, and harms no other."""
    phones = [a_phone() for _ in range(9_000)]
    items = [
        an_item(recipient=phones[number % 9_000], id=f"m-{number}") for number in range(10_000)
    ]
    for bad in range(0, 10_000, 7):
        items[bad]["recipient"] = "kötü"

    said = told(http.post(CONSENTS, {"items": items}))

    assert [one["index"] for one in said] == list(range(10_000))
    assert [one["id"] for one in said] == [item["id"] for item in items]
    for number, one in enumerate(said):
        if number % 7 == 0:
            assert (one["code"], one["pointer"]) == ("H121", f"/items/{number}/recipient")
        else:
            assert one["outcome"] in ("recorded", "already")
            assert one["receipt"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"items": []}, "L-ITEMS"),
        ({"items": [{}] * 10_001}, "L-ITEMS"),
        ({"items": {}}, "L-ITEMS"),
        ({"items": None}, "L-ITEMS"),
        ({"items": [{}], "wait": 1}, "L-FIELD-UNKNOWN"),
        ([], "L-FIELD"),
        ("x", "L-FIELD"),
    ],
    ids=["none", "10,001", "an object", "null", "another member", "a list", "text"],
)
def test_a_body_that_is_no_list_of_items_is_refused(http: Running, body: object, code: str) -> None:
    assert problem(http.post(CONSENTS, body)) == (422, code)


def test_an_item_that_is_no_object_harms_no_other(http: Running) -> None:
    items = [1, "x", None, [], {}, a_ret(), {"status": "RET"}]

    said = told(http.post(CONSENTS, {"items": items}))

    assert [one["outcome"] for one in said] == ["refused"] * 5 + ["recorded", "refused"]
    assert said[0]["pointer"] == "/items/0"


def test_words_are_turkish_and_english_on_demand(http: Running) -> None:
    turkish = http.item(an_item(recipient="x"))
    english = http.item(an_item(recipient="x"), accept_language="en-GB,en;q=0.9")

    assert "değil" in turkish["message"]
    assert "valid" in english["message"]


# Who.


def test_only_a_key_of_the_brand_may_record(http: Running) -> None:
    wanted = {
        ("viewer", CONSENTS): (403, "L-ROLE"),
        ("sister", CONSENTS): (403, "L-BRAND-SCOPE"),
        ("operator", f"/v1/brands/{FOREIGN}/consents"): (403, "L-BRAND-SCOPE"),
        ("operator", "/v1/brands/5/consents"): (403, "L-BRAND-SCOPE"),
        ("starter", "/v1/brands/5/consents"): (404, "L-NOT-FOUND"),
    }
    before = http.home.ledger(IYS_CODE).store.last_position()

    for (key, path), expected in wanted.items():
        assert problem(http.post(path, a_ret(), key=key)) == expected

    assert http.home.ledger(IYS_CODE).store.last_position() == before
    assert told(http.post(CONSENTS, an_item(), key="operator"))[0]["outcome"] == "recorded"


def test_a_mailbox_is_consented_to_by_email_only(http: Running) -> None:
    assert http.item(an_item(recipient=a_mailbox(), type="EPOSTA"))["outcome"] == "recorded"
    assert http.item(an_item(recipient=a_mailbox(), type="MESAJ"))["code"] == "H121"

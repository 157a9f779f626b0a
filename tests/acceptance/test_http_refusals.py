"""`POST /v1/refusals`: no more messages, whoever says it and however it is written (R33)."""

import json
from itertools import product
from typing import Any

import msgspec
import pytest

from ledger.contract.answers import ProblemAnswer, RefusalsAnswer
from ledger.vocabulary import RecipientType
from tests.acceptance.services import (
    BRAND,
    FEED,
    FOREIGN,
    IYS_CODE,
    OTHER_IYS_CODE,
    REFUSALS,
    SISTER,
    Json,
    Running,
    a_mailbox,
    a_phone,
    minutes_ago,
    short,
)

KINDS = tuple(str(kind) for kind in RecipientType)
OUTCOMES = {"recorded", "suppressed", "history", "already"}


def taken(answered: Any) -> list[Json]:
    """The items of an answer, which has the documented shape."""
    assert answered.status_code in (200, 201), answered.text
    msgspec.convert(answered.json(), RefusalsAnswer, strict=True)
    assert {one["outcome"] for one in answered.json()["items"]} <= OUTCOMES
    return list(answered.json()["items"])


def reached(answered: Any) -> set[tuple[int, str, str]]:
    return {(one["brandCode"], one["type"], one["recipientType"]) for one in taken(answered)}


def test_unsaid_means_all_channels_kinds_and_brands_of_the_provider(http: Running) -> None:
    person = a_phone()
    http.register(person)

    answered = http.post(REFUSALS, {"recipient": person, "via": "sms"}, key="operator")

    assert answered.status_code == 201
    assert reached(answered) == set(product((BRAND, SISTER), ("MESAJ", "ARAMA"), KINDS))
    assert answered.json()["referred"] == []
    for channel, kind in product(("MESAJ", "ARAMA"), KINDS):
        assert http.verdict(person, channel, kind)["status"] == "RET"
    assert all(one["receipt"] and not one["state"]["permitted"] for one in taken(answered))


def test_a_mailbox_is_refused_on_its_only_channel(http: Running) -> None:
    answered = http.post(REFUSALS, {"recipient": a_mailbox(), "via": "email"}, key="operator")

    assert reached(answered) == set(product((BRAND, SISTER), ("EPOSTA",), KINDS))


def test_what_is_said_is_all_that_is_refused(http: Running) -> None:
    person = a_phone()
    body = {"recipient": person, "types": ["MESAJ", "EPOSTA"], "brands": [BRAND], "via": "store:7"}

    answered = http.post(REFUSALS, body)

    assert reached(answered) == {(BRAND, "MESAJ", kind) for kind in KINDS}
    assert http.verdict(person, "ARAMA")["status"] is None


@pytest.mark.parametrize(
    ("query", "brands", "written"),
    [
        ("", [FOREIGN], {FOREIGN}),
        ("", [BRAND, FOREIGN], {BRAND, FOREIGN}),
        (f"?iysCode={IYS_CODE}", [], {BRAND, SISTER}),
        (f"?iysCode={OTHER_IYS_CODE}", [], {FOREIGN}),
        (f"?iysCode={OTHER_IYS_CODE}", [BRAND], {BRAND}),
    ],
    ids=str,
)
def test_a_key_of_all_providers_reaches_those_that_it_names(
    http: Running, query: str, brands: list[int], written: set[int]
) -> None:
    answered = http.post(REFUSALS + query, {"recipient": a_phone(), "brands": brands})

    assert {brand for brand, _, _ in reached(answered)} == written
    assert answered.json()["referred"] == []


@pytest.mark.parametrize(
    ("query", "brands", "status", "pointer"),
    [
        ("", [], 422, "?iysCode"),
        ("?iysCode=x", [], 422, "?iysCode"),
        ("", [5], 422, "/brands/0"),
        ("", [BRAND, BRAND, FOREIGN, 5], 422, "/brands/3"),
        ("?iysCode=99", [], 404, None),
    ],
    ids=str,
)
def test_to_whom_it_was_not_brought_nothing_of_it_is_kept(
    http: Running, query: str, brands: list[int], status: int, pointer: str | None
) -> None:
    """Of several controllers one does not learn the address of another's customer."""
    before = kept(http)

    answered = http.post(REFUSALS + query, {"recipient": a_phone(), "brands": brands})

    assert (answered.status_code, answered.json().get("pointer")) == (status, pointer)
    assert kept(http) == before


@pytest.mark.parametrize("query", ["", f"?iysCode={IYS_CODE}"], ids=["brands", "code"])
def test_what_a_key_of_all_names_waits_with_the_provider_that_is_certain(
    http: Running, query: str
) -> None:
    brands = [5] if query else [BRAND, 5]
    _, _, others_log, others_waiting = kept(http)

    answered = http.post(REFUSALS + query, {"recipient": a_phone(), "brands": brands})

    assert answered.json()["referred"] == [5]
    assert kept(http)[2:] == (others_log, others_waiting)
    assert 5 in {one.brand_code for one in http.home.referrals(IYS_CODE).waiting()}


def kept(http: Running) -> tuple[int, int, int, int]:
    """Sizes of both providers' logs, and how many refusals wait there."""
    sizes = []
    for code in (IYS_CODE, OTHER_IYS_CODE):
        sizes += [http.home.ledger(code).store.last_position()]
        sizes += [len(http.home.referrals(code).waiting())]
    return (sizes[0], sizes[1], sizes[2], sizes[3])


def test_what_a_key_may_not_write_is_kept_once_for_an_officer(http: Running) -> None:
    waiting = http.home.referrals(IYS_CODE)
    before = {one.id for one in waiting.waiting()}
    person = a_phone()
    body = {"recipient": person, "via": "call", "reference": "kayıt 7"}

    answers = [http.post(REFUSALS, body, key="sister").json() for _ in range(3)]

    assert [one["referred"] for one in answers] == [[BRAND]] * 3
    assert {one["brandCode"] for one in answers[0]["items"]} == {SISTER}
    (kept,) = [one for one in waiting.waiting() if one.id not in before]
    assert (kept.brand_code, kept.said["recipient"], kept.said["reference"]) == (
        *(BRAND, person),
        "kayıt 7",
    )
    assert http.keys["sister"].split("_")[1] in kept.actor
    assert http.verdict(person)["status"] is None


def test_what_was_decided_on_waits_again_when_it_is_said_again(http: Running) -> None:
    waiting = http.home.referrals(IYS_CODE)
    before = {one.id for one in waiting.waiting()}
    body = {"recipient": a_phone(), "brands": [BRAND]}
    http.post(REFUSALS, body, key="sister")
    (kept,) = [one.id for one in waiting.waiting() if one.id not in before]
    assert waiting.settle(kept, actor="user:officer")
    assert not waiting.settle(kept, actor="user:officer")

    http.post(REFUSALS, body, key="sister")

    assert kept in {one.id for one in waiting.waiting()}


def test_brands_of_others_are_kept_and_nothing_of_theirs_is_written(http: Running) -> None:
    before = http.home.ledger(OTHER_IYS_CODE).store.last_position()
    body = {"recipient": a_phone(), "brands": [FOREIGN, 5]}

    answered = http.post(REFUSALS, body, key="operator")

    assert (taken(answered), answered.json()["referred"]) == ([], [FOREIGN, 5])
    assert http.home.ledger(OTHER_IYS_CODE).store.last_position() == before


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({}, {None}),
        ({"receivedAt": "2026-11-24 10:15:00"}, {None}),
        ({"receivedAt": "2026-11-24T10:15:00+03:00"}, {None}),
        ({"receivedAt": None, "reference": None, "types": [], "brands": []}, {None}),
        ({"receivedAt": "2026-11-24T10:15:00"}, {"L-TIME"}),
        ({"receivedAt": "2099-01-01 10:00:00"}, {"L-TIME"}),
        ({"receivedAt": "0001-01-01 00:00:00"}, {"L-TIME"}),
        ({"receivedAt": "1970-01-01 00:00:00"}, {"L-TIME"}),
        ({"receivedAt": 12}, {"L-FIELD"}),
        ({"receivedAt": "x" * 50}, {"L-FIELD"}),
        ({"types": "MESAJ"}, {"L-FIELD"}),
        ({"types": ["MESAJ", "SMS"]}, {"L-FIELD"}),
        ({"types": {"a": 1}}, {"L-FIELD"}),
        ({"brands": str(BRAND)}, {"L-FIELD"}),
        ({"brands": ["123456", "x"]}, {"L-FIELD"}),
        ({"brands": [1.5]}, {"L-FIELD"}),
        ({"brands": [True]}, {"L-FIELD"}),
        ({"brands": [2**60]}, {"L-FIELD"}),
        ({"brands": [0] * 2_000}, {"L-FIELD"}),
        ({"reference": ["x"]}, {"L-FIELD"}),
        ({"reference": "x" * 2_000}, {"L-FIELD"}),
        ({"reference": "e\u0301 \u0000"}, {None}),
        ({"id": ""}, {"L-FIELD"}),
        ({"id": "x" * 300}, {"L-FIELD"}),
        ({"unheardOf": 1}, {"L-FIELD-UNKNOWN"}),
        ({"type": "MESAJ"}, {"L-FIELD-UNKNOWN"}),
        ({"types": ["EPOSTA"]}, {"L-CHANNEL"}),
    ],
    ids=short,
)
def test_it_is_taken_whatever_else_is_wrong_with_it(
    http: Running, changes: Json, codes: set[str | None]
) -> None:
    person = a_phone()

    answered = http.post(REFUSALS, {"recipient": person, "via": "sms", **changes}, key="operator")

    assert {one.get("code") for one in taken(answered)} == codes
    assert set(answered.json()["warnings"]) >= codes - {None}
    assert http.verdict(person)["status"] == "RET"
    assert http.verdict(person)["verdict"] == "REFUSED"
    assert answered.status_code == 201


@pytest.mark.parametrize("via", ["", "x" * 64, "Mağaza", "\x00", "store:7", 7, ["x"]], ids=short)
def test_a_way_that_iys_has_no_word_for_is_kept_and_not_told_to_it(
    http: Running, via: object
) -> None:
    person = a_phone()

    answered = http.post(REFUSALS, {"recipient": person, "via": via}, key="operator")

    assert {one["outcome"] for one in taken(answered)} == {"suppressed"}
    assert http.verdict(person)["status"] == "RET"


def test_a_number_may_be_one(http: Running) -> None:
    person = a_phone()

    answered = http.post(REFUSALS, {"recipient": int(person[1:])}, key="operator")

    assert taken(answered)
    assert http.verdict(person)["status"] == "RET"


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        ({"recipient": "x"}, "H121", "/recipient"),
        ({"recipient": ""}, "H114", "/recipient"),
        ({"recipient": "a@b"}, "H120", "/recipient"),
        ({"recipient": "1" * 3_000}, "H160", "/recipient"),
        ({"recipient": None}, "L-FIELD", "/recipient"),
        ({"recipient": ["x"]}, "L-FIELD", "/recipient"),
        ({"recipient": True}, "L-FIELD", "/recipient"),
        ({}, "L-FIELD", "/recipient"),
        ({"recipent": "+905010000001"}, "L-FIELD-UNKNOWN", ""),
        ([], "L-FIELD", None),
    ],
    ids=short,
)
def test_only_the_address_has_to_be_right(
    http: Running, body: object, code: str, pointer: str | None
) -> None:
    answered = http.post(REFUSALS, body)

    said = msgspec.convert(answered.json(), ProblemAnswer, strict=True)
    assert (answered.status_code, said.code, said.pointer) == (422, code, pointer)
    assert "5010000001" not in answered.text


def test_a_mailbox_takes_no_calls_and_is_refused_on_what_it_takes(http: Running) -> None:
    body = {"recipient": a_mailbox(), "types": ["MESAJ", "ARAMA"], "brands": [BRAND], "via": "web"}

    answered = http.post(REFUSALS, body, key="operator")

    assert reached(answered) == {(BRAND, "EPOSTA", kind) for kind in KINDS}
    assert {one["code"] for one in taken(answered)} == {"L-CHANNEL"}


@pytest.mark.parametrize(
    ("query", "headers", "warnings"),
    [
        ("", {"idempotency_key": "x" * 300}, ["L-IDEMPOTENCY-KEY"]),
        ("", {"idempotency_key": ""}, ["L-IDEMPOTENCY-KEY"]),
        ("?wait=iys", {}, ["L-QUERY"]),
        ("?a=1&a=2&iysCode=", {}, ["L-QUERY"]),
        ("?iysCode=1&iysCode=2", {}, ["L-QUERY"]),
        (f"?iysCode={OTHER_IYS_CODE}", {}, ["L-IYS-CODE-SCOPE"]),
        (f"?iysCode={IYS_CODE}", {}, []),
    ],
    ids=short,
)
def test_what_stands_beside_the_body_does_not_keep_it_out(
    http: Running, query: str, headers: dict[str, str], warnings: list[str]
) -> None:
    person = a_phone()
    body = {"recipient": person, "via": "sms"}

    answered = http.post(REFUSALS + query, body, key="operator", **headers)

    assert (answered.status_code, answered.json()["warnings"]) == (201, warnings)
    assert {brand for brand, _, _ in reached(answered)} == {BRAND, SISTER}
    assert {one["code"] for one in taken(answered) if "code" in one} == set(warnings)
    assert http.verdict(person)["status"] == "RET"


def test_the_same_under_an_id_is_there_already_though_the_clock_went_on(http: Running) -> None:
    body = {"recipient": a_phone(), "brands": [BRAND], "id": "cc-1", "via": "call"}
    first = taken(http.post(REFUSALS, body))
    end = http.get(f"{FEED}?after=0").json()["next"]
    second = first[0]["receipt"]["recordedAt"][:19]
    while http.get("/healthz") and minutes_ago(0)[-8:] == _turkish_time(second):
        pass  # until the next second

    again = http.post(REFUSALS, body)

    assert again.status_code == 200
    assert [one["outcome"] for one in taken(again)] == ["already"] * 4
    assert [one["receipt"] for one in taken(again)] == [one["receipt"] for one in first]
    assert http.get(f"{FEED}?after={end}").json()["items"] == []


def _turkish_time(second: str) -> str:
    hour = (int(second[11:13]) + 3) % 24
    return f"{hour:02d}{second[13:]}"


def test_a_key_names_the_request(http: Running) -> None:
    body = {"recipient": a_phone(), "brands": [BRAND], "receivedAt": minutes_ago(3)}
    first = taken(http.post(REFUSALS, body, idempotency_key="cc-2"))

    again = taken(http.post(REFUSALS, body, idempotency_key="cc-2"))

    assert [one["outcome"] for one in again] == ["already"] * 4
    assert [one["receipt"] for one in again] == [one["receipt"] for one in first]


def test_a_key_used_for_somebody_else_keeps_nobodys_refusal_out(http: Running) -> None:
    body = {"id": "cc-3", "via": "sms", "brands": [BRAND]}
    taken(http.post(REFUSALS, {"recipient": a_phone(), **body}))
    other = a_phone()

    said = taken(http.post(REFUSALS, {"recipient": other, **body}))

    assert {(one["outcome"], one["code"]) for one in said} == {("recorded", "L-ID-REUSED")}
    assert http.verdict(other)["status"] == "RET"


def test_what_was_noted_goes_to_the_vault_and_not_into_the_log(http: Running) -> None:
    person, note = a_phone(), "Ayşe Hanım aradı"
    body = {"recipient": person, "brands": [BRAND], "reference": note}

    said = taken(http.post(REFUSALS, body))

    ledger = http.home.ledger(IYS_CODE)
    positions = [one["receipt"]["position"] for one in said]
    for event in ledger.store.events_at(positions).values():
        assert note not in event.state.decode() and person not in event.state.decode()
        assert "note" in dict(event.commit)
    assert note.encode() not in b"".join(ledger.store.payloads_at(positions).values())


def test_a_viewer_may_not(http: Running) -> None:
    answered = http.post(REFUSALS, {"recipient": a_phone()}, key="viewer")

    assert (answered.status_code, answered.json()["code"]) == (403, "L-ROLE")


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff", b'{"recipient":"\xff"}', b'{"recipient":"\\ud800"}', b"[" * 100_000],
    ids=["nothing", "cut", "no text", "in a text", "surrogate", "deep"],
)
def test_what_is_no_json_is_refused(http: Running, body: bytes) -> None:
    answered = http.send(REFUSALS, body)

    assert (answered.status_code, answered.json()["code"]) == (422, "L-JSON")


def test_deep_strange_members_do_not_keep_it_out(http: Running) -> None:
    person = a_phone()
    deep = json.dumps({"recipient": person, "via": "sms"})[:-1] + ',"x":' + "[" * 500 + "]" * 500

    assert taken(http.send(REFUSALS, f"{deep}}}".encode(), key="operator"))
    assert http.verdict(person)["status"] == "RET"

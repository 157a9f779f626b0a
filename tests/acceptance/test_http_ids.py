"""The caller's own ids, and its key for a whole request: what is sent twice is recorded once."""

from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

import pytest

from tests.acceptance.services import (
    CONSENTS,
    IYS_CODE,
    Running,
    a_phone,
    a_ret,
    an_item,
    minutes_ago,
    short,
)
from tests.acceptance.test_http_consents import problem, told


def test_an_id_is_remembered(http: Running) -> None:
    item = an_item(id="crm-77")
    (first,) = told(http.post(CONSENTS, item))

    (again,) = told(http.post(CONSENTS, item))
    (other,) = told(http.post(CONSENTS, {**item, "recipient": a_phone()}))

    assert (again["outcome"], again["receipt"]) == ("already", first["receipt"])
    assert (other["outcome"], other["code"]) == ("refused", "L-ID-REUSED")
    assert "receipt" not in other


def test_an_id_used_before_keeps_no_refusal_out(http: Running) -> None:
    """Many systems give the customer's number: the refusal bears that of the consent."""
    person = a_phone()
    http.register(person)
    http.item(an_item(id="customer-8"))
    ret = a_ret(recipient=person, id="customer-8")

    said = http.item(ret)
    again = http.item(ret)

    assert (said["outcome"], said["code"]) == ("recorded", "L-ID-REUSED")
    assert (again["outcome"], again["receipt"]) == ("already", said["receipt"])
    assert http.verdict(person)["status"] == "RET"


def test_the_same_item_is_there_already_though_more_is_known_by_then(http: Running) -> None:
    """Evidence that comes in between the two changes nothing of what was said."""
    form = b"form of customer 9"
    item = an_item(id="customer-9", evidenceId=sha256(form).hexdigest())
    first = http.item(item)
    http.send(f"/v1/evidence?kind=FORM&iysCode={IYS_CODE}", form)

    again = http.item(item)

    assert (first["outcome"], first["code"]) == ("recorded", "L-EVIDENCE-UNKNOWN")
    assert (again["outcome"], again["code"]) == ("already", "L-EVIDENCE-UNKNOWN")
    assert again["receipt"] == first["receipt"]


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (["MESAJ"], ["MESAJ", "ARAMA"]),
        (["ARAMA"], ["MESAJ", "ARAMA"]),
        (["MESAJ", "ARAMA"], ["MESAJ"]),
        (["MESAJ", "ARAMA"], ["ARAMA"]),
        (["MESAJ"], ["ARAMA"]),
    ],
    ids=str,
)
def test_the_channels_are_content_as_well(http: Running, first: list[str], then: list[str]) -> None:
    item = an_item(type=None, types=first, id=f"channels {first} {then}")
    (made, *_) = told(http.post(CONSENTS, item))

    other = told(http.post(CONSENTS, {**item, "types": then}))
    again = told(http.post(CONSENTS, item))

    assert {(one["outcome"], one["code"]) for one in other} == {("refused", "L-ID-REUSED")}
    assert {one["outcome"] for one in again} == {"already"}
    assert again[0]["receipt"] == made["receipt"]


def test_what_was_kept_out_of_an_item_may_come_again_under_its_id(http: Running) -> None:
    """Recorded on one channel, refused on the other by the refusal that stands there."""
    person = a_phone()
    ret = http.item(a_ret(recipient=person, type="ARAMA"))
    item = an_item(recipient=person, type=None, types=["ARAMA", "MESAJ"], id="twice")
    item["consentDate"] = minutes_ago(10)

    first, again = (told(http.post(CONSENTS, item)) for _ in range(2))

    assert ret["outcome"] == "recorded"
    assert [one["outcome"] for one in first] == ["refused", "recorded"]
    assert [one["outcome"] for one in again] == ["refused", "already"]
    assert again[0]["code"] == "L-RET-STANDS"


def test_an_id_is_the_givers_within_a_brand(http: Running) -> None:
    http.item(an_item(id="crm-78"))

    (said,) = told(http.post("/v1/brands/654321/consents", an_item(id="crm-78")))

    assert said["outcome"] == "recorded"


def test_a_key_names_a_whole_request(http: Running) -> None:
    items = [an_item(), a_ret(type=None, types=["MESAJ", "ARAMA"])]
    first = told(http.post(CONSENTS, {"items": items}, idempotency_key="run-1"))

    again = told(http.post(CONSENTS, {"items": items}, idempotency_key="run-1"))
    other = told(http.post(CONSENTS, {"items": [an_item()]}, idempotency_key="run-1"))

    assert [one["outcome"] for one in first] == ["recorded"] * 3
    assert [one["outcome"] for one in again] == ["already"] * 3
    assert [one["receipt"] for one in again] == [one["receipt"] for one in first]
    assert [one["code"] for one in other] == ["L-ID-REUSED"]


@pytest.mark.parametrize("key", ["", "x" * 201, "a\tb"], ids=short)
def test_a_key_is_printable_and_short(http: Running, key: str) -> None:
    answered = http.post(CONSENTS, an_item(), idempotency_key=key)

    assert problem(answered) == (422, "L-IDEMPOTENCY-KEY")


@pytest.mark.parametrize("named", [True, False], ids=["with an id", "without"])
def test_twenty_at_once_make_one_event(http: Running, named: bool) -> None:
    item = an_item(id=f"rush-{named}") if named else an_item()

    with ThreadPoolExecutor(20) as many:
        said = list(many.map(lambda _: http.item(item), range(40)))

    assert sorted(one["outcome"] for one in said) == ["already"] * 39 + ["recorded"]
    assert len({one["receipt"]["eventId"] for one in said}) == 1

"""The caller's own ids, and its key for a whole request: what is sent twice is recorded once."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.acceptance.services import CONSENTS, Running, a_phone, a_ret, an_item, short
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

    assert (said["outcome"], said["code"]) == ("warned", "L-ID-REUSED")
    assert (again["outcome"], again["receipt"]) == ("already", said["receipt"])
    assert http.verdict(person)["status"] == "RET"


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

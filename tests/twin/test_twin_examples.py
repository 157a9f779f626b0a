"""The requests of the official document's examples get its statuses, codes, places and fields.

Retold with the document's own dates, so the twin's clock shows the second of its answers. Examples
that contradict the document itself are left out; ops/decisions/0011 lists them.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from ledger.iys_twin.world import Retailer
from tests.twin.twin_examples import (
    ABSENT,
    ANSWERED_AT,
    ASKED,
    LIST,
    ONE,
    REFUSED,
    RETAILERS,
    WHOLE,
    WORDED,
)
from tests.twin.twin_harness import BRAND_PATH, IYS_CODE, TwinHarness, twin_harness
from tests.twin.twin_shapes import SHAPES, B, expect_shape


@pytest.fixture
def at_2020() -> Iterator[TwinHarness]:
    """The twin as the document's examples had İYS: before the activation date, with retailers."""
    settings = {"start_at": ANSWERED_AT, "activation_date": "2021-01-01 00:00:00"}
    with twin_harness(**settings) as harness:
        brand = harness.twin.world.brands[IYS_CODE]
        for code in RETAILERS:
            brand.retailers[code] = Retailer(code, {"title": "XYZ TİCARET"})
        yield harness


def changed(whole: dict[str, Any], changes: Any) -> Any:
    if isinstance(changes, list):
        return [changed(whole, one) for one in changes]
    return {name: one for name, one in {**whole, **changes}.items() if one is not ABSENT}


@pytest.mark.parametrize("name", REFUSED)
def test_a_refused_example_is_refused_alike(name: str, at_2020: TwinHarness) -> None:
    line, changes, expected = REFUSED[name]
    method, _, path = line.rpartition(" ")
    whole = WHOLE.get(path.partition("?")[0], {})
    body: Any = None if changes is None else changed(whole, changes)

    answer = at_2020.request(method or "POST", f"{BRAND_PATH}{path}", body=body)

    told = answer.json()
    assert answer.status_code == (403 if expected[0][0] == "H180" else 422)
    expect_shape(told, SHAPES["refused"])
    assert [
        (
            one["code"],
            one.get("location", []),
            one.get("value", ABSENT),
            one.get("index"),
        )
        for one in told["errors"]
    ] == expected
    if name in WORDED:
        assert told["errors"][0]["message"] == WORDED[name]


def test_the_single_add_and_its_status_are_as_shown(at_2020: TwinHarness) -> None:
    added = at_2020.post(f"{BRAND_PATH}/consents", ONE)
    status = at_2020.post(f"{BRAND_PATH}/consents/status", ASKED)

    assert added.status_code == 200 and added.json()["creationDate"] == ANSWERED_AT
    shown = {name: ONE[name] for name in ONE if name != "retailerAccess"}
    assert status.json() == {
        **shown,
        "creationDate": ANSWERED_AT,
        "retailerTitle": "XYZ TİCARET",
        "retailerAccessCount": 3,
        "transactionId": added.json()["transactionId"],
    }


def test_the_list_is_taken_and_processed_as_shown(at_2020: TwinHarness) -> None:
    taken = at_2020.bulk([*LIST, {**ONE, "status": "RET"}])
    request_id = taken.json()["requestId"]
    queued = at_2020.result(request_id)
    at_2020.advance(seconds=300)
    done = at_2020.result(request_id)

    assert taken.status_code == 202
    expect_shape(taken.json(), SHAPES[f"POST {B}/consents/request"])
    subs = taken.json()["subRequests"]
    hidden = {"retailerCode", "retailerAccess"}
    for sub, sent in zip(subs, LIST, strict=False):
        echoed = {name: value for name, value in sub.items() if name in sent}
        assert echoed == {name: sent[name] for name in sent.keys() - hidden}
    assert queued[2] == {
        "index": 2,
        "status": "enqueue",
        "subrequestId": subs[2]["subRequestId"],
    }
    assert [one["status"] for one in done] == ["success"] * 3 + ["failure"]
    assert done[3] == {
        "subRequestId": subs[3]["subRequestId"],
        "index": 3,
        "status": "failure",
        "error": {
            "code": "H175",
            "message": "İlk izin kayıt işlemlerinde RET durum (status) bilgisi içeren izinler"
            " kaydedilmez.",
        },
    }
    assert done[0]["requestId"] == request_id and len(done[0]["transactionId"]) == 64

"""Recipients act at İYS: the control API, what İYS lets them do, and how the pull shows it."""

from typing import Any

import pytest

from ledger.iys_twin.recipients import SOURCE_BY_WAY, How
from ledger.iys_twin.times import epoch_of, wall_of
from tests.twin.twin_harness import (
    BRAND_PATH,
    PHONE,
    SUB_BRAND,
    TwinHarness,
    a_consent,
    a_phone,
    twin_harness,
)

LATER = "2026-03-03 10:15:01"
NAME = "Deneme Kişi"


def pulled(twin: TwinHarness, query: str = "source=IYS") -> list[dict[str, Any]]:
    answer = twin.get(f"{BRAND_PATH}/consents/changes?{query}")
    return list(answer.json()["list"]) if answer.status_code == 200 else []


@pytest.mark.parametrize("how", ["sms", "call", "web", "app", "email"])
def test_an_opt_out_is_pulled_an_hour_later(how: str, twin: TwinHarness) -> None:
    twin.add()
    moved = twin.move(how)
    early = twin.get(f"{BRAND_PATH}/consents/changes")
    twin.advance(minutes=60)

    (one,) = pulled(twin)

    assert (early.status_code, early.content) == (204, b"")
    assert one == {
        "consentDate": "2026-03-04 10:00:00",
        "creationDate": "2026-03-04 10:00:00",
        "source": SOURCE_BY_WAY[How(how)].value,
        "recipient": PHONE,
        "recipientType": "BIREYSEL",
        "status": "RET",
        "type": "MESAJ",
        "transactionId": moved.json()["transactionIds"][0],
    }


def test_a_first_consent_carries_the_citizens_name(twin: TwinHarness) -> None:
    twin.move("new", status="ONAY", citizenName=NAME)
    twin.move("app", status="RET")
    twin.advance(hours=2)

    first, second = pulled(twin)

    assert (first["source"], first["citizenName"]) == ("IYS_WEB_YENI", NAME)
    assert "citizenName" not in second


def test_a_closed_line_ends_every_grant_with_its_own_date(twin: TwinHarness) -> None:
    twin.add()
    twin.add(type="ARAMA", consentDate=LATER)
    twin.add(recipientType="TACIR", source=None, consentDate=None)
    twin.post(f"/sps/678910/brands/{SUB_BRAND}/consents", a_consent())
    twin.add(recipient=a_phone(2))

    moved = twin.move("line-closed")
    twin.advance(hours=2)

    assert len(moved.json()["transactionIds"]) == 4
    found = {(one["recipientType"], one["type"]): one for one in pulled(twin)}
    assert {one["status"] for one in found.values()} == {"RET"}
    assert {one["source"] for one in found.values()} == {"IYS_AHS_HAT_KAPATMA"}
    assert found["BIREYSEL", "MESAJ"]["consentDate"] == "2026-03-03 10:15:00"
    assert found["BIREYSEL", "ARAMA"]["consentDate"] == LATER
    assert "consentDate" not in found["TACIR", "MESAJ"]
    assert twin.move("line-closed").json()["transactionIds"] == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"how": "post"}, "how"),
        ({"type": "FAKS"}, "type"),
        ({"status": "RED"}, "status"),
        ({"recipientType": "KURUMSAL"}, "recipientType"),
        ({"recipient": "0501"}, "recipient"),
        ({"recipient": a_phone(3)}, "recipient"),
        ({"brandCode": 1}, "brandCode"),
        ({"citizenName": NAME}, "citizenName"),
        ({"how": "new", "status": "ONAY"}, "citizenName"),
        ({"how": "new", "status": "ONAY", "citizenName": NAME}, "recipient"),
        (
            {"how": "new", "status": "RET", "citizenName": NAME, "recipient": a_phone(3)},
            "status",
        ),
        ({"how": "line-closed", "recipient": "x@y.example"}, "recipient"),
        ({"surprise": 1}, ""),
        ({"recipient": 5}, ""),
    ],
)
def test_what_nobody_can_do_is_422_with_a_reason(
    body: dict[str, Any], field: str, twin: TwinHarness
) -> None:
    twin.add()

    answer = twin.post("/_twin/movements", {"how": "sms", "recipient": PHONE, **body})

    assert answer.status_code == 422
    assert answer.json()["field"] == field and answer.json()["reason"]
    assert len(twin.twin.world.brands[678910].recipients) == 0


def test_a_second_opt_out_is_none(twin: TwinHarness) -> None:
    twin.add()
    twin.move()
    assert twin.move().json()["field"] == "status"


def test_the_pull_goes_on_behind_its_cursor(twin: TwinHarness) -> None:
    for number in range(5):
        twin.add(recipient=a_phone(number))
        twin.advance(seconds=1)
    twin.advance(hours=1)
    seen, after = [], ""
    while True:
        answer = twin.get(f"{BRAND_PATH}/consents/changes?source=HS&limit=2{after}")
        if answer.status_code == 204:
            break
        seen += [one["recipient"] for one in answer.json()["list"]]
        after = f"&after={answer.json()['after']}"
    twin.add(recipient=a_phone(9))
    twin.advance(hours=1)

    assert seen == [a_phone(number) for number in range(5)]
    assert [one["recipient"] for one in pulled(twin, f"source=HS{after}")] == [a_phone(9)]


def test_a_page_never_ends_between_movements_of_one_id(twin: TwinHarness) -> None:
    twin.add()
    twin.add(status="RET", consentDate=LATER)
    twin.add(recipient=a_phone(2))
    twin.advance(hours=1)

    first = twin.get(f"{BRAND_PATH}/consents/changes?source=HS&limit=1").json()
    second = pulled(twin, f"source=HS&limit=1&after={first['after']}")

    assert [one["status"] for one in first["list"]] == ["ONAY", "RET"]
    assert [one["recipient"] for one in second] == [a_phone(2)]


@pytest.mark.parametrize("unit", ["seconds", "milliseconds"])
def test_the_cursor_is_epoch_and_id(unit: str) -> None:
    with twin_harness(cursor_unit=unit) as twin:
        added = twin.add().json()
        twin.advance(hours=1)
        answer = twin.get(f"{BRAND_PATH}/consents/changes?source=HS").json()
        after = twin.get(f"{BRAND_PATH}/consents/changes?source=HS&after={answer['after']}")

    factor = 1 if unit == "seconds" else 1_000
    epoch = epoch_of(wall_of(added["creationDate"])) * factor
    assert answer["after"] == f"{epoch}_{added['transactionId']}"
    assert after.status_code == 204


@pytest.mark.parametrize("cursor", ["x", "99999999999999_ab", "1_" + "0" * 64, "9" * 13 + "_x"])
def test_a_cursor_that_leads_nowhere_is_like_none(cursor: str, twin: TwinHarness) -> None:
    twin.add()
    twin.advance(hours=1)
    assert len(pulled(twin, f"source=HS&after={cursor}")) == 1


def test_the_pull_looks_back_seven_days_to_the_second(twin: TwinHarness) -> None:
    twin.add()
    twin.advance(days=7)
    assert len(pulled(twin, "source=HS")) == 1
    twin.advance(seconds=1)
    assert pulled(twin, "source=HS") == []


@pytest.mark.parametrize("limit", ["0", "-1", "x", "1001"])
def test_a_bad_limit_is_told_as_it_came(limit: str, twin: TwinHarness) -> None:
    answer = twin.get(f"{BRAND_PATH}/consents/changes?limit={limit}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0] == {
        "code": "H507",
        "location": ["limit"],
        "value": limit,
        "message": "limit alanı için karakter üst sınırı 1000 olmalıdır.",
    }


@pytest.mark.parametrize(
    ("body", "now"),
    [
        ({"set": "2026-03-05 09:00:00"}, "2026-03-05 09:00:00"),
        ({"advanceSeconds": 90}, "2026-03-04 10:01:30"),
        ({"speed": 0}, "2026-03-04 10:00:00"),
    ],
)
def test_the_clock_is_set_over_the_control_api(
    body: dict[str, Any], now: str, twin: TwinHarness
) -> None:
    assert twin.post("/_twin/clock", body).json()["now"] == now
    assert twin.get("/_twin/state").json()["clock"]["now"] == now


@pytest.mark.parametrize(
    "body",
    [
        *({}, {"set": "2026-03-04 09:59:59"}, {"set": "tomorrow"}, {"set": "9999-01-01 00:00:00"}),
        *({"speed": -1}, {"speed": 1e9}, {"advanceSeconds": -1}, {"advanceSeconds": 1e12}),
        *({"speed": 1, "advanceSeconds": 1}, {"speed": "fast"}),
    ],
)
def test_the_clock_refuses_with_a_reason(body: dict[str, Any], twin: TwinHarness) -> None:
    answer = twin.post("/_twin/clock", body)
    assert answer.status_code == 422 and answer.json()["reason"]


def test_the_clock_runs_as_fast_as_it_is_told(twin: TwinHarness) -> None:
    twin.twin.clock.run(60)
    twin.real = twin.real.replace(minute=1)
    assert twin.get("/_twin/state").json()["clock"] == {"now": "2026-03-04 11:00:00", "speed": 60.0}


def test_the_page_shows_it_all_in_turkish_and_escapes(twin: TwinHarness) -> None:
    twin.add()
    twin.move()
    twin.twin.world.brands[678910].name = "<script>"

    answer = twin.get("/", logged_in=False)

    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    for word in ("İYS ikizi", "Markalar", "Kotalar", PHONE, "IYS_KISAMESAJ", "&lt;script&gt;"):
        assert word in answer.text
    assert "<td><script>" not in answer.text

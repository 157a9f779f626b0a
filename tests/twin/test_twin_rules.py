"""The state machine of İYS (iys/api.md §4), one rule after the other, and what hangs on it."""

import pytest

from ledger.calendar import Reading, deadlines
from ledger.iys_twin.business_days import HOLIDAYS, earliest_taken
from ledger.iys_twin.times import instant_of, text_of, wall_of
from tests.twin.twin_harness import (
    BRAND_PATH,
    MAILBOX,
    PHONE,
    SUB_BRAND,
    TwinHarness,
    a_consent,
    a_phone,
    codes,
    twin_harness,
)

LATER = "2026-03-03 10:15:01"
STATUS = {"recipient": PHONE, "recipientType": "BIREYSEL", "type": "MESAJ"}


def test_r3_a_newer_grant_over_a_grant_is_taken(twin: TwinHarness) -> None:
    twin.add()
    assert twin.add(consentDate=LATER).status_code == 200


def test_r3_the_old_rule_can_be_set() -> None:
    with twin_harness(grant_over_grant=False) as twin:
        twin.add()
        assert codes(twin.add(consentDate=LATER)) == ["H174"]


def test_r4_the_same_date_is_no_newer(twin: TwinHarness) -> None:
    twin.add()
    assert codes(twin.add()) == ["H178"]


def test_r4_the_same_date_can_be_let_through() -> None:
    with twin_harness(equal_date_is_older=False) as twin:
        twin.add()
        assert twin.add(status="RET").status_code == 200


def test_r9_a_decision_cannot_come_first_but_can_end_a_consent(twin: TwinHarness) -> None:
    assert codes(twin.add(source="HS_KARAR", status="RET")) == ["H175"]
    twin.add()
    assert twin.add(source="HS_KARAR", status="RET", consentDate=LATER).status_code == 200


def test_r11_before_the_activation_date_age_is_no_matter() -> None:
    with twin_harness(activation_date="2026-04-01 00:00:00") as twin:
        assert twin.add(source="HS_2015", consentDate="2015-05-01 00:00:00").status_code == 200
    with twin_harness(late_status="400") as twin:
        late = twin.add(consentDate="2026-01-01 10:00:00")
        assert late.status_code == 400 and codes(late) == ["H467"]
        assert "location" not in late.json()["errors"][0]


def test_r11_the_boundary_is_a_second_wide(twin: TwinHarness) -> None:
    assert twin.add(consentDate="2026-02-27 10:00:00").status_code == 200
    assert codes(twin.add(type="ARAMA", consentDate="2026-02-27 09:59:59")) == ["H467"]


def test_r12_an_undated_merchant_may_come_first_and_shows_no_date(twin: TwinHarness) -> None:
    assert twin.add(recipientType="TACIR", source=None, consentDate=None).status_code == 200

    shown = twin.post(f"{BRAND_PATH}/consents/status", {**STATUS, "recipientType": "TACIR"}).json()

    assert "consentDate" not in shown and "source" not in shown


def test_r13_an_individual_and_a_merchant_are_two_records(twin: TwinHarness) -> None:
    twin.add()
    assert codes(twin.add(recipientType="TACIR", status="RET", consentDate=LATER)) == ["H175"]


def test_r15_a_full_subscription_still_takes_refusals(twin: TwinHarness) -> None:
    twin.add()
    twin.post("/_twin/provider", {"consentLimit": 1})

    refused = twin.add(recipient=a_phone(9))

    assert refused.status_code == 422 and codes(refused) == ["H525"]
    assert codes(twin.bulk([a_consent(recipient=a_phone(9))])) == ["H525"]
    assert twin.add(status="RET", consentDate=LATER).status_code == 200
    twin.post("/_twin/provider", {"consentLimitExceed": True})
    assert twin.add(recipient=a_phone(9)).status_code == 200


def test_r16_one_second_gives_one_transaction_id(twin: TwinHarness) -> None:
    first = twin.add().json()["transactionId"]
    second = twin.add(status="RET", consentDate=LATER).json()["transactionId"]
    twin.advance(seconds=1)
    third = twin.add(consentDate="2026-03-03 10:15:02").json()["transactionId"]

    assert first == second != third
    assert len(first) == 64 and set(first) <= set("0123456789abcdef")


@pytest.mark.parametrize("state", ["PAUSED", "EXPIRED"])
def test_r18_a_resting_subscription_only_shows_itself(state: str, twin: TwinHarness) -> None:
    twin.post("/_twin/provider", {"subscriptionStatus": state})

    refused = twin.add()

    assert refused.status_code == 403 and codes(refused) == ["H520"]
    assert refused.json()["errors"][0]["message"] == (
        f"Abonelik durumu {state} iken sadece HS abonelik sorgulama servisine istek atılabilir."
    )
    assert twin.get("/sps/678910/subscription").json()["status"] == state


def test_brands_keep_their_own_consents(twin: TwinHarness) -> None:
    twin.add()
    other = BRAND_PATH.replace("brands/678910", f"brands/{SUB_BRAND}")

    unknown = twin.post(f"{other}/consents/status", STATUS)

    assert unknown.status_code == 404 and codes(unknown) == ["H401"]


@pytest.mark.parametrize(("way", "status", "body"), [("empty", 200, b"{}"), ("204", 204, b"")])
def test_nobody_can_be_answered_in_three_ways(way: str, status: int, body: bytes) -> None:
    with twin_harness(unknown_status=way) as twin:
        answer = twin.post(f"{BRAND_PATH}/consents/status", STATUS)
        assert (answer.status_code, answer.content) == (status, body)


def test_mailboxes_are_stored_in_lower_case(twin: TwinHarness) -> None:
    twin.add(type="EPOSTA", recipient=MAILBOX.upper())
    asked = {"recipient": MAILBOX, "recipientType": "BIREYSEL", "type": "EPOSTA"}
    assert twin.post(f"{BRAND_PATH}/consents/status", asked).json()["recipient"] == MAILBOX


def test_multi_status_lists_only_who_granted(twin: TwinHarness) -> None:
    twin.add()
    twin.add(recipient=a_phone(2))
    twin.add(recipient=a_phone(2), status="RET", consentDate=LATER)
    asked = {"recipients": [a_phone(2), PHONE, a_phone(3)]}

    answer = twin.post(f"{BRAND_PATH}/consents/BIREYSEL/status/MESAJ", asked)

    assert answer.json()["list"] == [PHONE]


def test_history_is_newest_first_and_pages(twin: TwinHarness) -> None:
    twin.add()
    twin.add(status="RET", consentDate=LATER)
    path = f"{BRAND_PATH}/consents/history"

    whole = twin.post(path, STATUS).json()
    second = twin.post(f"{path}?offset=1&limit=1", STATUS).json()

    assert [one["status"] for one in whole["list"]] == ["RET", "ONAY"]
    assert whole["pagination"] == {"totalCount": 2, "pageSize": 2, "offset": 0}
    assert [one["status"] for one in second["list"]] == ["ONAY"]


def test_v2_takes_the_same_body_once(twin: TwinHarness) -> None:
    first = twin.add(v2=True)
    twin.advance(seconds=30)
    again = twin.add(v2=True)
    other = twin.add(v2=True, source="HS_MOBIL")

    assert first.json() == again.json()
    assert codes(other) == ["H178"]
    assert len(twin.twin.world.brands[678910].own) == 1


def test_v2_forgets_after_the_time_that_is_set() -> None:
    with twin_harness(repeat_seconds=60) as twin:
        twin.add(v2=True)
        twin.advance(seconds=61)
        assert codes(twin.add(v2=True)) == ["H178"]


def test_v2_remembers_no_refusal(twin: TwinHarness) -> None:
    body = {"status": "RET", "consentDate": LATER}
    assert codes(twin.add(v2=True, **body)) == ["H175"]
    twin.add()
    assert twin.add(v2=True, **body).status_code == 200


def test_a_bulk_list_is_all_or_nothing(twin: TwinHarness) -> None:
    good, bad = a_consent(recipient=a_phone(1)), a_consent(consentDate="2026-03-03 10:15:00 ")

    refused = twin.bulk([good, bad, a_consent(recipient="x"), good])

    assert [(e["code"], e["index"]) for e in refused.json()["errors"]] == [
        *(("H158", 1), ("H121", 2), ("H194", 3)),
    ]
    twin.advance(minutes=10)
    assert twin.twin.world.consent_count() == 0


def test_bulk_v2_names_the_request_that_wrote_it(twin: TwinHarness) -> None:
    first = twin.bulk([a_consent()], v2=True).json()
    twin.advance(seconds=10)
    second = twin.bulk([a_consent()], v2=True).json()
    third = twin.bulk([a_consent()]).json()
    twin.advance(seconds=10)

    done = twin.result(second["requestId"], v2=True)[0]

    assert done["status"] == "success" and done["isAddConsentV2Service"] is True
    assert done["originalRequestInformation"] == {
        "requestId": first["requestId"],
        "subRequestId": first["subRequests"][0]["subRequestId"],
    }
    assert twin.result(third["requestId"])[0]["error"]["code"] == "H178"


def test_bulk_results_are_empty_for_the_unknown_and_the_old(twin: TwinHarness) -> None:
    request_id = twin.bulk([a_consent()]).json()["requestId"]
    twin.advance(days=60)
    assert len(twin.result(request_id)) == 1
    twin.advance(seconds=1)
    assert twin.result(request_id) == []
    assert twin.result("a1b2c3") == []


def test_bulk_can_hide_its_queue() -> None:
    with twin_harness(bulk_shows_queue=False, bulk_seconds=300, request_id_form="uuid") as twin:
        request_id = twin.bulk([a_consent()]).json()["requestId"]
        assert len(request_id) == 36 and twin.result(request_id) == []
        twin.advance(seconds=300)
        assert twin.result(request_id)[0]["status"] == "success"


def test_three_business_days_are_those_of_the_ledgers_calendar() -> None:
    """The twin's own table against the ledger's, an hour each day of seven years."""
    wall, end = wall_of("2024-01-10 11:30:00"), wall_of("2030-12-31 00:00:00")
    while wall < end:
        oldest = earliest_taken(wall, HOLIDAYS)
        on_time = deadlines(instant_of(oldest)).by(Reading.IYS)
        too_late = deadlines(instant_of(oldest - 1)).by(Reading.IYS)
        assert too_late < instant_of(wall) <= on_time, text_of(wall)
        wall += 23 * 3_600

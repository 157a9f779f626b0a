"""Recording over HTTP, and what is told, noted and referred beside it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from ledger import clock
from ledger.addresses import parse_address
from ledger.bootstrap import Home
from ledger.recording.barring import Bar
from ledger.recording.referrals import Referral
from ledger.store.access_log import Note
from ledger.vocabulary import Channel
from tests.integration.acts import BRAND_CODE, CLERK, IYS_CODE
from tests.integration.uploading import Calls, answering
from tests.integration.waiting import eventually

CONSENTS, STATUS = f"/v1/brands/{BRAND_CODE}/consents", f"/v1/brands/{BRAND_CODE}/status"
REFUSALS = "/v1/refusals"
Json = dict[str, Any]


@pytest.fixture
def calls(home: Home) -> Iterator[Calls]:
    with answering(home) as open_calls:
        yield open_calls


def a_phone(number: int) -> str:
    return f"+90501{number:07d}"


def an_item(number: int, status: str = "ONAY", minutes: int = 60, **more: object) -> Json:
    date = clock.iys_text(clock.now() - timedelta(minutes=minutes))
    about = {"recipient": a_phone(number), "type": "MESAJ", "source": "HS_WEB"}
    return {**about, "status": status, "consentDate": date, **more}


def told(calls: Calls, *items: Json) -> list[Json]:
    body = items[0] if len(items) == 1 else {"items": items}
    answered = calls.client.post(CONSENTS, json=body)
    assert answered.is_success, answered.text
    return list(answered.json()["items"])


def subject_of(home: Home, number: int) -> UUID:
    ledger = home.ledger(IYS_CODE)
    lookup = ledger.vault.lookup(parse_address(a_phone(number), Channel.MESSAGE).uri)
    return ledger.store.generations(lookup)[0].id


def notes(home: Home) -> set[tuple[str, UUID | None, int]]:
    """What was noted, once it is in the table: a later note of ours shows that."""
    log = home.access_log(IYS_CODE)
    log.note("user:test", "end")

    def all_of_it() -> list[Note]:
        return list(log.newest(100))

    eventually(lambda: any(one.action == "end" for one in all_of_it()), "the notes are written")
    return {(one.action, one.subject, one.items) for one in all_of_it() if one.action != "end"}


# Who is shown somebody's consent is noted (R108).


def test_what_is_shown_of_a_person_without_an_event_is_noted(home: Home, calls: Calls) -> None:
    ret, late = an_item(1, "RET", 30), an_item(1, minutes=10)
    told(calls, ret)
    (already,) = told(calls, ret)
    (refused,) = told(calls, late)

    assert (already["outcome"], refused["code"]) == ("already", "L-RET-STANDS")
    assert notes(home) == {("consents", subject_of(home, 1), 1)}
    of_one = [one.subject for one in home.access_log(IYS_CODE).newest(9) if one.action != "end"]
    assert of_one == [subject_of(home, 1)] * 2


def test_of_many_items_each_person_is_noted_once(home: Home, calls: Calls) -> None:
    known = [an_item(1), an_item(2), an_item(2, type="ARAMA")]
    told(calls, *known)

    told(calls, *known, an_item(3), an_item(4, status="?"))

    assert notes(home) == {
        ("consents", subject_of(home, 1), 1),
        ("consents", subject_of(home, 2), 2),
    }


def test_nobody_is_shown_and_nothing_noted_where_nothing_is_known(home: Home, calls: Calls) -> None:
    told(calls, an_item(1, status="?"), an_item(2, source="IYS_WEB"), an_item(3))

    assert notes(home) == set()


def test_a_refusal_that_was_there_already_is_noted_as_well(home: Home, calls: Calls) -> None:
    body = {"recipient": a_phone(1), "types": ["MESAJ"], "id": "a", "via": "sms"}
    for _ in range(2):
        assert calls.client.post(REFUSALS, json=body).is_success

    assert notes(home) == {("refusals", subject_of(home, 1), 2)}  # as BIREYSEL and as TACIR


# The state in an answer is the status (C6).


def state_now(calls: Calls, number: int) -> tuple[object, ...]:
    asked = {"recipient": a_phone(number), "type": "MESAJ"}
    members = calls.client.post(STATUS, json=asked).json()
    return tuple(members[name] for name in ("status", "permitted", "verdict", "reason"))


@pytest.mark.parametrize("status", ["ONAY", "RET"])
def test_the_state_told_is_the_status_of_somebody_on_the_companys_list(
    home: Home, calls: Calls, status: str
) -> None:
    address = parse_address(a_phone(1), Channel.MESSAGE)
    home.ledger(IYS_CODE).suppress(address, Bar("COMPLAINT"), actor=CLERK)

    said = [told(calls, an_item(1, status))[0], *told(calls, an_item(1, status), an_item(2))]

    states = [tuple(one["state"].values()) for one in said]
    assert states[0][2:] == ("SUPPRESSED", "LIST")
    assert states == [state_now(calls, number) for number in (1, 1, 2)]


def test_an_entry_for_another_channel_bars_no_state(home: Home, calls: Calls) -> None:
    address = parse_address(a_phone(1), Channel.MESSAGE)
    home.ledger(IYS_CODE).suppress(address, Bar("OTHER", channel=Channel.CALL), actor=CLERK)

    (said,) = told(calls, an_item(1))

    assert said["state"]["reason"] == "QUEUED"
    assert tuple(said["state"].values()) == state_now(calls, 1)


# One that fails harms no other.


@pytest.mark.damaging
def test_an_item_that_breaks_on_its_way_is_told_so_and_stops_no_other(
    home: Home, calls: Calls
) -> None:
    told(calls, an_item(1), an_item(2))
    with home.database.connection(IYS_CODE) as connection:
        broken = "UPDATE current_consent SET state = '\\xc1' WHERE subject = %s"
        connection.execute(broken, [subject_of(home, 1)])

    said = told(calls, an_item(1, "RET", 5), an_item(2, "RET", 5), an_item(3))

    assert [one["outcome"] for one in said] == ["refused", "recorded", "recorded"]
    assert (said[0]["code"], "state" in said[0], "receipt" in said[0]) == ("L-FAILED", False, False)
    assert state_now(calls, 2)[0] == "RET"


@pytest.mark.damaging
def test_a_refusal_that_breaks_on_its_way_is_no_success(home: Home, calls: Calls) -> None:
    told(calls, an_item(1))
    with home.database.connection(IYS_CODE) as connection:
        connection.execute("UPDATE current_consent SET state = '\\xc1'")
    body = {"recipient": a_phone(1), "via": "sms"}

    answered: httpx.Response = calls.client.post(REFUSALS, json=body)

    assert (answered.status_code, answered.json()["code"]) == (500, "L-FAILED")
    asked = {"recipient": a_phone(1), "type": "ARAMA"}
    assert calls.client.post(STATUS, json=asked).json()["status"] == "RET"


# Refusals that wait for an officer.


def test_what_is_said_again_while_it_waits_counts_from_then(home: Home) -> None:
    """Dated by the first time it would be older than a consent that came in between."""
    waiting = home.referrals(IYS_CODE)
    first, second = clock.now() - timedelta(hours=2), clock.now()
    one = Referral(UUID(int=7), first, "key:1", BRAND_CODE, {"recipient": a_phone(1)})
    again = Referral(one.id, second, one.actor, one.brand_code, one.said)

    for said in (one, again, one):
        waiting.refer([said])

    (kept,) = waiting.waiting()
    assert kept.at == second

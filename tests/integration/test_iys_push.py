"""What waits reaches İYS once, in order, and every act ends with İYS's word (R20, R23, R24, C7)."""

from collections.abc import Iterator
from typing import LiteralString

import pytest

from ledger.aggregates.bodies import ConsentRefused, IysRefused, IysSeen
from ledger.aggregates.standing import standing
from ledger.bootstrap import Home
from ledger.recording.request import Receipt
from ledger.vocabulary import ConsentStatus, IysState, SeenHow
from tests.integration.acts import BRAND_CODE, IYS_CODE, a_request, with_evidence
from tests.integration.iys_world import Port, a_port, an_outgoing
from tests.integration.push_world import TODAY, YESTERDAY, PushWorld, key_of, push_world

REQUESTS: LiteralString = "SELECT id FROM iys_requests"


@pytest.fixture(scope="module")
def port() -> Iterator[Port]:
    with a_port() as made:
        yield made


@pytest.fixture
def world(home: Home, port: Port) -> Iterator[PushWorld]:
    with push_world(home, port) as made:
        yield made


def standing_of(world: PushWorld, receipt: Receipt) -> tuple[str, str | None]:
    """Row and reason of C6."""
    key = key_of(receipt)
    consent = world.ledger.store.load_consents([key])[key].consent
    found = standing(consent, key.recipient_type)
    return found.row, found.reason


def test_a_live_act_goes_at_once_and_alone_and_its_answer_is_kept(world: PushWorld) -> None:
    (receipt,) = world.record(a_request(1, date=YESTERDAY))

    world.push(world.pusher())

    (movement,) = world.movements()
    assert movement.recipient == "+905010000001" and world.waiting() == []
    (event,) = world.told(receipt)
    body = event.body
    assert isinstance(body, IysSeen)
    assert (body.state, body.how, body.of) == (IysState.GRANTED, SeenHow.ANSWER, 1)
    assert (body.consent_date, body.creation_date) == (YESTERDAY, "2026-03-04 10:00:02")
    words = world.words(event, receipt)
    assert set(words) == {"transaction_id", "answer"} and len(words["answer"]) == 64


def test_a_backlog_goes_as_a_list_whose_results_are_asked_for_until_all_are_there(
    world: PushWorld,
) -> None:
    receipts = world.record(*(a_request(number, date=YESTERDAY) for number in range(30)))
    pusher = world.pusher()
    world.iys.fault("empty_bulk", times=1)

    world.push(pusher)
    assert len(world.movements()) == 0 and len(world.waiting()) == 30
    world.wait(seconds=300)
    world.push(pusher)
    assert len(world.movements()) == 30 and len(world.waiting()) == 30
    world.wait(seconds=300)
    world.push(pusher)

    assert world.waiting() == [] and world.rows(REQUESTS) == []
    assert world.states(receipts) == [IysState.GRANTED] * 30
    (event,) = world.told(receipts[7])
    assert isinstance(event.body, IysSeen) and event.body.how is SeenHow.RESULT
    assert set(world.words(event, receipts[7])) == {"transaction_id", "request_id", "answer"}


def test_a_refusal_waits_for_the_consent_before_it_and_is_of_another_second(
    world: PushWorld,
) -> None:
    consent, refusal = world.record(
        a_request(1, date=YESTERDAY), a_request(1, "RET", date=TODAY, source="HS_MESAJ")
    )

    pusher = world.pusher()
    world.push(pusher, times=1)
    assert [one.consent_status for one in world.movements()] == ["ONAY"]
    world.push(pusher, times=1)

    assert [one.consent_status for one in world.movements()] == ["ONAY", "RET"]
    created = [one.created for one in world.movements()]
    assert created[1] > created[0]
    assert world.waiting() == [] and len(world.told(consent)) == 2
    assert world.states([refusal]) == [IysState.REFUSED]


def test_nothing_more_of_an_address_goes_in_the_second_of_an_answer(world: PushWorld) -> None:
    world.record(a_request(1, date=YESTERDAY))
    pusher = world.pusher()
    pusher.push_once()
    world.record(a_request(1, "RET", date=TODAY))

    pusher.push_once()
    assert [one.consent_status for one in world.movements()] == ["ONAY"]
    world.wait(seconds=1)
    pusher.push_once()

    assert [one.consent_status for one in world.movements()] == ["ONAY", "RET"]
    world.home.follow(IYS_CODE)


def test_one_address_as_person_and_as_merchant_is_two_transactions(world: PushWorld) -> None:
    receipts = world.record(
        a_request(1, date=YESTERDAY), a_request(1, date=YESTERDAY, kind="TACIR")
    )

    world.push(world.pusher(), times=3)

    created = {one.created for one in world.movements()}
    assert len(created) == 2 and world.states(receipts) == [IysState.GRANTED] * 2


def test_a_new_holders_act_waits_for_that_of_the_former_one(world: PushWorld) -> None:
    given = a_request(1, date=YESTERDAY)
    former = world.record(given)
    world.ledger.reassign(given.address, actor="user:1", approved_by="user:2", reason="NEW")
    newer = world.record(a_request(1, date=TODAY))

    pusher = world.pusher()
    pusher.push_once()
    assert len(world.movements()) == 1
    world.push(pusher, times=3)

    assert former[0].subject != newer[0].subject
    assert world.states([*former, *newer]) == [IysState.GRANTED] * 2
    assert len({one.created for one in world.movements()}) == 2


def test_a_consent_of_this_moment_waits_until_iys_clock_is_surely_past_it(
    world: PushWorld,
) -> None:
    world.record(a_request(1, date="2026-03-04 10:00:03"))
    pusher = world.pusher()  # it is 10:00:02

    pusher.push_once()
    assert world.movements() == []
    world.wait(seconds=3)
    pusher.push_once()

    assert len(world.movements()) == 1
    world.home.follow(IYS_CODE)


def test_a_refusal_iys_has_no_consent_for_stays_in_force_here(world: PushWorld) -> None:
    (receipt,) = world.record(a_request(1, "RET", date=YESTERDAY))

    world.push(world.pusher())

    assert world.waiting() == [] and world.movements() == []
    (event,) = world.told(receipt)
    assert isinstance(event.body, IysRefused) and event.body.code == "H175"
    assert standing_of(world, receipt) == ("7", "RET_IYS_WONT_TAKE")


def test_a_refusal_that_comes_too_late_stays_in_force_and_is_told_no_other_way(
    world: PushWorld,
) -> None:
    known = world.record(a_request(1, date=YESTERDAY))
    pusher = world.pusher()
    world.push(pusher)
    world.record(a_request(1, "RET", date=TODAY))
    world.wait(days=7)

    world.push(pusher)

    codes = [one.body.code for one in world.told(known[0]) if isinstance(one.body, IysRefused)]
    assert codes == ["H467"] and world.waiting() == []
    assert [one.consent_status for one in world.movements()] == ["ONAY"]
    assert standing_of(world, known[0])[0] == "7"


def test_by_its_setting_a_provider_tells_a_late_refusal_as_its_own_decision_of_now(
    world: PushWorld,
) -> None:
    known = world.record(a_request(1, date=YESTERDAY))
    pusher = world.pusher(may_decide=lambda: True)
    world.push(pusher)
    world.record(a_request(1, "RET", date=TODAY))
    world.wait(days=7)

    world.push(pusher, times=4)

    last = world.movements()[-1]
    assert (last.consent_status, last.consent_source) == ("RET", "HS_KARAR")
    acts = world.ledger.store.load_consents([key_of(known[0])])[key_of(known[0])].consent.acts
    assert [act.source for act in acts] == ["HS_WEB", "HS_WEB", "HS_KARAR"]
    assert acts[1].consent_date == TODAY  # the recipient's own date is kept
    events = world.ledger.store.events_of(key_of(known[0]).stream)
    reasons = [one.body.reason for one in events if isinstance(one.body, ConsentRefused)]
    assert reasons == [None, "HS_KARAR:3"]
    assert world.waiting() == [] and standing_of(world, known[0]) == ("7", "RET_AT_IYS")


def test_a_late_refusal_that_a_newer_consent_lifted_is_never_told_as_a_decision(
    world: PushWorld,
) -> None:
    known = world.record(a_request(1, date=YESTERDAY))
    pusher = world.pusher(may_decide=lambda: True)
    world.push(pusher)
    world.record(a_request(1, "RET", date=TODAY))
    world.wait(days=7)
    newer = with_evidence(a_request(1, date="2026-03-11 09:00:00"), "2026-03-11T06:00:00Z")
    world.record(newer)

    world.push(pusher, times=6)

    assert {one.consent_source for one in world.movements()} == {"HS_WEB"}
    assert world.waiting() == [] and world.states(known) == [IysState.GRANTED]


def test_what_iys_has_already_word_for_word_is_ours(home: Home, port: Port) -> None:
    with push_world(home, port, repeat_seconds=1) as world:
        world.client.add(BRAND_CODE, an_outgoing(1, consent_date=YESTERDAY))
        (receipt,) = world.record(a_request(recipient="+905010000001", date=YESTERDAY))

        world.push(world.pusher())

        (event,) = world.told(receipt)
        assert isinstance(event.body, IysSeen)
        assert (event.body.how, event.body.of) == (SeenHow.STATUS, 1)
        assert world.waiting() == [] and len(world.movements()) == 1


def test_what_iys_holds_otherwise_is_written_down_beside_its_no(world: PushWorld) -> None:
    refusal = an_outgoing(1, status=ConsentStatus.REFUSED, consent_date=TODAY)
    world.client.add(BRAND_CODE, an_outgoing(1, consent_date=YESTERDAY))
    world.wait(seconds=2)
    world.client.add(BRAND_CODE, refusal)
    ours = a_request(recipient="+905010000001", date=YESTERDAY, source="HS_MOBIL")
    (receipt,) = world.record(ours)

    world.push(world.pusher())

    seen, no = [one.body for one in world.told(receipt)]
    assert isinstance(seen, IysSeen) and isinstance(no, IysRefused)
    assert (seen.state, seen.consent_date, seen.of) == (IysState.REFUSED, TODAY, None)
    assert (no.of, no.code) == (1, "H178")
    assert world.waiting() == [] and standing_of(world, receipt)[0] == "7"

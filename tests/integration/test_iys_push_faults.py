"""Whatever fails, each consent is at İYS exactly once or has a final verdict (R23, R24, R28)."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count
from typing import Any, LiteralString

import pytest

from ledger.bootstrap import Home
from ledger.errors import ClockStepped
from ledger.iys_sync import scheduling
from ledger.iys_sync.errors import IysHalted, IysUnreachable
from ledger.iys_twin.consents import transaction_id
from ledger.recording.request import Receipt
from ledger.vocabulary import IysState
from tests.integration.acts import BRAND_CODE, IYS_CODE, a_request, about, retract
from tests.integration.iys_world import ADD, ADD_LIST, TOKEN, V2, Port, a_port
from tests.integration.push_world import TODAY, YESTERDAY, PushWorld, push_world

RESULTS = f"GET {V2}/consents/request/{{requestId}}"
FOR_A_LIST = range(30)
OPEN: LiteralString = "SELECT cardinality(positions) FROM iys_requests WHERE request_id IS NOT NULL"


@pytest.fixture(scope="module")
def port() -> Iterator[Port]:
    with a_port() as made:
        yield made


@pytest.fixture
def world(home: Home, port: Port) -> Iterator[PushWorld]:
    with push_world(home, port) as made:
        yield made


def expect_each_once(world: PushWorld, receipts: list[Receipt]) -> None:
    """Every act is at İYS once, and the ledger knows."""
    words = [
        (one.recipient, one.channel, one.consented, one.consent_status) for one in world.movements()
    ]
    assert len(words) == len(set(words)) == len(receipts)
    assert set(world.states(receipts)) <= {IysState.GRANTED, IysState.REFUSED}
    assert world.rows("SELECT id FROM iys_requests") == []
    assert world.rows("SELECT position FROM iys_to_send") == []


@pytest.mark.parametrize("kind", ["lost_request", "lost_answer", "cut", "html"])
@pytest.mark.parametrize("times", [1, 7])
def test_a_single_call_that_fails_is_made_again_and_stored_once(
    world: PushWorld, kind: str, times: int
) -> None:
    receipts = world.record(a_request(1, date=YESTERDAY), a_request(2, date=YESTERDAY))
    world.iys.fault(kind, ADD, times=times)

    world.push_all(world.pusher())

    expect_each_once(world, receipts)


@pytest.mark.parametrize("kind", ["lost_request", "lost_answer", "cut", "html"])
@pytest.mark.parametrize("endpoint", [ADD_LIST, RESULTS])
def test_a_list_that_fails_is_sent_again_and_stored_once(
    world: PushWorld, kind: str, endpoint: str
) -> None:
    receipts = world.record(*(a_request(number, date=YESTERDAY) for number in FOR_A_LIST))
    world.iys.fault(kind, endpoint, times=7)

    world.push_all(world.pusher())

    expect_each_once(world, receipts)


@pytest.mark.parametrize(("endpoint", "code"), [(ADD_LIST, "H092"), (RESULTS, "H198")])
def test_a_list_that_is_refused_without_naming_an_item_is_sent_in_halves_or_again(
    world: PushWorld, endpoint: str, code: str
) -> None:
    receipts = world.record(*(a_request(number, date=YESTERDAY) for number in FOR_A_LIST))
    world.iys.fault("code", endpoint, code=code)

    world.push_all(world.pusher())

    expect_each_once(world, receipts)


@pytest.mark.parametrize("acts", [1, len(FOR_A_LIST)])
def test_an_answer_that_was_lost_is_looked_up_where_iys_would_take_it_no_more(
    home: Home, port: Port, acts: int
) -> None:
    with push_world(home, port, repeat_seconds=1) as world:
        receipts = world.record(*(a_request(number, date=YESTERDAY) for number in range(acts)))
        pusher = world.pusher()
        world.iys.fault("lost_answer", ADD if acts == 1 else ADD_LIST, times=5)
        with pytest.raises(IysUnreachable):
            pusher.push_once()

        world.wait(days=6)  # now it is three business days too late
        world.push_all(pusher)

        expect_each_once(world, receipts)


@pytest.mark.parametrize("acts", [1, len(FOR_A_LIST)])
def test_what_a_dead_process_sent_is_looked_up_where_iys_would_take_it_no_more(
    home: Home, port: Port, acts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with push_world(home, port, repeat_seconds=1) as world:
        receipts = world.record(*(a_request(number, date=YESTERDAY) for number in range(acts)))
        with monkeypatch.context() as patched, pytest.raises(Killed):
            patched.setattr(world.sending, "accepted", killed)
            patched.setattr(world.ledger, "record_surely", killed)
            world.pusher().push_once()

        world.wait(days=6)
        world.push_all(world.pusher())

        expect_each_once(world, receipts)


def test_tables_that_were_emptied_fill_again(world: PushWorld) -> None:
    receipts = world.record(*(a_request(number, date=YESTERDAY) for number in FOR_A_LIST))
    world.push(world.pusher(), times=1)
    with world.home.database.connection(IYS_CODE) as connection:
        connection.execute("DELETE FROM iys_requests")

    world.push_all(world.pusher())

    expect_each_once(world, receipts)


def test_while_iys_is_down_nothing_is_lost_and_it_is_said_so(world: PushWorld) -> None:
    receipts = world.record(*(a_request(number, date=YESTERDAY) for number in FOR_A_LIST))
    pusher = world.pusher()
    world.iys.fault("html", minutes=6 * 60)

    for _ in range(3):
        with pytest.raises(IysUnreachable):
            pusher.push_once()
        world.wait(hours=2)
    world.push_all(pusher)

    expect_each_once(world, receipts)


def test_without_a_token_the_queue_stands_and_nothing_is_sent(world: PushWorld) -> None:
    receipts = world.record(a_request(1, date=YESTERDAY))
    world.iys.fault("code", TOKEN, code="H084")
    pusher = world.pusher()

    for _ in range(2):
        with pytest.raises(IysHalted):
            pusher.push_once()
    assert len(world.rows("SELECT position FROM iys_to_send")) == 1
    world.wait(minutes=61)
    world.push_all(pusher)

    expect_each_once(world, receipts)


def test_an_account_that_cannot_write_halts_its_brand_and_loses_nothing(world: PushWorld) -> None:
    receipts = world.record(*(a_request(number, date=YESTERDAY) for number in FOR_A_LIST))
    pusher = world.pusher()
    world.iys.twin.twin.world.subscription_status = "PAUSED"

    world.push(pusher)
    world.iys.twin.twin.world.subscription_status = "ACTIVE"
    world.push(pusher)

    assert [code for _, code in world.sending.halts(world.iys.now()).values()] == ["H520"]
    assert world.movements() == [] and len(world.waiting()) == len(FOR_A_LIST)
    world.wait(minutes=15)
    world.push_all(pusher)
    expect_each_once(world, receipts)


def test_the_items_that_a_list_is_refused_for_are_judged_and_the_rest_is_sent(
    world: PushWorld,
) -> None:
    """By our clock, which is two hours behind, two of them are still in time."""
    late = "2026-02-27 09:30:00"  # three business days before 2026-03-04 09:30
    dates = [late if number in (3, 17) else YESTERDAY for number in FOR_A_LIST]
    receipts = world.record(*(a_request(n, date=dates[n]) for n in FOR_A_LIST))
    pusher = world.pusher(now=lambda: world.iys.now() - timedelta(hours=2))

    world.push(pusher)
    assert world.rows(OPEN) == [(len(FOR_A_LIST) - 2,)]  # taken at once
    world.push_all(pusher)

    refused = [receipts[number] for number in (3, 17)]
    assert world.states(refused) == [IysState.VOID] * 2
    expect_each_once(world, [one for one in receipts if one not in refused])


def test_what_is_overdue_is_tried_alone_and_so_often_a_day(
    world: PushWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.iys_sync.pushing.OVERDUE_TRIES_MAX", 3)
    receipts = world.record(*(a_request(number, date="2026-02-20 10:00:00") for number in range(5)))
    pusher = world.pusher()
    world.iys.fault("code", ADD_LIST, code="H103", minutes=9_999)  # a list would never end

    world.push(pusher)
    assert len(world.waiting()) == 2
    world.push(pusher)
    assert len(world.waiting()) == 2
    world.wait(days=1)
    world.push(pusher)

    assert world.waiting() == [] and world.movements() == []
    assert world.states(receipts) == [IysState.VOID] * 5


def test_what_was_taken_back_while_it_was_out_is_still_seen_at_iys(world: PushWorld) -> None:
    given = [a_request(number, date=YESTERDAY) for number in FOR_A_LIST]
    receipts = world.record(*given)
    pusher = world.pusher()
    world.push(pusher, times=1)

    world.record(about(given[4], retract(1)))
    world.push_all(pusher)
    world.wait(minutes=6)
    world.push(pusher)

    assert world.states([receipts[4]]) == [IysState.GRANTED]
    expect_each_once(world, receipts)


def test_results_are_of_what_was_sent_last_where_acts_were_taken_back_between_two_sendings(
    world: PushWorld,
) -> None:
    given = [a_request(number, date=YESTERDAY) for number in FOR_A_LIST]
    receipts = world.record(*given)
    pusher = world.pusher()
    world.iys.fault("lost_request", ADD_LIST, times=5)
    with pytest.raises(IysUnreachable):
        pusher.push_once()

    world.record(*(about(given[number], retract(1)) for number in (0, 11)))
    world.wait(minutes=1)
    world.push_all(pusher)

    movements = {one.recipient: one for one in world.movements()}
    kept = [number for number in FOR_A_LIST if number not in (0, 11)]
    assert len(movements) == len(kept)
    for number in kept:
        (event,) = world.told(receipts[number])
        words = world.words(event, receipts[number])
        movement = movements[given[number].address.text]
        assert words["transaction_id"] == transaction_id(BRAND_CODE, movement)
    expect_each_once(world, [receipts[number] for number in kept])


def test_a_list_without_a_result_for_a_day_is_sent_again(world: PushWorld) -> None:
    receipts = world.record(*(a_request(number, date=YESTERDAY) for number in FOR_A_LIST))
    pusher = world.pusher()
    world.iys.fault("empty_bulk", times=3)
    world.push(pusher)

    world.wait(hours=25)
    world.push_all(pusher)

    expect_each_once(world, receipts)


def test_a_result_is_not_lost_while_the_clock_is_not_believed(
    world: PushWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    receipts = world.record(a_request(1, date=YESTERDAY))
    pusher = world.pusher()
    monkeypatch.setattr(world.ledger, "_stepped", True)

    with pytest.raises(ClockStepped):
        pusher.push_once()
    monkeypatch.setattr(world.ledger, "_stepped", False)
    world.push_all(pusher)

    expect_each_once(world, receipts)


class Killed(Exception):
    """The process ends here."""


def killed(*_: object, **__: object) -> None:
    raise Killed


STEPS = {
    "client": ("add", "add_list", "results", "status"),
    "sending": ("take_in", "defer", "begin", "accepted", "settle", "look_again"),
    "ledger": ("record_surely",),
}


def trip_at(step: int, world: PushWorld, patched: pytest.MonkeyPatch) -> Callable[[], bool]:
    """Let the process end at the step with this number: before it is done, or after, but before
    anybody is told. Nothing more is done then. Whether it came to that step."""
    steps = count(1)
    dead: list[bool] = []

    def guard(real: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(*args: Any, **more: Any) -> Any:
            if dead or next(steps) == step:
                dead.append(True)
                raise Killed
            done = real(*args, **more)
            if dead or next(steps) == step:
                dead.append(True)
                raise Killed
            return done

        return guarded

    for name, methods in STEPS.items():
        target = getattr(world, name)
        for method in methods:
            patched.setattr(target, method, guard(getattr(target, method)))
    return lambda: bool(dead)


def a_mixed_few(world: PushWorld, step: int) -> list[Receipt]:
    """A list's worth, and a person who changed their mind."""
    many = [a_request(100 * step + number, date=YESTERDAY) for number in range(4)]
    refusal = a_request(100 * step, "RET", date=TODAY)
    return world.record(*many, refusal)


def test_killed_at_any_step_nothing_is_lost_and_nothing_is_twice_at_iys(
    world: PushWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduling, "SINGLES_MAX", 2)
    receipts: list[Receipt] = []
    for step in count(1):
        receipts += a_mixed_few(world, step)
        world.wait(seconds=5)
        with monkeypatch.context() as patched:
            tripped = trip_at(step, world, patched)
            for _ in range(3):
                try:
                    world.pusher().push_once()
                except Killed:
                    break
                world.home.follow(IYS_CODE)
                world.wait(seconds=301)
        world.push_all(world.pusher())
        if not tripped():
            break

    assert step > 25
    expect_each_once(world, receipts)

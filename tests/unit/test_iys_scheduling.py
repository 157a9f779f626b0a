"""What is sent next: nothing runs late that the quota leaves room for (C7, R20, R23)."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.iys_sync.scheduling import (
    BACKOFF_MAX,
    BEHIND,
    LIST_MAX,
    RUSH,
    SINGLES_MAX,
    Plan,
    backoff,
    plan,
)

NOW = datetime(2026, 3, 4, 7, tzinfo=UTC)
SLOT = timedelta(seconds=0.1)
"""Ten requests a second."""
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Act:
    """An act that waits, as the queue gives it."""

    position: int
    key: int
    is_refusal: bool = False
    due: datetime | None = NOW + DAY
    ready_at: datetime | None = None
    is_one_out: bool = False


def a_plan(acts: Sequence[Act], now: datetime = NOW, *, overdue_left: int = 200) -> Plan[Act]:
    return plan(acts, now, overdue_left=overdue_left)


def sent(made: Plan[Act]) -> list[list[int]]:
    return [[act.position for act in request] for request in made.requests]


def test_few_acts_go_one_by_one_and_many_as_lists_of_a_thousand() -> None:
    few = [Act(number, number) for number in range(SINGLES_MAX)]
    many = [Act(number, number) for number in range(LIST_MAX + SINGLES_MAX + 1)]

    assert sent(a_plan(few)) == [[number] for number in range(SINGLES_MAX)]
    assert [len(one) for one in sent(a_plan(many))] == [LIST_MAX, SINGLES_MAX + 1]


def test_near_its_deadline_even_a_few_go_as_a_list() -> None:
    near = [Act(1, 1, due=NOW + RUSH - SLOT), Act(2, 2)]

    made = a_plan(near)

    assert made.is_rush and sent(made) == [[1, 2]]
    assert not a_plan([Act(2, 2, due=NOW + RUSH)]).is_rush


def test_refusals_go_first_then_whoever_is_due_first_and_undated_ones_last() -> None:
    acts = [
        Act(1, 1, due=None),
        Act(2, 2, due=NOW + 3 * DAY),
        Act(3, 3, due=NOW + 2 * DAY),
        Act(4, 4, is_refusal=True, due=NOW + 9 * DAY),
    ]

    assert sent(a_plan(acts)) == [[4], [3], [2], [1]]


def test_of_one_address_the_oldest_goes_alone_in_the_place_of_the_refusal_behind_it() -> None:
    consent, refusal = Act(7, 1, due=NOW + 5 * DAY), Act(8, 1, is_refusal=True)

    made = a_plan([refusal, Act(3, 2), consent])

    assert sent(made) == [[7], [3]]
    assert made.deferred == ((8, NOW + BEHIND),)


def test_behind_an_act_that_is_out_nothing_of_its_address_goes() -> None:
    made = a_plan([Act(7, 1, is_one_out=True), Act(8, 1), Act(9, 2)])

    assert sent(made) == [[9]]
    assert dict(made.deferred) == {7: NOW + BEHIND, 8: NOW + BEHIND}


def test_an_act_waits_until_its_date_is_surely_past_at_iys_and_its_address_has_rested() -> None:
    early = Act(1, 1, ready_at=NOW + timedelta(seconds=2))
    resting = {2: NOW + timedelta(seconds=1)}

    made = plan([early, Act(2, 2)], NOW, overdue_left=0, resting=resting)

    assert made.requests == ()
    assert made.deferred == ((1, NOW + timedelta(seconds=2)), (2, NOW + timedelta(seconds=1)))


def test_what_is_overdue_goes_alone_behind_the_rest_so_often_a_day() -> None:
    late = [Act(number, number, due=NOW - SLOT) for number in range(1, 4)]
    refusal = Act(4, 4, is_refusal=True, due=NOW - SLOT)

    made = a_plan([*late, refusal, *(Act(n, n) for n in range(10, 40))], overdue_left=2)

    assert [act.position for act in made.overdue] == [4, 1]
    assert sent(made) == [list(range(10, 40))]
    assert dict(made.deferred) == {2: NOW + BACKOFF_MAX, 3: NOW + BACKOFF_MAX}


def test_an_overdue_consent_does_not_hold_up_the_refusal_behind_it() -> None:
    late, refusal = Act(1, 1, due=NOW - SLOT), Act(2, 1, is_refusal=True)

    made = a_plan([late, refusal])

    assert sent(made) == [[2]] and made.overdue == ()


def test_after_failures_we_wait_ever_longer_up_to_an_hour() -> None:
    waits = [backoff(tries) for tries in range(100)]

    assert waits[:3] == [timedelta(seconds=30), timedelta(minutes=1), timedelta(minutes=2)]
    assert waits == sorted(waits) and waits[-1] == BACKOFF_MAX


# Laws, over whatever may wait.

acts_of_few_keys = st.lists(
    st.builds(
        Act,
        position=st.integers(1, 10_000),
        key=st.integers(1, 12),
        is_refusal=st.booleans(),
        due=st.none() | st.integers(-3, 30).map(lambda hours: NOW + timedelta(hours=hours)),
        ready_at=st.none() | st.integers(-2, 2).map(lambda seconds: NOW + seconds * BEHIND),
        is_one_out=st.sampled_from([False, False, False, True]),
    ),
    max_size=60,
    unique_by=lambda act: act.position,
)


@settings(max_examples=500, deadline=None)
@given(acts=acts_of_few_keys, overdue_left=st.integers(0, 5), list_max=st.integers(2, 5))
def test_whatever_waits_no_address_is_out_twice_and_nothing_overdue_is_in_a_list(
    acts: list[Act], overdue_left: int, list_max: int
) -> None:
    made = plan(acts, NOW, overdue_left=overdue_left, list_max=list_max)

    out = [act for request in made.requests for act in request] + list(made.overdue)
    assert max(Counter(act.key for act in out).values(), default=1) == 1
    assert not any(act.is_one_out for one in out for act in acts if act.key == one.key)
    assert all(act.ready_at is None or act.ready_at <= NOW for act in out)
    assert all(len(request) <= list_max for request in made.requests)
    assert all(act.due is None or act.due >= NOW for request in made.requests for act in request)
    assert len(made.overdue) <= overdue_left
    # Of what may still be in time, only the oldest of an address goes.
    for one in out:
        older = [act for act in acts if act.key == one.key and act.position < one.position]
        assert all(act.due is not None and act.due < NOW for act in older) or one in made.overdue
    # Each act goes or has an instant at which it is looked at again, never both.
    later = [position for position, _ in made.deferred]
    assert sorted(later + [act.position for act in out]) == sorted(a.position for a in acts)
    assert all(until > NOW for _, until in made.deferred)
    # Across addresses refusals, and what they wait for, come first.
    leads = [
        any(
            act.is_refusal and (act.due is None or act.due >= NOW) for act in acts if act.key == key
        )
        for key in (act.key for request in made.requests for act in request)
    ]
    assert leads == sorted(leads, reverse=True)


CAPACITY = 3
"""Acts in a list, small enough for hypothesis to fill it."""
SLOTS = 12
jobs = st.lists(
    st.tuples(st.integers(0, SLOTS - 1), st.integers(1, SLOTS), st.booleans()), max_size=40
)


def late_ones(arrivals: Sequence[tuple[int, int, bool]]) -> set[bool]:
    """Send a request a slot as planned; the kinds (is it a refusal) of which one ran late.

    An act arrives at the begin of a slot and is in time if sent in the slot before its end.
    """
    waiting: list[Act] = []
    late: set[bool] = set()
    for slot in range(2 * SLOTS + len(arrivals)):
        now = NOW + slot * SLOT
        for number, (arrives, span, is_refusal) in enumerate(arrivals):
            if arrives == slot:
                due = NOW + (slot + span - 1) * SLOT
                waiting.append(Act(number, number, is_refusal, due))
        late |= {act.is_refusal for act in waiting if act.due is not None and act.due < now}
        waiting = [act for act in waiting if act.due is not None and act.due >= now]
        made = plan(waiting, now, overdue_left=0, list_max=CAPACITY)
        gone = set(made.requests[0]) if made.requests else set()
        waiting = [act for act in waiting if act not in gone]
    return late


def can_be_met(arrivals: Sequence[tuple[int, int, bool]], room: Sequence[int]) -> bool:
    """Whether any order meets all deadlines: what must go between two slots fits between them."""
    before = [0, *accumulate(room)]
    ends = range(len(room) + 1)
    return all(
        sum(begin <= arrives and arrives + span <= end for arrives, span, _ in arrivals)
        <= before[end] - before[begin]
        for begin in ends
        for end in ends
        if begin < end
    )


def room_behind_refusals(refusals: Sequence[tuple[int, int, bool]]) -> list[int]:
    """What refusals, which always go first, leave of each slot."""
    room, backlog = [], 0
    for slot in range(2 * SLOTS):
        backlog += sum(arrives == slot for arrives, _, _ in refusals)
        taken = min(CAPACITY, backlog)
        backlog -= taken
        room.append(CAPACITY - taken)
    return room


@settings(max_examples=600, deadline=None)
@given(arrivals=jobs)
def test_if_the_quota_allows_it_nothing_runs_late(arrivals: list[tuple[int, int, bool]]) -> None:
    refusals = [one for one in arrivals if one[2]]
    consents = [one for one in arrivals if not one[2]]

    late = late_ones(arrivals)

    if can_be_met(refusals, [CAPACITY] * (2 * SLOTS)):
        assert True not in late
        if can_be_met(consents, room_behind_refusals(refusals)):
            assert late == set()

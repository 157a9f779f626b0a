"""The worker's steps: each in its time, what fails is put off, and one leader at a time."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from ledger.errors import StoreUnavailable
from ledger.iys_sync import running
from ledger.iys_sync.errors import IysAccount, IysBusy, IysHalted, IysUnreachable
from ledger.iys_sync.running import ACCOUNT_SECONDS, RETRY_SECONDS, Lane, Step, Worker

START = datetime(2026, 3, 4, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Time:
    """A clock in the test's hand."""

    def __init__(self) -> None:
        self.at = START

    def now(self) -> datetime:
        return self.at


class Act:
    """Counts its calls; fails with what it is given, in turn."""

    def __init__(self, *outcomes: bool | Exception) -> None:
        self.calls = 0
        self._outcomes = list(outcomes)

    def __call__(self) -> bool:
        self.calls += 1
        outcome = self._outcomes.pop(0) if self._outcomes else False
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


def a_lane(time: Time, *acts: Act, every: timedelta = MINUTE) -> Lane:
    steps = [Step(str(number), every, act) for number, act in enumerate(acts)]
    return Lane(steps, now=time.now)


def test_a_step_rests_when_there_is_no_more_and_not_before() -> None:
    time, act = Time(), Act(True, True, False)
    lane = a_lane(time, act)

    assert [lane.run_once() for _ in range(5)] == [True, True, False, False, False]

    assert act.calls == 3
    time.at += MINUTE
    lane.run_once()
    assert act.calls == 4


@pytest.mark.parametrize(
    ("failure", "seconds"),
    [
        (IysUnreachable("connect"), RETRY_SECONDS),
        (StoreUnavailable("gone"), RETRY_SECONDS),
        (IysAccount("H586", 403), ACCOUNT_SECONDS),
        (IysHalted(START + 3 * MINUTE), 180.0),
        (IysBusy(START + 2 * MINUTE, "H086"), 120.0),
        (IysBusy(START - MINUTE, "H086"), 1.0),
    ],
    ids=["unreachable", "store", "account", "halted", "busy", "busy till the past"],
)
def test_what_fails_is_put_off_and_keeps_no_other_step_back(
    failure: Exception, seconds: float
) -> None:
    time, failing, other = Time(), Act(failure), Act()
    lane = a_lane(time, failing, other)

    lane.run_once()
    time.at += timedelta(seconds=seconds - 0.5)
    lane.run_once()
    assert failing.calls == 1

    time.at += timedelta(seconds=0.5)
    lane.run_once()

    assert (failing.calls, other.calls >= 1) == (2, True)


def test_the_pauses_grow_and_end_with_the_first_success() -> None:
    silent = IysUnreachable("timeout")
    time, act = Time(), Act(silent, silent, silent, False, silent)
    lane = a_lane(time, act, every=timedelta(0))
    pauses = []
    for _ in range(5):
        calls = act.calls
        while act.calls == calls:
            lane.run_once()
            time.at += timedelta(seconds=1)
        pauses.append(time.at)

    spans = [(later - sooner).total_seconds() for sooner, later in pairwise(pauses)]

    assert spans == [5.0, 10.0, 20.0, 1.0]


def test_a_mistake_in_the_program_is_not_swallowed() -> None:
    lane = a_lane(Time(), Act(ZeroDivisionError()))

    with pytest.raises(ZeroDivisionError):
        lane.run_once()


class Lead:
    """Leads as often as it is told to, then never again."""

    def __init__(self, *turns: bool) -> None:
        self.taken = 0
        self._turns = list(turns)
        self.is_mine = True

    @contextmanager
    def take(self) -> Iterator[Callable[[], bool] | None]:
        self.taken += 1
        yield (lambda: self.is_mine) if self._turns and self._turns.pop(0) else None


def run_for(worker: Worker, stop: threading.Event, until: Callable[[], bool]) -> None:
    """Run the worker in a thread until something holds."""
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    try:
        for _ in range(1_000):
            if until():
                return
            threading.Event().wait(0.01)
        raise AssertionError("it never came about")
    finally:
        stop.set()
        thread.join(10)
        assert not thread.is_alive()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "LEAD_SECONDS", 0.01)
    monkeypatch.setattr(running, "REST_SECONDS", 0.01)


def test_only_the_leader_works() -> None:
    act, lead = Act(), Lead(False, False, True)
    lane = Lane([Step("push", timedelta(0), act)])

    run_for(Worker(lead, [lane]), threading.Event(), lambda: act.calls > 2)

    assert lead.taken == 3


def test_who_no_longer_leads_stops_at_once_and_tries_again() -> None:
    act, lead = Act(), Lead(True, True)
    lane = Lane([Step("push", timedelta(0), act)])

    def was_lost() -> bool:
        lead.is_mine = lead.taken > 1 or act.calls < 2
        return lead.taken > 1

    run_for(Worker(lead, [lane]), threading.Event(), was_lost)


def test_a_worker_whose_account_changed_ends() -> None:
    act, stop = Act(), threading.Event()
    lane = Lane([Step("push", timedelta(0), act)])
    worker = Worker(Lead(True), [lane], goes_on=lambda: act.calls < 3)

    worker.run(stop)

    assert act.calls >= 3
    assert not stop.is_set()

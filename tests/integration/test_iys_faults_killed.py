"""The worker ends at any step, or there are two: nothing is lost, nothing is twice at İYS.

The laws are those of `fault_world`.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from datetime import timedelta
from functools import partial, wraps
from itertools import count
from typing import Any

import psycopg
import pytest

from ledger import clock
from ledger.application import ConsentLedger
from ledger.bootstrap import Home
from ledger.iys_sync.client import IysClient
from ledger.iys_sync.running import Lane, Step, Worker
from ledger.projections.days import DayFileTable, DayTable
from ledger.projections.pulled import PulledTable
from ledger.projections.sending import Sending
from tests.integration.acts import IYS_CODE
from tests.integration.fault_world import Act, FaultWorld, a_load, expect_laws, fault_world
from tests.integration.iys_world import Port, a_port
from tests.integration.waiting import eventually, running
from tests.twin.twin_harness import a_phone

Steps = tuple[tuple[type, str], ...]
# What changes anything: to end behind a question is to end behind the change before it. For the
# queue's own steps see test_iys_push_faults.
TELLING: Steps = (
    (IysClient, "add add_list"),
    (ConsentLedger, "record record_surely"),
    (Sending, "begin accepted settle look_again"),
    (PulledTable, "note_asked"),
)
RECONCILING: Steps = (
    (IysClient, "agree"),
    (ConsentLedger, "append_once"),
    (DayTable, "note"),
    (DayFileTable, "keep_file keep_stamp"),
)
END_LOCKS = """
    SELECT pg_terminate_backend(pid) FROM pg_locks
     WHERE locktype = 'advisory' AND database = (
           SELECT oid FROM pg_database WHERE datname = current_database())"""


@pytest.fixture(scope="module")
def port() -> Iterator[Port]:
    with a_port() as made:
        yield made


@pytest.fixture
def world(home: Home, port: Port) -> Iterator[FaultWorld]:
    with fault_world(home, port) as made:
        yield made


class Killed(Exception):
    """The process ends here."""


def end_behind(step: int, of: Steps, patched: pytest.MonkeyPatch) -> Callable[[], bool]:
    """Let the process end when the step with this number is done and nobody was told: what was
    before the next step is then undone as well. Whether it came so far."""
    steps, dead = count(1), threading.Event()

    def guard(real: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(real)
        def guarded(*args: Any, **more: Any) -> Any:
            if dead.is_set():
                raise Killed
            done = real(*args, **more)
            if dead.is_set() or next(steps) == step:
                dead.set()
                raise Killed
            return done

        return guarded

    for owner, names in of:
        for name in names.split():
            patched.setattr(owner, name, guard(getattr(owner, name)))
    return dead.is_set


def a_few(world: FaultWorld, first: int) -> list[Act]:
    """A list's worth, of which one recipient changed their mind."""
    old, new = (clock.iys_text(world.now() - timedelta(hours=hours)) for hours in (2, 1))
    granted = [Act(a_phone(first + number), consent_date=old) for number in range(3)]
    return [*granted, Act(a_phone(first), "RET", new)]


def killed_one_by_one(
    world: FaultWorld, monkeypatch: pytest.MonkeyPatch, of: Steps, work: Callable[[], None]
) -> int:
    """Processes, each of which first goes on where the one before it ended and then ends a step
    later; the last, which comes to the end of its work, and its number."""
    for step in count(1):
        with ExitStack() as stack:
            world.start(stack)
            world.wait_for_answers()
            first = 1_000 + 10 * step
            world.record(a_few(world, first))
            with monkeypatch.context() as patched:
                has_ended = end_behind(step, of, patched)
                with suppress(Killed):
                    work()
            world.toggle(first + 1)
            if not has_ended():
                world.settle()
                expect_laws(world)
                return step
    raise AssertionError


def test_killed_while_it_tells_and_learns(
    world: FaultWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.iys_sync.scheduling.SINGLES_MAX", 1)

    def work() -> None:
        for _ in range(2):
            world.turn()
            world.advance(minutes=5)

    assert killed_one_by_one(world, monkeypatch, TELLING, work) > 15


def test_killed_while_it_reconciles(world: FaultWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    assert killed_one_by_one(world, monkeypatch, RECONCILING, world.end_day) > 5


def test_two_workers_tell_nothing_twice(world: FaultWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """One leads; when it has lost its lock the other does, while the first still finishes."""
    monkeypatch.setattr("ledger.iys_sync.running.LEAD_SECONDS", 0.02)
    monkeypatch.setattr("ledger.iys_sync.running.REST_SECONDS", 0.005)

    acting: list[str] = []

    def work(name: str, stop: threading.Event) -> None:
        lead = world.home.connections.leadership(IYS_CODE)

        def note() -> bool:
            acting.append(name)
            return False

        with world.home.connections.sync(IYS_CODE, world.our_means) as sync:
            lanes = [*sync.lanes(world.our_now), Lane([Step("note", timedelta(0), note)])]
            Worker(lead, lanes).run(stop)

    def is_told() -> bool:
        world.advance(seconds=10)
        world.home.follow(IYS_CODE)
        return not any(world.waiting())

    with running(partial(work, "one")), running(partial(work, "two")):
        for first in (0, 1_000):
            world.record(a_load(first, world.now()))
            eventually(lambda: is_told() or len(acting) > 20, "it is under way")
            assert len(set(acting)) == 1
            with psycopg.connect(world.home.dsn, autocommit=True) as connection:
                connection.execute(END_LOCKS)
            eventually(is_told, "İYS has answered all")
            acting.clear()
            eventually(lambda: len(set(acting[-20:])) == 1 < len(acting) - 20, "one leads again")
            acting.clear()
    world.settle()

    expect_laws(world)

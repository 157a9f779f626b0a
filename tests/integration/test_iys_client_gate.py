"""What processes share towards İYS: the pace, the token, the hours and the halt."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from ledger.bootstrap import Home
from ledger.iys_sync.errors import IysUnreachable
from ledger.iys_sync.ports import Gate, TokenStore
from ledger.store.iys_gate import HOURLY_MAX, SQL, IysGate
from tests.integration.iys_world import TOKEN, IysWorld, Port, a_port, iys_world

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 3, 4, 7, tzinfo=UTC)
CALLS = 20


@pytest.fixture(scope="module")
def port() -> Iterator[Port]:
    with a_port() as made:
        yield made


@pytest.fixture
def world(shared_home: Home, port: Port) -> Iterator[IysWorld]:
    with iys_world(shared_home, port) as made:
        yield made


def callers(world: IysWorld, processes: int) -> list[dict[str, Any]]:
    """What processes of their own say, started at once."""
    folder = str(world.home.providers._folder.path.parent)
    given = [folder, world.home.dsn, world.url, str(CALLS), "4"]
    command = [sys.executable, "-m", "tests.integration.iys_caller", *given]
    started = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        for _ in range(processes)
    ]
    told = [one.communicate(timeout=60)[0] for one in started]
    return [json.loads(one) for one in told]


def test_two_processes_keep_one_pace_and_share_one_token(shared_home: Home, port: Port) -> None:
    with iys_world(shared_home, port, requests_per_second=10) as world:
        world.twin.twin.real_seconds = time.monotonic

        told = callers(world, 2)

        assert world.tokens_asked() == 1
    # A twin that is held up by others on the machine may see one too many; without a pace, dozens.
    assert sum(one["repeated"] for one in told) <= 2, "İYS answered 429"
    times = sorted(at for one in told for at in one["answered"])
    assert len(times) == 2 * CALLS
    pace = (len(times) - 1) / (times[-1] - times[0])
    assert 8.5 < pace < 10, f"{pace:.2f} requests a second"


def test_slots_lie_apart_whoever_takes_them(world: IysWorld) -> None:
    gates = [IysGate(world.home.database, world.host, rate=1_000.0) for _ in range(4)]

    began = time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        waits = list(pool.map(lambda number: gates[number % 4].take(), range(400)))

    assert time.monotonic() - began + max(waits) >= 399 * 0.00104


@pytest.mark.parametrize(("late", "moved"), [(0.5, 0.5), (30.0, 2.08)])
def test_a_late_request_moves_those_behind_it_by_one_slot_at_most(
    world: IysWorld, late: float, moved: float
) -> None:
    gate = IysGate(world.home.database, world.host, rate=0.5)
    gate.take()
    before = gate.take()

    gate.late(late)

    assert gate.take() == pytest.approx(before + 2.08 + moved, abs=0.1)


def test_who_oversleeps_says_so(world: IysWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[float] = []
    monkeypatch.setattr(world.gate, "take", lambda: 0.01)
    monkeypatch.setattr(world.gate, "late", told.append)
    means = replace(world.means, sleep=lambda seconds: time.sleep(seconds + 0.05))

    with world.client(means=means) as client:
        client.brands()

    assert len(told) == 2  # the log-in and the call
    assert all(0.05 <= late < 0.5 for late in told)


def test_a_clock_that_stepped_back_holds_nobody_for_long(world: IysWorld) -> None:
    tomorrow = {"host": world.host, "late": timedelta(days=1)}
    world.gate.take()
    with world.home.database.connection() as connection:
        connection.execute(SQL["move_slots"], tomorrow)

    assert 29 < world.gate.take() <= 30


def test_taking_a_slot_waits_for_no_flush_and_leaves_the_connection_as_it_was(
    world: IysWorld,
) -> None:
    slot = {"host": world.host, "spacing": timedelta(0), "queue_max": timedelta(0)}
    with world.home.database.connection() as connection:
        connection.execute(SQL["take_slot"], slot)
        inside = connection.execute("SHOW synchronous_commit").fetchone()
        connection.commit()
        behind = connection.execute("SHOW synchronous_commit").fetchone()

    assert (inside, behind) == (("off",), ("on",))


@pytest.mark.parametrize("kind", HOURLY_MAX)
def test_an_hour_is_full_at_nine_tenths_and_slides(world: IysWorld, kind: str) -> None:
    gate = world.gate
    for minute in range(0, 60, 20):
        gate._count(NOW + timedelta(minutes=minute), kind, calls=HOURLY_MAX[kind] // 3)

    assert gate.full_until(NOW + timedelta(minutes=45), kind) == NOW + timedelta(minutes=61)
    assert gate.full_until(NOW + timedelta(minutes=61), kind) is None
    for other in HOURLY_MAX.keys() - {kind}:
        assert gate.full_until(NOW + timedelta(minutes=45), other) is None


def test_minutes_that_nobody_counts_any_more_are_forgotten(world: IysWorld) -> None:
    world.gate.answered(NOW, None, has_failed=True)
    assert world.gate.figures(NOW).failures_day == 1

    world.gate.answered(NOW + timedelta(hours=26), None, has_failed=False)

    assert world.gate.figures(NOW).requests_day == 0
    assert world.gate.figures(NOW + timedelta(hours=26)).success_ratio == 1.0


def test_the_longest_halt_stands_and_one_of_a_wrong_clock_does_not(world: IysWorld) -> None:
    gate, hour = world.gate, timedelta(hours=1)
    gate.halt(NOW + hour, "H084")
    gate.halt(NOW + timedelta(seconds=90), "outage")
    assert gate.halted(NOW) == (NOW + hour, "H084")
    assert gate.halted(NOW + hour) is None

    gate.halt(NOW + timedelta(days=365), "H084")
    assert gate.halted(NOW) is None
    gate.halt(NOW + hour, "H084")
    assert gate.figures(NOW).halted == (NOW + hour, "H084")


def test_another_iys_has_a_gate_of_its_own(world: IysWorld) -> None:
    other = IysGate(world.home.database, f"{world.host} other")
    world.gate.halt(NOW + timedelta(hours=1), "H084")
    world.gate.fill(NOW, "statuses")

    assert other.halted(NOW) is None
    assert other.full_until(NOW, "statuses") is None


def test_only_one_fetches_a_token_and_the_others_wait_for_it(world: IysWorld) -> None:
    world.fault("slow", TOKEN, seconds=0.3)
    begin = threading.Barrier(4)

    def call(_: int) -> object:
        with world.client() as client:  # as a process of its own
            begin.wait()
            return client.brands()

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(call, range(4)))

    assert all(answers) and world.tokens_asked() == 1


def test_while_another_process_renews_a_token_that_holds_is_used(world: IysWorld) -> None:
    with world.client() as client:
        client.brands()
        world.twin.advance(log_in=False, seconds=7_200 - 200)
        with world.account.alone() as is_ours:
            assert is_ours
            assert client.brands()
            world.twin.advance(log_in=False, seconds=190)
            means = replace(world.means, steady_seconds=map(float, count(step=20)).__next__)
            with (
                world.client(means=means) as impatient,
                pytest.raises(IysUnreachable, match="lock"),
            ):
                impatient.brands()
        assert client.brands()


def test_the_lock_ends_with_whoever_had_it(world: IysWorld) -> None:
    with world.account.alone() as first, world.account.alone() as second:
        assert (first, second) == (True, False)
    with pytest.raises(ZeroDivisionError), world.account.alone():
        raise ZeroDivisionError
    with world.account.alone() as again:
        assert again


def test_the_store_is_what_the_client_asks_for(world: IysWorld) -> None:
    gate: Gate = world.gate
    store: TokenStore = world.account

    assert gate.take() >= 0 and store.tokens() is None

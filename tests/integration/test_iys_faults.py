"""Issue 6, faults to survive, in pairs: it did not happen / it happened but we were not told.

After each: every act is at İYS exactly once or has a final verdict, every movement of İYS is here
exactly once, the days are equal byte for byte, and `izin fsck` is clean (the fixture's end).
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, NamedTuple

import pytest

from ledger import clock
from ledger.bootstrap import Home
from tests.integration.acts import BRAND_CODE
from tests.integration.fault_world import (
    GROUPS,
    REFUSED_OF_A_LOAD,
    Act,
    FaultWorld,
    ToldOtherwise,
    a_load,
    expect_laws,
    fault_world,
)
from tests.integration.iys_world import ADD, TOKEN, V2, Port, a_port
from tests.twin.twin_harness import a_phone

STATUS = f"POST {V2.removeprefix('/v2')}/consents/status"
Strike = Callable[[FaultWorld, timedelta], None]
MINUTES, HOURS = timedelta(minutes=20), timedelta(hours=6)


@pytest.fixture(scope="module")
def port() -> Iterator[Port]:
    with a_port() as made:
        yield made


@pytest.fixture
def world(home: Home, port: Port) -> Iterator[FaultWorld]:
    with fault_world(home, port) as made:
        yield made


def fault(kind: str, **more: Any) -> Strike:
    """One of the twin's own."""
    return lambda world, lasts: world.fault(kind, minutes=lasts.total_seconds() / 60, **more)


def told(status: int, **body: object) -> Strike:
    """İYS acts, and says that it did not."""

    def strike(world: FaultWorld, lasts: timedelta) -> None:
        other = ToldOtherwise(world, status, body, seconds=lasts.total_seconds())
        world.port.lead_to(other)

    return strike


class Pair(NamedTuple):
    """One fault, both kinds."""

    did_not: Strike
    did: Strike
    lasts: timedelta = MINUTES


BUSY = {"errors": [{"code": "H124", "message": "Saniyede kabul edilen istek limiti"}]}
PAIRS = {
    "6h": Pair(fault("lost_request"), fault("lost_answer"), HOURS),
    "5xx": Pair(fault("html"), told(502)),
    "429": Pair(fault("code", code="H124"), told(429, **BUSY)),
    "token": Pair(
        fault("code", code="H084", endpoint=TOKEN), fault("lost_answer", endpoint=TOKEN), HOURS
    ),
}


def survive(world: FaultWorld, first: int, strike: Strike, lasts: timedelta) -> None:
    """A load, the fault in the midst of it, recipients who act meanwhile, and then all is well."""
    world.record(a_load(first, world.now()))
    strike(world, lasts)
    for _ in range(3):
        world.turn()
        world.advance(seconds=lasts.total_seconds() / 6)
        world.recipients_act(first)
        world.advance(seconds=lasts.total_seconds() / 6)
    world.settle()
    expect_laws(world)


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_it_did_not_happen_or_nobody_told_us(world: FaultWorld, pair: Pair) -> None:
    for first, strike in zip(GROUPS, (pair.did_not, pair.did), strict=True):
        survive(world, first, strike, pair.lasts)

    assert world.refused() == len(GROUPS) * REFUSED_OF_A_LOAD


@pytest.mark.parametrize("kind", ["lost_request", "lost_answer"])
def test_a_recipient_contradicts_a_list_whose_answer_was_lost(world: FaultWorld, kind: str) -> None:
    """What İYS took and the recipient then changed was taken: it is never told as refused."""
    date = hours_ago(world, 2)
    world.record([Act(a_phone(number), consent_date=date) for number in range(25)])
    world.fault(kind, minutes=1)
    world.turn()
    world.advance(minutes=1)
    world.toggle(0)
    world.settle()

    expect_laws(world)


def test_what_another_way_showed_as_taken_is_not_refused_by_a_late_look(
    home: Home, port: Port
) -> None:
    """The answer is lost, İYS would take it no more, and while a single status waits the pull
    brings the movement itself; then the recipient acts."""
    with fault_world(home, port, repeat_seconds=1) as world:
        world.record([Act(a_phone(1), consent_date=hours_ago(world, 2))])
        world.fault("lost_answer", ADD, minutes=1)
        world.fault("code", STATUS, code="H086", minutes=20)
        world.turn()
        world.advance(minutes=10)
        world.turn()
        world.advance(minutes=60)
        world.sync.puller.pull(BRAND_CODE)
        world.toggle(1)
        world.settle()

        expect_laws(world)


def hours_ago(world: FaultWorld, hours: float) -> str:
    """By İYS's clock, in its form."""
    return clock.iys_text(world.now() - timedelta(hours=hours))

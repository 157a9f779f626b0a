"""İYS silent for days, clocks that differ, pushes twice, late or never, half a list refused.

The laws are those of `fault_world`; what is not listed any more is certified as missing.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import cycle

import msgspec
import pytest

from ledger import clock
from ledger.aggregates.provider_bodies import IysGap
from ledger.bootstrap import Home
from ledger.clock import ISTANBUL
from ledger.iys_sync.webhook import Webhook
from ledger.iys_twin.world import PushConnection
from ledger.recording.day_ports import DayState
from tests.integration.acts import BRAND_CODE, IYS_CODE
from tests.integration.fault_world import (
    GROUPS,
    REFUSED_OF_A_LOAD,
    Act,
    FaultWorld,
    OneByteWrong,
    a_load,
    expect_each_act_ended,
    expect_equal_days,
    expect_laws,
    fault_world,
    is_agreed,
    one_byte_wrong,
    row_of,
)
from tests.integration.iys_world import Port, a_port
from tests.integration.logged import events_of_type
from tests.twin.twin_harness import a_phone

BOTH = ("lost_request", "lost_answer")
"""It did not happen; it happened, but nobody told us."""
STEP = timedelta(hours=12)


@pytest.fixture(scope="module")
def port() -> Iterator[Port]:
    with a_port() as made:
        yield made


@pytest.fixture
def world(home: Home, port: Port) -> Iterator[FaultWorld]:
    with fault_world(home, port) as made:
        yield made


def be_silent(world: FaultWorld, kind: str, days: int) -> None:
    """İYS does not answer; the worker goes on asking, recipients go on acting."""
    world.fault(kind, minutes=days * 24 * 60)
    for number in range(timedelta(days=days) // STEP):
        world.turn(steps=1)
        world.advance(seconds=STEP.total_seconds() / 2)
        world.toggle(103 + number % 3)
        world.toggle(300 + number)
        world.advance(seconds=STEP.total_seconds() / 2 - 3)
    world.advance(minutes=6)


def test_three_days_of_silence(world: FaultWorld) -> None:
    """Until İYS takes no more what was said before: the weekend is not counted."""
    world.end_day()
    for first, kind in zip(GROUPS, reversed(BOTH), strict=True):
        world.record(a_load(first, world.now()))

        be_silent(world, kind, 3)
        world.settle()

        expect_laws(world)
    assert events_of_type(world.ledger.store, IysGap) == []


@pytest.mark.parametrize("kind", BOTH)
def test_eight_days_of_silence(world: FaultWorld, kind: str) -> None:
    """R64: what İYS lists no more is missing here, within a gap that is certified; all else is
    as ever."""
    world.record(a_load(0, world.now()))

    be_silent(world, kind, 8)
    world.settle()

    expect_each_act_ended(world)
    assert world.waiting() == (0, 0, 0)
    expect_equal_days(world)
    theirs, here = Counter(map(row_of, world.movements())), world.here()
    assert not here - theirs
    gaps = [one.body for one in events_of_type(world.ledger.store, IysGap)]
    spans = [(one.since, one.until) for one in gaps if isinstance(one, IysGap)]
    for row in theirs - here:
        created = clock.utc_text(clock.from_iys_text(row[0]))
        assert any(since <= created <= until for since, until in spans), row[0]


@pytest.mark.parametrize("minutes", [5, -5], ids=["ahead", "behind"])
def test_our_clock_is_five_minutes_off(world: FaultWorld, minutes: int) -> None:
    """What was said this very minute, by our clock, is told when İYS's clock has come so far."""
    world.skew = timedelta(minutes=minutes)
    world.record(a_load(0, world.now()))
    just_now = clock.iys_text(world.our_now())
    world.record([Act(a_phone(400 + number), consent_date=just_now) for number in range(3)])

    world.turn()
    world.recipients_act(0)
    world.settle()

    expect_laws(world)
    assert world.refused() == REFUSED_OF_A_LOAD


def test_pushes_come_twice_in_disorder_or_never(world: FaultWorld) -> None:
    chance = random.Random(7)
    world.brand.connections.append(PushConnection("https://x.test", "MESAJ", "u", "p", 0))
    webhook = Webhook(IYS_CODE, world.ledger, world.table, lambda: {BRAND_CODE}, now=world.now)
    world.record(a_load(0, world.now()))
    kept: list[bytes] = []
    for _ in range(3):
        world.turn()
        world.recipients_act(0)
        world.recipients_contradict(0)
        world.advance(seconds=2)
        world.recipients_contradict(0)
        due = world.twin.twin.pushes.take_due(world.twin.twin.now())
        kept += [msgspec.json.encode(one.body) for one in due]
        for body in chance.choices(kept, k=len(kept)):
            webhook.take(body)
        world.advance(minutes=6)
    world.settle()
    for body in reversed(kept):
        assert webhook.take(body).recorded == 0

    expect_laws(world)


def test_half_a_list_is_refused(world: FaultWorld) -> None:
    """At once, for what is too late by İYS's clock only; and later, where İYS holds no ONAY."""
    world.skew = timedelta(hours=-2)
    late = "2026-02-27 09:30:00"  # three business days before 2026-03-04 09:30
    world.record(
        [
            *(Act(a_phone(number)) for number in range(20)),
            *(Act(a_phone(20 + number), consent_date=late) for number in range(10)),
            *(Act(a_phone(30 + number), "RET") for number in range(10)),
        ]
    )

    world.settle()

    expect_laws(world)
    assert world.refused() == 20


PLACES = (0, 100, -2, -9)
"""Within the head, a row's id, the last row's source and the end of its date."""


def test_a_day_file_that_lost_a_byte_on_its_way_changes_nothing(world: FaultWorld) -> None:
    for number, place in enumerate(PLACES):
        world.record(a_load(1_000 * number, world.now())[:9])
        world.wait_for_answers()
        world.port.lead_to(OneByteWrong(world, place))
        world.end_day()
        assert not is_agreed(world, yesterday(world))

        world.port.lead_to(world.twin.app)
        world.advance(hours=1)
        world.turn()

        assert is_agreed(world, yesterday(world))
    world.settle()
    expect_laws(world)


def test_a_day_file_of_iys_own_that_differs_by_one_byte_is_never_agreed_to(
    world: FaultWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its hash and its stamp are right: nothing but the comparison shows it."""
    files, days = world.twin.twin.files, []
    made = files._file
    places = cycle(PLACES)
    place_by_day: dict[int, int] = defaultdict(lambda: next(places))
    monkeypatch.setattr(
        files, "_file", lambda brand, day: one_byte_wrong(made(brand, day), place_by_day[day])
    )
    for number in range(len(PLACES)):
        world.record(a_load(1_000 * number, world.now())[:9])
        world.wait_for_answers()
        world.end_day()
        days.append(yesterday(world))
    world.end_day()

    for day in days:
        kept = world.home.days(IYS_CODE).kept(BRAND_CODE, day)
        assert kept is not None and kept.state not in (DayState.EQUAL, DayState.WAITING)
        assert not is_agreed(world, day)
    expect_each_act_ended(world)
    assert not Counter(map(row_of, world.movements())) - world.here()


def yesterday(world: FaultWorld) -> date:
    """By İYS's clock."""
    return world.now().astimezone(ISTANBUL).date() - timedelta(days=1)

"""İYS silent for hours, days and longer than it lists: told, caught up with, or certified (R60)."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from ledger import clock
from ledger.aggregates.provider_bodies import IysGap, IysUnreachable
from ledger.bootstrap import Home
from ledger.iys_sync import errors
from ledger.iys_sync.gaps import PullAge
from ledger.iys_sync.wire import PullSource
from ledger.projections.pulled import OutageTable
from ledger.vocabulary import Channel
from tests.integration.acts import BRAND_CODE, IYS_CODE
from tests.integration.iys_world import Port, a_port, an_outgoing
from tests.integration.logged import events_of_type
from tests.integration.pulled_world import Killed, PullWorld, pull_world
from tests.integration.waiting import at_once
from tests.twin.twin_harness import a_phone

HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def port() -> Iterator[Port]:
    with a_port() as made:
        yield made


@pytest.fixture
def world(home: Home, port: Port) -> Iterator[PullWorld]:
    """Both sides pulled once, on the hour."""
    with pull_world(home, port) as made:
        with made.client() as client:
            client.add(BRAND_CODE, an_outgoing(1))
        made.advance(hours=2)
        opt_in(made, 100)
        made.pull()
        yield made


def opt_in(world: PullWorld, number: int) -> None:
    """A recipient grants at İYS."""
    world.twin.move("new", recipient=a_phone(number), status="ONAY", citizenName="Deneme Kişi")


def silent(world: PullWorld, span: timedelta, every: timedelta) -> None:
    """İYS answers nothing for so long, and we go on asking; a recipient acts between."""
    world.fault("html", minutes=span.total_seconds() / 60)
    for number in range(span // every):
        with pytest.raises(errors.IysUnreachable):
            world.pull()
        world.advance(seconds=every.total_seconds() / 2)
        opt_in(world, 200 + number)
        world.advance(seconds=every.total_seconds() / 2)


def bodies(world: PullWorld, kind: Any) -> list[Any]:  # of that kind
    return [event.body for event in events_of_type(world.ledger.store, kind)]


def ages(world: PullWorld) -> set[PullAge]:
    return {one.age for one in world.puller().figures()}


def at(text: str) -> datetime:
    return clock.from_utc_text(text)


def test_six_hours_are_six_events_without_a_hole(world: PullWorld) -> None:
    began = world.now()
    silent(world, 6 * HOUR, HOUR / 2)

    world.pull()

    told = bodies(world, IysUnreachable)
    assert [at(one.since) for one in told] == [began + n * HOUR for n in range(6)]
    assert [at(one.until) for one in told] == [began + n * HOUR for n in range(1, 7)]
    assert {one.attempts for one in told} == {2}
    assert {one.failure for one in told} <= {"http_5xx", "token", "foreign"}
    world.advance(days=1)
    world.pull()
    assert world.here() == world.at_iys()
    assert ages(world) == {PullAge.FRESH}
    assert bodies(world, IysGap) == []


def test_three_days_are_an_alarm_and_no_gap(world: PullWorld) -> None:
    silent(world, timedelta(days=3), 8 * HOUR)
    assert ages(world) == {PullAge.LATE}

    world.pull()
    world.advance(days=1)
    world.pull()

    assert world.here() == world.at_iys()
    assert bodies(world, IysGap) == []
    told = bodies(world, IysUnreachable)
    assert [one.since == one.until for one in told] == [True] * 9  # nobody tried between
    assert set(world.complete_at()) == {world.now() - HOUR}


def test_eight_days_are_a_gap_until_the_brand_is_adopted_anew(world: PullWorld) -> None:
    """R64."""
    known = world.known_to()
    silent(world, timedelta(days=6), 24 * HOUR)
    assert ages(world) == {PullAge.VERY_LATE}
    silent(world, timedelta(days=2), 24 * HOUR)
    assert ages(world) == {PullAge.LOST}

    world.pull(pages_at_once=1)
    world.pull()

    gaps = bodies(world, IysGap)
    assert {(one.brand, one.source) for one in gaps} == {(BRAND_CODE, "IYS"), (BRAND_CODE, "HS")}
    assert len(gaps) == 2
    assert {at(one.since) for one in gaps} == {known}
    oldest = world.now() - timedelta(days=7)
    assert all(oldest <= at(one.until) <= oldest + HOUR for one in gaps)
    assert {one.gap_since for one in world.puller().figures()} == {known}
    assert ages(world) == {PullAge.FRESH}
    assert set(world.complete_at()) == {known}

    expected = {row for row in world.at_iys() if clock.from_iys_text(row[0]) >= oldest}
    assert expected and expected <= set(world.here())
    world.table.gap_mended(BRAND_CODE)
    world.pull()
    assert world.complete_at() == [world.now() - HOUR] * len(Channel)
    assert len(bodies(world, IysGap)) == 2


def test_a_gap_is_as_long_as_it_was_when_iys_answered_again(
    world: PullWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a try before nor a crash behind the certificate makes it shorter, or tells twice."""
    silent(world, timedelta(days=8), timedelta(days=4))
    assert bodies(world, IysGap) == []
    record, failures = world.ledger.record, [Killed()]

    def killed(*asked: Any, **more: Any) -> Any:
        if failures:
            raise failures.pop()
        return record(*asked, **more)

    monkeypatch.setattr(world.ledger, "record", killed)
    with pytest.raises(Killed):
        world.pull()
    world.advance(minutes=5)
    world.pull()

    first, second = (one for one in bodies(world, IysGap) if one.source == "IYS")
    assert first.until == second.since
    assert at(second.until) - at(second.since) == timedelta(minutes=5)
    assert ages(world) == {PullAge.FRESH}


def test_one_event_an_hour_whoever_notices(world: PullWorld) -> None:
    began = world.now()
    one, other = world.outages, world.outages
    one.failed("connect")
    other.failed("timeout")
    world.advance(minutes=59)
    one.failed("connect")
    world.advance(minutes=2)

    at_once(*(lambda log=log: log.failed("cut") for log in (one, other)))
    world.advance(minutes=10)
    at_once(one.succeeded, other.succeeded)

    first, second = bodies(world, IysUnreachable)
    assert (at(first.since), at(first.until)) == (began, began + HOUR)
    assert (first.attempts, first.failure) == (3, "connect")
    assert (at(second.since), at(second.until)) == (began + HOUR, world.now())
    assert second.failure == "cut"
    assert OutageTable(world.home.database, IYS_CODE).silence() is None


def test_a_failure_of_our_own_is_no_silence_of_iys(world: PullWorld) -> None:
    world.outages.failed("lock")

    world.outages.succeeded()

    assert bodies(world, IysUnreachable) == []


def test_which_side_is_known_how_far_is_told_apart(world: PullWorld) -> None:
    assert world.known_to(PullSource.IYS) == world.known_to(PullSource.PROVIDER)
    assert {one.unread for one in world.puller().figures()} == {0}

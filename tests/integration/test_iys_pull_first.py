"""The first pull of a brand whose consents İYS spoke of long before: what was missed (R60, R64)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from ledger import clock
from ledger.aggregates.provider_bodies import IysGap
from ledger.bootstrap import Home
from ledger.iys_sync import wire
from ledger.iys_sync.seen import seen
from ledger.vocabulary import Channel, ConsentStatus, RecipientType, SeenHow
from tests.integration.acts import BRAND_CODE, IYS_CODE
from tests.integration.iys_world import Port, a_port
from tests.integration.logged import events_of_type
from tests.integration.pulled_world import PullWorld, pull_world
from tests.twin.twin_harness import a_phone

SHOWN = wire.Movement(
    recipient=a_phone(1),
    recipient_type=RecipientType.INDIVIDUAL,
    channel=Channel.MESSAGE,
    status=ConsentStatus.GRANTED,
    creation_date="2026-03-03 12:00:00",
    transaction_id="ab" * 32,
    consent_date="2026-03-03 11:00:00",
    source="HS_WEB",
    digest="cd" * 32,
)


class Nothing:
    """İYS, which lists no movement."""

    def pull(self, *asked: Any) -> wire.Page:
        return wire.Page(None, ())


@pytest.fixture(scope="module")
def port() -> Iterator[Port]:
    with a_port() as made:
        yield made


@pytest.fixture
def world(home: Home, port: Port) -> Iterator[PullWorld]:
    with pull_world(home, port) as made:
        yield made


def pull_after(world: PullWorld, days: int) -> list[bool]:
    """Pull for the first time so many days from now; whether each side has a gap then."""
    puller = world.puller(Nothing(), now=lambda: clock.now() + timedelta(days=days))
    for _ in range(2):
        puller.pull(BRAND_CODE)
    return [one.gap_since is not None for one in puller.figures()]


@pytest.mark.parametrize(("days", "is_missing"), [(2, False), (20, True)])
def test_what_was_adopted_or_answered_and_not_pulled_for_a_week_has_a_gap(
    world: PullWorld, days: int, is_missing: bool
) -> None:
    """Whoever refused at İYS meanwhile is on no list any more: nothing is claimed to be known."""
    world.ledger.record([seen(SHOWN, BRAND_CODE, SeenHow.ANSWER, clock.now())])
    world.home.follow(IYS_CODE)

    assert pull_after(world, days) == [is_missing, is_missing]

    assert bool(world.complete_at()) is not is_missing
    assert len(events_of_type(world.ledger.store, IysGap)) == 2 * is_missing


@pytest.mark.parametrize(("days", "is_missing"), [(2, False), (20, True)])
def test_an_adoption_is_known_from_its_begin_on(
    world: PullWorld, days: int, is_missing: bool
) -> None:
    for channel in Channel:
        world.ledger.decisions.note_iys_complete(BRAND_CODE, channel, clock.now())

    assert pull_after(world, days) == [is_missing, is_missing]


def test_a_brand_of_which_nothing_was_known_has_no_gap(world: PullWorld) -> None:
    assert pull_after(world, 20) == [False, False]

"""An officer's word that both sides hold the same, and what keeps it back (R61)."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from ledger.bootstrap import Home
from ledger.iys_sync.errors import IysUnreachable
from ledger.iys_sync.reconciling import Agreeing, NotAgreed
from ledger.iys_sync.wire import Added
from ledger.recording.day_ports import DayState
from ledger.vocabulary import BrandCode
from tests.integration.acts import BRAND_CODE
from tests.integration.days import ACTOR, DAY, DayWorld, day_world
from tests.integration.iys_world import Port, a_port, an_outgoing


@pytest.fixture(scope="module")
def port() -> Iterator[Port]:
    with a_port() as made:
        yield made


@pytest.fixture
def world(home: Home, port: Port) -> Iterator[DayWorld]:
    with day_world(home, port) as made:
        yield made


def agreed_at_iys(world: DayWorld) -> bool:
    found = world.client.agreement(BRAND_CODE, DAY)
    return found is not None and found.agreed


def test_a_day_that_was_equal_and_is_no_more_is_not_agreed_to(world: DayWorld) -> None:
    """What comes to be known later, a movement read again say, may be of that day."""
    world.add(1)
    world.pass_days()
    reconciler = world.reconciler(agreeing=Agreeing.ASK)
    assert reconciler.reconcile(BRAND_CODE, DAY, actor=ACTOR).state is DayState.EQUAL

    world.know(an_outgoing(2), Added("ab" * 32, f"{DAY} 12:00:00", "cd" * 32))

    with pytest.raises(NotAgreed, match="no more"):
        reconciler.agree(BRAND_CODE, DAY, actor=ACTOR)
    assert not agreed_at_iys(world)


def test_a_day_whose_answer_cannot_be_read_keeps_no_other_back(world: DayWorld) -> None:
    world.add(1)
    world.pass_days()
    strange = DAY - timedelta(days=1)

    class Strange:
        def __getattr__(self, name: str) -> Any:
            return getattr(world.client, name)

        def agreement(self, brand: BrandCode, day: date) -> Any:
            if day == strange:
                raise IysUnreachable("unreadable")
            return world.client.agreement(brand, day)

    done = world.reconciler(Strange()).reconcile_open([BRAND_CODE], actor=ACTOR)

    assert [one.day for one in done if one.kept is None] == [strange]
    assert agreed_at_iys(world)

"""A list that is sent again, without some of its acts or for want of a readable result (R24)."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from ledger.bootstrap import Home
from ledger.iys_sync.errors import IysUnreachable
from tests.integration.acts import a_request, about, retract
from tests.integration.iys_world import ADD_LIST, Port, a_port
from tests.integration.push_world import PushWorld, push_world

TRIES = 5
"""Of one call, before it is given up."""
FOR_A_LIST = range(30)


@pytest.fixture(scope="module")
def port() -> Iterator[Port]:
    with a_port() as made:
        yield made


@pytest.fixture
def world(home: Home, port: Port) -> Iterator[PushWorld]:
    with push_world(home, port) as made:
        yield made


def date_of(number: int) -> str:
    return f"2026-03-03 10:15:{number:02}"


def seconds_at_iys(date: str) -> float:
    """As the twin counts them: of its own wall clock."""
    return datetime.fromisoformat(date).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize("kind", ["lost_request", "lost_answer"])
def test_what_is_sent_again_without_a_retracted_act_has_everybody_s_own_date(
    world: PushWorld, kind: str
) -> None:
    requests = [a_request(number, date=date_of(number)) for number in FOR_A_LIST]
    receipts = world.record(*requests)
    pusher = world.pusher()
    world.iys.fault(kind, ADD_LIST, times=2 * TRIES)
    with pytest.raises(IysUnreachable):
        pusher.push_once()
    world.record(about(requests[0], retract(1)))
    world.wait(minutes=10)
    with pytest.raises(IysUnreachable):
        pusher.push_once()

    world.wait(minutes=10)
    world.push_all(pusher)

    told = {one.recipient: one.consented for one in world.movements()}
    for request, number in list(zip(requests, FOR_A_LIST, strict=True))[1:]:
        assert told[request.address.text] == seconds_at_iys(date_of(number))
    assert {str(state) for state in world.states(receipts[1:])} == {"ONAY"}


class Unreadable:
    """İYS, of whose results nobody can make anything. Counts the lists."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.lists = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def add_list(self, *asked: Any) -> Any:
        self.lists += 1
        return self._inner.add_list(*asked)

    def results(self, *asked: Any) -> Any:
        raise IysUnreachable("unreadable")


def test_a_result_that_cannot_be_read_keeps_nothing_else_back_and_is_not_the_end(
    world: PushWorld,
) -> None:
    """R20: what İYS made of the list is found out, were it by sending it once more."""
    iys = Unreadable(world.client)
    world.record(*(a_request(number, date=date_of(number)) for number in FOR_A_LIST))
    pusher = world.pusher(iys)
    pusher.push_once()
    world.wait(minutes=6)

    world.record(a_request(40, date=date_of(1)))
    pusher.push_once()
    assert [one.recipient for one in world.movements()][-1] == a_request(40).address.text
    assert iys.lists == 1

    world.wait(hours=24)
    pusher.push_once()
    world.wait(minutes=6)
    pusher.push_once()
    assert iys.lists == 2

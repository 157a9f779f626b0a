"""What a list does not tell is asked about singly, whatever one answer is like (C9, R35, R64)."""

from collections.abc import Iterator
from typing import Any

import pytest

from ledger.bootstrap import Home
from ledger.iys_sync.errors import IysUnreachable
from ledger.iys_sync.looking_up import Comparison
from tests.integration.acts import BRAND_CODE
from tests.integration.adopt_world import (
    DECLARED_BY,
    AdoptWorld,
    Deadly,
    Killed,
    a_person,
    a_recipient,
    adopt_world,
)
from tests.integration.iys_world import Port, a_port

WHO = {"actor": "user:1", "approved_by": "user:2", "reason": "OFFICER"}


@pytest.fixture(scope="module")
def port() -> Iterator[Port]:
    with a_port() as made:
        yield made


@pytest.fixture
def world(home: Home, port: Port) -> Iterator[AdoptWorld]:
    with adopt_world(home, port) as made:
        yield made


class Unreadable:
    """İYS, whose single status of one recipient nobody can read."""

    def __init__(self, inner: Any, recipient: str) -> None:
        self._inner = inner
        self._recipient = recipient

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def status(self, brand: Any, recipient: str, *rest: Any) -> Any:
        if recipient == self._recipient:
            raise IysUnreachable("unreadable")
        return self._inner.status(brand, recipient, *rest)


def test_an_answer_that_cannot_be_read_ends_no_adoption(world: AdoptWorld) -> None:
    world.declare(1, 2)
    world.at_iys(1)

    with world.client() as client:
        iys = Unreadable(client, a_recipient(1))
        told = world.adopter(iys).adopt(world.brand, DECLARED_BY)

    assert told.sample[Comparison.UNTOLD] == 1
    assert world.mended == [BRAND_CODE]


def test_an_answer_that_cannot_be_read_keeps_no_other_back(world: AdoptWorld) -> None:
    world.declare(1, 2)
    world.at_iys(2, refused=True)
    with world.client() as client, pytest.raises(Killed):
        deadly = Deadly(client, "brands", is_done=False)
        world.adopter(deadly).adopt(world.brand, DECLARED_BY)
    newest = world.snapshots.newest(BRAND_CODE)
    assert newest is not None
    world.snapshots.note_ended(newest.id, world.now())  # without its sample

    with world.client() as client:
        world.adopter(Unreadable(client, a_recipient(1))).look_up_some(BRAND_CODE)

    assert world.verdicts(2) == [("REFUSED", "RET_AT_IYS")]
    assert world.snapshots.lookups_waiting(BRAND_CODE) == 0


def test_a_gap_is_mended_only_when_second_holders_were_asked_about(world: AdoptWorld) -> None:
    """R35, R64: no list tells of them, and they may have refused within the gap."""
    world.declare(1)
    world.at_iys(1)
    world.ledger.reassign(a_person(1).address, **WHO)
    world.declare(1, date="2026-03-02 11:00:00")

    with world.client() as client:
        unasked: list[int] = []
        adopter = world.adopter(client)
        adopter._gap_mended = lambda brand: unasked.append(world.snapshots.lookups_waiting(brand))
        adopter.adopt(world.brand, DECLARED_BY)

    assert unasked == [0]
    assert world.verdicts(1) == [("IYS_DISAGREES", "FOREIGN_HS_ONAY")]


def test_what_a_former_holder_granted_at_iys_permits_nothing_to_the_next(
    world: AdoptWorld,
) -> None:
    """R35: seen late, it is theirs all the same."""
    world.declare(1)
    new = {"recipient": a_recipient(1), "status": "ONAY", "citizenName": "Deneme Kişi"}
    assert world.twin.move("new", **new).is_success
    world.ledger.reassign(a_person(1).address, **WHO)
    world.declare(1, date="2026-03-02 11:00:00")

    with world.client() as client:
        world.adopter(client).adopt(world.brand, DECLARED_BY)

    assert world.verdicts(1) == [("IYS_UNCONFIRMED", "DECLARED")]

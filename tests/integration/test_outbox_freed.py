"""A live consent that was held is told to İYS once it is freed (C4.3, R20)."""

from collections.abc import Iterator

import pytest

from ledger.aggregates.commands import AddEvidence
from ledger.bootstrap import Home
from ledger.vocabulary import IysState, Outcome
from tests.integration.acts import a_request, about, with_evidence
from tests.integration.iys_world import Port, a_port
from tests.integration.push_world import PushWorld, push_world

GRANTED, REFUSED, AGAIN = "2026-03-03 09:00:00", "2026-03-03 10:00:00", "2026-03-03 11:00:00"


@pytest.fixture(scope="module")
def port() -> Iterator[Port]:
    with a_port() as made:
        yield made


@pytest.fixture
def world(home: Home, port: Port) -> Iterator[PushWorld]:
    with push_world(home, port) as made:
        yield made


def test_a_consent_that_later_evidence_frees_is_pushed(world: PushWorld) -> None:
    again = with_evidence(a_request(1, date=AGAIN), "2026-03-03T06:30:00Z")
    receipts = world.record(a_request(1, date=GRANTED), a_request(1, "RET", REFUSED), again)
    assert receipts[2].outcome is Outcome.HELD
    world.push_all(world.pusher())
    assert world.states(receipts[:1]) == [IysState.REFUSED]

    added = AddEvidence(
        of=3,
        evidence_kinds=("recording",),
        captured_at="2026-03-03T08:00:00Z",
        at="2026-03-04T08:00:00Z",
        actor="user:1",
    )
    world.record(about(a_request(1), added))
    assert world.waiting() == [receipts[2].position]
    world.push_all(world.pusher())

    assert world.states(receipts[:1]) == [IysState.GRANTED]

"""History and the status of past days know what İYS's lists said (consent.md C9, design.md §8)."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from ledger import views
from ledger.addresses import parse_address
from ledger.aggregates.provider_bodies import IysSnapshot
from ledger.bootstrap import Home
from ledger.clock import from_iys_text
from ledger.vocabulary import Channel, RecipientType
from tests.integration.adopt_world import (
    DECLARED_BY,
    AdoptWorld,
    a_recipient,
    adopt_world,
)
from tests.integration.iys_world import Port, a_port
from tests.integration.logged import events_of_type
from tests.twin.twin_harness import START

ASKED_AT = from_iys_text(START)


@pytest.fixture(scope="module")
def port() -> Iterator[Port]:
    with a_port() as made:
        yield made


@pytest.fixture
def world(home: Home, port: Port, monkeypatch: pytest.MonkeyPatch) -> Iterator[AdoptWorld]:
    monkeypatch.setattr("ledger.iys_sync.looking_up.SAMPLE_SIZE", 0)  # lists alone
    with adopt_world(home, port) as made:
        made.declare(1, 2)
        made.at_iys(1)
        with made.client() as client:
            made.adopter(client).adopt(made.brand, DECLARED_BY)
        yield made


def view(
    world: AdoptWorld, number: int, at: datetime | None, known_at: datetime | None
) -> tuple[str | None, str | None]:
    address = parse_address(a_recipient(number), Channel.MESSAGE)
    found = views.status(
        world.ledger,
        world.brand,
        address,
        Channel.MESSAGE,
        RecipientType.INDIVIDUAL,
        at=at,
        known_at=known_at,
    )
    return found.verdict.reason, found.consent.iys.how


def test_the_history_of_a_consent_holds_the_lists_that_asked_about_it(world: AdoptWorld) -> None:
    for number, listed in ((1, True), (2, False)):
        address = parse_address(a_recipient(number), Channel.MESSAGE)
        kind = RecipientType.INDIVIDUAL
        found = views.history(world.ledger, world.brand, address, Channel.MESSAGE, kind)

        assert [entry.event.body.TYPE for entry in found.entries] == [
            "consent.granted",
            "iys.snapshot",
        ]
        entry = views.entry_members(found.entries[1])
        assert (entry["listed"], entry["receivedAt"]) == (listed, "2026-03-04T07:00:00Z")
        assert "listed" not in views.entry_members(found.entries[0])


def test_a_list_counts_from_when_it_was_asked_and_known_from_when_it_was_recorded(
    world: AdoptWorld,
) -> None:
    (event,) = events_of_type(world.ledger.store, IysSnapshot)
    second = timedelta(seconds=1)

    assert view(world, 2, ASKED_AT, None) == ("NOT_ONAY_AT_IYS", "snapshot")
    assert view(world, 2, ASKED_AT - second, None) == ("DECLARED", None)
    assert view(world, 2, None, event.recorded_at) == ("NOT_ONAY_AT_IYS", "snapshot")
    instant = timedelta(microseconds=1)
    assert view(world, 2, None, event.recorded_at - instant) == ("DECLARED", None)
    assert view(world, 1, ASKED_AT, None)[1] == "snapshot"

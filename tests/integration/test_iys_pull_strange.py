"""What cannot be read, or not now, keeps no refusal back, of the same brand or another (C5)."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from msgspec import structs

from ledger import clock
from ledger.aggregates.bodies import ConsentRefused
from ledger.bootstrap import Home
from ledger.errors import ClockStepped
from ledger.iys_sync import seen, wire
from ledger.iys_sync.errors import IysUnreachable
from ledger.iys_sync.webhook import Webhook
from ledger.iys_sync.wire import PullSource
from ledger.iys_twin.consents import Movement
from ledger.vocabulary import BrandCode
from tests.integration.acts import BRAND_CODE, IYS_CODE
from tests.integration.iys_world import Port, a_port
from tests.integration.logged import events_of_type
from tests.integration.pulled_world import PAGE, PullWorld, pull_world
from tests.twin.twin_harness import a_phone

STRANGER = BrandCode(999)
REFUSED: dict[str, Any] = {
    "recipient": a_phone(1),
    "recipientType": "BIREYSEL",
    "type": "MESAJ",
    "status": "RET",
    "creationDate": "2026-03-03 12:00:00",
    "consentDate": "2026-03-03 12:00:00",
    "transactionId": "ab" * 32,
    "source": "IYS_WEB",
    "citizenName": "Deneme Kişi",
}
STRANGE = {
    "no id": {"transactionId": None},
    "another date": {"creationDate": "03.03.2026"},
    "no such day": {"consentDate": "2026-02-30 10:00:00"},
    "a long source": {"source": "X" * 600},
    "another type": {"recipientType": "KURUM"},
}


class Listed:
    """İYS, which lists just these movements on the recipients' side."""

    def __init__(self, *movements: dict[str, Any]) -> None:
        self._body = json.dumps({"after": "1_a", "list": movements}).encode()

    def pull(self, brand: BrandCode, source: PullSource, *rest: Any) -> wire.Page:
        return seen.page(self._body if source is PullSource.IYS else b"")


@pytest.fixture(scope="module")
def port() -> Iterator[Port]:
    with a_port() as made:
        yield made


@pytest.fixture
def world(home: Home, port: Port) -> Iterator[PullWorld]:
    with pull_world(home, port) as made:
        yield made


def refusals(world: PullWorld) -> list[ConsentRefused]:
    events = events_of_type(world.ledger.store, ConsentRefused)
    return [event.body for event in events if isinstance(event.body, ConsentRefused)]


def many_refuse(world: PullWorld, count: int) -> None:
    now = world.twin.twin.now()
    for number in range(count):
        movement = Movement(
            recipient=a_phone(1000 + number),
            recipient_type="BIREYSEL",
            channel="MESAJ",
            consent_status="RET",
            consent_source="IYS_WEB",
            consented=now,
            created=now + number // 10,
            before=None,
        )
        world.brand.append(movement)
    world.advance(hours=2)


@pytest.mark.parametrize("changes", STRANGE.values(), ids=STRANGE)
def test_a_refusal_with_a_defect_is_in_force_at_once_and_once(
    world: PullWorld, changes: dict[str, Any]
) -> None:
    """C5: but for address and channel nothing keeps one out."""
    puller = world.puller(Listed({**REFUSED, **changes}))

    for _ in range(2):
        puller.pull(BRAND_CODE)

    kinds = {"BIREYSEL", "TACIR"} if "recipientType" in changes else {"BIREYSEL"}
    assert {str(one.recipient_type) for one in refusals(world)} == kinds
    assert len(refusals(world)) == len(kinds)
    assert {one.at for one in refusals(world)} == {clock.utc_text(world.now())}
    assert len(list(world.table.unread())) == 1, "it is kept as it came"


@pytest.mark.parametrize(
    "changes", [{"recipient": "biri"}, {"type": "FAKS"}, {"status": "BEKLIYOR"}, {"status": "ONAY"}]
)
def test_what_names_nobody_or_is_no_refusal_is_only_kept(
    world: PullWorld, changes: dict[str, Any]
) -> None:
    world.puller(Listed({**REFUSED, "transactionId": None, **changes})).pull(BRAND_CODE)

    assert refusals(world) == []
    assert len(list(world.table.unread())) == 1


def test_a_refusal_with_a_defect_that_is_pushed_is_in_force_too(world: PullWorld) -> None:
    webhook = Webhook(IYS_CODE, world.ledger, world.table, lambda: {BRAND_CODE}, now=world.now)
    item = {**REFUSED, "creationDate": "?", "iysCode": IYS_CODE, "brandCode": BRAND_CODE}

    counts = webhook.take(json.dumps({"list": [item]}).encode())

    assert (counts.recorded, counts.unread) == (1, 1)
    assert len(refusals(world)) == 1


def test_a_full_page_with_a_date_of_no_calendar_is_a_page_all_the_same(world: PullWorld) -> None:
    page = Listed({**REFUSED, "creationDate": "0001-01-01 00:00:00"}, REFUSED)

    assert world.puller(page, page_size=2, pages_at_once=1).run_once()

    assert len(refusals(world)) == 2


@pytest.mark.parametrize("kind", ["unreadable", "too_large"])
def test_a_brand_whose_page_cannot_be_read_keeps_no_other_back(world: PullWorld, kind: str) -> None:
    many_refuse(world, 5)

    with world.client() as client:

        class Strange:
            def pull(self, brand: BrandCode, *rest: Any) -> wire.Page:
                if brand == STRANGER:
                    raise IysUnreachable(kind)
                return client.pull(brand, *rest)

        puller = world.puller(Strange(), brands=lambda: [STRANGER, BRAND_CODE])
        with pytest.raises(IysUnreachable, match=kind):
            while puller.run_once():
                pass

    assert len(refusals(world)) == 5


def test_while_the_clock_is_off_the_refusals_of_every_page_and_brand_are_taken(
    world: PullWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    many_refuse(world, 2 * PAGE + 5)
    first = world.brand.recipients
    first[0] = structs.replace(first[0], consent_status="ONAY")
    off: Callable[[], Any] = lambda: clock.now() + timedelta(hours=2)  # noqa: E731
    with world.client() as client:

        class Empty:
            def pull(self, brand: BrandCode, *rest: Any) -> wire.Page:
                grant = {**REFUSED, "status": "ONAY", "transactionId": "cd" * 32}
                pages = Listed(grant, {**REFUSED, "recipient": a_phone(2)})
                return pages.pull(brand, *rest) if brand == STRANGER else client.pull(brand, *rest)

        puller = world.puller(Empty(), brands=lambda: [STRANGER, BRAND_CODE])
        with monkeypatch.context() as patched, pytest.raises(ClockStepped):
            patched.setattr(world.ledger, "now", off)
            while puller.run_once():
                pass

    assert len(refusals(world)) == 2 * PAGE + 5
    sides = [one for one in world.table.progress() if one.source == PullSource.IYS]
    assert sides == [], "every page is asked for again"
    assert world.complete_at() == []

"""Every movement at İYS is here exactly once, whatever happens on the way (C2, R52, R55, R60)."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from msgspec import structs

from ledger import clock
from ledger.aggregates.bodies import ConsentGranted, ConsentRefused, IysSeen
from ledger.bootstrap import Home
from ledger.errors import ClockStepped, StoreUnavailable
from ledger.iys_sync import seen as seen_module
from ledger.iys_sync.errors import IysAccount
from ledger.iys_sync.line import Call
from ledger.iys_sync.wire import PullSource
from ledger.iys_twin.consents import Movement
from ledger.vocabulary import (
    BrandCode,
    Channel,
    ConsentSource,
    ConsentStatus,
    RecipientType,
    SeenHow,
)
from tests.integration.acts import BRAND_CODE, IYS_CODE, a_request
from tests.integration.iys_world import Port, a_port, an_outgoing
from tests.integration.logged import events_of_type
from tests.integration.pulled_world import PAGE, Killed, Pages, PullWorld, pull_world
from tests.integration.waiting import at_once
from tests.twin.twin_harness import MAILBOX, PHONE, START, YESTERDAY, a_phone

CHANGES = "GET /sps/{iysCode}/brands/{brandCode}/consents/changes"
NAME = "Deneme Kişi"


@pytest.fixture(scope="module")
def port() -> Iterator[Port]:
    with a_port() as made:
        yield made


@pytest.fixture
def world(home: Home, port: Port) -> Iterator[PullWorld]:
    with pull_world(home, port) as made:
        yield made


def many(world: PullWorld, count: int, *, first: int = 1000) -> None:
    """So many recipients sign in to İYS and grant, ten a second."""
    now = world.twin.twin.now()
    for number in range(count):
        movement = Movement(
            recipient=a_phone(first + number),
            recipient_type="BIREYSEL",
            channel="MESAJ",
            consent_status="ONAY",
            consent_source="IYS_WEB_YENI",
            consented=now + number // 10,
            created=now + number // 10,
            before=None,
            citizen_name=NAME,
        )
        world.brand.append(movement)
    world.advance(seconds=count // 10 + 1)


def a_day(world: PullWorld) -> None:
    """All that can happen: both sides, every way of the recipient, what shares a second."""
    twin, merchant = world.twin, RecipientType.MERCHANT
    later = "2026-03-03 10:15:01"
    with world.client() as client:
        for sent in (
            *(an_outgoing(number) for number in (2, 3, 4)),
            an_outgoing(1, channel=Channel.CALL),
            an_outgoing(4, status=ConsentStatus.REFUSED, consent_date=later),
            an_outgoing(5, recipient_type=merchant, source=None, consent_date=None),
            an_outgoing(recipient=MAILBOX.upper(), channel=Channel.EMAIL),
        ):
            client.add(BRAND_CODE, sent)
    twin.advance(minutes=10, log_in=False)
    for number, how in enumerate(("sms", "call", "web", "app"), 10):
        twin.move("new", recipient=a_phone(number), status="ONAY", citizenName=NAME)
        twin.move(how, recipient=a_phone(number))  # the same second
    twin.move("email", recipient=MAILBOX, type="EPOSTA")
    twin.move("frame-sms", recipient=a_phone(20), status="ONAY")
    twin.move("frame-email", recipient="cerceve@ornek.com.tr", type="EPOSTA", status="ONAY")
    twin.move("line-closed", recipient=a_phone(2))
    twin.move("line-closed", recipient=a_phone(5))
    twin.advance(minutes=10, log_in=False)
    twin.move("web", recipient=a_phone(2), status="ONAY")
    twin.advance(days=1, log_in=False)


def test_every_movement_is_here_once_and_the_second_pull_brings_nothing(world: PullWorld) -> None:
    a_day(world)

    world.pull()

    assert sum(world.at_iys().values()) == 21
    assert world.here() == world.at_iys()
    size = world.ledger.store.last_position()
    assert world.known_to() == world.now() - timedelta(hours=1)
    world.pull()
    assert world.ledger.store.last_position() == size
    assert set(world.complete_at()) == {world.now() - timedelta(hours=1)}
    assert len(world.complete_at()) == len(Channel)


def test_a_closed_line_ends_a_holders_time_and_their_successor_is_somebody_else(
    world: PullWorld,
) -> None:
    """R35, R52: the closing carries the old consentDate and counts from its creationDate."""
    a_day(world)

    world.pull()

    lookup = world.ledger.vault.lookup(f"tel:{a_phone(2)}")
    assert [one.generation for one in world.ledger.store.generations(lookup)] == [2, 1]
    closed = [
        event.body
        for event in events_of_type(world.ledger.store, ConsentRefused)
        if isinstance(event.body, ConsentRefused)
        and event.body.source is ConsentSource.IYS_AHS_HAT_KAPATMA
    ]
    assert {(body.at, body.consent_date) for body in closed} >= {
        ("2026-03-04T07:10:00Z", YESTERDAY)
    }
    assert {body.recipient_type.value for body in closed} == {"BIREYSEL", "TACIR"}


def test_one_line_closed_for_a_person_and_a_merchant_are_two_movements(world: PullWorld) -> None:
    """R13, R57: they may share second, dates and transaction id."""
    with world.client() as client:
        for kind in RecipientType:
            client.add(BRAND_CODE, an_outgoing(recipient_type=kind))
    world.advance(minutes=10)
    world.twin.move("line-closed", recipient=a_phone(1))
    world.advance(days=1)

    world.pull()

    assert world.here() == world.at_iys()


def test_what_was_sent_by_us_is_the_answer_to_our_act(world: PullWorld) -> None:
    world.ledger.record([a_request(recipient=a_phone(1), date=YESTERDAY)])
    with world.client() as client:
        client.add(BRAND_CODE, an_outgoing(1))
    world.advance(hours=2)

    world.pull()

    (event,) = events_of_type(world.ledger.store, IysSeen)
    assert isinstance(event.body, IysSeen)
    assert (event.body.of, event.body.how) == (1, SeenHow.PULL)
    assert len(events_of_type(world.ledger.store, ConsentGranted)) == 1


@pytest.mark.parametrize("page", [0, 1, 2])
def test_a_pull_that_ends_between_pages_goes_on_there(world: PullWorld, page: int) -> None:
    many(world, 2 * PAGE + 5)
    world.advance(days=1)
    with world.client() as client, pytest.raises(Killed):
        world.puller(Pages(client, page)).run_once()
    assert sum(world.here().values()) == PAGE * page

    world.pull(pages_at_once=2)

    assert world.here() == world.at_iys()
    assert max(world.here().values()) == 1


def test_a_page_that_landed_though_nobody_was_told_is_not_recorded_again(
    world: PullWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    many(world, PAGE + 20)
    world.advance(days=1)
    record, failures = world.ledger.record, [StoreUnavailable("lost")]

    def lost(*asked: Any, **more: Any) -> Any:
        receipts = record(*asked, **more)
        if failures:
            raise failures.pop()
        return receipts

    monkeypatch.setattr(world.ledger, "record", lost)
    with pytest.raises(StoreUnavailable):
        world.pull()
    world.pull()

    assert world.here() == world.at_iys()
    assert max(world.here().values()) == 1


def test_two_that_pull_at_once_record_once(world: PullWorld) -> None:
    many(world, PAGE + 20)
    world.advance(days=1)

    at_once(world.pull, world.pull)
    world.pull()

    assert world.here() == world.at_iys()
    assert max(world.here().values()) == 1


def test_a_cursor_that_iys_does_not_know_is_no_end(world: PullWorld) -> None:
    """Q9: what becomes of an old one is not published."""
    many(world, 20)
    world.advance(days=1)
    world.pull()
    many(world, 20, first=5000)
    world.advance(days=1)
    world.fault("code", CHANGES, code="H506", times=1)

    world.pull()

    assert world.here() == world.at_iys()
    assert max(world.here().values()) == 1


def test_a_brand_that_iys_refuses_keeps_no_other_back(world: PullWorld) -> None:
    many(world, 20)
    world.advance(days=1)
    brands: list[BrandCode] = [BrandCode(999), BRAND_CODE]

    with world.client() as client, pytest.raises(IysAccount, match="H353"):
        puller = world.puller(client, brands=lambda: brands)
        while puller.run_once():
            pass

    assert world.here() == world.at_iys()


def test_while_the_clock_is_off_refusals_are_taken_and_the_page_is_asked_for_again(
    world: PullWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_day(world)
    off: Callable[[], Any] = lambda: clock.now() + timedelta(hours=2)  # noqa: E731
    with monkeypatch.context() as patched, pytest.raises(ClockStepped):
        patched.setattr(world.ledger, "now", off)
        world.pull()
    assert {row[5] for row in world.here()} == {"RET"}
    assert world.complete_at() == []

    world.home.forget(IYS_CODE)
    world.pull()

    assert world.here() == world.at_iys()


def test_what_cannot_be_read_is_kept_sealed_and_told(world: PullWorld) -> None:
    many(world, 5)
    world.advance(days=1)
    movements = world.brand.recipients
    movements[2] = structs.replace(movements[2], consent_status="BEKLIYOR")  # R56
    with world.client() as client:

        def pull(brand: BrandCode, source: PullSource, after: str | None, limit: int) -> Any:
            query = {"source": source.value, "limit": str(limit)}
            path = f"/sps/{IYS_CODE}/brands/{brand}/consents/changes"
            return client._exchange.ask(
                Call(method="GET", path=path, query=query), seen_module.page
            )

        puller = world.puller(type("Tolerant", (), {"pull": staticmethod(pull)})())
        count = puller.pull(BRAND_CODE)

    assert (count.recorded, count.unread) == (4, 1)
    assert [(one.unread, one.source) for one in puller.figures()] == [
        (1, PullSource.IYS),
        (1, PullSource.PROVIDER),
    ]
    (kept,) = world.table.unread()
    assert (kept.fault, kept.how) == ("status", SeenHow.PULL)
    assert a_phone(1002).encode() in kept.raw and NAME.encode() not in kept.raw
    assert a_phone(1002) not in repr(kept)
    with world.home.database.connection(IYS_CODE) as connection:
        (stored,) = connection.execute("SELECT t::text FROM iys_unread AS t").fetchall()
    assert a_phone(1002) not in stored[0] and a_phone(1002).encode().hex() not in stored[0]
    assert puller.read_again() == 0


def test_what_could_not_be_read_is_recorded_once_it_can_be(world: PullWorld) -> None:
    many(world, 5)
    world.advance(days=1)
    row = min(world.at_iys())
    named = ("creationDate", "transactionId", "recipient", "recipientType", "type", "status")
    told = dict(zip((*named, "consentDate", "source"), row, strict=True))
    raw = str(told).replace("'", '"').encode()
    for _ in range(2):
        world.table.keep_unread(BRAND_CODE, SeenHow.PULL, raw, "status", world.now())

    assert len(list(world.table.unread())) == 1
    assert world.puller().read_again() == 1

    assert list(world.table.unread()) == []
    assert set(world.here()) == {row}
    world.pull()
    assert world.here() == world.at_iys()


def test_the_clock_of_the_twin_is_that_of_these_tests(world: PullWorld) -> None:
    assert clock.iys_text(world.now()) == START and PHONE.startswith("+90501")

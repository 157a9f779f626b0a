"""Each difference between a day and İYS's file of it, provoked: what is recorded, what is said."""

import hashlib
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from ledger.aggregates.bodies import IysSeen
from ledger.aggregates.commands import RefusedByIys
from ledger.aggregates.keys import ConsentKey
from ledger.bootstrap import Home
from ledger.clock import utc_text
from ledger.iys_sync.wire import Added, Agreement
from ledger.recording.day_ports import DayKept, DayState
from ledger.recording.day_words import Kind
from ledger.recording.sights import IysWords, final_no
from ledger.vocabulary import Channel, RecipientType, SeenHow
from tests.integration.acts import BRAND_CODE, CLERK, a_request
from tests.integration.days import ACTOR, DAY, DayWorld, Patched, day_world
from tests.integration.iys_world import Port, a_port, an_outgoing
from tests.integration.logged import events_of_type

ADDED_AT = "2026-03-04 10:00:00"


@pytest.fixture(scope="module")
def port() -> Iterator[Port]:
    with a_port() as made:
        yield made


@pytest.fixture
def world(home: Home, port: Port) -> Iterator[DayWorld]:
    with day_world(home, port) as made:
        made.add(1)
        yield made


def reconcile(world: DayWorld, file: bytes | None = None) -> DayKept:
    """Compare `DAY` a day later; `file`: what İYS states and gives instead of its own."""
    if world.iys.now().date() == DAY:
        world.pass_days()
    iys: Any = world.client
    if file is not None:
        stated = Agreement("completed", hashlib.sha384(file).hexdigest(), "SHA-384", agreed=False)
        iys = Patched(
            world.client,
            agreement=lambda brand, day: stated,
            day_file=lambda brand, day: file,
            day_stamp=lambda brand, day: None,
            agree=lambda brand, day: pytest.fail("nothing but an equal day is agreed to"),
        )
    return world.reconciler(iys).reconcile(BRAND_CODE, DAY, actor=ACTOR)


def their_file(world: DayWorld) -> bytes:
    world.pass_days()
    return world.theirs()


def sights(world: DayWorld) -> int:
    return len(events_of_type(world.ledger.store, IysSeen))


@pytest.mark.parametrize(
    ("was", "is_now", "kind"),
    [
        (b"HS_WEB", b"HS_ATM", Kind.SOURCE_DIFFERS),
        (b"10:15:00,HS", b"10:15:09,HS", Kind.DATE_DIFFERS),
        (b"ONAY", b"RET", Kind.STATUS_DIFFERS),
    ],
)
def test_what_iys_has_otherwise_is_recorded_and_then_has_its_reason(
    world: DayWorld, was: bytes, is_now: bytes, kind: Kind
) -> None:
    file = their_file(world).replace(was, is_now)

    first, second = reconcile(world, file), reconcile(world, file)

    assert first.state is second.state is DayState.EXPLAINED
    assert first.differences == second.differences == {kind: 1}
    assert sights(world) == 2 and is_now in world.ours()
    assert (first.rows_here, first.rows_there) == (2, 1)


def test_another_spelling_of_the_address_is_no_new_consent(world: DayWorld) -> None:
    kept = reconcile(world, their_file(world).replace(b"+905", b"+9005"))

    assert (kept.state, kept.differences) == (DayState.EXPLAINED, {Kind.ADDRESS_SPELLING: 1})
    assert sights(world) == 1


def test_a_spelling_that_was_first_seen_in_a_file_comes_out_again(world: DayWorld) -> None:
    """R112: then ours is the same to the byte."""
    world.client.add(BRAND_CODE, an_outgoing(2))
    file = their_file(world).replace(b"+905010000002", b"+9005010000002")

    kept = reconcile_equal(world, file)

    assert (kept.state, kept.agreed) == (DayState.EQUAL, True) and world.ours() == file


def test_a_source_that_nobody_knows_yet_comes_out_again(world: DayWorld) -> None:
    world.iys.twin.advance(hours=1)
    world.move("sms", 1)
    file = their_file(world).replace(b"IYS_KISAMESAJ", b"IYS_3338")

    kept = reconcile_equal(world, file)

    assert kept.state is DayState.EQUAL and b"IYS_3338" in world.ours()


def reconcile_equal(world: DayWorld, file: bytes) -> DayKept:
    """As `reconcile`, where agreeing is what is expected."""
    stated = Agreement("completed", hashlib.sha384(file).hexdigest(), "SHA-384", agreed=False)
    iys = Patched(
        world.client, agreement=lambda brand, day: stated, day_file=lambda brand, day: file
    )
    return world.reconciler(iys).reconcile(BRAND_CODE, DAY, actor=ACTOR)


def test_of_two_movements_in_one_second_the_file_may_show_one(home: Home, port: Port) -> None:
    """R57: the twin is set to; that day is explained and not agreed to."""
    with day_world(home, port, same_second_rows="one") as world:
        world.add(1)
        world.refuse(1, consent_date="2026-03-03 11:00:00")

        kept = reconcile(world)

        assert (kept.state, kept.agreed) == (DayState.EXPLAINED, False)
        assert kept.differences == {Kind.SAME_SECOND: 1}
        assert (kept.rows_here, kept.rows_there, sights(world)) == (2, 1, 2)


def test_what_only_we_have_stays_open_with_its_line(world: DayWorld) -> None:
    added = world.client.add(BRAND_CODE, an_outgoing(2))
    world.know(an_outgoing(3), Added("cd" * 32, ADDED_AT, added.digest))
    world.know(an_outgoing(2), added)

    kept = reconcile(world)

    assert (kept.state, kept.open_rows) == (DayState.OPEN, 1)
    assert kept.differences == {Kind.ONLY_HERE: 1} and not kept.agreed
    (shown,) = world.days.listed(BRAND_CODE, DAY)
    assert shown.here is not None and "+905010000003" in shown.here and shown.there is None
    assert DAY in world.reconciler().open_days(BRAND_CODE)


def test_what_iys_refused_after_it_had_taken_it_is_no_riddle(world: DayWorld) -> None:
    (receipt,) = world.ledger.record([a_request(3, date="2026-03-03 10:15:00")])
    assert receipt.subject is not None
    holder = world.ledger.store.holders([receipt.subject])[receipt.subject]
    added = world.client.add(BRAND_CODE, an_outgoing(4))
    of_act = an_outgoing(3, recipient="+905010000003")
    world.know(of_act, Added("cd" * 32, ADDED_AT, added.digest), of=1)
    key = ConsentKey(BRAND_CODE, receipt.subject, RecipientType.INDIVIDUAL, Channel.MESSAGE)
    at = utc_text(world.iys.now())
    no = RefusedByIys(of=1, code="H467", at=at, how=SeenHow.RESULT, actor=CLERK)
    world.ledger.record([final_no(holder, key, no, IysWords(request_id="r"))])

    kept = reconcile(world)

    assert (kept.state, kept.differences) == (DayState.EXPLAINED, {Kind.REFUSED: 1})


def test_an_id_that_no_answer_brought_is_in_the_file(world: DayWorld) -> None:
    added = world.client.add(BRAND_CODE, an_outgoing(2))
    world.know(an_outgoing(2), added, transaction_id=None)

    kept = reconcile(world)

    assert (kept.state, kept.differences) == (DayState.EXPLAINED, {Kind.ID_MISSING: 1})


def test_what_cannot_be_read_is_shown_and_the_rest_recorded(world: DayWorld) -> None:
    world.client.add(BRAND_CODE, an_outgoing(2))
    file = their_file(world) + b"2026-03-04 10:00:00,toplam,2\n"

    kept = reconcile(world, file)

    assert (kept.state, kept.differences) == (DayState.OPEN, {Kind.UNREADABLE: 1})
    assert sights(world) == 2
    assert [one.there for one in world.days.listed(BRAND_CODE, DAY)] == [
        "2026-03-04 10:00:00,toplam,2"
    ]


def test_a_file_of_another_form_is_explained_and_not_agreed(world: DayWorld) -> None:
    kept = reconcile(world, their_file(world).replace(b"\n", b"\r\n"))

    assert (kept.state, kept.differences) == (DayState.EXPLAINED, {Kind.LAYOUT: 1})


@pytest.mark.damaging
def test_iyss_file_does_not_bring_an_erased_person_back(home: Home, world: DayWorld) -> None:
    world.pass_days()
    before = reconcile(world)
    with psycopg.connect(home.dsn) as owner:
        owner.execute("DELETE FROM sp_123456.payloads")
        owner.execute("DELETE FROM sp_123456.recipients")

    kept = reconcile(world)

    assert before.state is DayState.EQUAL
    assert (kept.state, kept.erased, kept.differences) == (DayState.EXPLAINED, 1, {Kind.ERASED: 1})
    assert (kept.hash_value, sights(world)) == (before.hash_value, 1)


def test_a_row_is_recorded_in_blocks(world: DayWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """More of them than are recorded, or shown, at once."""
    monkeypatch.setattr("ledger.iys_sync.comparing.RECORDED_AT_ONCE", 4)
    monkeypatch.setattr("ledger.iys_sync.comparing.LISTED_MAX", 3)
    for number in range(2, 12):
        world.client.add(BRAND_CODE, an_outgoing(number))

    assert reconcile(world).state is DayState.EQUAL
    for number in range(20, 29):
        world.know(an_outgoing(number), Added(f"{number:064x}", ADDED_AT, "ef" * 32))
    kept = reconcile(world)
    assert kept.open_rows == 9 and len(world.days.listed(BRAND_CODE, DAY)) == 3

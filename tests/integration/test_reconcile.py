"""A past day is agreed to when both sides hold the same bytes, and never otherwise (R61, R62)."""

import hashlib
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import psycopg
import pytest

from ledger.aggregates.bodies import ConsentRefused, IysSeen
from ledger.aggregates.provider_bodies import IysDayReconciled
from ledger.bootstrap import Home
from ledger.clock import iys_text
from ledger.errors import NotFound, SettingsRefused
from ledger.iys_sync.archive import DayArchive
from ledger.iys_sync.day_stamp import verifier
from ledger.iys_sync.errors import IysAccount, IysUnreachable
from ledger.iys_sync.reconciling import Agreeing, DayOutOfReach, NotAgreed
from ledger.iys_sync.row_root import check_row, rows_of
from ledger.recording.day_ports import DayKept, DayState, StampState
from ledger.recording.day_words import Kind
from ledger.vocabulary import Channel
from tests.integration.acts import BRAND_CODE, IYS_CODE
from tests.integration.days import ACTOR, DAY, DayWorld, Patched, day_world
from tests.integration.iys_world import Port, a_port, an_outgoing
from tests.integration.logged import events_of_type

LATER = "2026-03-03 11:00:00"
ARCHIVED = ("iys_day_files", "iys_day_parts", "iys_day_stamps")


@pytest.fixture(scope="module")
def port() -> Iterator[Port]:
    with a_port() as made:
        yield made


@pytest.fixture
def world(home: Home, port: Port) -> Iterator[DayWorld]:
    with day_world(home, port) as made:
        yield made


def reconcile(world: DayWorld, day: date = DAY, *, iys: Any = None, **given: Any) -> DayKept:
    return world.reconciler(iys, **given).reconcile(BRAND_CODE, day, actor=ACTOR)


def told(world: DayWorld) -> list[IysDayReconciled]:
    """What the log says of days."""
    bodies = [event.body for event in events_of_type(world.ledger.store, IysDayReconciled)]
    return [body for body in bodies if isinstance(body, IysDayReconciled)]


def agreed_at_iys(world: DayWorld, day: date = DAY) -> bool:
    found = world.client.agreement(BRAND_CODE, day)
    return found is not None and found.agreed


def test_a_week_of_opt_outs_and_closed_lines_comes_to_equal_hashes(
    home: Home, world: DayWorld
) -> None:
    for number in range(6):
        dated: dict[str, Any] = {"consent_date": iys_text(world.iys.now())}
        world.add(number, **dated)
        mailbox = f"deneme{number}@ornek.com.tr"
        world.add(recipient=mailbox, channel=Channel.EMAIL, **dated)
        world.iys.twin.advance(hours=2)
        world.move("sms", number)
        world.add(10 + number, **dated)
        world.move("line-closed", 10 + number)
        world.pass_days()

    done = world.reconciler().reconcile_open([BRAND_CODE], actor=ACTOR)

    week = [DAY + timedelta(days=number) for number in range(-1, 6)]
    assert [one.day for one in done] == week
    states = [one.kept and (one.kept.state, one.kept.agreed) for one in done]
    assert states == [(DayState.EQUAL, False), *[(DayState.EQUAL, True)] * 6]
    for day in week[1:]:
        assert world.ours(day) == world.theirs(day) and agreed_at_iys(world, day)
    assert world.reconciler().open_days(BRAND_CODE) == []
    assert len(told(world)) == 6
    calendar = world.days.calendar(BRAND_CODE, *(week[0], week[-1]), today=week[-1])
    assert [one.state for one in calendar] == [DayState.EQUAL] * 7


def test_what_iys_shows_and_nobody_here_knew_is_recorded_then_agreed(world: DayWorld) -> None:
    """C2: what the recipients did counts at once, a stranger's ONAY is seen and permits nothing."""
    world.add(1)
    world.client.add(BRAND_CODE, an_outgoing(2))
    world.iys.twin.advance(hours=1)
    world.move("sms", 1)
    world.move("line-closed", 2)
    world.pass_days()

    kept = reconcile(world)

    assert (kept.state, kept.agreed, kept.differences) == (DayState.EQUAL, True, {})
    seen = [one.body for one in events_of_type(world.ledger.store, IysSeen)]
    assert [str(one.how) for one in seen if isinstance(one, IysSeen)] == [
        "answer",
        *["dayfile"] * 3,
    ]
    assert len(events_of_type(world.ledger.store, ConsentRefused)) == 2


def test_a_pull_afterwards_brings_nothing_new(world: DayWorld) -> None:
    world.add(1)
    world.move("sms", 1)
    world.pass_days()
    reconcile(world)
    size = world.ledger.store.last_position()

    world.pull()

    assert world.ledger.store.last_position() == size


def test_with_ask_an_officer_has_the_word(world: DayWorld) -> None:
    world.add(1)
    world.pass_days()
    reconciler = world.reconciler(agreeing=Agreeing.ASK)

    kept = reconciler.reconcile(BRAND_CODE, DAY, actor=ACTOR)
    assert (kept.state, kept.agreed, agreed_at_iys(world)) == (DayState.EQUAL, False, False)
    assert DAY not in reconciler.open_days(BRAND_CODE)
    reconciler.agree(BRAND_CODE, DAY, actor="user:officer")

    assert agreed_at_iys(world)
    assert [(one.agreed, one.actor) for one in told(world)] == [
        (False, ACTOR),
        (True, "user:officer"),
    ]
    again = world.days.kept(BRAND_CODE, DAY)
    assert again is not None and again.agreed


def test_no_word_is_given_on_a_day_that_is_not_equal_or_not_any_more(world: DayWorld) -> None:
    world.add(1)
    world.pass_days()
    reconciler = world.reconciler(agreeing=Agreeing.ASK)
    with pytest.raises(NotAgreed):
        reconciler.agree(BRAND_CODE, DAY, actor=ACTOR)
    reconciler.reconcile(BRAND_CODE, DAY, actor=ACTOR)
    world.client.add(BRAND_CODE, an_outgoing(2))

    other = world.client.agreement(BRAND_CODE, DAY)
    assert other is not None
    changed = type(other)("completed", "ab" * 48, "SHA-384", agreed=False)
    iys = Patched(world.client, agreement=lambda brand, day: changed)
    with pytest.raises(NotAgreed):
        world.reconciler(iys).agree(BRAND_CODE, DAY, actor=ACTOR)

    assert not agreed_at_iys(world)


def test_a_file_that_differs_by_one_byte_is_shown_and_nothing_of_it_is_taken(
    world: DayWorld,
) -> None:
    world.add(1)
    world.client.add(BRAND_CODE, an_outgoing(2))
    world.pass_days()
    right = world.theirs()
    wrong = right.replace(b"+905010000001", b"+905010000007")
    size = world.ledger.store.last_position()

    kept = reconcile(world, iys=Patched(world.client, day_file=lambda brand, day: wrong))

    assert (kept.state, kept.agreed, agreed_at_iys(world)) == (DayState.OPEN, False, False)
    assert kept.differences[Kind.HASH_DIFFERS] == 1 and kept.stamp is StampState.REFUSED
    shown = world.days.listed(BRAND_CODE, DAY)
    assert any(one.there is not None and "+905010000007" in one.there for one in shown)
    assert world.ledger.store.last_position() == size + 1  # the day's own event
    assert reconcile(world).state is DayState.EQUAL and agreed_at_iys(world)
    assert [one.result for one in told(world)] == ["open", "equal"]
    archived = {one.sha384 for one in world.files.files(BRAND_CODE, DAY)}
    assert archived == {hashlib.sha384(file).hexdigest() for file in (right, wrong)}


def test_a_file_cut_on_its_way_is_fetched_once_more(world: DayWorld) -> None:
    world.add(1)
    world.pass_days()
    answers = iter([world.theirs()[:-9], world.theirs()])

    kept = reconcile(world, iys=Patched(world.client, day_file=lambda brand, day: next(answers)))

    assert (kept.state, kept.agreed) == (DayState.EQUAL, True)


def test_a_day_waits_until_iys_is_done_with_it(world: DayWorld) -> None:
    world.add(1)
    reasons = []
    world.iys.twin.advance(hours=14)
    for _ in range(3):
        reasons.append(reconcile(world).reason)
        world.iys.twin.advance(minutes=5)
    world.iys.fault("file_error")
    reasons.append(reconcile(world).reason)

    assert reasons == ["queued", "inprogress", None, "error"]
    assert world.days.calendar(BRAND_CODE, DAY, DAY, today=DAY + timedelta(days=1))[0].state is (
        DayState.WAITING
    )


def test_a_day_is_not_final_while_a_list_is_pending(home: Home, port: Port) -> None:
    with day_world(home, port, bulk_seconds=2 * 86_400) as world:
        world.client.add_list(BRAND_CODE, [an_outgoing(1), an_outgoing(2)])
        world.add(3)
        world.pass_days()

        kept = reconcile(world)

        assert (kept.state, kept.reason) == (DayState.WAITING, "pending")
        assert world.files.files(BRAND_CODE, DAY) == [] and not agreed_at_iys(world)


def test_a_quiet_day_is_equal_unless_we_have_something(world: DayWorld) -> None:
    quiet = DAY - timedelta(days=1)
    added = world.add(1)
    world.know(an_outgoing(2), type(added)("cd" * 32, f"{quiet} 12:00:00", added.digest))
    world.pass_days()

    empty, ours = reconcile(world, quiet - timedelta(days=1)), reconcile(world, quiet)

    assert (empty.state, empty.rows_here, empty.agreed) == (DayState.EQUAL, 0, False)
    assert (ours.state, ours.differences) == (DayState.OPEN, {Kind.ONLY_HERE: 1})
    assert told(world) == []


@pytest.mark.parametrize("days", [0, -8])
def test_iys_speaks_of_the_last_seven_days_only(world: DayWorld, days: int) -> None:
    with pytest.raises(DayOutOfReach):
        reconcile(world, DAY + timedelta(days=days))


def test_a_day_that_nobody_fetched_in_time_is_missed(world: DayWorld) -> None:
    world.add(1)
    world.pass_days(9)
    today = DAY + timedelta(days=9)

    shown = world.reader and world.reader.report(BRAND_CODE, DAY).sha384
    calendar = world.days.calendar(BRAND_CODE, DAY - timedelta(days=1), today, today=today)

    states = [one.state for one in calendar]
    waiting = [DayState.WAITING] * 7
    assert states == [None, DayState.MISSED, DayState.MISSED, *waiting, None] and shown


def test_a_lost_word_is_given_again(world: DayWorld) -> None:
    """Both kinds: İYS heard it, and İYS did not."""
    for hears in (False, True):
        world.add(1 + hears, consent_date=iys_text(world.iys.now()))
        day = world.iys.now().date()
        world.pass_days()

        def lost(brand: Any, day: date, hears: bool = hears) -> bool:
            if hears:
                world.client.agree(brand, day)
            raise IysUnreachable("timeout", True)

        with pytest.raises(IysUnreachable):
            reconcile(world, day, iys=Patched(world.client, agree=lost))
        kept = world.days.kept(BRAND_CODE, day)
        assert kept is not None and (kept.state, kept.agreed) == (DayState.EQUAL, False)
        assert day in world.reconciler().open_days(BRAND_CODE)

        assert reconcile(world, day).agreed and agreed_at_iys(world, day)

    assert [one.agreed for one in told(world)] == [False, True] * 2


def test_one_day_that_iys_refuses_does_not_keep_the_others(world: DayWorld) -> None:
    world.add(1)
    world.pass_days()

    def agreement(brand: Any, day: date) -> Any:
        if day < DAY:
            raise IysAccount("H353", 403)
        return world.client.agreement(brand, day)

    iys = Patched(world.client, agreement=agreement)
    done = world.reconciler(iys).reconcile_open([BRAND_CODE], actor=ACTOR)

    assert [one.failure is None for one in done] == [False] * 6 + [True]
    assert agreed_at_iys(world)


def test_the_stamp_is_verified_under_the_roots_that_are_known(world: DayWorld) -> None:
    world.add(1)
    world.pass_days()
    root = world.iys.twin.get("/_twin/tsa.pem").content
    other = world.iys.twin.twin.authority.stamp(b"another file\n", 0)

    found = [
        reconcile(world, verify=verifier(root)),
        reconcile(world, verify=None),
        reconcile(world, iys=Patched(world.client, day_stamp=lambda brand, day: other)),
        reconcile(world, iys=Patched(world.client, day_stamp=lambda brand, day: b"x" * 40)),
        reconcile(world, iys=Patched(world.client, day_stamp=lambda brand, day: None)),
    ]

    assert [one.stamp for one in found] == [
        *(StampState.VERIFIED, StampState.NO_ROOT, StampState.REFUSED, StampState.REFUSED),
        StampState.MISSING,
    ]
    assert found[0].stamped_at is not None and found[0].stamped_at.isoformat().startswith(
        "2026-03-04T21:10:00"
    )
    assert DAY in world.reconciler().open_days(BRAND_CODE), "the stamp may still be had"
    with pytest.raises(SettingsRefused):
        verifier(b"no certificate")


def test_each_row_can_be_shown_alone_with_iyss_stamp(home: Home, world: DayWorld) -> None:
    added = [world.add(number) for number in (1, 2, 3)]
    world.pass_days()
    reconcile(world)
    archive = DayArchive(world.files)
    (said,) = told(world)

    (row,) = archive.evidence_of(BRAND_CODE, added[1].creation_date, added[1].transaction_id)

    check_row(row.proof, bytes.fromhex(said.rows_root))
    assert b"+905010000002" in row.proof.line and row.proof.size == said.rows == 3
    assert row.file.sha384 == said.file_sha384 == hashlib.sha384(world.theirs()).hexdigest()
    assert row.stamp == world.client.day_stamp(BRAND_CODE, DAY)
    line = list(rows_of(world.theirs()))[2]
    check_row(archive.row_proof(BRAND_CODE, DAY, line), bytes.fromhex(said.rows_root))
    with pytest.raises(NotFound):
        archive.row_proof(BRAND_CODE, DAY, line + b"x")
    assert archive.evidence_of(BRAND_CODE, added[1].creation_date, "ab" * 32) == []


def test_the_archive_cannot_be_overwritten_only_destroyed(home: Home, world: DayWorld) -> None:
    world.add(1)
    world.pass_days()
    reconcile(world)
    (file,) = world.files.files(BRAND_CODE, DAY)

    with psycopg.connect(home.dsn, autocommit=True) as owner:
        owner.execute("SET search_path = sp_123456")
        for table in ARCHIVED:
            for damage in (
                f"UPDATE {table} SET day = day",
                f"DELETE FROM {table}",
                f"TRUNCATE {table} CASCADE",
            ):
                with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"):
                    owner.execute(damage)
        content, sealed = (
            owner.execute("SELECT size_bytes, sealed FROM iys_day_files, iys_day_parts").fetchone()
            or ()
        )
        assert b"+905010000001" not in sealed and len(sealed) > content
    world.files.keep_file(file, b"another content")
    assert world.files.open_file(file) == world.theirs()

    with home.database.connection(IYS_CODE) as connection:
        connection.execute("DELETE FROM iys_day_keys")
    assert world.files.open_file(file) is None
    assert world.files.stamp_of(file) is not None

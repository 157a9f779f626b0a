"""A brand is taken over: each consent is asked about, none more than needed, nothing lost (C9)."""

from collections.abc import Iterator
from typing import Any

import pytest

from ledger.aggregates.bodies import IysSeen
from ledger.aggregates.keys import ConsentKey
from ledger.aggregates.provider_bodies import IysSnapshot
from ledger.application import ConsentLedger
from ledger.bootstrap import Home
from ledger.iys_sync import wire
from ledger.iys_sync.errors import IysBusy, IysUnreachable
from ledger.iys_sync.looking_up import Comparison
from ledger.iys_sync.minutes import minutes
from ledger.iys_sync.seen import seen
from ledger.store.deciding import DecisionTables
from ledger.vocabulary import Channel, ConsentStatus, RecipientType, SeenHow
from tests.integration.acts import BRAND_CODE, IYS_CODE
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
from tests.integration.logged import events_of_type

CONFIRMED = ("PERMITTED", "CONFIRMED_BY_IYS")
ABSENT = ("IYS_DISAGREES", "NOT_ONAY_AT_IYS")
UNKNOWN = ("IYS_UNCONFIRMED", "DECLARED")
STATUS = "POST /sps/{iysCode}/brands/{brandCode}/consents/status"
BULK_STATUS = "POST /sps/{iysCode}/brands/{brandCode}/consents/{recipientType}/status/{type}"


@pytest.fixture(scope="module")
def port() -> Iterator[Port]:
    with a_port() as made:
        yield made


@pytest.fixture
def world(home: Home, port: Port, monkeypatch: pytest.MonkeyPatch) -> Iterator[AdoptWorld]:
    monkeypatch.setattr(wire, "RECIPIENTS_MAX", 4)  # so that a few make many lists
    with adopt_world(home, port) as made:
        yield made


def adopt(world: AdoptWorld, **more: Any) -> Any:
    with world.client() as client:
        return world.adopter(client).adopt(world.brand, DECLARED_BY, **more)


def look_up(world: AdoptWorld) -> int:
    with world.client() as client:
        return world.adopter(client).look_up_some(BRAND_CODE)


def test_who_is_listed_is_permitted_and_who_is_not_is_asked_about(world: AdoptWorld) -> None:
    world.declare(*range(1, 11))
    world.declare(11, status="RET")
    world.declare(20, recipient="a@ornek.com.tr", channel="EPOSTA")
    world.at_iys(*range(1, 8), 11)
    world.at_iys(8, refused=True)
    world.at_iys(20, recipient="a@ornek.com.tr", type="EPOSTA")
    assert world.verdicts(1, 9, 11) == [UNKNOWN, UNKNOWN, ("REFUSED", "RET_AT_IYS")]

    told = adopt(world)

    assert world.verdicts(*range(1, 12)) == [
        *[CONFIRMED] * 7,
        *[("REFUSED", "RET_AT_IYS")],  # the sample of a few asks about each
        *[ABSENT] * 2,
        ("REFUSED", "RET_AT_IYS"),
    ]
    assert world.view(20, Channel.EMAIL, "a@ornek.com.tr").verdict.permitted
    assert world.mended == [BRAND_CODE]
    mail, message = sorted(told.kinds, key=lambda kind: kind.figures.channel)
    assert (mail.figures.asked, mail.figures.listed) == (1, 1)
    of_message = message.figures
    assert (of_message.lists, of_message.asked, of_message.listed) == (3, 11, 8)
    assert (of_message.refused, of_message.refused_listed) == (1, 1)
    assert told.sample == {**dict.fromkeys(Comparison, 0), Comparison.SAME: 12}
    assert (told.adoption.approvals, told.adoption.rejections) == (9, 1)


def test_each_list_is_one_event_that_binds_question_answer_and_who_declared(
    world: AdoptWorld,
) -> None:
    world.declare(*range(1, 7))
    world.at_iys(1, 2, 5)

    adopt(world)

    ledger = world.ledger
    events = events_of_type(ledger.store, IysSnapshot)
    bodies = [event.body for event in events if isinstance(event.body, IysSnapshot)]
    assert [body.asked for body in bodies] == [4, 2]
    assert sum(body.granted for body in bodies) == 3
    assert len(events_of_type(ledger.store, IysSeen)) == 6  # the sample's
    event = events[0]
    sealed = ledger.store.payloads_at([event.position])[event.position]
    groups = ledger.vault.open(ledger.vault.provider_key(), event.id, sealed)
    assert groups["note"] == {"declared_by": DECLARED_BY}
    words = groups["iys"]
    assert isinstance(words, dict)
    assert words.keys() == {"request", "answer", "request_id"}
    assert event.commit.keys() == {"note", "iys"}


def test_the_minutes_tell_figures_and_no_address(world: AdoptWorld) -> None:
    world.declare(*range(1, 6))
    world.at_iys(1, 2)

    told = adopt(world)
    text = minutes(told)

    assert "- Beyan eden: Uyum \\*Birimi\\*" in text
    assert "|Mesaj|Bireysel|2|5|2|3|" in text
    assert "|FARK: burada izinli, İYS'de ONAY değil|3|" in text
    assert "|Liste ile aynı|5|" in text
    assert f"`{told.kinds[0].root}`" in text
    assert "|DIFFERENCE: consents here, not at İYS|3|" in minutes(told, lang="en")
    assert not any(a_recipient(number)[1:] in text for number in range(1, 6))
    with world.client() as client:
        assert world.adopter(client).adopted(world.brand) == told


def test_a_brand_without_consents_is_adopted_too(world: AdoptWorld) -> None:
    told = adopt(world)

    assert (told.kinds, told.declared_by) == ([], "–")
    assert "# Minutes of adoption" in minutes(told, lang="en")


def test_seven_lists_a_second_and_no_more(world: AdoptWorld) -> None:
    world.declare(*range(1, 30))

    adopt(world)

    assert world.steady == pytest.approx(7 / 7)  # eight lists, seven waits between them


def test_another_holder_of_an_address_is_asked_about_singly(world: AdoptWorld) -> None:
    """R35: the list may mean the former one."""
    world.declare(1, 2)
    world.at_iys(1)
    who = {"actor": "user:1", "approved_by": "user:2", "reason": "OFFICER"}
    address = a_person(1).address
    world.ledger.reassign(address, **who)
    world.declare(1, date="2026-03-02 11:00:00")

    told = adopt(world)
    assert told.kinds[0].figures.skipped + told.adoption.skipped == 1
    assert world.verdicts(1) == [("IYS_DISAGREES", "FOREIGN_HS_ONAY")]
    assert look_up(world) == 0


def test_what_is_pulled_while_a_list_is_on_its_way_wins(world: AdoptWorld) -> None:
    world.declare(1, 2)
    world.at_iys(1, 2)

    class Meanwhile:
        def __init__(self, inner: Any) -> None:
            self._inner = inner

        def __getattr__(self, name: str) -> Any:
            return getattr(self._inner, name)

        def granted(self, *given: Any) -> Any:
            answer = self._inner.granted(*given)
            world.twin.advance(seconds=1)
            world.twin.move(recipient=a_recipient(1), brandCode=BRAND_CODE)
            found = self._inner.status(
                BRAND_CODE, a_recipient(1), RecipientType.INDIVIDUAL, Channel.MESSAGE
            )
            assert found.status is ConsentStatus.REFUSED
            request = seen(found, BRAND_CODE, SeenHow.PULL, world.now())
            world.ledger.record([request])
            return answer

    with world.client() as client:
        told = world.adopter(Meanwhile(client)).adopt(world.brand, DECLARED_BY)

    assert told.kinds[0].figures.listed == 2
    assert told.sample[Comparison.MOVED] == 1
    assert world.verdicts(1, 2) == [("REFUSED", "RET_AT_IYS"), CONFIRMED]
    assert world.view(1).consent.iys.how is not SeenHow.SNAPSHOT


@pytest.mark.parametrize(
    ("part", "method", "at_call", "is_done"),
    [
        ("iys", "granted", 2, True),
        ("snapshots", "stage", 2, False),
        ("snapshots", "stage", 2, True),
        ("ledger", "append_once", 2, False),
        ("ledger", "append_once", 2, True),
        ("snapshots", "apply", 2, False),
        ("snapshots", "apply", 2, True),
        ("snapshots", "note_asked", 1, False),
        ("snapshots", "note_asked", 1, True),
        ("iys", "brands", 1, True),
        ("snapshots", "draw", 1, True),
        ("iys", "status", 3, True),
        ("snapshots", "end_sample", 2, False),
        ("snapshots", "end_sample", 2, True),
        ("snapshots", "note_ended", 1, False),
        ("snapshots", "note_ended", 1, True),
    ],
)
def test_killed_anywhere_it_goes_on_and_comes_to_the_same(
    world: AdoptWorld, part: str, method: str, at_call: int, is_done: bool
) -> None:
    world.declare(*range(1, 10))
    world.at_iys(1, 2, 3, 7)
    with world.client() as client:
        parts: dict[str, Any] = {"iys": client, "snapshots": world.snapshots}
        parts["ledger"] = world.ledger
        deadly = Deadly(parts[part], method, at_call=at_call, is_done=is_done)
        parts[part] = deadly
        first = world.adopter(parts["iys"], parts["snapshots"])
        first._ledger = parts["ledger"]
        with pytest.raises(Killed):
            first.adopt(world.brand, DECLARED_BY)
        assert deadly.has_killed

    told = adopt(world)

    assert world.verdicts(*range(1, 10)) == [
        CONFIRMED if number in (1, 2, 3, 7) else ABSENT for number in range(1, 10)
    ]
    figures = told.kinds[0].figures
    assert (figures.asked, figures.listed) == (9, 4)
    assert sum(told.sample.values()) == 9
    events = events_of_type(world.ledger.store, IysSnapshot)
    again = (method, is_done) == ("note_ended", True)  # that one had ended
    assert len(events) == (6 if again else 3)


def test_an_hour_s_quota_that_is_used_up_ends_the_sample_for_now(home: Home, port: Port) -> None:
    with adopt_world(home, port, statuses_per_hour=3) as world:
        world.declare(*range(1, 6))
        world.at_iys(1, 2, 3)
        with pytest.raises(IysBusy):
            adopt(world)
        assert world.mended == []
        assert look_up(world) == 0, "the sample goes first"

        world.twin.advance(log_in=False, hours=1.5)
        told = adopt(world)

    assert told.sample[Comparison.SAME] == 5
    assert len(events_of_type(world.ledger.store, IysSnapshot)) == 1


def test_what_was_begun_a_day_ago_or_is_asked_anew_begins_again(world: AdoptWorld) -> None:
    world.declare(1, 2)
    world.at_iys(1)
    for hours, anew, lists in ((0, False, 1), (1, True, 2), (25, False, 3)):
        world.twin.advance(log_in=False, hours=hours)
        with world.client() as client, pytest.raises(Killed):
            deadly = Deadly(client, "brands", is_done=False)
            world.adopter(deadly).adopt(world.brand, DECLARED_BY, anew=anew)
        assert len(events_of_type(world.ledger.store, IysSnapshot)) == lists

    adopt(world)

    assert len(events_of_type(world.ledger.store, IysSnapshot)) == 3


def test_a_newer_list_outweighs_an_older_one(world: AdoptWorld) -> None:
    world.declare(1, 2)
    world.at_iys(1)
    adopt(world)
    world.twin.advance(log_in=True, hours=1)
    world.at_iys(2)

    told = adopt(world)

    assert world.verdicts(1, 2) == [CONFIRMED, CONFIRMED]
    assert told.waiting == 0


def test_an_unreachable_iys_ends_it_for_now(world: AdoptWorld) -> None:
    world.declare(*range(1, 6))
    world.at_iys(1)
    world.fault("code", BULK_STATUS, code="H101", times=100)

    with pytest.raises(IysUnreachable):
        adopt(world)
    assert world.verdicts(1) == [UNKNOWN]
    assert world.mended == []


def test_the_absent_are_asked_about_until_none_waits(
    world: AdoptWorld, ledger: ConsentLedger
) -> None:
    world.declare(*range(1, 8))
    world.at_iys(1)
    world.at_iys(2, 3, refused=True)
    with world.client() as client, pytest.raises(Killed):
        deadly = Deadly(client, "brands", is_done=False)
        world.adopter(deadly).adopt(world.brand, DECLARED_BY)
    newest = world.snapshots.newest(BRAND_CODE)
    assert newest is not None
    world.snapshots.note_ended(newest.id, world.now())  # without its sample
    assert world.snapshots.lookups_waiting(BRAND_CODE) == 6

    assert look_up(world) == 6

    assert world.verdicts(2, 4) == [("REFUSED", "RET_AT_IYS"), ABSENT]
    assert world.view(2).consent.iys.how is SeenHow.STATUS
    assert world.view(4).consent.iys.how is SeenHow.STATUS
    assert (look_up(world), world.snapshots.lookups_waiting(BRAND_CODE)) == (0, 0)


def test_knowledge_of_iys_is_as_old_as_the_adoption_s_begin(world: AdoptWorld) -> None:
    begun = world.now()
    world.declare(1)
    world.at_iys(1)

    adopt(world)

    assert world.view(1).iys_complete_at == begun


def test_every_list_s_word_on_a_consent_is_kept(world: AdoptWorld) -> None:
    (receipt, _) = world.declare(1, 2)
    adopt(world)
    world.twin.advance(log_in=True, hours=1)
    world.at_iys(1)
    adopt(world)

    assert receipt.subject is not None
    key = ConsentKey(BRAND_CODE, receipt.subject, RecipientType.INDIVIDUAL, Channel.MESSAGE)
    said = DecisionTables(world.home.database, IYS_CODE).listings_of(key)
    events = events_of_type(world.ledger.store, IysSnapshot)
    assert [position for position, _ in said] == [event.position for event in events]
    assert [listing.granted for _, listing in said] == [False, True]
    assert said[1][1].asked_at == world.now().timestamp()

"""What İYS shows is recorded once, whichever way it comes, and with it how far we are (C2, R60)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from ledger import clock
from ledger.addresses import parse_address
from ledger.aggregates.bodies import ConsentGranted, ConsentRefused, IysRefused, IysSeen
from ledger.aggregates.commands import RefusedByIys, SeeAtIys
from ledger.aggregates.keys import ConsentKey
from ledger.application import ConsentLedger
from ledger.bootstrap import Home
from ledger.recording.ports import Holder, PulledTo
from ledger.recording.request import Receipt, Request
from ledger.recording.sights import IysWords, answer, final_no, sight
from ledger.vocabulary import (
    Channel,
    ConsentSource,
    IysState,
    Outcome,
    RecipientType,
    SeenHow,
)
from tests.integration.acts import BRAND_CODE, DATE, IYS_CODE, LATER, a_request
from tests.integration.logged import events_of_type

PHONE = "+905010000001"
SEEN_AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
NOON, EVENING = "2026-11-24 12:00:00", "2026-11-24 18:00:00"
CLOSED = ConsentSource.IYS_AHS_HAT_KAPATMA
PULLED = PulledTo(BRAND_CODE, "IYS", "1790000000_ab", SEEN_AT)


def shown(
    state: IysState = IysState.REFUSED,
    created: str = NOON,
    source: ConsentSource = ConsentSource.IYS_KISAMESAJ,
    **changes: object,
) -> SeeAtIys:
    """What the recipient did at İYS, pulled from there."""
    command = SeeAtIys(
        state=state,
        at=clock.utc_text(clock.from_iys_text(created)),
        seen_at=clock.utc_text(SEEN_AT),
        how=SeenHow.PULL,
        consent_date=created,
        source=source,
        creation_date=created,
        tzdata=clock.TZDATA_VERSION,
        actor="system:iys",
    )
    return msgspec.structs.replace(command, **changes)


def of(command: SeeAtIys, transaction: str = "ab" * 32, phone: str = PHONE) -> Request:
    address = parse_address(phone, Channel.MESSAGE)
    words = IysWords(transaction_id=transaction, answer="cd" * 32)
    kind = RecipientType.INDIVIDUAL
    return sight(address, BRAND_CODE, Channel.MESSAGE, kind, command, words)


def pulled_to(home: Home) -> list[tuple[object, ...]]:
    with home.database.connection(IYS_CODE) as connection:
        return connection.execute("SELECT brand_code, source, after FROM iys_pulled").fetchall()


def holder_and_key(ledger: ConsentLedger, receipt: Receipt) -> tuple[Holder, ConsentKey]:
    assert receipt.subject is not None
    holder = ledger.store.holders([receipt.subject])[receipt.subject]
    return holder, ConsentKey(
        BRAND_CODE, receipt.subject, RecipientType.INDIVIDUAL, Channel.MESSAGE
    )


def taken(key: ConsentKey, holder: Holder, created: str = NOON) -> Request:
    """İYS took our consent of DATE."""
    command = shown(
        IysState.GRANTED,
        created,
        ConsentSource.HS_WEB,
        consent_date=DATE,
        how=SeenHow.RESULT,
        of=1,
    )
    return answer(holder, key, command, IysWords(transaction_id="ef" * 32, request_id="r"))


def test_a_page_and_how_far_it_leads_are_one_transaction(home: Home, ledger: ConsentLedger) -> None:
    (receipt,) = ledger.record([of(shown())], pulled=PULLED)

    assert receipt.outcome is Outcome.RECORDED
    assert pulled_to(home) == [(BRAND_CODE, "IYS", "1790000000_ab")]
    assert len(events_of_type(ledger.store, ConsentRefused)) == 1


@pytest.mark.parametrize("how", [SeenHow.PULL, SeenHow.PUSH, SeenHow.DAY_FILE])
def test_a_movement_that_comes_again_behind_a_newer_one_is_known(
    ledger: ConsentLedger, how: SeenHow
) -> None:
    ledger.record([of(shown())])
    ledger.record([of(shown(IysState.GRANTED, EVENING), "0a" * 32)])

    again = shown(how=how, seen_at=clock.utc_text(SEEN_AT + timedelta(hours=9)))
    (receipt,) = ledger.record([of(again)])

    assert receipt.outcome is Outcome.ALREADY
    assert len(events_of_type(ledger.store, IysSeen)) == 2


def test_two_movements_with_one_transaction_id_are_two(ledger: ConsentLedger) -> None:
    """R57."""
    ledger.record([of(shown(IysState.GRANTED)), of(shown())])

    assert len(events_of_type(ledger.store, IysSeen)) == 2


def test_an_answer_is_known_when_the_pull_brings_it_behind_a_newer_movement(
    ledger: ConsentLedger,
) -> None:
    (receipt,) = ledger.record([a_request()])
    holder, key = holder_and_key(ledger, receipt)
    ledger.record([taken(key, holder)])
    ledger.record([of(shown(created=EVENING))])

    own = shown(IysState.GRANTED, NOON, ConsentSource.HS_WEB, consent_date=DATE)
    (again,) = ledger.record([of(own, "ef" * 32)])

    assert again.outcome is Outcome.ALREADY
    assert len(events_of_type(ledger.store, IysSeen)) == 2


def test_the_pull_may_come_before_the_answer(ledger: ConsentLedger) -> None:
    (receipt,) = ledger.record([a_request()])
    holder, key = holder_and_key(ledger, receipt)
    own = shown(IysState.GRANTED, NOON, ConsentSource.HS_WEB, consent_date=DATE)
    ledger.record([of(own, "ef" * 32)])

    (late,) = ledger.record([taken(key, holder)])

    assert late.outcome is Outcome.ALREADY
    assert late.consent.iys.accepted == 1


def test_a_final_no_is_said_once(ledger: ConsentLedger) -> None:
    (receipt,) = ledger.record([a_request()])
    holder, key = holder_and_key(ledger, receipt)
    command = RefusedByIys(
        of=1, code="H467", at=clock.utc_text(SEEN_AT), how=SeenHow.RESULT, actor="system:iys"
    )

    for _ in range(2):
        ledger.record([final_no(holder, key, command, IysWords(request_id="r"))])

    assert len(events_of_type(ledger.store, IysRefused)) == 1


def test_an_answer_reaches_the_holder_whose_act_it_is(ledger: ConsentLedger) -> None:
    """Not whoever holds the address by then (R35)."""
    (receipt,) = ledger.record([a_request()])
    holder, key = holder_and_key(ledger, receipt)
    address = parse_address(PHONE, Channel.MESSAGE)
    ledger.reassign(address, actor="user:1", approved_by="user:2", reason="OFFICER")

    (late,) = ledger.record([taken(key, holder)])

    assert late.subject == holder.subject.id
    assert late.consent.iys.accepted == 1


def test_a_new_holder_who_consents_at_iys_is_somebody_else(ledger: ConsentLedger) -> None:
    """R35: the closed line stays the former holder's."""
    (first,) = ledger.record([a_request()])
    ledger.record([of(shown(source=CLOSED, consent_date=DATE))])

    grant = shown(IysState.GRANTED, EVENING, ConsentSource.IYS_WEB)
    (second,) = ledger.record([of(grant, "0a" * 32)])
    (again,) = ledger.record([of(grant, "0a" * 32)])

    assert second.subject not in (None, first.subject)
    assert again.outcome is Outcome.ALREADY
    lookup = ledger.vault.lookup(f"tel:{PHONE}")
    assert [one.generation for one in ledger.store.generations(lookup)] == [2, 1]
    assert len(events_of_type(ledger.store, ConsentGranted)) == 2


def test_while_the_clock_is_off_refusals_are_taken_and_the_page_is_asked_for_again(
    home: Home, ledger: ConsentLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.record([a_request(2, date=LATER)])
    off: Callable[[], datetime] = lambda: clock.now() + timedelta(hours=2)  # noqa: E731
    monkeypatch.setattr(ledger, "now", off)
    page = [of(shown()), of(shown(IysState.GRANTED, EVENING), "0a" * 32)]

    codes = [receipt.code for receipt in ledger.record(page, pulled=PULLED)]

    assert codes == [None, "L-CLOCK"]
    assert pulled_to(home) == []


def test_what_a_former_holder_did_at_iys_and_is_seen_late_is_theirs(ledger: ConsentLedger) -> None:
    """R35: a grant; a refusal counts against whoever holds the address."""
    (first,) = ledger.record([a_request()])
    address = parse_address(PHONE, Channel.MESSAGE)
    new = ledger.reassign(address, actor="user:1", approved_by="user:2", reason="OFFICER")

    grant = shown(IysState.GRANTED, EVENING, ConsentSource.IYS_WEB)
    (late,) = ledger.record([of(grant, "0a" * 32)])
    (refused,) = ledger.record([of(shown())])

    assert late.subject == first.subject
    assert refused.subject == new.id


def test_a_grant_from_before_the_next_holder_s_opens_no_third_generation(
    ledger: ConsentLedger,
) -> None:
    (first,) = ledger.record([a_request()])
    ledger.record([of(shown(source=CLOSED, consent_date=DATE))])
    ledger.record([of(shown(IysState.GRANTED, EVENING, ConsentSource.IYS_WEB), "0a" * 32)])

    between = shown(IysState.GRANTED, "2026-11-24 15:00:00", ConsentSource.IYS_WEB)
    (late,) = ledger.record([of(between, "0b" * 32)])

    assert late.subject == first.subject
    lookup = ledger.vault.lookup(f"tel:{PHONE}")
    assert [one.generation for one in ledger.store.generations(lookup)] == [2, 1]


def test_two_addresses_that_share_an_id_and_all_words_are_two(ledger: ConsentLedger) -> None:
    """R57: an id is not all that tells a movement, and no refusal is taken for another's."""
    page = [of(shown()), of(shown(), phone="+905010000002")]

    receipts = ledger.record(page)

    assert [one.outcome for one in receipts] == [Outcome.RECORDED, Outcome.RECORDED]
    assert [one.outcome for one in ledger.record(page)] == [Outcome.ALREADY, Outcome.ALREADY]

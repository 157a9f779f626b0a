"""May I send? Where two rows of consent.md C6 are close to each other."""

import pytest
from msgspec import structs

from ledger.aggregates.commands import Origin
from ledger.aggregates.consent import Consent
from ledger.aggregates.decisions import ExemptGround, Purpose, Question, VerdictKind, may_send
from ledger.aggregates.iys_line import IysLine
from ledger.vocabulary import Channel, ConsentSource, IysState, RecipientType, SeenHow
from tests.builders import (
    FIRST_HOUR,
    a_listing,
    a_movement,
    a_proven,
    a_provenance,
    a_record_act,
    a_refusal,
    a_refusal_row,
    a_retraction,
    a_row,
    an_act,
    an_answer,
    held_over,
    hour,
    state_after,
    wire_hour,
)

HS_RET = ConsentSource.HS_MESAJ
CLOSED = ConsentSource.IYS_AHS_HAT_KAPATMA
QUESTION = Question(
    channel=Channel.MESSAGE,
    recipient_type=RecipientType.INDIVIDUAL,
    now=FIRST_HOUR,
    iys_complete_at=FIRST_HOUR,
)


def row_and_reason(state: Consent) -> tuple[str, str | None]:
    verdict = may_send(state, QUESTION)
    assert not verdict.permitted, verdict
    return verdict.row, verdict.reason


def carried(state: Consent) -> Consent:
    """The next generation's: no act, and the address's İYS line (C1)."""
    return Consent(version=1, iys=structs.replace(state.iys, pending=None, accepted=None))


def foreign_over(state: Consent, at_hour: float = 25) -> Consent:
    seen = a_movement(at_hour, state=IysState.GRANTED, source=ConsentSource.HS_MOBIL)
    return state_after(seen, state=state)


def test_row_06_a_closed_line_stays_closed_until_the_next_holder_acts() -> None:
    next_holders = carried(state_after(a_movement(10, source=CLOSED)))

    assert row_and_reason(next_holders) == ("6", "LINE_CLOSED")


def test_row_04_a_closed_line_gets_no_exempt_message_before_the_next_holder_acts() -> None:
    next_holders = carried(state_after(a_movement(10, source=CLOSED)))
    exempt = structs.replace(QUESTION, purpose=Purpose.EXEMPT, ground=ExemptGround.CONTRACT)

    assert not may_send(next_holders, exempt).permitted


def test_row_07_our_own_onay_that_iys_still_shows_is_not_called_foreign() -> None:
    state = state_after(a_record_act(10), an_answer(1), a_refusal(20))

    verdict = may_send(state, QUESTION)

    assert (verdict.row, verdict.reason, verdict.warnings) == ("7", "RET_QUEUED", ())


def test_row_07_the_citizens_own_onay_is_not_called_foreign() -> None:
    state = state_after(a_movement(10, state=IysState.GRANTED), a_refusal(20))

    assert may_send(state, QUESTION).warnings == ()


def test_row_07_the_reason_of_a_declared_refusal_is_in_the_table() -> None:
    state = state_after(a_refusal_row(10, origin=Origin.DECLARED))

    row, reason = row_and_reason(state)

    assert (row, reason in ("RET_AT_IYS", "RET_QUEUED", "RET_IYS_WONT_TAKE")) == ("7", True)


def test_row_07_wins_over_10_when_the_refusal_is_newer_than_what_was_held() -> None:
    state = state_after(a_refusal(30), state=held_over(a_refusal(10)))

    assert row_and_reason(state) == ("7", "RET_QUEUED")


def test_row_10_still_gives_notice_of_a_foreign_onay() -> None:
    """Row 10's person line is RET too, and row 7's notice is what a person has to look at."""
    verdict = may_send(foreign_over(held_over(a_refusal(10))), QUESTION)

    assert (verdict.row, verdict.warnings) == ("10", ("FOREIGN_HS_ONAY",))


def test_row_08_a_ret_that_iys_created_before_our_registration_is_not_meant() -> None:
    """An older refusal that reached İYS late, while our newer consent still waits: row 9."""
    late = a_movement(5, source=HS_RET, at=hour(21), creation_date=wire_hour(21))
    state = state_after(a_proven(20), late)

    assert row_and_reason(state) == ("9", "OVER_IYS_RET")


@pytest.mark.parametrize("pending", [None, 1])
@pytest.mark.parametrize("iys", [IysState.QUEUED, IysState.SUBMITTED])
def test_row_11c_what_is_on_its_way_is_not_called_never_asked(
    iys: IysState, pending: int | None
) -> None:
    line = IysLine(state=iys, pending=pending, how=SeenHow.ANSWER)
    state = Consent(version=2, acts=(an_act(0),), iys=line)

    assert row_and_reason(state) == ("11c", iys.value)


def test_row_11e_a_refusal_that_iys_took_makes_no_foreign_onay_ours() -> None:
    taken = an_answer(1, state=IysState.REFUSED, source=HS_RET)
    state = foreign_over(state_after(a_refusal(10), taken, a_proven(20)), 15)

    assert row_and_reason(state) == ("11e", "FOREIGN_HS_ONAY")


def test_row_11e_a_consent_taken_before_a_refusal_makes_no_foreign_onay_ours() -> None:
    first = state_after(a_record_act(10), an_answer(1), a_movement(15))
    state = foreign_over(state_after(a_proven(30, approved=True), state=first))

    assert row_and_reason(state) == ("11e", "FOREIGN_HS_ONAY")


def test_row_16_a_foreign_onay_beside_ours_that_iys_took_does_no_harm() -> None:
    """Row 11e says `only` a foreign one."""
    verdict = may_send(foreign_over(state_after(a_record_act(10), an_answer(1))), QUESTION)

    assert (verdict.row, verdict.kind) == ("16", VerdictKind.PERMITTED)


def test_row_11e_a_retracted_act_that_was_never_sent_makes_no_foreign_onay_ours() -> None:
    wrong = a_row(10, late=True)
    mended = state_after(a_row(5, row=3, late=True), wrong, a_retraction(2))
    same_date = a_movement(10, state=IysState.GRANTED, source=ConsentSource.HS_MOBIL)

    assert row_and_reason(state_after(same_date, state=mended)) == ("11e", "FOREIGN_HS_ONAY")


def test_row_11e_an_undated_listing_makes_no_undated_foreign_onay_ours() -> None:
    listed = state_after(a_listing(provenance=a_provenance(Origin.DECLARED)))
    source = ConsentSource.HS_MOBIL
    seen = a_movement(10, state=IysState.GRANTED, source=source, consent_date=None)

    assert row_and_reason(state_after(seen, state=listed)) == ("11e", "FOREIGN_HS_ONAY")

"""Refuse or record a consent or a listing that comes in live: consent.md C5, C4, R11."""

import pytest

from ledger.aggregates.commands import Command, Origin, RecordAct
from ledger.aggregates.consent import Consent, person_line
from ledger.aggregates.decide import decide
from ledger.vocabulary import (
    ConsentSource,
    ConsentStatus,
    DatePrecision,
    IysState,
    Outcome,
)
from tests.builders import (
    a_correction,
    a_key,
    a_listing,
    a_movement,
    a_proven,
    a_provenance,
    a_record_act,
    a_refusal,
    a_retraction,
    a_row,
    a_source_correction,
    hour,
    line_after,
    recorded_act,
    state_after,
    status_after,
    verdict,
    wire_hour,
)

NOTHING = Consent()
GRANTED, REFUSED = ConsentStatus.GRANTED, ConsentStatus.REFUSED
DOORS = (Origin.LIVE, Origin.FILE, Origin.DECLARED)
RET_AT_IYS = a_movement(10)


def test_a_first_consent_is_recorded_and_told_to_iys() -> None:
    assert verdict(NOTHING, a_record_act()) == (Outcome.RECORDED, None)
    assert recorded_act(NOTHING, a_record_act()).not_pushed is None


def test_a_later_consent_refreshes_an_earlier_one() -> None:
    """R25."""
    state = state_after(a_record_act(10))

    assert verdict(state, a_record_act(20)) == (Outcome.RECORDED, None)
    assert recorded_act(state, a_record_act(20)).not_pushed is None


@pytest.mark.parametrize("newest", [a_record_act(20), a_refusal(20)], ids=["consent", "refusal"])
@pytest.mark.parametrize("origin", DOORS)
def test_a_consent_older_than_what_is_known_is_history(newest: RecordAct, origin: Origin) -> None:
    state = state_after(newest)
    older = a_row(10, origin=origin)

    assert verdict(state, older) == (Outcome.HISTORY, "L-HISTORY")
    assert recorded_act(state, older).not_pushed is not None
    assert line_after(state, older) == person_line(state.acts)


def test_a_consent_behind_a_retracted_act_is_no_history() -> None:
    state = state_after(a_record_act(20), a_retraction(of=1))

    assert verdict(state, a_record_act(10)) == (Outcome.RECORDED, None)


@pytest.mark.parametrize("origin", DOORS)
@pytest.mark.parametrize(
    "state",
    [state_after(a_refusal(10)), state_after(RET_AT_IYS), state_after(a_refusal(10), a_proven(20))],
    ids=["standing", "at-iys", "lifted"],
)
def test_a_consent_of_the_same_instant_as_a_refusal_is_refused(
    state: Consent, origin: Origin
) -> None:
    """C5: H178, whatever speaks for it."""
    given = a_provenance(origin, approved_by="user:2")
    command = a_proven(10, source=ConsentSource.HS_ATM, provenance=given)

    assert verdict(state, command) == (Outcome.REFUSED, "H178")


def test_the_instant_of_a_retracted_refusal_is_free_again() -> None:
    state = state_after(a_refusal(10), a_retraction(of=1))

    assert verdict(state, a_record_act(10)) == (Outcome.RECORDED, None)


@pytest.mark.parametrize("ret", [a_refusal(10), RET_AT_IYS], ids=["ours", "at-iys"])
@pytest.mark.parametrize("later", [11, 30_000], ids=["an-hour", "years"])
def test_a_live_consent_without_evidence_is_refused_over_a_standing_refusal(
    ret: Command, later: float
) -> None:
    state = state_after(ret)

    assert verdict(state, a_record_act(later)) == (Outcome.REFUSED, "L-RET-STANDS")


def test_a_live_consent_with_evidence_lifts_a_refusal_and_is_told_to_iys() -> None:
    state = state_after(a_refusal(10))

    assert verdict(state, a_proven(20)) == (Outcome.RECORDED, None)
    assert status_after(state, a_proven(20)) is GRANTED
    assert recorded_act(state, a_proven(20)).not_pushed is None


@pytest.mark.parametrize(
    ("state", "command"),
    [
        (state_after(RET_AT_IYS), a_proven(20)),
        (state_after(a_refusal(5), RET_AT_IYS), a_proven(20)),
        (state_after(a_refusal(10)), a_proven(20, captured_at=hour(9))),
        (state_after(a_refusal(10)), a_proven(20, captured_at=hour(10))),
        (state_after(RET_AT_IYS), a_proven(20, approved=True, captured_at=hour(9))),
    ],
    ids=["no-second-person", "one-of-two", "old-evidence", "as-old-evidence", "old-but-approved"],
)
def test_a_live_consent_whose_evidence_does_not_do_is_held(
    state: Consent, command: RecordAct
) -> None:
    """C4.3: recorded, not effective, not pushed."""
    assert verdict(state, command) == (Outcome.HELD, "L-HELD-OVER-RET")
    assert status_after(state, command) is REFUSED
    assert recorded_act(state, command).not_pushed == "L-HELD-OVER-RET"


def test_a_second_persons_approval_lifts_a_refusal_at_iys() -> None:
    state = state_after(RET_AT_IYS)

    assert verdict(state, a_proven(20, approved=True)) == (Outcome.RECORDED, None)
    assert status_after(state, a_proven(20, approved=True)) is GRANTED


def test_nobody_is_his_own_second_person() -> None:
    """C4.3, R53 (d): who brings the consent cannot approve it."""
    alone = a_proven(20, provenance=a_provenance(actor="user:2", approved_by="user:2"))

    assert status_after(state_after(RET_AT_IYS), alone) is REFUSED


def test_the_same_consent_again_is_known_already() -> None:
    state = state_after(a_record_act(10), a_record_act(20))

    decided = decide(a_key(), state, a_record_act(10))

    assert (decided.outcome, decided.code, decided.act_seq) == (Outcome.ALREADY, None, 1)


@pytest.mark.parametrize(
    ("mend", "again"),
    [
        (a_correction(of=1, to_hour=5), a_record_act(10)),
        (a_correction(of=1, to_hour=5), a_record_act(5)),
        (a_source_correction(1, "HS_ATM"), a_record_act(10)),
        (a_source_correction(1, "HS_ATM"), a_record_act(10, source=ConsentSource.HS_ATM)),
        (a_retraction(of=1), a_record_act(10)),
    ],
    ids=["date-before", "date-behind", "source-before", "source-behind", "retracted"],
)
def test_a_consent_that_was_mended_is_known_by_its_old_words_and_by_its_new(
    mend: Command, again: RecordAct
) -> None:
    """C8: a repeated file changes nothing."""
    state = state_after(a_record_act(10), mend)

    assert verdict(state, again) == (Outcome.ALREADY, None)


@pytest.mark.parametrize(
    "changes",
    [{"source": ConsentSource.HS_ATM}, {"precision": DatePrecision.DAY}],
    ids=["source", "precision"],
)
def test_a_consent_that_differs_in_a_mark_is_another(changes: dict[str, object]) -> None:
    state = state_after(a_record_act(10))

    assert verdict(state, a_record_act(10, **changes))[0] is not Outcome.ALREADY


@pytest.mark.parametrize("code", ["H180", "L-LANDLINE", "L-KURUMSAL"])
def test_a_consent_with_a_warning_is_recorded_and_warned(code: str) -> None:
    assert verdict(NOTHING, a_record_act(warnings=("L-9005", code))) == (Outcome.WARNED, code)


def test_a_consent_of_a_dealer_iys_does_not_know_is_not_pushed() -> None:
    """C8: recorded, warned H180, not pushed."""
    assert recorded_act(NOTHING, a_record_act(warnings=("H180",))).not_pushed == "H180"
    assert recorded_act(NOTHING, a_record_act(warnings=("L-LANDLINE",))).not_pushed is None


def test_a_warning_does_not_hide_that_a_consent_is_held_or_history() -> None:
    held = a_proven(20, warnings=("L-LANDLINE",))

    assert verdict(state_after(RET_AT_IYS), held)[0] is Outcome.HELD
    older = a_record_act(5, warnings=("H180",))
    assert verdict(state_after(a_record_act(10)), older)[0] is Outcome.HISTORY


MERCHANT_SOURCE = {"source": ConsentSource.HS_WEB}
MERCHANT_DATE = {"consent_date": wire_hour(9), "at": hour(9)}


@pytest.mark.parametrize(
    "given", [{}, MERCHANT_SOURCE, MERCHANT_DATE], ids=["bare", "source", "date"]
)
def test_a_merchants_first_record_needs_neither_source_nor_date(given: dict[str, object]) -> None:
    """R11."""
    assert verdict(NOTHING, a_listing(**given)) == (Outcome.RECORDED, None)
    assert line_after(NOTHING, a_listing(**given)).is_merchant_listing
    assert recorded_act(NOTHING, a_listing(**given)).not_pushed is None


@pytest.mark.parametrize(
    ("given", "code"), [(MERCHANT_SOURCE, "H462"), (MERCHANT_DATE, "H463")], ids=["date", "source"]
)
@pytest.mark.parametrize(
    "first",
    [a_listing(), a_record_act(10), a_refusal(10), RET_AT_IYS],
    ids=["listing", "consent", "refusal", "at-iys"],
)
def test_a_merchants_later_record_needs_both(
    first: Command, given: dict[str, object], code: str
) -> None:
    """R11, iys/api.md R12: H462 without a date, H463 without a source."""
    state = state_after(first)

    assert verdict(state, a_listing(**given)) == (Outcome.REFUSED, code)


def test_the_same_listing_again_is_known_already() -> None:
    assert verdict(state_after(a_listing()), a_listing()) == (Outcome.ALREADY, None)


def test_a_merchants_consent_after_the_listing_is_a_consent() -> None:
    state = state_after(a_listing())

    assert verdict(state, a_record_act(10)) == (Outcome.RECORDED, None)
    assert status_after(state, a_record_act(10)) is GRANTED


def test_what_iys_holds_keeps_no_act_out() -> None:
    """style.md B4: what İYS will take is not the aggregate's rule."""
    shown = a_movement(12, state=IysState.GRANTED, source=ConsentSource.HS_WEB)
    state = state_after(shown)

    assert verdict(state, a_record_act(5)) == (Outcome.RECORDED, None)
    assert verdict(state, a_refusal(5)) == (Outcome.RECORDED, None)

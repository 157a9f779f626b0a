"""Evidence that comes later, corrections, retractions, releases: consent.md C3, C4.3–C4.6."""

import msgspec
import pytest

from ledger.aggregates import bodies as b
from ledger.aggregates.commands import Command
from ledger.aggregates.consent import person_line
from ledger.aggregates.decide import decide
from ledger.vocabulary import ConsentStatus, IysState, Outcome
from tests.builders import (
    a_correction,
    a_final_no,
    a_key,
    a_movement,
    a_proven,
    a_record_act,
    a_refusal,
    a_retraction,
    a_row,
    a_source_correction,
    held_over,
    hour,
    line_after,
    some_evidence,
    state_after,
    status_after,
    the_key,
    verdict,
    wire_hour,
)

GRANTED, REFUSED = ConsentStatus.GRANTED, ConsentStatus.REFUSED
NO_SUCH_ACT = (Outcome.REFUSED, "L-NO-SUCH-ACT")
SECOND_PERSON = (Outcome.REFUSED, "L-SECOND-PERSON")
DONE = (Outcome.RECORDED, None)
HELD = 2
"""Place of the consent in `held_over`."""


@pytest.mark.parametrize("of", [0, 2, 99])
@pytest.mark.parametrize(
    "command",
    [some_evidence(1), a_correction(1), a_retraction(1), a_final_no(1)],
    ids=["evidence", "correction", "retraction", "final-no"],
)
def test_what_is_about_no_act_is_refused(command: Command, of: int) -> None:
    """Number 2 is an event of the stream, but what İYS showed is no act."""
    state = state_after(a_record_act(), a_movement(5, state=IysState.NOT_GRANTED))

    assert verdict(state, msgspec.structs.replace(command, of=of)) == NO_SUCH_ACT


def test_a_final_no_is_recorded_with_its_code() -> None:
    decided = decide(a_key(), state_after(a_record_act()), a_final_no(1, "H178"))

    assert (decided.outcome, decided.act_seq) == (Outcome.RECORDED, 1)
    assert [type(body) for body in decided.bodies] == [b.IysRefused]
    assert getattr(decided.bodies[0], "code", None) == "H178"


def test_later_evidence_is_recorded_and_lifts_a_refusal_for_an_own_capture() -> None:
    state = state_after(a_record_act(20), a_refusal(10))
    assert person_line(state.acts).status is REFUSED

    assert verdict(state, some_evidence(1, 20)) == DONE
    assert status_after(state, some_evidence(1, 20)) is GRANTED


@pytest.mark.parametrize("captured_hour", [9, 10], ids=["older", "as-old"])
def test_evidence_not_dated_after_the_refusal_lifts_nothing(captured_hour: float) -> None:
    state = state_after(a_record_act(20), a_refusal(10))

    assert status_after(state, some_evidence(1, captured_hour)) is REFUSED


def test_evidence_alone_lifts_no_refusal_at_iys() -> None:
    """R53 (d)."""
    state = state_after(a_movement(10), a_proven(20))
    held = state.acts[-1].seq

    assert status_after(state, some_evidence(held)) is REFUSED
    assert status_after(state, some_evidence(held, approved_by="user:2")) is GRANTED


def test_who_brings_the_evidence_cannot_approve_it() -> None:
    """R53 (d): a second person."""
    state = state_after(a_movement(10), a_proven(20))

    alone = some_evidence(state.acts[-1].seq, actor="user:1", approved_by="user:1")

    assert status_after(state, alone) is REFUSED


def test_evidence_does_not_lift_for_a_declared_consent() -> None:
    """C4.4: a held one is released by evidence and a second person."""
    state = held_over(a_refusal(10))

    assert status_after(state, some_evidence(HELD, approved_by="user:2")) is REFUSED


def test_evidence_that_one_person_brings_does_not_lift_for_an_imported_consent() -> None:
    """C4.3: an import is held, whoever's word it stands on; C4.4: released by two."""
    state = state_after(a_row(20), a_refusal(10))
    assert [act.seq for act in person_line(state.acts).held] == [1]

    assert status_after(state, some_evidence(1)) is REFUSED


def test_a_correction_tells_what_was_and_what_is() -> None:
    state = state_after(a_record_act(10))

    decided = decide(a_key(), state, a_correction(1, to_hour=5))

    assert (decided.outcome, decided.act_seq) == (Outcome.RECORDED, 1)
    assert decided.bodies == (
        b.ConsentCorrected(
            **the_key(),
            of=1,
            corrected_field="consent_date",
            was=wire_hour(10),
            is_now=wire_hour(5),
            reason="typo",
            at=hour(90),
            actor="user:1",
            approved_by="user:2",
            effective_at=hour(5),
        ),
    )


def test_a_corrected_source_tells_the_former_one() -> None:
    decided = decide(a_key(), state_after(a_record_act()), a_source_correction(1, "HS_ATM"))

    assert isinstance(decided.bodies[0], b.ConsentCorrected)
    assert (decided.bodies[0].was, decided.bodies[0].is_now) == ("HS_WEB", "HS_ATM")


@pytest.mark.parametrize("mend", [a_correction(1), a_retraction(1)], ids=["correct", "retract"])
def test_mending_takes_two_persons(mend: Command) -> None:
    alone = msgspec.structs.replace(mend, approved_by="user:1")

    assert verdict(state_after(a_record_act()), alone) == SECOND_PERSON
    assert verdict(state_after(a_record_act()), mend) == DONE


def test_an_act_that_iys_showed_is_not_ours_to_correct() -> None:
    state = state_after(a_movement(10))
    act = state.acts[0].seq

    assert verdict(state, a_correction(act)) == (Outcome.REFUSED, "L-NOT-CORRECTABLE")


def test_an_act_that_iys_showed_is_not_ours_to_retract() -> None:
    """C3: corrections and retractions are for mistakes of ours; a refusal would be lost."""
    state = state_after(a_record_act(5), a_movement(10))

    assert verdict(state, a_retraction(state.acts[-1].seq))[0] is Outcome.REFUSED


@pytest.mark.parametrize("field", ["status", "at", "basis", "evidence_at", "approved", ""])
def test_no_other_field_is_correctable(field: str) -> None:
    state = state_after(a_record_act())

    assert verdict(state, a_correction(1, field=field)) == (Outcome.REFUSED, "L-NOT-CORRECTABLE")


def test_a_corrected_date_moves_the_act_to_its_own_instant() -> None:
    """C3, C4: `at` follows from the date, whatever instant comes along with it."""
    state = state_after(a_record_act(10))
    astray = a_correction(1, to_hour=5, effective_at=hour(99))

    assert line_after(state, astray) == line_after(state, a_correction(1, to_hour=5))


@pytest.mark.parametrize(
    "date",
    ["", "17 Kasim", "2025-11-09T10:00:00", "20251109", "2025-W45-7", "2025-02-30 10:00:00"],
)
def test_a_date_is_corrected_to_one_in_iys_form_only(date: str) -> None:
    """C3: `consent_date` is İYS's wire string; R22."""
    state = state_after(a_record_act(10))

    assert verdict(state, a_correction(1, is_now=date))[0] is Outcome.REFUSED


@pytest.mark.parametrize(
    ("date", "code"),
    [("2014-12-31 10:00:00", "H156"), ("2025-12-31 10:00:00", "H162")],
    ids=["before-the-law", "future"],
)
def test_a_consent_is_not_corrected_to_a_date_that_it_could_not_have_come_with(
    date: str, code: str
) -> None:
    """C5, R22: refused as the consent itself would have been."""
    state = state_after(a_record_act(10))

    assert verdict(state, a_correction(1, is_now=date)) == (Outcome.REFUSED, code)


@pytest.mark.parametrize("source", ["HS_KAHVE", "hs_web", "", None])
def test_a_source_is_corrected_to_a_known_one_only(source: str | None) -> None:
    state = state_after(a_record_act())
    command = a_correction(1, field="source", is_now=source, effective_at=None)

    assert verdict(state, command) == (Outcome.REFUSED, "H119")


@pytest.mark.parametrize("source", ["IYS_WEB", "IYS_AHS_HAT_KAPATMA"])
def test_an_act_of_ours_cannot_be_corrected_into_one_made_at_iys(source: str) -> None:
    """C5: IYS_* is accepted only from İYS itself, or from files declared as its export."""
    state = state_after(a_refusal(10))

    assert verdict(state, a_source_correction(1, source)) == (Outcome.REFUSED, "H119")


def test_a_correction_can_turn_the_status() -> None:
    """C4.6."""
    state = state_after(a_record_act(10), a_refusal(20))
    assert status_after(state, a_correction(2, to_hour=5)) is REFUSED

    proven = state_after(a_proven(10), a_refusal(20))
    assert status_after(proven, a_correction(2, to_hour=5)) is GRANTED


def test_a_retracted_act_cannot_be_mended_again() -> None:
    state = state_after(a_record_act(), a_retraction(1))

    assert verdict(state, a_retraction(1)) == NO_SUCH_ACT
    assert verdict(state, a_correction(1)) == NO_SUCH_ACT


def test_a_retracted_refusal_gives_the_consent_back_and_a_retracted_consent_is_gone() -> None:
    state = state_after(a_record_act(5), a_refusal(10))

    assert status_after(state, a_retraction(2)) is GRANTED
    assert status_after(state_after(a_record_act(5)), a_retraction(1)) is None


def test_what_lifted_a_refusal_lifts_it_no_more_once_retracted() -> None:
    state = state_after(a_refusal(10), a_proven(20))

    assert status_after(state, a_retraction(2)) is REFUSED

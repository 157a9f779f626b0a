"""Evidence that comes later, corrections, retractions, releases: consent.md C3, C4.3–C4.6."""

import msgspec
import pytest

from ledger.aggregates import bodies as b
from ledger.aggregates.commands import Command, Origin
from ledger.aggregates.consent import Consent, person_line
from ledger.aggregates.decide import decide
from ledger.vocabulary import ConsentSource, ConsentStatus, IysState, Outcome
from tests.builders import (
    a_correction,
    a_final_no,
    a_key,
    a_movement,
    a_proven,
    a_record_act,
    a_refusal,
    a_refusal_row,
    a_release,
    a_retraction,
    a_row,
    a_source_correction,
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
RET, HELD = 1, 2
"""Places of the acts in `held_over`."""


def held_over(ret: Command) -> Consent:
    """A refusal of hour 10, then a declared consent of hour 20 that is held over it."""
    state = state_after(ret, a_row(20, origin=Origin.DECLARED))
    assert person_line(state.acts).held
    return state


# What is about an act that is not there.


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


# Evidence.


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


# Corrections.


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


# Retractions.


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


# Releases (C4.4).


def test_evidence_and_a_second_person_release_a_held_consent() -> None:
    state = state_after(some_evidence(HELD), state=held_over(a_refusal(10)))

    assert verdict(state, a_release(HELD)) == DONE
    assert status_after(state, a_release(HELD)) is GRANTED
    assert decide(a_key(), state, a_release(HELD)).bodies == (
        b.ConsentReleased(
            **the_key(),
            of=HELD,
            over=(RET,),
            ground="evidence",
            at=hour(90),
            actor="user:1",
            approved_by="user:2",
        ),
    )


def test_a_release_needs_evidence() -> None:
    expected = (Outcome.REFUSED, "L-EVIDENCE-MISSING")

    assert verdict(held_over(a_refusal(10)), a_release(HELD)) == expected


@pytest.mark.parametrize("captured_hour", [9, 10], ids=["older", "as-old"])
def test_a_release_needs_evidence_dated_after_the_refusal(captured_hour: float) -> None:
    """C4.3, R53 (a): what the person signed before refusing proves nothing."""
    state = state_after(some_evidence(HELD, captured_hour), state=held_over(a_refusal(10)))

    assert verdict(state, a_release(HELD))[0] is Outcome.REFUSED


@pytest.mark.parametrize("approver", [None, "user:1"], ids=["nobody", "the-same"])
def test_a_release_on_evidence_needs_a_second_person(approver: str | None) -> None:
    state = state_after(some_evidence(HELD), state=held_over(a_refusal(10)))

    assert verdict(state, a_release(HELD, approved_by=approver)) == SECOND_PERSON


@pytest.mark.parametrize("of", [0, RET, 99], ids=["nothing", "the-refusal", "unknown"])
def test_only_what_is_held_is_released(of: int) -> None:
    state = state_after(some_evidence(HELD), state=held_over(a_refusal(10)))

    assert verdict(state, a_release(of)) == (Outcome.REFUSED, "L-NOT-HELD")


@pytest.mark.parametrize("mend", [a_retraction(HELD), a_retraction(RET)], ids=["itself", "refusal"])
def test_what_is_held_no_more_is_not_released(mend: Command) -> None:
    state = state_after(some_evidence(HELD), mend, state=held_over(a_refusal(10)))

    assert verdict(state, a_release(HELD)) == (Outcome.REFUSED, "L-NOT-HELD")


def test_a_release_reaches_every_refusal_it_is_later_than_and_no_other() -> None:
    rets = (a_refusal(5), a_refusal(10), a_row(20, origin=Origin.DECLARED))
    later = (a_refusal(20), a_refusal(30), some_evidence(3, 40))
    state = state_after(*rets, *later)

    decided = decide(a_key(), state, a_release(3))

    assert isinstance(decided.bodies[0], b.ConsentReleased)
    assert decided.bodies[0].over == (1, 2)
    line = line_after(state, a_release(3))
    assert [act.seq for act in line.standing] == [4, 5]


def test_a_refusal_that_comes_behind_a_release_stands() -> None:
    state = state_after(some_evidence(HELD), a_release(HELD), state=held_over(a_refusal(10)))

    assert status_after(state, a_refusal(15)) is REFUSED
    assert status_after(state, a_refusal(25)) is REFUSED


@pytest.mark.parametrize("ground", ["", "time", "bulk", "EVIDENCE"])
def test_nothing_else_is_a_ground(ground: str) -> None:
    state = state_after(shown(GRANTED, 20), some_evidence(HELD), state=held_over(a_movement(10)))
    of = held_seq(state)

    assert verdict(state, a_release(of, ground)) == (Outcome.REFUSED, "L-NO-GROUND")


def shown(status: ConsentStatus, date_hour: float, created_hour: float = 40) -> Command:
    """İYS shows what some provider declared, with a consentDate of that hour."""
    return a_movement(
        created_hour,
        state=IysState(status.value),
        consent_date=wire_hour(date_hour),
        source=ConsentSource.HS_WEB,
    )


def held_seq(state: Consent) -> int:
    (held,) = person_line(state.acts).held
    return held.seq


def test_iys_releases_by_showing_a_later_consent_over_a_refusal_it_knew() -> None:
    state = state_after(shown(GRANTED, 20), state=held_over(a_movement(10)))
    command = a_release(held_seq(state), "iys", approved_by=None)

    assert verdict(state, command) == DONE
    assert status_after(state, command) is GRANTED


@pytest.mark.parametrize(
    "last", [shown(REFUSED, 20), a_movement(40, state=IysState.NOT_GRANTED)], ids=["ret", "not"]
)
def test_iys_releases_nothing_by_showing_no_consent(last: Command) -> None:
    state = state_after(last, state=held_over(a_movement(10)))
    of = state.acts[1].seq

    assert verdict(state, a_release(of, "iys"))[0] is Outcome.REFUSED
    assert verdict(held_over(a_refusal(10)), a_release(HELD, "iys"))[1] == "L-NO-GROUND"


@pytest.mark.parametrize("date_hour", [5, 10], ids=["older", "as-old"])
def test_iys_releases_nothing_by_a_consent_not_later_than_the_refusal(date_hour: float) -> None:
    """C4.4: with a later consentDate. What it held before the person refused says nothing."""
    state = state_after(shown(GRANTED, date_hour), state=held_over(a_movement(10)))

    assert verdict(state, a_release(held_seq(state), "iys"))[0] is Outcome.REFUSED


@pytest.mark.parametrize(
    "ret",
    [
        a_refusal(10),
        a_refusal(10, defects=("H116",)),
        a_refusal_row(10, origin=Origin.DECLARED),
    ],
    ids=["queued", "suppressed", "declared"],
)
def test_iys_releases_nothing_over_a_refusal_it_never_knew(ret: Command) -> None:
    """C4.4: when that RET was known to İYS. It cannot have answered what nobody told it."""
    state = state_after(shown(GRANTED, 20), state=held_over(ret))

    assert verdict(state, a_release(held_seq(state), "iys"))[0] is Outcome.REFUSED


def test_nothing_is_released_over_a_closed_line() -> None:
    """C1, R35: who consents after it is a new holder, in a new generation."""
    closed = a_movement(10, source=ConsentSource.IYS_AHS_HAT_KAPATMA)
    state = held_over(closed)
    state = state_after(some_evidence(held_seq(state)), state=state)

    assert verdict(state, a_release(held_seq(state)))[0] is Outcome.REFUSED

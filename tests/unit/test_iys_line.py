"""What İYS last showed: the second line of consent.md C2."""

import pytest

from ledger.aggregates import bodies as b
from ledger.aggregates.consent import Consent, person_line
from ledger.aggregates.iys_line import IysLine
from ledger.vocabulary import ConsentSource, ConsentStatus, IysState, SeenHow
from tests.builders import (
    TZDATA,
    a_correction,
    a_final_no,
    a_movement,
    a_proven,
    a_record_act,
    a_refusal,
    a_retraction,
    an_act_body,
    an_answer,
    hour,
    replayed,
    seconds_of_hour,
    state_after,
    the_key,
    wire_hour,
)

GRANTED, REFUSED = IysState.GRANTED, IysState.REFUSED


def seen(state: IysState = GRANTED, at_hour: float = 12, of: int | None = None) -> b.IysSeen:
    return b.IysSeen(
        **the_key(),
        state=state,
        at=hour(at_hour),
        seen_at=hour(at_hour + 1),
        how=SeenHow.RESULT,
        consent_date=wire_hour(10),
        source=ConsentSource.HS_WEB,
        creation_date=wire_hour(at_hour),
        tzdata=TZDATA,
        actor="system:iys",
        of=of,
    )


def refused(of: int, code: str = "H467") -> b.IysRefused:
    return b.IysRefused(
        **the_key(), of=of, code=code, at=hour(30), how=SeenHow.RESULT, actor="system:iys"
    )


def test_before_anything_is_seen_the_line_is_unknown() -> None:
    assert Consent().iys == IysLine(state=IysState.UNKNOWN)
    assert Consent().iys.pending is None


def test_what_iys_shows_stands_on_the_line_verbatim() -> None:
    line = replayed(seen(REFUSED, 12)).iys

    assert line == IysLine(
        state=REFUSED,
        consent_date=wire_hour(10),
        source=ConsentSource.HS_WEB,
        creation_date=wire_hour(12),
        seen_at=hour(13),
        how=SeenHow.RESULT,
        at=seconds_of_hour(12),
    )


@pytest.mark.parametrize("state", IysState)
def test_the_state_last_shown_replaces_the_one_before(state: IysState) -> None:
    assert replayed(seen(REFUSED, 11), seen(state, 12)).iys.state is state


def test_what_iys_shows_leaves_the_persons_line_alone() -> None:
    """C2: two lines, never mixed."""
    before = replayed(an_act_body(), an_act_body(b.ConsentRefused, 5))

    after = replayed(seen(REFUSED), refused(1), state=before)

    assert after.acts == before.acts


def test_an_act_for_iys_waits_for_its_word_and_leaves_what_iys_holds() -> None:
    state = replayed(seen(REFUSED), an_act_body())

    assert (state.iys.pending, state.iys.state) == (2, REFUSED)


def test_an_act_that_is_not_for_iys_waits_for_nothing() -> None:
    waiting = replayed(an_act_body())

    state = replayed(an_act_body(b.ConsentRefused, 20, not_pushed="L-RET-KEPT"), state=waiting)

    assert state.iys.pending == 1
    assert replayed(an_act_body(not_pushed="L-DECLARED")).iys == IysLine()


def test_the_newest_act_is_the_one_that_waits() -> None:
    assert replayed(an_act_body(), an_act_body(b.ConsentRefused, 20)).iys.pending == 2


def test_an_act_that_iys_took_waits_no_more_and_is_remembered() -> None:
    line = replayed(an_act_body(), seen(GRANTED, of=1)).iys

    assert (line.state, line.pending, line.accepted) == (GRANTED, None, 1)


@pytest.mark.parametrize("state", [IysState.QUEUED, IysState.SUBMITTED])
def test_an_act_that_is_only_on_its_way_still_waits_and_is_not_known_to_iys(
    state: IysState,
) -> None:
    """C6 11c, C4.4: İYS can have answered only what it took."""
    sent = replayed(an_act_body(b.ConsentRefused), seen(state, of=1))

    assert (sent.iys.pending, sent.iys.accepted) == (1, None)
    assert not sent.acts[0].known_to_iys


def test_an_act_that_iys_showed_or_took_is_known_to_iys() -> None:
    """C4.4 asks for it before İYS's word may release anything."""
    ours = replayed(an_act_body(b.ConsentRefused), an_act_body(b.ConsentRefused, 20))
    shown = state_after(a_movement(10))

    taken = replayed(seen(REFUSED, of=2), state=ours)

    assert [act.known_to_iys for act in taken.acts] == [False, True]
    assert shown.acts[0].known_to_iys


def test_the_answer_to_an_older_act_leaves_the_newer_one_waiting() -> None:
    line = replayed(an_act_body(), an_act_body(b.ConsentRefused, 20), seen(GRANTED, of=1)).iys

    assert (line.pending, line.accepted) == (2, 1)


def test_the_newest_act_that_iys_took_is_remembered_whatever_the_order_of_answers() -> None:
    both = replayed(an_act_body(), an_act_body(b.ConsentRefused, 20))

    line = replayed(seen(REFUSED, of=2), seen(GRANTED, of=1), state=both).iys

    assert line.accepted == 2


def test_a_movement_that_answers_nothing_leaves_what_waits_and_what_was_taken() -> None:
    taken = replayed(an_act_body(), seen(GRANTED, of=1), an_act_body(b.ConsentRefused, 20))

    line = replayed(seen(REFUSED, 21), state=taken).iys

    assert (line.pending, line.accepted, line.state) == (3, 1, REFUSED)


def test_h467_makes_a_grant_void() -> None:
    """C3, R21."""
    line = replayed(an_act_body(), refused(1, "H467")).iys

    assert (line.state, line.code, line.pending) == (IysState.VOID, "H467", None)
    assert (line.seen_at, line.how) == (hour(30), SeenHow.RESULT)


@pytest.mark.parametrize("code", ["H178", "H175", "H121"])
def test_any_other_final_no_is_a_rejection_with_its_code(code: str) -> None:
    line = replayed(an_act_body(), refused(1, code)).iys

    assert (line.state, line.code, line.pending) == (IysState.REJECTED, code, None)


@pytest.mark.parametrize("code", ["H467", "H178"])
@pytest.mark.parametrize("held", [GRANTED, REFUSED])
def test_a_no_to_a_newer_act_leaves_what_iys_held_before(held: IysState, code: str) -> None:
    """A refresh that İYS will not take does not undo the consent it has (R25)."""
    before = replayed(an_act_body(at_hour=5), seen(held, 6, of=1), an_act_body(at_hour=10))

    line = replayed(refused(3, code), state=before).iys

    assert (line.state, line.code, line.pending, line.accepted) == (held, code, None, 1)
    assert (line.consent_date, line.source) == (wire_hour(10), ConsentSource.HS_WEB)


def test_a_no_to_an_older_act_leaves_the_line_to_the_newer_that_waits() -> None:
    before = replayed(an_act_body(), an_act_body(at_hour=20))

    assert replayed(refused(1), state=before).iys == before.iys


@pytest.mark.parametrize("shown", [IysState.NOT_GRANTED, IysState.QUEUED, IysState.UNKNOWN])
def test_a_no_where_iys_holds_nothing_of_the_person_is_told(shown: IysState) -> None:
    line = replayed(an_act_body(), seen(shown), refused(1)).iys

    assert line.state is IysState.VOID


def test_a_no_to_an_act_that_did_not_wait_is_told_all_the_same() -> None:
    """A held consent is sent on once it is released; nothing waits for İYS until then."""
    line = replayed(an_act_body(not_pushed="L-HELD-OVER-RET"), refused(1, "H467")).iys

    assert (line.state, line.code) == (IysState.VOID, "H467")


def test_what_was_retracted_waits_no_more() -> None:
    state = state_after(a_record_act(), a_retraction(of=1))
    other = state_after(a_record_act(5), a_record_act(10), a_retraction(of=1))

    assert state.iys.pending is None
    assert other.iys.pending == 2


def test_a_correction_leaves_the_line_to_what_iys_holds() -> None:
    """C3: a mistake of ours is not one of İYS's."""
    taken = state_after(a_record_act(10), an_answer(1))

    assert state_after(a_correction(of=1, to_hour=9), state=taken).iys == taken.iys


def test_both_lines_through_a_life() -> None:
    """Given, taken, refused at İYS, given again on evidence, taken: each line tells its own."""
    state = state_after(a_record_act(10), an_answer(1), a_movement(20))
    assert (person_line(state.acts).status, state.iys.state) == (ConsentStatus.REFUSED, REFUSED)

    state = state_after(a_proven(30, approved=True), state=state)
    assert (person_line(state.acts).status, state.iys.state) == (ConsentStatus.GRANTED, REFUSED)

    again = an_answer(state.version, 31, consent_date=wire_hour(30))
    state = state_after(again, state=state)
    assert (state.iys.state, state.iys.pending) == (GRANTED, None)

    state = state_after(a_refusal(40), state=state)
    assert (person_line(state.acts).status, state.iys.state) == (ConsentStatus.REFUSED, GRANTED)

    state = state_after(a_final_no(state.version, "H174"), state=state)
    assert person_line(state.acts).status is ConsentStatus.REFUSED

"""When a held consent is released: consent.md C4.4."""

import pytest

from ledger.aggregates import bodies as b
from ledger.aggregates.commands import Command, Origin
from ledger.aggregates.consent import Consent, person_line
from ledger.aggregates.decide import decide
from ledger.vocabulary import ConsentSource, ConsentStatus, IysState, Outcome
from tests.builders import (
    a_key,
    a_movement,
    a_proven,
    a_refusal,
    a_refusal_row,
    a_release,
    a_retraction,
    a_row,
    held_over,
    hour,
    line_after,
    replayed,
    some_evidence,
    state_after,
    status_after,
    the_key,
    verdict,
    wire_hour,
)

GRANTED, REFUSED = ConsentStatus.GRANTED, ConsentStatus.REFUSED
SECOND_PERSON = (Outcome.REFUSED, "L-SECOND-PERSON")
DONE = (Outcome.RECORDED, None)
RET, HELD = 1, 2
"""Places of the acts in `held_over` over a refusal of ours."""


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


def test_a_live_consent_that_is_released_is_for_iys_from_then_on() -> None:
    """R20: it would be void in three days; its words go with the event that frees it."""
    state = state_after(a_movement(10), a_proven(20))
    (held,) = person_line(state.acts).held

    (body,) = decide(a_key(), state, a_release(held.seq)).bodies

    assert isinstance(body, b.ConsentReleased) and body.queued is not None
    assert (body.queued.position, body.queued.at) == (held.position, hour(20))
    assert (body.queued.consent_date, body.queued.source) == (held.consent_date, held.source)
    freed = replayed(body, state=state)
    assert freed.acts[-1].not_pushed is None
    assert freed.iys.pending == held.seq


def test_one_that_was_declared_is_not_told_since_iys_is_said_to_hold_it() -> None:
    state = state_after(some_evidence(HELD), state=held_over(a_refusal(10)))

    (body,) = decide(a_key(), state, a_release(HELD)).bodies

    assert isinstance(body, b.ConsentReleased) and body.queued is None


def test_evidence_that_frees_a_live_consent_by_itself_tells_iys_once() -> None:
    """C4.3: evidence dated after a refusal that we took lifts it."""
    state = state_after(a_refusal(10), a_proven(20, captured_at=hour(9)))
    assert person_line(state.acts).held

    (body,) = decide(a_key(), state, some_evidence(HELD)).bodies

    assert isinstance(body, b.ConsentEvidenceAdded) and body.queued is not None
    (again,) = decide(a_key(), replayed(body, state=state), some_evidence(HELD)).bodies
    assert isinstance(again, b.ConsentEvidenceAdded) and again.queued is None

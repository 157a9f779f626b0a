"""Somebody vouches later for an imported act: its basis is corrected (consent.md C6 row 11d)."""

import msgspec
import pytest

from ledger.aggregates import bodies as b
from ledger.aggregates.commands import CorrectAct, Origin
from ledger.aggregates.consent import BASIS, Consent, lifts
from ledger.aggregates.decide import decide
from ledger.vocabulary import Basis, ConsentSource, Outcome
from tests.builders import (
    a_correction,
    a_final_no,
    a_key,
    a_record_act,
    a_refusal_row,
    a_retraction,
    a_row,
    replayed,
    state_after,
)


def vouched(of: int, **changes: object) -> CorrectAct:
    """Act `of` is said to be held by İYS."""
    command = a_correction(of, field=BASIS, is_now=str(Basis.DECLARED), effective_at=None)
    return msgspec.structs.replace(command, **changes)


def test_an_imported_act_becomes_a_declared_one_and_waits_no_more() -> None:
    state = state_after(a_row(10))
    assert state.iys.pending == 1

    after = state_after(a_row(10), vouched(1))

    assert (after.acts[0].basis, after.acts[0].not_pushed) == (Basis.DECLARED, "L-DECLARED")
    assert after.iys.pending is None
    assert after.acts[0].former == (), "date and source stay as they were"


def test_the_correction_names_both_words() -> None:
    (body,) = decide(a_key(), state_after(a_row(10)), vouched(1)).bodies

    assert isinstance(body, b.ConsentCorrected)
    assert (body.corrected_field, body.was, body.is_now) == ("basis", "own_capture", "declared")


def test_another_act_keeps_waiting() -> None:
    state = state_after(a_row(10), a_row(11, row=3), vouched(1))

    assert (state.iys.pending, len(state.acts)) == (2, 2)


@pytest.mark.parametrize("code", ["L-RET-KEPT", "L-HELD-OVER-RET"])
def test_what_keeps_an_act_from_iys_for_other_reasons_stays(code: str) -> None:
    body = decide(a_key(), Consent(), a_refusal_row(10)).bodies[0]
    kept = replayed(msgspec.structs.replace(body, not_pushed=code))

    state = state_after(vouched(1), state=kept)

    assert (state.acts[0].basis, state.acts[0].not_pushed) == (Basis.DECLARED, code)


def test_a_second_time_is_already() -> None:
    state = state_after(a_row(10), vouched(1))

    assert decide(a_key(), state, vouched(1)).outcome is Outcome.ALREADY


@pytest.mark.parametrize(
    ("state", "command", "code"),
    [
        (state_after(a_record_act(10)), vouched(1), "L-NOT-CORRECTABLE"),
        (state_after(a_row(10)), vouched(1, is_now="iys"), "L-NOT-CORRECTABLE"),
        (state_after(a_row(10)), vouched(1, is_now="own_capture"), "L-NOT-CORRECTABLE"),
        (state_after(a_row(10)), vouched(1, approved_by="user:1"), "L-SECOND-PERSON"),
        (state_after(a_row(10)), vouched(2), "L-NO-SUCH-ACT"),
        (state_after(a_row(10), a_retraction(1)), vouched(1), "L-NO-SUCH-ACT"),
    ],
    ids=["live", "iys", "back", "one person", "no act", "retracted"],
)
def test_nobody_vouches_for_anything_else(state: Consent, command: CorrectAct, code: str) -> None:
    decided = decide(a_key(), state, command)

    assert (decided.outcome, decided.code) == (Outcome.REFUSED, code)


def test_a_vouched_for_consent_lifts_nothing() -> None:
    state = state_after(a_refusal_row(10, row=3), a_row(20, origin=Origin.DECLARED))
    grant, refusal = state.acts[1], state.acts[0]

    assert not lifts(grant, refusal)


def test_a_carrier_s_closure_closes_the_line_once_somebody_vouches_for_it() -> None:
    closure = a_refusal_row(10, source=ConsentSource.IYS_AHS_HAT_KAPATMA)

    assert not state_after(closure).acts[0].closes_line
    assert state_after(closure, vouched(1)).acts[0].closes_line


def test_iys_s_no_to_an_act_changes_nothing_about_vouching() -> None:
    state = state_after(a_row(10), a_final_no(1), vouched(1))

    assert state.acts[0].basis is Basis.DECLARED

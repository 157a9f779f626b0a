"""A movement at İYS that is one of our own acts, and a new holder's grant there (C1, C2, R35)."""

import msgspec
import pytest

from ledger.aggregates.commands import SeeAtIys
from ledger.aggregates.consent import Consent
from ledger.aggregates.generations import opens_next
from ledger.vocabulary import ConsentSource, IysState, Outcome, SeenHow
from tests.builders import (
    a_final_no,
    a_key,
    a_listing,
    a_movement,
    a_record_act,
    a_refusal,
    an_answer,
    carry_out,
    state_after,
    wire_hour,
)

CLOSED = ConsentSource.IYS_AHS_HAT_KAPATMA
PULLED = msgspec.structs.replace(an_answer(1), of=None)


def own_grant(at_hour: float, **changes: object) -> SeeAtIys:
    return a_movement(at_hour, **{"state": IysState.GRANTED, **changes})


def test_a_pulled_movement_with_the_words_of_a_waiting_act_is_its_answer() -> None:
    state = state_after(a_record_act(10), PULLED)

    assert state.acts[0].known_to_iys
    assert (state.iys.accepted, state.iys.pending) == (1, None)


def test_the_answer_that_comes_after_the_pull_is_known() -> None:
    decided, _ = carry_out(state_after(a_record_act(10), PULLED), an_answer(1))

    assert decided.outcome is Outcome.ALREADY


@pytest.mark.parametrize(
    "changes",
    [
        {"consent_date": wire_hour(9)},
        {"source": ConsentSource.HS_MOBIL},
        {"source": ConsentSource.IYS_WEB},
        {"state": IysState.REFUSED},
        {"state": IysState.NOT_GRANTED},
    ],
    ids=["date", "source", "own", "status", "absent"],
)
def test_other_words_are_nobodys_answer(changes: dict[str, object]) -> None:
    state = state_after(a_record_act(10), msgspec.structs.replace(PULLED, **changes))

    assert state.iys.accepted is None
    assert not state.acts[0].known_to_iys


def test_a_listing_without_date_and_source_is_answered_by_a_movement_without_them() -> None:
    shown = msgspec.structs.replace(PULLED, consent_date=None, source=None)

    assert state_after(a_listing(), shown).iys.accepted == 1


def test_what_iys_said_no_to_and_then_shows_is_taken_after_all() -> None:
    state = state_after(a_record_act(10), a_final_no(1, "H178"), PULLED)

    assert (state.iys.state, state.iys.accepted) == (IysState.GRANTED, 1)


def test_the_recipients_own_grant_at_iys_behind_a_closed_line_is_a_new_holders() -> None:
    state = state_after(a_record_act(5), a_movement(10, source=CLOSED))

    assert opens_next(a_key(), state, own_grant(11))


@pytest.mark.parametrize(
    ("state", "command"),
    [
        (Consent(), own_grant(11)),
        (state_after(a_movement(10)), own_grant(11)),
        (state_after(a_movement(10, source=CLOSED)), own_grant(10)),
        (state_after(a_movement(10, source=CLOSED)), own_grant(9)),
        (state_after(a_movement(10, source=CLOSED), a_refusal(12)), own_grant(11)),
        (
            state_after(a_movement(10, source=CLOSED)),
            own_grant(11, source=ConsentSource.HS_WEB),
        ),
        (state_after(a_movement(10, source=CLOSED)), a_movement(11)),
    ],
    ids=["nothing", "open line", "same instant", "older", "refused since", "provider's", "refusal"],
)
def test_anything_else_leaves_the_address_where_it_is(state: Consent, command: SeeAtIys) -> None:
    assert not opens_next(a_key(), state, command)


def test_a_no_that_comes_after_iys_took_the_act_is_not_believed() -> None:
    """Its answer was lost, and the repeat was refused."""
    late = msgspec.structs.replace(a_final_no(1), how=SeenHow.STATUS)

    decided, state = carry_out(state_after(a_record_act(10), PULLED), late)

    assert (decided.outcome, state.iys.state) == (Outcome.ALREADY, IysState.GRANTED)

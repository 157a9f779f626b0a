"""When an address passes to a new holder: consent.md C1, R35, R53."""

from typing import Any

import msgspec
import pytest

from ledger.aggregates.commands import Command, Origin, RecordAct
from ledger.aggregates.consent import Consent, person_line
from ledger.aggregates.generations import carried_lines, opens_next
from ledger.aggregates.iys_line import IysLine
from ledger.aggregates.keys import uuid7
from ledger.vocabulary import Channel, ConsentSource, ConsentStatus, IysState, Outcome
from tests.builders import (
    TZDATA,
    a_key,
    a_movement,
    a_proven,
    a_provenance,
    a_record_act,
    a_refusal,
    a_refusal_row,
    a_row,
    an_answer,
    hour,
    replayed,
    seconds_of_hour,
    state_after,
    verdict,
    wire_hour,
)

CLOSED = ConsentSource.IYS_AHS_HAT_KAPATMA
CLOSURE = a_movement(10, source=CLOSED, consent_date=wire_hour(5))
AFTER_CLOSURE = state_after(a_record_act(5), CLOSURE)
NEW_SUBJECT = uuid7(1_763_500_000_000, bytes(10))


def opens(state: Consent, command: Command) -> bool:
    return opens_next(a_key(), state, command)


def approved(at_hour: float, origin: Origin = Origin.LIVE, **changes: Any) -> RecordAct:
    """A consent of that hour with evidence and a second person's approval."""
    given = a_provenance(origin, approved_by="user:2")
    marks: dict[str, Any] = {"provenance": given, **changes}
    return a_proven(at_hour, **marks)


def test_a_closed_line_closes_the_persons_line() -> None:
    line = person_line(AFTER_CLOSURE.acts)

    assert line.line_closed


def test_the_first_proven_and_approved_consent_after_a_closed_line_opens_the_next_generation() -> (
    None
):
    assert opens(AFTER_CLOSURE, approved(20))


@pytest.mark.parametrize(
    "command",
    [
        a_record_act(20),
        a_proven(20),
        a_record_act(20, provenance=a_provenance(approved_by="user:2")),
        approved(10),
        approved(9),
        approved(10, captured_at=hour(20)),
        approved(9, captured_at=hour(20)),
        approved(20, captured_at=hour(10)),
        approved(20, captured_at=hour(9)),
        approved(20, Origin.FILE),
        approved(20, Origin.DECLARED),
        approved(20, status=ConsentStatus.REFUSED),
        a_movement(20),
    ],
    ids=[
        "bare",
        "no-second-person",
        "no-evidence",
        "of-the-same-instant",
        "older",
        "of-the-same-instant-proven-later",
        "older-proven-later",
        "evidence-as-old",
        "evidence-older",
        "of-a-file",
        "declared",
        "refusal",
        "refusal-at-iys",
    ],
)
def test_nothing_less_opens_it(command: Command) -> None:
    assert not opens(AFTER_CLOSURE, command)


def test_nobody_opens_it_alone() -> None:
    """R53 (d): a second person."""
    alone = a_provenance(actor="user:2", approved_by="user:2")

    assert not opens(AFTER_CLOSURE, approved(20, provenance=alone))


@pytest.mark.parametrize(
    "state",
    [Consent(), state_after(a_refusal(10)), state_after(a_movement(10)), state_after(CLOSURE)],
    ids=["nothing", "refusal", "refusal-at-iys", "closed-line"],
)
def test_only_a_closed_line_that_stands_has_a_next_generation(state: Consent) -> None:
    assert opens(state, approved(20)) == (state == state_after(CLOSURE))


def test_the_evidence_must_be_newer_than_the_last_of_the_closures() -> None:
    again = a_movement(30, source=CLOSED, consent_date=wire_hour(5))
    state = state_after(CLOSURE, again)

    assert not opens(state, approved(20))
    assert opens(state, approved(40))


@pytest.mark.parametrize("ret_hour", [20, 25], ids=["of-the-same-instant", "later"])
def test_a_consent_that_a_refusal_answers_opens_nothing(ret_hour: float) -> None:
    """C4.2: after the closure only the new holder can have refused; a fresh line would lose it."""
    state = state_after(a_refusal(ret_hour), state=AFTER_CLOSURE)

    assert not opens(state, approved(20))


def test_evidence_older_than_a_refusal_behind_the_closure_opens_nothing() -> None:
    """C4.3, R53 (a)."""
    state = state_after(a_refusal(20), state=AFTER_CLOSURE)

    assert not opens(state, approved(25, captured_at=hour(15)))


def test_a_closed_line_that_only_a_file_of_ours_claims_has_no_next_generation() -> None:
    """C5: IYS_* counts from İYS itself, or from a file declared as its export."""
    claim = a_refusal_row(10, source=CLOSED, defects=("H119",))
    declared = a_refusal_row(10, source=CLOSED, origin=Origin.DECLARED)

    assert opens(state_after(declared), approved(20))
    assert not opens(state_after(claim), approved(20))


@pytest.mark.parametrize("command", [a_record_act(20), a_proven(20)], ids=["bare", "with-evidence"])
def test_a_live_consent_after_a_closed_line_never_joins_the_old_persons_line(
    command: RecordAct,
) -> None:
    assert verdict(AFTER_CLOSURE, command) == (Outcome.REFUSED, "L-LINE-CLOSED")


def test_a_consent_from_before_the_line_was_closed_is_history() -> None:
    assert verdict(AFTER_CLOSURE, a_proven(8)) == (Outcome.HISTORY, "L-HISTORY")


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        (Origin.FILE, (Outcome.REFUSED, "L-IMPORT-CANNOT-REVIVE")),
        (Origin.DECLARED, (Outcome.HELD, "L-HELD-OVER-RET")),
    ],
)
def test_no_import_begins_a_new_generation(origin: Origin, expected: tuple[Outcome, str]) -> None:
    assert verdict(AFTER_CLOSURE, a_row(20, origin=origin)) == expected


def test_a_refusal_after_a_closed_line_is_recorded() -> None:
    """C1: RETs go to the open generation."""
    assert verdict(AFTER_CLOSURE, a_refusal(20)) == (Outcome.RECORDED, None)


def test_iys_line_is_carried_over_with_all_that_it_says_and_the_person_line_is_not() -> None:
    """C1: it is the address's, not the person's."""
    (line,) = carried_lines([(a_key(), AFTER_CLOSURE)], NEW_SUBJECT, tzdata=TZDATA, actor="key:1")

    fresh = replayed(line)
    assert line.subject == str(NEW_SUBJECT)
    assert line.carried_from == str(a_key().stream)
    assert fresh.acts == ()
    told = msgspec.structs.replace(AFTER_CLOSURE.iys, pending=None, accepted=None, carried=True)
    assert fresh.iys == told
    assert fresh.iys.consent_date == wire_hour(5)
    assert fresh.iys.at == seconds_of_hour(10)


def test_what_was_pending_or_taken_of_the_former_person_is_not_carried_over() -> None:
    """Its numbers are those of acts of another stream."""
    state = state_after(a_record_act(10), an_answer(1), a_record_act(20))
    assert (state.iys.pending, state.iys.accepted) == (3, 1)

    (line,) = carried_lines([(a_key(), state)], NEW_SUBJECT, tzdata=TZDATA, actor="key:1")

    carried: IysLine = replayed(line).iys
    assert (carried.state, carried.pending, carried.accepted) == (IysState.GRANTED, None, None)


def test_each_channel_has_its_own_line_and_what_iys_never_showed_is_not_carried() -> None:
    call = a_key(channel=Channel.CALL)
    former = [(a_key(), AFTER_CLOSURE), (call, AFTER_CLOSURE), (a_key(), state_after(a_refusal()))]

    lines = carried_lines(former, NEW_SUBJECT, tzdata=TZDATA, actor="key:1")

    assert [(line.channel, line.carried_from) for line in lines] == [
        (Channel.MESSAGE, str(a_key().stream)),
        (Channel.CALL, str(call.stream)),
    ]


def test_the_former_holders_closed_line_shown_again_refuses_nothing_for_the_new_holder() -> None:
    """Pull and day file bring it once more, when the stream is already the new one's."""
    (line,) = carried_lines([(a_key(), AFTER_CLOSURE)], NEW_SUBJECT, tzdata=TZDATA, actor="key:1")
    state = state_after(approved(20), state=replayed(line))
    assert not person_line(state.acts).line_closed

    taken = state_after(an_answer(2, 21, consent_date=wire_hour(20)), state=state)
    for known in (state, taken):
        _, code = verdict(known, CLOSURE)
        assert code is None
        shown = state_after(CLOSURE, state=known) if known is taken else known
        assert not person_line(shown.acts).line_closed

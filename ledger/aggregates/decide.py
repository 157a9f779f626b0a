"""`decide(key, state, command)`: which events follow, or why none (consent.md C4, C5, C8). Pure."""

from typing import Final, assert_never

import msgspec

from ledger.aggregates import bodies as b
from ledger.aggregates import commands as c
from ledger.aggregates.acts import Decided, act_body, members_of
from ledger.aggregates.commands import Command, RecordAct
from ledger.aggregates.consent import Consent, PersonLine, act_of, person_line
from ledger.aggregates.judging import judge_grant, judge_refusal, twin_of, why_not_granted
from ledger.aggregates.keys import ConsentKey
from ledger.aggregates.mending import mend, queuing, release
from ledger.aggregates.seeing import see
from ledger.vocabulary import (
    ConsentStatus,
    Outcome,
    SeenHow,
)

NOTHING: Final = PersonLine(None, None)


def decide(
    key: ConsentKey, state: Consent, command: Command, *, body: b.ActBody | None = None
) -> Decided:
    """The events of a command on a state, or why there are none. Raises nothing for bad input.

    `body`: the `act_body` of a RecordAct, where it was made before.
    """
    match command:
        case RecordAct():
            return _record(state, command, body or act_body(key, command))
        case c.SeeAtIys():
            return see(key, state, command)
        case c.RefusedByIys():
            if command.how is not SeenHow.RESULT and _is_taken(state, command.of):
                return Decided(Outcome.ALREADY, act_seq=command.of)
            refused = b.IysRefused(**members_of(key), **msgspec.structs.asdict(command))
            return _about_act(state, command.of, refused)
        case c.AddEvidence():
            added = b.ConsentEvidenceAdded(**members_of(key), **msgspec.structs.asdict(command))
            return _about_act(state, command.of, queuing(state, added))
        case c.CorrectAct() | c.RetractAct():
            return mend(key, state, command)
        case c.ReleaseGrant():
            return release(key, state, command)
        case _:
            assert_never(command)


def _record(state: Consent, command: RecordAct, body: b.ActBody) -> Decided:
    act = act_of(body, seq=state.version + 1, position=0)
    twin = twin_of(state, act, is_sound=not command.defects)
    if twin is not None:
        return Decided(Outcome.ALREADY, act_seq=twin.seq)
    before = person_line(state.acts) if state.acts else NOTHING
    after = person_line((*state.acts, act))
    if act.status is ConsentStatus.REFUSED:
        outcome, code, not_pushed = judge_refusal(command, act, before, after)
    else:
        refusal = why_not_granted(state, act, before, command)
        if refusal is not None:
            return Decided(Outcome.REFUSED, refusal)
        outcome, code, not_pushed = judge_grant(command, act, state, after)
    if not_pushed is not None:
        body = msgspec.structs.replace(body, not_pushed=not_pushed)
    return Decided(outcome, code, (body,), act.seq)


def _is_taken(state: Consent, of: int) -> bool:
    """Whether İYS has shown that it took the act: a no to its repetition is none to the act."""
    return any(act.seq == of and act.known_to_iys for act in state.acts)


def _about_act(state: Consent, of: int, body: b.ConsentBody) -> Decided:
    if not any(act.seq == of for act in state.acts):
        return Decided(Outcome.REFUSED, "L-NO-SUCH-ACT")
    return Decided(Outcome.RECORDED, None, (body,), of)

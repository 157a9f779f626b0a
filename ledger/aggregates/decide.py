"""`decide(key, state, command)`: which events follow, or why none (consent.md C4, C5, C8). Pure."""

from typing import Any, Final, assert_never

import msgspec

from ledger.aggregates import bodies as b
from ledger.aggregates import commands as c
from ledger.aggregates.commands import Command, Origin, RecordAct
from ledger.aggregates.consent import Act, Consent, PersonLine, act_of, lifts, person_line
from ledger.aggregates.keys import ConsentKey
from ledger.vocabulary import (
    Basis,
    ConsentSource,
    ConsentStatus,
    DatePrecision,
    IysState,
    Outcome,
)

CANNOT_LIFT: Final = {Origin.LIVE: "L-RET-STANDS", Origin.FILE: "L-IMPORT-CANNOT-REVIVE"}
"""Why a grant later than a standing refusal is kept out, by the door it came in (C5, C8)."""

WARNINGS_SHOWN: Final = ("H180", "L-LANDLINE", "L-KURUMSAL")
"""Warnings that make an outcome `warned`; others are only a code beside `recorded`."""


NOTHING: Final = PersonLine(None, None)


class Decided(msgspec.Struct, frozen=True, gc=False):
    """What follows from a command. `act_seq` is the act concerned: the new one or its twin."""

    outcome: Outcome
    code: str | None = None
    bodies: tuple[b.ConsentBody, ...] = ()
    act_seq: int | None = None


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
            return _see(key, state, command)
        case c.RefusedByIys():
            refused = b.IysRefused(**_of(key), **msgspec.structs.asdict(command))
            return _about_act(state, command.of, refused)
        case c.AddEvidence():
            added = b.ConsentEvidenceAdded(**_of(key), **msgspec.structs.asdict(command))
            return _about_act(state, command.of, added)
        case c.CorrectAct() | c.RetractAct():
            return _mend(key, state, command)
        case c.ReleaseGrant():
            return _release(key, state, command)
        case _:
            assert_never(command)


def _record(state: Consent, command: RecordAct, body: b.ActBody) -> Decided:
    act = act_of(body, seq=state.version + 1, position=0)
    twin = _twin(state, act)
    if twin is not None:
        return Decided(Outcome.ALREADY, act_seq=twin.seq)
    before = person_line(state.acts) if state.acts else NOTHING
    after = person_line((*state.acts, act))
    if act.status is ConsentStatus.REFUSED:
        outcome, code, not_pushed = _judge_refusal(command, act, before, after)
    else:
        refusal = _why_not_granted(state, act, before, command)
        if refusal is not None:
            return Decided(Outcome.REFUSED, refusal)
        outcome, code, not_pushed = _judge_grant(command, act, state, after)
    if not_pushed is not None:
        body = msgspec.structs.replace(body, not_pushed=not_pushed)
    return Decided(outcome, code, (body,), act.seq)


def act_body(key: ConsentKey, command: RecordAct) -> b.ActBody:
    """The body of the act that a command asks for."""
    kind: type[b.ActBody]
    match command.status:
        case ConsentStatus.GRANTED:
            kind = b.ConsentGranted
        case ConsentStatus.REFUSED:
            kind = b.ConsentRefused
        case None:
            kind = b.MerchantListed
        case _:
            assert_never(command.status)
    given = command.provenance
    dated_by_us = command.consent_date is None or "H162" in command.defects
    return kind(
        **_of(key),
        at=command.at,
        consent_date=command.consent_date,
        date_precision=command.precision,
        source=command.source,
        via=given.via,
        actor=given.actor,
        basis=given.origin.basis,
        tzdata=given.tzdata,
        received_at=given.received_at if dated_by_us or given.origin is Origin.LIVE else None,
        captured_at=command.captured_at,
        import_id=given.import_id,
        row=command.row,
        evidence_kinds=command.evidence_kinds,
        approved_by=given.approved_by,
        retailer=command.retailer,
        defect=command.defects,
    )


def _of(key: ConsentKey) -> dict[str, Any]:  # the key's members, to be spread into a body
    return {
        "brand": key.brand_code,
        "recipient_type": key.recipient_type,
        "channel": key.channel,
        "subject": str(key.subject),
    }


def _twin(state: Consent, act: Act) -> Act | None:
    """The same act, recorded before.

    An instant that we assigned is no mark of an act: there only the same row of the same file is
    the same act. A grant is known again after a correction or retraction; a refusal counts anew.
    """
    for known in state.acts:
        if known.status is not act.status or known.source is not act.source:
            continue
        if act.ref is not None or known.ref is not None:
            same = known.ref == act.ref
        elif act.status is ConsentStatus.REFUSED:
            same = act.consent_date is not None and known.consent_date == act.consent_date
            same = same and not known.retracted
        else:
            dates = (known.consent_date, *known.former_dates)
            same = act.consent_date in dates and known.precision is act.precision
        if same:
            return known
    return None


def _why_not_granted(
    state: Consent, act: Act, before: PersonLine, command: RecordAct
) -> str | None:
    """The code of the rule that keeps a grant or listing out, or None."""
    refusals = [
        known
        for known in state.acts
        if known.status is ConsentStatus.REFUSED and not known.retracted
    ]
    if any(known.at == act.at for known in refusals):
        return "H178"
    if act.status is None:
        # R11: source and date are optional for the first record of a merchant only.
        if state.acts:
            return "H463" if act.source is None else "H462"
        return None
    origin = command.provenance.origin
    if origin is Origin.LIVE and any(
        known.closes_line and known.at < act.at for known in before.standing
    ):
        return "L-LINE-CLOSED"  # a new holder's: generations.py, never the old person's line (R35)
    # With evidence it is held for a second person; without, the giver must know at once (C5).
    bare = origin is Origin.LIVE and act.evidence_at is None
    if (bare or origin is Origin.FILE) and _cannot_lift(act, before):
        return CANNOT_LIFT[origin]
    return None


def _cannot_lift(act: Act, before: PersonLine) -> bool:
    return any(act.at > refusal.at and not lifts(act, refusal) for refusal in before.standing)


def _judge_grant(
    command: RecordAct, act: Act, state: Consent, after: PersonLine
) -> tuple[Outcome, str | None, str | None]:
    """Outcome, code, and why it is not for İYS, of a grant or listing that is recorded."""
    origin = command.provenance.origin
    unpushable = _not_for_iys(command)
    if act in after.held:
        return Outcome.HELD, "L-HELD-OVER-RET", "L-HELD-OVER-RET"
    if any(known.at >= act.at and not known.retracted for known in state.acts):
        return Outcome.HISTORY, "L-HISTORY", unpushable or "L-HISTORY"
    shown = [code for code in WARNINGS_SHOWN if code in command.warnings]
    if shown:
        return Outcome.WARNED, shown[0], unpushable
    codes = (*(["L-LATE"] if command.late and origin is Origin.FILE else []), *command.warnings)
    return Outcome.RECORDED, codes[0] if codes else None, unpushable


def _judge_refusal(
    command: RecordAct, act: Act, before: PersonLine, after: PersonLine
) -> tuple[Outcome, str | None, str | None]:
    """Outcome, code, and why it is not for İYS, of a refusal: always recorded (C5)."""
    unpushable = _not_for_iys(command)
    if command.defects:
        return Outcome.SUPPRESSED, "L-RET-KEPT", "L-RET-KEPT"
    overtaken = any(known.at >= act.at for known in before.standing)
    if act not in after.standing or overtaken:
        return Outcome.HISTORY, "L-HISTORY", unpushable or "L-HISTORY"
    shown = [code for code in WARNINGS_SHOWN if code in command.warnings]
    if shown:
        return Outcome.WARNED, shown[0], unpushable
    return Outcome.RECORDED, command.warnings[0] if command.warnings else None, unpushable


def _not_for_iys(command: RecordAct) -> str | None:
    """Why an act is not to be pushed, by C8's table; None where it is."""
    match command.provenance.origin:
        case Origin.DECLARED:
            return "L-DECLARED"
        case Origin.IYS:
            return "L-AT-IYS"
    if command.status is ConsentStatus.REFUSED:
        return None
    if command.precision is DatePrecision.DAY:
        return "H158"
    if "H180" in command.warnings:
        return "H180"
    return "L-LATE" if command.late else None


def _see(key: ConsentKey, state: Consent, command: c.SeeAtIys) -> Decided:
    seen = b.IysSeen(**_of(key), **msgspec.structs.asdict(command))
    line = state.iys
    shown = (command.state, command.consent_date, command.source, command.creation_date)
    if shown == (line.state, line.consent_date, line.source, line.creation_date) and (
        command.of is None or command.of == line.accepted
    ):
        return Decided(Outcome.ALREADY)
    act = _act_shown(key, state, command)
    return Decided(Outcome.RECORDED, None, (seen,) if act is None else (seen, act))


def _act_shown(key: ConsentKey, state: Consent, command: c.SeeAtIys) -> b.ActBody | None:
    """The act behind a movement at İYS, if it is the recipient's or a refusal (C2)."""
    if command.state not in (IysState.GRANTED, IysState.REFUSED) or command.source is None:
        return None
    status = ConsentStatus(command.state.value)
    own = command.source.is_recipients_own
    if not own and (status is ConsentStatus.GRANTED or command.of is not None):
        return None
    provenance = c.Provenance(
        origin=Origin.IYS,
        via=f"iys_{command.how}",
        actor=command.actor,
        received_at=command.seen_at,
        tzdata=command.tzdata,
    )
    body = act_body(
        key,
        RecordAct(
            status=status,
            at=command.at,
            consent_date=command.consent_date,
            source=command.source,
            provenance=provenance,
        ),
    )
    act = act_of(body, seq=state.version + 2, position=0)
    if any(_same_movement(known, act) for known in state.acts):
        return None
    return msgspec.structs.replace(body, not_pushed="L-AT-IYS")


def _same_movement(known: Act, act: Act) -> bool:
    # R52: a closed line carries the consent's old date, so the instant decides for IYS_* acts.
    same = (known.status, known.source) == (act.status, act.source) and not known.retracted
    if act.is_recipients_own:
        return same and known.at == act.at
    return same and act.consent_date is not None and known.consent_date == act.consent_date


def _about_act(state: Consent, of: int, body: b.ConsentBody) -> Decided:
    if not any(act.seq == of for act in state.acts):
        return Decided(Outcome.REFUSED, "L-NO-SUCH-ACT")
    return Decided(Outcome.RECORDED, None, (body,), of)


def _mend(key: ConsentKey, state: Consent, command: c.CorrectAct | c.RetractAct) -> Decided:
    act = next((act for act in state.acts if act.seq == command.of), None)
    if act is None or act.retracted:
        return Decided(Outcome.REFUSED, "L-NO-SUCH-ACT")
    if command.approved_by == command.actor:
        return Decided(Outcome.REFUSED, "L-SECOND-PERSON")
    if isinstance(command, c.RetractAct):
        retracted = b.ConsentRetracted(**_of(key), **msgspec.structs.asdict(command))
        return Decided(Outcome.RECORDED, None, (retracted,), act.seq)
    if act.basis is Basis.IYS or command.field not in ("consent_date", "source"):
        return Decided(Outcome.REFUSED, "L-NOT-CORRECTABLE")
    if command.field == "source" and command.is_now not in set(ConsentSource):
        return Decided(Outcome.REFUSED, "H119")
    was = act.consent_date if command.field == "consent_date" else act.source
    corrected = b.ConsentCorrected(
        **_of(key),
        of=act.seq,
        corrected_field=command.field,
        was=was,
        is_now=command.is_now,
        reason=command.reason,
        at=command.at,
        actor=command.actor,
        approved_by=command.approved_by,
        effective_at=command.effective_at,
    )
    return Decided(Outcome.RECORDED, None, (corrected,), act.seq)


def _release(key: ConsentKey, state: Consent, command: c.ReleaseGrant) -> Decided:
    line = person_line(state.acts)
    act = next((act for act in line.held if act.seq == command.of), None)
    if act is None:
        return Decided(Outcome.REFUSED, "L-NOT-HELD")
    if command.ground == "evidence":
        if act.evidence_at is None:
            return Decided(Outcome.REFUSED, "L-EVIDENCE-MISSING")
        if command.approved_by in (None, command.actor):
            return Decided(Outcome.REFUSED, "L-SECOND-PERSON")
    elif command.ground != "iys" or state.iys.state is not IysState.GRANTED:
        return Decided(Outcome.REFUSED, "L-NO-GROUND")
    over = tuple(refusal.seq for refusal in line.standing if refusal.at < act.at)
    released = b.ConsentReleased(**_of(key), over=over, **msgspec.structs.asdict(command))
    return Decided(Outcome.RECORDED, None, (released,), act.seq)

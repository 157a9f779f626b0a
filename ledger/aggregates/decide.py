"""`decide(key, state, command)`: which events follow, or why none (consent.md C4, C5, C8). Pure."""

from typing import Any, Final, assert_never

import msgspec

from ledger.aggregates import bodies as b
from ledger.aggregates import commands as c
from ledger.aggregates.commands import Command, Origin, RecordAct
from ledger.aggregates.consent import ASSIGNED_FOR, Act, Consent, PersonLine, act_of, person_line
from ledger.aggregates.judging import judge_grant, judge_refusal, twin_of, why_not_granted
from ledger.aggregates.keys import ConsentKey
from ledger.clock import WIRE_DATE, WIRE_DAY, from_iys_text, utc_text
from ledger.vocabulary import (
    EARLIEST_CONSENT_DATE,
    Basis,
    ConsentSource,
    ConsentStatus,
    DatePrecision,
    IysState,
    Outcome,
)

DECLARABLE_SOURCES: Final = frozenset(
    source.value for source in ConsentSource if not source.is_recipients_own
)

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
    twin = twin_of(state, act)
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
    undated = command.consent_date is None
    dated_by_us = undated or any(code in command.defects for code in ASSIGNED_FOR)
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
        retailer_access=command.retailer_access,
        sub_channel=command.sub_channel,
        text=command.text,
        notice=command.notice,
        reason=command.reason,
        defect=command.defects,
        **_listing_only(command),
    )


def _listing_only(command: RecordAct) -> dict[str, Any]:  # members of MerchantListed alone
    return {} if command.status is not None else {"basis_kind": command.basis_kind}


def _of(key: ConsentKey) -> dict[str, Any]:  # the key's members, to be spread into a body
    return {
        "brand": key.brand_code,
        "recipient_type": key.recipient_type,
        "channel": key.channel,
        "subject": str(key.subject),
    }


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
    at = _shown_at(command, own=own)
    if at is None and status is ConsentStatus.GRANTED:
        return None  # without any date it could be from before a refusal
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
            at=at or command.at,
            consent_date=command.consent_date,
            source=command.source,
            provenance=provenance,
        ),
    )
    act = act_of(body, seq=state.version + 2, position=0)
    if any(_same_movement(known, act) for known in state.acts):
        return None
    return msgspec.structs.replace(body, not_pushed="L-AT-IYS")


def _shown_at(command: c.SeeAtIys, *, own: bool) -> str | None:
    """C4: an `IYS_*` act counts from İYS's creationDate (a closed line carries an old consentDate,
    R52), a provider's from its consentDate. None where nothing tells: a refusal of the recipient's
    own without creationDate counts from now."""
    dates = (command.creation_date, command.consent_date)
    if own and command.state is IysState.REFUSED:
        dates = (command.creation_date, None)
    for date in dates if own else reversed(dates):
        if date is not None:
            return utc_text(from_iys_text(date))
    return None


def _same_movement(known: Act, act: Act) -> bool:
    if known.status is not act.status or known.retracted:
        return False
    if act.is_recipients_own:
        return (known.source, known.at, known.basis) == (act.source, act.at, Basis.IYS)
    words = (act.consent_date, act.source)
    return act.consent_date is not None and words in (
        (known.consent_date, known.source),
        *known.former,
    )


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
    if act.basis is Basis.IYS:
        return Decided(Outcome.REFUSED, "L-NOT-CORRECTABLE")  # İYS's word is no mistake of ours
    if isinstance(command, c.RetractAct):
        retracted = b.ConsentRetracted(**_of(key), **msgspec.structs.asdict(command))
        return Decided(Outcome.RECORDED, None, (retracted,), act.seq)
    if command.field not in ("consent_date", "source"):
        return Decided(Outcome.REFUSED, "L-NOT-CORRECTABLE")
    if command.field == "source" and command.is_now not in DECLARABLE_SOURCES:
        return Decided(Outcome.REFUSED, "H119")
    effective_at = command.effective_at
    if command.field == "consent_date" and command.is_now is not None:
        judged = _judge_date(act, command.is_now, command.at)
        if isinstance(judged, Decided):
            return judged
        effective_at = judged
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
        effective_at=effective_at,
    )
    return Decided(Outcome.RECORDED, None, (corrected,), act.seq)


def _judge_date(act: Act, date: str, now: str) -> str | Decided:
    """The instant of a corrected date in İYS's form; a consent's must keep R22."""
    is_day = act.precision is DatePrecision.DAY
    if not (WIRE_DAY if is_day else WIRE_DATE).fullmatch(date):
        return Decided(Outcome.REFUSED, "H158")
    time = "23:59:59" if act.status is ConsentStatus.REFUSED else "00:00:00"
    text = f"{date} {time}" if is_day else date
    granted = act.status is not ConsentStatus.REFUSED
    try:
        effective_at = utc_text(from_iys_text(text))
    except (ValueError, OverflowError):
        return Decided(Outcome.REFUSED, "H157")
    if granted and text < EARLIEST_CONSENT_DATE:
        return Decided(Outcome.REFUSED, "H156")
    if granted and act.source is ConsentSource.HS_2015 and text != EARLIEST_CONSENT_DATE:
        return Decided(Outcome.REFUSED, "H155")
    if effective_at > now:
        return Decided(Outcome.REFUSED, "H162")
    return effective_at


def _release(key: ConsentKey, state: Consent, command: c.ReleaseGrant) -> Decided:
    line = person_line(state.acts)
    act = next((act for act in line.held if act.seq == command.of), None)
    if act is None:
        return Decided(Outcome.REFUSED, "L-NOT-HELD")
    over = [refusal for refusal in line.standing if refusal.at < act.at]
    if any(refusal.closes_line for refusal in over):
        return Decided(Outcome.REFUSED, "L-LINE-CLOSED")
    if command.ground == "evidence":
        if act.evidence_at is None or any(act.evidence_at <= refusal.at for refusal in over):
            return Decided(Outcome.REFUSED, "L-EVIDENCE-MISSING")
        if command.approved_by in (None, command.actor):
            return Decided(Outcome.REFUSED, "L-SECOND-PERSON")
    elif command.ground != "iys" or not all(_answered_at_iys(state, ret) for ret in over):
        return Decided(Outcome.REFUSED, "L-NO-GROUND")
    released = b.ConsentReleased(
        **_of(key),
        over=tuple(refusal.seq for refusal in over),
        **msgspec.structs.asdict(command),
    )
    return Decided(Outcome.RECORDED, None, (released,), act.seq)


def _answered_at_iys(state: Consent, refusal: Act) -> bool:
    """Whether İYS knew the refusal and shows a consent dated after it (C4.4)."""
    iys = state.iys
    if iys.state is not IysState.GRANTED or iys.consent_date is None or not refusal.known_to_iys:
        return False
    return from_iys_text(iys.consent_date).timestamp() > refusal.at

"""Corrections, retractions and releases: what two persons may change (consent.md C3, C4)."""

from typing import Final, TypeVar

import msgspec

from ledger.aggregates import bodies as b
from ledger.aggregates import commands as c
from ledger.aggregates.acts import Decided, members_of
from ledger.aggregates.consent import BASIS, Act, Consent, evolve, person_line
from ledger.aggregates.judging import HELD
from ledger.aggregates.keys import ConsentKey
from ledger.clock import WIRE_DATE, WIRE_DAY, from_iys_text, utc_text, utc_text_of_seconds
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
    source.value
    for source in ConsentSource
    if source.is_word_of_iys and not source.is_recipients_own
)

Freeing = TypeVar("Freeing", b.ConsentEvidenceAdded, b.ConsentReleased)
"""What may free a held consent."""


def mend(key: ConsentKey, state: Consent, command: c.CorrectAct | c.RetractAct) -> Decided:
    act = next((act for act in state.acts if act.seq == command.of), None)
    if act is None or act.retracted:
        return Decided(Outcome.REFUSED, "L-NO-SUCH-ACT")
    if command.approved_by == command.actor:
        return Decided(Outcome.REFUSED, "L-SECOND-PERSON")
    if act.basis is Basis.IYS:
        return Decided(Outcome.REFUSED, "L-NOT-CORRECTABLE")  # İYS's word is no mistake of ours
    if isinstance(command, c.RetractAct):
        retracted = b.ConsentRetracted(**members_of(key), **msgspec.structs.asdict(command))
        return Decided(Outcome.RECORDED, None, (retracted,), act.seq)
    if command.field == BASIS and act.basis is Basis.DECLARED:
        return Decided(Outcome.ALREADY, act_seq=act.seq)
    # Only a file's acts can be vouched for, and only in this direction (C6 row 11d).
    vouched = command.field == BASIS and command.is_now == Basis.DECLARED and act.imported
    if command.field not in ("consent_date", "source") and not vouched:
        return Decided(Outcome.REFUSED, "L-NOT-CORRECTABLE")
    if command.field == "source" and command.is_now not in DECLARABLE_SOURCES:
        return Decided(Outcome.REFUSED, "H119")
    effective_at = command.effective_at
    if command.field == "consent_date" and command.is_now is not None:
        judged = _judge_date(act, command.is_now, command.at)
        if isinstance(judged, Decided):
            return judged
        effective_at = judged
    was = {"consent_date": act.consent_date, "source": act.source, BASIS: act.basis}
    corrected = b.ConsentCorrected(
        **members_of(key),
        of=act.seq,
        corrected_field=command.field,
        was=was[command.field],
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


def release(key: ConsentKey, state: Consent, command: c.ReleaseGrant) -> Decided:
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
        **members_of(key),
        over=tuple(refusal.seq for refusal in over),
        **msgspec.structs.asdict(command),
    )
    return Decided(Outcome.RECORDED, None, (queuing(state, released),), act.seq)


def queuing(state: Consent, body: Freeing) -> Freeing:
    """The body, with the consent that it frees from a refusal where İYS has to be told of it: held
    until now, a capture of ours, and what the person's line comes to (C4, R20)."""
    if isinstance(body, b.ConsentReleased) and body.ground == "iys":
        return body  # it shows one
    after = evolve(state, body, seq=state.version + 1, position=0)
    act = person_line(after.acts).act
    if act is None or act.seq != body.of or act.status is not ConsentStatus.GRANTED:
        return body
    if act.not_pushed != HELD or act.basis is not Basis.OWN_CAPTURE or act.consent_date is None:
        return body
    at = utc_text_of_seconds(act.at)
    queued = b.Queued(act.position, at, act.consent_date, act.source)
    return msgspec.structs.replace(body, queued=queued)


def _answered_at_iys(state: Consent, refusal: Act) -> bool:
    """Whether İYS knew the refusal and shows a consent dated after it (C4.4)."""
    iys = state.iys
    if iys.state is not IysState.GRANTED or iys.consent_date is None or not refusal.known_to_iys:
        return False
    return from_iys_text(iys.consent_date).timestamp() > refusal.at

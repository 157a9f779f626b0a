"""The rules of C5 and C8 behind `decide`: what is the same act, what is kept out, and what a
recorded act's outcome is. Pure."""

from typing import Final

from msgspec import structs

from ledger.aggregates.commands import Origin, RecordAct
from ledger.aggregates.consent import Act, Consent, PersonLine, person_line
from ledger.vocabulary import ConsentStatus, DatePrecision, Outcome

KEPT: Final = "L-RET-KEPT"
"""Why a refusal that is in force in spite of a defect is not for İYS."""

HELD: Final = "L-HELD-OVER-RET"
"""Why a consent that cannot lift a refusal is not for İYS, until it can."""
UNPUSHABLE_FOR_EVER: Final = ("H180",)

CANNOT_LIFT: Final = {Origin.LIVE: "L-RET-STANDS", Origin.FILE: "L-IMPORT-CANNOT-REVIVE"}
"""Why a grant later than a standing refusal is kept out, by the door it came in (C5, C8)."""

WARNINGS_SHOWN: Final = (
    *("H180", "H126", "L-LANDLINE", "L-KURUMSAL"),
    *("L-EVIDENCE-UNKNOWN", "L-TEXT-UNKNOWN", "L-FIELD-UNKNOWN", "L-FIELD"),
)
"""Warnings that make an outcome `warned`; others are only a code beside `recorded`."""


def twin_of(state: Consent, act: Act, *, is_sound: bool) -> Act | None:
    """The same act, recorded before. `is_sound`: it comes without a defect; what was kept in spite
    of one is then another act, for İYS was not told of it.

    An instant that we assigned is no mark of an act: there only the same row of the same file is
    the same act. A grant is known again after a correction or retraction; a refusal counts anew.
    """
    words = (act.consent_date, act.source)
    for known in state.acts:
        if known.status is not act.status:
            continue
        if act.ref is not None or known.ref is not None:
            same = bool(act.ref) and known.ref == act.ref
        elif act.status is ConsentStatus.REFUSED:
            same = (known.consent_date, known.source) == words
        else:
            same = words in ((known.consent_date, known.source), *known.former)
        was_kept = is_sound and known.not_pushed == KEPT
        counts_anew = act.status is ConsentStatus.REFUSED and (known.retracted or was_kept)
        if same and not counts_anew and known.precision is act.precision:
            return known
    return None


def why_not_granted(state: Consent, act: Act, before: PersonLine, command: RecordAct) -> str | None:
    """The code of the rule that keeps a grant or listing out, or None."""
    refusals = [
        known
        for known in state.acts
        if known.status is ConsentStatus.REFUSED and not known.retracted
    ]
    if any(known.at == act.at for known in refusals):
        return "H178"
    origin = command.provenance.origin
    if act.status is None:
        # R11: source and date are optional for the first record of a merchant only. Rows of files
        # have no order (C8): there a listing is earlier than every consent (C4) and stands beside
        # it; refusals, which are recorded first, keep it out in any order.
        if refusals if origin in (Origin.FILE, Origin.DECLARED) else state.acts:
            return "H463" if act.source is None else "H462"
        return None
    if origin is Origin.LIVE and any(
        known.closes_line and known.at < act.at for known in before.standing
    ):
        return "L-LINE-CLOSED"  # a new holder's: generations.py, never the old person's line (R35)
    # With evidence it is held for a second person; without, the giver must know at once (C5).
    bare = origin is Origin.LIVE and act.evidence_at is None
    over = any(act.at > refusal.at for refusal in before.standing)
    return CANNOT_LIFT[origin] if over and (bare or origin is Origin.FILE) else None


def judge_grant(
    command: RecordAct, act: Act, state: Consent, after: PersonLine
) -> tuple[Outcome, str | None, str | None]:
    """Outcome, code, and why it is not for İYS, of a grant or listing that is recorded."""
    origin = command.provenance.origin
    unpushable = _not_for_iys(command)
    if act in after.held:
        why = unpushable if unpushable in UNPUSHABLE_FOR_EVER else HELD
        return Outcome.HELD, HELD, why
    if act.status is None and state.acts:
        unpushable = unpushable or "L-HISTORY"  # İYS takes a listing as the first record only
    elif any(_overtakes(known, act) for known in state.acts):
        return Outcome.HISTORY, "L-HISTORY", unpushable or "L-HISTORY"
    shown = [code for code in WARNINGS_SHOWN if code in command.warnings]
    if shown:
        return Outcome.WARNED, shown[0], unpushable
    codes = (*(["L-LATE"] if command.late and origin is Origin.FILE else []), *command.warnings)
    return Outcome.RECORDED, codes[0] if codes else None, unpushable


def _overtakes(known: Act, act: Act) -> bool:
    # A listing is no act, whatever its date: no consent is older than one (C2, C4).
    return known.status is not None and known.at >= act.at and not known.retracted


def judge_refusal(
    command: RecordAct, act: Act, before: PersonLine, after: PersonLine
) -> tuple[Outcome, str | None, str | None]:
    """Outcome, code, and why it is not for İYS, of a refusal: always recorded (C5)."""
    unpushable = _not_for_iys(command)
    if command.defects:
        return Outcome.SUPPRESSED, KEPT, KEPT
    # İYS has to learn of one of them (R31): an older one is history where a newer is told to it.
    overtaken = any(
        known.at >= act.at and (known.not_pushed is None or known.known_to_iys)
        for known in before.standing
    )
    if act not in after.standing or overtaken:
        return Outcome.HISTORY, "L-HISTORY", unpushable or "L-HISTORY"
    shown = [code for code in WARNINGS_SHOWN if code in command.warnings]
    if shown:
        return Outcome.WARNED, shown[0], unpushable
    return Outcome.RECORDED, command.warnings[0] if command.warnings else None, unpushable


def judged_first(state: Consent, act: Act, command: RecordAct) -> tuple[Outcome, str | None]:
    """Outcome and code that an act had when it was recorded, of the same row come again (C8).

    Judged over the acts before it; whether it was late then is what was recorded of it.
    """
    earlier = Consent(acts=tuple(known for known in state.acts if known.seq < act.seq))
    before, after = person_line(earlier.acts), person_line((*earlier.acts, act))
    if act.status is ConsentStatus.REFUSED:
        return judge_refusal(command, act, before, after)[:2]
    then = structs.replace(command, late=act.not_pushed == "L-LATE")
    return judge_grant(then, act, earlier, after)[:2]


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
    # C7: what was captured live stays queued, overdue or not; a file's is asked for first.
    return "L-LATE" if command.late and command.provenance.origin is Origin.FILE else None

"""May I send? A pure function of both lines and the circumstances (consent.md C6).

The first row that matches wins; the row numbers stand beside the code. Nothing is ever permitted on
a declaration alone, nor on İYS knowledge that is too old.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from ledger.aggregates.consent import Consent, PersonLine, person_line
from ledger.calendar import deadlines
from ledger.vocabulary import (
    Basis,
    Channel,
    ConsentSource,
    ConsentStatus,
    IysState,
    RecipientType,
    SeenHow,
)

_CLOSED: Final = ConsentSource.IYS_AHS_HAT_KAPATMA

IYS_AGE_MAX: Final = timedelta(hours=72)
IYS_AGE_WARNING: Final = timedelta(hours=24)
REGISTERED_BY: Final = (SeenHow.ANSWER, SeenHow.RESULT)
"""Exchanges in which İYS took what we sent."""


class Purpose(StrEnum):
    """What the message is for (R17, R19)."""

    COMMERCIAL = "COMMERCIAL"
    EXEMPT = "EXEMPT"
    CONSENT_REQUEST = "CONSENT_REQUEST"


class ExemptGround(StrEnum):
    """The legal grounds on which a message needs no consent (R19); `mixed` content has none."""

    CONTACT_GIVEN = "CONTACT_GIVEN"
    CONTRACT = "CONTRACT"
    LEGAL_DUTY = "LEGAL_DUTY"
    CAPITAL_MARKET = "CAPITAL_MARKET"


class VerdictKind(StrEnum):
    """The verdicts; clients test `permitted`, since verdicts may grow."""

    PERMITTED = "PERMITTED"
    EXEMPT = "EXEMPT"
    INVALID_ADDRESS = "INVALID_ADDRESS"
    BRAND_CLOSED = "BRAND_CLOSED"
    NO_CONSENT = "NO_CONSENT"
    SUPPRESSED = "SUPPRESSED"
    REFUSED = "REFUSED"
    NOT_YET_REGISTERED = "NOT_YET_REGISTERED"
    IYS_UNCONFIRMED = "IYS_UNCONFIRMED"
    IYS_DISAGREES = "IYS_DISAGREES"
    IYS_STALE = "IYS_STALE"
    LAPSED = "LAPSED"
    REJECTED_BY_IYS = "REJECTED_BY_IYS"
    DEALER_NOT_ALLOWED = "DEALER_NOT_ALLOWED"


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked, and what the ledger knows around the consent itself.

    `address_fault`: BAD_FORMAT or KIND. `suppressed`: LIST, RESTRICTED or ERASED.
    `iys_complete_at`: up to when İYS's movements of the brand and channel are known.
    `dealer_allowed`: whether the calling dealer has access now; True where no dealer asks.
    """

    channel: Channel
    recipient_type: RecipientType
    now: datetime
    purpose: Purpose = Purpose.COMMERCIAL
    ground: ExemptGround | None = None
    address_fault: str | None = None
    brand_closed: bool = False
    suppressed: str | None = None
    iys_complete_at: datetime | None = None
    iys_age_max: timedelta = IYS_AGE_MAX
    dealer_allowed: bool = True
    merchant_basis: bool = False
    refused_as_individual: bool = False


class Verdict(msgspec.Struct, frozen=True):
    """The answer. `row` is that of C6's table; `warnings` do not change `permitted`."""

    permitted: bool
    kind: VerdictKind
    reason: str | None
    row: str
    warnings: tuple[str, ...] = ()


def may_send(state: Consent, question: Question) -> Verdict:
    """Judge one send by C6."""
    line = person_line(state.acts)
    if question.purpose is Purpose.EXEMPT and question.ground is not None:
        return _exempt(state, line, question)
    verdict = _commercial(state, line, question)
    asks = question.purpose is Purpose.CONSENT_REQUEST
    if asks and not verdict.permitted and verdict.row not in ("1", "2"):
        return _no(VerdictKind.NO_CONSENT, "CONSENT_REQUEST_FORBIDDEN", "3")
    return verdict


def _exempt(state: Consent, line: PersonLine, question: Question) -> Verdict:
    unusable = _unusable(question)
    if unusable is not None:
        return unusable
    if _line_closed(state, line):
        return _no(VerdictKind.EXEMPT, "LINE_CLOSED", "4")
    warnings = ("REFUSED",) if line.status is ConsentStatus.REFUSED else ()
    return Verdict(True, VerdictKind.EXEMPT, question.ground, "4", warnings)


def _unusable(question: Question) -> Verdict | None:
    if question.address_fault is not None:
        return _no(VerdictKind.INVALID_ADDRESS, question.address_fault, "1")
    if question.brand_closed:
        return _no(VerdictKind.BRAND_CLOSED, None, "2")
    return None


def _commercial(state: Consent, line: PersonLine, question: Question) -> Verdict:
    barred = _unusable(question)
    if barred is None and question.suppressed is not None:
        barred = _no(VerdictKind.SUPPRESSED, question.suppressed, "5")
    if barred is None:
        barred = _refused(state, line) or _not_confirmed(state, line, question)
    if barred is not None:
        return barred
    # Rows 12–14: İYS shows a consent; is that still worth anything, and for this caller?
    if question.iys_complete_at is None:
        return _no(VerdictKind.IYS_STALE, "NEVER_COMPLETE", "12")
    age = question.now - question.iys_complete_at
    if age > question.iys_age_max:
        return _no(VerdictKind.IYS_STALE, f"{int(age.total_seconds() // 3600)}H", "12")
    warnings = ["IYS_OLD"] if age > IYS_AGE_WARNING else []
    if not question.dealer_allowed:
        return _no(VerdictKind.DEALER_NOT_ALLOWED, None, "14")
    if line.is_merchant_listing or question.recipient_type is RecipientType.MERCHANT:
        warnings += [] if question.merchant_basis else ["NO_MERCHANT_BASIS"]
        warnings += ["REFUSED_AS_INDIVIDUAL"] if question.refused_as_individual else []
        return Verdict(True, VerdictKind.PERMITTED, "MERCHANT", "15", tuple(warnings))
    return Verdict(True, VerdictKind.PERMITTED, _ground(state, line), "16", tuple(warnings))


def _line_closed(state: Consent, line: PersonLine) -> bool:
    """Whether the line is closed and nobody has acted on it since (R35)."""
    iys = state.iys
    closed_at_iys = (iys.state, iys.source) == (IysState.REFUSED, _CLOSED)
    return line.line_closed or (line.act is None and closed_at_iys)


def _refused(state: Consent, line: PersonLine) -> Verdict | None:
    """Rows 6–10: a refusal in force, whoever knows of it. Row 10 goes before row 7, which would
    otherwise leave it nothing: a held consent always stands behind a refusal."""
    if _line_closed(state, line):
        return _no(VerdictKind.REFUSED, "LINE_CLOSED", "6")
    iys = state.iys
    if line.status is ConsentStatus.REFUSED:
        notices = ("FOREIGN_HS_ONAY",) if _is_foreign(state) else ()
        last = max(refusal.at for refusal in line.standing)
        if any(held.at > last for held in line.held):
            return Verdict(False, VerdictKind.REFUSED, "HELD_OVER_RET", "10", notices)
        return Verdict(False, VerdictKind.REFUSED, _ret_reason(state, line), "7", notices)
    act = line.act
    if act is None or iys.state is not IysState.REFUSED:
        return None
    if iys.consent_date is None:
        newer = iys.at is None or iys.at >= act.at
    else:
        newer = act.consent_date is None or iys.consent_date >= act.consent_date
    if newer or iys.accepted == act.seq:
        return _no(VerdictKind.REFUSED, "RET_AT_IYS", "8")
    return _no(VerdictKind.NOT_YET_REGISTERED, "OVER_IYS_RET", "9")


def _ret_reason(state: Consent, line: PersonLine) -> str:
    act = line.act
    assert act is not None
    declared = act.not_pushed == "L-DECLARED"  # by its export İYS has it
    if state.iys.state is IysState.REFUSED or act.basis is Basis.IYS or declared:
        return "RET_AT_IYS"
    if act.not_pushed is None and state.iys.state is not IysState.REJECTED:
        return "RET_QUEUED"
    return "RET_IYS_WONT_TAKE"


def _not_confirmed(state: Consent, line: PersonLine, question: Question) -> Verdict | None:
    """Rows 11a–11f: no act, or İYS does not show the consent."""
    act, iys = line.act, state.iys
    if act is None:
        if iys.state is IysState.GRANTED:
            return _no(VerdictKind.IYS_DISAGREES, "FOREIGN_HS_ONAY", "11e")
        if question.recipient_type is RecipientType.MERCHANT:
            return _no(VerdictKind.NO_CONSENT, "MERCHANT_NOT_REGISTERED", "11b")
        return _no(VerdictKind.NO_CONSENT, "NEVER_SEEN", "11a")
    match iys.state:
        case IysState.GRANTED:
            if _is_ours(state, line):
                return None
            return _no(VerdictKind.IYS_DISAGREES, "FOREIGN_HS_ONAY", "11e")
        case IysState.QUEUED | IysState.SUBMITTED:
            return _no(VerdictKind.NOT_YET_REGISTERED, iys.state.value, "11c")
        case IysState.NOT_GRANTED if iys.pending is None:
            return _no(VerdictKind.IYS_DISAGREES, "NOT_ONAY_AT_IYS", "11e")
        case IysState.VOID if iys.pending is None:
            return _no(VerdictKind.LAPSED, iys.code, "11f")
        case IysState.REJECTED if iys.pending is None:
            return _no(VerdictKind.REJECTED_BY_IYS, iys.code, "11f")
    if iys.pending is not None:
        overdue = deadlines(_instant(act.at, question)).iys_reading < question.now
        return _no(VerdictKind.NOT_YET_REGISTERED, "OVERDUE" if overdue else "QUEUED", "11c")
    reason = "DECLARED" if act.basis is Basis.DECLARED else "UNDECLARED"
    return _no(VerdictKind.IYS_UNCONFIRMED, reason, "11d")


def _instant(at_seconds: int, question: Question) -> datetime:
    if at_seconds < 0:  # an undated listing has no clock running
        return question.now
    return datetime.fromtimestamp(at_seconds, question.now.tzinfo)


def _is_ours(state: Consent, line: PersonLine) -> bool:
    """Whether the ONAY that İYS shows is one we can prove, or the recipient's own."""
    iys, acts = state.iys, [act for act in state.acts if not act.retracted]
    if iys.carried:
        return False  # the former holder's
    refused_at = [act.at for act in acts if act.status is ConsentStatus.REFUSED]
    granted = [act for act in acts if act.status is not ConsentStatus.REFUSED]
    valid = [act for act in granted if all(act.at > at for at in refused_at)]
    if any(act.seq == iys.accepted for act in valid) or iys.how is SeenHow.SNAPSHOT:
        return True
    if iys.source is None or iys.source.is_recipients_own:
        return True  # without a source İYS only confirms what it was asked
    return iys.consent_date is not None and any(
        act.consent_date == iys.consent_date for act in granted
    )


def _is_foreign(state: Consent) -> bool:
    """Whether İYS shows an `HS_*` ONAY that is none of our acts."""
    iys = state.iys
    if iys.state is not IysState.GRANTED or (iys.source and iys.source.is_recipients_own):
        return False
    granted = [
        act for act in state.acts if not act.retracted and act.status is not ConsentStatus.REFUSED
    ]
    known = {act.consent_date for act in granted} - {None}
    return iys.consent_date not in known and iys.accepted not in {act.seq for act in granted}


def _ground(state: Consent, line: PersonLine) -> str:
    assert line.act is not None
    if line.act.is_recipients_own and line.act.basis is Basis.IYS:
        return "CITIZEN_AT_IYS"
    return "REGISTERED" if state.iys.how in REGISTERED_BY else "CONFIRMED_BY_IYS"


def _no(kind: VerdictKind, reason: str | None, row: str) -> Verdict:
    return Verdict(False, kind, reason, row)

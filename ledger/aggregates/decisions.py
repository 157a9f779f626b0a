"""May I send? A pure function of both lines and the circumstances (consent.md C6).

The first row that matches wins; the row numbers stand beside the code. Nothing is ever permitted on
a declaration alone, nor on İYS knowledge that is too old.
"""

from bisect import bisect
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from ledger.aggregates.consent import Consent
from ledger.aggregates.standing import SHOWN, Standing, standing
from ledger.calendar import deadlines
from ledger.vocabulary import Channel, RecipientType

IYS_AGE_MAX: Final = timedelta(hours=72)
WAITING_SECONDS_MAX: Final = 60 * 86_400
"""No deadline is further away than this, whatever the holidays."""
IYS_AGE_WARNING: Final = timedelta(hours=24)


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
    refused_as_individual: bool = False


class Verdict(msgspec.Struct, frozen=True):
    """The answer. `row` is that of C6's table; `warnings` do not change `permitted`."""

    permitted: bool
    kind: VerdictKind
    reason: str | None
    row: str
    warnings: tuple[str, ...] = ()


KIND_BY_ROW: Final = {
    "6": VerdictKind.REFUSED,
    "7": VerdictKind.REFUSED,
    "8": VerdictKind.REFUSED,
    "9": VerdictKind.NOT_YET_REGISTERED,
    "10": VerdictKind.REFUSED,
    "11a": VerdictKind.NO_CONSENT,
    "11b": VerdictKind.NO_CONSENT,
    "11c": VerdictKind.NOT_YET_REGISTERED,
    "11d": VerdictKind.IYS_UNCONFIRMED,
    "11e": VerdictKind.IYS_DISAGREES,
    "11f": VerdictKind.REJECTED_BY_IYS,
}
"""Rows that the consent alone decides; `11f` with H467, which makes a grant void, is LAPSED."""


def may_send(state: Consent, question: Question) -> Verdict:
    """Judge one send by C6."""
    return judge(standing(state, question.recipient_type), question)


def judge(where: Standing, question: Question) -> Verdict:
    """Judge one send by C6 from where the consent stands."""
    if question.purpose is Purpose.EXEMPT and question.ground is not None:
        return _exempt(where, question)
    verdict = _commercial(where, question)
    asks = question.purpose is Purpose.CONSENT_REQUEST
    if asks and not verdict.permitted and verdict.row not in ("1", "2"):
        return _no(VerdictKind.NO_CONSENT, "CONSENT_REQUEST_FORBIDDEN", "3")
    return verdict


def is_overdue(waiting_at: int, now: datetime) -> bool:
    """Whether İYS's deadline of an act of that instant, Unix seconds, is over (C7)."""
    return deadlines(datetime.fromtimestamp(waiting_at, now.tzinfo)).iys_reading < now


def overdue_before(now: datetime) -> int:
    """Unix seconds: what is waiting since before is overdue now, what came later is not."""
    latest = int(now.timestamp()) + 1
    instants = range(latest - WAITING_SECONDS_MAX, latest)
    return instants[0] + bisect(instants, False, key=lambda at: not is_overdue(at, now))


def _exempt(where: Standing, question: Question) -> Verdict:
    unusable = _unusable(question)
    if unusable is not None:
        return unusable
    if where.line_closed:
        return _no(VerdictKind.EXEMPT, "LINE_CLOSED", "4")
    warnings = ("REFUSED",) if where.refused else ()
    return Verdict(True, VerdictKind.EXEMPT, question.ground, "4", warnings)


def _unusable(question: Question) -> Verdict | None:
    if question.address_fault is not None:
        return _no(VerdictKind.INVALID_ADDRESS, question.address_fault, "1")
    if question.brand_closed:
        return _no(VerdictKind.BRAND_CLOSED, None, "2")
    return None


def _commercial(where: Standing, question: Question) -> Verdict:
    barred = _unusable(question)
    if barred is None and question.suppressed is not None:
        barred = _no(VerdictKind.SUPPRESSED, question.suppressed, "5")
    if barred is None and where.row != SHOWN:
        barred = _stands(where, question)
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
    if where.listing or question.recipient_type is RecipientType.MERCHANT:
        warnings += [] if where.merchant_basis else ["NO_MERCHANT_BASIS"]
        warnings += ["REFUSED_AS_INDIVIDUAL"] if question.refused_as_individual else []
        return Verdict(True, VerdictKind.PERMITTED, "MERCHANT", "15", tuple(warnings))
    return Verdict(True, VerdictKind.PERMITTED, where.reason, SHOWN, tuple(warnings))


def _stands(where: Standing, question: Question) -> Verdict:
    """Rows 6–11f: what the consent alone decides, and whether what waits is late."""
    kind, reason = KIND_BY_ROW[where.row], where.reason
    if where.row == "11f" and reason == "H467":
        kind = VerdictKind.LAPSED
    if where.waiting_at is not None and is_overdue(where.waiting_at, question.now):
        reason = "OVERDUE"
    notices = ("FOREIGN_HS_ONAY",) if where.foreign else ()
    return Verdict(False, kind, reason, where.row, notices)


def _no(kind: VerdictKind, reason: str | None, row: str) -> Verdict:
    return Verdict(False, kind, reason, row)

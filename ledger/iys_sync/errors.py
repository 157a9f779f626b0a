"""How İYS says no, or nothing (iys/api.md §1, §13; R28): classes of answers and what is raised.

IysFailure           a call did not give what it was for
  IysUnreachable     no connection, no answer, or none that can be read; repetitions are over
  IysHalted          no token is to be asked for before some instant (H084)
  IysBusy            an hour's quota is used up, or the 70 % guard holds the call back
  IysAccount         nothing will succeed before people act: credentials, rights, subscription
  IysRefused         İYS does not take what was sent
"""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum, auto
from http import HTTPStatus
from typing import Final

from ledger.errors import LedgerError
from ledger.values import Value


class IysError(Value, frozen=True):
    """One entry of İYS's `errors`: never its value or message, which may hold an address.

    `location`: names of members and places in lists; `index`: place in the list sent, from 0.
    """

    code: str
    location: tuple[str | int, ...] = ()
    index: int | None = None


class IysFailure(LedgerError):
    """A call did not give what it was for.

    `may_have_happened`: a write that İYS may have carried out, in this try or an earlier one of the
    same call: look it up before it is judged or sent again.
    """

    turkish_kind = "İYS"

    def __init__(self, text: str, turkish: str, *, may_have_happened: bool = False) -> None:
        super().__init__(text, turkish)
        self.may_have_happened = may_have_happened


class IysUnreachable(IysFailure):
    """İYS gave no answer that can be read.

    `kind`: connect, timeout, cut; http_5xx, busy; unreadable, too_large, foreign (not İYS's word);
    token (a log-in got no answer), lock (another process logs in), store (our database went away).
    """

    def __init__(self, kind: str, may_have_happened: bool = False) -> None:
        super().__init__(
            f"İYS gave no usable answer: {kind}",
            f"kullanılabilir bir yanıt alınamadı ({kind})",
            may_have_happened=may_have_happened,
        )
        self.kind = kind


class IysHalted(IysFailure):
    """The hour's log-ins are used up; asking before `until` would begin the hour anew (H084)."""

    def __init__(self, until: datetime, why: str = "H084", *, may_have_happened: bool = False):
        super().__init__(
            f"no token before {until.isoformat()}: {why}",
            f"{until.isoformat()} öncesinde jeton istenmeyecek ({why})",
            may_have_happened=may_have_happened,
        )
        self.until = until
        self.why = why


class IysBusy(IysFailure):
    """Not now: H084, H086, H089 when that hour's calls are used up, `GUARD` when too many calls
    failed in the last 24 hours for a risky one. Nothing was sent, or İYS turned it away."""

    def __init__(self, until: datetime, code: str, *, may_have_happened: bool = False) -> None:
        super().__init__(
            f"not before {until.isoformat()}: {code}",
            f"{until.isoformat()} öncesinde çağrılmayacak ({code})",
            may_have_happened=may_have_happened,
        )
        self.until = until
        self.code = code


class IysAccount(IysFailure):
    """İYS does not work for this account; `code`: İYS's or OAuth's own, else `HTTP403`."""

    def __init__(self, code: str, http_status: int, *, may_have_happened: bool = False) -> None:
        super().__init__(
            f"the account at İYS cannot do this: {code} ({http_status})",
            f"İYS hesabıyla bu yapılamıyor: {code} ({http_status})",
            may_have_happened=may_have_happened,
        )
        self.code = code
        self.http_status = http_status


class IysRefused(IysFailure):
    """İYS does not take what was sent; `errors` has at least one entry."""

    def __init__(
        self, http_status: int, errors: Sequence[IysError], *, may_have_happened: bool = False
    ) -> None:
        codes = ", ".join(sorted({one.code for one in errors}))
        super().__init__(
            f"refused by İYS: {codes} ({http_status})",
            f"kabul edilmedi: {codes} ({http_status})",
            may_have_happened=may_have_happened,
        )
        self.http_status = http_status
        self.errors = tuple(errors)


class AnswerClass(Enum):
    """What to do about an answer that is no success (R28)."""

    RETRY = auto()
    """Later, unchanged."""
    HALT = auto()
    """Ask for no token for an hour."""
    WAIT = auto()
    """The hour of this kind of call is used up."""
    LOG_IN = auto()
    """The token does not count any more."""
    ACCOUNT = auto()
    REFUSED = auto()
    UNREADABLE = auto()
    """Not İYS's word: of a proxy, or of another service."""


HALTING: Final = "H084"
HOURLY: Final = frozenset({"H086", "H089"})
LOG_IN_CODES: Final = frozenset({"H351"})
RETRY_CODES: Final = frozenset(
    {"H015", "H083", "H101", "H102", "H103", "H123", "H124", "H179", "H192", "H412", "H470"}
    | {"H476"}
)
"""İYS's own list of what to send again (§13.1); H476 is worded as H470 is."""
ONE_ANSWER: Final = frozenset({"unreadable", "too_large"})
"""Kinds of IysUnreachable in which İYS did answer: other questions may well be answered."""
ACCOUNT_CODES: Final = frozenset(
    {"H520", "H521", "H522", "H524", "H525", "H586", "H353", "H355", "H363", "H437"}  # rights
    | {"H001", "H018", "H031", "H129", "H195", "H196", "H245", "H268"}  # whom it is asked about
    | {"H250", "H251", "H252"}  # credentials
)

NOT_THE_ACCOUNTS: Final = frozenset({"H180"})
"""A retailer's code that is none of the brand's: 403, but of one consent."""
_BY_STATUS: Final[dict[int, AnswerClass]] = {
    HTTPStatus.UNAUTHORIZED: AnswerClass.LOG_IN,
    HTTPStatus.FORBIDDEN: AnswerClass.ACCOUNT,  # without a code, a firewall's (§1)
    HTTPStatus.REQUEST_TIMEOUT: AnswerClass.RETRY,
    HTTPStatus.TOO_MANY_REQUESTS: AnswerClass.RETRY,
}


def class_of(http_status: int, errors: Sequence[IysError]) -> AnswerClass:
    """What an answer outside 2xx calls for. The gravest code decides: where one entry concerns the
    account, nothing is said of what was sent."""
    codes = {one.code for one in errors}
    if HALTING in codes:
        return AnswerClass.HALT
    if codes & HOURLY:
        return AnswerClass.WAIT
    if codes & LOG_IN_CODES:
        return AnswerClass.LOG_IN
    if codes & ACCOUNT_CODES:
        return AnswerClass.ACCOUNT
    if http_status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return AnswerClass.RETRY
    if http_status in _BY_STATUS and not codes & NOT_THE_ACCOUNTS:
        return _BY_STATUS[http_status]
    if codes:
        return AnswerClass.RETRY if codes <= RETRY_CODES else AnswerClass.REFUSED
    return AnswerClass.UNREADABLE

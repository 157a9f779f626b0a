"""What İYS's no to an act of ours means, and whether what it shows is that act (R28, R32). Pure."""

from collections.abc import Sequence
from enum import Enum, auto
from typing import Final, Protocol

from ledger.iys_sync.errors import ACCOUNT_CODES, RETRY_CODES, IysError
from ledger.iys_sync.wire import Movement
from ledger.vocabulary import ConsentSource, ConsentStatus

LATE: Final = "H467"
"""Three business days are over (R21)."""
UNKNOWN_TRIES_MAX: Final = 5
"""Tries of what is refused with a code that we do not know; then the no is final."""

DOUBTFUL: Final = frozenset({"H174", "H178"})
"""İYS holds as much already, or something newer: perhaps this very act, its answer lost."""
TERMINAL: Final = frozenset(
    {"H175", "H408", "H462", "H463", "H467", "H486"}  # by what İYS holds, or the clock
    | {"H110", "H111", "H112", "H113", "H114", "H115", "H116", "H117", "H118", "H119"}
    | {"H120", "H121", "H122", "H155", "H156", "H157", "H158", "H160", "H166"}
    | {"H126", "H163", "H180", "H266", "H267"}  # retailers
)
"""The same act would be refused again, whenever it is sent."""
EARLY: Final = "H162"
"""İYS's clock is behind ours: what it calls the future now, it takes in some minutes (C7)."""


class Verdict(Enum):
    """What becomes of an act that İYS refused."""

    FINAL = auto()
    LOOK_UP = auto()
    """Ask İYS what it holds before the no is believed."""
    LATER = auto()
    HALT = auto()
    """Not the act's fault, but the account's."""


class Sent(Protocol):
    """An act with the words it was sent with, in İYS's spelling."""

    @property
    def consent_status(self) -> str: ...
    @property
    def consent_date(self) -> str | None: ...
    @property
    def source(self) -> str | None: ...


def judge(code: str, *, is_uncertain: bool, tries: int) -> Verdict:
    """Judge one code. `is_uncertain`: an earlier sending of the act may have been taken, so that no
    refusal counts before İYS was asked; `tries`: failures before this one."""
    if code in ACCOUNT_CODES:
        return Verdict.HALT
    is_known = code in TERMINAL or code in DOUBTFUL
    if code in RETRY_CODES or code == EARLY or (not is_known and tries < UNKNOWN_TRIES_MAX):
        return Verdict.LATER
    return Verdict.LOOK_UP if is_uncertain or code in DOUBTFUL else Verdict.FINAL


def gravest(errors: Sequence[IysError]) -> str:
    """Of several codes for one act the one that decides: a final no before one that may pass."""
    codes = [one.code for one in errors]
    order = (ACCOUNT_CODES, TERMINAL, DOUBTFUL)
    return next((code for kind in order for code in codes if code in kind), codes[0])


def is_shown(sent: Sent, movement: Movement) -> bool:
    """Whether what İYS holds is this very act: status, date and source, word for word."""
    shown = (movement.status.value, movement.consent_date or None, movement.source or None)
    return shown == (sent.consent_status, sent.consent_date, sent.source)


def wants_decision(sent: Sent, code: str) -> bool:
    """Whether a refusal that came too late may be told as the provider's own decision (R32)."""
    is_refusal = sent.consent_status == ConsentStatus.REFUSED.value
    return is_refusal and code == LATE and sent.source != ConsentSource.HS_KARAR.value

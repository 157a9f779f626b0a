"""What a bulk status list says of a consent, laid over its İYS line (consent.md C9; R58). Pure.

No event of the consent's own stream tells it: one event stands for the whole list. So the line is
completed where it is read. A list knows ONAY or not, no dates: it never replaces a line that says
the same and more, and never one that İYS has shown since.
"""

from typing import Final

from msgspec import structs

from ledger.aggregates.consent import Consent
from ledger.aggregates.iys_line import IysLine
from ledger.clock import from_iys_text, from_utc_text, utc_text_of_seconds
from ledger.values import Value
from ledger.vocabulary import IysState, SeenHow

_MOVEMENTS: Final = (SeenHow.PULL, SeenHow.PUSH, SeenHow.DAY_FILE)
"""Exchanges that show what happened at some instant; the others show what holds while asked."""
_TOLD_BY_ABSENCE: Final = (IysState.UNKNOWN, IysState.GRANTED)
"""Lines that the absence from a list changes; all others go with it and say more."""

_CONFIRMED: Final = "16 CONFIRMED_BY_IYS"
_ABSENT: Final = "11e NOT_ONAY_AT_IYS"
_GONE_WITH_ABSENCE: Final = ("11e FOREIGN_HS_ONAY", "16")
"""Standings on an ONAY at İYS: whether a list overrides it, only the state tells."""


class Listing(Value, frozen=True, gc=False):
    """A list's word on one consent. `granted`: İYS listed it; else it has a RET or nothing.
    `asked_at`: Unix seconds of the request."""

    granted: bool
    asked_at: int


def overlaid(state: Consent, listing: Listing) -> Consent:
    """The state with its İYS line as the list leaves it."""
    line = state.iys
    if listing.granted:
        tells_more = line.state is not IysState.GRANTED
    else:
        tells_more = line.state in _TOLD_BY_ABSENCE
    if not tells_more or _shown_at(line) >= listing.asked_at:
        return state
    shown = IysLine(
        state=IysState.GRANTED if listing.granted else IysState.NOT_GRANTED,
        seen_at=utc_text_of_seconds(listing.asked_at),
        how=SeenHow.SNAPSHOT,
        at=listing.asked_at,
        pending=line.pending,
        accepted=line.accepted,
    )
    return structs.replace(state, iys=shown)


def overlaid_text(text: str, *, granted: bool) -> str | None:
    """A standing's text with the list's word, None where only the state tells.

    Nearly all are told by their text: what a file declared and a list confirms or not, and what a
    list agrees with.
    """
    row, reason, *flags = text.split(" ")
    if row == "11d":
        return " ".join((_CONFIRMED if granted else _ABSENT, *flags))
    if not granted:
        on_grant = text.startswith(_GONE_WITH_ABSENCE) or "f" in "".join(flags)
        return None if on_grant else text
    shown_already = row == "16" or f"{row} {reason}" == "11e FOREIGN_HS_ONAY"
    return text if shown_already else None


def _shown_at(line: IysLine) -> float:
    """Unix seconds of what the line knows: a movement's own instant, else when İYS was asked."""
    if line.how is None or line.state is IysState.UNKNOWN or line.seen_at is None:
        return float("-inf")
    if line.how in _MOVEMENTS and line.creation_date is not None:
        return from_iys_text(line.creation_date).timestamp()
    return from_utc_text(line.seen_at).timestamp()

"""Where a consent stands by itself, before anybody asks: rows 6–11 and 16 of consent.md C6. Pure.

Kept beside every stored state as a short text, so that a filter judges a million addresses without
opening a million states.
"""

from typing import Final

import msgspec

from ledger.aggregates.consent import Act, Consent, PersonLine, person_line
from ledger.vocabulary import (
    Basis,
    ConsentSource,
    ConsentStatus,
    IysState,
    RecipientType,
    SeenHow,
)

REGISTERED_BY: Final = (SeenHow.ANSWER, SeenHow.RESULT)
"""Exchanges in which İYS took what we sent."""
REFUSED_ROWS: Final = ("6", "7", "8", "10")
SHOWN: Final = "16"
"""The row of a consent that İYS shows."""

_CLOSED: Final = ConsentSource.IYS_AHS_HAT_KAPATMA


class Standing(msgspec.Struct, frozen=True, gc=False):
    """The first row of C6 that the consent alone decides, and what other rows ask of it.

    `row` 16 says only that İYS shows the consent; rows 12–15 come before it. `waiting_at`: Unix
    seconds of the act that waits for İYS and is overdue at its deadline, None where none is.
    """

    row: str
    reason: str | None = None
    line_closed: bool = False
    refused: bool = False
    listing: bool = False
    merchant_basis: bool = False
    foreign: bool = False
    waiting_at: int | None = None

    @property
    def text(self) -> str:
        """`row reason flags`, all but `waiting_at`; the inverse is `standing_of_text`."""
        flags = "".join(letter for letter, name in _FLAGS.items() if getattr(self, name))
        return f"{self.row} {self.reason or '-'} {flags}".rstrip()


NEVER_SEEN: Final = Standing("11a", "NEVER_SEEN")
_FLAGS: Final = {
    "c": "line_closed",
    "r": "refused",
    "l": "listing",
    "b": "merchant_basis",
    "f": "foreign",
}


def standing_of_text(text: str, waiting_at: int | None = None) -> Standing:
    """A standing from its text. Raises ValueError."""
    row, reason, *flags = text.split(" ")
    named = {_FLAGS[letter]: True for letter in "".join(flags)}
    return Standing(row, None if reason == "-" else reason, waiting_at=waiting_at, **named)


def is_refusal(text: str) -> bool:
    """Whether a standing's text is that of a refusal in force, a held consent's among them."""
    return text.partition(" ")[0] in REFUSED_ROWS


def standing(state: Consent, recipient_type: RecipientType) -> Standing:
    """Judge the consent alone."""
    line = person_line(state.acts)
    found = _refused(state, line) or _not_confirmed(state, line, recipient_type)
    return msgspec.structs.replace(
        found or Standing(SHOWN, _ground(state, line)),
        line_closed=_line_closed(state, line),
        refused=line.status is ConsentStatus.REFUSED,
        listing=line.is_merchant_listing,
        merchant_basis=any(act.merchant_basis and not act.retracted for act in state.acts),
    )


_of_one_act: dict[tuple[object, ...], tuple[str, bool]] = {}


def stored_standing(state: Consent, recipient_type: RecipientType) -> tuple[str, int | None]:
    """`text` and `waiting_at` as they are kept beside the state.

    A consent of one act that İYS was never asked about, as a file brings them by the million, has
    few ways to stand: they are remembered.
    """
    if len(state.acts) == 1 and state.iys.how is None and state.iys.state is IysState.UNKNOWN:
        act = state.acts[0]
        waits = state.iys.pending is not None
        features = (
            act.status,
            act.basis,
            act.source is _CLOSED,
            act.not_pushed,
            act.merchant_basis,
            act.retracted,
            waits,
            act.at >= 0,  # an undated listing has no clock running
            recipient_type,
        )
        known = _of_one_act.get(features)
        if known is None:
            found = standing(state, recipient_type)
            known = _of_one_act[features] = (found.text, found.waiting_at is not None)
        return known[0], act.at if known[1] else None
    found = standing(state, recipient_type)
    return found.text, found.waiting_at


def _line_closed(state: Consent, line: PersonLine) -> bool:
    """Whether the line is closed and nobody has acted on it since (R35)."""
    iys = state.iys
    closed_at_iys = (iys.state, iys.source) == (IysState.REFUSED, _CLOSED)
    return line.line_closed or (line.act is None and closed_at_iys)


def _refused(state: Consent, line: PersonLine) -> Standing | None:
    """Rows 6–10: a refusal in force, whoever knows of it. Row 10 goes before row 7, which would
    otherwise leave it nothing: a held consent always stands behind a refusal."""
    if _line_closed(state, line):
        return Standing("6", "LINE_CLOSED")
    iys = state.iys
    if line.status is ConsentStatus.REFUSED:
        foreign = _is_foreign(state)
        last = max(refusal.at for refusal in line.standing)
        if any(held.at > last for held in line.held):
            return Standing("10", "HELD_OVER_RET", foreign=foreign)
        return Standing("7", _ret_reason(state, line), foreign=foreign)
    act = line.act
    if act is None or iys.state is not IysState.REFUSED:
        return None
    if iys.consent_date is None:
        newer = iys.at is None or iys.at >= act.at
    else:
        newer = act.consent_date is None or iys.consent_date >= act.consent_date
    if newer or iys.accepted == act.seq:
        return Standing("8", "RET_AT_IYS")
    return Standing("9", "OVER_IYS_RET")


def _ret_reason(state: Consent, line: PersonLine) -> str:
    act = line.act
    assert act is not None
    declared = act.not_pushed == "L-DECLARED"  # by its export İYS has it
    if state.iys.state is IysState.REFUSED or act.basis is Basis.IYS or declared:
        return "RET_AT_IYS"
    if act.not_pushed is None and state.iys.state is not IysState.REJECTED:
        return "RET_QUEUED"
    return "RET_IYS_WONT_TAKE"


def _not_confirmed(state: Consent, line: PersonLine, kind: RecipientType) -> Standing | None:
    """Rows 11a–11f: no act, or İYS does not show the consent."""
    act, iys = line.act, state.iys
    if act is None:
        if iys.state is IysState.GRANTED:
            return Standing("11e", "FOREIGN_HS_ONAY")
        if kind is RecipientType.MERCHANT:
            return Standing("11b", "MERCHANT_NOT_REGISTERED")
        return NEVER_SEEN
    match iys.state:
        case IysState.GRANTED:
            return None if _is_ours(state) else Standing("11e", "FOREIGN_HS_ONAY")
        case IysState.QUEUED | IysState.SUBMITTED:
            return Standing("11c", iys.state.value)
        case IysState.NOT_GRANTED if iys.pending is None:
            return Standing("11e", "NOT_ONAY_AT_IYS")
        case IysState.VOID | IysState.REJECTED if iys.pending is None:
            return Standing("11f", iys.code)
    if iys.pending is not None:
        # An undated listing has no clock running.
        return Standing("11c", "QUEUED", waiting_at=act.at if act.at >= 0 else None)
    return Standing("11d", "DECLARED" if act.basis is Basis.DECLARED else "UNDECLARED")


def _is_ours(state: Consent) -> bool:
    """Whether the ONAY that İYS shows is one we can prove, or the recipient's own."""
    iys, acts = state.iys, [act for act in state.acts if not act.retracted]
    if iys.carried:
        return False  # the former holder's
    refused_at = [act.at for act in acts if act.status is ConsentStatus.REFUSED]
    granted = _granted(state)
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
    granted = _granted(state)
    if iys.how is SeenHow.SNAPSHOT:
        return not granted  # a list has no dates to know an act by
    known = {act.consent_date for act in granted} - {None}
    return iys.consent_date not in known and iys.accepted not in {act.seq for act in granted}


def _granted(state: Consent) -> list[Act]:
    """Consents and listings that were not taken back."""
    return [
        act for act in state.acts if not act.retracted and act.status is not ConsentStatus.REFUSED
    ]


def _ground(state: Consent, line: PersonLine) -> str:
    assert line.act is not None
    if line.act.is_recipients_own and line.act.basis is Basis.IYS:
        return "CITIZEN_AT_IYS"
    return "REGISTERED" if state.iys.how in REGISTERED_BY else "CONFIRMED_BY_IYS"

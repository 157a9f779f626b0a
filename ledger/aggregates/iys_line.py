"""The İYS line: what İYS last showed for a key, verbatim (consent.md C2)."""

import msgspec
from msgspec import structs

from ledger.aggregates import bodies as b
from ledger.clock import from_utc_text
from ledger.vocabulary import ConsentSource, IysState, SeenHow


class IysLine(msgspec.Struct, frozen=True, gc=False, array_like=True, omit_defaults=True):
    """What İYS last showed, verbatim; `at` is Unix seconds of its creation or of our seeing.

    `pending` is the `seq` of our newest act that still waits for İYS's word; `accepted` that of the
    newest one İYS took; `carried`: shown for the address's former holder (R35).
    """

    state: IysState = IysState.UNKNOWN
    code: str | None = None
    consent_date: str | None = None
    source: ConsentSource | None = None
    creation_date: str | None = None
    seen_at: str | None = None
    how: SeenHow | None = None
    at: int | None = None
    pending: int | None = None
    accepted: int | None = None
    carried: bool = False


def seen(line: IysLine, body: b.IysSeen) -> IysLine:
    """The line after İYS showed something."""
    answered = body.of is not None and is_answer(body)
    pending = None if answered and line.pending == body.of else line.pending
    accepted = max(line.accepted or 0, body.of or 0) if answered else line.accepted
    if (body.creation_date or "9999") < (line.creation_date or ""):
        # An older movement that comes again, or late, does not turn the line back (R52).
        return structs.replace(line, pending=pending, accepted=accepted)
    return IysLine(
        state=body.state,
        code=body.code,
        consent_date=body.consent_date,
        source=body.source,
        creation_date=body.creation_date,
        seen_at=body.seen_at,
        how=body.how,
        at=int(from_utc_text(body.at).timestamp()),
        pending=pending,
        accepted=accepted,
        carried=body.carried_from is not None,
    )


def refused(line: IysLine, body: b.IysRefused) -> IysLine:
    """The line after İYS gave its final no."""
    # An older act's no leaves the line to the newer act that still waits.
    if line.pending is not None and line.pending != body.of:
        return line
    state = IysState.VOID if body.code == "H467" else IysState.REJECTED
    if line.state in (IysState.GRANTED, IysState.REFUSED):
        state = line.state  # İYS would not take the new act; what it held before stands
    return structs.replace(
        line,
        state=state,
        code=body.code,
        seen_at=body.at,
        how=body.how,
        pending=None,
    )


def is_answer(body: b.IysSeen) -> bool:
    """Whether İYS took the act, rather than has it on its way."""
    return body.state not in (IysState.QUEUED, IysState.SUBMITTED)  # these are on their way

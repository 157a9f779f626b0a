"""What is answered. Clients test `permitted`; verdicts, reasons and members may grow."""

from typing import Any, Final, Literal

import msgspec

from ledger.vocabulary import Channel, ConsentStatus, Outcome, RecipientType

ItemOutcome = Literal["recorded", "already", "history", "held", "suppressed", "refused"]
"""What became of an item (C5). A warning is a code beside `recorded`."""
OUTCOMES: Final[dict[Outcome, ItemOutcome]] = {
    Outcome.RECORDED: "recorded",
    Outcome.WARNED: "recorded",
    Outcome.ALREADY: "already",
    Outcome.HISTORY: "history",
    Outcome.HELD: "held",
    Outcome.SUPPRESSED: "suppressed",
    Outcome.REFUSED: "refused",
}
"""As they are told of an item; only verdicts on a file's rows know `warned` (C8)."""


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """Base of every answer. A reader ignores members that it does not know."""


class Receipt(Answered, frozen=True, kw_only=True):
    """Where an act stands in the log. `leafHash`: 64 hex digits; `recordedAt`: UTC."""

    eventId: str  # noqa: N815  # İYS's style, here and below
    position: int
    leafHash: str  # noqa: N815
    recordedAt: str  # noqa: N815


class Due(Answered, frozen=True, kw_only=True):
    """İYS's deadline by three readings, UTC (C7)."""

    internal: str
    iysReading: str  # noqa: N815
    legalLatest: str  # noqa: N815


class IysShown(Answered, frozen=True, kw_only=True):
    """What İYS holds, as far as it showed us."""

    state: str
    due: Due | None = None


class IysLine(IysShown, frozen=True, kw_only=True):
    """As `IysShown`, all of it."""

    shown: str
    code: str | None = None
    consentDate: str | None = None  # noqa: N815
    creationDate: str | None = None  # noqa: N815
    seenAt: str | None = None  # noqa: N815
    how: str | None = None


class StatusAnswer(Answered, frozen=True, kw_only=True):
    """Both lines of one consent and the verdict on a send."""

    status: ConsentStatus | None
    verdict: str
    reason: str | None
    permitted: bool
    consentDate: str | None  # noqa: N815
    source: str | None
    position: int | None
    code: str | None = None
    warnings: tuple[str, ...] = ()
    consentDateUtc: str | None = None  # noqa: N815
    held: int = 0
    generations: int = 0
    suppressed: str | None = None
    iysSeenAt: str | None = None  # noqa: N815
    iys: IysLine | None = None
    receipt: Receipt | None = None


class HistoryEvent(Answered, frozen=True, kw_only=True, omit_defaults=True):
    """One event with its four dates, UTC; `iysRegisteredAt` in İYS's form. `listed`: whether İYS
    listed the consent, of a bulk status list (`iys.snapshot`)."""

    position: int
    eventId: str  # noqa: N815
    type: str
    seq: int
    actedAt: str | None  # noqa: N815
    receivedAt: str | None  # noqa: N815
    recordedAt: str  # noqa: N815
    iysRegisteredAt: str | None  # noqa: N815
    leafHash: str  # noqa: N815
    body: dict[str, Any]  # the event's body as it stands in the log
    listed: bool | None = None


class HistoryAnswer(Answered, frozen=True, kw_only=True):
    """The events of the open generation, in the order of the log."""

    generations: int
    events: tuple[HistoryEvent, ...]


class StateShown(Answered, frozen=True, kw_only=True):
    """Where the consent stands once the item was taken in."""

    status: ConsentStatus | None
    permitted: bool
    verdict: str
    reason: str | None


class ItemAnswer(Answered, frozen=True, kw_only=True, omit_defaults=True):
    """What became of one item on one channel. `message` is Turkish, or English if asked for."""

    index: int
    outcome: ItemOutcome
    id: str | None = None
    type: Channel | None = None
    code: str | None = None
    message: str | None = None
    pointer: str | None = None
    nearest: str | None = None
    standingSince: str | None = None  # noqa: N815  # with L-RET-STANDS: the refusal's date
    receipt: Receipt | None = None
    state: StateShown | None = None
    iys: IysShown | None = None


class ConsentsAnswer(Answered, frozen=True, kw_only=True):
    """One entry for each item and channel, in input order."""

    items: tuple[ItemAnswer, ...]


class RefusalTaken(Answered, frozen=True, kw_only=True, omit_defaults=True):
    """The refusal on one brand, channel and recipient type: in force."""

    brandCode: int  # noqa: N815
    type: Channel
    recipientType: RecipientType  # noqa: N815
    outcome: ItemOutcome
    code: str | None = None
    message: str | None = None
    receipt: Receipt | None = None
    state: StateShown | None = None
    iys: IysShown | None = None


class RefusalsAnswer(Answered, frozen=True, kw_only=True):
    """`referred`: brands outside the key's scope; an officer of the provider decides on them.
    `warnings`: codes of what was wrong with the request and did not keep it out."""

    items: tuple[RefusalTaken, ...]
    referred: tuple[int, ...] = ()
    warnings: tuple[str, ...] = ()


class Verdict(Answered, frozen=True, kw_only=True, omit_defaults=True):
    """The answer on one intended message."""

    index: int
    permitted: bool
    verdict: str
    reason: str | None = None
    warnings: tuple[str, ...] = ()


class DecisionsAnswer(Answered, frozen=True, kw_only=True):
    """`position`: the log's end that was seen; `recheckBy`: ask again at the latest then (UTC)."""

    decisionId: str  # noqa: N815
    position: int
    iysSeenAt: str | None  # noqa: N815
    recheckBy: str  # noqa: N815
    items: tuple[Verdict, ...]


class RefusalSeen(Answered, frozen=True, kw_only=True, omit_defaults=True):
    """A refusal, or a suppression by the company itself: it is in force from `recordedAt` on.

    `event` is its type. A suppression without `type` bars on every channel; it bars whatever the
    recipient type, and stops by itself at `until` (UTC) where it has one.
    """

    position: int
    event: str
    recipient: str
    recordedAt: str  # noqa: N815
    type: Channel | None = None
    recipientType: RecipientType | None = None  # noqa: N815
    consentDate: str | None = None  # noqa: N815
    source: str | None = None
    until: str | None = None


class RefusalsPage(Answered, frozen=True, kw_only=True):
    """`next`: ask with `after` this; `more`: whether there is something behind it already."""

    items: tuple[RefusalSeen, ...]
    next: int
    more: bool


class ChangeSeen(RefusalSeen, frozen=True, kw_only=True, omit_defaults=True):
    """An event of a consent, or of the company's list of suppressions."""

    status: ConsentStatus | None = None


class ChangesPage(Answered, frozen=True, kw_only=True):
    """As RefusalsPage, of every event that concerns the brand's consents."""

    items: tuple[ChangeSeen, ...]
    next: int
    more: bool


class HealthAnswer(Answered, frozen=True, kw_only=True):
    """The process answers."""

    status: str


class ReadyAnswer(HealthAnswer, frozen=True, kw_only=True, omit_defaults=True):
    """`events`: the size of each provider's log; `since`: how long a follower has been failing;
    `warnings`: what holds nothing up and should not stay so, as codes."""

    events: dict[str, int] | None = None
    since: str | None = None
    warnings: tuple[str, ...] = ()


class ProblemAnswer(Answered, frozen=True, kw_only=True):
    """RFC 9457. `title` is Turkish, English if asked for; never an address."""

    type: str
    title: str
    status: int
    code: str
    pointer: str | None = None
    nearest: str | None = None

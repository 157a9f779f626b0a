"""What happened, event by event: the part of a report's facts that grows with the history."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ledger.vocabulary import Basis, ConsentSource, DatePrecision, IysState


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """One event with its four dates: olay, bize ulaşma, kayıt, damga.

    `position`: in the log. `source`, `state`, `code`: where the event has them.
    """

    position: int
    event_type: str
    acted_at: datetime | None
    received_at: datetime | None
    recorded_at: datetime
    stamped_at: datetime | None
    source: ConsentSource | None = None
    state: IysState | None = None
    code: str | None = None

    @property
    def gap(self) -> timedelta | None:
        """From olay to damga; None where one of them is unknown."""
        if self.acted_at is None or self.stamped_at is None:
            return None
        return self.stamped_at - self.acted_at


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceFile:
    """A piece of evidence. `kind`: as events have it. `sha256`: 64 hex digits."""

    kind: str
    name: str
    size_bytes: int
    sha256: str
    captured_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownText:
    """What the recipient was shown. `content`: all of it, None where only the digest is kept.

    `box_default`: how the box stood before the act, in words. `screenshot`: an attachment's name.
    """

    id: str
    version: str
    language: str
    sha256: str
    content: str | None
    box_default: str | None = None
    screenshot: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """The notice of the same day (R16). `outcome`: what is known of its delivery, in words."""

    sent_at: datetime
    outcome: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What the recipient did, as `consent.granted`, `consent.refused` or `merchant.listed` has it.

    `consent_date`: İYS's form, verbatim. `as_entered`: the address as it was typed, if opened.
    `number_verification`: how it was seen that the address is the recipient's, in words.
    """

    movement: Movement
    basis: Basis
    via: str
    actor: str
    consent_date: str | None
    date_precision: DatePrecision
    as_entered: str | None = field(default=None, repr=False)
    approved_by: str | None = None
    captured_at: datetime | None = None
    retailer: int | None = None
    merchant_basis: str | None = None
    evidence: tuple[EvidenceFile, ...] = ()
    text: ShownText | None = None
    notice: ShownText | None = None
    number_verification: str | None = None
    confirmation: Confirmation | None = None

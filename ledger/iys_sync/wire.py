"""What goes to İYS and what comes back, as values (iys/api.md §3, §5–§7).

Reading an answer is `reading.py`'s. Nothing here is a name of a person: `citizenName` is dropped
before anything is made of an answer. What holds an address shows only its own name.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

import msgspec

from ledger.values import Discreet, Value
from ledger.vocabulary import BrandCode, Channel, ConsentSource, ConsentStatus, RecipientType

BULK_ITEMS_MAX: Final = 1_000
RECIPIENTS_MAX: Final = 1_000
PULL_MAX: Final = 1_000


class PullSource(StrEnum):
    """Whose movements: those the provider sent, or those recipients made at İYS (§5.10)."""

    PROVIDER = "HS"
    IYS = "IYS"


class Outgoing(Discreet, frozen=True):
    """A consent as İYS takes it (§3.1). `consent_date`: in İYS's form, Turkish time; it and
    `source` may be absent for a merchant's first record only."""

    recipient: str
    channel: Channel
    recipient_type: RecipientType
    status: ConsentStatus
    source: ConsentSource | None = None
    consent_date: str | None = None
    retailer: int | None = None
    retailer_access: tuple[int, ...] = ()


class Added(Value, frozen=True):
    """A single add that is stored. `digest`: SHA-256 of the answer's bytes, 64 hex digits."""

    transaction_id: str
    creation_date: str
    digest: str


class BulkAccepted(Value, frozen=True):
    """A list that was taken; nothing of it is written yet."""

    request_id: str
    digest: str


class BulkOutcome(StrEnum):
    """What became of one item of a list."""

    SUCCESS = "success"
    FAILURE = "failure"
    QUEUED = "enqueue"


class BulkItem(Value, frozen=True):
    """One item. `index`: its place in the list, from 0; `code`: why it failed."""

    index: int
    outcome: BulkOutcome
    transaction_id: str | None = None
    creation_date: str | None = None
    code: str | None = None


class Results(Value, frozen=True):
    """What is known of a list, by index; without items nothing is known yet (R24)."""

    items: tuple[BulkItem, ...]
    digest: str


class Movement(Discreet, frozen=True):
    """One movement, or where a consent stands. `source`: İYS's word, maybe one that we do not know;
    `digest`: SHA-256 of this movement's own bytes, `citizenName` taken out."""

    recipient: str
    recipient_type: RecipientType
    channel: Channel
    status: ConsentStatus
    creation_date: str
    transaction_id: str
    consent_date: str | None
    source: str | None
    digest: str


class Page(Value, frozen=True):
    """Movements, the oldest first. `after`: where the next page begins; None when there were none
    and the cursor stays where it was."""

    after: str | None
    movements: tuple[Movement, ...]


class Granted(Discreet, frozen=True):
    """Who of those asked about has granted; refused and unknown are both absent. The digests are
    SHA-256 of what was sent and of what came."""

    request_id: str | None
    recipients: frozenset[str]
    digest_of_request: str
    digest: str


class SummaryRow(Value, frozen=True):
    """A day's movements of one channel and one side."""

    channel: Channel
    side: PullSource
    approvals: int
    rejections: int
    pending: int
    total: int


class Summary(Value, frozen=True):
    """A day's movements of one recipient type; final when nothing is pending."""

    pending: int
    total: int
    rows: tuple[SummaryRow, ...]


class Agreement(Value, frozen=True):
    """How far İYS is with a day. `process_status`: queued, inprogress, completed, error;
    `hash_value`: lower-case hex."""

    process_status: str
    hash_value: str | None
    hash_method: str | None
    agreed: bool


class BrandAtIys(Value, frozen=True):
    """A brand with İYS's counts of its consents; a count is None where the answer has none."""

    brand_code: BrandCode
    name: str
    is_main: bool
    approvals: int | None
    rejections: int | None
    total: int | None


class Subscription(Value, frozen=True):
    """The package. `consent_limit` and `used` are absent for an integrator; dates as İYS has
    them."""

    status: str
    package: str | None
    subscription_id: str | None
    starts_on: str | None
    expires_on: str | None
    consent_limit: int | None
    used: int | None
    may_exceed: bool | None


class IntegratorRight(Value, frozen=True):
    """What an integrator may do for a brand. `writes`: channels whose right is `write`."""

    brand_code: BrandCode
    iys_code: int
    name: str
    is_main: bool
    writes: frozenset[Channel]
    agreement_control: bool


class PushConnection(Value, frozen=True):
    """A registered push of one channel; `is_active`: İYS reached it."""

    url: str
    channel: Channel
    registered_at: str | None
    is_active: bool


def body_of(consent: Outgoing) -> bytes:
    """One consent as JSON; what is absent is left out, never null or empty (H266, H267)."""
    return msgspec.json.encode(_members(consent))


def body_of_list(consents: Sequence[Outgoing]) -> bytes:
    """1…1000 consents as a JSON array. Equal lists give equal bytes: V2 knows them again."""
    if not 0 < len(consents) <= BULK_ITEMS_MAX:
        raise ValueError(f"1..{BULK_ITEMS_MAX} consents, got {len(consents)}")
    return msgspec.json.encode([_members(one) for one in consents])


def _members(consent: Outgoing) -> dict[str, object]:
    members: dict[str, object] = {
        "recipient": consent.recipient,
        "type": consent.channel.value,
        "status": consent.status.value,
        "recipientType": consent.recipient_type.value,
    }
    if consent.source is not None:
        members["source"] = consent.source.value
    if consent.consent_date is not None:
        members["consentDate"] = consent.consent_date
    if consent.retailer is not None:
        members["retailerCode"] = consent.retailer
    if consent.retailer_access:
        members["retailerAccess"] = list(consent.retailer_access)
    return members

"""What may be asked, in İYS's own names and values. Members that nobody knows are refused."""

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from ledger.vocabulary import Channel, ConsentSource, ConsentStatus, RecipientType

ITEMS_MAX: Final = 10_000
BRANDS_MAX: Final = 1_000
RECIPIENT_CHARACTERS_MAX: Final = 2_000
"""Far more than any address has: what is longer is a mistake, not an address."""

Recipient = Annotated[
    str,
    Meta(
        max_length=RECIPIENT_CHARACTERS_MAX,
        description="Telefon (E.164 ya da alışılmış yazım) veya e-posta / phone or mailbox",
        examples=["+905010000101"],
    ),
]
Time = Annotated[
    str,
    Meta(
        max_length=40,
        description="`2026-11-22 10:15:00` (Türkiye saati / Turkish time) or RFC 3339 with offset",
        examples=["2026-11-22 10:15:00"],
    ),
]
# Said, not held to: another word is refused by a code of its own.
_PURPOSES: Final = Meta(extra_json_schema={"enum": ["COMMERCIAL", "EXEMPT", "CONSENT_REQUEST"]})
_GROUNDS: Final = Meta(
    extra_json_schema={
        "enum": ["CONTACT_GIVEN", "CONTRACT", "LEGAL_DUTY", "CAPITAL_MARKET", "MIXED"]
    }
)
Campaign = Annotated[str, Meta(pattern="^[A-Za-z0-9._-]{1,64}$", description="An identifier")]
ItemId = Annotated[str, Meta(min_length=1, max_length=200)]


class Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of every request. It may hold an address: its repr shows its name only."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


class HistoryRequest(Asked, frozen=True, kw_only=True):
    """Whose events are asked for."""

    recipient: Recipient
    type: Channel
    recipientType: RecipientType = RecipientType.INDIVIDUAL  # noqa: N815  # İYS's name


class StatusRequest(HistoryRequest, frozen=True, kw_only=True):
    """`at`: as of which instant; `knownAt`: by what was recorded until then."""

    at: Time | None = None
    knownAt: Time | None = None  # noqa: N815  # İYS's style


class ProofRequest(Asked, frozen=True, kw_only=True):
    """Whose evidence is asked for. `at`: the message's instant; `case`: what is known of the
    complaint; `withEvidence`: the pieces themselves go into the bundle."""

    brandCode: int  # noqa: N815  # İYS's name
    recipient: Recipient
    type: Channel
    recipientType: RecipientType = RecipientType.INDIVIDUAL  # noqa: N815  # İYS's name
    at: Time | None = None
    case: dict[str, str] | None = None
    withEvidence: bool = False  # noqa: N815  # İYS's style


class TextNamed(Asked, frozen=True, kw_only=True):
    """A registered consent text or notice."""

    id: str
    version: str


class ConsentItem(Asked, frozen=True, kw_only=True):
    """One consent or refusal as it was taken. What is wrong with one is said of this one only.

    `types` instead of `type` where one act speaks of several channels. `receivedAt`: when it
    reached the sender (R30). `id`: the giver's own; the same id is recorded once.
    """

    recipient: Recipient
    status: ConsentStatus
    source: ConsentSource | None = None
    consentDate: Time | None = None  # noqa: N815  # İYS's name
    type: Channel | None = None
    types: Annotated[tuple[Channel, ...], Meta(max_length=3)] = ()
    recipientType: RecipientType = RecipientType.INDIVIDUAL  # noqa: N815
    id: ItemId | None = None
    receivedAt: Time | None = None  # noqa: N815
    retailerCode: Annotated[int, Meta(ge=0, le=2**53 - 1)] | None = None  # noqa: N815
    retailerAccess: Annotated[tuple[int, ...], Meta(max_length=100)] = ()  # noqa: N815
    evidenceId: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")] | None = None  # noqa: N815
    text: TextNamed | None = None


class ConsentsRequest(Asked, frozen=True, kw_only=True):
    """Many at once; a single one may stand as the body itself."""

    items: Annotated[tuple[ConsentItem, ...], Meta(min_length=1, max_length=ITEMS_MAX)]


class RefusalRequest(Asked, frozen=True, kw_only=True):
    """Somebody wants no more messages: on all channels and of all brands, unless it is said.

    `via`: how it came: sms, call, email, web, app, store, post, social or a code of your own;
    `reference`: your own note, which goes to the vault.
    """

    recipient: Recipient
    types: Annotated[tuple[Channel, ...], Meta(max_length=3)] = ()
    brands: Annotated[
        tuple[Annotated[int, Meta(ge=1, le=2**53 - 1)], ...], Meta(max_length=BRANDS_MAX)
    ] = ()
    receivedAt: Time | None = None  # noqa: N815
    via: Annotated[str, Meta(max_length=64)] = "api"
    reference: Annotated[str, Meta(max_length=1000)] | None = None
    id: ItemId | None = None


class DecisionItem(Asked, frozen=True, kw_only=True):
    """One intended message."""

    recipient: Recipient
    type: Channel
    recipientType: RecipientType = RecipientType.INDIVIDUAL  # noqa: N815


class DecisionsRequest(Asked, frozen=True, kw_only=True):
    """May these be sent? `ground` with purpose EXEMPT only (R19); MIXED content is commercial."""

    items: Annotated[tuple[DecisionItem, ...], Meta(min_length=1, max_length=ITEMS_MAX)]
    purpose: Annotated[str, _PURPOSES] = "COMMERCIAL"
    ground: Annotated[str, _GROUNDS] | None = None
    campaign: Campaign | None = None

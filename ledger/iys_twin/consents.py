"""The consent state machine of İYS (iys/api.md §4), pure: a consent, what is sent, the instant."""

import hashlib
from typing import Final

import msgspec

from ledger.iys_twin.settings import TwinSettings
from ledger.iys_twin.times import Wall
from ledger.vocabulary import ConsentSource, ConsentStatus, RecipientType

GRANTED: Final = ConsentStatus.GRANTED.value
REFUSED: Final = ConsentStatus.REFUSED.value
MERCHANT: Final = RecipientType.MERCHANT.value
DECISION: Final = ConsentSource.HS_KARAR.value
BEFORE_2015: Final = ConsentSource.HS_2015.value
IYS_PREFIX: Final = "IYS_"

ConsentKey = tuple[str, str]
"""Recipient type and channel: a brand keeps one book of recipients for each."""


class Sent(msgspec.Struct, frozen=True, gc=False):
    """A consent as a provider sent it, its fields checked. `consented`: None on undated TACIR."""

    recipient: str
    recipient_type: str
    channel: str
    consent_status: str
    consent_source: str | None
    consented: Wall | None
    retailer_code: int | None = None
    retailer_access: tuple[int, ...] | None = None

    @property
    def key(self) -> ConsentKey:
        """In which of the brand's books it stands."""
        return self.recipient_type, self.channel


class Movement(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One stored change of a consent. `before`: the status it replaced."""

    recipient: str
    recipient_type: str
    channel: str
    consent_status: str
    consent_source: str | None
    consented: Wall | None
    created: Wall
    before: str | None
    citizen_name: str | None = None

    @property
    def is_recipients_own(self) -> bool:
        """Whether the recipient made it at İYS."""
        return self.consent_source is not None and self.consent_source.startswith(IYS_PREFIX)


class Consent(msgspec.Struct):
    """What İYS holds for one recipient, recipient type and channel of a brand; oldest first."""

    movements: list[Movement]
    retailer_code: int | None = None
    retailer_access: tuple[int, ...] = ()

    @property
    def latest(self) -> Movement:
        """The movement that counts."""
        return self.movements[-1]

    @property
    def retailers(self) -> tuple[int, ...]:
        """Everyone who may use it, the mediating retailer first."""
        own = () if self.retailer_code is None else (self.retailer_code,)
        return (*own, *(code for code in self.retailer_access if code not in own))


def refused_by_state(sent: Sent, stored: Movement | None, settings: TwinSettings) -> str | None:
    """The code with which the state machine refuses, or None."""
    if stored is None:
        return _refused_first(sent, settings)
    if sent.recipient_type == MERCHANT:
        if sent.consented is None:
            return "H462"
        if sent.consent_source is None:
            return "H463"
    is_same = sent.consent_status == stored.consent_status
    if is_same and (sent.consent_status == REFUSED or not settings.grant_over_grant):
        return "H174"
    return "H178" if _is_older(sent, stored, settings) else None


def _refused_first(sent: Sent, settings: TwinSettings) -> str | None:
    codes = []
    if sent.consent_status == REFUSED:
        codes.append("H175")
    if sent.consent_source == DECISION:
        codes.append("H486")
    if not codes:
        return None
    return codes[-1] if settings.decision_first else codes[0]


def _is_older(sent: Sent, stored: Movement, settings: TwinSettings) -> bool:
    if sent.consented is None or stored.consented is None:
        return False
    if settings.equal_date_is_older:
        return sent.consented <= stored.consented
    return sent.consented < stored.consented


def is_repeat(sent: Sent, stored: Movement | None) -> bool:
    """Whether the very same consent is stored already (V2 bulk)."""
    return stored is not None and (
        (sent.consent_status, sent.consent_source, sent.consented)
        == (stored.consent_status, stored.consent_source, stored.consented)
    )


def transaction_id(brand_code: int, movement: Movement) -> str:
    """64 hex digits; equal for two movements of one address and channel in the same second.

    İYS's own formula is not published: only length, letters and this collision are like it.
    """
    parts = (brand_code, movement.recipient, movement.channel, movement.created)
    return hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()

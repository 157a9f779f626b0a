"""Refusals that reach beyond a key's brands: an officer of the provider decides on them (R33)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from ledger.values import Discreet
from ledger.vocabulary import BrandCode


class Referral(Discreet, frozen=True, gc=False):
    """A refusal for one brand that the key which brought it may not write to.

    `said`: the request's own members; it is sealed where it is kept.
    """

    id: UUID
    at: datetime
    actor: str
    brand_code: BrandCode
    said: dict[str, object]


class Referrals(Protocol):
    """What waits for an officer."""

    def refer(self, referrals: Sequence[Referral]) -> None:
        """Keep them; committed when this returns."""

    def waiting(self) -> Sequence[Referral]:
        """All that nobody has decided on, the oldest first."""

    def settle(self, referral: UUID, *, actor: str) -> bool:
        """It is decided; False where it was before."""

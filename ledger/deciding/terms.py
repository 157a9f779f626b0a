"""What a run of decisions may be for, judged from words as people and programs give them."""

from typing import Final

from ledger.addresses import names_somebody
from ledger.aggregates.decisions import ExemptGround, Purpose
from ledger.deciding.decision import Terms
from ledger.errors import InputRefused
from ledger.recording.ports import Brand

MIXED: Final = "MIXED"
"""Ground of an exempt message with something commercial in it: it is commercial then (R19)."""
CAMPAIGN_CHARACTERS_MAX: Final = 64

_IDENTIFIER: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")


def purpose_of(purpose: str, ground: str | None) -> tuple[Purpose, ExemptGround | None]:
    """The purpose and the ground of an exempt one (R19). Raises InputRefused L-PURPOSE."""
    if purpose not in set(Purpose) or (purpose == Purpose.EXEMPT) is not (ground is not None):
        raise InputRefused("L-PURPOSE", field="purpose")
    if ground is None:
        return Purpose(purpose), None
    if ground == MIXED:
        return Purpose.COMMERCIAL, None
    if ground not in set(ExemptGround):
        raise InputRefused("L-PURPOSE", field="ground")
    return Purpose.EXEMPT, ExemptGround(ground)


def expect_identifier(campaign: str) -> None:
    """A campaign's name stands in the log for ever: it must not be somebody's address.

    Raises InputRefused L-CAMPAIGN.
    """
    is_word = 1 <= len(campaign) <= CAMPAIGN_CHARACTERS_MAX and set(campaign) <= _IDENTIFIER
    if not is_word or names_somebody(campaign):
        raise InputRefused("L-CAMPAIGN", field="campaign")


def terms_of(
    brand: Brand, actor: str, purpose: str, ground: str | None, campaign: str | None
) -> Terms:
    """What a run is for. Raises InputRefused L-PURPOSE, L-CAMPAIGN."""
    if campaign is not None:
        expect_identifier(campaign)
    judged, exempt = purpose_of(purpose, ground)
    return Terms(brand, actor, purpose=judged, ground=exempt, campaign=campaign)

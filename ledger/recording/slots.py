"""The state of one consent while a batch is worked through."""

from dataclasses import dataclass

from ledger.aggregates.consent import Consent
from ledger.evidence import canonical
from ledger.recording.ports import StoredConsent


@dataclass(slots=True)
class Slot:
    """The state of one consent while a batch is worked through."""

    consent: Consent
    leaf_hash: str = canonical.ZERO_HASH
    position: int = 0
    is_new: bool = True
    changed: bool = False


def slot_of_stored(stored: StoredConsent) -> Slot:
    """As the store has it."""
    return Slot(stored.consent, stored.leaf_hash.hex(), stored.position, is_new=False)

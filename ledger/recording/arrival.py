"""When something reached its giver, as far as that can be believed."""

from datetime import datetime
from typing import Final

from ledger import clock
from ledger.aggregates.intake import SKEW_MAX
from ledger.vocabulary import EARLIEST_CONSENT_DATE

EARLIEST: Final = clock.from_iys_text(EARLIEST_CONSENT_DATE)


def received_at(value: object, now: datetime) -> tuple[datetime, bool]:
    """When the item reached the sender, and whether what was said of it cannot be believed."""
    if value is None:
        return now, False
    try:
        at = clock.parse_time(value) if isinstance(value, str) else now + 2 * SKEW_MAX
    except ValueError:
        return now, True
    return (min(at, now), False) if EARLIEST <= at <= now + SKEW_MAX else (now, True)

"""What İYS lists for a while only: how old our knowledge is, and what is lost (R60, R64). Pure."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from ledger import clock
from ledger.aggregates.provider_bodies import IysGap
from ledger.iys_sync.seen import ACTOR
from ledger.iys_sync.wire import PullSource
from ledger.vocabulary import BrandCode

LISTED: Final = timedelta(days=7)
"""So far back movements are listed."""
DELAY: Final = timedelta(minutes=60)
"""And not before they are this old: known at T is what was created until T − 60 min."""
MARGIN: Final = timedelta(minutes=10)
"""The window's edge by another clock than ours."""
LATE: Final = timedelta(hours=48)
VERY_LATE: Final = timedelta(days=5)


class PullAge(StrEnum):
    """How old the knowledge of a brand's movements is."""

    FRESH = "fresh"
    LATE = "late"
    VERY_LATE = "very_late"
    LOST = "lost"
    """Older than what İYS lists."""


def pull_age(asked_at: datetime, now: datetime) -> PullAge:
    """How grave it is that İYS was last asked, and had answered all, at `asked_at`."""
    age = now - asked_at
    if age > LISTED - DELAY - MARGIN:
        return PullAge.LOST
    if age > VERY_LATE:
        return PullAge.VERY_LATE
    return PullAge.LATE if age > LATE else PullAge.FRESH


def gap_of(
    brand_code: BrandCode, source: PullSource, asked_at: datetime, now: datetime
) -> IysGap | None:
    """The certificate of what İYS does not list any more; None where nothing is missing.

    `since`: up to where movements are known; `until`: from where on they are surely listed.
    """
    if pull_age(asked_at, now) is not PullAge.LOST:
        return None
    return IysGap(
        brand=brand_code,
        source=source.value,
        since=clock.utc_text(known_to(asked_at)),
        until=clock.utc_text(now - LISTED + MARGIN),
        at=clock.utc_text(now),
        actor=ACTOR,
    )


def known_to(asked_at: datetime) -> datetime:
    """Up to where movements are known when everything listed at `asked_at` is."""
    return asked_at - DELAY


def as_if_asked_at(creation_date: str) -> datetime:
    """When a page that ends with a movement of this date would have been all there was.

    Another movement of the same second may follow, so that second is not known whole.
    """
    return clock.from_iys_text(creation_date) + DELAY - timedelta(seconds=1)

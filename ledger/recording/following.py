"""What the feeds ask of the store: the events of one brand since a position."""

from collections.abc import Sequence

from ledger.aggregates.events import Event
from ledger.values import Discreet, Value
from ledger.vocabulary import BrandCode, Channel


class Followed(Value, frozen=True, gc=False):
    """Whose events are asked for. `channel` None: those of every one; `limit`: at most so many."""

    brand_code: BrandCode
    channel: Channel | None
    after: int
    limit: int
    refusals_only: bool


class FollowedEvent(Discreet, frozen=True, gc=False):
    """One event and the address it concerns, None where that was erased; `channel` None: it is
    about all of them."""

    event: Event
    channel: Channel | None
    address: str | None


class FollowedPage(Discreet, frozen=True, gc=False):
    """The next events in the order of the log. `end`: the log's end, read before them: what is
    committed later comes with the next page."""

    events: Sequence[FollowedEvent]
    end: int

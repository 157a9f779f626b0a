"""Which events a whole export takes, in units that may not be torn apart; pure but for the store.

The log is read once, stream by stream. The streams of one person begin with the same 48 bits (the
subject's time, design.md §4), so what belongs together stands together, and memory holds no more
than the people who were first recorded in one millisecond.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, Protocol
from uuid import UUID

from ledger.aggregates.bodies import ConsentBody
from ledger.aggregates.events import RECIPIENT_BODIES, Event
from ledger.vocabulary import BrandCode

PAGE_EVENTS: Final = 2_000
_BEGIN: Final = (UUID(int=0), 0)
_TIME_BYTES: Final = 6
_NO_TIME: Final = bytes(_TIME_BYTES)
"""Before the streams of the provider itself, which are nobody's."""


@dataclass(frozen=True, slots=True)
class Choice:
    """`brand_code`: None means all of the provider's. `since`, `until`: of what was recorded from
    one instant to before the other (`utc_text_micros`), whole streams; None means no bound."""

    brand_code: BrandCode | None = None
    since: str | None = None
    until: str | None = None


class EventsByStream(Protocol):
    """A provider's log, read by streams."""

    def page(self, after: tuple[UUID, int], size: int, limit: int) -> Sequence[Event]:
        """Up to `limit` events behind a stream and `seq`, sorted so, of the first `size`."""


def units(
    log: EventsByStream, choice: Choice, size: int, *, on_progress: Callable[[int], None]
) -> Iterator[Sequence[Event]]:
    """What is chosen of the first `size` events: whole streams of people, or an event of the
    provider's own. `on_progress`: how many were looked at."""
    scanned = _scanned(log, size, on_progress)
    for time, together in groupby(scanned, lambda event: event.stream.bytes[:_TIME_BYTES]):
        if time == _NO_TIME:
            yield from ([event] for event in together if _is_for_brand(event, choice))
        else:
            yield from _of_people(list(together), choice)


def _scanned(log: EventsByStream, size: int, on_progress: Callable[[int], None]) -> Iterator[Event]:
    after, done = _BEGIN, 0
    while page := log.page(after, size, PAGE_EVENTS):
        yield from page
        after = (page[-1].stream, page[-1].seq)
        done += len(page)
        on_progress(done)


def _of_people(together: list[Event], choice: Choice) -> Iterator[Sequence[Event]]:
    """A person's own stream goes with their consents; where everything goes, alone too."""
    streams = [list(events) for _, events in groupby(together, lambda event: event.stream)]
    consents = [one for one in streams if isinstance(one[0].body, ConsentBody)]
    chosen = [one for one in consents if _is_chosen(one, choice)]
    people = {subject_of(one[0]) for one in chosen}
    for one in streams:
        if isinstance(one[0].body, ConsentBody):
            if _is_chosen(one, choice):
                yield one
        elif choice == Choice() or subject_of(one[0]) in people:
            own = [event for event in one if _is_for_brand(event, choice)]
            if own:
                yield own


def _is_chosen(stream: Sequence[Event], choice: Choice) -> bool:
    since, until = choice.since or "", choice.until or "9"
    return _is_for_brand(stream[0], choice) and any(
        since <= event.recorded < until for event in stream
    )


def _is_for_brand(event: Event, choice: Choice) -> bool:
    return choice.brand_code in (None, getattr(event.body, "brand", None) or choice.brand_code)


def subject_of(event: Event) -> str | None:
    """Whose it is, and by whose key its groups are bound; None of the provider's own."""
    body = event.body
    if isinstance(body, ConsentBody) or isinstance(body, RECIPIENT_BODIES):  # noqa: SIM101  # a tuple
        return body.subject
    return None

"""Which events concern a brand and a channel: what the feeds are read by (decision 0007).

Written in the transaction of the events. The positions of one transaction follow one another, so a
row holds all those of one place, up to `POSITIONS_MAX`: an import pays about ten bytes an event.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from psycopg import Cursor

from ledger.aggregates.bodies import (
    Body,
    ConsentBody,
    ConsentRefused,
    SuppressionAdded,
    SuppressionLifted,
)
from ledger.aggregates.events import Event
from ledger.recording.following import Followed, FollowedEvent, FollowedPage
from ledger.recording.ports import Suppression
from ledger.store.database import SQL
from ledger.store.recorder import checked_event
from ledger.store.rows import CHANNEL_NUMBER, EventRow, channel_of
from ledger.store.sql import load_blocks
from ledger.store.vault import ProviderVault
from ledger.vocabulary import Channel

POSITIONS_MAX: Final = 128
"""Of a row: a page is never made of more than this many too many, and none is moved out of line."""
EVERY: Final = 0
"""A brand or channel that stands for all of them; İYS has none of this number."""

_SQL: Final = load_blocks("ledger.store", "brand_events.sql")


class Place(NamedTuple):
    """Where an event is found: by brand and channel, and whether somebody is barred by it."""

    brand_code: int
    channel: int
    is_refusal: bool


def place_of(body: Body) -> Place | None:
    """The place of an event, None where it concerns no brand. A lifted suppression stands where
    the one stood that it lifts; its own words do not tell."""
    if isinstance(body, ConsentBody):
        return Place(body.brand, CHANNEL_NUMBER[body.channel], isinstance(body, ConsentRefused))
    if isinstance(body, SuppressionAdded):
        return Place(*_reach(body.brand, body.channel), is_refusal=True)
    return None


def place_of_suppression(lifted: Suppression) -> Place:
    """The place of the event that lifts it."""
    return Place(*_reach(lifted.brand_code, lifted.channel), is_refusal=False)


def _reach(brand_code: int | None, channel: Channel | None) -> tuple[int, int]:
    return brand_code or EVERY, EVERY if channel is None else CHANNEL_NUMBER[channel]


def add(
    cursor: Cursor[Any], events: Iterable[Event], lifted: Mapping[tuple[str, int], Place]
) -> None:
    """Keep where these events are found. `lifted`: the places of what they lift, by subject and
    number."""
    found: dict[Place, list[int]] = {}
    for event in events:
        body = event.body
        if isinstance(body, SuppressionLifted):
            place: Place | None = lifted[body.subject, body.of]
        else:
            place = place_of(body)
        if place is not None:
            found.setdefault(place, []).append(event.position)
    rows = [
        (*place, cut[-1], f"{{{','.join(map(str, cut))}}}")
        for place, positions in found.items()
        for cut in _cuts(positions)
    ]
    if rows:
        names = ("brands", "channels", "refusals", "lasts", "positions")
        columns = map(list, zip(*rows, strict=True))
        cursor.execute(_SQL["add"], dict(zip(names, columns, strict=True)))


def followed(cursor: Cursor[Any], vault: ProviderVault, wanted: Followed) -> FollowedPage:
    """The next events that concern a brand. Those that stand at one place come by the index."""
    row = cursor.execute(SQL["last_position"]).fetchone()
    end: int = row[0] or 0 if row else 0
    channels = {position: channel_of(number) for position, number in _page(cursor, wanted, end)}
    cursor.execute(SQL["events_at"], {"positions": list(channels)})
    events = sorted((checked_event(EventRow(*row)) for row in cursor), key=lambda e: e.position)
    addresses = _addresses(cursor, vault, {_subject_of(event) for event in events})
    found = [
        FollowedEvent(event, channels[event.position], addresses.get(_subject_of(event)))
        for event in events
    ]
    return FollowedPage(found, end)


def _page(cursor: Cursor[Any], wanted: Followed, end: int) -> list[tuple[int, int]]:
    """Positions and channel numbers; those that bar everywhere concern each brand and channel."""
    one = wanted.channel
    numbers = [*CHANNEL_NUMBER.values()] if one is None else [CHANNEL_NUMBER[one]]
    places = [
        Place(brand, number, is_refusal)
        for brand in (wanted.brand_code, EVERY)
        for number in (*numbers, EVERY)
        for is_refusal in ((True,) if wanted.refusals_only else (True, False))
    ]
    brands, channels, refusals = map(list, zip(*places, strict=True))
    asked = {"brands": brands, "channels": channels, "refusals": refusals}
    bounds = {"after": wanted.after, "until": end, "limit": wanted.limit}
    return cursor.execute(_SQL["page"], {**asked, **bounds}).fetchall()


def _subject_of(event: Event) -> str:
    body = event.body
    assert isinstance(body, ConsentBody | SuppressionAdded | SuppressionLifted)
    return body.subject


def _addresses(
    cursor: Cursor[Any], vault: ProviderVault, subjects: Collection[str]
) -> dict[str, str]:
    """The addresses of subjects as İYS writes them; one that was erased is missing."""
    cursor.execute(SQL["sealed_addresses"], {"subjects": list(subjects)})
    found = {}
    for subject, sealed, wrapped, epoch in cursor:
        key = vault.open_subject_key(wrapped, epoch)
        found[str(subject)] = vault.open_address(key, subject, sealed).partition(":")[2]
    return found


def _cuts(positions: Sequence[int]) -> Iterable[Sequence[int]]:
    for begin in range(0, len(positions), POSITIONS_MAX):
        yield positions[begin : begin + POSITIONS_MAX]

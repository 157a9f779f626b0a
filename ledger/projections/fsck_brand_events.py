"""The oracle on what the feeds are read by: each event stands where it concerns somebody."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from psycopg import Cursor

from ledger.aggregates.bodies import SuppressionLifted
from ledger.aggregates.events import Event
from ledger.projections.fsck_report import Report
from ledger.recording.ports import Suppression
from ledger.store.brand_events import Place, place_of, place_of_suppression
from ledger.store.sql import load_blocks

Sums = tuple[int, int, int]
"""Of the positions at one place: how many, their sum, the sum of their squares."""

_SQL: Final = load_blocks("ledger.projections", "fsck.sql")


class BrandEvents:
    """Sums over the log, to compare with those over the table: a few numbers for each place."""

    def __init__(self) -> None:
        self._sums: dict[Place, Sums] = {}

    def take(self, event: Event, suppressed: Mapping[tuple[UUID, int], Suppression]) -> None:
        """One more event, in the order of the log. `suppressed`: the list before it."""
        body = event.body
        place = place_of(body)
        if isinstance(body, SuppressionLifted):
            entry = suppressed.get((UUID(body.subject), body.of))
            place = None if entry is None else place_of_suppression(entry)
        if place is not None:
            count, one, two = self._sums.get(place, (0, 0, 0))
            position = event.position
            self._sums[place] = count + 1, one + position, two + position * position

    def compare(self, cursor: Cursor[Any], report: Report) -> None:
        """Find the places at which log and table differ."""
        kept: dict[Place, Sums] = {}
        for brand, channel, is_refusal, astray, *sums in cursor.execute(_SQL["brand_events"]):
            place = Place(brand, channel, is_refusal)
            kept[place] = int(sums[0]), int(sums[1]), int(sums[2])
            if astray:
                report.find(f"brand_events: {astray} rows of {place} do not end where they say")
        for place in sorted(kept.keys() | self._sums.keys()):
            if kept.get(place) != self._sums.get(place):
                report.find(f"brand_events: the rows of {place} are not what the events say")

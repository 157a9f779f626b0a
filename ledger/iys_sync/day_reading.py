"""What is shown of days: the file as it would be made now, and what comparing it came to."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Protocol

from ledger.iys_sync.day_report import DayReport
from ledger.recording.day_ports import DayKept, Listed, Movements
from ledger.vocabulary import BrandCode


class ComparedDays(Protocol):
    """What is known of compared days."""

    def kept(self, brand_code: BrandCode, day: date) -> DayKept | None:
        """See day_ports.Days."""

    def listed(self, brand_code: BrandCode, day: date) -> Sequence[Listed]:
        """The first differences of a day."""


class DayReader:
    """Days of one provider. Implements `day_ports.DayViews`."""

    def __init__(
        self, movements: Movements, days: ComparedDays, *, catch_up: Callable[[], object]
    ) -> None:
        """`catch_up` brings the movements to the end of the log."""
        self._movements = movements
        self._days = days
        self._catch_up = catch_up

    def report(self, brand_code: BrandCode, day: date) -> DayReport:
        """See day_ports.DayViews."""
        self._catch_up()
        return DayReport(self._movements.moved(brand_code, day))

    def kept(self, brand_code: BrandCode, day: date) -> DayKept | None:
        """See day_ports.DayViews."""
        return self._days.kept(brand_code, day)

    def listed(self, brand_code: BrandCode, day: date) -> Sequence[Listed]:
        """See day_ports.DayViews."""
        return self._days.listed(brand_code, day)

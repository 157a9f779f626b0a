"""Three business days back from now, for H467 (iys/api.md §3.4, §18.6).

İYS's own calendar is not published. Monday to Friday without public holidays; half days count. The
table is the twin's own, so that a slip in the ledger's calendar shows as a difference; a test holds
the two together.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

from ledger.iys_twin.times import DAY, Wall, date_of, day_start

BUSINESS_DAYS: Final = 3
FIRST_YEAR: Final = 2024
LAST_YEAR: Final = 2030
SEARCH_DAYS_MAX: Final = 400

_FIXED: Final = ((1, 1), (4, 23), (5, 1), (5, 19), (7, 15), (8, 30), (10, 29))
# First day and length of the two religious feasts, as announced by Diyanet.
_FEASTS: Final = (
    ("2024-04-10", 3),
    ("2024-06-16", 4),
    ("2025-03-30", 3),
    ("2025-06-06", 4),
    ("2026-03-20", 3),
    ("2026-05-27", 4),
    ("2027-03-09", 3),
    ("2027-05-16", 4),
    ("2028-02-26", 3),
    ("2028-05-05", 4),
    ("2029-02-14", 3),
    ("2029-04-24", 4),
    ("2030-02-04", 3),
    ("2030-04-13", 4),
)

HOLIDAYS: Final = frozenset(
    date(year, month, day) for year in range(FIRST_YEAR, LAST_YEAR + 1) for month, day in _FIXED
) | frozenset(
    date.fromisoformat(first) + timedelta(days=offset)
    for first, length in _FEASTS
    for offset in range(length)
)


def holidays_of(days: Iterable[str] | None) -> frozenset[date]:
    """The setting's days, or the table's."""
    return HOLIDAYS if days is None else frozenset(date.fromisoformat(day) for day in days)


def earliest_taken(now: Wall, holidays: frozenset[date]) -> Wall:
    """The oldest consent date that is taken at `now`: three business days back, same time of day.

    From a day off there is no time of day to count back from: the third business day back then
    counts as a whole.
    """
    third = _third_back(date_of(now), holidays)
    days = (date_of(now) - third).days
    if _is_off(date_of(now), holidays):
        return day_start(now) - days * DAY
    return now - days * DAY


@lru_cache(maxsize=1_024)
def _third_back(day: date, holidays: frozenset[date]) -> date:
    missing = BUSINESS_DAYS
    for _ in range(SEARCH_DAYS_MAX):
        day -= timedelta(days=1)
        missing -= not _is_off(day, holidays)
        if missing == 0:
            break
    return day


def _is_off(day: date, holidays: frozenset[date]) -> bool:
    return day.weekday() >= 5 or day in holidays

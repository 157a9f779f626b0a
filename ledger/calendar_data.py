"""The days off in Türkiye as dated data with their source; `calendar.py` reads them (R116).

Generated once, on 2026-11-25, from python-holidays 0.109 (`TR`, categories public and half_day), so
that deadlines are computed without a network and without a library that may change its mind; a test
compares the two day by day. Change a date here only with its source beside it, and raise
`CALENDAR_VERSION` with it: a deadline once told was counted by the version of that day.

Sources:
- Law 2429 of 17 March 1981 on national days and general holidays (Resmî Gazete 17284): the fixed
  days; 28 October and the eves (arife) from 13:00; Ramazan three days, Kurban four; where such
  a holiday ends on Friday evening, the whole of the next Saturday is a holiday too.
- Law 5892 of 22 April 2009: 1 May, from that year on.
- Law 6752 of 25 October 2016 (Resmî Gazete of 29 October 2016): 15 July, so first kept in 2017.
- First days of the feasts: the converter of the Presidency of Religious Affairs (Diyanet,
  vakithesaplama.diyanet.gov.tr) as python-holidays carries it. Past years are as kept, the
  next ones as announced; from FIRST_ESTIMATED_YEAR on the library calls them estimates, and they
  may be a day off.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

CALENDAR_VERSION: Final = "TR-2026.1"
"""Names the table and the rules together; recorded with every deadline that is told."""


class DayKind(StrEnum):
    """What a day is by law; which kinds count as business days is for a `Reading` to say."""

    WORKDAY = "workday"
    HALF_DAY = "half_day"
    SATURDAY = "saturday"
    REST_SATURDAY = "rest_saturday"
    SUNDAY = "sunday"
    HOLIDAY = "holiday"
    ADMINISTRATIVE_LEAVE = "administrative_leave"


@dataclass(frozen=True, slots=True)
class CalendarException:
    """One day that is not what law and table make of it, with where that stands written.

    Administrative leave (idari izin) binds public offices only and is not in Law 2429.
    """

    day: date
    day_kind: DayKind
    source: str


CALENDAR_EXCEPTIONS: Final[frozenset[CalendarException]] = frozenset()
"""None known. At most one per day."""

FIXED_HOLIDAYS: Final[tuple[tuple[int, int, int], ...]] = (
    # month, day, first year kept (0: before anything we count)
    (1, 1, 0),
    (4, 23, 0),
    (5, 1, 2009),
    (5, 19, 0),
    (7, 15, 2017),
    (8, 30, 0),
    (10, 29, 0),
)
FIXED_HALF_DAY: Final = (10, 28)
"""From 13:00, as every eve below."""

FIRST_COVERED_YEAR: Final = 2015
LAST_COVERED_YEAR: Final = 2035
"""Outside these years the feasts are missing, so deadlines come out early, never late."""
FIRST_ESTIMATED_YEAR: Final = 2033

RAMADAN_FEAST_DAYS: Final = 3
SACRIFICE_FEAST_DAYS: Final = 4

RAMADAN_FEAST_FIRST_DAYS: Final = (
    date(2015, 7, 17),
    date(2016, 7, 5),
    date(2017, 6, 25),
    date(2018, 6, 15),
    date(2019, 6, 4),
    date(2020, 5, 24),
    date(2021, 5, 13),
    date(2022, 5, 2),
    date(2023, 4, 21),
    date(2024, 4, 10),
    date(2025, 3, 30),
    date(2026, 3, 20),
    date(2027, 3, 9),
    date(2028, 2, 26),
    date(2029, 2, 14),
    date(2030, 2, 4),
    date(2031, 1, 24),
    date(2032, 1, 14),
    date(2033, 1, 2),  # estimates from here on; two feasts in this year
    date(2033, 12, 23),
    date(2034, 12, 12),
    date(2035, 12, 1),
)

SACRIFICE_FEAST_FIRST_DAYS: Final = (
    date(2015, 9, 24),
    date(2016, 9, 12),
    date(2017, 9, 1),
    date(2018, 8, 21),
    date(2019, 8, 11),
    date(2020, 7, 31),
    date(2021, 7, 20),
    date(2022, 7, 9),
    date(2023, 6, 28),
    date(2024, 6, 16),
    date(2025, 6, 6),
    date(2026, 5, 27),
    date(2027, 5, 16),  # the fourth day is 19 May
    date(2028, 5, 5),
    date(2029, 4, 24),
    date(2030, 4, 13),
    date(2031, 4, 2),
    date(2032, 3, 22),
    date(2033, 3, 11),  # estimates from here on
    date(2034, 3, 1),
    date(2035, 2, 18),
)

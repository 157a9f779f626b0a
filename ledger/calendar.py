"""Turkish business days, and until when İYS takes a consent (R20, R21, R116; consent.md C7).

No text defines iş günü for Law 6563, and İYS's own calendar is not published. So three readings are
computed side by side and none is called the true one.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final, assert_never

from ledger.calendar_data import (
    CALENDAR_EXCEPTIONS,
    FIXED_HALF_DAY,
    FIXED_HOLIDAYS,
    RAMADAN_FEAST_DAYS,
    RAMADAN_FEAST_FIRST_DAYS,
    SACRIFICE_FEAST_DAYS,
    SACRIFICE_FEAST_FIRST_DAYS,
    CalendarException,
    DayKind,
)
from ledger.clock import ISTANBUL

REGISTRATION_BUSINESS_DAYS: Final = 3
"""Days a consent taken outside İYS may take to get there (Law 6563 m.11/5, R20)."""

SEARCH_DAYS_MAX: Final = 60
"""Days looked ahead; the longest feast with both weekends is nine."""

CACHED_DAYS_MAX: Final = 16_384
"""Answers kept: the start days of 15 years in three readings, more than an import holds."""

_ONE_DAY: Final = timedelta(days=1)
_SATURDAY: Final = 5
_SUNDAY: Final = 6


class Reading(StrEnum):
    """One way to read "three business days" (C7)."""

    INTERNAL = "internal"
    """Earliest: Saturdays and half days count. For alarms and for sending off."""
    IYS = "iys_reading"
    """Monday to Friday, half days count. The likeliest for H467."""
    LEGAL_LATEST = "legal_latest"
    """Monday to Friday without half days and administrative leave. For reports only."""


# Each reading counts what the next one counts and more, hence internal <= iys <= legal_latest.
# INTERNAL counts the Saturday behind a holiday that ended on Friday evening although Law 2429 m.2
# makes it a holiday: R116's vectors do, and an alarm may ring early but never late.
_COUNTED_KINDS: Final = {
    Reading.INTERNAL: frozenset(
        {
            DayKind.WORKDAY,
            DayKind.HALF_DAY,
            DayKind.ADMINISTRATIVE_LEAVE,
            DayKind.SATURDAY,
            DayKind.REST_SATURDAY,
        }
    ),
    Reading.IYS: frozenset({DayKind.WORKDAY, DayKind.HALF_DAY, DayKind.ADMINISTRATIVE_LEAVE}),
    Reading.LEGAL_LATEST: frozenset({DayKind.WORKDAY}),
}

_FEASTS: Final = (
    *((first, RAMADAN_FEAST_DAYS) for first in RAMADAN_FEAST_FIRST_DAYS),
    *((first, SACRIFICE_FEAST_DAYS) for first in SACRIFICE_FEAST_FIRST_DAYS),
)
_FEAST_DAYS: Final = frozenset(
    first + offset * _ONE_DAY for first, length in _FEASTS for offset in range(length)
)
_FEAST_EVES: Final = frozenset(first - _ONE_DAY for first, _ in _FEASTS)
_FIRST_YEAR_BY_FIXED_DAY: Final = {(month, day): year for month, day, year in FIXED_HOLIDAYS}


@dataclass(frozen=True, slots=True)
class Deadlines:
    """The last instants, in UTC, at which a consent is still in time, by each reading."""

    internal: datetime
    iys_reading: datetime
    legal_latest: datetime

    def by(self, reading: Reading) -> datetime:
        """The deadline of one reading."""
        match reading:
            case Reading.INTERNAL:
                return self.internal
            case Reading.IYS:
                return self.iys_reading
            case Reading.LEGAL_LATEST:
                return self.legal_latest
            case _:
                assert_never(reading)


@dataclass(frozen=True, slots=True)
class _Landing:
    """Where a start day leads in one reading: on by `shift`, or, from a day off, to `day_end`."""

    shift: timedelta | None
    day_end: datetime


def day_kind(day: date, exceptions: frozenset[CalendarException] = CALENDAR_EXCEPTIONS) -> DayKind:
    """What `day` is by Law 2429, the table and `exceptions`, which win.

    Raises ValueError when `exceptions` say two things about the day.
    """
    named = {exception.day_kind for exception in exceptions if exception.day == day}
    if len(named) > 1:
        raise ValueError(f"two calendar exceptions for {day}")
    if named:
        return named.pop()
    if day.weekday() == _SUNDAY:
        return DayKind.SUNDAY
    if _is_full_holiday(day):
        return DayKind.HOLIDAY
    if day.weekday() == _SATURDAY:
        follows_holiday = _is_full_holiday(day - _ONE_DAY)
        return DayKind.REST_SATURDAY if follows_holiday else DayKind.SATURDAY
    if day in _FEAST_EVES or (day.month, day.day) == FIXED_HALF_DAY:
        return DayKind.HALF_DAY
    return DayKind.WORKDAY


def is_business_day(
    day: date, reading: Reading, exceptions: frozenset[CalendarException] = CALENDAR_EXCEPTIONS
) -> bool:
    """Whether `reading` counts `day`."""
    return day_kind(day, exceptions) in _COUNTED_KINDS[reading]


def third_business_day(
    day: date, reading: Reading, exceptions: frozenset[CalendarException] = CALENDAR_EXCEPTIONS
) -> date:
    """The third business day after `day`; counting starts the day after (HMK m.92, R116).

    Outside FIRST_COVERED_YEAR..LAST_COVERED_YEAR the feasts are unknown and the answer is early.

    Raises:
        ValueError: `exceptions` leave fewer than three in the next SEARCH_DAYS_MAX days, or say two
            things about one day.
        OverflowError: the last days of the year 9999.
    """
    return _third_business_day(day, reading, exceptions)


def deadlines(
    start: datetime, exceptions: frozenset[CalendarException] = CALENDAR_EXCEPTIONS
) -> Deadlines:
    """Until when a consent given at `start` may be registered, by each reading; in UTC.

    H467 counts back from now with the time of day (R21), so the deadline is the start's Turkish
    time of day on the third business day. A start on a day off has no time of day to count back
    from: until the end of the third business day the count still stops behind it, and so the
    deadline is that day's last microsecond. This keeps the order: who came later is never due
    earlier.

    Raises ValueError for a `start` without zone, and what `third_business_day` raises.
    """
    if start.utcoffset() is None:
        raise ValueError("a start needs a zone")
    internal, iys_reading, legal_latest = _landings(start.astimezone(ISTANBUL).date(), exceptions)
    start_utc = start.astimezone(UTC)
    return Deadlines(
        internal.day_end if internal.shift is None else start_utc + internal.shift,
        iys_reading.day_end if iys_reading.shift is None else start_utc + iys_reading.shift,
        legal_latest.day_end if legal_latest.shift is None else start_utc + legal_latest.shift,
    )


def business_days_between(first: datetime, last: datetime, reading: Reading = Reading.IYS) -> int:
    """The business days behind the Turkish day of `first`, to that of `last` (R20, C7)."""
    day, end = first.astimezone(ISTANBUL).date(), last.astimezone(ISTANBUL).date()
    count = 0
    while day < end:
        day += _ONE_DAY
        count += is_business_day(day, reading)
    return count


def is_on_time(
    consented_at: datetime,
    now: datetime,
    reading: Reading,
    exceptions: frozenset[CalendarException] = CALENDAR_EXCEPTIONS,
) -> bool:
    """Whether a consent of `consented_at` may still be registered at `now`, deadline included.

    Raises ValueError for an instant without zone, and what `deadlines` raises.
    """
    if now.utcoffset() is None:
        raise ValueError("now needs a zone")
    return now <= deadlines(consented_at, exceptions).by(reading)


def _is_full_holiday(day: date) -> bool:
    first_year = _FIRST_YEAR_BY_FIXED_DAY.get((day.month, day.day))
    return day in _FEAST_DAYS or (first_year is not None and day.year >= first_year)


@lru_cache(maxsize=CACHED_DAYS_MAX)
def _third_business_day(
    day: date, reading: Reading, exceptions: frozenset[CalendarException]
) -> date:
    missing = REGISTRATION_BUSINESS_DAYS
    for offset in range(1, SEARCH_DAYS_MAX + 1):
        candidate = day + offset * _ONE_DAY
        if is_business_day(candidate, reading, exceptions):
            missing -= 1
            if missing == 0:
                return candidate
    raise ValueError(f"no three business days within {SEARCH_DAYS_MAX} days after {day}")


@lru_cache(maxsize=CACHED_DAYS_MAX)
def _landings(
    start_on: date, exceptions: frozenset[CalendarException]
) -> tuple[_Landing, _Landing, _Landing]:
    return (
        _landing(start_on, Reading.INTERNAL, exceptions),
        _landing(start_on, Reading.IYS, exceptions),
        _landing(start_on, Reading.LEGAL_LATEST, exceptions),
    )


def _landing(
    start_on: date, reading: Reading, exceptions: frozenset[CalendarException]
) -> _Landing:
    third = _third_business_day(start_on, reading, exceptions)
    counts_time = is_business_day(start_on, reading, exceptions)
    # From midnight to midnight and not in whole days of 24 hours: in 2015-16 the zone changed in
    # between. It never changed on a business day, so a time of day is the same span everywhere.
    shift = _turkish(third, time.min) - _turkish(start_on, time.min) if counts_time else None
    return _Landing(shift, _turkish(third, time.max))


def _turkish(day: date, time_of_day: time) -> datetime:
    return datetime.combine(day, time_of_day, ISTANBUL).astimezone(UTC)

"""Business days and deadlines: R20, R21, R116; consent.md C7."""

from datetime import UTC, date, datetime, time, timedelta, timezone

import holidays
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import calendar_data as table
from ledger.calendar import (
    SEARCH_DAYS_MAX,
    Deadlines,
    Reading,
    day_kind,
    deadlines,
    is_business_day,
    is_on_time,
    third_business_day,
)
from ledger.calendar_data import CalendarException, DayKind
from ledger.clock import ISTANBUL

ONE_DAY = timedelta(days=1)
FIRST_DAY = date(table.FIRST_COVERED_YEAR, 1, 1)
LAST_DAY = date(table.LAST_COVERED_YEAR, 12, 31)

days = st.dates(date(2015, 5, 1), date(2035, 12, 1))
starts = st.datetimes(datetime(2015, 5, 1), datetime(2035, 12, 1), timezones=st.just(UTC))
readings = st.sampled_from(Reading)


def every_day() -> list[date]:
    return [FIRST_DAY + n * ONE_DAY for n in range((LAST_DAY - FIRST_DAY).days + 1)]


def in_istanbul(
    year: int,
    month: int,
    day: int,
    hour: int = 0,
    minute: int = 0,
    second: int = 0,
    micros: int = 0,
) -> datetime:
    return datetime(year, month, day, hour, minute, second, micros, tzinfo=ISTANBUL)


def counted_by_hand(day: date, reading: Reading) -> date:
    """R116 told straight from the `holidays` library, one day at a time; slow and obvious."""
    public = holidays.country_holidays("TR", years=range(day.year, day.year + 2))
    half = holidays.country_holidays("TR", years=public.years, categories=("half_day",))
    last_weekday = 5 if reading is Reading.INTERNAL else 4
    counted = 0
    while counted < 3:
        day += ONE_DAY
        is_off = day.weekday() > last_weekday or day in public
        is_off = is_off or (reading is Reading.LEGAL_LATEST and day in half)
        counted += 0 if is_off else 1
    return day


@pytest.mark.parametrize(
    ("start", "iys_reading", "legal_latest", "internal"),
    [
        ("2026-03-17", "2026-03-23", "2026-03-24", "2026-03-23"),
        ("2026-05-22", "2026-06-01", "2026-06-02", "2026-05-26"),
        ("2026-05-25", "2026-06-02", "2026-06-03", "2026-06-02"),
        ("2026-10-26", "2026-10-30", "2026-11-02", "2026-10-30"),
        ("2026-07-14", "2026-07-20", "2026-07-20", "2026-07-18"),
        ("2026-04-30", "2026-05-06", "2026-05-06", "2026-05-05"),
    ],
)
def test_r116_vectors_are_met(
    start: str, iys_reading: str, legal_latest: str, internal: str
) -> None:
    found = deadlines(datetime.combine(date.fromisoformat(start), time(10, 30), ISTANBUL))

    assert found == Deadlines(
        internal=datetime.combine(date.fromisoformat(internal), time(10, 30), ISTANBUL),
        iys_reading=datetime.combine(date.fromisoformat(iys_reading), time(10, 30), ISTANBUL),
        legal_latest=datetime.combine(date.fromisoformat(legal_latest), time(10, 30), ISTANBUL),
    )


@pytest.fixture(scope="module")
def library_days() -> tuple[set[date], set[date], set[date]]:
    """Full holidays, half days, and days whose date is an estimate, by the `holidays` library."""
    years = range(table.FIRST_COVERED_YEAR, table.LAST_COVERED_YEAR + 1)
    public = holidays.country_holidays("TR", years=years, language="tr")
    half = holidays.country_holidays("TR", years=years, categories=("half_day",), language="tr")
    estimated = {day for names in (public, half) for day in names if "tahmini" in names[day]}
    return set(public), set(half), estimated


def test_r116_the_table_equals_the_holidays_library(
    library_days: tuple[set[date], set[date], set[date]],
) -> None:
    public, half, _ = library_days
    weekdays = [day for day in every_day() if day.weekday() < 5]

    assert {d for d in weekdays if day_kind(d) is DayKind.HOLIDAY} == {
        d for d in public if d.weekday() < 5
    }
    assert {d for d in weekdays if day_kind(d) is DayKind.HALF_DAY} == {
        d for d in half - public if d.weekday() < 5
    }
    assert {d for d in every_day() if day_kind(d) is DayKind.HOLIDAY} == {
        d for d in public if d.weekday() < 6
    }


def test_the_first_estimated_year_is_where_the_library_begins_to_estimate(
    library_days: tuple[set[date], set[date], set[date]],
) -> None:
    _, _, estimated = library_days

    assert min(estimated).year == table.FIRST_ESTIMATED_YEAR


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2016-07-15", DayKind.WORKDAY),  # Law 6752 came in October 2016
        ("2019-07-15", DayKind.HOLIDAY),
        ("2008-05-01", DayKind.WORKDAY),  # Law 5892 came in 2009
        ("2009-05-01", DayKind.HOLIDAY),
        ("2026-10-28", DayKind.HALF_DAY),
        ("2026-05-26", DayKind.HALF_DAY),  # arife
        ("2028-10-28", DayKind.SATURDAY),  # a half day on a Saturday is a Saturday
        ("2029-04-23", DayKind.HOLIDAY),  # arife and 23 April
        ("2027-05-19", DayKind.HOLIDAY),  # Kurban's fourth day and 19 May
        ("2026-05-02", DayKind.REST_SATURDAY),  # 1 May was a Friday
        ("2026-11-21", DayKind.SATURDAY),
        ("2026-11-22", DayKind.SUNDAY),
        ("2026-11-23", DayKind.WORKDAY),
    ],
)
def test_r116_a_day_is_what_law_2429_makes_of_it(day: str, expected: DayKind) -> None:
    assert day_kind(date.fromisoformat(day)) is expected


def test_r116_the_saturday_behind_a_friday_holiday_counts_only_in_the_earliest_reading() -> None:
    # Law 2429 makes it a holiday, R116's vector of 30 April 2026 counts it: see _COUNTED_KINDS.
    saturday = date(2026, 5, 2)

    assert [r for r in Reading if is_business_day(saturday, r)] == [Reading.INTERNAL]


def test_c7_administrative_leave_puts_off_the_latest_reading_only() -> None:
    leave = frozenset(
        {CalendarException(date(2026, 11, 24), DayKind.ADMINISTRATIVE_LEAVE, "made up")}
    )
    start = in_istanbul(2026, 11, 23, 9)

    with_leave, without = deadlines(start, leave), deadlines(start)

    assert with_leave.internal == without.internal
    assert with_leave.iys_reading == without.iys_reading
    assert with_leave.legal_latest == without.legal_latest + ONE_DAY


def test_c7_an_exception_may_make_a_holiday_for_every_reading() -> None:
    holiday = frozenset({CalendarException(date(2026, 11, 24), DayKind.HOLIDAY, "made up")})

    for reading in Reading:
        assert third_business_day(date(2026, 11, 23), reading, holiday) == date(2026, 11, 27)


def test_two_exceptions_for_one_day_are_refused() -> None:
    both = frozenset(
        CalendarException(date(2026, 11, 24), kind, "made up")
        for kind in (DayKind.HOLIDAY, DayKind.WORKDAY)
    )

    with pytest.raises(ValueError, match="two calendar exceptions"):
        day_kind(date(2026, 11, 24), both)


def test_a_calendar_without_business_days_ends_the_search() -> None:
    day = date(2026, 11, 23)
    nothing_but_leave = frozenset(
        CalendarException(day + n * ONE_DAY, DayKind.HOLIDAY, "made up")
        for n in range(SEARCH_DAYS_MAX + 1)
    )

    with pytest.raises(ValueError, match="no three business days"):
        third_business_day(day, Reading.IYS, nothing_but_leave)


def test_r21_the_deadline_keeps_the_turkish_time_of_day_of_a_business_day() -> None:
    late_on_thursday = datetime(2026, 11, 19, 23, 30, 15, 250_000, tzinfo=ISTANBUL)

    found = deadlines(late_on_thursday)

    assert found.iys_reading.tzinfo is UTC
    assert found.iys_reading == datetime(2026, 11, 24, 20, 30, 15, 250_000, tzinfo=UTC)


def test_r21_an_instant_in_another_zone_counts_by_its_turkish_day() -> None:
    in_new_york = datetime(2026, 11, 19, 17, 30, tzinfo=timezone(timedelta(hours=-5)))
    the_same_in_istanbul = in_istanbul(2026, 11, 20, 1, 30)

    assert deadlines(in_new_york) == deadlines(the_same_in_istanbul)


def test_r21_a_start_on_a_day_off_lasts_until_the_end_of_the_third_business_day() -> None:
    found = deadlines(in_istanbul(2026, 11, 21, 10))  # a Saturday

    assert found.internal == in_istanbul(2026, 11, 25, 10)
    assert found.iys_reading == in_istanbul(2026, 11, 25, 23, 59, 59, 999_999)
    assert found.legal_latest == found.iys_reading


def test_r21_the_deadline_itself_is_on_time_and_the_next_microsecond_is_not() -> None:
    start = in_istanbul(2026, 11, 20, 10)
    deadline = in_istanbul(2026, 11, 25, 10)

    assert is_on_time(start, deadline, Reading.IYS)
    assert not is_on_time(start, deadline + timedelta(microseconds=1), Reading.IYS)
    assert not is_on_time(start, deadline, Reading.INTERNAL)


def test_r114_the_time_of_day_survives_the_change_of_zone() -> None:
    friday_before_summer_time_came_for_good = in_istanbul(2016, 3, 25, 15)

    assert deadlines(friday_before_summer_time_came_for_good).iys_reading == datetime(
        2016, 3, 30, 12, tzinfo=UTC
    )


def test_r114_the_zone_never_changed_within_a_business_day() -> None:
    for day in every_day():
        if is_business_day(day, Reading.INTERNAL):
            midnight = datetime.combine(day, time.min, ISTANBUL)
            assert midnight.utcoffset() == datetime.combine(day, time.max, ISTANBUL).utcoffset()


def test_an_instant_without_zone_is_refused() -> None:
    aware, naive = in_istanbul(2026, 11, 20, 10), datetime(2026, 11, 20, 10)

    with pytest.raises(ValueError, match="zone"):
        deadlines(naive)
    with pytest.raises(ValueError, match="zone"):
        is_on_time(aware, naive, Reading.IYS)


@settings(max_examples=60, deadline=None)
@given(day=days, reading=readings)
def test_the_third_business_day_is_the_one_counted_by_hand(day: date, reading: Reading) -> None:
    assert third_business_day(day, reading) == counted_by_hand(day, reading)


@given(start=starts)
def test_c7_the_readings_are_ordered_and_fall_on_counted_days(start: datetime) -> None:
    found = deadlines(start)

    assert start < found.internal <= found.iys_reading <= found.legal_latest
    for reading in Reading:
        due_on = found.by(reading).astimezone(ISTANBUL).date()
        assert is_business_day(due_on, reading)
        assert day_kind(due_on) not in (DayKind.HOLIDAY, DayKind.SUNDAY)
        assert due_on == third_business_day(start.astimezone(ISTANBUL).date(), reading)


@given(start=starts, later_seconds=st.integers(0, 10 * 86_400), reading=readings)
def test_c7_who_came_later_is_never_due_earlier(
    start: datetime, later_seconds: int, reading: Reading
) -> None:
    later = start + timedelta(seconds=later_seconds)

    assert deadlines(start).by(reading) <= deadlines(later).by(reading)


@given(start=starts, reading=readings)
def test_r21_counting_back_from_a_deadline_leads_to_its_start(
    start: datetime, reading: Reading
) -> None:
    due_at = deadlines(start).by(reading).astimezone(ISTANBUL)
    cutoff_on, missing = due_at.date(), 3
    while missing:
        cutoff_on -= ONE_DAY
        missing -= 1 if is_business_day(cutoff_on, reading) else 0

    assert datetime.combine(cutoff_on, due_at.time(), ISTANBUL) <= start

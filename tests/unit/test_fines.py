"""What lateness may cost: dated tables and ranges, R90 and R91."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.iys_sync.deadlines import overview
from ledger.iys_sync.fines import Cause, Exposure, exposures, fine_table
from ledger.iys_sync.fines_data import FINE_TABLES, Clause, FineTable
from ledger.projections.deadlines import ConfirmationCount, DeadlineFigures, WaitingCount
from ledger.vocabulary import BrandCode, Channel, ConsentStatus

LAW = {
    # Law 6563 m.12/1 as Law 7416 made it, and m.12/6; in force from 2023 on
    Clause.CONSENT: (1_000, 5_000),
    Clause.IDENTITY: (1_000, 10_000),
    Clause.REFUSAL: (2_000, 15_000),
    Clause.RULES: (10_000, 100_000),
    Clause.RECORDS: (50_000, 250_000),
}
LAW_YEARLY_MOST = 500_000_000
RAISED_FOR_2024 = 5846
"""The rate of revaluation, % 58.46, in basis points."""

days = st.dates(date(2020, 1, 1), date(2035, 12, 31))
counts = st.dictionaries(st.sampled_from(Cause), st.integers(0, 10**9))
tables = st.sampled_from(FINE_TABLES)
TABLE_2026 = FINE_TABLES[-1]


def raised(amount: int, basis_points: int) -> int:
    return amount * (10_000 + basis_points) // 10_000


def test_each_table_follows_from_the_one_before_and_the_first_from_the_law() -> None:
    amounts = {name: tuple(raised(one, RAISED_FOR_2024) for one in LAW[name]) for name in Clause}
    yearly_most = raised(LAW_YEARLY_MOST, RAISED_FOR_2024)

    for table in FINE_TABLES:
        amounts = {
            name: tuple(raised(one, table.raised_by) for one in amounts[name]) for name in Clause
        }
        yearly_most = raised(yearly_most, table.raised_by)
        assert table.amounts == amounts
        assert table.yearly_most == yearly_most


def test_the_table_of_2026_is_the_published_one() -> None:
    """R90."""
    assert TABLE_2026.amounts == {
        Clause.CONSENT: (2_859, 14_309),
        Clause.IDENTITY: (2_859, 28_620),
        Clause.REFUSAL: (5_723, 42_930),
        Clause.RULES: (28_620, 286_206),
        Clause.RECORDS: (143_102, 715_516),
    }
    assert TABLE_2026.yearly_most == 1_431_034_488


def test_tables_are_whole_years_that_follow_each_other() -> None:
    for table in FINE_TABLES:
        year = table.valid_from.year
        assert (table.valid_from, table.valid_until) == (date(year, 1, 1), date(year, 12, 31))
        assert table.source
    for one, other in pairwise(FINE_TABLES):
        assert other.valid_from - one.valid_until == timedelta(days=1)


@given(day=days)
def test_a_day_has_the_table_of_its_year_or_none(day: date) -> None:
    found = fine_table(day)

    kept = [table for table in FINE_TABLES if table.valid_from.year == day.year]
    assert found == (kept[0] if kept else None)


@given(cases=counts, table=tables)
def test_a_range_begins_with_one_breach_and_stays_below_the_years_most(
    cases: dict[Cause, int], table: FineTable
) -> None:
    told = exposures(cases, table)

    assert {one.cause for one in told} == {cause for cause, count in cases.items() if count}
    for one in told:
        assert one.cases == cases[one.cause]
        assert one.least == table.amounts[one.clause][0]
        assert one.least < one.most <= table.yearly_most


@given(cases=counts, table=tables)
def test_only_the_clause_that_counts_breaches_grows_with_the_cases(
    cases: dict[Cause, int], table: FineTable
) -> None:
    for one in exposures(cases, table):
        single = table.amounts[one.clause][1]
        if one.clause is Clause.RULES:
            assert one.most == min(single * one.cases, table.yearly_most)
        else:
            assert one.most in (single, 10 * single)


@pytest.mark.parametrize(("cases", "most"), [(1, 14_309), (2, 143_090), (10**6, 143_090)])
def test_several_recipients_at_once_raise_a_fine_ten_times_and_no_more(
    cases: int, most: int
) -> None:
    """m.12/2."""
    told = exposures({Cause.LATE_GRANTS: cases}, TABLE_2026)

    assert told == (Exposure(Cause.LATE_GRANTS, Clause.CONSENT, cases, 2_859, most, True),)


def figures(at: datetime) -> DeadlineFigures:
    def waiting(status: ConsentStatus, internal: int, iys: int, legal: int) -> WaitingCount:
        brand, channel = BrandCode(1), Channel.MESSAGE
        return WaitingCount(brand, channel, status, 99, 0, internal, iys, legal, at, None)

    return DeadlineFigures(
        at,
        (
            waiting(ConsentStatus.GRANTED, 9, 2, 1),
            waiting(ConsentStatus.GRANTED, 9, 1, 0),
            waiting(ConsentStatus.REFUSED, 7, 0, 0),
        ),
        (ConfirmationCount(BrandCode(1), Channel.MESSAGE, owed=8, missed=3, late=2),),
    )


def test_late_is_what_is_past_iys_deadline_and_what_was_confirmed_too_late_or_never() -> None:
    told = overview(figures(datetime(2026, 11, 25, 12, tzinfo=UTC)))

    assert told.table is TABLE_2026
    assert [(one.cause, one.cases) for one in told.exposures] == [
        (Cause.LATE_GRANTS, 3),
        (Cause.MISSED_CONFIRMATIONS, 5),
    ]


@pytest.mark.parametrize(
    ("at", "year"),
    [
        (datetime(2025, 12, 31, 20, 59, 59, tzinfo=UTC), 2025),
        (datetime(2025, 12, 31, 21, tzinfo=UTC), 2026),
        (datetime(2026, 12, 31, 21, tzinfo=UTC), None),
    ],
    ids=["the last second of a Turkish year", "the first of the next", "a year without a table"],
)
def test_the_table_is_that_of_the_turkish_day_and_none_is_made_up(
    at: datetime, year: int | None
) -> None:
    told = overview(figures(at))

    assert (told.table and told.table.valid_from.year) == year
    assert bool(told.exposures) is (year is not None)

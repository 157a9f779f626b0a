"""One form of dates a file, found whatever the order of rows, read into İYS's own (C8)."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.importing.dates import DateForm, DateRule, date_reader, find_rule
from ledger.importing.reader import FileRefused

UYUMSOFT = (DateForm.DOTTED_12_HOURS, DateForm.SERIAL)
PANEL = (DateForm.DASHED, DateForm.SERIAL)


@pytest.mark.parametrize(
    ("cell", "read"),
    [
        ("45978.5", "2025-11-17 12:00:00"),
        ("45978,5", "2025-11-17 12:00:00"),
        ("45978.583333333336", "2025-11-17 14:00:00"),
        ("45978.58333", "2025-11-17 14:00:00"),  # Excel shows five digits: rounded to the second
        ("45978.999999", "2025-11-18 00:00:00"),
        ("45978", "2025-11-17"),  # a day without a time is no instant
        ("42125", "2015-05-01 00:00:00"),  # but for HS_2015's own
        ("60", "60"),
        ("2958464.9999999", "9999-12-31 00:00:00"),
        ("2958465", "2958465"),
        ("9" * 7, "9" * 7),
        ("45978.5.1", "45978.5.1"),
        ("-45978", "-45978"),
        ("٤٥٩٧٨", "٤٥٩٧٨"),
        ("2025-11-17 10:00:00", "2025-11-17 10:00:00"),
    ],
)
def test_a_serial_number_counts_days_of_the_1900_system(cell: str, read: str) -> None:
    assert date_reader(DateRule(DateForm.SERIAL))(cell) == read


@pytest.mark.parametrize(
    ("cell", "read"),
    [
        ("17-11-2025 14:00:00", "2025-11-17 14:00:00"),
        ("03-04-2025 14:00:00", "2025-04-03 14:00:00"),  # İYS's panel is day-first
        ("17-11-2025", "2025-11-17"),
        ("2025-11-17 14:00:00", "2025-11-17 14:00:00"),  # a workbook's real date beside it
        ("17-11-2025 14:00", "17-11-2025 14:00"),
        ("17.11.2025 14:00:00", "17.11.2025 14:00:00"),
        ("45978.5", "45978.5"),  # another form than the file's
    ],
)
def test_a_date_of_the_panel_is_day_first(cell: str, read: str) -> None:
    assert date_reader(DateRule(DateForm.DASHED))(cell) == read


def test_the_form_is_the_one_most_dates_have_in_any_order() -> None:
    cells = ["17-11-2025 14:00:00", "45978.5", "45979.5", "", "gibberish"]

    found = {find_rule(order, PANEL).form for order in permutations(cells)}

    assert found == {DateForm.SERIAL}


def test_what_disproves_month_first_must_have_the_files_form() -> None:
    cells = ["45978.5", "45979.5", "17.11.25 10:00 AM"]

    assert find_rule(cells, UYUMSOFT) == DateRule(DateForm.SERIAL)
    assert find_rule(cells, UYUMSOFT, told="mdy") == DateRule(DateForm.SERIAL)


def test_of_two_forms_alike_the_template_s_own_counts() -> None:
    assert find_rule(["45978.5", "17-11-2025 14:00:00"], PANEL).form is DateForm.DASHED


@pytest.mark.parametrize(
    ("cells", "told", "rule"),
    [
        (["01.20.20 04:16 PM"], None, DateRule(DateForm.DOTTED_12_HOURS, True)),
        (["20.01.20 04:16 PM"], "dmy", DateRule(DateForm.DOTTED_12_HOURS, False)),
        (["03.04.20 04:16 PM"], "dmy", DateRule(DateForm.DOTTED_12_HOURS, False)),
        (["03.04.20 04:16 PM"], "mdy", DateRule(DateForm.DOTTED_12_HOURS, True)),
        (["2025-11-17 10:00:00"], None, DateRule(DateForm.DOTTED_12_HOURS, True)),
        ([], None, DateRule(DateForm.DOTTED_12_HOURS, True)),
    ],
)
def test_dotted_dates_prove_their_order_or_are_told(
    cells: list[str], told: str | None, rule: DateRule
) -> None:
    assert find_rule(cells, UYUMSOFT, told=told) == rule


@pytest.mark.parametrize(
    "cells",
    [
        ["03.04.20 04:16 PM"],
        ["20.01.20 04:16 PM", "03.04.20 04:16 PM"],
        ["01.20.20 04:16 PM", "20.01.20 04:16 PM"],
        ["01.20.20 04:16 PM"] * 9 + ["17.11.25 10:00 AM"],
    ],
    ids=["nothing proves", "day-first", "they disagree", "one disproves"],
)
def test_dotted_dates_that_are_not_proven_month_first_are_asked_for(cells: list[str]) -> None:
    """C8: one row that proves month-first and none that disproves it."""
    with pytest.raises(FileRefused) as refused:
        find_rule(cells, UYUMSOFT)

    assert refused.value.code == "L-DATES-UNPROVEN"


@given(st.text(max_size=40), st.sampled_from(DateForm), st.booleans())
def test_no_cell_breaks_a_reader(cell: str, form: DateForm, month_first: bool) -> None:
    date_reader(DateRule(form, month_first))(cell)

"""Dates as files write them, one form a file, to İYS's wire form (consent.md C8; R115).

İYS's own form, which cannot be mistaken, may stand beside any other: a workbook's real dates come
in it. What has another form than the file's is handed on unread, for H158.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Final

from ledger.clock import WIRE_DATE, WIRE_DAY
from ledger.importing.reader import FileRefused
from ledger.values import Value
from ledger.vocabulary import EARLIEST_CONSENT_DATE

DateReader = Callable[[str], str]
"""A cell to İYS's wire form; what cannot be read is handed on as it stands, for H158."""


class DateForm(StrEnum):
    """A way of writing dates."""

    WIRE = "YYYY-MM-DD hh:mm:ss"
    DOTTED_12_HOURS = "MM.DD.YY hh:mm AM"
    DASHED = "DD-MM-YYYY hh:mm:ss"
    SERIAL = "45612.5"


class DateRule(Value, frozen=True):
    """The form of a file's dates. `month_first` only matters where month and day could be mistaken
    for each other."""

    form: DateForm = DateForm.WIRE
    month_first: bool = False


_DOTTED: Final = re.compile(
    r"([0-9]{2})\.([0-9]{2})\.([0-9]{2}|[0-9]{4}) ([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))? ([AP])M"
)
_DASHED: Final = re.compile(r"([0-9]{2})-([0-9]{2})-([0-9]{4})( [0-9]{2}:[0-9]{2}:[0-9]{2})?")
_SERIAL: Final = re.compile(r"([0-9]{3,7})(?:[.,]([0-9]{1,20}))?")

_BEFORE_SERIALS: Final = datetime(1899, 12, 30)  # noqa: DTZ001  # a sheet's dates have no zone
_SERIAL_MIN: Final = 61
"""Before it Excel counts a 29 February 1900 that never was."""
_SERIAL_MAX: Final = 2_958_464
_DAY_SECONDS: Final = 86_400


def find_rule(
    cells: Iterable[str], forms: Sequence[DateForm], *, told: str | None = None
) -> DateRule:
    """The rule of a file's dates: the form that most of them have, of two alike the template's
    first; the order of rows does not matter. `told`: `mdy` or `dmy`.

    Raises FileRefused L-DATES-UNPROVEN: dotted dates are month-first where one of them proves it
    and none disproves it; whatever else they are is asked for.
    """
    counts: Counter[DateForm] = Counter()
    mdy = dmy = False
    for cell in cells:
        dotted = _DOTTED.fullmatch(cell)
        if dotted is None:
            form = _form_of(cell)
            if form is not None:
                counts[form] += 1
            continue
        counts[DateForm.DOTTED_12_HOURS] += 1
        first, second = int(dotted[1]), int(dotted[2])
        mdy = mdy or second > 12 >= first
        dmy = dmy or first > 12 >= second
    form = max(forms, key=lambda one: counts[one])  # the first of those that are alike
    if form is DateForm.SERIAL:
        return DateRule(form)
    if told is not None:
        return DateRule(form, told == "mdy")
    if form is DateForm.DASHED:
        return DateRule(form, False)
    if form is DateForm.DOTTED_12_HOURS and counts[form] and (dmy or not mdy):
        raise FileRefused("L-DATES-UNPROVEN")
    return DateRule(form, True)


def date_reader(rule: DateRule) -> DateReader:
    """How the cells of a file become İYS's wire form."""
    if rule.form is DateForm.DOTTED_12_HOURS:
        return lambda cell: _read_dotted(cell, rule.month_first)
    if rule.form is DateForm.DASHED:
        return lambda cell: _read_dashed(cell, rule.month_first)
    return read_serial if rule.form is DateForm.SERIAL else lambda cell: cell


def is_wire(cell: str) -> bool:
    """Whether a cell has İYS's own form, of a day at least."""
    return WIRE_DATE.fullmatch(cell) is not None or WIRE_DAY.fullmatch(cell) is not None


def read_serial(cell: str) -> str:
    """Excel's count of days, rounded to the second. A whole number is a day without a time."""
    match = _SERIAL.fullmatch(cell)
    if match is None or not _SERIAL_MIN <= int(match[1]) <= _SERIAL_MAX:
        return cell
    days = Decimal(f"{match[1]}.{match[2] or 0}")
    seconds = int((days * _DAY_SECONDS).quantize(Decimal(1), ROUND_HALF_UP))
    at = _BEFORE_SERIALS + timedelta(seconds=seconds)
    text = at.isoformat(" ")
    return text[:10] if days == int(days) and text != EARLIEST_CONSENT_DATE else text


def _form_of(cell: str) -> DateForm | None:
    if _DASHED.fullmatch(cell):
        return DateForm.DASHED
    return DateForm.SERIAL if _SERIAL.fullmatch(cell) else None


def _read_dotted(cell: str, month_first: bool) -> str:
    match = _DOTTED.fullmatch(cell)
    if match is None:
        return cell
    first, second, year, hour, minute, seconds, half = match.groups(default="00")
    month, day = (first, second) if month_first else (second, first)
    if not 1 <= int(hour) <= 12:
        return cell
    hours = int(hour) % 12 + (12 if half == "P" else 0)
    year = year if len(year) == 4 else f"20{year}"
    return f"{year}-{month}-{day} {hours:02d}:{minute}:{seconds}"


def _read_dashed(cell: str, month_first: bool) -> str:
    match = _DASHED.fullmatch(cell)
    if match is None:
        return cell
    first, second, year, time = match.groups(default="")
    month, day = (first, second) if month_first else (second, first)
    return f"{year}-{month}-{day}{time}"

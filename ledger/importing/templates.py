"""The templates that consents come in, known by their header (consent.md C8)."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from ledger.aggregates.intake import RawAct
from ledger.importing.reader import FileRefused
from ledger.vocabulary import Channel, ConsentStatus

FIELDS: Final = (
    "type",
    "source",
    "recipient",
    "status",
    "consentDate",
    "recipientType",
    "retailerCode",
)
"""İYS's names, in the order of `RawAct`."""

REFUSED: Final = str(ConsentStatus.REFUSED)
REFUSAL_WORDS: Final = frozenset({"RED", "HAYIR"})

WORDS_MAX: Final = 256
"""Words of a file that are kept in mind; a sound file has six."""

REQUIRED: Final = frozenset({"type", "recipient", "status"})


@dataclass(frozen=True, slots=True)
class Template:
    """Which column holds which field, and how dates are written."""

    name: str
    columns: Mapping[str, int]
    has_header: bool
    dates: "DateForm"

    def raw_act(self, fields: Sequence[str], dates: "DateReader") -> RawAct:
        """One row in İYS's words; a missing column or cell is empty text."""
        channel, source, recipient, status, date, kind, retailer = [
            self.cell(fields, name) for name in FIELDS
        ]
        return RawAct(
            _word(channel), source, recipient, _status_word(status), dates(date), kind, retailer
        )

    def is_refusal(self, fields: Sequence[str]) -> bool:
        """Whether the row refuses, in whatever spelling."""
        return _status_word(self.cell(fields, "status")) == REFUSED

    def cell(self, fields: Sequence[str], name: str) -> str:
        """One field of a row by İYS's name."""
        index = self.columns.get(name, ABSENT)
        return fields[index].strip() if index < len(fields) else ""


@lru_cache(maxsize=WORDS_MAX)
def _word(cell: str) -> str:
    return cell if cell.isupper() else cell.translate(_ASCII).upper()


@lru_cache(maxsize=WORDS_MAX)
def _status_word(cell: str) -> str:
    """A refusal in other words is a refusal: none may be lost for its spelling (C5)."""
    word = _word(cell)
    return REFUSED if word in REFUSAL_WORDS else word


ABSENT: Final = 1_000_000
"""Behind every column."""

DateReader = Callable[[str], str]
"""A cell to İYS's wire form; what cannot be read is handed on as it stands, for H158."""


@dataclass(frozen=True, slots=True)
class DateForm:
    """A way of writing dates. `ambiguous`: month and day can be mistaken for each other."""

    name: str
    ambiguous: bool = False


WIRE: Final = DateForm("wire")
DOTTED_12_HOURS: Final = DateForm("dotted", ambiguous=True)

_DOTTED: Final = re.compile(
    r"([0-9]{2})\.([0-9]{2})\.([0-9]{2}|[0-9]{4}) ([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))? ([AP])M"
)

_UYUMSOFT: Final = {
    "IZINTURU": "type",
    "ALICI": "recipient",
    "DURUMU": "status",
    "IZINKAYNAGI": "source",
    "IZINTARIHI": "consentDate",
    "IZNINALINDIGIBAYIKODU": "retailerCode",
    "FIRMATIPI": "recipientType",
}
_API: Final = {name.upper(): name for name in FIELDS}
_ASCII: Final = str.maketrans("ıİşŞğĞüÜöÖçÇ", "IISSGGUUOOCC")


def recognise(first: Sequence[str], wanted: str = "auto") -> Template:
    """The template of a file from its first row.

    Raises FileRefused L-HEADER-UNKNOWN, also where `wanted` names another template than it is.
    """
    names = [_normal(cell) for cell in first]
    found: Template | None = None
    if _covers(names, _UYUMSOFT):
        found = Template("uyumsoft", _columns(names, _UYUMSOFT), True, DOTTED_12_HOURS)
    elif _covers(names, _API):
        found = Template("api", _columns(names, _API), True, WIRE)
    elif len(first) >= 6 and first[0].strip() in set(Channel):
        order = {name: index for index, name in enumerate(FIELDS[:6])}
        found = Template("sample-client", order, False, WIRE)
    if found is None or wanted not in ("auto", found.name):
        raise FileRefused("L-HEADER-UNKNOWN")
    return found


def month_first(cells: Iterable[str], *, told: str | None) -> bool:
    """Whether dotted dates are month-first, proven by the file or told (C8).

    A file proves itself by one date that can only be read one way, and none that contradicts it.
    Raises FileRefused L-DATES-UNPROVEN.
    """
    mdy = dmy = dated = False
    for cell in cells:
        match = _DOTTED.fullmatch(cell)
        if match:
            dated = True
            first, second = int(match[1]), int(match[2])
            mdy = mdy or second > 12 >= first
            dmy = dmy or first > 12 >= second
    if told is not None:
        return told == "mdy"
    if dated and mdy == dmy:
        raise FileRefused("L-DATES-UNPROVEN")
    return mdy or not dated


def date_reader(form: DateForm, *, mdy: bool) -> DateReader:
    """How the cells of a file become İYS's wire form."""
    if form == WIRE:
        return lambda cell: cell

    def read(cell: str) -> str:
        match = _DOTTED.fullmatch(cell)
        if match is None:
            return cell
        first, second, year, hour, minute, seconds, half = match.groups(default="00")
        month, day = (first, second) if mdy else (second, first)
        if not 1 <= int(hour) <= 12:
            return cell
        hours = int(hour) % 12 + (12 if half == "P" else 0)
        year = year if len(year) == 4 else f"20{year}"
        return f"{year}-{month}-{day} {hours:02d}:{minute}:{seconds}"

    return read


def _normal(cell: str) -> str:
    text = cell.translate(_ASCII).upper().replace("**UNIQUE", "")
    return "".join(char for char in text if char.isalnum())


def _covers(names: Sequence[str], known: Mapping[str, str]) -> bool:
    fields = {known[name] for name in names if name in known}
    return fields >= REQUIRED


def _columns(names: Sequence[str], known: Mapping[str, str]) -> dict[str, int]:
    columns: dict[str, int] = {}
    for index, name in enumerate(names):
        if name in known:
            if known[name] in columns:
                raise FileRefused("L-HEADER-UNKNOWN")  # two columns claim one field
            columns[known[name]] = index
    return columns

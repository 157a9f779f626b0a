"""The templates that consents come in, known by their header (consent.md C8)."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final

from msgspec import structs

from ledger.aggregates.intake import RawAct
from ledger.importing.dates import DateForm, DateReader
from ledger.importing.reader import FileRefused
from ledger.vocabulary import Channel, ConsentStatus, RecipientType

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

TEMPLATES: Final = ("uyumsoft", "api", "sample-client", "iys-panel", "iys-day")
"""Names that can be asked for; `auto` takes what the header says."""

GRANTED: Final = str(ConsentStatus.GRANTED)
REFUSED: Final = str(ConsentStatus.REFUSED)
STATUS_WORDS: Final = dict.fromkeys(
    (GRANTED, "EVET", "1", "1.0", "1,0", "TRUE", "DOGRU"), GRANTED
) | dict.fromkeys((REFUSED, "RED", "HAYIR", "0", "0.0", "0,0", "FALSE", "YANLIS"), REFUSED)
"""What people and Excel write for İYS's statuses, as `word_of` has it."""
REFUSAL_WORDS: Final = {word: to for word, to in STATUS_WORDS.items() if to == REFUSED}
"""Refusals in every file: none may be lost for its spelling (C5). A consent has to bear İYS's own
word where the columns bear İYS's own names."""

WORDS_MAX: Final = 256
"""Words of a file that are kept in mind; a sound file has six."""

REQUIRED: Final = frozenset({"type", "recipient", "status"})

ABSENT: Final = 1_000_000
"""Behind every column."""

_KINDS: Final = frozenset({*map(str, RecipientType), "KURUMSAL"})


@dataclass(frozen=True, slots=True)
class Template:
    """Which column holds which field, and how dates and statuses are written.

    `dates`: the forms a file may have beside İYS's own. `words`: what stands for İYS's statuses.
    `recipient_type`: what an empty cell means, where somebody said so. `width`: columns of the
    header. `has_ids`: İYS wrote it, with its own ids and dates of creation.
    """

    name: str
    columns: Mapping[str, int]
    has_header: bool
    dates: tuple[DateForm, ...]
    width: int
    words: Mapping[str, str] = field(default_factory=lambda: REFUSAL_WORDS)
    recipient_type: str = ""
    has_ids: bool = False

    def raw_act(self, fields: Sequence[str], dates: DateReader) -> RawAct:
        """One row in İYS's words; a missing column or cell is empty text."""
        channel, source, recipient, status, date, kind, retailer = [
            self.cell(fields, name) for name in FIELDS
        ]
        raw = RawAct(
            word_of(channel),
            source,
            recipient,
            self._status(status),
            dates(date),
            _kind(kind) if kind else self.recipient_type,
            retailer,
        )
        if not self.has_ids:
            return raw
        return structs.replace(
            raw,
            creation_date=self.cell(fields, "creationDate"),
            transaction_id=self.cell(fields, "transactionId"),
        )

    def is_refusal(self, fields: Sequence[str]) -> bool:
        """Whether the row refuses, in whatever spelling."""
        return self._status(self.cell(fields, "status")) == REFUSED

    def cell(self, fields: Sequence[str], name: str) -> str:
        """One field of a row by İYS's name."""
        index = self.columns.get(name, ABSENT)
        return fields[index].strip() if index < len(fields) else ""

    def _status(self, cell: str) -> str:
        word = word_of(cell)
        return self.words.get(word, word)


def standard(name: str, *, has_header: bool) -> Template:
    """The template of rows that were brought into the order of `FIELDS` beforehand."""
    columns = {given: index for index, given in enumerate(FIELDS)}
    return Template(name, columns, has_header, (), len(FIELDS))


@lru_cache(maxsize=WORDS_MAX)
def word_of(cell: str) -> str:
    """A word as it is compared: whatever its case, its Turkish letters, and how they are composed.

    Of `İ` in small letters a dot of its own is left; marks without width come with pasted text.
    """
    if cell.isascii():
        return cell.upper().strip()
    parts = unicodedata.normalize("NFD", cell.replace("ı", "I"))
    kept = "".join(char for char in parts if unicodedata.category(char) not in _NO_LETTERS)
    return kept.upper().strip()


_NO_LETTERS: Final = ("Mn", "Cf")


@lru_cache(maxsize=WORDS_MAX)
def _kind(cell: str) -> str:
    word = word_of(cell)
    return word if word in _KINDS else cell


_UYUMSOFT: Final = {
    "IZINTURU": "type",
    "ALICI": "recipient",
    "DURUMU": "status",
    "IZINKAYNAGI": "source",
    "IZINTARIHI": "consentDate",
    "IZNINALINDIGIBAYIKODU": "retailerCode",
    "FIRMATIPI": "recipientType",
}
_PANEL: Final = {
    "IZINTURU": "type",
    "ALICI": "recipient",
    "ONAY1RET0": "status",
    "IZINKAYNAGI": "source",
    "IZINTARIHI": "consentDate",
    "IZNINALINDIGIBAYIKODU": "retailerCode",
    "ALICITIPI": "recipientType",
}
_API: Final = {name.upper(): name for name in FIELDS}
_DAY: Final = _API | {"CREATIONDATE": "creationDate", "TRANSACTIONID": "transactionId"}


def recognise(
    first: Sequence[str], wanted: str = "auto", *, recipient_type: RecipientType | None = None
) -> Template:
    """The template of a file from its first row. `recipient_type` fills empty cells.

    Raises FileRefused L-HEADER-UNKNOWN, also where `wanted` names another template than it is;
    L-RECIPIENT-TYPE-NEEDED where the template has no column for it and none was given.
    """
    found = _recognised(first)
    if found is None or wanted not in ("auto", found.name):
        raise FileRefused("L-HEADER-UNKNOWN")
    if recipient_type is not None:
        return replace(found, recipient_type=str(recipient_type))
    if found.name == "iys-panel" and "recipientType" not in found.columns:
        raise FileRefused("L-RECIPIENT-TYPE-NEEDED")
    return found


def _recognised(first: Sequence[str]) -> Template | None:
    names, width = [normal(cell) for cell in first], len(first)
    if _covers(names, _UYUMSOFT):
        forms = (DateForm.DOTTED_12_HOURS, DateForm.SERIAL)
        columns = _columns(names, _UYUMSOFT)
        return Template("uyumsoft", columns, True, forms, width, STATUS_WORDS)
    if _covers(names, _PANEL):
        columns, forms = _columns(names, _PANEL), (DateForm.DASHED, DateForm.SERIAL)
        return Template("iys-panel", columns, True, forms, width, STATUS_WORDS)
    if _covers(names, _API):
        columns = _columns(names, _DAY)
        has_ids = "creationDate" in columns and "transactionId" in columns
        name = "iys-day" if has_ids else "api"
        return Template(name, columns, True, (), width, has_ids=has_ids)
    if width >= 6 and first[0].strip() in set(Channel):
        order = {name: index for index, name in enumerate(FIELDS[:6])}
        return Template("sample-client", order, False, (), 6)
    return None


def normal(cell: str) -> str:
    """A column's name without what differs between its spellings."""
    text = word_of(cell).replace("**UNIQUE", "")
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

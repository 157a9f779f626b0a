"""A map of a wide export, in TOML: which column holds what, and what its words mean (C8).

[columns]                       # names as in the heading; case and punctuation do not matter
phone = "telefon"               # at least one of phone and email
email = "eposta"
date = "izin_tarihi"            # optional, as all below
source = "kaynak"
recipient_type = "firma_tipi"
retailer = "bayi"

[channels]                      # the column that holds the answer for each channel
MESAJ = "sms_izni"
ARAMA = { consent = "arama_izni", address = "cep2", date = "arama_tarihi" }
EPOSTA = "eposta_izni"

[words]
ONAY = ["EVET", "1"]
RET = ["HAYIR", "0"]            # both, RED, FALSE, YANLIŞ refuse anyway where no word is given

[dates]
form = "DD.MM.YYYY hh:mm"       # DD MM YYYY YY hh mm ss, or "serial" for Excel's numbers

[sources]                       # İYS's own words stand for themselves
"Web Sitesi" = "HS_WEB"

[recipient_types]
"Kurumsal" = "TACIR"

[defaults]                      # for empty cells
source = "HS_FIZIKSEL_ORTAM"
recipient_type = "BIREYSEL"
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from ledger.errors import LedgerError
from ledger.importing.dates import read_serial
from ledger.importing.templates import GRANTED, REFUSED, word_of
from ledger.vocabulary import Channel, ConsentSource, ConsentStatus, RecipientType

MAP_BYTES_MAX: Final = 64 * 1024

_COLUMNS: Final = ("phone", "email", "date", "source", "recipient_type", "retailer")
_SECTIONS: Final = (
    *("columns", "channels", "words", "dates", "sources", "recipient_types", "defaults"),
)
_OF_A_CHANNEL: Final = ("consent", "address", "date", "source")
_PARTS: Final = {
    "DD": r"(?P<day>[0-9]{2})",
    "MM": r"(?P<month>[0-9]{2})",
    "YYYY": r"(?P<year>[0-9]{4})",
    "YY": r"(?P<year>[0-9]{2})",
    "hh": r"(?P<hour>[0-9]{2})",
    "mm": r"(?P<minute>[0-9]{2})",
    "ss": r"(?P<second>[0-9]{2})",
}
_PART: Final = re.compile("|".join(sorted(_PARTS, key=len, reverse=True)))
SERIAL: Final = "serial"
_NEVER_OPPOSITE: Final = {GRANTED: GRANTED, **dict.fromkeys((REFUSED, "RED", "HAYIR"), REFUSED)}
"""Words that no column means otherwise; `1` may stand for a refusal where that was asked."""


class MapRefused(LedgerError):
    """The map cannot be used; `key` names the place in it."""

    turkish_kind = "Eşleme dosyası kullanılamıyor"

    def __init__(self, key: str, text: str, turkish: str) -> None:
        super().__init__(f"{key}: {text}", f"{key}: {turkish}")
        self.key = key


@dataclass(frozen=True, slots=True)
class ChannelColumns:
    """Where one channel's answer, address, date and source stand; empty where nowhere."""

    channel: str
    consent: str
    address: str
    date: str
    source: str


@dataclass(frozen=True, slots=True)
class WrittenDate:
    """A form of dates, as `DD.MM.YYYY hh:mm`."""

    form: str
    pattern: str

    def read(self, cell: str) -> str | None:
        """İYS's form, a day alone where no time is written; None for what has another form."""
        if self.form == SERIAL:
            return read_serial(cell)
        match = re.fullmatch(self.pattern, cell)
        if match is None:
            return None
        part = match.groupdict(default="00")
        year = part["year"] if len(part["year"]) == 4 else f"20{part['year']}"
        day = f"{year}-{part['month']}-{part['day']}"
        if "hour" not in part:
            return day
        return f"{day} {part['hour']}:{part.get('minute', '00')}:{part.get('second', '00')}"


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """A map that was found sound. Words are kept as `templates.word_of` has them."""

    channels: tuple[ChannelColumns, ...]
    statuses: Mapping[str, str]
    dates: WrittenDate
    sources: Mapping[str, str]
    recipient_types: Mapping[str, str]
    recipient_type: str
    retailer: str
    default_source: str
    default_recipient_type: str
    content: str

    def columns_named(self) -> set[str]:
        """Every column that the file must have."""
        named = {self.recipient_type, self.retailer}
        for one in self.channels:
            named |= {one.consent, one.address, one.date, one.source}
        return named - {""}


def read_map(content: bytes) -> ColumnMap:
    """Judge a map. Raises MapRefused naming the key at fault."""
    if len(content) > MAP_BYTES_MAX:
        raise MapRefused("map", "over 64 KiB", "64 KiB'den büyük")
    try:
        text = content.decode("utf-8-sig")
        given = tomllib.loads(text)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        told = str(error) if isinstance(error, tomllib.TOMLDecodeError) else "UTF-8"
        raise MapRefused("map", f"no TOML: {told}", f"TOML değil: {told}") from error
    _expect_known(given, _SECTIONS, "")
    columns = _texts(given, "columns", _COLUMNS)
    defaults = _texts(given, "defaults", ("source", "recipient_type"))
    channels = tuple(_channels(given, columns))
    if not channels:
        raise MapRefused("channels", "no channel is named", "hiçbir kanal verilmemiş")
    return ColumnMap(
        channels=channels,
        statuses=_statuses(given),
        dates=_dates(given, any(one.date for one in channels)),
        sources=_words(given, "sources", ConsentSource),
        recipient_types=_words(given, "recipient_types", RecipientType),
        recipient_type=columns.get("recipient_type", ""),
        retailer=columns.get("retailer", ""),
        default_source=_one_of(defaults, "source", ConsentSource),
        default_recipient_type=_one_of(defaults, "recipient_type", RecipientType),
        content=text,
    )


def _channels(given: Mapping[str, object], columns: Mapping[str, str]) -> Iterator[ChannelColumns]:
    table = _table(given, "channels")
    _expect_known(table, list(Channel), "channels")
    for name in Channel:
        if name not in table:
            continue
        key, told = f"channels.{name}", table[name]
        own = {"consent": told} if isinstance(told, str) else told
        if not isinstance(own, dict):
            raise _no_text(key)
        own = _texts({key: own}, key, _OF_A_CHANNEL)
        if "consent" not in own:
            raise MapRefused(f"{key}.consent", "is missing", "eksik")
        kind = "email" if name is Channel.EMAIL else "phone"
        address = own.get("address") or columns.get(kind, "")
        if not address:
            raise MapRefused(f"columns.{kind}", f"{key} needs it", f"{key} için gerekli")
        date, source = (own.get(part) or columns.get(part, "") for part in ("date", "source"))
        yield ChannelColumns(str(name), own["consent"], address, date, source)


def _statuses(given: Mapping[str, object]) -> dict[str, str]:
    table = _table(given, "words")
    _expect_known(table, list(ConsentStatus), "words")
    statuses: dict[str, str] = {}
    for status in ConsentStatus:
        words = table.get(status, [])
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            key = f"words.{status}"
            raise MapRefused(key, "must be a list of texts", "metinlerden bir liste olmalı")
        for word in words:
            known = statuses.setdefault(_word(word, f"words.{status}"), str(status))
            if known != status or _NEVER_OPPOSITE.get(word_of(word), status) != status:
                key = f"words.{status}"
                raise MapRefused(key, "means the opposite", "karşıt anlamda bir sözcük")
    return statuses


def _dates(given: Mapping[str, object], has_dates: bool) -> WrittenDate:
    form = _texts(given, "dates", ("form",)).get("form", "")
    if not form:
        if has_dates:
            raise MapRefused("dates.form", "is missing", "eksik")
        return WrittenDate("", "")
    if form == SERIAL:
        return WrittenDate(form, "")
    parts = _PART.findall(form)
    names = ["year" if part in ("YYYY", "YY") else part for part in parts]
    sound = {"DD", "MM", "year"} <= set(names) and len(set(names)) == len(names)
    times = [part for part in ("hh", "mm", "ss") if part in names]
    if not sound or times != ["hh", "mm", "ss"][: len(times)] or len(times) == 1:
        told = "DD.MM.YYYY hh:mm | DD/MM/YYYY | YYYY-MM-DD hh:mm:ss | serial"
        raise MapRefused("dates.form", told, told)
    pieces = _PART.split(form)
    pattern = re.escape(pieces[0])
    for part, rest in zip(parts, pieces[1:], strict=True):
        pattern += _PARTS[part] + re.escape(rest)
    return WrittenDate(form, pattern)


def _words(
    given: Mapping[str, object], section: str, kind: type[ConsentSource] | type[RecipientType]
) -> dict[str, str]:
    table = _table(given, section)
    meant: dict[str, str] = {}
    for word in table:
        key = f"{section}.{word}"
        meaning = _one_of(_texts({key: {word: table[word]}}, key, None), word, kind, key)
        if meant.setdefault(_word(word, key), meaning) != meaning:
            raise MapRefused(key, "stands twice", "iki kez verilmiş")
    return meant


def _word(word: str, key: str) -> str:
    """A word as cells are compared. Raises MapRefused for an empty one: it says nothing."""
    kept = word_of(word)
    if not kept:
        raise MapRefused(key, "an empty word", "boş bir sözcük")
    return kept


def _one_of(
    table: Mapping[str, str],
    name: str,
    kind: type[ConsentSource] | type[RecipientType],
    key: str = "",
) -> str:
    text = table.get(name, "")
    if text and text not in set(kind):
        near = get_close_matches(text, list(kind), 1)
        told = f"{', '.join(near or kind)}?"
        raise MapRefused(key or f"defaults.{name}", told, told)
    return text


def _texts(
    given: Mapping[str, object], section: str, known: Iterable[str] | None
) -> dict[str, str]:
    table = _table(given, section)
    if known is not None:
        _expect_known(table, known, section)
    texts = {}
    for name, text in table.items():
        if not isinstance(text, str) or not text.strip():
            raise _no_text(section if known is None else f"{section}.{name}")
        texts[name] = text.strip()
    return texts


def _table(given: Mapping[str, object], section: str) -> dict[str, object]:
    table = given.get(section, {})
    if not isinstance(table, dict):
        raise MapRefused(section, "must be a table", "bir tablo olmalı")
    return table


def _expect_known(table: Mapping[str, object], known: Iterable[str], section: str) -> None:
    names = list(map(str, known))
    for key in table:
        if key not in names:
            where = f"{section}.{key}" if section else key
            near = get_close_matches(key, names, 1, 0.3) or names
            told = ", ".join(near)
            raise MapRefused(where, f"unknown; meant: {told}?", f"bilinmiyor; şu mu: {told}?")


def _no_text(key: str) -> MapRefused:
    return MapRefused(key, "must be a text", "metin olmalı")

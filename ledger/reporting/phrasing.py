"""Dates, spans, sizes and texts as a report writes them."""

import unicodedata
from datetime import date, datetime, timedelta
from typing import Final

from ledger.clock import ISTANBUL
from ledger.reporting.refusals import ReportRefused, Step

_UNSEEN: Final = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
_KEPT: Final = frozenset("\n\t")
_UNITS: Final = (("gün", 86_400), ("saat", 3_600), ("dk", 60), ("sn", 1))


def when(at: datetime) -> str:
    """An instant in Turkish time. Raises ReportRefused: it has no zone."""
    if at.utcoffset() is None:
        raise ReportRefused(Step.ZONE)
    return at.astimezone(ISTANBUL).strftime("%d.%m.%Y %H:%M:%S")


def maybe_when(at: datetime | None) -> str | None:
    """As `when`."""
    return None if at is None else when(at)


def day(on: date) -> str:
    """A day."""
    return on.strftime("%d.%m.%Y")


def maybe_day(on: date | None) -> str | None:
    """As `day`."""
    return None if on is None else day(on)


def day_of(at: datetime) -> str:
    """The day of an instant in Turkish time."""
    return when(at)[:10]


def span(gap: timedelta) -> str:
    """A gap to its two largest units, cut; the sign where the later came first."""
    left = int(abs(gap).total_seconds())
    parts = []
    for name, seconds in _UNITS:
        count, left = divmod(left, seconds)
        parts.append((count, name))
    first = next((at for at, (count, _) in enumerate(parts) if count), len(parts) - 1)
    shown = [f"{count} {name}" for count, name in parts[first : first + 2] if count]
    text = " ".join(shown) or "0 sn"
    return f"−{text}" if gap < timedelta() else text


def size(size_bytes: int) -> str:
    """A number of bytes, thousands set apart as in Turkish."""
    return f"{size_bytes:,}".replace(",", ".") + " bayt"


def grouped(digest: str) -> str:
    """64 hex digits as eight groups of eight."""
    return " ".join(digest[at : at + 8] for at in range(0, len(digest), 8))


def visible(text: str) -> str:
    """A text whose unseen characters can be seen as `‹U+202E›`: nothing can turn or hide a line."""
    if text.isprintable():
        return text
    lines = text.replace("\r\n", "\n")
    return "".join(map(_shown, lines))


def _shown(character: str) -> str:
    if character in _KEPT or unicodedata.category(character) not in _UNSEEN:
        return character
    return code_point(character)


def code_point(character: str) -> str:
    """A character by its number."""
    return f"‹U+{ord(character):04X}›"

"""The only module that asks for the time (style.md B1), and the only reading of Turkish time."""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import resources
from typing import Final
from zoneinfo import ZoneInfo

import tzdata

TZDATA_VERSION: Final[str] = tzdata.IANA_VERSION
"""Version of the zone rules below; stands in every act, since an instant follows from it (R114)."""


def _zone(key: str) -> ZoneInfo:
    # From the package, never from the host's folder: the version recorded must be the one used.
    file = resources.files("tzdata.zoneinfo").joinpath(*key.split("/"))
    with file.open("rb") as rules:
        return ZoneInfo.from_file(rules, key=key)


ISTANBUL: Final[ZoneInfo] = _zone("Europe/Istanbul")

WIRE_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")
"""İYS's form of a date (R22)."""
WIRE_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_RFC_3339: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?"
    r"(Z|[+-][0-9]{2}:[0-9]{2})"
)

Clock = Callable[[], datetime]
"""Gives the present instant, with zone."""


def now() -> datetime:
    """The host's present instant in UTC."""
    return datetime.now(UTC)


def steady_seconds() -> float:
    """Seconds since boot, sleep included; a step of the wall clock does not move it."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def utc_text(at: datetime) -> str:
    """`YYYY-MM-DDThh:mm:ssZ`: an instant as acts carry it; whole seconds, cut, not rounded."""
    return _aware(at).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def utc_text_of_seconds(seconds: int) -> str:
    """`utc_text` of Unix seconds."""
    return utc_text(datetime.fromtimestamp(seconds, UTC))


def utc_text_micros(at: datetime) -> str:
    """`YYYY-MM-DDThh:mm:ss.ffffffZ`: an instant as the envelope's `recorded` carries it."""
    return _aware(at).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def from_utc_text(text: str) -> datetime:
    """The instant of `utc_text` or `utc_text_micros`. Raises ValueError for any other form."""
    if not text.endswith("Z"):
        raise ValueError("an instant in UTC ends with Z")
    return datetime.fromisoformat(text)


def parse_time(text: str) -> datetime:
    """An instant as people and programs give it: İYS's form in Turkish time, or RFC 3339.

    Raises ValueError for anything else, a `T` without offset among it.
    """
    if WIRE_DATE.fullmatch(text):
        at = datetime.fromisoformat(text).replace(tzinfo=ISTANBUL)
    elif _RFC_3339.fullmatch(text):
        at = datetime.fromisoformat(text)
    else:
        raise ValueError("give 2026-11-22 10:15:00 (Turkish time) or 2026-11-22T10:15:00+03:00")
    try:
        return at.astimezone(ISTANBUL).astimezone(UTC)
    except OverflowError as error:
        raise ValueError("an instant that one of the two zones has no date for") from error


def from_iys_text(text: str) -> datetime:
    """The instant of a date in İYS's form (R114). Raises ValueError.

    A time that the clock change of 2016 left out reads as if summer time had not begun.
    """
    return datetime.fromisoformat(text).replace(tzinfo=ISTANBUL).astimezone(UTC)


def iys_text(at: datetime) -> str:
    """`YYYY-MM-DD hh:mm:ss` in Turkish time, as İYS's wire has it (R22)."""
    _aware(at)
    return at.astimezone(ISTANBUL).strftime("%Y-%m-%d %H:%M:%S")


def disagreement(head_now: datetime, recorded: str, host_now: datetime) -> float:
    """Seconds by which host, database and last stamp disagree at most.

    `recorded`: the stamp as `utc_text_micros`, empty where there is none yet.
    """
    against_host = abs((head_now - host_now).total_seconds())
    if not recorded:
        return against_host
    return max(against_host, (from_utc_text(recorded) - head_now).total_seconds())


def _aware(at: datetime) -> datetime:
    if at.tzinfo is UTC:
        return at
    if at.utcoffset() is None:
        raise ValueError("an instant needs a zone")
    return at.astimezone(UTC)

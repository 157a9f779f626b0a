"""Times as İYS's wire has them: Turkish wall clock, whole seconds, no zone (iys/api.md §1).

`Wall` counts the seconds of the Turkish wall clock since 1970-01-01 00:00:00 on it. A date that
came in as text goes out as the same text, and compares as İYS compares: by what is written.
"""

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

Wall = int

ISTANBUL: Final = ZoneInfo("Europe/Istanbul")
HOUR: Final = 3_600
DAY: Final = 24 * HOUR
REMEMBERED: Final = 16_384
"""Readings kept: the consents of a list share their seconds."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_match_time: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}) ([0-9]{2}:[0-9]{2}:[0-9]{2})", re.ASCII
).fullmatch
_match_day: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII).fullmatch


class NotATime(ValueError):
    """The text has not the form `YYYY-MM-DD hh:mm:ss` (or of a day `YYYY-MM-DD`)."""


class NoSuchTime(ValueError):
    """The form is right, but no calendar has it."""


@lru_cache(maxsize=REMEMBERED)
def wall_of(text: str) -> Wall:
    """Read a time of the wire. Raises NotATime, NoSuchTime."""
    if _match_time(text) is None:
        raise NotATime
    try:
        # The zone is only a way of counting here: seconds on the face of the clock.
        return int(datetime.fromisoformat(f"{text}+00:00").timestamp())
    except ValueError as error:
        raise NoSuchTime from error


@lru_cache(maxsize=REMEMBERED)
def text_of(wall: Wall) -> str:
    """The wire's text of a time."""
    return (_EPOCH + timedelta(seconds=wall)).strftime("%Y-%m-%d %H:%M:%S").zfill(19)


def day_of(text: str) -> Wall:
    """The first second of a day of the wire. Raises NotATime, NoSuchTime."""
    if _match_day(text) is None:
        raise NotATime
    return wall_of(f"{text} 00:00:00")


def day_start(wall: Wall) -> Wall:
    """The first second of the day a time is in."""
    return wall - wall % DAY


def date_of(wall: Wall) -> date:
    """The Turkish calendar day a time is in."""
    return (_EPOCH + timedelta(seconds=wall)).date()


def wall_at(instant: datetime) -> Wall:
    """What the Turkish wall clock shows at an instant with a zone."""
    shown = instant.astimezone(ISTANBUL).replace(tzinfo=UTC)
    return int(shown.timestamp())


def instant_of(wall: Wall) -> datetime:
    """The instant, in UTC, at which the Turkish wall clock shows it."""
    shown = (_EPOCH + timedelta(seconds=wall)).replace(tzinfo=ISTANBUL)
    return shown.astimezone(UTC)


def epoch_of(wall: Wall) -> int:
    """Unix seconds of a time, as the cursor of the pull and the tokens have them."""
    return int(instant_of(wall).timestamp())

"""Members of İYS's JSON objects, each read as what it must be.

Numbers may come as text and text as numbers; absent, null and empty are one. Raises Unreadable.
"""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Final, TypeVar

import msgspec

from ledger.clock import WIRE_DATE
from ledger.errors import LedgerError
from ledger.values import plain_text

TEXT_MAX: Final = 512

_COUNT: Final = re.compile(r"[0-9]{1,15}")
_FLAGS: Final = {True: True, False: False, "true": True, "false": False}

Word = TypeVar("Word", bound=StrEnum)
Members = Mapping[str, Any]  # a JSON object, as it came


class Unreadable(LedgerError):
    """An answer is not what İYS gives; the text names what was looked for, never what was found."""

    turkish_kind = "İYS yanıtı okunamıyor"


def json_of(body: bytes) -> Any:
    """The JSON value of a body."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise Unreadable("JSON") from error


def object_of(told: object) -> Members:
    """A JSON object."""
    if not isinstance(told, dict):
        raise Unreadable("an object")
    return told


def list_of(told: object) -> Sequence[Any]:
    """A list; an object, where İYS draws one or the other, is a list of one."""
    if isinstance(told, dict):
        return [told]
    if not isinstance(told, list):
        raise Unreadable("a list")
    return told


def text_of(told: Members, *names: str) -> str:
    """The text under the first of `names` that is there, 1…512 characters."""
    found = maybe_text(told, *names)
    if found is None:
        raise Unreadable(names[0])
    return found


def maybe_text(told: Members, *names: str) -> str | None:
    """As `text_of`; None where there is none."""
    found = _first(told, names)
    if isinstance(found, int) and not isinstance(found, bool):
        found = str(found)
    if found is None:
        return None
    if not isinstance(found, str) or len(found) > TEXT_MAX:
        raise Unreadable(names[0])
    return plain_text(found)


def count_of(told: Members, *names: str) -> int:
    """A whole number, not negative."""
    found = maybe_count(told, *names)
    if found is None:
        raise Unreadable(names[0])
    return found


def maybe_count(told: Members, *names: str) -> int | None:
    """As `count_of`; None where there is none."""
    found = _first(told, names)
    if isinstance(found, str) and _COUNT.fullmatch(found):
        return int(found)
    if found is None or (isinstance(found, int) and not isinstance(found, bool) and found >= 0):
        return found
    raise Unreadable(names[0])


def maybe_flag(told: Members, *names: str) -> bool | None:
    """True or false, or one of the two as text; None where there is none."""
    found = _first(told, names)
    if found is None:
        return None
    if not isinstance(found, bool | str) or found not in _FLAGS:
        raise Unreadable(names[0])
    return _FLAGS[found]


def word_of(told: Members, words: type[Word], *names: str) -> Word:
    """One of a vocabulary's words."""
    found = text_of(told, *names)
    try:
        return words(found)
    except ValueError:
        raise Unreadable(names[0]) from None  # its text would show the word


def date_of(told: Members, *names: str) -> str:
    """A date in İYS's form, kept as it is."""
    found = maybe_date(told, *names)
    if found is None:
        raise Unreadable(names[0])
    return found


def maybe_date(told: Members, *names: str) -> str | None:
    """As `date_of`; None where there is none."""
    found = maybe_text(told, *names)
    if found is not None and not WIRE_DATE.fullmatch(found):
        raise Unreadable(names[0])
    return found


def _first(told: Members, names: Sequence[str]) -> object:
    for name in names:
        found: object = told.get(name)
        if found not in (None, ""):
            return found
    return None

"""What the operator knows of a complaint: the file given as `--case FILE.json` (R71).

One JSON object in UTF-8; every member is text and none is required, but one there must be:

    authority          who asks: il müdürlüğü, court, Kurum
    letter_number      number of the letter that the report answers
    letter_date        its day, YYYY-MM-DD
    complaint_number   number of the complaint
    complaint_date     its day, YYYY-MM-DD
    message_at         when the message arrived: Turkish time, or RFC 3339
    message_text       its whole text
    sender_name        number or title it came from
    operator           the recipient's operator
    campaign           the campaign it belonged to
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import Final

from ledger.clock import WIRE_DAY, parse_time
from ledger.reporting.refusals import CaseRefused, CaseStep
from ledger.values import plain_text

CASE_BYTES_MAX: Final = 64 * 1024
MESSAGE_CHARACTERS_MAX: Final = 16 * 1024
WORDS_CHARACTERS_MAX: Final = 200

_ELEVEN_DIGITS: Final = re.compile(r"(?<![0-9A-Za-z])[1-9][0-9]{10}(?![0-9A-Za-z])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A case file's members; None where it is silent."""

    authority: str | None = None
    letter_number: str | None = None
    letter_date: date | None = None
    complaint_number: str | None = None
    complaint_date: date | None = None
    message_at: datetime | None = None
    message_text: str | None = field(default=None, repr=False)
    sender_name: str | None = None
    operator: str | None = None
    campaign: str | None = None


def parse_case(raw: bytes) -> Case:
    """Read a case file. Raises CaseRefused, naming the member but never its value."""
    members = _members(raw)
    return Case(
        authority=_text(members, "authority"),
        letter_number=_text(members, "letter_number"),
        letter_date=_day(members, "letter_date"),
        complaint_number=_text(members, "complaint_number"),
        complaint_date=_day(members, "complaint_date"),
        message_at=_instant(members, "message_at"),
        message_text=_text(members, "message_text", MESSAGE_CHARACTERS_MAX),
        sender_name=_text(members, "sender_name"),
        operator=_text(members, "operator"),
        campaign=_text(members, "campaign"),
    )


def _members(raw: bytes) -> dict[str, object]:
    if len(raw) > CASE_BYTES_MAX:
        raise CaseRefused(CaseStep.SIZE, f"{len(raw)} > {CASE_BYTES_MAX} B")
    try:
        value = json.loads(raw.decode("utf-8-sig"), object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise CaseRefused(CaseStep.JSON) from error
    if not isinstance(value, dict):
        raise CaseRefused(CaseStep.JSON)
    if not value:
        raise CaseRefused(CaseStep.EMPTY)
    known = [member.name for member in fields(Case)]
    if not value.keys() <= set(known):
        raise CaseRefused(CaseStep.UNKNOWN, ", ".join(known))
    return value


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """The object of these pairs: which of two equal names counts would be a guess."""
    members = dict(pairs)
    if len(members) != len(pairs):
        raise CaseRefused(CaseStep.TWICE)
    return members


def _text(
    members: Mapping[str, object], name: str, characters_max: int = WORDS_CHARACTERS_MAX
) -> str | None:
    if name not in members:
        return None
    value = members[name]
    if not isinstance(value, str) or not value.strip() or len(value) > characters_max:
        raise CaseRefused(CaseStep.TEXT, f"{name}, 1 … {characters_max}")
    text = plain_text(value)
    if any(_is_identity_number(found[0]) for found in _ELEVEN_DIGITS.finditer(text)):
        raise CaseRefused(CaseStep.IDENTITY_NUMBER, name)
    return text


def _day(members: Mapping[str, object], name: str) -> date | None:
    text = _text(members, name)
    if text is None:
        return None
    if not WIRE_DAY.fullmatch(text):
        raise CaseRefused(CaseStep.DAY, name)
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise CaseRefused(CaseStep.DAY, name) from error


def _instant(members: Mapping[str, object], name: str) -> datetime | None:
    text = _text(members, name)
    try:
        return None if text is None else parse_time(text)
    except ValueError as error:
        raise CaseRefused(CaseStep.TIME, name) from error


def _is_identity_number(digits: str) -> bool:
    """Whether eleven digits carry the two check digits of a T.C. identity number."""
    numbers = [int(digit) for digit in digits]
    tenth = (7 * sum(numbers[0:9:2]) - sum(numbers[1:8:2])) % 10
    return numbers[9] == tenth and numbers[10] == sum(numbers[:10]) % 10

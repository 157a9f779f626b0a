"""Which recipients İYS takes (iys/api.md §3.2, §3.3): E.164 by libphonenumber, ASCII mailboxes."""

import re
from typing import Final

import phonenumbers
from phonenumbers import NumberParseException, PhoneMetadata

PHONE_CHARACTERS_MAX: Final = 15
MAILBOX_LENGTH_MIN: Final = 6
MAILBOX_LENGTH_MAX: Final = 265
TEXT_LENGTH_MAX: Final = 400
"""Beyond it nothing is looked at."""

_TR: Final = PhoneMetadata.metadata_for_region("TR")
assert _TR is not None and _TR.mobile is not None
# Most numbers are these, and libphonenumber takes 50 µs for one: its own pattern alone takes 1.
_match_turkish_mobile: Final = re.compile(
    rf"\+90(?:{_TR.mobile.national_number_pattern})", re.ASCII
).fullmatch
_match_e164: Final = re.compile(r"\+[0-9]{4,20}", re.ASCII).fullmatch
_match_mailbox: Final = re.compile(
    r"[A-Za-z0-9._+\-]+@"
    r"(?![A-Za-z0-9]\.[A-Za-z]+\Z)"  # at least two characters before the last dot
    r"[A-Za-z0-9](?:[A-Za-z0-9.\-]*[A-Za-z0-9])?\.[A-Za-z]{2,}",
    re.ASCII,
).fullmatch


def is_phone(text: str) -> bool:
    """Whether it is a valid number in E.164.

    `+9005…` is taken although nobody ever finds it again: İYS warns of it and takes it.
    """
    if _match_turkish_mobile(text):
        return True
    if not _match_e164(text):
        return False
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(text))
    except NumberParseException:
        return False


def is_too_long(text: str, *, plus_counts: bool) -> bool:
    """Whether a telephone number has too many characters (Q21: whether `+` is one)."""
    return len(text) - (text.startswith("+") and not plus_counts) > PHONE_CHARACTERS_MAX


def is_mailbox(text: str) -> bool:
    """Whether İYS takes it as an e-mail address."""
    if not MAILBOX_LENGTH_MIN <= len(text) <= MAILBOX_LENGTH_MAX:
        return False
    return _match_mailbox(text) is not None


def stored(text: str) -> str:
    """The spelling that is stored and returned: mailboxes in lower case, ASCII's and no other."""
    return text.encode("ascii").lower().decode("ascii")

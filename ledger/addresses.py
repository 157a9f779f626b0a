"""One spelling for every recipient's address: E.164 or an ASCII lower-case mailbox (R110–R113).

A key of the ledger hangs on the spelling, so it never depends on how somebody typed. An ordinary
Turkish mobile is recognised by libphonenumber's own pattern, everything else by libphonenumber
itself; tests hold the two to the same answer.
"""

import re
import unicodedata
from enum import StrEnum
from typing import Final

import phonenumbers
from phonenumbers import NumberParseException, PhoneMetadata, PhoneNumberFormat, PhoneNumberType

from ledger.errors import AddressRefused
from ledger.values import Discreet
from ledger.vocabulary import Channel

CANONICALISATION: Final = 1
"""Number of the rule set below; every act carries it.

The lookup of an address is an HMAC over `Address.uri`. Were a rule changed in silence, the same
person would get a second key and a refusal stored under the first would no longer be found. So any
change of what `uri` comes out for a text takes the next number, and readers of an act know by which
rules its address was written.
"""

RAW_LENGTH_MAX: Final = 320
"""Characters of a text that is looked at at all."""
PHONE_DIGITS_MAX: Final = 15
"""E.164's limit, without the `+` (R110). İYS says "15 characters" and not whether `+` counts."""
MAILBOX_LENGTH_MIN: Final = 6
MAILBOX_LENGTH_MAX: Final = 265

NOTE_CLEANED: Final = "L-CLEANED"
"""Invisible characters or no-break spaces were taken out (R113)."""
NOTE_TRUNK_ZERO: Final = "L-9005"
"""`+9005…` was read as `+905…`: İYS takes the former and nobody ever finds it again (R110)."""
NOTE_LANDLINE: Final = "L-LANDLINE"
"""A Turkish landline on MESAJ: kept, since İYS keeps it, but no message will arrive (R112)."""

NOTE_ODD: Final = "L-ODD-ADDRESS"
"""İYS shows an address that its own rules would refuse; taken as it stands."""

_EMPTY: Final = "H114"
_BAD_MAILBOX: Final = "H120"
_BAD_PHONE: Final = "H121"
_TOO_LONG: Final = "H160"


class AddressKind(StrEnum):
    """What sort of line or mailbox it is. KKTC's +90 numbers cannot be told apart (R112)."""

    MOBILE = "MOBILE"
    LANDLINE = "LANDLINE"
    FOREIGN = "FOREIGN"
    EMAIL = "EMAIL"
    OTHER = "OTHER"


class Address(Discreet, frozen=True, gc=False):
    """A recipient's address in the one spelling we store. Build with `parse_address`.

    `uri`: `tel:+90…` or `mailto:…`. `as_entered`: the text as it came, in NFC, at most
    `RAW_LENGTH_MAX` characters. `notes`: codes of what was mended or looks odd, harmless all.
    Never printed: logs, tracebacks and assertion diffs show the kind only.
    """

    uri: str
    kind: AddressKind
    as_entered: str
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Address(kind={self.kind!r}, notes={self.notes!r})"

    @property
    def text(self) -> str:
        """The address as İYS's wire has it: E.164 or the mailbox, without the scheme."""
        return self.uri[self.uri.index(":") + 1 :]


# libphonenumber's word on Turkish mobiles, so that no table of ours grows old. ASCII, because its
# `\d` would take Arabic-Indic digits too (R110).
_TR: Final = PhoneMetadata.metadata_for_region("TR")
assert _TR is not None and _TR.mobile is not None
_match_mobile: Final = re.compile(
    rf"(?:\+90|0090|90|0)?({_TR.mobile.national_number_pattern})", re.ASCII
).fullmatch

_KIND_BY_TURKISH_TYPE: Final = {
    PhoneNumberType.MOBILE: AddressKind.MOBILE,
    PhoneNumberType.FIXED_LINE: AddressKind.LANDLINE,
    PhoneNumberType.PERSONAL_NUMBER: AddressKind.OTHER,  # 592: a person answers; R112 is silent
}
_FOREIGN_TYPES: Final = frozenset(
    {
        PhoneNumberType.MOBILE,
        PhoneNumberType.FIXED_LINE,
        PhoneNumberType.FIXED_LINE_OR_MOBILE,
        PhoneNumberType.PERSONAL_NUMBER,
        PhoneNumberType.VOIP,  # abroad, people hold these; 0850 at home belongs to companies
    }
)

_BLANKS: Final = " \t\r\n\f\v"
_INVISIBLE: Final = dict.fromkeys(
    (
        *(0x00A0, 0x2007, 0x202F),  # spaces that do not break
        *(0x00AD, 0x180E, *range(0x200B, 0x2010), *range(0x2060, 0x2065), 0xFEFF),  # no width
        *(0x202A, 0x202B, 0x202C, *range(0x2066, 0x206A)),  # marks that phones wrap numbers in
    )
)

_SEPARATOR: Final = r"[ ().\-\u2010-\u2015\u2212]"
_match_phone_text: Final = re.compile(
    # No comma or slash: they stand between two numbers. No single digit behind a dot: a fraction.
    rf"\(? ?\+? ?\(? ?[0-9](?:{_SEPARATOR}{{0,4}}[0-9])*(?<!\.[0-9])"
).fullmatch
_remove_separators: Final = re.compile(_SEPARATOR).sub
_match_excel_number: Final = re.compile(r"(\+?[0-9]+)[.,]0+").fullmatch
_find_bracketed_zero: Final = re.compile(r"\( ?0 ?\)").search
_match_two_numbers: Final = re.compile(r"(?:(?:90|0|0090)?[2-5][0-9]{9}){2}").fullmatch

_find_digits: Final = re.compile(r"\d(?:[\W_]{0,3}\d){6,}").finditer
_match_date: Final = re.compile(
    r"20[0-9]{2}([-._]?)(?:0[1-9]|1[0-2])\1(?:0[1-9]|[12][0-9]|3[01])(?:[-._][0-9]{1,2})?"
).fullmatch

_match_mailbox: Final = re.compile(
    r"[A-Za-z0-9._+\-]+@"
    r"(?![A-Za-z0-9]\.[A-Za-z]+\Z)"  # at least two characters before the last dot
    r"(?:[A-Za-z0-9]+(?:-+[A-Za-z0-9]+)*\.)+[A-Za-z]{2,}"
).fullmatch


_ODD_PHONE: Final = re.compile(r"\+?[0-9]{1,30}", re.ASCII)
_ODD_MAILBOX: Final = re.compile(rf"[\x21-\x7e]{{1,{MAILBOX_LENGTH_MAX}}}")

# Members of an Enum cost a slow look-up each time in Python 3.11.
_EMAIL_CHANNEL: Final = Channel.EMAIL
_MOBILE_KIND: Final = AddressKind.MOBILE


def parse_address(raw: str, channel: Channel) -> Address:
    """Read what somebody typed, pasted or exported as the address for `channel`.

    Takes every usual spelling of a number (R110), blanks around, and what Excel makes of numbers.
    A `+` or `00` is believed: `+532 123 45 67` is Cuba's, not a Turkish number lacking its 90.
    Parsing `as_entered` or `text` again gives the same `uri`.

    Raises:
        AddressRefused: H114 nothing there; H160 too long for a telephone number; H121 not a valid
            number, or of a kind that belongs to no recipient (R112: 444, 0850, 0800, pager, short
            codes); H120 not a mailbox by İYS's rules (R113, iys/api.md §3.3).
    """
    if channel is _EMAIL_CHANNEL:
        return _mailbox(raw)
    if len(raw) > RAW_LENGTH_MAX:
        raise AddressRefused(_TOO_LONG)
    spelled = _match_mobile(raw)
    if spelled is not None:
        return Address("tel:+90" + spelled[1], _MOBILE_KIND, raw)
    return _phone(raw, channel)


def address_at_iys(raw: str, channel: Channel) -> Address:
    """The address of something that İYS shows: it happened, be the address ever so odd to us (C2).

    What `parse_address` would refuse is taken as it stands. Raises AddressRefused for what cannot
    be an address at all: empty, too long, or not of the characters of one.
    """
    try:
        return parse_address(raw, channel)
    except AddressRefused:
        odd = _ODD_MAILBOX if channel is _EMAIL_CHANNEL else _ODD_PHONE
        if odd.fullmatch(raw) is None:
            raise
    scheme = "mailto:" if channel is _EMAIL_CHANNEL else "tel:"
    return Address(scheme + raw.lower(), AddressKind.OTHER, raw, (NOTE_ODD,))


def known_address(uri: str) -> Address:
    """The address that the vault keeps under `uri`; its kind is not looked at again."""
    kind = AddressKind.EMAIL if uri.startswith("mailto:") else AddressKind.OTHER
    return Address(uri, kind, uri[uri.index(":") + 1 :])


def names_somebody(text: str) -> bool:
    """Whether a word that is to stand somewhere for ever may be an address, or hold a number.

    Of a mailbox the `@` tells; of a number seven digits, whatever but letters stands between them.
    A date of this century, with a count behind it or not, is none.
    """
    return "@" in text or any(_match_date(run[0]) is None for run in _find_digits(text))


def _phone(raw: str, channel: Channel) -> Address:
    text, notes = _cleaned(raw)
    if not text:
        raise AddressRefused(_EMPTY)
    number, has_trunk_zero = _international(text)
    if has_trunk_zero:
        notes = (*notes, NOTE_TRUNK_ZERO)
    spelled = _match_mobile(number)
    if spelled is not None:
        return Address("tel:" + number, _MOBILE_KIND, _as_entered(raw), notes)
    number, kind = _judged_by_library(number)
    if kind is AddressKind.LANDLINE and channel is Channel.MESSAGE:
        notes = (*notes, NOTE_LANDLINE)
    return Address("tel:" + number, kind, _as_entered(raw), notes)


def _mailbox(raw: str) -> Address:
    if len(raw) > RAW_LENGTH_MAX:
        raise AddressRefused(_BAD_MAILBOX)
    text, notes = _cleaned(raw)
    if not text:
        raise AddressRefused(_EMPTY)
    fits = MAILBOX_LENGTH_MIN <= len(text) <= MAILBOX_LENGTH_MAX
    if not fits or _match_mailbox(text) is None:
        raise AddressRefused(_BAD_MAILBOX)
    # Bytes know only ASCII's lower case, in every locale. Dots and +labels stay: they are other
    # mailboxes to İYS (R113).
    lowered = text.encode("ascii").lower().decode("ascii")
    return Address("mailto:" + lowered, AddressKind.EMAIL, _as_entered(raw), notes)


def _cleaned(raw: str) -> tuple[str, tuple[str, ...]]:
    if raw.isascii():
        return raw.strip(_BLANKS), ()
    text = raw.translate(_INVISIBLE)
    return text.strip(_BLANKS), (NOTE_CLEANED,) if len(text) < len(raw) else ()


def _as_entered(raw: str) -> str:
    return raw if raw.isascii() else unicodedata.normalize("NFC", raw)


def _international(text: str) -> tuple[str, bool]:
    """The number as `+` and digits, and whether a 0 between +90 and the area code was dropped.

    The zero in `+90 (0) 532…` is a way of writing and not counted. Raises AddressRefused.
    """
    excel_number = _match_excel_number(text)
    if excel_number is not None:
        text = excel_number[1]
    if _match_phone_text(text) is None:
        raise AddressRefused(_BAD_PHONE)
    compact = _remove_separators("", text)
    is_international = compact.startswith(("+", "00"))
    digits = compact[1:] if compact[0] == "+" else compact.removeprefix("00")
    if len(digits) > PHONE_DIGITS_MAX:
        raise AddressRefused(_BAD_PHONE if _match_two_numbers(digits) else _TOO_LONG)
    if not digits.startswith("90") or not (is_international or len(digits) in (12, 13)):
        if is_international:
            return "+" + digits, False
        return _turkish(digits.removeprefix("0")), False
    has_trunk_zero = digits.startswith("900")
    number = _turkish(digits[2:].removeprefix("0"))
    return number, has_trunk_zero and _find_bracketed_zero(text) is None


def _turkish(national: str) -> str:
    # libphonenumber would drop one more 0: `000532…` is no spelling of anything.
    if national.startswith("0"):
        raise AddressRefused(_BAD_PHONE)
    return "+90" + national


def _judged_by_library(number: str) -> tuple[str, AddressKind]:
    """E.164 and kind of `+` and digits. Raises AddressRefused H121."""
    try:
        parsed = phonenumbers.parse(number, "TR")
    except NumberParseException as error:
        raise AddressRefused(_BAD_PHONE) from error
    if not phonenumbers.is_valid_number(parsed):
        raise AddressRefused(_BAD_PHONE)
    number_type = phonenumbers.number_type(parsed)
    if parsed.country_code == 90:
        kind = _KIND_BY_TURKISH_TYPE.get(number_type)
    else:
        kind = AddressKind.FOREIGN if number_type in _FOREIGN_TYPES else None
    if kind is None:
        raise AddressRefused(_BAD_PHONE, fault="KIND")
    return phonenumbers.format_number(parsed, PhoneNumberFormat.E164), kind

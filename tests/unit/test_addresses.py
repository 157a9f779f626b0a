"""Reading addresses: R110–R113; iys/api.md §3.2–3.3. All addresses are made up."""

import unicodedata

import phonenumbers
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from ledger import addresses
from ledger.addresses import (
    MAILBOX_LENGTH_MAX,
    RAW_LENGTH_MAX,
    Address,
    AddressKind,
    parse_address,
)
from ledger.errors import AddressRefused
from ledger.vocabulary import Channel

PHONE_CHANNELS = (Channel.CALL, Channel.MESSAGE)
MOBILE = "+905010000101"


def refusal_code(raw: str, channel: Channel) -> str:
    with pytest.raises(AddressRefused) as caught:
        parse_address(raw, channel)
    assert raw == "" or raw not in str(caught.value)
    return caught.value.code


def answer(raw: str, channel: Channel) -> tuple[str, AddressKind] | str:
    """What `parse_address` says, as something to compare."""
    try:
        address = parse_address(raw, channel)
    except AddressRefused as refused:
        return refused.code
    return address.uri, address.kind


def answer_of_library(national: str) -> tuple[str, AddressKind] | str:
    """The oracle for Turkish numbers: libphonenumber alone, and R112."""
    number = phonenumbers.parse("+90" + national, "TR")
    if not phonenumbers.is_valid_number(number):
        return "H121"
    kind = {
        phonenumbers.PhoneNumberType.MOBILE: AddressKind.MOBILE,
        phonenumbers.PhoneNumberType.FIXED_LINE: AddressKind.LANDLINE,
        phonenumbers.PhoneNumberType.PERSONAL_NUMBER: AddressKind.OTHER,
    }.get(phonenumbers.number_type(number))
    return "H121" if kind is None else (f"tel:+90{national}", kind)


@pytest.mark.parametrize(
    ("raw", "notes"),
    [
        pytest.param("+905010000101", (), id="e164"),
        pytest.param("905010000101", (), id="without-plus"),
        pytest.param("05010000101", (), id="trunk-zero"),
        pytest.param("5010000101", (), id="bare"),
        pytest.param("00905010000101", (), id="double-zero"),
        pytest.param("+90 (0) 501 000 01 01", (), id="bracketed-zero"),
        pytest.param("+90 (501) 000 01 01", (), id="bracketed-area"),
        pytest.param("(+90) 501 000 01 01", (), id="bracketed-country"),
        pytest.param("(0501) 000-01-01", (), id="bracketed-trunk-zero"),
        pytest.param("0501.000.01.01", (), id="dots"),
        pytest.param("0501 – 000 – 01 – 01", (), id="word-dashes"),
        pytest.param("5010000101.0", (), id="excel-float"),
        pytest.param("5010000101,00", (), id="excel-float-with-comma"),
        pytest.param("905010000101.0", (), id="excel-float-with-country"),
        pytest.param("\t 05010000101 \r\n", (), id="blanks-around"),
        pytest.param("+9005010000101", ("L-9005",), id="zero-behind-country"),
        pytest.param("9005010000101", ("L-9005",), id="zero-behind-country-without-plus"),
        pytest.param("+90 0501 000 01 01", ("L-9005",), id="zero-behind-country-with-spaces"),
        pytest.param("0501\u00a0000\u00a001\u00a001", ("L-CLEANED",), id="no-break-spaces"),
        pytest.param("\ufeff+905010000101\u200b", ("L-CLEANED",), id="zero-width"),
        pytest.param("\u202a+90 501 000 01 01\u202c", ("L-CLEANED",), id="direction-marks"),
        pytest.param("\u200b+9005010000101", ("L-CLEANED", "L-9005"), id="two-repairs"),
    ],
)
@pytest.mark.parametrize("channel", PHONE_CHANNELS)
def test_r110_every_usual_spelling_of_a_mobile_is_one_address(
    raw: str, notes: tuple[str, ...], channel: Channel
) -> None:
    address = parse_address(raw, channel)

    assert address.uri == "tel:" + MOBILE
    assert address.text == MOBILE
    assert address.kind is AddressKind.MOBILE
    assert address.notes == notes
    assert address.as_entered == raw


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        pytest.param("", "H114", id="empty"),
        pytest.param(" \t\n", "H114", id="blank"),
        pytest.param("\u200b\u00a0", "H114", id="invisible"),
        pytest.param("+9050100001051234567", "H160", id="too-long"),
        pytest.param("0501000010512345", "H160", id="sixteen-digits"),
        pytest.param("5" * (RAW_LENGTH_MAX + 1), "H160", id="beyond-the-bound"),
        pytest.param("?" * 100_000, "H160", id="far-beyond-the-bound"),
        pytest.param("+90501٠٠٠٠١٠١", "H121", id="arabic-digits"),
        pytest.param("٠٥٠١٠٠٠٠١٠١", "H121", id="only-arabic-digits"),
        pytest.param("+90５010000101", "H121", id="fullwidth-digit"),
        pytest.param("0212 000 01 01 dahili 5", "H121", id="extension-in-turkish"),
        pytest.param("+902124673333;ext=5", "H121", id="extension-of-a-uri"),
        pytest.param("0212 467 33 33 x5", "H121", id="extension-x"),
        pytest.param("0212 467 33 33-34", "H121", id="range-of-lines"),
        pytest.param("+905010000101 / +905010000102", "H121", id="two-with-slash"),
        pytest.param("05010000101 05010000102", "H121", id="two-with-space"),
        pytest.param("0501 000 01 01 0501 000 01 02", "H121", id="two-grouped"),
        pytest.param("05010000101,05010000102", "H121", id="two-with-comma"),
        pytest.param("05010000101\n05010000102", "H121", id="two-lines"),
        pytest.param("3338", "H121", id="short-code"),
        pytest.param("112", "H121", id="emergency"),
        pytest.param("444 1 444", "H121", id="uan"),
        pytest.param("+904441444", "H121", id="uan-international"),
        pytest.param("0850 123 45 67", "H121", id="voip"),
        pytest.param("0800 123 45 67", "H121", id="toll-free"),
        pytest.param("0900 123 45 67", "H121", id="premium"),
        pytest.param("0512 345 67 89", "H121", id="pager"),
        pytest.param("+1 800 555 1212", "H121", id="toll-free-abroad"),
        pytest.param("0532123456", "H121", id="nine-digits"),
        pytest.param("532123456.0", "H121", id="nine-digits-from-excel"),
        pytest.param("532123456.7", "H121", id="fraction"),
        pytest.param("5,01E+09", "H121", id="excel-power"),
        pytest.param("0501 CICEKCI", "H121", id="vanity"),
        pytest.param("+905812345678", "H121", id="unassigned"),
        pytest.param("+905813334455", "H121", id="example-of-iys"),
        pytest.param("+905992000000", "H121", id="other-example-of-iys"),
        pytest.param("000501 000 01 01", "H121", id="three-zeros"),
        pytest.param("+90005010000101", "H121", id="two-zeros-behind-country"),
        pytest.param("4915112345678", "H121", id="foreign-without-plus"),
        pytest.param("+999 123 45 67", "H121", id="no-such-country"),
        pytest.param("+", "H121", id="plus"),
        pytest.param("+90", "H121", id="country-only"),
        pytest.param("-5010000101", "H121", id="minus"),
        pytest.param("tel:+905010000101", "H121", id="uri"),
        pytest.param("ornek@ornek.com.tr", "H121", id="mailbox"),
        pytest.param("0501\x00000101", "H121", id="nul"),
        pytest.param("\ud800", "H121", id="surrogate"),
    ],
)
@pytest.mark.parametrize("channel", PHONE_CHANNELS)
def test_r110_r112_what_is_no_recipients_number_is_refused(
    raw: str, code: str, channel: Channel
) -> None:
    assert refusal_code(raw, channel) == code


@pytest.mark.parametrize(
    ("raw", "uri", "kind"),
    [
        pytest.param("0212 467 33 33", "tel:+902124673333", AddressKind.LANDLINE, id="landline"),
        pytest.param("0392 223 45 67", "tel:+903922234567", AddressKind.LANDLINE, id="kktc"),
        pytest.param("0533 865 00 01", "tel:+905338650001", AddressKind.MOBILE, id="kktc-533"),
        pytest.param("0542 850 00 01", "tel:+905428500001", AddressKind.MOBILE, id="kktc-542"),
        pytest.param("0592 211 00 01", "tel:+905922110001", AddressKind.OTHER, id="personal"),
        pytest.param(
            "+44 (0) 20 7946 0958", "tel:+442079460958", AddressKind.FOREIGN, id="british"
        ),
        pytest.param(
            "+39 (0)6 698 12345", "tel:+390669812345", AddressKind.FOREIGN, id="italian-zero"
        ),
        pytest.param(
            "0049 1511 2345678", "tel:+4915112345678", AddressKind.FOREIGN, id="double-zero"
        ),
    ],
)
def test_r112_other_kinds_of_lines_are_told_apart(raw: str, uri: str, kind: AddressKind) -> None:
    address = parse_address(raw, Channel.CALL)

    assert (address.uri, address.kind, address.notes) == (uri, kind, ())


def test_r112_a_landline_on_mesaj_is_kept_with_a_warning() -> None:
    assert parse_address("+902124673333", Channel.MESSAGE).notes == ("L-LANDLINE",)
    assert parse_address("+9002124673333", Channel.MESSAGE).notes == ("L-9005", "L-LANDLINE")
    assert parse_address("+442079460958", Channel.MESSAGE).notes == ()


@pytest.mark.parametrize(
    ("raw", "mailbox", "notes"),
    [
        pytest.param("ornek@ornek.com.tr", "ornek@ornek.com.tr", (), id="plain"),
        pytest.param("Ornek.Kisi+Haber@Ornek.COM", "ornek.kisi+haber@ornek.com", (), id="label"),
        pytest.param("ISTANBUL.ofis@Ornek.com", "istanbul.ofis@ornek.com", (), id="dotless-i"),
        pytest.param(".-_a.._--b@ornek.com", ".-_a.._--b@ornek.com", (), id="leading-marks"),
        pytest.param(" a@bc.de\r\n", "a@bc.de", (), id="shortest"),
        pytest.param("a@a.bc.de", "a@a.bc.de", (), id="label-of-one"),
        pytest.param("a@xn--rnek-4qa.com.tr", "a@xn--rnek-4qa.com.tr", (), id="punycode"),
        pytest.param("or\u200bnek@ornek.com", "ornek@ornek.com", ("L-CLEANED",), id="zero-width"),
        pytest.param("\u00a0ornek@ornek.com", "ornek@ornek.com", ("L-CLEANED",), id="no-break"),
    ],
)
def test_r113_a_mailbox_is_stored_in_ascii_lower_case(
    raw: str, mailbox: str, notes: tuple[str, ...]
) -> None:
    address = parse_address(raw, Channel.EMAIL)

    assert address == Address("mailto:" + mailbox, AddressKind.EMAIL, raw, notes)
    assert address.text == mailbox


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        pytest.param("", "H114", id="empty"),
        pytest.param("\u00a0", "H114", id="invisible"),
        pytest.param("örnek@mail.com", "H120", id="turkish-letter"),
        pytest.param("o\u0308rnek@mail.com", "H120", id="turkish-letter-in-two"),
        pytest.param("İstanbul@ornek.com", "H120", id="dotted-capital-i"),
        pytest.param("ışık@ornek.com", "H120", id="dotless-small-i"),
        pytest.param("\u212aisi@ornek.com", "H120", id="kelvin-sign"),
        pytest.param("a@örnek.com", "H120", id="domain-not-in-punycode"),
        pytest.param("ornek.ornek.com", "H120", id="no-at"),
        pytest.param("a@b@ornek.com", "H120", id="two-ats"),
        pytest.param("a@ornek.com,b@ornek.com", "H120", id="two-mailboxes"),
        pytest.param("@ornek.com", "H120", id="no-local-part"),
        pytest.param("a@ornek", "H120", id="no-dot"),
        pytest.param("a@b.co", "H120", id="domain-of-one"),
        pytest.param("a@ornek.c", "H120", id="top-level-of-one"),
        pytest.param("a@ornek..com", "H120", id="empty-label"),
        pytest.param("a@-ornek.com", "H120", id="leading-hyphen"),
        pytest.param("a@ornek.com.", "H120", id="trailing-dot"),
        pytest.param("a b@ornek.com", "H120", id="space"),
        pytest.param("a@ornek.com\nb", "H120", id="second-line"),
        pytest.param("a(b)@ornek.com", "H120", id="brackets"),
        pytest.param("Ornek <a@ornek.com>", "H120", id="display-name"),
        pytest.param("mailto:a@ornek.com", "H120", id="uri"),
        pytest.param("+905010000101", "H120", id="telephone"),
        pytest.param("a@" + "b" * MAILBOX_LENGTH_MAX + ".com", "H120", id="too-long"),
        pytest.param("a" * (RAW_LENGTH_MAX + 1), "H120", id="beyond-the-bound"),
        pytest.param(" " * (RAW_LENGTH_MAX + 1), "H120", id="blanks-beyond-the-bound"),
    ],
)
def test_r113_what_iys_does_not_take_as_a_mailbox_is_refused(raw: str, code: str) -> None:
    assert refusal_code(raw, Channel.EMAIL) == code


def test_r113_a_mailbox_may_have_exactly_265_characters() -> None:
    domain = "ornek.com"
    longest = "a" * (MAILBOX_LENGTH_MAX - len(domain) - 1) + "@" + domain

    assert parse_address(longest, Channel.EMAIL).text == longest
    assert refusal_code("a" + longest, Channel.EMAIL) == "H120"


@pytest.mark.parametrize(
    ("raw", "channel"),
    [
        pytest.param("0501 000 01 01", Channel.MESSAGE, id="phone"),
        pytest.param("Ornek@Ornek.com.tr", Channel.EMAIL, id="mailbox"),
    ],
)
def test_an_address_never_shows_in_its_repr(raw: str, channel: Channel) -> None:
    address = parse_address(raw, channel)

    assert repr(address) == f"Address(kind={address.kind!r}, notes=())"
    assert repr(address) == str(address)


# How the fast way and libphonenumber are held together (R110): every 3-digit prefix, every 6-digit
# prefix where its pattern looks further than three digits, and any number in any spelling.

TAILS = ("0000000", "1234567", "8650001", "9999999")


def prefixes_read_further() -> list[str]:
    """The 3-digit prefixes inside which the mobile pattern makes a difference."""
    match = addresses._match_mobile
    seen = {f"{n:06d}": match(f"{n:06d}0000") is not None for n in range(500_000, 600_000)}
    return [
        str(n) for n in range(500, 600) if len({seen[f"{n}{rest:03d}"] for rest in range(1000)}) > 1
    ]


def test_r110_fast_and_slow_agree_for_every_prefix_of_three_digits() -> None:
    for prefix in range(1000):
        for tail in TAILS:
            national = f"{prefix:03d}{tail}"
            expected = answer_of_library(national) if national[0] != "0" else "H121"
            assert answer("+90" + national, Channel.CALL) == expected, f"prefix {prefix:03d}"


def test_r110_fast_and_slow_agree_where_the_pattern_reads_six_digits() -> None:
    further = prefixes_read_further()

    assert further == ["561", "582"]  # a new one is a new numbering plan: look at R111
    for prefix in (*further, "592"):
        for rest in range(1000):
            national = f"{prefix}{rest:03d}0101"
            assert answer("+90" + national, Channel.CALL) == answer_of_library(national), prefix


def test_r110_the_pattern_looks_at_no_digit_behind_the_sixth() -> None:
    for prefix in ("561011", "561610", "582200", "501000", "582100"):
        found = {
            addresses._match_mobile(f"{prefix}{rest:04d}") is not None for rest in range(10_000)
        }
        assert len(found) == 1, prefix


FRONTS = ("+90", "90", "0090", "0", "", "+90 ", "+90 (0) ", "(+90) ", "+90 0", "+900", "900", "0 ")
SHAPES = ("{}{}{}{}", "{} {} {} {}", "({}) {} {} {}", "{}-{}-{}-{}", "{}.{}.{}.{}", "{} {}{}{}")


@settings(max_examples=200, deadline=None)
@given(
    national=st.integers(5 * 10**9, 6 * 10**9 - 1).map(str)
    | st.integers(2 * 10**9, 10**10 - 1).map(str),
    front=st.sampled_from(FRONTS),
    shape=st.sampled_from(SHAPES),
    around=st.sampled_from(("", " ", "\u00a0", "\u200b")),
    channel=st.sampled_from(PHONE_CHANNELS),
)
def test_r110_fast_and_slow_agree_in_every_spelling(
    national: str, front: str, shape: str, around: str, channel: Channel
) -> None:
    assume(not (front in ("", "(+90) ") and national.startswith("90")))  # a country code?
    spelled = shape.format(national[:3], national[3:6], national[6:8], national[8:])
    raw = around + front + spelled + around

    assert answer(raw, channel) == answer_of_library(national)


@settings(max_examples=300, deadline=None)
@given(
    raw=st.text(alphabet="+0590123456789 ().-/,\u00a0\u200b٥", max_size=24) | st.text(max_size=24),
    channel=st.sampled_from(Channel),
)
@example(raw="\u1e9b\u0323", channel=Channel.EMAIL)
def test_any_text_is_read_to_a_fixed_point_or_refused(raw: str, channel: Channel) -> None:
    try:
        address = parse_address(raw, channel)
    except AddressRefused as refused:
        assert refused.code in ("H114", "H120", "H121", "H160")
        return

    assert address.uri.isascii()
    assert address.as_entered == unicodedata.normalize("NFC", raw)
    assert len(address.as_entered) <= RAW_LENGTH_MAX
    assert parse_address(address.text, channel).uri == address.uri
    assert parse_address(address.as_entered, channel) == address

"""DER as X.690 §8 and §10 have it: one encoding of everything, all others refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.evidence.der import (
    INTEGER,
    NUMBER_BYTES_MAX,
    OCTET_STRING,
    OID,
    SEQUENCE,
    SET,
    Element,
    NotDer,
    Reader,
    context,
    encode,
    encode_integer,
    encode_oid,
    encode_set,
    only,
)


def the_element(der: bytes) -> Element:
    reader = Reader(der)
    element = reader.take()
    reader.end()
    return element


@pytest.mark.parametrize(
    ("number", "der"),
    [
        (0, "020100"),
        (127, "02017f"),
        (128, "02020080"),
        (256, "02020100"),
        (-1, "0201ff"),
        (-128, "020180"),
        (-129, "0202ff7f"),
    ],
)
def test_integers_have_the_bytes_of_the_standard(number: int, der: str) -> None:
    assert encode_integer(number).hex() == der
    assert the_element(bytes.fromhex(der)).integer == number


@pytest.mark.parametrize(
    ("dotted", "der"),
    [
        ("1.2.840.113549", "06062a864886f70d"),
        ("2.5.4.3", "0603550403"),
        ("2.999.3", "0603883703"),
        ("0.0", "060100"),
        ("1.39", "06014f"),
        ("2.16.840.1.101.3.4.2.1", "0609608648016503040201"),
    ],
)
def test_object_identifiers_have_the_bytes_of_the_standard(dotted: str, der: str) -> None:
    assert encode_oid(dotted).hex() == der
    assert the_element(bytes.fromhex(der)).oid == dotted


@given(st.integers(-(2 ** (8 * NUMBER_BYTES_MAX - 1)), 2 ** (8 * NUMBER_BYTES_MAX - 1) - 1))
def test_every_integer_comes_back(number: int) -> None:
    assert the_element(encode_integer(number)).integer == number


@given(st.lists(st.integers(0, 2**40), min_size=1, max_size=6), st.integers(0, 2))
def test_every_object_identifier_comes_back(numbers: list[int], first: int) -> None:
    dotted = ".".join(map(str, [first, numbers[0] % (2**40 if first == 2 else 40), *numbers[1:]]))

    assert the_element(encode_oid(dotted)).oid == dotted


@pytest.mark.parametrize("size", [0, 1, 127, 128, 255, 256, 65_535, 65_536])
def test_every_length_comes_back_in_its_shortest_form(size: int) -> None:
    whole = encode(OCTET_STRING, bytes(size))
    element = the_element(whole)

    assert (element.whole, element.content) == (whole, bytes(size))


@given(st.binary(max_size=40))
def test_nothing_but_not_der_is_raised_at_any_bytes(data: bytes) -> None:
    reader = Reader(data)
    try:
        elements = reader.rest()
    except NotDer:
        return
    assert b"".join(one.whole for one in elements) == data


@pytest.mark.parametrize(
    "der",
    [
        "",
        "04",
        "0401",
        "048000",  # indefinite length, ended
        "0480000000",
        "048101ff",  # a length below 128 in the long form
        "04820080" + "00" * 128,  # a length with a zero before it
        "0482",
        "048201",
        "04ff" + "01" * 127,
        "1f8101" + "00",  # a tag of several bytes
        "3f01" + "00",
    ],
)
def test_what_is_not_der_is_refused(der: str) -> None:
    with pytest.raises(NotDer):
        the_element(bytes.fromhex(der))


@pytest.mark.parametrize(
    "der", ["0200", "02020001", "0202007f", "0202ffff", "0202ff80", "0241" + "01" * 65]
)
def test_integers_in_another_form_are_refused(der: str) -> None:
    with pytest.raises(NotDer):
        _ = the_element(bytes.fromhex(der)).integer


@pytest.mark.parametrize("der", ["0600", "060180", "0602" + "8001", "06022a86", "0641" + "01" * 65])
def test_object_identifiers_in_another_form_are_refused(der: str) -> None:
    with pytest.raises(NotDer):
        _ = the_element(bytes.fromhex(der)).oid


@pytest.mark.parametrize("der", ["0100", "010101", "01020000"])
def test_booleans_in_another_form_are_refused(der: str) -> None:
    with pytest.raises(NotDer):
        _ = the_element(bytes.fromhex(der)).boolean


@pytest.mark.parametrize("dotted", ["", "1", "1.", "3.1", "1.02", "1.x", "1.2 "])
def test_what_is_no_dotted_decimal_is_not_encoded(dotted: str) -> None:
    with pytest.raises(ValueError, match="object identifier"):
        encode_oid(dotted)


def test_what_follows_or_stands_elsewhere_is_refused() -> None:
    two = encode_integer(1) + encode(OCTET_STRING, b"x")

    assert Reader(two).optional(OCTET_STRING) is None
    for refuse in (
        lambda: Reader(two).end(),
        lambda: Reader(two).take(OCTET_STRING),
        lambda: Reader(two).rest(INTEGER),
        lambda: only(two, INTEGER),
        lambda: only(encode(SEQUENCE), SET),
        lambda: the_element(encode_integer(1)).expect(OID),
    ):
        with pytest.raises(NotDer):
            refuse()
    Reader(b"").end()


def test_a_set_is_in_the_order_of_its_bytes() -> None:
    parts = [encode_integer(300), encode_integer(2), encode_integer(1)]

    assert encode_set(*parts) == encode(SET, *sorted(parts))


def test_context_tags() -> None:
    assert (context(0), context(1), context(2, constructed=False)) == (0xA0, 0xA1, 0x82)

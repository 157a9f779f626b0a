"""The bytes an event is for ever: design.md §5."""

import hashlib
import hmac
import json
import unicodedata

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ledger.errors import LedgerBroken
from ledger.evidence.canonical import (
    DEPTH_MAX,
    INTEGER_MAX,
    STATE_BYTES_MAX,
    ZERO_HASH,
    OutsideProfile,
    commitment,
    decode,
    encode,
    event_seed,
    group_salt,
    leaf_hash,
)

SALT = bytes(range(32))
SEED = bytes(range(32, 64))
DECOMPOSED = "o\u0308rnek"
LONE_SURROGATE = "a\ud800"

texts = st.text(max_size=40).map(lambda text: unicodedata.normalize("NFC", text))
integers = st.integers(-INTEGER_MAX, INTEGER_MAX)
keys = st.text(st.characters(max_codepoint=0x7F), max_size=8)
scalars = st.none() | st.booleans() | integers | texts
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=DEPTH_MAX - 1,
)

floats = st.floats(allow_nan=False, allow_infinity=False)
anything = st.recursive(
    scalars
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.integers(-(2**70), 2**70)
    | st.text(st.characters(), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(), max_size=4), inner, max_size=3)
    ),
    max_leaves=30,
)
"""Any JSON, inside the profile or not."""


def oracle(value: object) -> bytes:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def nested(levels: int, *, inside: object = 1) -> object:
    value = inside
    for level in range(levels):
        value = [value] if level % 2 else {"a": value}
    return value


# Every control and separator that encoders like to spell in their own way.
@example(value={"b": 1, "a": [], "B": {}, "": None, "aa": '\x00\x1f\x7f"\\/\b\t\n\f\r\u2028\u2029'})
@example(value=["İYS", "ı", "\ufeff", "\U0001f600", -INTEGER_MAX, INTEGER_MAX])
@given(value=values)
def test_the_bytes_are_those_of_sorted_compact_json(value: object) -> None:
    assert encode(value) == oracle(value)


@given(value=values)
def test_what_was_encoded_is_read_back_the_same(value: object) -> None:
    assert decode(encode(value)) == value


# Each looks at first sight like something else.
@example(value=[1e15, -0.0])
@example(value={"a": 1e300, "b": 2**53 - 1, "c": 2**53})
@example(value={"1.5": ":1.5,[2e3", "0": 999_999_999_999_999, "1": 10**15})
@given(value=anything)
def test_whatever_gets_bytes_is_inside_the_profile(value: object) -> None:
    try:
        state = encode(value)
    except OutsideProfile:
        return

    assert state == oracle(value)
    assert decode(state) == value


def test_the_members_of_a_struct_come_in_order_and_its_defaults_stay_away() -> None:
    class Pair(msgspec.Struct, omit_defaults=True):
        second: int
        first: str
        third: int | None = None

    assert encode(Pair(2, "ş")) == '{"first":"ş","second":2}'.encode()


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(1.0, id="float"),
        pytest.param(0.1, id="fraction"),
        pytest.param(float("nan"), id="not-a-number"),
        pytest.param(float("inf"), id="infinity"),
        pytest.param(float("-inf"), id="minus-infinity"),
        pytest.param(INTEGER_MAX + 1, id="integer-2-to-53"),
        pytest.param(-INTEGER_MAX - 1, id="integer-minus-2-to-53"),
        pytest.param(2**64, id="integer-beyond-64-bits"),
        pytest.param(DECOMPOSED, id="text-not-nfc"),
        pytest.param({"ö": 1}, id="key-not-ascii"),
        pytest.param({DECOMPOSED: 1}, id="key-not-nfc"),
        pytest.param(LONE_SURROGATE, id="text-with-lone-surrogate"),
        pytest.param({LONE_SURROGATE: 1}, id="key-with-lone-surrogate"),
        pytest.param({None: 1}, id="key-null"),
        pytest.param(object(), id="object"),
    ],
)
@pytest.mark.parametrize("levels", [0, 3])
def test_a_value_outside_the_profile_has_no_bytes(value: object, levels: int) -> None:
    with pytest.raises(OutsideProfile):
        encode(nested(levels, inside=value))


def test_what_is_outside_the_profile_belongs_to_the_broken_ledger_family() -> None:
    assert issubclass(OutsideProfile, LedgerBroken)


def test_sixteen_levels_are_allowed_and_no_more() -> None:
    deepest = nested(DEPTH_MAX)

    assert decode(encode(deepest)) == deepest
    with pytest.raises(OutsideProfile):
        encode(nested(DEPTH_MAX + 1))
    with pytest.raises(OutsideProfile):
        decode(oracle(nested(DEPTH_MAX + 1)))


@pytest.mark.parametrize("levels", [2_000, 100_000])
def test_a_tower_of_brackets_is_refused_and_not_fallen_over(levels: int) -> None:
    tower: object = 1
    for _ in range(levels):
        tower = [tower]

    with pytest.raises(OutsideProfile):
        encode(tower)
    with pytest.raises(OutsideProfile):
        decode((b"[" * levels + b"]" * levels)[:STATE_BYTES_MAX])


def test_sixteen_kibibytes_are_allowed_and_not_one_byte_more() -> None:
    longest = "a" * (STATE_BYTES_MAX - len('""'))

    assert STATE_BYTES_MAX == 16 * 1024
    assert len(encode(longest)) == STATE_BYTES_MAX
    assert decode(oracle(longest)) == longest
    with pytest.raises(OutsideProfile):
        encode(longest + "a")
    with pytest.raises(OutsideProfile):
        decode(oracle(longest + "a"))


@pytest.mark.parametrize(
    "state",
    [
        pytest.param(b'{"b":1,"a":2}', id="keys-in-another-order"),
        pytest.param(b'{"a":1,"a":1}', id="key-twice-same-value"),
        pytest.param(b'{"a":1,"a":2}', id="key-twice"),
        pytest.param(b'{"a": 1}', id="space-inside"),
        pytest.param(b' {"a":1}', id="space-before"),
        pytest.param(b'{"a":1}\n', id="newline-behind"),
        pytest.param(b'{"a":1}{}', id="second-value"),
        pytest.param(b'\xef\xbb\xbf{"a":1}', id="byte-order-mark"),
        pytest.param(b'"\\u0061"', id="escaped-letter"),
        pytest.param(b'"\\/"', id="escaped-slash"),
        pytest.param(b'"\\u001F"', id="upper-case-escape"),
        pytest.param(b'"\\u000a"', id="long-escape-of-newline"),
        pytest.param(b'"\\u00f6"', id="escaped-non-ascii"),
        pytest.param(b'"\x0a"', id="raw-control"),
        pytest.param(b'"\\ud800"', id="escaped-lone-surrogate"),
        pytest.param(b'"\xed\xa0\x80"', id="encoded-lone-surrogate"),
        pytest.param(b'"\xff"', id="not-utf-8"),
        pytest.param(b'"\xc1\xa1"', id="overlong-utf-8"),
        pytest.param(b"-0", id="minus-zero"),
        pytest.param(b"01", id="leading-zero"),
        pytest.param(b"1.0", id="float"),
        pytest.param(b"1e2", id="exponent"),
        pytest.param(b"9007199254740992", id="integer-2-to-53"),
        pytest.param(b"18446744073709551616", id="integer-beyond-64-bits"),
        pytest.param(b"NaN", id="not-a-number"),
        pytest.param(DECOMPOSED.join('""').encode(), id="text-not-nfc"),
        pytest.param('{"ö":1}'.encode(), id="key-not-ascii"),
        pytest.param(b'{"a":1', id="cut-off"),
        pytest.param(b"{'a':1}", id="single-quotes"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_bytes_that_are_not_canonical_are_not_read(state: bytes) -> None:
    with pytest.raises(OutsideProfile):
        decode(state)


@given(value=values, place=st.integers(0, 200), byte=st.integers(0, 255))
def test_bytes_that_are_read_are_the_only_ones_of_their_value(
    value: object, place: int, byte: int
) -> None:
    state = bytearray(encode(value))
    state[place % len(state)] = byte
    try:
        read = decode(bytes(state))
    except OutsideProfile:
        return

    assert oracle(read) == bytes(state)


@given(state=st.binary(max_size=200))
def test_a_leaf_is_hashed_behind_the_prefix_of_rfc_9162(state: bytes) -> None:
    assert leaf_hash(state) == hashlib.sha256(b"\x00" + state).digest()


def test_the_leaf_hash_of_an_empty_leaf_is_the_published_one() -> None:
    # The first leaf of the RFC 6962 reference vectors.
    published = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"

    assert leaf_hash(b"").hex() == published


def test_the_first_event_of_a_stream_points_to_sixty_four_zeros() -> None:
    assert ZERO_HASH == "0" * 64


@given(
    group=st.from_regex(r"[a-z_]{1,32}", fullmatch=True),
    salt=st.binary(min_size=32, max_size=32),
    value=values,
)
def test_a_commitment_is_the_hash_of_label_group_salt_and_value(
    group: str, salt: bytes, value: object
) -> None:
    bound = b"izin-defteri/v1/commit\x00" + group.encode() + b"\x00" + salt + oracle(value)

    assert commitment(group, salt, value) == hashlib.sha256(bound).hexdigest()


def test_a_commitment_binds_its_group_its_salt_and_its_value() -> None:
    bound = {
        commitment("note", SALT, {"a": 1}),
        commitment("file", SALT, {"a": 1}),
        commitment("note", SALT[::-1], {"a": 1}),
        commitment("note", SALT, {"a": 2}),
        commitment("note", SALT, {"a": "1"}),
        commitment("note", SALT, {"a": [1]}),
        commitment("note", SALT, None),
        commitment("note", SALT, ""),
        commitment("note", SALT, []),
        commitment("note", SALT, {}),
    }

    assert len(bound) == 10


def test_a_commitment_does_not_depend_on_the_order_of_members() -> None:
    one, other = {"a": 1, "b": 2}, {"b": 2, "a": 1}

    assert commitment("note", SALT, one) == commitment("note", SALT, other)


@pytest.mark.parametrize(
    "value",
    [float("nan"), 1.5, INTEGER_MAX + 1, DECOMPOSED, {"ö": 1}, LONE_SURROGATE],
    ids=["not-a-number", "float", "big-integer", "not-nfc", "key-not-ascii", "lone-surrogate"],
)
def test_a_commitment_is_made_over_canonical_values_only(value: object) -> None:
    """§5: H = SHA-256(… canonical(value)); a verifier has only the profile to go by."""
    with pytest.raises(OutsideProfile):
        commitment("note", SALT, value)


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_salt_of_another_length_is_not_used(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        commitment("note", bytes(length), 1)


@given(key=st.binary(min_size=32, max_size=32), event_id=st.uuids().map(str))
def test_the_seed_of_an_event_follows_from_the_subjects_key(key: bytes, event_id: str) -> None:
    message = b"izin-defteri/v1/seed\x00" + event_id.encode()

    assert event_seed(key, event_id) == hmac.digest(key, message, "sha256")


def test_every_group_of_every_event_has_its_own_salt() -> None:
    expected = hmac.digest(SEED, b"izin-defteri/v1/salt\x00note", "sha256")

    assert group_salt(SEED, "note") == expected
    assert len({group_salt(SEED, "note"), group_salt(SEED, "file"), group_salt(SALT, "note")}) == 3


def test_a_commitment_once_made_can_be_made_again_for_ever() -> None:
    """The whole chain key → seed → salt → commitment, pinned."""
    seed = event_seed(SALT, "019a9153-2800-7abc-8123-456789abcdef")
    salt = group_salt(seed, "recipient")

    made = commitment("recipient", salt, {"canonicalisation": 1})

    assert made == "98cda2b6e48ec9922c48d4dbaafa219fb8b95417f7b82d29fb4134f7944645ee"

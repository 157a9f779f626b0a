"""Ids that carry their time: design.md §4, RFC 9562."""

from uuid import RFC_4122, UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ledger.aggregates.keys import (
    ConsentKey,
    event_id,
    provider_stream,
    recipient_stream,
    stream_id,
    uuid7,
)
from ledger.vocabulary import BrandCode, Channel, RecipientType
from tests.builders import LOG, SUBJECT, a_key

MILLISECONDS_MAX = 2**48 - 1

milliseconds = st.integers(0, MILLISECONDS_MAX)
chances = st.binary(min_size=10, max_size=10)
brand_codes = st.integers(1, 999_999).map(BrandCode)
keys = st.builds(
    ConsentKey,
    brand_codes,
    st.builds(uuid7, milliseconds, chances),
    st.sampled_from(RecipientType),
    st.sampled_from(Channel),
)


@pytest.mark.parametrize(
    ("key", "stream"),
    [
        (a_key(), "019a9153-2800-8811-96e0-5837cf363a27"),
        (a_key(recipient_type=RecipientType.MERCHANT), "019a9153-2800-826d-b229-a5a1185e4350"),
        (a_key(channel=Channel.CALL), "019a9153-2800-8f6d-9362-d4393589a9a2"),
        (a_key(channel=Channel.EMAIL), "019a9153-2800-8a4c-8586-ce62782151db"),
        (a_key(brand_code=BrandCode(654321)), "019a9153-2800-8c96-ba7d-923898b6be19"),
    ],
    ids=["message", "merchant", "call", "email", "another-brand"],
)
def test_the_stream_of_a_consent_is_the_one_it_always_was(key: ConsentKey, stream: str) -> None:
    """Worked out apart from our code, from the words of §4."""
    assert key.stream == UUID(stream)


def test_the_streams_of_recipient_and_provider_are_the_ones_they_always_were() -> None:
    assert recipient_stream(SUBJECT) == UUID("019a9153-2800-85af-903e-d47b6eb47aba")
    assert provider_stream(LOG, "ledger") == UUID("00000000-0000-8971-9bdb-9ac0e6e35114")
    assert provider_stream(LOG, "import") == UUID("00000000-0000-8c84-b462-0f6762648784")


@given(key=keys)
def test_a_stream_id_is_of_version_8_and_begins_with_the_subjects_time(key: ConsentKey) -> None:
    stream = key.stream

    assert (stream.version, stream.variant) == (8, RFC_4122)
    assert stream.bytes[:6] == key.subject.bytes[:6]


@given(key=keys, other=keys)
def test_each_part_of_the_key_makes_another_stream(key: ConsentKey, other: ConsentKey) -> None:
    """R10: four parts, never fewer."""
    parts = ("brand_code", "subject", "recipient_type", "channel")
    changed = [key, *(replace(key, **{part: getattr(other, part)}) for part in parts)]

    assert len({one.stream for one in changed}) == len(set(changed))


@given(key=keys)
def test_a_subjects_own_stream_is_none_of_its_consents(key: ConsentKey) -> None:
    assert recipient_stream(key.subject) != key.stream
    assert recipient_stream(key.subject).bytes[:6] == key.subject.bytes[:6]


def test_two_logs_and_two_families_share_no_stream() -> None:
    streams = {
        provider_stream(LOG, "ledger"),
        provider_stream(LOG, "import"),
        provider_stream(LOG.replace("0", "1"), "ledger"),
    }

    assert len(streams) == 3


@given(earlier=milliseconds, later=milliseconds, key=keys, chance=chances)
def test_streams_of_later_subjects_sort_later(
    earlier: int, later: int, key: ConsentKey, chance: bytes
) -> None:
    earlier, later = sorted((earlier, later))
    if earlier == later:
        return

    old = replace(key, subject=uuid7(earlier, chance)).stream
    new = replace(key, subject=uuid7(later, chance)).stream

    assert old < new
    assert str(old) < str(new)


@given(at=milliseconds, chance=chances)
def test_a_uuid_of_version_7_holds_time_and_chance(at: int, chance: bytes) -> None:
    made = uuid7(at, chance)
    kept = int.from_bytes(chance[:2], "big") & 0xFFF, int.from_bytes(chance[2:], "big") % 2**62

    assert (made.version, made.variant) == (7, RFC_4122)
    assert made.int >> 80 == at
    assert (made.int >> 64 & 0xFFF, made.int % 2**62) == kept


def test_the_example_of_rfc_9562_comes_out() -> None:
    """RFC 9562 A.6."""
    made = uuid7(0x017F22E279B0, bytes.fromhex("0cc318c4dc0c0c07398f"))

    assert made == UUID("017f22e2-79b0-7cc3-98c4-dc0c0c07398f")


@given(at=milliseconds, chance=chances)
def test_the_id_of_an_event_is_the_text_of_a_uuid_of_version_7(at: int, chance: bytes) -> None:
    made = UUID(event_id(at, chance))

    assert str(made) == event_id(at, chance)
    assert (made.version, made.variant) == (7, RFC_4122)
    assert made.int >> 80 == at


@given(chance=chances, other=chances)
def test_the_id_of_an_event_keeps_74_bits_of_chance(chance: bytes, other: bytes) -> None:
    """The first four bits make room for the version, and two behind them for the variant."""

    def kept(ten: bytes) -> tuple[int, int, bytes]:
        return int.from_bytes(ten[:2], "big") & 0xFFF, ten[2] & 0b1100_1111, ten[3:]

    assert (event_id(1, chance) == event_id(1, other)) == (kept(chance) == kept(other))


@given(time=st.binary(min_size=6, max_size=6), name=st.text(st.characters(max_codepoint=127)))
def test_the_name_decides_all_of_a_stream_id_but_its_time(time: bytes, name: str) -> None:
    other = bytes(byte ^ 0xFF for byte in time)

    assert stream_id(time, name).bytes[6:] == stream_id(other, name).bytes[6:]

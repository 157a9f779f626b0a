"""Reading answers and tokens: what they say, and that nothing but our own refusals come of it."""

from datetime import timedelta
from itertools import count

import pytest

from ledger.evidence.token_check import Expectation, check
from ledger.evidence.tokens import RESPONSE_BYTES_MAX, Token, read_response, read_token
from ledger.evidence.tsa_refusals import TokenRefused, TokenStep, TsaRejected
from tests.tsa_builders import (
    AT,
    HASH_OIDS,
    IMPRINT,
    NONCE,
    POLICY,
    integer,
    octets,
    oid,
    sequence,
    the_world,
    tlv,
)

ROOT, TSA, GOOD = the_world()
TOKEN = GOOD.token()
ANSWER = sequence(sequence(integer(0)), TOKEN)
ASKED = Expectation(
    imprint=IMPRINT, nonce=NONCE, policies=frozenset({POLICY}), earliest=AT, latest=AT
)
ACCURACY = sequence(integer(2), b"\x80\x01\x05", b"\x81\x02\x03\xe7")


def test_an_answer_says_everything_a_seal_and_a_report_need() -> None:
    token = read_response(ANSWER)

    assert token.raw == TOKEN
    assert (token.policy, token.serial, token.nonce) == (POLICY, 4711, NONCE)
    assert (token.hash_oid, token.imprint) == (HASH_OIDS["sha256"], IMPRINT)
    assert token.generated_at == AT
    assert token.accuracy is None
    assert token.certificate_der == TSA.der
    assert token.certificate == TSA.certificate
    assert set(token.certificates) == {TSA.der, ROOT.der}


def test_a_token_alone_reads_as_it_does_in_an_answer() -> None:
    assert read_token(TOKEN) == read_response(ANSWER)


def test_words_beside_a_grant_are_allowed() -> None:
    told = sequence(integer(0), sequence(tlv(0x0C, b"Operation Okay")))

    assert read_response(sequence(told, TOKEN)).raw == TOKEN


def an_odd_token(info: bytes) -> Token:
    """A token with these members at the end of its TSTInfo, after the nonce left out."""
    return read_token(GOOD.changed(nonce=None, info_end=info).token())


def test_the_members_that_may_be_left_out_are_read() -> None:
    name = tlv(0xA0, tlv(0xA4, sequence()))
    extension = sequence(oid("1.2.3.4"), octets(b""))

    token = an_odd_token(ACCURACY + b"\x01\x01\xff" + integer(-5) + name + tlv(0xA1, extension))

    assert token.accuracy == timedelta(seconds=2, milliseconds=5, microseconds=999)
    assert token.nonce == -5


@pytest.mark.parametrize(
    "info_end",
    [
        b"\x05\x00",
        sequence(integer(-1)),
        sequence(integer(10**9)),
        sequence(b"\x80\x02\x03\xe8"),
        sequence(b"\x81\x01\x01", b"\x80\x01\x01"),
        ACCURACY + ACCURACY,
        b"\x01\x01\x00",
        integer(1) + integer(1),
        tlv(0xA1, sequence(oid("1.2.3.4"), b"\x01\x01\x02", octets(b""))),
        tlv(0xA1, sequence(oid("1.2.3.4"))),
    ],
)
def test_a_member_out_of_its_bounds_or_place_is_refused(info_end: bytes) -> None:
    with pytest.raises(TokenRefused) as refused:
        an_odd_token(info_end)

    assert refused.value.step is TokenStep.FORM


@pytest.mark.parametrize(
    "time",
    [
        b"202611221015",
        b"20261122101500",
        b"20261122101500.0Z",
        b"20261122101500.10Z",
        b"20261122101500.Z",
        b"20261122101500,5Z",
        b"20261122131500+0300",
        b"20261132101500Z",
        b"20261122101560Z",
        b"00001122101500Z",
        b"2026\xd9\xa11122101500Z",
        b"20261122101500.1234567891Z",
    ],
)
def test_a_time_in_another_form_or_calendar_is_refused(time: bytes) -> None:
    with pytest.raises(TokenRefused) as refused:
        read_token(GOOD.changed(time=time).token())

    assert refused.value.step is TokenStep.FORM


def test_a_fraction_finer_than_microseconds_is_cut() -> None:
    token = read_token(GOOD.changed(time=b"20261122101500.123456789Z").token())

    assert token.generated_at == AT.replace(microsecond=123_456)


def test_a_token_that_is_no_signed_data_is_refused() -> None:
    with pytest.raises(TokenRefused) as refused:
        read_token(TOKEN.replace(oid("1.2.840.113549.1.7.2"), oid("1.2.840.113549.1.7.3")))

    assert refused.value.step is TokenStep.CONTENT


@pytest.mark.parametrize("status", [2, 3, 4, 5, 99, -1])
def test_every_other_status_is_a_rejection(status: int) -> None:
    with pytest.raises(TsaRejected, match=f"PKIStatus {status}"):
        read_response(sequence(sequence(integer(status)), TOKEN))


def test_a_rejection_names_failures_and_says_the_words_without_line_breaks() -> None:
    words = sequence(tlv(0x0C, "Yetersiz\nkontör".encode()), tlv(0x16, b"x\xff" + b"y" * 500))
    failures = tlv(0x03, b"\x07\x80\x01\x00\x40")

    with pytest.raises(TsaRejected) as rejected:
        read_response(sequence(sequence(integer(2), words, failures)))

    text = str(rejected.value)
    assert text.startswith(
        "PKIStatus 2, badAlg, unacceptedPolicy, systemFailure, Yetersiz kontör x"
    )
    assert text.isprintable()
    assert len(text) < 300


def test_an_answer_over_the_limit_is_not_read() -> None:
    for read in (read_response, read_token):
        with pytest.raises(TokenRefused) as refused:
            read(TOKEN + bytes(RESPONSE_BYTES_MAX))
        assert refused.value.step is TokenStep.SIZE
        assert len(refused.value.raw) == RESPONSE_BYTES_MAX


def test_an_answer_cut_anywhere_is_refused() -> None:
    for length in range(len(ANSWER)):
        with pytest.raises(TokenRefused) as refused:
            read_response(ANSWER[:length])
        assert refused.value.step is TokenStep.FORM
        assert refused.value.raw == ANSWER[:length]


def test_a_byte_changed_anywhere_raises_nothing_but_refusals() -> None:
    """What passes here is left to those who verify signature and chain."""
    passed = 0
    for at, change in zip(range(len(ANSWER)), count(1)):
        flipped = bytearray(ANSWER)
        flipped[at] ^= 1 << change % 8
        try:
            check(read_response(bytes(flipped)), ASKED)
        except (TokenRefused, TsaRejected):
            continue
        passed += 1
    assert passed < len(ANSWER) // 2


def test_no_secret_or_long_bytes_stand_in_a_repr() -> None:
    shown = repr(read_token(TOKEN))

    assert len(shown) < 1_000

"""The embedded TEST authority, asked directly."""

from datetime import UTC, datetime, timedelta, timezone
from hashlib import new, sha256

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from ledger.errors import SettingsRefused
from ledger.evidence.local_tsa import (
    POLICY,
    REQUEST_BYTES_MAX,
    TEST_ORGANIZATION,
    KeyMaterial,
    LocalTsa,
    make_key_material,
)
from ledger.evidence.token_check import Expectation, check
from ledger.evidence.tokens import Token, read_response
from ledger.evidence.tsa_chain import path_to_root
from ledger.evidence.tsa_refusals import TokenRefused, TokenStep, TsaRejected
from tests.tsa_builders import HASH_OIDS, integer, octets, oid, sequence

AT = datetime(2026, 11, 22, 10, 15, 0, 250_000, tzinfo=UTC)
MATERIAL = make_key_material(datetime(2026, 1, 1, tzinfo=UTC))
TSA = LocalTsa(MATERIAL)
IMPRINT = sha256(b"made up").digest()
TRUE, FALSE = b"\x01\x01\xff", b"\x01\x01\x00"
NONCE = 2**64 - 1


def a_request(
    *,
    version: int = 1,
    hash_name: str = "sha256",
    imprint: bytes = IMPRINT,
    policy: str | None = None,
    nonce: int | None = NONCE,
    wants_certificate: bytes = TRUE,
    end: bytes = b"",
) -> bytes:
    return sequence(
        integer(version),
        sequence(sequence(oid(HASH_OIDS[hash_name]), b"\x05\x00"), octets(imprint)),
        oid(policy) if policy else b"",
        b"" if nonce is None else integer(nonce),
        wants_certificate,
        end,
    )


def answered(request: bytes, at: datetime = AT, serial: int = 4711) -> Token:
    return read_response(TSA.answer(request, at=at, serial=serial))


def test_a_token_says_what_was_asked_and_passes_the_strict_check() -> None:
    token = answered(a_request())

    asked = Expectation(
        imprint=IMPRINT, nonce=NONCE, policies=frozenset({POLICY}), earliest=AT, latest=AT
    )
    check(token, asked)
    assert (token.serial, token.generated_at, token.policy) == (4711, AT, POLICY)
    assert token.accuracy == timedelta(seconds=1)
    assert len(path_to_root(token, x509.load_pem_x509_certificates(MATERIAL.root))) == 2


@pytest.mark.parametrize("hash_name", ["sha256", "sha384", "sha512"])
def test_each_hash_of_sha_2_is_taken(hash_name: str) -> None:
    imprint = new(hash_name, b"made up").digest()

    token = answered(a_request(hash_name=hash_name, imprint=imprint))

    assert (token.hash_oid, token.imprint) == (HASH_OIDS[hash_name], imprint)


def test_without_a_nonce_there_is_none() -> None:
    assert answered(a_request(nonce=None)).nonce is None


@pytest.mark.parametrize("wants_certificate", [b"", FALSE])
def test_without_being_asked_for_the_certificate_stays_away(wants_certificate: bytes) -> None:
    with pytest.raises(TokenRefused) as refused:
        answered(a_request(wants_certificate=wants_certificate))

    assert refused.value.step is TokenStep.CERTIFICATE_MISSING


@pytest.mark.parametrize(
    "at",
    [
        datetime(2026, 11, 22, 10, 15, tzinfo=UTC),
        datetime(2026, 11, 22, 10, 15, 0, 100, tzinfo=UTC),
        datetime(2026, 11, 22, 13, 15, 0, 999_999, tzinfo=timezone(timedelta(hours=3))),
    ],
)
def test_the_time_is_the_one_passed_in(at: datetime) -> None:
    assert answered(a_request(), at=at).generated_at == at


@pytest.mark.parametrize(
    ("request_bytes", "failure"),
    [
        (a_request(hash_name="sha1", imprint=bytes(20)), "badAlg"),
        (a_request(imprint=bytes(31)), "badDataFormat"),
        (a_request(policy="1.2.3"), "unacceptedPolicy"),
        (a_request(end=b"\xa0\x00"), "unacceptedExtension"),
        (a_request(version=2), "badRequest"),
        (a_request() + bytes(REQUEST_BYTES_MAX), "badRequest"),
        (a_request() + b"\x00", "badDataFormat"),
        (a_request()[:-1], "badDataFormat"),
        (a_request(end=b"\x05\x00"), "badDataFormat"),
        (b"", "badDataFormat"),
        (b"not DER", "badDataFormat"),
    ],
)
def test_a_bad_request_is_rejected_with_its_failure(request_bytes: bytes, failure: str) -> None:
    with pytest.raises(TsaRejected, match=f"^PKIStatus 2, {failure}, .") as rejected:
        answered(request_bytes)

    assert str(rejected.value).count(", ") >= 2  # one failure, and words


def test_the_policy_of_its_own_may_be_named() -> None:
    assert answered(a_request(policy=POLICY)).policy == POLICY


def test_every_certificate_says_that_it_is_worth_nothing() -> None:
    for pem in (MATERIAL.root, MATERIAL.certificate):
        certificate = x509.load_pem_x509_certificate(pem)
        [name] = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
        assert name.value == TEST_ORGANIZATION
        assert name.value == "TEST – hukuki değeri yoktur / no legal value"


def test_only_the_stamps_key_is_kept_and_not_shown() -> None:
    other = make_key_material(datetime(2026, 1, 1, tzinfo=UTC))

    assert MATERIAL.key.count(b"BEGIN PRIVATE KEY") == 1
    assert MATERIAL.key.decode() not in f"{MATERIAL!r}"
    assert other.key != MATERIAL.key
    assert other.root != MATERIAL.root


@pytest.mark.parametrize(
    "material",
    [
        KeyMaterial(MATERIAL.root, MATERIAL.certificate, b""),
        KeyMaterial(MATERIAL.root, b"", MATERIAL.key),
        KeyMaterial(MATERIAL.root, MATERIAL.root, MATERIAL.key),
        KeyMaterial(MATERIAL.root, MATERIAL.certificate, MATERIAL.certificate),
    ],
    ids=["no key", "no certificate", "another certificate", "certificate as key"],
)
def test_what_does_not_belong_together_is_refused(material: KeyMaterial) -> None:
    with pytest.raises(SettingsRefused):
        LocalTsa(material)

"""Answers of a TSA, forged in every way and good in every way (RFC 3161, 5652, 5816), all checked.

Each goes the whole way: strict check, path to the root, signature and chain.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import rfc3161ng
from cryptography.x509.oid import ExtendedKeyUsageOID

from ledger.evidence import timestamping
from ledger.evidence.stamps import SignatureVerifier, Stamp, Trust
from ledger.evidence.timestamping import Tsa
from ledger.evidence.tokens import RESPONSE_BYTES_MAX
from ledger.evidence.tsa_refusals import ClockDiffers, TokenRefused, TsaRejected
from ledger.evidence.tsa_refusals import TokenStep as Step
from tests import tsa_builders
from tests.tsa_builders import (
    AT,
    BEGIN,
    DATA,
    END,
    IMPRINT,
    NONCE,
    OTHER_POLICY,
    POLICY,
    TIME_STAMPING,
    Answer,
    a_tsa,
    an_authority,
    attribute,
    certificate_id,
    oid,
    p384,
    rsa_2048,
    sequence,
    the_world,
)

ROOT, TSA, GOOD = the_world()
EVIL_ROOT = an_authority()  # of the same name
EVIL_TSA = a_tsa(EVIL_ROOT)
TWO_MINUTES = timedelta(minutes=2)

Forgery = Callable[[Answer], Answer | bytes]


def changed(**changes: object) -> Forgery:
    return lambda good: good.changed(**changes)


def of_tsa(**how: object) -> Forgery:
    """Signed by a TSA of the right root whose certificate is not right."""
    return lambda good: good.changed(tsa=a_tsa(ROOT, **how))  # type: ignore[arg-type]  # see a_tsa


def bit_flipped_in_signature(good: Answer) -> bytes:
    built = good.built()
    return built[:-1] + bytes([built[-1] ^ 1])


def stamped(forge: Forgery, roots: bytes = ROOT.pem) -> Stamp:
    """What comes of an answer to a request of now, which is AT."""

    def ask(query: timestamping.Query) -> bytes:
        nonce = int(rfc3161ng.decode_timestamp_request(query.request)["nonce"])
        answer = forge(GOOD.changed(nonce=nonce))
        return answer if isinstance(answer, bytes) else answer.built()

    return Tsa(ask, Trust(roots=roots, policies=frozenset({POLICY}))).stamp(IMPRINT, AT)


FORGED: dict[str, tuple[Step, Forgery]] = {
    "bytes after the end": (Step.END, changed(after=b"\x00")),
    "cut off": (Step.FORM, lambda good: good.built()[:-1]),
    "granted without a token": (Step.TOKEN_MISSING, changed(has_token=False)),
    "other content": (Step.CONTENT, changed(content_kind=DATA)),
    "two signers": (Step.SIGNERS, changed(signers=2)),
    "no certificate": (Step.CERTIFICATE_MISSING, changed(certificates=())),
    "no signed attributes": (Step.UNSIGNED_ATTRIBUTES, changed(has_attributes=False)),
    "contentType missing": (Step.CONTENT_TYPE_MISSING, changed(signed_kind=None)),
    "contentType wrong": (Step.CONTENT_TYPE, changed(signed_kind=DATA)),
    "contents exchanged": (Step.MESSAGE_DIGEST, changed(signed_digest=bytes(32))),
    "ESSCertID missing": (Step.SIGNING_CERTIFICATE_MISSING, changed(certificate_id=None)),
    "ESSCertID wrong": (
        Step.SIGNING_CERTIFICATE,
        changed(certificate_id=certificate_id(ROOT.der)),
    ),
    "SHA-1 imprint": (Step.HASH, changed(imprint_hash="sha1", imprint=IMPRINT[:20])),
    "other imprint": (Step.IMPRINT, changed(imprint=bytes(32))),
    "other policy": (Step.POLICY, changed(policy=OTHER_POLICY)),
    "no nonce": (Step.NONCE_MISSING, changed(nonce=None)),
    "replayed": (Step.NONCE, changed(nonce=NONCE)),
    "no key purpose": (Step.PURPOSE_MISSING, of_tsa(purposes=())),
    "key purpose not critical": (Step.PURPOSE_NOT_CRITICAL, of_tsa(is_critical=False)),
    "a further key purpose": (
        Step.PURPOSE,
        of_tsa(purposes=(TIME_STAMPING, ExtendedKeyUsageOID.CODE_SIGNING)),
    ),
    "certificate begins later": (Step.NOT_YET_VALID, of_tsa(valid=(AT + TWO_MINUTES, END))),
    "certificate ended before": (Step.NO_LONGER_VALID, of_tsa(valid=(BEGIN, AT - TWO_MINUTES))),
    "future": (Step.CLOCK_AHEAD, changed(at=AT + TWO_MINUTES)),
    "past": (Step.CLOCK_BEHIND, changed(at=AT - TWO_MINUTES)),
    "invented root": (Step.UNKNOWN_ISSUER, changed(tsa=EVIL_TSA)),
    "self-signed": (Step.SELF_SIGNED, changed(tsa=a_tsa(None))),
    "broken signature": (Step.SIGNATURE, bit_flipped_in_signature),
}

FORGED_FURTHER: dict[str, tuple[Step, Forgery]] = {
    "granted with modifications": (Step.GRANTED_WITH_MODS, changed(status=1)),
    "too long": (Step.SIZE, lambda _: bytes(RESPONSE_BYTES_MAX + 1)),
    "empty": (Step.FORM, lambda _: b""),
    "a web page": (Step.FORM, lambda _: b"<!doctype html><title>Merhaba</title>"),
    "other version": (Step.FORM, changed(version=2)),
    "other kind of purpose": (Step.PURPOSE, of_tsa(purposes=(ExtendedKeyUsageOID.CODE_SIGNING,))),
    "critical extension": (
        Step.EXTENSION,
        changed(info_end=b"\xa1\x0d" + sequence(oid("1.2.3.4"), b"\x01\x01\xff\x04\x01\x00")),
    ),
    "signed over SHA-1": (Step.DIGEST_ALGORITHM, changed(digest="sha1")),
    "certificate of no known version": (
        Step.CERTIFICATE,
        changed(certificates=(TSA.der.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x07"),)),
    ),
    "messageDigest missing": (Step.MESSAGE_DIGEST_MISSING, changed(signed_digest=None)),
    "contentType twice": (
        Step.ATTRIBUTE_TWICE,
        changed(more_attributes=(attribute("1.2.840.113549.1.9.3", oid(DATA)),)),
    ),
    "contentType with two values": (
        Step.ATTRIBUTE_TWICE,
        changed(
            signed_kind=None,
            more_attributes=(
                attribute("1.2.840.113549.1.9.3", oid(tsa_builders.TST_INFO), oid(DATA)),
            ),
        ),
    ),
    "another TSA of the root named": (
        Step.SIGNING_CERTIFICATE,
        lambda good: good.changed(named=(other := a_tsa(ROOT)), certificates=other.chain),
    ),
    "another TSA of the root named in both places": (
        Step.SIGNATURE,
        lambda good: good.changed(
            named=(other := a_tsa(ROOT)),
            certificates=other.chain,
            certificate_id=certificate_id(other.der),
        ),
    ),
    "both ESSCertIDs, one wrong": (
        Step.SIGNING_CERTIFICATE,
        changed(more_attributes=(certificate_id(ROOT.der, "sha1"),)),
    ),
    "issuer ended before": (
        Step.SIGNATURE,
        lambda good: good.changed(tsa=a_tsa(an_authority(ROOT, "Old", end=AT - TWO_MINUTES))),
    ),
    "issuer is no authority": (Step.SIGNATURE, lambda good: good.changed(tsa=a_tsa(a_tsa(ROOT)))),
    "invented root, certificates unsorted": (
        Step.UNKNOWN_ISSUER,
        changed(tsa=EVIL_TSA, certificates=EVIL_TSA.chain[::-1], sorts_certificates=False),
    ),
}


@pytest.mark.parametrize("case", FORGED | FORGED_FURTHER)
def test_a_forged_answer_is_refused_by_name(case: str) -> None:
    step, forge = (FORGED | FORGED_FURTHER)[case]

    with pytest.raises(TokenRefused) as refused:
        stamped(forge)

    assert refused.value.step is step
    assert step.value[0] in str(refused.value)
    assert step.value[1] in refused.value.turkish
    assert len(refused.value.raw) <= RESPONSE_BYTES_MAX
    assert isinstance(refused.value, ClockDiffers) is (case in {"future", "past"})


def test_every_forgery_of_the_matrix_has_a_step_and_message_of_its_own() -> None:
    steps = [step for step, _ in FORGED.values()]

    assert len({step.value for step in steps}) == len(steps) >= 23


def test_a_bit_flipped_in_an_unreadable_token_is_found_by_openssl() -> None:
    def forge(good: Answer) -> bytes:
        unsorted = good.changed(certificates=TSA.chain, sorts_certificates=False)
        if sorted(TSA.chain) == list(TSA.chain):
            unsorted = unsorted.changed(certificates=TSA.chain[::-1])
        return bit_flipped_in_signature(unsorted)

    with pytest.raises(TokenRefused, match="by openssl") as refused:
        stamped(forge)

    assert refused.value.step is Step.SIGNATURE


def test_a_refused_request_is_no_refused_token() -> None:
    with pytest.raises(TsaRejected, match="PKIStatus 2"):
        stamped(changed(status=2, has_token=False))


BETWEEN = an_authority(ROOT, "Made-up Authority")
DEEP = a_tsa(BETWEEN)
UNSORTED = tuple(sorted(TSA.chain, reverse=True))

LEGITIMATE: dict[str, tuple[SignatureVerifier, Forgery]] = {
    "P-256": (SignatureVerifier.RFC3161_CLIENT, changed()),
    "RSA": (SignatureVerifier.RFC3161_CLIENT, of_tsa(key=rsa_2048())),
    "P-384": (
        SignatureVerifier.RFC3161_CLIENT,
        lambda good: good.changed(tsa=a_tsa(ROOT, p384()), digest="sha384"),
    ),
    "certificates unsorted": (
        SignatureVerifier.OPENSSL,
        changed(certificates=UNSORTED, sorts_certificates=False),
    ),
    "authority in between": (SignatureVerifier.RFC3161_CLIENT, changed(tsa=DEEP)),
    "ESSCertID with SHA-1": (
        SignatureVerifier.RFC3161_CLIENT,
        changed(certificate_id=certificate_id(TSA.der, "sha1")),
    ),
    "ESSCertIDv2 with SHA-512": (
        SignatureVerifier.RFC3161_CLIENT,
        changed(certificate_id=certificate_id(TSA.der, "sha512")),
    ),
    "root left out": (SignatureVerifier.RFC3161_CLIENT, changed(certificates=(TSA.der,))),
    "signingTime beside": (
        SignatureVerifier.RFC3161_CLIENT,
        changed(more_attributes=(attribute("1.2.840.113549.1.9.5", b"\x17\x0d261122101500Z"),)),
    ),
    "a minute ahead": (
        SignatureVerifier.RFC3161_CLIENT,
        changed(at=AT + timedelta(seconds=60)),
    ),
    "a minute behind": (
        SignatureVerifier.RFC3161_CLIENT,
        changed(at=AT - timedelta(seconds=60)),
    ),
}


@pytest.mark.parametrize("case", LEGITIMATE)
def test_a_good_answer_is_taken(case: str) -> None:
    verifier, forge = LEGITIMATE[case]

    stamp = stamped(forge)

    assert stamp.verified_by is verifier
    assert stamp.token.imprint == IMPRINT
    assert stamp.token.raw in stamp.response
    assert stamp.certificates[-1] == ROOT.der
    assert (stamp.crls, stamp.crl_failures) == ((), ())


def test_an_issuer_that_the_tsa_does_not_send_may_stand_among_the_roots() -> None:
    stamp = stamped(changed(tsa=DEEP, certificates=(DEEP.der,)), roots=ROOT.pem + BETWEEN.pem)

    assert stamp.certificates == (DEEP.der, BETWEEN.der, ROOT.der)


def test_an_issuer_among_the_roots_does_not_replace_the_root() -> None:
    with pytest.raises(TokenRefused) as refused:
        stamped(changed(tsa=DEEP, certificates=DEEP.chain), roots=BETWEEN.pem)

    assert refused.value.step is Step.UNKNOWN_ISSUER


def test_the_first_certificate_to_end_is_the_one_that_counts() -> None:
    ends = datetime(2027, 5, 1, tzinfo=UTC)

    stamp = stamped(of_tsa(valid=(BEGIN, ends)))

    assert stamp.certificate_not_after == ends
    assert stamped(changed()).certificate_not_after == END
    assert stamp.tsa_name == "CN=Made-up TSA"


@pytest.mark.filterwarnings("ignore:Parsed a serial number which wasn't positive")
def test_a_bit_flipped_anywhere_changes_nothing_that_was_stamped() -> None:
    """Either it is refused, or it stood where nobody signs and nothing is read from."""
    taken = 0

    def flipped(position: int) -> Forgery:
        def forge(good: Answer) -> bytes:
            built = bytearray(good.built())
            built[position % len(built)] ^= 1 << position % 8
            return bytes(built)

        return forge

    for position in range(0, len(GOOD.built()), 7):
        try:
            stamp = stamped(flipped(position))
        except (TokenRefused, TsaRejected):
            continue
        taken += 1
        told = stamp.token
        assert (told.imprint, told.generated_at, told.serial, told.policy) == (
            (IMPRINT, AT, GOOD.serial, POLICY)
        )
        assert told.certificate_der == TSA.der
    assert taken < len(GOOD.built()) // 7 // 3

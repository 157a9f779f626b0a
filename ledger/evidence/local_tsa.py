"""The embedded TEST time stamp authority (RFC 3161, RFC 5816); pure.

For development and trials: whoever holds its key can stamp any time. Every certificate says so in
its subject, and production refuses it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import new, sha256
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ledger.errors import SettingsRefused
from ledger.evidence.der import (
    BIT_STRING,
    BOOLEAN,
    GENERALIZED_TIME,
    INTEGER,
    OCTET_STRING,
    OID,
    SEQUENCE,
    SET,
    UTF8_STRING,
    NotDer,
    context,
    encode,
    encode_integer,
    encode_oid,
    encode_set,
    only,
)
from ledger.evidence.token_check import CONTENT_TYPE, HASHES, MESSAGE_DIGEST, SIGNING_CERTIFICATE_V2
from ledger.evidence.tokens import SIGNED_DATA, TST_INFO, algorithm_oid
from ledger.evidence.tsa_refusals import FAILURES

TEST_ORGANIZATION: Final = "TEST – hukuki değeri yoktur / no legal value"
"""Stands in the subject of every certificate of this authority."""
POLICY: Final = "1.3.6.1.4.1.32473.3161"
"""Below the number that is kept for examples (RFC 5612), since it promises nothing."""
ACCURACY_SECONDS: Final = 1
VALID_DAYS: Final = 3650
REQUEST_BYTES_MAX: Final = 4096

_SHA_256: Final = encode(SEQUENCE, encode_oid("2.16.840.1.101.3.4.2.1"))
_ECDSA_WITH_SHA_256: Final = encode(SEQUENCE, encode_oid("1.2.840.10045.4.3.2"))
_GRANTED: Final = encode(SEQUENCE, encode_integer(0))
_BIT_OF: Final[Mapping[str, int]] = {name: bit for bit, name in FAILURES.items()}


@dataclass(frozen=True, slots=True)
class KeyMaterial:
    """What a local TSA consists of, PEM. The root's key is not kept: it signs once."""

    root: bytes
    certificate: bytes
    key: bytes = field(repr=False)


def make_key_material(at: datetime) -> KeyMaterial:
    """A new root and a TSA certificate (both P-256) valid from `at` for ten years."""
    root_key, key = generate_private_key(SECP256R1()), generate_private_key(SECP256R1())
    root_name, name = _name("TEST kök / root"), _name("TEST zaman damgası / time stamps")
    root = (
        _certificate(root_name, root_name, root_key, at)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(is_root=True), critical=True)
        .sign(root_key, SHA256())
    )
    issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key())
    purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
    certificate = (
        _certificate(name, root_name, key, at)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(is_root=False), critical=True)
        .add_extension(purpose, critical=True)
        .add_extension(issuer_key, critical=False)
        .sign(root_key, SHA256())
    )
    return KeyMaterial(
        root=root.public_bytes(Encoding.PEM),
        certificate=certificate.public_bytes(Encoding.PEM),
        key=key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    )


class LocalTsa:
    """Answers requests; everything but its key and certificate is passed in."""

    def __init__(self, material: KeyMaterial) -> None:
        """Raises SettingsRefused for what is not such key material."""
        try:
            certificate = x509.load_pem_x509_certificate(material.certificate)
            key = load_pem_private_key(material.key, password=None)
        except (ValueError, TypeError) as error:
            raise _unusable() from error
        if not isinstance(key, EllipticCurvePrivateKey) or key.public_key() != (
            certificate.public_key()
        ):
            raise _unusable()
        self._key = key
        self._certificate = certificate.public_bytes(Encoding.DER)
        issuer = certificate.issuer.public_bytes()
        self._signer_id = encode(SEQUENCE, issuer, encode_integer(certificate.serial_number))

    def answer(self, request: bytes, *, at: datetime, serial: int) -> bytes:
        """The TimeStampResp to a TimeStampReq: a token of the time `at`, or why there is none."""
        try:
            query = _read_request(request)
        except NotDer:
            return _rejection("badDataFormat", "the request is not DER of RFC 3161")
        except _Unacceptable as error:
            return _rejection(error.failure, str(error))
        info = _tst_info(query, at=at, serial=serial)
        return encode(
            SEQUENCE, _GRANTED, self._token(info, with_certificate=query.wants_certificate)
        )

    def _token(self, info: bytes, *, with_certificate: bool) -> bytes:
        certificate_id = encode(SEQUENCE, encode(OCTET_STRING, sha256(self._certificate).digest()))
        signing_certificate = encode(SEQUENCE, encode(SEQUENCE, certificate_id))
        digest = encode(OCTET_STRING, sha256(info).digest())
        # The order of DER, so that the bytes signed and the bytes sent are the same but their tag.
        attributes = encode_set(
            _attribute(CONTENT_TYPE, encode_oid(TST_INFO)),
            _attribute(MESSAGE_DIGEST, digest),
            _attribute(SIGNING_CERTIFICATE_V2, signing_certificate),
        )
        signer = encode(
            SEQUENCE,
            encode_integer(1),
            self._signer_id,
            _SHA_256,
            bytes([context(0)]) + attributes[1:],
            _ECDSA_WITH_SHA_256,
            encode(OCTET_STRING, self._key.sign(attributes, ECDSA(SHA256()))),
        )
        content = encode(context(0), encode(OCTET_STRING, info))
        signed_data = encode(
            SEQUENCE,
            encode_integer(3),
            encode(SET, _SHA_256),
            encode(SEQUENCE, encode_oid(TST_INFO), content),
            encode(context(0), self._certificate) if with_certificate else b"",
            encode(SET, signer),
        )
        return encode(SEQUENCE, encode_oid(SIGNED_DATA), encode(context(0), signed_data))


@dataclass(frozen=True, slots=True)
class _Query:
    imprint: bytes  # the element, as it came
    nonce: bytes  # likewise; empty if none came
    wants_certificate: bool


class _Unacceptable(Exception):
    def __init__(self, failure: str, text: str) -> None:
        super().__init__(text)
        self.failure = failure


def _read_request(request: bytes) -> _Query:
    """A TimeStampReq (RFC 3161 §2.4.1). Raises NotDer, _Unacceptable."""
    if len(request) > REQUEST_BYTES_MAX:
        raise _Unacceptable("badRequest", f"more than {REQUEST_BYTES_MAX} bytes")
    query = only(request, SEQUENCE)
    if query.take(INTEGER).integer != 1:
        raise _Unacceptable("badRequest", "only version 1 is known")
    imprint = query.take(SEQUENCE)
    members = imprint.inside
    hash_oid, digest = algorithm_oid(members.take(SEQUENCE)), members.take(OCTET_STRING).content
    members.end()
    policy, nonce = query.optional(OID), query.optional(INTEGER)
    wants_certificate, extensions = query.optional(BOOLEAN), query.optional(context(0))
    query.end()
    if hash_oid not in HASHES:
        raise _Unacceptable("badAlg", "only SHA-256, SHA-384 and SHA-512")
    if len(digest) != new(HASHES[hash_oid]).digest_size:
        raise _Unacceptable("badDataFormat", "the imprint has another length than its hash")
    if policy and policy.oid != POLICY:
        raise _Unacceptable("unacceptedPolicy", f"only {POLICY}")
    if extensions:
        raise _Unacceptable("unacceptedExtension", "no extension is known")
    return _Query(
        imprint=imprint.whole,
        nonce=encode_integer(nonce.integer) if nonce else b"",
        wants_certificate=wants_certificate is not None and wants_certificate.boolean,
    )


def _tst_info(query: _Query, *, at: datetime, serial: int) -> bytes:
    utc = at.astimezone(UTC)
    fraction = f".{utc.microsecond:06}".rstrip("0").rstrip(".")
    time = f"{utc:%Y%m%d%H%M%S}{fraction}Z"
    return encode(
        SEQUENCE,
        encode_integer(1),
        encode_oid(POLICY),
        query.imprint,
        encode_integer(serial),
        encode(GENERALIZED_TIME, time.encode()),
        encode(SEQUENCE, encode_integer(ACCURACY_SECONDS)),
        query.nonce,
    )


def _rejection(failure: str, text: str) -> bytes:
    """PKIStatus 2 with the failure's bit and a text."""
    bit = _BIT_OF[failure]
    bits = bytes(bit // 8) + bytes([0x80 >> bit % 8])
    texts = encode(SEQUENCE, encode(UTF8_STRING, text.encode()))
    info = encode(BIT_STRING, bytes([7 - bit % 8]), bits)
    return encode(SEQUENCE, encode(SEQUENCE, encode_integer(2), texts, info))


def _attribute(oid: str, value: bytes) -> bytes:
    return encode(SEQUENCE, encode_oid(oid), encode(SET, value))


def _name(common_name: str) -> x509.Name:
    named = {
        NameOID.COUNTRY_NAME: "TR",
        NameOID.ORGANIZATION_NAME: TEST_ORGANIZATION,
        NameOID.COMMON_NAME: f"İzin Defteri {common_name}",
    }
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in named.items()])


def _certificate(
    name: x509.Name, issuer: x509.Name, key: EllipticCurvePrivateKey, at: datetime
) -> x509.CertificateBuilder:
    own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(int.from_bytes(own.digest) >> 1)  # as unique as the key; below 2^159
        .not_valid_before(at)
        .not_valid_after(at + timedelta(days=VALID_DAYS))
        .add_extension(own, critical=False)
    )


def _key_usage(*, is_root: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_root,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_root,
        crl_sign=is_root,
        encipher_only=False,
        decipher_only=False,
    )


def _unusable() -> SettingsRefused:
    return SettingsRefused(
        "the local TSA's certificate and key cannot be read or do not belong together",
        "yerel zaman damgası sertifikası ile anahtarı okunamıyor ya da birbirine ait değil",
    )

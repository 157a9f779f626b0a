"""Authorities and answers to forge time stamps with: a good one, of which anything can be changed.

Has its own DER writer, so that a mistake of the product's is not repeated here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from hashlib import new, sha256

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, SHA384, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

AT = datetime(2026, 11, 22, 10, 15, 0, 250_000, tzinfo=UTC)
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
END = datetime(2031, 1, 1, tzinfo=UTC)
POLICY = "1.3.6.1.4.1.32473.7"
OTHER_POLICY = "1.3.6.1.4.1.32473.8"
IMPRINT = sha256(b"made up").digest()
NONCE = 0xC0FFEE00C0FFEE01
TST_INFO = "1.2.840.113549.1.9.16.1.4"
DATA = "1.2.840.113549.1.7.1"
HASH_OIDS = {
    "sha1": "1.3.14.3.2.26",
    "sha256": "2.16.840.1.101.3.4.2.1",
    "sha384": "2.16.840.1.101.3.4.2.2",
    "sha512": "2.16.840.1.101.3.4.2.3",
}
TIME_STAMPING = ExtendedKeyUsageOID.TIME_STAMPING

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def tlv(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    size = len(content)
    head = [size] if size < 128 else [0x81, size] if size < 256 else [0x82, size >> 8, size & 255]
    return bytes([tag, *head]) + content


def integer(number: int) -> bytes:
    return tlv(0x02, number.to_bytes(number.bit_length() // 8 + 1, signed=True))


def oid(dotted: str) -> bytes:
    first, second, *rest = map(int, dotted.split("."))
    content = b""
    for number in (40 * first + second, *rest):
        groups = [number >> shift & 127 for shift in range(63, -1, -7)]
        while len(groups) > 1 and not groups[0]:
            del groups[0]
        content += bytes([128 | one for one in groups[:-1]] + groups[-1:])
    return tlv(0x06, content)


def sequence(*parts: bytes) -> bytes:
    return tlv(0x30, *parts)


def octets(content: bytes) -> bytes:
    return tlv(0x04, content)


def attribute(kind: str, *values: bytes) -> bytes:
    return sequence(oid(kind), tlv(0x31, *values))


@dataclass(frozen=True, slots=True)
class Party:
    """Who signs, with the certificates above it, root last."""

    certificate: x509.Certificate
    key: Key
    issuers: tuple[x509.Certificate, ...] = ()

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def chain(self) -> tuple[bytes, ...]:
        own = (self.certificate, *self.issuers)
        return tuple(one.public_bytes(Encoding.DER) for one in own)


def name_of(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def p256() -> Key:
    return ec.generate_private_key(ec.SECP256R1())


def p384() -> Key:
    return ec.generate_private_key(ec.SECP384R1())


@cache
def rsa_2048() -> Key:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def an_authority(
    issuer: Party | None = None, common_name: str = "Made-up Root", end: datetime = END
) -> Party:
    """A certificate authority; a root without an issuer."""
    ca = x509.BasicConstraints(ca=True, path_length=None)
    return _party(p256(), common_name, issuer, [(ca, True)], (BEGIN, end))


def a_tsa(
    issuer: Party | None,
    key: Key | None = None,
    *,
    purposes: Sequence[ObjectIdentifier] = (TIME_STAMPING,),
    is_critical: bool = True,
    valid: tuple[datetime, datetime] = (BEGIN, END),
    crl_urls: Sequence[str] = (),
) -> Party:
    """A TSA's certificate; one that vouches for itself without an issuer."""
    extensions: list[tuple[x509.ExtensionType, bool]] = []
    if purposes:
        extensions.append((x509.ExtendedKeyUsage(purposes), is_critical))
    if crl_urls:
        names = [x509.UniformResourceIdentifier(url) for url in crl_urls]
        point = x509.DistributionPoint(names, None, None, None)
        extensions.append((x509.CRLDistributionPoints([point]), False))
    return _party(key or p256(), "Made-up TSA", issuer, extensions, valid)


def _party(
    key: Key,
    common_name: str,
    issuer: Party | None,
    extensions: Sequence[tuple[x509.ExtensionType, bool]],
    valid: tuple[datetime, datetime],
) -> Party:
    name = name_of(common_name)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer.certificate.subject if issuer else name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(valid[0])
        .not_valid_after(valid[1])
    )
    for extension, is_critical in extensions:
        builder = builder.add_extension(extension, critical=is_critical)
    certificate = builder.sign(issuer.key if issuer else key, SHA256())
    above = (issuer.certificate, *issuer.issuers) if issuer else ()
    return Party(certificate, key, above)


def a_crl(
    issuer: Party,
    *revoked: x509.Certificate,
    on: datetime = AT,
    reason: x509.ReasonFlags | None = None,
    next_update: datetime = END,
) -> bytes:
    """A revocation list, DER."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(BEGIN)
        .next_update(next_update)
    )
    for certificate in revoked:
        entry = (
            x509.RevokedCertificateBuilder()
            .serial_number(certificate.serial_number)
            .revocation_date(on)
        )
        if reason:
            entry = entry.add_extension(x509.CRLReason(reason), critical=False)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(issuer.key, SHA256()).public_bytes(Encoding.DER)


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What a TimeStampResp is made of; `tsa` signs. None leaves a member out."""

    tsa: Party
    status: int = 0
    has_token: bool = True
    imprint: bytes = IMPRINT
    imprint_hash: str = "sha256"
    policy: str = POLICY
    serial: int = 4711
    at: datetime = AT
    nonce: int | None = NONCE
    time: bytes | None = None  # None: of `at`
    info_end: bytes = b""
    content_kind: str = TST_INFO
    digest: str = "sha256"
    signed_kind: str | None = TST_INFO
    signed_digest: bytes | None = b""  # empty: of the content
    certificate_id: bytes | None = b""  # empty: version 2, of the TSA's certificate
    more_attributes: tuple[bytes, ...] = ()
    has_attributes: bool = True
    certificates: tuple[bytes, ...] | None = None  # None: the TSA's and those above it, in order
    sorts_certificates: bool = True
    named: Party | None = None  # whom the signer says it is; None: the TSA
    signers: int = 1
    after: bytes = b""
    version: int = 1

    def changed(self, **changes: object) -> "Answer":
        """With other members."""
        return replace(self, **changes)  # type: ignore[arg-type]  # each test gives what fits

    def built(self) -> bytes:
        """The bytes of the whole answer."""
        told = sequence(integer(self.status))
        return sequence(told, self.token() if self.has_token else b"") + self.after

    def info(self) -> bytes:
        """TSTInfo."""
        fraction = f".{self.at.microsecond:06}".rstrip("0").rstrip(".")
        time = f"{self.at.astimezone(UTC):%Y%m%d%H%M%S}{fraction}Z".encode()
        algorithm = sequence(oid(HASH_OIDS[self.imprint_hash]), b"\x05\x00")
        return sequence(
            integer(self.version),
            oid(self.policy),
            sequence(algorithm, octets(self.imprint)),
            integer(self.serial),
            tlv(0x18, time if self.time is None else self.time),
            b"" if self.nonce is None else integer(self.nonce),
            self.info_end,
        )

    def token(self) -> bytes:
        """The token."""
        info = self.info()
        certificates = self.tsa.chain if self.certificates is None else self.certificates
        if self.sorts_certificates:
            certificates = tuple(sorted(certificates))
        signed_data = sequence(
            integer(3),
            tlv(0x31, sequence(oid(HASH_OIDS[self.digest]))),
            sequence(oid(self.content_kind), tlv(0xA0, octets(info))),
            tlv(0xA0, *certificates) if certificates else b"",
            tlv(0x31, *([self._signer(info)] * self.signers)),
        )
        return sequence(oid("1.2.840.113549.1.7.2"), tlv(0xA0, signed_data))

    def _signer(self, info: bytes) -> bytes:
        named = (self.named or self.tsa).certificate
        attributes = self._attributes(info) if self.has_attributes else ()
        signed = tlv(0x31, *sorted(attributes)) if attributes else info
        algorithm, signature = _sign(self.tsa.key, signed, self.digest)
        return sequence(
            integer(1),
            sequence(named.issuer.public_bytes(), integer(named.serial_number)),
            sequence(oid(HASH_OIDS[self.digest])),
            b"\xa0" + signed[1:] if attributes else b"",
            algorithm,
            octets(signature),
        )

    def _attributes(self, info: bytes) -> list[bytes]:
        attributes = list(self.more_attributes)
        if self.signed_kind is not None:
            attributes.append(attribute("1.2.840.113549.1.9.3", oid(self.signed_kind)))
        if self.signed_digest is not None:
            digest = self.signed_digest or new(self.digest, info).digest()
            attributes.append(attribute("1.2.840.113549.1.9.4", octets(digest)))
        if self.certificate_id is not None:
            attributes.append(self.certificate_id or certificate_id(self.tsa.der))
        return attributes


def certificate_id(certificate: bytes, hash_name: str = "sha256") -> bytes:
    """ESSCertID for SHA-1, else ESSCertIDv2, which leaves SHA-256 unnamed."""
    algorithm = b"" if hash_name in {"sha1", "sha256"} else sequence(oid(HASH_OIDS[hash_name]))
    one = sequence(algorithm, octets(new(hash_name, certificate).digest()))
    version = 12 if hash_name == "sha1" else 47
    return attribute(f"1.2.840.113549.1.9.16.2.{version}", sequence(sequence(one)))


def _sign(key: Key, data: bytes, digest: str) -> tuple[bytes, bytes]:
    hashes: Mapping[str, HashAlgorithm] = {"sha1": SHA1(), "sha256": SHA256(), "sha384": SHA384()}
    if isinstance(key, rsa.RSAPrivateKey):
        algorithm = sequence(oid("1.2.840.113549.1.1.1"), b"\x05\x00")
        return algorithm, key.sign(data, padding.PKCS1v15(), hashes[digest])
    kind = {"sha1": "1", "sha256": "3.2", "sha384": "3.3"}[digest]
    return sequence(oid(f"1.2.840.10045.4.{kind}")), key.sign(data, ec.ECDSA(hashes[digest]))


@cache
def the_world() -> tuple[Party, Party, Answer]:
    """The root, the TSA directly below it, and its good answer; made once, since keys take time."""
    root = an_authority()
    tsa = a_tsa(root)
    return root, tsa, Answer(tsa=tsa)

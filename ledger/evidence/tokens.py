"""RFC 3161 answers and tokens, read strictly from their own bytes; pure.

Nothing read here is true yet: `token_check` compares it with what was asked for, `timestamping`
verifies signature and chain. A token's bytes are kept as they came: encoded again, some tokens of
real authorities have others.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography import x509

from ledger.evidence.der import (
    BIT_STRING,
    BOOLEAN,
    GENERALIZED_TIME,
    INTEGER,
    OCTET_STRING,
    OID,
    SEQUENCE,
    SET,
    Element,
    NotDer,
    Reader,
    context,
    only,
)
from ledger.evidence.tsa_refusals import FAILURES, TokenRefused, TokenStep, TsaRejected

RESPONSE_BYTES_MAX: Final = 64 * 1024
GRANTED: Final = 0
GRANTED_WITH_MODS: Final = 1
SIGNED_DATA: Final = "1.2.840.113549.1.7.2"
TST_INFO: Final = "1.2.840.113549.1.9.16.1.4"

UNREADABLE: Final = (
    ValueError,
    TypeError,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
"""What `cryptography` raises at certificates and revocation lists that are not in order."""

_TEXT_CHARACTERS_MAX: Final = 200
_TIME: Final = re.compile(rb"([0-9]{14})(?:\.([0-9]{0,8}[1-9]))?Z")


@dataclass(frozen=True, slots=True)
class Signed:
    """What the one signer signed: the content, and attributes by object identifier (RFC 5652)."""

    content: bytes
    digest_oid: str
    attributes: tuple[tuple[str, tuple[Element, ...]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A time stamp token.

    `raw`: its bytes as they came. `hash_oid`: of `imprint`. `generated_at`: genTime in UTC, cut to
    microseconds. `certificate`: the signer's, `certificate_der` its bytes; `certificates`: all that
    came with it, DER, in their order.
    """

    raw: bytes = field(repr=False)
    policy: str
    hash_oid: str
    imprint: bytes
    serial: int
    generated_at: datetime
    accuracy: timedelta | None
    nonce: int | None
    certificate: x509.Certificate
    certificate_der: bytes = field(repr=False)
    certificates: tuple[bytes, ...] = field(repr=False)
    signed: Signed = field(repr=False)


def read_response(raw: bytes) -> Token:
    """The token of a granted answer (RFC 3161 §2.4.2). Raises TsaRejected, TokenRefused."""

    def read(response: Reader) -> Token:
        told = response.take(SEQUENCE).inside
        status = told.take(INTEGER).integer
        if status not in {GRANTED, GRANTED_WITH_MODS}:
            raise TsaRejected(_rejection(status, told))
        told.optional(SEQUENCE)
        told.end()
        token = response.optional(SEQUENCE)
        response.end()
        if status == GRANTED_WITH_MODS:
            raise TokenRefused(TokenStep.GRANTED_WITH_MODS, raw)
        if token is None:
            raise TokenRefused(TokenStep.TOKEN_MISSING, raw)
        return read_token(token.whole)

    return _whole(raw, read)


def read_token(raw: bytes) -> Token:
    """A token that stands alone: ContentInfo of RFC 5652 §3. Raises TokenRefused."""

    def read(content_info: Reader) -> Token:
        if content_info.take(OID).oid != SIGNED_DATA:
            raise TokenRefused(TokenStep.CONTENT, raw)
        return _token(raw, _explicit(content_info, SEQUENCE).inside)

    return _whole(raw, read)


def algorithm_oid(identifier: Element) -> str:
    """Of an AlgorithmIdentifier. Raises NotDer."""
    inside = identifier.inside
    oid = inside.take(OID).oid
    inside.optional()  # parameters: the hashes allowed here have none or NULL
    inside.end()
    return oid


def read_certificate(der: bytes) -> x509.Certificate:
    """A certificate whose names and extensions can be read. Raises NotDer."""
    try:
        certificate = x509.load_der_x509_certificate(der)
        _ = certificate.subject, certificate.issuer, certificate.extensions  # read only when asked
    except UNREADABLE as error:
        raise NotDer("a certificate cannot be read") from error
    return certificate


def _whole(raw: bytes, read: Callable[[Reader], Token]) -> Token:
    """What `read` makes of the one SEQUENCE that `raw` must be."""
    if len(raw) > RESPONSE_BYTES_MAX:
        raise TokenRefused(TokenStep.SIZE, raw[:RESPONSE_BYTES_MAX])
    try:
        outer = Reader(raw)
        sequence = outer.take(SEQUENCE)
        if outer.holds():
            raise TokenRefused(TokenStep.END, raw)
        return read(sequence.inside)
    except NotDer as error:
        raise TokenRefused(TokenStep.FORM, raw, str(error)) from error


def _rejection(status: int, told: Reader) -> str:
    """Status, failure and the TSA's own words, in whatever kind of string it has them."""
    texts, failure = told.optional(SEQUENCE), told.optional(BIT_STRING)
    bits = "".join(f"{byte:08b}" for byte in failure.content[1:5]) if failure else ""
    failures = [name for bit, name in FAILURES.items() if bits[bit : bit + 1] == "1"]
    words = b" ".join(text.content for text in (texts.inside.rest() if texts else ()))
    text = words.decode("utf-8", "replace")[:_TEXT_CHARACTERS_MAX]
    printable = "".join(one if one.isprintable() else " " for one in text)
    return ", ".join(part for part in (f"PKIStatus {status}", *failures, printable) if part)


def _token(raw: bytes, signed_data: Reader) -> Token:
    """SignedData of RFC 5652 §5.1 around a TSTInfo, with one signer."""
    signed_data.take(INTEGER)
    signed_data.take(SET)
    content_info = signed_data.take(SEQUENCE).inside
    if content_info.take(OID).oid != TST_INFO:
        raise TokenRefused(TokenStep.CONTENT, raw)
    content = _explicit(content_info, OCTET_STRING).content
    embedded = signed_data.optional(context(0))
    certificates = [one.whole for one in embedded.inside.rest(SEQUENCE)] if embedded else []
    signed_data.optional(context(1))  # CRLs: those that count are fetched
    signers = signed_data.take(SET).inside.rest(SEQUENCE)
    signed_data.end()
    if len(signers) != 1:
        raise TokenRefused(TokenStep.SIGNERS, raw, f"got {len(signers)}")
    named, signed = _signer(signers[0].inside, content)
    own = next((der for der in certificates if _issuer_and_serial(der) == named), None)
    if own is None:
        raise TokenRefused(TokenStep.CERTIFICATE_MISSING, raw)
    return _tst_info(raw, signed, certificate_der=own, certificates=tuple(certificates))


def _explicit(content_info: Reader, tag: int) -> Element:
    """The content of a ContentInfo or EncapsulatedContentInfo, its last member."""
    explicit = content_info.take(context(0)).inside
    content_info.end()
    content = explicit.take(tag)
    explicit.end()
    return content


def _signer(signer: Reader, content: bytes) -> tuple[tuple[bytes, int], Signed]:
    """SignerInfo of RFC 5652 §5.3: whose it is (issuer, serial number), and what was signed."""
    signer.take(INTEGER)
    issuer_and_serial = signer.take(SEQUENCE).inside
    issuer, serial = issuer_and_serial.take(SEQUENCE).whole, issuer_and_serial.take(INTEGER).integer
    issuer_and_serial.end()
    digest_oid = algorithm_oid(signer.take(SEQUENCE))
    attributes = []
    signed = signer.optional(context(0))
    for attribute in signed.inside.rest(SEQUENCE) if signed else ():
        inside = attribute.inside
        oid, values = inside.take(OID).oid, inside.take(SET).inside.rest()
        inside.end()
        attributes.append((oid, tuple(values)))
    signer.take(SEQUENCE)
    signer.take(OCTET_STRING)
    signer.optional(context(1))  # attributes that nobody signed say nothing
    signer.end()
    return (issuer, serial), Signed(content, digest_oid, tuple(attributes))


def _issuer_and_serial(certificate: bytes) -> tuple[bytes, int]:
    """Of a certificate's bytes (RFC 5280 §4.1)."""
    fields = Reader(certificate).take(SEQUENCE).inside.take(SEQUENCE).inside
    fields.optional(context(0))
    serial = fields.take(INTEGER).integer
    fields.take(SEQUENCE)
    return fields.take(SEQUENCE).whole, serial


def _tst_info(
    raw: bytes, signed: Signed, *, certificate_der: bytes, certificates: tuple[bytes, ...]
) -> Token:
    """The token, with the members of its TSTInfo (RFC 3161 §2.4.2)."""
    info = only(signed.content, SEQUENCE)
    if info.take(INTEGER).integer != 1:
        raise NotDer("TSTInfo has another version than 1")
    policy = info.take(OID).oid
    imprint = info.take(SEQUENCE).inside
    hash_oid, digest = algorithm_oid(imprint.take(SEQUENCE)), imprint.take(OCTET_STRING).content
    imprint.end()
    serial, generated_at = info.take(INTEGER).integer, _time(info.take(GENERALIZED_TIME).content)
    accuracy = info.optional(SEQUENCE)
    if (ordering := info.optional(BOOLEAN)) and not ordering.boolean:
        raise NotDer("a default value is written out")
    nonce = info.optional(INTEGER)
    info.optional(context(0))  # the TSA's name: a hint only, its certificate tells
    if (extensions := info.optional(context(1))) and _has_critical(extensions.inside):
        raise TokenRefused(TokenStep.EXTENSION, raw)
    info.end()
    try:
        certificate = read_certificate(certificate_der)
    except NotDer as error:
        raise TokenRefused(TokenStep.CERTIFICATE, raw) from error
    return Token(
        raw=raw,
        policy=policy,
        hash_oid=hash_oid,
        imprint=digest,
        serial=serial,
        generated_at=generated_at,
        accuracy=_accuracy(accuracy.inside) if accuracy else None,
        nonce=nonce.integer if nonce else None,
        certificate=certificate,
        certificate_der=certificate_der,
        certificates=certificates,
        signed=signed,
    )


def _time(text: bytes) -> datetime:
    """Of a GeneralizedTime as RFC 3161 §2.4.2 has it: in UTC, no zeros at a fraction's end."""
    found = _TIME.fullmatch(text)
    if not found:
        raise NotDer("a time is not YYYYMMDDhhmmss[.f]Z")
    try:
        whole = datetime.strptime(found[1].decode(), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError as error:
        raise NotDer("a time stands in no calendar") from error
    return whole.replace(microsecond=int((found[2] or b"0").ljust(6, b"0")[:6]))


def _accuracy(inside: Reader) -> timedelta:
    tags = (INTEGER, context(0, constructed=False), context(1, constructed=False))
    parts = [inside.optional(tag) for tag in tags]
    inside.end()
    seconds, millis, micros = (part.integer if part else 0 for part in parts)
    if not (0 <= seconds < 10**9 and 0 <= millis < 1000 and 0 <= micros < 1000):
        raise NotDer("an accuracy is out of its bounds")
    return timedelta(seconds=seconds, milliseconds=millis, microseconds=micros)


def _has_critical(extensions: Reader) -> bool:
    criticals = []
    for extension in extensions.rest(SEQUENCE):
        inside = extension.inside
        inside.take(OID)
        critical = inside.optional(BOOLEAN)
        criticals.append(critical is not None and critical.boolean)
        inside.take(OCTET_STRING)
        inside.end()
    return any(criticals)

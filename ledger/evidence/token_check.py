"""Whether a token is what was asked for: every check but signature and chain; pure.

The libraries that verify those leave these out: `rfc3161-client` looks at neither contentType nor
ESSCertID, `openssl ts -verify` takes a SHA-1 imprint, and neither looks at the clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import new
from typing import Final

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from ledger.evidence.der import OCTET_STRING, OID, SEQUENCE, Element, NotDer
from ledger.evidence.tokens import TST_INFO, Token, algorithm_oid
from ledger.evidence.tsa_refusals import ClockDiffers, TokenRefused, TokenStep

HASHES: Final[Mapping[str, str]] = {
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}
"""The hashes that are allowed, of an imprint and of a signer: object identifier, name."""
CONTENT_TYPE: Final = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST: Final = "1.2.840.113549.1.9.4"
SIGNING_CERTIFICATE: Final = "1.2.840.113549.1.9.16.2.12"
SIGNING_CERTIFICATE_V2: Final = "1.2.840.113549.1.9.16.2.47"

_SINGLE: Final = frozenset(
    {CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_CERTIFICATE, SIGNING_CERTIFICATE_V2}
)
_HASH_OF_LENGTH: Final = {new(name).digest_size: oid for oid, name in HASHES.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What was asked for. `imprint`: 32, 48 or 64 bytes of SHA-2. `policies`: those allowed, None
    where the operator allows any. `earliest`, `latest`: what genTime may be."""

    imprint: bytes
    nonce: int
    policies: frozenset[str] | None
    earliest: datetime
    latest: datetime


def check(token: Token, expected: Expectation) -> None:
    """That a token answers this request, now.

    Raises ClockDiffers or another TokenRefused, naming the first step that failed.
    """
    check_stored(token, expected.imprint)
    if expected.policies is not None and token.policy not in expected.policies:
        raise TokenRefused(TokenStep.POLICY, token.raw, f"got {token.policy}")
    if token.nonce is None:
        raise TokenRefused(TokenStep.NONCE_MISSING, token.raw)
    if token.nonce != expected.nonce:
        raise TokenRefused(TokenStep.NONCE, token.raw)
    came = f"got {token.generated_at.isoformat()}"
    if token.generated_at < expected.earliest:
        bound = f"{came}, want {expected.earliest.isoformat()} at the earliest"
        raise ClockDiffers(TokenStep.CLOCK_BEHIND, token.raw, bound)
    if token.generated_at > expected.latest:
        bound = f"{came}, want {expected.latest.isoformat()} at the latest"
        raise ClockDiffers(TokenStep.CLOCK_AHEAD, token.raw, bound)


def check_stored(token: Token, imprint: bytes) -> None:
    """What holds for ever: the token covers `imprint` (32, 48 or 64 bytes of SHA-2), the signed
    attributes (RFC 5652 §11, RFC 5816) and the certificate (RFC 3161 §2.3) are in order.

    Raises TokenRefused.
    """
    try:
        _check_attributes(token)
    except NotDer as error:
        raise TokenRefused(TokenStep.FORM, token.raw, str(error)) from error
    if token.hash_oid != _HASH_OF_LENGTH[len(imprint)]:
        raise TokenRefused(TokenStep.HASH, token.raw, f"got {token.hash_oid}")
    if token.imprint != imprint:
        raise TokenRefused(TokenStep.IMPRINT, token.raw)
    _check_purpose(token)
    if token.generated_at < token.certificate.not_valid_before_utc:
        raise TokenRefused(TokenStep.NOT_YET_VALID, token.raw)
    if token.generated_at > token.certificate.not_valid_after_utc:
        raise TokenRefused(TokenStep.NO_LONGER_VALID, token.raw)


def _check_attributes(token: Token) -> None:
    """Each stands there once: the content's type and digest, and whose certificate it is.

    Raises TokenRefused, NotDer.
    """
    signed, attributes = token.signed, dict(token.signed.attributes)
    if not attributes:
        raise TokenRefused(TokenStep.UNSIGNED_ATTRIBUTES, token.raw)
    is_several = any(len(values) != 1 for oid, values in signed.attributes if oid in _SINGLE)
    if len(attributes) < len(signed.attributes) or is_several:
        raise TokenRefused(TokenStep.ATTRIBUTE_TWICE, token.raw)
    if CONTENT_TYPE not in attributes:
        raise TokenRefused(TokenStep.CONTENT_TYPE_MISSING, token.raw)
    if attributes[CONTENT_TYPE][0].expect(OID).oid != TST_INFO:
        raise TokenRefused(TokenStep.CONTENT_TYPE, token.raw)
    if signed.digest_oid not in HASHES:
        raise TokenRefused(TokenStep.DIGEST_ALGORITHM, token.raw, f"got {signed.digest_oid}")
    if MESSAGE_DIGEST not in attributes:
        raise TokenRefused(TokenStep.MESSAGE_DIGEST_MISSING, token.raw)
    digest = new(HASHES[signed.digest_oid], signed.content).digest()
    if attributes[MESSAGE_DIGEST][0].expect(OCTET_STRING).content != digest:
        raise TokenRefused(TokenStep.MESSAGE_DIGEST, token.raw)
    named = [oid for oid in (SIGNING_CERTIFICATE, SIGNING_CERTIFICATE_V2) if oid in attributes]
    if not named:
        raise TokenRefused(TokenStep.SIGNING_CERTIFICATE_MISSING, token.raw)
    for oid in named:
        value = attributes[oid][0].expect(SEQUENCE)
        if not _names(value, token.certificate_der, is_v2=oid == SIGNING_CERTIFICATE_V2):
            raise TokenRefused(TokenStep.SIGNING_CERTIFICATE, token.raw)


def _names(signing_certificate: Element, certificate: bytes, *, is_v2: bool) -> bool:
    """Whether its first ESSCertID is the certificate's (RFC 5035 §3, §5). Raises NotDer."""
    named = signing_certificate.inside.take(SEQUENCE).inside.take(SEQUENCE).inside
    # Version 1 knows SHA-1 only; the certificate it names is held by sid and chain as well.
    hash_name: str | None = "sha256" if is_v2 else "sha1"
    if is_v2 and (algorithm := named.optional(SEQUENCE)):
        hash_name = HASHES.get(algorithm_oid(algorithm))
    digest = named.take(OCTET_STRING).content
    return hash_name is not None and new(hash_name, certificate).digest() == digest


def _check_purpose(token: Token) -> None:
    """Extended key usage: critical, time stamping and nothing else (RFC 3161 §2.3)."""
    try:
        usage = token.certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except x509.ExtensionNotFound as error:
        raise TokenRefused(TokenStep.PURPOSE_MISSING, token.raw) from error
    if not usage.critical:
        raise TokenRefused(TokenStep.PURPOSE_NOT_CRITICAL, token.raw)
    if list(usage.value) != [ExtendedKeyUsageOID.TIME_STAMPING]:
        raise TokenRefused(TokenStep.PURPOSE, token.raw)

"""From a TSA's certificate to a configured root, and what revocation lists say of the way; pure.

Whether each certificate on the way was valid at the stamp's time is for those who verify the
signature; here is only what they leave out: which way it was, and revocation with its reason.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

from ledger.errors import LedgerError
from ledger.evidence.der import NotDer
from ledger.evidence.tokens import UNREADABLE, Token, read_certificate
from ledger.evidence.tsa_refusals import TokenRefused, TokenStep

CertificatePath = tuple[x509.Certificate, ...]
"""Certificates from the TSA's own to a root, each issued by the next."""

CRL_URLS_MAX: Final = 4

_UNREADABLE: Final = (*UNREADABLE, UnsupportedAlgorithm)
_TAKEN: Final = frozenset({x509.ReasonFlags.key_compromise, x509.ReasonFlags.ca_compromise})


class CrlUnusable(LedgerError):
    """A revocation list that says nothing about the way: not its issuers', or out of date."""

    turkish_kind = "İptal listesi kullanılamıyor"


def path_to_root(token: Token, roots: Sequence[x509.Certificate]) -> CertificatePath:
    """The shortest way through the certificates in the token and `roots` to one of the latter.

    `roots` may hold issuers in between too, for a TSA that sends none; the way ends at one that
    vouches for itself. Raises TokenRefused.
    """
    known = [*roots, *_readable(token.certificates)]
    ways: list[CertificatePath] = [(token.certificate,)]
    seen = {token.certificate}
    for way in ways:  # grows meanwhile: nearer certificates come first, each of them once
        last = way[-1]
        if last in roots and last.subject == last.issuer:
            return way
        for issuer in known:
            if issuer not in seen and _issued(issuer, last):
                seen.add(issuer)
                ways.append((*way, issuer))
    is_own_issuer = token.certificate.subject == token.certificate.issuer
    raise TokenRefused(
        TokenStep.SELF_SIGNED if is_own_issuer else TokenStep.UNKNOWN_ISSUER, token.raw
    )


def crl_urls(path: CertificatePath) -> list[str]:
    """Where the certificates below the root say that their revocation lists are, at most 4."""
    urls: dict[str, None] = {}
    for certificate in path[:-1]:
        for url in _distribution_points(certificate):
            urls[url] = None
    return list(urls)[:CRL_URLS_MAX]


def check_revocation(token: Token, path: CertificatePath, crls: Sequence[bytes]) -> None:
    """That no list (DER) revokes a certificate of the way for the stamp's time.

    Refused are: one revoked at that time or before; one revoked at any time because its key or
    its issuer's was taken, or without a reason (RFC 3161 §4 item 1). Raises TokenRefused;
    CrlUnusable for a list that `read_crl` would not take.
    """
    for crl in (read_crl(der, path, token.generated_at) for der in crls):
        for certificate in (one for one in path[:-1] if one.issuer == crl.issuer):
            entry = crl.get_revoked_certificate_by_serial_number(certificate.serial_number)
            if entry is None:
                continue
            reason = _reason(entry)
            is_before = entry.revocation_date_utc <= token.generated_at
            if is_before or reason is None or reason in _TAKEN:
                why = f"{reason.value if reason else 'no reason'}, {entry.revocation_date_utc}"
                raise TokenRefused(TokenStep.REVOKED, token.raw, why)


def read_crl(der: bytes, path: CertificatePath, at: datetime) -> x509.CertificateRevocationList:
    """A list (RFC 5280 §5) that a certificate of the way signed and that held at `at`.

    Raises CrlUnusable.
    """
    try:
        crl = x509.load_der_x509_crl(der)
        issuers = [issuer for issuer in path[1:] if issuer.subject == crl.issuer]
        is_genuine = any(crl.is_signature_valid(issuer.public_key()) for issuer in issuers)  # type: ignore[arg-type]  # other keys raise TypeError
        next_update = crl.next_update_utc
    except _UNREADABLE as error:
        raise CrlUnusable("it cannot be read") from error
    if not is_genuine:
        raise CrlUnusable("none of the certificate's issuers signed it")
    if next_update is None or next_update < at:
        raise CrlUnusable("it was to be replaced before the stamp's time")
    return crl


def _readable(certificates: Sequence[bytes]) -> Iterator[x509.Certificate]:
    for der in certificates:
        try:
            yield read_certificate(der)
        except NotDer:
            continue  # no way leads through it


def _issued(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, *_UNREADABLE):
        return False
    return True


def _distribution_points(certificate: x509.Certificate) -> Iterator[str]:
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except x509.ExtensionNotFound:
        return
    for point in points:
        for name in point.full_name or ():
            if isinstance(name, x509.UniformResourceIdentifier):
                yield name.value


def _reason(entry: x509.RevokedCertificate) -> x509.ReasonFlags | None:
    try:
        return entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
    except (x509.ExtensionNotFound, *_UNREADABLE):
        return None

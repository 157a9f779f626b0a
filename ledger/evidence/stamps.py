"""What a seal asks a time stamp authority (TSA) for, and what it gets; pure."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from cryptography.hazmat.primitives.serialization import Encoding

from ledger.evidence.tokens import Token
from ledger.evidence.tsa_chain import CertificatePath


class SignatureVerifier(StrEnum):
    """Who verified signature and chain."""

    RFC3161_CLIENT = "rfc3161-client"
    OPENSSL = "openssl"


@dataclass(frozen=True, slots=True)
class Stamp:
    """A time stamp that passed every check, with what a later check offline needs.

    `response`: the TSA's answer as it came; the token's own bytes are `token.raw`. `path`: from the
    TSA's certificate to the root. `crls`: DER, of that moment; `crl_failures`: one line for each
    that was not to be had.
    """

    response: bytes = field(repr=False)
    token: Token
    path: CertificatePath
    crls: tuple[bytes, ...] = field(repr=False)
    crl_failures: tuple[str, ...]
    verified_by: SignatureVerifier

    @property
    def certificates(self) -> tuple[bytes, ...]:
        """`path` in DER."""
        return tuple(one.public_bytes(Encoding.DER) for one in self.path)

    @property
    def certificate_not_after(self) -> datetime:
        """When the first certificate of the path ends: the stamp has to be renewed before."""
        return min(one.not_valid_after_utc for one in self.path)

    @property
    def tsa_name(self) -> str:
        """Subject of the TSA's certificate (RFC 4514)."""
        return self.token.certificate.subject.rfc4514_string()


class TimeStampAuthority(Protocol):
    """What a seal asks for."""

    def stamp(self, imprint: bytes, now: datetime) -> Stamp:
        """A time stamp over a SHA-256 digest (32 bytes); 30 s at most, and 10 for each of 4 CRLs.

        Raises TsaUnreachable (nothing was asked), TsaUnknownOutcome (it may be paid for),
        TsaRejected (do not repeat), ClockDiffers, TokenRefused (keep `raw` apart).
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """What an answer has to satisfy.

    `roots`: PEM, the TSA's roots, and issuers in between which it does not send. `policy`: asked
    for, and the only one taken; without it any of `policies`, or any at all if that is None.
    """

    roots: bytes
    policy: str | None = None
    policies: frozenset[str] | None = None

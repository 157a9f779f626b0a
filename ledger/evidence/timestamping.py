"""RFC 3161 time stamps: one request, one answer, and every check before it counts.

No library is believed alone. `rfc3161ng` only writes the request; its own verification takes forged
answers. The answer passes our strict check, then `rfc3161-client` verifies signature and chain, or
`openssl ts -verify` where that cannot read the token (decision 0010).
"""

import asyncio
import base64
import re
import secrets
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Final

import httpx
import rfc3161_client
import rfc3161ng
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ledger.clock import steady_seconds
from ledger.errors import ServiceRefused, ServiceUnavailable, SettingsRefused
from ledger.evidence import kamusm as kamusm_header
from ledger.evidence import local_tsa
from ledger.evidence.der import SEQUENCE, NotDer, encode, encode_integer, encode_oid
from ledger.evidence.stamps import SignatureVerifier, Stamp, Trust
from ledger.evidence.token_check import Expectation, check
from ledger.evidence.tokens import (
    RESPONSE_BYTES_MAX,
    UNREADABLE,
    Token,
    read_certificate,
    read_response,
)
from ledger.evidence.tsa_chain import (
    CertificatePath,
    CrlUnusable,
    check_revocation,
    crl_urls,
    path_to_root,
    read_crl,
)
from ledger.evidence.tsa_refusals import (
    TokenRefused,
    TokenStep,
    TsaRejected,
    TsaUnknownOutcome,
    TsaUnreachable,
)

IMPRINT_BYTES: Final = 32
CLOCK_SECONDS_MAX: Final = 60
"""How far genTime may lie outside the time between request and answer."""
CONNECT_SECONDS_MAX: Final = 5.0
ANSWER_SECONDS_MAX: Final = 30.0
CRL_BYTES_MAX: Final = 4 * 1024 * 1024
CRL_SECONDS_MAX: Final = 10.0
OPENSSL_SECONDS_MAX: Final = 10.0
BUSY: Final = frozenset({408, 429, 503})
"""HTTP's words for: nothing was done, come again later."""

_URL: Final = re.compile(r"https?://[^\s/?#@]+(/[^\s#@]*)?")


@dataclass(frozen=True, slots=True)
class Account:
    """Of HTTP's basic authentication."""

    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Query:
    """A TimeStampReq, the digest in it, and when it is asked."""

    request: bytes
    imprint: bytes
    at: datetime


class Tsa:
    """One authority; the profiles below differ only in how they ask it."""

    def __init__(self, ask: Callable[[Query], bytes], trust: Trust) -> None:
        """Raises SettingsRefused."""
        self._ask = ask
        self._policy = trust.policy
        self._policies = frozenset({trust.policy}) if trust.policy else trust.policies
        try:
            pem = x509.load_pem_x509_certificates(trust.roots)
            self._roots = [read_certificate(one.public_bytes(Encoding.DER)) for one in pem]
            for policy in self._policies or ():
                encode_oid(policy)
        except (NotDer, *UNREADABLE) as error:
            raise SettingsRefused(
                "the TSA's roots are not PEM certificates, or a policy is not 1.2.3…",
                "zaman damgası kökleri PEM sertifikası değil ya da bir ilke 1.2.3… biçiminde değil",
            ) from error

    def stamp(self, imprint: bytes, now: datetime) -> Stamp:
        """As stamps.TimeStampAuthority says: (1) ask; (2) it is what was asked for; (3) a path to a
        root; (4) signature and chain at genTime; (5) revocation lists; (6) nothing revoked."""
        nonce, began = _random(), steady_seconds()
        request = _request(imprint, nonce=nonce, policy=self._policy)
        response = self._ask(Query(request, imprint, now))  # (1)
        slack = timedelta(seconds=CLOCK_SECONDS_MAX)
        answered_at = now + timedelta(seconds=steady_seconds() - began)
        token = read_response(response)  # (2)
        expected = Expectation(
            imprint=imprint,
            nonce=nonce,
            policies=self._policies,
            earliest=now - slack,
            latest=answered_at + slack,
        )
        check(token, expected)
        path = path_to_root(token, self._roots)  # (3)
        verified_by = verify_signature(token, self._roots)  # (4)
        crls, failures = _gather_crls(path, token.generated_at)  # (5)
        check_revocation(token, path, crls)  # (6)
        return Stamp(response, token, path, crls, failures, verified_by)


def plain(url: str, trust: Trust, account: Account | None = None) -> Tsa:
    """An authority asked over HTTP, as RFC 3161 §3.4 has it. Raises SettingsRefused."""
    _expect_url(url)
    headers = {}
    if account:
        pair = base64.b64encode(f"{account.user}:{account.password}".encode()).decode()
        headers["Authorization"] = f"Basic {pair}"
    return Tsa(lambda query: _post(url, query.request, headers), trust)


def kamusm(url: str, trust: Trust, *, customer: int, password: str) -> Tsa:
    """Kamu SM, with its identity header. Raises SettingsRefused."""
    _expect_url(url)

    def ask(query: Query) -> bytes:
        salt = secrets.token_bytes(kamusm_header.SALT_BYTES)
        identity = kamusm_header.identity(customer, password, query.imprint, salt=salt)
        return _post(url, query.request, {"identity": identity})

    return Tsa(ask, trust)


def local(material: local_tsa.KeyMaterial) -> Tsa:
    """The embedded TEST authority: no network, the time is the caller's. Raises SettingsRefused."""
    authority = local_tsa.LocalTsa(material)

    def ask(query: Query) -> bytes:
        return authority.answer(query.request, at=query.at, serial=_random())

    return Tsa(ask, Trust(roots=material.root, policy=local_tsa.POLICY))


def verify_signature(token: Token, roots: Sequence[x509.Certificate]) -> SignatureVerifier:
    """That signature and chain hold at genTime under `roots`. Raises TokenRefused."""
    response = encode(SEQUENCE, encode(SEQUENCE, encode_integer(0)), token.raw)
    try:
        verifier = rfc3161_client.VerifierBuilder(roots=list(roots)).build()
        verifier.verify(rfc3161_client.decode_timestamp_response(response), token.imprint)
    except rfc3161_client.VerificationError as error:
        raise _unverified(token, SignatureVerifier.RFC3161_CLIENT) from error
    except UNREADABLE:  # it could not read the token, which says nothing about the token
        _verify_with_openssl(token, roots)
        return SignatureVerifier.OPENSSL
    return SignatureVerifier.RFC3161_CLIENT


def _verify_with_openssl(token: Token, roots: Sequence[x509.Certificate]) -> None:
    with tempfile.TemporaryDirectory(prefix="izin-tsa-") as folder:
        files = {
            Path(folder, "token"): token.raw,
            Path(folder, "roots"): b"".join(one.public_bytes(Encoding.PEM) for one in roots),
        }
        for file, content in files.items():
            file.touch(mode=0o600)
            file.write_bytes(content)
        arguments = ["-token_in", "-in", "token", "-CAfile", "roots", "-digest"]
        arguments += [token.imprint.hex(), "-attime", str(int(token.generated_at.timestamp()))]
        try:
            subprocess.run(
                ["openssl", "ts", "-verify", *arguments],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=OPENSSL_SECONDS_MAX,
                check=True,
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise _unverified(token, SignatureVerifier.OPENSSL) from error


def _unverified(token: Token, verifier: SignatureVerifier) -> TokenRefused:
    return TokenRefused(TokenStep.SIGNATURE, token.raw, f"by {verifier.value}")


def _request(imprint: bytes, *, nonce: int, policy: str | None) -> bytes:
    """A TimeStampReq (RFC 3161 §2.4.1) that asks for the certificate too."""
    if len(imprint) != IMPRINT_BYTES:
        raise ValueError(f"an imprint has {IMPRINT_BYTES} bytes, got {len(imprint)}")
    request = rfc3161ng.make_timestamp_request(
        digest=imprint,
        hashname="sha256",
        include_tsa_certificate=True,
        nonce=nonce,
        tsa_policy_id=policy,
    )
    encoded: bytes = rfc3161ng.encode_timestamp_request(request)
    return encoded


def _random() -> int:
    """Positive, of exactly 64 bits."""
    return 1 << 63 | secrets.randbits(63)


def _gather_crls(path: CertificatePath, at: datetime) -> tuple[tuple[bytes, ...], tuple[str, ...]]:
    """The lists that are to be had now, and a line for each that is not."""
    crls, failures = [], []
    for url in crl_urls(path):
        try:
            if not _URL.fullmatch(url) or not url.startswith("http:"):
                raise CrlUnusable("not a plain http URL")
            exchange = _exchange("GET", url, bytes_max=CRL_BYTES_MAX, seconds_max=CRL_SECONDS_MAX)
            crl = asyncio.run(exchange)
            if len(crl) > CRL_BYTES_MAX:
                raise CrlUnusable(f"longer than {CRL_BYTES_MAX} bytes")
            read_crl(crl, path, at)
            crls.append(crl)
        except (ServiceUnavailable, ServiceRefused, CrlUnusable) as error:
            failures.append(f"{url}: {error}")
    return tuple(crls), tuple(failures)


def _expect_url(url: str) -> None:
    if not _URL.fullmatch(url):
        raise SettingsRefused(
            "the TSA's URL must be http(s)://HOST[:PORT][/PATH], without user or password",
            "zaman damgası adresi kullanıcı ve parola olmadan http(s)://SUNUCU[:PORT][/YOL] olmalı",
        )


def _post(url: str, request: bytes, headers: Mapping[str, str]) -> bytes:
    asked = {"Content-Type": "application/timestamp-query", **headers}
    size, seconds = RESPONSE_BYTES_MAX, ANSWER_SECONDS_MAX
    return asyncio.run(_exchange("POST", url, request, asked, bytes_max=size, seconds_max=seconds))


async def _exchange(
    method: str,
    url: str,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    *,
    bytes_max: int,
    seconds_max: float,
) -> bytes:
    """The body of an answer 200, given up once over `bytes_max`; follows no redirect or proxy."""
    timeout = httpx.Timeout(seconds_max, connect=CONNECT_SECONDS_MAX)
    asked = {"Accept-Encoding": "identity", **(headers or {})}
    try:
        # httpx bounds each step only; a server that sends a byte now and then would hold on to us.
        async with (
            asyncio.timeout(seconds_max),
            httpx.AsyncClient(trust_env=False, timeout=timeout) as client,
            client.stream(method, url, content=body, headers=asked) as response,
        ):
            if response.status_code != HTTPStatus.OK:
                raise _failure(response.status_code)
            received = bytearray()
            async for chunk in response.aiter_raw():
                received += chunk
                if len(received) > bytes_max:
                    break
            return bytes(received)
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.InvalidURL, UnicodeError) as error:
        raise TsaUnreachable(type(error).__name__) from error
    except (httpx.HTTPError, TimeoutError) as error:
        raise TsaUnknownOutcome(type(error).__name__) from error


def _failure(status_code: int) -> ServiceRefused | ServiceUnavailable:
    told = f"HTTP {status_code}"
    if status_code in BUSY:
        return TsaUnreachable(told)
    if status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return TsaUnknownOutcome(told)
    return TsaRejected(told)

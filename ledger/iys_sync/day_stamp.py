"""İYS's time stamp over a day's file (iys/api.md §15.3; R61).

İYS does not say which authority stamps, by which hash, nor whether the file or its stated hash is
what is stamped. So all of these are tried, and what was found is told.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final

from ledger.errors import SettingsRefused
from ledger.evidence.der import NotDer
from ledger.evidence.timestamping import verify_signature
from ledger.evidence.token_check import HASHES, check_stored
from ledger.evidence.tokens import Token, read_certificate, read_response, read_token
from ledger.evidence.tsa_chain import path_to_root
from ledger.evidence.tsa_refusals import TokenRefused, TokenStep, TsaRejected
from ledger.recording.day_ports import StampState
from ledger.values import Value

Verify = Callable[[Token], None]
"""That signature and chain of a token hold at its time. Raises TokenRefused."""

_PEM: Final = re.compile(
    rb"-----BEGIN CERTIFICATE-----\s+([A-Za-z0-9+/=\s]+?)-----END CERTIFICATE-----"
)
_BASE64: Final = re.compile(rb"[A-Za-z0-9+/\s]+={0,2}\s*")


class StampFound(Value, frozen=True):
    """What a `.tsr` came to. `stamped_at`: its own time, where it is over this file; `why`: the
    step that refused it."""

    state: StampState
    stamped_at: datetime | None = None
    why: str | None = None


def verifier(roots: bytes) -> Verify:
    """Verifies under roots in PEM, issuers in between among them. Raises SettingsRefused."""
    try:
        ders = [base64.b64decode(found) for found in _PEM.findall(roots)]
        certificates = [read_certificate(der) for der in ders]
    except (binascii.Error, NotDer) as error:
        raise _no_roots() from error
    if not certificates:
        raise _no_roots()

    def verify(token: Token) -> None:
        path_to_root(token, certificates)
        verify_signature(token, certificates)

    return verify


def check_stamp(
    stamp: bytes | None, file: bytes, hash_value: str | None, verify: Verify | None
) -> StampFound:
    """Whether a `.tsr`, DER or base64, is over the file: (1) it can be read; (2) its imprint is the
    file's, or of the hash that İYS states; (3) form, purpose and period of its certificate are in
    order; (4) signature and chain, where roots are known."""
    if stamp is None:
        return StampFound(StampState.MISSING)
    try:
        token = _read(stamp)  # (1)
        check_stored(token, _imprint(token, file, hash_value))  # (2), (3)
        if verify is not None:
            verify(token)  # (4)
    except TokenRefused as refused:
        return StampFound(StampState.REFUSED, None, str(refused))
    except TsaRejected as rejected:
        return StampFound(StampState.REFUSED, None, str(rejected))
    state = StampState.NO_ROOT if verify is None else StampState.VERIFIED
    return StampFound(state, token.generated_at)


def _read(stamp: bytes) -> Token:
    if _BASE64.fullmatch(stamp):
        try:
            stamp = base64.b64decode(stamp, validate=False)
        except binascii.Error as error:
            raise TokenRefused(TokenStep.FORM, stamp) from error
    try:
        return read_response(stamp)
    except TokenRefused as refused:
        if refused.step is not TokenStep.FORM:
            raise
    return read_token(stamp)


def _imprint(token: Token, file: bytes, hash_value: str | None) -> bytes:
    """The digest of what the token may be over that is in it. Raises TokenRefused."""
    name = HASHES.get(token.hash_oid)
    if name is None:
        raise TokenRefused(TokenStep.HASH, token.raw, f"got {token.hash_oid}")
    for content in _stamped(file, hash_value):
        digest = hashlib.new(name, content).digest()
        if digest == token.imprint:
            return digest
    raise TokenRefused(TokenStep.IMPRINT, token.raw)


def _stamped(file: bytes, hash_value: str | None) -> Iterator[bytes]:
    yield file
    if hash_value:
        yield hash_value.encode()
        try:
            yield bytes.fromhex(hash_value)
        except ValueError:
            return


def _no_roots() -> SettingsRefused:
    return SettingsRefused(
        "the roots of İYS's time stamps are not PEM certificates",
        "İYS zaman damgasının kökleri PEM sertifikası değil",
    )

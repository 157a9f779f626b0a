"""The bytes an event is for ever, its leaf hash, and salted commitments (design.md §5).

Restricted RFC 8785 JSON: objects, arrays, NFC strings, integers |n| < 2^53, booleans, null; ASCII
keys in order; no floats; at most `STATE_BYTES_MAX`. `json.dumps` is the oracle in the tests.
"""

import hashlib
import hmac
import unicodedata
from typing import Final

import msgspec

from ledger.errors import LedgerBroken

STATE_BYTES_MAX: Final = 16 * 1024
DEPTH_MAX: Final = 16
INTEGER_MAX: Final = 2**53 - 1
HASH_BYTES: Final = 32
ZERO_HASH: Final = "0" * 64
"""`prev` of a stream's first event."""

COMMIT_LABEL: Final = b"izin-defteri/v1/commit\x00"
SALT_LABEL: Final = b"izin-defteri/v1/salt\x00"
SEED_LABEL: Final = b"izin-defteri/v1/seed\x00"

_encoder = msgspec.json.Encoder(order="sorted")
_decoder = msgspec.json.Decoder(strict=True)


class OutsideProfile(LedgerBroken):
    """A value that the event format has no bytes for; nothing was written."""


def encode(value: object) -> bytes:
    """Canonical bytes of a value or msgspec struct.

    Raises OutsideProfile for anything the profile leaves out.
    """
    state = _encoded(value)
    if len(state) > STATE_BYTES_MAX:
        raise OutsideProfile(f"{len(state)} bytes, at most {STATE_BYTES_MAX} allowed")
    # msgspec writes null for a number that is none: where there is a null, the value itself tells.
    check_profile(_builtins(value) if b"null" in state else _decoder.decode(state))
    return state


def _builtins(value: object) -> object:
    plain: object = msgspec.to_builtins(value, str_keys=True)
    return plain


def assemble(value: msgspec.Struct) -> bytes:
    """Canonical bytes of a value whose parts were encoded by `encode`; only the size is checked."""
    state = _encoder.encode(value)
    if len(state) > STATE_BYTES_MAX:
        raise OutsideProfile(f"{len(state)} bytes, at most {STATE_BYTES_MAX} allowed")
    return state


def decode(state: bytes) -> object:
    """The value of canonical bytes; the same value must give the same bytes again.

    Raises OutsideProfile for bytes that are not canonical.
    """
    if len(state) > STATE_BYTES_MAX:
        raise OutsideProfile(f"{len(state)} bytes, at most {STATE_BYTES_MAX} allowed")
    try:
        value: object = _decoder.decode(state)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise OutsideProfile("not JSON") from error
    check_profile(value)
    if _encoder.encode(value) != state:
        raise OutsideProfile("not canonical: another order, space or spelling")
    return value


def check_profile(value: object, depth: int = 0) -> None:
    """Raises OutsideProfile unless `value`, decoded JSON, stays inside the profile."""
    kind = type(value)
    if kind is str:
        if not value.isascii() and not unicodedata.is_normalized("NFC", value):  # type: ignore[attr-defined,arg-type]  # kind is str
            raise OutsideProfile("a string is not NFC")
    elif kind is int:
        if not -INTEGER_MAX <= value <= INTEGER_MAX:  # type: ignore[operator]  # kind is int
            raise OutsideProfile("an integer is beyond 2^53")
    elif kind is dict or kind is list or kind is tuple:
        if depth >= DEPTH_MAX:
            raise OutsideProfile(f"nested deeper than {DEPTH_MAX}")
        if kind is dict:
            for key, member in value.items():  # type: ignore[attr-defined]  # kind is dict
                if not key.isascii():
                    raise OutsideProfile("a key is not ASCII")
                check_profile(member, depth + 1)
        else:
            for member in value:  # type: ignore[attr-defined]  # kind is list
                check_profile(member, depth + 1)
    elif not (kind is bool or value is None):
        raise OutsideProfile(f"{kind.__name__} has no place in an event")


def leaf_hash(state: bytes) -> bytes:
    """RFC 9162 leaf hash, 32 bytes: the stored state is the leaf input."""
    return hashlib.sha256(b"\x00" + state).digest()


def event_seed(subject_key: bytes, event_id: str) -> bytes:
    """32 bytes from which the salts of one event come; dies with the subject's key."""
    return hmac.digest(subject_key, SEED_LABEL + event_id.encode("ascii"), "sha256")


def group_salt(seed: bytes, group: str) -> bytes:
    """The salt, 32 bytes, of one group of one event."""
    return hmac.digest(seed, SALT_LABEL + group.encode("ascii"), "sha256")


def commitment(group: str, salt: bytes, value: object) -> str:
    """64 hex digits that bind `value` without showing it, as they stand under `commit`.

    Raises OutsideProfile: a verifier has only the profile to go by.
    """
    if len(salt) != HASH_BYTES:
        raise ValueError(f"a salt has {HASH_BYTES} bytes, got {len(salt)}")
    check_profile(value)
    bound = COMMIT_LABEL + group.encode("ascii") + b"\x00" + salt + _encoded(value)
    return hashlib.sha256(bound).hexdigest()


def _encoded(value: object) -> bytes:
    try:
        return _encoder.encode(value)
    except (TypeError, ValueError, UnicodeError, RecursionError) as error:
        raise OutsideProfile("the value has no canonical form") from error

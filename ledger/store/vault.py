"""The vault: the only place where personal data can be read (design.md §6).

Every subject has a key of its own, wrapped by a key that follows from the key of keys. Destroying
the row destroys the key, and with it every sealed byte and every salt of that person.
"""

import hmac
import os
import threading
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from typing import Final
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import (
    InvalidUnwrap,
    aes_key_unwrap,
    aes_key_wrap,
)

from ledger.addresses import Address
from ledger.aggregates.keys import uuid7
from ledger.errors import LedgerBroken
from ledger.recording.ports import Groups, SealedSubject, Subject
from ledger.store.vault_keys import KEK_EPOCH, KEY_BYTES, ProviderKeys
from ledger.vocabulary import BrandCode

NONCE_BYTES: Final = 12
CHANCE_BYTES: Final = 16_384


class Chance:
    """The system's random bytes, fetched many at a time and given out once each.

    A call of the system for every few bytes took an eighth of an import.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._bytes = b""
        self._used = 0
        os.register_at_fork(after_in_child=self._forget)

    def take(self, count: int) -> bytes:
        """`count` bytes that nobody was given before."""
        with self._lock:
            begin, end = self._used, self._used + count
            if end > len(self._bytes):
                self._bytes = os.urandom(CHANCE_BYTES)
                begin, end = 0, count
            self._used = end
            return self._bytes[begin:end]

    def _forget(self) -> None:
        self._lock, self._bytes, self._used = threading.Lock(), b"", 0


class ProviderVault:
    """Seals and opens for one provider. Implements `ports.Vault`."""

    def __init__(self, keys: ProviderKeys) -> None:
        self._keys = keys
        padded = keys.lookup.ljust(64, b"\0")  # RFC 2104, a key shorter than the block
        self._lookup_states = tuple(
            sha256(bytes(byte ^ pad for byte in padded)) for pad in (0x36, 0x5C)
        )
        self.chance = Chance().take

    def lookup(self, uri: str) -> bytes:
        """HMAC-SHA-256 of `tel:…` or `mailto:…`: equal addresses, equal 32 bytes."""
        return hmac.digest(self._keys.lookup, uri.encode("ascii"), "sha256")

    def lookups(self, uris: Iterable[bytes]) -> list[bytes]:
        """HMAC-SHA-256 of each, its two inner states made once: half the time of `lookup`."""
        inner, outer = self._lookup_states
        made = []
        for uri in uris:
            first = inner.copy()
            first.update(uri)
            second = outer.copy()
            second.update(first.digest())
            made.append(second.digest())
        return made

    def run_key(self, run: UUID) -> bytes:
        """HMAC-SHA-256 of the run's id under the key of the provider's own groups."""
        return hmac.digest(self._keys.groups, b"decision\x00" + run.bytes, "sha256")

    def new_subject(
        self, address: Address, *, lookup: bytes, generation: int, at: datetime
    ) -> SealedSubject:
        """A UUIDv7 subject with a random key; its address sealed under that key."""
        chance = self.chance(10 + KEY_BYTES)
        subject_id = uuid7(int(at.timestamp() * 1000), chance[:10])
        key = chance[10:]
        sealed = self._sealed(key, address.uri.encode("ascii"), subject_id.bytes)
        subject = Subject(subject_id, lookup, key, generation)
        return SealedSubject(subject, sealed, aes_key_wrap(self._keys.wrap, key), KEK_EPOCH)

    def open_subject_key(self, wrapped_key: bytes, kek_epoch: int) -> bytes:
        """The subject's key. Raises LedgerBroken for a row of another key of keys."""
        if kek_epoch != KEK_EPOCH:
            raise LedgerBroken(f"a recipient's key is of KEK epoch {kek_epoch}, not {KEK_EPOCH}")
        try:
            return aes_key_unwrap(self._keys.wrap, wrapped_key)
        except (InvalidUnwrap, ValueError) as error:
            raise LedgerBroken("a recipient's key cannot be unwrapped") from error

    def open_address(self, key: bytes, subject_id: UUID, sealed_address: bytes) -> str:
        """The address's uri. Raises LedgerBroken."""
        return _open(key, sealed_address, subject_id.bytes).decode("ascii")

    def command_id(self, brand_code: BrandCode, item_id: str) -> bytes:
        """HMAC-SHA-256(provider key, brand ‖ item id), 32 bytes (design.md §7)."""
        name = f"{brand_code}\x00{item_id}".encode()
        return hmac.digest(self._keys.command, name, "sha256")

    def content_digest(self, content: Iterable[str]) -> bytes:
        """HMAC-SHA-256 over the parts as one JSON array, 32 bytes."""
        return hmac.digest(self._keys.command, msgspec.json.encode(list(content)), "sha256")

    def seal(self, key: bytes, event_id: str, groups: Groups) -> bytes:
        """AES-256-GCM under the subject's key, bound to the event's id."""
        return self._sealed(key, msgspec.json.encode(groups), event_id.encode("ascii"))

    def open(self, key: bytes, event_id: str, sealed: bytes) -> dict[str, object]:
        """What `seal` took. Raises LedgerBroken."""
        opened = _open(key, sealed, event_id.encode("ascii"))
        groups: dict[str, object] = msgspec.json.decode(opened)
        return groups

    def evidence_lookup(self, evidence_id: bytes) -> bytes:
        """HMAC-SHA-256 of a piece's id; no address begins as its input does."""
        return hmac.digest(self._keys.lookup, b"evidence\x00" + evidence_id, "sha256")

    def seal_alone(self, plain: bytes, *, bound_to: bytes) -> tuple[bytes, bytes, int]:
        """Sealed under a random key of its own; that key wrapped; the epoch of what wraps it."""
        key = self.chance(KEY_BYTES)
        return self._sealed(key, plain, bound_to), aes_key_wrap(self._keys.wrap, key), KEK_EPOCH

    def open_alone(
        self, sealed: bytes, wrapped_key: bytes, kek_epoch: int, *, bound_to: bytes
    ) -> bytes:
        """What `seal_alone` took. Raises LedgerBroken."""
        return _open(self.open_subject_key(wrapped_key, kek_epoch), sealed, bound_to)

    def _sealed(self, key: bytes, plain: bytes, bound_to: bytes) -> bytes:
        nonce = self.chance(NONCE_BYTES)
        return nonce + AESGCM(key).encrypt(nonce, plain, bound_to)

    def provider_key(self) -> bytes:
        """The key behind groups of the provider's own events, 32 bytes."""
        return self._keys.groups


def _open(key: bytes, sealed: bytes, bound_to: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound_to)
    except (InvalidTag, ValueError) as error:
        raise LedgerBroken("sealed bytes do not open under their key") from error

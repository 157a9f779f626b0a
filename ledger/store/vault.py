"""The vault: the only place where personal data can be read (design.md §6).

Every subject has a key of its own, wrapped by a key that follows from the key of keys. Destroying
the row destroys the key, and with it every sealed byte and every salt of that person.
"""

import hmac
import os
from collections.abc import Iterable
from datetime import datetime
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


class ProviderVault:
    """Seals and opens for one provider. Implements `ports.Vault`."""

    def __init__(self, keys: ProviderKeys) -> None:
        self._keys = keys

    def lookup(self, uri: str) -> bytes:
        """HMAC-SHA-256 of `tel:…` or `mailto:…`: equal addresses, equal 32 bytes."""
        return hmac.digest(self._keys.lookup, uri.encode("ascii"), "sha256")

    def new_subject(
        self, address: Address, *, lookup: bytes, generation: int, at: datetime
    ) -> SealedSubject:
        """A UUIDv7 subject with a random key; its address sealed under that key."""
        subject_id = uuid7(int(at.timestamp() * 1000), os.urandom(10))
        key = os.urandom(KEY_BYTES)
        sealed = _seal(key, address.uri.encode("ascii"), subject_id.bytes)
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
        return _seal(key, msgspec.json.encode(groups), event_id.encode("ascii"))

    def open(self, key: bytes, event_id: str, sealed: bytes) -> dict[str, object]:
        """What `seal` took. Raises LedgerBroken."""
        opened = _open(key, sealed, event_id.encode("ascii"))
        groups: dict[str, object] = msgspec.json.decode(opened)
        return groups

    def provider_key(self) -> bytes:
        """The key behind groups of the provider's own events, 32 bytes."""
        return self._keys.groups


def _seal(key: bytes, plain: bytes, bound_to: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, bound_to)


def _open(key: bytes, sealed: bytes, bound_to: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound_to)
    except (InvalidTag, ValueError) as error:
        raise LedgerBroken("sealed bytes do not open under their key") from error

"""Signing what the log has become, once it is sure that nothing shown before is taken back."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ledger.errors import LedgerBroken
from ledger.evidence.checkpoint import Checkpoint, SignedCheckpoint, sign
from ledger.evidence.log_book import LogBook
from ledger.evidence.log_ports import LogStore
from ledger.evidence.note import SignatureType, VerifierKey
from ledger.evidence.refusals import ProofRefused


class LogBehind(LedgerBroken):
    """The database knows less, or other things, than a checkpoint that was signed: it was put back
    from a backup, or changed. Nothing is written until somebody decides (`izin recover`)."""

    turkish_kind = "Defter geride"


class CheckpointPlace(Protocol):
    """Where the last checkpoint lies besides the database."""

    def read(self) -> SignedCheckpoint | None:
        """What was kept last."""

    def turn(self) -> AbstractContextManager[None]:
        """Nobody else replaces it while the block runs."""

    def write(self, made: SignedCheckpoint) -> None:
        """Keep this instead."""


@dataclass(frozen=True, slots=True)
class LogKey:
    """The log's name and the key it signs with."""

    origin: str
    private: Ed25519PrivateKey

    @property
    def public(self) -> VerifierKey:
        """What checks its signatures."""
        raw = self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return VerifierKey(self.origin, SignatureType.NOTE, raw)


class Publisher:
    """Signs checkpoints of one log."""

    def __init__(self, store: LogStore, place: CheckpointPlace, key: Callable[[], LogKey]) -> None:
        self._store = store
        self._book = LogBook(store)
        self._place = place
        self._key = key

    def publish(self) -> SignedCheckpoint | None:
        """The checkpoint of the tree as it is; None while there is nothing in it.

        Raises LogBehind; StoreUnavailable where the second place cannot be written: then nothing
        new is shown.
        """
        size, last = self._store.tree_size(), self._store.last_checkpoint()
        if size == 0 or (last is not None and last.tree.size == size):
            return last
        key = self._key()
        with self._place.turn():
            # Read anew: another process may have grown the tree and signed it before this turn.
            size = self._store.tree_size()
            expect_ahead(self._book, size, self._place.read(), key.public)
            made = sign(Checkpoint(key.origin, size, self._book.root(size)), key.private)
            self._place.write(made)
        self._store.keep_checkpoint(made)
        return made


def expect_ahead(
    book: LogBook, size: int, shown: SignedCheckpoint | None, key: VerifierKey
) -> None:
    """Whether a tree of `size` still begins with what was shown. Raises LogBehind; ProofRefused
    where tiles are missing."""
    if shown is None:
        return
    try:
        shown.check(key)
    except ProofRefused as error:
        raise LogBehind(
            "the last checkpoint was signed with another key than the log's: restore the key"
            " folder; after a recovery that was begun, `izin recover --accept-loss` ends it",
            "son kontrol noktasını defterinkinden başka bir anahtar imzalamış: anahtar klasörünü"
            " geri yükleyin; yarım kalmış bir kurtarmayı `izin recover --accept-loss` tamamlar",
        ) from error
    if shown.tree.size > size:
        raise LogBehind(
            f"a checkpoint of {shown.tree.size} events was signed, the log has {size}: it was put"
            " back from a backup; `izin recover --accept-loss` goes on with what there is",
            f"{shown.tree.size} kayıtlık bir kontrol noktası imzalanmıştı, defterde {size} kayıt"
            " var: yedekten dönülmüş; `izin recover --accept-loss` olanla devam eder",
        )
    if book.root(shown.tree.size) != shown.tree.root:
        raise LogBehind(
            f"the first {shown.tree.size} events are not those that were signed",
            f"ilk {shown.tree.size} kayıt imzalanmış olanlar değil",
        )

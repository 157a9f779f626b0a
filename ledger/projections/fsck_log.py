"""The oracle on what makes the log provable: tree, checkpoints, seals (design.md §9)."""

from ledger.aggregates.events import Event
from ledger.aggregates.provider_bodies import LedgerHeads, LedgerOpened
from ledger.evidence.checkpoint import SignedCheckpoint
from ledger.evidence.ers import CHUNK_LEAVES, RecordRefused, batch_root
from ledger.evidence.log_ports import Seal
from ledger.evidence.merkle import HASH_BYTES
from ledger.evidence.note import SignatureType, VerifierKey
from ledger.evidence.refusals import ProofRefused
from ledger.evidence.seal import imprint_of
from ledger.evidence.token_check import check_stored
from ledger.evidence.tokens import read_token
from ledger.evidence.tsa_refusals import TokenRefused
from ledger.projections.fsck_report import Report
from ledger.projections.fsck_tiles import SQL, Tiles, rows_of
from ledger.store.database import LedgerConnection


class Proofs:
    """Grows the tree anew, leaf by leaf, and compares what is kept of it on the way."""

    def __init__(self, report: Report, connection: LedgerConnection) -> None:
        self.newest_map: Event | None = None
        self._report = report
        self._key: VerifierKey | None = None
        self._size = 0
        self._tiles = Tiles(report, connection)
        self._seals = _Seals(report, connection)
        self._checkpoints = rows_of(connection, "checkpoints")
        self._checkpoint = next(self._checkpoints, None)

    def add(self, leaf: bytes) -> None:
        """The next leaf hash in the order of the log, whether or not its event can be read."""
        self._compare()
        self._size += 1
        self._tiles.add(leaf)
        self._seals.add(leaf)

    def take(self, event: Event) -> None:
        """The event of the leaf that was added last."""
        match event.body:
            case LedgerOpened(origin=origin, public_key=public_key):
                # Again only after a restored backup: what is signed from there on has that key.
                try:
                    raw = bytes.fromhex(public_key)
                    self._key = VerifierKey(origin, SignatureType.NOTE, raw)
                except (ValueError, ProofRefused):
                    self._key = None
            case LedgerHeads():
                self.newest_map = event

    def close(self) -> None:
        """After the last leaf."""
        self._compare()
        if self._checkpoint is not None:
            size = self._checkpoint[0]
            self._report.find(f"checkpoint {size}: is ahead of the log, which has {self._size}")
        self._seals.close(self._size)
        self._tiles.close(self._size)

    def _compare(self) -> None:
        """What was signed of the tree as it is now."""
        size = self._size
        if self._checkpoint is not None and self._checkpoint[0] == size:
            self._check_note(f"checkpoint {size}", self._checkpoint[1])
            self._checkpoint = next(self._checkpoints, None)
        seal = self._seals.due(size)
        if seal is not None:
            signed = self._check_note(f"seal {size}", seal.checkpoint)
            if signed is not None and len(signed.signatures) > 1:
                self._report.find(f"seal {size}: its checkpoint has signatures of others")
            self._seals.check(seal)

    def _check_note(self, place: str, note: bytes) -> SignedCheckpoint | None:
        """A note as far as it is sound."""
        if self._key is None:
            self._report.find(f"{place}: no ledger.opened gives a key to check it by")
            return None
        try:
            signed = SignedCheckpoint.parse(note)
            signed.check(self._key)
        except ProofRefused as error:
            self._report.find(f"{place}: {error}")
            return None
        if signed.tree.size != self._size:
            self._report.find(f"{place}: its note is of {signed.tree.size} events")
        elif signed.tree.root != self._tiles.root(self._size):
            self._report.find(f"{place}: its root is not that of the events")
        return signed


class _Seals:
    """The batches of the seals, their hash trees and time stamps."""

    def __init__(self, report: Report, connection: LedgerConnection) -> None:
        self._report = report
        self._connection = connection
        self._seals = rows_of(connection, "seals")
        self._sealed = 0
        self._chunk: list[bytes] = []
        self._roots: list[bytes] = []
        self._seal = self._following()

    def add(self, leaf: bytes) -> None:
        """One more leaf hash."""
        if self._seal is None:
            return
        self._chunk.append(leaf)
        if len(self._chunk) == CHUNK_LEAVES:
            self._end_chunk()

    def due(self, size: int) -> Seal | None:
        """The seal that ends here."""
        return self._seal if self._seal is not None and self._seal.size == size else None

    def check(self, seal: Seal) -> None:
        """The seal that is due, and the next batch begins."""
        self._end_chunk()
        place = f"seal {seal.size}"
        if seal.first != self._sealed:
            self._report.find(f"{place}: begins behind {seal.first}, not {self._sealed}")
        if seal.roots != tuple(self._roots):
            self._report.find(f"{place}: its hash tree is not that of the events")
        self._check_stamps(place, seal)
        self._sealed, self._roots = seal.size, []
        self._seal = self._following()

    def close(self, size: int) -> None:
        """After the last leaf."""
        if self._seal is not None:
            self._report.find(f"seal {self._seal.size}: is ahead of the log, which has {size}")

    def _check_stamps(self, place: str, seal: Seal) -> None:
        cursor = self._connection.execute(SQL["stamps"], {"size": seal.size})
        number = 0
        for number, raw, generated_at in cursor.fetchall():
            try:
                token = read_token(raw)
                check_stored(token, imprint_of(seal))
            except (TokenRefused, RecordRefused) as error:
                self._report.find(f"{place}: time stamp {number}: {error}")
                continue
            if token.generated_at != generated_at:
                self._report.find(f"{place}: time stamp {number}: is of another time")
        if not number:
            self._report.find(f"{place}: has no time stamp")

    def _end_chunk(self) -> None:
        if self._chunk:
            self._roots.append(batch_root(self._chunk))
            self._chunk = []

    def _following(self) -> Seal | None:
        row = next(self._seals, None)
        if row is None:
            return None
        size, first, checkpoint, roots, sealed_at = row
        cuts = range(0, len(roots), HASH_BYTES)
        parts = tuple(roots[cut : cut + HASH_BYTES] for cut in cuts)
        return Seal(size, first, checkpoint, parts, sealed_at)

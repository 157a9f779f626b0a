"""Where evidence lies: sealed rows, found by a keyed look-up of what they hold (design.md §6)."""

import hashlib
from collections.abc import Collection, Sequence
from typing import Final

from msgspec import structs

from ledger import clock
from ledger.errors import NotFound
from ledger.recording.evidence_ports import (
    EvidenceDiffers,
    EvidenceGiven,
    EvidenceKept,
    EvidenceKind,
    EvidenceNote,
)
from ledger.store.database import Database
from ledger.store.sql import load_blocks
from ledger.store.vault import ProviderVault
from ledger.vocabulary import IysCode

SQL: Final = load_blocks("ledger.store", "evidence.sql")


class EvidenceTable:
    """The table of one provider. Implements `evidence_ports.EvidenceStore`."""

    def __init__(self, database: Database, iys_code: IysCode, vault: ProviderVault) -> None:
        self._database = database
        self._iys_code = iys_code
        self._vault = vault

    def keep(self, content: bytes, given: EvidenceGiven) -> EvidenceKept:
        """See evidence_ports.EvidenceStore."""
        evidence_id = hashlib.sha256(content).digest()
        kept = self._find([evidence_id]).get(evidence_id)
        is_new = kept is None and self._insert(evidence_id, content, given)
        kept = kept or self._find([evidence_id])[evidence_id]
        if kept.kind is not given.kind:
            raise EvidenceDiffers(
                f"these bytes are kept as {kept.kind.name}, not {given.kind.name}",
                f"bu içerik {given.kind.name} değil {kept.kind.name} olarak kayıtlı",
            )
        return structs.replace(kept, is_new=is_new)

    def kinds(self, ids: Collection[bytes]) -> dict[bytes, EvidenceNote]:
        """See evidence_ports.EvidenceStore."""
        found = self._find(ids) if ids else {}
        return {
            one.id: EvidenceNote(
                one.kind,
                None if one.captured_at is None else clock.utc_text(one.captured_at),
                clock.utc_text(one.uploaded_at),
            )
            for one in found.values()
        }

    def open(self, evidence_id: bytes) -> tuple[EvidenceKept, bytes]:
        """See evidence_ports.EvidenceStore."""
        kept = self._find([evidence_id]).get(evidence_id)
        with self._database.connection(self._iys_code) as connection:
            row = connection.execute(SQL["open"], self._named(evidence_id), binary=True).fetchone()
        if kept is None or row is None:
            raise NotFound(
                "this piece of evidence is not kept here", "bu delil burada kayıtlı değil"
            )
        sealed, wrapped_key, epoch = row
        return kept, self._vault.open_alone(sealed, wrapped_key, epoch, bound_to=evidence_id)

    def destroy(self, evidence_id: bytes) -> bool:
        """See evidence_ports.EvidenceStore."""
        with self._database.connection(self._iys_code) as connection:
            return connection.execute(SQL["destroy"], self._named(evidence_id)).rowcount == 1

    def _insert(self, evidence_id: bytes, content: bytes, given: EvidenceGiven) -> bool:
        """Whether it was not there: of two who bring the same at once, one writes it."""
        sealed, wrapped_key, epoch = self._vault.seal_alone(content, bound_to=evidence_id)
        row = {
            **self._named(evidence_id),
            "kind": given.kind.value,
            "captured_at": given.captured_at,
            "media_type": given.media_type,
            "bytes": len(content),
            "sealed": sealed,
            "wrapped_key": wrapped_key,
            "kek_epoch": epoch,
            "actor": given.actor,
        }
        with self._database.connection(self._iys_code) as connection:
            return connection.execute(SQL["keep"], row).rowcount == 1

    def _find(self, ids: Collection[bytes]) -> dict[bytes, EvidenceKept]:
        named = {self._vault.evidence_lookup(one): one for one in ids}
        asked = {"evidence": list(named)}
        rows = self._database.read(self._iys_code, SQL["find"], asked)
        return {named[row[0]]: _kept(named[row[0]], row) for row in rows}

    def _named(self, evidence_id: bytes) -> dict[str, object]:
        return {"evidence": self._vault.evidence_lookup(evidence_id)}


def _kept(evidence_id: bytes, row: Sequence[object]) -> EvidenceKept:
    _, kind, *columns = row
    return EvidenceKept(evidence_id, EvidenceKind(kind), *columns)  # type: ignore[arg-type]  # the columns of `find`

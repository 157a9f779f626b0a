"""Evidence behind acts: a file each, known by what it holds (R18, consent.md C5)."""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from ledger.errors import LedgerError
from ledger.values import Value


class EvidenceKind(StrEnum):
    """What a piece of evidence is; the values stand in events, for ever."""

    FORM = "form"
    SCAN = "scan"
    RECORDING = "recording"
    LOG = "log"
    MESSAGE = "message"
    CONFIRMATION = "confirmation"
    OTHER = "other"


class EvidenceNote(Value, frozen=True, gc=False):
    """What is known of a piece that an act names. Instants as acts carry them; `captured_at` None
    where nobody told; `uploaded_at`: when these bytes first came in."""

    kind: str
    captured_at: str | None
    uploaded_at: str

    def captured_by(self, acted_at: str | None) -> str:
        """The instant from which it proves an act: as told, else the act's own. Never later than
        its bytes came in, or a form from before a refusal would lift it (C4.3, R53)."""
        return min(self.captured_at or acted_at or self.uploaded_at, self.uploaded_at)


class EvidenceGiven(Value, frozen=True, gc=False):
    """What is said of a piece that is brought in. `media_type`: `type/subtype` and no more."""

    kind: EvidenceKind
    captured_at: datetime | None
    media_type: str
    actor: str


class EvidenceKept(Value, frozen=True, gc=False):
    """A piece as it is kept: what was said of it first stands. `id`: SHA-256 of its bytes;
    `uploaded_at`: by the database's clock."""

    id: bytes
    kind: EvidenceKind
    captured_at: datetime | None
    media_type: str
    size_bytes: int
    uploaded_at: datetime
    is_new: bool = False


class EvidenceDiffers(LedgerError):
    """The same bytes are kept already, as another kind of evidence."""

    turkish_kind = "Delil başka türde kayıtlı"


class EvidenceStore(Protocol):
    """The pieces of one provider, each sealed under a key of its own."""

    def keep(self, content: bytes, given: EvidenceGiven) -> EvidenceKept:
        """Keep a piece of 1 byte to 32 MiB; committed when this returns. Safe to repeat.

        Raises EvidenceDiffers.
        """

    def kinds(self, ids: Collection[bytes]) -> dict[bytes, EvidenceNote]:
        """What acts say of these pieces; one that is not kept is missing."""

    def open(self, evidence_id: bytes) -> tuple[EvidenceKept, bytes]:
        """A piece and its bytes. Raises NotFound, LedgerBroken."""

    def destroy(self, evidence_id: bytes) -> bool:
        """Forget a piece and with it its key; False where it was not kept."""

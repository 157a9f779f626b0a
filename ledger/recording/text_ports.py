"""Consent texts and privacy notices as they were published (R15)."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

from ledger.aggregates.bodies import TextReference
from ledger.errors import LedgerError
from ledger.values import Value


class TextKind(StrEnum):
    """What people were shown."""

    CONSENT = "CONSENT"
    NOTICE = "NOTICE"


class RegisteredText(Value, frozen=True, gc=False):
    """A text as its event has it. `sha256`: 64 hex digits; `position`: the event's."""

    id: str
    version: str
    kind: TextKind
    language: str
    sha256: str
    position: int


class TextDiffers(LedgerError):
    """The id and version bear another text, kind or language."""

    turkish_kind = "Metin başka içerikle kayıtlı"


class Texts(Protocol):
    """The registered texts of one provider, at most 2 s old where a `refresh` is called for it."""

    def find(
        self, text_id: str, version: str, /, *, kind: TextKind = TextKind.CONSENT
    ) -> TextReference | None:
        """A text by its name; from memory, never waits. A notice is no consent text."""

    def is_aging(self) -> bool:
        """Whether what is in memory may be older than it should be."""

    def refresh(self) -> None:
        """Read what was registered since; waits for PostgreSQL. Raises StoreUnavailable."""

    def all(self) -> Sequence[RegisteredText]:
        """Every text in the order of registration; waits for PostgreSQL."""

    def content(self, sha256: str) -> bytes:
        """The bytes behind a digest of a registered text. Raises NotFound."""

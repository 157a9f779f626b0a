"""Who asks, and the note that is kept of what they were shown (R108)."""

from datetime import datetime
from typing import Protocol
from uuid import UUID

from ledger.errors import StoreUnavailable
from ledger.values import Discreet
from ledger.vocabulary import BrandCode, IysCode, Role


class Principal(Discreet, frozen=True, gc=False):
    """The holder of a key.

    `iys_code` None: every provider, only for a key that the one who started the service gave it.
    `brands` None: every brand of the provider, also one that is added later.
    """

    key_id: str
    name: str
    role: Role
    iys_code: IysCode | None = None
    brands: frozenset[BrandCode] | None = None
    expires_at: datetime | None = None

    @property
    def actor(self) -> str:
        """As events and the access log name it."""
        return f"key:{self.key_id}"


class KeysStale(StoreUnavailable):
    """What is known of the keys is too old to let anybody in by it: `refresh`, and ask again."""


class Keys(Protocol):
    """The keys that let somebody in. A revocation counts everywhere within 2 s."""

    def find(self, token: str) -> Principal | None:
        """Whose token it is; None for a wrong, revoked or expired one. Never waits.

        Raises KeysStale.
        """

    def is_aging(self) -> bool:
        """Whether a `refresh` now keeps later callers of `find` from waiting for one."""

    def refresh(self) -> None:
        """Read the keys again; waits for PostgreSQL. Raises StoreUnavailable."""


class AccessLog(Protocol):
    """What was read or exported of a provider's personal data, by whom: append-only (R108)."""

    def note(
        self,
        actor: str,
        action: str,
        *,
        brand_code: BrandCode | None = None,
        subject: UUID | None = None,
        items: int = 1,
        request_id: str | None = None,
    ) -> None:
        """Note a reading, after it and before its answer is given. Never waits.

        What is noted is in the table within half a second, or when the process ends in order; a
        process that is killed loses what it noted since. While PostgreSQL does not take it, up to
        100,000 notes wait; a note may then stand there twice, never not at all.
        Raises AccessLogFull when no more can wait: the answer must not be given.
        """


class AccessLogFull(StoreUnavailable):
    """Nothing of personal data may be shown, since it could not be noted."""

    turkish_kind = "Erişim kaydı yazılamıyor"

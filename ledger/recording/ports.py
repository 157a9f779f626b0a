"""What the application asks of its store and vault, and the values that pass between them.

The application defines these; `ledger/store` implements them.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from ledger.addresses import Address
from ledger.aggregates.consent import Consent
from ledger.aggregates.events import Event
from ledger.aggregates.keys import ConsentKey
from ledger.recording.following import Followed, FollowedPage
from ledger.values import Discreet, Value
from ledger.vocabulary import BrandCode, Channel, IysCode

Groups = Mapping[str, object]
"""Values bound by a commitment each, by group name (design.md §5)."""


class Subject(Discreet, frozen=True, gc=False):
    """One person's time at one address, with the key that opens it (C1). `barred`: there is an
    entry of theirs on the company's list, be it for another brand or expired."""

    id: UUID
    lookup: bytes
    key: bytes
    generation: int
    closed_position: int | None = None
    barred: bool = False


class SealedSubject(Discreet, frozen=True, gc=False):
    """A new subject and the row that will keep it; stored only with its first event."""

    subject: Subject
    sealed_address: bytes
    wrapped_key: bytes
    kek_epoch: int


class Holder(Discreet, frozen=True, gc=False):
    """Who holds, or held, an address; its `uri` is the canonical one."""

    subject: Subject
    uri: str


class PulledTo(Value, frozen=True, gc=False):
    """How far the movements of a brand are known: İYS's cursor, and when it was asked (R60).

    `source`: `IYS` or `HS`. Stored in the transaction of what the page brought.
    """

    brand_code: BrandCode
    source: str
    after: str | None
    asked_at: datetime


class Head(Value, frozen=True, gc=False):
    """The last event of the log, read under the lock, and the database's clock. `log`: the name
    that event bears, empty before the first."""

    position: int
    recorded: str
    now: datetime
    log: str = ""


class StoredConsent(Value, frozen=True, gc=False):
    """A row of `current_consent`: the state, and what the next event of the stream follows."""

    consent: Consent
    leaf_hash: bytes
    position: int


class StoredCommand(Value, frozen=True, gc=False):
    """What an earlier command with this id came to."""

    content: bytes
    outcome: str
    code: str | None
    positions: tuple[int, ...]


class Suppression(Value, frozen=True, gc=False):
    """A bar of the company's own on one subject; brand or channel None means all of them.

    `kind` is the reason of C6 row 5: LIST, RESTRICTED, ERASED. `position` is its event's.
    """

    position: int
    subject: UUID
    seq: int
    kind: str
    brand_code: BrandCode | None = None
    channel: Channel | None = None
    until: datetime | None = None


@dataclass(slots=True)
class Batch:
    """All that one transaction adds, beside the events themselves."""

    events: list[Event] = field(default_factory=list)
    recipients: list[SealedSubject] = field(default_factory=list)
    payloads: list[tuple[int, bytes]] = field(default_factory=list)
    new_consents: list[tuple[ConsentKey, StoredConsent]] = field(default_factory=list)
    known_consents: list[tuple[ConsentKey, StoredConsent]] = field(default_factory=list)
    commands: list[tuple[bytes, StoredCommand]] = field(default_factory=list)
    closed: list[tuple[UUID, int]] = field(default_factory=list)
    suppressed: list[Suppression] = field(default_factory=list)
    lifted: list[tuple[UUID, int]] = field(default_factory=list)
    texts: list[Event] = field(default_factory=list)
    pulled: list[PulledTo] = field(default_factory=list)


class WriteUnit(Protocol):
    """One transaction that holds the head; nobody else appends meanwhile."""

    head: Head

    def find_subjects(self, lookups: Collection[bytes]) -> dict[bytes, Subject]:
        """The open subjects of these lookups."""

    def load_consents(self, keys: Collection[ConsentKey]) -> dict[ConsentKey, StoredConsent]:
        """The stored states of these keys; a key never seen is missing."""

    def consents_of(self, subject: UUID) -> dict[ConsentKey, StoredConsent]:
        """Every stored state of one subject."""

    def load_commands(self, commands: Collection[bytes]) -> dict[bytes, StoredCommand]:
        """What is remembered of these command ids."""

    def suppressions_of(self, subject: UUID) -> Sequence[Suppression]:
        """The suppressions of a subject that were not lifted, expired ones among them."""

    def last_of_stream(self, stream: UUID) -> tuple[int, bytes] | None:
        """`seq` and leaf hash of the stream's last event."""

    def save_beside(self, batch: Batch) -> None:
        """Write everything of the batch but its events, which the library's `save` brings."""


class LedgerStore(Protocol):
    """The tables of one provider. `last_lock_seconds`: how long the last write held the head."""

    last_lock_seconds: float

    def write(self) -> AbstractContextManager[WriteUnit]:
        """Take the head; commit when the block ends, roll back when it raises.

        Raises StoreUnavailable when the connection was lost: the outcome is then unknown, it may
        have landed. Raises HeadBusy when the head was not free in time: nothing was written.
        """

    def find_subjects(self, lookups: Collection[bytes]) -> tuple[int, dict[bytes, Subject]]:
        """The open subjects of these lookups, and the log position at which they were read."""

    def holders(self, subjects: Collection[UUID]) -> dict[UUID, Holder]:
        """Whose these subjects are; an erased one is missing."""

    def generations(self, lookup: bytes) -> Sequence[Subject]:
        """Every subject of an address, the newest generation first."""

    def load_consents(self, keys: Collection[ConsentKey]) -> dict[ConsentKey, StoredConsent]:
        """As WriteUnit's, without the head."""

    def events_of(self, stream: UUID) -> Sequence[Event]:
        """The events of a stream in order, positions included."""

    def events_at(self, positions: Collection[int]) -> dict[int, Event]:
        """The events at these positions."""

    def followed(self, wanted: Followed) -> FollowedPage:
        """The next events that concern a brand."""

    def payloads_at(self, positions: Collection[int]) -> dict[int, bytes]:
        """The sealed payloads at these positions; an event without one is missing."""

    def last_position(self) -> int:
        """The log's size, 0 when empty."""


class Vault(Protocol):
    """Keys and personal data of one provider (design.md §6)."""

    def chance(self, count: int, /) -> bytes:
        """`count` random bytes, fit for keys and ids."""

    def lookup(self, uri: str) -> bytes:
        """32 bytes by which an address is found again."""

    def lookups(self, uris: Iterable[bytes]) -> list[bytes]:
        """`lookup` of many, in ASCII or, where they are no addresses, whatever bytes they are."""

    def run_key(self, run: UUID) -> bytes:
        """32 bytes from which the salts of one run of decisions follow."""

    def new_subject(
        self, address: Address, *, lookup: bytes, generation: int, at: datetime
    ) -> SealedSubject:
        """A subject for an address not known yet, with a fresh key. `lookup` is the address's."""

    def command_id(self, brand_code: BrandCode, item_id: str) -> bytes:
        """32 bytes under which a command is remembered; the giver's id itself is not stored."""

    def content_digest(self, content: Iterable[str]) -> bytes:
        """32 keyed bytes that tell whether two commands ask the same."""

    def seal(self, key: bytes, event_id: str, groups: Groups) -> bytes:
        """Groups that the canonical address alone does not tell, sealed for one event."""

    def open(self, key: bytes, event_id: str, sealed: bytes) -> dict[str, object]:
        """The groups of `seal`. Raises LedgerBroken."""

    def provider_key(self) -> bytes:
        """The key from which groups of provider events are salted and sealed."""


class Provider(Value, frozen=True, gc=False):
    """A service provider kept here."""

    iys_code: IysCode
    title: str
    log_origin: str


class Brand(Value, frozen=True, gc=False):
    """A brand kept here."""

    iys_code: IysCode
    brand_code: BrandCode
    name: str
    closed: bool

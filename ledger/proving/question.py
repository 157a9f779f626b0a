"""What a bundle is asked for, and what of the ledger answers it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from ledger.addresses import Address
from ledger.aggregates.events import Event
from ledger.application import ConsentLedger
from ledger.evidence.log_ports import LogStore, Seal
from ledger.evidence.note import VerifierKey
from ledger.recording.day_ports import RowArchive, RowEvidence
from ledger.recording.evidence_ports import EvidenceStore
from ledger.recording.ports import Brand
from ledger.recording.text_ports import Texts
from ledger.reporting.case import Case
from ledger.reporting.facts import Provider
from ledger.vocabulary import Channel, RecipientType

OPENED: Final = frozenset({"recipient", "evidence", "iys"})
"""Groups that a bundle opens unless told otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One address on one channel of one brand. `at`: the instant that the report is about, the
    message's; None means now. `opened`: groups of the envelope to open. `with_evidence`: the pieces
    themselves go into the bundle; without, only what is known of them."""

    brand: Brand
    address: Address = field(repr=False)
    channel: Channel
    recipient_type: RecipientType = RecipientType.INDIVIDUAL
    at: datetime | None = None
    case: Case = field(default_factory=Case)
    raw_case: bytes | None = field(default=None, repr=False)
    opened: frozenset[str] = OPENED
    with_evidence: bool = False
    issued_by: str = ""


class Keeper(Protocol):
    """What keeps the log provable."""

    def seal(self) -> Seal | None:
        """Seal everything recorded so far."""

    def last_heads(self) -> Event | None:
        """The newest map of streams."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where the answer comes from; all of one provider. `trust`: files by name, informative."""

    ledger: ConsentLedger
    store: LogStore
    keeper: Keeper
    log_key: VerifierKey
    evidence: EvidenceStore
    texts: Texts
    rows: RowArchive
    provider: Provider
    trust: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FiledRow:
    """The row of İYS's file that shows what the event at `position` says."""

    position: int
    evidence: RowEvidence = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What is told of: the events of the consent's stream, others around it, and opened groups.

    `groups` by position, `sealed` the seal that covers each position. `rows`: of İYS's own files.
    """

    stream: Sequence[Event]
    around: Sequence[Event]
    groups: Mapping[int, Mapping[str, object]] = field(repr=False)
    seals: Mapping[int, Seal]
    heads: Event | None
    rows: Sequence[FiledRow] = ()

    @property
    def events(self) -> list[Event]:
        """All of them in the log's order."""
        return sorted((*self.stream, *self.around), key=lambda event: event.position)

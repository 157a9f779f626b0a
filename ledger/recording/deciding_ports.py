"""What may-I-send asks of the store, and what it is told (consent.md C6)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final, Protocol
from uuid import UUID

from ledger.aggregates.consent import Consent
from ledger.aggregates.glance import Glance
from ledger.aggregates.keys import ConsentKey
from ledger.aggregates.snapshot import Listing
from ledger.recording.ports import Suppression
from ledger.values import Discreet, Value
from ledger.vocabulary import BrandCode, Channel, RecipientType

CHUNK_LEAVES: Final = 4_096
"""Leaves of a stored chunk: a proof reads one of them and the roots of the others."""


class Wanted(Discreet, frozen=True, gc=False):
    """Whose standing is asked: `lookups` are 32 bytes each, one behind the other."""

    lookups: bytes
    brand_code: BrandCode
    channel: Channel
    recipient_type: RecipientType
    now: datetime


class StandingsBlock(Value, frozen=True, gc=False):
    """The answer to `Wanted`, all of one snapshot.

    `position`: the log's end in it. `rows`: `(number, standing, waiting_at)` of each consent that
    is known, `number` counting the lookups from 0. `suppressed`: those of the lookups that the
    company's own list bars today, with the kind. `refused`: numbers of merchants who refused as
    individuals.
    """

    position: int
    iys_complete_at: datetime | None
    brand_closed: bool
    rows: Sequence[tuple[int, str, int | None]]
    suppressed: Mapping[bytes, str]
    refused: frozenset[int]


class Current(Value, frozen=True, gc=False):
    """All that is known now of one consent, and of what stands around it.

    `generation`: number of the address's open one, 0 for an address never recorded; `position` of
    the last event of the consent's stream, 0 without one; `receipt` of the act that the person's
    line ends in; `refused_individual` only asked for merchants (C6 row 15).
    """

    subject: UUID | None
    generation: int
    consent: Consent | None
    position: int
    receipt: Glance | None
    suppressed: str | None
    iys_complete_at: datetime | None
    refused_individual: bool = False


class CurrentKey(Discreet, frozen=True, gc=False):
    """The consent that is asked for, by the look-up of its address."""

    lookup: bytes
    brand_code: BrandCode
    channel: Channel
    recipient_type: RecipientType


class DecisionStore(Protocol):
    """What may-I-send asks of the tables of one provider."""

    def standings(self, wanted: Wanted) -> StandingsBlock:
        """Where the consents of up to a million addresses stand, in one snapshot."""

    def current(self, keys: Sequence[CurrentKey], now: datetime) -> Sequence[Current]:
        """What is known now of each, in their order; a handful, not a million."""

    def listings_of(self, key: ConsentKey) -> Sequence[tuple[int, Listing]]:
        """What İYS's bulk status lists said of a consent, the oldest first, each with the position
        of its `iys.snapshot`."""

    def suppressions_of(self, subject: UUID) -> Sequence[Suppression]:
        """As WriteUnit's, without the head."""

    def note_iys_complete(self, brand_code: BrandCode, channel: Channel, at: datetime) -> None:
        """İYS's movements of the brand and channel are known up to `at`."""

    def keep_leaves(self, decision: UUID, channel: Channel, chunks: Iterable[bytes]) -> None:
        """Keep the sorted leaves of a run of decisions, `CHUNK_LEAVES` of 32 bytes at a time."""

    def leaves(self, decision: UUID, channel: Channel) -> Iterator[bytes]:
        """The chunks of `keep_leaves`, in order."""

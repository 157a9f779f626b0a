"""What sealing and proving ask of the place where a log is kept; pure."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from ledger.evidence.checkpoint import SignedCheckpoint
from ledger.evidence.note import VerifierKey
from ledger.evidence.stamps import Stamp
from ledger.evidence.tile_files import Tile


@dataclass(frozen=True, slots=True)
class Seal:
    """A batch of events that time stamps cover: those behind `first`, up to `size`.

    `checkpoint`: the stamped bytes, which are text, empty line and the log's own line. `roots`: of
    the batch's hash tree (RFC 4998), one for every `ers.CHUNK_LEAVES` leaves.
    """

    size: int
    first: int
    checkpoint: bytes
    roots: tuple[bytes, ...] = field(repr=False)
    sealed_at: datetime


@dataclass(frozen=True, slots=True)
class KeptStamp:
    """A time stamp as it is kept. `ends_at`: when the first certificate of its path ends."""

    tsa: str
    token: bytes = field(repr=False)
    generated_at: datetime
    certificates: tuple[bytes, ...] = field(repr=False)
    crls: tuple[bytes, ...] = field(repr=False)
    crl_failures: tuple[str, ...]
    verified_by: str
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class TsaRecord:
    """How a TSA has answered lately (evidence.md §4.5). `asked`: on `day`, paid for or not."""

    failures: int = 0
    failing_since: datetime | None = None
    not_before: datetime | None = None
    stopped: str | None = None
    day: date = date.min
    asked: int = 0


@dataclass(frozen=True, slots=True)
class HeadsChunk:
    """256 entries of a day's map of streams: the first one's stream, and their root."""

    first: UUID
    root: bytes


Head = tuple[UUID, int, bytes]
"""A stream, the `seq` and the leaf hash of its last event."""


class LogStore(Protocol):
    """One provider's tree, checkpoints, seals and maps of streams."""

    def tree_size(self) -> int:
        """How many leaves the tiles hold."""

    def tiles(self, wanted: Sequence[Tile]) -> Mapping[tuple[int, int], bytes]:
        """The hashes of these tiles, perhaps more of each; one that does not exist is missing."""

    def leaves(self, first: int, size: int) -> Iterator[bytes]:
        """The leaf hashes behind `first`, up to `size`, in order."""

    def entries(self, first: int, size: int) -> Sequence[bytes]:
        """The states of the events behind `first`, up to `size`, in order."""

    def last_checkpoint(self) -> SignedCheckpoint | None:
        """The newest."""

    def keep_checkpoint(self, made: SignedCheckpoint) -> None:
        """Keep one; older ones that nothing refers to are dropped."""

    def cosign(self, cosigned: SignedCheckpoint) -> None:
        """Keep a checkpoint with its witnesses' lines."""

    def cosignatures(self, size: int) -> bytes:
        """The witnesses' lines under the checkpoint of a size; empty without any."""

    def witnesses(self) -> Sequence[VerifierKey]:
        """Whose signatures are taken."""

    def last_seal(self) -> Seal | None:
        """The newest."""

    def seal_of(self, position: int) -> Seal | None:
        """The one that covers the event at `position`."""

    def seal_ending(self, size: int) -> Seal | None:
        """The one of this size."""

    def seal_before(self, at: datetime) -> Seal | None:
        """The last one made before an instant."""

    def stamps(self, size: int) -> Sequence[KeptStamp]:
        """The stamps over a seal, the first TSA's first."""

    def first_end(self) -> datetime | None:
        """When the first of all certificates behind the stamps ends; None without any."""

    def add_seal(self, seal: Seal, tsa: str, stamp: Stamp) -> None:
        """Keep a seal with its first stamp, in one transaction. Raises NotSealed: its batch does
        not begin where the last one's ends any more."""

    def add_stamp(self, size: int, tsa: str, stamp: Stamp) -> None:
        """Keep another stamp over a seal."""

    def refuse_stamp(self, tsa: str, step: str, raw: bytes) -> None:
        """Put what is no time stamp aside."""

    def tsa_record(self, tsa: str) -> TsaRecord:
        """How it has answered lately."""

    def keep_tsa_record(self, tsa: str, record: TsaRecord) -> None:
        """Remember how it answered."""

    def sealing(self, *, is_patient: bool = False) -> AbstractContextManager[bool]:
        """Whether it is this caller's turn to seal; nobody else does meanwhile. `is_patient`: waits
        some seconds for who is at it to end."""

    def heads(self) -> AbstractContextManager[tuple[int, Iterator[Head]]]:
        """A size of the log, and the last event of every stream as of then, sorted."""

    def keep_heads(self, size: int, chunks: Sequence[HeadsChunk]) -> None:
        """Keep a map, in place of older ones."""

    def heads_map(self, size: int) -> Sequence[HeadsChunk]:
        """The map of that size; empty if it is not kept."""

    def heads_between(self, size: int, first: UUID, following: UUID | None) -> Sequence[Head]:
        """Entries of a map from a stream to before another, or to the end."""

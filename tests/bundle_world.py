"""A made-up log with its seals, kept by an operator who may also lie: what it records and when is
for the test to say. Pure modules and the local TSA, no database.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.aggregates import provider_bodies as p
from ledger.aggregates.bodies import Body
from ledger.aggregates.events import Event, frame, stream_of
from ledger.aggregates.keys import event_id
from ledger.clock import utc_text, utc_text_micros
from ledger.evidence import canonical, ers
from ledger.evidence.bundle_parts import EventPart, Opened, PreviousSeal, SealPart
from ledger.evidence.checkpoint import Checkpoint, SignedCheckpoint, sign
from ledger.evidence.heads import ShownHead, heads_leaf
from ledger.evidence.local_tsa import KeyMaterial, LocalTsa, make_key_material
from ledger.evidence.merkle import consistency_path, inclusion_path, root_of
from ledger.evidence.note import SignatureType, VerifierKey
from ledger.evidence.tokens import read_response
from tests.tsa_builders import integer, octets, oid, sequence

BEGIN: Final = datetime(2026, 11, 20, 8, tzinfo=UTC)
BRAND: Final = 123456
Stamp = Callable[[bytes, datetime], bytes]
"""A time stamp token over a SHA-256 imprint, of an instant."""


def key_material() -> KeyMaterial:
    """Of a local TSA that was there before the log."""
    return make_key_material(BEGIN - timedelta(days=30))


def stamping(material: KeyMaterial) -> Stamp:
    """Tokens of this TSA."""
    tsa = LocalTsa(material)

    def stamp(imprint: bytes, at: datetime) -> bytes:
        hashed = sequence(sequence(oid("2.16.840.1.101.3.4.2.1")), octets(imprint))
        request = sequence(integer(1), hashed, b"\x01\x01\xff")
        return read_response(tsa.answer(request, at=at, serial=int(at.timestamp()))).raw

    return stamp


@cache
def the_tsa() -> KeyMaterial:
    """The TSA that the logs here use; made once, since keys take time."""
    return key_material()


def stamped(imprint: bytes, at: datetime) -> bytes:
    """A token of it."""
    return stamping(the_tsa())(imprint, at)


@dataclass
class World:
    """A log from nothing; `now` is the host's clock, `tsa_now` that of the TSA."""

    key: Ed25519PrivateKey = field(
        default_factory=lambda: Ed25519PrivateKey.from_private_bytes(b"made up".ljust(32, b"."))
    )
    stamps: Sequence[Stamp] = (stamped,)
    now: datetime = BEGIN
    tsa_ahead: timedelta = timedelta()
    events: list[Event] = field(default_factory=list)
    opened: list[dict[str, Opened]] = field(default_factory=list)
    seals: list[SealPart] = field(default_factory=list)
    witness_line: Callable[[SignedCheckpoint], bytes] = lambda _: b""
    map: list[tuple[UUID, int, bytes]] = field(default_factory=list)

    @property
    def origin(self) -> str:
        """The log's name."""
        return f"izin-defteri/{BRAND}/{sha256(self.public).hexdigest()[:16]}"

    @property
    def public(self) -> bytes:
        """The log's key."""
        return self.key.public_key().public_bytes_raw()

    @property
    def vkey(self) -> str:
        """The same as it is deposited."""
        return VerifierKey(self.origin, SignatureType.NOTE, self.public).vkey

    def record(self, body: Body, groups: Mapping[str, object] | None = None, **lies: object) -> int:
        """Append an event a minute later; `lies` replace members of the envelope."""
        self.now += timedelta(minutes=1)
        opened = {
            group: Opened(sha256(f"{len(self.events)}{group}".encode()).digest(), value)
            for group, value in (groups or {}).items()
        }
        stream = stream_of(body, log=self.origin)
        before = [event for event in self.events if event.stream == stream]
        told: dict[str, object] = {
            "commit": {
                group: canonical.commitment(group, one.salt, one.value)
                for group, one in opened.items()
            },
            "event_id": event_id(int(self.now.timestamp() * 1000), bytes(10)),
            "log": self.origin,
            "prev": before[-1].leaf_hash.hex() if before else canonical.ZERO_HASH,
            "recorded": utc_text_micros(self.now),
            "seq": len(before) + 1,
            "stream": stream,
            "position": len(self.events) + 1,
        }
        self.events.append(frame(body, **{**told, **lies}))  # type: ignore[arg-type]  # each test gives what fits
        self.opened.append(opened)
        return len(self.events) - 1

    def node(self, start: int, end: int) -> bytes:
        """The tree hash of some leaves."""
        return root_of([event.leaf_hash for event in self.events[start:end]])

    def sign(self, checkpoint: SignedCheckpoint) -> SignedCheckpoint:
        """As it is shown; a forger shows another."""
        return checkpoint

    def seal(self) -> SealPart:
        """Stamp what is not in a seal yet, a minute later."""
        self.now += timedelta(minutes=1)
        last, size = self.seals[-1] if self.seals else None, len(self.events)
        start = last.size if last else 0
        made = self.sign(sign(Checkpoint(self.origin, size, self.node(0, size)), self.key))
        checkpoint = made.encode()
        root = ers.batch_root(event.leaf_hash for event in self.events[start:])
        covered = ers.seal_bytes(checkpoint, root)
        at, imprint = self.now + self.tsa_ahead, sha256(covered).digest()
        previous = (
            None
            if last is None
            else PreviousSeal(
                checkpoint=last.checkpoint,
                seal_bin=last.seal_bin,
                tokens=last.tokens,
                consistency=consistency_path(start, size, self.node),
            )
        )
        part = SealPart(
            size=size,
            checkpoint=checkpoint,
            seal_bin=covered,
            tokens=[stamp(imprint, at) for stamp in self.stamps],
            cosignatures=self.witness_line(made),
            previous=previous,
        )
        self.seals.append(part)
        return part

    def part(self, index: int, *groups: str) -> EventPart:
        """An event of a bundle with the groups that are opened."""
        seal = next(seal for seal in self.seals if seal.size > index)
        start = (seal.previous and self.seals[self.seals.index(seal) - 1].size) or 0
        batch = [event.leaf_hash for event in self.events[start : seal.size]]
        siblings = [*ers.batch_path(batch, index - start), sha256(seal.checkpoint).digest()]
        hashtree = ers.reduced_hashtree(batch[index - start], siblings)
        return EventPart(
            state=self.events[index].state,
            seal_size=seal.size,
            index=index,
            path=inclusion_path(index, seal.size, self.node),
            record=ers.evidence_record(seal.tokens[0], hashtree),
            disclosure={group: self.opened[index][group] for group in groups},
        )

    def state_heads(
        self, *, size: int | None = None, twice: tuple[UUID, int, bytes] | None = None, **lies: str
    ) -> int:
        """Record what every stream ends with; another size, day, instant or a second entry would
        be a lie."""
        ends = {event.stream: (event.seq, event.leaf_hash) for event in self.events}
        self.map = [(stream, *ends[stream]) for stream in ends]
        self.map = sorted([*self.map, twice] if twice else self.map)
        root = root_of([heads_leaf(head) for head in self.map])
        body = p.LedgerHeads(
            size=size or len(self.events),
            streams=len(self.map),
            root=root.hex(),
            **{"day": f"{self.now:%Y-%m-%d}", "at": utc_text(self.now), **lies},
        )
        return self.record(body)

    def shown_head(self, index: int) -> ShownHead:
        """An entry of the last map."""
        path = inclusion_path(index, len(self.map), self._heads_node)
        return ShownHead(index, len(self.map), self.map[index], tuple(path))

    def _heads_node(self, start: int, end: int) -> bytes:
        return root_of([heads_leaf(head) for head in self.map[start:end]])

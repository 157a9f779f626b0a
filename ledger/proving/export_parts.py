"""Parts of a whole export: bundles without a question, of a bounded size, each complete in itself.

A part holds whole consent streams and is checked as every bundle is. What bounds it are the limits
of `verify_bundle.py` and the memory of who makes and checks it.
"""

from bisect import bisect_left, insort
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol
from uuid import UUID

from ledger.aggregates.bodies import ActBody, ConsentBody
from ledger.aggregates.events import RECIPIENT_GROUP, Event
from ledger.aggregates.provider_bodies import LedgerHeads
from ledger.errors import LedgerBroken
from ledger.evidence.bundle_parts import (
    Attachment,
    Bundle,
    EventPart,
    HeadsPart,
    Opened,
    SealPart,
)
from ledger.evidence.log_ports import LogStore, Seal
from ledger.proving.export_choice import subject_of
from ledger.proving.export_heads import HeadsWalk
from ledger.proving.gathering import Prover, disclosure, openings, seal_part
from ledger.proving.question import Sources
from ledger.recording.ports import Subject
from ledger.recording.request import recipient_group

EVENTS_AIM: Final = 5_000
SEALS_AIM: Final = 500
"""Every seal's tokens are checked by a program of their own: some 20 ms each."""
BYTES_AIM: Final = 64 << 20
EVENT_BYTES: Final = 4 << 10
"""Of an event's proof, record and entry in the map, beside the event and the token itself."""

Person = tuple[Subject, str]
"""Somebody's keys, and the address as a uri."""


class People(Protocol):
    """Whose events are exported."""

    def of(self, subjects: Collection[UUID]) -> Mapping[UUID, Person]:
        """Keys and addresses of these subjects; one that was erased is missing."""


@dataclass(frozen=True, slots=True)
class Part:
    """What goes into one bundle: events in the log's order, and the seals that cover them."""

    number: int
    events: Sequence[Event]
    people: Mapping[UUID, Person] = field(repr=False)
    groups: Mapping[int, Mapping[str, object]] = field(repr=False)
    seals: Mapping[int, SealPart]


class SealShelf:
    """The seals of a log, by what they cover; remembers those that the last part needed."""

    def __init__(self, store: LogStore) -> None:
        self._store = store
        self._sizes: list[int] = []
        self._seals: dict[int, Seal] = {}
        self._parts: dict[int, SealPart] = {}

    def of(self, position: int) -> Seal:
        """The one that covers an event. Raises LedgerBroken."""
        place = bisect_left(self._sizes, position)
        if place < len(self._sizes):
            seal = self._seals[self._sizes[place]]
            if seal.first < position:
                return seal
        found = self._store.seal_of(position)
        if found is None:
            raise LedgerBroken(f"event {position} is in no seal")
        insort(self._sizes, found.size)
        self._seals[found.size] = found
        return found

    def part(self, size: int) -> SealPart:
        """One that was given before, as a bundle has it."""
        if size not in self._parts:
            self._parts[size] = seal_part(self._store, self._seals[size])
        return self._parts[size]

    def keep_only(self, sizes: Collection[int]) -> None:
        """Forget the others."""
        self._sizes = sorted(sizes)
        self._seals = {size: self._seals[size] for size in sizes}
        self._parts = {size: self._parts[size] for size in sizes}


def cut(units: Iterator[Sequence[Event]], shelf: SealShelf) -> Iterator[list[Event]]:
    """Units together up to the size of a part, in the log's order. One alone may be larger."""
    part: list[Event] = []
    used: set[int] = set()
    bytes_used = 0
    for unit in units:
        sizes = {shelf.of(event.position).size for event in unit}
        heavy = _bytes_of(unit, shelf) + sum(_seal_bytes(shelf.part(one)) for one in sizes - used)
        is_full = (
            len(part) + len(unit) > EVENTS_AIM
            or len(used | sizes) > SEALS_AIM
            or bytes_used + heavy > BYTES_AIM
        )
        if part and is_full:
            yield sorted(part, key=lambda event: event.position)
            part, used, bytes_used = [], set(), 0
            shelf.keep_only(sizes)
        part += unit
        used |= sizes
        bytes_used += heavy
    if part:
        yield sorted(part, key=lambda event: event.position)


def _bytes_of(unit: Sequence[Event], shelf: SealShelf) -> int:
    tokens = (shelf.part(shelf.of(event.position).size).tokens[0] for event in unit)
    return sum(EVENT_BYTES + len(token) for token in tokens) + sum(len(one.state) for one in unit)


def _seal_bytes(seal: SealPart) -> int:
    before = [] if seal.previous is None else seal.previous.tokens
    return sum(map(len, (*seal.tokens, *seal.chain, *seal.crls, *before)))


class PartMaker:
    """Makes the bundles of parts. `opened`: the groups that are shown. `size`: of the log that is
    exported; a newer map of streams is left out."""

    def __init__(
        self,
        sources: Sources,
        people: People,
        shelf: SealShelf,
        *,
        opened: frozenset[str],
        size: int,
    ) -> None:
        self._sources = sources
        self._people = people
        self._shelf = shelf
        self._opened = opened
        self._prover = Prover(sources.store)
        self._openings = [one for one in openings(sources.ledger) if one.position <= size]
        heads = sources.keeper.last_heads()
        self._heads: tuple[Event, HeadsWalk] | None = None
        if heads is not None and heads.position <= size:
            assert isinstance(heads.body, LedgerHeads)
            walk = HeadsWalk(sources.store, heads.body.size, heads.body.streams)
            self._heads = (heads, walk)

    def part(self, number: int, chosen: Sequence[Event]) -> Part:
        """What is known of these events, and of those that every part needs: what names the log,
        and the one it goes on from after a restored backup."""
        by_position = {event.position: event for event in (*self._openings, *chosen)}
        events = [by_position[position] for position in sorted(by_position)]
        subjects = {UUID(one) for event in events if (one := subject_of(event)) is not None}
        people = self._people.of(subjects)
        payloads = self._sources.ledger.store.payloads_at([event.position for event in events])
        groups = {
            event.position: self._groups(event, people, payloads.get(event.position))
            for event in events
        }
        sizes = {self._shelf.of(event.position).size for event in events}
        seals = {size: self._shelf.part(size) for size in sizes}
        return Part(number, events, people, groups, seals)

    def bundle(self, part: Part, made_at: datetime) -> Bundle:
        """The part as a bundle. Raises LedgerBroken, ProofRefused."""
        heads = self._ends(part)
        seals = dict(part.seals)
        if heads is not None:
            size = heads.event.seal_size
            seals.setdefault(size, self._shelf.part(size))
        trust = self._sources.trust
        return Bundle(
            origin=self._sources.log_key.name,
            made_at=made_at,
            question=None,
            events=[self._event(event, self._shown(event, part)) for event in part.events],
            seals=[seals[size] for size in sorted(seals)],
            heads=heads,
            trust=[Attachment(name, content) for name, content in sorted(trust.items())],
        )

    def _groups(
        self, event: Event, people: Mapping[UUID, Person], sealed: bytes | None
    ) -> Mapping[str, object]:
        """What the vault knows of the event's groups; nothing of whom was erased."""
        key, uri = self._key(event, people)
        groups: dict[str, object] = {}
        if key is not None and sealed is not None:
            groups = self._sources.ledger.vault.open(key, event.id, sealed)
        if uri is not None and isinstance(event.body, ActBody) and RECIPIENT_GROUP not in groups:
            groups[RECIPIENT_GROUP] = recipient_group(uri, uri.partition(":")[2])
        return groups

    def _key(self, event: Event, people: Mapping[UUID, Person]) -> tuple[bytes | None, str | None]:
        """The key behind the event's groups, and whose address it is about."""
        subject = subject_of(event)
        if subject is None:
            return self._sources.ledger.vault.provider_key(), None
        person = people.get(UUID(subject))
        return (None, None) if person is None else (person[0].key, person[1])

    def _shown(self, event: Event, part: Part) -> Mapping[str, Opened]:
        key, _ = self._key(event, part.people)
        groups = part.groups[event.position]
        return {} if key is None or not groups else disclosure(key, event, groups, self._opened)

    def _event(self, event: Event, shown: Mapping[str, Opened]) -> EventPart:
        seal = self._shelf.of(event.position)
        return EventPart(
            state=event.state,
            seal_size=seal.size,
            index=event.position - 1,
            path=self._prover.inclusion(event.position, seal),
            record=self._prover.record(event, seal),
            disclosure=shown,
        )

    def _ends(self, part: Part) -> HeadsPart | None:
        """Where the part's consent streams end, by the newest map of streams."""
        streams = {event.stream for event in part.events if isinstance(event.body, ConsentBody)}
        if self._heads is None:
            return None
        event, walk = self._heads
        entries = walk.show(streams)
        return HeadsPart(event=self._event(event, {}), entries=entries) if entries else None

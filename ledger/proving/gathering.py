"""From a question to a bundle: which events answer it, their proofs, what of them is opened."""

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Final, TypeVar
from uuid import UUID

from ledger.aggregates import bodies as b
from ledger.aggregates.events import RECIPIENT_GROUP, Event
from ledger.aggregates.keys import ConsentKey, provider_stream
from ledger.aggregates.provider_bodies import (
    LedgerHeads,
    LedgerOpened,
)
from ledger.application import ConsentLedger
from ledger.errors import LedgerBroken
from ledger.evidence import canonical
from ledger.evidence.bundle_parts import Opened, PreviousSeal, SealPart
from ledger.evidence.ers import (
    CHUNK_LEAVES,
    batch_root,
    check_record,
    evidence_record,
    read_record,
    reduced_hashtree,
    seal_bytes,
)
from ledger.evidence.heads import HeadsMap, ShownHead
from ledger.evidence.log_book import LogBook
from ledger.evidence.log_ports import LogStore, Seal
from ledger.evidence.merkle import HASH_BYTES, inclusion_path
from ledger.evidence.seal import imprint_of
from ledger.evidence.tiles import inclusion_tiles, node_reader
from ledger.proving.around import decisions, of_family, recipients_own, reconciled, texts
from ledger.proving.filed import filed_rows
from ledger.proving.question import Found, Question, Sources
from ledger.recording.ports import Subject
from ledger.recording.request import recipient_group
from ledger.views.questions import subject_at

TILES_MAX: Final = 1_024
NODES_MAX: Final = 100_000
BATCHES_MAX: Final = 64
SEALS_MAX: Final = 1_024
"""What a Prover remembers: some 8 + 15 + 40 + 10 MB."""

Key = TypeVar("Key")
Kept = TypeVar("Kept")


def find(question: Question, sources: Sources) -> Found:
    """What answers the question, all of it sealed. Raises NotSealed."""
    ledger = sources.ledger
    subject, _ = subject_at(ledger, question.address, question.at, None)
    stream: Sequence[Event] = ()
    around: list[Event] = []
    if subject is not None:
        key = ConsentKey(
            question.brand.brand_code, subject.id, question.recipient_type, question.channel
        )
        stream = ledger.store.events_of(key.stream)
        around += recipients_own(question, ledger, subject)
    named = list(openings(ledger))
    around += named
    around += texts(stream, of_family(ledger, named, "text"))
    around += decisions(question, of_family(ledger, named, "decision"))
    groups = {} if subject is None else _groups(ledger, subject, question, stream)
    rows = filed_rows(question, sources, stream, groups)
    around += reconciled(rows, of_family(ledger, named, "iys"))
    heads = sources.keeper.last_heads()
    wanted = [event.position for event in (*stream, *around)]
    wanted += [] if heads is None else [heads.position]
    seals = _seals(sources, wanted)
    return Found(stream=stream, around=around, groups=groups, seals=seals, heads=heads, rows=rows)


def openings(ledger: ConsentLedger) -> Iterator[Event]:
    """What names the log and its key, the present one first, then those that it went on from after
    a restored backup. Raises LedgerBroken: there is none."""
    origin: str | None = ledger.log_origin
    while origin is not None:
        stream = ledger.store.events_of(provider_stream(origin, "ledger"))
        if not stream or not isinstance(stream[0].body, LedgerOpened):
            raise LedgerBroken(f"{origin}: no ledger.opened gives its key")
        yield stream[0]
        former = stream[0].body.previous_checkpoint
        origin = None if former is None else former.partition("\n")[0]


def _seals(sources: Sources, positions: Sequence[int]) -> dict[int, Seal]:
    last = sources.store.last_seal()
    if last is None or last.size < max(positions):
        sources.keeper.seal()
    found = {}
    for position in positions:
        seal = sources.store.seal_of(position)
        if seal is None:
            raise LedgerBroken(f"event {position} is in no seal")
        found[position] = seal
    return found


def _groups(
    ledger: ConsentLedger, subject: Subject, question: Question, stream: Sequence[Event]
) -> dict[int, dict[str, object]]:
    """What the vault knows of each event's groups that are opened; of the others nobody learns."""
    positions = [event.position for event in stream]
    payloads = ledger.store.payloads_at(positions)
    found: dict[int, dict[str, object]] = {}
    for event in stream:
        groups: dict[str, object] = {}
        sealed = payloads.get(event.position)
        if sealed is not None:
            groups = ledger.vault.open(subject.key, event.id, sealed)
        if isinstance(event.body, b.ActBody) and RECIPIENT_GROUP not in groups:
            address = question.address
            groups[RECIPIENT_GROUP] = recipient_group(address.uri, address.text)
        found[event.position] = {name: groups[name] for name in groups.keys() & question.opened}
    return found


def disclosure(
    subject_key: bytes, event: Event, groups: Mapping[str, object], opened: frozenset[str]
) -> dict[str, Opened]:
    """What is opened, by group. Raises LedgerBroken: the vault has another value."""
    seed = canonical.event_seed(subject_key, event.id)
    shown: dict[str, Opened] = {}
    for group in sorted(opened & groups.keys() & set(event.commit)):
        salt = canonical.group_salt(seed, group)
        if canonical.commitment(group, salt, groups[group]) != event.commit[group]:
            raise LedgerBroken(f"event {event.position}: {group} is not what it commits to")
        shown[group] = Opened(salt, groups[group])
    return shown


class Prover:
    """Makes the proofs of events. What many of them share is read and hashed once: best where they
    come in the log's order. Memory is bounded."""

    def __init__(self, store: LogStore) -> None:
        self._store = store
        self._tiles: dict[tuple[int, int], bytes] = {}
        self._nodes: dict[tuple[int, int], bytes] = {}
        self._batches: dict[tuple[int, int], _PairTree] = {}
        self._sealed: dict[int, tuple[bytes, bytes]] = {}

    def inclusion(self, position: int, seal: Seal) -> list[bytes]:
        """The path from the event to the seal's checkpoint."""
        index = position - 1
        _keep_below(self._tiles, TILES_MAX)
        _keep_below(self._nodes, NODES_MAX)
        missing = [
            tile
            for tile in inclusion_tiles(index, seal.size)
            if len(self._tiles.get((tile.level, tile.index), b"")) < HASH_BYTES * tile.width
        ]
        if missing:
            self._tiles |= self._store.tiles(missing)
        return inclusion_path(index, seal.size, self._node)

    def record(self, event: Event, seal: Seal) -> bytes:
        """The event's evidence record (RFC 4998). Raises LedgerBroken: the seal does not fit."""
        number, place = divmod(event.position - 1 - seal.first, CHUNK_LEAVES)
        token, imprint = self._token(seal)
        siblings = [
            *self._batch(seal, number).path(place),
            *self._batch(seal, None).path(number),
            sha256(seal.checkpoint).digest(),
        ]
        made = evidence_record(token, reduced_hashtree(event.leaf_hash, siblings))
        if check_record(read_record(made), event.leaf_hash) != imprint:
            raise LedgerBroken(f"event {event.position}: its record does not lead to its seal")
        return made

    def _node(self, start: int, end: int) -> bytes:
        made = self._nodes.get((start, end))
        if made is None:
            made = self._nodes[start, end] = node_reader(self._tiles)(start, end)
        return made

    def _batch(self, seal: Seal, number: int | None) -> "_PairTree":
        """The tree of a chunk of the seal's batch; without a number, that of the chunks' roots."""
        place = (seal.size, -1 if number is None else number)
        if place not in self._batches:
            leaves: Sequence[bytes] = seal.roots
            if number is not None:
                first = seal.first + number * CHUNK_LEAVES
                leaves = list(self._store.leaves(first, min(first + CHUNK_LEAVES, seal.size)))
            _keep_below(self._batches, BATCHES_MAX)
            self._batches[place] = _PairTree(leaves)
        return self._batches[place]

    def _token(self, seal: Seal) -> tuple[bytes, bytes]:
        """The seal's first token, and what it covers."""
        if seal.size not in self._sealed:
            token = self._store.stamps(seal.size)[0].token
            _keep_below(self._sealed, SEALS_MAX)
            self._sealed[seal.size] = (token, imprint_of(seal))
        return self._sealed[seal.size]


class _PairTree:
    """A batch's hash tree: every level, so that a path costs look-ups alone (`ers.batch_path`)."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self._levels = [list(leaves)]
        while len(level := self._levels[-1]) > 1:
            pairs = zip(level[0::2], level[1::2], strict=False)
            above = [sha256(min(pair) + max(pair)).digest() for pair in pairs]
            self._levels.append(above + level[2 * len(above) :])

    def path(self, index: int) -> list[bytes]:
        """The siblings from the leaf at `index` to the root."""
        siblings = []
        for level in self._levels[:-1]:
            if index ^ 1 < len(level):
                siblings.append(level[index ^ 1])
            index //= 2
        return siblings


def _keep_below(cache: dict[Key, Kept], count: int) -> None:
    # Whoever comes in the log's order never comes back: all of it can go at once.
    if len(cache) >= count:
        cache.clear()


def seal_part(store: LogStore, seal: Seal) -> SealPart:
    """A seal with its stamps, and the seal before it, as a bundle has them."""
    stamps = store.stamps(seal.size)
    before = store.seal_ending(seal.first) if seal.first else None
    previous = None
    if before is not None:
        previous = PreviousSeal(
            checkpoint=before.checkpoint,
            seal_bin=_seal_bin(before),
            tokens=[one.token for one in store.stamps(before.size)],
            consistency=LogBook(store).consistency(before.size, seal.size),
        )
    return SealPart(
        size=seal.size,
        checkpoint=seal.checkpoint,
        seal_bin=_seal_bin(seal),
        tokens=[one.token for one in stamps],
        cosignatures=store.cosignatures(seal.size),
        chain=list(dict.fromkeys(one for stamp in stamps for one in stamp.certificates)),
        crls=list(dict.fromkeys(one for stamp in stamps for one in stamp.crls)),
        previous=previous,
    )


def _seal_bin(seal: Seal) -> bytes:
    return seal_bytes(seal.checkpoint, batch_root(seal.roots))


def shown_heads(sources: Sources, found: Found, stream: UUID) -> list[ShownHead]:
    """The stream's entry in the newest map, with its neighbours; empty where none is kept."""
    body = None if found.heads is None else found.heads.body
    if not isinstance(body, LedgerHeads):
        return []
    kept = HeadsMap(sources.store, body.size, body.streams)
    return kept.show(stream) if kept.is_kept else []

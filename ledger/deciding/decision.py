"""A run of may-I-send over few or many addresses, recorded as one `decision.made` (C6)."""

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import TracebackType
from typing import Final, NamedTuple, Self
from uuid import UUID

from msgspec import structs

from ledger import clock
from ledger.addresses import parse_address
from ledger.aggregates.consent import Consent
from ledger.aggregates.decisions import (
    ExemptGround,
    Purpose,
    Question,
    Verdict,
    judge,
    overdue_before,
)
from ledger.aggregates.keys import uuid7
from ledger.aggregates.provider_bodies import DecisionMade
from ledger.aggregates.standing import NEVER_SEEN, standing, standing_of_text
from ledger.application import ConsentLedger
from ledger.deciding.leaves import (
    LeafSpool,
    commitments,
    ending,
    leaf_hashes,
    planted,
)
from ledger.errors import AddressRefused
from ledger.evidence.merkle import Tree
from ledger.recording.deciding_ports import CHUNK_LEAVES, StandingsBlock, Wanted
from ledger.recording.ports import Brand
from ledger.values import Value
from ledger.vocabulary import Channel, RecipientType

RECHECK_AFTER: Final = timedelta(hours=1)
"""A verdict older than this is asked for again; refusals are subtracted sooner, by their feed."""
QUERIES: Final = 2
"""Blocks asked for at a time, each on a connection of its own."""
NOWHERE: Final = bytes(32)
"""The look-up of a line that is no address: nothing is kept under it."""


class Terms(Value, frozen=True, gc=False):
    """What a run is for. `iys_age_max`: how old the knowledge of İYS may be (C6 row 12)."""

    brand: Brand
    actor: str
    purpose: Purpose = Purpose.COMMERCIAL
    ground: ExemptGround | None = None
    campaign: str | None = None
    iys_age_max: timedelta = timedelta(hours=72)


class Answer(NamedTuple):
    """The verdict on one line; `end` closes its leaf."""

    verdict: Verdict
    end: bytes


@dataclass(slots=True)
class Side:
    """What a run has judged on one channel."""

    leaves: LeafSpool
    counts: Counter[str] = field(default_factory=Counter)
    position: int | None = None
    iys_complete_at: datetime | None = None


class _Block(NamedTuple):
    """Lines on their way: parsed, asked, committed to."""

    channel: Channel
    kind: RecipientType
    faults: dict[int, str]
    lookups: Sequence[bytes]
    committed: Sequence[bytes]
    found: "Future[StandingsBlock]"


class Decision:
    """Judges lines; `record` writes what it came to. One run, one thread."""

    def __init__(self, ledger: ConsentLedger, terms: Terms) -> None:
        self._ledger = ledger
        self._terms = terms
        self.now = ledger.now()
        milliseconds = int(self.now.timestamp() * 1000)
        self.id: UUID = uuid7(milliseconds, ledger.vault.chance(10))
        self._run_key = ledger.vault.run_key(self.id)
        self.sides: dict[Channel, Side] = {}
        self._stack = ExitStack()
        # Queries run while the lines before them are judged and those behind them are read.
        self._asking = self._stack.enter_context(ThreadPoolExecutor(QUERIES, "standings"))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stack.close()

    @property
    def recheck_by(self) -> datetime:
        """When to ask again at the latest."""
        return self.now + RECHECK_AFTER

    @property
    def position(self) -> int:
        """The log's end in the first snapshot: all up to there was seen by every line."""
        return min((side.position or 0 for side in self.sides.values()), default=0)

    @property
    def iys_seen_at(self) -> datetime | None:
        """Up to when İYS was known: of the channel of which the least is known."""
        known = [side.iys_complete_at for side in self.sides.values()]
        return None if None in known else min(filter(None, known), default=None)

    def judged(
        self, blocks: Iterable[Sequence[str]], channel: Channel, kind: RecipientType
    ) -> Iterator[list[Answer]]:
        """The answers to each block of lines, in their order; one snapshot a block."""
        waiting: deque[_Block] = deque()
        for texts in blocks:
            waiting.append(self._begin(texts, channel, kind))
            if len(waiting) > QUERIES:
                yield self._end(waiting.popleft())
        while waiting:
            yield self._end(waiting.popleft())

    def record(self) -> list[int]:
        """Write one `decision.made` per channel; their positions. Raises as `append`."""
        positions = []
        for channel, side in self.sides.items():
            tree = Tree(CHUNK_LEAVES)
            chunks = planted(side.leaves.chunks(), tree)
            self._ledger.decisions.keep_leaves(self.id, channel, chunks)
            terms, seen = self._terms, side.iys_complete_at
            body = DecisionMade(
                decision=str(self.id),
                brand=terms.brand.brand_code,
                channel=channel,
                purpose=terms.purpose,
                counts=dict(sorted(side.counts.items())),
                position=side.position or 0,
                iys_seen_at=None if seen is None else clock.utc_text(seen),
                root=tree.root().hex(),
                at=clock.utc_text(self.now),
                actor=terms.actor,
                campaign=terms.campaign,
                ground=terms.ground,
            )
            once = f"{body.TYPE}/{self.id}/{channel}"
            event = self._ledger.append_once(body, once=once)
            if event is not None:
                positions.append(event.position)
        return positions

    def _begin(self, texts: Sequence[str], channel: Channel, kind: RecipientType) -> _Block:
        if channel not in self.sides:
            self.sides[channel] = Side(self._stack.enter_context(LeafSpool()))
        faults: dict[int, str] = {}
        uris: list[bytes] = []
        for number, text in enumerate(texts):
            try:
                uris.append(parse_address(text, channel).uri.encode("ascii"))
            except AddressRefused as refused:
                faults[number] = refused.fault
                uris.append(text.encode("utf-8", "surrogatepass"))
        lookups = self._ledger.vault.lookups(uris)
        for number in faults:
            lookups[number] = NOWHERE
        wanted = Wanted(b"".join(lookups), self._terms.brand.brand_code, channel, kind, self.now)
        found = self._asking.submit(self._ledger.decisions.standings, wanted)
        return _Block(channel, kind, faults, lookups, commitments(self._run_key, uris), found)

    def _end(self, block: _Block) -> list[Answer]:
        found = block.found.result()
        side = self.sides[block.channel]
        if side.position is None:
            side.position, side.iys_complete_at = found.position, found.iys_complete_at
        answers = _answers(self._terms, block, found, self.now)
        side.counts.update(Counter(answer.verdict.kind.value for answer in answers))
        side.leaves.add(leaf_hashes(block.committed, [answer.end for answer in answers]))
        return answers


def _answers(terms: Terms, block: _Block, found: StandingsBlock, now: datetime) -> list[Answer]:
    """The lines of one block, judged; lines that stand alike share one answer."""
    question = Question(
        channel=block.channel,
        recipient_type=block.kind,
        now=now,
        purpose=terms.purpose,
        ground=terms.ground,
        brand_closed=found.brand_closed,
        iys_complete_at=found.iys_complete_at,
        iys_age_max=terms.iys_age_max,
    )
    nothing = _answer(judge(standing(Consent(), block.kind), question))
    answers = [nothing] * len(block.lookups)
    late = overdue_before(now)
    known: dict[tuple[str, bool, bool], Answer] = {}
    for number, text, waiting_at in found.rows:
        overdue = waiting_at is not None and waiting_at < late
        refused = number in found.refused
        answer = known.get((text, overdue, refused))
        if answer is None:
            asked = structs.replace(question, refused_as_individual=refused)
            answer = _answer(judge(standing_of_text(text, waiting_at), asked))
            known[text, overdue, refused] = answer
        answers[number] = answer
    if found.suppressed:
        _bar(answers, block, found, question)
    for number, fault in block.faults.items():
        asked = structs.replace(question, address_fault=fault)
        answers[number] = _answer(judge(NEVER_SEEN, asked))
    return answers


def _bar(answers: list[Answer], block: _Block, found: StandingsBlock, question: Question) -> None:
    """Judge the lines of the company's list again."""
    texts = {number: (text, at) for number, text, at in found.rows}
    for number, lookup in enumerate(block.lookups):
        kind = found.suppressed.get(lookup)
        if kind is not None:
            where = standing(Consent(), block.kind)
            if number in texts:
                where = standing_of_text(*texts[number])
            answers[number] = _answer(judge(where, structs.replace(question, suppressed=kind)))


def _answer(verdict: Verdict) -> Answer:
    return Answer(verdict, ending(verdict.kind.value, verdict.reason))

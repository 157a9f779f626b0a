"""A run over many lines, with a store that is a dictionary; and what it takes instead of asking."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ledger.addresses import parse_address
from ledger.aggregates.consent import Consent
from ledger.aggregates.decisions import (
    ExemptGround,
    Purpose,
    Question,
    Verdict,
    is_overdue,
    may_send,
    overdue_before,
)
from ledger.aggregates.provider_bodies import DecisionMade
from ledger.aggregates.standing import stored_standing
from ledger.application import ConsentLedger
from ledger.deciding.decision import Decision, Terms
from ledger.errors import StoreUnavailable
from ledger.evidence.merkle import root_of
from ledger.recording.deciding_ports import StandingsBlock, Wanted
from ledger.recording.ports import Brand
from ledger.store.vault import ProviderVault
from ledger.vocabulary import Channel, IysCode, RecipientType
from tests.builders import BRAND_CODE, FIRST_HOUR
from tests.unit.test_decisions_laws import states
from tests.unit.test_vault import a_vault

NOW = FIRST_HOUR + timedelta(hours=40)
BRAND = Brand(IysCode(123456), BRAND_CODE, "Örnek", closed=False)
MESSAGE, PERSON = Channel.MESSAGE, RecipientType.INDIVIDUAL


@dataclass(slots=True)
class Kept:
    """The tables of one provider: standings by look-up, and what was written."""

    standings_by_lookup: dict[bytes, tuple[str, int | None]] = field(default_factory=dict)
    suppressed: dict[bytes, str] = field(default_factory=dict)
    refused: set[bytes] = field(default_factory=set)
    complete_at: datetime | None = NOW - timedelta(hours=1)
    brand_closed: bool = False
    position: int = 100
    chunks: dict[tuple[UUID, Channel], list[bytes]] = field(default_factory=dict)
    asked: list[int] = field(default_factory=list)

    def standings(self, wanted: Wanted) -> StandingsBlock:
        whole = wanted.lookups
        lookups = [whole[cut : cut + 32] for cut in range(0, len(whole), 32)]
        self.asked.append(len(lookups))
        self.position += 1
        rows = [
            (number, *self.standings_by_lookup[lookup])
            for number, lookup in enumerate(lookups)
            if lookup in self.standings_by_lookup
        ]
        refused = frozenset(n for n, lookup in enumerate(lookups) if lookup in self.refused)
        return StandingsBlock(
            *(self.position, self.complete_at, self.brand_closed, rows),
            *(self.suppressed, refused),
        )

    def keep_leaves(self, decision: UUID, channel: Channel, chunks: Iterable[bytes]) -> None:
        self.chunks[decision, channel] = list(chunks)


@dataclass(slots=True)
class Log:
    """As much of a ledger as a run uses."""

    decisions: Kept
    vault: ProviderVault
    bodies: list[DecisionMade] = field(default_factory=list)

    def now(self) -> datetime:
        return NOW

    def append_once(self, body: DecisionMade, *, once: str) -> Any:
        self.bodies.append(body)
        return type("Appended", (), {"position": 1_000 + len(self.bodies)})


def a_log(**kept: Any) -> Log:
    return Log(Kept(**kept), a_vault())


def lookup_of(log: Log, number: int) -> bytes:
    return log.vault.lookup(f"tel:+90501{number:07d}")


def phone(number: int) -> str:
    return f"+90501{number:07d}"


def run(
    log: Log,
    blocks: Iterable[Sequence[str]],
    channel: Channel = MESSAGE,
    kind: RecipientType = PERSON,
    terms: Terms | None = None,
) -> list[Verdict]:
    terms = terms or Terms(BRAND, "key:1")
    with Decision(cast(ConsentLedger, log), terms) as decision:
        answers = [one for block in decision.judged(blocks, channel, kind) for one in block]
        decision.record()
    return [answer.verdict for answer in answers]


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    lived=st.lists(states, min_size=1, max_size=6),
    kind=st.sampled_from(RecipientType),
    barred=st.sets(st.integers(0, 6)),
    refused=st.sets(st.integers(0, 6)),
    closed=st.booleans(),
    age=st.none() | st.sampled_from((1, 25, 73)),
    purpose=st.sampled_from(Purpose),
)
def test_each_line_has_the_verdict_of_its_own_state(
    lived: list[Consent],
    kind: RecipientType,
    barred: set[int],
    refused: set[int],
    closed: bool,
    age: int | None,
    purpose: Purpose,
) -> None:
    """Also of lines that stand alike and share an answer, and of lines that stand there twice."""
    complete_at = None if age is None else NOW - timedelta(hours=age)
    log = a_log(brand_closed=closed, complete_at=complete_at)
    kept = log.decisions
    for number, state in enumerate(lived):
        kept.standings_by_lookup[lookup_of(log, number)] = stored_standing(state, kind)
    kept.suppressed = {lookup_of(log, number): "LIST" for number in barred}
    kept.refused = {lookup_of(log, number) for number in refused if number < len(lived)}
    numbers = [*range(len(lived) + 1), *range(len(lived) + 1)]
    ground = ExemptGround.CONTRACT if purpose is Purpose.EXEMPT else None
    terms = Terms(BRAND, "key:1", purpose=purpose, ground=ground)

    found = run(log, [[phone(number) for number in numbers], ["kötü"]], MESSAGE, kind, terms)

    for number, verdict in zip(numbers, found, strict=False):
        state = lived[number] if number < len(lived) else Consent()
        question = Question(
            channel=MESSAGE,
            recipient_type=kind,
            now=NOW,
            purpose=purpose,
            ground=ground,
            brand_closed=closed,
            suppressed="LIST" if number in barred else None,
            iys_complete_at=complete_at,
            refused_as_individual=lookup_of(log, number) in kept.refused,
        )
        assert verdict == may_send(state, question)
    assert found[-1].row == "1"


def test_lines_that_stand_alike_differ_by_what_stands_around_them() -> None:
    """Two wait for İYS, one of them too long; two merchants, one of whom refused as an individual;
    and one is barred."""
    log = a_log()
    late, soon = (int((NOW - timedelta(days=days)).timestamp()) for days in (30, 0))
    kept = log.decisions.standings_by_lookup
    kept[lookup_of(log, 1)], kept[lookup_of(log, 2)] = ("11c QUEUED", late), ("11c QUEUED", soon)
    for number in (3, 4, 5):
        kept[lookup_of(log, number)] = ("16 REGISTERED l", None)
    log.decisions.refused = {lookup_of(log, 4)}
    log.decisions.suppressed = {lookup_of(log, 5): "LIST"}

    found = run(log, [[phone(number) for number in range(1, 6)]], kind=RecipientType.MERCHANT)

    assert [(one.reason, one.warnings) for one in found] == [
        ("OVERDUE", ()),
        ("QUEUED", ()),
        ("MERCHANT", ("NO_MERCHANT_BASIS",)),
        ("MERCHANT", ("NO_MERCHANT_BASIS", "REFUSED_AS_INDIVIDUAL")),
        ("LIST", ()),
    ]


def test_a_run_writes_one_event_a_channel_over_all_its_leaves() -> None:
    log = a_log()
    with Decision(cast(ConsentLedger, log), Terms(BRAND, "key:1", campaign="x")) as decision:
        for channel in (MESSAGE, Channel.CALL):
            for kind in RecipientType:
                list(decision.judged([[phone(1), phone(2)], [phone(3)]], channel, kind))
        assert decision.record() == [1_001, 1_002]

    assert [body.channel for body in log.bodies] == [MESSAGE, Channel.CALL]
    for body in log.bodies:
        stored = b"".join(log.decisions.chunks[decision.id, body.channel])
        leaves = [stored[cut : cut + 32] for cut in range(0, len(stored), 32)]
        assert (body.root, len(leaves)) == (root_of(leaves).hex(), 6)
        assert sum(body.counts.values()) == 6
    assert [body.position for body in log.bodies] == [101, 105], "the first snapshot of each"
    assert decision.position == 101


def test_answers_come_in_the_order_of_their_blocks() -> None:
    """Though several are asked for at a time."""
    log = a_log()
    blocks = [[phone(number)] * (number % 3 + 1) for number in range(20)]

    with Decision(cast(ConsentLedger, log), Terms(BRAND, "key:1")) as decision:
        answered = [len(block) for block in decision.judged(iter(blocks), MESSAGE, PERSON)]

    assert answered == [len(block) for block in blocks]
    assert sorted(log.decisions.asked) == sorted(answered)


def test_lines_are_read_no_further_ahead_than_is_asked_for() -> None:
    log, read = a_log(), list[int]()

    def blocks() -> Iterator[list[str]]:
        for number in range(10):
            read.append(number)
            yield [phone(number)]

    with Decision(cast(ConsentLedger, log), Terms(BRAND, "key:1")) as decision:
        answered = decision.judged(blocks(), MESSAGE, PERSON)
        next(answered)
        assert len(read) <= 3


def test_a_store_that_fails_fails_the_run_and_nothing_is_recorded() -> None:
    log = a_log()

    def fails(wanted: Wanted) -> StandingsBlock:
        raise StoreUnavailable("gone")

    log.decisions = cast(Kept, type("Failing", (), {"standings": staticmethod(fails)}))
    with pytest.raises(StoreUnavailable):
        run(log, [[phone(1)]])

    assert log.bodies == []


def test_what_is_no_address_is_asked_of_nobody() -> None:
    """Nor does it find anything that is kept under nothing."""
    log = a_log(suppressed={})
    log.decisions.standings_by_lookup[bytes(32)] = ("16 REGISTERED", None)

    found = run(log, [["kötü", "", "444 0 444"]])

    assert [(one.kind, one.reason) for one in found] == [
        ("INVALID_ADDRESS", "BAD_FORMAT"),
        ("INVALID_ADDRESS", "BAD_FORMAT"),
        ("INVALID_ADDRESS", "KIND"),
    ]


# What is computed once for all lines.


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    now=st.datetimes(datetime(2024, 1, 1), datetime(2028, 12, 31)),
    before=st.integers(-3_600, 86_400 * 75),
)
@example(now=datetime(2026, 6, 1, 12), before=86_400 * 16)
def test_what_is_overdue_at_once_is_what_is_overdue_one_by_one(now: datetime, before: int) -> None:
    at = now.replace(tzinfo=UTC)
    border, waiting = overdue_before(at), int(at.timestamp()) - before

    for instant in (waiting, border - 1, border):
        assert is_overdue(instant, at) is (instant < border)


@settings(derandomize=True)
@given(numbers=st.lists(st.integers(0, 9_999_999), max_size=20))
def test_many_look_ups_are_those_of_each(numbers: list[int]) -> None:
    vault = a_vault()
    uris = [parse_address(phone(number), MESSAGE).uri for number in numbers]

    made = vault.lookups(uri.encode("ascii") for uri in uris)

    assert made == [vault.lookup(uri) for uri in uris]
    assert all(len(one) == 32 for one in made)

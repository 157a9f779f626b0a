"""Runs of decisions and the company's list, on PostgreSQL; and what fsck says when they are
damaged."""

from collections import Counter
from datetime import datetime, timedelta

import psycopg
import pytest

from ledger import clock
from ledger.addresses import Address, parse_address
from ledger.aggregates.decisions import ExemptGround, Purpose, Verdict
from ledger.aggregates.provider_bodies import DecisionMade
from ledger.application import ConsentLedger
from ledger.bootstrap import Home
from ledger.deciding.decision import Decision, Terms
from ledger.deciding.leaves import commitments, ending, leaf_hashes
from ledger.errors import NotFound
from ledger.evidence.merkle import root_of
from ledger.recording.barring import Bar
from ledger.recording.deciding_ports import CHUNK_LEAVES, CurrentKey, Wanted
from ledger.recording.ports import Brand
from ledger.vocabulary import BrandCode, Channel, RecipientType
from tests.integration.acts import (
    BRAND_CODE,
    CLERK,
    IYS_CODE,
    a_request,
    about,
    seen,
)

BRAND = Brand(IYS_CODE, BRAND_CODE, "Örnek", closed=False)
MESSAGE, EMAIL = Channel.MESSAGE, Channel.EMAIL
PERSON, MERCHANT = RecipientType.INDIVIDUAL, RecipientType.MERCHANT
REGISTERED = "+905010000001"
NOBODY = "+905010000999"


def address(text: str) -> Address:
    return parse_address(text, MESSAGE)


def register(ledger: ConsentLedger) -> None:
    """REGISTERED may be written to."""
    ledger.record([a_request(1), about(a_request(1), seen(of=1))])
    ledger.decisions.note_iys_complete(BRAND_CODE, MESSAGE, ledger.now())


def decided(
    ledger: ConsentLedger,
    *texts: str,
    channel: Channel = MESSAGE,
    kind: RecipientType = PERSON,
    brand: Brand = BRAND,
    purpose: Purpose = Purpose.COMMERCIAL,
    ground: ExemptGround | None = None,
) -> list[Verdict]:
    with Decision(ledger, Terms(brand, CLERK, purpose=purpose, ground=ground)) as decision:
        (answers,) = decision.judged([texts], channel, kind)
        decision.record()
    return [answer.verdict for answer in answers]


def reason(ledger: ConsentLedger, text: str) -> tuple[bool, str | None]:
    (verdict,) = decided(ledger, text)
    return verdict.permitted, verdict.reason


# The company's own list.


def test_who_is_on_the_list_gets_nothing_until_taken_off(ledger: ConsentLedger) -> None:
    register(ledger)
    assert reason(ledger, REGISTERED) == (True, "REGISTERED")

    entry = ledger.suppress(address(REGISTERED), Bar("COMPLAINT"), actor=CLERK)

    assert reason(ledger, REGISTERED) == (False, "LIST")
    exempt = decided(ledger, REGISTERED, purpose=Purpose.EXEMPT, ground=ExemptGround.CONTRACT)
    assert exempt[0].permitted, "C6 row 4 comes before row 5"

    ledger.lift(address(REGISTERED), entry.seq, reason="MISTAKE", actor=CLERK)

    assert reason(ledger, REGISTERED) == (True, "REGISTERED")
    with pytest.raises(NotFound):
        ledger.lift(address(REGISTERED), entry.seq, reason="AGAIN", actor=CLERK)


def test_an_address_that_was_never_recorded_can_be_barred(ledger: ConsentLedger) -> None:
    assert reason(ledger, NOBODY) == (False, "NEVER_SEEN")

    ledger.suppress(address(NOBODY), Bar("COMPLAINT"), actor=CLERK)
    ledger.suppress(address(NOBODY), Bar("COURT"), actor=CLERK)

    assert reason(ledger, NOBODY) == (False, "LIST")
    ledger.lift(address(NOBODY), 1, reason="MISTAKE", actor=CLERK)
    assert reason(ledger, NOBODY) == (False, "LIST"), "the second one bars on"
    with pytest.raises(NotFound):
        ledger.lift(address(REGISTERED), 1, reason="MISTAKE", actor=CLERK)


@pytest.mark.parametrize(
    ("bar", "bars"),
    [
        (Bar("X"), True),
        (Bar("X", brand_code=BRAND_CODE), True),
        (Bar("X", brand_code=BrandCode(654321)), False),
        (Bar("X", channel=MESSAGE), True),
        (Bar("X", channel=EMAIL), False),
        (Bar("X", brand_code=BRAND_CODE, channel=Channel.CALL), False),
        (Bar("X", until=clock.now() + timedelta(days=1)), True),
        (Bar("X", until=clock.now() - timedelta(seconds=1)), False),
    ],
    ids=["all", "brand", "other brand", "channel", "other", "both", "until tomorrow", "over"],
)
def test_a_bar_reaches_as_far_as_it_says(ledger: ConsentLedger, bar: Bar, bars: bool) -> None:
    register(ledger)

    ledger.suppress(address(REGISTERED), bar, actor=CLERK)

    assert reason(ledger, REGISTERED) == ((False, "LIST") if bars else (True, "REGISTERED"))


def test_a_bar_does_not_pass_to_the_numbers_next_holder(ledger: ConsentLedger) -> None:
    register(ledger)
    ledger.suppress(address(REGISTERED), Bar("COMPLAINT"), actor=CLERK)

    ledger.reassign(address(REGISTERED), actor=CLERK, approved_by="user:2", reason="NEW_HOLDER")

    # İYS's line is the number's and goes on, without an act of the new holder behind it (R35).
    assert reason(ledger, REGISTERED) == (False, "FOREIGN_HS_ONAY")


@pytest.mark.parametrize("listed", [0, 1, 300])
def test_only_the_bars_of_those_who_are_asked_for_are_read(
    ledger: ConsentLedger, listed: int
) -> None:
    """A list of 200,000 must cost a decision on one no more than its own entry."""
    register(ledger)
    for number in range(listed):
        ledger.suppress(address(f"+90501{500 + number:07d}"), Bar("COMPLAINT"), actor=CLERK)
    asked = [REGISTERED, "+905010000500", NOBODY]
    lookups = [ledger.vault.lookup(address(text).uri) for text in asked]
    wanted = Wanted(b"".join(lookups), BRAND_CODE, MESSAGE, PERSON, clock.now())

    block = ledger.decisions.standings(wanted)

    assert block.suppressed == ({lookups[1]: "LIST"} if listed else {})
    assert [number for number, _, _ in block.rows] == [0]


# Snapshots.


def known_until(ledger: ConsentLedger, channel: Channel) -> datetime | None:
    """Up to when İYS is known."""
    key = CurrentKey(bytes(32), BRAND_CODE, channel, PERSON)
    (found,) = ledger.decisions.current([key], clock.now())
    return found.iys_complete_at


def test_a_block_says_the_position_and_the_knowledge_that_it_saw(ledger: ConsentLedger) -> None:
    register(ledger)
    lookup = ledger.vault.lookup(address(REGISTERED).uri)
    nobody = ledger.vault.lookup(address(NOBODY).uri)
    wanted = Wanted(lookup + nobody + lookup, BRAND_CODE, MESSAGE, PERSON, clock.now())

    block = ledger.decisions.standings(wanted)

    assert block.position == ledger.store.last_position()
    assert block.iys_complete_at == known_until(ledger, MESSAGE) is not None
    assert sorted(number for number, _, _ in block.rows) == [0, 2]
    assert not block.brand_closed


def test_a_brand_that_nobody_keeps_is_closed(ledger: ConsentLedger) -> None:
    nobodys = Brand(IYS_CODE, BrandCode(999), "?", closed=False)

    assert {one.kind for one in decided(ledger, REGISTERED, brand=nobodys)} == {"BRAND_CLOSED"}


def test_what_is_known_of_iys_never_goes_back(ledger: ConsentLedger) -> None:
    late, early = clock.now(), clock.now() - timedelta(hours=1)
    ledger.decisions.note_iys_complete(BRAND_CODE, MESSAGE, late)

    ledger.decisions.note_iys_complete(BRAND_CODE, MESSAGE, early)

    assert known_until(ledger, MESSAGE) == late
    assert known_until(ledger, EMAIL) is None


# What is recorded of a run.


def test_the_leaves_of_a_run_come_to_its_root_and_can_be_made_again(
    ledger: ConsentLedger,
) -> None:
    """Three chunks and a part, with lines twice and lines that are no address."""
    register(ledger)
    texts = [f"+90501{number:07d}" for number in range(3 * CHUNK_LEAVES)]
    texts += [REGISTERED, "05010000001", "", "x" * 400, "\udcff"]

    with Decision(ledger, Terms(BRAND, CLERK, campaign="kasim-2026")) as decision:
        blocks = [texts[:5_000], texts[5_000:]]
        answers = [one for block in decision.judged(blocks, MESSAGE, PERSON) for one in block]
        (position,) = decision.record()

    (event,) = ledger.store.events_at([position]).values()
    body = event.body
    assert isinstance(body, DecisionMade)
    stored = b"".join(ledger.decisions.leaves(decision.id, MESSAGE))
    leaves = [stored[cut : cut + 32] for cut in range(0, len(stored), 32)]
    assert leaves == sorted(leaves)
    assert root_of(leaves).hex() == body.root
    assert body.counts == Counter(answer.verdict.kind.value for answer in answers)
    assert sum(body.counts.values()) == len(leaves) == len(texts)
    key = ledger.vault.run_key(decision.id)
    uris = [address(text).uri.encode() for text in texts[: 3 * CHUNK_LEAVES + 2]]
    uris += [text.encode("utf-8", "surrogatepass") for text in texts[3 * CHUNK_LEAVES + 2 :]]
    ends = [ending(one.verdict.kind, one.verdict.reason) for one in answers]
    assert sorted(leaf_hashes(commitments(key, uris), ends)) == leaves
    assert "9050" not in event.state.decode()


def test_a_run_that_is_not_recorded_leaves_nothing_behind(ledger: ConsentLedger) -> None:
    with pytest.raises(ZeroDivisionError), Decision(ledger, Terms(BRAND, CLERK)) as decision:
        list(decision.judged([[REGISTERED]], MESSAGE, PERSON))
        _ = 1 // 0

    assert list(ledger.decisions.leaves(decision.id, MESSAGE)) == []
    assert ledger.store.last_position() == 2


def test_a_run_over_nothing_is_no_event(ledger: ConsentLedger) -> None:
    with Decision(ledger, Terms(BRAND, CLERK)) as decision:
        assert list(decision.judged([], MESSAGE, PERSON)) == []
        assert decision.record() == []


# What fsck notices.

DAMAGE = {
    "an entry gone": ("DELETE FROM suppressions", "suppressions: "),
    "an entry of nobody": (
        "INSERT INTO suppressions SELECT 99, gen_random_uuid(), seq, kind FROM suppressions",
        "suppressions: ",
    ),
    "another kind": ("UPDATE suppressions SET kind = 'ERASED'", "suppressions: "),
    "another brand": ("UPDATE suppressions SET brand_code = 1", "suppressions: "),
    "another channel": ("UPDATE suppressions SET channel = 1", "suppressions: "),
    "an end": ("UPDATE suppressions SET until = now()", "suppressions: "),
    "another number": ("UPDATE suppressions SET seq = 7", "suppressions: "),
    "another position": ("UPDATE suppressions SET position = 7", "suppressions: "),
    "leaves gone": (
        "DELETE FROM decision_leaves WHERE chunk = 1",
        "the leaves of its run do not come to its root",
    ),
    "the first leaves gone": (
        "DELETE FROM decision_leaves WHERE chunk = 0",
        "the leaves of its run are not in their order",
    ),
    "a leaf changed": (
        "UPDATE decision_leaves SET leaves = set_byte(leaves, 31,"
        " get_byte(leaves, 31) # 1) WHERE chunk = 1",
        "the leaves of its run do not come to its root",
    ),
    "a leaf put elsewhere": (
        "UPDATE decision_leaves SET leaves = substr(leaves, 33) || substr(leaves, 1, 32)"
        " WHERE chunk = 0",
        "the leaves of its run are not in their order",
    ),
    "a leaf too many": (
        "UPDATE decision_leaves SET leaves = leaves || decode(repeat('ff', 32), 'hex')"
        " WHERE chunk = 1",
        "the leaves of its run do not come to its root",
    ),
    "a chunk twice": (
        "INSERT INTO decision_leaves SELECT decision, channel, 2, leaves FROM decision_leaves"
        " WHERE chunk = 1",
        "the leaves of its run are not in their order",
    ),
    "leaves of another channel": (
        "UPDATE decision_leaves SET channel = 3 WHERE chunk = 0",
        "the leaves of its run are not in their order",
    ),
}


@pytest.mark.damaging
@pytest.mark.parametrize("name", DAMAGE)
def test_fsck_notices(home: Home, ledger: ConsentLedger, name: str) -> None:
    statement, said = DAMAGE[name]
    ledger.suppress(address(NOBODY), Bar("COMPLAINT"), actor=CLERK)
    decided(ledger, *(f"+90501{number:07d}" for number in range(CHUNK_LEAVES + 10)))
    assert home.check(IYS_CODE).is_clean

    with psycopg.connect(home.dsn, options=f"-c search_path=sp_{IYS_CODE},izin") as owner:
        assert owner.execute(statement.encode()).rowcount == 1

    findings = home.check(IYS_CODE).findings
    assert any(said in finding for finding in findings), findings
    assert "0501" not in "".join(findings)

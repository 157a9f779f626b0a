"""With lists of İYS's too, filter, decision and status say what `may_send` says (C6, C9)."""

from datetime import datetime, timedelta
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, event, example, given, settings
from hypothesis import strategies as st
from msgspec import structs

from ledger.aggregates.consent import Consent
from ledger.aggregates.decisions import Question, may_send
from ledger.aggregates.keys import uuid7
from ledger.aggregates.provider_bodies import IysSnapshot
from ledger.aggregates.snapshot import Listing, overlaid
from ledger.application import ConsentLedger
from ledger.bootstrap import Home
from ledger.clock import utc_text
from ledger.deciding.decision import Terms
from ledger.projections.snapshots import (
    LISTED,
    Adoption,
    AskedList,
    Kind,
    Snapshots,
    list_name,
    root_of_listed,
)
from ledger.vocabulary import Channel, ConsentSource, IysState, RecipientType
from tests.builders import (
    FIRST_HOUR,
    a_movement,
    a_proven,
    a_refusal,
    a_row,
    an_answer,
    seconds_of_hour,
)
from tests.integration.acts import BRAND_CODE, CLERK, IYS_CODE
from tests.integration.adopt_world import snapshot_findings
from tests.integration.test_standings import (
    BRAND,
    DECLARED,
    KEYS,
    KNOWN_UNTIL,
    MERCHANTS,
    MESSAGES,
    NOWS,
    Known,
    Person,
    Step,
    acts,
    at_instant,
    filtered,
    listed,
    numbers,
    registered,
    status,
    told,
)

LIKELY = (MESSAGES, MESSAGES, MESSAGES, (Channel.EMAIL, RecipientType.INDIVIDUAL), MERCHANTS)
declared = st.sampled_from(LIKELY).map(lambda key: [(key, a_row(1, origin=DECLARED))])
answered = st.sampled_from(LIKELY).map(lambda key: [(key, a_proven(1)), (key, an_answer(1, 3))])
pulled = st.builds(
    lambda key, state: [(key, a_movement(3, state=state, source=ConsentSource.HS_MOBIL))],
    st.sampled_from(LIKELY),
    st.sampled_from((IysState.GRANTED, IysState.REFUSED)),
)
lives = st.lists(
    st.one_of(declared, declared, declared, answered, pulled, acts, registered, listed), max_size=4
)
asked = st.lists(
    st.tuples(
        st.sampled_from(LIKELY),
        st.sampled_from((0, 2, 4, 9)),
        st.lists(st.booleans(), min_size=3, max_size=3),
    ),
    min_size=1,
    max_size=5,
)
Key = tuple[Channel, RecipientType]
Listings = dict[tuple[UUID, Key], Listing]


def ask_about(
    ledger: ConsentLedger, snapshots: Snapshots, key: Key, words: dict[UUID, bool], hour: float
) -> None:
    """A list of that hour, as an adoption writes it."""
    channel, kind = key
    asked_at, subjects = FIRST_HOUR + timedelta(hours=hour), sorted(words)
    adoption = Adoption(a_uuid(ledger), BRAND_CODE, asked_at)
    flags = bytes(LISTED * words[subject] for subject in subjects)
    one = AskedList(
        a_uuid(ledger), Kind(BRAND_CODE, kind, channel), asked_at, subjects, flags, skipped=0
    )
    snapshots.begin(adoption)
    snapshots.stage(adoption.id, one)
    yes = [subject for subject in subjects if words[subject]]
    body = IysSnapshot(
        brand=BRAND_CODE,
        channel=channel,
        recipient_type=kind.value,
        asked=len(subjects),
        granted=len(yes),
        root=root_of_listed(yes).hex(),
        seen_at=utc_text(asked_at),
        at=utc_text(asked_at),
        actor="system:iys",
    )
    found = ledger.append_once(body, once=list_name(one.id))
    assert found is not None
    snapshots.apply(one.id, found.position)


def a_uuid(ledger: ConsentLedger) -> UUID:
    return uuid7(1, ledger.vault.chance(10))


@settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(people=st.lists(lives, min_size=2, max_size=3), asked=asked, hour=st.sampled_from(NOWS))
@example(
    people=[
        [[(MESSAGES, a_row(1, origin=DECLARED))]],
        [[(MESSAGES, a_row(1, origin=DECLARED))]],
        [[(MESSAGES, a_row(1, origin=DECLARED))], [(MESSAGES, a_refusal(2))]],
    ],
    asked=[(MESSAGES, 4, [True, False, True]), (MERCHANTS, 4, [True])],
    hour=11,
)
def test_filter_decision_and_status_say_the_same_of_what_lists_tell(
    home: Home,
    ledger: ConsentLedger,
    people: list[list[Step]],
    asked: list[tuple[Key, int, list[bool]]],
    hour: int,
) -> None:
    known, snapshots = Known(ledger), Snapshots(home.database, IYS_CODE)
    them = [Person(next(numbers)) for _ in people]
    for channel, until in KNOWN_UNTIL.items():
        if until is not None:
            ledger.decisions.note_iys_complete(BRAND_CODE, channel, until)
    for person, life in zip(them, people, strict=True):
        for step in life:
            known.live(person, step)
    listings: Listings = {}
    for key, at_hour, words in asked:
        subjects = [known.subject(person, key[0]) for person in them]
        about = {
            subject: word
            for subject, word in zip(subjects, words, strict=False)
            if subject is not None
        }
        if about:
            ask_about(ledger, snapshots, key, about, at_hour)
            for subject, word in about.items():
                listings[subject, key] = Listing(word, seconds_of_hour(at_hour))

    now = FIRST_HOUR + timedelta(hours=hour)
    with at_instant(ledger, now):
        for key in KEYS:
            texts = [person.address(key[0]) for person in them]
            expected = [expectation(known, person, key, listings, now) for person in them]
            found = filtered(ledger, texts, key, Terms(BRAND, CLERK))
            said = [status(ledger, text, key, now) for text in texts]
            for verdict in found:
                event(f"row {verdict.row} {verdict.reason}")
            assert [told(one) for one in found] == expected
            assert [told(one) for one in said] == expected


def expectation(
    known: Known, person: Person, key: Key, listings: Listings, now: datetime
) -> tuple[object, ...]:
    """`may_send` over the state with the newest list's word; the test knows both."""
    channel, kind = key
    question = Question(
        channel=channel,
        recipient_type=kind,
        now=now,
        iys_complete_at=KNOWN_UNTIL[channel],
    )
    subject = known.subject(person, channel)
    bare = known.verdict(person, question)  # with its word on the individual
    state = known.state(subject, channel, kind)
    listing = None if subject is None else listings.get((subject, key))
    if listing is None or state == Consent():
        return told(bare)
    individual = Question(channel=channel, recipient_type=RecipientType.INDIVIDUAL, now=now)
    refused = may_send(known.state(subject, channel, RecipientType.INDIVIDUAL), individual)
    is_merchant = kind is RecipientType.MERCHANT
    question = structs.replace(
        question, refused_as_individual=is_merchant and refused.kind == "REFUSED"
    )
    return told(may_send(overlaid(state, listing), question))


@pytest.mark.damaging
@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        (
            "UPDATE {}.iys_snapshot_lists SET flags ="
            " set_byte(set_byte(flags, 0, get_byte(flags, 1)), 1, get_byte(flags, 0))",
            "do not come to its root",
        ),
        ("UPDATE {}.iys_snapshot_lists SET asked_at = now()", "is not what it says"),
        ("UPDATE {}.iys_snapshot SET granted = NOT granted", "is not what its list says"),
        ("DELETE FROM {}.iys_snapshot_lists", "its list is missing"),
        ("UPDATE {}.iys_snapshot_lists SET position = 1", "its list is missing"),
    ],
)
def test_the_oracle_finds_a_list_that_was_changed(
    home: Home, ledger: ConsentLedger, statement: str, finding: str
) -> None:
    known, people = Known(ledger), [Person(next(numbers)) for _ in range(2)]
    for person in people:
        known.live(person, [(MESSAGES, a_row(1, origin=DECLARED))])
    subjects = [known.subject(person, Channel.MESSAGE) for person in people]
    words = {subject: subject == subjects[0] for subject in subjects if subject is not None}
    ask_about(ledger, Snapshots(home.database, IYS_CODE), MESSAGES, words, 4)
    assert snapshot_findings(home) == []

    with psycopg.connect(home.dsn) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("ALTER TABLE sp_123456.iys_snapshot DISABLE TRIGGER ALL")
        connection.execute(statement.format("sp_123456"))

    assert any(finding in text for text in snapshot_findings(home))

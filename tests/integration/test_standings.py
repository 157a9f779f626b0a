"""One consent, three readings: filters and decisions by what is kept beside the states, status by
the state itself, and `may_send` over what the test knows. They never differ."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count, product
from uuid import UUID

import pytest
from hypothesis import HealthCheck, event, example, given, settings
from hypothesis import strategies as st
from msgspec import structs

from ledger import views
from ledger.addresses import parse_address
from ledger.aggregates.commands import Command, Origin
from ledger.aggregates.consent import Consent
from ledger.aggregates.decisions import ExemptGround, Purpose, Question, Verdict, may_send
from ledger.aggregates.keys import ConsentKey
from ledger.application import ConsentLedger
from ledger.bootstrap import Home
from ledger.deciding.decision import Decision, Terms
from ledger.errors import NotFound
from ledger.recording.barring import Bar
from ledger.recording.deciding_ports import CurrentKey
from ledger.recording.ports import Brand
from ledger.recording.request import Request
from ledger.vocabulary import BrandCode, Channel, ConsentSource, RecipientType
from tests.builders import (
    FIRST_HOUR,
    a_listing,
    a_movement,
    a_proven,
    a_refusal,
    a_row,
    an_answer,
)
from tests.integration.acts import BRAND_CODE, CLERK, IYS_CODE, SECOND_CLERK
from tests.unit.test_decide_laws import commands

DECLARED = Origin.DECLARED
BRAND = Brand(IYS_CODE, BRAND_CODE, "Örnek", closed=False)
OTHER_BRAND = BrandCode(654321)
KNOWN_UNTIL = {
    Channel.MESSAGE: FIRST_HOUR + timedelta(hours=10),
    Channel.EMAIL: FIRST_HOUR + timedelta(hours=9),
    Channel.CALL: None,  # İYS was never read to its end
}
NOWS = (11, 34, 36, 83, 85, 99, 900)
"""Hours at which is asked: fresh, old and stale knowledge of İYS; in time and overdue."""
KEYS = tuple(product(Channel, RecipientType))
numbers = count(1)

keys = st.sampled_from(KEYS)
acts = st.builds(lambda key, command: [(key, command)], keys, commands)
registered = st.builds(
    lambda key, at: [(key, a_proven(at)), (key, an_answer(1, at + 1))], keys, st.integers(0, 3)
)
listed = st.builds(
    lambda channel, refuses: [
        ((channel, RecipientType.MERCHANT), a_listing()),
        ((channel, RecipientType.MERCHANT), an_answer(1, 4)),
        *([((channel, RecipientType.INDIVIDUAL), a_refusal(2))] if refuses else []),
    ],
    st.sampled_from(Channel),
    st.booleans(),
)
bars = st.builds(
    Bar,
    reason=st.just("COMPLAINT"),
    brand_code=st.sampled_from((None, BRAND_CODE, BRAND_CODE, OTHER_BRAND)),
    channel=st.none() | st.sampled_from(Channel),
    until=st.none() | st.sampled_from(NOWS).map(lambda hour: FIRST_HOUR + timedelta(hours=hour)),
)
lifts = st.integers(1, 3)
NEW_HOLDER = "new holder"
steps = st.lists(
    st.one_of(acts, acts, registered, registered, listed, bars, bars, lifts, st.just(NEW_HOLDER)),
    min_size=2,
    max_size=6,
)
Step = list[tuple[tuple[Channel, RecipientType], Command]] | Bar | int | str


@dataclass(slots=True)
class Person:
    """One telephone and one mailbox, and the bars that the test knows of."""

    number: int
    bars: dict[tuple[UUID, int], Bar] = field(default_factory=dict)

    def address(self, channel: Channel) -> str:
        if channel is Channel.EMAIL:
            return f"kisi.{self.number}@ornek.com.tr"
        return f"+90501{self.number:07d}"


class Known:
    """What the test itself knows of a ledger."""

    def __init__(self, ledger: ConsentLedger) -> None:
        self.ledger = ledger

    def subject(self, person: Person, channel: Channel) -> UUID | None:
        address = parse_address(person.address(channel), channel)
        lookup = self.ledger.vault.lookup(address.uri)
        found = self.ledger.store.find_subjects([lookup])[1].get(lookup)
        return None if found is None else found.id

    def state(self, subject: UUID | None, channel: Channel, kind: RecipientType) -> Consent:
        if subject is None:
            return Consent()
        key = ConsentKey(BRAND_CODE, subject, kind, channel)
        stored = self.ledger.store.load_consents([key]).get(key)
        return Consent() if stored is None else stored.consent

    def verdict(self, person: Person, question: Question) -> Verdict:
        """`may_send` over the state and over the bars that were put up."""
        subject = self.subject(person, question.channel)
        barred = any(
            holder == subject
            and bar.brand_code in (None, BRAND_CODE)
            and bar.channel in (None, question.channel)
            and (bar.until is None or bar.until > question.now)
            for (holder, _), bar in person.bars.items()
        )
        individual = self.state(subject, question.channel, RecipientType.INDIVIDUAL)
        bare = Question(
            channel=question.channel, recipient_type=RecipientType.INDIVIDUAL, now=question.now
        )
        question = structs.replace(
            question,
            suppressed="LIST" if barred else None,
            refused_as_individual=question.recipient_type is RecipientType.MERCHANT
            and may_send(individual, bare).kind == "REFUSED",
        )
        return may_send(self.state(subject, question.channel, question.recipient_type), question)

    def live(self, person: Person, step: Step) -> None:
        """Let one thing happen to a person."""
        match step:
            case list():
                self.ledger.record([self._request(person, *one) for one in step])
            case Bar():
                channel = step.channel or Channel.MESSAGE
                address = parse_address(person.address(channel), channel)
                added = self.ledger.suppress(address, step, actor=CLERK)
                subject = self.subject(person, channel)
                assert subject is not None
                person.bars[subject, added.seq] = step
            case int():
                self._lift(person, step)
            case str():
                address = parse_address(person.address(Channel.MESSAGE), Channel.MESSAGE)
                who = {"actor": CLERK, "approved_by": SECOND_CLERK}
                if self.subject(person, Channel.MESSAGE) is not None:
                    self.ledger.reassign(address, **who, reason="NEW_HOLDER")

    def _lift(self, person: Person, of: int) -> None:
        address = parse_address(person.address(Channel.MESSAGE), Channel.MESSAGE)
        subject = self.subject(person, Channel.MESSAGE)
        if subject is not None and (subject, of) in person.bars:
            self.ledger.lift(address, of, reason="MISTAKE", actor=CLERK)
            del person.bars[subject, of]
        else:
            with pytest.raises(NotFound):
                self.ledger.lift(address, of, reason="MISTAKE", actor=CLERK)

    def _request(
        self, person: Person, key: tuple[Channel, RecipientType], command: Command
    ) -> Request:
        channel, kind = key
        address = parse_address(person.address(channel), channel)
        return Request(address, BRAND_CODE, channel, (kind,), command)


def filtered(
    ledger: ConsentLedger, texts: Sequence[str], key: tuple[Channel, RecipientType], terms: Terms
) -> list[Verdict]:
    """By the reading of filters and decisions; nothing is recorded."""
    with Decision(ledger, terms) as decision:
        (answers,) = decision.judged([texts], *key)
    return [answer.verdict for answer in answers]


def status(
    ledger: ConsentLedger, text: str, key: tuple[Channel, RecipientType], now: datetime
) -> Verdict:
    """By the reading of the status."""
    channel, kind = key
    lookup = ledger.vault.lookup(parse_address(text, channel).uri)
    asked = CurrentKey(lookup, BRAND_CODE, channel, kind)
    (current,) = ledger.decisions.current([asked], now)
    return views.view_of(BRAND, asked, current, now).verdict


PURPOSES = (
    (Purpose.COMMERCIAL, None),
    (Purpose.CONSENT_REQUEST, None),
    (Purpose.EXEMPT, ExemptGround.CONTRACT),
)
MERCHANTS = (Channel.MESSAGE, RecipientType.MERCHANT)
MERCHANT_TOO: Step = [(MERCHANTS, a_listing()), (MERCHANTS, an_answer(1, 4))]
CLOSURE = a_movement(3, source=ConsentSource.IYS_AHS_HAT_KAPATMA)
MESSAGES = (Channel.MESSAGE, RecipientType.INDIVIDUAL)


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(lives=st.lists(steps, min_size=2, max_size=3), hour=st.sampled_from(NOWS))
@example(lives=[[[(MESSAGES, a_proven(1)), (MESSAGES, an_answer(1, 2))]]], hour=11)
@example(
    lives=[[[(MESSAGES, a_proven(1)), (MESSAGES, CLOSURE)], [(MESSAGES, a_proven(5))]]], hour=11
)
@example(lives=[[MERCHANT_TOO, [(MESSAGES, a_refusal(2))]]], hour=11)  # row 7
@example(
    lives=[[MERCHANT_TOO, [(MESSAGES, a_proven(1)), (MESSAGES, a_movement(5, source=None))]]],
    hour=11,
)  # row 8
@example(
    lives=[[MERCHANT_TOO, [(MESSAGES, a_refusal(2)), (MESSAGES, a_row(5, origin=DECLARED))]]],
    hour=11,
)  # row 10
@example(lives=[[MERCHANT_TOO, [(MESSAGES, CLOSURE)]]], hour=11)  # row 6
def test_filter_decision_and_status_say_the_same_of_every_address(
    home: Home, ledger: ConsentLedger, lives: list[list[Step]], hour: int
) -> None:
    known, now = Known(ledger), FIRST_HOUR + timedelta(hours=hour)
    people = [Person(next(numbers)) for _ in lives] + [Person(next(numbers))]  # one is unknown
    for channel, until in KNOWN_UNTIL.items():
        if until is not None:
            ledger.decisions.note_iys_complete(BRAND_CODE, channel, until)

    for person, life in zip(people, lives, strict=False):
        for step in life:
            known.live(person, step)

    with at_instant(ledger, now):
        for key, (purpose, ground) in product(KEYS, PURPOSES):
            channel, kind = key
            texts = [person.address(channel) for person in people] * 2
            terms = Terms(BRAND, CLERK, purpose=purpose, ground=ground)
            question = Question(
                channel=channel,
                recipient_type=kind,
                now=now,
                purpose=purpose,
                ground=ground,
                iys_complete_at=KNOWN_UNTIL[channel],
            )
            expected = [known.verdict(person, question) for person in people] * 2
            found = filtered(ledger, texts, key, terms)
            for verdict in found:
                event(f"row {verdict.row}{verdict.warnings}")
            assert [told(one) for one in found] == [told(one) for one in expected]
            if purpose is Purpose.COMMERCIAL:
                said = [status(ledger, text, key, now) for text in texts]
                assert [told(one) for one in said] == [told(one) for one in expected]


def told(verdict: Verdict) -> tuple[object, ...]:
    return verdict.permitted, verdict.kind, verdict.reason, verdict.row, verdict.warnings


class at_instant:  # noqa: N801  # reads as a word
    """The ledger is asked at this instant; it writes by its own clock before and after."""

    def __init__(self, ledger: ConsentLedger, now: datetime) -> None:
        self._ledger, self._now = ledger, now
        self._own: Callable[[], datetime] = ledger.now

    def __enter__(self) -> None:
        self._ledger.now = lambda: self._now

    def __exit__(self, *failure: object) -> None:
        self._ledger.now = self._own

"""What a list's word makes of a consent, whom a list can ask about, what the minutes tell (C9)."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec import structs

from ledger.aggregates.commands import Command, Origin
from ledger.aggregates.consent import Consent, person_line
from ledger.aggregates.decisions import Question, VerdictKind, may_send
from ledger.aggregates.iys_line import IysLine
from ledger.aggregates.snapshot import Listing, overlaid, overlaid_text
from ledger.aggregates.standing import stored_standing
from ledger.iys_sync import wire
from ledger.iys_sync.bulk_status import Candidate, ask, askable
from ledger.iys_sync.errors import IysError, IysRefused
from ledger.iys_sync.looking_up import SAMPLE_SIZE, Comparison, Told, compared, drawn
from ledger.projections.snapshots import Kind, Sample
from ledger.recording.ports import Holder, Subject
from ledger.vocabulary import (
    Basis,
    BrandCode,
    Channel,
    ConsentStatus,
    IysState,
    RecipientType,
    SeenHow,
)
from tests.builders import (
    FIRST_HOUR,
    SUBJECT,
    a_final_no,
    a_key,
    a_listing,
    a_movement,
    a_proven,
    a_refusal,
    a_row,
    an_answer,
    seconds_of_hour,
)
from tests.unit.test_decide_laws import lived
from tests.unit.test_decisions_laws import states

ASKED = 50
LISTED = Listing(granted=True, asked_at=seconds_of_hour(ASKED))
ABSENT = Listing(granted=False, asked_at=seconds_of_hour(ASKED))
DECLARED = Origin.DECLARED


def verdict_with(listing: Listing, *past: Command, kind: str = "BIREYSEL") -> tuple[Any, ...]:
    state = overlaid(lived(past)[1], listing)
    now = FIRST_HOUR + timedelta(hours=ASKED + 1)
    question = Question(
        channel=Channel.MESSAGE,
        recipient_type=RecipientType(kind),
        now=now,
        iys_complete_at=now,
    )
    found = may_send(state, question)
    return found.kind, found.reason


@pytest.mark.parametrize(
    ("listing", "past", "expected"),
    [
        (LISTED, [a_row(1, origin=DECLARED)], (VerdictKind.PERMITTED, "CONFIRMED_BY_IYS")),
        (ABSENT, [a_row(1, origin=DECLARED)], (VerdictKind.IYS_DISAGREES, "NOT_ONAY_AT_IYS")),
        (LISTED, [a_refusal(1)], (VerdictKind.REFUSED, "RET_QUEUED")),
        (ABSENT, [a_refusal(1)], (VerdictKind.REFUSED, "RET_QUEUED")),
        (
            LISTED,
            [a_row(1, origin=DECLARED), a_refusal(2)],
            (VerdictKind.REFUSED, "RET_QUEUED"),
        ),
        (LISTED, [a_proven(1)], (VerdictKind.PERMITTED, "CONFIRMED_BY_IYS")),
        (ABSENT, [a_proven(1)], (VerdictKind.NOT_YET_REGISTERED, "QUEUED")),
        (LISTED, [a_proven(1), a_final_no(1)], (VerdictKind.PERMITTED, "CONFIRMED_BY_IYS")),
        (ABSENT, [a_proven(1), a_final_no(1)], (VerdictKind.LAPSED, "H467")),
        (LISTED, [a_proven(10), an_answer(1)], (VerdictKind.PERMITTED, "REGISTERED")),
        (ABSENT, [a_proven(10), an_answer(1)], (VerdictKind.IYS_DISAGREES, "NOT_ONAY_AT_IYS")),
    ],
)
def test_a_list_confirms_or_denies_what_was_declared_and_lifts_no_refusal(
    listing: Listing, past: list[Command], expected: tuple[Any, ...]
) -> None:
    assert verdict_with(listing, *past) == expected


def test_a_merchant_whom_a_list_names_is_permitted() -> None:
    found = verdict_with(LISTED, a_listing(), kind="TACIR")

    assert found == (VerdictKind.PERMITTED, "MERCHANT")


def test_who_has_no_act_here_stays_a_stranger_at_iys() -> None:
    foreign = overlaid(Consent(), LISTED)

    question = Question(
        channel=Channel.MESSAGE, recipient_type=RecipientType.INDIVIDUAL, now=FIRST_HOUR
    )
    assert may_send(foreign, question).reason == "FOREIGN_HS_ONAY"
    refused = overlaid(lived([a_refusal(1)])[1], LISTED)
    assert may_send(refused, question).warnings == ("FOREIGN_HS_ONAY",)


@pytest.mark.parametrize("listing", [LISTED, ABSENT])
@pytest.mark.parametrize(
    ("movement", "counts"),
    [
        (a_movement(ASKED - 1), True),
        (a_movement(ASKED), False),
        (a_movement(ASKED + 1), False),
        # An old movement that comes to us behind the list tells nothing that the list did not know.
        (a_movement(ASKED - 1, seen_at="2025-11-14T00:00:00Z"), True),
        # What a status shows holds while it is asked, however old the movement is.
        (a_movement(1, how=SeenHow.STATUS, seen_at="2025-11-14T00:00:00Z"), False),
    ],
)
def test_what_iys_shows_since_the_request_outweighs_the_list(
    listing: Listing, movement: Any, counts: bool
) -> None:
    shown = IysState.REFUSED if listing.granted else IysState.GRANTED
    past = [a_row(0.5, origin=DECLARED), structs.replace(movement, state=shown)]
    _, state = lived(past)

    found = overlaid(state, listing)

    assert (found.iys.how is SeenHow.SNAPSHOT) is counts
    assert counts or found == state


@pytest.mark.parametrize(
    ("state", "listing"),
    [
        *((state, LISTED) for state in (IysState.GRANTED,)),
        *(
            (state, ABSENT)
            for state in IysState
            if state not in (IysState.GRANTED, IysState.UNKNOWN)
        ),
    ],
)
def test_a_line_that_says_the_same_and_more_is_left(state: IysState, listing: Listing) -> None:
    line = IysLine(state=state, seen_at="2025-11-10T00:00:00Z", how=SeenHow.RESULT, at=0)

    assert overlaid(Consent(iys=line), listing).iys is line


@settings(max_examples=800, deadline=None)
@given(
    state=states,
    kind=st.sampled_from(RecipientType),
    granted=st.booleans(),
    asked=st.sampled_from((0, 3, 11, 50, 500)),
)
def test_the_text_of_a_standing_tells_what_its_state_tells_or_nothing(
    state: Consent, kind: RecipientType, granted: bool, asked: float
) -> None:
    never_shown = state.iys.how is None or state.iys.state is IysState.UNKNOWN
    acts = [act for act in state.acts if act.is_recipients_own and act.basis is Basis.IYS]
    assume(not (never_shown and acts))  # such an act stands behind something that was shown
    assume(not state.iys.carried)  # lists ask about an address's first holder only
    text, waiting_at = stored_standing(state, kind)

    told = overlaid_text(text, granted=granted)

    laid = stored_standing(overlaid(state, Listing(granted, seconds_of_hour(asked))), kind)
    assert told in (None, laid[0])
    assert told is None or waiting_at == laid[1]


@settings(max_examples=300, deadline=None)
@given(state=states, asked=st.integers(0, 90), granted=st.booleans())
def test_a_list_touches_nothing_but_the_line_and_lifts_no_refusal(
    state: Consent, asked: int, granted: bool
) -> None:
    found = overlaid(state, Listing(granted, seconds_of_hour(asked)))

    assert (found.acts, found.version) == (state.acts, state.version)
    assert (found.iys.pending, found.iys.accepted) == (state.iys.pending, state.iys.accepted)
    if person_line(state.acts).standing:
        assert stored_standing(found, RecipientType.INDIVIDUAL)[0].split(" ")[0] in ("6", "7", "10")


@pytest.mark.parametrize(
    ("row", "granted", "told"),
    [
        ("11d DECLARED", True, "16 CONFIRMED_BY_IYS"),
        ("11d UNDECLARED lb", False, "11e NOT_ONAY_AT_IYS lb"),
        ("16 REGISTERED", True, "16 REGISTERED"),
        ("7 RET_AT_IYS r", False, "7 RET_AT_IYS r"),
        ("11c QUEUED", False, "11c QUEUED"),
    ],
)
def test_what_an_adoption_meets_by_the_million_needs_no_state(
    row: str, granted: bool, told: str
) -> None:
    assert overlaid_text(row, granted=granted) == told


def holder(uri: str, generation: int = 1) -> Holder:
    return Holder(Subject(SUBJECT, b"", b"", generation), uri)


@pytest.mark.parametrize(
    ("uri", "channel", "generation", "text"),
    [
        ("tel:+905010000101", Channel.MESSAGE, 1, "+905010000101"),
        ("tel:+905010000101", Channel.CALL, 1, "+905010000101"),
        ("mailto:a@ornek.com.tr", Channel.EMAIL, 1, "a@ornek.com.tr"),
        ("mailto:a@ornek.com.tr", Channel.MESSAGE, 1, None),
        ("tel:+905010000101", Channel.EMAIL, 1, None),
        ("tel:+905010000101", Channel.MESSAGE, 2, None),
        ("tel:0123", Channel.MESSAGE, 1, None),
        ("mailto:a@b", Channel.EMAIL, 1, None),
    ],
)
def test_a_list_asks_about_its_own_sort_of_address_and_first_holders_only(
    uri: str, channel: Channel, generation: int, text: str | None
) -> None:
    assert askable(holder(uri, generation), channel) == text


class Picky:
    """An İYS that refuses a list for one address in it."""

    def __init__(self, *bad: str, code: str = "H464") -> None:
        self.bad = set(bad)
        self.code = code
        self.asked: list[int] = []

    def granted(
        self, brand: BrandCode, kind: RecipientType, channel: Channel, recipients: list[str]
    ) -> wire.Granted:
        self.asked.append(len(recipients))
        if self.bad & set(recipients):
            raise IysRefused(422, [IysError(self.code, ("recipient",))])
        return wire.Granted(None, frozenset(recipients[:1]), "ab" * 32, "cd" * 32)


KIND = Kind(BrandCode(123456), RecipientType.INDIVIDUAL, Channel.MESSAGE)
PEOPLE = [Candidate(UUID(int=n), f"+9050100{n:05}", n % 2 == 1) for n in range(64)]


def test_an_address_that_iys_does_not_take_keeps_no_other_back() -> None:
    iys: Any = Picky(PEOPLE[20].text)

    answers = ask(iys, KIND, PEOPLE, lambda: FIRST_HOUR)

    told = [one for answer in answers for one in answer.candidates]
    assert told == [*PEOPLE[:20], *PEOPLE[21:]]
    assert len(iys.asked) == 2 * 6 + 1


def test_any_other_refusal_of_a_list_ends_it() -> None:
    iys: Any = Picky(PEOPLE[20].text, code="H168")

    with pytest.raises(IysRefused):
        ask(iys, KIND, PEOPLE, lambda: FIRST_HOUR)
    assert iys.asked == [64]


def test_an_answer_flags_who_is_listed_and_who_refused_here() -> None:
    iys: Any = Picky()
    (answer,) = ask(iys, KIND, PEOPLE[:3], lambda: FIRST_HOUR)

    assert answer.listed(UUID(int=9), KIND, skipped=4).flags == bytes((1, 2, 0))


@given(st.lists(st.integers(1, 1_000), max_size=8), st.binary(min_size=16, max_size=16))
def test_a_sample_is_of_different_places_that_are_there(sizes: list[int], chance: bytes) -> None:
    lists = [(10 * number, size) for number, size in enumerate(sizes)]

    places = drawn(lists, chance)

    assert len(set(places)) == len(places) == min(SAMPLE_SIZE, sum(sizes))
    assert all(0 <= place < dict(lists)[position] for position, place in places)


def a_told(status: str | None, created: str = "2025-11-10 03:00:00") -> Told:
    found = None
    if status is not None:
        found = wire.Movement(
            recipient="+905010000101",
            recipient_type=RecipientType.INDIVIDUAL,
            channel=Channel.MESSAGE,
            status=ConsentStatus(status),
            creation_date=created,
            transaction_id="ab" * 32,
            consent_date=None,
            source=None,
            digest="cd" * 32,
        )
    return Told(a_key(), found)


@pytest.mark.parametrize(
    ("granted", "told", "expected"),
    [
        (True, a_told("ONAY"), Comparison.SAME),
        (True, a_told("RET"), Comparison.LISTED_REFUSED),
        (True, a_told(None), Comparison.LISTED_UNKNOWN),
        (True, a_told("RET", "2025-11-12 05:00:00"), Comparison.MOVED),
        (False, a_told("RET"), Comparison.SAME),
        (False, a_told(None), Comparison.SAME),
        (False, a_told("ONAY"), Comparison.ABSENT_GRANTED),
        (False, a_told("ONAY", "2025-11-12 05:00:00"), Comparison.MOVED),
        (False, Told(a_key(), is_untold=True), Comparison.UNTOLD),
    ],
)
def test_a_single_status_is_compared_with_the_list(
    granted: bool, told: Told, expected: Comparison
) -> None:
    asked_at = FIRST_HOUR + timedelta(hours=ASKED)

    assert compared(Sample(1, a_key(), granted, asked_at, None), told) is expected

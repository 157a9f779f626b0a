"""What holds of every verdict, whatever the state: consent.md C6 and R17, R19."""

from datetime import timedelta
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec import structs

from ledger.aggregates.consent import BEFORE_EVERYTHING, Act, Consent, person_line
from ledger.aggregates.decisions import ExemptGround, Purpose, Question, Verdict, may_send
from ledger.aggregates.iys_line import IysLine
from ledger.vocabulary import (
    Basis,
    Channel,
    ConsentSource,
    ConsentStatus,
    IysState,
    RecipientType,
    SeenHow,
)
from tests.builders import FIRST_HOUR, an_act, hour, seconds_of_hour, wire_hour
from tests.unit.test_decide_laws import lived, pasts

NOW = FIRST_HOUR + timedelta(hours=40)
CLOSED = ConsentSource.IYS_AHS_HAT_KAPATMA
SOURCES = (ConsentSource.HS_WEB, ConsentSource.HS_MESAJ, ConsentSource.IYS_WEB, CLOSED)
TABLE: dict[str, tuple[str, set[str | None] | None]] = {  # of each row: verdict, reasons (or any)
    "1": ("INVALID_ADDRESS", {"BAD_FORMAT", "KIND"}),
    "2": ("BRAND_CLOSED", {None}),
    "3": ("NO_CONSENT", {"CONSENT_REQUEST_FORBIDDEN"}),
    "4": ("EXEMPT", {"LINE_CLOSED", *ExemptGround}),
    "5": ("SUPPRESSED", {"LIST", "RESTRICTED", "ERASED"}),
    "6": ("REFUSED", {"LINE_CLOSED"}),
    "7": ("REFUSED", {"RET_AT_IYS", "RET_QUEUED", "RET_IYS_WONT_TAKE"}),
    "8": ("REFUSED", {"RET_AT_IYS"}),
    "9": ("NOT_YET_REGISTERED", {"OVER_IYS_RET"}),
    "10": ("REFUSED", {"HELD_OVER_RET"}),
    "11a": ("NO_CONSENT", {"NEVER_SEEN"}),
    "11b": ("NO_CONSENT", {"MERCHANT_NOT_REGISTERED"}),
    "11c": ("NOT_YET_REGISTERED", {"QUEUED", "SUBMITTED", "UNKNOWN_OUTCOME", "OVERDUE"}),
    "11d": ("IYS_UNCONFIRMED", {"DECLARED", "UNDECLARED"}),
    "11e": ("IYS_DISAGREES", {"NOT_ONAY_AT_IYS", "FOREIGN_HS_ONAY"}),
    "12": ("IYS_STALE", None),
    "14": ("DEALER_NOT_ALLOWED", {None}),
    "15": ("PERMITTED", {"MERCHANT"}),
    "16": ("PERMITTED", {"REGISTERED", "CONFIRMED_BY_IYS", "CITIZEN_AT_IYS"}),
}
WARNINGS = {
    "4": {"REFUSED"},
    "7": {"FOREIGN_HS_ONAY"},
    "10": {"FOREIGN_HS_ONAY"},
    "15": {"IYS_OLD", "NO_MERCHANT_BASIS", "REFUSED_AS_INDIVIDUAL"},
    "16": {"IYS_OLD"},
}

hours = st.integers(0, 8)


def acts_by(basis: st.SearchStrategy[Basis]) -> st.SearchStrategy[tuple[Act, ...]]:
    """Up to four acts, numbered."""
    act = st.builds(
        lambda at, **changes: an_act(at, **changes),
        hours,
        status=st.sampled_from(ConsentStatus),
        source=st.none() | st.sampled_from(SOURCES),
        basis=basis,
        evidence_at=st.none() | hours.map(seconds_of_hour),
        approved=st.booleans(),
        imported=st.booleans(),
        not_pushed=st.sampled_from((None, "L-DECLARED", "L-RET-KEPT")),
        lifts=st.sampled_from(((), (1,), (2,))),
        retracted=st.booleans(),
    )
    listing = st.just(an_act(status=None, at=BEFORE_EVERYTHING, consent_date=None, source=None))
    numbered = st.lists(act | act | act | listing, max_size=4)
    return numbered.map(
        lambda acts: tuple(structs.replace(act, seq=seq) for seq, act in enumerate(acts, 1))
    )


seqs = st.none() | st.integers(1, 4)
iys_lines = st.builds(
    IysLine,
    state=st.sampled_from(IysState) | st.just(IysState.GRANTED),
    code=st.sampled_from((None, "H467", "H178")),
    consent_date=st.none() | hours.map(wire_hour),
    source=st.none() | st.sampled_from(SOURCES),
    creation_date=st.none() | hours.map(wire_hour),
    seen_at=st.none() | hours.map(hour),
    how=st.sampled_from(SeenHow),
    at=st.none() | hours.map(seconds_of_hour),
    pending=seqs,
    accepted=seqs,
)
# States that commands lead to, and any others: a verdict must be safe on both.
states = pasts.map(lambda past: lived(past)[1]) | st.builds(
    Consent, version=st.just(9), acts=acts_by(st.sampled_from(Basis)), iys=iys_lines
)
ages = st.none() | st.sampled_from((0, 24, 25, 72, 73, 900))
questions = st.builds(
    lambda age, **given: Question(
        **given, iys_complete_at=None if age is None else NOW - timedelta(hours=age)
    ),
    ages | st.just(1) | st.just(2),
    channel=st.sampled_from(Channel),
    recipient_type=st.sampled_from(RecipientType),
    now=st.just(NOW),
    purpose=st.sampled_from(Purpose),
    ground=st.none() | st.sampled_from(ExemptGround),
    address_fault=st.sampled_from((None, None, None, "KIND")),
    brand_closed=st.sampled_from((False, False, False, True)),
    suppressed=st.sampled_from((None, None, None, "LIST", "RESTRICTED", "ERASED")),
    dealer_allowed=st.sampled_from((True, True, False)),
    refused_as_individual=st.booleans(),
)
many = settings(max_examples=300, deadline=None)


def judged(state: Consent, question: Question, purpose: Purpose, **changes: Any) -> Verdict:
    return may_send(state, structs.replace(question, purpose=purpose, **changes))


@many
@given(state=states, question=questions)
def test_a_standing_refusal_permits_nothing_commercial(state: Consent, question: Question) -> None:
    assume(person_line(state.acts).standing)

    assert not judged(state, question, Purpose.COMMERCIAL).permitted
    assert not judged(state, question, Purpose.CONSENT_REQUEST).permitted
    assert not judged(state, question, Purpose.EXEMPT, ground=None).permitted


@many
@given(state=states, question=questions)
def test_permitted_means_that_iys_shows_onay_and_nobody_refused(
    state: Consent, question: Question
) -> None:
    line = person_line(state.acts)

    if judged(state, question, Purpose.COMMERCIAL).permitted:
        assert state.iys.state is IysState.GRANTED
        assert line.act is not None
        assert line.status is ConsentStatus.GRANTED or line.is_merchant_listing
        assert not line.standing
        assert (question.address_fault, question.suppressed) == (None, None)
        assert question.dealer_allowed and not question.brand_closed
        assert question.iys_complete_at is not None


@many
@given(state=states, question=questions)
def test_a_consent_may_be_asked_for_only_where_it_is_there(
    state: Consent, question: Question
) -> None:
    commercial = judged(state, question, Purpose.COMMERCIAL)
    request = judged(state, question, Purpose.CONSENT_REQUEST)

    if commercial.permitted or commercial.row in ("1", "2"):
        assert request == commercial
    else:
        assert (request.permitted, request.row) == (False, "3")


@many
@given(state=states, question=questions, ground=st.sampled_from(ExemptGround))
def test_exempt_needs_a_ground_and_an_open_line(
    state: Consent, question: Question, ground: ExemptGround
) -> None:
    usable = question.address_fault is None and not question.brand_closed
    with_ground = judged(state, question, Purpose.EXEMPT, ground=ground)
    without = judged(state, question, Purpose.EXEMPT, ground=None)

    if with_ground.permitted:
        assert usable and not person_line(state.acts).line_closed
    elif usable:  # closed for this holder, or at İYS before the next one acted
        assert person_line(state.acts).line_closed or state.iys.source is CLOSED
    assert without == judged(state, question, Purpose.COMMERCIAL)


@many
@given(state=states, question=questions)
def test_a_ground_makes_no_commercial_message_exempt(state: Consent, question: Question) -> None:
    plain = judged(state, question, Purpose.COMMERCIAL, ground=None)

    for ground in ExemptGround:
        assert judged(state, question, Purpose.COMMERCIAL, ground=ground) == plain


@many
@given(acts=acts_by(st.just(Basis.DECLARED)), question=questions)
def test_nothing_is_permitted_on_a_declaration_alone(
    acts: tuple[Act, ...], question: Question
) -> None:
    state = Consent(version=9, acts=acts)

    assert not judged(state, question, Purpose.COMMERCIAL).permitted
    assert not judged(state, question, Purpose.CONSENT_REQUEST).permitted


@many
@given(state=states, question=questions, hours_max=st.integers(1, 100), extra=st.integers(1, 10**6))
def test_nothing_is_permitted_on_missing_or_old_knowledge(
    state: Consent, question: Question, hours_max: int, extra: int
) -> None:
    age_max = timedelta(hours=hours_max)
    too_old = NOW - age_max - timedelta(seconds=extra)

    for complete_at in (None, too_old):
        changed = structs.replace(question, iys_age_max=age_max, iys_complete_at=complete_at)
        assert not judged(state, changed, Purpose.COMMERCIAL).permitted
        assert not judged(state, changed, Purpose.CONSENT_REQUEST).permitted


@many
@given(state=states, question=questions)
def test_every_verdict_and_notice_is_one_of_the_table(state: Consent, question: Question) -> None:
    verdict = may_send(state, question)

    # Reported by itself: test_row_07_the_reason_of_a_declared_refusal_is_in_the_table
    assume(verdict.reason != "RET_DECLARED")
    assert set(verdict.warnings) <= WARNINGS.get(verdict.row, set())
    if verdict.row == "11f":
        assert verdict.kind in ("LAPSED", "REJECTED_BY_IYS")
        return
    kind, reasons = TABLE[verdict.row]
    assert verdict.kind == kind
    assert reasons is None or verdict.reason in reasons
    assert verdict.permitted == (
        verdict.row in ("15", "16") or (verdict.row == "4" and verdict.reason != "LINE_CLOSED")
    )


@many
@given(state=states, question=questions, order=st.randoms(use_true_random=False))
def test_the_order_in_which_acts_came_changes_no_verdict(
    state: Consent, question: Question, order: Any
) -> None:
    shuffled = list(state.acts)
    order.shuffle(shuffled)

    other = may_send(structs.replace(state, acts=tuple(shuffled)), question)

    assert other.permitted == may_send(state, question).permitted

"""What İYS shows, and which of it is an act of the recipient: consent.md C2, C4, R52."""

from itertools import permutations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.aggregates import bodies as b
from ledger.aggregates.commands import Command, Origin, SeeAtIys
from ledger.aggregates.consent import Act, Consent, person_line
from ledger.aggregates.decide import decide
from ledger.vocabulary import (
    Basis,
    ConsentSource,
    ConsentStatus,
    IysState,
    Outcome,
    RecipientType,
    SeenHow,
)
from tests.builders import (
    TZDATA,
    a_correction,
    a_key,
    a_movement,
    a_proven,
    a_record_act,
    a_refusal,
    a_refusal_row,
    a_row,
    an_answer,
    carry_out,
    hour,
    line_after,
    seconds_of_hour,
    state_after,
    status_after,
    the_key,
    verdict,
    wire_hour,
)

NOTHING = Consent()
GRANTED, REFUSED = ConsentStatus.GRANTED, ConsentStatus.REFUSED
OWN = [source for source in ConsentSource if source.is_recipients_own]
PROVIDERS = [source for source in ConsentSource if not source.is_recipients_own]
CLOSED = ConsentSource.IYS_AHS_HAT_KAPATMA


def own_grant(at_hour: float, **changes: object) -> SeeAtIys:
    """The recipient consented at İYS at that hour."""
    return a_movement(at_hour, **{"state": IysState.GRANTED, **changes})


def foreign(state: IysState, date_hour: float = 10, created_hour: float = 12) -> SeeAtIys:
    """Some provider declared it at İYS, and it was not us."""
    return a_movement(
        created_hour,
        state=state,
        source=ConsentSource.HS_WEB,
        consent_date=wire_hour(date_hour),
    )


def acts_shown(command: Command, state: Consent = NOTHING) -> tuple[Act, ...]:
    """The acts that a sight adds."""
    return carry_out(state, command)[1].acts[len(state.acts) :]


def test_what_iys_shows_is_recorded_verbatim_and_the_act_behind_it_after() -> None:
    shown = a_movement(10, code="H000", how=SeenHow.PUSH)

    decided = decide(a_key(), NOTHING, shown)

    assert decided.outcome is Outcome.RECORDED
    assert decided.bodies == (
        b.IysSeen(**the_key(), **msgspec.structs.asdict(shown)),
        b.ConsentRefused(
            **the_key(),
            at=hour(10),
            consent_date=wire_hour(10),
            date_precision=a_record_act().precision,
            source=ConsentSource.IYS_WEB,
            via="iys_push",
            actor="system:iys",
            basis=Basis.IYS,
            tzdata=TZDATA,
            not_pushed="L-AT-IYS",
        ),
    )


@pytest.mark.parametrize("source", OWN)
@pytest.mark.parametrize("status", ConsentStatus)
def test_a_movement_of_the_recipients_own_is_an_act(
    status: ConsentStatus, source: ConsentSource
) -> None:
    (act,) = acts_shown(a_movement(10, state=IysState(status.value), source=source))

    assert (act.status, act.source, act.basis) == (status, source, Basis.IYS)
    assert act.seq == 2


@pytest.mark.parametrize("how", SeenHow)
def test_by_whatever_way_a_refusal_is_seen_it_counts(how: SeenHow) -> None:
    assert status_after(state_after(a_record_act(5)), a_movement(10, how=how)) is REFUSED


@pytest.mark.parametrize("source", PROVIDERS)
def test_a_refusal_that_somebody_took_for_us_is_a_refusal(source: ConsentSource) -> None:
    """C2."""
    state = state_after(a_proven(5))

    assert status_after(state, a_movement(10, source=source)) is REFUSED


@pytest.mark.parametrize("source", PROVIDERS)
@pytest.mark.parametrize("state", [NOTHING, state_after(a_refusal(5))], ids=["nothing", "refused"])
def test_a_consent_that_some_provider_declared_is_no_act(
    state: Consent, source: ConsentSource
) -> None:
    """C2: it never lifts a RET."""
    assert acts_shown(a_movement(10, state=IysState.GRANTED, source=source), state) == ()


def test_our_own_refusal_shown_as_taken_is_no_second_one() -> None:
    state = state_after(a_refusal(10))

    answered = an_answer(1, state=IysState.REFUSED, source=ConsentSource.HS_MESAJ)
    pulled = msgspec.structs.replace(answered, of=None, how=SeenHow.PULL)

    assert acts_shown(answered, state) == ()
    assert acts_shown(pulled, state) == ()


def test_our_refusal_answered_after_it_was_corrected_is_no_second_one() -> None:
    """İYS names the date that it was sent."""
    state = state_after(a_refusal(10), a_correction(1, to_hour=5))
    answered = an_answer(1, state=IysState.REFUSED, source=ConsentSource.HS_MESAJ)

    assert acts_shown(answered, state) == ()


@pytest.mark.parametrize(
    ("known", "date"),
    [
        (a_record_act(10), wire_hour(10)),
        (a_refusal(5, source=ConsentSource.HS_WEB), wire_hour(10)),
        (a_refusal(10, source=ConsentSource.HS_ATM), wire_hour(10)),
        (a_refusal(5, source=ConsentSource.HS_WEB, consent_date=None), None),
    ],
    ids=["our-consent-of-that-date", "older", "by-another-way", "undated"],
)
def test_a_refusal_by_a_provider_is_not_taken_for_another_act(
    known: Command, date: str | None
) -> None:
    """C2: somebody took a refusal for us; it must not be lost behind what looks like it."""
    state = state_after(known)
    shown = a_movement(20, source=ConsentSource.HS_WEB, consent_date=date)

    assert [act.status for act in acts_shown(shown, state)] == [REFUSED]


@pytest.mark.parametrize(
    "state", [state for state in IysState if state not in (IysState.GRANTED, IysState.REFUSED)]
)
def test_no_other_state_is_an_act(state: IysState) -> None:
    assert acts_shown(a_movement(10, state=state)) == ()


def test_a_state_of_which_iys_does_not_say_where_it_came_from_is_no_act() -> None:
    """The lists of C9 name neither source nor date."""
    listed = a_movement(
        10,
        state=IysState.GRANTED,
        how=SeenHow.SNAPSHOT,
        source=None,
        consent_date=None,
        creation_date=None,
    )

    assert verdict(NOTHING, listed) == (Outcome.RECORDED, None)
    assert acts_shown(listed) == ()


@pytest.mark.parametrize("status", ConsentStatus)
def test_4_an_act_at_iys_takes_effect_when_iys_created_it(status: ConsentStatus) -> None:
    """C4, R52: in order of creationDate, whatever its consentDate."""
    shown = a_movement(20, state=IysState(status.value), consent_date=wire_hour(5))

    (act,) = acts_shown(shown)

    assert (act.at, act.consent_date) == (seconds_of_hour(20), wire_hour(5))


def test_4_a_providers_refusal_at_iys_takes_effect_on_its_consent_date() -> None:
    """C4: creationDate is for `IYS_*` acts only; what a provider declares counts from its date."""
    (act,) = acts_shown(foreign(IysState.REFUSED, date_hour=10, created_hour=40))

    assert act.at == seconds_of_hour(10)


@pytest.mark.parametrize("file_first", [True, False], ids=["file-first", "iys-first"])
def test_4_one_refusal_known_from_a_file_and_from_iys_counts_once_and_alike(
    file_first: bool,
) -> None:
    row = a_refusal_row(10, source=ConsentSource.HS_WEB)
    shown = foreign(IysState.REFUSED, date_hour=10, created_hour=40)

    state = NOTHING
    for command in (row, shown) if file_first else (shown, row):
        state = carry_out(state, command)[1]

    assert [act.at for act in state.acts] == [seconds_of_hour(10)]


def test_the_recipients_own_consent_lifts_a_refusal_and_a_later_refusal_ends_it() -> None:
    state = state_after(a_refusal(5), a_movement(10))
    assert status_after(state, own_grant(20)) is GRANTED

    state = state_after(own_grant(20), state=state)
    assert status_after(state, a_movement(30)) is REFUSED


def test_an_older_consent_at_iys_does_not_lift_a_newer_refusal() -> None:
    assert status_after(state_after(a_refusal(20)), own_grant(10)) is REFUSED


def test_a_consent_at_iys_without_creation_date_does_not_lift_what_is_later_than_its_date() -> None:
    """C4.3. Asked after the person refused, İYS still shows the consent from before."""
    state = state_after(a_refusal(20))
    asked = own_grant(10, how=SeenHow.STATUS, creation_date=None, at=hour(30), seen_at=hour(30))

    assert status_after(state, asked) is REFUSED


def test_r52_a_closed_line_carries_an_old_consent_date_and_ends_the_consent() -> None:
    state = state_after(a_record_act(20))
    closed = a_movement(30, source=CLOSED, consent_date=wire_hour(20))

    assert verdict(state, closed) == (Outcome.RECORDED, None)
    assert status_after(state, closed) is REFUSED
    assert line_after(state, closed).line_closed


def test_r52_a_closed_line_is_told_apart_from_an_older_one_with_the_same_consent_date() -> None:
    """Closed, reopened by the person at İYS, closed again; both carry the first consent's date."""
    first, again = (a_movement(at, source=CLOSED, consent_date=wire_hour(5)) for at in (10, 30))
    state = state_after(first, own_grant(20))

    assert len(acts_shown(again, state)) == 1
    assert status_after(state, again) is REFUSED


def test_r52_a_merchants_closed_line_carries_no_date() -> None:
    """declared/iys-gunluk.csv, line 4."""
    key = a_key(recipient_type=RecipientType.MERCHANT)
    closed = a_movement(10, source=CLOSED, consent_date=None)

    _, state = carry_out(NOTHING, closed, key=key)

    assert (state.acts[0].at, state.acts[0].consent_date) == (seconds_of_hour(10), None)


@pytest.mark.parametrize(
    "shown",
    [a_movement(10), own_grant(10), a_movement(10, source=CLOSED), foreign(IysState.REFUSED)],
    ids=["refusal", "consent", "closed-line", "by-a-provider"],
)
def test_the_same_movement_again_changes_no_act(shown: SeeAtIys) -> None:
    """Push, pull and day file bring each movement; right after it, or when the line moved on."""
    at_once = state_after(shown)
    later = state_after(foreign(IysState.GRANTED, 11, 50), a_refusal(60), state=at_once)
    other_way = msgspec.structs.replace(shown, how=SeenHow.DAY_FILE, seen_at=hour(90))

    for state in (at_once, later):
        for again in (shown, other_way):
            assert acts_shown(again, state) == ()
            assert line_after(state, again) == person_line(state.acts)


def test_what_was_recorded_live_is_not_recorded_again_when_iys_shows_it() -> None:
    state = state_after(a_refusal(10, source=ConsentSource.HS_WEB))

    assert acts_shown(foreign(IysState.REFUSED, 10, 40), state) == ()


def test_a_corrected_refusal_is_not_brought_back_by_what_iys_still_holds() -> None:
    """C3: the İYS line stays what İYS holds; the act is the corrected one."""
    state = state_after(
        a_refusal(10, source=ConsentSource.HS_WEB), a_correction(1, to_hour=5), own_grant(7)
    )
    assert person_line(state.acts).status is GRANTED

    assert status_after(state, foreign(IysState.REFUSED, 10, 12)) is GRANTED


def test_a_declared_act_of_iys_does_not_hide_the_movement_that_proves_it() -> None:
    declared = a_row(10, origin=Origin.DECLARED, source=ConsentSource.IYS_WEB)
    state = state_after(a_refusal(5), declared)
    assert person_line(state.acts).status is REFUSED

    assert status_after(state, own_grant(10, consent_date=wire_hour(10), at=hour(10))) is GRANTED


movements = st.lists(
    st.builds(
        lambda at, date, state, source: a_movement(
            at, state=state, source=source, consent_date=wire_hour(date)
        ),
        st.integers(0, 8),
        st.integers(0, 8),
        st.sampled_from((IysState.GRANTED, IysState.REFUSED, IysState.NOT_GRANTED)),
        st.sampled_from((*OWN[:3], CLOSED)),
    ),
    max_size=4,
    unique_by=lambda shown: (shown.at, shown.state, shown.source),
)


@settings(max_examples=60)
@given(shown=movements, before=st.sampled_from([NOTHING, state_after(a_refusal(4), a_proven(5))]))
def test_movements_in_any_order_and_however_often_come_to_the_same(
    shown: list[SeeAtIys], before: Consent
) -> None:
    """R52."""
    results = set()
    for order in permutations(shown):
        state = before
        for command in (*order, *order):
            state = carry_out(state, command)[1]
        line = person_line(state.acts)
        marks = sorted((act.at, str(act.status), str(act.source)) for act in state.acts)
        results.add((line.status, line.act and line.act.at, len(line.standing), tuple(marks)))

    assert len(results) == 1

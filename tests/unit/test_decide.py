"""Refusals are never refused, and what an act's body says: consent.md C5, C3."""

from collections.abc import Callable

import pytest

from ledger.aggregates import bodies as b
from ledger.aggregates.acts import act_body
from ledger.aggregates.commands import Origin, RecordAct
from ledger.aggregates.consent import Consent, person_line
from ledger.aggregates.decide import decide
from ledger.vocabulary import (
    Basis,
    ConsentSource,
    ConsentStatus,
    DatePrecision,
    Outcome,
    RecipientType,
)
from tests.builders import (
    TZDATA,
    a_key,
    a_listing,
    a_movement,
    a_proven,
    a_provenance,
    a_record_act,
    a_refusal,
    a_retraction,
    hour,
    recorded_act,
    state_after,
    status_after,
    the_key,
    verdict,
    wire_hour,
)

NOTHING = Consent()
KEPT = a_refusal(10, defects=("H116",))
GRANTED, REFUSED = ConsentStatus.GRANTED, ConsentStatus.REFUSED
DOORS = (Origin.LIVE, Origin.FILE, Origin.DECLARED)
RET_AT_IYS = a_movement(10)


def test_a_consent_is_recorded_with_all_that_was_given() -> None:
    command = a_record_act(
        10,
        provenance=a_provenance(approved_by="user:2"),
        precision=DatePrecision.SECOND,
        row=7,
        retailer=10000001,
        evidence_kinds=("form", "confirmation"),
        captured_at=hour(9),
        defects=("H999",),
    )

    decided = decide(a_key(), NOTHING, command)

    assert decided.act_seq == 1
    assert decided.bodies == (
        b.ConsentGranted(
            **the_key(),
            at=hour(10),
            consent_date=wire_hour(10),
            date_precision=DatePrecision.SECOND,
            source=ConsentSource.HS_WEB,
            via="api",
            actor="key:1",
            basis=Basis.OWN_CAPTURE,
            tzdata=TZDATA,
            received_at=hour(200),
            captured_at=hour(9),
            row=7,
            evidence_kinds=("form", "confirmation"),
            approved_by="user:2",
            retailer=10000001,
            defect=("H999",),
        ),
    )


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        (a_record_act(), b.ConsentGranted),
        (a_refusal(), b.ConsentRefused),
        (a_listing(), b.MerchantListed),
    ],
    ids=["grant", "refusal", "listing"],
)
def test_each_status_is_a_type_of_its_own(command: RecordAct, kind: type[b.ActBody]) -> None:
    assert type(recorded_act(NOTHING, command)) is kind


def test_the_body_is_of_the_key_that_was_asked_for() -> None:
    key = a_key(recipient_type=RecipientType.MERCHANT)

    body = act_body(key, a_record_act())

    assert (body.recipient_type, body.subject) == (RecipientType.MERCHANT, str(key.subject))


def test_a_body_made_before_the_lock_decides_alike() -> None:
    command = a_record_act()
    body = act_body(a_key(), command)

    assert decide(a_key(), NOTHING, command, body=body) == decide(a_key(), NOTHING, command)


def test_a_first_refusal_is_effective_at_once_and_told_to_iys() -> None:
    """R32: İYS will not take a first RET; that is no reason to lose it."""
    assert verdict(NOTHING, a_refusal()) == (Outcome.RECORDED, None)
    assert status_after(NOTHING, a_refusal()) is REFUSED
    assert recorded_act(NOTHING, a_refusal()).not_pushed is None


@pytest.mark.parametrize("ret_hour", [10, 11], ids=["of-the-same-instant", "later"])
def test_a_refusal_ends_a_consent(ret_hour: float) -> None:
    state = state_after(a_proven(10, approved=True))

    assert verdict(state, a_refusal(ret_hour)) == (Outcome.RECORDED, None)
    assert status_after(state, a_refusal(ret_hour)) is REFUSED


def test_a_refusal_older_than_a_consent_that_cannot_lift_it_is_effective() -> None:
    state = state_after(a_record_act(20))

    assert verdict(state, a_refusal(10)) == (Outcome.RECORDED, None)
    assert status_after(state, a_refusal(10)) is REFUSED


def test_a_refusal_that_a_later_consent_lifted_before_it_came_is_history() -> None:
    state = state_after(a_proven(20))

    assert verdict(state, a_refusal(10)) == (Outcome.HISTORY, "L-HISTORY")
    assert status_after(state, a_refusal(10)) is GRANTED
    assert recorded_act(state, a_refusal(10)).not_pushed == "L-HISTORY"


def test_a_refusal_older_than_one_that_stands_is_history() -> None:
    state = state_after(a_refusal(20))

    assert verdict(state, a_refusal(10)) == (Outcome.HISTORY, "L-HISTORY")
    assert status_after(state, a_refusal(10)) is REFUSED


def test_a_newer_refusal_over_a_refusal_is_recorded() -> None:
    assert verdict(state_after(a_refusal(10)), a_refusal(20)) == (Outcome.RECORDED, None)


@pytest.mark.parametrize("origin", DOORS)
@pytest.mark.parametrize("defect", ["H113", "H119", "H116", "H158"])
def test_a_refusal_with_a_defect_is_kept_effective_and_not_sent_on(
    defect: str, origin: Origin
) -> None:
    """C8: effective, `suppressed L-RET-KEPT`; nothing is invented towards İYS."""
    state = state_after(a_record_act(5))
    ret = a_refusal(10, defects=(defect,), provenance=a_provenance(origin))

    assert verdict(state, ret) == (Outcome.SUPPRESSED, "L-RET-KEPT")
    assert status_after(state, ret) is REFUSED
    assert recorded_act(state, ret).defect == (defect,)
    assert recorded_act(state, ret).not_pushed is not None


@pytest.mark.parametrize("code", ["H180", "L-LANDLINE", "L-KURUMSAL"])
def test_a_refusal_with_a_warning_is_recorded_and_warned(code: str) -> None:
    ret = a_refusal(warnings=("L-9005", code))

    assert verdict(NOTHING, ret) == (Outcome.WARNED, code)
    assert status_after(NOTHING, ret) is REFUSED


def test_a_mended_address_of_a_refusal_is_only_a_code_beside_recorded() -> None:
    assert verdict(NOTHING, a_refusal(warnings=("L-9005",))) == (Outcome.RECORDED, "L-9005")


def test_the_same_refusal_again_is_known_already() -> None:
    state = state_after(a_record_act(5), a_refusal(10))

    decided = decide(a_key(), state, a_refusal(10))

    assert (decided.outcome, decided.act_seq, decided.bodies) == (Outcome.ALREADY, 2, ())


def test_a_refusal_by_another_way_is_not_the_same() -> None:
    state = state_after(a_refusal(10))

    assert verdict(state, a_refusal(10, source=ConsentSource.HS_EPOSTA))[0] is Outcome.HISTORY


def test_a_refusal_that_was_retracted_counts_anew_when_it_comes_again() -> None:
    state = state_after(a_record_act(5), a_refusal(10), a_retraction(of=2))

    assert verdict(state, a_refusal(10)) == (Outcome.RECORDED, None)
    assert status_after(state, a_refusal(10)) is REFUSED


def undated(received_hour: float) -> RecordAct:
    return a_refusal(received_hour, consent_date=None)


def future(received_hour: float) -> RecordAct:
    """H162: the giver's clock is far ahead, so the instant is that of receipt (C7)."""
    return a_refusal(received_hour, consent_date="2099-01-01 00:00:00", defects=("H162",))


@pytest.mark.parametrize("again", [undated, future])
def test_a_live_refusal_whose_instant_we_assigned_is_never_taken_for_an_earlier_one(
    again: Callable[[float], RecordAct],
) -> None:
    """The person consents anew and then refuses anew through the same broken form."""
    state = state_after(again(10), a_proven(20))
    assert person_line(state.acts).status is GRANTED

    assert verdict(state, again(30))[0] is not Outcome.ALREADY
    assert status_after(state, again(30)) is REFUSED


def test_a_kept_refusal_that_comes_again_without_its_defect_is_for_iys_once() -> None:
    """R31: İYS was not told of the one that was kept (C5)."""
    kept = state_after(a_record_act(5), KEPT)

    assert recorded_act(kept, a_refusal(10)).not_pushed is None
    told = state_after(a_refusal(10), state=kept)
    assert verdict(told, a_refusal(10)) == (Outcome.ALREADY, None)


def test_a_refusal_that_was_told_is_known_when_it_comes_again_with_a_defect() -> None:
    told = state_after(a_record_act(5), a_refusal(10))

    assert verdict(told, KEPT) == (Outcome.ALREADY, None)
    assert verdict(state_after(KEPT), KEPT) == (Outcome.ALREADY, None)

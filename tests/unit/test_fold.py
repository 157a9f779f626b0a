"""What acts mean together: consent.md C4. The numbers are its rules."""

from typing import Any

import msgspec
import pytest

from ledger.aggregates import bodies as b
from ledger.aggregates.consent import (
    BEFORE_EVERYTHING,
    Act,
    Consent,
    PersonLine,
    act_of,
    lifts,
    person_line,
)
from ledger.vocabulary import Basis, ConsentSource, ConsentStatus, DatePrecision
from tests.builders import an_act, an_act_body, hour, replayed, seconds_of_hour, the_key, wire_hour

RET_HOUR = 10
LATER = 20
GRANTED, REFUSED = ConsentStatus.GRANTED, ConsentStatus.REFUSED
CLOSED = ConsentSource.IYS_AHS_HAT_KAPATMA
Marks = dict[str, Any]  # members of an act or body, to be spread


def grant(at_hour: float = LATER, *, seq: int = 2, **changes: Any) -> Act:
    return an_act(at_hour, **{"seq": seq, **changes})


def refusal(at_hour: float = RET_HOUR, *, seq: int = 1, **changes: Any) -> Act:
    said: Marks = {"status": REFUSED, "source": ConsentSource.HS_MESAJ}
    return an_act(at_hour, **{**said, "seq": seq, **changes})


def listing(*, seq: int = 9, **changes: Any) -> Act:
    bare: Marks = {"status": None, "at": BEFORE_EVERYTHING, "consent_date": None, "source": None}
    return an_act(0, **{**bare, "seq": seq, **changes})


def at_iys(source: ConsentSource = ConsentSource.IYS_WEB) -> Marks:
    """What marks an act that the recipient did at İYS, seen there."""
    return {"source": source, "basis": Basis.IYS}


def proven(evidence_hour: float = LATER, *, approved: bool = False) -> Marks:
    """What marks an act with evidence of that hour."""
    return {"evidence_at": seconds_of_hour(evidence_hour), "approved": approved}


LIFTING: dict[str, tuple[Marks, Marks]] = {
    "the-recipients-own-act-at-iys": (at_iys(), {}),
    "the-recipients-own-act-over-one-at-iys": (at_iys(), at_iys()),
    "capture-with-evidence": (proven(), {}),
    "capture-with-evidence-one-second-later": (proven(RET_HOUR + 1 / 3600), {}),
    "approved-capture-over-one-at-iys": (proven(approved=True), at_iys()),
    "capture-over-one-of-unknown-source": (proven(), {"source": None}),
    "released": ({"basis": Basis.DECLARED, "lifts": (1,)}, {}),
    "released-over-one-at-iys": ({"basis": Basis.DECLARED, "lifts": (7, 1)}, at_iys()),
}
NOT_LIFTING: dict[str, tuple[Marks, Marks]] = {
    "capture-without-evidence": ({}, {}),
    "approved-without-evidence": ({"approved": True}, {}),
    "evidence-as-old-as-the-refusal": (proven(RET_HOUR, approved=True), {}),
    "evidence-older-than-the-refusal": (proven(RET_HOUR - 1, approved=True), {}),
    "evidence-unapproved-over-one-at-iys": (proven(), at_iys()),
    "declared-with-approved-evidence": ({"basis": Basis.DECLARED, **proven(approved=True)}, {}),
    "declared-as-the-recipients-own": ({**at_iys(), "basis": Basis.DECLARED}, {}),
    "captured-as-the-recipients-own": ({**at_iys(), "basis": Basis.OWN_CAPTURE}, {}),
    "foreign-provider-act-at-iys": (at_iys(ConsentSource.HS_WEB), {}),
    "foreign-with-approved-evidence": (
        {**at_iys(ConsentSource.HS_WEB), **proven(approved=True)},
        {},
    ),
    "released-over-another": ({"lifts": (3,)}, {}),
}
either = pytest.mark.parametrize("first", ["grant-first", "refusal-first"])


def folded(one: Act, other: Act, first: str) -> PersonLine:
    return person_line((one, other) if first == "grant-first" else (other, one))


def test_4_1_without_any_act_there_is_nothing() -> None:
    assert person_line(()) == PersonLine(None, None)


def test_4_1_without_a_refusal_the_newest_grant_holds() -> None:
    acts = [grant(5), grant(30, seq=3), grant(20, seq=4)]

    assert person_line(acts) == PersonLine(GRANTED, acts[1])


def test_4_1_a_grant_outranks_a_listing_whatever_their_dates() -> None:
    dated = listing(at=seconds_of_hour(99))

    assert person_line((grant(5), dated, listing(seq=8))) == PersonLine(GRANTED, grant(5))


def test_4_1_a_listing_alone_is_no_act_of_the_recipient() -> None:
    line = person_line((listing(),))

    assert (line.status, line.act, line.is_merchant_listing) == (None, listing(), True)
    assert not person_line(()).is_merchant_listing
    assert not person_line((grant(),)).is_merchant_listing


def test_4_an_undated_listing_is_earlier_than_everything() -> None:
    dated = listing(seq=8, at=seconds_of_hour(-90_000))

    assert person_line((listing(), dated)).act == dated
    assert person_line((dated, listing())).act == dated


@either
@pytest.mark.parametrize("marks", LIFTING, ids=str)
def test_4_3_a_later_grant_lifts_a_refusal(marks: str, first: str) -> None:
    of_grant, of_refusal = LIFTING[marks]
    line = folded(grant(**of_grant), refusal(**of_refusal), first)

    assert line == PersonLine(GRANTED, grant(**of_grant))


@either
@pytest.mark.parametrize("grant_hour", [LATER, 30_000], ids=["ten-hours", "three-years"])
@pytest.mark.parametrize("marks", NOT_LIFTING, ids=str)
def test_4_2_a_refusal_holds_against_a_grant_that_cannot_lift_it_whatever_its_date(
    marks: str, grant_hour: float, first: str
) -> None:
    of_grant, of_refusal = NOT_LIFTING[marks]
    held, ret = grant(grant_hour, **of_grant), refusal(**of_refusal)

    assert folded(held, ret, first) == PersonLine(REFUSED, ret, (ret,), (held,))


@either
@pytest.mark.parametrize("grant_hour", [RET_HOUR, RET_HOUR - 1], ids=["equal", "earlier"])
@pytest.mark.parametrize("marks", LIFTING, ids=str)
def test_4_2_a_refusal_holds_against_every_earlier_or_equal_grant(
    marks: str, grant_hour: float, first: str
) -> None:
    """Ties go to the refusal; and what is not later than it is not held either."""
    of_grant, of_refusal = LIFTING[marks]
    older, ret = grant(grant_hour, **of_grant), refusal(**of_refusal)

    assert folded(older, ret, first) == PersonLine(REFUSED, ret, (ret,), ())


def test_4_2_one_refusal_that_stands_is_enough() -> None:
    """The capture lifts the older refusal, and is held over the one at İYS."""
    ours, theirs, capture = refusal(5), refusal(8, seq=3, **at_iys()), grant(**proven())

    line = person_line((ours, theirs, capture))

    assert line == PersonLine(REFUSED, theirs, (theirs,), (capture,))


def test_4_2_a_refusal_after_the_grant_that_lifted_another_stands_alone() -> None:
    lifted, capture, again = refusal(), grant(**proven()), refusal(LATER + 1, seq=3)

    assert person_line((lifted, capture, again)) == PersonLine(REFUSED, again, (again,), ())


def test_4_2_the_newest_of_the_refusals_that_stand_decides() -> None:
    older, newer = refusal(5), refusal(7, seq=3)

    line = person_line((newer, older))

    assert (line.act, set(line.standing)) == (newer, {older, newer})


def test_4_2_a_listing_neither_lifts_a_refusal_nor_is_held() -> None:
    dated = listing(at=seconds_of_hour(99), source=ConsentSource.HS_WEB)

    assert person_line((refusal(), dated)) == PersonLine(REFUSED, refusal(), (refusal(),), ())


def test_4_3_refusals_may_be_lifted_by_different_grants() -> None:
    """What İYS shows lifts İYS's refusal; our capture lifts ours; the newest grant decides."""
    theirs, own = refusal(5, **at_iys()), grant(6, seq=3, **at_iys())
    ours, capture = refusal(8, seq=4), grant(9, **proven(9))

    assert person_line((ours, theirs, capture, own)) == PersonLine(GRANTED, capture)


def test_4_3_once_its_refusals_are_lifted_a_mere_record_counts_again() -> None:
    record, lifting = grant(30, basis=Basis.DECLARED), grant(15, seq=3, **at_iys())

    assert person_line((record, refusal())).held == (record,)
    assert person_line((record, refusal(), lifting)) == PersonLine(GRANTED, record)


def test_4_4_time_alone_releases_nothing() -> None:
    for years in range(1, 30):
        assert not lifts(grant(years * 365 * 24, basis=Basis.DECLARED), refusal())


def test_4_4_a_release_does_not_reach_a_refusal_it_did_not_name() -> None:
    released, unnamed = grant(lifts=(1,), basis=Basis.DECLARED), refusal(12, seq=3)

    assert person_line((refusal(), released, unnamed)).standing == (unnamed,)


def test_4_5_an_older_act_is_history_and_changes_nothing_now() -> None:
    now = (refusal(), grant(**proven()))
    older = (refusal(8, seq=3), grant(5, seq=4), listing())

    assert person_line((*older, *now)) == person_line(now)


def test_only_a_closed_line_that_stands_closes_the_line() -> None:
    """R35."""
    closed = refusal(**at_iys(CLOSED))

    assert person_line((closed,)).line_closed
    assert not person_line((closed, grant(**at_iys()))).line_closed
    assert not person_line((refusal(**at_iys()),)).line_closed


def test_only_iys_or_its_export_says_that_a_line_is_closed() -> None:
    """C5: from anybody else an IYS_* source is a defect, and the refusal is an ordinary one."""
    claimed = refusal(source=CLOSED, basis=Basis.OWN_CAPTURE)

    assert person_line((claimed,)).status is REFUSED
    assert not person_line((claimed,)).line_closed


@pytest.mark.parametrize("retracted", [grant(**proven()), refusal(30, seq=3), listing(seq=4)])
def test_4_6_a_retracted_act_counts_no_more(retracted: Act) -> None:
    kept = (refusal(), grant(5, seq=5))
    gone = msgspec.structs.replace(retracted, retracted=True)

    assert person_line((*kept, gone)) == person_line(kept)
    assert person_line((gone,)) == PersonLine(None, None)


MIDNIGHT = 21


@pytest.mark.parametrize(
    "marks",
    [
        proven(),
        {"basis": Basis.OWN_CAPTURE},
        {"source": ConsentSource.HS_ATM},
        {"source": None},
        {"consent_date": wire_hour(MIDNIGHT)[:10], "precision": DatePrecision.DAY},
    ],
    ids=["evidence", "basis", "source", "no-source", "precision"],
)
@pytest.mark.parametrize("status", [GRANTED, REFUSED])
def test_4_at_a_tie_the_same_act_decides_in_any_order(status: ConsentStatus, marks: Marks) -> None:
    """Two acts of one instant differ in what is shown of them, so the order must not choose."""
    one = grant(MIDNIGHT, status=status, basis=Basis.DECLARED)
    other = msgspec.structs.replace(one, seq=3, **marks)

    assert person_line((one, other)).act == person_line((other, one)).act


MENDED_ACT = 1


def mended(state: Consent, *bodies: b.ConsentBody) -> Act:
    return replayed(*bodies, state=state).acts[MENDED_ACT - 1]


def correction(field: str, is_now: str | None, effective_at: str | None = None) -> b.ConsentBody:
    return b.ConsentCorrected(
        **the_key(),
        of=MENDED_ACT,
        corrected_field=field,
        was="x",
        is_now=is_now,
        reason="typo",
        at=hour(90),
        actor="user:1",
        approved_by="user:2",
        effective_at=effective_at,
    )


def retraction(of: int = MENDED_ACT) -> b.ConsentBody:
    return b.ConsentRetracted(
        **the_key(), of=of, reason="typo", at=hour(90), actor="user:1", approved_by="user:2"
    )


def evidence(captured_hour: float, approved_by: str | None = None) -> b.ConsentBody:
    return b.ConsentEvidenceAdded(
        **the_key(),
        of=MENDED_ACT,
        evidence_kinds=("scan",),
        captured_at=hour(captured_hour),
        at=hour(90),
        actor="user:1",
        approved_by=approved_by,
    )


def test_4_6_a_corrected_date_moves_the_act_and_the_former_one_is_remembered() -> None:
    act = mended(replayed(an_act_body()), correction("consent_date", wire_hour(3), hour(3)))

    assert (act.at, act.consent_date) == (seconds_of_hour(3), wire_hour(3))
    assert act.former == ((wire_hour(10), act.source),)


def test_4_6_a_date_that_nobody_knows_is_taken_back_and_the_instant_set_anew() -> None:
    """C4: the unknown date of a RET is its receipt."""
    act = mended(
        replayed(an_act_body(b.ConsentRefused)), correction("consent_date", None, hour(30))
    )

    assert (act.at, act.consent_date) == (seconds_of_hour(30), None)


def test_4_6_a_corrected_source_replaces_the_source_and_moves_nothing() -> None:
    act = mended(replayed(an_act_body()), correction("source", "HS_MESAJ"))

    assert (act.source, act.at) == (ConsentSource.HS_MESAJ, seconds_of_hour(10))


def test_4_6_a_correction_can_put_a_grant_behind_or_before_a_refusal() -> None:
    ret = an_act_body(b.ConsentRefused, 10)
    state = replayed(an_act_body(at_hour=20, evidence_kinds=("form",)), ret)
    assert person_line(state.acts).status is GRANTED

    moved = replayed(correction("consent_date", wire_hour(9), hour(9)), state=state)

    assert person_line(moved.acts).status is REFUSED


def test_4_6_a_retracted_refusal_gives_the_grant_back() -> None:
    state = replayed(an_act_body(b.ConsentRefused), an_act_body(at_hour=5))
    assert person_line(state.acts).status is REFUSED

    assert person_line(replayed(retraction(), state=state).acts).status is GRANTED


@pytest.mark.parametrize("of", [0, 2, 7])
def test_4_6_only_the_act_that_is_named_changes(of: int) -> None:
    state = replayed(an_act_body(at_hour=3), an_act_body(at_hour=4))

    changed = {act.seq for act in replayed(retraction(of), state=state).acts if act.retracted}

    assert changed == {of} & {1, 2}


def test_4_6_a_field_that_cannot_be_corrected_stays_as_it_is() -> None:
    """An event of a later release must not stop a replay."""
    state = replayed(an_act_body())

    assert mended(state, correction("retailer", "10000001")) == state.acts[0]


def test_4_3_later_evidence_lifts_and_older_evidence_takes_nothing_away() -> None:
    state = replayed(an_act_body(at_hour=20), an_act_body(b.ConsentRefused, 10))
    assert person_line(state.acts).status is REFUSED

    with_old = replayed(evidence(9), state=state)
    with_new = replayed(evidence(19), evidence(9), state=state)

    assert person_line(with_old.acts).status is REFUSED
    assert person_line(with_new.acts).status is GRANTED


def test_4_3_approval_that_comes_with_the_evidence_counts_and_stays() -> None:
    ret = an_act_body(b.ConsentRefused, 10, source=ConsentSource.IYS_WEB, basis=Basis.IYS)
    state = replayed(an_act_body(at_hour=20), ret)

    alone = replayed(evidence(20), state=state)
    approved = replayed(evidence(20, "user:2"), evidence(21), state=state)

    assert person_line(alone.acts).status is REFUSED
    assert person_line(approved.acts).status is GRANTED


@pytest.mark.parametrize(
    ("changes", "evidence_hour"),
    [
        ({}, None),
        ({"captured_at": hour(4)}, None),
        ({"evidence_kinds": ("form",)}, 10),
        ({"evidence_kinds": ("form",), "captured_at": hour(4)}, 4),
    ],
    ids=["none", "only-a-date", "as-old-as-the-act", "dated"],
)
def test_evidence_is_as_old_as_its_capture_or_else_as_its_act(
    changes: Marks, evidence_hour: float | None
) -> None:
    act = act_of(an_act_body(**{"at_hour": 10, **changes}), seq=1, position=101)

    assert act.evidence_at == (evidence_hour and seconds_of_hour(evidence_hour))

"""What acts come to does not depend on the order in which they came: consent.md C4."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.aggregates import bodies as b
from ledger.aggregates.consent import Act, Consent, PersonLine, evolve, person_line
from ledger.vocabulary import Basis, ConsentSource, ConsentStatus
from tests.builders import an_act_body, hour, the_key, wire_hour

HOURS = 6
DEEDS_MAX = 5
BY = {"at": hour(90), "actor": "user:1", "approved_by": "user:2"}
RET_SOURCES = (
    ConsentSource.HS_MESAJ,
    ConsentSource.HS_KARAR,
    ConsentSource.IYS_WEB,
    ConsentSource.IYS_AHS_HAT_KAPATMA,
)
ONAY_SOURCES = (ConsentSource.HS_WEB, ConsentSource.HS_ATM, ConsentSource.IYS_WEB)


@dataclass(frozen=True, slots=True)
class Deed:
    """An act, and what is done to it later: at most one of each kind, so that no order is meant."""

    act: b.ActBody
    evidence: tuple[int, str | None] | None
    corrected_to: int | None
    source: ConsentSource | None
    retracted: bool
    released: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One event: the deed that it adds (`part` is "act") or mends."""

    deed: int
    part: str


hours = st.integers(0, HOURS)
sources = {
    b.ConsentGranted: st.sampled_from(ONAY_SOURCES),
    b.ConsentRefused: st.sampled_from((*RET_SOURCES, None)),
    b.MerchantListed: st.sampled_from((ConsentSource.HS_WEB, None)),
}


@st.composite
def deeds(draw: st.DrawFn) -> Deed:
    kind = draw(st.sampled_from((b.ConsentGranted, b.ConsentRefused, b.MerchantListed)))
    at = draw(hours)
    marks: dict[str, Any] = {
        "source": draw(sources[kind]),
        "basis": draw(st.sampled_from(Basis)),
        "evidence_kinds": draw(st.sampled_from(((), ("form",)))),
        "captured_at": draw(st.none() | hours.map(hour)),
        "approved_by": draw(st.sampled_from((None, "user:2"))),
    }
    if kind is b.MerchantListed and draw(st.booleans()):
        marks |= {"at": None, "consent_date": None}
    mends = st.tuples(hours, st.sampled_from((None, "user:2")))
    return Deed(
        an_act_body(kind, at, **marks),
        evidence=draw(st.none() | mends),
        corrected_to=draw(st.none() | st.none() | hours),
        source=draw(st.none() | st.none() | sources[kind]),
        retracted=draw(st.sampled_from((False, False, False, True))),
        released=kind is b.ConsentGranted and draw(st.booleans()),
    )


def steps_of(all_deeds: Sequence[Deed]) -> list[Step]:
    parts = ("act", "evidence", "corrected_to", "source", "retracted", "released")
    return [
        Step(number, part)
        for number, deed in enumerate(all_deeds)
        for part in parts
        if getattr(deed, part) not in (None, False)
    ]


def body_of(step: Step, deed: Deed, seqs: dict[int, int], over: Sequence[int]) -> b.ConsentBody:
    mend: dict[str, Any] = {**the_key(), **BY, "of": seqs.get(step.deed, 0)}
    match step.part:
        case "act":
            return deed.act
        case "evidence":
            assert deed.evidence is not None
            captured, approved_by = deed.evidence
            mend |= {"captured_at": hour(captured), "approved_by": approved_by}
            return b.ConsentEvidenceAdded(**mend, evidence_kinds=("scan",))
        case "corrected_to":
            assert deed.corrected_to is not None
            new = {"is_now": wire_hour(deed.corrected_to), "effective_at": hour(deed.corrected_to)}
            mend |= {"corrected_field": "consent_date", "was": deed.act.consent_date, **new}
            return b.ConsentCorrected(**mend, reason="typo")
        case "source":
            mend |= {"corrected_field": "source", "was": deed.act.source, "is_now": deed.source}
            return b.ConsentCorrected(**mend, reason="typo")
        case "retracted":
            return b.ConsentRetracted(**mend, reason="typo")
        case _:
            return b.ConsentReleased(**mend, ground="evidence", over=tuple(seqs[d] for d in over))


def told(all_deeds: Sequence[Deed], order: Sequence[Step]) -> tuple[Consent, dict[int, int]]:
    """Replay in that order, a mend no sooner than what it is about; and which deed has which seq.

    A release names every refusal there is but those of odd numbers, so that some stay unnamed.
    """
    over = [
        number
        for number, deed in enumerate(all_deeds)
        if isinstance(deed.act, b.ConsentRefused) and number % 2 == 0
    ]
    state, seqs, waiting = Consent(), dict[int, int](), list(order)
    while waiting:
        step = next(step for step in waiting if _can_come(step, seqs, over))
        waiting.remove(step)
        seq = state.version + 1
        body = body_of(step, all_deeds[step.deed], seqs, over)
        state = evolve(state, body, seq=seq, position=100 + seq)
        if step.part == "act":
            seqs[step.deed] = seq
    return state, {seq: deed for deed, seq in seqs.items()}


def _can_come(step: Step, seqs: dict[int, int], over: Sequence[int]) -> bool:
    needs = {"act": (), "released": (step.deed, *over)}.get(step.part, (step.deed,))
    return all(deed in seqs for deed in needs)


def result(state: Consent, deed_of: dict[int, int]) -> tuple[object, ...]:
    """All that C4 says of the person line, with deeds for acts: their seq depends on the order."""
    line = person_line(state.acts)
    return (
        line.status,
        line.act and line.act.at,
        {deed_of[act.seq] for act in line.standing},
        {deed_of[act.seq] for act in line.held},
        line.line_closed,
        line.is_merchant_listing,
    )


@st.composite
def orders(draw: st.DrawFn) -> tuple[list[Deed], list[Step], list[Step]]:
    made = draw(st.lists(deeds(), max_size=DEEDS_MAX))
    steps = steps_of(made)
    return made, draw(st.permutations(steps)), draw(st.permutations(steps))


@settings(max_examples=300)
@given(example=orders())
def test_4_acts_and_mends_in_any_order_come_to_the_same(
    example: tuple[list[Deed], list[Step], list[Step]],
) -> None:
    all_deeds, one, other = example

    assert result(*told(all_deeds, one)) == result(*told(all_deeds, other))


@settings(max_examples=60)
@given(example=orders())
def test_4_the_kept_state_is_as_good_as_the_events(
    example: tuple[list[Deed], list[Step], list[Step]],
) -> None:
    """`current_consent` holds it as bytes; nothing of it may get lost there."""
    state, _ = told(example[0], example[1])

    assert msgspec.msgpack.decode(msgspec.msgpack.encode(state), type=Consent) == state


acts_of_one_key = orders().map(lambda example: told(example[0], example[1])[0].acts)


def renumbered(act: Act) -> Act:
    """The same act, come after all others, so that no release names it."""
    return msgspec.structs.replace(act, seq=10_000)


@settings(max_examples=60)
@given(acts=acts_of_one_key, more=acts_of_one_key)
def test_4_2_one_more_refusal_never_makes_a_refused_line_anything_else(
    acts: tuple[Act, ...], more: tuple[Act, ...]
) -> None:
    for refusal in (act for act in more if act.status is ConsentStatus.REFUSED):
        if person_line(acts).status is ConsentStatus.REFUSED:
            assert person_line((*acts, renumbered(refusal))).status is ConsentStatus.REFUSED


@settings(max_examples=60)
@given(acts=acts_of_one_key, more=acts_of_one_key)
def test_4_3_no_record_of_others_and_no_listing_ever_ends_a_refusal(
    acts: tuple[Act, ...], more: tuple[Act, ...]
) -> None:
    mere = [
        msgspec.structs.replace(renumbered(act), basis=Basis.DECLARED, lifts=())
        for act in more
        if act.status is not ConsentStatus.REFUSED
    ]
    if person_line(acts).status is ConsentStatus.REFUSED:
        assert person_line((*acts, *mere)).status is ConsentStatus.REFUSED


@settings(max_examples=60)
@given(acts=acts_of_one_key)
def test_4_2_what_decides_is_never_older_than_a_refusal_that_no_grant_lifts(
    acts: tuple[Act, ...],
) -> None:
    """A slow reading of C4: look for a refusal that nothing newer answers."""
    line = person_line(acts)
    counted = [act for act in acts if not act.retracted]
    refusals = [act for act in counted if act.status is ConsentStatus.REFUSED]
    newest = max((act.at for act in counted if act.status is ConsentStatus.GRANTED), default=None)

    if line.status is ConsentStatus.GRANTED:
        assert line.act is not None
        assert line.act.at == newest
        assert all(refusal.at < line.act.at for refusal in refusals)
    if any(newest is None or refusal.at >= newest for refusal in refusals):
        assert line.status is ConsentStatus.REFUSED
    assert (line.status is ConsentStatus.REFUSED) == bool(line.standing)


@settings(max_examples=60)
@given(acts=acts_of_one_key)
def test_4_6_a_retracted_act_is_as_if_it_had_never_been(acts: tuple[Act, ...]) -> None:
    kept = [act for act in acts if not act.retracted]

    assert person_line(acts) == person_line(kept)


def test_the_orders_tried_are_worth_trying() -> None:
    """The generator must reach every result, else the properties above say little."""
    seen: set[object] = set()

    @settings(max_examples=150, derandomize=True, database=None)
    @given(example=orders())
    def collect(example: tuple[list[Deed], list[Step], list[Step]]) -> None:
        line: PersonLine = person_line(told(example[0], example[1])[0].acts)
        seen.add((line.status, bool(line.held), bool(line.standing)))
        seen.add(("closed", line.line_closed))
        seen.add(("listing", line.is_merchant_listing))
        refused_before = any(act.status is ConsentStatus.REFUSED for act in example_acts(example))
        seen.add(("lifted", refused_before and line.status is ConsentStatus.GRANTED))

    collect()

    assert seen >= {
        (None, False, False),
        (ConsentStatus.GRANTED, False, False),
        (ConsentStatus.REFUSED, False, True),
        (ConsentStatus.REFUSED, True, True),
        ("closed", True),
        ("listing", True),
        ("lifted", True),
    }


def example_acts(example: tuple[list[Deed], list[Step], list[Step]]) -> list[Act]:
    return [act for act in told(example[0], example[1])[0].acts if not act.retracted]

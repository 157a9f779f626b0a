"""What holds of every decision, whatever came before: consent.md C4, C5, C8."""

from collections.abc import Sequence

import msgspec
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from ledger.aggregates import events
from ledger.aggregates.acts import Decided
from ledger.aggregates.bodies import ActBody
from ledger.aggregates.commands import (
    Command,
    CorrectAct,
    Origin,
    RecordAct,
    RetractAct,
    SeeAtIys,
)
from ledger.aggregates.consent import Consent, evolve, lifts, person_line
from ledger.aggregates.decide import decide
from ledger.clock import from_utc_text
from ledger.evidence.canonical import ZERO_HASH
from ledger.vocabulary import ConsentSource, ConsentStatus, IysState, Outcome
from tests.builders import (
    a_correction,
    a_final_no,
    a_key,
    a_listing,
    a_movement,
    a_proven,
    a_provenance,
    a_refusal,
    a_refusal_row,
    a_release,
    a_retraction,
    a_row,
    a_source_correction,
    an_answer,
    an_event,
    carry_out,
    hour,
    some_evidence,
)

GRANTED, REFUSED = ConsentStatus.GRANTED, ConsentStatus.REFUSED
CHANGES_NOTHING = (Outcome.REFUSED, Outcome.ALREADY)
NEVER_PUSHED = (Outcome.HELD, Outcome.HISTORY, Outcome.SUPPRESSED)
HS_SOURCES = (ConsentSource.HS_WEB, ConsentSource.HS_MESAJ)
IYS_SOURCES = (ConsentSource.IYS_WEB, ConsentSource.IYS_AHS_HAT_KAPATMA)

hours = st.integers(0, 8)
seqs = st.integers(1, 6)
hs_sources = st.sampled_from(HS_SOURCES)
files = st.sampled_from((Origin.FILE, Origin.DECLARED))

live_grants = st.builds(
    lambda at, approved, kinds, captured, source: a_proven(
        at, approved=approved, evidence_kinds=kinds, captured_at=captured, source=source
    ),
    hours,
    st.booleans(),
    st.sampled_from(((), ("form",))),
    st.none() | hours.map(hour),
    hs_sources,
)
row_grants = st.builds(
    lambda at, origin, source, late: a_row(at, origin=origin, source=source, late=late),
    hours,
    files,
    hs_sources,
    st.booleans(),
)
undated_refusals = st.builds(
    lambda row, at: a_refusal_row(at, row=row, consent_date=None, defects=("H112",)),
    st.integers(2, 4),
    hours,
)
refusals = (
    st.builds(lambda at, source: a_refusal(at, source=source), hours, hs_sources)
    | st.builds(
        lambda at, origin, source, defects: a_refusal_row(
            at, origin=origin, source=source, defects=defects
        ),
        hours,
        files,
        hs_sources,
        st.sampled_from(((), ("H116",))),
    )
    | undated_refusals
)
sights = st.builds(
    lambda at, state, source: a_movement(at, state=state, source=source),
    hours,
    st.sampled_from((IysState.GRANTED, IysState.REFUSED, IysState.REFUSED, IysState.NOT_GRANTED)),
    st.sampled_from((*HS_SOURCES, *IYS_SOURCES)),
)
closures = st.builds(lambda at: a_movement(at, source=IYS_SOURCES[1]), hours)
commands: st.SearchStrategy[Command] = st.one_of(
    live_grants,
    row_grants,
    st.just(a_listing()),
    refusals,
    sights,
    closures,
    st.builds(an_answer, seqs, hours),
    st.builds(a_final_no, seqs, st.sampled_from(("H467", "H178"))),
    st.builds(some_evidence, seqs, hours, approved_by=st.sampled_from((None, "user:2"))),
    st.builds(a_correction, seqs, hours),
    st.builds(a_source_correction, seqs, hs_sources.map(str)),
    st.builds(a_retraction, seqs),
    st.builds(a_release, seqs, st.sampled_from(("evidence", "iys"))),
)
pasts = st.lists(commands, max_size=8)


def lived(past: Sequence[Command], state: Consent | None = None) -> tuple[list[Decided], Consent]:
    """Everything that was decided, and the state it left."""
    state, decisions = state or Consent(), []
    for command in past:
        decided, state = carry_out(state, command)
        decisions.append(decided)
    return decisions, state


def result(state: Consent) -> tuple[ConsentStatus | None, int | None]:
    line = person_line(state.acts)
    return line.status, None if line.act is None else line.act.at


@given(past=pasts)
def test_replaying_the_stored_bytes_gives_the_state_that_decide_saw(past: list[Command]) -> None:
    """Through framing and reading, so that an event carries all that the state needs."""
    decisions, state = lived(past)

    replayed, prev = Consent(), ZERO_HASH
    for decided in decisions:
        for body in decided.bodies:
            seq = replayed.version + 1
            event = events.read(an_event(body, seq=seq, prev=prev).state, 100 + seq)
            replayed = evolve(replayed, event.body, seq=event.seq, position=event.position)
            prev = event.leaf_hash.hex()

    assert replayed == state


@given(past=pasts, command=commands)
def test_what_is_refused_or_known_already_leaves_nothing_behind(
    past: list[Command], command: Command
) -> None:
    _, state = lived(past)

    decided = decide(a_key(), state, command)

    assert (decided.bodies == ()) == (decided.outcome in CHANGES_NOTHING)
    assert (decided.code is not None) or decided.outcome is not Outcome.REFUSED
    assert all(events.key_of(body) == a_key() for body in decided.bodies)


@given(past=pasts, command=live_grants | row_grants | refusals)
def test_the_act_that_a_decision_names_is_there(past: list[Command], command: RecordAct) -> None:
    _, state = lived(past)

    decided, after = carry_out(state, command)

    named = [act for act in after.acts if act.seq == decided.act_seq]
    if decided.outcome is Outcome.REFUSED:
        assert named == []
    else:
        assert [act.status for act in named] == [command.status]
        assert after == state or decided.act_seq == after.version


@given(past=pasts, command=refusals)
def test_c5_a_refusal_is_never_refused_and_is_in_the_acts_ever_after(
    past: list[Command], command: RecordAct
) -> None:
    _, state = lived(past)

    decided, after = carry_out(state, command)

    assert decided.outcome not in (Outcome.REFUSED, Outcome.HELD)
    counted = [act for act in after.acts if act.status is REFUSED and not act.retracted]
    if decided.outcome is Outcome.ALREADY:
        assert decided.act_seq in [act.seq for act in counted]
    else:
        assert command.at is not None
        said_at = int(from_utc_text(command.at).timestamp())
        assert said_at in [act.at for act in counted]


@given(past=pasts, command=refusals)
def test_c4_a_refusal_stands_unless_a_later_consent_lifts_it(
    past: list[Command], command: RecordAct
) -> None:
    _, after = lived([*past, command])

    if person_line(after.acts).status is not REFUSED:
        counted = [act for act in after.acts if not act.retracted]
        rets = [act for act in counted if act.status is REFUSED]
        assert all(any(lifts(act, ret) for act in counted if act.status is GRANTED) for ret in rets)


def alone(command: Command) -> Command:
    """The same, with nobody but who brings it."""
    if isinstance(command, RecordAct):
        given = command.provenance
        given = msgspec.structs.replace(given, approved_by=given.actor)
        return msgspec.structs.replace(command, provenance=given)
    if hasattr(command, "approved_by"):
        return msgspec.structs.replace(command, approved_by=command.actor)
    return command


def is_no_consent_at_iys(command: Command) -> bool:
    return not (isinstance(command, SeeAtIys) and command.state is IysState.GRANTED)


@settings(max_examples=200)
@given(
    ret=st.sampled_from(IYS_SOURCES).map(lambda source: a_movement(0, source=source)),
    past=st.lists(commands.filter(is_no_consent_at_iys).map(alone), max_size=8),
)
def test_r53_nobody_alone_ends_a_refusal_made_at_iys(ret: SeeAtIys, past: list[Command]) -> None:
    _, state = lived([ret, *past])

    assert person_line(state.acts).status is REFUSED


@given(past=pasts, command=commands)
def test_c5_a_refusal_leaves_the_acts_by_a_retraction_only(
    past: list[Command], command: Command
) -> None:
    _, state = lived(past)
    assume(not isinstance(command, RetractAct))

    _, after = carry_out(state, command)

    before = {act.seq: act for act in state.acts if act.status is REFUSED and not act.retracted}
    for act in after.acts:
        known = before.pop(act.seq, act)
        assert not act.retracted or known.retracted
        assert act.at == known.at or isinstance(command, CorrectAct)
    assert before == {}


@given(past=pasts, command=row_grants | st.just(a_listing()))
def test_r53_no_row_of_a_file_and_no_listing_ends_a_refusal(
    past: list[Command], command: RecordAct
) -> None:
    _, state = lived(past)
    assume(person_line(state.acts).status is REFUSED)

    assert person_line(carry_out(state, command)[1].acts).status is REFUSED


@given(past=pasts, command=sights)
def test_c2_what_a_provider_declared_at_iys_ends_no_refusal(
    past: list[Command], command: SeeAtIys
) -> None:
    _, state = lived(past)
    assume(command.source in HS_SOURCES and person_line(state.acts).status is REFUSED)

    assert person_line(carry_out(state, command)[1].acts).status is REFUSED


@given(past=pasts, command=live_grants | row_grants | refusals)
def test_c8_what_is_held_history_or_suppressed_is_never_pushed(
    past: list[Command], command: RecordAct
) -> None:
    _, state = lived(past)

    decided, after = carry_out(state, command)

    for body in decided.bodies:
        assert isinstance(body, ActBody)
        waits = after.iys.pending == decided.act_seq
        assert waits == (body.not_pushed is None)
        if decided.outcome in NEVER_PUSHED or command.provenance.origin is Origin.DECLARED:
            assert body.not_pushed is not None


@given(past=pasts, command=live_grants | row_grants | refusals)
def test_c5_the_same_act_again_is_known_already(past: list[Command], command: RecordAct) -> None:
    decisions, state = lived([*past, command])
    assume(decisions[-1].outcome is not Outcome.REFUSED)

    again = decide(a_key(), state, command)

    assert (again.outcome, again.act_seq) == (Outcome.ALREADY, decisions[-1].act_seq)


@st.composite
def rows_of_a_file(draw: st.DrawFn, origin: Origin) -> list[RecordAct]:
    """Rows on one consent: no two with the same words, and each with a line of its own."""
    given = a_provenance(origin)
    made: list[RecordAct] = draw(
        st.lists(
            st.builds(lambda at, source: a_row(at, source=source), hours, hs_sources)
            | st.builds(lambda at, source: a_refusal_row(at, source=source), hours, hs_sources)
            | undated_refusals
            | st.just(a_listing()),
            max_size=6,
        )
    )
    return [
        msgspec.structs.replace(row, row=line, provenance=given)
        for line, row in enumerate(made, start=2)
    ]


def refusals_first(rows: Sequence[RecordAct]) -> list[RecordAct]:
    return sorted(rows, key=lambda row: row.status is not REFUSED)


@settings(max_examples=200)
@given(rows=rows_of_a_file(Origin.FILE), data=st.data(), past=pasts)
def test_c4_the_rows_of_a_file_in_any_order_end_alike_when_refusals_come_first(
    rows: list[RecordAct], data: st.DataObject, past: list[Command]
) -> None:
    shuffled = data.draw(st.permutations(rows))
    _, before = lived(past)

    one = lived(refusals_first(rows), before)[1]
    other = lived(refusals_first(shuffled), before)[1]

    assert result(one) == result(other)


@settings(max_examples=200)
@given(rows=rows_of_a_file(Origin.DECLARED), data=st.data())
def test_c4_the_rows_of_a_declared_file_end_alike_in_any_order(
    rows: list[RecordAct], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(rows))

    assert result(lived(rows)[1]) == result(lived(shuffled)[1])


@example(rows=[a_refusal_row(5), a_row(3), a_row(7)], past=[])
@given(rows=rows_of_a_file(Origin.FILE), past=pasts)
def test_c8_a_repeated_file_changes_nothing(rows: list[RecordAct], past: list[Command]) -> None:
    ordered = refusals_first(rows)
    _, once = lived([*past, *ordered])

    decisions, twice = lived(ordered, once)

    assert twice == once
    assert {decided.outcome for decided in decisions} <= set(CHANGES_NOTHING)


def test_the_pasts_tried_reach_every_outcome_and_every_rule() -> None:
    """Else the laws above say little."""
    seen: set[object] = set()

    @settings(max_examples=500, derandomize=True, database=None)
    @given(past=pasts)
    def collect(past: list[Command]) -> None:
        decisions, state = lived(past)
        seen.update(decided.outcome for decided in decisions)
        seen.update(decided.code for decided in decisions)
        seen.add(person_line(state.acts).status)

    collect()

    assert seen >= set(Outcome) - {Outcome.WARNED}
    assert seen >= {GRANTED, REFUSED, None, "H178", "H463", "L-LATE", "L-NO-SUCH-ACT", "L-NOT-HELD"}
    assert seen >= {"L-RET-STANDS", "L-IMPORT-CANNOT-REVIVE", "L-HELD-OVER-RET", "L-LINE-CLOSED"}

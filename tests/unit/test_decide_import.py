"""What becomes of the rows of files: the table of consent.md C8."""

from collections.abc import Callable, Sequence
from itertools import permutations

import msgspec
import pytest

from ledger.aggregates.commands import Command, Origin, RecordAct
from ledger.aggregates.consent import Consent, person_line
from ledger.vocabulary import (
    Basis,
    ConsentSource,
    ConsentStatus,
    DatePrecision,
    IysState,
    Outcome,
)
from tests.builders import (
    a_listing,
    a_movement,
    a_proven,
    a_provenance,
    a_record_act,
    a_refusal,
    a_refusal_row,
    a_row,
    carry_out,
    hour,
    recorded_act,
    state_after,
    status_after,
    verdict,
    wire_hour,
)

NOTHING = Consent()
GRANTED, REFUSED = ConsentStatus.GRANTED, ConsentStatus.REFUSED
FILE, DECLARED = Origin.FILE, Origin.DECLARED
either_file = pytest.mark.parametrize("origin", [FILE, DECLARED])


def waits_for_iys(command: RecordAct) -> bool:
    return carry_out(NOTHING, command)[1].iys.pending is not None


def test_a_consent_in_time_is_recorded_and_queued() -> None:
    assert verdict(NOTHING, a_row()) == (Outcome.RECORDED, None)
    assert waits_for_iys(a_row())


@pytest.mark.parametrize("late", [False, True], ids=["in-time", "late"])
def test_a_declared_consent_is_recorded_and_never_queued(late: bool) -> None:
    row = a_row(origin=DECLARED, late=late)

    assert verdict(NOTHING, row) == (Outcome.RECORDED, None)
    assert not waits_for_iys(row)
    assert carry_out(NOTHING, row)[1].iys.state is IysState.UNKNOWN


def test_a_consent_too_old_for_iys_is_recorded_but_not_pushed() -> None:
    row = a_row(late=True)

    assert verdict(NOTHING, row) == (Outcome.RECORDED, "L-LATE")
    assert recorded_act(NOTHING, row).not_pushed == "L-LATE"
    assert not waits_for_iys(row)


def test_a_late_consent_is_told_before_a_mended_address() -> None:
    assert verdict(NOTHING, a_row(late=True, warnings=("L-9005",)))[1] == "L-LATE"


def test_a_declared_consent_stands_on_a_declaration() -> None:
    row = a_row(origin=DECLARED, source=ConsentSource.IYS_WEB)

    assert recorded_act(NOTHING, row).basis is Basis.DECLARED
    assert verdict(NOTHING, row) == (Outcome.RECORDED, None)


@pytest.mark.parametrize("ret", [a_refusal(10), a_movement(10)], ids=["ours", "at-iys"])
def test_an_ordinary_file_never_revives_a_consent(ret: Command) -> None:
    assert verdict(state_after(ret), a_row(20)) == (Outcome.REFUSED, "L-IMPORT-CANNOT-REVIVE")


@pytest.mark.parametrize("import_id", ["imp-1", None], ids=["numbered", "unnumbered"])
def test_not_even_evidence_lets_a_file_revive_a_consent(import_id: str | None) -> None:
    """R53: imports must never flip RET to ONAY, whatever stands in them."""
    given = a_provenance(FILE, approved_by="user:2", import_id=import_id)
    row = a_row(20, evidence_kinds=("scan",), captured_at=hour(20), provenance=given)
    state = state_after(a_refusal(10))

    assert status_after(state, row) is REFUSED
    assert verdict(state, row) == (Outcome.REFUSED, "L-IMPORT-CANNOT-REVIVE")


def test_a_consent_of_a_file_is_not_lifted_over_a_refusal_that_came_behind_it() -> None:
    """The same two acts in the other order: C4's result does not depend on it."""
    row = a_row(20, evidence_kinds=("scan",), captured_at=hour(20))

    assert status_after(state_after(row), a_refusal(10)) is REFUSED


@pytest.mark.parametrize("ret", [a_refusal(10), a_movement(10)], ids=["ours", "at-iys"])
@pytest.mark.parametrize("evidence", [(), ("scan",)], ids=["bare", "with-evidence"])
def test_a_declared_consent_over_a_refusal_is_held(ret: Command, evidence: tuple[str, ...]) -> None:
    row = a_row(20, origin=DECLARED, evidence_kinds=evidence)
    state = state_after(ret)

    assert verdict(state, row) == (Outcome.HELD, "L-HELD-OVER-RET")
    assert recorded_act(state, row).not_pushed == "L-HELD-OVER-RET"
    assert status_after(state, row) is REFUSED


def test_a_declared_consent_over_a_lifted_refusal_is_not_held() -> None:
    state = state_after(a_refusal(10), a_proven(20))

    assert verdict(state, a_row(30, origin=DECLARED)) == (Outcome.RECORDED, None)


def test_a_declared_consent_with_a_date_only_is_recorded_and_never_pushed() -> None:
    row = a_row(origin=DECLARED, precision=DatePrecision.DAY, consent_date="2025-11-10", late=True)

    assert verdict(NOTHING, row) == (Outcome.RECORDED, None)
    assert recorded_act(NOTHING, row).date_precision is DatePrecision.DAY
    assert not waits_for_iys(row)


@pytest.mark.parametrize(("origin", "queued"), [(FILE, True), (DECLARED, False)])
def test_a_sound_refusal_is_effective_and_queued_where_the_file_is_ours(
    origin: Origin, queued: bool
) -> None:
    row = a_refusal_row(origin=origin)

    assert verdict(NOTHING, row) == (Outcome.RECORDED, None)
    assert status_after(NOTHING, row) is REFUSED
    assert waits_for_iys(row) is queued


@either_file
def test_a_refusal_with_a_defect_is_effective_and_suppressed(origin: Origin) -> None:
    row = a_refusal_row(origin=origin, defects=("H119",))

    assert verdict(state_after(a_record_act(5)), row) == (Outcome.SUPPRESSED, "L-RET-KEPT")
    assert status_after(state_after(a_record_act(5)), row) is REFUSED
    assert not waits_for_iys(row)


def test_a_late_refusal_is_effective_and_queued_all_the_same() -> None:
    """C5: nothing but an unreadable address or channel keeps a refusal out."""
    assert verdict(NOTHING, a_refusal_row(late=True)) == (Outcome.RECORDED, None)
    assert waits_for_iys(a_refusal_row(late=True))


@either_file
def test_a_mended_number_is_told(origin: Origin) -> None:
    assert verdict(NOTHING, a_row(origin=origin, warnings=("L-9005",))) == (
        Outcome.RECORDED,
        "L-9005",
    )


@either_file
def test_an_unknown_dealer_is_warned_of_and_the_consent_not_pushed(origin: Origin) -> None:
    row = a_row(origin=origin, warnings=("H180",))

    assert verdict(NOTHING, row) == (Outcome.WARNED, "H180")
    assert not waits_for_iys(row)


@either_file
def test_rows_older_than_the_newest_are_history(origin: Origin) -> None:
    newest = state_after(a_record_act(30), a_refusal(40))

    assert verdict(newest, a_row(20, origin=origin)) == (Outcome.HISTORY, "L-HISTORY")
    assert verdict(newest, a_refusal_row(20, origin=origin)) == (Outcome.HISTORY, "L-HISTORY")


@either_file
def test_the_same_rows_in_another_file_are_known_already(origin: Origin) -> None:
    state = state_after(a_row(10, origin=origin), a_refusal_row(20, origin=origin))
    other = a_provenance(origin, import_id="imp-2")

    again = [a_row(10, row=9, provenance=other), a_refusal_row(20, row=8, provenance=other)]

    assert [verdict(state, row) for row in again] == [(Outcome.ALREADY, None)] * 2


def test_a_file_knows_again_what_came_in_live() -> None:
    state = state_after(a_record_act(10), a_refusal(20))

    assert verdict(state, a_row(10)) == (Outcome.ALREADY, None)
    assert verdict(state, a_refusal_row(20)) == (Outcome.ALREADY, None)


def undated(row: int, *, received_hour: float, import_id: str = "imp-1") -> RecordAct:
    given = a_provenance(FILE, import_id=import_id, received_at=hour(received_hour))
    defects = ("H158",)
    return a_refusal_row(
        received_hour, row=row, consent_date=None, defects=defects, provenance=given
    )


def future(row: int, *, received_hour: float, import_id: str = "imp-1") -> RecordAct:
    dated = undated(row, received_hour=received_hour, import_id=import_id)
    return msgspec.structs.replace(dated, consent_date="2099-01-01 00:00:00", defects=("H162",))


def ancient(row: int, *, received_hour: float, import_id: str = "imp-1") -> RecordAct:
    dated = undated(row, received_hour=received_hour, import_id=import_id)
    return msgspec.structs.replace(dated, consent_date="1900-01-01 00:00:00", defects=("H156",))


@pytest.mark.parametrize("make", [undated, future, ancient])
def test_a_refusal_whose_instant_we_assigned_is_known_by_its_row_alone(
    make: Callable[..., RecordAct],
) -> None:
    """Received when it is read, so the repeat of an interrupted import has another instant."""
    state = state_after(make(2, received_hour=10))

    assert verdict(state, make(2, received_hour=20)) == (Outcome.ALREADY, None)
    assert verdict(state, make(3, received_hour=20))[0] is Outcome.SUPPRESSED
    assert verdict(state, make(2, received_hour=20, import_id="imp-2"))[0] is Outcome.SUPPRESSED


@pytest.mark.parametrize("make", [undated, future, ancient])
def test_a_row_and_a_request_whose_instants_we_assigned_are_never_the_same(
    make: Callable[..., RecordAct],
) -> None:
    """The wrong date that both bear marks no act."""
    row = make(2, received_hour=10)
    live = msgspec.structs.replace(row, provenance=a_provenance(), at=hour(30), row=None)

    assert verdict(state_after(row), live)[0] is Outcome.SUPPRESSED
    assert verdict(state_after(live), row)[0] is Outcome.SUPPRESSED


def test_the_receipt_of_a_row_is_told_only_where_its_instant_is_that_of_receipt() -> None:
    """R30."""
    assert recorded_act(NOTHING, undated(2, received_hour=10)).received_at == hour(10)
    assert recorded_act(NOTHING, future(2, received_hour=10)).received_at == hour(10)
    assert recorded_act(NOTHING, ancient(2, received_hour=10)).received_at == hour(10)
    assert recorded_act(NOTHING, a_refusal_row()).received_at is None


@either_file
def test_a_row_says_from_which_file_and_line_it_came(origin: Origin) -> None:
    act = recorded_act(NOTHING, a_row(row=17, origin=origin))

    assert (act.import_id, act.row, act.via) == ("imp-1", 17, "import")


@either_file
def test_a_list_of_merchants_in_two_files_lists_them_once(origin: Origin) -> None:
    """C5: the same act again is known already; a listing has no instant that we assigned."""
    first = a_listing(provenance=a_provenance(origin), row=2)
    again = a_listing(provenance=a_provenance(origin, import_id="imp-2"), row=5)

    assert verdict(state_after(first), again) == (Outcome.ALREADY, None)


LISTINGS = [
    a_listing(provenance=a_provenance(FILE), row=2),
    a_listing(provenance=a_provenance(FILE), row=3, source=ConsentSource.HS_WEB),
    a_listing(provenance=a_provenance(FILE), row=4, at=hour(30), consent_date=wire_hour(30)),
]


@pytest.mark.parametrize("beside", [[], [a_row(10)], [a_refusal_row(5)]], ids=["", "grant", "ret"])
def test_rows_of_a_merchant_get_their_verdicts_in_any_order(beside: list[RecordAct]) -> None:
    """C8, R11: a listing is earlier than every consent; a refusal, recorded first, keeps it out."""
    rows, found, ends = [*LISTINGS, *beside], set(), set()
    for order in permutations(range(len(rows))):
        refusals_first = sorted(order, key=lambda one: rows[one].status is not REFUSED)
        state, decisions = NOTHING, {}
        for one in refusals_first:
            decided, state = carry_out(state, rows[one])
            decisions[one] = (decided.outcome, decided.code)
        found.add(tuple(decisions[one] for one in range(len(rows))))
        line = person_line(state.acts)
        ends.add((line.status, line.act and line.act.at, line.act and line.act.source))

    if beside == [a_refusal_row(5)]:
        codes = ["H463", "H462", "H463"]
        wanted = [*((Outcome.REFUSED, code) for code in codes), (Outcome.RECORDED, None)]
    else:
        wanted = [(Outcome.RECORDED, None)] * len(rows)
    assert found == {tuple(wanted)}
    assert len(ends) == 1


@either_file
def test_of_several_listings_in_files_iys_gets_one(origin: Origin) -> None:
    """It takes a listing as a merchant's first record only (H462, H463)."""
    first = a_listing(provenance=a_provenance(origin), row=2)
    other = a_listing(provenance=a_provenance(origin), row=3, source=ConsentSource.HS_WEB)

    assert verdict(state_after(first), other) == (Outcome.RECORDED, None)
    assert recorded_act(state_after(first), other).not_pushed in ("L-HISTORY", "L-DECLARED")
    assert recorded_act(NOTHING, other).not_pushed == (None if origin is FILE else "L-DECLARED")


def test_a_listing_makes_no_consent_history() -> None:
    """C4: the newest consent holds, whatever date a listing bears."""
    listed = a_listing(provenance=a_provenance(FILE), at=hour(30), consent_date=wire_hour(30))

    assert verdict(state_after(listed), a_row(10)) == (Outcome.RECORDED, None)
    assert status_after(state_after(listed), a_row(10)) is GRANTED


CONFLICTS = {
    "same-instant": ([a_refusal_row(10), a_row(10)], [None, "H178"]),
    "refusal-before": ([a_refusal_row(-14), a_row(10)], [None, "L-IMPORT-CANNOT-REVIVE"]),
    "refusal-between": (
        [a_refusal_row(34), a_row(10), a_row(58)],
        [None, "L-HISTORY", "L-IMPORT-CANNOT-REVIVE"],
    ),
}


@pytest.mark.parametrize("conflict", CONFLICTS)
def test_conflicts_within_a_file_end_as_the_sample_wants_it(conflict: str) -> None:
    """bad/celiskiler.csv, refusals carried out first."""
    rows, codes = CONFLICTS[conflict]

    assert codes_of(rows) == codes


def codes_of(rows: Sequence[RecordAct]) -> list[str | None]:
    state, codes = NOTHING, list[str | None]()
    for row in rows:
        decided, state = carry_out(state, row)
        codes.append(decided.code)
    assert person_line(state.acts).status is REFUSED
    return codes


@pytest.mark.parametrize("backwards", [False, True], ids=["gecmis", "gecmis-ters"])
def test_a_declared_history_ends_alike_from_both_ends(backwards: bool) -> None:
    """declared/gecmis.csv and its reverse: ONAY, RET, ONAY of one number."""
    rows = [a_row(1, origin=DECLARED), a_refusal_row(2, origin=DECLARED), a_row(3, origin=DECLARED)]
    state = state_after(*(reversed(rows) if backwards else rows))

    line = person_line(state.acts)
    assert line.act is not None
    assert (line.status, line.act.status) == (REFUSED, REFUSED)
    assert [act.at - line.act.at for act in line.held] == [3600]

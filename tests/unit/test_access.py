"""Who may do what, and on which brand: the whole table."""

from typing import cast

import pytest
from starlette.requests import Request

from ledger.api import access
from ledger.api.access import ALLOWED, Action, admit, admit_brand
from ledger.api.problems import Problem
from ledger.application import ConsentLedger
from ledger.errors import NotFound
from ledger.recording.ports import Brand
from ledger.recording.principals import Principal
from ledger.vocabulary import BrandCode, IysCode, Role

OURS, THEIRS = IysCode(1), IysCode(2)
BRANDS = {
    BrandCode(code): Brand(iys_code, BrandCode(code), "Örnek", closed=False)
    for iys_code, code in [(OURS, 1), (OURS, 11), (THEIRS, 2)]
}
LEDGERS = {OURS: cast(ConsentLedger, "ours"), THEIRS: cast(ConsentLedger, "theirs")}
READING = {Action.LOOK_UP, Action.HISTORY, Action.IMPORT_STATUS}


class KnownLedgers:
    def ledger(self, iys_code: IysCode) -> ConsentLedger:
        return LEDGERS[iys_code]

    def brand(self, brand_code: BrandCode) -> Brand:
        if brand_code not in BRANDS:
            raise NotFound("no")
        return BRANDS[brand_code]


def a_request(principal: Principal) -> Request:
    return Request({"type": "http", "state": {"principal": principal}})


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("role", Role)
def test_each_role_may_do_what_the_table_says(role: Role, action: Action) -> None:
    may = role not in (Role.VIEWER, Role.AUDITOR) or action in READING
    if action in (Action.MEASURE, Action.READ_LOG):
        may = role in (Role.AUDITOR, Role.ADMIN)
    if action in (Action.PROVE, Action.OFFICE):
        may = role in (Role.AUDITOR, Role.COMPLIANCE, Role.ADMIN)
    principal = Principal("k", "n", role)

    if may:
        assert admit(a_request(principal), action) is principal
    else:
        with pytest.raises(Problem, match="L-ROLE") as refused:
            admit(a_request(principal), action)
        assert refused.value.status == 403


def test_the_table_in_words_is_the_table() -> None:
    lines = [line for line in (access.__doc__ or "").splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    roles, rows = cells[0][1:], {row[0]: row[1:] for row in cells[1:]}

    written = {
        Action[name]: {Role(role) for role, cell in zip(roles, row, strict=True) if cell == "yes"}
        for name, row in rows.items()
    }

    assert written == ALLOWED
    assert set(ALLOWED) == set(Action)


@pytest.mark.parametrize(
    ("iys_code", "brands", "asked", "outcome"),
    [
        (OURS, None, 1, OURS),
        (OURS, None, 11, OURS),
        (OURS, None, 2, "L-BRAND-SCOPE"),
        (OURS, None, 99, "L-BRAND-SCOPE"),
        (OURS, {11}, 11, OURS),
        (OURS, {11}, 1, "L-BRAND-SCOPE"),
        (OURS, {11}, 2, "L-BRAND-SCOPE"),
        (OURS, {11}, 99, "L-BRAND-SCOPE"),
        (OURS, {2}, 2, "L-BRAND-SCOPE"),
        (OURS, set(), 1, "L-BRAND-SCOPE"),
        (None, None, 1, OURS),
        (None, None, 2, THEIRS),
        (None, None, 99, NotFound),
    ],
)
def test_a_brand_outside_the_scope_is_as_if_it_did_not_exist(
    iys_code: IysCode | None, brands: set[int] | None, asked: int, outcome: object
) -> None:
    scope = None if brands is None else frozenset(map(BrandCode, brands))
    principal = Principal("k", "n", Role.VIEWER, iys_code, scope)
    request = a_request(principal)

    if isinstance(outcome, str):
        with pytest.raises(Problem, match=outcome) as refused:
            admit_brand(request, KnownLedgers(), Action.LOOK_UP, asked)
        assert refused.value.status == 403
    elif outcome is NotFound:
        with pytest.raises(NotFound):
            admit_brand(request, KnownLedgers(), Action.LOOK_UP, asked)
    else:
        admitted = admit_brand(request, KnownLedgers(), Action.LOOK_UP, asked)
        assert admitted == (
            principal,
            BRANDS[BrandCode(asked)],
            LEDGERS[IysCode(int(str(outcome)))],
        )


def test_the_role_is_asked_before_the_brand() -> None:
    principal = Principal("k", "n", Role.VIEWER, OURS)

    with pytest.raises(Problem, match="L-ROLE"):
        admit_brand(a_request(principal), KnownLedgers(), Action.RECORD, 99)


def test_a_principal_shows_nothing_of_itself() -> None:
    assert repr(Principal("k", "Ayşe", Role.ADMIN)) == "<Principal>"
    assert Principal("k", "Ayşe", Role.ADMIN).actor == "key:k"

"""What lateness may cost: a range for each rule, by the fine table of the day (R90, R91).

A fine is for one breach and never a price for each address: only m.12/1-d counts breaches, so only
there the upper end grows with the cases, up to what m.12/6 lets a year's fines come to. Whether a
hundred confirmations that were not sent are a hundred breaches or one is written nowhere: the range
holds both. Ranges of several rules are told side by side and never added up. Repetition (m.12/4,
twice) and misleading the Ministry (m.12/5, ten times) are left out. Which clause a Regulation's
duty falls under is our reading, for counsel to confirm.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Final

from ledger.iys_sync.fines_data import FINE_TABLES, Clause, FineTable
from ledger.values import Value

SEVERAL_AT_ONCE: Final = 10
"""m.12/2: by how much the fine is raised at most where one sending reaches several persons."""


class Cause(StrEnum):
    """What was done late or not at all."""

    LATE_GRANTS = "late_grants"
    """Not at İYS in time, hence void (m.11/5): whoever sends on them sends without consent."""
    LATE_REFUSALS = "late_refusals"
    """İYS was not told in time (R31), so that others who ask İYS may go on sending."""
    MISSED_CONFIRMATIONS = "missed_confirmations"
    """The recipient was not told of the consent on the same day (R16)."""


RULES: Final = (
    (Cause.LATE_GRANTS, Clause.CONSENT),
    (Cause.LATE_REFUSALS, Clause.REFUSAL),
    (Cause.LATE_REFUSALS, Clause.RULES),
    (Cause.MISSED_CONFIRMATIONS, Clause.RULES),
)
"""Which clauses may follow from a cause."""

ONLY_IF_SENT: Final = frozenset({Clause.CONSENT, Clause.REFUSAL})
"""Clauses that only a message that is sent breaks."""


class Exposure(Value, frozen=True, gc=False):
    """What `cases` of one cause may cost by one clause, in whole Turkish lira: `least` for a single
    breach, `most` as the module says. `if_sent`: only where a message is sent in spite of it."""

    cause: Cause
    clause: Clause
    cases: int
    least: int
    most: int
    if_sent: bool


def fine_table(on: date, tables: Sequence[FineTable] = FINE_TABLES) -> FineTable | None:
    """The table in force on a day; None where none is kept, which is no fine of zero."""
    return next((one for one in tables if one.valid_from <= on <= one.valid_until), None)


def exposures(cases: Mapping[Cause, int], table: FineTable) -> tuple[Exposure, ...]:
    """A range for each rule that a cause with cases falls under, by one table."""
    return tuple(
        Exposure(
            cause,
            clause,
            cases[cause],
            table.amounts[clause][0],
            _most(clause, cases[cause], table),
            clause in ONLY_IF_SENT,
        )
        for cause, clause in RULES
        if cases.get(cause, 0) > 0
    )


def _most(clause: Clause, cases: int, table: FineTable) -> int:
    most = table.amounts[clause][1]
    if clause is Clause.CONSENT and cases > 1:
        most *= SEVERAL_AT_ONCE
    if clause is Clause.RULES:
        most *= cases
    return min(most, table.yearly_most)

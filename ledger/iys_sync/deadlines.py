"""What a waiting act's deadlines mean at an instant, and what lateness may cost. Pure (C7)."""

from datetime import datetime
from enum import StrEnum

from ledger.clock import ISTANBUL
from ledger.iys_sync.fines import Cause, Exposure, exposures, fine_table
from ledger.iys_sync.fines_data import FineTable
from ledger.projections.deadlines import SOON, DeadlineFigures, WaitingRow
from ledger.values import Value
from ledger.vocabulary import ConsentStatus


class Lateness(StrEnum):
    """How far a waiting act is past its deadlines: by the last reading that it is past (C7)."""

    IN_TIME = "in_time"
    DUE_SOON = "due_soon"
    PAST_INTERNAL = "past_internal"
    PAST_IYS_READING = "past_iys_reading"
    PAST_LEGAL_LATEST = "past_legal_latest"


class Overview(Value, frozen=True, gc=False):
    """The counts, and what lateness may cost by the table of the day; `table` None, and nothing
    told of costs, where none is kept for it."""

    figures: DeadlineFigures
    table: FineTable | None
    exposures: tuple[Exposure, ...]


def lateness(row: WaitingRow, now: datetime) -> Lateness:
    """Where a row stands; a deadline itself is still in time."""
    if now > row.due_legal_latest:
        return Lateness.PAST_LEGAL_LATEST
    if now > row.due_iys_reading:
        return Lateness.PAST_IYS_READING
    if now > row.due_internal:
        return Lateness.PAST_INTERNAL
    return Lateness.DUE_SOON if row.due_internal - now < SOON else Lateness.IN_TIME


def overview(figures: DeadlineFigures) -> Overview:
    """Judge the counts. An act is late by İYS's reading, the likeliest for H467; a confirmation of
    a later day is as late as none."""
    cases = dict.fromkeys(Cause, 0)
    for one in figures.waiting:
        refused = one.consent_status is ConsentStatus.REFUSED
        cause = Cause.LATE_REFUSALS if refused else Cause.LATE_GRANTS
        cases[cause] += one.past_iys_reading
    for owed in figures.confirmations:
        cases[Cause.MISSED_CONFIRMATIONS] += owed.missed + owed.late
    table = fine_table(figures.at.astimezone(ISTANBUL).date())
    return Overview(figures, table, () if table is None else exposures(cases, table))

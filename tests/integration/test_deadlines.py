"""What runs late is counted and listed by brand, channel and each of the three readings (C7)."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from ledger import clock
from ledger.aggregates.commands import AddEvidence, RecordAct
from ledger.application import ConsentLedger
from ledger.bootstrap import Home
from ledger.calendar import Deadlines, Reading, deadlines
from ledger.clock import from_iys_text
from ledger.iys_sync.deadlines import Lateness, lateness, overview
from ledger.iys_sync.fines import Cause
from ledger.projections.confirmations import Confirmations, confirmation_due
from ledger.projections.deadlines import (
    ConfirmationCount,
    DeadlineTables,
    UnconfirmedRow,
    WaitingCount,
    WaitingRow,
)
from ledger.projections.follower import Follower
from ledger.recording.request import Request
from ledger.vocabulary import BrandCode, Channel, ConsentStatus, RecipientType
from tests.integration.acts import BRAND_CODE, CLERK, DATE, IYS_CODE, LATER, a_request, about, seen

SISTER = BrandCode(654321)
SATURDAY = "2026-11-21 10:00:00"
"""By the internal reading due on Wednesday, by the others at the end of that day."""
TICK = timedelta(microseconds=1)


def of_brand(request: Request, brand_code: BrandCode) -> Request:
    return msgspec.structs.replace(request, brand_code=brand_code)


def at(request: Request, date: str) -> Request:
    """The same act, of another instant in İYS's form."""
    assert isinstance(request.command, RecordAct)
    acted_at = clock.utc_text(from_iys_text(date))
    moved = msgspec.structs.replace(request.command, at=acted_at, consent_date=date)
    return msgspec.structs.replace(request, command=moved)


@pytest.fixture
def tables(home: Home) -> DeadlineTables:
    """Of a provider with two brands."""
    home.add_brand(IYS_CODE, SISTER, "Kardeş", actor="system:test")
    return DeadlineTables(home.database, IYS_CODE)


def follow(home: Home) -> None:
    home.follow(IYS_CODE)
    Follower(home.database, IYS_CODE, Confirmations()).catch_up()


def due(date: str) -> Deadlines:
    return deadlines(from_iys_text(date))


def test_an_empty_ledger_has_nothing_to_tell(tables: DeadlineTables) -> None:
    figures = tables.figures(clock.now())

    assert (figures.waiting, figures.confirmations) == ((), ())
    assert tables.waiting(clock.now()) == [] and tables.unconfirmed(clock.now()) == []


def test_what_waits_is_counted_by_brand_channel_status_and_reading(
    home: Home, ledger: ConsentLedger, tables: DeadlineTables
) -> None:
    answered = a_request(9, date=LATER)
    receipts = ledger.record(
        [
            a_request(1),
            at(a_request(2), SATURDAY),
            a_request(3, "RET", LATER),
            a_request(4, date="", source="", kind="TACIR", channel="ARAMA"),
            of_brand(a_request(5, channel="ARAMA"), SISTER),
            answered,
            about(answered, seen(of=1, date=LATER)),
        ]
    )
    follow(home)
    recorded = [one.event.recorded_at for one in receipts if one.event is not None]
    now = due(SATURDAY).internal + TICK

    figures = tables.figures(now)

    def count(status: ConsentStatus, channel: Channel, *rest: object) -> tuple[object, ...]:
        return (BRAND_CODE, channel, status, *rest)

    grants, refusals = ConsentStatus.GRANTED, ConsentStatus.REFUSED
    ahead, later = due(DATE).internal, due(LATER).internal
    assert [msgspec.structs.astuple(one) for one in figures.waiting] == [
        count(grants, Channel.CALL, 1, 0, 0, 0, 0, recorded[3], None),
        count(refusals, Channel.MESSAGE, 1, 0, 0, 0, 0, recorded[2], later),
        count(grants, Channel.MESSAGE, 2, 0, 1, 0, 0, recorded[0], ahead),
        (SISTER, Channel.CALL, grants, 1, 0, 0, 0, 0, recorded[4], ahead),
    ]
    assert isinstance(figures.waiting[0], WaitingCount)
    assert [one.brand_code for one in tables.figures(now, SISTER).waiting] == [SISTER]
    soon = tables.figures(ahead - timedelta(hours=24) + TICK, SISTER).waiting[0]
    assert (soon.due_soon, soon.past_internal) == (1, 0)


@pytest.mark.parametrize("reading", Reading)
@pytest.mark.parametrize(("after", "is_past"), [(timedelta(0), 0), (TICK, 1)], ids=["at", "past"])
def test_a_deadline_itself_is_in_time_by_each_reading(
    home: Home,
    ledger: ConsentLedger,
    tables: DeadlineTables,
    reading: Reading,
    after: timedelta,
    is_past: int,
) -> None:
    """Counts and rows agree on it."""
    friday = "2026-05-22 10:30:00"  # a Saturday, half a day and a feast follow: no two agree
    ledger.record([at(a_request(1), friday)])
    follow(home)
    now = due(friday).by(reading) + after

    (count,) = tables.figures(now).waiting
    (row,) = tables.waiting(datetime.max.replace(tzinfo=UTC))

    counted = {
        Reading.INTERNAL: count.past_internal,
        Reading.IYS: count.past_iys_reading,
        Reading.LEGAL_LATEST: count.past_legal_latest,
    }
    assert counted[reading] == is_past
    past = [Lateness.PAST_INTERNAL, Lateness.PAST_IYS_READING, Lateness.PAST_LEGAL_LATEST]
    names = [one for one, number in zip(past, counted.values(), strict=True) if number]
    assert lateness(row, now) is (names[-1] if names else Lateness.DUE_SOON)
    late = overview(tables.figures(now)).exposures
    assert [one.cases for one in late if one.cause is Cause.LATE_GRANTS] == [
        number for number in [count.past_iys_reading] if number
    ]


def test_rows_come_by_the_earliest_deadline_and_name_nobody(
    home: Home, ledger: ConsentLedger, tables: DeadlineTables
) -> None:
    receipts = ledger.record(
        [
            a_request(1),
            at(a_request(2, "RET"), SATURDAY),
            of_brand(at(a_request(3), SATURDAY), SISTER),
            a_request(4, date="", source="", kind="TACIR"),
        ]
    )
    follow(home)
    first = receipts[1].event
    assert first is not None
    until = due(DATE).internal

    rows = tables.waiting(until + TICK)

    instants = due(SATURDAY)
    assert rows[0] == WaitingRow(
        *(first.position, first.stream, BRAND_CODE, Channel.MESSAGE),
        *(RecipientType.INDIVIDUAL, ConsentStatus.REFUSED),
        *(instants.internal, instants.iys_reading, instants.legal_latest),
    )
    positions = [receipts[index].position for index in (1, 2, 0)]
    assert [row.position for row in rows] == positions
    assert [row.position for row in tables.waiting(until)] == positions[:2]
    assert [row.position for row in tables.waiting(until, BRAND_CODE)] == positions[:1]
    assert [row.position for row in tables.waiting(until, limit=1)] == positions[:1]


def test_confirmations_are_owed_missed_or_late(
    home: Home, ledger: ConsentLedger, tables: DeadlineTables
) -> None:
    late, shown = at(a_request(2), SATURDAY), at(a_request(3), SATURDAY)
    ends = confirmation_due(from_iys_text(SATURDAY))

    def sent(request: Request, captured_at: datetime) -> Request:
        text = clock.utc_text(captured_at)
        added = AddEvidence(
            of=1, evidence_kinds=("confirmation",), captured_at=text, at=text, actor=CLERK
        )
        return about(request, added)

    receipts = ledger.record(
        [
            at(a_request(1), SATURDAY),
            late,
            shown,
            of_brand(a_request(4), SISTER),
            sent(late, ends + timedelta(seconds=1)),
            sent(shown, ends),
        ]
    )
    follow(home)
    missed, owed = receipts[0].event, receipts[3].event
    assert missed is not None and owed is not None

    def counted(now: datetime) -> list[tuple[int, int, int]]:
        return [(one.owed, one.missed, one.late) for one in tables.figures(now).confirmations]

    assert counted(ends) == [(1, 0, 1), (1, 0, 0)]
    assert counted(ends + TICK) == [(0, 1, 1), (1, 0, 0)]
    told = overview(tables.figures(ends + TICK, BRAND_CODE))
    assert told.figures.confirmations == (
        ConfirmationCount(BRAND_CODE, Channel.MESSAGE, owed=0, missed=1, late=1),
    )
    assert [one.cases for one in told.exposures] == [2]
    rows = tables.unconfirmed(ends + timedelta(days=9))
    assert rows == [
        UnconfirmedRow(missed.position, missed.stream, BRAND_CODE, Channel.MESSAGE, ends),
        UnconfirmedRow(
            *(owed.position, owed.stream, SISTER, Channel.MESSAGE),
            confirmation_due(from_iys_text(DATE)),
        ),
    ]
    assert tables.unconfirmed(ends) == [] and tables.unconfirmed(ends + TICK) == rows[:1]
    assert tables.unconfirmed(ends + timedelta(days=9), SISTER, limit=1) == rows[1:]

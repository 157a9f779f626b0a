"""As of T only what had happened by T counts, and every act has its four dates (C1, C4.5)."""

from datetime import UTC, datetime

import pytest

from ledger import clock
from ledger.addresses import parse_address
from ledger.aggregates.commands import AddEvidence, Command, Origin, ReleaseGrant
from ledger.application import ConsentLedger
from ledger.recording.ports import Brand
from ledger.recording.request import Request
from ledger.views import StatusView, entry_members, history, status
from ledger.vocabulary import Channel, ConsentSource, ConsentStatus, IysState, RecipientType
from tests.integration.acts import (
    BRAND_CODE,
    CLERK,
    DATE,
    IYS_CODE,
    LATER,
    SECOND_CLERK,
    a_request,
    about,
    seen,
    with_evidence,
)

GRANTED, REFUSED = ConsentStatus.GRANTED, ConsentStatus.REFUSED
PHONE = parse_address("+905010000001", Channel.MESSAGE)
INDIVIDUAL = RecipientType.INDIVIDUAL
BRAND = Brand(IYS_CODE, BRAND_CODE, "Örnek", closed=False)
OWN_REFUSAL = seen(None, IysState.REFUSED, source=ConsentSource.IYS_WEB)
"""The recipient's own at İYS, of 08:00 UTC."""


def hour(text: str) -> datetime:
    """Of the day, UTC."""
    hours, _, minutes = text.partition(":")
    return datetime(2026, 11, 24, int(hours), int(minutes), tzinfo=UTC)


def grant(at: str, captured: str, *, approved: bool = False) -> Request:
    """A live consent, with the hour of its evidence."""
    request = a_request(1, date=clock.iys_text(hour(at)))
    return with_evidence(request, clock.utc_text(hour(captured)), approved=approved)


def record(ledger: ConsentLedger, *requests: Request | Command) -> None:
    for one in requests:
        ledger.record([one if isinstance(one, Request) else about(a_request(1), one)])


def asked(
    ledger: ConsentLedger, at: str | None = None, known_at: datetime | None = None
) -> StatusView:
    instant = None if at is None else hour(at)
    return status(ledger, BRAND, PHONE, Channel.MESSAGE, INDIVIDUAL, at=instant, known_at=known_at)


def statuses(ledger: ConsentLedger, *hours: str) -> list[ConsentStatus | None]:
    return [asked(ledger, one).status for one in hours]


def test_a_release_counts_from_when_it_was_given(ledger: ConsentLedger) -> None:
    release = ReleaseGrant(
        of=3,
        ground="evidence",
        at=clock.utc_text(hour("9:30")),
        actor=CLERK,
        approved_by=SECOND_CLERK,
    )
    record(ledger, OWN_REFUSAL, grant("8:10", "8:10"), release)

    assert asked(ledger).status is GRANTED
    assert statuses(ledger, "8:20", "9:29", "9:30") == [REFUSED, REFUSED, GRANTED]
    assert len(asked(ledger, "8:20").line.held) == 1


def added(of: int, captured: str, at: str, *, approved: bool = False) -> AddEvidence:
    return AddEvidence(
        of=of,
        evidence_kinds=("scan",),
        captured_at=clock.utc_text(hour(captured)),
        at=clock.utc_text(hour(at)),
        actor=CLERK,
        approved_by=SECOND_CLERK if approved else None,
    )


def test_evidence_counts_from_its_own_date(ledger: ConsentLedger) -> None:
    refusal = a_request(1, "RET", DATE)  # 07:00 UTC
    record(ledger, refusal, grant("7:30", "6:00"), added(2, "8:30", "8:45"))

    assert asked(ledger).status is GRANTED
    assert statuses(ledger, "8:00", "8:30") == [REFUSED, GRANTED]


def test_evidence_that_came_with_an_act_counts_from_its_own_date(ledger: ConsentLedger) -> None:
    record(ledger, a_request(1, "RET", DATE), grant("7:30", "8:30"))

    assert statuses(ledger, "7:45", "8:30") == [REFUSED, GRANTED]


def test_a_second_persons_approval_counts_from_when_it_was_given(ledger: ConsentLedger) -> None:
    later = added(3, "8:30", "8:45", approved=True)
    record(ledger, OWN_REFUSAL, grant("8:10", "8:10"), later)

    assert asked(ledger).status is GRANTED
    assert statuses(ledger, "8:44", "8:45") == [REFUSED, GRANTED]


def test_an_address_is_its_new_holders_from_the_act_that_shows_them(
    ledger: ConsentLedger,
) -> None:
    """C1: and not only from when we heard of it."""
    closed = seen(None, IysState.REFUSED, source=ConsentSource.IYS_AHS_HAT_KAPATMA)
    record(ledger, a_request(1), closed)
    before = clock.now()
    record(ledger, grant("8:30", "8:30", approved=True))

    assert asked(ledger).generations == 2
    found = [asked(ledger, one) for one in ("7:30", "8:10", "8:30", "23:59")]
    assert [view.status for view in found] == [GRANTED, REFUSED, GRANTED, GRANTED]
    assert found[1].line.line_closed
    assert len({view.subject for view in found}) == 2
    assert asked(ledger, "8:30", known_at=before).status is REFUSED


def dates(ledger: ConsentLedger) -> list[tuple[object, ...]]:
    found = history(ledger, BRAND, PHONE, Channel.MESSAGE, INDIVIDUAL)
    names = ("type", "actedAt", "receivedAt", "iysRegisteredAt")
    return [tuple(entry_members(entry)[name] for name in names) for entry in found.entries]


def test_an_act_that_iys_showed_has_the_dates_of_what_showed_it(ledger: ConsentLedger) -> None:
    record(ledger, a_request(1), seen(of=1), OWN_REFUSAL)

    granted, answered, shown, refused = dates(ledger)

    assert granted[3] == LATER
    assert answered[0] == shown[0] == "iys.seen"
    came = "2026-11-24T08:00:01Z"
    assert refused == ("consent.refused", "2026-11-24T08:00:00Z", came, LATER)


@pytest.mark.parametrize(("date", "expected"), [(LATER, LATER), ("dün", None), (None, None)])
def test_a_row_of_iyss_own_day_file_has_the_date_that_it_bore(
    ledger: ConsentLedger, date: str | None, expected: str | None
) -> None:
    row = a_request(1, origin=Origin.DECLARED)
    words = {"transaction_id": "1234", "creation_date": date}
    given = (row.address, row.brand_code, row.channel, row.recipient_types, row.command)
    record(ledger, Request(*given, {"iys": words}))

    ((_, acted, _, registered),) = dates(ledger)

    assert registered == expected
    assert acted == clock.utc_text(clock.from_iys_text(DATE))

"""What may be asked of one consent: now, as of T, as known at U, and how it came to be."""

from datetime import UTC, datetime, timedelta

import pytest

from ledger import clock
from ledger.addresses import parse_address
from ledger.aggregates.commands import Command, Origin, RecordAct
from ledger.aggregates.decisions import VerdictKind
from ledger.application import ConsentLedger
from ledger.bootstrap import Home
from ledger.errors import AddressRefused
from ledger.recording.ports import Brand
from ledger.views import (
    HistoryEntry,
    StatusView,
    entry_members,
    history,
    invalid_members,
    status,
    status_members,
)
from ledger.vocabulary import Channel, ConsentStatus, IysState, RecipientType
from tests.integration.acts import (
    BRAND_CODE,
    CLERK,
    DATE,
    IYS_CODE,
    LATER,
    RECEIVED_AT,
    SECOND_CLERK,
    a_request,
    about,
    correct,
    iys_says_no,
    retract,
    seen,
)

GRANTED, REFUSED = ConsentStatus.GRANTED, ConsentStatus.REFUSED
PHONE = parse_address("+905010000001", Channel.MESSAGE)  # that of a_request(1)
FIRST, SECOND = datetime(2026, 11, 24, 7, tzinfo=UTC), datetime(2026, 11, 24, 8, tzinfo=UTC)
"""DATE and LATER."""
MINUTE = timedelta(minutes=1)
BRAND = Brand(IYS_CODE, BRAND_CODE, "Örnek", closed=False)


def asked(
    ledger: ConsentLedger,
    kind: RecipientType = RecipientType.INDIVIDUAL,
    *,
    at: datetime | None = None,
    known_at: datetime | None = None,
) -> StatusView:
    return status(ledger, BRAND, PHONE, Channel.MESSAGE, kind, at=at, known_at=known_at)


def told(ledger: ConsentLedger) -> list[HistoryEntry]:
    found = history(ledger, BRAND, PHONE, Channel.MESSAGE, RecipientType.INDIVIDUAL)
    return list(found.entries)


def record(ledger: ConsentLedger, *commands: Command) -> datetime:
    """Carry out commands on the consent of a_request(1); the instant after it."""
    for command in commands:
        ledger.record([about(a_request(1), command)])
    return clock.now()


def grant(date: str = DATE) -> RecordAct:
    command = a_request(1, date=date).command
    assert isinstance(command, RecordAct)
    return command


def refusal(date: str = LATER) -> RecordAct:
    command = a_request(1, "RET", date).command
    assert isinstance(command, RecordAct)
    return command


def test_an_address_never_seen_has_no_status_and_no_history(ledger: ConsentLedger) -> None:
    for view in (asked(ledger), asked(ledger, at=FIRST), asked(ledger, known_at=FIRST)):
        members = status_members(view)
        assert (members["status"], members["verdict"]) == (None, VerdictKind.NO_CONSENT)
        assert (members["reason"], members["permitted"]) == ("NEVER_SEEN", False)
        assert (members["position"], members["receipt"], members["generations"]) == (None, None, 0)
    assert told(ledger) == []


def test_an_address_known_for_another_channel_was_never_seen_on_this(
    ledger: ConsentLedger,
) -> None:
    ledger.record([a_request(1, channel="ARAMA")])

    view = asked(ledger)

    assert (view.status, view.position, view.generations) == (None, 0, 1)
    assert told(ledger) == []


def test_the_status_now_with_its_receipt(ledger: ConsentLedger) -> None:
    (receipt,) = ledger.record([a_request(1)])

    members = status_members(asked(ledger))

    assert receipt.event is not None
    assert members["status"] is GRANTED
    assert (members["verdict"], members["permitted"]) == (VerdictKind.NOT_YET_REGISTERED, False)
    assert (members["consentDate"], members["source"]) == (DATE, "HS_WEB")
    assert members["consentDateUtc"] == clock.utc_text(FIRST)
    assert members["position"] == receipt.position == 3
    assert members["receipt"] == {
        "eventId": receipt.event.id,
        "position": 3,
        "leafHash": receipt.event.leaf_hash.hex(),
        "recordedAt": receipt.event.recorded,
    }
    iys = members["iys"]
    assert isinstance(iys, dict)
    assert (iys["state"], iys["shown"]) == ("QUEUED", "UNKNOWN")
    assert set(iys["due"]) == {"internal", "iysReading", "legalLatest"}


def test_status_now_is_that_of_the_newest_act(ledger: ConsentLedger) -> None:
    record(ledger, grant(), refusal())

    view = asked(ledger)

    assert (view.status, view.verdict.row) == (REFUSED, "7")
    assert status_members(view)["consentDate"] == LATER


def test_a_closed_brand_is_told_before_the_consent(ledger: ConsentLedger) -> None:
    record(ledger, grant())
    closed = Brand(IYS_CODE, BRAND_CODE, "Örnek", closed=True)

    view = status(ledger, closed, PHONE, Channel.MESSAGE, RecipientType.INDIVIDUAL)

    assert (view.status, view.verdict.kind) == (GRANTED, VerdictKind.BRAND_CLOSED)


def test_both_recipient_types_stand_apart(ledger: ConsentLedger) -> None:
    ledger.record([a_request(1), a_request(1, "RET", LATER, kind="TACIR")])

    individual, merchant = asked(ledger), asked(ledger, RecipientType.MERCHANT)

    assert (individual.status, merchant.status) == (GRANTED, REFUSED)
    assert (individual.position, merchant.position) == (3, 4)
    assert [entry.event.position for entry in told(ledger)] == [3]


def test_status_at_t_counts_acts_of_that_instant_however_late_they_came(
    ledger: ConsentLedger,
) -> None:
    record(ledger, refusal(), grant())

    found = [asked(ledger, at=at).status for at in (FIRST - MINUTE, FIRST, SECOND - MINUTE, SECOND)]

    assert found == [None, GRANTED, GRANTED, REFUSED]


def test_status_known_at_u_counts_what_was_recorded_by_then(ledger: ConsentLedger) -> None:
    before = clock.now()
    after_one = record(ledger, refusal())
    after_two = record(ledger, grant())

    def known(known_at: datetime) -> ConsentStatus | None:
        return asked(ledger, at=SECOND - MINUTE, known_at=known_at).status

    assert asked(ledger, known_at=before).status is None
    assert asked(ledger, known_at=after_one).status is REFUSED
    assert [known(before), known(after_one), known(after_two)] == [None, None, GRANTED]


def test_a_view_of_the_past_names_the_position_it_was_built_at(ledger: ConsentLedger) -> None:
    after_one = record(ledger, grant())
    record(ledger, refusal())

    view = asked(ledger, known_at=after_one)

    assert (view.position, asked(ledger).position) == (3, 4)
    assert view.receipt is not None
    assert view.receipt.position == 3


def test_the_iys_line_as_of_t_and_as_known_at_u(ledger: ConsentLedger) -> None:
    """İYS shows our consent at SECOND."""
    after_act = record(ledger, grant())
    record(ledger, seen(of=1))

    now, at_first = asked(ledger), asked(ledger, at=SECOND - MINUTE)
    known = asked(ledger, known_at=after_act)

    assert (now.consent.iys.state, now.consent.iys.pending, now.due) == (
        IysState.GRANTED,
        None,
        None,
    )
    for view in (at_first, known):
        assert (view.consent.iys.state, view.consent.iys.pending) == (IysState.UNKNOWN, 1)
        assert view.due is not None
    assert asked(ledger, at=SECOND).consent.iys.state is IysState.GRANTED


def test_a_final_no_of_iys_does_not_reach_back_before_its_instant(ledger: ConsentLedger) -> None:
    record(ledger, grant(), iys_says_no(1))

    assert asked(ledger).consent.iys.state is IysState.VOID
    assert asked(ledger, at=SECOND - MINUTE).consent.iys.state is IysState.UNKNOWN


def test_a_retracted_act_counts_at_no_instant_once_that_is_known(ledger: ConsentLedger) -> None:
    after_act = record(ledger, grant())
    record(ledger, retract(1))

    assert asked(ledger, at=SECOND).status is None
    assert asked(ledger, at=SECOND, known_at=after_act).status is GRANTED


@pytest.mark.parametrize(
    ("was", "now", "at", "expected"),
    [
        (LATER, DATE, FIRST + MINUTE, GRANTED),
        (DATE, LATER, FIRST + MINUTE, None),
        (DATE, LATER, SECOND, GRANTED),
    ],
    ids=["to-earlier", "to-later", "to-later-and-asked-after-it"],
)
def test_a_corrected_date_counts_from_the_corrected_instant(
    ledger: ConsentLedger, was: str, now: str, at: datetime, expected: ConsentStatus | None
) -> None:
    """C4.6: the correction replaces the act, then 1–5; C4.5: older acts count as of T."""
    effective_at = clock.utc_text(clock.from_iys_text(now))
    record(ledger, grant(was), correct(1, "consent_date", now, effective_at=effective_at))
    assert status_members(asked(ledger))["consentDate"] == now

    assert asked(ledger, at=at).status is expected


def passed_on(ledger: ConsentLedger) -> tuple[datetime, datetime]:
    """The first holder's consent, seen at İYS; then the next holder. Instants around that."""
    before = record(ledger, grant(), seen(of=1))
    ledger.reassign(PHONE, actor=CLERK, approved_by=SECOND_CLERK, reason="NEW_HOLDER")
    return before, clock.now()


def test_a_new_generation_has_no_act_and_the_addresss_iys_line(ledger: ConsentLedger) -> None:
    passed_on(ledger)

    view = asked(ledger)

    assert (view.status, view.verdict.permitted, view.generations) == (None, False, 2)
    assert view.consent.acts == ()
    assert (view.consent.iys.state, view.consent.iys.consent_date) == (IysState.GRANTED, DATE)
    assert [entry.event.body.TYPE for entry in told(ledger)] == ["iys.seen"]


def test_status_at_t_is_that_of_the_holder_of_the_time(ledger: ConsentLedger) -> None:
    before, after = passed_on(ledger)

    assert asked(ledger, at=before).status is GRANTED
    assert asked(ledger, at=FIRST).status is GRANTED
    assert asked(ledger, at=after).status is None


def test_the_next_holders_act_is_not_the_first_ones(ledger: ConsentLedger) -> None:
    before, _ = passed_on(ledger)
    record(ledger, refusal())

    assert asked(ledger).status is REFUSED
    assert asked(ledger, at=before).status is GRANTED


@pytest.mark.parametrize("with_at", [False, True], ids=["known-at", "at-and-known-at"])
def test_status_known_before_the_address_passed_on_is_the_first_holders(
    ledger: ConsentLedger, with_at: bool
) -> None:
    """At U nobody knew of the next holder, whatever instant T is asked for."""
    before, after = passed_on(ledger)

    view = asked(ledger, at=after if with_at else None, known_at=before)

    assert (view.status, view.consent.iys.state) == (GRANTED, IysState.GRANTED)


def test_status_known_after_the_address_passed_on_is_the_next_holders(
    ledger: ConsentLedger,
) -> None:
    _, after = passed_on(ledger)
    record(ledger, refusal())

    assert asked(ledger, known_at=after).status is None


def test_history_has_every_event_with_its_dates(ledger: ConsentLedger) -> None:
    started = clock.now()
    record(ledger, grant(), seen(of=1), refusal())

    entries = told(ledger)
    members = [entry_members(entry) for entry in entries]

    received = clock.utc_text(RECEIVED_AT)
    assert [
        (m["type"], m["seq"], m["position"], m["actedAt"], m["receivedAt"]) for m in members
    ] == [
        ("consent.granted", 1, 3, clock.utc_text(FIRST), received),
        ("iys.seen", 2, 4, clock.utc_text(SECOND), "2026-11-24T08:00:01Z"),
        ("consent.refused", 3, 5, clock.utc_text(SECOND), received),
    ]
    recorded = [clock.from_utc_text(entry.event.recorded) for entry in entries]
    assert recorded == sorted(recorded)
    assert recorded[0] >= started - MINUTE
    assert [m["recordedAt"] for m in members] == [clock.utc_text(at) for at in recorded]
    assert [m["leafHash"] for m in members] == [entry.event.leaf_hash.hex() for entry in entries]


def test_history_of_a_dated_row_of_a_file_has_no_date_of_receipt(ledger: ConsentLedger) -> None:
    ledger.record([a_request(1, origin=Origin.DECLARED)])

    (entry,) = told(ledger)

    assert (entry.acted_at, entry.received_at) == (clock.utc_text(FIRST), None)


def test_no_answer_shows_the_address(ledger: ConsentLedger, home: Home) -> None:
    record(ledger, grant(), seen(of=1), refusal())
    answers = [status_members(asked(ledger)), *map(entry_members, told(ledger))]

    assert home.brand(BRAND_CODE) == BRAND
    assert "5010000001" not in repr(answers)
    assert invalid_members(AddressRefused("H121"))["permitted"] is False

"""The outbox holds what İYS has still to be told, and nothing but the events decides it."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ledger.aggregates import bodies as b
from ledger.aggregates.commands import Command, Origin
from ledger.aggregates.events import Event, frame
from ledger.aggregates.keys import ConsentKey, event_id, uuid7
from ledger.application import ConsentLedger
from ledger.bootstrap import Home
from ledger.calendar import deadlines
from ledger.clock import ISTANBUL
from ledger.evidence.canonical import ZERO_HASH
from ledger.projections.follower import Follower
from ledger.projections.outbox import (
    DIFFERENCES_MAX,
    Outbox,
    OutboxRow,
    compare,
)
from ledger.recording.request import Receipt, Request
from ledger.store.database import LedgerConnection
from ledger.vocabulary import (
    Basis,
    Channel,
    ConsentSource,
    ConsentStatus,
    DatePrecision,
    IysState,
    RecipientType,
    SeenHow,
)
from tests.integration.acts import (
    BRAND_CODE,
    DATE,
    IYS_CODE,
    LATER,
    a_request,
    about,
    correct,
    folded,
    iys_says_no,
    retract,
    seen,
)

ROWS = "SELECT * FROM iys_outbox ORDER BY position"


@pytest.fixture
def follower(home: Home) -> Follower:
    return Follower(home.database, IYS_CODE, Outbox())


def stored_rows(connection: LedgerConnection) -> list[OutboxRow]:
    return [OutboxRow(*row) for row in connection.execute(ROWS).fetchall()]


def rows(home: Home) -> list[OutboxRow]:
    with home.database.connection(IYS_CODE) as connection:
        return stored_rows(connection)


def waiting(home: Home, follower: Follower) -> list[tuple[int, str]]:
    follower.catch_up()
    return [(row.position, row.consent_status) for row in rows(home)]


def record(ledger: ConsentLedger, *requests: Request) -> list[Receipt]:
    return ledger.record(list(requests))


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ISTANBUL)


def test_an_act_waits_with_its_three_deadlines(
    home: Home, ledger: ConsentLedger, follower: Follower
) -> None:
    receipt = record(
        ledger, a_request(source="HS_WEB", channel="EPOSTA", recipient="a@example.net")
    )

    follower.catch_up()

    event = receipt[0].event
    assert event is not None and isinstance(event.body, b.ConsentGranted)
    due = deadlines(instant(DATE))
    assert rows(home) == [
        OutboxRow(
            event.position,
            event.stream,
            event.seq,
            UUID(event.body.subject),
            BRAND_CODE,
            "BIREYSEL",
            "EPOSTA",
            "ONAY",
            DATE,
            "HS_WEB",
            due.internal,
            due.iys_reading,
            due.legal_latest,
        )
    ]


def test_a_refusal_is_due_three_business_days_after_it_was_made(
    home: Home, ledger: ConsentLedger, follower: Follower
) -> None:
    record(ledger, a_request(1), a_request(1, "RET", LATER))

    assert [status for _, status in waiting(home, follower)] == ["ONAY", "RET"]
    assert rows(home)[1].due_legal_latest == deadlines(instant(LATER)).legal_latest


def test_a_merchants_listing_waits_as_an_onay_that_no_day_limits(
    home: Home, ledger: ConsentLedger, follower: Follower
) -> None:
    record(ledger, a_request(1, date="", source="", kind="TACIR"))

    assert [status for _, status in waiting(home, follower)] == ["ONAY"]
    assert rows(home)[0][5:] == ("TACIR", "MESAJ", "ONAY", None, None, None, None, None)


@pytest.mark.parametrize(
    "request_",
    [
        a_request(1, origin=Origin.DECLARED),
        a_request(1, date="2026-11-02 10:00:00", origin=Origin.FILE),
        a_request(1, "RET", "yesterday"),
    ],
    ids=["declared elsewhere", "too late", "a refusal with a defect"],
)
def test_what_is_not_for_iys_never_waits(
    home: Home, ledger: ConsentLedger, follower: Follower, request_: Request
) -> None:
    assert record(ledger, request_)[0].position is not None

    assert waiting(home, follower) == []


@pytest.mark.parametrize(
    "command",
    [seen(of=1), seen(of=1, state=IysState.REFUSED), iys_says_no(of=1), retract(of=1)],
    ids=["accepted", "shown otherwise", "refused", "retracted"],
)
@pytest.mark.parametrize("between", [lambda follower: None, Follower.catch_up], ids=["one", "two"])
def test_a_row_goes_when_its_act_is_answered_or_taken_back(
    home: Home,
    ledger: ConsentLedger,
    follower: Follower,
    command: Command,
    between: Callable[[Follower], object],
) -> None:
    """In one batch or in two."""
    given = a_request(1)
    other = record(ledger, given, a_request(2))[1].position
    between(follower)

    record(ledger, about(given, command))

    assert waiting(home, follower) == [(other, "ONAY")]


def test_what_iys_shows_on_its_own_answers_nothing(
    home: Home, ledger: ConsentLedger, follower: Follower
) -> None:
    given = a_request(1)
    position = record(ledger, given)[0].position

    record(ledger, about(given, seen(date=LATER)))

    assert waiting(home, follower) == [(position, "ONAY")]


def test_a_correction_changes_what_will_be_told(
    home: Home, ledger: ConsentLedger, follower: Follower
) -> None:
    given = a_request(1)
    record(ledger, given)
    follower.catch_up()

    day = "2026-11-20 10:00:00"
    date = correct(1, "consent_date", day, effective_at="2026-11-20T07:00:00Z")
    record(ledger, about(given, date), about(given, correct(1, "source", "HS_MOBIL")))
    follower.catch_up()

    due = deadlines(instant(day))
    due_columns = (due.internal, due.iys_reading, due.legal_latest)
    assert rows(home)[0][8:] == (day, "HS_MOBIL", *due_columns)


def test_a_rebuild_gives_the_same_rows(
    home: Home, ledger: ConsentLedger, follower: Follower
) -> None:
    requests = [a_request(number) for number in range(40)]
    record(ledger, *requests)
    record(ledger, *(about(given, seen(of=1)) for given in requests[::3]))
    record(ledger, *(about(given, correct(1, "source", "HS_ATM")) for given in requests[::7]))
    follower.catch_up()
    before = rows(home)

    Follower(home.database, IYS_CODE, Outbox(), batch_max=7).rebuild()

    assert len(before) > 20
    assert rows(home) == before


def test_a_damaged_outbox_is_described_row_by_row(
    home: Home, ledger: ConsentLedger, follower: Follower
) -> None:
    record(ledger, *(a_request(number) for number in range(4)))
    follower.catch_up(until=5)

    with psycopg.connect(home.dsn, options="-c search_path=sp_123456") as owner:
        owner.execute("DELETE FROM iys_outbox WHERE position = 3")
        owner.execute("UPDATE iys_outbox SET source = 'HS_ATM' WHERE position = 4")
        owner.execute("UPDATE iys_outbox SET position = 99, seq = 99 WHERE position = 5")
    with home.database.connection(IYS_CODE) as connection:
        log = ledger.store.events_at(range(1, 7)).values()
        events = sorted(log, key=lambda event: event.position)
        told = compare(connection.cursor(), folded(events[:5]))

    assert told == [
        "iys_outbox: row 4 differs from its events in source",
        "iys_outbox: row 99 stands, by the events nothing waits there",
        "iys_outbox: row 3 is missing",
        "iys_outbox: row 5 is missing",
    ]
    follower.rebuild()


def test_of_many_differences_the_rest_is_counted(home: Home) -> None:
    fold = folded(a_history([("granted", 0, None, None)] * (DIFFERENCES_MAX + 5)))

    with home.database.connection(IYS_CODE) as connection:
        told = compare(connection.cursor(), fold)

    assert told[0] == "iys_outbox: row 1 is missing"
    assert told[DIFFERENCES_MAX:] == ["iys_outbox: 5 more rows differ"]


# A law: any history, split anywhere, comes to what the rules say of each act by itself.

SUBJECT = uuid7(1_795_000_000_000, bytes(10))
KEYS = [ConsentKey(BRAND_CODE, SUBJECT, kind, Channel.MESSAGE) for kind in RecipientType]
KINDS = (
    *("granted", "refused", "listed", "kept", "seen", "no", "retracted"),
    *("date", "moved", "source", "other"),
)
Step = tuple[str, int, int | None, str | None]
steps = st.tuples(
    st.sampled_from(KINDS),
    st.integers(0, len(KEYS) - 1),
    st.none() | st.integers(1, 4),
    st.none() | st.sampled_from([DATE, LATER]),
)


def a_history(steps: Sequence[Step]) -> list[Event]:
    events: list[Event] = []
    for position, (kind, index, of, date) in enumerate(steps, 1):
        key = KEYS[index]
        seq = 1 + sum(event.stream == key.stream for event in events)
        event = frame(
            a_body(kind, key, of or 1, date, named=of),
            commit={},
            event_id=event_id(position, bytes(10)),
            log="izin-defteri/123456/test",
            prev=ZERO_HASH,
            recorded="2026-11-24T09:00:00.000000Z",
            seq=seq,
            stream=key.stream,
            position=position,
        )
        events.append(event)
    return events


def a_body(kind: str, key: ConsentKey, of: int, date: str | None, *, named: int | None) -> b.Body:
    at = "2026-11-24T09:00:00Z"
    given: dict[str, Any] = {
        "brand": key.brand_code,
        "recipient_type": key.recipient_type,
        "channel": key.channel,
        "subject": str(key.subject),
        "actor": "user:1",
    }
    mended = {**given, "of": of, "reason": "typed wrongly", "at": at, "approved_by": "user:2"}
    match kind:
        case "granted" | "refused" | "listed" | "kept":
            kinds: dict[str, type[b.ActBody]]
            kinds = {"granted": b.ConsentGranted, "listed": b.MerchantListed}
            return kinds.get(kind, b.ConsentRefused)(
                **given,
                at=at if date else None,
                consent_date=date,
                date_precision=DatePrecision.SECOND,
                source=ConsentSource.HS_WEB if date else None,
                via="api",
                basis=Basis.OWN_CAPTURE,
                tzdata="2026f",
                not_pushed="L-RET-KEPT" if kind == "kept" else None,
            )
        case "seen":
            return b.IysSeen(
                **given,
                state=IysState.GRANTED,
                at=at,
                seen_at=at,
                how=SeenHow.RESULT,
                consent_date=date,
                source=None,
                creation_date=None,
                tzdata="2026f",
                of=named,
            )
        case "no":
            return b.IysRefused(**given, of=of, at=at, code="H467", how=SeenHow.RESULT)
        case "retracted":
            return b.ConsentRetracted(**mended)
        case _:
            field = {"source": "source", "other": "retailer"}.get(kind, "consent_date")
            is_now = "HS_ATM" if kind == "source" else date
            moved = "2026-11-26T09:00:00Z" if kind == "moved" else None
            return b.ConsentCorrected(
                **mended, corrected_field=field, was=None, is_now=is_now, effective_at=moved
            )


def told_act_by_act(events: Sequence[Event]) -> list[OutboxRow]:
    """The rules read out for each act on its own; slow and obvious."""
    rows = []
    for event in events:
        act = event.body
        if not isinstance(act, b.ActBody) or act.not_pushed is not None:
            continue
        later = [
            one.body
            for one in events
            if one.stream == event.stream
            and one.position > event.position
            and getattr(one.body, "of", None) == event.seq
        ]
        if any(isinstance(one, b.IysSeen | b.IysRefused | b.ConsentRetracted) for one in later):
            continue
        at, date, source = act.at, act.consent_date, act.source and str(act.source)
        for one in later:
            assert isinstance(one, b.ConsentCorrected)
            if one.corrected_field == "consent_date":
                date = None if one.is_now is None else str(one.is_now)
                at = one.effective_at or at
            if one.corrected_field == "source":
                source = str(one.is_now)
        due = deadlines(datetime.fromisoformat(at)) if at else None
        key = (UUID(act.subject), act.brand, str(act.recipient_type), str(act.channel))
        status = ConsentStatus.REFUSED if act.TYPE == "consent.refused" else ConsentStatus.GRANTED
        rows.append(
            OutboxRow(
                *(event.position, event.stream, event.seq, *key, str(status), date, source),
                *((due.internal, due.iys_reading, due.legal_latest) if due else (None,) * 3),
            )
        )
    return rows


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(history=st.lists(steps, min_size=4, max_size=24), cuts=st.sets(st.integers(1, 23)))
@example(history=[("granted", 0, None, DATE), ("seen", 0, 1, None)], cuts=set())
@example(history=[("granted", 0, None, DATE), ("moved", 0, 1, LATER)], cuts={1})
def test_any_split_of_any_history_comes_to_the_same_rows(
    home: Home, history: list[Step], cuts: set[int]
) -> None:
    events = a_history(history)
    ends = sorted({cut for cut in cuts if cut < len(events)} | {len(events)})
    with home.database.connection(IYS_CODE) as connection:
        begin = 0
        for end in ends:
            Outbox().apply(connection.cursor(), events[begin:end])
            begin = end

        assert stored_rows(connection) == told_act_by_act(events)
        assert compare(connection.cursor(), folded(events)) == []
        connection.rollback()

"""Same-day confirmations (R16): owed, shown, missed, late; nothing but the events decides it."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ledger import clock
from ledger.aggregates import bodies as b
from ledger.aggregates.commands import AddEvidence, Command, Origin, RecordAct
from ledger.aggregates.events import Event, frame
from ledger.aggregates.keys import ConsentKey, event_id, uuid7
from ledger.application import ConsentLedger
from ledger.bootstrap import Home
from ledger.clock import from_utc_text
from ledger.evidence.canonical import ZERO_HASH
from ledger.projections import fsck_confirmations
from ledger.projections.confirmations import (
    ELECTRONIC_SOURCES,
    ConfirmationRow,
    Confirmations,
    confirmation_due,
)
from ledger.projections.follower import Follower, position_of
from ledger.projections.fsck_confirmations import ConfirmationsCheck
from ledger.recording.request import Request
from ledger.store.database import LedgerConnection
from ledger.vocabulary import Basis, Channel, ConsentSource, DatePrecision, RecipientType
from tests.integration.acts import (
    BRAND_CODE,
    CLERK,
    DATE,
    IYS_CODE,
    LATER,
    a_request,
    about,
    correct,
    retract,
)

ROWS = "SELECT * FROM confirmations ORDER BY position"
ACTED_AT = datetime(2026, 11, 24, 7, tzinfo=UTC)
DUE = datetime(2026, 11, 24, 20, 59, 59, tzinfo=UTC)
SAME_DAY, NEXT_DAY, DAY_BEFORE = (f"2026-11-{day}T18:00:00Z" for day in (24, 25, 23))
PAPER = {
    *(ConsentSource.HS_2015, ConsentSource.HS_ISLAK_IMZA, ConsentSource.HS_FIZIKSEL_ORTAM),
    *(ConsentSource.HS_ETKINLIK, ConsentSource.HS_KARAR, ConsentSource.HS_OTHER),
}


@pytest.fixture
def follower(home: Home) -> Follower:
    return Follower(home.database, IYS_CODE, Confirmations())


def stored_rows(connection: LedgerConnection) -> list[ConfirmationRow]:
    return [ConfirmationRow(*row) for row in connection.execute(ROWS).fetchall()]


def rows(home: Home, follower: Follower) -> list[ConfirmationRow]:
    follower.catch_up()
    with home.database.connection(IYS_CODE) as connection:
        return stored_rows(connection)


def shown(home: Home, follower: Follower) -> list[tuple[int, datetime | None]]:
    return [(row.position, row.sent_at) for row in rows(home, follower)]


def differences(connection: LedgerConnection, events: Iterable[Event], read_to: int) -> list[str]:
    check = ConfirmationsCheck(connection, read_to)
    for event in sorted(events, key=lambda one: (one.stream, one.seq)):
        check.take(event)
    return check.close()


def confirmed(of: int, captured_at: str, kind: str = "confirmation") -> AddEvidence:
    return AddEvidence(
        of=of, evidence_kinds=(kind,), captured_at=captured_at, at=NEXT_DAY, actor=CLERK
    )


def acted(request: Request, at: datetime) -> Request:
    """The same act, of another instant."""
    assert isinstance(request.command, RecordAct)
    dates = {"at": clock.utc_text(at), "consent_date": clock.iys_text(at)}
    moved = msgspec.structs.replace(request.command, **dates)
    return msgspec.structs.replace(request, command=moved)


def with_confirmation(request: Request, captured_at: str) -> Request:
    assert isinstance(request.command, RecordAct)
    proven = msgspec.structs.replace(
        request.command, evidence_kinds=("form", "confirmation"), captured_at=captured_at
    )
    return msgspec.structs.replace(request, command=proven)


def test_every_source_of_a_provider_is_electronic_or_paper() -> None:
    assert {
        source for source in ConsentSource if not source.is_recipients_own
    } == ELECTRONIC_SOURCES | PAPER
    assert not ELECTRONIC_SOURCES & PAPER


def test_a_consent_is_to_be_confirmed_by_the_end_of_its_turkish_day(
    home: Home, ledger: ConsentLedger, follower: Follower
) -> None:
    event = ledger.record([a_request(source="HS_CAGRI_MERKEZI")])[0].event

    assert event is not None
    assert rows(home, follower) == [
        ConfirmationRow(event.position, event.stream, 1, BRAND_CODE, "MESAJ", ACTED_AT, DUE, None)
    ]


@pytest.mark.parametrize(
    ("date", "due"),
    [
        ("2026-11-24 00:00:00", "2026-11-24T20:59:59Z"),
        ("2026-11-24 23:59:59", "2026-11-24T20:59:59Z"),
        ("2016-01-10 12:00:00", "2016-01-10T21:59:59Z"),
    ],
    ids=["its first second", "its last second", "in the winter of another zone (R114)"],
)
def test_the_day_is_the_turkish_one(date: str, due: str) -> None:
    assert confirmation_due(clock.from_iys_text(date)) == from_utc_text(due)


def test_what_we_did_not_take_electronically_ourselves_is_not_to_be_confirmed(
    home: Home, ledger: ConsentLedger, follower: Follower
) -> None:
    ledger.record(
        [
            a_request(1, source="HS_ISLAK_IMZA"),
            a_request(2, "RET"),
            a_request(3, origin=Origin.DECLARED),
            a_request(4, date="", source="", kind="TACIR"),
            a_request(5, origin=Origin.FILE),
            *(a_request(6, date=LATER, source="HS_ISLAK_IMZA"), a_request(6)),
        ]
    )

    assert rows(home, follower) == []


def test_a_row_of_a_file_counts_where_it_came_in_on_the_day_itself(
    home: Home, ledger: ConsentLedger, follower: Follower
) -> None:
    now = clock.now()

    ledger.record([acted(a_request(1, origin=Origin.FILE), now)])

    assert [row.due for row in rows(home, follower)] == [confirmation_due(now)]


@pytest.mark.parametrize(
    ("captured_at", "left"),
    [(SAME_DAY, []), (NEXT_DAY, [from_utc_text(NEXT_DAY)]), (DAY_BEFORE, [None])],
    ids=["the same day", "the next day", "the day before"],
)
@pytest.mark.parametrize("how", ["with the act", "in one batch", "in two"])
def test_only_a_confirmation_of_the_same_day_ends_it(
    home: Home,
    ledger: ConsentLedger,
    follower: Follower,
    captured_at: str,
    left: list[datetime | None],
    how: str,
) -> None:
    given = a_request(1)
    if how == "with the act":
        ledger.record([with_confirmation(given, captured_at)])
    else:
        ledger.record([given])
        if how == "in two":
            follower.catch_up()
        ledger.record([about(given, confirmed(1, captured_at))])

    assert [sent_at for _, sent_at in shown(home, follower)] == left


@pytest.mark.parametrize(
    ("command", "stands"),
    [
        (retract(1), False),
        (correct(1, "source", "HS_ISLAK_IMZA"), False),
        (correct(1, "source", "HS_MOBIL"), True),
        (confirmed(1, SAME_DAY, "recording"), True),
    ],
    ids=["retracted", "on paper after all", "another form", "other evidence"],
)
def test_a_mistake_of_ours_owes_nothing_and_other_evidence_is_no_confirmation(
    home: Home, ledger: ConsentLedger, follower: Follower, command: Command, stands: bool
) -> None:
    given = a_request(1)
    ledger.record([given])
    follower.catch_up()

    ledger.record([about(given, command)])

    assert bool(rows(home, follower)) is stands


@pytest.mark.parametrize(
    ("date", "stands"),
    [(LATER, False), ("2026-11-24 09:00:00", True), ("2026-11-25 00:00:00", True)],
    ids=["the same day", "before the consent", "when it was missed already"],
)
def test_who_refuses_on_the_day_is_told_nothing_more(
    home: Home, ledger: ConsentLedger, follower: Follower, date: str, stands: bool
) -> None:
    given = a_request(1)
    ledger.record([given, a_request(2)])
    follower.catch_up()

    ledger.record([acted(a_request(1, "RET", LATER), clock.from_iys_text(date))])

    assert len(rows(home, follower)) == 1 + stands


def test_a_corrected_date_moves_the_day_and_may_show_the_confirmation_in_time(
    home: Home, ledger: ConsentLedger, follower: Follower
) -> None:
    given, other = a_request(1), a_request(2)
    moved = correct(1, "consent_date", "2026-11-23 10:00:00", effective_at="2026-11-23T07:00:00Z")
    ledger.record([given, other, about(other, confirmed(1, NEXT_DAY))])
    follower.catch_up()

    ledger.record([about(given, confirmed(1, NEXT_DAY)), about(given, moved)])
    ledger.record([about(given, confirmed(1, "2026-11-23T20:00:00Z"))])

    assert shown(home, follower) == [(4, from_utc_text(NEXT_DAY))]


def test_a_rebuild_gives_the_same_rows_and_a_damaged_table_is_described(
    home: Home, ledger: ConsentLedger, follower: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = [a_request(number) for number in range(20)]
    ledger.record(given)
    ledger.record([about(one, confirmed(1, NEXT_DAY)) for one in given[::3]])
    ledger.record([about(one, confirmed(1, SAME_DAY)) for one in given[::2]])
    before = rows(home, follower)
    with psycopg.connect(home.dsn, options="-c search_path=sp_123456") as owner:
        owner.execute("DELETE FROM confirmations WHERE position = 4")
        owner.execute("UPDATE confirmations SET channel = 'ARAMA' WHERE position = 6")
        owner.execute("UPDATE confirmations SET position = 99, seq = 99 WHERE position = 8")

    log = ledger.store.events_at(range(1, ledger.store.last_position() + 1))

    def told() -> list[str]:
        with home.database.connection(IYS_CODE) as connection:
            read_to = position_of(connection.cursor(), "confirmations")
            return differences(connection, log.values(), read_to)

    damaged = told()
    monkeypatch.setattr(fsck_confirmations, "DIFFERENCES_MAX", 1)
    shortened = told()
    Follower(home.database, IYS_CODE, Confirmations(), batch_max=7).rebuild()

    assert sorted(damaged) == [
        "confirmations: row 4 is missing",
        "confirmations: row 6 differs from its events in channel",
        "confirmations: row 8 is missing",
        "confirmations: row 99 stands, by the events nothing is owed there",
    ]
    assert len(shortened) == 2 and shortened[1] == "confirmations: 3 more rows differ"
    assert (rows(home, follower), told()) == (before, [])
    assert len(before) == 10


# A law: any history, split anywhere, comes to what the rules say of each consent by itself.

SUBJECT = uuid7(1_795_000_000_000, bytes(10))
KEYS = [ConsentKey(BRAND_CODE, SUBJECT, kind, Channel.MESSAGE) for kind in RecipientType]
KINDS = ("granted", "paper", "refused", "shown", "retracted", "moved", "source", "basis")
DAYS = (DAY_BEFORE, SAME_DAY, NEXT_DAY, "2026-11-26T08:00:00Z")
Step = tuple[str, int, int, str]
steps = st.tuples(
    st.sampled_from(KINDS),
    st.integers(0, len(KEYS) - 1),
    st.integers(1, 4),
    st.sampled_from(DAYS),
)


def a_history(steps: Sequence[Step]) -> list[Event]:
    events: list[Event] = []
    for position, (kind, index, of, at) in enumerate(steps, 1):
        key = KEYS[index]
        event = frame(
            a_body(kind, key, of, at),
            commit={},
            event_id=event_id(position, bytes(10)),
            log="izin-defteri/123456/test",
            prev=ZERO_HASH,
            recorded="2026-11-26T09:00:00.000000Z",
            seq=1 + sum(event.stream == key.stream for event in events),
            stream=key.stream,
            position=position,
        )
        events.append(event)
    return events


def a_body(kind: str, key: ConsentKey, of: int, at: str) -> b.Body:
    given: dict[str, Any] = {
        "brand": key.brand_code,
        "recipient_type": key.recipient_type,
        "channel": key.channel,
        "subject": str(key.subject),
        "actor": "user:1",
        "at": at,
    }
    mended = {**given, "of": of, "reason": "typed wrongly", "approved_by": "user:2"}
    match kind:
        case "granted" | "paper" | "refused":
            act = b.ConsentRefused if kind == "refused" else b.ConsentGranted
            return act(
                **given,
                consent_date=DATE,
                date_precision=DatePrecision.SECOND,
                source=ConsentSource.HS_ATM if kind == "granted" else ConsentSource.HS_ETKINLIK,
                via="api",
                basis=Basis.OWN_CAPTURE,
                tzdata="2026f",
            )
        case "shown":
            kinds = ("log", "confirmation")
            return b.ConsentEvidenceAdded(**given, of=of, evidence_kinds=kinds, captured_at=at)
        case "retracted":
            return b.ConsentRetracted(**mended)
        case _:
            field, is_now, moved = {
                "moved": ("consent_date", DATE, at),
                "source": ("source", "HS_WEB" if at == SAME_DAY else "HS_ISLAK_IMZA", None),
                "basis": ("basis", "declared", None),
            }[kind]
            return b.ConsentCorrected(
                **mended, corrected_field=field, was=None, is_now=is_now, effective_at=moved
            )


def told_act_by_act(events: Sequence[Event]) -> list[ConfirmationRow]:
    """The rules read out for each consent on its own; slow and obvious."""
    rows = []
    for event in events:
        act = event.body
        if not isinstance(act, b.ConsentGranted) or act.source not in ELECTRONIC_SOURCES:
            continue
        acted, sent, over = str(act.at), "", False
        for later in events[event.position :]:
            body: Any = later.body
            if later.stream != event.stream:
                continue
            if isinstance(body, b.ConsentRefused):
                over |= acted <= str(body.at) <= f"{acted[:10]}T20:59:59Z"
            elif getattr(body, "of", None) == event.seq:
                over |= isinstance(body, b.ConsentRetracted)
                if isinstance(body, b.ConsentCorrected):
                    over |= body.is_now in ("declared", "HS_ISLAK_IMZA")
                    acted = body.effective_at or acted
                elif isinstance(body, b.ConsentEvidenceAdded) and body.at[:10] >= acted[:10]:
                    sent = min(sent or body.at, body.at)
                sent = sent if sent[:10] >= acted[:10] else ""
                over |= sent[:10] == acted[:10]
            if over:
                break
        if not over:
            at = from_utc_text(acted)
            place = (event.position, event.stream, event.seq, act.brand, "MESAJ")
            sent_at = from_utc_text(sent) if sent else None
            rows.append(ConfirmationRow(*place, at, confirmation_due(at), sent_at))
    return rows


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(history=st.lists(steps, min_size=3, max_size=20), cuts=st.sets(st.integers(1, 19)))
@example([("granted", 0, 1, DAYS[0]), *(("shown", 0, 1, DAYS[n]) for n in (3, 2, 3))], {2})
def test_any_split_of_any_history_comes_to_the_same_rows(
    home: Home, history: list[Step], cuts: set[int]
) -> None:
    events = a_history(history)
    ends = sorted({cut for cut in cuts if cut < len(events)} | {len(events)})
    with home.database.connection(IYS_CODE) as connection:
        begin = 0
        for end in ends:
            Confirmations().apply(connection.cursor(), events[begin:end])
            begin = end

        assert stored_rows(connection) == told_act_by_act(events)
        assert differences(connection, events, len(events)) == []
        connection.rollback()

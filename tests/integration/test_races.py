"""Two writers at one address, two orders of one batch, and answers that get lost (design.md §7)."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType

import psycopg
import pytest

from ledger import bootstrap
from ledger.aggregates.bodies import ConsentBody
from ledger.application import ATTEMPTS_MAX, ConsentLedger
from ledger.bootstrap import Home
from ledger.errors import HeadBusy, RaceLost, StoreUnavailable
from ledger.recording.ports import Subject
from ledger.recording.request import Receipt, Request
from ledger.settings import Settings
from ledger.store import database as database_module
from ledger.store.deciding import DecisionTables
from ledger.store.recorder import LedgerFactory
from ledger.store.unit import PostgresUnit, ProviderStore
from ledger.store.vault import ProviderVault
from ledger.vocabulary import Outcome
from tests.integration.acts import (
    CLERK,
    DATE,
    IYS_CODE,
    LATER,
    SECOND_CLERK,
    a_request,
    about,
    correct,
    seen,
    with_evidence,
)
from tests.integration.waiting import at_once

ROUNDS = 12
KEYS = 40


@pytest.fixture
def other(settings: Settings, home: Home) -> Iterator[ConsentLedger]:
    """The same ledger as another process has it, with a pool of its own."""
    with bootstrap.home(settings) as opened:
        yield opened.ledger(IYS_CODE)


def count(home: Home, table: str) -> int:
    with home.database.connection(IYS_CODE) as connection:
        row = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()
    assert row is not None
    return int(row[0])


def writing(ledger: ConsentLedger, requests: list[Request]) -> Callable[[], list[Receipt]]:
    return lambda: ledger.record(requests)


def expect_dense(home: Home, size: int) -> None:
    with home.database.connection(IYS_CODE) as connection:
        rows = connection.execute("SELECT position FROM stored_events ORDER BY 1").fetchall()
    assert [row[0] for row in rows] == list(range(1, size + 1))


def test_two_first_writes_for_one_address_make_one_subject(
    home: Home, ledger: ConsentLedger, other: ConsentLedger
) -> None:
    for number in range(ROUNDS):
        one, two = at_once(
            writing(ledger, [a_request(number)]),
            writing(other, [a_request(number, "RET", LATER)]),
        )
        assert {one[0].outcome, two[0].outcome} <= {Outcome.RECORDED, Outcome.HISTORY}

    assert count(home, "recipients") == ROUNDS
    assert count(home, "current_consent") == ROUNDS
    expect_dense(home, 2 + 2 * ROUNDS)


def test_the_same_first_act_from_two_writers_is_recorded_once(
    home: Home, ledger: ConsentLedger, other: ConsentLedger
) -> None:
    for number in range(ROUNDS):
        same = [a_request(number), a_request(number, recipient=f"0501{number:07d}")]
        one, two = at_once(*(writing(each, same) for each in (ledger, other)))
        assert {receipt.position for receipt in (*one, *two)} == {3 + number}

    expect_dense(home, 2 + ROUNDS)


def test_batches_over_the_same_streams_in_opposite_order_neither_deadlock_nor_lose(
    home: Home, ledger: ConsentLedger, other: ConsentLedger
) -> None:
    dates = [f"2026-11-23 {hour:02d}:{minute:02d}:00" for hour in range(5) for minute in (0, 30)]
    for early, late in zip(dates[::2], dates[1::2], strict=True):
        one = [a_request(number, date=early) for number in range(KEYS)]
        two = [a_request(number, date=late) for number in reversed(range(KEYS))]
        receipts = at_once(writing(ledger, one), writing(other, two))
        assert all(receipt.position is not None for some in receipts for receipt in some)

    expect_dense(home, 2 + KEYS * len(dates))
    assert count(home, "recipients") == KEYS


def test_many_single_writers_leave_no_gap(
    home: Home, ledger: ConsentLedger, other: ConsentLedger
) -> None:
    def write(ledger: ConsentLedger, first: int) -> Callable[[], list[Receipt]]:
        return lambda: [ledger.record([a_request(first + n)])[0] for n in range(10)]

    at_once(*(write(each, 100 * n) for n, each in enumerate([ledger, other] * 3)))

    expect_dense(home, 2 + 60)


def test_a_head_that_stays_taken_is_reported_and_nothing_is_written(
    home: Home, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "LOCK_TIMEOUT", timedelta(milliseconds=50))
    with bootstrap.home(settings) as hasty, psycopg.connect(home.dsn) as holder:
        holder.execute("SELECT one FROM sp_123456.ledger_head FOR UPDATE")
        with pytest.raises(HeadBusy):
            hasty.ledger(IYS_CODE).record([a_request(1)])

    expect_dense(home, 2)


# A store that is behind, as a reader is whom another writer overtakes each time.


class OvertakenStore(ProviderStore):
    """The first `times` times it answers with what it knew once, then with the truth."""

    times = 0
    asked = 0
    size: int | None = 0
    knew: Mapping[bytes, Subject] = MappingProxyType({})

    def find_subjects(self, lookups: Collection[bytes]) -> tuple[int, dict[bytes, Subject]]:
        self.asked += 1
        if self.asked > self.times:
            return super().find_subjects(lookups)
        return (self.last_position() if self.size is None else self.size), dict(self.knew)


def on(home: Home, store: type[ProviderStore]) -> ConsentLedger:
    vault = ProviderVault(home.providers.keys(IYS_CODE))
    return ConsentLedger(
        store(home.database, IYS_CODE, vault),
        vault,
        infrastructure=LedgerFactory(home.database, IYS_CODE),
        decisions=DecisionTables(home.database, IYS_CODE),
        log_origin=home.providers.get(IYS_CODE).log_origin,
    )


@pytest.mark.parametrize("size", [0, None], ids=["seen in the unit", "seen by the unique index"])
def test_who_loses_a_race_tries_again(home: Home, ledger: ConsentLedger, size: int | None) -> None:
    ledger.record([a_request(1)])
    overtaken = on(home, OvertakenStore)
    store = overtaken.store
    assert isinstance(store, OvertakenStore)
    store.times, store.size = ATTEMPTS_MAX - 1, size

    receipt = overtaken.record([a_request(1, "RET", LATER)])[0]

    assert (receipt.outcome, receipt.position) == (Outcome.RECORDED, 4)
    assert store.asked == ATTEMPTS_MAX
    assert count(home, "recipients") == 1


@pytest.mark.parametrize("size", [0, None], ids=["seen in the unit", "seen by the unique index"])
def test_who_loses_every_race_gives_up_and_has_written_nothing(
    home: Home, ledger: ConsentLedger, size: int | None
) -> None:
    ledger.record([a_request(1)])
    overtaken = on(home, OvertakenStore)
    store = overtaken.store
    assert isinstance(store, OvertakenStore)
    store.times, store.size = 2 * ATTEMPTS_MAX, size

    with pytest.raises(RaceLost):
        overtaken.record([a_request(1, "RET", LATER), a_request(2)])

    assert store.asked == ATTEMPTS_MAX
    expect_dense(home, 3)
    assert count(home, "recipients") == 1


def test_an_act_for_an_address_that_passed_on_meanwhile_is_its_new_holders(
    home: Home, ledger: ConsentLedger
) -> None:
    request = a_request(1)
    ledger.record([request])
    overtaken = on(home, OvertakenStore)
    store = overtaken.store
    assert isinstance(store, OvertakenStore)
    store.size, store.knew = store.find_subjects([ledger.vault.lookup(request.address.uri)])
    store.asked, store.times = 0, 1

    holder = ledger.reassign(
        request.address, actor=CLERK, approved_by=SECOND_CLERK, reason="a new contract"
    )
    event = overtaken.record([a_request(1, "RET", LATER)])[0].event

    assert event is not None and isinstance(event.body, ConsentBody)
    assert event.body.subject == str(holder.id)
    assert store.asked == 2


# A lost connection: it did not happen, or it happened and we were not told.


class Fault(StrEnum):
    WITH_THE_HEAD = "with the head"
    BEFORE_COMMIT = "before commit"
    AFTER_COMMIT = "after commit"


class LossyStore(ProviderStore):
    """Its first write loses the connection at `fault`; the server ends the backend for real."""

    fault = Fault.BEFORE_COMMIT
    dsn = ""
    writes = 0

    @contextmanager
    def write(self) -> Iterator[PostgresUnit]:
        self.writes += 1
        with super().write() as unit:
            connection = unit.cursor.connection
            commit, is_first = connection.commit, self.writes == 1

            def commit_without_answer() -> None:
                commit()
                self.end(connection)
                connection.execute("SELECT 1")

            if is_first and self.fault is Fault.WITH_THE_HEAD:
                self.end(connection)
            if is_first and self.fault is Fault.AFTER_COMMIT:
                vars(connection)["commit"] = commit_without_answer
            yield unit
            if is_first and self.fault is Fault.BEFORE_COMMIT:
                self.end(connection)

    def end(self, connection: psycopg.Connection[tuple[object, ...]]) -> None:
        with psycopg.connect(self.dsn, autocommit=True) as killer:
            pid = [connection.info.backend_pid]
            row = killer.execute("SELECT pg_terminate_backend(%s, 10000)", pid).fetchone()
        assert row == (True,)


def lossy(home: Home, fault: Fault) -> tuple[ConsentLedger, LossyStore]:
    ledger = on(home, LossyStore)
    store = ledger.store
    assert isinstance(store, LossyStore)
    store.fault, store.dsn = fault, home.dsn
    return ledger, store


faults = pytest.mark.parametrize("fault", Fault)


@faults
@pytest.mark.parametrize("item_id", ["crm-{}", None], ids=["with ids", "without ids"])
def test_a_lost_connection_is_followed_by_one_try_that_doubles_nothing(
    home: Home, fault: Fault, item_id: str | None
) -> None:
    ledger, store = lossy(home, fault)
    requests = [
        a_request(number, status, date, item_id=item_id and item_id.format(f"{number}{status}"))
        for number in range(5)
        for status, date in (("ONAY", DATE), ("RET", LATER))
    ]

    receipts = ledger.record_surely(requests)

    assert [receipt.position for receipt in receipts] == list(range(3, 13))
    landed = fault is Fault.AFTER_COMMIT
    assert {one.outcome for one in receipts} == {Outcome.ALREADY if landed else Outcome.RECORDED}
    assert store.writes == 2
    expect_dense(home, 12)


@faults
def test_without_the_second_try_the_caller_learns_that_the_outcome_is_unknown(
    home: Home, fault: Fault
) -> None:
    ledger, store = lossy(home, fault)

    with pytest.raises(StoreUnavailable):
        ledger.record([a_request(1)])

    assert store.writes == 1
    expect_dense(home, 3 if fault is Fault.AFTER_COMMIT else 2)


@pytest.mark.parametrize(
    "command",
    [
        a_request(1, "RET", ""),
        a_request(1, "RET", "yesterday"),
        about(a_request(1), seen(of=1)),
        about(a_request(1), correct(1, "source", "HS_MOBIL")),
        with_evidence(a_request(1, date="2026-11-24 11:30:00"), "2026-11-24T08:30:00Z"),
    ],
    ids=["an undated refusal", "a refusal with a defect", "seen", "a correction", "with evidence"],
)
def test_no_kind_of_command_is_doubled_when_its_answer_is_lost(
    home: Home, ledger: ConsentLedger, command: Request
) -> None:
    """Without an id of the giver's: what landed is to be found all the same."""
    ledger.record([a_request(1)])
    losing, _ = lossy(home, Fault.AFTER_COMMIT)

    receipt = losing.record_surely([command])[0]

    assert receipt.outcome is not Outcome.REFUSED
    expect_dense(home, 4)

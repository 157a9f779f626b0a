"""The loop behind every projection: nothing twice, nothing left out, nothing swallowed."""

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg import Cursor
from psycopg.rows import TupleRow
from structlog.testing import capture_logs

from ledger.aggregates.events import Event
from ledger.application import ConsentLedger
from ledger.bootstrap import Home
from ledger.errors import HeadBusy, LedgerBroken
from ledger.projections.follower import Follower, position_of
from ledger.store import database as database_module
from ledger.store.database import Database
from tests.integration.acts import IYS_CODE, a_request
from tests.integration.waiting import at_once, eventually, running

LEDGER_SIZE = 102
MADE_AT = datetime(2026, 11, 24, 12, tzinfo=UTC)


class Tally:
    """Notes the position of every event it is handed, so that a double or a gap shows."""

    name = "tally"

    def __init__(self) -> None:
        self.failures: list[Exception] = []
        self.watch: Callable[[], object] = lambda: None

    def apply(self, cursor: Cursor[TupleRow], events: Sequence[Event]) -> None:
        cursor.executemany(
            "INSERT INTO tally (position) VALUES (%s)", [(event.position,) for event in events]
        )
        self.watch()
        if self.failures:
            raise self.failures.pop()

    def empty(self, cursor: Cursor[TupleRow]) -> None:
        cursor.execute("DELETE FROM tally")


@pytest.fixture
def tally(home: Home, ledger: ConsentLedger) -> Tally:
    """Its table, and a ledger of `LEDGER_SIZE` events before it."""
    with psycopg.connect(home.dsn) as owner:
        owner.execute("CREATE TABLE sp_123456.tally (position bigint NOT NULL)")
        owner.execute("GRANT SELECT, INSERT, DELETE ON sp_123456.tally TO izin_app")
    ledger.record([a_request(number) for number in range(LEDGER_SIZE - 2)])
    return Tally()


@pytest.fixture
def follower(home: Home, tally: Tally) -> Follower:
    return Follower(home.database, IYS_CODE, tally, batch_max=10, now=lambda: MADE_AT)


@pytest.fixture
def another_process(home: Home) -> Iterator[Database]:
    """A pool of its own, as another process has it."""
    database = Database(home.dsn)
    database.open()
    yield database
    database.close()


def tallied(home: Home) -> list[int]:
    with home.database.connection(IYS_CODE) as connection:
        rows = connection.execute("SELECT position FROM tally ORDER BY position").fetchall()
    return [row[0] for row in rows]


def position(home: Home) -> int:
    with home.database.connection(IYS_CODE) as connection:
        return position_of(connection.cursor(), Tally.name)


def first(count: int) -> list[int]:
    return list(range(1, count + 1))


def test_a_batch_and_its_position_are_stored_together(home: Home, follower: Follower) -> None:
    assert (follower.run_once(), follower.run_once()) == (10, 10)

    assert tallied(home) == first(20)
    assert position(home) == 20


def test_catching_up_reads_to_the_end_or_exactly_to_where_it_is_told(
    home: Home, follower: Follower
) -> None:
    assert follower.catch_up(until=37) == 37
    assert (position(home), tallied(home)) == (37, first(37))

    assert follower.catch_up() == LEDGER_SIZE - 37
    assert follower.catch_up() == 0
    assert tallied(home) == first(LEDGER_SIZE)


def test_a_poll_that_finds_nothing_writes_nothing(home: Home, follower: Follower) -> None:
    follower.catch_up()
    query = "SELECT xmin::text, xmax::text, ctid::text FROM sp_123456.followers"

    with psycopg.connect(home.dsn, autocommit=True) as watcher:
        before = watcher.execute(query).fetchall()
        assert [follower.run_once() for _ in range(5)] == [0] * 5
        assert watcher.execute(query).fetchall() == before


def test_followers_of_one_name_in_two_processes_neither_double_nor_skip(
    home: Home, ledger: ConsentLedger, tally: Tally, another_process: Database
) -> None:
    databases = (home.database, another_process)
    one, other = (Follower(each, IYS_CODE, tally, batch_max=3) for each in databases)

    def write() -> int:
        for number in range(1000, 1060):
            ledger.record([a_request(number)])
        return 60

    _, *handled = at_once(write, one.catch_up, other.catch_up)
    handled.append(one.catch_up())

    assert sum(handled) == LEDGER_SIZE + 60
    assert tallied(home) == first(LEDGER_SIZE + 60)
    assert position(home) == LEDGER_SIZE + 60


def test_a_failure_moves_nothing_and_reaches_the_caller(
    home: Home, follower: Follower, tally: Tally
) -> None:
    follower.run_once()
    tally.failures = [LedgerBroken("event 11 cannot be read")]

    with pytest.raises(LedgerBroken):
        follower.run_once()

    assert (position(home), tallied(home)) == (10, first(10))
    assert follower.catch_up() == LEDGER_SIZE - 10


def test_a_running_follower_takes_what_comes_until_it_is_stopped(
    home: Home, ledger: ConsentLedger, follower: Follower
) -> None:
    with running(follower.run):
        eventually(lambda: position(home) == LEDGER_SIZE, "the log is read")
        ledger.record([a_request(5000), a_request(5001)])
        eventually(lambda: position(home) == LEDGER_SIZE + 2, "new events are read")

    ledger.record([a_request(5002)])
    assert tallied(home) == first(LEDGER_SIZE + 2)


def test_a_failing_follower_says_so_and_tries_again(
    home: Home, follower: Follower, tally: Tally
) -> None:
    told: list[datetime | None] = []
    tally.failures = [psycopg.DataError("+905010000001 does not fit"), LedgerBroken("event 11")]
    tally.watch = lambda: told.append(follower.failing_since)

    with capture_logs() as logs, running(follower.run):
        eventually(lambda: position(home) == LEDGER_SIZE, "it gets over the failures")

    assert told[:3] == [None, MADE_AT, MADE_AT]
    assert follower.failing_since is None
    assert [log["failure"] for log in logs] == ["LedgerBroken", "DataError"]
    assert [log["after_position"] for log in logs] == [0, 0]
    assert "90501" not in repr(logs)
    assert tallied(home) == first(LEDGER_SIZE)


def test_a_mistake_in_the_program_ends_the_loop_loudly(follower: Follower, tally: Tally) -> None:
    tally.failures = [TypeError("no such column")]

    with capture_logs() as logs, pytest.raises(TypeError):
        follower.run(threading.Event())

    assert follower.failing_since == MADE_AT
    assert [log["failure"] for log in logs] == ["TypeError"]


def test_a_follower_whose_row_another_process_holds_waits_without_alarm(
    home: Home, tally: Tally, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "LOCK_TIMEOUT", timedelta(milliseconds=50))
    hasty = Database(home.dsn)
    hasty.open()
    follower = Follower(hasty, IYS_CODE, tally)
    follower.catch_up(until=1)

    with capture_logs() as logs, psycopg.connect(home.dsn) as holder:
        holder.execute("SELECT 1 FROM sp_123456.followers FOR UPDATE")
        with pytest.raises(HeadBusy):
            follower.run_once()
        with running(follower.run):
            waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            eventually(lambda: value_of(home, waiting) == 1, "it waits for the row")
            eventually(lambda: value_of(home, waiting) == 0, "it gives up")
            holder.rollback()
            eventually(lambda: position(home) == LEDGER_SIZE, "it goes on")
    hasty.close()

    assert follower.failing_since is None
    assert logs == []


def value_of(home: Home, query: str) -> object:
    with psycopg.connect(home.dsn) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


def test_a_rebuild_gives_the_same_rows_and_nobody_sees_it_half_done(
    home: Home, follower: Follower, tally: Tally
) -> None:
    follower.catch_up(until=50)
    seen: list[int] = []
    tally.watch = lambda: seen.append(len(tallied(home)))

    assert follower.rebuild() == 50

    assert seen == [50] * 5
    assert (position(home), tallied(home)) == (50, first(50))
    tally.watch = lambda: None
    assert follower.catch_up() == LEDGER_SIZE - 50


def test_a_rebuild_that_fails_leaves_the_table_as_it_was(
    home: Home, follower: Follower, tally: Tally
) -> None:
    follower.catch_up()
    tally.failures = [LedgerBroken("event 1")]

    with pytest.raises(LedgerBroken):
        follower.rebuild()

    assert (position(home), tallied(home)) == (LEDGER_SIZE, first(LEDGER_SIZE))


@pytest.mark.damaging
def test_a_gap_in_the_log_is_noticed(home: Home, follower: Follower) -> None:
    with psycopg.connect(home.dsn) as owner:
        owner.execute("ALTER TABLE sp_123456.stored_events DISABLE TRIGGER ALL")
        owner.execute("DELETE FROM sp_123456.stored_events WHERE position = 7")

    with pytest.raises(LedgerBroken, match="missing between 0 and 11"):
        follower.run_once()

    assert (position(home), tallied(home)) == (0, [])

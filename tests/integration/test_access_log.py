"""The access log: written without waiting, never lost in silence, append-only for everybody."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest
from structlog.testing import capture_logs

from ledger.bootstrap import Home
from ledger.clock import now
from ledger.errors import StoreUnavailable
from ledger.recording.principals import AccessLogFull
from ledger.store.access_log import AccessWriter, ProviderAccessLog
from ledger.store.database import Database, LedgerConnection
from ledger.store.providers import ProviderDetails
from ledger.vocabulary import BrandCode, IysCode
from tests.integration.acts import BRAND_CODE, IYS_CODE
from tests.integration.test_store import ROLES
from tests.integration.waiting import at_once, eventually

SUBJECT = UUID("01890000-0000-7000-8000-000000000001")
CHANGES = {
    "update": "UPDATE access_log SET actor = 'key:x'",
    "update of no row": "UPDATE access_log SET actor = 'key:x' WHERE false",
    "delete": "DELETE FROM access_log",
    "truncate": "TRUNCATE access_log",
}


@pytest.fixture
def log(home: Home) -> ProviderAccessLog:
    return home.access_log(IYS_CODE)


def actors(log: ProviderAccessLog, limit: int = 100_000) -> list[str]:
    return [note.actor for note in log.newest(limit)]


def test_a_note_is_in_the_table_within_a_second(log: ProviderAccessLog) -> None:
    log.note("key:a", "status", brand_code=BRAND_CODE, subject=SUBJECT, request_id="r-1")

    eventually(lambda: len(actors(log)) == 1, "the note is written")
    (note,) = log.newest(10)
    assert (note.actor, note.action, note.items) == ("key:a", "status", 1)
    assert (note.brand_code, note.subject, note.request_id) == (BRAND_CODE, SUBJECT, "r-1")
    assert now() - note.at < timedelta(minutes=1)


def test_what_is_noted_is_there_after_the_end(home: Home, log: ProviderAccessLog) -> None:
    def many() -> None:
        for _ in range(2_000):
            log.note("key:a", "status")

    at_once(*[many] * 4)

    home.close()

    assert len(actors(log)) == 8_000
    with pytest.raises(AccessLogFull):
        log.note("key:a", "status")


def test_notes_are_found_by_brand_and_time_the_newest_first(
    home: Home, log: ProviderAccessLog
) -> None:
    for number in range(5):
        log.note(f"key:{number}", "history", brand_code=BrandCode(1 + number % 2))
    home.close()

    assert actors(log, 2) == ["key:4", "key:3"]
    assert [one.actor for one in log.newest(9, brand_code=BrandCode(2))] == ["key:3", "key:1"]
    assert len(log.newest(9, since=now() - timedelta(minutes=1))) == 5
    assert not log.newest(9, since=now() + timedelta(minutes=1))


def test_each_provider_has_a_log_of_its_own(home: Home, log: ProviderAccessLog) -> None:
    other = IysCode(654321)
    home.add_provider(other, ProviderDetails("Başka A.Ş."), actor="system:test")

    log.note("key:ours", "status")
    home.access_log(other).note("key:theirs", "status")
    home.close()

    assert actors(log) == ["key:ours"]
    assert actors(home.access_log(other)) == ["key:theirs"]


class Away(Database):
    """A database that can be out of reach."""

    def __init__(self, database: Database) -> None:
        self.is_away = threading.Event()
        self._within = database

    @contextmanager
    def connection(self, iys_code: IysCode | None = None) -> Iterator[LedgerConnection]:
        if self.is_away.is_set():
            raise StoreUnavailable("away")
        with self._within.connection(iys_code) as connection:
            yield connection


def test_while_the_database_is_away_notes_wait_and_then_are_written(home: Home) -> None:
    database = Away(home.database)
    database.is_away.set()
    writer = AccessWriter(database, flush_seconds=0.01)
    log = writer.log(IYS_CODE)
    with capture_logs() as lines:
        for _ in range(10):
            log.note("key:a", "status")
        eventually(lambda: bool(lines), "the failure is logged")
    log.note("key:b", "status")
    database.is_away.clear()

    eventually(lambda: len(actors(home.access_log(IYS_CODE))) == 11, "all are written")
    writer.close()

    assert lines[0]["failure"] == "StoreUnavailable"
    assert sorted(actors(log)) == ["key:a"] * 10 + ["key:b"]


def test_what_cannot_be_noted_must_not_be_shown(home: Home) -> None:
    database = Away(home.database)
    database.is_away.set()
    writer = AccessWriter(database, waiting_max=50, flush_seconds=0.01)
    log = writer.log(IYS_CODE)

    with pytest.raises(AccessLogFull):
        for _ in range(51):
            log.note("key:a", "status")
    database.is_away.clear()
    eventually(lambda: len(actors(log)) == 50, "what waited is written")
    log.note("key:a", "status")
    writer.close()

    assert len(actors(log)) == 51


def test_notes_that_are_lost_at_the_end_are_said_to_be(home: Home) -> None:
    database = Away(home.database)
    database.is_away.set()
    writer = AccessWriter(database)
    writer.log(IYS_CODE).note("key:a", "status")

    with capture_logs() as lines:
        writer.close()

    assert lines[-1]["notes"] == 1


@pytest.mark.damaging
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("change", CHANGES)
def test_nobody_changes_the_access_log(home: Home, change: str, role: str) -> None:
    home.access_log(IYS_CODE).note("key:a", "status")
    home.close()

    with (
        psycopg.connect(home.dsn, options="-c search_path=sp_123456") as connection,
        pytest.raises(psycopg.errors.RestrictViolation),
    ):
        connection.execute(ROLES[role].encode())
        connection.execute(CHANGES[change].encode())
    with psycopg.connect(home.dsn) as connection:
        assert connection.execute("SELECT count(*) FROM sp_123456.access_log").fetchone() == (1,)


@pytest.mark.parametrize(
    "statement",
    [
        *CHANGES.values(),
        "ALTER TABLE access_log DISABLE TRIGGER append_only",
        "DROP TABLE access_log",
        "INSERT INTO access_log (id, at, actor, action, items) OVERRIDING SYSTEM VALUE"
        " VALUES (99, now(), 'key:x', 'status', 1) ON CONFLICT (id) DO UPDATE SET actor = 'key:y'",
    ],
)
def test_the_application_may_only_add_and_read(home: Home, statement: str) -> None:
    with (
        pytest.raises(psycopg.errors.InsufficientPrivilege),
        home.database.connection(IYS_CODE) as connection,
    ):
        connection.execute(statement.encode())

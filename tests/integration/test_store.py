"""What the database itself guards, what the vault gives back, and how commands are remembered."""

from pathlib import Path

import psycopg
import pytest
from psycopg import errors

from ledger import bootstrap
from ledger.aggregates.bodies import ConsentBody
from ledger.aggregates.commands import Origin
from ledger.aggregates.events import Event
from ledger.application import ConsentLedger
from ledger.bootstrap import Home
from ledger.errors import LedgerBroken, LedgerError, LogMoved, SettingsRefused, StoreUnavailable
from ledger.recording.request import Receipt, Request, bind
from ledger.settings import Settings
from ledger.store import database as database_module
from ledger.store.unit import PostgresUnit
from ledger.store.vault_keys import KeyFolder
from ledger.vocabulary import BrandCode, Outcome
from tests.integration.acts import (
    IYS_CODE,
    LATER,
    a_request,
    about,
    iys_says_no,
    retract,
    seen,
    with_evidence,
)
from tests.integration.waiting import eventually

CHANGES = {
    "update": "UPDATE stored_events SET topic = 'ledger.x'",
    "update of no row": "UPDATE stored_events SET topic = 'ledger.x' WHERE false",
    "delete": "DELETE FROM stored_events",
    "truncate": "TRUNCATE stored_events",
    "upsert": "INSERT INTO stored_events SELECT * FROM stored_events"
    " ON CONFLICT (position) DO UPDATE SET topic = 'ledger.x'",
}
ROLES = {
    "superuser": "SELECT 1",
    "owner": "SET ROLE izin_owner",
    "replica": "SET session_replication_role = replica",
}
NOT_FOR_THE_APPLICATION = {
    **{name: CHANGES[name] for name in ("update", "delete", "truncate", "upsert")},
    "disable the trigger": "ALTER TABLE stored_events DISABLE TRIGGER append_only",
    "drop the log": "DROP TABLE stored_events",
    "make a table": "CREATE TABLE more (one int)",
    "make a table in public": "CREATE TABLE public.more (one int)",
    "make a schema": "CREATE SCHEMA more",
    "add a head": "INSERT INTO ledger_head VALUES (true)",
    "take the head away": "DELETE FROM ledger_head",
    "move an address": "UPDATE recipients SET lookup = lookup",
    "forget a command": "DELETE FROM commands",
    "change a command": "UPDATE commands SET outcome = 'recorded'",
    "change the keys' check": "UPDATE izin.providers SET key_check = ''",
    "remove a provider": "DELETE FROM izin.providers",
    "claim a migration": "INSERT INTO schema_version VALUES (99, 'x')",
}


def record(ledger: ConsentLedger, *requests: Request) -> list[Receipt]:
    return ledger.record(list(requests))


def recorded(ledger: ConsentLedger, request: Request) -> Event:
    event = record(ledger, request)[0].event
    assert event is not None
    return event


def owner(home: Home) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(home.dsn, options="-c search_path=sp_123456")


# Guards.


@pytest.mark.parametrize("statement", NOT_FOR_THE_APPLICATION.values(), ids=NOT_FOR_THE_APPLICATION)
def test_the_application_may_not(shared_home: Home, statement: str) -> None:
    with (
        pytest.raises(errors.InsufficientPrivilege),
        shared_home.database.connection(IYS_CODE) as connection,
    ):
        connection.execute(statement.encode())


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("role", ROLES.values(), ids=ROLES)
def test_events_are_append_only_for_the_owner_and_superuser_too(
    shared_home: Home, role: str, change: str
) -> None:
    with owner(shared_home) as connection, pytest.raises(errors.RestrictViolation) as refused:
        connection.execute(role.encode())
        connection.execute(change.encode())

    assert "append-only" in str(refused.value)


def test_every_pooled_connection_is_the_applications(shared_home: Home) -> None:
    pool = shared_home.database
    with pool.connection() as first, pool.connection(IYS_CODE) as second:
        for connection in (first, second):
            row = connection.execute("SELECT current_user, session_user").fetchone()
            assert row == ("izin_app", "izin")


def test_a_connection_sees_the_schema_of_its_provider(shared_home: Home) -> None:
    with shared_home.database.connection(IYS_CODE) as connection:
        row = connection.execute("SELECT current_schemas(false)").fetchone()
        assert row == (["sp_123456"],)
        with pytest.raises(errors.RaiseException), connection.transaction():
            connection.execute("DO $$ BEGIN RAISE EXCEPTION 'undone'; END $$")
        assert connection.execute("SELECT current_schemas(false)").fetchone() == row


def test_positions_are_dense_and_a_failed_batch_leaves_no_gap(
    home: Home, ledger: ConsentLedger
) -> None:
    record(ledger, a_request(1), a_request(2))
    with pytest.raises(errors.DivisionByZero), ledger.store.write() as unit:
        assert isinstance(unit, PostgresUnit)
        unit.take_positions(5)
        unit.cursor.execute("SELECT 1 / 0")
    record(ledger, a_request(3))

    with home.database.connection(IYS_CODE) as connection:
        rows = connection.execute("SELECT position FROM stored_events ORDER BY 1").fetchall()
    assert [row[0] for row in rows] == [1, 2, 3, 4, 5]


def test_a_server_that_went_away_is_reported_as_such(home: Home, ledger: ConsentLedger) -> None:
    with (
        psycopg.connect(home.dsn, autocommit=True) as killer,
        pytest.raises(StoreUnavailable),
        home.database.connection(IYS_CODE) as connection,
    ):
        mine = [connection.info.backend_pid]
        killer.execute("SELECT pg_terminate_backend(%s, 5000)", mine)
        connection.execute("SELECT 1")

    assert record(ledger, a_request(1))[0].outcome is Outcome.RECORDED


def test_a_transaction_that_idled_too_long_is_reported_as_a_lost_connection(
    home: Home, ledger: ConsentLedger
) -> None:
    with (
        psycopg.connect(home.dsn, autocommit=True) as watcher,
        pytest.raises(StoreUnavailable),
        home.database.connection(IYS_CODE) as connection,
    ):
        connection.execute("SET LOCAL idle_in_transaction_session_timeout = 20")
        alive = "SELECT 1 FROM pg_stat_activity WHERE pid = %s"
        mine = [connection.info.backend_pid]
        eventually(lambda: watcher.execute(alive, mine).fetchone() is None, "the server ends it")
        connection.execute("SELECT 1")


def test_one_connection_is_enough_to_write(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else as many writers as the pool has connections wait for each other."""
    monkeypatch.setattr(database_module, "POOL_WAIT_SECONDS", 0.5)

    with bootstrap.home(settings, pool_size_max=1) as home:
        record(home.ledger(IYS_CODE), a_request(1))
        home.add_brand(IYS_CODE, BrandCode(654321), "Another", actor="system:test")


# The vault.


def test_what_was_typed_differently_is_sealed_and_opens_again(
    home: Home, ledger: ConsentLedger
) -> None:
    event = recorded(ledger, a_request(recipient="0501 000 00 01"))
    assert isinstance(event.body, ConsentBody)

    subject = ledger.store.generations(ledger.vault.lookup("tel:+905010000001"))[0]
    sealed = ledger.store.payloads_at([event.position])[event.position]
    groups = ledger.vault.open(subject.key, event.id, sealed)

    assert event.body.subject == str(subject.id)
    recipient = groups["recipient"]
    assert isinstance(recipient, dict)
    assert recipient["address"] == "tel:+905010000001"
    assert recipient["as_entered"] == "0501 000 00 01"
    assert bind(subject.key, event.id, groups) == event.commit
    assert b"0501" not in event.state + sealed


def test_an_address_typed_as_we_write_it_needs_no_payload(ledger: ConsentLedger) -> None:
    event = recorded(ledger, a_request(1))

    assert ledger.store.payloads_at([event.position]) == {}


def test_what_a_kept_refusal_said_wrongly_is_in_the_vault_only(ledger: ConsentLedger) -> None:
    event = recorded(ledger, a_request(1, "RET", "yesterday"))

    subject = ledger.store.generations(ledger.vault.lookup("tel:+905010000001"))[0]
    sealed = ledger.store.payloads_at([event.position])[event.position]

    assert ledger.vault.open(subject.key, event.id, sealed)["note"] == {"consentDate": "yesterday"}
    assert b"yesterday" not in event.state
    assert set(event.commit) == {"recipient", "note"}


def test_a_payload_opens_only_with_its_own_key_and_event(ledger: ConsentLedger) -> None:
    event = recorded(ledger, a_request(recipient="0501 000 00 01"))
    other = recorded(ledger, a_request(recipient="0501 000 00 02"))
    subject = ledger.store.generations(ledger.vault.lookup("tel:+905010000001"))[0]
    sealed = ledger.store.payloads_at([event.position])[event.position]

    for key, event_id in ((subject.key, other.id), (bytes(32), event.id)):
        with pytest.raises(LedgerBroken):
            ledger.vault.open(key, event_id, sealed)


def test_another_key_folder_is_refused_before_anything_is_written(
    home: Home, settings: Settings, tmp_path: Path
) -> None:
    foreign = settings.model_copy(update={"keys": tmp_path / "other-keys"})
    KeyFolder(tmp_path / "other-keys").kek(make=True)

    with bootstrap.home(foreign) as opened, pytest.raises(SettingsRefused, match="key folder"):
        opened.ledger(IYS_CODE)

    assert home.ledger(IYS_CODE).store.last_position() == 2


def test_a_group_that_could_not_be_read_back_is_refused(ledger: ConsentLedger) -> None:
    """`read` takes `[a-z_]{1,32}` only: another name would make the log unreadable for ever."""
    request = a_request(1)
    named = Request(
        *(request.address, request.brand_code, request.channel, request.recipient_types),
        command=request.command,
        groups={"consentDate": "yesterday"},
    )

    with pytest.raises(LedgerError):
        record(ledger, named)

    assert ledger.store.last_position() == 2


# Commands that come with an id.


def test_the_same_id_with_the_same_content_gives_the_first_answer(ledger: ConsentLedger) -> None:
    first = record(ledger, a_request(1, item_id="crm-1"))[0]
    record(ledger, a_request(1, "RET", LATER, item_id="crm-2"))

    again = record(ledger, a_request(1, item_id="crm-1"))[0]

    assert (again.outcome, again.code) == (Outcome.ALREADY, first.code)
    assert again.position == first.position == 3
    assert ledger.store.last_position() == 4


@pytest.mark.parametrize(
    "other",
    [
        a_request(2, item_id="crm-1"),
        a_request(1, date=LATER, item_id="crm-1"),
        a_request(1, "RET", item_id="crm-1"),
        a_request(1, channel="ARAMA", item_id="crm-1"),
        a_request(1, kind="TACIR", item_id="crm-1"),
        a_request(1, source="HS_MOBIL", item_id="crm-1"),
    ],
    ids=["address", "date", "status", "channel", "recipient type", "source"],
)
def test_the_same_id_with_other_content_is_refused(ledger: ConsentLedger, other: Request) -> None:
    record(ledger, a_request(1, item_id="crm-1"))

    receipt = record(ledger, other)[0]

    assert (receipt.outcome, receipt.code, receipt.position) == (
        Outcome.REFUSED,
        "L-ID-REUSED",
        None,
    )
    assert ledger.store.last_position() == 3


def test_an_id_is_known_within_its_own_batch(ledger: ConsentLedger) -> None:
    same = a_request(1, item_id="crm-1")

    receipts = record(ledger, same, same, a_request(2, item_id="crm-1"))

    assert [receipt.position for receipt in receipts] == [3, 3, None]
    assert [receipt.code for receipt in receipts] == [None, None, "L-ID-REUSED"]


def test_an_id_is_the_givers_within_a_brand(ledger: ConsentLedger) -> None:
    record(ledger, a_request(1, item_id="crm-1"))
    request = a_request(2, item_id="crm-1")
    elsewhere = Request(
        *(request.address, BrandCode(654321), request.channel, request.recipient_types),
        command=request.command,
        item_id=request.item_id,
    )

    assert record(ledger, elsewhere)[0].outcome is Outcome.RECORDED


def test_an_id_whose_first_answer_was_already_is_remembered_too(ledger: ConsentLedger) -> None:
    first = record(ledger, a_request(1))[0]
    assert record(ledger, a_request(1, item_id="crm-1"))[0].position == first.position

    receipt = record(ledger, a_request(2, item_id="crm-1"))[0]

    assert receipt.code == "L-ID-REUSED"


def test_a_refused_item_may_be_mended_and_sent_again_under_its_id(ledger: ConsentLedger) -> None:
    record(ledger, a_request(1, "RET"))
    assert record(ledger, a_request(1, item_id="crm-1"))[0].outcome is Outcome.REFUSED

    receipt = record(ledger, a_request(1, "RET", LATER, item_id="crm-1"))[0]

    assert receipt.outcome is Outcome.RECORDED


def test_ids_are_not_kept_themselves(home: Home, ledger: ConsentLedger) -> None:
    event = recorded(ledger, a_request(1, item_id="+905010000001/crm"))

    with owner(home) as connection:
        row = connection.execute("SELECT command, content FROM commands").fetchone()
    assert row is not None
    stored = b"".join(bytes(part) for part in row if isinstance(part, bytes)) + event.state
    assert b"9050" not in stored and b"crm" not in stored


def test_every_kind_of_event_of_a_consent_survives_storage(ledger: ConsentLedger) -> None:
    """Whatever is written here is read back byte by byte when the test ends."""
    given = a_request(1, recipient="0501 000 00 01")
    declared = a_request(1, date=LATER, origin=Origin.DECLARED)
    proven = with_evidence(a_request(1, date="2026-11-24 11:30:00"), "2026-11-24T08:30:00Z")
    receipts = record(
        ledger,
        given,
        about(given, seen(of=1)),
        a_request(1, "RET", "2026-11-24 10:30:00"),
        declared,
        about(given, iys_says_no(of=3)),
        proven,
        about(given, retract(of=1)),
    )

    outcomes = [receipt.outcome for receipt in receipts]
    assert outcomes[3] is Outcome.HELD
    assert Outcome.REFUSED not in outcomes
    assert ledger.store.last_position() == 2 + len(receipts)


def test_a_process_whose_log_goes_on_under_another_name_writes_nothing_more(
    home: Home, ledger: ConsentLedger
) -> None:
    """A backup was put back, or recovered from, by somebody else."""
    other = home.ledger_named(IYS_CODE, "izin-defteri/123456/00000000000000aa")

    with pytest.raises(LogMoved):
        other.record([a_request()])

    assert ledger.record([a_request()])[0].event is not None

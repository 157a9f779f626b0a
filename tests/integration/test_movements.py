"""The table of movements says which rows a day has, and nothing but the events decides it."""

from collections.abc import Iterator
from datetime import date
from uuid import UUID

import msgspec
import psycopg
import pytest

from ledger.addresses import parse_address
from ledger.aggregates.commands import SeeAtIys
from ledger.aggregates.events import Event
from ledger.application import ConsentLedger
from ledger.bootstrap import Home
from ledger.errors import LedgerBroken
from ledger.iys_sync.day_report import DayReport
from ledger.projections.follower import Follower, position_of
from ledger.projections.movements import (
    DIFFERENCES_MAX,
    NAME,
    MovementReader,
    MovementRow,
    Movements,
    MovementsCheck,
    row_of,
)
from ledger.recording.request import Request
from ledger.recording.sights import IysWords, sight
from ledger.store.database import LedgerConnection
from ledger.store.vault import ProviderVault
from ledger.vocabulary import BrandCode, Channel, ConsentSource, IysState, RecipientType, SeenHow
from tests.integration.acts import BRAND_CODE, IYS_CODE, LATER, a_request, seen
from tests.unit.test_day_report import ID

ROWS = "SELECT * FROM iys_movements ORDER BY position"
DAY = "2026-11-24"
DAY_ON = date.fromisoformat(DAY)


@pytest.fixture
def follower(home: Home) -> Follower:
    return Follower(home.database, IYS_CODE, Movements(), batch_max=3)


@pytest.fixture
def reader(home: Home) -> MovementReader:
    return MovementReader(home.database, IYS_CODE, ProviderVault(home.providers.keys(IYS_CODE)))


def rows(home: Home) -> list[MovementRow]:
    with home.database.connection(IYS_CODE) as connection:
        return [MovementRow(*row) for row in connection.execute(ROWS).fetchall()]


def shown(number: int = 1, command: SeeAtIys | None = None, **words: str) -> Request:
    """A movement of one address."""
    told = IysWords(**{"transaction_id": f"{number:064x}", **words})
    address = parse_address(f"+90501{number:07d}", Channel.MESSAGE)
    kind = RecipientType.INDIVIDUAL
    return sight(address, BRAND_CODE, Channel.MESSAGE, kind, command or seen(), told)


def changed(command: SeeAtIys, **changes: object) -> SeeAtIys:
    return msgspec.structs.replace(command, **changes)


def file_of(reader: MovementReader, brand: BrandCode = BRAND_CODE) -> list[str]:
    moved = reader.moved(brand, DAY_ON)
    return b"".join(DayReport(moved).pieces()).decode().splitlines()[1:]


def every_event(ledger: ConsentLedger) -> Iterator[Event]:
    found = ledger.store.events_at(range(1, ledger.store.last_position() + 1))
    return (found[position] for position in sorted(found))


def checked(home: Home, ledger: ConsentLedger, connection: LedgerConnection) -> list[str]:
    """What fsck would say of the table as this transaction sees it."""
    check = MovementsCheck(connection, position_of(connection.cursor(), NAME))
    for event in every_event(ledger):
        check.take(event)
    return check.close()


def some(ledger: ConsentLedger) -> list[Request]:
    """Everything a stream can bring, two movements of it."""
    gone = changed(seen(), state=IysState.NOT_GRANTED, how=SeenHow.STATUS)
    undated = changed(seen(), creation_date=None)
    given = [a_request(1), shown(1), shown(2), shown(3, gone), shown(4, undated)]
    for one in given:
        ledger.record([one])
    return given


def test_a_movement_with_iyss_instant_has_a_row(
    home: Home, ledger: ConsentLedger, follower: Follower
) -> None:
    some(ledger)

    follower.catch_up()

    kept = rows(home)
    assert [row.creation_date for row in kept] == [LATER, LATER]
    assert {row.brand_code for row in kept} == {BRAND_CODE}
    assert [row_of(event) for event in every_event(ledger) if row_of(event)] == kept


def test_what_is_carried_to_a_new_holder_is_no_second_movement(
    home: Home, ledger: ConsentLedger, follower: Follower, reader: MovementReader
) -> None:
    """R35."""
    (receipt,) = ledger.record([shown(1)])
    address = parse_address("+905010000001", Channel.MESSAGE)
    ledger.reassign(address, actor="user:1", approved_by="user:2", reason="OFFICER")

    follower.catch_up()

    assert [row.subject for row in rows(home)] == [receipt.subject]
    assert len(file_of(reader)) == 1


def test_rebuilt_or_in_other_batches_it_has_the_same_rows(
    home: Home, ledger: ConsentLedger, follower: Follower
) -> None:
    some(ledger)
    follower.catch_up()
    kept = rows(home)

    follower.rebuild()
    again = rows(home)
    Follower(home.database, IYS_CODE, Movements()).rebuild()

    assert again == kept == rows(home) != []


def test_the_check_finds_what_is_missing_changed_or_too_much(
    home: Home, ledger: ConsentLedger, follower: Follower
) -> None:
    some(ledger)
    follower.catch_up()
    first, second = rows(home)
    for damage, told in (
        (f"DELETE FROM iys_movements WHERE position = {first.position}", "is missing"),
        (
            f"UPDATE iys_movements SET brand_code = 7 WHERE position = {second.position}",
            "differs from its event in brand_code",
        ),
        (f"INSERT INTO iys_movements VALUES (1, 7, '{LATER}', '{UUID(int=1)}')", "stands"),
        (f"INSERT INTO iys_movements VALUES (999, 7, '{LATER}', '{UUID(int=1)}')", "stands"),
    ):
        with home.database.connection(IYS_CODE) as connection:
            assert checked(home, ledger, connection) == []
            connection.execute(damage)
            found = checked(home, ledger, connection)
            connection.rollback()
        assert len(found) == 1 and told in found[0], found
    with home.database.connection(IYS_CODE) as connection:
        many = f"SELECT n, 7, '{LATER}', '{UUID(int=1)}' FROM generate_series(500, 700) AS n"
        connection.execute(f"INSERT INTO iys_movements {many}")
        found = checked(home, ledger, connection)
        connection.rollback()
    assert len(found) == DIFFERENCES_MAX + 1 and found[-1].endswith(" more rows differ")


def test_a_row_is_written_as_iys_spells_it(
    ledger: ConsentLedger, follower: Follower, reader: MovementReader
) -> None:
    odd = changed(seen(), source=ConsentSource.IYS_OTHER)
    mailed = sight(
        parse_address("Deneme@Ornek.com.tr", Channel.EMAIL),
        BRAND_CODE,
        Channel.EMAIL,
        RecipientType.INDIVIDUAL,
        seen(),
        IysWords(transaction_id=ID),
    )
    ledger.record([shown(1, odd, source="IYS_3338", recipient="+9005010000001"), mailed])
    follower.catch_up()

    first, second = (line.split(",") for line in file_of(reader))

    assert (first[2], first[7], first[1]) == ("+9005010000001", "IYS_3338", f"{1:064x}")
    assert (second[2], second[4], second[1]) == ("deneme@ornek.com.tr", "EPOSTA", ID)


def test_a_day_is_turkish_and_of_one_brand(
    ledger: ConsentLedger,
    follower: Follower,
    reader: MovementReader,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Read in blocks of two, so that a second may lie in both."""
    monkeypatch.setattr("ledger.projections.movements.BLOCK", 2)
    at = ["2026-11-23 23:59:59", *[f"{DAY} 00:00:00"] * 3, f"{DAY} 23:59:59", "2026-11-25 00:00:00"]
    ledger.record(
        [shown(number, changed(seen(), creation_date=text)) for number, text in enumerate(at, 1)]
    )
    follower.catch_up()

    found = [line[:19] for line in file_of(reader)]

    assert found == at[1:5]
    assert file_of(reader, BrandCode(7)) == []


@pytest.mark.damaging
def test_who_was_erased_is_counted(
    home: Home, ledger: ConsentLedger, follower: Follower, reader: MovementReader
) -> None:
    """As an erasure leaves it: address, key and payload are gone, the event is not."""
    _, gone = ledger.record([shown(1), shown(2)])
    follower.catch_up()
    assert gone.event is not None
    with psycopg.connect(home.dsn) as owner:
        owner.execute("SET search_path = sp_123456")
        owner.execute("DELETE FROM payloads WHERE position = %s", [gone.event.position])
        owner.execute("DELETE FROM recipients WHERE subject = %s", [gone.subject])

    report = DayReport(reader.moved(BRAND_CODE, DAY_ON))

    assert len(b"".join(report.pieces()).splitlines()) == 2
    assert (report.rows, report.erased) == (1, 1)


@pytest.mark.damaging
def test_a_payload_that_is_merely_lost_is_no_erasure(
    home: Home, ledger: ConsentLedger, follower: Follower, reader: MovementReader
) -> None:
    ledger.record([shown(1)])
    follower.catch_up()
    with psycopg.connect(home.dsn) as owner:
        owner.execute("DELETE FROM sp_123456.payloads")

    with pytest.raises(LedgerBroken, match="group iys"):
        file_of(reader)

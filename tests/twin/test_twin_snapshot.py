"""The stored state as a file: everything comes back, equal, and in its order."""

from pathlib import Path

import pytest

from ledger.iys_twin.snapshot import SnapshotRefused, read_snapshot, write_snapshot
from ledger.iys_twin.times import wall_of
from ledger.iys_twin.world import PushConnection, World
from tests.twin.twin_harness import IYS_CODE, PHONE, START, TwinHarness, a_consent, twin_harness

LATER = "2026-03-03 10:15:01"


def fill(twin: TwinHarness) -> None:
    code = twin.retailer(mobile=PHONE)
    twin.add(retailerCode=code, retailerAccess=[code])
    twin.move()
    twin.move("app", status="ONAY")
    twin.add(type="ARAMA", status="ONAY", consentDate=LATER)
    twin.add(recipientType="TACIR", source=None, consentDate=None)
    brand = twin.twin.world.brands[IYS_CODE]
    brand.connections.append(PushConnection("https://a.example", "MESAJ", "u", "p", 5))
    brand.agreed.add(wall_of("2026-03-03 00:00:00"))
    twin.bulk([a_consent(recipient="+905010000555")])
    twin.advance(seconds=5)


def test_everything_comes_back(twin: TwinHarness, tmp_path: Path) -> None:
    fill(twin)
    file = tmp_path / "state"
    written = write_snapshot(twin.twin.world, file)

    read = World(twin.settings)
    last = read_snapshot(read, file)

    assert written == file.stat().st_size
    assert last == wall_of("2026-03-04 10:00:03")
    old, new = twin.twin.world.brands[IYS_CODE], read.brands[IYS_CODE]
    for name in ("own", "recipients", "books", "retailers", "connections", "agreed"):
        assert getattr(new, name) == getattr(old, name), name


def test_a_second_with_both_sides_keeps_its_order(tmp_path: Path) -> None:
    with twin_harness(equal_date_is_older=False) as twin:
        twin.add()
        twin.move()
        twin.add(consentDate=START)
        write_snapshot(twin.twin.world, tmp_path / "state")
        read = World(twin.settings)

    read_snapshot(read, tmp_path / "state")

    key = ("BIREYSEL", "MESAJ")
    consent = read.brands[IYS_CODE].find(key, PHONE)
    assert consent is not None
    assert [one.consent_status for one in consent.movements] == ["ONAY", "RET", "ONAY"]
    assert consent.latest.consent_source == "HS_WEB"


def test_a_snapshot_of_other_brands_is_refused(twin: TwinHarness, tmp_path: Path) -> None:
    write_snapshot(twin.twin.world, tmp_path / "state")
    with twin_harness(brands=()) as other, pytest.raises(SnapshotRefused):
        read_snapshot(other.twin.world, tmp_path / "state")


@pytest.mark.parametrize("length", [0, 1, 50, -1])
def test_a_torn_file_is_refused(length: int, twin: TwinHarness, tmp_path: Path) -> None:
    file = tmp_path / "state"
    fill(twin)
    write_snapshot(twin.twin.world, file)
    file.write_bytes(file.read_bytes()[:length])

    with pytest.raises(SnapshotRefused):
        read_snapshot(World(twin.settings), file)

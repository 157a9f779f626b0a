"""`izin export`: everything in parts that strangers can check, and an empty ledger can load."""

import csv
import hashlib
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import cast

import pytest

from ledger.evidence.bundle import verifier
from tests.acceptance.commands import izin

SAMPLES = ("iys-ornek-istemci.csv", "uyum-sablonu.csv", "ret-kusurlu.csv", "uyum-sekmeli.txt")
GOOD = Path(__file__).parents[1] / "data" / "good"
BRAND = ("--brand", "123456")
Key = tuple[str, str, str]
"""Channel, address, recipient type."""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export") / "data"
    fresh(folder)
    for name in SAMPLES:
        assert izin(folder, "import", str(GOOD / name), *BRAND).code == 0
    listing = folder.parent / "tacir.csv"
    listing.write_text(
        "type,source,recipient,status,consentDate,recipientType\n"
        "MESAJ,HS_WEB,+905010000091,ONAY,2024-01-05 10:00:00,TACIR\n"
        "MESAJ,HS_MESAJ,+905010000092,ONAY,2024-01-05 10:00:00,BIREYSEL\n"
        "MESAJ,HS_MESAJ,+905010000092,RET,2024-02-05 10:00:00,BIREYSEL\n"
    )
    assert izin(folder, "import", str(listing), *BRAND).code == 0
    assert izin(folder, "seal", "--heads").code == 0
    return folder


@pytest.fixture(scope="module")
def exported(data: Path) -> Path:
    folder = data.parent / "all"
    ran = izin(data, "export", str(folder), "--all", "--json")
    assert ran.code == 0, ran.err
    assert ran.answer["consents"] == len(rows(folder / "current-123456.csv"))
    return folder


def fresh(folder: Path) -> None:
    assert izin(folder, "provider", "add", "--iys-code", "123456", "--title", "Örnek").code == 0
    named = ("--iys-code", "123456", *BRAND, "--name", "Örnek")
    assert izin(folder, "brand", "add", *named).code == 0


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def statuses(folder: Path, keys: list[Key]) -> dict[Key, object]:
    found: dict[Key, object] = {}
    for channel, recipient, kind in keys:
        asked = ("--channel", channel, "--recipient", "-", "--recipient-type", kind)
        said = izin(folder, "status", *BRAND, *asked, "--json", stdin=recipient + "\n")
        found[channel, recipient, kind] = said.answer["status"]
    return found


def test_every_part_is_checked_by_the_script_alone(
    data: Path, exported: Path, tmp_path: Path
) -> None:
    assert izin(data, "trust", "export", str(tmp_path / "trust")).code == 0
    (tmp_path / "verify_bundle.py").write_bytes(verifier())
    parts = sorted(exported.glob("parts/*.zip"))
    assert parts
    for part in parts:
        command = [sys.executable, "-I", "verify_bundle.py", str(part), "--trust", "trust"]
        ran = subprocess.run(
            [*command, "--json"], cwd=tmp_path, capture_output=True, text=True, timeout=60
        )
        said = json.loads(ran.stdout.splitlines()[-1])
        assert (ran.returncode, said["ok"]) == (0, True), ran.stdout


def test_no_event_is_left_out(data: Path, exported: Path) -> None:
    found: set[str] = set()
    for part in exported.glob("parts/*.zip"):
        with zipfile.ZipFile(part) as archive:
            leaves = [archive.read(one) for one in archive.namelist() if one.endswith(".leaf")]
        found |= {json.loads(leaf[1:])["id"] for leaf in leaves}
    size = int((exported / "log" / "checkpoint").read_text().splitlines()[1])

    assert len(found) == size


def test_an_empty_ledger_gives_the_same_statuses(
    data: Path, exported: Path, tmp_path: Path
) -> None:
    current = exported / "current-123456.csv"
    keys = [(row["type"], row["recipient"], row["recipientType"]) for row in rows(current)]
    fresh(tmp_path / "data")

    ran = izin(tmp_path / "data", "import", str(current), *BRAND, "--json")

    assert ran.code == 0, ran.err
    here, there = statuses(data, keys), statuses(tmp_path / "data", keys)
    assert here == there
    assert {"ONAY", "RET"} <= set(here.values())
    assert izin(tmp_path / "data", "fsck").code == 0


def test_the_sums_are_those_of_all_files(exported: Path) -> None:
    lines = (exported / "SHA256SUMS").read_text().splitlines()
    listed = {line[66:]: line[:64] for line in lines}
    files = {str(one.relative_to(exported)) for one in exported.rglob("*") if one.is_file()}

    assert set(listed) == files - {"SHA256SUMS"}
    for name, digest in listed.items():
        assert hashlib.sha256((exported / name).read_bytes()).hexdigest() == digest
    assert {one.stat().st_mode & 0o077 for one in exported.rglob("*")} == {0}


def test_a_folder_that_holds_something_is_left_alone(data: Path, tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("mine")

    ran = izin(data, "export", str(tmp_path), "--all")

    assert (ran.code, "yeni ya da boş" in ran.err) == (1, True)
    assert [one.name for one in tmp_path.iterdir()] == ["kept"]


def test_who_reads_everything_is_noted(data: Path, exported: Path) -> None:
    notes = cast(list[dict[str, object]], izin(data, "access-log", "--json").answer["notes"])

    assert "export" in {note["action"] for note in notes}


def test_a_brand_leaves_by_days(data: Path, tmp_path: Path) -> None:
    asked = ("export", *BRAND, "--json", "--lang", "en")
    today, never = tmp_path / "today", tmp_path / "never"

    everything = izin(data, *asked, str(today), "--from", "2026-01-01", "--to", "2999-12-31")
    nothing = izin(data, *asked, str(never), "--to", "2020-12-31")

    assert (everything.code, nothing.code) == (0, 0), everything.err + nothing.err
    assert everything.answer["consents"] == len(rows(today / "current-123456.csv")) > 0
    assert (nothing.answer["consents"], rows(never / "acts-123456.csv")) == (0, [])
    sums = hashlib.sha256((today / "SHA256SUMS").read_bytes()).hexdigest()
    assert everything.answer["sumsSha256"] == sums
    assert f"Digest of SHA256SUMS: {sums}" in everything.err


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ((), "--brand, --all"),
        ((*BRAND, "--all"), "--brand, --all"),
        (("--all", "--from", "2026-01-01"), "--from, --to"),
        ((*BRAND, "--from", "2026-01-02", "--to", "2026-01-01"), "--to"),
        ((*BRAND, "--from", "2026-02-30"), "--from"),
        ((*BRAND, "--from", "0001-01-01"), "--from"),
        ((*BRAND, "--to", "9999-12-31"), "--to"),
        ((*BRAND, "--open", "address"), "--open"),
    ],
)
def test_a_wrong_call_writes_nothing(
    data: Path, tmp_path: Path, wrong: tuple[str, ...], told: str
) -> None:
    ran = izin(data, "export", str(tmp_path / "out"), *wrong)

    assert (ran.code, told in ran.err, "Traceback" in ran.err) == (2, True, False)
    assert not (tmp_path / "out").exists()

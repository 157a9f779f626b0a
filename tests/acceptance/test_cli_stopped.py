"""Commands that are ended on the way: what they leave on the disk, and what the next run finds."""

import csv
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.acceptance.commands import ROOT, Ran, environment, izin
from tests.acceptance.test_cli import data

__all__ = ["data"]

HEADER = "type,source,recipient,status,consentDate,recipientType\n"
ROWS = 30_000
"""In two processes; every tenth row is one to mend."""
SECONDS_MAX = 60.0
BRAND = ("--brand", "123456")


def a_file(folder: Path, first: int) -> Path:
    file = folder / "uzun.csv"
    file.write_text(
        HEADER
        + "".join(
            f"MESAJ,{'HS_WEB' if number % 10 else 'HS_KAHVE'},+90503{number:07d},ONAY,"
            "2025-11-17 10:00:00,BIREYSEL\n"
            for number in range(first, first + ROWS)
        )
    )
    return file


def outputs(folder: Path) -> tuple[str, ...]:
    return ("--verdicts", str(folder / "k.csv"), "--refused", str(folder / "r.csv"))


def drafts(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.name.startswith("."))


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@contextmanager
def under_way(data: Path, file: Path) -> Iterator[subprocess.Popen[str]]:
    """An import of which verdicts and refused rows are on the disk already."""
    given = ("import", str(file), *BRAND, *outputs(file.parent), "--data", str(data))
    process = subprocess.Popen(
        [sys.executable, "-m", "ledger.cli.main", *given],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    try:
        deadline = time.monotonic() + SECONDS_MAX
        while [path.stat().st_size > 0 for path in drafts(file.parent)] != [True, True]:
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.01)
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def expect_whole(ran: Ran, folder: Path) -> None:
    """Both files to the last line, for their owner alone, and nothing beside them."""
    assert ran.code == 0, ran.err
    with (folder / "k.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["line"]) for row in rows] == list(range(2, ROWS + 2))
    assert Counter(row["verdict"] for row in rows)["refused"] == ROWS // 10
    refused = (folder / "r.csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(refused) == ROWS // 10 + 1
    assert sorted(path.name for path in folder.iterdir()) == ["k.csv", "r.csv", "uzun.csv"]
    assert [mode(folder / name) for name in ("k.csv", "r.csv")] == [0o600, 0o600]


def test_a_killed_imports_drafts_are_private_and_the_next_run_replaces_them(
    data: Path, tmp_path: Path
) -> None:
    file = a_file(tmp_path, first=0)
    with under_way(data, file) as process:
        process.kill()
        process.wait()

    left = drafts(tmp_path)
    assert [mode(draft) for draft in left] == [0o600, 0o600]
    assert "+90503" in left[1].read_text(encoding="utf-8-sig")  # why it matters
    assert not (tmp_path / "k.csv").exists()

    again = izin(data, "import", str(file), *BRAND, *outputs(tmp_path))

    expect_whole(again, tmp_path)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_an_import_that_is_told_to_stop_leaves_no_draft(
    data: Path, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    file = a_file(tmp_path, first=ROWS * code)
    with under_way(data, file) as process:
        process.send_signal(number)
        said, _ = process.communicate(timeout=SECONDS_MAX)

    assert process.returncode == code
    assert "Traceback" not in said
    assert [path.name for path in tmp_path.iterdir()] == ["uzun.csv"]

    again = izin(data, "import", str(file), *BRAND, *outputs(tmp_path))

    expect_whole(again, tmp_path)


def small(folder: Path) -> Path:
    file = folder / "küçük.csv"
    file.write_text(f"{HEADER}MESAJ,HS_KAHVE,+905010000801,ONAY,2025-11-17 10:00:00,BIREYSEL\n")
    return file


def test_a_filtered_file_is_for_its_owner_alone(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    out.write_text("başkalarının okuyabildiği eski dosya")
    out.chmod(0o644)
    asked = (*BRAND, "--channel", "MESAJ", "--out", str(out))

    ran = izin(data, "filter", "-", *asked, stdin="+905010000101\n")

    assert (ran.code, mode(out)) == (0, 0o600), ran.err
    assert list(tmp_path.iterdir()) == [out]


@pytest.mark.parametrize("there", [False, True], ids=["not there yet", "there already"])
def test_verdicts_and_refused_rows_by_two_spellings_of_one_name_are_no_use(
    data: Path, tmp_path: Path, there: bool
) -> None:
    folder, file = tmp_path / "d", small(tmp_path)
    folder.mkdir()
    if there:
        (folder / "o.csv").write_text("eski")
    spelled = ("--verdicts", f"{folder}/o.csv", "--refused", f"{folder}/../d/o.csv")
    before = izin(data, "fsck", "--json").answer["events"]

    ran = izin(data, "import", str(file), *BRAND, *spelled)

    assert (ran.code, "--refused" in ran.err) == (2, True)
    assert izin(data, "fsck", "--json").answer["events"] == before


def test_an_output_that_another_command_is_writing_is_left_to_it(
    data: Path, tmp_path: Path
) -> None:
    file, draft = small(tmp_path), tmp_path / ".k.csv.izin-draft"
    with draft.open("w") as theirs:
        fcntl.flock(theirs, fcntl.LOCK_EX)

        ran = izin(data, "import", str(file), *BRAND, "--verdicts", str(tmp_path / "k.csv"))

        assert (ran.code, "başka bir komut" in ran.err) == (2, True), ran.err
        assert draft.exists()
    assert izin(data, "import", str(file), *BRAND, "--verdicts", str(tmp_path / "k.csv")).code == 0
    assert not draft.exists()


def test_a_draft_never_goes_where_a_link_leads(data: Path, tmp_path: Path) -> None:
    file, theirs = small(tmp_path), tmp_path / "başkasının"
    theirs.write_text("dokunulmaz")
    os.symlink(theirs, tmp_path / ".k.csv.izin-draft")

    ran = izin(data, "import", str(file), *BRAND, "--verdicts", str(tmp_path / "k.csv"))

    assert (ran.code, theirs.read_text()) == (1, "dokunulmaz")
    assert "sembolik bağ" in ran.err

"""What a workbook may take of the machine, and what is the machine's own fault (C8, design §13)."""

import errno
import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ledger.importing import sheet
from ledger.importing.reader import FileRefused
from ledger.importing.workbook import as_text
from tests.workbooks import Cell, far_apart, xls, xlsx

MEMORY_AIM_BYTES = 500_000_000
PARENT_BYTES = 90_000_000
"""Of the README: the largest process of an import."""


MEASURED = """
import resource, subprocess, sys
with open(sys.argv[2], "rb") as book, open(sys.argv[3], "wb") as text:
    ended = subprocess.run([sys.executable, "-I", sys.argv[1]], stdin=book, stdout=text, env={})
print(ended.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)
"""
"""Run by a process that is small itself: a child's largest size is at least its parent's."""


def read_alone(folder: Path, content: bytes) -> tuple[int, int]:
    """Exit code and largest resident size in bytes of the process that reads sheets."""
    file = folder / "book.xlsx"
    file.write_bytes(content)
    ran = subprocess.run(
        [sys.executable, "-c", MEASURED, sheet.__file__, str(file), str(folder / "text")],
        capture_output=True,
        text=True,
        check=True,
    )
    code, resident = map(int, ran.stdout.split())
    return code, resident


def refusal_of(folder: Path, content: bytes) -> str:
    file = folder / "book.xlsx"
    file.write_bytes(content)
    with pytest.raises(FileRefused) as refused, as_text(file):
        pass
    return refused.value.code


@pytest.mark.parametrize(
    ("column", "row", "is_read"),
    [
        ("XFD", 122, True),
        ("XFD", 123, False),
        ("B", 1_000_000, True),
        ("C", 1_000_000, False),
        ("J", 200_000, True),
        ("KNQ", 1_000, False),
    ],
)
def test_two_cells_far_apart_are_bounded_before_room_is_made(
    tmp_path: Path, column: str, row: int, is_read: bool
) -> None:
    content = far_apart(column, row)
    assert len(content) < 5_000

    code, resident = read_alone(tmp_path, content)

    assert code == (0 if is_read else sheet.TOO_LARGE)
    assert resident < (MEMORY_AIM_BYTES - PARENT_BYTES if is_read else 50_000_000)


@pytest.mark.parametrize(
    "cell",
    [
        "<c r='KNQ1000'><v>1</v></c>",
        '<x:c r="KNQ1000"><x:v>1</x:v></x:c>',
        '<c  s="1"\n r = "KNQ1000" t="n"><v>1</v></c>',
        '<c r="knq1000"><v>1</v></c>',
    ],
    ids=["single quotes", "prefix", "blanks", "small letters"],
)
def test_however_the_far_cell_is_written(tmp_path: Path, cell: str) -> None:
    content = xlsx([['<c r="A1"><v>1</v></c>' + cell.replace("{", "{{")]])

    assert refusal_of(tmp_path, content) == "L-FILE-TOO-LARGE"


def test_a_far_cell_is_seen_between_two_blocks(tmp_path: Path) -> None:
    for shift in range(0, 40, 3):
        padding = "<!--" + "x" * (sheet.BLOCK_BYTES - 300 + shift) + "-->"
        cells = '<c r="A1"><v>1</v></c>' + padding + '<c r="KNQ1000"><v>2</v></c>'
        assert refusal_of(tmp_path, xlsx([[cells]])) == "L-FILE-TOO-LARGE"


def test_an_empty_cell_far_away_and_another_sheet_are_nothing(tmp_path: Path) -> None:
    """What a format leaves behind, and what is not read."""
    near = ['<c r="A1"><v>1</v></c><c r="XFD1048576" s="1"/>']
    far = ['<c r="A1"><v>1</v></c><c r="XFD1048576"><v>1</v></c>']
    file = tmp_path / "book.xlsx"
    file.write_bytes(xlsx([near], [far]))

    with as_text(file) as (text, _):
        assert text.read_text(encoding="utf-8") == "1\n"


def test_an_xls_is_bounded_by_the_memory_of_its_process(tmp_path: Path) -> None:
    last: list[Cell] = [*[None] * 255, "z"]
    rows: list[list[Cell]] = [["a"], *[[] for _ in range(65_533)], last]

    code, resident = read_alone(tmp_path, xls(rows))

    assert resident < MEMORY_AIM_BYTES - PARENT_BYTES
    assert code != 0


def test_a_full_disk_is_not_the_workbooks_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may pass: a job tries again."""
    file = tmp_path / "book.xlsx"
    file.write_bytes(xlsx([["a"]]))
    run = subprocess.run

    def on_a_full_disk(*args: Any, **how: Any) -> object:
        with open("/dev/full", "wb") as full:
            return run(*args, **{**how, "stdout": full})

    monkeypatch.setattr(subprocess, "run", on_a_full_disk)

    with pytest.raises(OSError, match="disk"), as_text(file):
        pass


def test_more_text_than_is_allowed_is_the_workbooks_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_much(content: bytes, out: object) -> None:
        raise OSError(errno.EFBIG, "File too large")

    monkeypatch.setattr(sheet, "bound_this_process", lambda: None)
    monkeypatch.setattr(sheet, "write_rows", too_much)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(xlsx([["a"]]))))
    with (tmp_path / "text").open("w") as text:
        monkeypatch.setattr(sys, "stdout", text)

        assert sheet.main() == sheet.TOO_LARGE

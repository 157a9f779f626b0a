"""Workbooks as text: bounded whatever they are, and a line for every row of the first sheet."""

import stat
import struct
import zipfile
from collections.abc import Callable
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import pytest

from ledger.importing import reader, sheet
from ledger.importing.reader import FileRefused
from ledger.importing.workbook import as_text, is_workbook
from tests.workbooks import Cell, a_date, sheet_xml, xls, xlsx

SHEET = "xl/worksheets/sheet1.xml"
WORKBOOKS: list[Callable[..., bytes]] = [xlsx, xls]


def lines_of(folder: Path, content: bytes) -> list[str]:
    """The lines of a workbook with these bytes."""
    file = folder / "book.xlsx"
    file.write_bytes(content)
    with as_text(file) as (text, form):
        assert form.sha256 == reader.digest_of(file)
        lines = text.read_text(encoding="utf-8").split("\n")
        assert lines.pop() == ""
        assert form.lines == len(lines)
        return lines


def refusal_of(folder: Path, content: bytes) -> str:
    """The code for which a workbook with these bytes is refused."""
    with pytest.raises(FileRefused) as refused:
        lines_of(folder, content)
    return refused.value.code


@pytest.mark.parametrize("book", WORKBOOKS, ids=["xlsx", "xls"])
def test_a_line_is_a_row_and_numbers_are_digits(tmp_path: Path, book: Callable[..., bytes]) -> None:
    rows: list[list[Cell]] = [["a", "b"], [], [5010000101.0, "x"], [0.0, 1.5]]

    assert lines_of(tmp_path, book(rows)) == ["a\tb", "", "5010000101\tx", "0\t1.5"]


@pytest.mark.parametrize("book", WORKBOOKS, ids=["xlsx", "xls"])
@pytest.mark.parametrize(
    ("serial", "text"),
    [
        (45978.5, "2025-11-17 12:00:00"),
        (45978.583333333, "2025-11-17 14:00:00"),
        (45978.999999, "2025-11-18 00:00:00"),
        (45978, "2025-11-17"),
        (42125, "2015-05-01 00:00:00"),
    ],
)
def test_a_real_date_is_rounded_to_the_second(
    tmp_path: Path, book: Callable[..., bytes], serial: float, text: str
) -> None:
    assert lines_of(tmp_path, book([["date"], [a_date(serial)]])) == ["date", text]


def test_dates_of_the_1904_system_are_read_as_such(tmp_path: Path) -> None:
    assert lines_of(tmp_path, xlsx([[a_date(44516.5)]], is_1904=True)) == ["2025-11-17 12:00:00"]


def test_the_first_row_may_be_lower_and_empty_last_rows_are_none(tmp_path: Path) -> None:
    rows: list[list[Cell]] = [[], [], ["a"], [None, None], ["b"], [None], [None]]

    assert lines_of(tmp_path, xlsx(rows)) == ["", "", "a", "", "b"]


def test_only_the_first_sheet_is_read(tmp_path: Path) -> None:
    assert lines_of(tmp_path, xlsx([["a"]], [["b"], ["c"]])) == ["a"]


def test_formulas_give_what_they_last_came_to_and_errors_nothing(tmp_path: Path) -> None:
    cells: list[Cell] = [
        '<c r="{at}"><f>1+1</f><v>2</v></c>',
        '<c r="{at}"><f>1+1</f></c>',
        '<c r="{at}" t="e"><v>#N/A</v></c>',
        '<c r="{at}" t="b"><v>1</v></c>',
        '<c r="{at}" t="str"><f>A1</f><v>RET</v></c>',
    ]

    assert lines_of(tmp_path, xlsx([cells])) == ["2\t\t\tTRUE\tRET"]


def test_merged_cells_give_their_text_once(tmp_path: Path) -> None:
    merged = sheet_xml([["a", None], ["b", "c"]]).replace(
        "</sheetData>", '</sheetData><mergeCells count="1"><mergeCell ref="A1:B1"/></mergeCells>'
    )

    assert lines_of(tmp_path, xlsx([["x"]], more={SHEET: merged.encode()})) == ["a\t", "b\tc"]


def test_a_cell_with_breaks_tabs_and_quotes_stays_one_cell(tmp_path: Path) -> None:
    content = xlsx([['a&#9;b&#10;c"d', "x"]])
    file = tmp_path / "book.xlsx"
    file.write_bytes(content)

    with as_text(file) as (text, form):
        rows = list(reader.rows(text, form))

    assert [row.fields for row in rows] == [['a b c"d', "x"]]


def test_the_text_is_nobody_else_s_and_has_no_name(tmp_path: Path) -> None:
    file = tmp_path / "book.xlsx"
    file.write_bytes(xlsx([["a"]]))

    with as_text(file) as (text, _):
        state = text.stat()

    assert (stat.S_IMODE(state.st_mode), state.st_nlink) == (0o600, 0)
    assert not text.exists()


def test_workbooks_are_known_by_their_first_bytes(tmp_path: Path) -> None:
    for name, content in (("a", xlsx([["a"]])), ("b", xls([["a"]])), ("c", b"type,source\n")):
        (tmp_path / name).write_bytes(content)

    assert [is_workbook(tmp_path / name) for name in "abc"] == [True, True, False]


@pytest.mark.parametrize(
    "content",
    [
        b"PK\x03\x04",
        b"PK\x03\x04" + b"x" * 10_000,
        xlsx([["a"]])[:-40],
        xlsx([["a"]])[200:],
        xls([["a"]])[:1_500],  # the reader of sheets panics
        xls([["a"]])[:600],
        b"\xd0\xcf\x11\xe0" + b"x" * 10_000,
        xlsx([["a"]], more={SHEET: b"<worksheet><sheetData><row"}),
        xlsx([["a"]], more={"xl/workbook.xml": b"\x00\xff"}),
        xlsx([["a"]], compression=zipfile.ZIP_BZIP2),
        xlsx([["a"]], more={SHEET: b'<!DOCTYPE x [<!ENTITY a "AAAA">]>' + b"<worksheet>&a;"}),
    ],
)
def test_what_is_no_sound_workbook_is_unreadable(tmp_path: Path, content: bytes) -> None:
    assert refusal_of(tmp_path, content) in ("L-FILE-UNREADABLE", "L-FILE-EMPTY")


def test_a_package_of_something_else_is_unreadable(tmp_path: Path) -> None:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        package.writestr("word/document.xml", "<x/>")

    assert refusal_of(tmp_path, out.getvalue()) == "L-FILE-UNREADABLE"


def test_an_encrypted_part_is_unreadable(tmp_path: Path) -> None:
    content = bytearray(xlsx([["a"]]))
    entry = content.rindex(b"PK\x01\x02")
    content[entry + 8] |= 1

    assert refusal_of(tmp_path, bytes(content)) == "L-FILE-UNREADABLE"


def test_a_bomb_is_seen_by_its_ratio(tmp_path: Path) -> None:
    bomb = xlsx([["a"]], more={SHEET: b" " * 100_000_000})
    assert len(bomb) < 200_000

    assert refusal_of(tmp_path, bomb) == "L-FILE-TOO-LARGE"


def test_a_bomb_that_lies_about_its_size_is_seen_all_the_same(tmp_path: Path) -> None:
    bomb = bytearray(xlsx([["a"]], more={SHEET: b" " * 100_000_000}))
    for mark, at in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        place = -1
        while (place := bomb.find(mark, place + 1)) >= 0:
            bomb[place + at : place + at + 4] = struct.pack("<I", 1_000)

    assert refusal_of(tmp_path, bytes(bomb)) == "L-FILE-TOO-LARGE"


def test_many_parts_are_too_many(tmp_path: Path) -> None:
    parts = {f"xl/{number}": b"" for number in range(sheet.PARTS_MAX)}

    assert refusal_of(tmp_path, xlsx([["a"]], more=parts)) == "L-FILE-TOO-LARGE"


def test_two_cells_far_apart_do_not_take_all_memory(tmp_path: Path) -> None:
    far = '<c r="A1"><v>1</v></c><c r="XFD1048576"><v>2</v></c>'

    assert refusal_of(tmp_path, xlsx([[far]])) == "L-FILE-TOO-LARGE"


def test_entities_do_not_multiply(tmp_path: Path) -> None:
    names = "abcdefgh"
    entities = '<!ENTITY a "aaaaaaaaaa">' + "".join(
        f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in pairwise(names)
    )
    laughs = f"<!DOCTYPE x [{entities}]>" + sheet_xml([["&h;"]])

    found = refusal_of(tmp_path, xlsx([["a"]], more={SHEET: laughs.encode()}))

    assert found == "L-FILE-UNREADABLE"

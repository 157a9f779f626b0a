"""Spreadsheets made by hand, sound and hostile: xlsx as parts of a zip, xls as BIFF records."""

import struct
import zipfile
from collections.abc import Sequence
from io import BytesIO
from typing import Final

Cell = str | float | None
"""Text, number or nothing; text that begins with `<` is the cell's own XML."""

STYLES: Final = (
    '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    '<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="22" applyNumberFormat="1"/></cellXfs>'
    "</styleSheet>"
)
_MAIN: Final = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_RELATIONS: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006/relationships"


def a_date(serial: float) -> str:
    """A cell that Excel shows as a date."""
    return f'<c r="{{at}}" s="1"><v>{serial}</v></c>'


def xlsx(
    *sheets: Sequence[Sequence[Cell]],
    is_1904: bool = False,
    more: dict[str, bytes] | None = None,
    compression: int = zipfile.ZIP_DEFLATED,
) -> bytes:
    """A workbook of these sheets. `more`: parts by name, instead of or beside the sound ones."""
    names = [f"sheet{number}" for number in range(1, len(sheets) + 1)]
    listed = "".join(
        f'<sheet name="{name}" sheetId="{number}" r:id="rId{number}"/>'
        for number, name in enumerate(names, 1)
    )
    related = "".join(
        f'<Relationship Id="rId{number}" Type="{_RELATIONS}/worksheet"'
        f' Target="worksheets/{name}.xml"/>'
        for number, name in enumerate(names, 1)
    )
    parts = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/'
        'content-types"><Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}"><Relationship Id="rId1"'
        f' Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook {_MAIN} xmlns:r="{_RELATIONS}">'
        f'<workbookPr date1904="{int(is_1904)}"/><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}">{related}'
        f'<Relationship Id="rId99" Type="{_RELATIONS}/styles" Target="styles.xml"/>'
        "</Relationships>",
        "xl/styles.xml": STYLES,
    }
    for name, rows in zip(names, sheets, strict=True):
        parts[f"xl/worksheets/{name}.xml"] = sheet_xml(rows)
    out = BytesIO()
    with zipfile.ZipFile(out, "w", compression) as package:
        for part, text in (parts | (more or {})).items():
            package.writestr(part, text)
    return out.getvalue()


def far_apart(column: str, row: int) -> bytes:
    """A workbook of two cells: A1, and one in that column and row."""
    return xlsx([[f'<c r="A1"><v>1</v></c><c r="{column}{row}"><v>2</v></c>']])


def sheet_xml(rows: Sequence[Sequence[Cell]]) -> str:
    """The XML of one sheet; an empty row is left out of it."""
    lines = []
    for number, row in enumerate(rows, 1):
        cells = "".join(
            _cell(cell, f"{chr(65 + column)}{number}") for column, cell in enumerate(row)
        )
        if cells:
            lines.append(f'<row r="{number}">{cells}</row>')
    return f"<worksheet {_MAIN}><sheetData>{''.join(lines)}</sheetData></worksheet>"


def _cell(cell: Cell, at: str) -> str:
    match cell:
        case None:
            return ""
        case str() if cell.startswith("<"):
            return cell.replace("{at}", at)
        case str():
            return f'<c r="{at}" t="inlineStr"><is><t>{cell}</t></is></c>'
        case _:
            return f'<c r="{at}"><v>{cell}</v></c>'


def xls(rows: Sequence[Sequence[Cell]]) -> bytes:
    """The same as Excel 97 wrote it: a BIFF8 stream in a compound file of 512-byte sectors."""
    bof = struct.pack("<HHHHII", 0x0600, 0x0005, 0x0DBB, 0x07CC, 0, 6)
    sheet_bof = struct.pack("<HHHHII", 0x0600, 0x0010, 0x0DBB, 0x07CC, 0, 6)
    name = struct.pack("<BB", 5, 0) + b"Sayfa"
    head = _record(0x0809, bof) + _record(0x0042, struct.pack("<H", 1200))
    formats = _record(0x00E0, struct.pack("<HH16x", 0, 0)) + _record(
        0x00E0, struct.pack("<HH16x", 0, 22)
    )
    start = len(head) + len(formats) + 4 + 6 + len(name) + 4
    bound = _record(0x0085, struct.pack("<IH", start, 0) + name)
    cells = b"".join(
        _xls_cell(row, column, cell)
        for row, line in enumerate(rows)
        for column, cell in enumerate(line)
    )
    end = _record(0x000A, b"")
    stream = head + formats + bound + end + _record(0x0809, sheet_bof) + cells + end
    return _compound(b"".join((stream, b"\0" * max(0, 4096 - len(stream)))))


def _xls_cell(row: int, column: int, cell: Cell) -> bytes:
    match cell:
        case None:
            return b""
        case str() if cell.startswith("<"):  # a date of `a_date`
            number = float(cell.partition("<v>")[2].partition("<")[0])
            return _record(0x0203, struct.pack("<HHHd", row, column, 1, number))
        case str():
            text = cell.encode("utf-16-le")
            packed = struct.pack("<HHHHB", row, column, 0, len(cell), 1)
            return _record(0x0204, packed + text)
        case _:
            return _record(0x0203, struct.pack("<HHHd", row, column, 0, float(cell)))


def _record(kind: int, body: bytes) -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def _compound(stream: bytes) -> bytes:
    """A compound file that holds one stream, `Workbook`: FAT in sector 0, directory in sector 1."""
    end, fat_mark, free = 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFF
    stream += b"\0" * (-len(stream) % 512)
    sectors = len(stream) // 512
    chain = [*range(3, sectors + 2), end]
    table = [fat_mark, end, *chain]
    fat = struct.pack("<128I", *table, *[free] * (128 - len(table)))
    directory = _entry("Root Entry", 5, child=1, start=end, size=0)
    directory += _entry("Workbook", 2, child=free, start=2, size=len(stream))
    directory += b"\0" * 256
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16
    header += struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, end, 0, end, 0)
    header += struct.pack("<109I", 0, *[free] * 108)
    return header + fat + directory + stream


def _entry(name: str, kind: int, *, child: int, start: int, size: int) -> bytes:
    text = (name + "\0").encode("utf-16-le")
    none = 0xFFFFFFFF
    packed = struct.pack(
        "<64sHBBIII36xIQ", text, len(text), kind, 1, none, none, child, start, size
    )
    assert len(packed) == 128
    return packed

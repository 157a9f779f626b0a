"""The first sheet of a workbook as tab-separated text: stdin to stdout, in a process of its own.

`workbook.py` starts this file by its path, without the environment and apart from the package: a
hostile workbook finds bounded memory, bounded time, no settings and no ledger. Sizes that a zip
declares are not believed: each part is inflated and counted before the reader of sheets sees it.
That reader makes room for the whole rectangle between the outermost cells: it is bounded too.
"""

import csv
import errno
import io
import posixpath
import re
import resource
import struct
import sys
import zipfile
import zlib
from collections.abc import Callable
from datetime import MAXYEAR, date, datetime, timedelta

UNREADABLE = 3
TOO_LARGE = 4
NOT_WRITTEN = 5
"""Exit codes beside 0; the last is of the machine's making, not the workbook's."""

CELLS_MAX = 2_000_000
"""Rows × columns, empty cells within them too: at 100 to 150 bytes a cell, half of the memory."""
MEMORY_BYTES_MAX = 400 << 20
TEXT_BYTES_MAX = 1 << 29
PROCESSOR_SECONDS_MAX = 120
FILE_BYTES_MAX = 1 << 26
INFLATED_BYTES_MAX = 1 << 29
RATIO_MAX = 200
"""No sheet of consents is smaller than a two-hundredth of itself; a bomb is a thousandth."""
RATIO_FROM_BYTES = 1 << 22
PARTS_MAX = 1_000
BLOCK_BYTES = 1 << 18

ZIP = b"PK\x03\x04"
COMPOUND = b"\xd0\xcf\x11\xe0"
SEPARATOR = "\t"
WORKBOOK = "xl/workbook.xml"
RELATIONS = "xl/_rels/workbook.xml.rels"
LOCAL_HEADER = struct.Struct("<4s22xHH")
START_OF_IYS = date(2015, 5, 1)
"""The one day whose midnight is an instant: HS_2015 has no other (R22)."""

_BREAKS = re.compile(r"[\r\n\t\v\f\x85\u2028\u2029]+")


_RELATION = re.compile(rb"<(?:\w+:)?Relationship\s[^>]*>")
_FIRST_SHEET = re.compile(rb"<(?:\w+:)?sheet\s[^>]*?\w+:id\s*=\s*[\"']([^\"']*)[\"']")
_CELL = re.compile(
    rb"<(?:\w+:)?c(?:\s[^>]*?)?\sr\s*=\s*[\"']([A-Za-z]{1,3})([0-9]{1,7})[\"'][^>]*(?<!/)>"
)
TAG_BYTES = 256
"""No start tag of a cell is longer, so none is lost between two blocks."""


class TooLarge(Exception):
    """More than any sheet of consents needs."""


class Unreadable(Exception):
    """No workbook of a kind that is read here."""


def main() -> int:
    """Read standard input, write standard output; the exit code says what went wrong."""
    bound_this_process()
    try:
        content = sys.stdin.buffer.read(FILE_BYTES_MAX + 1)
        if len(content) > FILE_BYTES_MAX:
            raise TooLarge
        if content.startswith(ZIP):
            check_package(content)
        elif not content.startswith(COMPOUND):
            raise Unreadable
        with open(sys.stdout.fileno(), "w", encoding="utf-8", newline="", closefd=False) as out:
            write_rows(content, out)
    except (TooLarge, MemoryError):
        return TOO_LARGE
    except Unreadable:
        return UNREADABLE
    except OSError as error:
        return TOO_LARGE if error.errno == errno.EFBIG else NOT_WRITTEN
    return 0


def bound_this_process() -> None:
    """No more memory, time or output than a large sound sheet takes; no core file."""
    for kind, bound in (
        (resource.RLIMIT_AS, MEMORY_BYTES_MAX),
        (resource.RLIMIT_CPU, PROCESSOR_SECONDS_MAX),
        (resource.RLIMIT_FSIZE, TEXT_BYTES_MAX),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (bound, bound))


def check_package(content: bytes) -> None:
    """Inflate every part, whatever sizes it declares. Raises TooLarge, Unreadable."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            parts = package.infolist()
    # NotImplementedError is zipfile's word for a version of the format that it cannot read.
    except (zipfile.BadZipFile, ValueError, struct.error, NotImplementedError) as error:
        raise Unreadable from error
    if len(parts) > PARTS_MAX:
        raise TooLarge
    if WORKBOOK not in {part.filename for part in parts}:
        raise Unreadable
    inflated = 0
    inner: dict[str, bytes] = {}
    for part in parts:
        kept = bytearray()
        is_inner = part.filename in (WORKBOOK, RELATIONS)
        look = kept.extend if is_inner else _pass_over
        inflated += inflated_size(content, part, INFLATED_BYTES_MAX - inflated, look)
        inner[part.filename] = bytes(kept)
    first = first_sheet(inner.get(WORKBOOK, b""), inner.get(RELATIONS, b""))
    for part in parts:
        if part.filename == first:
            inflated_size(content, part, INFLATED_BYTES_MAX, Extent().look)


def first_sheet(workbook: bytes, relations: bytes) -> str:
    """The name of the first sheet's part; empty where it cannot be told."""
    found = _FIRST_SHEET.search(workbook)
    if found is None:
        return ""
    for relation in _RELATION.findall(relations):
        if _attribute(relation, b"Id") == found[1]:
            target = _attribute(relation, b"Target").decode(errors="replace")
            return posixpath.normpath(posixpath.join("/xl", target)).lstrip("/")
    return ""


def _attribute(tag: bytes, name: bytes) -> bytes:
    found = re.search(rb"\s" + name + rb"\s*=\s*[\"']([^\"']*)[\"']", tag)
    return found[1] if found else b""


def _pass_over(block: bytes) -> None:
    """Inflated only to be counted."""


class Extent:
    """The rectangle between the outermost cells of a sheet that hold something."""

    def __init__(self) -> None:
        self._tail = b""
        self._columns: set[bytes] = set()
        self._rows: tuple[int, int] | None = None

    def look(self, block: bytes) -> None:
        """Go on with the next bytes of the sheet. Raises TooLarge."""
        text = self._tail + block
        cells = _CELL.findall(text)
        self._tail = text[-TAG_BYTES:]
        if not cells:
            return
        self._columns |= {column.upper() for column, _ in cells}
        rows = [int(row) for _, row in cells]
        first, last = self._rows or (rows[0], rows[0])
        self._rows = first, last = min(first, *rows), max(last, *rows)
        columns = [_number(column) for column in self._columns]
        if (last - first + 1) * (max(columns) - min(columns) + 1) > CELLS_MAX:
            raise TooLarge


def _number(column: bytes) -> int:
    number = 0
    for letter in column:
        number = number * 26 + letter - 64
    return number


def inflated_size(
    content: bytes, part: zipfile.ZipInfo, bound: int, look: Callable[[bytes], object]
) -> int:
    """The bytes that a part really inflates to, each shown to `look`.

    Raises TooLarge beyond `bound`, Unreadable.
    """
    if part.flag_bits & 1 or part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Unreadable
    header = content[part.header_offset : part.header_offset + 30]
    if len(header) < 30 or not header.startswith(ZIP):
        raise Unreadable
    _, name_length, extra_length = LOCAL_HEADER.unpack(header)
    start = part.header_offset + 30 + name_length + extra_length
    packed = memoryview(content)[start : start + part.compress_size]
    if len(packed) < part.compress_size:
        raise Unreadable
    if part.compress_type == zipfile.ZIP_STORED:
        if len(packed) > bound:
            raise TooLarge
        look(bytes(packed))
        return len(packed)
    # A stream may run on behind the size that its entry declares: the reader follows the stream.
    bound = min(bound, max(RATIO_FROM_BYTES, RATIO_MAX * len(packed)))
    return count_deflated(memoryview(content)[start:], bound, look)


def count_deflated(packed: memoryview, bound: int, look: Callable[[bytes], object]) -> int:
    """Raises TooLarge, Unreadable."""
    engine = zlib.decompressobj(-zlib.MAX_WBITS)
    size = 0
    try:
        for start in range(0, len(packed), BLOCK_BYTES):
            rest = bytes(packed[start : start + BLOCK_BYTES])
            while rest and not engine.eof:
                block = engine.decompress(rest, BLOCK_BYTES)
                rest = engine.unconsumed_tail
                size += len(block)
                if size > bound:
                    raise TooLarge
                look(block)
            if engine.eof:
                return size
    except zlib.error as error:
        raise Unreadable from error
    raise Unreadable


def write_rows(content: bytes, out: io.TextIOBase) -> None:
    """The first sheet, a line a row. Raises Unreadable."""
    # Here, not above: an import that fails must end as a failed process too.
    from python_calamine import CalamineError, load_workbook

    try:
        sheet = load_workbook(io.BytesIO(content)).get_sheet_by_index(0)
        rows = sheet.iter_rows()
    except (CalamineError, OSError, ValueError, IndexError) as error:
        raise Unreadable from error
    writer = csv.writer(out, delimiter=SEPARATOR, lineterminator="\n", quoting=csv.QUOTE_MINIMAL)
    for row in rows:
        cells = [text_of(cell) for cell in row]
        if any(cells):
            writer.writerow(cells)
        else:
            out.write("\n")


def text_of(cell: object) -> str:
    """A cell as an ordinary file would have it: digits without `.0`, dates in İYS's form."""
    match cell:
        case str():
            return _BREAKS.sub(" ", cell)
        case bool():
            return str(cell).upper()
        case float() if cell.is_integer():
            return str(int(cell))
        case datetime() if cell.year < MAXYEAR:
            whole = cell + timedelta(microseconds=500_000)
            return whole.replace(microsecond=0, tzinfo=None).isoformat(" ")
        case date() if cell == START_OF_IYS:
            return f"{cell.isoformat()} 00:00:00"
        case date():
            return cell.isoformat()
    return str(cell)


if __name__ == "__main__":
    sys.exit(main())

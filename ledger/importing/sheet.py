"""The first sheet of a workbook as tab-separated text: stdin to stdout, in a process of its own.

`workbook.py` starts this file by its path, without the environment and apart from the package: a
hostile workbook finds bounded memory, bounded time, no settings and no ledger. Sizes that a zip
declares are not believed: each part is inflated and counted before the reader of sheets sees it.
"""

import csv
import io
import re
import resource
import struct
import sys
import zipfile
import zlib
from datetime import MAXYEAR, date, datetime, timedelta

UNREADABLE = 3
TOO_LARGE = 4
"""Exit codes beside 0."""

MEMORY_BYTES_MAX = 3 << 29
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
LOCAL_HEADER = struct.Struct("<4s22xHH")
START_OF_IYS = date(2015, 5, 1)
"""The one day whose midnight is an instant: HS_2015 has no other (R22)."""

_BREAKS = re.compile(r"[\r\n\t\v\f\x85\u2028\u2029]+")


class TooLarge(Exception):
    """More than any sheet of consents needs."""


class Unreadable(Exception):
    """No workbook of a kind that is read here."""


def main() -> int:
    """Read standard input, write standard output; the exit code says what went wrong."""
    bound_this_process()
    content = sys.stdin.buffer.read(FILE_BYTES_MAX + 1)
    try:
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
    if "xl/workbook.xml" not in {part.filename for part in parts}:
        raise Unreadable
    inflated = 0
    for part in parts:
        inflated += inflated_size(content, part, INFLATED_BYTES_MAX - inflated)


def inflated_size(content: bytes, part: zipfile.ZipInfo, bound: int) -> int:
    """The bytes that a part really inflates to. Raises TooLarge beyond `bound`, Unreadable."""
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
        return len(packed)
    # A stream may run on behind the size that its entry declares: the reader follows the stream.
    bound = min(bound, max(RATIO_FROM_BYTES, RATIO_MAX * len(packed)))
    return count_deflated(memoryview(content)[start:], bound)


def count_deflated(packed: memoryview, bound: int) -> int:
    """Raises TooLarge, Unreadable."""
    engine = zlib.decompressobj(-zlib.MAX_WBITS)
    size = 0
    try:
        for start in range(0, len(packed), BLOCK_BYTES):
            rest = bytes(packed[start : start + BLOCK_BYTES])
            while rest and not engine.eof:
                size += len(engine.decompress(rest, BLOCK_BYTES))
                rest = engine.unconsumed_tail
                if size > bound:
                    raise TooLarge
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

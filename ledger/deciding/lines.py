"""The lines of a filter: in as csv, NDJSON or plain text, out as csv or NDJSON (api.md).

Each input line has one output line, in its place, with its text as it stood: also one that is no
address, or stands there twice. A csv whose first line names a `recipient` column is read by that
column; of other csv files the first column is the address.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import BinaryIO, Final

import msgspec

from ledger.deciding.decision import Answer
from ledger.errors import InputRefused

LINE_BYTES_MAX: Final = 16 * 1024
BLOCK_LINES: Final = 50_000
"""Lines judged in one snapshot; three such blocks are in memory at a time."""
BLOCK_BYTES: Final = 8 << 20
"""A block of long lines ends here, with what was read of the file at once."""
READ_BYTES: Final = 1 << 20

RECIPIENT: Final = "recipient"
CSV_HEADER: Final = b"recipient,permitted,verdict,reason\n"
BOM: Final = b"\xef\xbb\xbf"


class LineForm(StrEnum):
    """How lines are written; the values are media types."""

    CSV = "text/csv"
    NDJSON = "application/x-ndjson"
    TEXT = "text/plain"


class LineBound:
    """Watches bytes as they come. `take` raises InputRefused L-LINE-TOO-LONG."""

    __slots__ = ("_bytes_max", "_open")

    def __init__(self, bytes_max: int = LINE_BYTES_MAX) -> None:
        self._bytes_max = bytes_max
        self._open = 0

    def take(self, chunk: bytes) -> None:
        """The next bytes of the input."""
        first, last = chunk.find(b"\n"), chunk.rfind(b"\n")
        if first < 0:
            self._open += len(chunk)
        else:
            self._expect_short(self._open + first)
            while last - first - 1 > self._bytes_max:  # from each end as far as a line may reach
                after = first + 1
                first = chunk.rfind(b"\n", after, after + self._bytes_max + 1)
                if first < 0:
                    self._expect_short(self._bytes_max + 1)
            self._open = len(chunk) - last - 1
        self._expect_short(self._open)

    def _expect_short(self, length: int) -> None:
        if length > self._bytes_max:
            raise InputRefused("L-LINE-TOO-LONG", field=RECIPIENT)


def blocks(file: BinaryIO, form: LineForm) -> Iterator[list[str]]:
    """The addresses of a file's lines as they are written, `BLOCK_LINES` at a time; fewer where
    the lines are long.

    Bytes that are no UTF-8 are kept as they are and judged as no address.
    """
    rest, texts, first, size = b"", list[str](), True, 0
    column, separator = 0, ","
    while chunk := file.read(READ_BYTES):
        whole, end, rest = (rest + chunk).rpartition(b"\n")
        if not end:
            continue
        lines = whole.decode("utf-8", "surrogateescape").split("\n")
        if first:
            column, separator, skip = _heading(lines[0], form)
            lines = [lines[0].removeprefix("\ufeff"), *lines[1:]][skip:]
            first = False
        texts += _texts(lines, form, column, separator)
        size += len(whole)
        while len(texts) >= BLOCK_LINES or size >= BLOCK_BYTES:
            yield texts[:BLOCK_LINES]
            texts, size = texts[BLOCK_LINES:], 0
    if rest:
        line = rest.decode("utf-8", "surrogateescape")
        skip = 0
        if first:
            column, separator, skip = _heading(line, form)
            line = line.removeprefix("\ufeff")
        texts += _texts([line][skip:], form, column, separator)
    if texts:
        yield texts


def written(texts: Sequence[str], answers: Sequence[Answer], form: LineForm) -> bytes:
    """One output line for each input line."""
    endings = _ndjson_endings if form is LineForm.NDJSON else _csv_endings
    made: dict[int, str] = {}
    ends = []
    for answer in answers:
        end = made.get(id(answer))
        if end is None:
            end = made[id(answer)] = endings(answer)
        ends.append(end)
    if form is LineForm.NDJSON:
        lines = [f'{{"recipient":{_json(text)}{end}' for text, end in zip(texts, ends, strict=True)]
    else:
        lines = [_cell(text) + end for text, end in zip(texts, ends, strict=True)]
    return "".join(lines).encode("utf-8", "surrogateescape")


def _heading(line: str, form: LineForm) -> tuple[int, str, int]:
    """Column of the address, separator, and how many lines are no data."""
    if form is not LineForm.CSV:
        return 0, ",", 0
    line = line.removeprefix("\ufeff").removesuffix("\r")
    separator = max(",;\t", key=line.count)
    names = [name.strip().lower() for name in _cells(line, separator) or []]
    if RECIPIENT in names:
        return names.index(RECIPIENT), separator, 1
    return 0, separator, 0


def _texts(lines: Sequence[str], form: LineForm, column: int, separator: str) -> list[str]:
    match form:
        case LineForm.TEXT:
            return [line.removesuffix("\r") for line in lines]
        case LineForm.NDJSON:
            return [_recipient(line) for line in lines]
        case LineForm.CSV:
            return [
                line.removesuffix("\r")
                if column == 0 and separator not in line and '"' not in line
                else _column(line.removesuffix("\r"), column, separator)
                for line in lines
            ]


def _column(line: str, column: int, separator: str) -> str:
    """A cell; nothing where the line ends before it, the whole line where its quotes do not."""
    cells = _cells(line, separator)
    if cells is None:
        return line
    return cells[column] if column < len(cells) else ""


def _cells(line: str, separator: str) -> list[str] | None:
    if '"' not in line:
        return line.split(separator)
    try:
        return next(csv.reader(io.StringIO(line), delimiter=separator, strict=True))
    except (csv.Error, StopIteration):
        return None


def _recipient(line: str) -> str:
    try:
        found = msgspec.json.decode(line.encode("utf-8", "surrogateescape"))
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return line.removesuffix("\r")
    if isinstance(found, dict):
        found = found.get(RECIPIENT)
    return found if isinstance(found, str) else line.removesuffix("\r")


def _csv_endings(answer: Answer) -> str:
    verdict = answer.verdict
    permitted = "true" if verdict.permitted else "false"
    return f",{permitted},{verdict.kind.value},{verdict.reason or ''}\n"


def _ndjson_endings(answer: Answer) -> str:
    verdict = answer.verdict
    members = {
        "permitted": verdict.permitted,
        "verdict": verdict.kind.value,
        "reason": verdict.reason,
        "warnings": verdict.warnings,
    }
    return "," + msgspec.json.encode(members).decode()[1:] + "\n"


def _cell(text: str) -> str:
    if "," in text or '"' in text or "\n" in text or "\r" in text:
        return '"' + text.replace('"', '""') + '"'
    return text


def _json(text: str) -> str:
    whole = text.encode("utf-8", "replace").decode("utf-8")
    return msgspec.json.encode(whole).decode()

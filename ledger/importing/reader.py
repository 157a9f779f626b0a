"""The records of a text file (RFC 4180): mostly a line each, a quoted one over several.

A record that quotes hold together is one row, whose line is its first. A quote that does not end
within RECORD_LINES_MAX lines or RECORD_CHARACTERS_MAX is none that anybody meant: each of its lines
is then a row of its own, and a faulty one, as are all behind it until a quote ends. No consent is
believed of such a row, since a note may hold whole lines that look like one; a refusal is kept all
the same (consent.md C5).
"""

import csv
import hashlib
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ledger.errors import LedgerError, NotFound
from ledger.importing.text_lines import (
    BOM,
    TOO_LONG,
    UNREADABLE,
    Line,
    Lines,
    LongLine,
    physical_lines,
)
from ledger.values import Discreet

SEPARATORS: Final = (",", ";", "\t")

WIDE_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
"""How UTF-16 begins, which has a NUL in every second byte."""


_is_protected: Final = re.compile(r"'\s*[=+\-@]").match
"""Of a cell that was kept from being a formula, by `--refused` or by a person."""


class FileRefused(LedgerError):
    """The file as a whole cannot be imported; nothing of it was recorded. `code` is `L-…`."""

    def __init__(self, code: str) -> None:
        super().__init__(f"the file is refused: {code}")
        self.code = code


class Row(Discreet, frozen=True, gc=False):
    """One record of the file; `line` is that of its beginning, from 1.

    `fault` names why it cannot be believed as it stands; `fields` are then what could be made of
    it. `channel`: of a line that makes several acts, the one this is of.
    """

    line: int
    fields: Sequence[str]
    fault: str | None = None
    channel: str = ""

    @property
    def is_torn(self) -> bool:
        """Whether a quote went wrong, so that a column may hold what belongs in another."""
        return self.fault is not None and any('"' in cell for cell in self.fields)


@dataclass(frozen=True, slots=True)
class TextForm:
    """How the bytes of a file are to be read."""

    encoding: str
    separator: str
    sha256: str
    lines: int
    identity: tuple[int, ...]


def identity_of(path: Path) -> tuple[int, ...]:
    """What changes when the file does.

    Raises NotFound; FileRefused L-FILE-UNREADABLE for what is no file.
    """
    try:
        state = path.stat()
    except FileNotFoundError as error:
        raise NotFound("the file to import", "içe aktarılacak dosya") from error
    except OSError as error:
        raise FileRefused("L-FILE-UNREADABLE") from error
    if not stat.S_ISREG(state.st_mode):
        raise FileRefused("L-FILE-UNREADABLE")
    return (state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns)


def digest_of(path: Path) -> str:
    """SHA-256 of the file's bytes. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def look_at(path: Path) -> TextForm:
    """Read the file once: its digest, encoding and separator.

    Raises NotFound; FileRefused: L-FILE-EMPTY, L-FILE-UNREADABLE, L-ENCODING-UNKNOWN.
    """
    identity = identity_of(path)
    digest = hashlib.sha256()
    sound = broken = lines = 0
    first = b""
    try:
        with path.open("rb") as file:
            for line in physical_lines(file, digest):
                lines += 1
                if isinstance(line, LongLine):
                    continue
                if not first.strip():
                    first = line
                if not line.isascii():
                    is_utf8 = _is_utf8(line)
                    sound, broken = sound + is_utf8, broken + (not is_utf8)
    except OSError as error:
        raise FileRefused("L-FILE-UNREADABLE") from error
    if first.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF")):
        raise FileRefused("L-FILE-UNREADABLE")
    if first.startswith(WIDE_MARKS) or b"\x00" in first:
        raise FileRefused("L-ENCODING-UNKNOWN")
    if not first.strip():
        raise FileRefused("L-FILE-EMPTY")
    encoding = _encoding(first, sound, broken)
    heading = first.decode(encoding, errors="replace")
    separator = max(SEPARATORS, key=heading.count)
    return TextForm(encoding, separator, digest.hexdigest(), lines, identity)


def _encoding(first: bytes, sound: int, broken: int) -> str:
    """By the heading where it has other letters than ASCII's, else by what most such lines are:
    `sound` of them are UTF-8, `broken` are not. No text of Windows-1254 is UTF-8 by chance."""
    is_utf8 = _is_utf8(first) if not first.isascii() else sound > broken or not broken
    return "utf-8" if is_utf8 or first.startswith(BOM) else "cp1254"


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def rows(path: Path, form: TextForm) -> Iterator[Row]:
    """Every record of the file but those without any content, in order."""
    separator, is_open = form.separator, False
    with path.open("rb") as file:
        lines = Lines(file, form.encoding, separator)
        for line in lines:
            number, text, fault, _ = line
            if fault is None and not is_open and '"' not in text:
                fields: Sequence[str] = text.split(separator)
                if "'" in text:
                    fields = _bare(fields)
            elif is_open:
                is_open = not _ends_quote(line, separator)
                fields = _bare(_parsed(text, separator) or text.split(separator))
                fault = fault or UNREADABLE
                if not any(fields):
                    continue
            else:
                fields, fault, is_open = _read(line, lines, separator)
                fields = _bare(fields)
            if fault is not None or any(fields):
                yield Row(number, fields, fault)


def _read(line: Line, lines: Lines, separator: str) -> tuple[Sequence[str], str | None, bool]:
    """The fields of the record that begins here, its fault, and whether it leaves a quote open."""
    _, text, fault, is_odd = line
    fields = _parsed(text, separator)
    if fault == TOO_LONG:
        return fields or text.split(separator), fault, is_odd
    if fields is not None:
        return fields, fault, False
    taken: list[Line] = []
    is_within = False

    def texts() -> Iterator[str]:
        nonlocal is_within
        for one in lines.after(line):
            taken.append(one)
            yield one[1] + "\n"
            is_within = True  # asked for more, so a quote is open

    try:
        fields = next(csv.reader(texts(), delimiter=separator, strict=True))
    except csv.Error:
        lines.put_back(taken[1:])
        # Else a quote stands where none may: of an odd number one may well be open.
        is_open = is_within or text.count('"') % 2 == 1
        return text.split(separator), fault or UNREADABLE, is_open
    return fields, next((one[2] for one in taken if one[2] is not None), None), False


def _parsed(text: str, separator: str) -> Sequence[str] | None:
    """The fields of a line by itself, None where its quotes go wrong or do not end in it."""
    try:
        (fields,) = csv.reader([text], delimiter=separator, strict=True)
    except csv.Error:
        return None
    return fields


def _ends_quote(line: Line, separator: str) -> bool:
    """Whether a quote that was open before the line is closed behind it."""
    _, text, fault, is_odd = line
    if fault == TOO_LONG:
        return is_odd
    return '"' in text and _parsed(f'"{text}', separator) is not None


def _bare(fields: Sequence[str]) -> list[str]:
    return [cell[1:] if cell[:1] == "'" and _is_protected(cell) else cell for cell in fields]

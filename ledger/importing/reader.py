"""Rows of a text file, bounded in every way: one physical line is one row, whatever is in it."""

import csv
import hashlib
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from ledger.errors import LedgerError
from ledger.values import Discreet

BLOCK_BYTES: Final = 1 << 20
LINE_BYTES_MAX: Final = 64 * 1024
"""A longer line is one refused row; its bytes are passed over without being kept."""
SEPARATORS: Final = (",", ";", "\t")

BOM: Final = b"\xef\xbb\xbf"
WIDE_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
"""How UTF-16 begins, which has a NUL in every second byte."""

TOO_LONG: Final = "L-LINE-TOO-LONG"
UNREADABLE: Final = "L-ROW-UNREADABLE"


class FileRefused(LedgerError):
    """The file as a whole cannot be imported; nothing of it was recorded. `code` is `L-…`."""

    def __init__(self, code: str) -> None:
        super().__init__(f"the file is refused: {code}")
        self.code = code


class Row(Discreet, frozen=True, gc=False):
    """One line of the file, from 1. `fault` names why it has no fields.

    `channel`: of a line that makes several acts, the one this is of.
    """

    line: int
    fields: Sequence[str]
    fault: str | None = None
    channel: str = ""


@dataclass(frozen=True, slots=True)
class TextForm:
    """How the bytes of a file are to be read."""

    encoding: str
    separator: str
    sha256: str
    lines: int
    identity: tuple[int, ...]


def identity_of(path: Path) -> tuple[int, ...]:
    """What changes when the file does. Raises FileRefused L-FILE-UNREADABLE for what is no file."""
    try:
        state = path.stat()
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

    Raises FileRefused: L-FILE-EMPTY, L-FILE-UNREADABLE, L-ENCODING-UNKNOWN.
    """
    identity = identity_of(path)
    digest = hashlib.sha256()
    is_utf8, lines, first = True, 0, b""
    try:
        with path.open("rb") as file:
            for line in _lines(file, digest):
                lines += 1
                if line and not first.strip():
                    first = line
                if is_utf8 and line is not None and not _is_utf8(line):
                    is_utf8 = False
    except OSError as error:
        raise FileRefused("L-FILE-UNREADABLE") from error
    if first.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF")):
        raise FileRefused("L-FILE-UNREADABLE")
    if first.startswith(WIDE_MARKS) or b"\x00" in first:
        raise FileRefused("L-ENCODING-UNKNOWN")
    if not first.strip():
        raise FileRefused("L-FILE-EMPTY")
    encoding = "utf-8-sig" if is_utf8 or first.startswith(BOM) else "cp1254"
    heading = first.decode(encoding, errors="replace")
    separator = max(SEPARATORS, key=heading.count)
    return TextForm(encoding, separator, digest.hexdigest(), lines, identity)


def rows(path: Path, form: TextForm) -> Iterator[Row]:
    """Every line of the file but those without any content, in order.

    A physical line is a row, whatever its quotes: one that does not end within it is a fault of
    that line and touches no other.
    """
    for number, (line, fault) in enumerate(_text_lines(path, form), 1):
        if fault is not None:
            yield Row(number, (), fault)
            continue
        if '"' not in line:
            fields = line.split(form.separator)
        else:
            try:
                (fields,) = csv.reader([line], delimiter=form.separator, strict=True)
            except (csv.Error, ValueError):
                yield Row(number, (), UNREADABLE)
                continue
        if any(fields):
            yield Row(number, fields)


def texts(path: Path, form: TextForm) -> Iterator[str]:
    """Every line as far as it can be shown: what is no text is marked, one too long is empty."""
    with path.open("rb") as file:
        for number, raw in enumerate(_lines(file, None)):
            line = b"" if raw is None else raw
            if number == 0 and form.encoding == "utf-8-sig":
                line = line.removeprefix(BOM)
            text = line.decode(form.encoding, errors="replace")
            yield text.replace("\x00", "\ufffd").replace("\r", "\ufffd")


def _text_lines(path: Path, form: TextForm) -> Iterator[tuple[str, str | None]]:
    encoding = "utf-8" if form.encoding == "utf-8-sig" else form.encoding
    with path.open("rb") as file:
        first = True
        for raw in _lines(file, None):
            if raw is None:
                yield "", TOO_LONG
                continue
            if first and form.encoding == "utf-8-sig":
                raw = raw.removeprefix(BOM)
            first = False
            try:
                line = raw.decode(encoding)
            except UnicodeDecodeError:
                yield "", UNREADABLE
                continue
            broken = "\x00" in line or "\r" in line
            yield line, UNREADABLE if broken else None


def _lines(file: BinaryIO, digest: "hashlib._Hash | None") -> Iterator[bytes | None]:
    """Lines without their end; None for one that is longer than the bound."""
    rest = b""
    skipping = False
    while block := file.read(BLOCK_BYTES):
        if digest is not None:
            digest.update(block)
        parts = (rest + block).split(b"\n")
        rest = parts.pop()
        for part in parts:
            if skipping or len(part) > LINE_BYTES_MAX:
                skipping = False
                yield None
            else:
                yield part.removesuffix(b"\r")
        if len(rest) > LINE_BYTES_MAX:
            skipping, rest = True, b""
    if skipping:
        yield None
    elif rest:
        yield rest.removesuffix(b"\r")


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True

"""The lines of a text file as text, bounded in every way."""

import hashlib
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final

BLOCK_BYTES: Final = 1 << 20
LINE_BYTES_MAX: Final = 64 * 1024
"""A longer line is a faulty one."""
KEPT_BYTES_MAX: Final = 1 << 20
"""Of a longer line so much is looked at for a refusal; the rest is passed over, not kept."""
BOM: Final = b"\xef\xbb\xbf"

RECORD_LINES_MAX: Final = 100
RECORD_CHARACTERS_MAX: Final = LINE_BYTES_MAX

TOO_LONG: Final = "L-LINE-TOO-LONG"
UNREADABLE: Final = "L-ROW-UNREADABLE"

Line = tuple[int, str, str | None, bool]
"""Number from 1, text as far as it can be shown, its own fault, and of a line that is too long
whether its quotes are odd in number."""


@dataclass(frozen=True, slots=True)
class LongLine:
    """A line of more than LINE_BYTES_MAX: its beginning, and how many quotes the whole has."""

    kept: bytes
    is_cut: bool
    quotes: int


def physical_lines(
    file: BinaryIO, digest: "hashlib._Hash | None" = None
) -> Iterator[bytes | LongLine]:
    """Lines without their end; what is read goes into the digest too."""
    rest, head, quotes = b"", b"", 0
    while block := file.read(BLOCK_BYTES):
        if digest is not None:
            digest.update(block)
        parts = (rest + block).split(b"\n")
        rest = parts.pop()
        for part in parts:
            if not head and len(part) <= LINE_BYTES_MAX:
                yield part.removesuffix(b"\r")
            else:
                yield _long(head, part, quotes)
                head, quotes = b"", 0
        if head or len(rest) > KEPT_BYTES_MAX:
            head, quotes, rest = head or rest[:KEPT_BYTES_MAX], quotes + rest.count(b'"'), b""
    if head or len(rest) > LINE_BYTES_MAX:
        yield _long(head, rest, quotes)
    elif rest:
        yield rest.removesuffix(b"\r")


def _long(head: bytes, part: bytes, quotes: int) -> LongLine:
    is_cut = head != b"" or len(part) > KEPT_BYTES_MAX
    return LongLine(head or part[:KEPT_BYTES_MAX], is_cut, quotes + part.count(b'"'))


class Lines:
    """The lines of a file, some of which may be looked at ahead and put back."""

    def __init__(self, file: BinaryIO, encoding: str, separator: str) -> None:
        self._source = _decoded(file, encoding, separator)
        self._ahead: deque[Line] = deque()

    def __iter__(self) -> Iterator[Line]:
        for line in self._source:
            yield line
            while self._ahead:
                yield self._ahead.popleft()

    def after(self, line: Line) -> Iterator[Line]:
        """This line and those behind it, as far as a record may go."""
        characters = 0
        for _ in range(RECORD_LINES_MAX):
            characters += len(line[1])
            if characters > RECORD_CHARACTERS_MAX or line[2] == TOO_LONG:
                self._ahead.appendleft(line)
                return
            yield line
            following = self._ahead.popleft() if self._ahead else next(self._source, None)
            if following is None:
                return
            line = following
        self._ahead.appendleft(line)

    def put_back(self, lines: Sequence[Line]) -> None:
        """Give these again, before all others."""
        self._ahead.extendleft(reversed(lines))


def _decoded(file: BinaryIO, encoding: str, separator: str) -> Iterator[Line]:
    for number, raw in enumerate(physical_lines(file), 1):
        if isinstance(raw, LongLine):
            text = _shown(raw.kept, encoding)
            if raw.is_cut:
                text = text[: max(0, text.rfind(separator))]  # not half a field
            yield number, text, TOO_LONG, raw.quotes % 2 == 1
            continue
        if number == 1:
            raw = raw.removeprefix(BOM)
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            yield number, _shown(raw, encoding), UNREADABLE, False
            continue
        # A carriage return within quotes is text, elsewhere the end of a line of another system.
        if "\x00" in text or ("\r" in text and '"' not in text):
            yield number, _shown(raw, encoding), UNREADABLE, False
        else:
            yield number, text, None, False


def _shown(raw: bytes, encoding: str) -> str:
    """Text as far as it is some; what is not is marked."""
    text = raw.decode(encoding, errors="replace")
    return text.replace("\x00", "\ufffd").replace("\r", "\ufffd")

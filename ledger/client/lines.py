"""Lines on their way to a filter and back, a piece at a time."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import BinaryIO, Final, cast

from ledger.client.errors import Unreadable

PIECE_BYTES: Final = 1 << 16


class Source:
    """Bytes to send, in pieces fit for it. A file is sent from where it stands."""

    def __init__(self, lines: Iterable[bytes] | BinaryIO) -> None:
        self._file = cast(BinaryIO, lines) if hasattr(lines, "read") else None
        self._lines = lines
        self.can_restart = self._file is not None and self._file.seekable()
        self._start = self._file.tell() if self._file is not None and self.can_restart else 0

    def pieces(self) -> Iterator[bytes]:
        """All of them; where it `can_restart`, more than once."""
        if self._file is None:
            yield from _joined(self._lines)
            return
        if self.can_restart:
            self._file.seek(self._start)
        while piece := self._file.read(PIECE_BYTES):
            yield piece


def _joined(lines: Iterable[bytes]) -> Iterator[bytes]:
    held: list[bytes] = []
    size = 0
    for line in lines:
        held.append(line)
        size += len(line)
        if size >= PIECE_BYTES:
            yield b"".join(held)
            held.clear()
            size = 0
    if held:
        yield b"".join(held)


COLUMNS: Final = (b"recipient", b"permitted", b"verdict", b"reason")
VERDICT: Final = COLUMNS.index(b"verdict")


class VerdictCount:
    """Counts the verdicts of a filter's csv as its pieces come. Raises Unreadable for another."""

    def __init__(self) -> None:
        self._rest = b""
        self._open = b""
        self._is_head = True
        self._verdicts: Counter[bytes] = Counter()

    def take(self, piece: bytes) -> None:
        """The next bytes."""
        *whole, self._rest = (self._rest + piece).split(b"\n")
        for line in whole:
            row = self._open + line
            if row.count(b'"') % 2:  # an address with a line's end in it
                self._open = row + b"\n"
                continue
            self._open = b""
            if self._is_head:
                if row != b",".join(COLUMNS):
                    raise Unreadable
                self._is_head = False
                continue
            fields = row.rsplit(b",", 3)
            if len(fields) != len(COLUMNS):
                raise Unreadable
            self._verdicts[fields[VERDICT]] += 1

    def counts(self) -> dict[str, int]:
        """How many lines each verdict has, once all pieces came. Raises Unreadable."""
        if self._is_head or self._rest or self._open:
            raise Unreadable
        try:
            return {verdict.decode(): count for verdict, count in sorted(self._verdicts.items())}
        except UnicodeError:
            raise Unreadable from None

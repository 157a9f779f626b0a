"""Lines on their way to a filter and back, a piece at a time."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import BinaryIO, Final

import msgspec

PIECE_BYTES: Final = 1 << 16


class FilterDone(msgspec.Struct, frozen=True):
    """What a run came to. `counts` by verdict add up to `lines`; times are UTC.

    `position`: refusals behind it were not seen, `Client.refusals(brand, after=position)` tells
    them. `recheck_by`: filter again at the latest then.
    """

    decision_id: str
    position: int
    iys_seen_at: str | None
    recheck_by: str
    lines: int
    counts: dict[str, int]


def pieces_of(lines: Iterable[bytes] | BinaryIO) -> Iterator[bytes]:
    """The same bytes in pieces fit for sending."""
    if hasattr(lines, "read"):
        while piece := lines.read(PIECE_BYTES):
            yield piece
        return
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


class VerdictCount:
    """Counts the verdicts of a csv as its pieces come: `recipient,permitted,verdict,reason`."""

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
                self._is_head = False
                continue
            self._verdicts[row.rsplit(b",", 2)[-2]] += 1

    @property
    def counts(self) -> dict[str, int]:
        """How many lines each verdict has."""
        return {verdict.decode(): count for verdict, count in sorted(self._verdicts.items())}

"""A past day of a brand, byte for byte as İYS files it (iys/api.md §15; R57, R61); pure.

By `creationDate`, then `transactionId`. İYS does not say how it orders two movements of one address
in one second, which share their id: here the earlier consent goes first, as İYS takes them (H178).
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import attrgetter
from typing import Final

from ledger.recording.day_ports import DayCount, Moved
from ledger.values import Discreet
from ledger.vocabulary import ConsentStatus

HEADER: Final = (
    b"creationDate,transactionId,recipient,recipientType,type,status,consentDate,source\n"
)
PIECE_BYTES: Final = 1 << 18
RECIPIENTS_SIDE: Final = "IYS"
PROVIDERS_SIDE: Final = "HS"

_creation_date: Final = attrgetter("creation_date")


class Second(Discreet, frozen=True, gc=False):
    """What moved in one second: each line with its end, in the file's order. `erased`: movements
    whose line cannot be made any more."""

    creation_date: str
    lines: dict[bytes, Moved]
    erased: int


class DayReport:
    """A day's file, made of its movements as they come, a second in memory at a time.

    `movements`: by `creation_date`. The figures are those of what was taken so far; a movement that
    was seen twice is in it once (R57).
    """

    def __init__(self, movements: Iterable[Moved]) -> None:
        self._movements = movements
        self._digest = hashlib.sha384()
        self._counts: Counter[tuple[str, str, str, str]] = Counter()
        self.rows = 0
        self.erased = 0

    @property
    def sha384(self) -> str:
        """Of the bytes, lower-case hex."""
        return self._digest.hexdigest()

    def counts(self) -> list[DayCount]:
        """See day_ports.Report."""
        counts = self._counts
        sides = sorted({key[:3] for key in counts})
        granted, refused = ConsentStatus.GRANTED.value, ConsentStatus.REFUSED.value
        return [DayCount(*side, counts[*side, granted], counts[*side, refused]) for side in sides]

    def pieces(self) -> Iterator[bytes]:
        """The file's bytes; nothing at all for a day without movements, as İYS has no file then."""
        held, size = [HEADER], len(HEADER)
        for second in self.seconds():
            held += second.lines
            size += sum(map(len, second.lines))
            if size >= PIECE_BYTES:
                yield b"".join(held)
                held, size = [], 0
        if self.rows and held:
            yield b"".join(held)

    def seconds(self) -> Iterator[Second]:
        """The file second by second, its header aside."""
        counts, digest = self._counts, self._digest
        for creation_date, movements in groupby(self._movements, key=_creation_date):
            lines: dict[bytes, Moved] = {}
            erased = 0
            for one in movements:
                if one.recipient is None:
                    erased += 1
                else:
                    lines.setdefault(line_of(one), one)
            if len(lines) > 1:
                lines = dict(sorted(lines.items(), key=_place))
            if lines and not self.rows:
                digest.update(HEADER)
            digest.update(b"".join(lines))
            self.rows += len(lines)
            self.erased += erased
            for one in lines.values():
                counts[one.recipient_type, one.channel, side_of(one.source), one.status] += 1
            yield Second(creation_date, lines, erased)


def line_of(one: Moved) -> bytes:
    """A movement as İYS writes it, its line's end with it."""
    return (
        f"{one.creation_date},{one.transaction_id},{one.recipient},{one.recipient_type},"
        f"{one.channel},{one.status},{one.consent_date},{one.source}\n"
    ).encode()


def side_of(source: str) -> str:
    """Who made a movement."""
    return RECIPIENTS_SIDE if source.startswith("IYS_") else PROVIDERS_SIDE


def _place(line: tuple[bytes, Moved]) -> tuple[str, str, int]:
    one = line[1]
    return one.transaction_id, one.consent_date, one.position

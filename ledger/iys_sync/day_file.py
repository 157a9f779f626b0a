"""İYS's file of a day as it came: its rows, and what about it is not as documented; pure.

Nothing is repaired: a line that cannot be read is told as it stands (iys/api.md §15.1; R62).
"""

import hashlib
import io
import re
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import groupby
from typing import Final

from ledger.iys_sync import wire
from ledger.iys_sync.day_report import HEADER
from ledger.vocabulary import Channel, ConsentStatus, RecipientType

_BOM: Final = b"\xef\xbb\xbf"
_SECOND: Final = slice(19)
_DATE: Final = rb"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}"
_match_row: Final = re.compile(
    rb"%b,[0-9a-f]{64},[\x21-\x2b\x2d-\x7e]{1,320},(?:BIREYSEL|TACIR),(?:ARAMA|MESAJ|EPOSTA),"
    rb"(?:ONAY|RET),(?:%b)?,[A-Z0-9_]{0,40}\n" % (_DATE, _DATE)
).fullmatch


class FiledDay:
    """A file's rows by the second. `rows`: how many lines are rows of the day; `unreadable`: the
    places, from 0, of lines that are none; `is_as_documented`: header, ends of lines and order."""

    def __init__(self, content: bytes, day: date) -> None:
        self._content = content
        self._day = f"{day.isoformat()} ".encode()
        self._is_ordered = True
        self.is_as_documented = not content or content.startswith(HEADER)
        self.unreadable: set[int] = set()
        self.rows = 0
        self._look()

    def _look(self) -> None:
        last = b""
        for number, line in self._lines():
            if _match_row(line) is None or not line.startswith(self._day):
                self.unreadable.add(number)
                continue
            self.rows += 1
            if line[:84] < last:  # the second and the id
                self._is_ordered = self.is_as_documented = False
            last = line[:84]

    def lines_unreadable(self) -> Iterator[bytes]:
        """The lines at `unreadable`."""
        return (line for number, line in self._lines() if number in self.unreadable)

    def seconds(self) -> Iterator[tuple[str, list[bytes]]]:
        """The rows, each with its end, of each second that has any, by the second."""
        unreadable = self.unreadable
        rows: Iterable[bytes] = (line for number, line in self._lines() if number not in unreadable)
        if not self._is_ordered:
            rows = sorted(rows)
        for second, some in groupby(rows, key=lambda row: row[_SECOND]):
            yield second.decode(), list(some)

    def _lines(self) -> Iterator[tuple[int, bytes]]:
        """Every line but the header, ended by `\\n` whatever ended it."""
        for number, line in enumerate(io.BytesIO(self._content)):
            if number == 0:
                line = line.removeprefix(_BOM)
            if not line.endswith(b"\n") or line.endswith(b"\r\n"):
                self.is_as_documented = False
                line = line.rstrip(b"\r\n") + b"\n"
            if number or line != HEADER:
                yield number, line


def movement_of(row: bytes) -> wire.Movement:
    """What a row of `FiledDay.seconds` says."""
    members = row.decode("ascii").rstrip("\n").split(",")
    created, transaction_id, recipient, kind, channel, status, consented, source = members
    return wire.Movement(
        recipient=recipient,
        recipient_type=RecipientType(kind),
        channel=Channel(channel),
        status=ConsentStatus(status),
        creation_date=created,
        transaction_id=transaction_id,
        consent_date=consented or None,
        source=source or None,
        digest=hashlib.sha256(row).hexdigest(),
    )

"""One line that makes several acts becomes several rows of one layout; the line stays its number.

What is wrong with the line as a whole is wrong with each of them.

A list of refusals and a wide export both come through here; everything behind sees rows in the
order of `templates.FIELDS`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from ledger.addresses import parse_address
from ledger.errors import AddressRefused
from ledger.importing.column_map import ColumnMap
from ledger.importing.dates import is_wire
from ledger.importing.reader import SEPARATORS, FileRefused, Row
from ledger.importing.templates import ABSENT, REFUSAL_WORDS, REFUSED, normal, word_of
from ledger.vocabulary import Channel, ConsentSource, RecipientType

SAYS_NOTHING: Final = "L-ROW-SAYS-NOTHING"

_SOURCES: Final = frozenset(map(str, ConsentSource))


class Spread(Protocol):
    """Makes the rows of a line. Picklable: lanes of other processes do the same."""

    def rows(self, row: Row) -> Iterator[Row]:
        """At least one row of a line, each of its own channel or recipient type."""


@dataclass(frozen=True, slots=True)
class RefusalList:
    """Addresses, one a line, each refused for every channel of its kind (C8): no date is known, no
    source is made up, so nothing of it is told to İYS.

    Names and notes may stand beside, whatever separates them: every cell that is an address and
    nothing else is refused, since nobody can tell which of them was meant.
    """

    recipient_types: tuple[RecipientType, ...]

    def rows(self, row: Row) -> Iterator[Row]:
        """See Spread. A line without an address is a row all the same, to be refused."""
        cells = [part.strip(_AROUND) for cell in row.fields for part in _SEPARATED(cell)]
        likely = [cell for cell in cells if _may_be_address(cell)]
        addresses = [cell for cell in likely if _is_address(cell)]
        for address in dict.fromkeys(addresses or likely[:1] or cells[:1] or [""]):
            channels = (Channel.EMAIL,) if "@" in address else (Channel.CALL, Channel.MESSAGE)
            for channel in channels:
                for kind in self.recipient_types:
                    fields = (str(channel), "", address, REFUSED, "", str(kind))
                    yield Row(row.line, fields, row.fault, str(channel))


_SEPARATED: Final = re.compile(f"[{''.join(SEPARATORS)}]").split
_AROUND: Final = " \t\"'"
"""What quotes that went wrong leave around a cell."""


def _may_be_address(cell: str) -> bool:
    return any(char.isdigit() or char == "@" for char in cell)


def _is_address(cell: str) -> bool:
    try:
        parse_address(cell, Channel.EMAIL if "@" in cell else Channel.MESSAGE)
    except AddressRefused:
        return False
    return True


def is_heading(fields: Sequence[str]) -> bool:
    """Whether the first line of a list of refusals has words only, nothing like an address."""
    return bool(fields) and not any(map(_may_be_address, fields))


@dataclass(frozen=True, slots=True)
class WideRows:
    """A line with a consent column a channel, read by the map that came with it."""

    map: ColumnMap
    columns: Mapping[str, int]
    recipient_type: str

    def rows(self, row: Row) -> Iterator[Row]:
        """See Spread. An empty answer says nothing; a line without any is a fault."""
        silent = True
        for channel in self.map.channels:
            answer = self._cell(row, channel.consent)
            if answer == "":
                continue
            silent = False
            fields = (
                channel.channel,
                self._source(self._cell(row, channel.source)),
                self._cell(row, channel.address),
                self._status(answer),
                "" if row.is_torn else self._date(self._cell(row, channel.date)),
                self._recipient_type(self._cell(row, self.map.recipient_type)),
                self._cell(row, self.map.retailer),
            )
            yield Row(row.line, fields, row.fault, channel.channel)
        if silent:
            yield Row(row.line, (), row.fault or SAYS_NOTHING)

    def _cell(self, row: Row, column: str) -> str:
        index = self.columns[column] if column else ABSENT
        return row.fields[index].strip() if index < len(row.fields) else ""

    def _status(self, answer: str) -> str:
        # By the map; what is written for a refusal is one in every file (C5).
        word = word_of(answer)
        return self.map.statuses.get(word) or REFUSAL_WORDS.get(word, word)

    def _source(self, cell: str) -> str:
        if cell == "":
            return self.map.default_source
        return cell if cell in _SOURCES else self.map.sources.get(word_of(cell), cell)

    def _date(self, cell: str) -> str:
        return cell if is_wire(cell) else self.map.dates.read(cell) or cell

    def _recipient_type(self, cell: str) -> str:
        if cell == "":
            return self.recipient_type
        return self.map.recipient_types.get(word_of(cell), cell)


def wide_rows(
    map_: ColumnMap, heading: Sequence[str], recipient_type: RecipientType | None
) -> WideRows:
    """The reader of a file with this heading.

    Raises FileRefused: L-HEADER-UNKNOWN where a column of the map is missing or stands twice;
    L-RECIPIENT-TYPE-NEEDED where neither map nor caller says whose consents these are.
    """
    names = [normal(cell) for cell in heading]
    columns: dict[str, int] = {}
    for column in map_.columns_named():
        if names.count(normal(column)) != 1:
            raise FileRefused("L-HEADER-UNKNOWN")
        columns[column] = names.index(normal(column))
    kind = str(recipient_type) if recipient_type is not None else map_.default_recipient_type
    if not kind and not map_.recipient_type:
        raise FileRefused("L-RECIPIENT-TYPE-NEEDED")
    return WideRows(map_, columns, kind)

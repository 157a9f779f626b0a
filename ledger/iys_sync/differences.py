"""Where a day here and İYS's file of it differ, row by row, and why (design.md §10); pure.

Both sides are walked through second by second, so that a million rows need no more memory than the
busiest second. Rows that are on both sides to the byte are no difference; the rest is paired by
what it has in common.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Final, TypeVar

from ledger.addresses import address_at_iys
from ledger.errors import AddressRefused
from ledger.iys_sync import wire
from ledger.iys_sync.day_file import FiledDay, movement_of
from ledger.iys_sync.day_report import RECIPIENTS_SIDE, Second, side_of
from ledger.recording.day_ports import Listed, Moved
from ledger.recording.day_words import Kind
from ledger.values import Discreet
from ledger.vocabulary import Channel, ConsentSource, SeenHow

Key = TypeVar("Key", bound=Hashable)

ADOPTED: Final = frozenset(
    {
        Kind.IYS_UNKNOWN_HERE,
        Kind.HS_UNKNOWN_HERE,
        Kind.LINE_CLOSED,
        Kind.STATUS_DIFFERS,
        Kind.DATE_DIFFERS,
        Kind.SOURCE_DIFFERS,
    }
)
"""Where İYS's row is something that we have not recorded as it shows it: then we do."""

_ANSWERS: Final = frozenset({SeenHow.ANSWER, SeenHow.RESULT})
"""Of an act that İYS says it took, date and source are our own words, not what İYS showed."""


class Difference(Discreet, frozen=True, gc=False):
    """`here`, `there`: the lines with their ends; `is_open`: something is wrong, or may be."""

    kind: Kind
    is_open: bool
    here: bytes | None = None
    there: bytes | None = None
    moved: Moved | None = None

    def listed(self) -> Listed:
        """As it is shown."""
        return Listed(
            self.kind,
            self.is_open,
            _text(self.here),
            _text(self.there),
            None if self.moved is None else self.moved.position,
        )


def compare(here: Iterable[Second], there: FiledDay) -> Iterator[Difference]:
    """Every difference; `here` is taken to its end. Of a file in another form than documented,
    whose rows are all as here, only that is told."""
    for second, rows in _merged(here, there):
        if rows != list(second.lines):
            yield from _of_second(second, rows)
        elif second.erased:
            yield from (Difference(Kind.ERASED, is_open=False) for _ in range(second.erased))
    for line in there.lines_unreadable():
        yield Difference(Kind.UNREADABLE, is_open=True, there=line)
    if not there.is_as_documented:
        yield Difference(Kind.LAYOUT, is_open=False)


def _merged(here: Iterable[Second], there: FiledDay) -> Iterator[tuple[Second, list[bytes]]]:
    """Both sides of each second that is on one of them."""
    mine, theirs = iter(here), there.seconds()
    one, other = next(mine, None), next(theirs, None)
    while one is not None or other is not None:
        if other is None or (one is not None and one.creation_date < other[0]):
            assert one is not None
            yield one, []
            one = next(mine, None)
        elif one is None or other[0] < one.creation_date:
            yield Second(other[0], {}, 0), other[1]
            other = next(theirs, None)
        else:
            yield one, other[1]
            one, other = next(mine, None), next(theirs, None)


def _of_second(second: Second, rows: list[bytes]) -> Iterator[Difference]:
    known, found = second.lines, set[bytes]()
    theirs: dict[bytes, wire.Movement] = {}
    for row in rows:
        if row in found or row in theirs:
            yield Difference(Kind.SAME_SECOND, is_open=False, there=row)  # İYS has it twice
        elif row in known:
            found.add(row)
        else:
            theirs[row] = movement_of(row)
    ours = {line: moved for line, moved in known.items() if line not in found}
    yield from _paired(ours, theirs)
    is_erased = 0 < len(theirs) <= second.erased
    for row, shown in theirs.items():
        if is_erased:
            yield Difference(Kind.ERASED, is_open=False, there=row)
        else:
            yield Difference(_unknown(shown), is_open=True, there=row)
    for _ in range(second.erased - (len(theirs) if is_erased else 0)):
        yield Difference(Kind.ERASED, is_open=False)
    beside = _by(_id_and_address, ((line, known[line]) for line in found))
    for line, moved in ours.items():
        others = [other for _, other in beside[_id_and_address(moved)]]
        yield _only_here(line, moved, others)


def _paired(ours: dict[bytes, Moved], theirs: dict[bytes, wire.Movement]) -> Iterator[Difference]:
    """The rows that differ in one thing only; taken out of both sides. Such a pair has the id or
    the address in common, by which it is found: a busy second may have thousands of rows."""
    by_id = _by(_id_of, ours.items())
    by_address = _by(_address_of, ours.items())
    for row, shown in list(theirs.items()):
        for line, moved in (*by_id[shown.transaction_id], *by_address[shown.recipient]):
            kind = _difference(moved, shown) if line in ours else None
            if kind is not None:
                yield Difference(kind, kind not in _EXPLAINED, line, row, moved)
                del ours[line], theirs[row]
                break


def _by(
    key: Callable[[Moved], Key], lines: Iterable[tuple[bytes, Moved]]
) -> defaultdict[Key, list[tuple[bytes, Moved]]]:
    found = defaultdict(list)
    for line, moved in lines:
        found[key(moved)].append((line, moved))
    return found


def _id_of(moved: Moved) -> str:
    return moved.transaction_id


def _address_of(moved: Moved) -> str:
    return moved.recipient or ""


def _id_and_address(moved: Moved) -> tuple[str, ...]:
    return moved.transaction_id, moved.recipient or "", moved.channel, moved.recipient_type


_EXPLAINED: Final = frozenset({Kind.ADDRESS_SPELLING, Kind.ID_MISSING})


def _difference(moved: Moved, shown: wire.Movement) -> Kind | None:
    """What one row has otherwise than the other, if that is one thing and it is the same
    consent."""
    if (moved.recipient_type, moved.channel) != (shown.recipient_type, shown.channel):
        return None
    if not _is_same_address(moved.recipient or "", shown.recipient, shown.channel):
        return None
    is_same = {
        Kind.ID_DIFFERS: moved.transaction_id == shown.transaction_id,
        Kind.STATUS_DIFFERS: moved.status == shown.status,
        Kind.DATE_DIFFERS: moved.consent_date == (shown.consent_date or ""),
        Kind.SOURCE_DIFFERS: moved.source == (shown.source or ""),
        Kind.ADDRESS_SPELLING: moved.recipient == shown.recipient,
    }
    kinds = [kind for kind, same in is_same.items() if not same]
    if len(kinds) != 1:
        return None
    is_missing = kinds[0] is Kind.ID_DIFFERS and not moved.transaction_id
    return Kind.ID_MISSING if is_missing else kinds[0]


def _unknown(shown: wire.Movement) -> Kind:
    source = shown.source or ""
    if source == ConsentSource.IYS_AHS_HAT_KAPATMA:
        return Kind.LINE_CLOSED
    is_recipients = side_of(source) == RECIPIENTS_SIDE
    return Kind.IYS_UNKNOWN_HERE if is_recipients else Kind.HS_UNKNOWN_HERE


def _only_here(line: bytes, moved: Moved, beside: list[Moved]) -> Difference:
    """A row that İYS's file has not, beside those of its second, address and id that it has.

    Of two movements of one address in one second the file may show one (R57). But an act that was
    only answered for, whose row İYS shows with another word, is that row: known meanwhile.
    """
    words = (_one_word(moved, other) for other in beside if other.of is None)
    kind = next((word for word in words if word is not None), None)
    if kind is None or moved.how not in _ANSWERS:
        kind = Kind.SAME_SECOND
    if beside:
        return Difference(kind, is_open=False, here=line, moved=moved)
    return Difference(Kind.ONLY_HERE, is_open=True, here=line, moved=moved)


def _one_word(moved: Moved, other: Moved) -> Kind | None:
    is_same = {
        Kind.STATUS_DIFFERS: moved.status == other.status,
        Kind.DATE_DIFFERS: moved.consent_date == other.consent_date,
        Kind.SOURCE_DIFFERS: moved.source == other.source,
    }
    kinds = [kind for kind, same in is_same.items() if not same]
    return kinds[0] if len(kinds) == 1 else None


def _is_same_address(one: str, other: str, channel: Channel) -> bool:
    if one == other:
        return True
    try:
        return address_at_iys(one, channel).uri == address_at_iys(other, channel).uri
    except AddressRefused:
        return False


def _text(line: bytes | None) -> str | None:
    return None if line is None else line.decode("utf-8", "replace").rstrip("\r\n")

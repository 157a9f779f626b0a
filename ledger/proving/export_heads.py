"""The entries of many streams in a kept map, each with its neighbours, in one walk over the map."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from uuid import UUID

from ledger.evidence.heads import CHUNK_HEADS, ShownHead, heads_leaf
from ledger.evidence.log_ports import Head, LogStore
from ledger.evidence.merkle import inclusion_path, root_of


class HeadsWalk:
    """A kept map of `streams` entries, as of the first `log_size` events. Gives what `HeadsMap`
    shows for each stream, but reads and hashes what neighbours share once."""

    def __init__(self, store: LogStore, log_size: int, streams: int) -> None:
        self._store = store
        self._log_size = log_size
        self._streams = streams
        self._chunks = store.heads_map(log_size)
        self._firsts = [one.first for one in self._chunks]
        self._above: dict[tuple[int, int], bytes] = {}
        self._inside: dict[tuple[int, int], bytes] = {}
        self._number = -1
        self._heads: Sequence[Head] = ()

    def show(self, streams: Iterable[UUID]) -> list[ShownHead]:
        """The entries of those that the map has, and their neighbours, in its order, none twice.

        Empty where the map is not kept: older ones are dropped.
        """
        indexes: set[int] = set()
        for stream in sorted(streams) if self._chunks else ():
            number = max(0, bisect_right(self._firsts, stream) - 1)
            heads = self._entries(number)
            place = bisect_left(heads, stream, key=_stream_of)
            if place < len(heads) and heads[place][0] == stream:
                index = CHUNK_HEADS * number + place
                indexes |= {index - 1, index, index + 1}
        return [self._shown(one) for one in sorted(indexes) if 0 <= one < self._streams]

    def _shown(self, index: int) -> ShownHead:
        number, place = divmod(index, CHUNK_HEADS)
        head = self._entries(number)[place]
        path = inclusion_path(index, self._streams, self._node)
        return ShownHead(index, self._streams, head, tuple(path))

    def _entries(self, number: int) -> Sequence[Head]:
        """The entries of a chunk; the last one that was asked for is at hand."""
        if number != self._number:
            following = self._firsts[number + 1 : number + 2]
            self._heads = self._store.heads_between(
                self._log_size, self._firsts[number], following[0] if following else None
            )
            self._number, self._inside = number, {}
        return self._heads

    def _node(self, start: int, end: int) -> bytes:
        """The tree hash of the entries from `start` to before `end`."""
        number, place = divmod(start, CHUNK_HEADS)
        chunk_end = min(CHUNK_HEADS * (number + 1), self._streams)
        if place == 0 and end == chunk_end:
            return self._chunks[number].root
        if end - start == 1:
            return heads_leaf(self._entries(number)[place])
        known = self._inside if end <= chunk_end else self._above
        if (start, end) not in known:
            middle = start + (1 << (end - start - 1).bit_length() - 1)
            known[start, end] = root_of([self._node(start, middle), self._node(middle, end)])
        return known[start, end]


def _stream_of(head: Head) -> UUID:
    return head[0]

"""The map of streams: a root over the last event of each, sorted (design.md §9); pure.

RFC 9162 over leaves of 56 bytes: stream (16), `seq` (8, big-endian), leaf hash (32). A bundle shows
an entry with its neighbours, so that there can be no second one of the same stream.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final
from uuid import UUID

from ledger.evidence.log_ports import Head, HeadsChunk, LogStore
from ledger.evidence.merkle import inclusion_path, leaf_hash, root_of

CHUNK_HEADS: Final = 256


@dataclass(frozen=True, slots=True)
class ShownHead:
    """An entry of the map, the path from it to the root, and how many there are."""

    index: int
    size: int
    head: Head
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class HeadsRoot:
    """What a `ledger.heads` event says of a map, and the chunks to make proofs of it by."""

    streams: int
    root: bytes
    chunks: tuple[HeadsChunk, ...]


def heads_leaf(head: Head) -> bytes:
    """The leaf hash of an entry."""
    stream, seq, leaf = head
    return leaf_hash(stream.bytes + seq.to_bytes(8, "big") + leaf)


def heads_root(heads: Iterator[Head]) -> HeadsRoot:
    """The map of streams that come sorted."""
    chunks, count = [], 0
    while some := list(islice(heads, CHUNK_HEADS)):
        count += len(some)
        chunks.append(HeadsChunk(some[0][0], root_of([heads_leaf(one) for one in some])))
    return HeadsRoot(count, root_of([one.root for one in chunks]), tuple(chunks))


class HeadsMap:
    """A kept map. `log_size`: as of which event it was made."""

    def __init__(self, store: LogStore, log_size: int, streams: int) -> None:
        self._store = store
        self._log_size = log_size
        self._streams = streams
        self._chunks = store.heads_map(log_size)
        self._firsts = [one.first for one in self._chunks]

    @property
    def is_kept(self) -> bool:
        """Whether proofs can be made: older maps are dropped."""
        return bool(self._chunks)

    def show(self, stream: UUID) -> list[ShownHead]:
        """The stream's entry and its neighbours; without one, those it would stand between."""
        number = max(0, bisect_right(self._firsts, stream) - 1)
        base = max(0, number - 1)
        heads = self._entries(base, number + 2)
        places = [place for place, head in enumerate(heads) if head[0] == stream]
        behind = sum(head[0] < stream for head in heads)
        around = range(behind - 1, behind + 1 + len(places))
        return [
            self._shown(CHUNK_HEADS * base + place, heads[place])
            for place in around
            if 0 <= place < len(heads)
        ]

    def _entries(self, first: int, end: int) -> Sequence[Head]:
        """The entries of some chunks."""
        following = self._firsts[end] if end < len(self._firsts) else None
        return self._store.heads_between(self._log_size, self._firsts[first], following)

    def _shown(self, index: int, head: Head) -> ShownHead:
        number = index // CHUNK_HEADS
        leaves = [heads_leaf(one) for one in self._entries(number, number + 1)]

        def node(start: int, end: int) -> bytes:
            if start // CHUNK_HEADS == number == (end - 1) // CHUNK_HEADS:
                begin = CHUNK_HEADS * number
                return root_of(leaves[start - begin : end - begin])
            chunks = self._chunks[start // CHUNK_HEADS : -(-end // CHUNK_HEADS)]
            return root_of([one.root for one in chunks])

        return ShownHead(
            index, self._streams, head, tuple(inclusion_path(index, self._streams, node))
        )

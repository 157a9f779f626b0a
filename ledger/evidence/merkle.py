"""Merkle trees of RFC 9162 §2.1: `MTH({d}) = H(0x00 ‖ d)`, inner nodes `H(0x01 ‖ l ‖ r)`; proofs.

Pure. A tree of n leaves splits at the largest power of two below n; pairing level by level, the odd
last node carried up, comes to the same.
"""

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from typing import Final

from ledger.evidence.refusals import ProofRefused, Step

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = sha256(b"").digest()
SIZE_MAX: Final = 2**63 - 1
PATH_HASHES_MAX: Final = 64
"""A tree of `SIZE_MAX` leaves is 63 nodes high; a consistency path may have one hash more."""

Node = Callable[[int, int], bytes]
"""`node(start, end)` is the tree hash, 32 bytes, of the leaves [start, end): a subtree of the tree
that is asked about, complete or at its right edge. What it raises passes through."""


def leaf_hash(data: bytes) -> bytes:
    """The hash of one leaf, 32 bytes."""
    return sha256(b"\x00" + data).digest()


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes of 32 bytes, in their order."""
    if not leaves:
        return EMPTY_ROOT
    level = list(leaves)
    while len(level) > 1:
        odd = level[-1:] if len(level) % 2 else []
        pairs = zip(level[0::2], level[1::2], strict=False)
        level = [sha256(b"\x01" + left + right).digest() for left, right in pairs]
        level += odd
    return level[0]


def root_of_peaks(peaks: Sequence[bytes]) -> bytes:
    """The root over complete subtrees in their order, each smaller than the one before it."""
    if not peaks:
        return EMPTY_ROOT
    root = peaks[-1]
    for left in reversed(peaks[:-1]):
        root = _parent(left, root)
    return root


class Tree:
    """The root of leaves that come bit by bit, in constant memory (the compact range)."""

    def __init__(self, chunk_leaves: int) -> None:
        """`chunk_leaves`: how many leaves come at a time, a power of two; the last may be fewer."""
        if chunk_leaves < 1 or chunk_leaves & (chunk_leaves - 1):
            raise ValueError("a chunk's leaves are a power of two")
        self._chunk_leaves = chunk_leaves
        self._peaks: list[tuple[int, bytes]] = []  # (chunks below, root), largest first
        self._closed = False

    def add(self, leaves: Sequence[bytes]) -> None:
        """The next chunk of leaf hashes. After one that is not full nothing may follow."""
        if self._closed or not 1 <= len(leaves) <= self._chunk_leaves:
            raise ValueError("a chunk follows one that was not full, or has a wrong length")
        self._closed = len(leaves) < self._chunk_leaves
        chunks, root = 1, root_of(leaves)
        while not self._closed and self._peaks and self._peaks[-1][0] == chunks:
            _, left = self._peaks.pop()
            chunks, root = 2 * chunks, _parent(left, root)
        self._peaks.append((chunks, root))

    def root(self) -> bytes:
        """The root of what was added so far."""
        return root_of_peaks([root for _, root in self._peaks])


def inclusion_path(index: int, size: int, node: Node) -> list[bytes]:
    """The siblings of leaf `index` up to the root of the tree of `size` leaves (§2.1.3.1).

    Raises ProofRefused: no such leaf.
    """
    if not 0 <= index < size <= SIZE_MAX:
        raise ProofRefused(Step.SIZES, f"{index} / {size}")
    start, end, path = 0, size, []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(node(middle, end))
            end = middle
        else:
            path.append(node(start, middle))
            start = middle
    return path[::-1]


def consistency_path(old_size: int, new_size: int, node: Node) -> list[bytes]:
    """The nodes that show the tree of `old_size` leaves to be a prefix of the newer (§2.1.4.1).

    `node` is asked about the newer tree. Of two equal sizes the path is empty.
    Raises ProofRefused: the old tree is empty or the larger one.
    """
    if not 0 < old_size <= new_size <= SIZE_MAX:
        raise ProofRefused(Step.SIZES, f"{old_size} → {new_size}")
    start, end, path = 0, new_size, []
    while end != old_size:
        middle = start + _split(end - start)
        if old_size <= middle:
            path.append(node(middle, end))
            end = middle
        else:
            path.append(node(start, middle))
            start = middle
    # What begins at leaf 0 is the old tree itself: its root is known to who asks.
    return [node(start, end), *path[::-1]] if start else path[::-1]


def check_inclusion(
    path: Sequence[bytes], *, leaf: bytes, index: int, size: int, root: bytes
) -> None:
    """Whether the leaf hash stands at `index` of the tree with that size and root (§2.1.3.2).

    Raises ProofRefused.
    """
    _check_hashes(path, leaf, root)
    if not 0 <= index < size <= SIZE_MAX:
        raise ProofRefused(Step.SIZES, f"{index} / {size}")
    node = leaf
    for is_left, sibling in _sides(path, index, size - 1):
        node = _parent(sibling, node) if is_left else _parent(node, sibling)
    if node != root:
        raise ProofRefused(Step.ROOT)


def check_consistency(
    path: Sequence[bytes], *, old_size: int, old_root: bytes, new_size: int, new_root: bytes
) -> None:
    """Whether the newer tree holds the leaves of the older one, in their places (§2.1.4.2).

    Two equal sizes need an empty path and equal roots. Raises ProofRefused: also from an empty
    tree, of which every tree is a continuation.
    """
    _check_hashes(path, old_root, new_root)
    if not 0 < old_size <= new_size <= SIZE_MAX:
        raise ProofRefused(Step.SIZES, f"{old_size} → {new_size}")
    if old_size == new_size:
        if path:
            raise ProofRefused(Step.PATH_LENGTH, f"{len(path)}")
        if old_root != new_root:
            raise ProofRefused(Step.ROOT)
        return
    position, last = old_size - 1, new_size - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    if position == 0:  # the old tree is complete: it is itself where the way begins
        path = [old_root, *path]
    if not path:
        raise ProofRefused(Step.PATH_LENGTH, "0")
    old_node = new_node = path[0]
    for is_left, sibling in _sides(path[1:], position, last):
        if is_left:
            old_node, new_node = _parent(sibling, old_node), _parent(sibling, new_node)
        else:
            new_node = _parent(new_node, sibling)
    if old_node != old_root:
        raise ProofRefused(Step.OLD_ROOT)
    if new_node != new_root:
        raise ProofRefused(Step.ROOT)


def _sides(path: Sequence[bytes], position: int, last: int) -> Iterator[tuple[bool, bytes]]:
    """Each sibling of a way to the root, and whether it stands at the left; `last`: the right edge.

    Both count nodes of the level where the way begins. Raises ProofRefused: too short or too long.
    """
    for sibling in path:
        if last == 0:
            raise ProofRefused(Step.PATH_LENGTH, f"{len(path)}")
        is_left = bool(position & 1) or position == last
        if is_left:
            while position and not position & 1:  # a right edge without a sibling is carried up
                position, last = position >> 1, last >> 1
        position, last = position >> 1, last >> 1
        yield is_left, sibling
    if last:
        raise ProofRefused(Step.PATH_LENGTH, f"{len(path)}")


def _split(size: int) -> int:
    """The largest power of two below `size`, 2 or more."""
    return 1 << ((size - 1).bit_length() - 1)


def _parent(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def _check_hashes(path: Sequence[bytes], *others: bytes) -> None:
    if len(path) > PATH_HASHES_MAX:
        raise ProofRefused(Step.PATH_LENGTH, f"{len(path)}")
    if any(len(value) != HASH_BYTES for value in (*path, *others)):
        raise ProofRefused(Step.HASH)

"""Merkle tree hashes of RFC 9162 §2.1.1: `MTH({d}) = H(0x00 ‖ d)`, inner nodes `H(0x01 ‖ l ‖ r)`.

Pure. A tree of n leaves splits at the largest power of two below n; pairing level by level, the odd
last node carried up, comes to the same.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Final

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = sha256(b"").digest()


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
            chunks, root = 2 * chunks, sha256(b"\x01" + left + root).digest()
        self._peaks.append((chunks, root))

    def root(self) -> bytes:
        """The root of what was added so far."""
        if not self._peaks:
            return EMPTY_ROOT
        root = self._peaks[-1][1]
        for _, left in reversed(self._peaks[:-1]):
            root = sha256(b"\x01" + left + root).digest()
        return root

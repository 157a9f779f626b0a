"""The sorted leaves of a run of decisions, and the root that stands for all of them (C6).

A leaf is `H(0x00 ‖ commitment ‖ verdict ‖ 0x00 ‖ reason)`, the commitment
`SHA-256("izin-defteri/v1/decision" ‖ 0x00 ‖ salt ‖ address)`. Each salt, 16 bytes, follows from the
run's key and the address: a bundle that shows one line shows nothing of the others.
"""

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b, sha256
from types import TracebackType
from typing import Final, Self

from ledger.evidence.merkle import HASH_BYTES, Tree
from ledger.recording.deciding_ports import CHUNK_LEAVES

LABEL: Final = b"izin-defteri/v1/decision\x00"
SALT_BYTES: Final = 16
BUCKETS: Final = 256
BYTES_IN_MEMORY: Final = 8 << 20


def commitments(run_key: bytes, addresses: Iterable[bytes]) -> list[bytes]:
    """What stands for each address: 32 bytes, in the order given. `run_key` is 32 bytes."""
    salted = sha256(LABEL)
    made = []
    for address in addresses:
        one = salted.copy()
        one.update(blake2b(address, key=run_key, digest_size=SALT_BYTES).digest() + address)
        made.append(one.digest())
    return made


def ending(verdict: str, reason: str | None) -> bytes:
    """What follows the commitment in a leaf."""
    return f"{verdict}\x00{reason or ''}".encode()


def leaf_hashes(committed: Sequence[bytes], endings: Iterable[bytes]) -> list[bytes]:
    """The leaves of lines, in the order given."""
    return [
        sha256(b"\x00" + commitment + end).digest()
        for commitment, end in zip(committed, endings, strict=True)
    ]


class LeafSpool:
    """Leaves as they come, given back sorted; beyond a bound they wait on disk, unnamed.

    Memory holds one bucket: a 256th of them, by their first byte.
    """

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(BYTES_IN_MEMORY)  # noqa: SIM115  # __exit__ closes
        self._extents: list[list[tuple[int, int]]] = [[] for _ in range(BUCKETS)]
        self._end = 0
        self.count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._file.close()

    def add(self, leaves: Iterable[bytes]) -> None:
        """Some more, in any order."""
        parts: list[list[bytes]] = [[] for _ in range(BUCKETS)]
        for leaf in leaves:
            parts[leaf[0]].append(leaf)
        self._file.seek(self._end)
        for extents, part in zip(self._extents, parts, strict=True):
            if part:
                self._file.write(b"".join(part))
                size = len(part) * HASH_BYTES
                extents.append((self._end, size))
                self._end += size
                self.count += len(part)

    def chunks(self) -> Iterator[list[bytes]]:
        """All of them, sorted, `CHUNK_LEAVES` at a time."""
        waiting: list[bytes] = []
        for extents in self._extents:
            waiting += sorted(self._bucket(extents))
            whole = len(waiting) // CHUNK_LEAVES * CHUNK_LEAVES
            for begin in range(0, whole, CHUNK_LEAVES):
                yield waiting[begin : begin + CHUNK_LEAVES]
            waiting = waiting[whole:]
        if waiting:
            yield waiting

    def _bucket(self, extents: Iterable[tuple[int, int]]) -> Iterator[bytes]:
        for begin, size in extents:
            self._file.seek(begin)
            together = self._file.read(size)
            for cut in range(0, size, HASH_BYTES):
                yield together[cut : cut + HASH_BYTES]


def planted(chunks: Iterable[list[bytes]], tree: Tree) -> Iterator[bytes]:
    """The chunks as they are stored; each is added to the tree on its way."""
    for chunk in chunks:
        tree.add(chunk)
        yield b"".join(chunk)

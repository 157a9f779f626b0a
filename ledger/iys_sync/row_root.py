"""The rows of İYS's file as leaves of a tree, so that one can be shown alone (RFC 9162; pure).

A leaf is a line of the file without its end; the header is no leaf. A path shows hashes of other
lines, never the lines.
"""

import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

from ledger.evidence.merkle import Tree, check_inclusion, inclusion_path, leaf_hash, root_of
from ledger.iys_sync.day_report import HEADER
from ledger.recording.day_ports import RowProof

CHUNK: Final = 4_096

_HEADER_ROW: Final = HEADER.rstrip(b"\n")


def rows_of(file: bytes) -> Iterator[bytes]:
    """The file's rows in order, as they stand there, without `\\n`."""
    for number, line in enumerate(io.BytesIO(file)):
        row = line.removesuffix(b"\n")
        if row and (number or row != _HEADER_ROW):
            yield row


def rows_root(rows: Iterable[bytes]) -> tuple[int, bytes]:
    """How many rows there are, and the root over them, 32 bytes; in constant memory."""
    tree, count = Tree(CHUNK), 0
    leaves = map(leaf_hash, rows)
    while chunk := list(islice(leaves, CHUNK)):
        tree.add(chunk)
        count += len(chunk)
    return count, tree.root()


def prove_rows(rows: Sequence[bytes], wanted: Iterable[int]) -> list[RowProof]:
    """A proof for each of these places. Raises ProofRefused: no such row."""
    leaves = [leaf_hash(row) for row in rows]

    def node(start: int, end: int) -> bytes:
        return root_of(leaves[start:end])

    size = len(leaves)
    return [
        RowProof(rows[index], index, size, tuple(inclusion_path(index, size, node)))
        for index in wanted
    ]


def check_row(proof: RowProof, root: bytes) -> None:
    """That the line is the row it is said to be. Raises ProofRefused."""
    leaf = leaf_hash(proof.line)
    check_inclusion(proof.path, leaf=leaf, index=proof.index, size=proof.size, root=root)

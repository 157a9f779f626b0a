"""Proof files (c2sp.org/tlog-proof): that one leaf stands in the log, checked without the log.

Pure. A file holds the leaf's index, its inclusion path and a signed checkpoint; which leaf it is
about is for who checks it to bring.
"""

from dataclasses import dataclass
from typing import Final

from ledger.evidence.checkpoint import CHECKPOINT_BYTES_MAX, SignedCheckpoint, parse_decimal
from ledger.evidence.merkle import HASH_BYTES, PATH_HASHES_MAX, check_inclusion
from ledger.evidence.note import VerifierKey, decode_base64, encode_base64, note_lines
from ledger.evidence.refusals import ProofRefused, Step

EXTRA_BYTES_MAX: Final = 16 * 1024
PROOF_BYTES_MAX: Final = CHECKPOINT_BYTES_MAX + 2 * EXTRA_BYTES_MAX

_HEADER: Final = "c2sp.org/tlog-proof@v1"


@dataclass(frozen=True, slots=True)
class TlogProof:
    """Where a leaf stands, the siblings of its way up, and the checkpoint of the tree.

    `extra`, 1..`EXTRA_BYTES_MAX` bytes, is covered by nothing. Nothing is checked by being here.
    Raises ProofRefused: too many hashes, or not of 32 bytes; extra data of another length.
    """

    index: int
    path: tuple[bytes, ...]
    checkpoint: SignedCheckpoint
    extra: bytes | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.index < self.checkpoint.tree.size:
            raise ProofRefused(Step.PROOF_INDEX)
        if len(self.path) > PATH_HASHES_MAX:
            raise ProofRefused(Step.PATH_LENGTH, f"{len(self.path)}")
        if any(len(sibling) != HASH_BYTES for sibling in self.path):
            raise ProofRefused(Step.PROOF_HASH)
        if self.extra is not None and not 0 < len(self.extra) <= EXTRA_BYTES_MAX:
            raise ProofRefused(Step.PROOF_EXTRA, f"{len(self.extra)} B")

    @classmethod
    def parse(cls, file: bytes) -> "TlogProof":
        """What `encode` gives these very bytes for. Raises ProofRefused: any other spelling."""
        if len(file) > PROOF_BYTES_MAX:
            raise ProofRefused(Step.LENGTH, f"{len(file)} > {PROOF_BYTES_MAX} B")
        head, _, note = file.partition(b"\n\n")
        header, *lines = note_lines(head + b"\n")
        if header != _HEADER:
            raise ProofRefused(Step.PROOF_HEADER)
        extra = None
        if lines and lines[0].startswith("extra "):
            extra = decode_base64(lines.pop(0).removeprefix("extra "), Step.PROOF_EXTRA)
        if not lines or not lines[0].startswith("index "):
            raise ProofRefused(Step.PROOF_INDEX)
        index = parse_decimal(lines.pop(0).removeprefix("index "), Step.PROOF_INDEX)
        path = tuple(decode_base64(line, Step.PROOF_HASH) for line in lines)
        return cls(index, path, SignedCheckpoint.parse(note), extra)

    def encode(self) -> bytes:
        """The file."""
        extra = [] if self.extra is None else [f"extra {encode_base64(self.extra)}"]
        hashes = map(encode_base64, self.path)
        head = [_HEADER, *extra, f"index {self.index}", *hashes, "", ""]
        return "\n".join(head).encode() + self.checkpoint.encode()

    def check(self, leaf: bytes, log_key: VerifierKey) -> None:
        """Whether the log of this key has the leaf hash at this index. Raises ProofRefused.

        (1) the log signed the checkpoint; (2) the path leads from the leaf to its root. How many
        witnesses are needed is for the caller: `checkpoint.cosigned_at`.
        """
        self.checkpoint.check(log_key)  # (1)
        tree = self.checkpoint.tree  # (2)
        check_inclusion(self.path, leaf=leaf, index=self.index, size=tree.size, root=tree.root)

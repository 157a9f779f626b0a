"""Checkpoints: what a log says its tree is, signed (c2sp.org/tlog-checkpoint, tlog-cosignature).

Pure. A checkpoint is three lines (origin, size, root) and has no extension lines: nobody audits
those. The log signs it under the name of its origin; witnesses add lines of their own.
"""

import re
from dataclasses import dataclass, replace
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ledger.evidence.merkle import EMPTY_ROOT, HASH_BYTES, SIZE_MAX
from ledger.evidence.note import (
    SignatureLine,
    SignatureType,
    VerifierKey,
    check_name,
    decode_base64,
    encode_base64,
    note_lines,
)
from ledger.evidence.refusals import ProofRefused, Step

CHECKPOINT_BYTES_MAX: Final = 128 * 1024
"""Room for 16 signatures of 5 kB, which must be taken."""

_TIME_BYTES: Final = 8
_TIME_MAX: Final = 2**63 - 1  # POSIX seconds
_DECIMAL: Final = re.compile("0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The tree of a log: its name, its size in leaves, its root of 32 bytes.

    Raises ProofRefused: one of them is out of its bounds.
    """

    origin: str
    size: int
    root: bytes

    def __post_init__(self) -> None:
        check_name(self.origin)
        if not 0 <= self.size <= SIZE_MAX:
            raise ProofRefused(Step.TREE_SIZE)
        if len(self.root) != HASH_BYTES or (self.size == 0 and self.root != EMPTY_ROOT):
            raise ProofRefused(Step.ROOT_HASH)

    @property
    def text(self) -> bytes:
        """The signed text, to its last newline."""
        return f"{self.origin}\n{self.size}\n{encode_base64(self.root)}\n".encode()


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint with its signature lines, one or more. None of them is checked by being here.

    Raises ProofRefused: no line, or a note longer than `CHECKPOINT_BYTES_MAX`.
    """

    tree: Checkpoint
    signatures: tuple[SignatureLine, ...]

    def __post_init__(self) -> None:
        if not self.signatures:
            raise ProofRefused(Step.SIGNATURE_LINE, "0")
        if (length := len(self.encode())) > CHECKPOINT_BYTES_MAX:
            raise ProofRefused(Step.LENGTH, f"{length} > {CHECKPOINT_BYTES_MAX} B")

    @classmethod
    def parse(cls, note: bytes) -> "SignedCheckpoint":
        """What `encode` gives these very bytes for. Raises ProofRefused: any other spelling."""
        if len(note) > CHECKPOINT_BYTES_MAX:
            raise ProofRefused(Step.LENGTH, f"{len(note)} > {CHECKPOINT_BYTES_MAX} B")
        lines = note_lines(note)
        if "" in lines[:3] or "" not in lines[3:]:
            raise ProofRefused(Step.NOTE)
        if lines[3]:
            raise ProofRefused(Step.EXTENSION)
        origin, size, root = lines[:3]
        tree = Checkpoint(
            origin, parse_decimal(size, Step.TREE_SIZE), decode_base64(root, Step.ROOT_HASH)
        )
        return cls(tree, tuple(map(SignatureLine.parse, lines[4:])))

    def encode(self) -> bytes:
        """The signed note."""
        lines = "".join(line.text for line in self.signatures)
        return self.tree.text + b"\n" + lines.encode()

    def check(self, log_key: VerifierKey) -> None:
        """Whether the log of this key signed it. Other signatures are not looked at.

        Raises ProofRefused: another log's, not signed by the key exactly once, or wrongly signed.
        """
        _check_use(log_key, SignatureType.NOTE)
        if log_key.name != self.tree.origin:
            raise ProofRefused(Step.ORIGIN)
        log_key.check(self.tree.text, _only(self.signatures, log_key).signature)

    def sealed_bytes(self, log_key: VerifierKey) -> bytes:
        """What a seal covers: text, empty line and the log's own line, whoever else signed.

        Raises ProofRefused as `check` does.
        """
        self.check(log_key)
        return replace(self, signatures=(_only(self.signatures, log_key),)).encode()

    def cosigned_at(self, witness: VerifierKey) -> int:
        """When the witness says it saw this as the log's largest tree, in POSIX seconds.

        Raises ProofRefused: not signed by the witness exactly once, or wrongly signed.
        """
        _check_use(witness, SignatureType.COSIGNATURE)
        signature = _only(self.signatures, witness).signature
        at = int.from_bytes(signature[:_TIME_BYTES], "big")
        if at > _TIME_MAX:
            raise ProofRefused(Step.SIGNATURE, f"{at} s")
        witness.check(
            f"cosignature/v1\ntime {at}\n".encode() + self.tree.text, signature[_TIME_BYTES:]
        )
        return at

    def with_cosignature(self, witness: VerifierKey, answer: bytes) -> "SignedCheckpoint":
        """The same with the witness's line out of its answer, checked, in place of a former one.

        `answer`: signature lines (c2sp.org/tlog-witness); those of other keys are left out.
        Raises ProofRefused as `parse` and `cosigned_at` do.
        """
        if len(answer) > CHECKPOINT_BYTES_MAX:
            raise ProofRefused(Step.LENGTH, f"{len(answer)} > {CHECKPOINT_BYTES_MAX} B")
        line = _only(tuple(map(SignatureLine.parse, note_lines(answer))), witness)
        others = (kept for kept in self.signatures if not _is_by(kept, witness))
        cosigned = replace(self, signatures=(*others, line))
        cosigned.cosigned_at(witness)
        return cosigned


def sign(tree: Checkpoint, key: Ed25519PrivateKey) -> SignedCheckpoint:
    """The checkpoint with the log's own signature, its only line so far."""
    public_key = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    log_key = VerifierKey(tree.origin, SignatureType.NOTE, public_key)
    line = SignatureLine(log_key.name, log_key.key_id, key.sign(tree.text))
    return SignedCheckpoint(tree, (line,))


def parse_decimal(text: str, step: Step) -> int:
    """A number below 10^19 without leading zeros. Raises ProofRefused of `step`: any other text."""
    if not _DECIMAL.fullmatch(text):
        raise ProofRefused(step)
    return int(text)


def _is_by(line: SignatureLine, key: VerifierKey) -> bool:
    return line.name == key.name and line.key_id == key.key_id


def _only(lines: tuple[SignatureLine, ...], key: VerifierKey) -> SignatureLine:
    found = [line for line in lines if _is_by(line, key)]
    if len(found) != 1:
        raise ProofRefused(Step.SIGNATURES, f"{len(found)}")
    return found[0]


def _check_use(key: VerifierKey, signature_type: SignatureType) -> None:
    if key.signature_type is not signature_type:
        raise ProofRefused(Step.KEY_USE)

"""Proof files of c2sp.org/tlog-proof: written, read strictly, checked."""

import base64
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from ledger.evidence.checkpoint import Checkpoint, sign
from ledger.evidence.merkle import inclusion_path, leaf_hash, root_of
from ledger.evidence.note import SignatureType, VerifierKey
from ledger.evidence.refusals import ProofRefused, Step
from ledger.evidence.tlog_proof import EXTRA_BYTES_MAX, PROOF_BYTES_MAX, TlogProof

ORIGIN = "izin-defteri/123456/0123456789abcdef"
KEY = Ed25519PrivateKey.from_private_bytes(b"made up".ljust(32, b"."))
LOG_KEY = VerifierKey(ORIGIN, SignatureType.NOTE, KEY.public_key().public_bytes_raw())
LEAVES = [leaf_hash(f"{number}".encode()) for number in range(13)]
SIGNED = sign(Checkpoint(ORIGIN, 13, root_of(LEAVES)), KEY)
NOTE = SIGNED.encode().decode()


def a_proof(index: int = 5) -> TlogProof:
    path = inclusion_path(index, 13, lambda start, end: root_of(LEAVES[start:end]))
    return TlogProof(index, tuple(path), SIGNED)


PROOF = a_proof()
HASHES = [base64.b64encode(sibling).decode() for sibling in PROOF.path]


def file_of(*lines: str) -> bytes:
    return ("\n".join(lines) + "\n\n" + NOTE).encode()


def refusal(file: bytes) -> Step:
    with pytest.raises(ProofRefused) as refused:
        TlogProof.parse(file)
    return refused.value.step


def test_a_file_is_header_index_hashes_an_empty_line_and_the_checkpoint() -> None:
    assert PROOF.encode() == file_of("c2sp.org/tlog-proof@v1", "index 5", *HASHES)


def test_extra_data_stands_before_the_index() -> None:
    with_extra = replace(PROOF, extra=b"made up")

    lines = ("c2sp.org/tlog-proof@v1", "extra bWFkZSB1cA==", "index 5", *HASHES)
    assert with_extra.encode() == file_of(*lines)
    assert TlogProof.parse(with_extra.encode()) == with_extra


@pytest.mark.parametrize("index", range(13))
def test_every_leaf_s_file_is_read_and_proves_that_leaf(index: int) -> None:
    read = TlogProof.parse(a_proof(index).encode())

    assert read == a_proof(index)
    read.check(LEAVES[index], LOG_KEY)


def test_the_only_leaf_of_a_log_needs_no_hashes() -> None:
    alone = TlogProof(0, (), sign(Checkpoint(ORIGIN, 1, LEAVES[0]), KEY))

    TlogProof.parse(alone.encode()).check(LEAVES[0], LOG_KEY)


@given(
    st.integers(0, 12),
    st.lists(st.binary(min_size=32, max_size=32), max_size=64),
    st.none() | st.binary(min_size=1, max_size=100),
)
def test_a_file_read_is_the_file_written(
    index: int, path: list[bytes], extra: bytes | None
) -> None:
    proof = TlogProof(index, tuple(path), SIGNED, extra)

    assert TlogProof.parse(proof.encode()) == proof


HEADER, INDEX, FIRST = "c2sp.org/tlog-proof@v1", "index 5", HASHES[0]


@pytest.mark.parametrize(
    ("file", "step"),
    [
        (b"", Step.PROOF_HEADER),
        (b"\n\n", Step.PROOF_HEADER),
        (NOTE.encode(), Step.PROOF_HEADER),
        (file_of("c2sp.org/tlog-proof@v2", INDEX), Step.PROOF_HEADER),
        (file_of(HEADER + " ", INDEX), Step.PROOF_HEADER),
        (b"\n" + file_of(HEADER, INDEX), Step.PROOF_HEADER),
        (file_of(HEADER + "\r", INDEX), Step.NOTE),
        (b"\xff" + file_of(HEADER, INDEX), Step.NOTE),
        (file_of(HEADER), Step.PROOF_INDEX),
        (file_of(HEADER, *HASHES), Step.PROOF_INDEX),
        (file_of(HEADER, "index 05"), Step.PROOF_INDEX),
        (file_of(HEADER, "index -1"), Step.PROOF_INDEX),
        (file_of(HEADER, "index  5"), Step.PROOF_INDEX),
        (file_of(HEADER, "index 5 "), Step.PROOF_INDEX),
        (file_of(HEADER, "index"), Step.PROOF_INDEX),
        (file_of(HEADER, "Index 5"), Step.PROOF_INDEX),
        (file_of(HEADER, "index 13", *HASHES), Step.PROOF_INDEX),
        (file_of(HEADER, "index " + "9" * 5000), Step.PROOF_INDEX),
        (file_of(HEADER, "extra ", INDEX), Step.PROOF_EXTRA),
        (file_of(HEADER, "extra bWFkZSB1cA", INDEX), Step.PROOF_EXTRA),
        (file_of(HEADER, "extra bWFkZSB1cB==", INDEX), Step.PROOF_EXTRA),
        (file_of(HEADER, "extra", INDEX), Step.PROOF_INDEX),
        (file_of(HEADER, "extra bWE=", "extra bWE=", INDEX), Step.PROOF_INDEX),
        (file_of(HEADER, INDEX, "extra bWE="), Step.PROOF_HASH),
        (file_of(HEADER, INDEX, INDEX), Step.PROOF_HASH),
        (file_of(HEADER, INDEX, FIRST[:-1]), Step.PROOF_HASH),
        (file_of(HEADER, INDEX, FIRST + " "), Step.PROOF_HASH),
        (file_of(HEADER, INDEX, FIRST[:40]), Step.PROOF_HASH),
        (file_of(HEADER, INDEX, *[FIRST] * 65), Step.PATH_LENGTH),
        (file_of(HEADER, INDEX, FIRST, ""), Step.NOTE),
        (f"{HEADER}\n{INDEX}\n{FIRST}\n".encode(), Step.NOTE),
        (f"{HEADER}\n{INDEX}\n{FIRST}\n{NOTE}".encode(), Step.PROOF_HASH),
        (PROOF.encode() + b"\n", Step.SIGNATURE_LINE),
        (bytes(PROOF_BYTES_MAX), Step.NOTE),
        (bytes(PROOF_BYTES_MAX + 1), Step.LENGTH),
    ],
)
def test_a_file_with_another_spelling_is_refused(file: bytes, step: Step) -> None:
    assert refusal(file) is step


def test_a_file_cut_anywhere_is_refused() -> None:
    file = replace(PROOF, extra=b"made up").encode()
    for length in range(len(file)):
        refusal(file[:length])


def test_every_flipped_bit_is_refused() -> None:
    file = PROOF.encode()
    for at in range(8 * len(file)):
        flipped = bytearray(file)
        flipped[at // 8] ^= 1 << at % 8
        with pytest.raises(ProofRefused):
            TlogProof.parse(bytes(flipped)).check(LEAVES[5], LOG_KEY)


@pytest.mark.parametrize("length", [0, EXTRA_BYTES_MAX + 1])
def test_extra_data_has_a_length(length: int) -> None:
    with pytest.raises(ProofRefused) as refused:
        replace(PROOF, extra=bytes(length))

    assert refused.value.step is Step.PROOF_EXTRA


def test_the_longest_file_that_can_be_written_can_be_read() -> None:
    longest = replace(PROOF, path=(bytes(32),) * 64, extra=bytes(EXTRA_BYTES_MAX))

    assert TlogProof.parse(longest.encode()) == longest


def test_a_file_proves_no_other_leaf_and_no_other_log() -> None:
    other = Ed25519PrivateKey.from_private_bytes(b"another".ljust(32, b"."))
    other_key = replace(LOG_KEY, public_key=other.public_key().public_bytes_raw())
    unsigned = replace(PROOF, checkpoint=sign(SIGNED.tree, other))
    for proof, leaf, key, step in (
        (PROOF, LEAVES[6], LOG_KEY, Step.ROOT),
        (replace(PROOF, index=4), LEAVES[5], LOG_KEY, Step.ROOT),
        (replace(PROOF, path=PROOF.path[:-1]), LEAVES[5], LOG_KEY, Step.PATH_LENGTH),
        (PROOF, LEAVES[5], other_key, Step.SIGNATURES),
        (PROOF, LEAVES[5], replace(LOG_KEY, name="izin-defteri/1/0"), Step.ORIGIN),
        (unsigned, LEAVES[5], LOG_KEY, Step.SIGNATURES),
    ):
        with pytest.raises(ProofRefused) as refused:
            proof.check(leaf, key)
        assert refused.value.step is step

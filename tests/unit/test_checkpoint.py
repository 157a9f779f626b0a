"""Checkpoints as signed notes: signing, reading strictly, witnesses."""

import base64
from dataclasses import replace
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import example, given
from hypothesis import strategies as st

from ledger.evidence.checkpoint import CHECKPOINT_BYTES_MAX, Checkpoint, SignedCheckpoint, sign
from ledger.evidence.merkle import EMPTY_ROOT
from ledger.evidence.note import SignatureLine, SignatureType, VerifierKey
from ledger.evidence.refusals import ProofRefused, Step

ORIGIN = "izin-defteri/123456/0123456789abcdef"
ROOT = sha256(b"made up").digest()
ROOT_TEXT = base64.b64encode(ROOT).decode()
TREE = Checkpoint(ORIGIN, 20_852, ROOT)
TIME = 1_795_600_000


def a_key(seed: bytes) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(seed.ljust(32, b"."))


def verifier(
    key: Ed25519PrivateKey, name: str = ORIGIN, use: SignatureType = SignatureType.NOTE
) -> VerifierKey:
    return VerifierKey(name, use, key.public_key().public_bytes_raw())


LOG, WITNESS = a_key(b"log"), a_key(b"witness")
LOG_KEY = verifier(LOG)
WITNESS_KEY = verifier(WITNESS, "witness.example/1", SignatureType.COSIGNATURE)
SIGNED = sign(TREE, LOG)


def cosignature(tree: Checkpoint = TREE, time: int = TIME, key: VerifierKey = WITNESS_KEY) -> str:
    """A witness's line, written as c2sp.org/tlog-cosignature describes it."""
    root = base64.b64encode(tree.root).decode()
    message = f"cosignature/v1\ntime {time}\n{tree.origin}\n{tree.size}\n{root}\n"
    value = key.key_id + time.to_bytes(8, "big") + WITNESS.sign(message.encode())
    return f"— {key.name} {base64.b64encode(value).decode()}\n"


def refusal(note: bytes) -> Step:
    with pytest.raises(ProofRefused) as refused:
        SignedCheckpoint.parse(note)
    return refused.value.step


def test_a_signed_checkpoint_is_three_lines_an_empty_one_and_the_signature() -> None:
    *lines, last = SIGNED.encode().decode().split("\n")

    assert lines[:4] == [ORIGIN, "20852", ROOT_TEXT, ""]
    assert lines[4].startswith(f"— {ORIGIN} ")
    value = base64.b64decode(lines[4].split(" ")[2])
    assert value[:4] == LOG_KEY.key_id
    LOG.public_key().verify(value[4:], f"{ORIGIN}\n20852\n{ROOT_TEXT}\n".encode())
    assert (len(lines), last) == (5, "")


@given(st.integers(1, 2**63 - 1), st.binary(min_size=32, max_size=32))
@example(2**63 - 1, ROOT)
def test_a_checkpoint_read_is_the_checkpoint_signed(size: int, root: bytes) -> None:
    signed = sign(Checkpoint(ORIGIN, size, root), LOG)

    read = SignedCheckpoint.parse(signed.encode())

    assert read == signed
    read.check(LOG_KEY)


def test_an_empty_tree_has_one_root() -> None:
    assert Checkpoint(ORIGIN, 0, EMPTY_ROOT).text.startswith(f"{ORIGIN}\n0\n47DEQpj8".encode())

    with pytest.raises(ProofRefused) as refused:
        Checkpoint(ORIGIN, 0, ROOT)

    assert refused.value.step is Step.ROOT_HASH


@pytest.mark.parametrize(
    ("wrong", "step"),
    [
        (("a b", 1, ROOT), Step.KEY_NAME),
        (("", 1, ROOT), Step.KEY_NAME),
        ((ORIGIN, -1, ROOT), Step.TREE_SIZE),
        ((ORIGIN, 2**63, ROOT), Step.TREE_SIZE),
        ((ORIGIN, 1, ROOT[:-1]), Step.ROOT_HASH),
        ((ORIGIN, 1, ROOT + b"."), Step.ROOT_HASH),
    ],
)
def test_what_is_no_checkpoint_cannot_be_made(wrong: tuple[str, int, bytes], step: Step) -> None:
    with pytest.raises(ProofRefused) as refused:
        Checkpoint(*wrong)

    assert refused.value.step is step


LINE = SIGNED.signatures[0].text


@pytest.mark.parametrize(
    ("note", "step"),
    [
        ("", Step.NOTE),
        ("\n", Step.NOTE),
        (f"{ORIGIN}\n5\n{ROOT_TEXT}\n", Step.NOTE),
        (f"{ORIGIN}\n5\n{ROOT_TEXT}\n{LINE}", Step.NOTE),
        (f"{ORIGIN}\n5\n\n{LINE}", Step.NOTE),
        (f"{ORIGIN}\n5\n{ROOT_TEXT}\n\n{LINE.strip()}", Step.NOTE),
        (f"{ORIGIN}\r\n5\r\n{ROOT_TEXT}\r\n\r\n{LINE}", Step.NOTE),
        (f"{ORIGIN}\t\n5\n{ROOT_TEXT}\n\n{LINE}", Step.NOTE),
        (f"{ORIGIN}\n5\n{ROOT_TEXT}\nmore\n\n{LINE}", Step.EXTENSION),
        (f"{ORIGIN}\n5\n{ROOT_TEXT}\n\n", Step.SIGNATURE_LINE),
        (f"{ORIGIN}\n5\n{ROOT_TEXT}\n\n\n{LINE}", Step.SIGNATURE_LINE),
        (f"{ORIGIN}\n5\n{ROOT_TEXT}\n\n{LINE}\n", Step.SIGNATURE_LINE),
        (f"{ORIGIN}\n5\n{ROOT_TEXT}\n\n{LINE}more\n", Step.SIGNATURE_LINE),
        (f"\n5\n{ROOT_TEXT}\n\n{LINE}", Step.NOTE),
        (f"a b\n5\n{ROOT_TEXT}\n\n{LINE}", Step.KEY_NAME),
        (f"{ORIGIN} \n5\n{ROOT_TEXT}\n\n{LINE}", Step.KEY_NAME),
        (f"{ORIGIN}\n05\n{ROOT_TEXT}\n\n{LINE}", Step.TREE_SIZE),
        (f"{ORIGIN}\n+5\n{ROOT_TEXT}\n\n{LINE}", Step.TREE_SIZE),
        (f"{ORIGIN}\n-5\n{ROOT_TEXT}\n\n{LINE}", Step.TREE_SIZE),
        (f"{ORIGIN}\n 5\n{ROOT_TEXT}\n\n{LINE}", Step.TREE_SIZE),
        (f"{ORIGIN}\n5_0\n{ROOT_TEXT}\n\n{LINE}", Step.TREE_SIZE),
        (f"{ORIGIN}\n٥\n{ROOT_TEXT}\n\n{LINE}", Step.TREE_SIZE),
        (f"{ORIGIN}\n{2**63}\n{ROOT_TEXT}\n\n{LINE}", Step.TREE_SIZE),
        (f"{ORIGIN}\n{'9' * 5000}\n{ROOT_TEXT}\n\n{LINE}", Step.TREE_SIZE),
        (f"{ORIGIN}\n5\n{ROOT_TEXT[:-1]}\n\n{LINE}", Step.ROOT_HASH),
        (f"{ORIGIN}\n5\n{ROOT_TEXT} \n\n{LINE}", Step.ROOT_HASH),
        (f"{ORIGIN}\n5\n{ROOT_TEXT[:40]}\n\n{LINE}", Step.ROOT_HASH),
        (f"{ORIGIN}\n0\n{ROOT_TEXT}\n\n{LINE}", Step.ROOT_HASH),
        (f"{ORIGIN}\n5\n{ROOT_TEXT}\n\n{LINE}" + LINE * 1_000, Step.LENGTH),
    ],
)
def test_a_note_with_another_spelling_is_refused(note: str, step: Step) -> None:
    assert refusal(note.encode()) is step


def test_a_root_with_idle_bits_set_is_another_spelling() -> None:
    digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    other = f"{ROOT_TEXT[:-2]}{digits[digits.index(ROOT_TEXT[-2]) + 1]}="
    assert base64.b64decode(other, validate=True) == ROOT

    assert refusal(SIGNED.encode().replace(ROOT_TEXT.encode(), other.encode())) is Step.ROOT_HASH


def test_a_note_that_is_too_long_is_not_even_read() -> None:
    assert refusal(bytes(CHECKPOINT_BYTES_MAX + 1)) is Step.LENGTH
    assert refusal(bytes(CHECKPOINT_BYTES_MAX)) is Step.NOTE


def test_bytes_that_are_no_utf_8_are_refused() -> None:
    assert refusal(b"\xff" + SIGNED.encode()) is Step.NOTE


def test_a_note_cut_anywhere_is_refused() -> None:
    note = SIGNED.with_cosignature(WITNESS_KEY, cosignature().encode()).encode()
    whole = {len(SIGNED.encode()), len(note)}  # without the witness it is a note too
    for length in range(len(note) + 1):
        if length not in whole:
            refusal(note[:length])


def test_every_flipped_bit_is_refused() -> None:
    note = SIGNED.encode()
    for at in range(8 * len(note)):
        flipped = bytearray(note)
        flipped[at // 8] ^= 1 << at % 8
        with pytest.raises(ProofRefused):
            SignedCheckpoint.parse(bytes(flipped)).check(LOG_KEY)


def test_only_the_log_itself_signs_for_it() -> None:
    other = a_key(b"other")
    forged = replace(SIGNED, signatures=(replace(SIGNED.signatures[0], signature=bytes(64)),))
    for signed, key, step in (
        (SIGNED, verifier(LOG, "izin-defteri/654321/0123456789abcdef"), Step.ORIGIN),
        (SIGNED, verifier(other), Step.SIGNATURES),
        (sign(TREE, other), LOG_KEY, Step.SIGNATURES),
        (replace(SIGNED, signatures=SIGNED.signatures * 2), LOG_KEY, Step.SIGNATURES),
        (replace(SIGNED, tree=replace(TREE, size=20_853)), LOG_KEY, Step.SIGNATURE),
        (forged, LOG_KEY, Step.SIGNATURE),
        (SIGNED, verifier(LOG, ORIGIN, SignatureType.COSIGNATURE), Step.KEY_USE),
    ):
        with pytest.raises(ProofRefused) as refused:
            signed.check(key)
        assert refused.value.step is step


def test_lines_of_unknown_signers_are_kept_and_not_looked_at() -> None:
    unknown = (
        "— other.example bWFkZSB1cA==\n— other.example bWFkZSB1cA==\n"
        + SignatureLine(ORIGIN, b"abcd", bytes(2_428)).text
    )

    read = SignedCheckpoint.parse(SIGNED.encode() + unknown.encode())

    read.check(LOG_KEY)
    assert read.encode() == SIGNED.encode() + unknown.encode()
    assert read.sealed_bytes(LOG_KEY) == SIGNED.encode()


def test_a_seal_covers_the_log_s_own_line_only_when_it_verifies() -> None:
    with pytest.raises(ProofRefused, match="not the key's"):
        replace(SIGNED, tree=replace(TREE, size=1)).sealed_bytes(LOG_KEY)


def test_a_witness_line_is_added_and_tells_its_time() -> None:
    cosigned = SIGNED.with_cosignature(WITNESS_KEY, cosignature().encode())

    assert cosigned.encode() == SIGNED.encode() + cosignature().encode()
    assert SignedCheckpoint.parse(cosigned.encode()).cosigned_at(WITNESS_KEY) == TIME
    cosigned.check(LOG_KEY)


def test_a_witness_that_signs_again_keeps_one_line() -> None:
    once = SIGNED.with_cosignature(WITNESS_KEY, cosignature().encode())

    again = once.with_cosignature(WITNESS_KEY, cosignature(time=TIME + 60).encode())

    assert again.cosigned_at(WITNESS_KEY) == TIME + 60
    assert len(again.signatures) == 2


def test_of_a_witness_s_answer_only_the_known_key_s_line_is_taken() -> None:
    answer = "— witness.example/1 bWFkZSB1cA==\n" + cosignature()

    cosigned = SIGNED.with_cosignature(WITNESS_KEY, answer.encode())

    assert cosigned.encode() == SIGNED.encode() + cosignature().encode()


ODD_TIME = 2**63
OTHER_WITNESS = verifier(WITNESS, "witness.example/2", SignatureType.COSIGNATURE)
SHORT, LONG, NO_TIME = (
    SignatureLine(WITNESS_KEY.name, WITNESS_KEY.key_id, bytes(length)).text
    for length in (71, 73, 5)
)


@pytest.mark.parametrize(
    ("answer", "step"),
    [
        ("", Step.NOTE),
        ("\n", Step.SIGNATURE_LINE),
        (cosignature().strip(), Step.NOTE),
        ("\n" + cosignature(), Step.SIGNATURE_LINE),
        (cosignature() * 2, Step.SIGNATURES),
        (cosignature(key=OTHER_WITNESS), Step.SIGNATURES),
        (cosignature(replace(TREE, size=1)), Step.SIGNATURE),
        (cosignature(replace(TREE, root=EMPTY_ROOT)), Step.SIGNATURE),
        (cosignature(replace(TREE, origin="another.example")), Step.SIGNATURE),
        (cosignature(time=ODD_TIME), Step.SIGNATURE),
        (SHORT, Step.SIGNATURE),
        (LONG, Step.SIGNATURE),
        (NO_TIME, Step.SIGNATURE),
        (LINE, Step.SIGNATURES),
        (cosignature() * 2_000, Step.LENGTH),
    ],
)
def test_a_witness_s_answer_that_is_no_cosignature_adds_nothing(answer: str, step: Step) -> None:
    with pytest.raises(ProofRefused) as refused:
        SIGNED.with_cosignature(WITNESS_KEY, answer.encode())

    assert refused.value.step is step


def test_the_time_of_a_cosignature_is_signed() -> None:
    line = SignatureLine.parse(cosignature().strip())
    later = replace(line, signature=(TIME + 1).to_bytes(8, "big") + line.signature[8:])

    with pytest.raises(ProofRefused, match="not the key's"):
        replace(SIGNED, signatures=(*SIGNED.signatures, later)).cosigned_at(WITNESS_KEY)


def test_the_last_time_that_can_be_signed_is_read() -> None:
    answer = cosignature(time=2**63 - 1).encode()

    assert SIGNED.with_cosignature(WITNESS_KEY, answer).cosigned_at(WITNESS_KEY) == 2**63 - 1


def test_a_log_key_is_no_witness_and_a_witness_no_log() -> None:
    with pytest.raises(ProofRefused, match="another use"):
        SIGNED.cosigned_at(LOG_KEY)
    with pytest.raises(ProofRefused, match="another use"):
        SIGNED.check(WITNESS_KEY)


def test_a_checkpoint_nobody_cosigned_has_no_time() -> None:
    with pytest.raises(ProofRefused, match="exactly once by this key: 0"):
        SIGNED.cosigned_at(WITNESS_KEY)


def test_a_checkpoint_takes_no_more_lines_than_can_be_read_again() -> None:
    room = CHECKPOINT_BYTES_MAX - len(SIGNED.encode()) - len("— w \n".encode())
    filler = SignatureLine("w" + "w" * (room % 4), b"abcd", bytes(room // 4 * 3 - 4))
    full = replace(SIGNED, signatures=(*SIGNED.signatures, filler))
    assert len(full.encode()) == CHECKPOINT_BYTES_MAX
    assert SignedCheckpoint.parse(full.encode()) == full

    with pytest.raises(ProofRefused) as refused:
        full.with_cosignature(WITNESS_KEY, cosignature().encode())

    assert refused.value.step is Step.LENGTH

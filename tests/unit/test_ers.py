"""The batch tree and the seal's imprint against a definition from above instead of from below."""

from hashlib import sha256

import pytest

from ledger.evidence.ers import (
    CHUNK_LEAVES,
    RecordRefused,
    Step,
    batch_path,
    batch_root,
    chunk_roots,
    reduced_hashtree,
    seal_bytes,
    seal_imprint,
)
from ledger.evidence.merkle import leaf_hash

CHECKPOINT = b"izin-defteri/123456/0123456789abcdef\n3\nAAAA\n\n\xe2\x80\x94 signed\n"
SIZES = [*range(1, 35), 63, 64, 65, 127, 128, 129]
LARGE_SIZES = [4095, 4096, 4097, 8192, 8193, 12289]


def leaves_of(size: int) -> list[bytes]:
    return [leaf_hash(b"%d" % number) for number in range(size)]


def node_over(*hashes: bytes) -> bytes:
    return sha256(b"".join(sorted(hashes))).digest()


def split_of(size: int) -> int:
    """The largest power of two below: what pairing with the odd one carried up comes to."""
    return 1 << ((size - 1).bit_length() - 1)


def root_by_definition(nodes: list[bytes]) -> bytes:
    if len(nodes) == 1:
        return nodes[0]
    split = split_of(len(nodes))
    return node_over(root_by_definition(nodes[:split]), root_by_definition(nodes[split:]))


def path_by_definition(nodes: list[bytes], index: int) -> list[bytes]:
    if len(nodes) == 1:
        return []
    split = split_of(len(nodes))
    left, right = nodes[:split], nodes[split:]
    if index < split:
        return [*path_by_definition(left, index), root_by_definition(right)]
    return [*path_by_definition(right, index - split), root_by_definition(left)]


def test_three_leaves_written_out() -> None:
    low, middle, high = (bytes([byte]) * 32 for byte in (1, 2, 3))

    root = batch_root([high, low, middle])

    pair = sha256(low + high).digest()
    assert root == sha256(min(pair, middle) + max(pair, middle)).digest()


@pytest.mark.parametrize("size", SIZES)
def test_root_and_every_path_agree_with_the_definition(size: int) -> None:
    leaves = leaves_of(size)

    assert batch_root(iter(leaves)) == root_by_definition(leaves)
    for index in range(size):
        assert batch_path(iter(leaves), index) == path_by_definition(leaves, index)


@pytest.mark.parametrize("size", LARGE_SIZES)
def test_a_batch_of_several_chunks_has_the_tree_of_one_that_is_whole(size: int) -> None:
    leaves = leaves_of(size)
    roots = list(chunk_roots(leaves))

    assert len(roots) == -(-size // CHUNK_LEAVES)
    assert batch_root(leaves) == batch_root(roots) == root_by_definition(leaves)
    for index in {0, 1, 4095, 4096, 4097, size - 2, size - 1} & set(range(size)):
        number, offset = divmod(index, CHUNK_LEAVES)
        chunk = leaves[number * CHUNK_LEAVES :][:CHUNK_LEAVES]
        by_chunk = batch_path(chunk, offset) + batch_path(roots, number)
        assert batch_path(leaves, index) == by_chunk == path_by_definition(leaves, index)


def test_a_batch_of_one_event_has_its_leaf_hash_for_root() -> None:
    (leaf,) = leaves_of(1)

    assert batch_root([leaf]) == leaf
    assert batch_path([leaf], 0) == []


def test_equal_hashes_stay_two() -> None:
    (leaf,) = leaves_of(1)

    assert batch_root([leaf, leaf]) == sha256(leaf + leaf).digest()
    assert batch_path([leaf, leaf], 0) == batch_path([leaf, leaf], 1) == [leaf]


def test_order_counts_between_pairs_and_not_within_one() -> None:
    one, two, three, four = leaves_of(4)

    assert batch_root([one, two, three, four]) == batch_root([two, one, four, three])
    assert batch_root([one, two, three, four]) != batch_root([one, three, two, four])


@pytest.mark.parametrize("position", [0, 1, 4096])
@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_leaf_hash_of_another_length_is_refused(position: int, length: int) -> None:
    leaves = leaves_of(4097)
    leaves[position] = bytes(length)

    for derive in (batch_root, lambda some: batch_path(some, 2)):
        with pytest.raises(RecordRefused, match="leaf hashes of a batch") as refused:
            derive(leaves)
        assert refused.value.step is Step.BATCH


def test_an_empty_batch_has_no_root() -> None:
    with pytest.raises(RecordRefused, match="leaf hashes of a batch"):
        batch_root([])


@pytest.mark.parametrize(("size", "index"), [(0, 0), (3, 3), (3, 4096), (3, -1), (4096, 4096)])
def test_an_index_outside_the_batch_has_no_path(size: int, index: int) -> None:
    with pytest.raises(RecordRefused, match="leaf hashes of a batch"):
        batch_path(leaves_of(size), index)


@pytest.mark.parametrize("first_byte", [0x00, 0xFF])
def test_a_seal_binds_checkpoint_and_batch_in_the_order_of_their_values(first_byte: int) -> None:
    root = bytes([first_byte]) + bytes(31)
    checkpoint_hash = sha256(CHECKPOINT).digest()

    covered = seal_bytes(CHECKPOINT, root)

    in_order = [root, checkpoint_hash] if first_byte == 0 else [checkpoint_hash, root]
    assert covered == b"".join(in_order)
    assert seal_imprint(CHECKPOINT, root) == sha256(covered).digest()


def test_a_seal_without_new_events_covers_the_checkpoint_itself() -> None:
    assert seal_bytes(CHECKPOINT, None) == CHECKPOINT
    assert seal_imprint(CHECKPOINT, None) == sha256(CHECKPOINT).digest()


def test_the_lists_are_a_pair_in_order_and_then_single_hashes() -> None:
    low, middle, high = (bytes([byte]) * 32 for byte in (1, 2, 3))

    assert reduced_hashtree(high, [low, middle]) == ((low, high), (middle,))
    assert reduced_hashtree(low, [high]) == ((low, high),)
    assert reduced_hashtree(low, []) == ()

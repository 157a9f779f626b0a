"""Leaves of a run: sorted, spooled, and under the root that a textbook tree gives them (C6)."""

import os
import random
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.deciding import leaves as spooled
from ledger.deciding.leaves import (
    BYTES_IN_MEMORY,
    LABEL,
    SALT_BYTES,
    LeafSpool,
    commitments,
    ending,
    leaf_hashes,
    planted,
)
from ledger.evidence.merkle import EMPTY_ROOT, HASH_BYTES, Tree, root_of
from ledger.recording.deciding_ports import CHUNK_LEAVES

hashes = st.lists(st.binary(min_size=HASH_BYTES, max_size=HASH_BYTES), max_size=40)


def chance_leaves(count: int, seed: int = 1) -> list[bytes]:
    chance = random.Random(seed)
    return [chance.randbytes(HASH_BYTES) for _ in range(count)]


def spooled_root(batches: list[list[bytes]], chunk: int = CHUNK_LEAVES) -> tuple[bytes, bytes]:
    """The stored bytes and the root."""
    tree = Tree(chunk)
    with LeafSpool() as spool:
        for batch in batches:
            spool.add(batch)
        stored = b"".join(planted(spool.chunks(), tree))
        assert spool.count == sum(map(len, batches))
    return stored, tree.root()


@settings(max_examples=100, derandomize=True)
@given(batches=st.lists(hashes, max_size=4))
def test_leaves_come_back_sorted_under_their_root(batches: list[list[bytes]]) -> None:
    expected = sorted(leaf for batch in batches for leaf in batch)

    assert spooled_root(batches) == (b"".join(expected), root_of(expected))


@pytest.mark.parametrize(
    "count", [0, 1, CHUNK_LEAVES - 1, CHUNK_LEAVES, CHUNK_LEAVES + 1, 5 * CHUNK_LEAVES, 30_001]
)
def test_chunks_are_whole_but_the_last(count: int) -> None:
    made = chance_leaves(count)

    with LeafSpool() as spool:
        spool.add(made)
        chunks = list(spool.chunks())

    assert [len(chunk) for chunk in chunks[:-1]] == [CHUNK_LEAVES] * max(0, len(chunks) - 1)
    assert [leaf for chunk in chunks for leaf in chunk] == sorted(made)
    assert spooled_root([made])[1] == (root_of(sorted(made)) if made else EMPTY_ROOT)


@settings(max_examples=60, derandomize=True)
@given(count=st.integers(0, 70), chunk=st.sampled_from((1, 2, 4, 8)))
def test_any_size_of_chunk_comes_to_the_same_root(count: int, chunk: int) -> None:
    made, tree = sorted(chance_leaves(count)), Tree(chunk)

    for begin in range(0, count, chunk):
        tree.add(made[begin : begin + chunk])

    assert tree.root() == root_of(made)


def test_beyond_a_bound_leaves_wait_on_disk_without_a_name() -> None:
    """One bucket is enough: all leaves begin alike."""
    count = BYTES_IN_MEMORY // HASH_BYTES + 10
    made = [b"\x00" + leaf[1:] for leaf in chance_leaves(count)]
    before = len(os.listdir("/proc/self/fd"))

    with LeafSpool() as spool:
        spool.add(made[: count // 2])
        assert len(os.listdir("/proc/self/fd")) == before
        spool.add(made[count // 2 :])
        assert len(os.listdir("/proc/self/fd")) == before + 1
        found = [leaf for chunk in spool.chunks() for leaf in chunk]

    assert len(os.listdir("/proc/self/fd")) == before
    assert found == sorted(made)


def test_a_commitment_is_what_its_description_says() -> None:
    from hashlib import blake2b  # beside the formula

    key, address = b"k" * 32, b"tel:+905010000101"
    salt = blake2b(address, key=key, digest_size=SALT_BYTES).digest()

    (made,) = commitments(key, [address])

    assert made == sha256(LABEL + salt + address).digest()
    (leaf,) = leaf_hashes([made], [ending("REFUSED", "RET_QUEUED")])
    assert leaf == sha256(b"\x00" + made + b"REFUSED\x00RET_QUEUED").digest()
    assert ending("BRAND_CLOSED", None) == b"BRAND_CLOSED\x00"


@settings(derandomize=True)
@given(
    addresses=st.lists(st.binary(max_size=20), max_size=6),
    keys=st.sets(st.binary(min_size=32, max_size=32), min_size=2, max_size=2),
)
def test_one_address_is_another_commitment_in_another_run(
    addresses: list[bytes], keys: set[bytes]
) -> None:
    first, second = (commitments(key, addresses) for key in keys)

    assert not set(first) & set(second)
    assert [first.index(one) for one in first] == [addresses.index(one) for one in addresses]


def test_verdict_and_reason_cannot_be_shifted_into_one_another() -> None:
    assert ending("AB", "C") != ending("A", "BC")
    assert spooled.ending("A", None) == spooled.ending("A", "")

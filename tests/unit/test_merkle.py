"""Tree hashes against the definition of RFC 9162 §2.1.1, written down as it stands there."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.evidence.merkle import EMPTY_ROOT, Tree, leaf_hash, root_of

# certificate-transparency's published test vectors: inputs and the roots of their first n.
INPUTS = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def by_definition(data: list[bytes]) -> bytes:
    if not data:
        return sha256(b"").digest()
    if len(data) == 1:
        return sha256(b"\x00" + data[0]).digest()
    split = 1
    while 2 * split < len(data):
        split *= 2
    left, right = by_definition(data[:split]), by_definition(data[split:])
    return sha256(b"\x01" + left + right).digest()


@pytest.mark.parametrize("size", range(1, 9))
def test_the_published_roots_come_out(size: int) -> None:
    assert root_of([leaf_hash(one) for one in INPUTS[:size]]).hex() == ROOTS[size - 1]


@given(st.lists(st.binary(max_size=3), max_size=70), st.sampled_from([1, 2, 4, 16]))
def test_whole_and_bit_by_bit_agree_with_the_definition(data: list[bytes], chunk: int) -> None:
    leaves = [leaf_hash(one) for one in data]
    tree = Tree(chunk)
    for begin in range(0, len(leaves), chunk):
        tree.add(leaves[begin : begin + chunk])

    assert root_of(leaves) == tree.root() == by_definition(data)


def test_no_leaves_have_the_hash_of_nothing() -> None:
    assert root_of([]) == Tree(4).root() == EMPTY_ROOT


def test_nothing_follows_a_chunk_that_was_not_full() -> None:
    tree = Tree(2)
    tree.add([leaf_hash(b"")])

    with pytest.raises(ValueError, match="not full"):
        tree.add([leaf_hash(b"")])


@pytest.mark.parametrize("leaves", [0, 3, 6])
def test_a_chunk_is_a_power_of_two(leaves: int) -> None:
    with pytest.raises(ValueError, match="power of two"):
        Tree(leaves)

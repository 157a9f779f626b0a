"""Inclusion and consistency against the definitions of RFC 9162 §2.1.3.1 and §2.1.4.1."""

from collections.abc import Callable
from functools import cache
from hashlib import sha256

import pytest

from ledger.evidence.merkle import (
    PATH_HASHES_MAX,
    SIZE_MAX,
    check_consistency,
    check_inclusion,
    consistency_path,
    inclusion_path,
    leaf_hash,
)
from ledger.evidence.refusals import ProofRefused, Step

SIZES = range(1, 70)
LEAVES = [leaf_hash(f"leaf {number}".encode()) for number in range(70)]
OTHER = sha256(b"another").digest()


@cache
def tree_hash(start: int, end: int) -> bytes:
    if end - start == 1:
        return LEAVES[start]
    middle = start + split(end - start)
    return sha256(b"\x01" + tree_hash(start, middle) + tree_hash(middle, end)).digest()


def split(count: int) -> int:
    half = 1
    while 2 * half < count:
        half *= 2
    return half


def path_by_definition(index: int, start: int, end: int) -> list[bytes]:
    """PATH(m, D_n) of D[start:end]."""
    if end - start == 1:
        return []
    k = split(end - start)
    if index < k:
        return [*path_by_definition(index, start, start + k), tree_hash(start + k, end)]
    return [*path_by_definition(index - k, start + k, end), tree_hash(start, start + k)]


def proof_by_definition(old: int, start: int, end: int, known: bool) -> list[bytes]:
    """SUBPROOF(m, D_n, b) of D[start:end]."""
    if old == end - start:
        return [] if known else [tree_hash(start, end)]
    k = split(end - start)
    if old <= k:
        return [*proof_by_definition(old, start, start + k, known), tree_hash(start + k, end)]
    return [*proof_by_definition(old - k, start + k, end, False), tree_hash(start, start + k)]


def includes(path: list[bytes], index: int, size: int, leaf: bytes | None = None) -> None:
    leaf = leaf or LEAVES[index]
    check_inclusion(path, leaf=leaf, index=index, size=size, root=tree_hash(0, size))


def continues(path: list[bytes], old: int, new: int) -> None:
    old_root, new_root = tree_hash(0, old), tree_hash(0, new)
    check_consistency(path, old_size=old, old_root=old_root, new_size=new, new_root=new_root)


def tampered(path: list[bytes]) -> list[list[bytes]]:
    """One hash other, gone, twice, or changed with its neighbour, at every place."""
    return [
        changed
        for at, one in enumerate(path)
        for changed in (
            [*path[:at], OTHER, *path[at + 1 :]],
            [*path[:at], *path[at + 1 :]],
            [*path[:at], one, one, *path[at + 1 :]],
            [*path[:at], *path[at + 1 : at + 2], one, *path[at + 2 :]],
        )
        if changed != path
    ] + [[*path, OTHER], [OTHER, *path]]


@pytest.mark.parametrize("size", SIZES)
def test_every_leaf_of_every_small_tree_is_proven(size: int) -> None:
    for index in range(size):
        path = inclusion_path(index, size, tree_hash)

        assert path == path_by_definition(index, 0, size)
        includes(path, index, size)


@pytest.mark.parametrize("new", SIZES)
def test_every_small_tree_is_shown_to_continue_every_smaller_one(new: int) -> None:
    for old in range(1, new + 1):
        path = consistency_path(old, new, tree_hash)

        assert path == proof_by_definition(old, 0, new, known=True)
        continues(path, old, new)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 9, 31, 33])
def test_a_tampered_inclusion_path_is_refused(size: int) -> None:
    for index in range(size):
        path = inclusion_path(index, size, tree_hash)
        for changed in tampered(path):
            with pytest.raises(ProofRefused) as refused:
                includes(changed, index, size)
            assert refused.value.step in (Step.PATH_LENGTH, Step.ROOT)


@pytest.mark.parametrize("new", [1, 2, 3, 7, 8, 9, 31, 33])
def test_a_tampered_consistency_path_is_refused(new: int) -> None:
    for old in range(1, new + 1):
        path = consistency_path(old, new, tree_hash)
        for changed in tampered(path):
            with pytest.raises(ProofRefused) as refused:
                continues(changed, old, new)
            assert refused.value.step in (Step.PATH_LENGTH, Step.OLD_ROOT, Step.ROOT)


@pytest.mark.parametrize("size", [2, 3, 8, 33])
def test_a_path_proves_its_leaf_at_its_index_only(size: int) -> None:
    for index in range(size):
        path = inclusion_path(index, size, tree_hash)
        for other in range(size):
            if other != index:
                with pytest.raises(ProofRefused):
                    includes(path, other, size, leaf=LEAVES[index])
                with pytest.raises(ProofRefused):
                    includes(path, index, size, leaf=LEAVES[other])


@pytest.mark.parametrize("new", [2, 3, 8, 33])
def test_a_path_shows_the_continuation_of_its_own_two_trees_only(new: int) -> None:
    for old in range(1, new):
        path = consistency_path(old, new, tree_hash)
        for other in range(1, new + 1):
            if other != old:
                with pytest.raises(ProofRefused):
                    continues(path, other, new)
        with pytest.raises(ProofRefused):
            continues(path, old, new + 1)


@pytest.mark.parametrize("new", [6, 8, 13])
def test_a_rewritten_past_is_no_continuation(new: int) -> None:
    for old in range(1, new + 1):
        path = consistency_path(old, new, tree_hash)

        with pytest.raises(ProofRefused) as refused:
            check_consistency(
                path, old_size=old, old_root=OTHER, new_size=new, new_root=tree_hash(0, new)
            )

        # Where the old tree is complete its root is part of the way to the new one.
        assert refused.value.step in (Step.OLD_ROOT, Step.ROOT)
        with pytest.raises(ProofRefused, match="another root"):
            check_consistency(
                path, old_size=old, old_root=tree_hash(0, old), new_size=new, new_root=OTHER
            )


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 1), (5, 3), (-1, 3), (0, -1), (0, 2**63)])
def test_there_is_no_proof_of_a_leaf_outside_the_tree(index: int, size: int) -> None:
    with pytest.raises(ProofRefused) as asked:
        inclusion_path(index, size, tree_hash)
    with pytest.raises(ProofRefused) as checked:
        check_inclusion([], leaf=OTHER, index=index, size=size, root=OTHER)

    assert asked.value.step is checked.value.step is Step.SIZES


@pytest.mark.parametrize(("old", "new"), [(0, 0), (0, 3), (3, 2), (-1, 3), (2**63, 2**63)])
def test_there_is_no_continuation_of_nothing_or_backwards(old: int, new: int) -> None:
    with pytest.raises(ProofRefused) as asked:
        consistency_path(old, new, tree_hash)
    with pytest.raises(ProofRefused) as checked:
        check_consistency([], old_size=old, old_root=OTHER, new_size=new, new_root=OTHER)

    assert asked.value.step is checked.value.step is Step.SIZES


def test_a_tree_continues_itself_by_nothing_but_an_empty_path() -> None:
    continues([], 5, 5)

    with pytest.raises(ProofRefused, match="too short or too long: 1"):
        continues([tree_hash(0, 5)], 5, 5)
    with pytest.raises(ProofRefused, match="another root"):
        check_consistency(
            [], old_size=5, old_root=tree_hash(0, 5), new_size=5, new_root=tree_hash(0, 6)
        )


@pytest.mark.parametrize("length", [0, 31, 33])
def test_every_hash_has_32_bytes(length: int) -> None:
    odd = bytes(length)
    path = inclusion_path(2, 5, tree_hash)
    root = tree_hash(0, 5)
    attempts: list[Callable[[], None]] = [
        lambda: includes([odd, *path[1:]], 2, 5),
        lambda: check_inclusion(path, leaf=odd, index=2, size=5, root=root),
        lambda: check_inclusion(path, leaf=LEAVES[2], index=2, size=5, root=odd),
        lambda: check_consistency([], old_size=5, old_root=odd, new_size=5, new_root=root),
        lambda: check_consistency([], old_size=5, old_root=root, new_size=5, new_root=odd),
        lambda: continues([odd, *consistency_path(3, 5, tree_hash)[1:]], 3, 5),
    ]
    for attempt in attempts:
        with pytest.raises(ProofRefused) as refused:
            attempt()
        assert refused.value.step is Step.HASH


def test_a_path_longer_than_any_tree_is_high_is_not_even_read() -> None:
    endless = [b""] * (PATH_HASHES_MAX + 1)

    with pytest.raises(ProofRefused, match="too short or too long: 65"):
        check_inclusion(endless, leaf=OTHER, index=0, size=SIZE_MAX, root=OTHER)
    with pytest.raises(ProofRefused, match="too short or too long: 65"):
        check_consistency(endless, old_size=1, old_root=OTHER, new_size=2, new_root=OTHER)


@cache
def tree_of_equal_leaves(count: int) -> bytes:
    if count == 1:
        return OTHER
    half = split(count)
    left, right = tree_of_equal_leaves(half), tree_of_equal_leaves(count - half)
    return sha256(b"\x01" + left + right).digest()


def test_the_largest_tree_there_can_be_is_proven_like_any_other() -> None:
    def node(start: int, end: int) -> bytes:
        return tree_of_equal_leaves(end - start)

    size = 2**63 - 1
    root, old_root = tree_of_equal_leaves(size), tree_of_equal_leaves(3)
    path, longest = inclusion_path(0, size, node), consistency_path(3, size, node)

    assert (len(path), len(longest)) == (63, PATH_HASHES_MAX)
    check_inclusion(path, leaf=OTHER, index=0, size=size, root=root)
    check_consistency(longest, old_size=3, old_root=old_root, new_size=size, new_root=root)


@pytest.mark.parametrize("size", [1, 2, 5, 8, 13])
def test_a_path_goes_on_to_the_root_and_no_further(size: int) -> None:
    for index in range(size):
        path = inclusion_path(index, size, tree_hash)
        for odd in ([*path, OTHER], path[:-1]):
            if odd != path:
                with pytest.raises(ProofRefused) as refused:
                    includes(odd, index, size)
                assert refused.value.step is Step.PATH_LENGTH
    for old in range(1, size):
        path = consistency_path(old, size, tree_hash)
        for odd in ([*path, OTHER], path[:-1], []):
            with pytest.raises(ProofRefused) as refused:
                continues(odd, old, size)
            assert refused.value.step is Step.PATH_LENGTH


def test_a_refusal_says_why_in_turkish_and_in_english() -> None:
    with pytest.raises(ProofRefused) as refused:
        includes([], 1, 2)

    assert str(refused.value) == "the path is too short or too long: 0"
    assert refused.value.turkish == "Kanıt kabul edilmedi: yol fazla kısa ya da uzun: 0"

"""Tiles against the formula of c2sp.org/tlog-tiles: growing them, and reading proofs from them."""

from collections.abc import Iterable
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.evidence.merkle import (
    EMPTY_ROOT,
    check_consistency,
    check_inclusion,
    consistency_path,
    inclusion_path,
    leaf_hash,
    root_of,
)
from ledger.evidence.refusals import ProofRefused, Step
from ledger.evidence.tile_files import Tile
from ledger.evidence.tiles import (
    consistency_tiles,
    grow,
    inclusion_tiles,
    node_reader,
    right_edge,
    root_from,
    tiles_of,
)

LARGE = 70_000
LEAVES = [leaf_hash(f"{number}".encode()) for number in range(LARGE)]
Contents = dict[tuple[int, int], bytes]


def by_formula(size: int) -> Contents:
    """MTH(D[(n * 256 + i) * 256**l : (n * 256 + i + 1) * 256**l]), as long as it is complete."""
    tiles: Contents = {}
    level = 0
    while size >> 8 * level:
        span = 256**level
        for begin in range(0, size - span + 1, span):
            place = (level, begin // span // 256)
            tiles[place] = tiles.get(place, b"") + root_of(LEAVES[begin : begin + span])
        level += 1
    return tiles


def grown(sizes: Iterable[int]) -> Contents:
    tiles: Contents = {}
    size = 0
    for new_size in sizes:
        tiles |= grow(size, tiles, LEAVES[size:new_size])
        size = new_size
    return tiles


TILES = grown([LARGE])


def test_a_tree_of_70000_leaves_has_the_tiles_that_the_format_names() -> None:
    tiles = list(tiles_of(70_000))

    assert tiles[:273] == [Tile(0, index, 256) for index in range(273)]
    assert tiles[273:] == [Tile(0, 273, 112), Tile(1, 0, 256), Tile(1, 1, 17), Tile(2, 0, 1)]
    assert right_edge(70_000) == [Tile(0, 273, 112), Tile(1, 1, 17), Tile(2, 0, 1)]


def test_a_tree_of_256_leaves_has_a_full_tile_and_its_root_above() -> None:
    assert list(tiles_of(256)) == [Tile(0, 0, 256), Tile(1, 0, 1)]
    assert right_edge(256) == [Tile(1, 0, 1)]


def test_an_empty_tree_has_no_tiles() -> None:
    assert list(tiles_of(0)) == right_edge(0) == []
    assert root_from(0, {}) == EMPTY_ROOT


def test_three_levels_come_out_as_the_formula_says() -> None:
    assert by_formula(LARGE) == TILES


@pytest.mark.parametrize("size", [1, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 69_999])
def test_the_tiles_of_a_size_are_those_that_grow_makes(size: int) -> None:
    widths = {place: len(content) // 32 for place, content in grown([size]).items()}

    assert {(tile.level, tile.index): tile.width for tile in tiles_of(size)} == widths


@given(st.lists(st.integers(0, 700), max_size=4))
def test_in_whatever_steps_it_grows_only_what_changed_comes_out(steps: list[int]) -> None:
    tiles: Contents = {}
    size = 0
    for step in steps:
        before, after = by_formula(size), by_formula(size + step)
        edge = {
            (tile.level, tile.index): tiles[tile.level, tile.index] for tile in right_edge(size)
        }

        changed = grow(size, edge, LEAVES[size : size + step])

        assert changed == {at: after[at] for at in after if after[at] != before.get(at)}
        tiles |= changed
        size += step
        assert root_from(size, tiles) == root_of(LEAVES[:size])


@pytest.mark.parametrize("steps", [[65_535, 65_536, 65_537, 65_792, LARGE], [1, 66_000, LARGE]])
def test_steps_over_the_edge_of_the_second_level_come_to_the_same(steps: list[int]) -> None:
    assert grown(steps) == TILES


def test_one_more_leaf_costs_the_same_in_a_large_log() -> None:
    size = 10_000_000
    edge = {(tile.level, tile.index): bytes(32 * tile.width) for tile in right_edge(size)}

    changed = grow(size, edge, LEAVES[:1])

    assert changed == {(0, 39_062): edge[0, 39_062] + LEAVES[0]}


@given(st.data())
def test_what_a_proof_asks_for_is_what_it_needs_and_no_tile_more(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, LARGE))
    index = data.draw(st.integers(0, size - 1))
    asked = inclusion_tiles(index, size)
    read = {(tile.level, tile.index): TILES[tile.level, tile.index] for tile in asked}

    path = inclusion_path(index, size, node_reader(read))

    root = root_from(size, TILES)
    check_inclusion(path, leaf=LEAVES[index], index=index, size=size, root=root)
    for place in read:
        fewer = {at: content for at, content in read.items() if at != place}
        with pytest.raises(ProofRefused) as refused:
            inclusion_path(index, size, node_reader(fewer))
        assert refused.value.step is Step.TILE_MISSING


@given(st.data())
def test_two_trees_are_shown_consistent_by_their_tiles_alone(data: st.DataObject) -> None:
    new = data.draw(st.integers(1, LARGE))
    old = data.draw(st.integers(1, new))
    # Cut to the newer tree, as they are served for its checkpoint.
    read = {
        (tile.level, tile.index): TILES[tile.level, tile.index][: 32 * tile.width]
        for tile in consistency_tiles(old, new)
    }

    path = consistency_path(old, new, node_reader(read))

    old_root, new_root = root_from(old, TILES), root_from(new, TILES)
    check_consistency(path, old_size=old, old_root=old_root, new_size=new, new_root=new_root)


def test_the_root_of_every_smaller_tree_is_read_from_the_same_tiles() -> None:
    for size in [*range(1, 600, 7), 65_535, 65_536, 65_537, LARGE]:
        assert root_from(size, TILES) == root_of(LEAVES[:size])


def test_five_tiles_prove_a_leaf_among_ten_million() -> None:
    size = 10_000_000
    needed = [inclusion_tiles(index, size) for index in range(0, size, 99_991)]

    assert max(map(len, needed)) == 5
    assert inclusion_tiles(size - 1, size) == right_edge(size)


def test_every_tile_that_a_proof_asks_for_is_one_of_the_tree() -> None:
    there = set(tiles_of(LARGE))

    assert all(there.issuperset(inclusion_tiles(at, LARGE)) for at in range(0, LARGE, 997))
    assert all(there.issuperset(consistency_tiles(old, LARGE)) for old in range(1, LARGE, 997))


def test_a_proof_of_no_leaf_has_no_tiles() -> None:
    with pytest.raises(ProofRefused, match="no such leaf"):
        inclusion_tiles(5, 5)
    with pytest.raises(ProofRefused, match="no such leaf"):
        consistency_tiles(6, 5)


@pytest.mark.parametrize("content", [b"", bytes(31), bytes(32), bytes(65), bytes(257 * 32)])
def test_a_tile_of_an_odd_length_is_not_read(content: bytes) -> None:
    node = node_reader({(0, 0): content})

    with pytest.raises(ProofRefused) as refused:
        node(0, 2)

    assert refused.value.step is Step.TILE_LENGTH


@pytest.mark.parametrize(("start", "end"), [(1, 3), (2, 5), (3, 2), (4, 9)])
def test_a_node_that_no_tree_has_is_a_mistake(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="no subtree"):
        node_reader(TILES)(start, end)


@pytest.mark.parametrize("leaf", [b"", bytes(31), bytes(33)])
def test_a_leaf_of_another_length_does_not_go_in(leaf: bytes) -> None:
    with pytest.raises(ProofRefused) as refused:
        grow(0, {}, [LEAVES[0], leaf])

    assert refused.value.step is Step.HASH


@pytest.mark.parametrize("change", [-32, -1, 1, 32])
def test_a_tree_grows_only_from_the_edge_it_has(change: int) -> None:
    whole = sha256(b"").digest() * 300
    for place in [(0, 1), (1, 0)]:
        edge = {(0, 1): whole[: 44 * 32], (1, 0): whole[:32]}
        grow(300, edge, LEAVES[:1])

        without = {at: content for at, content in edge.items() if at != place}
        with pytest.raises(ProofRefused) as missing:
            grow(300, without, LEAVES[:1])
        with pytest.raises(ProofRefused) as odd:
            grow(300, {**edge, place: whole[: len(edge[place]) + change]}, LEAVES[:1])

        assert missing.value.step is Step.TILE_MISSING
        assert odd.value.step is Step.TILE_LENGTH

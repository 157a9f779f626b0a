"""Paths of tiles and entry bundles, one spelling each, and what a bundle holds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.evidence.refusals import ProofRefused, Step
from ledger.evidence.tile_files import (
    ENTRY_BYTES_MAX,
    INDEX_MAX,
    EntryBundle,
    Tile,
    encode_entries,
)

PLACES = [
    (0, 256, "000"),
    (7, 1, "007.p/1"),
    (999, 255, "999.p/255"),
    (1_000, 256, "x001/000"),
    (1_234_067, 256, "x001/x234/067"),
    (1_234_067, 12, "x001/x234/067.p/12"),
    (INDEX_MAX, 256, "x036/x028/x797/x018/x963/967"),
]


@pytest.mark.parametrize(("index", "width", "place"), PLACES)
def test_an_index_is_written_in_groups_of_three(index: int, width: int, place: str) -> None:
    tile, bundle = Tile(3, index, width), EntryBundle(index, width)

    assert tile.path == f"tile/3/{place}"
    assert bundle.path == f"tile/entries/{place}"
    assert Tile.parse(tile.path) == tile
    assert EntryBundle.parse(bundle.path) == bundle


@given(st.integers(0, 63), st.integers(0, INDEX_MAX), st.integers(1, 256))
def test_a_path_read_is_the_path_written(level: int, index: int, width: int) -> None:
    tile, bundle = Tile(level, index, width), EntryBundle(index, width)

    assert Tile.parse(tile.path) == tile
    assert EntryBundle.parse(bundle.path) == bundle


ODD_PLACES = [
    "",
    "0",
    "00",
    "0000",
    "x000/000",
    "x000/x001/000",
    "001/000",
    "x001",
    "x001/",
    "x001/x000",
    "x01/000",
    "X001/000",
    "x001//000",
    "/000",
    "000/",
    "-01",
    "+01",
    " 00",
    "٠٠٠",
    "000\n",
    "000.p",
    "000.p/",
    "000.p/0",
    "000.p/01",
    "000.p/256",
    "000.p/999",
    "000.p/1000",
    "000.p/-1",
    "000.p/1/",
    "000.p/1\n",
    "000.p/1.p/1",
    "000.P/1",
    "x036/x028/x797/x018/x963/968",
    "x001/x000/x000/x000/x000/x000/000",
    "x001/" * 5_000 + "000",
]


@pytest.mark.parametrize("place", ODD_PLACES)
def test_another_spelling_is_refused(place: str) -> None:
    for parse, prefix in ((Tile.parse, "tile/0/"), (EntryBundle.parse, "tile/entries/")):
        with pytest.raises(ProofRefused) as refused:
            parse(prefix + place)
        assert refused.value.step is Step.TILE_PATH


@pytest.mark.parametrize("level", ["", "-1", "00", "01", "64", "99", "100", "x", "٣", "entries"])
def test_a_level_is_a_number_up_to_63(level: str) -> None:
    with pytest.raises(ProofRefused) as refused:
        Tile.parse(f"tile/{level}/000")

    assert refused.value.step is Step.TILE_PATH


@pytest.mark.parametrize("path", ["", "000", "tile", "/tile/0/000", "Tile/0/000", "tile/0"])
def test_what_is_no_path_of_a_tile_is_refused(path: str) -> None:
    for parse in (Tile.parse, EntryBundle.parse):
        with pytest.raises(ProofRefused, match="not the path of a tile"):
            parse(path)


def test_tiles_are_sorted_by_level_and_index() -> None:
    assert sorted([Tile(1, 0, 5), Tile(0, 12, 9), Tile(0, 3, 256)]) == [
        Tile(0, 3, 256),
        Tile(0, 12, 9),
        Tile(1, 0, 5),
    ]


def test_an_entry_stands_after_its_length() -> None:
    assert encode_entries([b"\x00ab", b"", b"c" * 258]) == (
        b"\x00\x03\x00ab" + b"\x00\x00" + b"\x01\x02" + b"c" * 258
    )


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=256))
def test_a_bundle_read_is_the_bundle_written(entries: list[bytes]) -> None:
    assert EntryBundle(0, len(entries)).read(encode_entries(entries)) == entries


def test_a_bundle_cut_anywhere_is_refused() -> None:
    content = encode_entries([b"one", b"", b"three"])
    for length in range(len(content)):
        with pytest.raises(ProofRefused) as refused:
            EntryBundle(0, 3).read(content[:length])
        assert refused.value.step is Step.ENTRIES


@pytest.mark.parametrize("rest", [b"\x00", b"\x00\x00", b"\x00\x01a"])
def test_a_bundle_with_more_behind_it_is_refused(rest: bytes) -> None:
    with pytest.raises(ProofRefused, match="2 / 2"):
        EntryBundle(0, 2).read(encode_entries([b"one", b"two"]) + rest)


def test_the_largest_entry_is_what_its_length_can_say() -> None:
    largest = bytes(ENTRY_BYTES_MAX)
    assert EntryBundle(9, 1).read(encode_entries([largest])) == [largest]

    with pytest.raises(ProofRefused, match="65536 > 65535 B"):
        encode_entries([largest + b"\x00"])

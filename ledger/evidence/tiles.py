"""A Merkle tree as tiles of 256 hashes (c2sp.org/tlog-tiles): growing, reading nodes from them.

Pure. Level 0 holds the leaf hashes, level l + 1 the roots of the full tiles of level l. A tile that
is not full yet only ever gets longer: a longer one serves every smaller tree, cut or not.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Final

from ledger.evidence.merkle import (
    HASH_BYTES,
    Node,
    consistency_path,
    inclusion_path,
    root_of_peaks,
)
from ledger.evidence.refusals import ProofRefused, Step
from ledger.evidence.tile_files import TILE_WIDTH, Tile

TILE_BYTES_MAX: Final = TILE_WIDTH * HASH_BYTES

Tiles = Mapping[tuple[int, int], bytes]
"""The hashes of tiles by (level, index), each `32 × width` bytes."""

_HEIGHT = 8  # of a tile: 2^8 hashes


def tiles_of(size: int) -> Iterator[Tile]:
    """Every tile of the tree of `size` leaves, level by level."""
    level = 0
    while count := size >> _HEIGHT * level:
        full, width = divmod(count, TILE_WIDTH)
        yield from (Tile(level, index, TILE_WIDTH) for index in range(full))
        if width:
            yield Tile(level, full, width)
        level += 1


def right_edge(size: int) -> list[Tile]:
    """The tiles that are not full, at most one a level, the lowest first.

    They are what `root_from` needs, and what `grow` adds to.
    """
    levels = range(size.bit_length() // _HEIGHT + 1)
    edge = (_tile(level, size >> _HEIGHT * (level + 1), size) for level in levels)
    return [tile for tile in edge if tile.width]


def grow(size: int, edge: Tiles, leaves: Sequence[bytes]) -> dict[tuple[int, int], bytes]:
    """The tiles, new or longer, that `leaves` add to the tree of `size` leaves.

    `edge` holds the tiles of `right_edge(size)` as they are, and may hold others; `leaves` are
    hashes of 32 bytes. The work is that of the new leaves: what is full is never read again.
    Raises ProofRefused: a tile of the edge is missing or of another length, a leaf not 32 bytes.
    """
    if any(len(leaf) != HASH_BYTES for leaf in leaves):
        raise ProofRefused(Step.HASH)
    held = {(tile.level, tile.index): _edge_tile(edge, tile) for tile in right_edge(size)}
    grown: dict[tuple[int, int], bytes] = {}
    level, added = 0, b"".join(leaves)
    while added:
        index = size >> _HEIGHT * (level + 1)
        hashes = held.get((level, index), b"") + added
        above = []
        for begin in range(0, len(hashes), TILE_BYTES_MAX):
            grown[level, index] = content = hashes[begin : begin + TILE_BYTES_MAX]
            if len(content) == TILE_BYTES_MAX:
                above.append(_root(content))
            index += 1
        level, added = level + 1, b"".join(above)
    return grown


def node_reader(tiles: Tiles) -> Node:
    """Nodes of every tree whose tiles these are, for `inclusion_path` and `consistency_path`.

    A tile may be longer than the tree's own. The nodes raise ProofRefused where a tile is missing,
    has too few hashes or is no multiple of 32 bytes.
    """

    def node(start: int, end: int) -> bytes:
        return root_of_peaks(_peak_hashes(tiles, start, end))

    return node


def root_from(size: int, tiles: Tiles) -> bytes:
    """The root of the tree of `size` leaves, from the tiles of `right_edge(size)`.

    Raises ProofRefused as the nodes of `node_reader` do.
    """
    return root_of_peaks(_peak_hashes(tiles, 0, size))


def inclusion_tiles(index: int, size: int) -> list[Tile]:
    """The tiles that `inclusion_path(index, size, …)` reads. Raises ProofRefused: no such leaf."""
    return _tiles_read(size, lambda node: inclusion_path(index, size, node))


def consistency_tiles(old_size: int, new_size: int) -> list[Tile]:
    """The tiles that `consistency_path(old_size, new_size, …)` reads. Raises ProofRefused."""
    return _tiles_read(new_size, lambda node: consistency_path(old_size, new_size, node))


def _tiles_read(size: int, prove: Callable[[Node], object]) -> list[Tile]:
    """The tiles of the tree of `size` leaves that a proof reads, found by making it of nothing."""
    read: set[tuple[int, int]] = set()

    def node(start: int, end: int) -> bytes:
        read.update(_place(begin, height)[:2] for begin, height in _peaks(start, end))
        return b""

    prove(node)
    return sorted(_tile(level, index, size) for level, index in read)


def _tile(level: int, index: int, size: int) -> Tile:
    width = (size >> _HEIGHT * level) - TILE_WIDTH * index
    return Tile(level, index, min(width, TILE_WIDTH))


def _peaks(start: int, end: int) -> Iterator[tuple[int, int]]:
    """First leaf and height of the complete subtrees of [start, end), the largest first."""
    count = end - start
    if count < 0 or start % (1 << max(count - 1, 0).bit_length()):
        raise ValueError(f"no subtree has the leaves {start} to {end}")
    while count:
        height = count.bit_length() - 1
        yield start, height
        start, count = start + (1 << height), count - (1 << height)


def _place(start: int, height: int) -> tuple[int, int, int]:
    """Level and index of the tile that a complete subtree is read from, and the first hash there.

    Its `2^(height mod 8)` hashes are those of the lowest level that still has them in one tile.
    """
    level = height // _HEIGHT
    return level, *divmod(start >> _HEIGHT * level, TILE_WIDTH)


def _peak_hashes(tiles: Tiles, start: int, end: int) -> list[bytes]:
    hashes = []
    for begin, height in _peaks(start, end):
        level, index, first = _place(begin, height)
        content = tiles.get((level, index))
        if content is None:
            raise ProofRefused(Step.TILE_MISSING, f"{level}/{index}")
        last = first + (1 << height % _HEIGHT)
        if not last * HASH_BYTES <= len(content) <= TILE_BYTES_MAX or len(content) % HASH_BYTES:
            raise ProofRefused(Step.TILE_LENGTH, f"{level}/{index}: {len(content)} B")
        hashes.append(_root(content[first * HASH_BYTES : last * HASH_BYTES]))
    return hashes


def _edge_tile(edge: Tiles, tile: Tile) -> bytes:
    content = edge.get((tile.level, tile.index))
    if content is None:
        raise ProofRefused(Step.TILE_MISSING, f"{tile.level}/{tile.index}")
    if len(content) != tile.width * HASH_BYTES:
        raise ProofRefused(Step.TILE_LENGTH, f"{tile.level}/{tile.index}: {len(content)} B")
    return content


def _root(hashes: bytes) -> bytes:
    """The root over a power of two of hashes that stand one behind the other."""
    pair = 2 * HASH_BYTES
    while len(hashes) > HASH_BYTES:
        cuts = range(0, len(hashes), pair)
        hashes = b"".join([sha256(b"\x01" + hashes[at : at + pair]).digest() for at in cuts])
    return hashes

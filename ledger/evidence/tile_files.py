"""What a tiled log serves (c2sp.org/tlog-tiles): the paths of tiles, and bundles of entries.

Pure. `tile/<level>/<index>[.p/<width>]` are hashes, `tile/entries/<index>[.p/<width>]` the entries
behind a tile of level 0. An index is written in groups of three digits, 1234067 as `x001/x234/067`;
the width stands only where it is not 256.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from ledger.evidence.refusals import ProofRefused, Step

TILE_WIDTH: Final = 256
INDEX_MAX: Final = 2**55 - 1  # of a tree of 2^63 leaves
ENTRY_BYTES_MAX: Final = 2**16 - 1

_LEVEL: Final = re.compile(r"tile/([0-9]|[1-5][0-9]|6[0-3])/")
_ENTRIES: Final = "tile/entries/"
_PLACE: Final = re.compile(r"((?:x[0-9]{3}/){0,5}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")


@dataclass(frozen=True, slots=True, order=True)
class Tile:
    """`width`, 1..256, hashes of a level; they begin with that of the place `256 × index`."""

    level: int
    index: int
    width: int

    @property
    def path(self) -> str:
        """Where the tile is served, without a leading slash."""
        return f"tile/{self.level}/{_place(self.index, self.width)}"

    @classmethod
    def parse(cls, path: str) -> "Tile":
        """The tile with this very path. Raises ProofRefused: another spelling, or none."""
        found = _LEVEL.match(path)
        if not found:
            raise ProofRefused(Step.TILE_PATH)
        return cls(int(found[1]), *_parse_place(path[found.end() :]))


@dataclass(frozen=True, slots=True)
class EntryBundle:
    """`width`, 1..256, entries of the log; the first is that of the leaf `256 × index`."""

    index: int
    width: int

    @property
    def path(self) -> str:
        """Where the bundle is served, without a leading slash."""
        return _ENTRIES + _place(self.index, self.width)

    @classmethod
    def parse(cls, path: str) -> "EntryBundle":
        """The bundle with this very path. Raises ProofRefused: another spelling, or none."""
        if not path.startswith(_ENTRIES):
            raise ProofRefused(Step.TILE_PATH)
        return cls(*_parse_place(path.removeprefix(_ENTRIES)))

    def read(self, content: bytes) -> list[bytes]:
        """The entries in `content`, exactly `width`. Raises ProofRefused: more, fewer, or cut."""
        entries: list[bytes] = []
        at = 0
        while at < len(content) and len(entries) < self.width:
            begin = at + 2
            at = begin + int.from_bytes(content[at:begin], "big")
            entries.append(content[begin:at])
        # Cut anywhere, the last entry ends behind the content.
        if at != len(content) or len(entries) != self.width:
            raise ProofRefused(Step.ENTRIES, f"{len(entries)} / {self.width}")
        return entries


def encode_entries(entries: Iterable[bytes]) -> bytes:
    """The content of a bundle: each entry after its length, two bytes, big-endian.

    Raises ProofRefused: an entry has more than `ENTRY_BYTES_MAX` bytes.
    """
    parts = []
    for entry in entries:
        if len(entry) > ENTRY_BYTES_MAX:
            raise ProofRefused(Step.ENTRIES, f"{len(entry)} > {ENTRY_BYTES_MAX} B")
        parts += [len(entry).to_bytes(2, "big"), entry]
    return b"".join(parts)


def _place(index: int, width: int) -> str:
    *upper, last = (group.zfill(3) for group in f"{index:,}".split(","))
    path = "".join(f"x{group}/" for group in upper) + last
    return path if width == TILE_WIDTH else f"{path}.p/{width}"


def _parse_place(text: str) -> tuple[int, int]:
    found = _PLACE.fullmatch(text)
    if not found:
        raise ProofRefused(Step.TILE_PATH)
    index, width = int(re.sub("[x/]", "", found[1])), int(found[2] or TILE_WIDTH)
    # Written again it must be the same: no group of zeros before the first, no width 256.
    if index > INDEX_MAX or width > TILE_WIDTH or _place(index, width) != text:
        raise ProofRefused(Step.TILE_PATH)
    return index, width

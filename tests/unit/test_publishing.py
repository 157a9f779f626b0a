"""Two processes sign one log in turns; what either showed is never taken back."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha256
from typing import cast

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.evidence.checkpoint import Checkpoint, SignedCheckpoint, sign
from ledger.evidence.log_ports import LogStore
from ledger.evidence.merkle import root_of
from ledger.evidence.publishing import LogBehind, LogKey, Publisher
from ledger.evidence.tile_files import Tile
from ledger.evidence.tiles import grow

KEY = LogKey("izin-defteri/123456/made-up", Ed25519PrivateKey.from_private_bytes(bytes(32)))
LEAVES = [sha256(bytes([number])).digest() for number in range(20)]


class Tree:
    """Tiles and the newest checkpoint, as both processes see them."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.last: SignedCheckpoint | None = None

    def tree_size(self) -> int:
        return self.size

    def tiles(self, wanted: Sequence[Tile]) -> Mapping[tuple[int, int], bytes]:
        return grow(0, {}, LEAVES[: self.size])

    def last_checkpoint(self) -> SignedCheckpoint | None:
        return self.last

    def keep_checkpoint(self, made: SignedCheckpoint) -> None:
        self.last = made


class Place:
    """The second place; `meanwhile` is what another process does before this one's turn."""

    def __init__(self) -> None:
        self.kept: SignedCheckpoint | None = None
        self.meanwhile: Callable[[], None] = lambda: None

    def read(self) -> SignedCheckpoint | None:
        return self.kept

    @contextmanager
    def turn(self) -> Iterator[None]:
        self.meanwhile()
        yield

    def write(self, made: SignedCheckpoint) -> None:
        self.kept = made


def signed(size: int) -> SignedCheckpoint:
    return sign(Checkpoint(KEY.origin, size, root_of(LEAVES[:size])), KEY.private)


@pytest.fixture
def tree() -> Tree:
    return Tree(5)


@pytest.fixture
def place() -> Place:
    return Place()


@pytest.fixture
def publisher(tree: Tree, place: Place) -> Publisher:
    return Publisher(cast(LogStore, tree), place, lambda: KEY)


def test_another_process_may_have_signed_more_meanwhile(
    tree: Tree, place: Place, publisher: Publisher
) -> None:
    def other_process() -> None:
        tree.size = 9
        place.kept = signed(9)

    place.meanwhile = other_process

    assert publisher.publish() == signed(9)
    assert (place.kept, tree.last) == (signed(9), signed(9))


def test_what_was_signed_and_not_yet_kept_is_signed_again(
    tree: Tree, place: Place, publisher: Publisher
) -> None:
    place.kept = signed(5)  # then the process died

    assert publisher.publish() == tree.last == signed(5)


def test_a_tree_behind_what_was_signed_is_not_signed(
    tree: Tree, place: Place, publisher: Publisher
) -> None:
    place.kept = signed(9)

    with pytest.raises(LogBehind):
        publisher.publish()

    assert (place.kept, tree.last) == (signed(9), None)


def test_what_another_key_signed_is_told_apart(place: Place, publisher: Publisher) -> None:
    other = Ed25519PrivateKey.from_private_bytes(b"another".ljust(32, b"."))
    place.kept = sign(Checkpoint(KEY.origin, 5, root_of(LEAVES[:5])), other)

    with pytest.raises(LogBehind, match="another key"):
        publisher.publish()

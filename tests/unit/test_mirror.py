"""A copy of somebody's log: what it takes over, and each lie it refuses by name."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ledger.evidence.checkpoint import SignedCheckpoint
from ledger.evidence.note import VerifierKey
from ledger.evidence.refusals import ProofRefused, Step
from ledger.proving.log_folder import CopyRefused, CopyStep, LogFolder
from ledger.proving.mirror import Mirrored, mirror
from tests.unit.made_log import KEY, OTHER_PRIVATE, MadeLog, named

SIZE = 600  # two tiles, a part of a third, and one above
SMALL = 300


@pytest.fixture
def log() -> MadeLog:
    made = MadeLog()
    made.restrict_many(0, SMALL - 1)
    return made


def grow(log: MadeLog) -> None:
    log.restrict_many(100, 400)
    assert len(log.entries) == SIZE


def copy(source: Path, to: Path, key: VerifierKey = KEY) -> Mirrored:
    return mirror(LogFolder(source), LogFolder(to), key)


def refusal(source: Path, to: Path, key: VerifierKey = KEY) -> CopyRefused:
    with pytest.raises(CopyRefused) as caught:
        copy(source, to, key)
    return caught.value


def files_in(folder: Path) -> dict[str, bytes]:
    files = [file for file in folder.rglob("*") if file.is_file()]
    return {str(file.relative_to(folder)): file.read_bytes() for file in files}


def test_the_copy_holds_what_the_log_shows(log: MadeLog, tmp_path: Path) -> None:
    source, to = log.write(tmp_path / "log"), tmp_path / "copy"

    done = copy(source, to)

    assert (done.size, done.added, done.findings, done.maps) == (SMALL, SMALL, [], [])
    assert done.root == SignedCheckpoint.parse(log.note()).tree.root
    assert files_in(to) == {**files_in(source), "log.vkey": f"{KEY.vkey}\n".encode()}
    modes = {file.stat().st_mode & 0o777 for file in to.rglob("*")}
    assert (to.stat().st_mode & 0o777, modes) == (0o700, {0o700, 0o600})


def test_the_copy_grows_and_fetches_only_what_is_new(log: MadeLog, tmp_path: Path) -> None:
    source, to = log.write(tmp_path / "log"), tmp_path / "copy"
    copy(source, to)
    grow(log)
    log.write(source)
    for path in ("tile/0/000", "tile/entries/000"):
        (source / path).unlink()

    done = copy(source, to)

    assert (done.size, done.added, done.is_sound) == (SIZE, SIZE - SMALL, True)
    assert set(dict(log.files())) <= set(files_in(to))


def test_the_same_again_changes_nothing(log: MadeLog, tmp_path: Path) -> None:
    source, to = log.write(tmp_path / "log"), tmp_path / "copy"
    first = copy(source, to)
    before = files_in(to)

    again = copy(source, to)

    assert (again.added, again.root, files_in(to)) == (0, first.root, before)


def test_what_a_killed_run_left_is_gone_on_with(log: MadeLog, tmp_path: Path) -> None:
    source, to = log.write(tmp_path / "log"), tmp_path / "copy"
    copy(source, to)
    (to / "checkpoint").unlink()
    (to / "tile/entries/000").unlink()
    (to / "tile/entries/.000.draft").write_bytes(b"half")

    assert copy(source, to).is_sound
    assert files_in(to).keys() == {*files_in(source), "log.vkey"}


def test_two_at_once_do_not_write_to_one_copy(log: MadeLog, tmp_path: Path) -> None:
    source, to = log.write(tmp_path / "log"), tmp_path / "copy"

    with LogFolder(to).turn(KEY):
        assert refusal(source, to).step is CopyStep.BUSY


def change_entry(source: Path) -> None:
    bundle = source / "tile/entries/000"
    bundle.write_bytes(bundle.read_bytes().replace(b"user:clerk", b"user:clark", 1))


def cut_entries(source: Path) -> None:
    bundle = source / "tile/entries/000"
    bundle.write_bytes(bundle.read_bytes()[:-1])


def change_hash(source: Path) -> None:
    tile = source / "tile/0/000"
    tile.write_bytes(bytes(32) + tile.read_bytes()[32:])


def cut_tile(source: Path) -> None:
    tile = source / "tile/0/000"
    tile.write_bytes(tile.read_bytes()[:-32])


def change_edge(source: Path) -> None:
    (source / "tile/1/000.p/1").write_bytes(bytes(32))


def lose_tile(source: Path) -> None:
    (source / "tile/0/000").unlink()


def lose_entries(source: Path) -> None:
    (source / "tile/entries/001.p/44").unlink()


def lose_checkpoint(source: Path) -> None:
    (source / "checkpoint").unlink()


def swell_tile(source: Path) -> None:
    tile = source / "tile/0/000"
    tile.write_bytes(tile.read_bytes() + bytes(32))


LIES: dict[Callable[[Path], None], CopyStep] = {
    change_entry: CopyStep.ENTRIES,
    cut_entries: CopyStep.ENTRIES,
    change_hash: CopyStep.TILE,
    cut_tile: CopyStep.TILE,
    change_edge: CopyStep.ROOT,
    lose_tile: CopyStep.MISSING,
    lose_entries: CopyStep.MISSING,
    lose_checkpoint: CopyStep.MISSING,
    swell_tile: CopyStep.LENGTH,
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_refused_by_name_and_leaves_no_mark(
    log: MadeLog, tmp_path: Path, lie: Callable[[Path], None]
) -> None:
    source, to = log.write(tmp_path / "log"), tmp_path / "copy"
    lie(source)

    assert refusal(source, to).step is LIES[lie]

    # What was taken over before is right: the honest log goes on from it.
    log.write(source)
    assert copy(source, to).is_sound


@pytest.mark.parametrize("path", ["tile/0/000", "tile/entries/000"])
def test_damage_to_the_copy_is_told_from_a_lie(log: MadeLog, tmp_path: Path, path: str) -> None:
    source, to = log.write(tmp_path / "log"), tmp_path / "copy"
    copy(source, to)
    content = bytearray((to / path).read_bytes())
    content[100] ^= 1
    (to / path).write_bytes(content)

    refused = refusal(source, to)

    assert (refused.step, path in str(refused)) == (CopyStep.KEPT, True)
    (to / path).unlink()
    assert copy(source, to).is_sound


def test_another_log_does_not_come_into_the_copy(log: MadeLog, tmp_path: Path) -> None:
    source, to = log.write(tmp_path / "log"), tmp_path / "copy"
    copy(source, to)
    other = MadeLog(OTHER_PRIVATE)
    theirs = other.write(tmp_path / "other")

    assert refusal(theirs, to, other.key).step is CopyStep.FOREIGN
    with pytest.raises(ProofRefused) as caught:
        copy(theirs, to)
    assert caught.value.step is Step.ORIGIN


def test_a_key_from_elsewhere_decides(log: MadeLog, tmp_path: Path) -> None:
    source = log.write(tmp_path / "log")
    forged = VerifierKey(KEY.name, KEY.signature_type, named(OTHER_PRIVATE).public_key)

    with pytest.raises(ProofRefused) as caught:
        copy(source, tmp_path / "copy", forged)

    assert caught.value.step is Step.SIGNATURES


def test_a_smaller_tree_is_refused_and_kept_aside(log: MadeLog, tmp_path: Path) -> None:
    source, to = log.write(tmp_path / "log"), tmp_path / "copy"
    copy(source, to)
    log.entries.pop()
    log.write(source)

    refused = refusal(source, to)

    assert (refused.step, "300 → 299" in str(refused)) == (CopyStep.SMALLER, True)
    assert (to / "checkpoint.refused").read_bytes() == log.note()


@pytest.mark.parametrize("is_longer", [False, True])
def test_a_fork_is_refused_and_kept_aside(log: MadeLog, tmp_path: Path, is_longer: bool) -> None:
    source, to = log.write(tmp_path / "log"), tmp_path / "copy"
    copy(source, to)
    kept = (to / "checkpoint").read_bytes()
    log.entries[7] = log.entries[7].replace(b"user:clerk", b"user:clark")
    if is_longer:
        grow(log)
    log.write(source)

    refused = refusal(source, to)

    assert refused.step is CopyStep.FORK
    assert (to / "checkpoint.refused").read_bytes() == log.note()
    assert (to / "checkpoint").read_bytes() == kept


def test_wrong_tiles_are_no_fork(log: MadeLog, tmp_path: Path) -> None:
    source, to = log.write(tmp_path / "log"), tmp_path / "copy"
    copy(source, to)
    grow(log)
    log.write(source)
    tile = source / "tile/0/001"
    tile.write_bytes(bytes(32) + tile.read_bytes()[32:])

    assert refusal(source, to).step is CopyStep.ROOT
    assert not (to / "checkpoint.refused").exists()


def test_a_log_that_is_empty_has_an_empty_copy(tmp_path: Path) -> None:
    log = MadeLog()
    log.entries.clear()
    to = tmp_path / "copy"

    done = copy(log.write(tmp_path / "log"), to)

    assert (done.size, done.findings) == (0, ["the log was opened under another name or key"])

"""A log written out as files, and what a second person gets out of them without the database."""

import json
from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from pathlib import Path

import psycopg
import pytest

from ledger import bootstrap
from ledger.application import ConsentLedger
from ledger.bootstrap import Home
from ledger.errors import LedgerError
from ledger.evidence.checkpoint import Checkpoint, SignedCheckpoint, sign
from ledger.evidence.log_book import LogBook
from ledger.evidence.merkle import check_consistency, consistency_path
from ledger.evidence.note import VerifierKey
from ledger.evidence.refusals import ProofRefused
from ledger.evidence.tiles import node_reader
from ledger.proving.exporting import Exported, export
from ledger.proving.log_folder import CopyRefused, CopyStep, LogFolder
from ledger.proving.mirror import mirror
from ledger.settings import Settings
from tests.integration.acts import IYS_CODE, a_request
from tests.unit.made_log import MadeLog


def record(ledger: ConsentLedger, begin: int, end: int) -> None:
    ledger.record([a_request(number) for number in range(begin, end)])


def write_out(home: Home, folder: Path, *, with_entries: bool = True) -> Exported:
    shown = home.logs.keeper(IYS_CODE).show()
    assert shown is not None
    book, key = LogBook(home.logs.tables(IYS_CODE)), home.logs.public_key(IYS_CODE)
    return export(book, shown, key, LogFolder(folder), with_entries=with_entries)


def read_checkpoint(folder: Path) -> SignedCheckpoint:
    return SignedCheckpoint.parse((folder / "checkpoint").read_bytes())


def second_person(folder: Path, size: int) -> bytes:
    """The root of the first entries, in the words of RFC 9162 alone."""
    entries: list[bytes] = []
    while len(entries) < size:
        name = f"{len(entries) // 256:03}"
        bundle = folder / "tile/entries" / name
        if not bundle.exists():
            (bundle,) = (folder / "tile/entries" / f"{name}.p").iterdir()
        content = bundle.read_bytes()
        while content:
            length = int.from_bytes(content[:2], "big")
            entries.append(content[2 : 2 + length])
            content = content[2 + length :]
    assert len(entries) == size

    def root(leaves: list[bytes]) -> bytes:
        if len(leaves) == 1:
            return sha256(b"\x00" + leaves[0]).digest()
        half = 1
        while 2 * half < len(leaves):
            half *= 2
        return sha256(b"\x01" + root(leaves[:half]) + root(leaves[half:])).digest()

    return root(entries)


def tiles_in(folder: Path) -> Mapping[tuple[int, int], bytes]:
    """The longest of each, by level and number."""
    tiles: dict[tuple[int, int], bytes] = {}
    for file in sorted(folder.glob("tile/[0-9]*/**/*")):
        if file.is_file():
            level, number, *_ = file.relative_to(folder / "tile").parts
            place = int(level), int(number[:3])
            tiles[place] = max(file.read_bytes(), tiles.get(place, b""), key=len)
    return tiles


def test_a_second_person_s_replay_reaches_the_same_root(
    home: Home, ledger: ConsentLedger, tmp_path: Path
) -> None:
    record(ledger, 0, 300)
    home.logs.keeper(IYS_CODE).note_heads(date(2026, 11, 24))
    record(ledger, 200, 700)
    home.logs.keeper(IYS_CODE).note_heads(date(2026, 11, 25))

    done = write_out(home, tmp_path / "log")

    shown = read_checkpoint(tmp_path / "log")
    vkey = (tmp_path / "log" / "log.vkey").read_text().strip()
    shown.check(VerifierKey.parse(vkey))
    assert (shown.tree.size, shown.tree.root) == (done.size, done.root)
    assert second_person(tmp_path / "log", done.size) == done.root

    key = home.logs.public_key(IYS_CODE)
    copied = mirror(LogFolder(tmp_path / "log"), LogFolder(tmp_path / "copy"), key)
    assert (copied.root, copied.size, copied.is_sound) == (done.root, done.size, True)
    assert [one.is_true for one in copied.maps] == [True, True]


def test_two_checkpoints_are_shown_consistent_by_tile_files_alone(
    home: Home, ledger: ConsentLedger, tmp_path: Path
) -> None:
    record(ledger, 0, 300)
    write_out(home, tmp_path, with_entries=False)
    old = read_checkpoint(tmp_path).tree
    record(ledger, 300, 700)
    write_out(home, tmp_path, with_entries=False)
    new = read_checkpoint(tmp_path).tree

    path = consistency_path(old.size, new.size, node_reader(tiles_in(tmp_path)))

    check_consistency(
        path, old_size=old.size, old_root=old.root, new_size=new.size, new_root=new.root
    )
    with pytest.raises(ProofRefused):
        check_consistency(
            path, old_size=old.size, old_root=bytes(32), new_size=new.size, new_root=new.root
        )
    assert not (tmp_path / "tile/entries").exists()


def test_what_was_written_before_is_left_alone(
    home: Home, ledger: ConsentLedger, tmp_path: Path
) -> None:
    folder = tmp_path / "log"
    record(ledger, 0, 600)
    first = write_out(home, folder)
    files = [file for file in folder.rglob("*") if file.is_file()]
    before = {file: file.stat().st_ino for file in files if "tile" in str(file)}
    (folder / "tile/0/001").unlink()  # as a run that was stopped would have left it
    (folder / "checkpoint").unlink()

    again = write_out(home, folder)

    assert (again.size, again.root, again.written) == (first.size, first.root, 1)
    changed = {file for file, number in before.items() if file.stat().st_ino != number}
    assert changed <= {folder / "tile/0/001"}
    assert {file.stat().st_mode & 0o777 for file in folder.rglob("*")} == {0o700, 0o600}
    assert second_person(folder, again.size) == again.root


def test_the_entries_name_nobody(home: Home, ledger: ConsentLedger, tmp_path: Path) -> None:
    record(ledger, 0, 50)

    write_out(home, tmp_path)

    content = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert b"90501" not in content
    (bundle,) = (tmp_path / "tile/entries/000.p").iterdir()
    first = bundle.read_bytes()[2:]
    assert json.loads(first[: first.index(b'"v":1}') + 6])["type"] == "ledger.opened"


def test_another_log_s_folder_is_left_alone(
    home: Home, ledger: ConsentLedger, tmp_path: Path
) -> None:
    other = MadeLog()
    with LogFolder(tmp_path).turn(other.key):
        pass

    with pytest.raises(CopyRefused) as caught:
        write_out(home, tmp_path)

    assert caught.value.step is CopyStep.FOREIGN


def test_a_folder_with_more_than_the_log_is_left_alone(
    home: Home, ledger: ConsentLedger, tmp_path: Path
) -> None:
    record(ledger, 0, 10)
    old = home.logs.keeper(IYS_CODE).show()
    assert old is not None
    record(ledger, 10, 20)
    write_out(home, tmp_path)
    book, key = LogBook(home.logs.tables(IYS_CODE)), home.logs.public_key(IYS_CODE)

    with pytest.raises(CopyRefused) as caught:
        export(book, old, key, LogFolder(tmp_path), with_entries=True)

    assert caught.value.step is CopyStep.SMALLER


@pytest.mark.damaging
def test_a_folder_with_other_events_than_the_log_is_left_alone(
    home: Home, ledger: ConsentLedger, tmp_path: Path
) -> None:
    record(ledger, 0, 10)
    write_out(home, tmp_path)
    record(ledger, 10, 20)
    shown = home.logs.keeper(IYS_CODE).show()
    assert shown is not None
    with psycopg.connect(home.dsn, options=f"-c search_path=sp_{IYS_CODE}") as owner:
        owner.execute("UPDATE log_tiles SET hashes = sha256('x') || substr(hashes, 33)")
    book, key = LogBook(home.logs.tables(IYS_CODE)), home.logs.public_key(IYS_CODE)

    with pytest.raises(CopyRefused) as caught:
        export(book, shown, key, LogFolder(tmp_path), with_entries=True)

    assert caught.value.step is CopyStep.FORK


def test_a_log_that_went_on_after_a_backup_is_copied_anew_and_says_where(
    home: Home, settings: Settings, ledger: ConsentLedger, tmp_path: Path
) -> None:
    record(ledger, 0, 10)
    write_out(home, tmp_path / "before")
    size = read_checkpoint(tmp_path / "before").tree.size
    key, place = home.logs.key(IYS_CODE), home.logs.second_place(IYS_CODE)
    ahead = Checkpoint(key.origin, size + 1, bytes(32))  # of an event that the backup has not
    with place.turn():
        place.write(sign(ahead, key.private))
    home.logs.recover(IYS_CODE, actor="system:test")
    with bootstrap.home(settings) as again:
        record(again.ledger(IYS_CODE), 10, 20)
        done = write_out(again, tmp_path / "after")

    new_key = home.logs.public_key(IYS_CODE)
    after, copy = LogFolder(tmp_path / "after"), LogFolder(tmp_path / "copy")
    copied = mirror(after, copy, new_key)
    assert (copied.root, copied.is_sound, copied.reopened) == (done.root, True, [size + 1])
    with pytest.raises(CopyRefused) as caught:
        mirror(after, LogFolder(tmp_path / "before"), new_key)
    assert caught.value.step is CopyStep.FOREIGN


@pytest.mark.damaging
@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("DELETE FROM log_tiles WHERE level = 0 AND number = 0", "a tile is missing: tile/0/000"),
        ("DELETE FROM stored_events WHERE position = 7", "events are missing between 0 and 302"),
    ],
)
def test_a_log_with_a_gap_is_not_written_out_as_whole(
    home: Home, ledger: ConsentLedger, tmp_path: Path, damage: str, said: str
) -> None:
    record(ledger, 0, 300)
    home.logs.keeper(IYS_CODE).show()
    with psycopg.connect(home.dsn, options=f"-c search_path=sp_{IYS_CODE}") as owner:
        owner.execute("ALTER TABLE stored_events DISABLE TRIGGER append_only")
        assert owner.execute(damage.encode()).rowcount == 1

    with pytest.raises(LedgerError, match=said):
        write_out(home, tmp_path)

    assert not (tmp_path / "checkpoint").exists()


def test_a_log_of_three_levels_is_copied(tmp_path: Path) -> None:
    log = MadeLog()
    log.entries += [b"%d" % number for number in range(256 * 256 + 300)]
    to = tmp_path / "copy"

    done = mirror(LogFolder(log.write(tmp_path / "log")), LogFolder(to), log.key)

    assert done.size == 1 + 256 * 256 + 300
    for path, content in log.files():
        assert path == "checkpoint" or (to / path).read_bytes() == content
    # None of these entries is an event.
    assert len(done.findings) + done.overflow == done.size - 1
    assert not (to / "checkpoint").exists()

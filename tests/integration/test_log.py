"""The log on a real database: tree, checkpoints, seals, what a restored backup is told."""

import subprocess
from collections.abc import Iterable
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from ledger import bootstrap, clock
from ledger.aggregates.provider_bodies import LedgerHeads
from ledger.application import ConsentLedger
from ledger.bootstrap import Home
from ledger.evidence.canonical import leaf_hash
from ledger.evidence.checkpoint import Checkpoint, sign
from ledger.evidence.ers import (
    EvidenceRecord,
    batch_root,
    check_record,
    evidence_record,
    read_record,
    reduced_hashtree,
    seal_bytes,
)
from ledger.evidence.ers import batch_path as path_in_batch
from ledger.evidence.heads import HeadsMap, heads_leaf
from ledger.evidence.log_book import LogBook
from ledger.evidence.log_ports import HeadsChunk, Seal
from ledger.evidence.merkle import check_consistency, check_inclusion, root_of
from ledger.evidence.publishing import LogBehind
from ledger.evidence.seal import imprint_of
from ledger.evidence.tile_files import TILE_WIDTH, Tile
from ledger.evidence.token_check import check_stored
from ledger.evidence.tokens import read_token
from ledger.proving.keeping import LogKeeper
from ledger.settings import Settings
from tests.integration.acts import IYS_CODE, a_request


@pytest.fixture
def keeper(home: Home) -> LogKeeper:
    return home.logs.keeper(IYS_CODE)


def grow(ledger: ConsentLedger, begin: int, end: int) -> None:
    for first in range(begin, end, 500):
        ledger.record([a_request(number) for number in range(first, min(first + 500, end))])


def states(home: Home) -> list[bytes]:
    with home.database.connection(IYS_CODE) as connection:
        rows = connection.execute("SELECT state FROM stored_events ORDER BY position").fetchall()
    return [state for (state,) in rows]


def test_the_tree_is_that_of_the_stored_bytes(
    home: Home, ledger: ConsentLedger, keeper: LogKeeper
) -> None:
    shown = []
    for begin, end in ((0, 1), (1, 300), (300, 1_000)):
        grow(ledger, begin, end)
        made = keeper.show()
        assert made is not None
        shown.append(made)

    leaves = [leaf_hash(state) for state in states(home)]
    book = LogBook(home.logs.tables(IYS_CODE))
    for made in shown:
        made.check(home.logs.public_key(IYS_CODE))
        assert made.tree.root == root_of(leaves[: made.tree.size])
    last = shown[-1].tree
    for index in (0, 255, 256, last.size - 1):
        path = book.inclusion(index, last.size)
        check_inclusion(path, leaf=leaves[index], index=index, size=last.size, root=last.root)
    old = shown[0].tree
    check_consistency(
        book.consistency(old.size, last.size),
        old_size=old.size,
        old_root=old.root,
        new_size=last.size,
        new_root=last.root,
    )
    assert keeper.show() == shown[-1]
    assert book.tile(Tile(0, 0, TILE_WIDTH)) == b"".join(leaves[:TILE_WIDTH])
    assert book.tile(Tile(0, 0, 7)) == b"".join(leaves[:7])
    assert book.tile(Tile(0, last.size // TILE_WIDTH, TILE_WIDTH)) is None


def test_the_tree_can_be_built_again(home: Home, ledger: ConsentLedger, keeper: LogKeeper) -> None:
    grow(ledger, 0, 700)
    before = keeper.show()
    with home.database.connection(IYS_CODE) as connection:
        kept = connection.execute("SELECT * FROM log_tiles ORDER BY level, number").fetchall()

    home.logs.tree(IYS_CODE).rebuild()

    with home.database.connection(IYS_CODE) as connection:
        again = connection.execute("SELECT * FROM log_tiles ORDER BY level, number").fetchall()
    assert (again, keeper.show()) == (kept, before)


def test_a_seal_covers_what_is_new(
    home: Home, ledger: ConsentLedger, keeper: LogKeeper, tmp_path: Path
) -> None:
    grow(ledger, 0, 10)
    first = keeper.seal()
    assert first is not None
    assert keeper.seal() == first
    grow(ledger, 10, 5_000)
    second = keeper.seal()
    assert second is not None
    store = home.logs.tables(IYS_CODE)

    assert (first.first, second.first) == (0, first.size)
    (stamp,) = store.stamps(second.size)
    token = read_token(stamp.token)
    check_stored(token, imprint_of(second))
    assert store.seal_of(first.size) == first
    assert store.seal_of(first.size + 1) == store.last_seal() == second
    for position in (first.size + 1, first.size + 4_097, second.size):
        record = a_record(store.leaves(second.first, second.size), position, second, stamp.token)
        leaf = leaf_hash(states(home)[position - 1])
        assert check_record(record, leaf) == imprint_of(second)


def a_record(leaves: Iterable[bytes], position: int, seal: Seal, token: bytes) -> EvidenceRecord:
    every = list(leaves)
    index = position - seal.first - 1
    siblings = [*path_in_batch(every, index), sha256(seal.checkpoint).digest()]
    return read_record(evidence_record(token, reduced_hashtree(every[index], siblings)))


def test_openssl_verifies_the_stamp(
    home: Home, ledger: ConsentLedger, keeper: LogKeeper, tmp_path: Path
) -> None:
    grow(ledger, 0, 3)
    seal = keeper.seal()
    assert seal is not None
    (stamp,) = home.logs.tables(IYS_CODE).stamps(seal.size)
    (tmp_path / "seal.bin").write_bytes(seal_bytes(seal.checkpoint, batch_root(seal.roots)))
    (tmp_path / "token.tst").write_bytes(stamp.token)
    root = home.logs.test_root()
    assert root is not None
    (tmp_path / "root.pem").write_bytes(root)
    command = "openssl ts -verify -data seal.bin -in token.tst -token_in -CAfile root.pem"

    said = subprocess.run(command.split(), cwd=tmp_path, capture_output=True, text=True)

    assert said.returncode == 0, said.stderr
    assert "Verification: OK" in said.stdout + said.stderr


def test_the_map_shows_the_end_of_every_stream(
    home: Home, ledger: ConsentLedger, keeper: LogKeeper
) -> None:
    grow(ledger, 0, 600)
    grow(ledger, 0, 3)  # the same acts: nothing new
    event = keeper.note_heads(date(2026, 11, 24))
    assert event is not None
    body = event.body
    grow(ledger, 600, 900)  # later events change nothing in the map
    shown = HeadsMap(home.logs.tables(IYS_CODE), body.size, body.streams)  # type: ignore[attr-defined]

    with home.database.connection(IYS_CODE) as connection:
        rows = connection.execute(
            "SELECT DISTINCT ON (stream) stream FROM stored_events WHERE position <= %s"
            " ORDER BY stream, seq DESC",
            [body.size],  # type: ignore[attr-defined]
        ).fetchall()
    streams = [stream for (stream,) in rows]
    assert body.streams == len(streams)  # type: ignore[attr-defined]
    for place in (0, 1, 254, 255, 256, 257, len(streams) - 1):
        entries = shown.show(streams[place])
        assert streams[place] in [one.head[0] for one in entries]
        indexes = [one.index for one in entries]
        assert indexes == [n for n in (place - 1, place, place + 1) if 0 <= n < len(streams)]
        for one in entries:
            check_inclusion(
                list(one.path),
                leaf=heads_leaf(one.head),
                index=one.index,
                size=one.size,
                root=bytes.fromhex(body.root),  # type: ignore[attr-defined]
            )


def test_a_log_put_back_from_a_backup_is_not_opened(
    home: Home, settings: Settings, ledger: ConsentLedger, keeper: LogKeeper
) -> None:
    grow(ledger, 0, 5)
    made = keeper.show()
    assert made is not None
    place, key = home.logs.second_place(IYS_CODE), home.logs.key(IYS_CODE)
    ahead = Checkpoint(made.tree.origin, made.tree.size + 1, made.tree.root)
    with place.turn():
        place.write(sign(ahead, key.private))

    with bootstrap.home(settings) as again, pytest.raises(LogBehind):
        again.ledger(IYS_CODE)
    grow(ledger, 5, 6)
    with pytest.raises(LogBehind):
        keeper.show()
    assert place.read() == sign(ahead, key.private)


def test_a_map_whose_event_never_came_is_made_again(
    home: Home, ledger: ConsentLedger, keeper: LogKeeper
) -> None:
    grow(ledger, 0, 5)
    tables = home.logs.tables(IYS_CODE)
    size = tables.log_size()
    tables.keep_heads(size, [HeadsChunk(UUID(int=1), bytes(32))])  # then the process died

    event = keeper.note_heads(date(2026, 11, 24))

    assert event is not None
    assert [one.first for one in tables.heads_map(size)] != [UUID(int=1)]


def test_the_same_process_goes_on_after_a_recovery(
    home: Home, ledger: ConsentLedger, keeper: LogKeeper
) -> None:
    grow(ledger, 0, 5)
    made = keeper.show()
    assert made is not None
    place, key = home.logs.second_place(IYS_CODE), home.logs.key(IYS_CODE)
    ahead = Checkpoint(made.tree.origin, made.tree.size + 9, made.tree.root)
    with place.turn():
        place.write(sign(ahead, key.private))

    home.logs.recover(IYS_CODE, actor="system:test")

    grow(home.ledger(IYS_CODE), 5, 9)
    shown = home.logs.keeper(IYS_CODE).show()
    assert shown is not None
    assert shown.tree.origin != made.tree.origin
    shown.check(home.logs.public_key(IYS_CODE))


@pytest.mark.damaging
def test_a_log_with_other_events_is_not_signed(
    home: Home, ledger: ConsentLedger, keeper: LogKeeper
) -> None:
    grow(ledger, 0, 5)
    keeper.show()
    with psycopg.connect(home.dsn) as owner:
        owner.execute("SET search_path = sp_123456")
        owner.execute("ALTER TABLE stored_events DISABLE TRIGGER append_only")
        owner.execute("UPDATE stored_events SET state = state || ' ' WHERE position = 3")
        owner.execute("DELETE FROM followers WHERE name = 'tree'")
        owner.execute("DELETE FROM log_tiles")
        owner.execute("DELETE FROM log_checkpoints")

    with pytest.raises(LogBehind):
        keeper.show()


def test_seals_come_when_they_are_due(
    home: Home, ledger: ConsentLedger, keeper: LogKeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    grow(ledger, 0, 2)
    keeper.show()
    keeper.seal_if_due()
    first = home.logs.tables(IYS_CODE).last_seal()
    assert first is not None
    grow(ledger, 2, 4)
    keeper.show()

    keeper.seal_if_due()
    assert home.logs.tables(IYS_CODE).last_seal() == first
    later = first.sealed_at + timedelta(minutes=16)
    monkeypatch.setattr(keeper, "_now", lambda: later)
    keeper.seal_if_due()

    last = home.logs.tables(IYS_CODE).last_seal()
    assert last is not None
    assert last.size > first.size


def test_a_day_is_mapped_once_when_it_is_over(
    home: Home, ledger: ConsentLedger, keeper: LogKeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    grow(ledger, 0, 2)
    keeper.show()
    keeper.seal_if_due()
    assert keeper.last_heads() is None  # the first day is not over
    tomorrow = clock.now() + timedelta(days=1)
    monkeypatch.setattr(keeper, "_now", lambda: tomorrow)

    keeper.seal_if_due()
    mapped = keeper.last_heads()
    keeper.seal_if_due()

    assert mapped is not None
    assert isinstance(mapped.body, LedgerHeads)
    assert mapped.body.day == clock.now().astimezone(clock.ISTANBUL).date().isoformat()
    assert keeper.last_heads() == mapped
    again = bootstrap_keeper(home)
    monkeypatch.setattr(again, "_now", lambda: tomorrow)
    again.seal_if_due()  # another process
    assert keeper.last_heads() == mapped


def bootstrap_keeper(home: Home) -> LogKeeper:
    """As another process has it."""
    home.forget(IYS_CODE)
    home.logs._keepers.clear()
    return home.logs.keeper(IYS_CODE)

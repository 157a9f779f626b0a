"""The oracle notices each kind of damage to tree, checkpoints, seals, stamps and map of streams."""

from collections.abc import Callable
from datetime import date
from typing import Any

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.aggregates.provider_bodies import LedgerHeads
from ledger.application import ConsentLedger
from ledger.bootstrap import Home
from ledger.evidence.checkpoint import Checkpoint, SignedCheckpoint, sign
from ledger.evidence.heads import heads_root
from tests.integration.acts import IYS_CODE, a_request

FIRST, SIZE = 262, 303
"""What the first seal and the second cover: event 302 is the last act, 303 the map."""
MAP = 303
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


@pytest.fixture
def sealed(home: Home, ledger: ConsentLedger) -> Home:
    """A log with two seals and a map of streams."""
    keeper = home.logs.keeper(IYS_CODE)
    ledger.record([a_request(number) for number in range(260)])
    keeper.seal()
    ledger.record([a_request(number) for number in range(260, 300)])
    keeper.note_heads(date(2026, 11, 24))
    seal = keeper.seal()
    assert seal is not None
    assert (seal.first, seal.size) == (FIRST, SIZE)
    home.follow(IYS_CODE)
    return home


def as_owner(home: Home, statement: str, **parameters: object) -> None:
    """What somebody with the owner's rights does to one row."""
    with psycopg.connect(home.dsn, options=f"-c search_path=sp_{IYS_CODE},izin") as owner:
        for table in ("stored_events", "log_seals", "log_stamps"):
            owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER append_only".encode())
        assert owner.execute(statement.encode(), parameters).rowcount == 1


ZEROS = "decode(repeat('00', 32), 'hex')"
TREE = {
    "a hash changed": (
        f"UPDATE log_tiles SET hashes = overlay(hashes placing {ZEROS} from 1)"
        " WHERE level = 0 AND number = 1",
        [f"tile/0/001.p/{SIZE - 256}: has other hashes than the events"],
    ),
    "a hash above changed": (
        f"UPDATE log_tiles SET hashes = {ZEROS} WHERE level = 1",
        ["tile/1/000.p/1: has other hashes than the events"],
    ),
    "a hash gone": (
        "UPDATE log_tiles SET hashes = substr(hashes, 33) WHERE level = 0 AND number = 0",
        ["tile/0/000: has other hashes than the events"],
    ),
    "a hash too many": (
        f"UPDATE log_tiles SET hashes = hashes || {ZEROS} WHERE level = 0 AND number = 1",
        [f"tile/0/001.p/{SIZE - 256}: has other hashes than the events"],
    ),
    "the newest tile gone": (
        "DELETE FROM log_tiles WHERE level = 0 AND number = 1",
        [f"tile/0/001.p/{SIZE - 256}: is missing"],
    ),
    "a tile gone": (
        "DELETE FROM log_tiles WHERE level = 0 AND number = 0",
        ["tile/0/000: is missing"],
    ),
    "a tile of nothing": (
        f"INSERT INTO log_tiles VALUES (0, 7, {ZEROS})",
        [f"log_tiles: 1 rows have no place in a tree of {SIZE} events"],
    ),
    "a level of nothing": (
        f"INSERT INTO log_tiles VALUES (2, 0, {ZEROS})",
        [f"log_tiles: 1 rows have no place in a tree of {SIZE} events"],
    ),
    "a tree ahead": (
        f"UPDATE followers SET position = {SIZE + 1} WHERE name = 'tree'",
        [f"log_tiles: the tree has {SIZE + 1} events, the log {SIZE}"],
    ),
}
SIGNED = {
    "a checkpoint ahead": (
        f"UPDATE log_checkpoints SET size = {SIZE + 1} WHERE size = {SIZE}",
        [f"checkpoint {SIZE + 1}: is ahead of the log, which has {SIZE}"],
    ),
    "a checkpoint that is none": (
        f"UPDATE log_checkpoints SET note = 'x' WHERE size = {SIZE}",
        [f"checkpoint {SIZE}: not the form of a signed note"],
    ),
    "a checkpoint under another size": (
        f"UPDATE log_checkpoints SET size = 200 WHERE size = {FIRST}",
        [f"checkpoint 200: its note is of {FIRST} events"],
    ),
    "a seal that leaves events out": (
        f"UPDATE log_seals SET first = first + 1 WHERE size = {SIZE}",
        [f"seal {SIZE}: begins behind {FIRST + 1}, not {FIRST}"],
    ),
    "a hash tree changed": (
        f"UPDATE log_seals SET roots = {ZEROS} WHERE size = {SIZE}",
        [
            f"seal {SIZE}: its hash tree is not that of the events",
            f"seal {SIZE}: time stamp 1: the imprint is of something else",
        ],
    ),
    "no hash tree": (
        f"UPDATE log_seals SET roots = '' WHERE size = {SIZE}",
        [
            f"seal {SIZE}: its hash tree is not that of the events",
            f"seal {SIZE}: time stamp 1: not the leaf hashes of a batch: 0",
        ],
    ),
    "no stamp": (
        f"DELETE FROM log_stamps WHERE size = {SIZE}",
        [f"seal {SIZE}: has no time stamp"],
    ),
    "another seal's stamp": (
        f"UPDATE log_stamps SET (token, generated_at) = (SELECT token, generated_at"
        f" FROM log_stamps WHERE size = {FIRST}) WHERE size = {SIZE}",
        [f"seal {SIZE}: time stamp 1: the imprint is of something else"],
    ),
    "a stamp backdated": (
        f"UPDATE log_stamps SET generated_at = generated_at - interval '1 h' WHERE size = {SIZE}",
        [f"seal {SIZE}: time stamp 1: is of another time"],
    ),
}
MAPS = {
    "a root changed": (
        f"UPDATE log_heads SET root = {ZEROS} WHERE number = 1",
        [f"event {MAP}: part 1 of its kept map is another"],
    ),
    "a beginning changed": (
        "UPDATE log_heads SET first = gen_random_uuid() WHERE number = 0",
        [f"event {MAP}: part 0 of its kept map is another"],
    ),
    "the last part gone": (
        "DELETE FROM log_heads WHERE number = 1",
        [f"event {MAP}: part 1 of its kept map is another"],
    ),
    "the first part gone": (
        "DELETE FROM log_heads WHERE number = 0",
        [f"event {MAP}: part 0 of its kept map is another"],
    ),
    "a part too many": (
        "INSERT INTO log_heads SELECT size, 2, first, root FROM log_heads WHERE number = 1",
        [f"event {MAP}: part 2 of its kept map is another"],
    ),
}
DAMAGE = TREE | SIGNED | MAPS


@pytest.mark.damaging
@pytest.mark.parametrize("name", DAMAGE)
def test_fsck_finds(sealed: Home, name: str) -> None:
    statement, findings = DAMAGE[name]
    assert sealed.check(IYS_CODE).is_clean

    as_owner(sealed, statement)

    assert sealed.check(IYS_CODE).findings == findings


def by_another_key(tree: Checkpoint, key: Ed25519PrivateKey) -> bytes:
    return sign(tree, OTHER_KEY).encode()


def of_another_log(tree: Checkpoint, key: Ed25519PrivateKey) -> bytes:
    return sign(Checkpoint("izin-defteri/777777/0", tree.size, tree.root), key).encode()


def of_other_events(tree: Checkpoint, key: Ed25519PrivateKey) -> bytes:
    return sign(Checkpoint(tree.origin, tree.size, bytes(32)), key).encode()


NOTES: dict[Callable[[Checkpoint, Ed25519PrivateKey], bytes], str] = {
    by_another_key: "not signed exactly once by this key: 0",
    of_another_log: "the checkpoint is another log's",
    of_other_events: "its root is not that of the events",
}


@pytest.mark.damaging
@pytest.mark.parametrize("note", NOTES)
def test_fsck_finds_a_note(
    sealed: Home, note: Callable[[Checkpoint, Ed25519PrivateKey], bytes]
) -> None:
    key = sealed.logs.key(IYS_CODE).private
    last = sealed.logs.tables(IYS_CODE).last_checkpoint()
    assert last is not None
    forged = note(last.tree, key)
    as_owner(
        sealed,
        "UPDATE log_checkpoints SET note = %(note)s WHERE size = %(size)s",
        note=forged,
        size=SIZE,
    )
    assert sealed.check(IYS_CODE).findings == [f"checkpoint {SIZE}: {NOTES[note]}"]

    as_owner(
        sealed,
        "UPDATE log_checkpoints SET note = %(note)s WHERE size = %(size)s",
        note=last.encode(),
        size=SIZE,
    )
    as_owner(
        sealed,
        "UPDATE log_seals SET checkpoint = %(note)s WHERE size = %(size)s",
        note=forged,
        size=SIZE,
    )
    assert sealed.check(IYS_CODE).findings == [
        f"seal {SIZE}: {NOTES[note]}",
        f"seal {SIZE}: time stamp 1: the imprint is of something else",
    ]


@pytest.mark.damaging
def test_fsck_finds_a_seal_over_the_signatures_of_others(sealed: Home) -> None:
    last = sealed.logs.tables(IYS_CODE).last_checkpoint()
    assert last is not None
    others = SignedCheckpoint(last.tree, (*last.signatures, *sign(last.tree, OTHER_KEY).signatures))

    as_owner(
        sealed,
        "UPDATE log_seals SET checkpoint = %(it)s WHERE size = %(size)s",
        it=others.encode(),
        size=SIZE,
    )

    assert sealed.check(IYS_CODE).findings == [
        f"seal {SIZE}: its checkpoint has signatures of others",
        f"seal {SIZE}: time stamp 1: the imprint is of something else",
    ]


@pytest.mark.damaging
def test_fsck_finds_whatever_vouched_for_an_event_that_was_changed(sealed: Home) -> None:
    as_owner(
        sealed,
        "UPDATE stored_events SET state = overlay(state placing 'M' from position("
        "'HS_WEB'::bytea in state)) WHERE position = 100",
    )

    findings = sealed.check(IYS_CODE).findings

    for said in (
        "event 100: ",
        "tile/0/000: has other hashes than the events",
        "tile/1/000.p/1: has other hashes than the events",
        f"checkpoint {FIRST}: its root is not that of the events",
        f"checkpoint {SIZE}: its root is not that of the events",
        f"seal {FIRST}: its root is not that of the events",
        f"seal {FIRST}: its hash tree is not that of the events",
        f"seal {SIZE}: its root is not that of the events",
        f"event {MAP}: its root is not that of the streams",
    ):
        assert any(finding.startswith(said) for finding in findings), (said, findings)
    # The second seal's batch begins behind the event.
    assert f"seal {SIZE}: its hash tree is not that of the events" not in findings


@pytest.mark.damaging
def test_fsck_finds_a_log_cut_behind_what_was_sealed(sealed: Home) -> None:
    as_owner(sealed, f"DELETE FROM stored_events WHERE position = {SIZE}")

    assert sealed.check(IYS_CODE).findings[-3:] == [
        f"checkpoint {SIZE}: is ahead of the log, which has {SIZE - 1}",
        f"seal {SIZE}: is ahead of the log, which has {SIZE - 1}",
        f"log_tiles: the tree has {SIZE} events, the log {SIZE - 1}",
    ]


def test_a_tree_behind_the_log_is_clean(sealed: Home, ledger: ConsentLedger) -> None:
    ledger.record([a_request(number) for number in range(300, 800)])

    assert sealed.logs.tables(IYS_CODE).tree_size() == SIZE
    assert sealed.check(IYS_CODE).is_clean


@pytest.mark.damaging
@pytest.mark.parametrize(
    ("changes", "findings"),
    [
        ({"root": "00" * 32}, ["its root is not that of the streams"]),
        ({"streams": 7}, ["says 7 streams, not 302"]),
        ({"size": FIRST}, ["says 302 streams, not 262", "its root is not that of the streams"]),
        ({"size": SIZE + 1}, [f"its map is of {SIZE + 1} events"]),
    ],
    ids=str,
)
def test_fsck_finds_a_false_map(
    sealed: Home, ledger: ConsentLedger, changes: dict[str, object], findings: list[str]
) -> None:
    with sealed.logs.tables(IYS_CODE).heads() as (size, heads):
        made = heads_root(heads)
    stated: dict[str, Any] = {"size": size, "streams": made.streams, "root": made.root.hex()}

    body = LedgerHeads(day="2026-11-25", at="2026-11-25T21:00:00Z", **{**stated, **changes})
    ledger.append_once(body, once="a false map")

    found = sealed.check(IYS_CODE).findings
    assert found[: len(findings)] == [f"event {SIZE + 1}: {text}" for text in findings]


def test_a_log_without_tree_or_seal_is_clean(home: Home, ledger: ConsentLedger) -> None:
    ledger.record([a_request(number) for number in range(10)])

    assert home.check(IYS_CODE).is_clean

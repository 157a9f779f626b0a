"""The oracle on runs of decisions: the leaves that are kept come to the root in the log (C6)."""

from typing import Any, Final

from ledger.aggregates.provider_bodies import DecisionMade
from ledger.evidence.merkle import HASH_BYTES, Tree
from ledger.projections.fsck_report import Report
from ledger.recording.deciding_ports import CHUNK_LEAVES
from ledger.store.database import LedgerConnection
from ledger.store.rows import CHANNEL_NUMBER
from ledger.store.sql import load_blocks

CHUNKS_AT_A_TIME: Final = 64

_SQL: Final = load_blocks("ledger.projections", "fsck.sql")


def check_leaves(
    report: Report, connection: LedgerConnection, position: int, body: DecisionMade
) -> None:
    """Read a run's leaves, chunk by chunk, and compare. `position` is its event's."""
    tree, count, last = Tree(CHUNK_LEAVES), 0, b""
    for expected, (chunk, leaves) in enumerate(_chunks(connection, body)):
        cuts = range(0, len(leaves), HASH_BYTES)
        hashes = [leaves[cut : cut + HASH_BYTES] for cut in cuts]
        in_order = chunk == expected and [last, *hashes] == sorted([last, *hashes])
        if not in_order or count % CHUNK_LEAVES or not 1 <= len(hashes) <= CHUNK_LEAVES:
            report.find(f"event {position}: the leaves of its run are not in their order")
            return
        tree.add(hashes)
        count, last = count + len(hashes), hashes[-1]
    if tree.root().hex() != body.root:
        report.find(f"event {position}: the leaves of its run do not come to its root")
    elif count != sum(body.counts.values()):
        report.find(f"event {position}: its counts are not those of its run's leaves")


def _chunks(connection: LedgerConnection, body: DecisionMade) -> Any:  # rows of a cursor
    key = {"decision": body.decision, "channel": CHANNEL_NUMBER[body.channel]}
    with connection.cursor(name="decision_leaves") as cursor:
        cursor.itersize = CHUNKS_AT_A_TIME
        cursor.execute(_SQL["decision_leaves"], key)
        yield from cursor

"""The tree over one provider's log, its checkpoints, seals and stamps (design.md §9)."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from psycopg import Cursor
from psycopg.errors import LockNotAvailable
from psycopg.rows import TupleRow

from ledger.errors import LedgerBroken, StoreUnavailable
from ledger.evidence.checkpoint import SignedCheckpoint
from ledger.evidence.log_ports import Head, HeadsChunk, KeptStamp, Seal, TsaRecord
from ledger.evidence.merkle import HASH_BYTES
from ledger.evidence.note import VerifierKey
from ledger.evidence.seal import NotSealed
from ledger.evidence.stamps import Stamp
from ledger.evidence.tile_files import TILE_WIDTH, Tile
from ledger.evidence.tiles import grow, right_edge
from ledger.store.database import LOST, Database, connect_alone, schema_of, use
from ledger.store.sql import load_blocks
from ledger.vocabulary import IysCode

SEAL_LOCK: Final = 3161
"""Advisory lock, with the provider's schema: one process seals at a time."""
LAST_STREAM: Final = UUID(int=2**128 - 1)
HEADS_PAGE: Final = 20_000

SQL: Final = load_blocks("ledger.store", "log.sql")


class LogTables:
    """Implements `evidence.log_ports.LogStore`."""

    def __init__(self, dsn: str, database: Database, iys_code: IysCode) -> None:
        self._dsn = dsn
        self._database = database
        self._iys_code = iys_code

    def tree_size(self) -> int:
        """See LogStore."""
        return int(self._read("tree_size")[0][0])

    def log_size(self) -> int:
        """How many events there are."""
        return int(self._read("log_size")[0][0])

    def tiles(self, wanted: Sequence[Tile]) -> Mapping[tuple[int, int], bytes]:
        """See LogStore."""
        rows = self._read("tiles", **_places(wanted))
        return {(level, number): hashes for level, number, hashes in rows}

    def leaves(self, first: int, size: int) -> Iterator[bytes]:
        """See LogStore. Raises LedgerBroken: there are fewer."""
        asked = {"first": first // TILE_WIDTH, "last": (size - 1) // TILE_WIDTH}
        at = first // TILE_WIDTH * TILE_WIDTH
        with (
            self._database.connection(self._iys_code) as connection,
            connection.cursor(name="leaves") as cursor,
        ):
            cursor.execute(SQL["leaves"], asked)
            for (hashes,) in cursor:
                for begin in range(0, len(hashes), HASH_BYTES):
                    if first <= at < size:
                        yield hashes[begin : begin + HASH_BYTES]
                    at += 1
        if at < size:
            raise LedgerBroken(f"the tree has {at} leaves, {size} were to be read")

    def entries(self, first: int, size: int) -> Sequence[bytes]:
        """See LogStore."""
        return [state for (state,) in self._read("entries", after=first, until=size)]

    def last_checkpoint(self) -> SignedCheckpoint | None:
        """See LogStore."""
        rows = self._read("last_checkpoint")
        return SignedCheckpoint.parse(rows[0][0]) if rows else None

    def keep_checkpoint(self, made: SignedCheckpoint) -> None:
        """See LogStore."""
        with self._database.connection(self._iys_code) as connection:
            size = made.tree.size
            connection.execute(SQL["keep_checkpoint"], {"size": size, "note": made.encode()})
            connection.execute(SQL["drop_checkpoints"], {"size": size})

    def cosign(self, cosigned: SignedCheckpoint) -> None:
        """See LogStore."""
        asked = {"size": cosigned.tree.size, "note": cosigned.encode()}
        self._write("cosign", asked)

    def cosignatures(self, size: int) -> bytes:
        """See LogStore."""
        rows = self._read("checkpoint", size=size)
        if not rows:
            return b""
        known = {key.name for key in self.witnesses()}
        lines = SignedCheckpoint.parse(rows[0][0]).signatures
        return "".join(line.text for line in lines if line.name in known).encode()

    def witnesses(self) -> Sequence[VerifierKey]:
        """See LogStore."""
        return [VerifierKey.parse(vkey) for (vkey,) in self._read("witnesses")]

    def add_witness(self, key: VerifierKey, *, by: str) -> bool:
        """Take the signatures of a witness from now on; False where the name is another's."""
        self._write("add_witness", {"name": key.name, "vkey": key.vkey, "by": by})
        return key in self.witnesses()

    def last_seal(self) -> Seal | None:
        """See LogStore."""
        return self._seal("last_seal")

    def seal_of(self, position: int) -> Seal | None:
        """See LogStore."""
        return self._seal("seal_of", position=position)

    def seal_ending(self, size: int) -> Seal | None:
        """See LogStore."""
        return self._seal("seal_ending", size=size)

    def seal_before(self, at: datetime) -> Seal | None:
        """See LogStore."""
        return self._seal("seal_before", at=at)

    def stamps(self, size: int) -> Sequence[KeptStamp]:
        """See LogStore."""
        return [
            KeptStamp(tsa, token, at, tuple(chain), tuple(crls), tuple(missed), by, ends_at)
            for tsa, token, at, chain, crls, missed, by, ends_at in self._read("stamps", size=size)
        ]

    def first_end(self) -> datetime | None:
        """See LogStore."""
        ends: datetime | None = self._read("first_end")[0][0]
        return ends

    def add_seal(self, seal: Seal, tsa: str, stamp: Stamp) -> None:
        """See LogStore."""
        asked = {
            "size": seal.size,
            "first": seal.first,
            "checkpoint": seal.checkpoint,
            "roots": b"".join(seal.roots),
            "sealed_at": seal.sealed_at,
        }
        with self._database.connection(self._iys_code) as connection:
            connection.execute(SQL["keep_checkpoint"], {"size": seal.size, "note": seal.checkpoint})
            if not connection.execute(SQL["add_seal"], asked).rowcount:
                raise NotSealed("another seal was made meanwhile", "bu arada başka mühür yapıldı")
            connection.execute(SQL["add_stamp"], _stamp_columns(seal.size, tsa, stamp))

    def add_stamp(self, size: int, tsa: str, stamp: Stamp) -> None:
        """See LogStore."""
        self._write("add_stamp", _stamp_columns(size, tsa, stamp))

    def refuse_stamp(self, tsa: str, step: str, raw: bytes) -> None:
        """See LogStore."""
        self._write("refuse_stamp", {"tsa": tsa, "step": step, "raw": raw})

    def tsa_record(self, tsa: str) -> TsaRecord:
        """See LogStore."""
        rows = self._read("tsa", tsa=tsa)
        return TsaRecord(*rows[0]) if rows else TsaRecord()

    def keep_tsa_record(self, tsa: str, record: TsaRecord) -> None:
        """See LogStore."""
        kept = {name: getattr(record, name) for name in TsaRecord.__slots__}
        self._write("keep_tsa", {"tsa": tsa, **kept})

    @contextmanager
    def sealing(self, *, is_patient: bool = False) -> Iterator[bool]:
        """See LogStore; at most for `LOCK_TIMEOUT`. The turn ends with its connection, however the
        process ends. Raises StoreUnavailable."""
        asked = {"lock": SEAL_LOCK, "schema": schema_of(self._iys_code)}
        with closing(connect_alone(self._dsn)) as connection:
            try:
                use(connection, self._iys_code)
                wanted = SQL["wait_seal" if is_patient else "try_seal"]
                row = connection.execute(wanted, asked).fetchone()
            except LockNotAvailable:
                row = None
            except LOST as error:
                raise StoreUnavailable("the connection to PostgreSQL was lost") from error
            yield row is not None and bool(row[0])

    @contextmanager
    def heads(self) -> Iterator[tuple[int, Iterator[Head]]]:
        """See LogStore. One snapshot, read page by page."""
        with self._database.connection(self._iys_code) as connection:
            connection.execute(SQL["one_snapshot"])
            row = connection.execute(SQL["log_size"]).fetchone()
            assert row is not None
            with connection.cursor(name="heads", binary=True) as cursor:
                cursor.itersize = HEADS_PAGE
                cursor.execute(SQL["heads"], {"size": row[0]})
                yield row[0], _last_of_each(cursor)

    def keep_heads(self, size: int, chunks: Sequence[HeadsChunk]) -> None:
        """See LogStore."""
        firsts, roots = [one.first for one in chunks], [one.root for one in chunks]
        with self._database.connection(self._iys_code) as connection:
            connection.execute(SQL["drop_heads"], {"size": size})
            connection.execute(SQL["keep_heads"], {"size": size, "firsts": firsts, "roots": roots})

    def heads_map(self, size: int) -> Sequence[HeadsChunk]:
        """See LogStore."""
        return [HeadsChunk(first, root) for first, root in self._read("heads_map", size=size)]

    def heads_between(self, size: int, first: UUID, following: UUID | None) -> Sequence[Head]:
        """See LogStore."""
        last = LAST_STREAM if following is None else UUID(int=following.int - 1)
        rows = self._read("heads_between", size=size, first=first, last=last)
        return [(stream, seq, leaf) for stream, seq, leaf in rows]

    def _seal(self, name: str, **asked: Any) -> Seal | None:  # parameters of a statement
        rows = self._read(name, **asked)
        if not rows:
            return None
        size, first, checkpoint, roots, sealed_at = rows[0]
        cuts = range(0, len(roots), HASH_BYTES)
        parts = tuple(roots[cut : cut + HASH_BYTES] for cut in cuts)
        return Seal(size, first, checkpoint, parts, sealed_at)

    def _read(self, name: str, **asked: Any) -> list[TupleRow]:  # parameters of a statement
        return self._database.read(self._iys_code, SQL[name], asked)

    def _write(self, name: str, asked: Mapping[str, Any]) -> None:  # parameters of a statement
        with self._database.connection(self._iys_code) as connection:
            connection.execute(SQL[name], asked)


def extend_tree(cursor: Cursor[TupleRow], size: int, *, until: int, limit: int) -> int:
    """Take the events behind `size`, up to `until`, into the tiles; how many there were.

    In the caller's transaction, who holds the tree. Raises LedgerBroken: an event is missing.
    """
    bounds = {"after": size, "until": until, "limit": limit}
    row = cursor.execute(SQL["hash_events"], bounds).fetchone()
    assert row is not None
    count, last, together = row
    if not count:
        return 0
    if last != size + count:
        raise LedgerBroken(f"events are missing between {size} and {last}")
    found = cursor.execute(SQL["tiles"], _places(right_edge(size))).fetchall()
    edge = {(level, number): hashes for level, number, hashes in found}
    cuts = range(0, len(together), HASH_BYTES)
    grown = grow(size, edge, [together[cut : cut + HASH_BYTES] for cut in cuts])
    columns = {
        "levels": [level for level, _ in grown],
        "numbers": [number for _, number in grown],
        "hashes": list(grown.values()),
    }
    cursor.execute(SQL["keep_tiles"], columns)
    return int(count)


def empty_tree(cursor: Cursor[TupleRow]) -> None:
    """Remove every tile."""
    cursor.execute(SQL["empty_tiles"])


def _places(tiles: Sequence[Tile]) -> dict[str, list[int]]:
    return {"levels": [one.level for one in tiles], "numbers": [one.index for one in tiles]}


def _stamp_columns(size: int, tsa: str, stamp: Stamp) -> dict[str, Any]:  # of a statement
    return {
        "size": size,
        "tsa": tsa,
        "token": stamp.token.raw,
        "response": stamp.response,
        "generated_at": stamp.token.generated_at,
        "certificates": list(stamp.certificates),
        "crls": list(stamp.crls),
        "crl_failures": list(stamp.crl_failures),
        "verified_by": stamp.verified_by.value,
        "ends_at": stamp.certificate_not_after,
    }


def _last_of_each(rows: Iterator[TupleRow]) -> Iterator[Head]:
    """Of rows sorted by stream and `seq`, the last of each stream."""
    last: Head | None = None
    for stream, seq, leaf in rows:
        if last is not None and last[0] != stream:
            yield last
        last = (stream, seq, leaf)
    if last is not None:
        yield last

"""A log made up from nothing, with the files that another would serve of it: no code of the
product lays them out, hashes tiles or makes maps here."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.aggregates import events
from ledger.aggregates.bodies import Body, RecipientRestricted
from ledger.aggregates.keys import event_id, uuid7
from ledger.aggregates.provider_bodies import LedgerHeads, LedgerOpened
from ledger.evidence.canonical import ZERO_HASH
from ledger.evidence.checkpoint import Checkpoint, sign
from ledger.evidence.merkle import leaf_hash, root_of
from ledger.evidence.note import SignatureType, VerifierKey

PRIVATE = Ed25519PrivateKey.from_private_bytes(b"made up".ljust(32, b"."))
OTHER_PRIVATE = Ed25519PrivateKey.from_private_bytes(b"another".ljust(32, b"."))
FIRST = datetime(2026, 11, 24, 9, tzinfo=UTC)
AT = "2026-11-24T09:00:00Z"
ACTOR = "user:clerk"


def named(private: Ed25519PrivateKey) -> VerifierKey:
    """The name and key of a log."""
    raw = private.public_key().public_bytes_raw()
    origin = f"izin-defteri/123456/{sha256(raw).hexdigest()[:16]}"
    return VerifierKey(origin, SignatureType.NOTE, raw)


KEY = named(PRIVATE)


class MadeLog:
    """Entries that can be added to; `ledger.opened` is there."""

    def __init__(self, private: Ed25519PrivateKey = PRIVATE) -> None:
        self.entries: list[bytes] = []
        self.key = named(private)
        self._private = private
        self._streams: dict[UUID, tuple[int, bytes]] = {}
        self._heads: list[tuple[UUID, int, bytes]] = []
        self.add(self.opening())

    def opening(self, **changes: Any) -> LedgerOpened:
        """Its first event."""
        given = {
            "origin": self.key.name,
            "iys_code": 123456,
            "public_key": self.key.public_key.hex(),
            "formats": {"envelope": 1},
            "software": "made up",
            "at": AT,
            "actor": ACTOR,
        }
        return LedgerOpened(**{**given, **changes})

    def add(self, body: Body, **changes: Any) -> None:
        """One more event; `changes` of its envelope."""
        position = len(self.entries) + 1
        given = {
            "log": self.key.name,
            "recorded": f"{(FIRST + timedelta(seconds=position)).isoformat()[:19]}.000000Z",
            **changes,
        }
        stream = events.stream_of(body, log=given["log"])
        seq, leaf = self._streams.get(stream, (0, b""))
        event = events.frame(
            body,
            commit={},
            event_id=event_id(position, bytes(10)),
            stream=stream,
            position=position,
            **{"seq": seq + 1, "prev": leaf.hex() or ZERO_HASH, **given},
        )
        self._streams[stream] = event.seq, event.leaf_hash
        self._heads.append((stream, event.seq, event.leaf_hash))
        self.entries.append(event.state)

    def restrict(self, number: int, **changes: Any) -> None:
        """An event of the person with this number."""
        subject = str(uuid7(1_000_000 + number, bytes(10)))
        body = RecipientRestricted(subject=subject, grounds=("PROOF",), at=AT, actor=ACTOR)
        self.add(body, **changes)

    def restrict_many(self, first: int, end: int) -> None:
        """An event of each."""
        for number in range(first, end):
            self.restrict(number)

    def map_streams(self, behind: int = 0, **changes: Any) -> None:
        """A map as of the log without its last `behind` events; `changes` of what it says, and of
        when it was recorded."""
        size = len(self.entries) - behind
        heads = {stream: (seq, leaf) for stream, seq, leaf in self._heads[:size]}
        leaves = [
            leaf_hash(stream.bytes + seq.to_bytes(8, "big") + leaf)
            for stream, (seq, leaf) in sorted(heads.items())
        ]
        recorded = {name: changes.pop(name) for name in ("recorded",) if name in changes}
        stated = {"size": size, "streams": len(leaves), "root": root_of(leaves).hex()}
        given: dict[str, Any] = {"day": "2026-11-24", "at": AT, **stated, **changes}
        self.add(LedgerHeads(**given), **recorded)

    def note(self) -> bytes:
        """The checkpoint of all of it."""
        root = root_of([leaf_hash(entry) for entry in self.entries])
        return sign(Checkpoint(self.key.name, len(self.entries), root), self._private).encode()

    def write(self, folder: Path) -> Path:
        """Put its files into a folder."""
        for path, content in self.files():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
        return folder

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Path and content of each."""
        yield "checkpoint", self.note()
        level, hashes = 0, [leaf_hash(entry) for entry in self.entries]
        while hashes:
            runs = [hashes[at : at + 256] for at in range(0, len(hashes), 256)]
            for number, run in enumerate(runs):
                yield f"tile/{level}/{place(number, len(run))}", b"".join(run)
            level, hashes = level + 1, [root_of(run) for run in runs if len(run) == 256]
        for at in range(0, len(self.entries), 256):
            some = self.entries[at : at + 256]
            content = b"".join(len(one).to_bytes(2, "big") + one for one in some)
            yield f"tile/entries/{place(at // 256, len(some))}", content


def place(number: int, width: int) -> str:
    """`000`, `001.p/7`; of logs that need no more digits."""
    return f"{number:03}" if width == 256 else f"{number:03}.p/{width}"

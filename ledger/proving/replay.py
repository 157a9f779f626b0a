"""Replays a log from its entries alone: every event, and every statement about all streams.

Needs no database of the ledger: what a stranger with the entries can check, this checks.
"""

import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import resources
from typing import Final
from uuid import UUID

from ledger.aggregates import events
from ledger.aggregates.events import Event
from ledger.aggregates.provider_bodies import LedgerHeads, LedgerOpened
from ledger.clock import ISTANBUL, from_utc_text
from ledger.errors import LedgerBroken
from ledger.evidence.canonical import ZERO_HASH
from ledger.evidence.heads import heads_root
from ledger.evidence.log_ports import Head
from ledger.evidence.note import VerifierKey
from ledger.proving.log_folder import CopyRefused, CopyStep

FINDINGS_MAX: Final = 100
"""Beyond these they are only counted."""
SKEW: Final = timedelta(seconds=60)
"""Between the clock of who makes a statement and the database's, as the verifier has it."""

_MAP_MARK: Final = f'"type":"{LedgerHeads.TYPE}"'.encode()
_BEGIN, _LAST, _KEEP, _SORTED = re.split(
    "^-- [a-z]+ --$",
    resources.files("ledger.proving").joinpath("mirror.sql").read_text(encoding="utf-8"),
    flags=re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class StatedMap:
    """What the event at `position` says of all streams as of `size` events, for `day`.

    `at`: when the statement was made, None where that is no instant, `day` was still to come, or it
    was recorded before.
    """

    position: int
    day: str
    size: int
    streams: int
    root: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class CheckedMap:
    """A statement and whether the events bear it out."""

    stated: StatedMap
    is_true: bool


def stated_map(state: bytes, position: int) -> StatedMap | None:
    """The statement in an entry, if it is one that can be read."""
    if _MAP_MARK not in state:
        return None
    try:
        event = events.read(state, position)
    except LedgerBroken:
        return None  # the replay finds it
    body = event.body
    if not isinstance(body, LedgerHeads):
        return None
    at = _made_at(body, event.recorded_at)
    return StatedMap(position, body.day, body.size, body.streams, body.root, at)


def _made_at(body: LedgerHeads, recorded_at: datetime) -> datetime | None:
    """The instant of a statement that is about its own time."""
    try:
        at = from_utc_text(body.at)
    except ValueError:
        return None
    is_sound = at <= recorded_at + SKEW and body.day <= at.astimezone(ISTANBUL).date().isoformat()
    return at if is_sound else None


class Replay:
    """Takes the entries in their order; `findings` name position and step, `maps` in order of size.

    `reopened`: where the log went on under another key, after a backup was put back. In memory are
    the maps and one run of entries; the streams lie in a temporary file.
    """

    def __init__(self, key: VerifierKey, stated: Iterable[StatedMap]) -> None:
        self.findings: list[str] = []
        self.overflow = 0
        self.maps: list[CheckedMap] = []
        self.reopened: list[int] = []
        self._key = key
        self._position = 0
        self._recorded = ""
        self._opened: LedgerOpened | None = None
        self._streams = _StreamTable()
        self._stated = sorted(stated, key=lambda one: one.size, reverse=True)

    def take(self, entries: Iterable[bytes]) -> None:
        """The next entries. Raises CopyRefused: the disk is full."""
        for state in entries:
            try:
                event = events.read(state, self._position + 1)
            except LedgerBroken as error:
                self._find(str(error))
                event = None
            self._compare(event)
            self._position += 1
            if event is not None:
                self._look_at(event)
        self._streams.flush()

    def close(self) -> None:
        """After the last entry, and after a failure."""
        for stated in reversed(self._stated):
            self.maps.append(CheckedMap(stated, False))
        self._stated = []
        self._streams.close()
        opened = self._opened
        if opened is None or (opened.origin, opened.public_key) != _named(self._key):
            self._find("the log was opened under another name or key")

    def _look_at(self, event: Event) -> None:
        at = f"event {event.position}"
        match event.body:
            case LedgerOpened(previous_checkpoint=None) if event.position > 1:
                self._find(f"{at}: ledger.opened is event 1 and no other")
            case LedgerOpened():
                self._opened = event.body
                if event.position > 1:
                    self.reopened.append(event.position)
            case _ if event.position == 1:
                self._find(f"{at}: ledger.opened is event 1 and no other")
        if self._opened is None or event.log != self._opened.origin:
            self._find(f"{at}: belongs to another log")
        if event.recorded < self._recorded:
            self._find(f"{at}: recorded goes back")
        self._recorded = event.recorded
        last = self._streams.last(event.stream)
        seq, prev = (0, ZERO_HASH) if last is None else (last[0], last[1].hex())
        if event.seq != seq + 1:
            self._find(f"{at}: seq {event.seq}, {seq + 1} was expected")
        if event.prev != prev:
            self._find(f"{at}: prev is not the former event's hash")
        self._streams.keep(event)

    def _compare(self, following: Event | None) -> None:
        """The maps as of here. What follows was recorded after they were made, as far as it can be
        read: else they would be as of then and leave it out."""
        while self._stated and self._stated[-1].size <= self._position:
            stated = self._stated.pop()
            is_true = stated.size == self._position < stated.position and stated.at is not None
            if is_true and following is not None and stated.at is not None:
                is_true = following.recorded_at >= stated.at - SKEW
            if is_true:
                made = heads_root(self._streams.sorted())
                is_true = (made.streams, made.root.hex()) == (stated.streams, stated.root)
            self.maps.append(CheckedMap(stated, is_true))

    def _find(self, text: str) -> None:
        if len(self.findings) < FINDINGS_MAX:
            self.findings.append(text)
        else:
            self.overflow += 1


def _named(key: VerifierKey) -> tuple[str, str]:
    """As `ledger.opened` has it."""
    return key.name, key.public_key.hex()


class _StreamTable:
    """The last event of every stream. Raises CopyRefused where SQLite cannot go on."""

    def __init__(self) -> None:
        with _refusing():
            self._database = sqlite3.connect("")  # on the disk, gone when it is closed
            self._database.executescript(_BEGIN)
        self._new: dict[bytes, tuple[int, bytes]] = {}

    def last(self, stream: UUID) -> tuple[int, bytes] | None:
        """`seq` and leaf hash."""
        new = self._new.get(stream.bytes)
        if new is not None:
            return new
        with _refusing():
            row: tuple[int, bytes] | None = self._database.execute(
                _LAST, (stream.bytes,)
            ).fetchone()
        return row

    def keep(self, event: Event) -> None:
        """It is the last one of its stream now."""
        self._new[event.stream.bytes] = (event.seq, event.leaf_hash)

    def flush(self) -> None:
        """Write what is new."""
        rows = [(stream, seq, leaf) for stream, (seq, leaf) in self._new.items()]
        with _refusing():
            self._database.executemany(_KEEP, rows)
        self._new = {}

    def sorted(self) -> Iterator[Head]:
        """All of them."""
        self.flush()
        with _refusing():
            for stream, seq, leaf in self._database.execute(_SORTED):
                yield UUID(bytes=stream), seq, leaf

    def close(self) -> None:
        """Drop the table."""
        self._database.close()


@contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise CopyRefused(CopyStep.TABLE) from error

"""Published texts by id and version; a process remembers them, since they never change."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from threading import Lock
from typing import Any, Final

from msgspec import structs
from psycopg import Cursor

from ledger import clock
from ledger.aggregates.bodies import TextReference
from ledger.aggregates.events import Event
from ledger.aggregates.provider_bodies import TextRegistered
from ledger.errors import NotFound
from ledger.recording.text_ports import RegisteredText, TextKind
from ledger.store.database import Database
from ledger.store.sql import load_blocks
from ledger.vocabulary import IysCode

FRESH_SECONDS: Final = 2.0

SQL: Final = load_blocks("ledger.store", "texts.sql")


class TextTable:
    """The tables of one provider. Implements `text_ports.Texts`."""

    def __init__(
        self,
        database: Database,
        iys_code: IysCode,
        *,
        steady_seconds: Callable[[], float] = clock.steady_seconds,
    ) -> None:
        self._database = database
        self._iys_code = iys_code
        self._steady_seconds = steady_seconds
        self._known: dict[tuple[str, str, TextKind], TextReference] = {}
        self._read_at: float | None = None
        self._refreshing = Lock()

    def find(
        self, text_id: str, version: str, /, *, kind: TextKind = TextKind.CONSENT
    ) -> TextReference | None:
        """See text_ports.Texts."""
        return self._known.get((text_id, version, kind))

    def is_aging(self) -> bool:
        """See text_ports.Texts."""
        read_at = self._read_at
        return read_at is None or self._steady_seconds() - read_at > FRESH_SECONDS / 2

    def refresh(self) -> None:
        """See text_ports.Texts."""
        with self._refreshing:
            if self.is_aging():  # else another thread has just done it
                self._refresh()

    def _refresh(self) -> None:
        began = self._steady_seconds()
        self._known = {
            (one.id, one.version, one.kind): TextReference(one.id, one.version, one.sha256)
            for one in self.all()
        }
        self._read_at = began

    def all(self) -> Sequence[RegisteredText]:
        """See text_ports.Texts."""
        return [
            RegisteredText(name, version, TextKind(kind), *rest)
            for name, version, kind, *rest in self._database.read(self._iys_code, SQL["all"], {})
        ]

    def named(self, text_id: str, version: str) -> RegisteredText | None:
        """The text of this name, of whatever kind; waits for PostgreSQL."""
        return next(
            (one for one in self.all() if (one.id, one.version) == (text_id, version)), None
        )

    def keep_content(self, content: bytes) -> None:
        """Keep the bytes of a text, before its event. Safe to repeat."""
        row = {"sha256": hashlib.sha256(content).digest(), "content": content}
        with self._database.connection(self._iys_code) as connection:
            connection.execute(SQL["keep_content"], row)

    def content(self, sha256: str) -> bytes:
        """See text_ports.Texts."""
        rows = self._database.read(self._iys_code, SQL["content"], {"sha256": sha256})
        if not rows:
            raise NotFound("no text has this digest", "bu özetin metni yok")
        content: bytes = rows[0][0]
        return content


def add(cursor: Cursor[Any], registered: Iterable[Event]) -> None:
    """The rows of texts, in the transaction of their events."""
    for event in registered:
        assert isinstance(event.body, TextRegistered)
        cursor.execute(SQL["add"], structs.asdict(registered_text(event.body, event.position)))


def registered_text(body: TextRegistered, position: int) -> RegisteredText:
    """The row that an event comes to."""
    return RegisteredText(
        body.id, body.version, TextKind(body.kind), body.language, body.sha256, position
    )

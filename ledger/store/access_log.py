"""The log of what was shown of personal data: one writer per process, for all providers (R108)."""

import threading
from collections import deque
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import psycopg
import structlog

from ledger import clock
from ledger.errors import LedgerError
from ledger.recording.principals import AccessLogFull
from ledger.store.access import SQL
from ledger.store.database import Database
from ledger.values import Value
from ledger.vocabulary import BrandCode, IysCode

FLUSH_SECONDS: Final = 0.5
FLUSH_NOTES: Final = 1_000
WAITING_MAX: Final = 100_000
RETRY_SECONDS: Final = 1.0
CLOSING_SECONDS_MAX: Final = 20.0

_TYPES: Final = ("timestamptz", "text", "text", "int8", "uuid", "int4", "text")
_log = structlog.get_logger("izin")


class Note(Value, frozen=True, gc=False):
    """One reading. `subject`: whose, where it was one person's; `items`: of how many."""

    at: datetime
    actor: str
    action: str
    brand_code: BrandCode | None
    subject: UUID | None
    items: int
    request_id: str | None


class AccessWriter:
    """Takes notes without waiting; a thread of its own writes them, from the first one on."""

    def __init__(
        self,
        database: Database,
        *,
        now: clock.Clock = clock.now,
        waiting_max: int = WAITING_MAX,
        flush_seconds: float = FLUSH_SECONDS,
    ) -> None:
        self._database = database
        self._now = now
        self._waiting_max = waiting_max
        self._flush_seconds = flush_seconds
        self._waiting: deque[tuple[IysCode, Note]] = deque()
        self._unwritten: dict[IysCode, list[Note]] = {}
        self._unwritten_count = 0
        self._some, self._many = threading.Event(), threading.Event()
        self._closing = threading.Event()
        self._gate = threading.Lock()
        self._thread: threading.Thread | None = None

    def log(self, iys_code: IysCode) -> "ProviderAccessLog":
        """The access log of one provider."""
        return ProviderAccessLog(self._database, iys_code, self)

    def take(
        self,
        iys_code: IysCode,
        actor: str,
        action: str,
        brand_code: BrandCode | None,
        subject: UUID | None,
        items: int,
        request_id: str | None,
    ) -> None:
        """See principals.AccessLog.note."""
        waiting = len(self._waiting) + 1
        if waiting + self._unwritten_count > self._waiting_max or self._closing.is_set():
            raise AccessLogFull("what is read cannot be noted", "okunan, kayda geçirilemiyor")
        note = Note(self._now(), actor, action, brand_code, subject, items, request_id)
        self._waiting.append((iys_code, note))
        if not self._some.is_set():
            self._some.set()
            self._start()
        if waiting >= FLUSH_NOTES:
            self._many.set()

    def close(self) -> None:
        """Write what waits, then stop. Later notes are refused."""
        with self._gate:
            self._closing.set()
            self._many.set()
            self._some.set()
            thread = self._thread
        if thread is not None:
            thread.join(CLOSING_SECONDS_MAX)
        lost = len(self._waiting) + self._unwritten_count
        if lost:
            _log.error("notes of the access log are lost", notes=lost)

    def _start(self) -> None:
        with self._gate:
            if self._thread is None and not self._closing.is_set():
                self._thread = threading.Thread(target=self._run, name="access log", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while not self._closing.is_set():
            self._some.wait()
            self._many.wait(self._flush_seconds)
            self._some.clear()
            self._many.clear()
            if not self._flush():
                self._closing.wait(RETRY_SECONDS)
                self._some.set()
        self._flush()

    def _flush(self) -> bool:
        """Write all that waits; whether all of it is written."""
        while self._waiting:
            iys_code, note = self._waiting.popleft()
            self._unwritten.setdefault(iys_code, []).append(note)
            self._unwritten_count += 1
        for iys_code, notes in list(self._unwritten.items()):
            try:
                self._write(iys_code, notes)
            except (LedgerError, psycopg.Error) as error:
                _log.error("the access log cannot be written", failure=type(error).__name__)
                continue
            del self._unwritten[iys_code]
            self._unwritten_count -= len(notes)
        return not self._unwritten

    def _write(self, iys_code: IysCode, notes: Sequence[Note]) -> None:
        with (
            self._database.connection(iys_code) as connection,
            connection.cursor() as cursor,
            cursor.copy(SQL["copy_notes"]) as copy,
        ):
            copy.set_types(_TYPES)
            for one in notes:
                row = (one.at, one.actor, one.action, one.brand_code, one.subject, one.items)
                copy.write_row((*row, one.request_id))


class ProviderAccessLog:
    """The access log of one provider. Implements `principals.AccessLog`."""

    def __init__(self, database: Database, iys_code: IysCode, writer: AccessWriter) -> None:
        self._database = database
        self._iys_code = iys_code
        self._writer = writer

    def note(
        self,
        actor: str,
        action: str,
        *,
        brand_code: BrandCode | None = None,
        subject: UUID | None = None,
        items: int = 1,
        request_id: str | None = None,
    ) -> None:
        """See principals.AccessLog."""
        self._writer.take(self._iys_code, actor, action, brand_code, subject, items, request_id)

    def newest(
        self,
        limit: int,
        *,
        since: datetime | None = None,
        brand_code: BrandCode | None = None,
    ) -> Sequence[Note]:
        """The last `limit` notes, the newest first."""
        asked = {"since": since, "brand": brand_code, "limit": limit}
        with self._database.connection(self._iys_code) as connection:
            rows = connection.execute(SQL["notes"], asked).fetchall()
        return [Note(*row) for row in rows]

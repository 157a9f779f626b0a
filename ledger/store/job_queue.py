"""Who carries a job out: whoever has its advisory lock, on a connection of its own.

The lock ends with the connection, however that ends. A holder whose connection was lost may go on
without knowing; what it writes of the job is then not taken (`run`), and the ledger takes every row
once, whoever brings it.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any, Final, LiteralString, TextIO
from uuid import UUID

import msgspec
import psycopg

from ledger import clock
from ledger.errors import StoreUnavailable
from ledger.recording.import_ports import ImportJob, JobLost, JobState, TriedDates
from ledger.store.database import LOST, LedgerConnection, connect_alone, use
from ledger.store.import_jobs import SQL, ImportJobTable, TableOf
from ledger.store.uploads import PART, UPLOAD, VERDICTS, job_of
from ledger.vocabulary import IysCode

LOOKED_AT_MAX: Final = 20
"""Open jobs of a provider that are tried at a time: those before are being carried out."""
FAILURES_MAX: Final = 10
DAY_SECONDS: Final = 86_400
FORGOTTEN_MAX: Final = 1_000


class Held:
    """One job. Implements `import_ports.HeldJob`."""

    def __init__(self, connection: LedgerConnection, table: ImportJobTable, job: ImportJob) -> None:
        self.iys_code = table.iys_code
        self.job = job
        self.file: Path = table.files.upload(job.id)
        self._connection = connection
        self._files = table.files

    def progress(self, rows_read: int, rows_total: int | None, verdicts: Mapping[str, int]) -> None:
        """See import_ports.HeldJob."""
        self._note("progress", rows_read=rows_read, rows_total=rows_total, verdicts=_json(verdicts))

    def verdict_file(self) -> AbstractContextManager[TextIO]:
        """See import_ports.HeldJob."""
        return self._files.write_verdicts(self.job.id, self.job.run)

    def done(
        self,
        rows_read: int,
        verdicts: Mapping[str, int],
        import_id: str | None,
        *,
        template: str | None = None,
        tried: TriedDates | None = None,
    ) -> None:
        """See import_ports.HeldJob."""
        self._end(
            JobState.DONE,
            rows_read=rows_read,
            verdicts=_json(verdicts),
            import_id=import_id,
            template=template,
            tried=None if tried is None else msgspec.json.encode(tried).decode(),
        )

    def refused(self, code: str) -> None:
        """See import_ports.HeldJob."""
        self._end(JobState.REFUSED, code=code)

    def failed(self, code: str) -> None:
        """See import_ports.HeldJob."""
        self._end(JobState.FAILED, code=code)

    def put_back(self, *, has_failed: bool) -> None:
        """See import_ports.HeldJob."""
        self._note("put_back", failures=int(has_failed))

    def release(self) -> None:
        """See import_ports.HeldJob."""
        with suppress(psycopg.Error):
            self._connection.execute(SQL["unlock"], _lock(self.job.id))

    def _end(self, state: JobState, **found: object) -> None:
        nothing = dict.fromkeys(("code", "import_id", "template", "tried"))
        row = {"rows_read": 0, "verdicts": _json({}), **nothing, **found}
        self._note("end", state=state.value, **row)
        self.file.unlink(missing_ok=True)

    def _note(self, block: str, **members: object) -> None:
        """Write to the job's row, as long as it is ours."""
        row = {"id": self.job.id, "run": self.job.run, **members}
        try:
            use(self._connection, self.iys_code)
            taken = self._connection.execute(SQL[block], row).rowcount
        except LOST as error:
            raise StoreUnavailable("the connection that holds the job was lost") from error
        if taken != 1:
            raise JobLost("another process carries the job out", "işi başka bir süreç yürütüyor")


class JobQueueOfAll:
    """The jobs of every provider. Implements `import_ports.JobQueue`; for one thread."""

    def __init__(
        self,
        dsn: str,
        iys_codes: Callable[[], Sequence[IysCode]],
        table_of: TableOf,
        *,
        verdict_days: int,
        now: clock.Clock = clock.now,
    ) -> None:
        self._dsn = dsn
        self._iys_codes = iys_codes
        self._table_of = table_of
        self._verdict_days = verdict_days
        self._now = now
        self._connection: LedgerConnection | None = None
        self._last: IysCode | None = None

    def take(self) -> Held | None:
        """See import_ports.JobQueue. Providers take turns. One job at a time: its own lock keeps
        nobody out on this connection."""
        codes = list(self._iys_codes())
        if self._last in codes:
            turn = codes.index(self._last) + 1
            codes = codes[turn:] + codes[:turn]
        for code in codes:
            table = self._table_of(code)
            asked = {"limit": LOOKED_AT_MAX}
            for job, is_old in table.database.read(code, SQL["open"], asked):
                is_here = table.files.upload(job).exists()
                # The folder may be one of another machine, or not be mounted yet.
                held = self._try(table, job) if is_here or is_old else None
                if held is None:
                    continue
                if is_here and held.job.failures < FAILURES_MAX:
                    self._last = code
                    return held
                held.failed("L-IMPORT-FAILED" if is_here else "L-UPLOAD-LOST")
                held.release()
        return None

    def tidy(self) -> None:
        """See import_ports.JobQueue."""
        for code in self._iys_codes():
            table = self._table_of(code)
            self._forget(table)
            self._sweep(table)

    def close(self) -> None:
        """See import_ports.JobQueue."""
        if self._connection is not None:
            self._connection.close()

    def _try(self, table: ImportJobTable, job: UUID) -> Held | None:
        try:
            connection = self._alone()
            use(connection, table.iys_code)
            locked = connection.execute(SQL["try_lock"], _lock(job)).fetchone()
            if locked is None or not locked[0]:
                return None
            row = connection.execute(SQL["take"], {"id": job}).fetchone()
            if row is not None:
                return Held(connection, table, table.job_of_row(row))
            connection.execute(SQL["unlock"], _lock(job))
        except LOST as error:
            raise StoreUnavailable("the connection to PostgreSQL was lost") from error
        return None

    def _alone(self) -> LedgerConnection:
        if self._connection is None or self._connection.closed:
            self._connection = connect_alone(self._dsn)
        return self._connection

    def _forget(self, table: ImportJobTable) -> None:
        """Verdict files, and what was said of the upload, when their time is over."""
        asked = {"days": self._verdict_days, "limit": FORGOTTEN_MAX}
        ids = [job for (job,) in _read(table, "kept_too_long", asked)]
        for job in ids:
            table.files.verdicts(job).unlink(missing_ok=True)
        if ids:
            with table.database.connection(table.iys_code) as connection:
                connection.execute(SQL["forget"], {"ids": ids})

    def _sweep(self, table: ImportJobTable) -> None:
        """What a process left that died between two steps."""
        jobs = {file: job for file in table.files.files() if (job := job_of(file)) is not None}
        if not jobs:
            return
        asked = {"ids": list(jobs.values())}
        known: dict[UUID, bool] = dict(_read(table, "known_among", asked))
        is_open = {job for (job,) in _read(table, "open_among", asked)}
        for file, job in jobs.items():
            with suppress(OSError):  # another process sweeps too
                is_old = self._now().timestamp() - file.stat().st_mtime > DAY_SECONDS
                if _is_waste(file, known.get(job), is_open=job in is_open, is_old=is_old):
                    file.unlink()


def _is_waste(file: Path, is_kept: bool | None, *, is_open: bool, is_old: bool) -> bool:
    """`is_kept`: whether the verdicts' time lasts, None for a job that nobody knows."""
    if file.suffix == PART or is_kept is None:
        return is_old and file.suffix in (PART, UPLOAD, VERDICTS)
    if file.suffix == UPLOAD:
        return not is_open
    return file.suffix == VERDICTS and not is_kept


def _read(table: ImportJobTable, block: str, asked: Mapping[str, Any]) -> Sequence[Any]:
    statement: LiteralString = SQL[block]
    return table.database.read(table.iys_code, statement, asked)


def _lock(job: UUID) -> dict[str, str]:
    return {"name": f"izin/import/{job}"}


def _json(verdicts: Mapping[str, int]) -> str:
    return msgspec.json.encode({str(name): count for name, count in verdicts.items()}).decode()

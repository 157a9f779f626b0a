"""Jobs carried out one after the other: the file of each imported, its verdicts left behind.

An import that was cut off is begun again from its first row: nothing is recorded twice, and the
verdict file says what it would have said at once (`resumed`).
"""

import threading
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TextIO

import structlog

from ledger import clock
from ledger.application import ConsentLedger
from ledger.errors import LedgerError
from ledger.importing.lanes import OpenLedger
from ledger.importing.plan import ImportOptions
from ledger.importing.reader import FileRefused
from ledger.importing.run import DryResult, import_file, try_file
from ledger.importing.spool import RowVerdict, VerdictFile
from ledger.recording.import_ports import HeldJob, JobLost, JobQueue, TriedDates
from ledger.vocabulary import IysCode

LOOK_SECONDS: Final = 0.5
RETRY_SECONDS: Final = 2.0
RETRY_SECONDS_MAX: Final = 60.0
PROGRESS_SECONDS: Final = 1.0
TIDY_SECONDS: Final = 3_600.0
STOP_SECONDS: Final = 20.0
FAILED: Final = "L-IMPORT-FAILED"

_log = structlog.get_logger("izin")


class ImportWorker:
    """Carries jobs out in one thread.

    `ledger`: a provider's, in this process; `open_ledger`: how another process opens it.
    """

    def __init__(
        self,
        queue: JobQueue,
        ledger: Callable[[IysCode], ConsentLedger],
        open_ledger: Callable[[IysCode], OpenLedger | None],
        *,
        steady_seconds: Callable[[], float] = clock.steady_seconds,
    ) -> None:
        self._queue = queue
        self._ledger = ledger
        self._open_ledger = open_ledger
        self._steady_seconds = steady_seconds
        self._stop = threading.Event()
        self._tidied_at: float | None = None

    @contextmanager
    def running(self) -> Iterator[None]:
        """Work in a thread until the block ends. What is under way then is put back; where it
        cannot be interrupted in time, its lock ends with the process."""
        thread = threading.Thread(target=self._run, name="imports", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join(STOP_SECONDS)

    def _run(self) -> None:
        while not self._stop.is_set():
            pause = LOOK_SECONDS
            try:
                self._tidy()
                pause = 0.0 if self.run_once() else LOOK_SECONDS
            except Exception as error:  # noqa: BLE001  # named recovery: noted, and tried again
                _note("the queue of imports cannot be read", error)
                pause = RETRY_SECONDS
            self._stop.wait(pause)
        self.close()

    def run_once(self) -> bool:
        """Carry out one job, if there is one."""
        held = self._queue.take()
        if held is None:
            return False
        try:
            self._carry_out(held)
        finally:
            held.release()
        return True

    def close(self) -> None:
        """Hold nothing any more; `running` does so at its end."""
        self._queue.close()

    def _carry_out(self, held: HeldJob) -> None:
        try:
            self._import(held)
        except _Stopped:
            held.put_back(has_failed=False)
        except JobLost:
            return
        except FileRefused as refused:
            held.refused(refused.code)
        except (LedgerError, OSError) as error:
            # The database went away, a lane died, the disk is full: may pass.
            _note("an import was cut off", error)
            held.put_back(has_failed=True)
            self._stop.wait(min(RETRY_SECONDS_MAX, 2.0**held.job.failures))
        except Exception as error:  # noqa: BLE001  # named recovery: FAILED, and a line in the log
            _note("an import failed", error)
            held.failed(FAILED)

    def _import(self, held: HeldJob) -> None:
        job = held.job
        options = _options(held)
        if options is None or job.options is None:
            held.failed(FAILED)
            return
        ledger = self._ledger(held.iys_code)
        with held.verdict_file() as file:
            seen = _Seen(file, job.options.lang)
            told = _Told(held, seen, self._stop, self._steady_seconds)
            if job.dry_run:
                dry = try_file(ledger, held.file, options, verdict_file=seen, on_progress=told)
                result, import_id, tried = dry.result, None, _tried(dry)
            else:
                result = import_file(
                    ledger,
                    held.file,
                    options,
                    verdict_file=seen,
                    on_progress=told,
                    open_ledger=self._open_ledger(held.iys_code),
                )
                import_id, tried = result.import_id, None
            told(result.read, result.read, at_once=True)  # whose job it is by now
        held.done(result.read, seen.counts, import_id, template=result.template, tried=tried)

    def _tidy(self) -> None:
        now = self._steady_seconds()
        if self._tidied_at is None or now - self._tidied_at > TIDY_SECONDS:
            self._tidied_at = now
            self._queue.tidy()


class _Stopped(Exception):
    """The process ends."""


class _Seen(VerdictFile):
    """A verdict file that counts what it is given."""

    def __init__(self, file: TextIO, lang: str) -> None:
        super().__init__(file, lang=lang)
        self.counts: Counter[str] = Counter()

    def write(self, verdict: RowVerdict) -> None:
        """One line of the file."""
        self.counts[verdict.outcome] += 1
        super().write(verdict)


class _Told:
    """Tells the job how far it is, once a second; stops the import where the process ends."""

    def __init__(
        self,
        held: HeldJob,
        seen: _Seen,
        stop: threading.Event,
        steady_seconds: Callable[[], float],
    ) -> None:
        self._held = held
        self._seen = seen
        self._stop = stop
        self._steady_seconds = steady_seconds
        self._told_at = steady_seconds() - PROGRESS_SECONDS

    def __call__(self, rows_read: int, rows_total: int, *, at_once: bool = False) -> None:
        """Raises _Stopped, JobLost, StoreUnavailable."""
        if self._stop.is_set() and not at_once:
            raise _Stopped
        now = self._steady_seconds()
        if at_once or now - self._told_at >= PROGRESS_SECONDS:
            self._told_at = now
            self._held.progress(rows_read, rows_total, self._seen.counts)


def _tried(dry: DryResult) -> TriedDates:
    dates = dry.dates
    return TriedDates(dry.is_whole, dates.first, dates.last, dates.undated, dict(dates.months))


def _options(held: HeldJob) -> ImportOptions | None:
    job, said = held.job, held.job.options
    if said is None:
        return None
    return ImportOptions(
        brand_code=job.brand_code,
        actor=job.actor,
        template=said.template,
        dates=said.dates,
        declared_by=said.declared_by,
        exported_at=said.exported_at,
        recipient_type=said.recipient_type,
        refusals=said.refusals,
        file_name=said.file_name,
    )


def _note(event: str, error: Exception) -> None:
    """Kind and place only: the words of an error may quote a cell."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{last.filename}:{last.lineno}"
    _log.error(event, failure=type(error).__name__, where=where)

"""Import jobs as rows, their files beside them. What names a person is sealed."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO, Final
from uuid import UUID

import msgspec

from ledger import clock
from ledger.aggregates.keys import uuid7
from ledger.errors import LedgerBroken, StoreUnavailable
from ledger.recording.import_ports import (
    ImportJob,
    JobOptions,
    JobState,
    QueueFull,
    TriedDates,
    Upload,
)
from ledger.store.database import Database
from ledger.store.sql import load_blocks
from ledger.store.uploads import PartialFile, UploadFolder
from ledger.store.vault import ProviderVault
from ledger.vocabulary import BrandCode, IysCode

WAITING_MAX: Final = 100
"""Files of one provider that may wait; each may be 1 GiB."""

SQL: Final = load_blocks("ledger.store", "import_jobs.sql")


class ImportJobTable:
    """The jobs of one provider. Implements `import_ports.ImportJobs`."""

    def __init__(
        self,
        database: Database,
        iys_code: IysCode,
        vault: ProviderVault,
        files: UploadFolder,
        *,
        templates: Sequence[str] = (),
        now: clock.Clock = clock.now,
    ) -> None:
        self.database = database
        self.iys_code = iys_code
        self.files = files
        self.templates = templates
        self._vault = vault
        self._now = now

    @contextmanager
    def receive(self) -> Iterator[Upload]:
        """See import_ports.ImportJobs."""
        ((waiting,),) = self.database.read(self.iys_code, SQL["waiting"], {})
        if waiting >= WAITING_MAX:
            raise QueueFull(f"{waiting} files wait already", f"{waiting} dosya zaten bekliyor")
        job = uuid7(int(self._now().timestamp() * 1000), self._vault.chance(10))
        with self.files.receive(job) as upload:
            yield upload

    def submit(
        self,
        upload: Upload,
        brand_code: BrandCode,
        options: JobOptions,
        *,
        actor: str,
        dry_run: bool = False,
    ) -> ImportJob:
        """See import_ports.ImportJobs. The file first: a file without a job is swept away, a job
        without its file could not be carried out."""
        assert isinstance(upload, PartialFile)
        upload.keep()
        members: dict[str, object] = msgspec.to_builtins(options)
        row = {
            "id": upload.job,
            "brand": brand_code,
            "actor": actor,
            "dry_run": dry_run,
            "bytes": upload.size_bytes,
            "sealed": self._vault.seal(self._vault.provider_key(), _bound_to(upload.job), members),
        }
        try:
            self._insert(row)
        except StoreUnavailable:
            self._insert(row)
        made = self.find(upload.job)
        assert made is not None
        return made

    def _insert(self, row: dict[str, Any]) -> None:
        with self.database.connection(self.iys_code) as connection:
            connection.execute(SQL["submit"], row)

    def find(self, job: UUID) -> ImportJob | None:
        """See import_ports.ImportJobs."""
        rows = self.database.read(self.iys_code, SQL["find"], {"id": job})
        return self.job_of_row(rows[0]) if rows else None

    def verdicts(self, job: UUID) -> BinaryIO | None:
        """See import_ports.ImportJobs."""
        try:
            return self.files.verdicts(job).open("rb")
        except FileNotFoundError:
            return None

    def job_of_row(self, row: Sequence[Any]) -> ImportJob:
        """A job from the columns of the blocks `find` and `take`."""
        job, brand, actor, state, dry_run, size, sealed, *rest, tried = row
        options = None
        if sealed is not None:
            # What cannot be read is as good as forgotten: it must not keep other jobs from running.
            with suppress(LedgerBroken, msgspec.ValidationError):
                opened = self._vault.open(self._vault.provider_key(), _bound_to(job), sealed)
                options = msgspec.convert(opened, JobOptions)
        rest.append(None if tried is None else msgspec.convert(tried, TriedDates))
        return ImportJob(
            job, BrandCode(brand), actor, JobState(state), dry_run, size, options, *rest
        )


def _bound_to(job: UUID) -> str:
    return f"import/{job}"


TableOf = Callable[[IysCode], ImportJobTable]

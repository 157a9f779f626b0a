"""Files that wait to be imported, as jobs: who brings them, and who carries them out (C8)."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Protocol, TextIO
from uuid import UUID

from ledger.errors import LedgerError
from ledger.values import Discreet, Value
from ledger.vocabulary import BrandCode, IysCode, RecipientType


class JobState(StrEnum):
    """How far a job is. REFUSED: the file as a whole; FAILED: not the file's fault."""

    WAITING = "WAITING"
    RUNNING = "RUNNING"
    DONE = "DONE"
    REFUSED = "REFUSED"
    FAILED = "FAILED"

    @property
    def has_ended(self) -> bool:
        """Whether nothing more becomes of it."""
        return self not in (JobState.WAITING, JobState.RUNNING)


class JobOptions(Discreet, frozen=True, gc=False):
    """What the caller said of the file, as `importing.plan.ImportOptions` has it.

    `lang`: of the verdict file's messages. `file_name` is shown, never opened.
    """

    template: str = "auto"
    dates: str | None = None
    recipient_type: RecipientType | None = None
    refusals: bool = False
    declared_by: str | None = None
    exported_at: str | None = None
    file_name: str | None = None
    lang: str = "tr"


class TriedDates(Value, frozen=True, gc=False):
    """The dates that a dry run found, in İYS's form; `months` by `YYYY-MM`.

    `whole`: whether the file was short enough for each row to be judged over all before it.
    """

    whole: bool
    first: str | None
    last: str | None
    undated: int
    months: dict[str, int]


class ImportJob(Discreet, frozen=True, gc=False):
    """A job as it stands. `options` are forgotten with the verdict file.

    `size_bytes`: of the upload. `run`: counts its takers. `code` says why a file was refused;
    `import_id` names it as the events do. `template`: the one that was found; `tried`: of a dry
    run; both once it is DONE.
    """

    id: UUID
    brand_code: BrandCode
    actor: str
    state: JobState
    dry_run: bool
    size_bytes: int
    options: JobOptions | None
    created_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    run: int = 0
    failures: int = 0
    rows_read: int = 0
    rows_total: int | None = None
    verdicts: Mapping[str, int] = {}
    code: str | None = None
    import_id: UUID | None = None
    template: str | None = None
    tried: TriedDates | None = None


class QueueFull(LedgerError):
    """As many files wait as may wait; nothing was kept."""

    turkish_kind = "Bekleyen dosya çok"


class JobLost(LedgerError):
    """Somebody else carries the job out by now: whoever hears this stops."""

    turkish_kind = "İş başkasında"


class Upload(Protocol):
    """A file while it comes in. Gone with the block, unless it was submitted."""

    job: UUID
    size_bytes: int

    def write(self, piece: bytes) -> None:
        """Add to the file. Raises OSError."""


class ImportJobs(Protocol):
    """The jobs of one provider, as those see them who bring files. `templates`: names that
    `JobOptions.template` may have."""

    templates: Sequence[str]

    def receive(self) -> AbstractContextManager[Upload]:
        """Take a file in. Raises OSError, QueueFull before anything is written."""

    def submit(
        self,
        upload: Upload,
        brand_code: BrandCode,
        options: JobOptions,
        *,
        actor: str,
        dry_run: bool = False,
    ) -> ImportJob:
        """Make a job of the file; both are there for good when this returns. Raises OSError."""

    def find(self, job: UUID) -> ImportJob | None:
        """A job of the provider."""

    def verdicts(self, job: UUID) -> BinaryIO | None:
        """The verdict file, open; None where it is not there yet, or no longer."""


class HeldJob(Protocol):
    """A job that this process carries out, and nobody else while the connection lasts.

    Every method raises JobLost where that is over, StoreUnavailable where it cannot be known.
    """

    iys_code: IysCode
    job: ImportJob
    file: Path

    def progress(self, rows_read: int, rows_total: int | None, verdicts: Mapping[str, int]) -> None:
        """Say how far it is."""

    def verdict_file(self) -> AbstractContextManager[TextIO]:
        """Where verdicts go: there at the end of the block, whole, or not at all."""

    def done(
        self,
        rows_read: int,
        verdicts: Mapping[str, int],
        import_id: str | None,
        *,
        template: str | None = None,
        tried: TriedDates | None = None,
    ) -> None:
        """It is carried out; the upload goes."""

    def refused(self, code: str) -> None:
        """The file as a whole is refused; the upload goes."""

    def failed(self, code: str) -> None:
        """It cannot be carried out; the upload goes."""

    def put_back(self, *, has_failed: bool) -> None:
        """Let somebody else try, from the beginning."""

    def release(self) -> None:
        """Hold it no longer, whatever became of it. Never raises."""


class JobQueue(Protocol):
    """The jobs of every provider, as those see them who carry them out."""

    def take(self) -> HeldJob | None:
        """A job that waits, or whose process died; the oldest of its provider.

        The caller holds it until it releases it, before it takes another. Raises StoreUnavailable.
        """

    def tidy(self) -> None:
        """Remove what a crash left behind, and verdict files whose time is over."""

    def close(self) -> None:
        """Hold nothing any more."""

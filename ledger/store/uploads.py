"""Files on their way to the importer and verdicts on their way back: 0600, in folders 0700.

Every process of a database has to see the same folder. A file is named after its job and nothing
else: `ID.upload`, `ID.csv`; `ID….part` is not whole yet.
"""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final, TextIO
from uuid import UUID

UPLOAD: Final = ".upload"
VERDICTS: Final = ".csv"
PART: Final = ".part"


class PartialFile:
    """A file while it comes in. Implements `import_ports.Upload`."""

    def __init__(self, job: UUID, part: Path, whole: Path) -> None:
        self.job = job
        self.size_bytes = 0
        self._part, self._whole = part, whole
        self._file = _new(part)

    def write(self, piece: bytes) -> None:
        """See import_ports.Upload."""
        self._file.write(piece)
        self.size_bytes += len(piece)

    def keep(self) -> None:
        """The file is whole: it bears its name from now on, also after a crash. Raises OSError."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._part.replace(self._whole)
        _sync(self._whole.parent)

    def drop(self) -> None:
        """Forget the file, unless it was kept."""
        with suppress(OSError):  # of a full disk: what waits in memory cannot be written either
            self._file.close()
        self._part.unlink(missing_ok=True)


class UploadFolder:
    """The folder of one provider."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def upload(self, job: UUID) -> Path:
        """Where a whole upload lies."""
        return self.path / f"{job}{UPLOAD}"

    def verdicts(self, job: UUID) -> Path:
        """Where a whole verdict file lies."""
        return self.path / f"{job}{VERDICTS}"

    @contextmanager
    def receive(self, job: UUID) -> Iterator[PartialFile]:
        """A file that comes in; gone with the block unless it was kept. Raises OSError."""
        self._make()
        partial = PartialFile(job, self.path / f"{job}{PART}", self.upload(job))
        try:
            yield partial
        finally:
            partial.drop()

    @contextmanager
    def write_verdicts(self, job: UUID, run: int) -> Iterator[TextIO]:
        """A verdict file that is there at the end of the block, whole, or not at all."""
        self._make()
        part = self.path / f"{job}.{run}{PART}"
        for former in self.path.glob(f"{job}.*{PART}"):  # of those who died, or are told to stop
            former.unlink(missing_ok=True)
        try:
            with io.TextIOWrapper(_new(part), encoding="utf-8", newline="") as text:
                yield text
                text.flush()
                os.fsync(text.fileno())
            part.replace(self.verdicts(job))
            _sync(self.path)
        finally:
            part.unlink(missing_ok=True)

    def files(self) -> list[Path]:
        """Everything in the folder."""
        return sorted(self.path.iterdir()) if self.path.is_dir() else []

    def _make(self) -> None:
        for folder in (self.path.parent, self.path):
            folder.mkdir(mode=0o700, parents=folder is not self.path, exist_ok=True)


def job_of(file: Path) -> UUID | None:
    """Whose file it is; None for what is none of ours."""
    try:
        return UUID(file.name.partition(".")[0])
    except ValueError:
        return None


def _new(path: Path) -> BinaryIO:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    return os.fdopen(handle, "wb")


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

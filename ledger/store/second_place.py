"""The last checkpoint of each log, kept apart from the database (evidence.md §4.2, §4.5).

A database that was put back from a backup has forgotten events that a checkpoint already vouched
for. Whoever signs compares with what lies here first, and whoever opens the ledger looks.
"""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ledger.errors import StoreUnavailable
from ledger.evidence.checkpoint import SignedCheckpoint


class SecondPlace:
    """A folder with one file a log, named by its origin; made when first written to."""

    def __init__(self, folder: Path, origin: str) -> None:
        self._folder = folder
        self._file = folder / origin.replace("/", "_")

    @property
    def folder(self) -> Path:
        """Where it is."""
        return self._folder

    def read(self) -> SignedCheckpoint | None:
        """What was kept last. Raises StoreUnavailable, ProofRefused: it is not a checkpoint."""
        try:
            return SignedCheckpoint.parse(self._file.read_bytes())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unavailable(self._folder) from error

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Nobody else replaces what is kept while the block runs. Raises StoreUnavailable."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(
                self._folder / f".{self._file.name}.lock", os.O_CREAT | os.O_RDWR, 0o600
            )
        except OSError as error:
            raise _unavailable(self._folder) from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def write(self, made: SignedCheckpoint) -> None:
        """Keep this instead, on the disk before it returns; within `turn`. Raises
        StoreUnavailable."""
        draft = self._folder / f".{self._file.name}-{secrets.token_hex(8)}"
        try:
            try:
                with draft.open("xb") as out:
                    out.write(made.encode())
                    out.flush()
                    os.fsync(out.fileno())
                draft.replace(self._file)
            finally:
                draft.unlink(missing_ok=True)
            folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise _unavailable(self._folder) from error


def _unavailable(folder: Path) -> StoreUnavailable:
    return StoreUnavailable(f"the last checkpoint cannot be kept in {folder}")

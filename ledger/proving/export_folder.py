"""The folder of a whole export: files appear whole, the list of their digests last.

Without `SHA256SUMS` it is half an export. Folders 0700, files 0600: they name people.
"""

import hashlib
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, TextIO

from ledger.errors import LedgerError

SUMS: Final = "SHA256SUMS"


class FolderRefused(LedgerError):
    """The folder is not empty, or what it was to hold did not stay in it."""

    turkish_kind = "Klasör kullanılamıyor"


class ExportFolder:
    """A new or empty folder. Raises FolderRefused, OSError."""

    def __init__(self, path: Path) -> None:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(path.iterdir()):
            raise FolderRefused("it must be new or empty", "yeni ya da boş olmalı")
        path.chmod(0o700)
        self.path = path

    @contextmanager
    def file(self, name: str) -> Iterator[BinaryIO]:
        """A file that appears at the end of the block, on the disk, or not at all."""
        target = self.path / name
        target.parent.mkdir(mode=0o700, exist_ok=True)
        draft = target.with_name(f".{target.name}.draft")
        handle = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        with open(handle, "w+b") as file:
            try:
                yield file
                file.flush()
                os.fsync(handle)
            except BaseException:
                draft.unlink()
                raise
        draft.replace(target)

    @contextmanager
    def text(self, name: str) -> Iterator[TextIO]:
        """As `file`, in UTF-8."""
        with self.file(name) as file:
            text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=False)
            yield text
            text.flush()
            text.detach()

    def has(self, name: str) -> bool:
        """Whether the file is there."""
        return (self.path / name).exists()

    def write(self, name: str, content: bytes) -> None:
        """Put a file in its place."""
        with self.file(name) as file:
            file.write(content)

    def close(self) -> tuple[int, int, str]:
        """Write `SHA256SUMS` over all files; how many, of how many bytes, and its own digest."""
        files = sorted(one for one in self.path.rglob("*") if one.is_file())
        lines = []
        for one in files:
            with one.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            lines.append(f"{digest}  {one.relative_to(self.path).as_posix()}\n")
        sums = "".join(lines).encode()
        self.write(SUMS, sums)
        size_bytes = sum(one.stat().st_size for one in files)
        return len(files), size_bytes, hashlib.sha256(sums).hexdigest()

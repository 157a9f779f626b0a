"""A log as files in a folder, in the layout it is served in (c2sp.org/tlog-tiles).

`checkpoint`, `log.vkey` and `tile/…`; folders 0700, files 0600. A file is whole or not there.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import Final, Protocol

from ledger.errors import LedgerError
from ledger.evidence.checkpoint import CHECKPOINT_BYTES_MAX, SignedCheckpoint
from ledger.evidence.note import VerifierKey

CHECKPOINT: Final = "checkpoint"
VKEY: Final = "log.vkey"
VKEY_BYTES_MAX: Final = 1024


class CopyStep(Enum):
    """What a refusal is about, in English and in Turkish."""

    BUSY = ("another command is writing to the folder", "klasöre başka bir komut yazıyor")
    FOREIGN = ("the folder holds another log", "klasörde başka bir defter var")
    SOURCE = ("the source gave no answer to use", "kaynak kullanılır bir yanıt vermedi")
    KEY = (
        "entries are for auditors: their key comes from IZIN_API_KEY or --key-file",
        "kayıtlar denetçiler içindir: anahtarı IZIN_API_KEY ya da --key-file ile verin",
    )
    MISSING = ("the source has no such file", "kaynakta bu dosya yok")
    LENGTH = ("a file is too long", "dosya fazla uzun")
    SMALLER = (
        "the log shows fewer events than it did before",
        "defter daha önce gösterdiğinden az kayıt gösteriyor",
    )
    FORK = (
        "the log shows other events than it did before",
        "defter daha önce gösterdiğinden başka kayıtlar gösteriyor",
    )
    ROOT = ("the tiles do not lead to the signed root", "karolar imzalı köke varmıyor")
    TILE = ("a tile does not belong to the signed root", "karo imzalı köke ait değil")
    ENTRIES = ("the entries are not those of their tile", "kayıtlar karosundakiler değil")
    KEPT = (
        "a file of the copy was damaged: remove it and run again",
        "kopyanın bir dosyası bozulmuş: silip yeniden çalıştırın",
    )
    TABLE = ("the table of streams cannot be kept", "akış tablosu tutulamıyor")


class CopyRefused(LedgerError):
    """A copy of a log cannot be made, or would not be that of the log; `step` says why."""

    turkish_kind = "Defterin kopyası kabul edilmedi"

    def __init__(self, step: CopyStep, detail: str = "") -> None:
        english, turkish = (f"{words}: {detail}" if detail else words for words in step.value)
        super().__init__(english, turkish)
        self.step = step


class LogSource(Protocol):
    """Where the files of a log are read from."""

    def read(self, path: str, bytes_max: int) -> bytes | None:
        """The file; None where there is none. Raises CopyRefused, OSError."""


class LogFolder:
    """Implements LogSource. Writing is for the one who has the `turn`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def turn(self, key: VerifierKey) -> Iterator[SignedCheckpoint | None]:
        """Make the folder that of the log of this key, and nobody else's while the block runs.

        Gives the checkpoint in it. Raises CopyRefused, ProofRefused, OSError.
        """
        self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(self._path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise CopyRefused(CopyStep.BUSY) from error
            vkey = f"{key.vkey}\n".encode()
            if self.read(VKEY, VKEY_BYTES_MAX) not in (None, vkey):
                raise CopyRefused(CopyStep.FOREIGN)
            note = self.read(CHECKPOINT, CHECKPOINT_BYTES_MAX)
            kept = None if note is None else SignedCheckpoint.parse(note)
            if kept is not None:
                kept.check(key)
            self.write(VKEY, vkey)
            yield kept
        finally:
            os.close(handle)

    def has(self, path: str) -> bool:
        """Whether the file is there."""
        return (self._path / path).is_file()

    def read(self, path: str, bytes_max: int) -> bytes | None:
        """See LogSource."""
        try:
            with (self._path / path).open("rb") as file:
                content = file.read(bytes_max + 1)
        except FileNotFoundError:
            return None
        if len(content) > bytes_max:
            raise CopyRefused(CopyStep.LENGTH, path)
        return content

    def write(self, path: str, content: bytes) -> None:
        """Put a file in its place, on the disk before it returns. Raises OSError."""
        file = self._path / path
        missing = [file.parent]
        while not missing[-1].exists():
            missing.append(missing[-1].parent)
        for folder in reversed(missing[:-1]):
            folder.mkdir(mode=0o700)
        # One fixed name: what a killed run left is replaced by the next.
        draft = file.with_name(f".{file.name}.draft")
        draft.unlink(missing_ok=True)
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(handle, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(handle)
        draft.replace(file)


def required(source: LogSource, path: str, bytes_max: int) -> bytes:
    """A file that has to be there. Raises CopyRefused, OSError."""
    content = source.read(path, bytes_max)
    if content is None:
        raise CopyRefused(CopyStep.MISSING, path)
    return content

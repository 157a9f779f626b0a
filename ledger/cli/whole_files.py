"""Files that appear whole or not at all, and that their owner alone may read: they name people."""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, TextIO

import typer

DRAFT: Final = ".izin-draft"
"""One fixed name for each output: what a killed run left is replaced by the next."""


@contextmanager
def whole_file(path: Path, option: str) -> Iterator[TextIO]:
    """A file that appears at the end of the block, whole and with mode 0600, or not at all.

    Raises BadParameter where it cannot be, or another command is writing it; OSError.
    """
    if not path.parent.is_dir() or path.is_dir():
        raise typer.BadParameter("klasör yok / no such folder", param_hint=option)
    if path.exists() and not path.is_file():  # a pipe or a device takes what it gets
        with path.open("w", encoding="utf-8", newline="") as handle:
            yield handle
        return
    draft = path.with_name(f".{path.name}{DRAFT}")
    _remove_left(draft, option)
    # Never an existing file, which others might have open, nor where a link leads.
    number = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(number, "w", encoding="utf-8", newline="") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield handle
            handle.flush()
            os.fsync(number)
            _expect_ours(draft, number)
            draft.replace(path)
        except BaseException:
            with suppress(OSError):
                _expect_ours(draft, number)
                draft.unlink()
            raise


def _expect_ours(draft: Path, number: int) -> None:
    """Raises OSError where a run that began in the same instant took the draft away."""
    if not os.path.samestat(os.fstat(number), draft.lstat()):
        raise OSError(errno.ESTALE, os.strerror(errno.ESTALE), str(draft))


def _remove_left(draft: Path, option: str) -> None:
    """The draft of a run that was killed. Raises BadParameter for one that still runs; OSError."""
    try:
        number = os.open(draft, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        draft.unlink(missing_ok=True)
    except BlockingIOError as error:
        told = "başka bir komut bu dosyayı yazıyor / another command is writing this file"
        raise typer.BadParameter(told, param_hint=option) from error
    finally:
        os.close(number)

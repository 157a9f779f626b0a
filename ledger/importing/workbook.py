"""A workbook becomes a text file without a name, and the ordinary reader goes on from there.

Line numbers are those of the sheet's rows. The text is gone with its last open handle, however the
process ends: no copy of addresses stays behind.
"""

import errno
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ledger.importing import reader, sheet
from ledger.importing.reader import FileRefused, TextForm

WALL_SECONDS_MAX: Final = 300
"""A busy machine may be slow; the processor's time is bounded apart, in `sheet`."""

SIGNATURES: Final = (sheet.ZIP, sheet.COMPOUND)
_SHEET: Final = str(Path(sheet.__file__).resolve())
_REFUSED: Final = {sheet.UNREADABLE: "L-FILE-UNREADABLE", sheet.TOO_LARGE: "L-FILE-TOO-LARGE"}


def is_workbook(path: Path) -> bool:
    """Whether the file begins as xlsx or xls files do.

    Raises NotFound, FileRefused L-FILE-UNREADABLE.
    """
    reader.identity_of(path)  # no pipe is opened: it might never answer
    try:
        with path.open("rb") as file:
            return file.read(4) in SIGNATURES
    except OSError as error:
        raise FileRefused("L-FILE-UNREADABLE") from error


@contextmanager
def as_text(path: Path) -> Iterator[tuple[Path, TextForm]]:
    """The first sheet as text: where it can be read during the block, by any process of this user,
    and how. Digest and identity are the workbook's own.

    Raises NotFound; FileRefused: L-FILE-UNREADABLE, L-FILE-TOO-LARGE, L-FILE-EMPTY; OSError for
    what is the machine's fault and may pass, as a full disk.
    """
    identity = reader.identity_of(path)
    with tempfile.TemporaryFile() as text, path.open("rb") as workbook:
        digest = reader.digest_of(path)
        code = _read_sheet(workbook.fileno(), text.fileno())
        if code == sheet.NOT_WRITTEN:
            raise OSError(errno.EIO, "the workbook's text could not be written; is the disk full?")
        if code != 0:
            raise FileRefused(_REFUSED[code])
        handle = Path(f"/proc/{os.getpid()}/fd/{text.fileno()}")
        lines = reader.look_at(handle).lines
        yield handle, TextForm("utf-8", sheet.SEPARATOR, digest, lines, identity)


def _read_sheet(workbook: int, text: int) -> int:
    """Run the reader of sheets; its exit code, where it was killed one of `_REFUSED`."""
    try:
        ended = subprocess.run(
            [sys.executable, "-I", _SHEET],
            stdin=workbook,
            stdout=text,
            stderr=subprocess.DEVNULL,  # a panic's last words may quote a cell
            env={},
            timeout=WALL_SECONDS_MAX,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return sheet.TOO_LARGE
    if ended.returncode in (0, sheet.NOT_WRITTEN, *_REFUSED):
        return ended.returncode
    # A signal: memory, time or output was at its bound. Anything else: a reader that gave up.
    return sheet.TOO_LARGE if ended.returncode < 0 else sheet.UNREADABLE

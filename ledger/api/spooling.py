"""A body of lines on its way to disk: unpacked, bounded, its lines counted.

The file has no name: it is gone with the process, however that ends.
"""

import tempfile
import zlib
from contextlib import ExitStack
from typing import IO, BinaryIO, Final, cast

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from ledger.api.limits import Limits
from ledger.api.problems import Problem
from ledger.deciding.lines import LineBound
from ledger.errors import InputRefused

MEMORY_BYTES: Final = 1 << 20
UNPACKED_BYTES_MAX: Final = 4 << 30
"""What a gzip body may come to."""
RATIO_MAX: Final = 100
"""Bytes that one byte of gzip may come to, beyond `RATIO_FREE_BYTES`: a bomb ends here."""
RATIO_FREE_BYTES: Final = 16 << 20
PIECE_BYTES: Final = 1 << 20


async def spooled(request: Request, stack: ExitStack) -> tuple[BinaryIO, int]:
    """The whole body, unpacked, and how many lines it has. Raises Problem 413, 422."""
    held: IO[bytes] = tempfile.SpooledTemporaryFile(MEMORY_BYTES)  # noqa: SIM115  # the stack's
    file = cast(BinaryIO, stack.enter_context(held))
    is_packed = "content-encoding" in request.headers
    limits: Limits = request.scope["state"]["limits"]
    spool = _Spool(file, LineBound(limits.line_bytes_max), is_packed=is_packed)
    try:
        async for chunk in request.stream():
            if is_packed:  # a small chunk may come to much
                await run_in_threadpool(spool.take, chunk)
            else:
                spool.take(chunk)
        spool.end()
    except InputRefused:
        raise Problem(413, "L-TOO-LARGE") from None
    except (zlib.error, EOFError):
        raise Problem(422, "L-GZIP") from None
    file.seek(0)
    return file, spool.lines


class _Spool:
    """Bytes on their way into a file, unpacked, bounded, their lines counted."""

    def __init__(self, file: BinaryIO, bound: LineBound, *, is_packed: bool) -> None:
        self._file = file
        self._unpack = zlib.decompressobj(31) if is_packed else None
        self._bound = bound
        self._came = self._size = 0
        self._last = b"\n"
        self._ends = 0

    @property
    def lines(self) -> int:
        """How many there are; one without an end counts."""
        return self._ends + (self._last != b"\n")

    def take(self, chunk: bytes) -> None:
        """The next bytes. Raises Problem 413, InputRefused, zlib.error."""
        self._came += len(chunk)
        if self._unpack is None:
            self._keep(chunk)
            return
        while chunk:
            if self._unpack.eof:  # gzip files may stand one behind the other (RFC 1952, 2.2)
                chunk = chunk.lstrip(b"\0")  # what fills up a block of a tape
                if not chunk:
                    break
                self._unpack = zlib.decompressobj(31)
            self._keep(self._unpack.decompress(chunk, PIECE_BYTES))
            chunk = self._unpack.unconsumed_tail or self._unpack.unused_data

    def end(self) -> None:
        """There is no more. Raises EOFError where gzip says that there is."""
        if self._unpack is not None and not self._unpack.eof:
            raise EOFError

    def _keep(self, piece: bytes) -> None:
        self._size += len(piece)
        allowed = UNPACKED_BYTES_MAX
        if self._unpack is not None:
            allowed = min(allowed, RATIO_FREE_BYTES + RATIO_MAX * self._came)
        if self._size > allowed:
            raise Problem(413, "L-TOO-LARGE")
        self._bound.take(piece)
        self._ends += piece.count(b"\n")
        self._last = piece[-1:] or self._last
        self._file.write(piece)

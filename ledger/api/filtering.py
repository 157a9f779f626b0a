"""`POST …/filter`: a file of addresses in, the same lines with a verdict each out.

The body is taken in whole before the first line goes out: many clients read no answer before they
have sent everything. It waits on disk without a name; memory stays the same for any length.
"""

import re
import tempfile
import zlib
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import ExitStack
from typing import IO, BinaryIO, Final, TypeVar, cast

from fastapi import APIRouter
from starlette.concurrency import iterate_in_threadpool, run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from ledger.api.access import Action, admit_brand
from ledger.api.deciding import terms_of
from ledger.api.limits import spend_items
from ledger.api.messages import query_of
from ledger.api.operations import operation
from ledger.api.problems import Problem
from ledger.api.service import Service
from ledger.clock import utc_text
from ledger.deciding.decision import Answer, Decision
from ledger.deciding.lines import CSV_HEADER, LineBound, LineForm, blocks, written
from ledger.errors import InputRefused
from ledger.vocabulary import Channel, RecipientType

MEMORY_BYTES: Final = 1 << 20
UNPACKED_BYTES_MAX: Final = 4 << 30
"""What a gzip body may come to."""
RATIO_MAX: Final = 100
"""Bytes that one byte of gzip may come to, beyond `RATIO_FREE_BYTES`: a bomb ends here."""
RATIO_FREE_BYTES: Final = 16 << 20
PIECE_BYTES: Final = 1 << 20
GZIP_LEVEL: Final = 1

PARAMETERS: Final = (
    {"name": "type", "in": "query", "required": True, "schema": {"enum": [*Channel]}},
    {"name": "recipientType", "in": "query", "schema": {"enum": [*RecipientType]}},
    {"name": "purpose", "in": "query", "schema": {"type": "string"}},
    {"name": "ground", "in": "query", "schema": {"type": "string"}},
    {"name": "campaign", "in": "query", "schema": {"type": "string"}},
)
Word = TypeVar("Word", Channel, RecipientType)

LINES: Final = {"schema": {"type": "string"}}
REQUEST_MEDIA: Final = {
    "text/plain": {**LINES, "examples": {"numbers": {"value": "+905010000101\n0501 000 01 02\n"}}},
    "text/csv": {**LINES, "examples": {"a column": {"value": "no,recipient\n1,+905010000101\n"}}},
    "application/x-ndjson": {
        **LINES,
        "examples": {"objects": {"value": '{"recipient":"+905010000101"}\n'}},
    },
}


def router(service: Service) -> APIRouter:
    """The endpoint."""
    routes = APIRouter(prefix="/v1/brands/{brand_code:int}", tags=["decide"])

    @routes.post(
        "/filter",
        **operation(
            "Adres listesini süz / filter a list of addresses",
            parameters=PARAMETERS,
            request_media=REQUEST_MEDIA,
            media={"text/csv": LINES, "application/x-ndjson": LINES},
        ),
    )
    async def filter_lines(request: Request) -> Response:
        principal, brand, ledger = admit_brand(
            request, service.ledgers, Action.DECIDE, request.path_params["brand_code"]
        )
        query = query_of(request, "type", "recipientType", "purpose", "ground", "campaign")
        channel = _word(Channel, query.get("type"), "type")
        kind = _word(RecipientType, query.get("recipientType", "BIREYSEL"), "recipientType")
        purpose = query.get("purpose", "COMMERCIAL")
        terms = terms_of(
            brand, principal.actor, purpose, query.get("ground"), query.get("campaign")
        )
        form = LineForm(request.headers["content-type"].partition(";")[0].strip().lower())
        out_form = _out_form(request, form)
        with ExitStack() as stack:
            file, lines = await _spooled(request, stack)
            spend_items(request, lines)
            decision = stack.enter_context(await run_in_threadpool(Decision, ledger, terms))
            run = _Run(decision, file, form, out_form, channel, kind, stack.pop_all())
        try:
            first = await run_in_threadpool(next, run.pieces, b"")
            service.ledgers.access_log(brand.iys_code).note(
                principal.actor,
                "filter",
                brand_code=brand.brand_code,
                items=lines,
                request_id=request.scope["state"]["request_id"],
            )
            return run.response(first, packed=_takes_gzip(request))
        except BaseException:
            run.close()
            raise

    return routes


class _Run:
    """One run and its output, piece by piece."""

    def __init__(
        self,
        decision: Decision,
        file: BinaryIO,
        form: LineForm,
        out_form: LineForm,
        channel: Channel,
        kind: RecipientType,
        stack: ExitStack,
    ) -> None:
        self._decision = decision
        self._out_form = out_form
        self._stack = stack
        self._texts: list[list[str]] = []
        answered = decision.judged(self._read(file, form), channel, kind)
        self.pieces = self._pieces(answered)

    def close(self) -> None:
        """Forget everything: the lines of one who hung up would wait for the garbage collector."""
        self.pieces.close()
        self._texts.clear()
        self._stack.close()

    def response(self, first: bytes, *, packed: bool) -> Response:
        """The answer, whose first piece is there already."""
        decision, seen = self._decision, self._decision.iys_seen_at
        headers = {
            "Izin-Decision": str(decision.id),
            "Izin-Position": str(decision.position),
            "Izin-Recheck-By": utc_text(decision.recheck_by),
            "Vary": "Accept-Encoding",
        }
        if seen is not None:
            headers["Izin-Iys-Seen-At"] = utc_text(seen)
        pieces = self._holding(first)
        if packed:
            headers["Content-Encoding"] = "gzip"
            pieces = _packed(pieces)
        media = "text/csv; charset=utf-8" if self._out_form is LineForm.CSV else self._out_form
        return _Lines(self, iterate_in_threadpool(pieces), headers, media)

    def _read(self, file: BinaryIO, form: LineForm) -> Iterator[list[str]]:
        for texts in blocks(file, form):
            self._texts.append(texts)
            yield texts

    def _pieces(self, answered: Iterator[list[Answer]]) -> Generator[bytes, None, None]:
        head = CSV_HEADER if self._out_form is LineForm.CSV else b""
        for answers in answered:
            yield head + written(self._texts.pop(0), answers, self._out_form)
            head = b""
        # The last line goes out once the run is recorded: who has it all has it proven.
        self._decision.record()
        if head:
            yield head

    def _holding(self, first: bytes) -> Iterator[bytes]:
        held = first
        for piece in self.pieces:
            yield held
            held = piece
        yield held


class _Lines(StreamingResponse):
    """The answer; with its end, whatever that is, the run is over."""

    def __init__(
        self, run: _Run, pieces: AsyncIterator[bytes], headers: dict[str, str], media: str
    ) -> None:
        super().__init__(pieces, headers=headers, media_type=media)
        self._run = run

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._run.close()


async def _spooled(request: Request, stack: ExitStack) -> tuple[BinaryIO, int]:
    """The whole body, unpacked, and how many lines it has. Raises Problem 413, 422."""
    held: IO[bytes] = tempfile.SpooledTemporaryFile(MEMORY_BYTES)  # noqa: SIM115  # the stack's
    file = cast(BinaryIO, stack.enter_context(held))
    is_packed = "content-encoding" in request.headers
    spool = _Spool(file, is_packed=is_packed)
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

    def __init__(self, file: BinaryIO, *, is_packed: bool) -> None:
        self._file = file
        self._unpack = zlib.decompressobj(31) if is_packed else None
        self._bound = LineBound()
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


def _packed(pieces: Iterator[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, 31)
    for piece in pieces:
        yield packer.compress(piece)
    yield packer.flush()


def _word(kind: type[Word], text: str | None, name: str) -> Word:
    try:
        return kind(text)  # type: ignore[arg-type]  # None is refused as any other
    except ValueError:
        raise Problem(422, "L-FIELD", pointer=f"?{name}") from None


def _takes_gzip(request: Request) -> bool:
    """Whether the caller names gzip, and not only to say no to it."""
    for part in request.headers.get("accept-encoding", "").lower().split(","):
        coding, *parameters = part.replace(" ", "").split(";")
        if coding == "gzip":
            return not any(re.fullmatch(r"q=0(\.0*)?", one) for one in parameters)
    return False


def _out_form(request: Request, form: LineForm) -> LineForm:
    accept = request.headers.get("accept", "")
    if LineForm.NDJSON in accept:
        return LineForm.NDJSON
    if LineForm.CSV in accept:
        return LineForm.CSV
    return LineForm.NDJSON if form is LineForm.NDJSON else LineForm.CSV

"""`POST …/filter`: a file of addresses in, the same lines with a verdict each out.

The body is taken in whole before the first line goes out: many clients read no answer before they
have sent everything. Memory stays the same for any length; a few run at a time, and whoever comes
then is told to come again.
"""

import asyncio
import re
import zlib
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import ExitStack, contextmanager
from threading import Lock
from typing import BinaryIO, Final, TypeVar

from anyio import CancelScope
from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
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
from ledger.api.spooling import spooled
from ledger.api.turns import Lane, busy
from ledger.clock import utc_text
from ledger.deciding.decision import Answer, Decision
from ledger.deciding.lines import CSV_HEADER, LineForm, blocks, written
from ledger.vocabulary import Channel, RecipientType

SENT_BYTES: Final = 128 * 1024
"""What goes out at once, and a caller has to read before it is cut off as one who reads nothing."""
GZIP_LEVEL: Final = 1
RUNS_MAX: Final = 4
"""Runs that are judged or read out; each holds three blocks of lines in memory."""
THREADS: Final = 2
"""In which they are judged."""

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
    runs = _Runs()

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
        runs.expect_room()
        with ExitStack() as stack:
            file, lines = await spooled(request, stack)
            spend_items(request, lines)
            stack.enter_context(runs.one())
            decision = stack.enter_context(await run_in_threadpool(Decision, ledger, terms))
            run = _Run(decision, file, form, out_form, channel, kind, stack.pop_all())
        try:
            first = await runs.lane.run(run.piece) or b""
            service.ledgers.access_log(brand.iys_code).note(
                principal.actor,
                "filter",
                brand_code=brand.brand_code,
                items=lines,
                request_id=request.scope["state"]["request_id"],
            )
            return run.response(first, runs.lane, packed=_takes_gzip(request))
        except BaseException:
            await _closed(run)
            raise

    return routes


class _Runs:
    """The runs of this process."""

    def __init__(self) -> None:
        self.lane = Lane(THREADS, waiting_max=RUNS_MAX)
        self._count = 0

    def expect_room(self) -> None:
        """Raises Problem 503 L-BUSY, before anything is read where that is known."""
        if self._count >= RUNS_MAX:
            raise busy()

    @contextmanager
    def one(self) -> Iterator[None]:
        """Count one more while it lasts. Raises Problem 503 L-BUSY."""
        self.expect_room()
        self._count += 1
        try:
            yield
        finally:
            self._count -= 1


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
        self._pieces = self._written(answered)
        self._using = Lock()

    def piece(self) -> bytes | None:
        """What comes next of the output, a block of lines; None at its end."""
        with self._using:
            return next(self._pieces, None)

    def close(self) -> None:
        """Forget everything: the lines of one who hung up would wait for the garbage collector.
        Waits for what is being judged."""
        with self._using:
            self._pieces.close()
            self._texts.clear()
            self._stack.close()

    def response(self, first: bytes, lane: Lane, *, packed: bool) -> Response:
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
        if packed:
            headers["Content-Encoding"] = "gzip"
        pieces = (_packed if packed else iter)(self._holding(first))
        media = "text/csv; charset=utf-8" if self._out_form is LineForm.CSV else self._out_form
        return _Lines(self, _sent(pieces, lane), headers, media)

    def _read(self, file: BinaryIO, form: LineForm) -> Iterator[list[str]]:
        for texts in blocks(file, form):
            self._texts.append(texts)
            yield texts

    def _written(self, answered: Iterator[list[Answer]]) -> Generator[bytes, None, None]:
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
        while (piece := self.piece()) is not None:
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
            await _closed(self._run)


async def _closed(run: _Run) -> None:
    """Close it, whoever hangs up meanwhile; in a thread, since it waits for what is under way."""
    with CancelScope(shield=True):
        await run_in_threadpool(run.close)


async def _sent(pieces: Iterator[bytes], lane: Lane) -> AsyncIterator[bytes]:
    """The pieces, each made in a thread, cut up."""
    while (piece := await lane.run(next, pieces, None)) is not None:
        for cut in range(0, len(piece), SENT_BYTES):
            yield piece[cut : cut + SENT_BYTES]
            await asyncio.sleep(0)  # what is written goes out with the next turn, not with more


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

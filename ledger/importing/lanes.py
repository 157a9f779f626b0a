"""Rows to requests to verdicts: one lane in this process, or several in processes of their own.

The head of the log is one, but parsing, sealing and encoding need none: with a second lane they go
on while the first writes.
"""

import gc
import heapq
import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Final, Protocol

import msgspec
from msgspec import structs

from ledger import clock
from ledger.aggregates.intake import ParsedAct, RawAct, parse_act
from ledger.application import ConsentLedger
from ledger.errors import InputRefused, LedgerError
from ledger.importing.dates import DateReader
from ledger.importing.plan import ImportPlan
from ledger.importing.reader import Row
from ledger.importing.resumed import FirstVerdicts, Known
from ledger.importing.spool import BY_LINE, RowVerdict
from ledger.importing.templates import REFUSED
from ledger.recording.request import Receipt, Request
from ledger.vocabulary import Outcome

CHUNK_ROWS: Final = 500
CHUNK_ROWS_MIN: Final = 50
CHUNK_ROWS_MAX: Final = 2_000
LOCK_SECONDS_AIM: Final = 0.020
"""An import holds the head no longer than this at a time, so that singles pass between (§7)."""

STOP_SECONDS: Final = 30
GC_THRESHOLD: Final = 100_000

_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(list[RowVerdict] | str | None)
_END: Final = _encoder.encode(None)

OpenLedger = Callable[[], AbstractContextManager[ConsentLedger]]
"""Opens the ledger in a process of its own; picklable."""


def request_of(plan: ImportPlan, row: Row, dates: DateReader, received_at: datetime) -> Request:
    """What a row asks to be recorded. Raises InputRefused, also for a line that has no fields."""
    raw = plan.template.raw_act(row.fields, dates)
    if row.fault is None:
        parsed = parse_act(raw, plan.provenance, received_at=received_at, row=row.line)
    else:
        parsed = _kept_refusal(plan, row, raw, row.fault, received_at)
    groups: dict[str, object] = {"note": parsed.given} if parsed.given else {}
    if parsed.iys is not None:
        groups["iys"] = parsed.iys
    return Request(
        parsed.address,
        plan.brand_code,
        parsed.channel,
        parsed.recipient_types,
        parsed.command,
        groups,
    )


def _kept_refusal(
    plan: ImportPlan, row: Row, raw: RawAct, fault: str, received_at: datetime
) -> ParsedAct:
    """A refusal in a faulty line: kept where its address and channel can be read (C5).

    Where columns may have shifted its date is not believed: it takes effect on receipt. Raises
    InputRefused with the line's fault for anything else.
    """
    if raw.status != REFUSED:
        raise InputRefused(fault, field="row")
    if row.is_torn:
        raw = structs.replace(raw, consent_date="", creation_date="")
    try:
        parsed = parse_act(raw, plan.provenance, received_at=received_at, row=row.line)
    except InputRefused as refused:
        raise InputRefused(fault, field="row") from refused
    command = structs.replace(parsed.command, defects=(*parsed.command.defects, fault))
    return structs.replace(parsed, command=command)


class Lanes(Protocol):
    """Something that records rows, refusals in a pass of their own."""

    def record(self, *, refusals: bool) -> Iterator[RowVerdict]:
        """Verdicts of the pass, lines ascending. A verdict comes after its row's commit."""


class Lane:
    """One lane in this process. Implements `Lanes`."""

    def __init__(
        self, ledger: ConsentLedger, plan: ImportPlan, *, lane: int = 0, lanes: int = 1
    ) -> None:
        self._ledger = ledger
        self._plan = plan
        self._lane = lane
        self._lanes = lanes
        self._chunk_rows = CHUNK_ROWS
        self._first = FirstVerdicts(ledger, plan)

    def record(self, *, refusals: bool) -> Iterator[RowVerdict]:
        """See Lanes."""
        for chunk in self.record_chunks(refusals=refusals):
            yield from chunk

    def record_chunks(self, *, refusals: bool) -> Iterator[list[RowVerdict]]:
        """As `record`, the verdicts of one transaction at a time."""
        rows = self._plan.rows(refusals=refusals, lane=self._lane, lanes=self._lanes)
        for verdicts, requests in self._parsed(rows):
            receipts = self._ledger.record_surely([request for _, request in requests])
            self._adapt(len(requests))
            for (index, _), receipt in zip(requests, receipts, strict=True):
                line, _, _, channel = verdicts[index]
                verdicts[index] = RowVerdict(line, receipt.outcome, receipt.code, channel)
            self._first.tell(verdicts, _known(requests, receipts))
            yield verdicts

    def _parsed(
        self, rows: Iterable[Row]
    ) -> Iterator[tuple[list[RowVerdict], list[tuple[int, Request]]]]:
        """Chunks of rows judged by their fields: a verdict each, a request for each sound one."""
        plan = self._plan
        received_at = clock.from_utc_text(plan.provenance.received_at)
        dates = plan.date_reader()
        verdicts: list[RowVerdict] = []
        requests: list[tuple[int, Request]] = []
        for row in rows:
            try:
                request = request_of(plan, row, dates, received_at)
            except InputRefused as refused:
                verdicts.append(RowVerdict(row.line, Outcome.REFUSED, refused.code, row.channel))
            else:
                requests.append((len(verdicts), request))
                verdicts.append(RowVerdict(row.line, Outcome.RECORDED, None, row.channel))
            if len(verdicts) >= self._chunk_rows:
                yield verdicts, requests
                verdicts, requests = [], []
        if verdicts:
            yield verdicts, requests

    def _adapt(self, rows: int) -> None:
        """The next chunk's size from how long this one held the head."""
        held = self._ledger.store.last_lock_seconds
        if rows and held > 0:
            aim = int(rows * LOCK_SECONDS_AIM / held)
            # Half of the way: one slow flush must not make the whole file slow.
            aim = (aim + self._chunk_rows) // 2
            self._chunk_rows = max(CHUNK_ROWS_MIN, min(CHUNK_ROWS_MAX, aim))


def _known(requests: list[tuple[int, Request]], receipts: list[Receipt]) -> list[Known]:
    return [
        Known(index, request, receipt.consent, receipt.position)
        for (index, request), receipt in zip(requests, receipts, strict=True)
        if receipt.outcome is Outcome.ALREADY and receipt.position is not None
    ]


class ProcessLanes:
    """Several lanes, a process each. Implements `Lanes`; build with `process_lanes`."""

    def __init__(self, pipes: list[Connection]) -> None:
        self._pipes = pipes

    def record(self, *, refusals: bool) -> Iterator[RowVerdict]:
        """See Lanes. Raises LedgerError where a lane failed or died; what it had committed
        stays, and importing the file again does the rest."""
        for pipe in self._pipes:
            pipe.send(refusals)
        return heapq.merge(*map(_received, self._pipes), key=BY_LINE)


@contextmanager
def process_lanes(open_ledger: OpenLedger, plan: ImportPlan, lanes: int) -> Iterator[ProcessLanes]:
    """Start the processes; end them with the block, however it ends."""
    context = multiprocessing.get_context("spawn")
    pipes: list[Connection] = []
    processes: list[BaseProcess] = []
    try:
        for lane in range(lanes):
            ours, theirs = context.Pipe()
            process: BaseProcess = context.Process(
                target=_work, args=(theirs, open_ledger, plan, lane, lanes), daemon=True
            )
            process.start()
            theirs.close()
            pipes.append(ours)
            processes.append(process)
        yield ProcessLanes(pipes)
    finally:
        for pipe in pipes:
            pipe.close()
        for process in processes:
            process.join(STOP_SECONDS)
            if process.is_alive():
                process.kill()  # what it had not committed is rolled back
                process.join()


def _work(
    pipe: Connection, open_ledger: OpenLedger, plan: ImportPlan, lane: int, lanes: int
) -> None:
    """A lane's process: a pass for each `refusals` that comes, until the pipe closes."""
    # Rows make no cycles; looking for some among hundreds of thousands of values is all waste.
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD)
    try:
        with open_ledger() as ledger:
            worker = Lane(ledger, plan, lane=lane, lanes=lanes)
            while True:
                refusals = pipe.recv()
                for chunk in worker.record_chunks(refusals=refusals):
                    pipe.send_bytes(_encoder.encode(chunk))
                pipe.send_bytes(_END)
    except (EOFError, BrokenPipeError, KeyboardInterrupt):
        return
    except LedgerError as error:
        pipe.send_bytes(_encoder.encode(str(error)))


def _received(pipe: Connection) -> Iterator[RowVerdict]:
    while True:
        try:
            chunk = _decoder.decode(pipe.recv_bytes())
        except (EOFError, ConnectionError) as error:
            raise LedgerError("a process of the import died; import the file again") from error
        if chunk is None:
            return
        if isinstance(chunk, str):
            raise LedgerError(chunk)
        yield from chunk

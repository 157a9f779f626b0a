"""Import a file: look, prove, record refusals first, then the rest, one verdict a line (C8)."""

import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from queue import Queue
from typing import Final, TypeVar

from ledger import clock
from ledger.aggregates.commands import Origin, Provenance
from ledger.aggregates.intake import parse_act
from ledger.aggregates.keys import stream_id
from ledger.aggregates.provider_bodies import ImportCompleted
from ledger.application import ConsentLedger
from ledger.errors import InputRefused
from ledger.importing import reader, templates
from ledger.importing.reader import Row, TextForm
from ledger.importing.spool import RowVerdict, Spool, VerdictFile, merge
from ledger.importing.templates import DateReader, Template
from ledger.recording.request import Request
from ledger.vocabulary import BrandCode, ConsentStatus, Outcome

CHUNK_ROWS: Final = 500
CHUNK_ROWS_MIN: Final = 50
CHUNK_ROWS_MAX: Final = 2_000
LOCK_SECONDS_AIM: Final = 0.020
"""An import holds the head no longer than this at a time, so that singles pass between (§7)."""
CHUNKS_AHEAD: Final = 2

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What the caller said about the file. `declared_by` makes it a declared one (C8)."""

    brand_code: BrandCode
    actor: str
    template: str = "auto"
    dates: str | None = None
    declared_by: str | None = field(default=None, repr=False)
    exported_at: str | None = None


@dataclass(slots=True)
class ImportResult:
    """What became of the file: rows read, and one count per verdict."""

    import_id: str
    template: str
    read: int = 0
    verdicts: Counter[Outcome] = field(default_factory=Counter)
    seconds: float = 0.0


class FileImport:
    """One file on its way into the ledger. Build, then `run`."""

    def __init__(
        self,
        ledger: ConsentLedger,
        path: Path,
        options: ImportOptions,
        *,
        on_progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> None:
        self._ledger = ledger
        self._path = path
        self._options = options
        self._on_progress = on_progress
        self._chunk_rows = CHUNK_ROWS

    def run(self, verdict_file: VerdictFile | None = None) -> ImportResult:
        """Import the whole file. Raises FileRefused before anything is recorded; a repeat, also
        after an interruption, records only what is missing."""
        began = time.monotonic()
        form = reader.look_at(self._path)
        template = self._template(form)
        dates, refusals = self._scan(form, template)
        provenance = self._provenance(form)
        assert provenance.import_id is not None
        result = ImportResult(provenance.import_id, template.name)
        started_at = clock.utc_text(self._ledger.now())
        with tempfile.TemporaryFile("w+", encoding="ascii") as file:
            spool = Spool(file)
            if refusals:
                chosen = self._rows(form, template, refusals=True)
                for verdict in self._record(chosen, template, dates, provenance):
                    spool.put(verdict)
            others = self._rows(form, template, refusals=False)
            second = self._record(others, template, dates, provenance)
            for verdict in merge(spool.read(), second):
                result.read += 1
                result.verdicts[verdict.outcome] += 1
                if verdict_file is not None:
                    verdict_file.write(verdict)
                if result.read % CHUNK_ROWS == 0:
                    self._on_progress(result.read, form.lines)
        self._complete(form, result, started_at)
        result.seconds = time.monotonic() - began
        return result

    def _template(self, form: TextForm) -> Template:
        first = next(reader.rows(self._path, form), None)
        if first is None:
            raise reader.FileRefused("L-FILE-EMPTY")
        return templates.recognise(first.fields, self._options.template)

    def _scan(self, form: TextForm, template: Template) -> tuple[DateReader, bool]:
        """How dates are read, and whether the file has refusals."""
        refusals = False

        def cells() -> Iterator[str]:
            nonlocal refusals
            for row in self._data_rows(form, template):
                refusals = refusals or template.cell(row.fields, "status") == ConsentStatus.REFUSED
                yield template.cell(row.fields, "consentDate")

        mdy = True
        if template.dates.ambiguous:
            mdy = templates.month_first(cells(), told=self._options.dates)
        else:
            for _cell in cells():
                if refusals:
                    break
        return templates.date_reader(template.dates, mdy=mdy), refusals

    def _provenance(self, form: TextForm) -> Provenance:
        options = self._options
        declared = options.declared_by is not None
        # Keyed: the digest of a file with addresses in it must not stand in the clear (§5).
        content = ("import", form.sha256, str(options.brand_code), str(declared))
        digest = self._ledger.vault.content_digest(content)
        return Provenance(
            origin=Origin.DECLARED if declared else Origin.FILE,
            via="import",
            actor=options.actor,
            received_at=clock.utc_text(self._ledger.now()),
            tzdata=clock.TZDATA_VERSION,
            import_id=str(stream_id(digest[:6], f"import/{digest.hex()}")),
        )

    def _data_rows(self, form: TextForm, template: Template) -> Iterator[Row]:
        every = reader.rows(self._path, form)
        if template.has_header:
            next(every, None)
        return every

    def _rows(self, form: TextForm, template: Template, *, refusals: bool) -> Iterator[Row]:
        refused = str(ConsentStatus.REFUSED)
        for row in self._data_rows(form, template):
            if (template.cell(row.fields, "status") == refused) is refusals:
                yield row

    def _record(
        self, chosen: Iterable[Row], template: Template, dates: DateReader, given: Provenance
    ) -> Iterator[RowVerdict]:
        """Verdicts of rows in their order; a chunk is parsed while the one before is written."""
        for verdicts, requests in ahead(self._chunks(chosen, template, dates, given)):
            receipts = iter(self._ledger.record_surely([request for _, request in requests]))
            self._adapt(len(requests))
            by_line = {line: next(receipts) for line, _ in requests}
            for verdict in verdicts:
                receipt = by_line.get(verdict.line)
                if receipt is None:
                    yield verdict
                else:
                    yield RowVerdict(verdict.line, receipt.outcome, receipt.code)

    def _chunks(
        self, chosen: Iterable[Row], template: Template, dates: DateReader, given: Provenance
    ) -> Iterator[tuple[list[RowVerdict], list[tuple[int, Request]]]]:
        """Rows judged by their fields: a verdict for each, a request for each that has one."""
        received_at = clock.from_utc_text(given.received_at)
        verdicts: list[RowVerdict] = []
        requests: list[tuple[int, Request]] = []
        for row in chosen:
            try:
                if row.fault is not None:
                    raise InputRefused(row.fault, field="row")
                raw = template.raw_act(row.fields, dates)
                parsed = parse_act(raw, given, received_at=received_at, row=row.line)
            except InputRefused as refused:
                verdicts.append(RowVerdict(row.line, Outcome.REFUSED, refused.code))
            else:
                verdicts.append(RowVerdict(row.line, Outcome.RECORDED, None))
                request = Request(
                    parsed.address,
                    self._options.brand_code,
                    parsed.channel,
                    parsed.recipient_types,
                    parsed.command,
                    {"note": parsed.given} if parsed.given else {},
                )
                requests.append((row.line, request))
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

    def _complete(self, form: TextForm, result: ImportResult, started_at: str) -> None:
        options = self._options
        groups: dict[str, object] = {"file": {"name": self._path.name, "sha256": form.sha256}}
        if options.declared_by is not None:
            groups["note"] = {"declared_by": options.declared_by}
        body = ImportCompleted(
            import_id=result.import_id,
            brand=options.brand_code,
            template=result.template,
            rows=result.read,
            verdicts={str(outcome): count for outcome, count in result.verdicts.items()},
            started_at=started_at,
            at=clock.utc_text(self._ledger.now()),
            actor=options.actor,
            declared=options.declared_by is not None,
            exported_at=options.exported_at,
        )
        self._ledger.append_once(
            body,
            groups=groups,
            unless=lambda event: getattr(event.body, "import_id", None) == result.import_id,
        )


def ahead(items: Iterator[Item]) -> Iterator[Item]:
    """The same items, made by another thread up to `CHUNKS_AHEAD` in advance."""
    queue: Queue[tuple[Item | None, BaseException | None]] = Queue(maxsize=CHUNKS_AHEAD)
    stop = threading.Event()

    def make() -> None:
        try:
            for item in items:
                queue.put((item, None))
                if stop.is_set():
                    return
            queue.put((None, None))
        except BaseException as error:  # noqa: BLE001  # raised again in the caller's thread
            queue.put((None, error))

    maker = threading.Thread(target=make, name="import reader", daemon=True)
    maker.start()
    try:
        while True:
            item, error = queue.get()
            if error is not None:
                raise error
            if item is None:
                return
            yield item
    finally:
        stop.set()
        while maker.is_alive():
            while not queue.empty():
                queue.get()
            maker.join(timeout=0.05)

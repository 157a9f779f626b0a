"""Import a file: look, prove, record refusals first, then the rest, one verdict a line (C8)."""

import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from ledger import clock
from ledger.aggregates.provider_bodies import ImportCompleted
from ledger.application import ConsentLedger
from ledger.importing.dry_run import Dates, DryLane
from ledger.importing.lanes import Lane, Lanes, OpenLedger, process_lanes
from ledger.importing.plan import ImportOptions, ImportPlan, make_plan, once_for, opened
from ledger.importing.reader import FileRefused, identity_of
from ledger.importing.refused import RefusedFile
from ledger.importing.spool import RowVerdict, Spool, VerdictFile, merge, one_a_line
from ledger.values import plain_text
from ledger.vocabulary import Outcome

LANES: Final = 2
LINES_FOR_LANES: Final = 20_000
"""A shorter file is done before other processes have started."""
PROGRESS_ROWS: Final = 1_000

OnProgress = Callable[[int, int], None]


@dataclass(slots=True)
class ImportResult:
    """What became of the file: rows read, and one count per verdict."""

    import_id: str
    template: str
    read: int = 0
    verdicts: Counter[Outcome] = field(default_factory=Counter)
    seconds: float = 0.0


@dataclass(slots=True)
class DryResult:
    """What would become of the file. `is_whole`: whether it was short enough for each row to be
    judged over all rows before it."""

    result: ImportResult
    dates: Dates
    is_whole: bool


def import_file(
    ledger: ConsentLedger,
    path: Path,
    options: ImportOptions,
    *,
    verdict_file: VerdictFile | None = None,
    refused_file: RefusedFile | None = None,
    on_progress: OnProgress = lambda done, total: None,
    open_ledger: OpenLedger | None = None,
) -> ImportResult:
    """Import the whole file. A repeat, also after an interruption, records only what is missing.

    `open_ledger`: how another process opens the same ledger; long files then go in two lanes.
    Raises FileRefused before anything is recorded, and L-FILE-CHANGED after it where the file was
    changed meanwhile; LedgerError, StoreUnavailable on the way.
    """
    began = time.monotonic()
    with opened(path) as source:
        plan = make_plan(ledger, source, options)
        result = _result(plan)
        started_at = clock.utc_text(ledger.now())
        with _lanes(ledger, plan, open_ledger) as lanes:
            _count(lanes, plan, result, verdict_file, refused_file, on_progress)
        if identity_of(path) != source.form.identity:
            raise FileRefused("L-FILE-CHANGED")
        _complete(ledger, plan, options, result, started_at)
    result.seconds = time.monotonic() - began
    return result


def try_file(
    ledger: ConsentLedger,
    path: Path,
    options: ImportOptions,
    *,
    verdict_file: VerdictFile | None = None,
    refused_file: RefusedFile | None = None,
    on_progress: OnProgress = lambda done, total: None,
) -> DryResult:
    """What `import_file` would come to now; nothing is recorded. Raises FileRefused."""
    began = time.monotonic()
    with opened(path) as source:
        plan = make_plan(ledger, source, options)
        result = _result(plan)
        lane = DryLane(ledger, plan)
        _count(lane, plan, result, verdict_file, refused_file, on_progress)
    result.seconds = time.monotonic() - began
    return DryResult(result, lane.dates, lane.is_whole)


def _result(plan: ImportPlan) -> ImportResult:
    assert plan.provenance.import_id is not None
    return ImportResult(plan.provenance.import_id, plan.template.name)


def _count(
    lanes: Lanes,
    plan: ImportPlan,
    result: ImportResult,
    verdict_file: VerdictFile | None,
    refused_file: RefusedFile | None,
    on_progress: OnProgress,
) -> None:
    if refused_file is not None:
        refused_file.begin(plan)
    for verdict in _verdicts(lanes, plan):
        result.read += 1
        result.verdicts[verdict.outcome] += 1
        if verdict_file is not None:
            verdict_file.write(verdict)
        if refused_file is not None and verdict.outcome is Outcome.REFUSED:
            refused_file.write(verdict)
        if result.read % PROGRESS_ROWS == 0:
            on_progress(result.read, plan.source.form.lines)


@contextmanager
def _lanes(
    ledger: ConsentLedger, plan: ImportPlan, open_ledger: OpenLedger | None
) -> Iterator[Lanes]:
    if open_ledger is None or plan.source.form.lines < LINES_FOR_LANES:
        yield Lane(ledger, plan)
    else:
        with process_lanes(open_ledger, plan, LANES) as lanes:
            yield lanes


def _verdicts(lanes: Lanes, plan: ImportPlan) -> Iterator[RowVerdict]:
    """Refusals are recorded first, whatever their place; the verdicts come by line."""
    with tempfile.TemporaryFile("w+", encoding="ascii") as file:
        spool = Spool(file)
        if plan.has_refusals:
            for verdict in lanes.record(refusals=True):
                spool.put(verdict)
        verdicts = merge(spool.read(), lanes.record(refusals=False))
        yield from verdicts if plan.spread is None else one_a_line(verdicts)


def _complete(
    ledger: ConsentLedger,
    plan: ImportPlan,
    options: ImportOptions,
    result: ImportResult,
    started_at: str,
) -> None:
    file = {
        "name": plain_text(options.file_name or plan.source.path.name),
        "sha256": plan.source.form.sha256,
    }
    groups: dict[str, object] = {"file": file}
    if options.declared_by is not None:
        groups["note"] = {"declared_by": plain_text(options.declared_by)}
    body = ImportCompleted(
        import_id=result.import_id,
        brand=options.brand_code,
        template=result.template,
        rows=result.read,
        verdicts={str(outcome): count for outcome, count in result.verdicts.items()},
        started_at=started_at,
        at=clock.utc_text(ledger.now()),
        actor=options.actor,
        declared=options.declared_by is not None,
        exported_at=options.exported_at,
    )
    ledger.append_once(body, once=once_for(result.import_id), groups=groups)

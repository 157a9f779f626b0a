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
from ledger.importing.lanes import Lane, Lanes, OpenLedger, process_lanes
from ledger.importing.plan import ImportOptions, ImportPlan, make_plan
from ledger.importing.reader import FileRefused, identity_of
from ledger.importing.spool import RowVerdict, Spool, VerdictFile, merge
from ledger.values import plain_text
from ledger.vocabulary import Outcome

LANES: Final = 2
LINES_FOR_LANES: Final = 20_000
"""A shorter file is done before other processes have started."""
PROGRESS_ROWS: Final = 1_000


@dataclass(slots=True)
class ImportResult:
    """What became of the file: rows read, and one count per verdict."""

    import_id: str
    template: str
    read: int = 0
    verdicts: Counter[Outcome] = field(default_factory=Counter)
    seconds: float = 0.0


def import_file(
    ledger: ConsentLedger,
    path: Path,
    options: ImportOptions,
    *,
    verdict_file: VerdictFile | None = None,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
    open_ledger: OpenLedger | None = None,
) -> ImportResult:
    """Import the whole file. A repeat, also after an interruption, records only what is missing.

    `open_ledger`: how another process opens the same ledger; long files then go in two lanes.
    Raises FileRefused before anything is recorded, and L-FILE-CHANGED after it where the file was
    changed meanwhile; LedgerError, StoreUnavailable on the way.
    """
    began = time.monotonic()
    plan = make_plan(ledger, path, options)
    assert plan.provenance.import_id is not None
    result = ImportResult(plan.provenance.import_id, plan.template.name)
    started_at = clock.utc_text(ledger.now())
    with _lanes(ledger, plan, open_ledger) as lanes:
        for verdict in _verdicts(lanes, plan):
            result.read += 1
            result.verdicts[verdict.outcome] += 1
            if verdict_file is not None:
                verdict_file.write(verdict)
            if result.read % PROGRESS_ROWS == 0:
                on_progress(result.read, plan.form.lines)
    if identity_of(path) != plan.form.identity:
        raise FileRefused("L-FILE-CHANGED")
    _complete(ledger, plan, options, result, started_at)
    result.seconds = time.monotonic() - began
    return result


@contextmanager
def _lanes(
    ledger: ConsentLedger, plan: ImportPlan, open_ledger: OpenLedger | None
) -> Iterator[Lanes]:
    if open_ledger is None or plan.form.lines < LINES_FOR_LANES:
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
        yield from merge(spool.read(), lanes.record(refusals=False))


def _complete(
    ledger: ConsentLedger,
    plan: ImportPlan,
    options: ImportOptions,
    result: ImportResult,
    started_at: str,
) -> None:
    file = {"name": plain_text(plan.path.name), "sha256": plan.form.sha256}
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
    ledger.append_once(body, once=f"{body.TYPE}/{result.import_id}", groups=groups)

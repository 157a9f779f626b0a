"""`izin import --server`: the file goes to a running service, which imports it in its own time."""

from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import typer

from ledger.cli.context import current
from ledger.cli.import_output import Outputs, tell, tell_tried
from ledger.cli.remote import service
from ledger.cli.whole_files import whole_file
from ledger.clock import from_utc_text
from ledger.contract.uploads import ImportJobAnswer, TriedAnswer
from ledger.errors import ServiceRefused
from ledger.importing.dry_run import Dates
from ledger.importing.plan import ImportOptions
from ledger.importing.reader import FileRefused, identity_of
from ledger.importing.run import DryResult, ImportResult
from ledger.vocabulary import Outcome

if TYPE_CHECKING:
    from ledger.client import Client

EMPTY = "L-FILE-EMPTY"
HERE_ONLY = "--server ile olmaz / not with --server"


def send(file: Path, options: ImportOptions, outputs: Outputs, *, dry_run: bool) -> None:
    """Bring the file, wait for its end, fetch the verdicts; told as by an import here.

    Raises BadParameter for what a service does not do, NotFound, FileRefused, ServiceRefused.
    """
    if options.column_map is not None:
        raise typer.BadParameter(HERE_ONLY, param_hint="--map")
    if outputs.refused is not None:
        raise typer.BadParameter(HERE_ONLY, param_hint="--refused")
    identity_of(file)  # what an import here would say of a path that leads to no file
    with ExitStack() as stack:
        try:
            source = stack.enter_context(file.open("rb"))
        except OSError as error:
            raise FileRefused("L-FILE-UNREADABLE") from error
        izin = stack.enter_context(service())
        progress = stack.enter_context(current().output.progress())
        task = progress.add_task(file.name, total=None)
        verdicts = None
        if outputs.verdicts is not None:
            verdicts = stack.enter_context(whole_file(outputs.verdicts, "--verdicts"))
        begun = _begun(izin, options, source, file.name, dry_run=dry_run)
        # At once: whoever goes away can ask for the verdicts by it.
        current().output.note(f"Hizmetteki iş: {begun.id}", f"Job of the service: {begun.id}")
        for job in izin.import_progress(begun.id):
            progress.update(task, completed=job.rowsRead, total=job.rowsTotal)
        _expect_done(job)
        if verdicts is not None:
            izin.verdicts(job.id, verdicts.buffer)
    result = _result(job)
    if job.tried is None:
        tell(result)
    else:
        tell_tried(DryResult(result, _dates(job.tried), job.tried.whole))


def _begun(
    izin: "Client", options: ImportOptions, source: BinaryIO, name: str, *, dry_run: bool
) -> ImportJobAnswer:
    """Hand the file over. Raises FileRefused for one that is refused at once, ClientError."""
    from ledger.client import Refused  # here and not above: most commands start without HTTP

    try:
        return izin.import_file(
            options.brand_code,
            source,
            file_name=name,
            template=options.template,
            dates=options.dates,
            recipient_type=options.recipient_type,
            refusals=options.refusals,
            dry_run=dry_run,
            declared_by=options.declared_by,
            exported_at=None if options.exported_at is None else from_utc_text(options.exported_at),
        )
    except Refused as refused:
        if refused.problem.code != EMPTY:
            raise
        raise FileRefused(EMPTY) from refused


def _expect_done(job: ImportJobAnswer) -> None:
    if job.state == "REFUSED":
        raise FileRefused(job.code or "L-FILE-UNREADABLE")
    if job.state != "DONE":
        told = f"{job.id} {job.state}: {job.code or ''} {job.message or ''}".rstrip(": ")
        raise ServiceRefused(told)  # in the language that was asked for


def _result(job: ImportJobAnswer) -> ImportResult:
    """As an import here has it."""
    counts = Counter({outcome: job.verdicts.get(outcome, 0) for outcome in Outcome})
    seconds = 0.0
    if job.startedAt is not None and job.endedAt is not None:
        seconds = (from_utc_text(job.endedAt) - from_utc_text(job.startedAt)).total_seconds()
    return ImportResult(job.importId or "", job.template or "", job.rowsRead, counts, seconds)


def _dates(tried: TriedAnswer) -> Dates:
    return Dates(tried.firstDate, tried.lastDate, Counter(tried.months), tried.undated)

"""`izin import --server`: the file goes to a running service, which imports it in its own time."""

from contextlib import ExitStack
from pathlib import Path

import typer

from ledger.cli.context import current
from ledger.cli.import_output import Outputs, whole_file
from ledger.cli.remote import service
from ledger.clock import from_utc_text
from ledger.contract.uploads import ImportJobAnswer
from ledger.errors import ServiceRefused
from ledger.importing.plan import ImportOptions
from ledger.importing.reader import FileRefused
from ledger.vocabulary import Outcome

HERE_ONLY = "--server ile olmaz / not with --server"


def send(file: Path, options: ImportOptions, outputs: Outputs, *, dry_run: bool) -> None:
    """Bring the file, wait for its end, fetch the verdicts; told as by an import here.

    Raises BadParameter for what a service does not do, FileRefused, ServiceRefused.
    """
    if options.column_map is not None:
        raise typer.BadParameter(HERE_ONLY, param_hint="--map")
    if outputs.refused is not None:
        raise typer.BadParameter(HERE_ONLY, param_hint="--refused")
    exported_at = None if options.exported_at is None else from_utc_text(options.exported_at)
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
        begun = izin.import_file(
            options.brand_code,
            source,
            file_name=file.name,
            template=options.template,
            dates=options.dates,
            recipient_type=options.recipient_type,
            refusals=options.refusals,
            dry_run=dry_run,
            declared_by=options.declared_by,
            exported_at=exported_at,
        )
        for job in izin.import_progress(begun.id):
            progress.update(task, completed=job.rowsRead, total=job.rowsTotal)
        _expect_done(job)
        if verdicts is not None:
            izin.verdicts(job.id, verdicts.buffer)
    _tell(job)


def _expect_done(job: ImportJobAnswer) -> None:
    if job.state == "REFUSED":
        raise FileRefused(job.code or "L-FILE-UNREADABLE")
    if job.state != "DONE":
        told = f"job {job.id} {job.state}: {job.code or ''} {job.message or ''}".rstrip(": ")
        raise ServiceRefused(told)


def _tell(job: ImportJobAnswer) -> None:
    """As an import here tells it; the template that was found is known there only."""
    output = current().output
    counts = {str(outcome): job.verdicts.get(outcome, 0) for outcome in Outcome}
    shown = ", ".join(f"{name} {count}" for name, count in counts.items() if count) or "–"
    seconds = 0.0
    if job.startedAt is not None and job.endedAt is not None:
        seconds = (from_utc_text(job.endedAt) - from_utc_text(job.startedAt)).total_seconds()
    if job.dryRun:
        output.say(
            f"DENEME, hiçbir şey yazılmadı. {job.rowsRead} satır: {shown}.",
            f"TRIED, nothing was written. {job.rowsRead} rows: {shown}.",
        )
    else:
        output.say(
            f"{job.rowsRead} satır okundu: {shown}. {seconds:.1f} sn",
            f"{job.rowsRead} rows read: {shown}. {seconds:.1f} s",
        )
        output.say(f"İçe aktarma: {job.importId}", f"Import: {job.importId}")
    counted = {"template": None, "read": job.rowsRead, **counts, "seconds": seconds}
    if job.dryRun:
        output.answer({"dryRun": True, **counted})
    else:
        output.answer({"import": job.importId, **counted})

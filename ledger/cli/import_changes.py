"""`izin import retract` and `declare`: what is said of an import afterwards."""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import typer

from ledger.application import ConsentLedger
from ledger.cli.context import ACTOR, CODE_MAX, current, past_instant, reason_code, words
from ledger.importing import changes
from ledger.importing.changes import ChangeResult, OnProgress
from ledger.vocabulary import IysCode

IMPORT_ID = typer.Argument(..., help="`izin import`ın verdiği numara / the import's id.")
IYS_CODE = typer.Option(
    None, "--iys-code", min=1, max=CODE_MAX, help="İYS numarası / number at İYS."
)

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def register(app: typer.Typer) -> None:
    """Hang the commands on the tree."""
    app.command("retract")(retract)
    app.command("declare")(declare)


def retract(
    import_id: str = IMPORT_ID,
    reason: str = typer.Option(..., help="Neden kodu / a code: WRONG_FILE, TEST, …"),
    approved_by: str = typer.Option(..., help="Onaylayan ikinci kişi / who approves it."),
    iys_code: int | None = IYS_CODE,
) -> None:
    """İçe aktarmanın her kaydını geri alır / takes back every act of an import."""
    code = reason_code(reason)
    name = words(approved_by, "--approved-by")
    with _ledger(import_id, iys_code) as (ledger, on_progress):
        result = changes.retract(
            ledger,
            import_id,
            reason=code,
            approved_by=name,
            actor=ACTOR,
            on_progress=on_progress,
        )
    _tell(result, "geri alındı", "retracted")


def declare(
    import_id: str = IMPORT_ID,
    declared_by: str = typer.Option(..., help="Beyan eden / who declares it."),
    exported_at: str = typer.Option(..., help="Dışa aktarma anı / time of the export."),
    iys_code: int | None = IYS_CODE,
) -> None:
    """Olağan aktarılmış dosyanın İYS'de kayıtlı olduğunu beyan eder / vouches for an import."""
    name, exported = words(declared_by, "--declared-by"), past_instant(exported_at, "--exported-at")
    with _ledger(import_id, iys_code) as (ledger, on_progress):
        result = changes.declare(
            ledger,
            import_id,
            declared_by=name,
            exported_at=exported,
            actor=ACTOR,
            on_progress=on_progress,
        )
    _tell(result, "beyan edildi", "declared")


@contextmanager
def _ledger(import_id: str, iys_code: int | None) -> Iterator[tuple[ConsentLedger, OnProgress]]:
    """The ledger that keeps the import, and a bar over the log. Raises BadParameter."""
    if not _ID.fullmatch(import_id):
        raise typer.BadParameter("01234567-89ab-…", param_hint="IMPORT_ID")
    context = current()
    with ExitStack() as stack:
        home = stack.enter_context(context.home())
        known = home.iys_codes()
        if iys_code is None and len(known) > 1:
            told = ", ".join(map(str, known))
            raise typer.BadParameter(told, param_hint="--iys-code")
        wanted = known[0] if iys_code is None and known else IysCode(iys_code or 0)
        progress = stack.enter_context(context.output.progress())
        task = progress.add_task(import_id, total=None)
        yield (
            home.ledger(wanted),
            lambda done, total: progress.update(task, completed=done, total=total),
        )
        home.follow(wanted)


def _tell(result: ChangeResult, turkish: str, english: str) -> None:
    left = sum(result.left.values())
    current().output.say(
        f"{result.acts} kayıt: {result.changed} {turkish}, {result.already} önceden,"
        f" {left} olduğu gibi kaldı.",
        f"{result.acts} acts: {result.changed} {english}, {result.already} before, {left} left.",
    )
    current().output.answer(
        {
            "import": result.import_id,
            "acts": result.acts,
            "changed": result.changed,
            "already": result.already,
            "left": left,
            "codes": dict(result.left),
        }
    )

"""`izin import`: files in, tried out, taken back, vouched for later (consent.md C8)."""

from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import typer
from msgspec import structs
from typer.core import TyperGroup

from ledger.bootstrap import open_ledger
from ledger.cli import import_changes
from ledger.cli.context import ACTOR, CODE_MAX, choice, current, past_instant, words
from ledger.cli.import_output import Outputs, tell, tell_tried
from ledger.cli.import_remote import send
from ledger.cli.remote import is_remote
from ledger.importing.column_map import MAP_BYTES_MAX, ColumnMap, MapRefused, read_map
from ledger.importing.plan import ImportOptions
from ledger.importing.run import import_file as import_into
from ledger.importing.run import try_file
from ledger.importing.templates import TEMPLATES
from ledger.vocabulary import BrandCode, RecipientType

FILE_COMMAND = "file"

FILE = typer.Argument(..., help="Onay/ret dosyası: csv, txt, xlsx, xls / file of consents.")
VERDICTS = typer.Option(None, help="Satır kararları / verdict file (csv).")
REFUSED = typer.Option(
    None, help="Reddedilen satırlar, dosyanın kendi sütunlarıyla / refused rows to mend."
)
MAP = typer.Option(None, "--map", help="Geniş CRM dosyasının eşlemesi / map of a wide file (TOML).")


class ImportGroup(TyperGroup):
    """`import FILE …`, unless the first word is one of the commands below it. A file that bears
    such a name is given as `./retract`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # typer keeps its context's class
        """Send everything but a command's name to the import of a file."""
        named = bool(args) and args[0] in self.commands and args[0] != FILE_COMMAND
        return super().parse_args(ctx, args if named else [FILE_COMMAND, *args])

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The command; that of a file is shown as `import` alone."""
        name, command, rest = super().resolve_command(ctx, args)
        return "" if name == FILE_COMMAND else name, command, rest


import_app = typer.Typer(
    cls=ImportGroup,
    help="Dosya içe aktarır / imports a file: izin import --help; import retract, import declare.",
    rich_markup_mode=None,
)


def register(app: typer.Typer) -> None:
    """Hang the commands on the tree."""
    app.add_typer(import_app, name="import")
    import_app.command(FILE_COMMAND, hidden=True)(import_file)
    import_changes.register(import_app)


def import_file(
    file: Path = FILE,
    brand: int = typer.Option(..., min=1, max=CODE_MAX, help="Marka kodu / brand code."),
    iys_code: int | None = typer.Option(
        None, min=1, max=CODE_MAX, help="İYS numarası / number at İYS."
    ),
    template: str = typer.Option("auto", help=f"auto, {', '.join(TEMPLATES)}."),
    recipient_type: str | None = typer.Option(
        None, help="BIREYSEL, TACIR: boş hücreler için / for empty cells."
    ),
    verdicts: Path | None = VERDICTS,
    refused: Path | None = REFUSED,
    dry_run: bool = typer.Option(False, "--dry-run", help="Yalnız dener / tries, writes nothing."),
    refusals: bool = typer.Option(
        False, "--refusals", help="Tek sütun adres, hepsi ret / one column of addresses, all RET."
    ),
    column_map: Path | None = MAP,
    dates: str | None = typer.Option(None, help="mdy, dmy."),
    already_registered: bool = typer.Option(
        False, help="İYS'de kayıtlı olduğu beyan edilir / declared as registered at İYS."
    ),
    declared_by: str | None = typer.Option(None, help="Beyan eden / who declares it."),
    exported_at: str | None = typer.Option(None, help="Dışa aktarma anı / time of the export."),
) -> None:
    """Dosyadaki onay ve retleri deftere yazar / records the file's consents and refusals.

    `izin import retract IMPORT_ID` geri alır, `izin import declare IMPORT_ID` sonradan beyan eder.
    """
    given = _options(brand, template, dates, already_registered, declared_by, exported_at)
    if refusals and (column_map is not None or template != "auto"):
        alone = "--map ve --template ile olmaz / not with --map or --template"
        raise typer.BadParameter(alone, param_hint="--refusals")
    if column_map is not None and (template != "auto" or dates is not None):
        alone = "--template ve --dates ile olmaz / not with --template or --dates"
        raise typer.BadParameter(alone, param_hint="--map")
    kind = choice(RecipientType, recipient_type, "--recipient-type") if recipient_type else None
    options = structs.replace(
        given,
        recipient_type=kind,
        refusals=refusals,
        column_map=None if column_map is None else _map(column_map),
    )
    outputs = Outputs(verdicts, refused)
    outputs.check(file, column_map)
    if is_remote():
        send(file, options, outputs, dry_run=dry_run)
    else:
        _run(file, options, iys_code, outputs, dry_run=dry_run)


def _run(
    file: Path, options: ImportOptions, iys_code: int | None, outputs: Outputs, *, dry_run: bool
) -> None:
    context = current()
    with ExitStack() as stack:
        home = stack.enter_context(context.home())
        brand_kept, ledger = context.brand(home, options.brand_code, iys_code)
        progress = stack.enter_context(context.output.progress())
        task = progress.add_task(file.name, total=None)
        verdict_file, refused_file = outputs.open(stack, context.output.lang)

        def on_progress(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        if dry_run:
            tried = try_file(
                ledger,
                file,
                options,
                verdict_file=verdict_file,
                refused_file=refused_file,
                on_progress=on_progress,
            )
        else:
            result = import_into(
                ledger,
                file,
                options,
                verdict_file=verdict_file,
                refused_file=refused_file,
                on_progress=on_progress,
                open_ledger=partial(open_ledger, context.settings, brand_kept.iys_code),
            )
            home.follow(brand_kept.iys_code)
    if dry_run:
        tell_tried(tried)
    else:
        tell(result)


def _options(
    brand: int,
    template: str,
    dates: str | None,
    already_registered: bool,
    declared_by: str | None,
    exported_at: str | None,
) -> ImportOptions:
    """The options of an import. Raises BadParameter."""
    if template not in ("auto", *TEMPLATES):
        raise typer.BadParameter(", ".join(("auto", *TEMPLATES)), param_hint="--template")
    if dates not in (None, "mdy", "dmy"):
        raise typer.BadParameter("mdy, dmy", param_hint="--dates")
    if already_registered != (declared_by is not None and exported_at is not None):
        together = "--already-registered --declared-by NAME --exported-at TIME"
        raise typer.BadParameter(together, param_hint="--already-registered")
    return ImportOptions(
        brand_code=BrandCode(brand),
        actor=ACTOR,
        template=template,
        dates=dates,
        declared_by=None if declared_by is None else words(declared_by, "--declared-by"),
        exported_at=None if exported_at is None else past_instant(exported_at, "--exported-at"),
    )


def _map(path: Path) -> ColumnMap:
    """The map of a wide file. Raises BadParameter naming the key at fault."""
    try:
        with path.open("rb") as file:
            return read_map(file.read(MAP_BYTES_MAX + 1))
    except OSError as error:
        raise typer.BadParameter("okunamıyor / cannot be read", param_hint="--map") from error
    except MapRefused as refused:
        told = current().output.text(refused.turkish, str(refused))
        raise typer.BadParameter(told, param_hint="--map") from refused

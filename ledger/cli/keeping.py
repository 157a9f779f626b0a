"""Commands that write: providers, brands, imports."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TextIO

import typer

from ledger.bootstrap import open_ledger
from ledger.cli.context import ACTOR, CODE_MAX, current, instant, words
from ledger.clock import now, utc_text
from ledger.importing.plan import ImportOptions
from ledger.importing.run import ImportResult
from ledger.importing.run import import_file as import_into
from ledger.importing.spool import VerdictFile
from ledger.store.providers import ProviderDetails
from ledger.vocabulary import BrandCode, IysCode, Outcome

provider_app = typer.Typer(help="Hizmet sağlayıcılar / service providers.", no_args_is_help=True)
brand_app = typer.Typer(help="Markalar / brands.", no_args_is_help=True)

IYS_CODE = typer.Option(
    ..., "--iys-code", min=1, max=CODE_MAX, help="İYS numarası / number at İYS."
)
FILE = typer.Argument(..., help="Onay/ret dosyası / file of consents.")
VERDICTS = typer.Option(None, "--verdicts", help="Satır kararları / verdict file (csv).")


def register(app: typer.Typer) -> None:
    """Hang the commands on the tree."""
    app.add_typer(provider_app, name="provider")
    app.add_typer(brand_app, name="brand")
    app.command("import")(import_file)


@provider_app.command("add")
def provider_add(
    iys_code: int = IYS_CODE,
    title: str = typer.Option(..., help="Unvan / company name."),
    mersis: str | None = typer.Option(None, help="MERSİS no."),
    vkn: str | None = typer.Option(None, help="VKN."),
    kep: str | None = typer.Option(None, help="KEP."),
    address: str | None = typer.Option(None, help="Adres / address."),
) -> None:
    """Hizmet sağlayıcıyı ekler ve defterini açar / adds a provider and opens its ledger."""
    context = current()
    wanted = words(title, "--title")
    details = ProviderDetails(wanted, mersis, vkn, kep, address)
    with context.home() as home:
        provider = home.add_provider(IysCode(iys_code), details, actor=ACTOR)
    context.output.say(
        f"{provider.title} ({iys_code}) kayıtlı. Defter: {provider.log_origin}",
        f"{provider.title} ({iys_code}) is kept. Log: {provider.log_origin}",
    )
    if provider.title != wanted:
        context.output.complain(
            "Sağlayıcı daha önce eklenmişti; bilgileri değiştirilmedi.",
            "The provider was added before; its details were not changed.",
        )
    members = {"iysCode": iys_code, "title": provider.title, "log": provider.log_origin}
    context.output.answer(dict(members))


@provider_app.command("list")
def provider_list() -> None:
    """Hizmet sağlayıcıları sayar / lists the providers."""
    context = current()
    with context.home() as home:
        providers = home.providers.all()
    for one in providers:
        context.output.say(f"{one.iys_code}\t{one.title}", f"{one.iys_code}\t{one.title}")
    listed = [{"iysCode": one.iys_code, "title": one.title} for one in providers]
    context.output.answer({"providers": listed})


@brand_app.command("add")
def brand_add(
    iys_code: int = IYS_CODE,
    brand: int = typer.Option(..., min=1, max=CODE_MAX, help="Marka kodu / brand code."),
    name: str = typer.Option(..., help="Marka adı / brand name."),
) -> None:
    """Marka ekler / adds a brand."""
    context = current()
    with context.home() as home:
        kept = home.add_brand(
            IysCode(iys_code), BrandCode(brand), words(name, "--name"), actor=ACTOR
        )
    context.output.say(f"{kept.name} ({brand}) kayıtlı.", f"{kept.name} ({brand}) is kept.")
    context.output.answer({"iysCode": iys_code, "brandCode": brand, "name": kept.name})


@brand_app.command("list")
def brand_list() -> None:
    """Markaları sayar / lists the brands."""
    context = current()
    with context.home() as home:
        brands = home.providers.brands()
    for one in brands:
        line = f"{one.iys_code}\t{one.brand_code}\t{one.name}"
        context.output.say(line, line)
    listed = [
        {"iysCode": one.iys_code, "brandCode": one.brand_code, "name": one.name} for one in brands
    ]
    context.output.answer({"brands": listed})


def import_file(
    file: Path = FILE,
    brand: int = typer.Option(..., min=1, max=CODE_MAX, help="Marka kodu / brand code."),
    iys_code: int | None = typer.Option(
        None, min=1, max=CODE_MAX, help="İYS numarası / number at İYS."
    ),
    template: str = typer.Option("auto", help="auto, uyumsoft, api, sample-client."),
    verdicts: Path | None = VERDICTS,
    dates: str | None = typer.Option(None, help="mdy, dmy."),
    already_registered: bool = typer.Option(
        False, help="İYS'de kayıtlı olduğu beyan edilir / declared as registered at İYS."
    ),
    declared_by: str | None = typer.Option(None, help="Beyan eden / who declares it."),
    exported_at: str | None = typer.Option(None, help="Dışa aktarma anı / time of the export."),
) -> None:
    """Dosyadaki onay ve retleri deftere yazar / records the file's consents and refusals."""
    context = current()
    options = _options(brand, template, dates, already_registered, declared_by, exported_at)
    if verdicts is not None and verdicts.exists() and file.exists() and verdicts.samefile(file):
        raise typer.BadParameter("girdi dosyasının kendisi / the input", param_hint="--verdicts")
    with ExitStack() as stack:
        home = stack.enter_context(context.home())
        brand_kept, ledger = context.brand(home, brand, iys_code)
        progress = stack.enter_context(context.output.progress())
        task = progress.add_task(file.name, total=None)
        out = None
        if verdicts is not None:
            handle = stack.enter_context(whole_file(verdicts))
            out = VerdictFile(handle, lang=context.output.lang)
        result = import_into(
            ledger,
            file,
            options,
            verdict_file=out,
            on_progress=lambda done, total: progress.update(task, completed=done, total=total),
            open_ledger=partial(open_ledger, context.settings, brand_kept.iys_code),
        )
        home.follow(brand_kept.iys_code)
    _tell(result)


def _options(
    brand: int,
    template: str,
    dates: str | None,
    already_registered: bool,
    declared_by: str | None,
    exported_at: str | None,
) -> ImportOptions:
    """The options of an import. Raises BadParameter."""
    if template not in ("auto", "uyumsoft", "api", "sample-client"):
        raise typer.BadParameter("auto, uyumsoft, api, sample-client", param_hint="--template")
    if dates not in (None, "mdy", "dmy"):
        raise typer.BadParameter("mdy, dmy", param_hint="--dates")
    if already_registered != (declared_by is not None and exported_at is not None):
        together = "--already-registered --declared-by NAME --exported-at TIME"
        raise typer.BadParameter(together, param_hint="--already-registered")
    exported = instant(exported_at, "--exported-at")
    if exported is not None and exported > now():
        raise typer.BadParameter("gelecekte / in the future", param_hint="--exported-at")
    return ImportOptions(
        brand_code=BrandCode(brand),
        actor=ACTOR,
        template=template,
        dates=dates,
        declared_by=None if declared_by is None else words(declared_by, "--declared-by"),
        exported_at=None if exported is None else utc_text(exported),
    )


@contextmanager
def whole_file(path: Path) -> Iterator[TextIO]:
    """A file that appears at the end of the block, whole, or not at all."""
    if not path.parent.is_dir() or path.is_dir():
        raise typer.BadParameter("klasör yok / no such folder", param_hint="--verdicts")
    if path.exists() and not path.is_file():  # a pipe or a device takes what it gets
        with path.open("w", encoding="utf-8", newline="") as handle:
            yield handle
        return
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with draft.open("w", encoding="utf-8", newline="") as handle:
            yield handle
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _tell(result: ImportResult) -> None:
    output = current().output
    counts = {str(outcome): result.verdicts[outcome] for outcome in Outcome}
    shown = ", ".join(f"{name} {count}" for name, count in counts.items() if count)
    output.say(
        f"{result.read} satır okundu ({result.template}): {shown or '–'}. {result.seconds:.1f} sn",
        f"{result.read} rows read ({result.template}): {shown or '–'}. {result.seconds:.1f} s",
    )
    output.answer(
        {
            "import": result.import_id,
            "template": result.template,
            "read": result.read,
            **counts,
            "seconds": round(result.seconds, 3),
        }
    )

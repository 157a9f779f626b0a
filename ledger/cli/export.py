"""Everything for the company that leaves: export."""

from datetime import date, datetime, time, timedelta
from pathlib import Path

import typer

from ledger.bootstrap import Home
from ledger.cli.context import ACTOR, CODE_MAX, current
from ledger.clock import ISTANBUL, WIRE_DAY, now, utc_text_micros
from ledger.proving.export_choice import Choice
from ledger.proving.export_folder import ExportFolder
from ledger.proving.exporting_all import ExportedAll, Shop, Wanted, export_all
from ledger.proving.question import OPENED
from ledger.reporting.words import GROUPS
from ledger.store.exporting import ExportTables
from ledger.store.vault import ProviderVault
from ledger.vocabulary import IysCode

OUT = typer.Argument(..., metavar="OUT_DIR", help="Yeni ya da boş klasör / new or empty folder.")
BRAND = typer.Option(None, "--brand", min=1, max=CODE_MAX, help="Marka kodu / brand code.")
EVERYTHING = typer.Option(False, "--all", help="Sağlayıcının her şeyi / all of the provider.")
SINCE = typer.Option(None, "--from", metavar="DAY", help="YYYY-MM-DD, bu günden / from this day.")
UNTIL = typer.Option(None, "--to", metavar="DAY", help="YYYY-MM-DD, bu güne dek / to this day.")
IYS_CODE = typer.Option(
    None, "--iys-code", min=1, max=CODE_MAX, help="İYS numarası / number at İYS."
)
OPEN = typer.Option(None, "--open", help="Açılacak grup, yinelenebilir / group to open.")
EVIDENCE = typer.Option(
    False, "--with-evidence", help="Delil dosyaları da girsin / the pieces themselves too."
)


def register(app: typer.Typer) -> None:
    """Hang the command on the tree."""
    app.command("export")(export)


def export(
    out: Path = OUT,
    brand: int | None = BRAND,
    everything: bool = EVERYTHING,
    since: str | None = SINCE,
    until: str | None = UNTIL,
    iys_code: int | None = IYS_CODE,
    opened: list[str] | None = OPEN,
    with_evidence: bool = EVIDENCE,
) -> None:
    """Her şeyi kanıtlarıyla dışa aktarır / exports everything with its proofs."""
    context = current()
    if (brand is None) is not everything:
        raise typer.BadParameter("biri / one of them", param_hint="--brand, --all")
    first, last = _day(since, "--from"), _day(until, "--to")
    if everything and (first or last):
        raise typer.BadParameter("--all ile olmaz / not with --all", param_hint="--from, --to")
    if first and last and last < first:
        raise typer.BadParameter("--from'dan önce / before --from", param_hint="--to")
    groups = OPENED if opened is None else frozenset(opened)
    if not groups <= GROUPS.keys():
        raise typer.BadParameter(", ".join(GROUPS), param_hint="--open")
    with context.home() as home, context.output.progress() as progress:
        kept = None if brand is None else context.brand(home, brand, iys_code)[0]
        code = context.provider(home, iys_code) if kept is None else kept.iys_code
        wanted = Wanted(
            choice=Choice(
                None if kept is None else kept.brand_code,
                None if first is None else _midnight(first),
                None if last is None else _midnight(last + timedelta(days=1)),
            ),
            brands=[one.brand_code for one in ([kept] if kept else home.brands(code))],
            opened=groups,
            with_evidence=with_evidence,
        )
        task = progress.add_task("export", total=None)
        made = export_all(
            wanted,
            _shop(home, code),
            ExportFolder(out),
            now=now(),
            on_progress=lambda done, size: progress.update(task, completed=done, total=size),
        )
    _tell(out, made)


def _shop(home: Home, code: IysCode) -> Shop:
    tables = ExportTables(home.database, code, ProviderVault(home.providers.keys(code)))
    access_log = home.access_log(code)
    return Shop(
        sources=home.logs.sources(code),
        log=tables,
        people=tables,
        note=lambda brand_code, consents: access_log.note(
            ACTOR, "export", brand_code=brand_code, items=consents
        ),
    )


def _tell(out: Path, made: ExportedAll) -> None:
    output = current().output
    output.say(
        f"{out}: {made.parts} paket, {made.events} olay, {made.consents} izin,"
        f" {made.acts} onay/ret, {made.files} dosya.",
        f"{out}: {made.parts} parts, {made.events} events, {made.consents} consents,"
        f" {made.acts} acts, {made.files} files.",
    )
    output.say(f"SHA256SUMS özeti: {made.sums}", f"Digest of SHA256SUMS: {made.sums}")
    output.say(
        "Klasör kişisel veri içerir.",
        "The folder holds personal data.",
    )
    output.answer(
        {
            "folder": str(out),
            "logSize": made.size,
            "parts": made.parts,
            "events": made.events,
            "consents": made.consents,
            "acts": made.acts,
            "texts": made.texts,
            "evidence": made.evidence,
            "files": made.files,
            "bytes": made.size_bytes,
            "sumsSha256": made.sums,
        }
    )


def _day(text: str | None, option: str) -> date | None:
    """A Turkish day. Raises BadParameter."""
    try:
        if text is not None and not (WIRE_DAY.fullmatch(text) and "2000" < text < "3000"):
            raise ValueError("no day that a ledger could have")
        return None if text is None else date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter("YYYY-MM-DD", param_hint=option) from error


def _midnight(day: date) -> str:
    """The beginning of a Turkish day, as `recorded` is written."""
    return utc_text_micros(datetime.combine(day, time(), ISTANBUL))

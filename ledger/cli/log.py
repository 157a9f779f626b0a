"""The log for others: `izin log export` writes it out, `izin mirror` copies and checks one."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.progress import Progress, TaskID

from ledger.cli.context import CODE_MAX, current
from ledger.errors import NotFound
from ledger.evidence.log_book import LogBook
from ledger.evidence.note import VerifierKey
from ledger.evidence.refusals import ProofRefused
from ledger.proving.exporting import export
from ledger.proving.log_folder import VKEY_BYTES_MAX, LogFolder, LogSource

if TYPE_CHECKING:
    from ledger.proving.mirror import Mirrored
    from ledger.proving.replay import CheckedMap

KEY_CHARACTERS_MAX = 512

log_app = typer.Typer(help="Defterin kendisi / the log itself.", no_args_is_help=True)

EXPORT_TO = typer.Argument(..., metavar="DIR", help="Klasör / folder.")
IYS_CODE = typer.Option(
    None, "--iys-code", min=1, max=CODE_MAX, help="İYS numarası / number at İYS."
)
ENTRIES = typer.Option(
    True,
    help="Kayıtlar: kişisel veri içermez ama yalnız denetçiler içindir"
    " / the entries: without personal data, yet for auditors only.",
)
SOURCE = typer.Argument(
    ..., help="Dışa aktarılmış klasör ya da https://…/v1/log / an exported folder or URL."
)
MIRROR_TO = typer.Option(..., "--to", help="Kopyanın klasörü / folder of the copy.")
VKEY_OPTION = typer.Option(
    ..., "--vkey", help="Defterin anahtarı, başka yoldan alınmış / the log's key, got elsewhere."
)


def register(app: typer.Typer) -> None:
    """Hang the commands on the tree."""
    app.add_typer(log_app, name="log")
    app.command("mirror")(mirror)


@log_app.command("export")
def log_export(
    folder: Path = EXPORT_TO, iys_code: int | None = IYS_CODE, entries: bool = ENTRIES
) -> None:
    """Defteri dosya olarak yazar / writes the log out as files (c2sp.org/tlog-tiles)."""
    context = current()
    output = context.output
    with context.home() as home, output.progress() as progress:
        code = context.provider(home, iys_code)
        shown = home.logs.keeper(code).show()
        if shown is None:
            raise NotFound("the log is empty", "defter boş")
        task = progress.add_task("log export", total=shown.tree.size)
        done = export(
            LogBook(home.logs.tables(code)),
            shown,
            home.logs.public_key(code),
            LogFolder(folder),
            with_entries=entries,
            on_progress=partial(_progressed, progress, task),
        )
    root = done.root.hex()
    output.say(
        f"{done.size} kayıt, {done.written} yeni dosya. Kök: {root}",
        f"{done.size} events, {done.written} new files. Root: {root}",
    )
    if entries:
        output.say(
            "Kayıtlarda kişisel veri yoktur; yine de yalnız denetçilere verin.",
            "The entries hold no personal data; still hand them to auditors only.",
        )
    output.answer({"size": done.size, "root": root, "written": done.written, "entries": entries})


def mirror(source: str = SOURCE, to: Path = MIRROR_TO, vkey: str = VKEY_OPTION) -> None:
    """Bir defterin kopyasını büyütür ve baştan sona denetler / grows a copy of a log, checks it."""
    from ledger.proving.mirror import mirror as make  # with SQLite, which nothing else needs

    output, key = current().output, _verifier_key(vkey)
    with _source(source) as opened, output.progress() as progress:
        copying = progress.add_task(output.text("kopya", "copy"), total=None)
        replaying = progress.add_task(output.text("denetim", "check"), total=None)

        def on_size(size: int) -> None:
            progress.update(copying, total=size)
            progress.update(replaying, total=size)

        done = make(
            opened,
            LogFolder(to),
            key,
            on_size=on_size,
            on_copied=partial(_progressed, progress, copying),
            on_replayed=partial(_progressed, progress, replaying),
        )
    _tell(done)
    if not done.is_sound:
        raise typer.Exit(1)


def _tell(done: "Mirrored") -> None:
    output, root = current().output, done.root.hex()
    true = sum(one.is_true for one in done.maps)
    turkish, english = ("sağlam", "sound") if done.is_sound else ("UYUŞMAZLIK VAR", "NOT SOUND")
    output.say(
        f"{done.size} kayıt ({done.added} yeni), akış haritası {true}/{len(done.maps)} doğru:"
        f" {turkish}. Kök: {root}",
        f"{done.size} events ({done.added} new), maps of streams {true}/{len(done.maps)} true:"
        f" {english}. Root: {root}",
    )
    for one in done.maps:
        stated = one.stated
        is_so = ("doğru", "true") if one.is_true else ("YANLIŞ", "FALSE")
        output.say(
            f"  {stated.day}: {stated.size} kayıt, {stated.streams} akış: {is_so[0]}",
            f"  {stated.day}: {stated.size} events, {stated.streams} streams: {is_so[1]}",
        )
    for position in done.reopened:
        output.say(
            f"  {position}: yedekten dönülmüş, defter başka bir anahtarla sürüyor",
            f"  {position}: a backup was put back, the log goes on under another key",
        )
    for finding in done.findings:
        output.complain(f"  {finding}", f"  {finding}")
    if done.overflow:
        output.complain(f"  … {done.overflow} daha", f"  … {done.overflow} more")
    output.answer(
        {
            "size": done.size,
            "root": root,
            "added": done.added,
            "reopened": list(done.reopened),
            "maps": [_map_members(one) for one in done.maps],
            "findings": list(done.findings),
        }
    )


def _map_members(one: "CheckedMap") -> dict[str, object]:
    return {
        "day": one.stated.day,
        "position": one.stated.position,
        "size": one.stated.size,
        "streams": one.stated.streams,
        "isTrue": one.is_true,
    }


@contextmanager
def _source(text: str) -> Iterator[LogSource]:
    """A folder or an address. Raises BadParameter."""
    if not text.startswith(("http://", "https://")):
        if not Path(text).is_dir():
            raise typer.BadParameter("klasör yok / no such folder", param_hint="SOURCE")
        yield LogFolder(Path(text))
        return
    from ledger.proving.log_address import LogAddress  # with HTTP, which a folder does not need

    try:
        address = LogAddress(text, _key())
    except ValueError as error:
        raise typer.BadParameter("http[s]://HOST[:PORT]/PATH", param_hint="SOURCE") from error
    with address as opened:
        yield opened


def _key() -> str | None:
    """An auditor's, if there is one; never from the command line."""
    settings = current().settings
    if settings.key_file is not None:
        with settings.key_file.open(encoding="ascii", errors="replace") as file:
            return file.readline(KEY_CHARACTERS_MAX).strip()
    return None if settings.api_key is None else settings.api_key.get_secret_value()


def _verifier_key(text: str) -> VerifierKey:
    """As written, or the one in a file. Raises BadParameter."""
    try:
        return VerifierKey.parse(text)
    except ProofRefused:
        file = Path(text)
    try:
        with file.open("rb") as opened:
            written = opened.read(VKEY_BYTES_MAX).decode("utf-8", errors="replace")
        return VerifierKey.parse(written.strip())
    except (ProofRefused, OSError, ValueError) as error:
        told = "NAME+ID+BASE64 ya da dosyası / or a file with it"
        raise typer.BadParameter(told, param_hint="--vkey") from error


def _progressed(progress: Progress, task: TaskID, done: int) -> None:
    progress.update(task, completed=done)

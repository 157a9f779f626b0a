"""`izin twin`: a local İYS to test against, and its recipients, clock and faults by command."""

import secrets
import socket
import sys
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import typer

from ledger.cli.context import current, recipient
from ledger.cli.output import Output
from ledger.clock import now
from ledger.errors import ServiceRefused, ServiceUnavailable, SettingsRefused

if TYPE_CHECKING:
    from ledger.iys_twin.demo import DemoReport
    from ledger.iys_twin.engine import Twin
    from ledger.iys_twin.settings import TwinSettings

PORT = 8574
CONTROL = f"http://127.0.0.1:{PORT}/_twin"
TIMEOUT_SECONDS = 30
SETTINGS = typer.Option(None, "--set", help="ad=değer, yinelenebilir / name=value, repeatable.")
SNAPSHOT = typer.Option(
    None, help="Durum dosyası: başta okunur, kapanışta yazılır / read first, written last."
)

twin_app = typer.Typer(
    help="Yerel İYS: denemek için / a local İYS to test against.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def register(app: typer.Typer) -> None:
    """Hang the commands on the tree."""
    app.add_typer(twin_app, name="twin")


@twin_app.callback(invoke_without_command=True)
def serve(
    context: typer.Context,
    port: int = typer.Option(PORT, min=0, max=65535, help="Kapı / port; 0: boş olan."),
    host: str = typer.Option("127.0.0.1", help="Adres / address."),
    settings: list[str] | None = SETTINGS,
    snapshot: Path | None = SNAPSHOT,
    demo: bool = typer.Option(False, "--demo", help="On dakikada bir hafta / a week in 10 min."),
) -> None:
    """Yerel İYS'yi başlatır / starts the local İYS."""
    if context.invoked_subcommand is not None:
        return
    import uvicorn  # here and not above: every other command starts without the HTTP stack

    from ledger.iys_twin.app import TwinApp
    from ledger.iys_twin.demo import Week

    output = current().output
    twin = _twin(settings or [], snapshot, demo=demo)
    reports: list[DemoReport] = []

    def finished(report: "DemoReport") -> None:
        reports.append(report)
        server.should_exit = True

    alongside = [Week(twin, output.say, finished).live] if demo else []
    config = uvicorn.Config(
        TwinApp(twin, alongside), log_level="warning", access_log=False, server_header=False
    )
    server = uvicorn.Server(config)
    with closing(_listen(host, port)) as listening:
        _tell(output, twin, "http://{}:{}".format(*listening.getsockname()[:2]))
        try:
            server.run(sockets=[listening])
        finally:
            _keep(twin)
    for report in reports:
        _tell_week(output, report)


@twin_app.command("move")
def move(
    how: str = typer.Option(
        "sms", help="sms, call, web, app, email, new, frame-sms, frame-email, line-closed."
    ),
    to: str = typer.Option(..., "--recipient", help="Adres ya da - / address, or - for stdin."),
    brand: int | None = typer.Option(None, help="Marka kodu / brand code."),
    channel: str = typer.Option("MESAJ", help="ARAMA, MESAJ, EPOSTA."),
    status: str = typer.Option("RET", help="ONAY, RET."),
    recipient_type: str = typer.Option("BIREYSEL", help="BIREYSEL, TACIR."),
    name: str | None = typer.Option(None, help="--how new: ad soyad / the citizen's name."),
    control: str = typer.Option(CONTROL, help="İkizin denetim adresi / control URL."),
) -> None:
    """Alıcı İYS'de işlem yapar / a recipient acts at İYS."""
    body: dict[str, object] = {
        "how": how,
        "recipient": recipient(to),
        "type": channel,
        "status": status,
        "recipientType": recipient_type,
    }
    body |= {} if brand is None else {"brandCode": brand}
    body |= {} if name is None else {"citizenName": name}
    _ask(control, "movements", body)


@twin_app.command("clock")
def set_clock(
    speed: float | None = typer.Option(None, help="0: durdurur / freezes."),
    set_to: str | None = typer.Option(None, "--set", help="2026-03-04 10:00:00"),
    advance: float | None = typer.Option(None, help="Saniye ileri / seconds forward."),
    control: str = typer.Option(CONTROL, help="İkizin denetim adresi / control URL."),
) -> None:
    """İkizin saatini ayarlar / sets the twin's clock."""
    said = {"speed": speed, "set": set_to, "advanceSeconds": advance}
    _ask(control, "clock", {key: value for key, value in said.items() if value is not None})


@twin_app.command("fault")
def fault(
    kind: str = typer.Argument(
        help="code, misspelled, html, slow, cut, lost_request, lost_answer, empty_bulk,"
        " duplicate_push, file_error."
    ),
    code: str | None = typer.Option(None, help="kind code: H101 …"),
    endpoint: str | None = typer.Option(None, help="POST /sps/{iysCode}/…; yoksa hepsi / all."),
    times: int | None = typer.Option(None, help="Kaç istek / how many requests."),
    minutes: float | None = typer.Option(None, help="Kaç dakika (ikizin saati) / how long."),
    seconds: float = typer.Option(0.0, help="kind slow: gerçek saniye / real seconds."),
    control: str = typer.Option(CONTROL, help="İkizin denetim adresi / control URL."),
) -> None:
    """Arıza çıkarır / makes something go wrong."""
    said = {"code": code, "endpoint": endpoint, "times": times, "minutes": minutes}
    given = {key: value for key, value in said.items() if value is not None}
    _ask(control, "faults", {"kind": kind, "seconds": seconds, **given})


def _twin(words: list[str], snapshot: Path | None, *, demo: bool) -> "Twin":
    """The twin of these settings. Raises BadParameter naming the one that cannot be used."""
    from ledger.iys_twin.app import ENDPOINT_NAMES
    from ledger.iys_twin.demo import SPEED
    from ledger.iys_twin.engine import Twin
    from ledger.iys_twin.settings import SettingRefused
    from ledger.iys_twin.snapshot import SnapshotRefused, read_snapshot

    if snapshot is not None and not snapshot.parent.is_dir():
        raise typer.BadParameter("klasör yok / no such folder", param_hint="--snapshot")
    try:
        given = _settings(words)
        is_own_speed = any(word.startswith("speed=") for word in words)
        twin = Twin(
            replace(given, speed=SPEED) if demo and not is_own_speed else given,
            real_now=now,
            real_seconds=time.monotonic,
            random_bytes=secrets.token_bytes,
            endpoints=ENDPOINT_NAMES,
            snapshot_file=snapshot,
        )
        if snapshot is not None and snapshot.exists():
            twin.resume(read_snapshot(twin.world, snapshot))
    except SettingRefused as refused:
        raise typer.BadParameter(str(refused), param_hint="--set") from refused
    except SnapshotRefused as refused:
        raise typer.BadParameter(str(refused), param_hint="--snapshot") from refused
    return twin


def _settings(words: list[str]) -> "TwinSettings":
    from ledger.iys_twin.settings import read_settings

    pairs = [word.partition("=") for word in words]
    if not all(equals for _, equals, _value in pairs):
        raise typer.BadParameter("ad=değer / name=value", param_hint="--set")
    return read_settings({name: value for name, _, value in pairs})


def _tell(output: Output, twin: "Twin", url: str) -> None:
    settings = twin.settings
    output.answer(
        {
            "url": url,
            "username": settings.username,
            "password": settings.password,
            "iysCode": settings.iys_code,
            "brandCode": settings.iys_code,
            "control": f"{url}/_twin",
        }
    )
    output.say(
        f"İYS ikizi: {url} · kullanıcı {settings.username} · parola {settings.password}"
        f" · iysCode {settings.iys_code} · yalnız uydurma veri",
        f"İYS twin: {url} · user {settings.username} · password {settings.password}"
        f" · iysCode {settings.iys_code} · made-up data only",
    )
    sys.stdout.flush()


def _tell_week(output: Output, report: "DemoReport") -> None:
    output.say(
        f"Bir hafta: {report.sent} izin gönderildi, {report.opt_outs} ret, {report.closed_lines}"
        f" kapanan hat, {report.let_down} yanıtsız istek, {report.days_agreed} günde mutabakat",
        f"A week: {report.sent} consents sent, {report.opt_outs} opt-outs, {report.closed_lines}"
        f" closed lines, {report.let_down} requests let down, {report.days_agreed} days agreed",
    )
    if not report.is_whole or report.backlog or report.days_different or report.refused:
        raise typer.Exit(1)


def _keep(twin: "Twin") -> None:
    from ledger.iys_twin.snapshot import write_snapshot

    if twin.snapshot_file is not None:
        write_snapshot(twin.world, twin.snapshot_file)


def _ask(control: str, path: str, body: dict[str, object]) -> None:
    """Ask the control API. Raises ServiceRefused, ServiceUnavailable."""
    output = current().output
    try:
        answer = httpx.post(f"{control}/{path}", json=body, timeout=TIMEOUT_SECONDS)
        told = answer.json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise ServiceUnavailable(control) from error
    if not answer.is_success:
        raise ServiceRefused(f"{told.get('field')}: {told.get('reason')}")
    shown = answer.text
    output.say(shown, shown)
    output.answer({"answer": told})


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen()
        return listening
    except OSError as error:
        raise SettingsRefused(
            f"{host}:{port} cannot be listened on: {error.strerror}",
            f"{host}:{port} dinlenemiyor: {error.strerror}",
        ) from error

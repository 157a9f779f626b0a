"""Commands that stay or play: serve, demo."""

import secrets
import socket
import sys
from contextlib import ExitStack
from dataclasses import fields

import typer

from ledger.bootstrap import Home
from ledger.cli import demo as demonstration
from ledger.cli import demo_service
from ledger.cli.context import current
from ledger.cli.output import Output
from ledger.cli.working import worker
from ledger.clock import now
from ledger.errors import SettingsRefused
from ledger.recording.principals import Principal
from ledger.settings import Settings
from ledger.vocabulary import Role

BACKLOG = 2048
ONE_RUN = Principal("run", "izin serve", Role.ADMIN)
"""Holder of the key that is printed where there is no other."""


def register(app: typer.Typer) -> None:
    """Hang the commands on the tree."""
    app.command("demo")(demo)
    app.command("serve")(serve)


def demo() -> None:
    """Örnek dosyaları deftere alır, sorgular ve denetler / imports the samples, asks, checks."""
    if not demonstration.run(current()):
        raise typer.Exit(1)


def serve(
    host: str | None = typer.Option(None, help="IZIN_HOST, 127.0.0.1."),
    port: int | None = typer.Option(None, min=0, max=65535, help="IZIN_PORT, 8563."),
    demo: bool = typer.Option(
        False, "--demo", help="Örneklerle, denenecek komutlarla / with samples and commands to try."
    ),
) -> None:
    """HTTP hizmetini başlatır / starts the HTTP service."""
    import uvicorn  # here and not above: every other command starts without the HTTP stack

    from ledger.api.app import create_app
    from ledger.api.limits import Limits
    from ledger.api.serving import server_config

    context = current()
    output = context.output
    with ExitStack() as stack:
        if demo:
            context = stack.enter_context(demo_service.demo_context(context))
        settings = context.settings
        home = stack.enter_context(context.home())
        if demo:
            demo_service.seed(home)
        for code in home.iys_codes():
            home.ledger(code)  # refused here where it was put back behind what was signed
        if settings.production and home.iys_codes():
            home.logs.authorities()  # refused here where a TEST would stamp
        working = stack.enter_context(worker(settings))
        home.watch(lambda: working.failing_since(now()))
        _expect_a_key(home, settings, output)
        limits = Limits(**{one.name: getattr(settings, one.name) for one in fields(Limits)})
        config = server_config(
            create_app(home, limits=limits, pushes=home.connections.pushes(home.iys_codes)),
            limits,
            host=host or settings.host,
            port=settings.port if port is None else port,
        )
        # Bound and listening before the address is told, so that whoever reads it can connect.
        listening = stack.enter_context(_listen(config.host, config.port))
        bound_host, bound_port = listening.getsockname()[:2]
        shown = f"http://{bound_host}:{bound_port}"
        output.say(f"Dinleniyor: {shown}", f"Listening: {shown}")
        if demo:
            demo_service.tell_tour(output, shown)
        sys.stdout.flush()
        uvicorn.Server(config).run(sockets=[listening])


def _expect_a_key(home: Home, settings: Settings, output: Output) -> None:
    """With no key at all nobody could ask: one for this run is made and told."""
    if settings.api_key is not None or any(one.revoked_at is None for one in home.keys.all()):
        return
    key = secrets.token_urlsafe(24)
    home.keys.accept(key, ONE_RUN)
    output.say(f"API anahtarı (bu çalışma için): {key}", f"API key (this run only): {key}")
    command = "izin key add --name … --role admin"
    output.say(f"Kalıcı bir anahtar: {command}", f"A key that stays: {command}")


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        # Named as TCP, as `create_server` does not: else asyncio leaves Nagle's delay on, and an
        # answer in two pieces waits 40 ms for the caller's acknowledgement.
        listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(BACKLOG)
        return listening
    except OSError as error:
        raise SettingsRefused(
            f"{host}:{port} cannot be listened on: {error.strerror}",
            f"{host}:{port} dinlenemiyor: {error.strerror}",
        ) from error

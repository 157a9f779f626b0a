"""Commands that stay or play: serve, demo."""

import secrets
import signal
import socket
import sys
import threading
from contextlib import ExitStack, suppress
from types import FrameType

import typer

from ledger.bootstrap import Home
from ledger.cli import demo as demonstration
from ledger.cli.context import current
from ledger.errors import LedgerError, SettingsRefused
from ledger.vocabulary import IysCode

STOPPED_BY_SIGTERM = 143
BACKLOG = 2048
LOOK_FOR_PROVIDERS_SECONDS = 5.0


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
) -> None:
    """HTTP hizmetini başlatır / starts the HTTP service."""
    import uvicorn  # here and not above: every other command starts without the HTTP stack

    from ledger.api.app import create_app

    # uvicorn raises SIGTERM again at its end: without this, PostgreSQL would be left running.
    signal.signal(signal.SIGTERM, _stop)
    context = current()
    settings, output = context.settings, context.output
    api_key = settings.api_key
    key = api_key.get_secret_value() if api_key is not None else secrets.token_urlsafe(24)
    with ExitStack() as stack:
        home = stack.enter_context(context.home())
        stop = threading.Event()
        following = threading.Thread(target=_follow_all, args=(home, stop), name="followers")
        following.start()
        stack.callback(following.join)
        stack.callback(stop.set)
        if api_key is None:
            output.say(f"API anahtarı (bu çalışma için): {key}", f"API key (this run only): {key}")
        config = uvicorn.Config(
            create_app(home, api_key=key),
            host=host or settings.host,
            port=settings.port if port is None else port,
            log_level="warning",
            access_log=False,
            server_header=False,
        )
        # Bound and listening before the address is told, so that whoever reads it can connect.
        listening = stack.enter_context(_listen(config.host, config.port))
        bound_host, bound_port = listening.getsockname()[:2]
        shown = f"http://{bound_host}:{bound_port}"
        output.say(f"Dinleniyor: {shown}", f"Listening: {shown}")
        sys.stdout.flush()
        uvicorn.Server(config).run(sockets=[listening])


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise SettingsRefused(
            f"{host}:{port} cannot be listened on: {error.strerror}",
            f"{host}:{port} dinlenemiyor: {error.strerror}",
        ) from error


def _follow_all(home: Home, stop: threading.Event) -> None:
    """A follower for every provider, also for those added later."""
    followers: dict[IysCode, threading.Thread] = {}
    while not stop.is_set():
        with suppress(LedgerError):
            for code in home.iys_codes():
                if code not in followers:
                    run = home.follower(code).run
                    followers[code] = threading.Thread(target=run, args=(stop,), name="follower")
                    followers[code].start()
        stop.wait(LOOK_FOR_PROVIDERS_SECONDS)
    for follower in followers.values():
        follower.join()


def _stop(number: int, frame: FrameType | None) -> None:
    sys.exit(STOPPED_BY_SIGTERM)

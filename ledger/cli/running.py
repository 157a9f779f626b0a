"""Commands that stay or play: serve, demo."""

import secrets
import signal
import sys
import threading
from contextlib import ExitStack
from types import FrameType

import typer

from ledger.cli import demo as demonstration
from ledger.cli.context import current

STOPPED_BY_SIGTERM = 143


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
        for provider in home.providers.all():
            follower = threading.Thread(
                target=home.follower(provider.iys_code).run, args=(stop,), name="follower"
            )
            follower.start()
            stack.callback(follower.join)
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
        listening = config.bind_socket()
        listening.listen(config.backlog)
        bound_host, bound_port = listening.getsockname()[:2]
        shown = f"http://{bound_host}:{bound_port}"
        output.say(f"Dinleniyor: {shown}", f"Listening: {shown}")
        sys.stdout.flush()
        uvicorn.Server(config).run(sockets=[listening])


def _stop(number: int, frame: FrameType | None) -> None:
    sys.exit(STOPPED_BY_SIGTERM)

"""`izin`: the command line. Exit codes: 0 ok, 1 failed, 2 usage (design.md §11)."""

import signal
import sys
from collections.abc import Sequence
from itertools import zip_longest
from types import FrameType

import typer
from pydantic import ValidationError

from ledger.cli import (
    asking,
    barring,
    deadlines,
    doctor,
    export,
    filtering,
    importing,
    keeping,
    keys,
    log,
    proving,
    referring,
    reporting,
    running,
    sealing,
    syncing,
    texts,
    twin,
)
from ledger.cli.context import Context, begin
from ledger.cli.faults import file_texts, ledger_texts, usage_texts
from ledger.cli.output import Output, configure_logs
from ledger.errors import LedgerError
from ledger.importing.reader import FileRefused
from ledger.messages import message
from ledger.settings import Settings

HOISTED = {"--data": True, "--server": True, "--key-file": True, "--lang": True, "--json": False}
"""Options that may stand anywhere on the line, and whether a value follows."""

STOPPED_BY_SIGINT = 130
STOPPED_BY_SIGTERM = 143

app = typer.Typer(
    name="izin",
    help="İzin Defteri: ticari ileti onay ve retlerinin değiştirilemez defteri.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def options(
    data: str | None = typer.Option(None, help="Veri klasörü (IZIN_DATA) / data folder."),
    server: str | None = typer.Option(
        None, help="Çalışan hizmet (IZIN_SERVER), anahtarı IZIN_API_KEY / a running service."
    ),
    key_file: str | None = typer.Option(
        None, help="Hizmetin anahtarı bu dosyada (IZIN_KEY_FILE) / file with its key."
    ),
    lang: str = typer.Option("tr", help="Dil / language: tr, en."),
    as_json: bool = typer.Option(
        False, "--json", help="Son satır tek JSON nesnesi / last line is one JSON object."
    ),
) -> None:
    """Options of every command; they may stand before or behind it."""
    if lang not in ("tr", "en"):
        raise typer.BadParameter("tr, en", param_hint="--lang")
    if data is not None and server is not None:
        raise typer.BadParameter("--data ile olmaz / not with --data", param_hint="--server")
    said = {"data": data, "server": server, "key_file": key_file}
    given: dict[str, str | None] = {
        name: value for name, value in said.items() if value is not None
    }
    if data is not None:
        given["server"] = None  # who names the ledger here means it, whatever the environment says
    settings = Settings(**given)  # type: ignore[arg-type]  # pydantic reads the path
    begin(Context(settings, Output(lang, as_json)))


keeping.register(app)
importing.register(app)
asking.register(app)
filtering.register(app)
barring.register(app)
deadlines.register(app)
syncing.register(app)
doctor.register(app)
referring.register(app)
keys.register(app)
texts.register(app)
sealing.register(app)
proving.register(app)
reporting.register(app)
export.register(app)
running.register(app)
twin.register(app)
log.register(app)


def hoist(arguments: Sequence[str]) -> list[str]:
    """Put the options of `HOISTED` first, wherever they stood before a `--`."""
    front: list[str] = []
    rest: list[str] = []
    words = iter(arguments)
    for word in words:
        if word == "--":
            return [*front, *rest, word, *words]
        name = word.partition("=")[0]
        if name not in HOISTED:
            rest.append(word)
            continue
        front.append(word)
        if HOISTED[name] and "=" not in word:
            front.extend(value for value in [next(words, None)] if value is not None)
    return [*front, *rest]


def main() -> None:
    """Run one command and end with its exit code."""
    signal.signal(signal.SIGTERM, _stop)
    configure_logs()
    arguments = hoist(sys.argv[1:])
    output = _output(arguments)
    try:
        code = app(arguments, prog_name="izin", standalone_mode=False)
        sys.stdout.flush()
    except typer.TyperException as error:
        turkish, english = usage_texts(error)
        output.complain(f"Kullanım hatası: {turkish}", f"Usage error: {english}")
        raise SystemExit(2) from error
    except (typer.Abort, KeyboardInterrupt) as error:
        raise SystemExit(STOPPED_BY_SIGINT) from error
    except FileRefused as refused:
        text = message(refused.code, output.lang)
        output.complain(f"Dosya reddedildi: {text}", f"The file was refused: {text}")
        output.answer({"error": refused.code, "message": text})
        raise SystemExit(1) from refused
    except ValidationError as error:
        names = ", ".join(f"IZIN_{part['loc'][0]}".upper() for part in error.errors())
        output.complain(f"Geçersiz ayar: {names}", f"A setting cannot be used: {names}")
        raise SystemExit(2) from error
    except LedgerError as error:
        output.complain(*ledger_texts(error))
        output.answer({"error": type(error).__name__, "message": str(error)})
        raise SystemExit(1) from error
    except OSError as error:
        turkish, english = file_texts(error)
        output.complain(f"Dosya ya da çıktı hatası: {turkish}", f"File or output error: {english}")
        raise SystemExit(1) from error
    raise SystemExit(code if isinstance(code, int) else 0)


def _stop(number: int, frame: FrameType | None) -> None:
    """SIGTERM: end in order, so that no draft and no server of PostgreSQL is left behind."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(STOPPED_BY_SIGTERM)


def _output(arguments: Sequence[str]) -> Output:
    english = any(
        word == "--lang=en" or (word == "--lang" and following == "en")
        for word, following in zip_longest(arguments, arguments[1:])
    )
    return Output("en" if english else "tr", "--json" in arguments)


if __name__ == "__main__":
    main()

"""What people were shown and what proves it: text add, text list; evidence add (R15, R18)."""

import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

import typer

from ledger.bootstrap import Home
from ledger.cli.context import ACTOR, CODE_MAX, current, instant
from ledger.clock import now, utc_text
from ledger.errors import NotFound
from ledger.recording.evidence_ports import EvidenceGiven, EvidenceKind
from ledger.recording.text_ports import RegisteredText, TextKind
from ledger.vocabulary import IysCode

Kind = TypeVar("Kind", bound=StrEnum)

text_app = typer.Typer(help="Onay ve aydınlatma metinleri / texts.", no_args_is_help=True)
evidence_app = typer.Typer(help="Deliller / evidence.", no_args_is_help=True)

TEXT_BYTES_MAX = 1 << 20
EVIDENCE_BYTES_MAX = 32 << 20
NAME = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,63}")
VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,15}")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z]{2})?")

IYS_CODE = typer.Option(
    None, "--iys-code", min=1, max=CODE_MAX, help="İYS numarası / number at İYS."
)
TEXT_FILE = typer.Option(..., "--file", help="Metnin kendisi / the text itself.")
EVIDENCE_FILE = typer.Argument(..., help="Delil dosyası / the piece of evidence.")


def register(app: typer.Typer) -> None:
    """Hang the commands on the tree."""
    app.add_typer(text_app, name="text")
    app.add_typer(evidence_app, name="evidence")


@text_app.command("add")
def text_add(
    text_id: str = typer.Option(..., "--id", help="web-onay …"),
    version: str = typer.Option(..., help="Sürüm / version."),
    kind: str = typer.Option(..., help=", ".join(TextKind)),
    language: str = typer.Option(..., help="tr, en …"),
    file: Path = TEXT_FILE,
    iys_code: int | None = IYS_CODE,
) -> None:
    """Metni kaydeder; kaydedilen değişmez / registers a text, which then never changes."""
    context = current()
    name = (_fits(NAME, text_id, "--id"), _fits(VERSION, version, "--version"))
    wanted_kind = _named(TextKind.__members__, kind, "--kind")
    content = _content(file, TEXT_BYTES_MAX, "--file")
    _fits(LANGUAGE, language, "--language")
    with context.home() as home:
        code = _provider(home, iys_code)
        kept = home.add_text(code, name, wanted_kind, language, content, actor=ACTOR)
    told = f"{kept.id} {kept.version}: {kept.sha256} (#{kept.position})"
    context.output.say(told, told)
    context.output.answer(_members(kept))


@text_app.command("list")
def text_list(iys_code: int | None = IYS_CODE) -> None:
    """Metinleri sayar / lists the texts."""
    context = current()
    with context.home() as home:
        texts = home.texts(_provider(home, iys_code)).all()
    for one in texts:
        line = f"{one.id}\t{one.version}\t{one.kind}\t{one.language}\t{one.sha256}"
        context.output.say(line, line)
    context.output.answer({"texts": [_members(one) for one in texts]})


@evidence_app.command("add")
def evidence_add(
    file: Path = EVIDENCE_FILE,
    kind: str = typer.Option(..., help=", ".join(EvidenceKind.__members__)),
    captured_at: str | None = typer.Option(None, help="Alındığı an / when it was taken."),
    iys_code: int | None = IYS_CODE,
) -> None:
    """Delili şifreli saklar / keeps a piece of evidence, encrypted."""
    context = current()
    wanted_kind = _named(EvidenceKind.__members__, kind, "--kind")
    taken_at = instant(captured_at, "--captured-at")
    if taken_at is not None and taken_at > now():
        raise typer.BadParameter("gelecekte / in the future", param_hint="--captured-at")
    content = _content(file, EVIDENCE_BYTES_MAX, "FILE")
    given = EvidenceGiven(wanted_kind, taken_at, "application/octet-stream", ACTOR)
    with context.home() as home:
        code = _provider(home, iys_code)
        kept = home.evidence(code).keep(content, given)
        home.access_log(code).note(ACTOR, "evidence")
    context.output.say(f"Delil: {kept.id.hex()}", f"Evidence: {kept.id.hex()}")
    context.output.answer(
        {
            "evidenceId": kept.id.hex(),
            "kind": kept.kind.name,
            "bytes": kept.size_bytes,
            "capturedAt": None if kept.captured_at is None else utc_text(kept.captured_at),
        }
    )


def _provider(home: Home, iys_code: int | None) -> IysCode:
    """The provider that is meant: the only one, where none is named. Raises NotFound."""
    codes = home.iys_codes()
    if iys_code is not None:
        return home.providers.get(IysCode(iys_code)).iys_code
    if len(codes) != 1:
        raise NotFound("name the provider with --iys-code", "sağlayıcıyı --iys-code ile belirtin")
    return codes[0]


def _content(file: Path, bytes_max: int, option: str) -> bytes:
    """What the file holds. Raises BadParameter for nothing, or too much."""
    with file.open("rb") as opened:
        content = opened.read(bytes_max + 1)
    if not 0 < len(content) <= bytes_max:
        raise typer.BadParameter(f"1 … {bytes_max} bayt / 1 … {bytes_max} bytes", param_hint=option)
    return content


def _fits(form: re.Pattern[str], text: str, option: str) -> str:
    if not form.fullmatch(text):
        raise typer.BadParameter(form.pattern, param_hint=option)
    return text


def _named(kinds: Mapping[str, Kind], text: str, option: str) -> Kind:
    """One of the kinds by its name. Raises BadParameter naming them all."""
    if text not in kinds:
        raise typer.BadParameter(", ".join(kinds), param_hint=option)
    return kinds[text]


def _members(text: RegisteredText) -> dict[str, object]:
    return {
        "id": text.id,
        "version": text.version,
        "kind": text.kind,
        "language": text.language,
        "sha256": text.sha256,
        "position": text.position,
    }

"""Evidence for a stranger: prove, verify."""

import os
from pathlib import Path

import typer

from ledger.addresses import parse_address
from ledger.bootstrap import Home
from ledger.cli.context import ACTOR, CODE_MAX, choice, current, instant, recipient, words
from ledger.clock import iys_text, now, utc_text
from ledger.evidence import verify_bundle
from ledger.proving.making import Made, make_bundle
from ledger.proving.question import OPENED, Question
from ledger.reporting.case import Case, parse_case
from ledger.reporting.words import GROUPS
from ledger.vocabulary import Channel, RecipientType

BRAND = typer.Option(..., "--brand", min=1, max=CODE_MAX, help="Marka kodu / brand code.")
IYS_CODE = typer.Option(
    None, "--iys-code", min=1, max=CODE_MAX, help="İYS numarası / number at İYS."
)
CASE = typer.Option(None, "--case", help="Şikâyetin bilgileri, JSON / what is known of the case.")
OUT = typer.Option(..., "--out", help="Yazılacak paket / bundle to write.")
OPEN = typer.Option(None, "--open", help="Açılacak grup, yinelenebilir / group to open.")
BUNDLE = typer.Argument(..., help="Delil paketi / evidence bundle.")
TRUST = typer.Option(..., "--trust", help="Dayanak klasörü / folder of anchors.")


def register(app: typer.Typer) -> None:
    """Hang the commands on the tree."""
    app.command("prove")(prove)
    app.command("verify")(verify)


def prove(
    brand: int = BRAND,
    channel: str = typer.Option(..., "--channel", help=", ".join(Channel)),
    recipient_text: str = typer.Option(
        ..., "--recipient", help="Adres ya da – için stdin / address, - reads it from stdin."
    ),
    out: Path = OUT,
    recipient_type: str = typer.Option(RecipientType.INDIVIDUAL, help=", ".join(RecipientType)),
    at: str | None = typer.Option(None, help="İletinin anı / instant of the message."),
    case: Path | None = CASE,
    opened: list[str] | None = OPEN,
    with_evidence: bool = typer.Option(
        False, "--with-evidence", help="Delil dosyaları da girsin / the pieces themselves too."
    ),
    issued_by: str = typer.Option("", help="Düzenleyen birim / who issues it."),
    iys_code: int | None = IYS_CODE,
) -> None:
    """Bir adresin delil paketini yazar / writes the evidence bundle of an address."""
    context = current()
    wanted = choice(Channel, channel, "--channel")
    kind = choice(RecipientType, recipient_type, "--recipient-type")
    address = parse_address(recipient(recipient_text), wanted)
    raw_case = None if case is None else case.read_bytes()
    parsed = Case() if raw_case is None else parse_case(raw_case)
    asked_at = instant(at, "--at") or parsed.message_at
    groups, issuer = _groups(opened), words(issued_by, "--issued-by") if issued_by else ""
    with context.home() as home:
        kept, _ = context.brand(home, brand, iys_code)
        question = Question(
            brand=kept,
            address=address,
            channel=wanted,
            recipient_type=kind,
            at=asked_at,
            case=parsed,
            raw_case=raw_case,
            opened=groups,
            with_evidence=with_evidence,
            issued_by=issuer,
        )
        made = _write(home, question, out)
    context.output.say(
        f"{out}: {made.events} hareket, {iys_text(made.sealed_at)} mühürlü.",
        f"{out}: {made.events} events, sealed at {iys_text(made.sealed_at)}.",
    )
    shown = {"file": str(out), "events": made.events, "position": made.position}
    context.output.answer({**shown, "sealedAt": utc_text(made.sealed_at)})


def _write(home: Home, question: Question, out: Path) -> Made:
    """The bundle, whole or not at all, for its owner's eyes; noted before it can be read."""
    brand = question.brand
    draft = out.with_name(f".{out.name}.draft")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            made = make_bundle(question, home.logs.sources(brand.iys_code), file, now=now())
        subject = None if made.subject is None else made.subject.id
        home.access_log(brand.iys_code).note(
            ACTOR, "prove", brand_code=brand.brand_code, subject=subject, items=made.events
        )
        draft.replace(out)
    finally:
        draft.unlink(missing_ok=True)
    return made


def verify(
    bundle: Path = BUNDLE,
    trust: Path = TRUST,
    at: str | None = typer.Option(None, help="Bu andaki gibi / as at this instant."),
    production: bool = typer.Option(False, "--production", help="TEST damgası sayılmaz."),
) -> None:
    """Paketi verify_bundle.py ile doğrular / checks a bundle as verify_bundle.py does."""
    context = current()
    said = [str(bundle), "--trust", str(trust), "--lang", context.output.lang]
    said += [] if at is None else ["--at", at]
    said += ["--production"] if production else []
    said += ["--json"] if context.output.as_json else []
    raise typer.Exit(verify_bundle.main(said))


def _groups(opened: list[str] | None) -> frozenset[str]:
    if opened is None:
        return OPENED
    if not set(opened) <= GROUPS.keys():
        raise typer.BadParameter(", ".join(GROUPS), param_hint="--open")
    return frozenset(opened)

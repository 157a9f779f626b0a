"""What makes the log provable: seal, witness add, trust export, recover."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import typer

from ledger.aggregates.provider_bodies import LedgerOpened
from ledger.cli.context import ACTOR, CODE_MAX, current
from ledger.clock import ISTANBUL, iys_text, now, utc_text
from ledger.evidence.log_ports import KeptStamp
from ledger.evidence.note import SignatureType, VerifierKey
from ledger.evidence.refusals import ProofRefused, Step
from ledger.proving.gathering import openings

witness_app = typer.Typer(help="Tanıklar / witnesses of the log.", no_args_is_help=True)
trust_app = typer.Typer(help="Doğrulama için dayanaklar / anchors.", no_args_is_help=True)

IYS_CODE = typer.Option(
    None, "--iys-code", min=1, max=CODE_MAX, help="İYS numarası / number at İYS."
)
ANSWER = typer.Argument(..., help="Tanığın imza satırları / its signature lines.")
FOLDER = typer.Argument(..., help="Klasör / folder.")
TRUST_README = """\
Bu klasör, delil paketlerini doğrulayan kişinin kendi elindeki dayanaklar içindir.
  log.vkey    Bu defterin açık anahtarı. Yalnızca şirketin beyanıdır: notere bırakılmış,
              KEP ile bildirilmiş ya da şirketin sayfasında yayımlanmış olanla karşılaştırın.
  tsa/        Zaman damgası kök sertifikaları buraya konur. Bunları zaman damgası veren
              kuruluşun kendi sitesinden alın; bu programdan almayın.
  tsa/TEST-*  Yalnız deneme içindir, hukuki değeri yoktur.

Anchors in the hands of whoever checks a bundle.
  log.vkey    The public key of this log, by the company's word only: compare it with the one
              deposited with a notary, told by KEP or published on the company's page.
  tsa/        Put the roots of the time stamp authority here. Take them from its own site, not
              from this program.
  tsa/TEST-*  For trying only, no legal value.
"""


def register(app: typer.Typer) -> None:
    """Hang the commands on the tree."""
    app.command("seal")(seal)
    app.command("recover")(recover)
    app.add_typer(witness_app, name="witness")
    app.add_typer(trust_app, name="trust")


def seal(
    heads: bool = typer.Option(
        False, "--heads", help="Önce günün akış haritasını yaz / first the day's map of streams."
    ),
    retry: bool = typer.Option(
        False, "--retry", help="Reddeden TSA'ya yeniden sor / ask a TSA again that refused."
    ),
    iys_code: int | None = IYS_CODE,
) -> None:
    """Kayıtları zaman damgasıyla mühürler / seals what is recorded with a time stamp."""
    context = current()
    with context.home() as home:
        code = context.provider(home, iys_code)
        keeper, tables = home.logs.keeper(code), home.logs.tables(code)
        if retry:
            keeper.forgive()
        if heads:
            keeper.note_heads(now().astimezone(ISTANBUL).date())
        made = keeper.seal()
        stamps: Sequence[KeptStamp] = [] if made is None else tables.stamps(made.size)
        ends = keeper.ends_soon()
    if made is None:
        context.output.say("Defter boş.", "The log is empty.")
        context.output.answer({"size": 0})
        return
    context.output.say(
        f"{made.first + 1}–{made.size} arası mühürlü.", f"Sealed: {made.first + 1} to {made.size}."
    )
    for stamp in stamps:
        line = f"  {stamp.tsa}: {iys_text(stamp.generated_at)}"
        context.output.say(line, line)
    if ends is not None:
        context.output.say(
            f"Bir sertifika {iys_text(ends)} anında bitiyor: damgalar önce yenilenmeli.",
            f"A certificate ends at {iys_text(ends)}: the stamps must be renewed before.",
        )
    context.output.answer(_seal_members(made.first, made.size, made.sealed_at, stamps, ends))


def _seal_members(
    first: int,
    size: int,
    sealed_at: datetime,
    stamps: Sequence[KeptStamp],
    ends: datetime | None,
) -> dict[str, object]:
    return {
        "first": first,
        "size": size,
        "sealedAt": utc_text(sealed_at),
        "stamps": [
            {"tsa": one.tsa, "at": utc_text(one.generated_at), "endsAt": utc_text(one.ends_at)}
            for one in stamps
        ],
        "endsSoon": None if ends is None else utc_text(ends),
    }


@witness_app.command("add")
def witness_add(
    vkey: str = typer.Argument(..., help="Tanığın doğrulama anahtarı / its verifier key."),
    iys_code: int | None = IYS_CODE,
) -> None:
    """Bir tanığın imzasını kabul eder / takes the signatures of a witness."""
    context = current()
    key = VerifierKey.parse(vkey)
    if key.signature_type is not SignatureType.COSIGNATURE:
        raise ProofRefused(Step.KEY_USE)
    with context.home() as home:
        code = context.provider(home, iys_code)
        if not home.logs.tables(code).add_witness(key, by=ACTOR):
            told = "bu adda başka bir anahtar var / the name has another key"
            raise typer.BadParameter(told, param_hint="VKEY")
    context.output.say(f"Tanık: {key.name}", f"Witness: {key.name}")
    context.output.answer({"name": key.name})


@witness_app.command("sign")
def witness_sign(
    answer: Path = ANSWER,
    iys_code: int | None = IYS_CODE,
) -> None:
    """Tanığın imzasını son kontrol noktasına ekler / adds its line to the last checkpoint."""
    context = current()
    given = answer.read_bytes()
    with context.home() as home:
        code = context.provider(home, iys_code)
        tables = home.logs.tables(code)
        shown = tables.last_checkpoint()
        taken = []
        for witness in tables.witnesses():
            if shown is not None and witness.name.encode() in given:
                shown = shown.with_cosignature(witness, given)
                taken.append(witness.name)
        if shown is None or not taken:
            raise ProofRefused(Step.SIGNATURES, "0")
        tables.cosign(shown)
    names = ", ".join(taken)
    context.output.say(f"İmzalayan: {names}", f"Signed by: {names}")
    context.output.answer({"size": shown.tree.size, "witnesses": taken})


@trust_app.command("export")
def trust_export(
    folder: Path = FOLDER,
    iys_code: int | None = IYS_CODE,
) -> None:
    """Defterin açık anahtarını yazar / writes the log's own keys; the TSA's roots are not ours."""
    context = current()
    with context.home() as home:
        code = context.provider(home, iys_code)
        keys = [
            VerifierKey(
                opened.body.origin, SignatureType.NOTE, bytes.fromhex(opened.body.public_key)
            )
            for opened in openings(home.ledger(code))
            if isinstance(opened.body, LedgerOpened)
        ]
        witnesses = home.logs.tables(code).witnesses()
        root = home.logs.test_root()
    roots = folder / "tsa"
    roots.mkdir(parents=True, exist_ok=True)
    (folder / "README.txt").write_text(TRUST_README, encoding="utf-8")
    lines = "".join(f"{key.vkey}\n" for key in keys)  # several after a restored backup
    (folder / "log.vkey").write_text(lines, encoding="ascii")
    for number, witness in enumerate(witnesses, 1):
        (folder / f"witness-{number}.vkey").write_text(witness.vkey + "\n", encoding="ascii")
    if root is not None:
        (roots / "TEST-root.pem").write_bytes(root)
    context.output.say(
        f"{folder}: defterin anahtarı. Zaman damgası köklerini kuruluşun sitesinden {roots}"
        " klasörüne siz koyun.",
        f"{folder}: the log's key. Put the TSA's roots, from its own site, into {roots}.",
    )
    if root is not None:
        context.output.say(
            "TEST-root.pem yerleşik TEST damgası içindir; hukuki değeri yoktur.",
            "TEST-root.pem is for the embedded TEST stamps; they have no legal value.",
        )
    context.output.answer(
        {"vkey": keys[0].vkey, "witnesses": len(witnesses), "test": root is not None}
    )


def recover(
    accept_loss: bool = typer.Option(
        False, "--accept-loss", help="Yedekten sonraki kayıtlar yitti / what came after is lost."
    ),
    iys_code: int | None = IYS_CODE,
) -> None:
    """Yedekten dönen defterle yeni bir ad altında devam eder / goes on after a restored backup."""
    context = current()
    if not accept_loss:
        raise typer.BadParameter(
            "yitenler geri gelmez / what is lost stays lost", param_hint="--accept-loss"
        )
    with context.home() as home:
        code = context.provider(home, iys_code)
        opened = home.logs.recover(code, actor=ACTOR)
    context.output.say(
        f"Yeni defter adı: {opened.log_origin}. Eskisi son imzalı hâliyle olay kaydında.",
        f"The log's new name: {opened.log_origin}. The old one's last checkpoint is in its event.",
    )
    context.output.answer({"origin": opened.log_origin})

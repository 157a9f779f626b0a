"""`izin referral`: refusals beyond a key's brands; an officer decides on each (R33)."""

from collections import Counter
from uuid import UUID

import msgspec
import typer

from ledger.bootstrap import Home
from ledger.cli.asking import IYS_CODE
from ledger.cli.context import ACTOR, current
from ledger.cli.wording import counted
from ledger.clock import iys_text, utc_text
from ledger.contract.answers import OUTCOMES
from ledger.contract.requests import RefusalRequest
from ledger.errors import NotFound
from ledger.recording.referrals import Referral
from ledger.recording.refusing import Saying, refusal_of, requests_of
from ledger.vocabulary import IysCode

referral_app = typer.Typer(
    help="Kapsam dışından gelen retler / refusals that wait for an officer.", no_args_is_help=True
)

REFERRAL = typer.Argument(..., help="referral list'teki kimlik / its id.")


def register(app: typer.Typer) -> None:
    """Hang the commands on the tree."""
    app.add_typer(referral_app, name="referral")


@referral_app.command("list")
def show(iys_code: int | None = IYS_CODE) -> None:
    """Karar bekleyen retleri sayar / lists what waits for a decision."""
    context, output = current(), current().output
    with context.home() as home:
        code = context.provider(home, iys_code)
        waiting = home.referrals(code).waiting()
        if waiting:
            home.access_log(code).note(ACTOR, "referral list", items=len(waiting))
    if not waiting:
        output.say("Bekleyen ret yok.", "Nothing waits.")
    for one in waiting:
        said = _said(one)
        types = ",".join(said.types) or "*"
        cells = (one.id, iys_text(one.at), one.brand_code, types, said.via, said.recipient)
        line = "\t".join(map(str, cells))
        output.say(line, line)
    output.answer({"referrals": [_members(one) for one in waiting]})


@referral_app.command("accept")
def accept(referral: UUID = REFERRAL, iys_code: int | None = IYS_CODE) -> None:
    """Reddi o markaya işler / records the refusal on that brand."""
    context, output = current(), current().output
    with context.home() as home:
        code = context.provider(home, iys_code)
        one = _waiting(home, code, referral)
        brand = home.providers.brand(one.brand_code, iys_code=code)
        said = _said(one)
        saying = Saying(
            recipient=said.recipient,
            types=said.types,
            received_at=said.receivedAt,
            via=said.via,
            reference=said.reference,
        )
        refusal = refusal_of(saying, actor=ACTOR, now=one.at)
        requests = requests_of(refusal, [brand.brand_code])
        receipts = home.ledger(code).record_surely(requests)
        # Settled once it is recorded: a crash between the two leaves it waiting, never lost.
        home.referrals(code).settle(one.id, actor=ACTOR)
        home.follow(code)
    counts: Counter[str] = Counter(OUTCOMES[receipt.outcome] for receipt in receipts)
    output.say(
        f"{brand.name}: ret işlendi ({counted(counts, 'tr')}).",
        f"{brand.name}: refusal taken ({counted(counts, 'en')}).",
    )
    output.answer(
        {
            "referral": str(one.id),
            "brandCode": brand.brand_code,
            "outcomes": dict(sorted(counts.items())),
            "positions": [one.position for one in receipts],
        }
    )


@referral_app.command("dismiss")
def dismiss(referral: UUID = REFERRAL, iys_code: int | None = IYS_CODE) -> None:
    """Reddi o markaya işlemez / decides that it does not concern that brand."""
    context = current()
    with context.home() as home:
        code = context.provider(home, iys_code)
        one = _waiting(home, code, referral)
        home.referrals(code).settle(one.id, actor=ACTOR)
    context.output.say(
        f"{one.brand_code} markasına işlenmedi.", f"Not taken on brand {one.brand_code}."
    )
    context.output.answer({"referral": str(one.id), "brandCode": one.brand_code})


def _waiting(home: Home, code: IysCode, referral: UUID) -> Referral:
    """Raises NotFound where nothing of that id waits."""
    for one in home.referrals(code).waiting():
        if one.id == referral:
            return one
    raise NotFound(f"no refusal {referral} waits", f"{referral} kimlikli bekleyen ret yok")


def _said(one: Referral) -> RefusalRequest:
    return msgspec.convert(one.said, RefusalRequest)


def _members(one: Referral) -> dict[str, object]:
    said = _said(one)
    return {
        "id": str(one.id),
        "at": utc_text(one.at),
        "broughtBy": one.actor,
        "brandCode": one.brand_code,
        "recipient": said.recipient,
        "types": list(said.types),
        "receivedAt": said.receivedAt,
        "via": said.via,
        "reference": said.reference,
    }

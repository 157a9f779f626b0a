"""`izin suppress`: the company's own list of whom it sends nothing (C6 row 5)."""

import typer

from ledger.addresses import Address, parse_address
from ledger.aggregates.bodies import SuppressionAdded
from ledger.aggregates.events import Event
from ledger.cli.asking import IYS_CODE, RECIPIENT
from ledger.cli.context import ACTOR, CODE_MAX, choice, current, instant, reason_code, recipient
from ledger.clock import now
from ledger.errors import AddressRefused
from ledger.messages import message
from ledger.recording.barring import Bar
from ledger.recording.ports import Suppression
from ledger.vocabulary import BrandCode, Channel

suppress_app = typer.Typer(
    help="Şirketin engel listesi / the company's list.", no_args_is_help=True
)

BRAND = typer.Option(
    None, "--brand", min=1, max=CODE_MAX, help="Yalnız bu marka / this brand only."
)
REASON = typer.Option(..., help="Neden kodu / a code: LEGAL, COMPLAINT, …")


def register(app: typer.Typer) -> None:
    """Hang the commands on the tree."""
    app.add_typer(suppress_app, name="suppress")


@suppress_app.command("add")
def add(
    recipient_text: str = RECIPIENT,
    reason: str = REASON,
    brand: int | None = BRAND,
    channel: str | None = typer.Option(None, help="Yalnız bu kanal / this channel only."),
    until: str | None = typer.Option(None, help="Bu ana dek / until this instant."),
    iys_code: int | None = IYS_CODE,
) -> None:
    """Adresi engeller, hemen geçerlidir / bars an address, in force at once."""
    context, output = current(), current().output
    wanted = None if channel is None else choice(Channel, channel, "--channel")
    ends_at = instant(until, "--until")
    if ends_at is not None and ends_at <= now():
        raise typer.BadParameter("geçmişte / in the past", param_hint="--until")
    brand_code = None if brand is None else BrandCode(brand)
    bar = Bar(reason_code(reason), brand_code, wanted, ends_at)
    address = _address(recipient(recipient_text), wanted)
    with context.home() as home:
        code = context.provider(home, iys_code, None if brand_code is None else [brand_code])
        event = home.ledger(code).suppress(address, bar, actor=ACTOR)
    output.say(
        f"Engellendi (kayıt {event.seq}). Kaldırmak için: izin suppress lift --entry {event.seq}",
        f"Barred (entry {event.seq}). To lift it: izin suppress lift --entry {event.seq}",
    )
    output.answer({"entry": event.seq, "position": event.position, "reason": bar.reason})


@suppress_app.command("lift")
def lift(
    recipient_text: str = RECIPIENT,
    entry: int = typer.Option(..., min=1, max=CODE_MAX, help="suppress list'teki no / its number."),
    reason: str = REASON,
    iys_code: int | None = IYS_CODE,
) -> None:
    """Engeli kaldırır; ret varsa durur / lifts a bar; a refusal stands."""
    context, code = current(), reason_code(reason)
    address = _address(recipient(recipient_text), None)
    with context.home() as home:
        ledger = home.ledger(context.provider(home, iys_code))
        event = ledger.lift(address, entry, reason=code, actor=ACTOR)
    context.output.say(f"Engel kaldırıldı (kayıt {entry}).", f"The bar is lifted (entry {entry}).")
    context.output.answer({"entry": entry, "position": event.position, "reason": code})


@suppress_app.command("list")
def show(recipient_text: str = RECIPIENT, iys_code: int | None = IYS_CODE) -> None:
    """Bir adresin engellerini sayar / lists the bars on one address."""
    context, output = current(), current().output
    address = _address(recipient(recipient_text), None)
    with context.home() as home:
        code = context.provider(home, iys_code)
        ledger = home.ledger(code)
        lookup = ledger.vault.lookup(address.uri)
        subject = ledger.store.find_subjects([lookup])[1].get(lookup)
        bars = [] if subject is None else ledger.decisions.suppressions_of(subject.id)
        events = ledger.store.events_at([bar.position for bar in bars])
        entries = [_members(bar, events[bar.position]) for bar in bars]
        home.access_log(code).note(
            ACTOR, "suppress list", subject=None if subject is None else subject.id
        )
    if not entries:
        output.say("Engel yok.", "No bar.")
    for one in entries:
        cells = [one[name] for name in ("entry", "reason", "brandCode", "type", "at", "until")]
        line = "\t".join("–" if cell is None else str(cell) for cell in cells)
        output.say(line, line)
    output.answer({"entries": entries})


def _members(bar: Suppression, event: Event) -> dict[str, object]:
    """An entry as it is told; the reason stands in its event."""
    body = event.body
    assert isinstance(body, SuppressionAdded)
    return {
        "entry": bar.seq,
        "reason": body.reason,
        "brandCode": bar.brand_code,
        "type": bar.channel,
        "at": body.at,
        "until": body.until,
    }


def _address(text: str, channel: Channel | None) -> Address:
    """A phone or a mailbox. Raises BadParameter."""
    wanted = channel or (Channel.EMAIL if "@" in text else Channel.MESSAGE)
    try:
        return parse_address(text, wanted)
    except AddressRefused as refused:
        told = message(refused.code, current().output.lang)
        raise typer.BadParameter(told, param_hint="--recipient") from refused

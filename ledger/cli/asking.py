"""Commands that read: status, history, fsck."""

from datetime import datetime
from functools import partial
from typing import TypeVar
from uuid import UUID

import msgspec
import typer
from rich.progress import Progress, TaskID

from ledger import views
from ledger.addresses import Address, parse_address
from ledger.bootstrap import Home
from ledger.cli.context import ACTOR, CODE_MAX, choice, current, instant, recipient
from ledger.cli.remote import is_remote, service
from ledger.cli.wording import word
from ledger.clock import from_utc_text, iys_text
from ledger.contract.answers import HistoryAnswer, HistoryEvent, StatusAnswer
from ledger.errors import AddressRefused, InputRefused
from ledger.messages import message
from ledger.recording.ports import Brand
from ledger.views import history_members, invalid_members, status_members
from ledger.vocabulary import Channel, IysCode, RecipientType

Answer = TypeVar("Answer")

BRAND = typer.Option(..., "--brand", min=1, max=CODE_MAX, help="Marka kodu / brand code.")
CHANNEL = typer.Option(..., "--channel", help="ARAMA, MESAJ, EPOSTA.")
RECIPIENT = typer.Option(
    ..., "--recipient", help="Adres; '-' standart girdiden okur / address, '-' reads stdin."
)
RECIPIENT_TYPE = typer.Option("BIREYSEL", "--recipient-type", help="BIREYSEL, TACIR.")
IYS_CODE = typer.Option(
    None, "--iys-code", min=1, max=CODE_MAX, help="İYS numarası / number at İYS."
)

STATUS_LINES = (
    ("consentDate", "izin tarihi", "consent date"),
    ("source", "izin kaynağı", "source"),
    ("position", "defterdeki konum", "position in the log"),
)
DATES = {
    "actedAt": ("olay", "act"),
    "receivedAt": ("bize ulaşma", "received"),
    "recordedAt": ("kayıt", "recorded"),
    "iysRegisteredAt": ("İYS", "İYS"),
}
"""Of each event, as the contract names them."""


def register(app: typer.Typer) -> None:
    """Hang the commands on the tree."""
    app.command("status")(status)
    app.command("history")(history)
    app.command("fsck")(fsck)


def status(
    brand: int = BRAND,
    channel: str = CHANNEL,
    recipient_text: str = RECIPIENT,
    recipient_type: str = RECIPIENT_TYPE,
    at: str | None = typer.Option(None, help="Hangi an için / as of which instant."),
    known_at: str | None = typer.Option(None, help="O anda bilinenle / as known at."),
    iys_code: int | None = IYS_CODE,
) -> None:
    """Bir adresin durumunu ve ileti iznini söyler / tells status and verdict of an address."""
    output = current().output
    wanted = choice(Channel, channel, "--channel")
    kind = choice(RecipientType, recipient_type, "--recipient-type")
    as_of, known = instant(at, "--at"), instant(known_at, "--known-at")
    text = recipient(recipient_text)
    if is_remote():
        with service() as izin:
            told = izin.status(brand, text, wanted, recipient_type=kind, at=as_of, known_at=known)
    else:
        told = _status(brand, iys_code, text, wanted, kind, as_of, known)
    if told.code is not None:
        output.say(
            f"{word(told.verdict, 'tr')}: {message(told.code, 'tr')}",
            f"{word(told.verdict, 'en')}: {message(told.code, 'en')}",
        )
    else:
        can = ("gönderilebilir", "may be sent to")
        cannot = ("gönderilemez", "must not be sent to")
        shown = told.status or "–"
        code = f"{told.verdict} {told.reason or ''}".rstrip()
        turkish, english = can if told.permitted else cannot
        output.say(
            f"{shown}: {turkish}, {word(told.verdict, 'tr')} ({code})",
            f"{shown}: {english}, {word(told.verdict, 'en')} ({code})",
        )
    for name, turkish, english in STATUS_LINES:
        value = getattr(told, name)
        if value is not None:
            output.say(f"  {turkish}: {value}", f"  {english}: {value}")
    output.answer(msgspec.to_builtins(told))


def _status(
    brand: int,
    iys_code: int | None,
    text: str,
    channel: Channel,
    kind: RecipientType,
    at: datetime | None,
    known_at: datetime | None,
) -> StatusAnswer:
    """As the service tells it, of the ledger here."""
    context = current()
    with context.home() as home:
        kept, ledger = context.brand(home, brand, iys_code)
        try:
            address = parse_address(text, channel)
        except AddressRefused as refused:
            return _shape(invalid_members(refused), StatusAnswer)
        view = views.status(ledger, kept, address, channel, kind, at=at, known_at=known_at)
        _note(home, kept, "status", view.subject)
    return _shape(status_members(view), StatusAnswer)


def history(
    brand: int = BRAND,
    channel: str = CHANNEL,
    recipient_text: str = RECIPIENT,
    recipient_type: str = RECIPIENT_TYPE,
    iys_code: int | None = IYS_CODE,
) -> None:
    """Bir adresin bütün hareketlerini sayar / lists every event of an address."""
    output = current().output
    wanted = choice(Channel, channel, "--channel")
    kind = choice(RecipientType, recipient_type, "--recipient-type")
    text = recipient(recipient_text)
    address = _address(text, wanted)
    if is_remote():
        with service() as izin:
            told = izin.history(brand, text, wanted, recipient_type=kind)
    else:
        told = _history(brand, iys_code, address, wanted, kind)
    if not told.events:
        output.say("Kayıt yok.", "No record.")
    for event in told.events:
        output.say(*(_event_line(event, lang) for lang in ("tr", "en")))
    output.answer(msgspec.to_builtins(told))


def _event_line(event: HistoryEvent, lang: str) -> str:
    """Position, what happened, and the four dates, all in Turkish time."""
    at = {
        "actedAt": event.actedAt,
        "receivedAt": event.receivedAt,
        "recordedAt": event.recordedAt,
    }
    shown = {name: iys_text(from_utc_text(text)) if text else "–" for name, text in at.items()}
    shown["iysRegisteredAt"] = event.iysRegisteredAt or "–"  # in İYS's form already
    labels = (words[1 if lang == "en" else 0] for words in DATES.values())
    dates = "  ".join(f"{label} {shown[name]}" for label, name in zip(labels, DATES, strict=True))
    return f"{event.position}  {word(event.type, lang)}: {dates}"


def _history(
    brand: int, iys_code: int | None, address: Address, channel: Channel, kind: RecipientType
) -> HistoryAnswer:
    """As the service tells it, of the ledger here."""
    context = current()
    with context.home() as home:
        kept, ledger = context.brand(home, brand, iys_code)
        found = views.history(ledger, kept, address, channel, kind)
        _note(home, kept, "history", found.subject)
    return _shape(history_members(found), HistoryAnswer)


def _shape(members: object, kind: type[Answer]) -> Answer:
    return msgspec.json.decode(msgspec.json.encode(members), type=kind)


def fsck(iys_code: int | None = IYS_CODE) -> None:
    """Defteri baştan türetip karşılaştırır / re-derives everything and compares."""
    context = current()
    output = context.output
    with context.home() as home, output.progress() as progress:
        codes = [one.iys_code for one in home.providers.all()]
        chosen = codes if iys_code is None else [IysCode(iys_code)]
        reports = {}
        for code in chosen:
            task = progress.add_task(f"fsck {code}", total=home.ledger(code).store.last_position())
            reports[code] = home.check(code, on_progress=partial(_progressed, progress, task))
    clean = all(report.is_clean for report in reports.values())
    for code, report in reports.items():
        output.say(
            f"{code}: {report.events} olay, {report.streams} akış, {report.subjects} adres:"
            f" {'temiz' if report.is_clean else 'UYUŞMAZLIK VAR'}",
            f"{code}: {report.events} events, {report.streams} streams, {report.subjects}"
            f" addresses: {'clean' if report.is_clean else 'NOT CLEAN'}",
        )
        for finding in report.findings:
            output.complain(f"  {finding}", f"  {finding}")
        if report.overflow:
            output.complain(f"  … {report.overflow} daha", f"  … {report.overflow} more")
    output.answer(
        {
            "clean": clean,
            "events": sum(report.events for report in reports.values()),
            "findings": [text for report in reports.values() for text in report.findings],
        }
    )
    if not clean:
        raise typer.Exit(1)


def _note(home: Home, brand: Brand, action: str, subject: UUID | None) -> None:
    """What is shown here is noted as well (R108); written when the command ends."""
    log = home.access_log(brand.iys_code)
    log.note(ACTOR, action, brand_code=brand.brand_code, subject=subject)


def _progressed(progress: Progress, task: TaskID, done: int) -> None:
    progress.update(task, completed=done)


def _address(text: str, channel: Channel) -> Address:
    try:
        return parse_address(text, channel)
    except InputRefused as refused:
        raise typer.BadParameter(message(refused.code, current().output.lang)) from refused

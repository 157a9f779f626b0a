"""`izin sync`: the ledger and İYS in step, by hand or as the worker."""

import signal
import sys
import threading
import time
from datetime import date
from pathlib import Path
from types import FrameType

import typer

from ledger.cli import connecting
from ledger.cli.asking import IYS_CODE
from ledger.cli.context import ACTOR, CODE_MAX, current, words
from ledger.cli.output import Output
from ledger.cli.reporting import day_of
from ledger.cli.whole_files import whole_file
from ledger.clock import now
from ledger.iys_sync.errors import IysAccount, IysRefused
from ledger.iys_sync.minutes import minutes
from ledger.iys_sync.pulling import PullCount
from ledger.iys_sync.reconciling import DayDone
from ledger.iys_sync.running import Worker
from ledger.iys_sync.scheduling import REST
from ledger.recording.day_ports import DayKept, DayState, StampState
from ledger.recording.day_words import MENDS, NAMES, STAMPS, STATES, Kind
from ledger.vocabulary import BrandCode, Channel
from ledger.wiring.sync import Sync

STOPPED_BY = 128
"""And the signal's number: how a command ends that was stopped."""

sync_app = typer.Typer(help="İYS ile eşitleme / in step with İYS.", no_args_is_help=True)

BRAND = typer.Option(..., "--brand", min=1, max=CODE_MAX, help="Marka kodu / brand code.")
ANY_BRAND = typer.Option(
    None, "--brand", min=1, max=CODE_MAX, help="Yalnız bu marka / this brand only."
)
OUT = typer.Option(..., "--out", help="Tutanak dosyası, Markdown / file for the minutes.")
DAY = typer.Option(None, "--day", help="YYYY-AA-GG / YYYY-MM-DD.")


def register(app: typer.Typer) -> None:
    """Hang the commands on the tree."""
    app.add_typer(sync_app, name="sync")
    connecting.register(sync_app)


@sync_app.command("push")
def push(iys_code: int | None = IYS_CODE) -> None:
    """Bekleyenleri şimdi İYS'ye iletir / tells İYS what waits, now."""
    context = current()
    with context.home() as home:
        code = context.provider(home, iys_code)
        home.follow(code)
        with home.connections.sync(code) as sync, home.connections.leadership(code).take() as lead:
            if lead is None:
                context.output.note("Çalışan bir hizmet iletiyor.", "A running service does so.")
            else:
                time.sleep(REST.total_seconds())  # for what another process sent just now (R23)
                while sync.pusher.push_once():
                    pass
        home.follow(code)
        figures = home.deadlines(code).figures(now())
        waiting = sum(one.waiting for one in figures.waiting)
    context.output.say(f"Bekleyen: {waiting}.", f"Still waiting: {waiting}.")
    context.output.answer({"iysCode": code, "waiting": waiting})


@sync_app.command("pull")
def pull(brand: int | None = ANY_BRAND, iys_code: int | None = IYS_CODE) -> None:
    """İYS'deki hareketleri şimdi çeker / pulls İYS's movements, now."""
    context = current()
    with context.home() as home:
        wanted = None if brand is None else [BrandCode(brand)]
        code = context.provider(home, iys_code, wanted)
        found, refused = list[PullCount](), list[BrandCode]()
        with home.connections.sync(code) as sync:
            for one in wanted or sync.brands():
                try:
                    found.append(sync.puller.pull(one))
                except (IysAccount, IysRefused) as failure:  # it keeps no other brand back
                    refused.append(one)
                    context.output.complain(f"{one}: {failure.turkish}", f"{one}: {failure}")
    recorded, unread = sum(one.recorded for one in found), sum(one.unread for one in found)
    context.output.say(f"{recorded} yeni hareket.", f"{recorded} new movements.")
    if unread:
        context.output.complain(
            f"{unread} hareket okunamadı; saklandı.", f"{unread} movements cannot be read; kept."
        )
    context.output.answer(
        {"iysCode": code, "recorded": recorded, "unread": unread, "refused": refused}
    )
    if refused:
        raise typer.Exit(1)


@sync_app.command("reconcile")
def reconcile(
    day: str | None = DAY,
    every: bool = typer.Option(False, "--all", help="Açık olan her gün / every open day."),
    brand: int | None = ANY_BRAND,
    iys_code: int | None = IYS_CODE,
) -> None:
    """Geçmiş günleri İYS'nin dosyasıyla karşılaştırır / compares past days with İYS's files."""
    context = current()
    if (day is None) == (not every):
        raise typer.BadParameter("--day ya da --all / --day or --all", param_hint="--day")
    wanted_day = None if day is None else day_of(day)
    with context.home() as home:
        wanted = None if brand is None else [BrandCode(brand)]
        code = context.provider(home, iys_code, wanted)
        with home.connections.sync(code) as sync:
            brands = wanted or sync.brands()
            if wanted_day is None:
                done = sync.reconciler.reconcile_open(brands, actor=ACTOR)
            else:
                done = [_compared(sync, one, wanted_day) for one in brands]
    if not done:
        context.output.say("Açık gün yok.", "No open day.")
    for one in done:
        _say_day(context.output, one)
    context.output.answer({"iysCode": code, "days": [_members(one) for one in done]})
    if any(one.kept is None for one in done):
        raise typer.Exit(1)


@sync_app.command("agree")
def agree(
    day: str = typer.Option(..., "--day", help="YYYY-AA-GG / YYYY-MM-DD."),
    brand: int = BRAND,
    iys_code: int | None = IYS_CODE,
) -> None:
    """Eşit bulunan günün mutabakatını İYS'ye bildirir / declares agreement on an equal day."""
    context = current()
    wanted = day_of(day)
    with context.home() as home:
        code = context.provider(home, iys_code, [BrandCode(brand)])
        with home.connections.sync(code) as sync:
            kept = sync.reconciler.agree(BrandCode(brand), wanted, actor=ACTOR)
    done = DayDone(BrandCode(brand), wanted, kept)
    _say_day(context.output, done)
    context.output.answer({"iysCode": code, "days": [_members(done)]})


@sync_app.command("adopt")
def adopt(
    declared_by: str = typer.Option(..., help="Beyan eden kişi / who declares."),
    out: Path = OUT,
    anew: bool = typer.Option(False, "--anew", help="Baştan başla / begin anew."),
    brand: int = BRAND,
    iys_code: int | None = IYS_CODE,
) -> None:
    """Markayı devralır: her kayıt İYS'ye sorulur, tutanak yazılır / takes a brand over."""
    context = current()
    name = words(declared_by, "--declared-by")
    with context.home() as home:
        kept, _ = context.brand(home, brand, iys_code)
        with (
            home.connections.sync(kept.iys_code) as sync,
            whole_file(out, "--out") as handle,  # first: a wrong place is told before İYS is asked
            context.output.progress() as bar,
        ):
            task = bar.add_task("İYS", total=None)
            told = sync.adopter.adopt(
                kept, name, anew=anew, on_progress=lambda asked: bar.advance(task, asked)
            )
            handle.write(minutes(told, lang=context.output.lang))
    asked, granted = told.total("asked"), told.total("listed")
    context.output.say(
        f"{asked} kayıt soruldu, {granted} ONAY. Tutanak: {out}",
        f"{asked} consents were asked about, {granted} ONAY. Minutes: {out}",
    )
    context.output.answer(
        {"iysCode": kept.iys_code, "asked": asked, "granted": granted, "waiting": told.waiting}
    )


@sync_app.command("webhook")
def webhook(
    url: str = typer.Option(..., help="İYS'nin çağıracağı adres: https://…/v1/iys/push"),
    brand: int = BRAND,
    iys_code: int | None = IYS_CODE,
) -> None:
    """İYS'nin hareketleri itmesini sağlar / has İYS push the movements of a brand."""
    context = current()
    with context.home() as home:
        code = context.provider(home, iys_code, [BrandCode(brand)])
        username, password = home.connections.push_account(code).make(now())
        with home.connections.client(code) as iys:
            for channel in Channel:
                iys.register_push(
                    BrandCode(brand), channel, url, username=username, password=password
                )
    context.output.say("Push bağlandı.", "The push is connected.")
    context.output.answer({"iysCode": code, "brandCode": brand})


@sync_app.command("run")
def run(iys_code: int | None = IYS_CODE) -> None:
    """Durdurulana dek eşitler / keeps in step until stopped; `izin serve` does so too."""
    context = current()
    stop, came = threading.Event(), list[int]()
    with context.home() as home:
        code = context.provider(home, iys_code)
        _stop_on_signals(stop, came)
        with home.connections.sync(code) as sync:
            context.output.say(
                f"{code} İYS ile eşitleniyor. Durdurmak için Ctrl-C.",
                f"{code} is kept in step with İYS. Ctrl-C stops it.",
            )
            sys.stdout.flush()
            followers = [
                threading.Thread(target=one.run, args=(stop,)) for one in home.followers(code)
            ]
            for thread in followers:
                thread.start()
            Worker(home.connections.leadership(code), sync.lanes()).run(stop)
            for thread in followers:
                thread.join()
    raise typer.Exit(STOPPED_BY + came[0])


def _stop_on_signals(stop: threading.Event, came: list[int]) -> None:
    def end(number: int, frame: FrameType | None) -> None:
        came.append(number)
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)


def _compared(sync: Sync, brand_code: BrandCode, day: date) -> DayDone:
    try:
        return DayDone(brand_code, day, sync.reconciler.reconcile(brand_code, day, actor=ACTOR))
    except (IysAccount, IysRefused) as failure:  # it keeps no other brand back
        return DayDone(brand_code, day, None, failure)


def _say_day(output: Output, done: DayDone) -> None:
    name = f"{done.brand_code} {done.day.isoformat()}"
    if done.kept is None:
        assert done.failure is not None
        output.complain(f"{name}: {done.failure.turkish}", f"{name}: {done.failure}")
        return
    kept = done.kept
    turkish, english = STATES[kept.state]
    if kept.state is DayState.WAITING:
        output.say(f"{name}: {turkish} ({kept.reason})", f"{name}: {english} ({kept.reason})")
        return
    word = output.text(*_agreement(kept))
    output.say(
        f"{name}: {turkish}, {kept.rows_there} hareket{word}",
        f"{name}: {english}, {kept.rows_there} movements{word}",
    )
    for kind, count in sorted(kept.differences.items()):
        shown, mend = NAMES[Kind(kind)], MENDS[Kind(kind)]
        output.say(f"  {count} × {shown[0]}. {mend[0]}", f"  {count} × {shown[1]}. {mend[1]}")
    if kept.stamp is not None and kept.stamp is not StampState.VERIFIED:
        turkish, english = STAMPS[kept.stamp]
        output.say(f"  Zaman damgası: {turkish}", f"  Time stamp: {english}")


def _agreement(kept: DayKept) -> tuple[str, str]:
    """What was said to İYS of the day, or is still to be said."""
    if kept.agreed:
        return ", mutabakat bildirildi", ", agreed"
    if kept.state is not DayState.EQUAL or kept.file_sha384 is None:
        return "", ""
    command = f"izin sync agree --brand {kept.brand_code} --day {kept.day.isoformat()}"
    return f"; mutabakatı bildirmek için: {command}", f"; to declare agreement: {command}"


def _members(done: DayDone) -> dict[str, object]:
    kept: DayKept | None = done.kept
    return {
        "brandCode": done.brand_code,
        "day": done.day.isoformat(),
        "state": None if kept is None else kept.state.value,
        "agreed": kept is not None and kept.agreed,
        "reason": None if kept is None else kept.reason,
        "stamp": None if kept is None or kept.stamp is None else kept.stamp.value,
        "rows": None if kept is None else kept.rows_there,
        "openRows": None if kept is None else kept.open_rows,
        "differences": {} if kept is None else dict(kept.differences),
    }

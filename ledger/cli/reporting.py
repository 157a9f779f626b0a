"""`izin report`: a past day of a brand, byte for byte as İYS files it."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import typer

from ledger.cli.asking import BRAND, IYS_CODE
from ledger.cli.context import ACTOR, current
from ledger.cli.whole_files import whole_file
from ledger.clock import ISTANBUL, WIRE_DAY, now
from ledger.iys_sync.day_report import DayReport
from ledger.recording.day_ports import DayCount

DAY = typer.Option(..., "--day", metavar="DAY", help="Türkiye günü, YYYY-MM-DD / Turkish day.")
OUT = typer.Option(..., help="Yazılacak dosya (csv) / file to write.")


def register(app: typer.Typer) -> None:
    """Hang the command on the tree."""
    app.command("report")(report)


def report(
    brand: int = BRAND,
    day: str = DAY,
    out: Path = OUT,
    iys_code: int | None = IYS_CODE,
) -> None:
    """Bir günün hareket dosyasını İYS'nin yazdığı gibi yazar / writes a day's file as İYS does."""
    context, wanted = current(), day_of(day)
    today = now().astimezone(ISTANBUL).date()
    if wanted > today:
        raise typer.BadParameter("gelecekte / in the future", param_hint="--day")
    with context.home() as home, context.output.progress() as progress:
        kept, _ = context.brand(home, brand, iys_code)
        with whole_file(out, "--out") as handle:
            made = home.day_reader(kept.iys_code).report(kept.brand_code, wanted)
            task = progress.add_task(day, total=None)
            for piece in made.pieces():
                handle.buffer.write(piece)
                progress.update(task, completed=made.rows)
            log = home.access_log(kept.iys_code)
            log.note(ACTOR, "day", brand_code=kept.brand_code, items=made.rows)
    _tell(out, wanted, made)
    if wanted == today:
        context.output.note("Gün bitmedi: dosya şu ana kadardır.", "The day is not over: so far.")


def _tell(out: Path, day: date, made: DayReport) -> None:
    output, counts = current().output, made.counts()
    output.say(f"{out}: {made.rows} satır.", f"{out}: {made.rows} rows.")
    if made.rows:
        output.say(f"SHA-384: {made.sha384}", f"SHA-384: {made.sha384}")
    for one in counts:
        name = f"{one.recipient_type} {one.channel} {one.side}"
        output.say(
            f"{name}: {one.granted} ONAY, {one.refused} RET.",
            f"{name}: {one.granted} ONAY, {one.refused} RET.",
        )
    if made.erased:
        output.say(
            f"{made.erased} satırın kişisel verisi silinmiş: dosyada yok.",
            f"{made.erased} rows erased: they are not in the file.",
        )
    output.answer(
        {
            "day": day.isoformat(),
            "file": str(out),
            "rows": made.rows,
            "erased": made.erased,
            "sha384": made.sha384 if made.rows else None,
            "counts": _members(counts),
        }
    )


def _members(counts: Sequence[DayCount]) -> list[dict[str, object]]:
    return [
        {
            "recipientType": one.recipient_type,
            "type": one.channel,
            "source": one.side,
            "granted": one.granted,
            "refused": one.refused,
            "total": one.total,
        }
        for one in counts
    ]


def day_of(text: str) -> date:
    """A day as people give it. Raises BadParameter."""
    try:
        if not WIRE_DAY.fullmatch(text):
            raise ValueError("no day")
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter("YYYY-AA-GG / YYYY-MM-DD", param_hint="--day") from error

"""`izin deadlines`: what runs late at İYS, what is owed to recipients today, what it may cost."""

from datetime import datetime, timedelta
from typing import Final

import typer

from ledger.cli.asking import IYS_CODE
from ledger.cli.context import CODE_MAX, current
from ledger.cli.output import Output
from ledger.clock import iys_text, now, utc_text
from ledger.iys_sync.deadlines import Lateness, Overview, lateness, overview
from ledger.iys_sync.fines import Cause, Exposure
from ledger.iys_sync.fines_data import FineTable
from ledger.projections.deadlines import (
    ROWS_MAX,
    ConfirmationCount,
    UnconfirmedRow,
    WaitingCount,
    WaitingRow,
)
from ledger.vocabulary import BrandCode

HOURS_MAX: Final = 24 * 366

BRAND = typer.Option(
    None, "--brand", min=1, max=CODE_MAX, help="Yalnız bu marka / this brand only."
)
WITHIN = typer.Option(
    None,
    "--within",
    min=0,
    max=HOURS_MAX,
    help="Bu kadar saat içinde dolanlar ve gecikenler tek tek / list what is due within hours.",
)

_LATENESS: Final = {
    Lateness.IN_TIME: ("süresinde", "in time"),
    Lateness.DUE_SOON: ("24 saat içinde dolacak", "due within 24 hours"),
    Lateness.PAST_INTERNAL: ("iç süre geçti", "past the internal deadline"),
    Lateness.PAST_IYS_READING: ("İYS'nin süresi geçti", "past İYS's deadline"),
    Lateness.PAST_LEGAL_LATEST: ("son yasal süre geçti", "past the latest legal deadline"),
}
_CAUSES: Final = {
    Cause.LATE_GRANTS: (
        "İYS'ye süresinde bildirilmemiş, geçersiz onay",
        "void consents, not at İYS in time",
    ),
    Cause.LATE_REFUSALS: ("İYS'ye süresinde bildirilmemiş ret", "refusals not at İYS in time"),
    Cause.MISSED_CONFIRMATIONS: (
        "aynı gün yapıldığı görülmeyen teyit bildirimi",
        "confirmations not shown to have been sent on the day",
    ),
}
_ONLY_IF_SENT: Final = ("; yalnız ileti gönderilirse", "; only if a message is sent")
_NOT_ADDED: Final = (
    "Aralıklar toplanmaz. m.12/1-d'de üst sınır, her biri ayrı aykırılık sayılırsa. Tekerrür"
    " (m.12/4) ve yanıltma (m.12/5) içinde değildir. Bent seçimi bizim okumamızdır; hukukçuya"
    " sorun.",
    "The ranges are not added up. The upper end of m.12/1-d: if each counts as a breach of its own."
    " Repetition (m.12/4) and misleading (m.12/5) are left out. Which clause applies is our"
    " reading; ask counsel.",
)
_COLUMNS: Final = (
    "Konum, marka, kanal; süreler (iç, İYS, son yasal), Türkiye saatiyle:",
    "Position, brand, channel; deadlines (internal, İYS, latest legal), Turkish time:",
)


def register(app: typer.Typer) -> None:
    """Hang the command on the tree."""
    app.command("deadlines")(deadlines)


def deadlines(
    brand: int | None = BRAND,
    within: int | None = WITHIN,
    iys_code: int | None = IYS_CODE,
) -> None:
    """İYS'ye ve alıcılara karşı süreleri söyler / tells what is due and what runs late."""
    context, at = current(), now()
    brand_code = None if brand is None else BrandCode(brand)
    rows: list[WaitingRow] = []
    unconfirmed: list[UnconfirmedRow] = []
    with context.home() as home:
        code = context.provider(home, iys_code, None if brand_code is None else [brand_code])
        home.follow(code)
        tables = home.deadlines(code)
        told = overview(tables.figures(at, brand_code))
        if within is not None:
            until = at + timedelta(hours=within)
            rows = tables.waiting(until, brand_code)
            unconfirmed = tables.unconfirmed(until, brand_code)
    _say(context.output, told)
    if rows or unconfirmed:
        context.output.say(*_COLUMNS)
    for row in rows:
        _say_row(context.output, row, at)
    for one in unconfirmed:
        _say_unconfirmed(context.output, one, at)
    if ROWS_MAX in (len(rows), len(unconfirmed)):
        context.output.say(
            f"İlk {ROWS_MAX} satır gösterildi.", f"The first {ROWS_MAX} rows are shown."
        )
    answer = _members(told)
    if within is not None:
        answer["rows"] = [_row_members(row, at) for row in rows]
        answer["unconfirmed"] = [_unconfirmed_members(one, at) for one in unconfirmed]
    context.output.answer(answer)


def _say(output: Output, told: Overview) -> None:
    figures = told.figures
    if not figures.waiting:
        output.say("İYS'ye bildirilecek bir şey yok.", "Nothing waits for İYS.")
    for waiting in figures.waiting:
        output.say(*_waiting_texts(waiting))
    for owed in figures.confirmations:
        output.say(*_confirmation_texts(owed))
    for exposure in told.exposures:
        output.say(*_exposure_texts(exposure))
    if told.table is None:
        output.say(
            "Bu yılın ceza tablosu kayıtlı değil: olası tutar söylenemez.",
            "No fine table is kept for this year: no amount can be told.",
        )
    elif told.exposures:
        table = told.table
        output.say(
            f"  Tablo: {table.source} ({table.valid_from} – {table.valid_until}). {_NOT_ADDED[0]}",
            f"  Table: {table.source} ({table.valid_from} – {table.valid_until}). {_NOT_ADDED[1]}",
        )


def _waiting_texts(one: WaitingCount) -> tuple[str, str]:
    what = f"{one.brand_code} {one.channel} {one.consent_status}"
    ahead = "–" if one.next_due is None else iys_text(one.next_due)
    past = f"{one.past_internal} / {one.past_iys_reading} / {one.past_legal_latest}"
    oldest = iys_text(one.oldest_at)
    return (
        f"{what}: bekleyen {one.waiting}, 24 saat içinde dolacak {one.due_soon}, geciken {past}"
        f" (iç / İYS / son yasal); en eskisi {oldest}, sıradaki süre {ahead}",
        f"{what}: waiting {one.waiting}, due within 24 hours {one.due_soon}, overdue {past}"
        f" (internal / İYS / latest legal); oldest {oldest}, next deadline {ahead}",
    )


def _confirmation_texts(one: ConfirmationCount) -> tuple[str, str]:
    what = f"{one.brand_code} {one.channel}"
    return (
        f"{what} aynı gün teyidi: bugün gereken {one.owed}, kaçırılan {one.missed},"
        f" sonraki gün yapılan {one.late}",
        f"{what} same-day confirmations: owed today {one.owed}, missed {one.missed},"
        f" sent on a later day {one.late}",
    )


def _exposure_texts(one: Exposure) -> tuple[str, str]:
    turkish, english = _CAUSES[one.cause]
    dotted = [f"{amount:,}".replace(",", ".") for amount in (one.least, one.most)]
    only_if = _ONLY_IF_SENT if one.if_sent else ("", "")
    return (
        f"Olası ceza, m.{one.clause}: en az {dotted[0]} – en çok {dotted[1]} TL"
        f" ({turkish}: {one.cases}{only_if[0]})",
        f"Possible fine, m.{one.clause}: at least {one.least:,} – at most {one.most:,} TL"
        f" ({english}: {one.cases}{only_if[1]})",
    )


def _say_row(output: Output, row: WaitingRow, at: datetime) -> None:
    turkish, english = _LATENESS[lateness(row, at)]
    what = f"{row.position}  {row.brand_code} {row.channel} {row.recipient_type}"
    dues = "  ".join(
        iys_text(due) for due in (row.due_internal, row.due_iys_reading, row.due_legal_latest)
    )
    line = f"{what} {row.consent_status}  {dues}  "
    output.say(line + turkish, line + english)


def _say_unconfirmed(output: Output, row: UnconfirmedRow, at: datetime) -> None:
    line = f"{row.position}  {row.brand_code} {row.channel}  {iys_text(row.due)}  "
    if row.due < at:
        output.say(f"{line}teyit bildirimi kaçırıldı", f"{line}confirmation missed")
    else:
        output.say(f"{line}teyit bildirimi bugün gerekli", f"{line}confirmation owed today")


def _members(told: Overview) -> dict[str, object]:
    figures = told.figures
    return {
        "at": utc_text(figures.at),
        "waiting": [_waiting_members(one) for one in figures.waiting],
        "confirmations": [
            {
                "brandCode": one.brand_code,
                "type": one.channel,
                "owed": one.owed,
                "missed": one.missed,
                "late": one.late,
            }
            for one in figures.confirmations
        ],
        "fines": None if told.table is None else _fine_members(told.table, told.exposures),
    }


def _waiting_members(one: WaitingCount) -> dict[str, object]:
    return {
        "brandCode": one.brand_code,
        "type": one.channel,
        "status": one.consent_status,
        "waiting": one.waiting,
        "dueSoon": one.due_soon,
        "overdue": {
            "internal": one.past_internal,
            "iysReading": one.past_iys_reading,
            "legalLatest": one.past_legal_latest,
        },
        "oldestAt": utc_text(one.oldest_at),
        "nextDue": None if one.next_due is None else utc_text(one.next_due),
    }


def _fine_members(table: FineTable, exposures: tuple[Exposure, ...]) -> dict[str, object]:
    return {
        "source": table.source,
        "validFrom": str(table.valid_from),
        "validUntil": str(table.valid_until),
        "ranges": [
            {
                "cause": one.cause,
                "rule": one.clause,
                "cases": one.cases,
                "least": one.least,
                "most": one.most,
                "onlyIfSent": one.if_sent,
            }
            for one in exposures
        ],
    }


def _row_members(row: WaitingRow, at: datetime) -> dict[str, object]:
    return {
        "position": row.position,
        "stream": str(row.stream),
        "brandCode": row.brand_code,
        "type": row.channel,
        "recipientType": row.recipient_type,
        "status": row.consent_status,
        "due": {
            "internal": utc_text(row.due_internal),
            "iysReading": utc_text(row.due_iys_reading),
            "legalLatest": utc_text(row.due_legal_latest),
        },
        "state": lateness(row, at),
    }


def _unconfirmed_members(row: UnconfirmedRow, at: datetime) -> dict[str, object]:
    return {
        "position": row.position,
        "stream": str(row.stream),
        "brandCode": row.brand_code,
        "type": row.channel,
        "due": utc_text(row.due),
        "state": "missed" if row.due < at else "owed",
    }

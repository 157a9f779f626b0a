"""Sections 7 to 10: İYS, every movement, queries before sending, what does not fit."""

from typing import Final

from ledger.reporting import words
from ledger.reporting.acts import Movement
from ledger.reporting.blocks import MISSING, Block, Grid, Heading, Pairs, Paragraph, Section
from ledger.reporting.facts import Correction, DayFile, Query, ReportFacts
from ledger.reporting.phrasing import day, maybe_when, span, when
from ledger.reporting.summary import business_days, permission, verdict
from ledger.vocabulary import ConsentStatus, IysState

NO_SENDING: Final = "Gönderim kaydı bu sistemde yoktur."

_HEADS: Final = (
    "No",
    "Kayıt",
    "Kaynak ya da içerik",
    "Olay",
    "Bize ulaşma",
    "Kayıt anı",
    "Damga",
    "Olay–damga",
)
_WIDTHS: Final = (8, 13, 21, 12, 12, 12, 12, 10)


def iys(facts: ReportFacts) -> Section:
    """What İYS holds, verbatim, and its own file of the day."""
    line = facts.iys_line
    rows = (
        ("İYS'deki durum", words.coded(line.state, words.IYS_STATES)),
        ("İYS'nin gerekçe kodu", words.iys_code(line.code) if line.code else "yok"),
        ("İYS işlem kimliği (transactionId)", line.transaction_id),
        ("İYS'ye kayıt tarihi (creationDate)", line.creation_date),
        ("İYS'deki izin tarihi (consentDate)", line.consent_date),
        ("İYS'deki kaynak", line.source and words.coded(line.source, words.SOURCES)),
        ("Görülme anı", maybe_when(line.seen_at)),
        ("Nasıl görüldüğü", line.how and words.meaning(line.how, words.SEEN_HOW)),
        ("Onaydan İYS kaydına iş günü sayısı", business_days(line)),
        ("İYS'nin günlük hareket dosyası", "aşağıdadır" if line.day_file else None),
    )
    return Section(7, "İYS kaydı", (Pairs(rows), *_day_file(line.day_file)))


def movements(facts: ReportFacts) -> Section:
    """Every event of the streams, in the log's order, and until when there is no other."""
    rows = tuple(map(_row, facts.movements))
    table = Grid(_HEADS, _WIDTHS, rows) if rows else Paragraph("Kayıt yok.")
    return Section(
        8,
        "Bütün hareketler",
        (table, *_end(facts), Paragraph("Kayıtlar defterdeki sıralarıyla yazılmıştır.")),
    )


def queries(facts: ReportFacts) -> Section:
    """What was asked before sending. Sending itself is not kept here."""
    blocks: list[Block] = []
    for query in facts.queries:
        blocks += [Heading(f"Sorgu {query.decision}"), Pairs(_asked(query))]
    if not blocks:
        blocks.append(Pairs((("Gönderim öncesi sorgu", None),)))
    return Section(
        9, "Gönderim öncesi sorgu ve gönderim kaydı", (*blocks, Paragraph(NO_SENDING, True))
    )


def differences(facts: ReportFacts, missing: tuple[str, ...]) -> Section:
    """Corrections, contradictions, unknowns. `missing`: names without a value elsewhere."""
    rows = tuple(map(_change, facts.corrections))
    heads = ("No", "İlgili kayıt", "Ne", "Önceki", "Sonraki", "Gerekçe", "Ne zaman, kim")
    corrections: Block = Paragraph("Düzeltme kaydı yok.")
    if rows:
        corrections = Grid(heads, (8, 9, 17, 15, 15, 14, 22), rows)
    found = (*_contradictions(facts), *facts.contradictions)
    unknown = (*facts.unknowns, *(f"Kayıt yok: {name}." for name in missing))
    return Section(
        10,
        "Düzeltmeler, çelişkiler, bilinmeyenler",
        (
            Heading("Düzeltmeler"),
            corrections,
            Heading("Çelişkiler"),
            *(map(Paragraph, found) if found else (Paragraph("Kayıtlar arasında görülmedi."),)),
            Heading("Bilinmeyenler"),
            *(map(Paragraph, unknown) if unknown else (Paragraph("Kayıt yok."),)),
        ),
    )


def _day_file(file: DayFile | None) -> tuple[Block, ...]:
    if file is None:
        return ()
    rows = (
        ("Dosyanın günü", day(file.day)),
        ("Dosyanın SHA-384 özeti", file.sha384),
        ("Bu iznin satırı", None if file.row_number is None else f"{file.row_number}. satır"),
        ("Satırların kök özeti (rowsRoot)", file.rows_root),
        ("İYS'nin zaman damgası (.tsr)", file.tsr),
    )
    note = (
        "İYS'nin damgası o günün bütün dosyasını kapsar; dosyada başka kişiler de bulunduğundan"
        " burada yalnız bu iznin satırı açıklanır."
    )
    return Heading("İYS'nin günlük hareket dosyası"), Pairs(rows), Paragraph(note)


def _row(movement: Movement) -> tuple[str, ...]:
    content = []
    if movement.state is not None:
        content.append(words.coded(movement.state, words.IYS_STATES))
    if movement.source is not None:
        content.append(words.coded(movement.source, words.SOURCES))
    if movement.code is not None:
        content.append(words.iys_code(movement.code))
    gap = movement.gap
    return (
        str(movement.position),
        words.meaning(movement.event_type, words.EVENTS),
        "; ".join(content) or "–",
        maybe_when(movement.acted_at) or MISSING,
        maybe_when(movement.received_at) or MISSING,
        when(movement.recorded_at),
        maybe_when(movement.stamped_at) or MISSING,
        MISSING if gap is None else span(gap),
    )


def _end(facts: ReportFacts) -> tuple[Block, ...]:
    if facts.ends_as_of is None:
        return (
            Paragraph(
                "Bu kayıtların sonu henüz günlük bildirime girmemiştir: başka kayıt bulunmadığını"
                " bu rapor göstermez.",
                True,
            ),
        )
    return (
        Paragraph(f"{day(facts.ends_as_of)} günü itibarıyla başka kayıt yoktur.", True),
        Paragraph(
            "Bu, defteri tutanın zaman damgası altında verdiği bildirimdir: o gün, bu kayıt"
            " dizisinin burada bittiğini bildirmiştir. Defterin tümü yeniden"
            " okunduğunda doğru olmayan bir bildirim ortaya çıkar."
        ),
    )


def _asked(query: Query) -> tuple[tuple[str, str | None], ...]:
    standing = query.standing
    return (
        ("Sorgu anı", when(query.decided_at)),
        ("Kayıt no", str(query.position)),
        ("Kampanya", query.campaign),
        ("Bu adres için yanıt", f"{verdict(standing)}; {permission(standing)}"),
        ("Gerekçe", standing.reason and words.reason(standing.reason)),
        ("Uyarılar", ", ".join(map(words.reason, standing.warnings)) or "yok"),
        ("Sorgudaki toplam satır", str(query.listed)),
        ("İYS bilgisinin tarihi", maybe_when(query.iys_seen_at)),
    )


def _change(change: Correction) -> tuple[str, ...]:
    what = words.meaning(change.event_type, words.EVENTS)
    if change.changed is not None:
        what += f": {words.meaning(change.changed, words.CORRECTED_FIELDS)}"
    by = words.actor(change.actor)
    if change.approved_by is not None:
        by += f"; ikinci kişi {words.actor(change.approved_by)}"
    return (
        str(change.position),
        str(change.of_position),
        what,
        _value(change.changed, change.was),
        _value(change.changed, change.is_now),
        f"{change.reason} (verilen gerekçe)" if change.reason else MISSING,
        f"{when(change.at)}, {by}",
    )


def _value(name: str | None, value: str | None) -> str:
    """What a corrected field held."""
    if value is None:
        return "–" if name is None else MISSING
    if name == "source":
        return words.coded(value, words.SOURCES)
    return words.meaning(value, words.BASES) if name == "basis" else value


_SHOWS: Final = {
    IysState.GRANTED: ConsentStatus.GRANTED,
    IysState.REFUSED: ConsentStatus.REFUSED,
    IysState.NOT_GRANTED: ConsentStatus.REFUSED,
}


def _contradictions(facts: ReportFacts) -> tuple[str, ...]:
    """What follows from the two lines standing side by side."""
    person, line = facts.person_line, facts.iys_line
    found = []
    shown = _SHOWS.get(line.state)
    if person.status is not None and shown is not None and shown != person.status:
        found.append(
            f"Kişi çizgisi {words.coded(person.status, words.STATUSES)}; İYS çizgisi"
            f" {words.coded(line.state, words.IYS_STATES)}."
        )
    if person.status is None and line.state is IysState.GRANTED:
        found.append("İYS onay gösterdi; bu defterde alıcının onay kaydı yoktur.")
    held = next((act for act in facts.acts if act.movement.position == person.position), None)
    dates = (held and held.consent_date, line.consent_date)
    if None not in dates and dates[0] != dates[1]:
        found.append(
            f"Buradaki izin tarihi {dates[0]}, İYS'deki izin tarihi {dates[1]} olarak kayıtlıdır."
        )
    return tuple(found)

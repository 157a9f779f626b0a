"""Sections 1 and 2: the cover, and all of it on one page."""

from ledger.reporting import words
from ledger.reporting.acts import Act
from ledger.reporting.blocks import MISSING, Block, Grid, Pairs, Paragraph, Quote, Section
from ledger.reporting.facts import IysLine, ReportFacts, Standing
from ledger.reporting.grade import graded
from ledger.reporting.phrasing import grouped, maybe_day, maybe_when, when

TITLE = "Ticari elektronik ileti onay kaydı – delil raporu"


def cover(facts: ReportFacts) -> Section:
    """Who tells what to whom, and which files it belongs to."""
    provider, case = facts.provider, facts.case
    about = (
        ("İlgi yazı", _letter(facts)),
        ("Şikâyet", _complaint(facts)),
        ("İsteyen makam", case.authority),
        ("Hizmet sağlayıcının unvanı", provider.title),
        ("MERSİS numarası", provider.mersis),
        ("Vergi kimlik numarası (VKN)", provider.vkn),
        ("KEP adresi", provider.kep),
        ("Adres", provider.address),
        ("İYS numarası", str(provider.iys_code)),
        ("Marka ve İYS marka kodu", f"{facts.brand_name}, {facts.brand_code}"),
        ("Alıcının adresi", facts.recipient or "bu raporda açıklanmamıştır"),
        ("Kanal", words.coded(facts.channel, words.CHANNELS)),
        ("Alıcı tipi", words.coded(facts.recipient_type, words.RECIPIENT_TYPES)),
        ("Düzenleyen birim", facts.issued_by),
        ("Düzenlenme anı", when(facts.issued_at)),
    )
    blocks: list[Block] = [
        Pairs(about),
        Paragraph("Paket özeti (SHA-256; nasıl yeniden hesaplanacağı 13. bölümdedir):"),
        Quote(_in_two_lines(facts.package_digest)),
        Paragraph(
            "Rapordaki saatler Türkiye saatidir. “kayıt yok”, bu defterde öyle bir kayıt"
            " bulunmadığını söyler. Rapor kayıtları sayar, değerlendirmez. ‹U+202E› gibi yazımlar"
            " görünmeyen ya da bu yazı tipinde bulunmayan bir karakterin yerini tutar."
        ),
    ]
    if facts.is_test:
        blocks.append(
            Paragraph("TEST: zaman damgaları deneme amaçlıdır, hukuki değeri yoktur.", True)
        )
    return Section(1, "Kapak", tuple(blocks))


def summary(facts: ReportFacts, missing: tuple[str, ...]) -> Section:
    """The table that everything else explains. `missing`: names without a value elsewhere."""
    standing, held = facts.standing, _held(facts)
    asked = "İletinin tarihi" if facts.asked_at else "Sorulan an (ileti tarihi verilmedi)"
    rows = (
        (asked, when(facts.asked_at or facts.issued_at)),
        ("Alıcının o andaki durumu", verdict(standing)),
        ("Gerekçe", standing.reason and words.reason(standing.reason)),
        ("Uyarılar", ", ".join(map(words.reason, standing.warnings)) or "yok"),
        ("Gönderim öncesi sorgunun o anki yanıtı", permission(standing)),
        ("Kişi çizgisi: alıcının son işlemi", _person_line(facts)),
        ("İYS çizgisi: İYS'deki durum", words.coded(facts.iys_line.state, words.IYS_STATES)),
        ("İYS'deki durumun görülme anı", maybe_when(facts.iys_line.seen_at)),
        ("Onay tarihi", consent_date(held) if held else None),
        ("Onayın kaynağı", _source(held)),
        ("İYS'ye kayıt anı", facts.iys_line.creation_date),
        ("Onaydan İYS kaydına iş günü sayısı", business_days(facts.iys_line)),
        ("Ret", _refusals(facts)),
        ("Delil derecesi", grade_words(held) if held else None),
    )
    table = Pairs(rows)
    # Of this table too: what is missing here is missing nowhere less.
    here = Section(2, "", (table,)).missing
    names = tuple(dict.fromkeys((*missing, *(f"{name} (2. bölüm)" for name in here))))
    listed = Grid(
        (f"“{MISSING}” yazılı alanlar",), (100,), tuple((name,) for name in names) or (("yok",),)
    )
    return Section(2, "Özet tablo", (table, listed))


def verdict(standing: Standing) -> str:
    """The verdict in words."""
    return words.coded(standing.verdict, words.VERDICTS)


def permission(standing: Standing) -> str:
    """What a query would have answered."""
    return "gönderilebilir" if standing.permitted else "gönderilemez"


def business_days(line: IysLine) -> str | None:
    """How long registering took."""
    return None if line.business_days is None else f"{line.business_days} iş günü"


def consent_date(act: Act) -> str | None:
    """The act's date as İYS's form has it: to the second, or a day only."""
    only_day = " (yalnız gün biliniyor)" if act.date_precision == "day" else ""
    return act.consent_date and f"{act.consent_date}{only_day}"


def _letter(facts: ReportFacts) -> str | None:
    case = facts.case
    return _numbered(case.letter_number, maybe_day(case.letter_date))


def _complaint(facts: ReportFacts) -> str | None:
    case = facts.case
    return _numbered(case.complaint_number, maybe_day(case.complaint_date))


def _numbered(number: str | None, on: str | None) -> str | None:
    parts = [f"no {number}"] if number else []
    parts += [f"tarih {on}"] if on else []
    return ", ".join(parts) or None


def _in_two_lines(digest: str) -> str:
    groups = grouped(digest).split(" ")
    return " ".join(groups[:4]) + "\n" + " ".join(groups[4:])


def _held(facts: ReportFacts) -> Act | None:
    """The consent that held at the time asked for; a refusal is told of in its own row."""
    of = facts.person_line.position
    found = (act for act in facts.acts if act.movement.position == of)
    return next((act for act in found if act.movement.event_type != "consent.refused"), None)


def _person_line(facts: ReportFacts) -> str | None:
    line = facts.person_line
    if line.position is None:
        return None
    status = "tacir olarak kayıt, alıcının işlemi yok"
    if line.status is not None:
        status = words.coded(line.status, words.STATUSES)
    return f"{status} (kayıt no {line.position})"


def _source(act: Act | None) -> str | None:
    source = act.movement.source if act else None
    return None if source is None else words.coded(source, words.SOURCES)


def grade_words(act: Act) -> str:
    """The grade of an act with its meaning."""
    grade = graded(act).grade
    told = words.meaning(grade, words.GRADES)
    return told if grade == "AT_IYS" else f"{grade}: {told}"


def _refusals(facts: ReportFacts) -> str:
    refusals = [act.movement for act in facts.acts if act.movement.event_type == "consent.refused"]
    if not refusals:
        return "ret kaydı yok"
    last = refusals[-1]
    acted = maybe_when(last.acted_at) or MISSING
    received = maybe_when(last.received_at) or MISSING
    return (
        f"{len(refusals)} ret kaydı var. Sonuncusu (kayıt no {last.position}): ret tarihi {acted};"
        f" bize ulaşması {received}; {when(last.recorded_at)} anındaki kaydından sonra"
        " sorgular bu rete göre yanıtlanır"
    )

"""Sections 3 to 6: the message, the acts, the texts, the confirmation of the same day."""

from datetime import timedelta
from typing import Final

from ledger.reporting import words
from ledger.reporting.acts import Act, EvidenceFile, Movement, ShownText
from ledger.reporting.blocks import Block, Grid, Heading, Pairs, Paragraph, Quote, Section
from ledger.reporting.facts import ReportFacts
from ledger.reporting.grade import graded
from ledger.reporting.phrasing import day_of, maybe_day, maybe_when, size, span, when
from ledger.reporting.summary import consent_date, grade_words

GAP_MAX: Final = timedelta(days=1)
"""From olay to damga; beyond it the stamp's date must not be taken for the act's."""

_NONE: Final = Paragraph("Kayıt yok.")
_REFUSED: Final = "consent.refused"
_YES_NO: Final = {True: "var", False: "yok"}


def message(facts: ReportFacts) -> Section:
    """What was complained of, by the case file."""
    case = facts.case
    rows = (
        ("İletinin tarihi", maybe_when(case.message_at)),
        ("Gönderici numarası ya da başlığı", case.sender_name),
        ("Alıcının işletmecisi", case.operator),
        ("Kampanya", case.campaign),
        ("Şikâyet numarası", case.complaint_number),
        ("Şikâyet tarihi", maybe_day(case.complaint_date)),
        ("İletinin metni", "aşağıdadır" if case.message_text else None),
    )
    text = (Quote(case.message_text),) if case.message_text else ()
    source = Paragraph("Bu bölüm, raporu isteyenin verdiği bilgilerden yazılmıştır.")
    return Section(3, "Şikâyete konu ileti", (source, Pairs(rows), *text))


def acts(facts: ReportFacts) -> Section:
    """Each act: by whom, where, how, with its four dates and its evidence."""
    blocks: list[Block] = []
    for act in facts.acts:
        blocks += [Heading(name(act)), Pairs(_told(act)), *_late(act)]
        if act.evidence:
            blocks.append(_pieces(act.evidence))
    return Section(4, "Onayın alınması", tuple(blocks) or (_NONE,))


def texts(facts: ReportFacts) -> Section:
    """Each text once, with the acts that name it."""
    shown: dict[ShownText, list[str]] = {}
    silent: list[str] = []
    for act in facts.acts:
        pair = [text for text in (act.text, act.notice) if text is not None]
        for text in pair:
            shown.setdefault(text, []).append(str(act.movement.position))
        if act.text is None and act.movement.event_type != _REFUSED:
            silent.append(str(act.movement.position))
    blocks: list[Block] = []
    for text, positions in shown.items():
        blocks += _text(text, positions)
    if silent:
        blocks.append(Pairs(((f"Metin (kayıt no {', '.join(silent)})", None),)))
    return Section(5, "Kabul edilen metin", tuple(blocks) or (_NONE,))


def confirmations(facts: ReportFacts) -> Section:
    """The notices that the law wants on the day of the consent."""
    consents = [act for act in facts.acts if act.movement.event_type == "consent.granted"]
    blocks: list[Block] = []
    for act in consents:
        sent = act.confirmation
        rows = (
            ("Teyit bildiriminin gönderilme anı", maybe_when(sent.sent_at if sent else None)),
            ("Teyit bildiriminin akıbeti", sent.outcome if sent else None),
            ("Onayla aynı gün gönderilmiş mi", _same_day(act)),
        )
        blocks += [Heading(name(act)), Pairs(rows)]
    return Section(6, "Aynı gün teyit bildirimi", tuple(blocks) or (_NONE,))


def name(act: Act) -> str:
    """How an act is called all through the report."""
    event = words.meaning(act.movement.event_type, words.EVENTS)
    return f"Kayıt no {act.movement.position}: {event}"


def dates(movement: Movement) -> tuple[tuple[str, str | None], ...]:
    """The four dates and the gap."""
    gap = movement.gap
    return (
        ("Olay", maybe_when(movement.acted_at)),
        ("Bize ulaşma", maybe_when(movement.received_at)),
        ("Kayıt", when(movement.recorded_at)),
        ("Damga", maybe_when(movement.stamped_at)),
        ("Olaydan damgaya geçen süre", None if gap is None else span(gap)),
    )


def _told(act: Act) -> tuple[tuple[str, str | None], ...]:
    source = act.movement.source
    grade = graded(act)
    present = (
        f"işlem kaydı {_YES_NO[grade.has_capture]}, metin {_YES_NO[grade.has_text]},"
        f" teyit {_YES_NO[grade.has_confirmation]},"
        f" belge taraması ya da ses kaydı {_YES_NO[grade.has_copy]}"
    )
    return (
        *dates(act.movement),
        ("Onay tarihi (İYS'ye bildirilen biçimde)", consent_date(act)),
        ("Kaynak", source and words.coded(source, words.SOURCES)),
        ("Dayanak", words.meaning(act.basis, words.BASES)),
        ("Kayıt yolu", words.via(act.via)),
        ("Kaydı yapan", words.actor(act.actor)),
        ("İşlemin alındığı an", maybe_when(act.captured_at)),
        ("Girildiği hâliyle adres", act.as_entered),
        ("Numaranın ya da adresin doğrulanması", act.number_verification),
        *_if_any(act),
        ("Delil", f"{len(act.evidence)} dosya" if act.evidence else None),
        ("Delil derecesi", grade_words(act)),
        ("Derecenin dayandığı kayıtlar", present),
    )


def _if_any(act: Act) -> tuple[tuple[str, str | None], ...]:
    """What most acts have no room for, so that its absence says nothing."""
    rows: list[tuple[str, str | None]] = []
    if act.approved_by is not None:
        rows.append(("İkinci kişinin onayı", words.actor(act.approved_by)))
    if act.retailer is not None:
        rows.append(("Bayi kodu", str(act.retailer)))
    if act.movement.event_type == "merchant.listed":
        basis = act.merchant_basis
        meaning = basis and words.meaning(basis, words.MERCHANT_BASES)
        rows.append(("Tacir sayılma dayanağı", meaning))
    return tuple(rows)


def _late(act: Act) -> tuple[Block, ...]:
    """The sentence that keeps a stamp's date from being read as the act's."""
    movement = act.movement
    if movement.acted_at is None or movement.stamped_at is None:
        return ()
    if movement.stamped_at - movement.acted_at <= GAP_MAX:
        return ()
    what = "reddin" if movement.event_type == _REFUSED else "onayın"
    verb = "bildirildiğini" if movement.event_type == _REFUSED else "verildiğini"
    if movement.event_type == "merchant.listed":
        what, verb = "adresin", "tacir olarak kaydedildiğini"
    shown = "bu kaydın altında sayılan deliller gösterir"
    if not act.evidence:
        shown = "gösteren bir delil kaydı yoktur"
    sentence = (
        f"Zaman damgası bu kaydın {when(movement.stamped_at)} tarihinde var olduğunu gösterir;"
        f" {what} o gün ({day_of(movement.acted_at)}) {verb} {shown}."
    )
    return (Paragraph(sentence, True),)


def _pieces(pieces: tuple[EvidenceFile, ...]) -> Grid:
    rows = tuple(
        (
            words.meaning(piece.kind, words.EVIDENCE_KINDS),
            piece.name,
            size(piece.size_bytes),
            maybe_when(piece.captured_at) or "kayıt yok",
            piece.sha256,
        )
        for piece in pieces
    )
    return Grid(("Delil", "Dosya", "Boyut", "Alındığı an", "SHA-256"), (14, 24, 12, 16, 34), rows)


def _text(text: ShownText, positions: list[str]) -> list[Block]:
    rows = (
        ("Kullanıldığı kayıtlar", "kayıt no " + ", ".join(positions)),
        ("Dil", text.language),
        ("SHA-256", text.sha256),
        ("Kutunun varsayılan durumu", text.box_default),
        ("Ekran görüntüsü", text.screenshot),
        ("Tam metin", None if text.content is None else "aşağıdadır"),
    )
    blocks: list[Block] = [Heading(f"{text.id}, sürüm {text.version}"), Pairs(rows)]
    return blocks if text.content is None else [*blocks, Quote(text.content)]


def _same_day(act: Act) -> str | None:
    acted, sent = act.movement.acted_at, act.confirmation
    if acted is None or sent is None:
        return None
    return "evet" if day_of(acted) == day_of(sent.sent_at) else "hayır"

"""What the sixteen sections say: true of both forms, read from RAPOR.html where it can be."""

import re
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from ledger.aggregates.decisions import VerdictKind
from ledger.reporting.acts import Act, Confirmation
from ledger.reporting.blocks import Section
from ledger.reporting.case import Case
from ledger.reporting.facts import IysLine, Log, PersonLine, ReportFacts, Standing
from ledger.reporting.html import html
from ledger.reporting.outline import outline
from ledger.reporting.phrasing import grouped
from ledger.reporting.refusals import ReportRefused, Step
from ledger.vocabulary import Basis, ConsentSource, ConsentStatus, IysState
from tests.builders import A_PHONE
from tests.report_builders import (
    ACTED_AT,
    AS_ENTERED,
    CONSENT_TEXT,
    ISSUED_AT,
    a_correction,
    a_movement,
    a_piece,
    a_text,
    an_act,
    an_iys_line,
    digest,
    facts,
    long_facts,
    shown,
)

TITLES = [
    "Kapak",
    "Özet tablo",
    "Şikâyete konu ileti",
    "Onayın alınması",
    "Kabul edilen metin",
    "Aynı gün teyit bildirimi",
    "İYS kaydı",
    "Bütün hareketler",
    "Gönderim öncesi sorgu ve gönderim kaydı",
    "Düzeltmeler, çelişkiler, bilinmeyenler",
    "Bu rapor neyi gösterir, neyi göstermez",
    "Zaman damgası",
    "Nasıl kontrol edilir",
    "Açıklanan ve gizlenen veriler, KVKK dayanağı",
    "Ekler",
    "İmza",
]
FORBIDDEN = re.compile(r"onay\w* geçerli|hukuka uygun|[✓✔☑✅]", re.IGNORECASE)
EMPTY: dict[str, Any] = {
    "case": Case(),
    "asked_at": None,
    "recipient": None,
    "standing": Standing(verdict=VerdictKind.NO_CONSENT, reason="NEVER_SEEN", permitted=False),
    "person_line": PersonLine(),
    "iys_line": IysLine(),
    "movements": (),
    "acts": (),
    "ends_as_of": None,
    "queries": (),
    "corrections": (),
    "seals": (),
    "disclosed": (),
    "withheld": (),
    "attachments": (),
}


def section(report: ReportFacts, number: int) -> str:
    return repr(outline(report).sections[number - 1].blocks)


@pytest.mark.parametrize("report", [facts(), facts(**EMPTY)], ids=["full", "empty"])
def test_the_sixteen_sections_are_always_there_in_their_order(report: ReportFacts) -> None:
    sections = outline(report).sections

    assert [one.title for one in sections] == TITLES
    assert [one.number for one in sections] == [*range(1, 17)]
    assert all(one.blocks for one in sections)
    for one in sections:
        assert f"<h2>{one.number}. {one.title}</h2>" in html(report).decode()


def test_the_cover_names_provider_letter_and_the_files_it_belongs_to() -> None:
    text = section(facts(), 1)

    for told in (
        "no E-1234, tarih 20.11.2026",
        "Örnek Ticaret A.Ş.",
        "0000000000000000",
        "ornek@hs00.kep.tr",
        "Çankaya/Ankara",
        "Örnek Mağazaları, 123456",
        "Uyum Birimi",
        "25.11.2026 11:00:00",
        A_PHONE,
    ):
        assert told in text
    groups = grouped(digest("package")).split(" ")
    assert " ".join(groups[:4]) + "\\n" + " ".join(groups[4:]) in text


def test_the_summary_says_status_iys_source_grade_and_refusals() -> None:
    refusal = an_act(
        movement=a_movement(
            position=50,
            event_type="consent.refused",
            acted_at=ACTED_AT + timedelta(days=200),
            recorded_at=ACTED_AT + timedelta(days=200, seconds=2),
            source=ConsentSource.HS_MESAJ,
        )
    )

    text = section(facts(acts=(an_act(), refusal)), 2)

    for told in (
        "10.09.2026 12:30:00",
        "PERMITTED – gönderime açık",
        "ONAY – onay verildi (kayıt no 41)",
        "ONAY – İYS onay gösterdi",
        "02.06.2026 10:15:00",
        "2026-06-01 10:15:00",
        "HS_WEB – hizmet sağlayıcının internet sitesi",
        "1 iş günü",
        "A: işlem kaydı, metin ve teyit var",
        "1 ret kaydı var. Sonuncusu (kayıt no 50): ret tarihi 18.12.2026 10:15:00",
        "18.12.2026 10:15:02 anındaki kaydından sonra",
    ):
        assert told in text


def test_four_dates_and_the_gap_stand_beside_every_act() -> None:
    act = an_act(
        movement=a_movement(
            received_at=ACTED_AT + timedelta(minutes=1),
            recorded_at=ACTED_AT + timedelta(minutes=2),
            stamped_at=ACTED_AT + timedelta(minutes=12),
        )
    )

    for number in (4, 8):
        text = section(facts(acts=(act,), movements=(act.movement,)), number)
        for told in ("10:15:00", "10:16:00", "10:17:00", "10:27:00", "12 dk"):
            assert told in text
    assert "Zaman damgası bu kaydın" not in shown(facts(acts=(act,)))


@pytest.mark.parametrize(
    ("act", "end"),
    [
        (
            an_act(),
            "onayın o gün (01.06.2026) verildiğini bu kaydın altında sayılan deliller gösterir.",
        ),
        (
            an_act(evidence=()),
            "onayın o gün (01.06.2026) verildiğini gösteren bir delil kaydı yoktur.",
        ),
        (
            an_act(movement=a_movement(event_type="consent.refused")),
            "reddin o gün (01.06.2026) bildirildiğini bu kaydın altında sayılan deliller gösterir.",
        ),
    ],
)
def test_a_gap_over_one_day_is_said_in_bold(act: Act, end: str) -> None:
    def stamped(after: timedelta) -> str:
        movement = replace(act.movement, stamped_at=ACTED_AT + after)
        return html(facts(acts=(replace(act, movement=movement),))).decode()

    sentence = (
        "<p><strong>Zaman damgası bu kaydın 02.06.2026 10:15:01 tarihinde var olduğunu gösterir; "
        f"{end}</strong></p>"
    )
    assert sentence in stamped(timedelta(days=1, seconds=1))
    assert "Zaman damgası bu kaydın" not in stamped(timedelta(days=1))


def test_what_is_unknown_is_printed_as_such_and_listed_twice() -> None:
    report = facts(acts=(an_act(number_verification=None, text=None),))
    name = "Numaranın ya da adresin doğrulanması (4. bölüm)"

    assert name in section(report, 2)
    assert f"Kayıt yok: {name}." in section(report, 10)
    assert "Metin (kayıt no 41) (5. bölüm)" in section(report, 2)
    assert html(report).decode().count("<td>kayıt yok</td>") == 2
    assert "<td>kayıt yok</td>" not in html(facts()).decode()


def test_the_text_stands_once_in_full_with_the_acts_that_name_it() -> None:
    later = an_act(movement=a_movement(position=60))
    other = an_act(movement=a_movement(position=61), text=a_text(version="4", content="Başka"))

    text = shown(facts(acts=(an_act(), later, other)))

    assert text.count(CONSENT_TEXT) == 1
    assert "kayıt no 41, 60" in text
    assert "web-onay, sürüm 4" in text


@pytest.mark.parametrize(("minutes", "told"), [(824, "evet"), (825, "hayır")])
def test_the_confirmation_is_of_the_same_day_by_turkish_time(minutes: int, told: str) -> None:
    sent = Confirmation(sent_at=ACTED_AT + timedelta(minutes=minutes))

    report = facts(acts=(an_act(confirmation=sent),))

    assert f"('Onayla aynı gün gönderilmiş mi', '{told}')" in section(report, 6)


def test_the_end_of_the_streams_is_said_only_as_of_a_day() -> None:
    known, unknown = facts(ends_as_of=date(2026, 11, 24)), facts(ends_as_of=None)

    assert "24.11.2026 günü itibarıyla başka kayıt yoktur." in shown(known)
    assert "itibarıyla başka kayıt yoktur" not in shown(unknown)
    assert "başka kayıt bulunmadığını bu rapor göstermez" in shown(unknown)


def test_that_sending_is_not_kept_here_is_always_said() -> None:
    for report in (facts(), facts(**EMPTY)):
        assert "Gönderim kaydı bu sistemde yoktur." in section(report, 9)
    assert "1000000" in section(facts(), 9)


def test_lines_that_differ_are_told_and_corrections_in_words() -> None:
    report = facts(
        iys_line=an_iys_line(state=IysState.REFUSED, consent_date="2026-07-01 00:00:00"),
        person_line=PersonLine(status=ConsentStatus.GRANTED, position=41),
        contradictions=("Çağrı kaydında başka bir numara söyleniyor.",),
        unknowns=("Formun o günkü görünüşü bilinmiyor.",),
        corrections=(a_correction(), a_correction(changed="basis", was=None, is_now="declared")),
    )

    text = section(report, 10)

    for told in (
        "Kişi çizgisi ONAY – onay verildi; İYS çizgisi RET – İYS ret gösterdi.",
        "Buradaki izin tarihi 2026-06-01 10:15:00, İYS'deki izin tarihi 2026-07-01 00:00:00",
        "Çağrı kaydında başka bir numara söyleniyor.",
        "Formun o günkü görünüşü bilinmiyor.",
        "HS_EORTAM – hizmet sağlayıcının elektronik ortamı",
        "devralınmış kayıt: başkasının beyanına dayanır",
        "kullanıcı: 12; ikinci kişi kullanıcı: 13",
    ):
        assert told in text
    assert "Kayıtlar arasında görülmedi." in section(facts(), 10)


def test_inherited_records_are_named_as_such() -> None:
    assert "devralınmış kayıt vardır" not in section(facts(), 11)
    assert "devralınmış kayıt vardır" in section(facts(acts=(an_act(basis=Basis.DECLARED),)), 11)


def test_whose_log_it_is_stays_the_companys_word_unless_deposited() -> None:
    deposited = Log(origin="izin", key_fingerprint=digest("key"), deposited="Ankara 1. Noterliği")

    assert "şirket beyanı'" in section(facts(), 13)
    assert "Ankara 1. Noterliği" in section(facts(log=deposited), 13)
    assert grouped(digest("verifier")) in section(facts(), 13)


@pytest.mark.parametrize("verdict", VerdictKind)
@pytest.mark.parametrize("permitted", [True, False])
def test_no_verdict_becomes_a_judgement(verdict: VerdictKind, permitted: bool) -> None:
    standing = Standing(verdict=verdict, reason=None, permitted=permitted)

    text = shown(facts(standing=standing))

    assert f"{verdict} – " in text
    assert not FORBIDDEN.search(text)


def test_nothing_that_names_a_person_is_there_but_the_one_address() -> None:
    hexadecimal = r"\b[0-9a-f]{16,}\b|\b[0-9a-f]{8}( [0-9a-f]{8}){3,}|\b[0-9a-f-]{36}\b"
    text = re.sub(hexadecimal, "", shown(facts()))
    told = re.findall(r"\+?[0-9][0-9 ]{8,}[0-9]|[\w.]+@[\w.]+", text)

    assert set(told) - {"0000000000", "ornek@hs00.kep.tr"} == {A_PHONE, AS_ENTERED}
    hidden = facts(recipient=None, acts=(an_act(as_entered=None),))
    assert A_PHONE not in shown(hidden)
    assert AS_ENTERED not in shown(hidden)
    assert A_PHONE not in repr(facts())
    assert AS_ENTERED not in repr(facts())


@pytest.mark.parametrize(
    ("changes", "step"),
    [
        ({"disclosed": ("unheard_of",)}, Step.WORD),
        ({"movements": (a_movement(event_type="unheard.of"),)}, Step.WORD),
        ({"acts": (an_act(evidence=(a_piece(kind="unheard"),)),)}, Step.WORD),
        ({"iys_line": an_iys_line(code="unheard")}, Step.WORD),
        ({"issued_at": ISSUED_AT.replace(tzinfo=None)}, Step.ZONE),
        ({"acts": (an_act(captured_at=ACTED_AT.replace(tzinfo=None)),)}, Step.ZONE),
    ],
)
def test_a_code_without_words_or_an_instant_without_zone_makes_no_report(
    changes: dict[str, Any], step: Step
) -> None:
    with pytest.raises(ReportRefused) as refused:
        html(facts(**changes))

    assert refused.value.step is step


def test_five_hundred_events_are_all_told() -> None:
    sections: tuple[Section, ...] = outline(long_facts(500)).sections

    assert repr(sections[7].blocks).count("'onay'") == 500
    assert repr(sections[3].blocks).count("Kayıt no ") == 500

"""Section 13: how a stranger checks it, in five steps, and the three questions it answers."""

from typing import Final

from ledger.reporting.blocks import Block, Heading, Pairs, Paragraph, Quote, Section
from ledger.reporting.digest import RECIPE
from ledger.reporting.facts import Log, ReportFacts
from ledger.reporting.phrasing import grouped

_VERIFY: Final = (
    "openssl ts -verify -token_in -in seals/<boy>/token-1.tst -data seals/<boy>/seal.bin"
    " -CAfile <TSA'nın kök sertifikası>"
)


_RUN: Final = "python3 verify_bundle.py PAKET.zip --trust güven"


def checking(facts: ReportFacts) -> Section:
    """The section."""
    return Section(
        13,
        "Nasıl kontrol edilir",
        (*_steps(facts.verifier_sha256), *_questions(facts.log)),
    )


def _steps(verifier_sha256: str) -> tuple[Block, ...]:
    return (
        Paragraph("1. RAPOR.pdf'yi açın; imzalıysa imza panelinde imzalayanı görün."),
        Paragraph(
            "2. Paketi boş bir klasöre açın, o klasörde şu komutu çalıştırın ve sonucu kapaktaki"
            " paket özetiyle karşılaştırın. Rapor paketin içinde olduğundan özet, zip dosyasının"
            " değil içindeki öteki dosyaların özetidir: RAPOR.html, RAPOR.pdf, manifest.json ve"
            " imza/ dışındaki her dosya için “SHA-256, iki boşluk, dosya adı” satırı yazılır,"
            " satırlar bayt sırasına dizilir, bütününün SHA-256'sı alınır."
        ),
        Quote(RECIPE),
        Paragraph("3. İYS işlem kimliğini (7. bölüm) Bakanlık ekranında sorgulayın."),
        Paragraph(
            "4. Zaman damgasını openssl ile doğrulayın; <boy>, seals/ altındaki klasörün adıdır."
            " Kamu SM damgalarını Zamane yazılımı da açar: token-1.tst dosyasının adını"
            " token-1.zd yapmak yeter."
        ),
        Quote(_VERIFY),
        Paragraph(
            "5. Bütün paketi verify_bundle.py ile doğrulayın. Programı bu paketten değil,"
            " yayımlandığı yerden alın; kök sertifikayı TSA'nın kendi sitesinden indirip"
            " güven/tsa/ klasörüne koyun. Programın yayımlanan SHA-256 özeti:"
        ),
        Quote(grouped(verifier_sha256)),
        Quote(_RUN),
    )


def _questions(log: Log) -> tuple[Block, ...]:
    owner = log.deposited or "önceden bırakıldığı bir yer bildirilmedi: şirket beyanı"
    return (
        Heading("Programın ayrı ayrı yanıtladığı üç soru"),
        Paragraph(
            "(i) Kayıtlar damga anından beri değişmedi mi? Yanıtı için TSA'nın kök sertifikası"
            " yeter."
        ),
        Paragraph(
            "(ii) Bu kimin defteri? Önceden notere, KEP'e ya da şirketin sayfasına bırakılmış"
            " anahtar özetiyle karşılaştırılır. Yoksa yanıt “şirket beyanı”dır; bu bir"
            " başarısızlık değildir."
        ),
        Pairs(
            (
                ("Defterin adı", log.origin),
                ("Defter anahtarının SHA-256 özeti", grouped(log.key_fingerprint)),
                ("Anahtar özetinin bırakıldığı yer", owner),
            )
        ),
        Paragraph("(iii) Bir kayıt dışarıda bırakıldı mı? 8. bölümdeki gün itibarıyla yanıtlanır."),
    )

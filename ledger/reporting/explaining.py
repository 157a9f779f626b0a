"""Sections 11, 12, 14 to 16: what it shows, the stamps, what is opened, files, signature."""

from typing import Final

from ledger.reporting import words
from ledger.reporting.blocks import Block, Grid, Heading, Pairs, Paragraph, Section
from ledger.reporting.facts import ReportFacts, Seal
from ledger.reporting.phrasing import size, when
from ledger.vocabulary import Basis

_SHOWN: Final = (
    "Zaman damgası, kayıtların damga anında var olduğunu ve o andan beri değişmediğini gösterir."
    " İşlemi kimin yaptığını ve alıcının iradesini göstermez; bunlar 4. bölümdeki delillere"
    " dayanır.",
    "Bir telefon numarası ya da e-posta adresi el değiştirmiş olabilir: rapor, kaydın yapıldığı"
    " sıradaki kullanıcıya ilişkindir.",
    "Bu defterde onay bulunmadığına ilişkin satırlar, defteri tutanın imzalı bildirimidir; yokluğun"
    " ispatı değildir.",
    "İYS'ye ilişkin satırlar, İYS'nin bu deftere gösterdiklerinin aynen yazılmış hâlidir.",
    "Gönderimin kendisi bu defterde tutulmaz.",
)
_DECLARED: Final = (
    "Bu raporda devralınmış kayıt vardır: onayın alınışını bu defter görmemiştir; kayıt, devredenin"
    " ya da hizmet sağlayıcının beyanına dayanır. Damga yalnız devralmanın anını gösterir."
)
_DISCLOSED_GROUND: Final = (
    "KVKK m. 5/2-ç (6563 sayılı Kanun m. 11/3'teki kayıt verme yükümlülüğü) ve m. 5/2-e (bir hakkın"
    " tesisi, kullanılması veya korunması)"
)
_WITHHELD_GROUND: Final = (
    "KVKK m. 4/2-ç (işlendikleri amaçla bağlantılı, sınırlı ve ölçülü olma): sorulan için gerekli"
    " görülmemiştir"
)


def limits(facts: ReportFacts) -> Section:
    """What the report shows and what it does not."""
    declared = any(act.basis is Basis.DECLARED for act in facts.acts)
    sentences = (*_SHOWN, *((_DECLARED,) if declared else ()))
    return Section(11, "Bu rapor neyi gösterir, neyi göstermez", tuple(map(Paragraph, sentences)))


def seals(facts: ReportFacts) -> Section:
    """Who stamped, and when."""
    blocks: list[Block] = []
    for number, seal in enumerate(facts.seals, 1):
        blocks += [Heading(f"Damga {number}"), Pairs(_stamp(seal))]
    if not blocks:
        blocks.append(Pairs((("Zaman damgası", None),)))
    return Section(12, "Zaman damgası", tuple(blocks))


def privacy(facts: ReportFacts) -> Section:
    """What is opened, what is withheld, on which ground."""
    rows = [(*_group(name), "açıklandı", _DISCLOSED_GROUND) for name in facts.disclosed]
    rows += [(*_group(name), "gizlendi", _WITHHELD_GROUND) for name in facts.withheld]
    table: Block = Paragraph("Açıklanan ya da gizlenen veri kümesi yok.")
    if rows:
        heads = ("Veri", "Neye yarar", "Bu raporda", "Dayanağı")
        table = Grid(heads, (22, 26, 12, 40), tuple(rows))
    note = (
        "Başka kişilerin verileri bu pakette yoktur; ispat yollarındaki özetlerden geri"
        " bulunamazlar. Gizlenen verilerin yerinde tuzlu özetleri durur."
    )
    return Section(14, "Açıklanan ve gizlenen veriler, KVKK dayanağı", (table, Paragraph(note)))


def attachments(facts: ReportFacts) -> Section:
    """The bundle's files."""
    rows = tuple((file.name, size(file.size_bytes), file.sha256) for file in facts.attachments)
    table: Block = Paragraph("Ek yok.")
    if rows:
        table = Grid(("Ad", "Boyut", "SHA-256"), (32, 13, 55), rows)
    return Section(15, "Ekler", (table,))


def signature(facts: ReportFacts) -> Section:
    """Room for a signature: made by a person, after the report."""
    return Section(
        16,
        "İmza",
        (
            Paragraph(
                f"{facts.provider.title} adına yetkilinin güvenli elektronik imzası ya da"
                " elektronik mührü (imza/ klasörü özet listesinin dışındadır):"
            ),
            Pairs((("Adı, unvanı", ""), ("Tarih", ""), ("İmza ya da mühür", "\n\n\n"))),
        ),
    )


def _stamp(seal: Seal) -> tuple[tuple[str, str | None], ...]:
    return (
        ("Damgayı veren (sertifikadaki unvanı)", seal.tsa_name),
        ("Sertifika seri no", f"{seal.certificate_serial:X} (onaltılık)"),
        ("Sertifikanın süresi", f"{when(seal.valid_from)} – {when(seal.valid_until)}"),
        ("Damga anı", when(seal.generated_at)),
        ("Damga ilkesi (OID)", seal.policy),
        ("Türü", "TEST – hukuki değeri yoktur" if seal.is_test else "TEST işareti yok"),
    )


def _group(name: str) -> tuple[str, str]:
    if name not in words.GROUPS:
        return words.meaning(name, {}), ""
    return words.GROUPS[name]

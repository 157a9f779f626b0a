"""Turkish and English for the words of the ledger that a person is shown.

Codes in files and JSON stay as they are.
"""

from collections.abc import Mapping
from typing import Final

WORDS: Final[dict[str, tuple[str, str]]] = {
    # What became of a row or an item (vocabulary.Outcome).
    "recorded": ("kaydedildi", "recorded"),
    "already": ("zaten kayıtlı", "already"),
    "warned": ("uyarıyla kaydedildi", "warned"),
    "history": ("geçmişe kaydedildi", "history"),
    "held": ("bekletiliyor", "held"),
    "suppressed": ("geçerli ama İYS'ye bildirilmez", "suppressed"),
    "refused": ("alınmadı", "refused"),
    # What is said of a send (aggregates.decisions.VerdictKind).
    "PERMITTED": ("izinli", "permitted"),
    "EXEMPT": ("onay gerektirmez", "exempt"),
    "INVALID_ADDRESS": ("geçersiz adres", "invalid address"),
    "BRAND_CLOSED": ("marka kapalı", "brand closed"),
    "NO_CONSENT": ("onay yok", "no consent"),
    "SUPPRESSED": ("engelli", "suppressed"),
    "REFUSED": ("ret", "refused"),
    "NOT_YET_REGISTERED": ("İYS'de henüz kayıtlı değil", "not yet registered at İYS"),
    "IYS_UNCONFIRMED": ("İYS'de kayıtlı olduğu doğrulanmadı", "not confirmed by İYS"),
    "IYS_DISAGREES": ("İYS'deki kayıt farklı", "İYS disagrees"),
    "IYS_STALE": ("İYS bilgisi eski", "what İYS said is too old"),
    "LAPSED": ("onay düştü", "lapsed"),
    "REJECTED_BY_IYS": ("İYS kabul etmedi", "rejected by İYS"),
    "DEALER_NOT_ALLOWED": ("bayinin yetkisi yok", "retailer not allowed"),
    # Events of a consent and of a recipient (aggregates.bodies).
    "consent.granted": ("onay", "consent granted"),
    "consent.refused": ("ret", "consent refused"),
    "merchant.listed": ("tacir listelendi", "merchant listed"),
    "iys.seen": ("İYS'de görüldü", "seen at İYS"),
    "iys.refused": ("İYS kabul etmedi", "rejected by İYS"),
    "iys.snapshot": ("İYS'ye toplu soruldu", "asked about at İYS in a list"),
    "consent.evidence_added": ("delil eklendi", "evidence added"),
    "consent.corrected": ("düzeltildi", "corrected"),
    "consent.retracted": ("geri alındı", "retracted"),
    "consent.released": ("bekletilen onay geçerli oldu", "held consent released"),
    "recipient.reassigned": ("adres el değiştirdi", "address reassigned"),
    "recipient.restricted": ("işleme kısıtlandı", "processing restricted"),
    "recipient.erased": ("silindi", "erased"),
    "suppression.added": ("engel kondu", "suppression added"),
    "suppression.lifted": ("engel kaldırıldı", "suppression lifted"),
}
"""By code: (Turkish, English)."""


def word(code: str, lang: str) -> str:
    """The word of a code; the code itself where none is kept."""
    both = WORDS.get(code)
    return code if both is None else both[1 if lang == "en" else 0]


def counted(counts: Mapping[str, int], lang: str) -> str:
    """How many of each, in the order given; without those of which there are none."""
    shown = [f"{word(code, lang)} {count}" for code, count in counts.items() if count]
    return ", ".join(shown) or "–"

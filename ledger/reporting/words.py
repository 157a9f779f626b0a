"""The Turkish of every code that a report can hold, as `CODE – meaning` or the meaning alone.

No code stands in a report without its meaning: what has none is refused, not printed.
"""

import re
from collections.abc import Mapping
from typing import Final

from ledger.reporting.refusals import ReportRefused, Step

CHANNELS: Final = {
    "ARAMA": "telefon araması",
    "MESAJ": "kısa mesaj (SMS) ve benzeri ileti",
    "EPOSTA": "e-posta",
}
RECIPIENT_TYPES: Final = {"BIREYSEL": "birey (tüketici)", "TACIR": "tacir ya da esnaf"}
STATUSES: Final = {"ONAY": "onay verildi", "RET": "ileti almayı reddetti"}
SOURCES: Final = {
    "HS_2015": "1 Mayıs 2015 öncesinden devralınan onay",
    "HS_KARAR": "hizmet sağlayıcının kendi kararıyla verdiği ret",
    "HS_FIZIKSEL_ORTAM": "hizmet sağlayıcının fiziksel ortamı",
    "HS_ISLAK_IMZA": "ıslak imzalı form",
    "HS_ETKINLIK": "hizmet sağlayıcının etkinliği",
    "HS_ATM": "hizmet sağlayıcının ATM'si",
    "HS_EORTAM": "hizmet sağlayıcının elektronik ortamı",
    "HS_WEB": "hizmet sağlayıcının internet sitesi",
    "HS_MOBIL": "hizmet sağlayıcının mobil uygulaması",
    "HS_MESAJ": "hizmet sağlayıcının mesaj numarası",
    "HS_EPOSTA": "hizmet sağlayıcıya e-posta",
    "HS_CAGRI_MERKEZI": "hizmet sağlayıcının çağrı merkezi",
    "HS_SOSYAL_MEDYA": "hizmet sağlayıcının sosyal medya aracı",
    "IYS_KISAMESAJ": "alıcının İYS'ye kısa mesajı",
    "IYS_CM": "alıcının İYS çağrı merkezinde işlemi",
    "IYS_WEB": "alıcının İYS internet sitesinde işlemi",
    "IYS_WEB_YENI": "alıcının İYS internet sitesinde ilk kez eklediği kayıt",
    "IYS_MOBIL": "alıcının İYS mobil uygulamasında işlemi",
    "IYS_EPOSTA": "alıcının İYS'ye e-postası",
    "IYS_FRAME_SMS": "alıcının İYS formunda kısa mesajla işlemi",
    "IYS_FRAME_EPOSTA": "alıcının İYS formunda e-postayla işlemi",
    "IYS_AHS_HAT_KAPATMA": "işletmecinin İYS'ye bildirdiği hat kapanışı",
    "IYS_OTHER": "İYS'nin yeni bir alıcı kaynağı",
    "HS_OTHER": "İYS'nin yeni bir hizmet sağlayıcı kaynağı",
}
BASES: Final = {
    "own_capture": "hizmet sağlayıcının kendi aldığı kayıt",
    "declared": "devralınmış kayıt: başkasının beyanına dayanır",
    "iys": "İYS'nin gösterdiği kayıt",
}
IYS_STATES: Final = {
    "UNKNOWN": "İYS bu izin için bir şey göstermedi",
    "QUEUED": "İYS'ye gönderilmek üzere bekliyordu",
    "SUBMITTED": "İYS'ye gönderilmişti, sonucu gelmemişti",
    "ONAY": "İYS onay gösterdi",
    "RET": "İYS ret gösterdi",
    "NOT_ONAY": "İYS onay göstermedi (ret ya da kayıtsız)",
    "REJECTED": "İYS kaydı almadı",
    "VOID": "İYS kaydı süresi geçtiği için almadı",
}
SEEN_HOW: Final = {
    "answer": "gönderim yanıtında",
    "result": "toplu gönderim sonucunda",
    "pull": "İYS'den çekilen izin hareketlerinde",
    "push": "İYS'nin ilettiği izin hareketinde",
    "dayfile": "İYS'nin günlük hareket dosyasında",
    "status": "tek sorguda",
    "snapshot": "toplu durum sorgusunda",
}
VERDICTS: Final = {
    "PERMITTED": "gönderime açık",
    "EXEMPT": "onay gerektirmeyen ileti olarak sorulmuş",
    "INVALID_ADDRESS": "adres okunamıyor ya da bu kanala uymuyor",
    "BRAND_CLOSED": "marka kapalı",
    "NO_CONSENT": "onay kaydı yok",
    "SUPPRESSED": "adres gönderime kapatılmış",
    "REFUSED": "ret var",
    "NOT_YET_REGISTERED": "onay İYS'de henüz kayıtlı değil",
    "IYS_UNCONFIRMED": "onayın İYS'de kayıtlı olduğu görülmemiş",
    "IYS_DISAGREES": "İYS'nin gösterdiği ile buradaki kayıt farklı",
    "IYS_STALE": "İYS bilgisi eski",
    "LAPSED": "İYS onayı süresi geçtiği için almamış",
    "REJECTED_BY_IYS": "İYS onayı almamış",
    "DEALER_NOT_ALLOWED": "soran bayinin bu izni kullanma yetkisi yok",
}
REASONS: Final = {
    "BAD_FORMAT": "adresin biçimi bozuk",
    "KIND": "adresin türü bu kanala uymuyor",
    "CONSENT_REQUEST_FORBIDDEN": "onay istemek için ileti gönderilemez",
    "CONTACT_GIVEN": "alıcının iletişim için verdiği adrese mal veya hizmetle ilgili bildirim",
    "CONTRACT": "süren abonelik, üyelik veya sözleşme bildirimi",
    "LEGAL_DUTY": "mevzuatın zorunlu kıldığı bildirim",
    "CAPITAL_MARKET": "sermaye piyasası aracı kurumunun müşterisine bildirimi",
    "LIST": "şirketin kapatma listesinde",
    "RESTRICTED": "KVKK uyarınca işleme kısıtlı",
    "ERASED": "kişisel veriler silinmiş, ret işareti saklanıyor",
    "LINE_CLOSED": "hat kapanmış, yeni sahibinin işlemi yok",
    "RET_AT_IYS": "ret İYS'de de kayıtlı",
    "RET_QUEUED": "ret alınmış, İYS'ye gönderilmek üzere",
    "RET_IYS_WONT_TAKE": "ret alınmış, İYS kaydetmiyor",
    "OVER_IYS_RET": "onay İYS'deki retten sonra, İYS henüz almamış",
    "HELD_OVER_RET": "retten sonraki onay bekletiliyor",
    "NEVER_SEEN": "bu adresten bir kayıt yok",
    "MERCHANT_NOT_REGISTERED": "tacir adresi İYS'de kayıtlı değil",
    "QUEUED": "İYS'ye gönderilmek üzere",
    "SUBMITTED": "İYS'ye gönderilmiş, sonucu gelmemiş",
    "UNKNOWN_OUTCOME": "İYS'ye gönderilmiş, sonucu bilinmiyor",
    "OVERDUE": "İYS'ye kayıt süresi geçmiş",
    "DECLARED": "yalnız beyana dayanıyor",
    "UNDECLARED": "dosyadan gelmiş, İYS'de kayıtlı olduğu beyan edilmemiş",
    "NOT_ONAY_AT_IYS": "İYS onay göstermiyor",
    "FOREIGN_HS_ONAY": "İYS'deki onay buradan gönderilmemiş",
    "NEVER_COMPLETE": "İYS hareketleri hiç tam alınmamış",
    "MERCHANT": "tacir adresi, İYS'de kayıtlı, ret yok",
    "REGISTERED": "İYS gönderilen onayı kaydetmiş",
    "CONFIRMED_BY_IYS": "İYS onayı göstermiş",
    "CITIZEN_AT_IYS": "alıcı onayı İYS'de kendisi vermiş",
    "IYS_OLD": "İYS bilgisi 24 saatten eski",
    "NO_MERCHANT_BASIS": "tacir olduğunun dayanağı kayıtlı değil",
    "REFUSED_AS_INDIVIDUAL": "aynı adresin birey olarak reddi var",
    "REFUSED": "aynı izinde ret var",
}
"""Reasons and warnings of a verdict (consent.md C6)."""
EVENTS: Final = {
    "consent.granted": "onay",
    "consent.refused": "ret",
    "merchant.listed": "tacir olarak kayıt",
    "iys.seen": "İYS'de görülen",
    "iys.refused": "İYS'nin almadığı",
    "iys.snapshot": "İYS'ye toplu sorulan",
    "consent.evidence_added": "delil eklenmesi",
    "consent.corrected": "düzeltme",
    "consent.retracted": "kaydın geri alınması",
    "consent.released": "bekletilen onayın serbest bırakılması",
    "recipient.reassigned": "adresin el değiştirmesi",
    "recipient.restricted": "işlemenin kısıtlanması",
    "recipient.erased": "kişisel verilerin silinmesi",
    "suppression.added": "gönderime kapatma",
    "suppression.lifted": "kapatmanın kaldırılması",
}
EVIDENCE_KINDS: Final = {
    "form": "form kaydı",
    "scan": "taranmış belge",
    "recording": "ses kaydı",
    "log": "işlem kaydı",
    "message": "ileti",
    "confirmation": "teyit bildirimi",
    "other": "başka delil",
}
GRADES: Final = {
    "A": "işlem kaydı, metin ve teyit var",
    "B": "işlem kaydı, metin ve teyitten biri eksik",
    "C": "yalnız tek tür delil var (belge taraması, ses kaydı ya da işlem kaydı)",
    "D": "hizmet sağlayıcının beyanından başka delil yok",
    "AT_IYS": "derecelenmez: işlem İYS'de yapılmıştır, ispatı İYS kaydıdır",
}
CORRECTED_FIELDS: Final = {
    "consent_date": "onay tarihi",
    "source": "kaynak",
    "basis": "dayanak",
}
MERCHANT_BASES: Final = {
    "VKN": "vergi kimlik numarası",
    "MERSIS": "MERSİS numarası",
    "INVOICE": "fatura",
    "DECLARATION": "kendi beyanı",
    "NONE": "dayanak kayıtlı değil",
}
ACTORS: Final = {"key": "uygulama anahtarı", "user": "kullanıcı", "system": "sistemin kendisi"}
VIA: Final = {
    "api": "programla, tek tek",
    "sps": "İYS uyumlu arayüzle",
    "import": "dosyayla",
    "iys_pull": "İYS'den çekilerek",
    "iys_push": "İYS'nin iletmesiyle",
    "iys_file": "İYS'nin günlük dosyasıyla",
    "sms": "kısa mesajla",
    "email": "e-postayla",
    "call": "telefonla",
}
GROUPS: Final = {
    "recipient": ("alıcının adresi", "şikâyetin ve onayın hangi adrese ait olduğunu gösterir"),
    "evidence": ("onayın delilleri", "onayın alındığını göstermeye yarar"),
    "iys": ("İYS işlem kimlikleri", "kaydın İYS'de bulunmasını sağlar"),
    "file": ("kaydın geldiği dosyanın adı ve özeti", "devralınan kaydın kaynağını gösterir"),
    "note": ("serbest metin notlar", "kaydın nasıl tutulduğunu açıklar"),
}
"""Groups of the envelope (design.md §5): what they hold, and what they are opened for."""

_OF_IYS: Final = {
    "H120": "e-posta adresinin biçimi",
    "H121": "telefon numarasının biçimi",
    "H155": "HS_2015 kaynağında izin tarihinin 1 Mayıs 2015 olmaması",
    "H156": "izin tarihinin 1 Mayıs 2015'ten önce olması",
    "H162": "izin tarihinin gelecekte olması",
    "H174": "aynı retin İYS'de kayıtlı olması",
    "H175": "ilk kaydın ret olamaması",
    "H178": "izin tarihinin İYS'deki kayıttan sonra olmaması",
    "H408": "HS_KARAR kaynağının yalnız rette kullanılabilmesi",
    "H467": "izin tarihinin 3 iş gününden eski olması",
    "H525": "abonelikteki adres sayısının dolması",
}
_HOURS: Final = re.compile(r"([0-9]+)H")
_IYS_CODE: Final = re.compile(r"H[0-9]{3,4}")


def meaning(code: str, table: Mapping[str, str]) -> str:
    """The Turkish of a code. Raises ReportRefused."""
    if code not in table:
        raise ReportRefused(Step.WORD, code)
    return table[code]


def coded(code: str, table: Mapping[str, str]) -> str:
    """A code that the reader meets elsewhere too, with its Turkish. Raises ReportRefused."""
    return f"{code} – {meaning(code, table)}"


def reason(code: str) -> str:
    """The Turkish of a verdict's reason: a word, İYS's code, or the age of its knowledge."""
    hours = _HOURS.fullmatch(code)
    if hours is not None:
        return f"İYS bilgisi {hours[1]} saatlik"
    return iys_code(code) if _IYS_CODE.fullmatch(code) else meaning(code, REASONS)


def iys_code(code: str) -> str:
    """İYS's code of a refusal with its Turkish, where it is known. Raises ReportRefused."""
    if not _IYS_CODE.fullmatch(code):
        raise ReportRefused(Step.WORD, code)
    if code in _OF_IYS:
        return f"{code} – İYS'nin gerekçesi: {_OF_IYS[code]}"
    return f"{code} – İYS'nin gerekçe kodu"


def via(name: str) -> str:
    """How a record came in; other names are the sender's own (a shop's, say)."""
    return VIA.get(name, f"“{name}” (kaydı gönderenin verdiği ad)")


def actor(name: str) -> str:
    """Who recorded: `kind:id`. Raises ReportRefused."""
    kind, _, identity = name.partition(":")
    return f"{meaning(kind, ACTORS)}: {identity}"

"""What a code says to a person: Turkish first, English beside it. Never an address."""

from typing import Final

_FIELD: Final = {
    "type": "İzin türü (type)",
    "source": "İzin kaynağı (source)",
    "recipient": "Alıcı (recipient)",
    "status": "Durum (status)",
    "consentDate": "İzin tarihi (consentDate)",
    "recipientType": "Alıcı tipi (recipientType)",
}

MESSAGES: Final[dict[str, tuple[str, str]]] = {
    "H110": (f"{_FIELD['status']} verilmemiş.", "status is missing."),
    "H111": (f"{_FIELD['type']} verilmemiş.", "type is missing."),
    "H112": (f"{_FIELD['consentDate']} verilmemiş.", "consentDate is missing."),
    "H113": (f"{_FIELD['source']} verilmemiş.", "source is missing."),
    "H114": (f"{_FIELD['recipient']} verilmemiş.", "recipient is missing."),
    "H115": (f"{_FIELD['status']} ONAY ya da RET olmalı.", "status must be ONAY or RET."),
    "H116": (
        f"{_FIELD['recipientType']} BIREYSEL ya da TACIR olmalı.",
        "recipientType must be BIREYSEL or TACIR.",
    ),
    "H117": (
        f"{_FIELD['type']} ARAMA, MESAJ ya da EPOSTA olmalı.",
        "type must be ARAMA, MESAJ or EPOSTA.",
    ),
    "H119": (
        f"{_FIELD['source']} bildirilebilen HS_* değerlerinden biri olmalı;"
        " IYS_* kaynaklarını yalnız İYS yazar.",
        "source must be one of the HS_* values; only İYS itself writes IYS_* sources.",
    ),
    "H120": (
        f"{_FIELD['recipient']} geçerli bir e-posta adresi değil (Türkçe harf, boşluk ya da özel"
        " karakter olamaz).",
        "recipient is not a valid e-mail address (no Turkish letters, spaces or symbols).",
    ),
    "H121": (
        f"{_FIELD['recipient']} E.164 biçiminde geçerli bir telefon numarası değil.",
        "recipient is not a valid E.164 telephone number.",
    ),
    "H155": (
        f"Kaynağı HS_2015 olan izinde {_FIELD['consentDate']} yalnız 2015-05-01 00:00:00 olabilir.",
        "with source HS_2015 consentDate can only be 2015-05-01 00:00:00.",
    ),
    "H156": (
        f"{_FIELD['consentDate']} 1 Mayıs 2015'ten önce olamaz.",
        "consentDate cannot be before 1 May 2015.",
    ),
    "H157": (f"{_FIELD['consentDate']} takvimde yok.", "consentDate does not exist."),
    "H158": (
        f"{_FIELD['consentDate']} yyyy-aa-gg ss:dd:ss biçiminde olmalı.",
        "consentDate must have the form yyyy-mm-dd hh:mm:ss.",
    ),
    "H160": (
        f"{_FIELD['recipient']} 15 haneden uzun bir telefon numarası olamaz.",
        "recipient cannot be a telephone number of more than 15 digits.",
    ),
    "H162": (f"{_FIELD['consentDate']} gelecekte olamaz.", "consentDate is in the future."),
    "H178": (
        f"{_FIELD['consentDate']} kayıtlı retle aynı anda; ret geçerlidir.",
        "consentDate is the same instant as a recorded refusal, which stands.",
    ),
    "H180": (
        "Bayi kodu bu markanın bayisi değil ya da 8 haneli değil: kodsuz kaydedildi; böyle bir onay"
        " İYS'ye gönderilmez.",
        "the retailer code is not one of this brand or has not 8 digits: recorded without it;"
        " such a consent is not pushed to İYS.",
    ),
    "H408": (
        "HS_KARAR kaynağı yalnız RET için kullanılabilir.",
        "source HS_KARAR is for RET only.",
    ),
    "H462": (
        f"Kayıtlı bir tacirin güncellemesinde {_FIELD['consentDate']} zorunludur.",
        "an update of a recorded TACIR needs consentDate.",
    ),
    "H463": (
        f"Kayıtlı bir tacirin güncellemesinde {_FIELD['source']} zorunludur.",
        "an update of a recorded TACIR needs source.",
    ),
    "L-9005": (
        "Numara +9005… yazılmış, +905… olarak kaydedildi.",
        "the number was written +9005… and recorded as +905….",
    ),
    "L-CLEANED": (
        "Alıcıdaki görünmeyen karakterler atıldı.",
        "invisible characters in recipient were removed.",
    ),
    "L-CLOCK": (
        "Saat güvenilir değil; düzelene kadar yalnız ret kaydedilir.",
        "the clock cannot be believed; until mended only refusals are recorded.",
    ),
    "L-DATES-UNPROVEN": (
        "Tarihlerin ay mı gün mü ile başladığı dosyadan anlaşılmıyor: --dates mdy ya da --dates dmy"
        " verin.",
        "the file does not show whether its dates begin with month or day: give --dates mdy|dmy.",
    ),
    "L-FILE-CHANGED": (
        "Dosya içe aktarılırken değişti: kaydedilenler duruyor, dosyayı yeniden içe aktarın.",
        "the file changed while it was imported: what was recorded stays, import it again.",
    ),
    "L-FILE-EMPTY": ("Dosya boş.", "the file is empty."),
    "L-FILE-UNREADABLE": (
        "Dosya okunamıyor ya da metin dosyası değil.",
        "the file cannot be read or is not a text file.",
    ),
    "L-HEADER-UNKNOWN": (
        "Başlık satırı tanınmadı. Tanınan şablonlar: uyumsoft, api (type, recipient, status …),"
        " sample-client (başlıksız).",
        "the header is unknown. Known templates: uyumsoft, api (type, recipient, status …),"
        " sample-client (no header).",
    ),
    "L-HELD-OVER-RET": (
        "Retten sonra tarihli onay bekletiliyor; ret geçerlidir.",
        "a consent dated after a refusal is held; the refusal stands.",
    ),
    "L-HISTORY": (
        "Daha yeni bir kayıt var; geçmiş olarak kaydedildi, şimdiki durumu değiştirmez.",
        "a newer record exists; kept as history, the present status is unchanged.",
    ),
    "L-ID-REUSED": (
        "Bu id başka içerikle daha önce kullanılmış.",
        "this id was used before with other content.",
    ),
    "L-IMPORT-CANNOT-REVIVE": (
        "Alıcının reddi var; dosyadan gelen onay reddi kaldıramaz.",
        "the recipient refused; a consent from a file cannot lift a refusal.",
    ),
    "L-KURUMSAL": ("KURUMSAL, TACIR olarak kaydedildi.", "KURUMSAL was recorded as TACIR."),
    "L-LANDLINE": (
        "Sabit hatta mesaj gitmez; kaydedildi.",
        "a landline takes no messages; recorded all the same.",
    ),
    "L-LATE": (
        "Üç iş günü geçmiş: kaydedildi, İYS'de durumu sorgulanmadan gönderilmez ve ileti izni"
        " vermez.",
        "three business days are over: recorded, but not pushed before İYS is asked, and no"
        " permission to send.",
    ),
    "L-LINE-CLOSED": (
        "Hat kapanmış: yeni sahibin onayı delil ve ikinci kişinin onayını ister.",
        "the line was closed: a new holder's consent needs evidence and a second person.",
    ),
    "L-LINE-TOO-LONG": ("Satır çok uzun (en çok 64 KiB).", "the line is too long (64 KiB)."),
    "L-RET-KEPT": (
        "Ret, kusuruna rağmen geçerlidir; İYS'ye bildirilmez.",
        "the refusal stands in spite of its defect; it is not reported to İYS.",
    ),
    "L-RET-STANDS": (
        "Alıcının reddi var; delilsiz onay reddi kaldıramaz.",
        "the recipient refused; a consent without evidence cannot lift it.",
    ),
    "L-ROW-UNREADABLE": (
        "Satır okunamıyor (kodlama, NUL ya da kapanmayan tırnak).",
        "the line cannot be read (encoding, NUL or an open quote).",
    ),
}
"""By code: (Turkish, English)."""


def message(code: str, lang: str) -> str:
    """The text of a code; the code itself where none is kept."""
    texts = MESSAGES.get(code)
    return code if texts is None else texts[1 if lang == "en" else 0]

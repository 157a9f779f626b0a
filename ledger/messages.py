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
    "H126": (
        "retailerAccess en çok 100 bayi kodu olabilir: kaydedilmedi, izin kaydedildi.",
        "retailerAccess takes at most 100 retailer codes: left out, the consent is recorded.",
    ),
    "L-EVIDENCE-UNKNOWN": (
        "evidenceId burada kayıtlı değil: izin delilsiz kaydedildi.",
        "evidenceId is not kept here: recorded without evidence.",
    ),
    "L-FIELD": (
        "Öğenin bir alanı beklenen türde değil.",
        "a member of the item is not of the kind it has to be.",
    ),
    "L-FIELD-UNKNOWN": ("Öğede bilinmeyen bir alan var.", "the item has an unknown member."),
    "L-TEXT-UNKNOWN": (
        "Onay metni burada kayıtlı değil: izin metin bağlanmadan kaydedildi.",
        "the consent text is not registered here: recorded without it.",
    ),
    "L-TIME": (
        "Zaman 2026-11-22 10:15:00 (Türkiye saati) ya da 2026-11-22T10:15:00+03:00 biçiminde"
        " ve geçmişte olmalı.",
        "a time must be 2026-11-22 10:15:00 (Turkish time) or 2026-11-22T10:15:00+03:00, and past.",
    ),
    "L-9005": (
        "Numara +9005… yazılmış, +905… olarak kaydedildi.",
        "the number was written +9005… and recorded as +905….",
    ),
    "L-CHANNEL": (
        "Belirtilen kanallar bu adreste kullanılamaz: kullanılabilen bütün kanallarda kaydedildi.",
        "the address has none of these channels: recorded on all that it has.",
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
    "L-ENCODING-UNKNOWN": (
        "Dosyanın kodlaması okunmuyor (UTF-16 gibi): UTF-8 ya da Windows-1254 olarak kaydedin.",
        "the file's encoding is not read (UTF-16 perhaps): save it as UTF-8 or Windows-1254.",
    ),
    "L-FAILED": (
        "Öğe işlenemedi ve kaydedilmedi; yeniden gönderin.",
        "the item could not be processed and was not recorded; send it again.",
    ),
    "L-FILE-CHANGED": (
        "Dosya içe aktarılırken değişti: kaydedilenler duruyor, dosyayı yeniden içe aktarın.",
        "the file changed while it was imported: what was recorded stays, import it again.",
    ),
    "L-FILE-EMPTY": ("Dosya boş.", "the file is empty."),
    "L-FILE-TOO-LARGE": (
        "Çalışma kitabı çok büyük ya da olağan dışı sıkıştırılmış: CSV olarak kaydedip verin.",
        "the workbook is too large or oddly compressed: save it as CSV.",
    ),
    "L-FILE-UNREADABLE": (
        "Dosya okunamıyor: metin (CSV), xlsx ya da xls değil, bozuk ya da parolalı.",
        "the file cannot be read: no text (CSV), xlsx or xls, damaged, or behind a password.",
    ),
    "L-HEADER-UNKNOWN": (
        "Başlık satırı tanınmadı. Tanınan şablonlar: uyumsoft, iys-panel, iys-day, api (type,"
        " recipient, status …), sample-client (başlıksız); başka dosyalar için --map ya da"
        " --refusals.",
        "the header is unknown. Known templates: uyumsoft, iys-panel, iys-day, api (type,"
        " recipient, status …), sample-client (no header); for other files --map or --refusals.",
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
    "L-IDEMPOTENCY-KEY": (
        "Idempotency-Key yazdırılabilir ve en çok 200 karakter olmalı: yok sayıldı.",
        "Idempotency-Key must be printable and at most 200 characters: it was ignored.",
    ),
    "L-IMPORT-CANNOT-REVIVE": (
        "Alıcının reddi var; dosyadan gelen onay reddi kaldıramaz.",
        "the recipient refused; a consent from a file cannot lift a refusal.",
    ),
    "L-IMPORT-FAILED": (
        "İçe aktarma tamamlanamadı; dosyayı yeniden gönderin. Kaydedilenler iki kez kaydedilmez.",
        "the import could not be finished; send the file again. Nothing is recorded twice.",
    ),
    "L-IYS-CODE-SCOPE": (
        "iysCode bu anahtarın sağlayıcısı değil: yok sayıldı.",
        "iysCode is not the provider of this key: it was ignored.",
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
    "L-QUERY": (
        "Bilinmeyen ya da geçersiz sorgu parametresi yok sayıldı.",
        "a query parameter that is unknown or invalid was ignored.",
    ),
    "L-RECIPIENT-TYPE-NEEDED": (
        "Dosyada alıcı tipi yok: --recipient-type BIREYSEL ya da --recipient-type TACIR verin.",
        "the file has no recipient type: give --recipient-type BIREYSEL|TACIR.",
    ),
    "L-RET-KEPT": (
        "Ret, kusuruna rağmen geçerlidir; İYS'ye bildirilmez.",
        "the refusal stands in spite of its defect; it is not reported to İYS.",
    ),
    "L-RET-STANDS": (
        "Alıcının reddi var; delilsiz onay reddi kaldıramaz.",
        "the recipient refused; a consent without evidence cannot lift it.",
    ),
    "L-ROW-SAYS-NOTHING": (
        "Satırda hiçbir kanal için yanıt yok.",
        "the line holds no answer for any channel.",
    ),
    "L-ROW-UNREADABLE": (
        "Satır okunamıyor (kodlama, NUL ya da kapanmayan tırnak).",
        "the line cannot be read (encoding, NUL or an open quote).",
    ),
    "L-UPLOAD-LOST": (
        "Yüklenen dosya bulunamadı; yeniden gönderin.",
        "the uploaded file was not found; send it again.",
    ),
}
"""By code: (Turkish, English)."""


def message(code: str, lang: str) -> str:
    """The text of a code; the code itself where none is kept."""
    texts = MESSAGES.get(code)
    return code if texts is None else texts[1 if lang == "en" else 0]

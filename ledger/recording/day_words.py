"""How a day stands and how it differs: the words, what they mean to a person, what mends it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from ledger.recording.day_ports import DayState, StampState


class Kind(StrEnum):
    """What a difference is. The values stand in `iys.day_reconciled` for ever."""

    IYS_UNKNOWN_HERE = "iys_unknown_here"
    HS_UNKNOWN_HERE = "hs_unknown_here"
    LINE_CLOSED = "line_closed"
    ONLY_HERE = "only_here"
    REFUSED = "refused"
    STATUS_DIFFERS = "status_differs"
    DATE_DIFFERS = "date_differs"
    SOURCE_DIFFERS = "source_differs"
    ADDRESS_SPELLING = "address_spelling"
    SAME_SECOND = "same_second"
    ID_MISSING = "id_missing"
    ID_DIFFERS = "id_differs"
    ERASED = "erased"
    UNREADABLE = "unreadable"
    LAYOUT = "layout"
    HASH_DIFFERS = "hash_differs"


Words = tuple[str, str]
"""Turkish, English."""

STATES: Final[Mapping[DayState, Words]] = {
    DayState.EQUAL: ("eşit", "equal"),
    DayState.EXPLAINED: ("açıklandı", "explained"),
    DayState.OPEN: ("açık fark", "open differences"),
    DayState.WAITING: ("bekliyor", "waiting"),
    DayState.MISSED: ("dosya alınmadı", "file never fetched"),
}
STAMPS: Final[Mapping[StampState, Words]] = {
    StampState.VERIFIED: ("doğrulandı", "verified"),
    StampState.NO_ROOT: (
        "bu dosyaya ait; imzalayan denetlenmedi, kök tanımlı değil",
        "over this file; unverified: no root",
    ),
    StampState.REFUSED: ("kabul edilmedi", "refused"),
    StampState.MISSING: ("İYS vermedi", "İYS gave none"),
}

_ADOPTED: Final = (
    "İYS'nin satırı deftere işlenir; işlenemediyse `izin sync reconcile --day GÜN` yinelenir.",
    "İYS's row is recorded here; where it was not, repeat `izin sync reconcile --day DAY`.",
)
_NOTHING: Final = ("Yapılacak bir şey yok.", "Nothing to be done.")

NAMES: Final[Mapping[Kind, Words]] = {
    Kind.IYS_UNKNOWN_HERE: (
        "alıcının İYS'de yaptığı, defterde yok",
        "made at İYS by the recipient, unknown here",
    ),
    Kind.HS_UNKNOWN_HERE: (
        "hizmet sağlayıcı adına İYS'ye yazılmış, defterde yok",
        "written at İYS in the provider's name, unknown here",
    ),
    Kind.LINE_CLOSED: ("hat kapanışı, defterde yok", "a closed line, unknown here"),
    Kind.ONLY_HERE: ("defterde var, İYS'nin dosyasında yok", "here, but not in İYS's file"),
    Kind.REFUSED: (
        "İYS önce aldı, sonra reddetti: dosyasında yok",
        "taken by İYS first, then refused: not in its file",
    ),
    Kind.STATUS_DIFFERS: ("durum (ONAY/RET) farklı", "another status"),
    Kind.DATE_DIFFERS: ("izin tarihi farklı", "another consentDate"),
    Kind.SOURCE_DIFFERS: ("kaynak farklı", "another source"),
    Kind.ADDRESS_SPELLING: (
        "aynı adres başka yazılmış (+9005… gibi)",
        "the same address, written otherwise (+9005… for one)",
    ),
    Kind.SAME_SECOND: (
        "aynı adresin aynı saniyedeki iki hareketi, dosyada başka sayıda",
        "two movements of one address in one second, not as often in the file",
    ),
    Kind.ID_MISSING: (
        "işlem kimliği defterde yok, İYS'nin dosyasında var",
        "the transaction id is in İYS's file only",
    ),
    Kind.ID_DIFFERS: ("işlem kimliği farklı", "another transaction id"),
    Kind.ERASED: ("kişisel verisi silinmiş alıcının satırı", "the row of an erased person"),
    Kind.UNREADABLE: ("İYS'nin dosyasında okunamayan satır", "a line of İYS's that is no row"),
    Kind.LAYOUT: (
        "satırlar aynı; başlık, satır sonu ya da sıra belgelendiği gibi değil",
        "the same rows; header, ends of lines or order are not as documented",
    ),
    Kind.HASH_DIFFERS: (
        "inen dosyanın özeti İYS'nin bildirdiği özet değil",
        "the file that came has not the hash that İYS states",
    ),
}
MENDS: Final[Mapping[Kind, Words]] = {
    Kind.IYS_UNKNOWN_HERE: _ADOPTED,
    Kind.HS_UNKNOWN_HERE: (
        f"{_ADOPTED[0]} Bir ONAY ileti göndermeye yetmez: kimin yazdığını bulun, delili varsa"
        " `izin import` ile kaydedin, yoksa İYS'ye RET gönderin.",
        f"{_ADOPTED[1]} An ONAY permits nothing: find out who wrote it, record it by `izin import`"
        " if there is evidence, else send İYS a RET.",
    ),
    Kind.LINE_CLOSED: _ADOPTED,
    Kind.ONLY_HERE: (
        "`izin sync adopt` ile izinlerin İYS'deki durumunu sorun; orada yoksa İYS desteğine"
        " bildirin: kabul yanıtının özeti defterdedir.",
        "Ask for the state at İYS by `izin sync adopt`; if it is not there tell İYS's support: the"
        " digest of its answer is in the ledger.",
    ),
    Kind.REFUSED: _NOTHING,
    Kind.STATUS_DIFFERS: _ADOPTED,
    Kind.DATE_DIFFERS: _ADOPTED,
    Kind.SOURCE_DIFFERS: _ADOPTED,
    Kind.ADDRESS_SPELLING: _NOTHING,
    Kind.SAME_SECOND: _NOTHING,
    Kind.ID_MISSING: _NOTHING,
    Kind.ID_DIFFERS: (
        "İYS desteğine bildirin: aynı hareketin iki kimliği var.",
        "Tell İYS's support: one movement has two ids.",
    ),
    Kind.ERASED: _NOTHING,
    Kind.UNREADABLE: (
        "Dosya olduğu gibi arşivlendi; İYS desteğine bildirin.",
        "The file is archived as it came; tell İYS's support.",
    ),
    Kind.LAYOUT: _NOTHING,
    Kind.HASH_DIFFERS: (
        "Bu dosyadan deftere hiçbir şey işlenmedi; `izin sync reconcile --day GÜN` yinelenir, yine"
        " olursa İYS desteğine bildirin.",
        "Nothing of this file was recorded; repeat `izin sync reconcile --day DAY`, and tell İYS's"
        " support if it stays so.",
    ),
}
"""What is to be done about it."""

"""The minutes of an adoption, devralma tutanağı: what was declared, what İYS listed (C9).

Pure. Markdown, Turkish or English; counts, positions and digests, never an address.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from ledger.clock import ISTANBUL, iys_text
from ledger.iys_sync.looking_up import Comparison
from ledger.projections.snapshots import Adoption, KindFigures
from ledger.values import Discreet
from ledger.vocabulary import Channel, RecipientType

TURKISH: Final = "tr"
ENGLISH: Final = "en"

Words = tuple[str, str]
"""Turkish, English."""


class KindTold(Discreet, frozen=True):
    """What the lists of one kind come to. `root`: RFC 9162 over the leaf hashes of their events, in
    the order of the log, hex."""

    figures: KindFigures
    root: str


class Adopted(Discreet, frozen=True, kw_only=True):
    """All that the minutes tell. `declared_by`: a person's name; `sample`: how many of each
    comparison; `waiting`: consents still to be asked about singly."""

    iys_code: int
    brand_name: str
    log_origin: str
    adoption: Adoption
    declared_by: str
    kinds: Sequence[KindTold]
    sample: Mapping[Comparison, int]
    waiting: int

    def total(self, name: str) -> int:
        """Sum of a member of the figures."""
        return sum(getattr(kind.figures, name) for kind in self.kinds)


_CHANNELS: Final[Mapping[Channel, Words]] = {
    Channel.CALL: ("Arama", "Call"),
    Channel.MESSAGE: ("Mesaj", "Message"),
    Channel.EMAIL: ("E-posta", "E-mail"),
}
_TYPES: Final[Mapping[RecipientType, Words]] = {
    RecipientType.INDIVIDUAL: ("Bireysel", "Individual"),
    RecipientType.MERCHANT: ("Tacir", "Merchant"),
}
_COMPARISONS: Final[Mapping[Comparison, Words]] = {
    Comparison.SAME: ("Liste ile aynı", "Same as the list"),
    Comparison.MOVED: (
        "Listeden sonra İYS'de değişmiş (fark değildir)",
        "Changed at İYS after the list (no difference)",
    ),
    Comparison.LISTED_REFUSED: (
        "FARK: listede var, tekil sorguda RET",
        "DIFFERENCE: listed, single status RET",
    ),
    Comparison.LISTED_UNKNOWN: (
        "FARK: listede var, tekil sorguda kayıt yok",
        "DIFFERENCE: listed, single status has no record",
    ),
    Comparison.ABSENT_GRANTED: (
        "FARK: listede yok, tekil sorguda ONAY",
        "DIFFERENCE: not listed, single status ONAY",
    ),
    Comparison.UNTOLD: (
        "Öğrenilemedi (adres el değiştirmiş, silinmiş, İYS adresi almıyor ya da yanıt okunamıyor)",
        "Not told (the address passed on, was erased, İYS does not take it or cannot be read)",
    ),
}
_LIST_TITLES: Final = (
    "Kanal|Alıcı tipi|Liste|Sorulan|İYS'de ONAY|İYS'de ONAY değil",
    "Channel|Recipient type|Lists|Asked|ONAY at İYS|Not ONAY at İYS",
)
_EVENT_TITLES: Final = (
    "Kanal|Alıcı tipi|İlk konum|Son konum|Olayların kökü (RFC 9162)",
    "Channel|Recipient type|First position|Last position|Root of the events (RFC 9162)",
)
_COUNT_TITLES: Final = ("Karşılaştırma|Kayıt", "Comparison|Consents")
_MARKED: Final = str.maketrans({character: f"\\{character}" for character in "\\`*_[]<>|#"})


def minutes(told: Adopted, *, lang: str = TURKISH) -> str:
    """The document."""
    pick = int(lang == ENGLISH)
    lines = [
        line
        for part in (_head, _lists, _differences, _sample, _events)
        for line in (*part(told, pick), "")
    ]
    return "\n".join(lines)


def _head(told: Adopted, pick: int) -> Iterator[str]:
    own = told.adoption
    yield ("# Devralma tutanağı", "# Minutes of adoption")[pick]
    yield ""
    for name, value in (
        (("Hizmet sağlayıcı (İYS no)", "Service provider (İYS number)"), str(told.iys_code)),
        (("Marka", "Brand"), f"{told.brand_name.translate(_MARKED)} ({own.brand_code})"),
        (("Beyan eden", "Declared by"), told.declared_by.translate(_MARKED)),
        (("Başlangıç", "Begun"), _instant(own.begun_at)),
        (("Son liste", "Last list"), _instant(own.asked_at)),
        (("Bitiş", "Ended"), _instant(own.ended_at)),
        (("Defter", "Ledger"), f"`{told.log_origin}`"),
    ):
        yield f"- {name[pick]}: {value}"


def _lists(told: Adopted, pick: int) -> Iterator[str]:
    yield ("## İYS'ye sorulan listeler", "## Lists asked of İYS")[pick]
    yield ""
    rows = [(*_kind(one, pick), *_counts(one)) for one in (kind.figures for kind in told.kinds)]
    asked, listed = told.total("asked"), told.total("listed")
    last = (("Toplam", "Total")[pick], "", told.total("lists"), asked, listed, asked - listed)
    yield from _table(_LIST_TITLES[pick], [*rows, last])
    yield ""
    skipped = told.total("skipped") + (told.adoption.skipped or 0)
    yield (
        "Listede bulunmamak RET ya da kayıt yok demektir; hangisi olduğu tekil sorguyla anlaşılır."
        f" Tekil sorgu bekleyen: {told.waiting}. Listeyle sorulamayan (adres el değiştirmiş ya da"
        f" İYS'nin kurallarına uymuyor): {skipped}.",
        "Absence from a list means RET or no record; which of them, a single status tells."
        f" Waiting for one: {told.waiting}. Not to be asked by lists (the address passed on, or is"
        f" none by İYS's rules): {skipped}.",
    )[pick]


def _differences(told: Adopted, pick: int) -> Iterator[str]:
    yield ("## Beyan edilen ile İYS'nin gösterdiği", "## What was declared and what İYS shows")[
        pick
    ]
    yield ""
    asked, listed = told.total("asked"), told.total("listed")
    refused, refused_listed = told.total("refused"), told.total("refused_listed")
    granted, granted_listed = asked - refused, listed - refused_listed
    own = told.adoption
    unknown = None if own.approvals is None else own.approvals - listed
    rows: list[tuple[Words, int | None]] = [
        (("Burada izinli, İYS'de ONAY", "Consents here, ONAY at İYS"), granted_listed),
        (
            ("FARK: burada izinli, İYS'de ONAY değil", "DIFFERENCE: consents here, not at İYS"),
            granted - granted_listed,
        ),
        (
            ("Burada RET, İYS'de ONAY değil", "Refused here, not ONAY at İYS"),
            refused - refused_listed,
        ),
        (
            (
                "FARK: burada RET, İYS'de ONAY (RET geçerlidir)",
                "DIFFERENCE: refused here, ONAY at İYS (the refusal holds)",
            ),
            refused_listed,
        ),
        (("İYS'nin kendi ONAY sayısı", "İYS's own count of ONAY"), own.approvals),
        (("İYS'nin kendi RET sayısı", "İYS's own count of RET"), own.rejections),
        (
            (
                "FARK: İYS'nin ONAY sayısı eksi listelenen",
                "DIFFERENCE: İYS's count of ONAY less those listed",
            ),
            unknown,
        ),
    ]
    yield from _table(
        _COUNT_TITLES[pick], [(name[pick], "–" if n is None else n) for name, n in rows]
    )


def _sample(told: Adopted, pick: int) -> Iterator[str]:
    size = sum(told.sample.values())
    yield (f"## Örneklem: {size} tekil sorgu", f"## Sample: {size} single queries")[pick]
    yield ""
    rows = [(words[pick], told.sample.get(one, 0)) for one, words in _COMPARISONS.items()]
    yield from _table(_COUNT_TITLES[pick], rows)


def _events(told: Adopted, pick: int) -> Iterator[str]:
    yield ("## Defterdeki olaylar (iys.snapshot)", "## Events in the ledger (iys.snapshot)")[pick]
    yield ""
    rows = [
        (
            *_kind(kind.figures, pick),
            kind.figures.positions[0],
            kind.figures.positions[-1],
            f"`{kind.root}`",
        )
        for kind in told.kinds
    ]
    yield from _table(_EVENT_TITLES[pick], rows)
    yield ""
    yield (
        "Her olay bir listeyi, listelenenlerin kökünü ve isteğin ile yanıtın özetini bağlar.",
        "Each event binds one list: the root of those listed, the digests of request and answer.",
    )[pick]


def _kind(figures: KindFigures, pick: int) -> tuple[str, str]:
    return _CHANNELS[figures.channel][pick], _TYPES[figures.recipient_type][pick]


def _counts(figures: KindFigures) -> tuple[int, int, int, int]:
    return figures.lists, figures.asked, figures.listed, figures.asked - figures.listed


def _table(titles: str, rows: Sequence[Sequence[object]]) -> Iterator[str]:
    yield f"|{titles}|"
    yield "|" + "---|" * (titles.count("|") + 1)
    for row in rows:
        yield f"|{'|'.join(map(str, row))}|"


def _instant(at: datetime | None) -> str:
    return "–" if at is None else f"{iys_text(at.astimezone(ISTANBUL))} (Europe/Istanbul)"

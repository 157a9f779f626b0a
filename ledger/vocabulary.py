"""The words of the field. Reading starts here.

Identifiers are English; the values are İYS's own words (style.md B4), so that an event and the wire
speak of the same thing with the same letters.
"""

from enum import StrEnum
from typing import Final, NewType

IysCode = NewType("IysCode", int)
"""Number of a service provider at İYS; the main brand carries the same number (R2)."""

BrandCode = NewType("BrandCode", int)
"""Number of a brand at İYS."""


class Channel(StrEnum):
    """The way a commercial message takes; İYS's `type` (R3). Each is consented to separately."""

    CALL = "ARAMA"
    MESSAGE = "MESAJ"
    EMAIL = "EPOSTA"


class RecipientType(StrEnum):
    """Whether the recipient acts as an individual or as a merchant (R10): two separate consents."""

    INDIVIDUAL = "BIREYSEL"
    MERCHANT = "TACIR"


class ConsentStatus(StrEnum):
    """What a recipient said: onay or ret."""

    GRANTED = "ONAY"
    REFUSED = "RET"


class ConsentSource(StrEnum):
    """Where a consent or refusal was given; `HS_*` are the provider's to declare (R4)."""

    HS_2015 = "HS_2015"
    HS_KARAR = "HS_KARAR"
    HS_FIZIKSEL_ORTAM = "HS_FIZIKSEL_ORTAM"
    HS_ISLAK_IMZA = "HS_ISLAK_IMZA"
    HS_ETKINLIK = "HS_ETKINLIK"
    HS_ATM = "HS_ATM"
    HS_EORTAM = "HS_EORTAM"
    HS_WEB = "HS_WEB"
    HS_MOBIL = "HS_MOBIL"
    HS_MESAJ = "HS_MESAJ"
    HS_EPOSTA = "HS_EPOSTA"
    HS_CAGRI_MERKEZI = "HS_CAGRI_MERKEZI"
    HS_SOSYAL_MEDYA = "HS_SOSYAL_MEDYA"
    IYS_KISAMESAJ = "IYS_KISAMESAJ"
    IYS_CM = "IYS_CM"
    IYS_WEB = "IYS_WEB"
    IYS_WEB_YENI = "IYS_WEB_YENI"
    IYS_MOBIL = "IYS_MOBIL"
    IYS_EPOSTA = "IYS_EPOSTA"
    IYS_FRAME_SMS = "IYS_FRAME_SMS"
    IYS_FRAME_EPOSTA = "IYS_FRAME_EPOSTA"
    IYS_AHS_HAT_KAPATMA = "IYS_AHS_HAT_KAPATMA"
    IYS_OTHER = "IYS_OTHER"
    """A word of İYS's that we do not know yet: as its `iys` group has it. Nobody may say it."""
    HS_OTHER = "HS_OTHER"
    """The same, of some provider's."""

    @property
    def is_word_of_iys(self) -> bool:
        """Whether it is written so on İYS's wire."""
        return not self.value.endswith("_OTHER")

    @property
    def is_recipients_own(self) -> bool:
        """Whether the recipient acted at İYS itself: nobody else may claim it (H119)."""
        return self.value.startswith("IYS_")


class Basis(StrEnum):
    """On whose word an act stands."""

    OWN_CAPTURE = "own_capture"
    DECLARED = "declared"
    IYS = "iys"


class DatePrecision(StrEnum):
    """How exactly the date of an act is known."""

    SECOND = "second"
    DAY = "day"


class IysState(StrEnum):
    """What İYS holds for a key, as far as it showed us (consent.md C2)."""

    UNKNOWN = "UNKNOWN"
    QUEUED = "QUEUED"
    SUBMITTED = "SUBMITTED"
    GRANTED = "ONAY"
    REFUSED = "RET"
    NOT_GRANTED = "NOT_ONAY"
    REJECTED = "REJECTED"
    VOID = "VOID"


class SeenHow(StrEnum):
    """By which exchange İYS showed a state."""

    ANSWER = "answer"
    RESULT = "result"
    PULL = "pull"
    PUSH = "push"
    DAY_FILE = "dayfile"
    STATUS = "status"
    SNAPSHOT = "snapshot"


class Outcome(StrEnum):
    """What became of one command or row: exactly one each (consent.md C8)."""

    RECORDED = "recorded"
    ALREADY = "already"
    WARNED = "warned"
    HISTORY = "history"
    HELD = "held"
    SUPPRESSED = "suppressed"
    REFUSED = "refused"


class Role(StrEnum):
    """What the holder of a key may do (R108); which action each may take: `api/access.py`."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    COMPLIANCE = "compliance"
    AUDITOR = "auditor"
    ADMIN = "admin"


EARLIEST_CONSENT_DATE: Final = "2015-05-01 00:00:00"
"""İYS takes no older consent; HS_2015 takes exactly this one (R22)."""

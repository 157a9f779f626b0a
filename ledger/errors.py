"""The error tree.

LedgerError                  anything this product refuses or cannot do
  InputRefused               what came in breaks a rule; carries a code and no personal data
    AddressRefused
  BrandTaken                 the brand is another provider's
  NotFound                   no such provider, brand, import or event
  SettingsRefused            the configuration cannot be used
  StoreUnavailable           PostgreSQL could not be started or reached, or the answer was lost
  ServiceRefused             the service that was asked said no
  ServiceUnavailable         it was not reached, or its answer was lost
  LedgerBroken               stored bytes contradict themselves: fsck must look
"""


class LedgerError(Exception):
    """Base of everything below; the text never holds an address, a token or a key.

    `turkish`: the same for a person; each class has a Turkish word of its own to begin with.
    """

    turkish_kind = "İşlem yapılamadı"

    def __init__(self, text: str = "", turkish: str | None = None) -> None:
        super().__init__(text)
        self.turkish = f"{self.turkish_kind}: {turkish or text}"


class InputRefused(LedgerError):
    """What came in breaks a rule.

    `code` is İYS's own where one fits, otherwise `L-…`; `field` is İYS's field name.
    """

    def __init__(self, code: str, *, field: str) -> None:
        super().__init__(f"{field}: {code}")
        self.code = code
        self.field = field


class AddressRefused(InputRefused):
    """The recipient's address cannot be read (H114, H120, H121, H160).

    `fault` is C6's word: BAD_FORMAT, or KIND for a line that no recipient has.
    """

    def __init__(self, code: str, *, fault: str = "BAD_FORMAT") -> None:
        super().__init__(code, field="recipient")
        self.fault = fault


class NotFound(LedgerError):
    """What was named does not exist here."""

    turkish_kind = "Bulunamadı"


class SettingsRefused(LedgerError):
    """A setting cannot be used; the text names it."""

    turkish_kind = "Ayar kullanılamıyor"


class StoreUnavailable(LedgerError):
    """PostgreSQL could not be started or reached, or its answer was lost."""

    turkish_kind = "PostgreSQL kullanılamıyor"


class ServiceRefused(LedgerError):
    """The service that was asked said no; the text is its own."""

    turkish_kind = "Hizmet kabul etmedi"


class ServiceUnavailable(LedgerError):
    """The service that was asked was not reached, or its answer was lost."""

    turkish_kind = "Hizmete ulaşılamadı ya da yanıtı kayboldu"


class LedgerBroken(LedgerError):
    """Stored bytes contradict themselves; run `izin fsck`."""

    turkish_kind = "Saklanan baytlar tutarsız"


class HeadBusy(StoreUnavailable):
    """The head of the log was not free in time; nothing was written, try again."""

    turkish_kind = "Defter meşgul, yeniden deneyin"


class RaceLost(LedgerError):
    """Another writer made the same subject first; nothing was written, prepare anew."""

    turkish_kind = "Başka bir yazıcı önce davrandı"


class LogMoved(StoreUnavailable):
    """The log goes on under another name: a backup was put back, or recovered from, elsewhere.
    Nothing was written; this process has to be started again."""

    turkish_kind = "Kütük başka adla sürüyor; süreci yeniden başlatın"


class ClockStepped(LedgerError):
    """The clock jumped or disagrees with the database's; only refusals are taken meanwhile."""

    turkish_kind = "Saat güvenilir değil"


class BrandTaken(LedgerError):
    """Another provider keeps the brand."""

    turkish_kind = "Marka alınmış"

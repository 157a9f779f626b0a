"""Why a report is not written, or a case file not taken."""

from enum import Enum

from ledger.errors import LedgerError


class Step(Enum):
    """What a refusal is about, in English and in Turkish."""

    ZONE = ("an instant has no zone", "bir anın saat dilimi yok")
    DIGEST = ("a digest is not 64 or 96 hex digits", "özet 64 ya da 96 onaltılık hane değil")
    FILE_NAME = ("a file name has other characters", "dosya adında başka karakterler var")
    NAMED_PERSON = ("a file name holds the address", "dosya adında alıcının adresi var")
    ROWS = ("too many rows", "satır sayısı fazla")
    LENGTH = ("too long", "fazla uzun")
    WORD = ("no Turkish word is kept for a code", "bir kodun Türkçe karşılığı yok")


class ReportRefused(LedgerError):
    """The facts do not make a report; nothing was written. `step` says in what."""

    turkish_kind = "Rapor yazılamadı"

    def __init__(self, step: Step, detail: str = "") -> None:
        english, turkish = (f"{words}: {detail}" if detail else words for words in step.value)
        super().__init__(english, turkish)
        self.step = step


class CaseStep(Enum):
    """What is wrong with a case file, in English and in Turkish."""

    SIZE = ("the file is too large", "dosya çok büyük")
    JSON = ("the file is not one JSON object", "dosya tek bir JSON nesnesi değil")
    TWICE = ("a member stands twice", "bir alan iki kez verilmiş")
    EMPTY = ("the file says nothing", "dosya bir şey söylemiyor")
    UNKNOWN = ("a member is unknown", "bilinmeyen bir alan var")
    TEXT = ("a member is not text of its length", "alan, uzunluğu içinde bir metin değil")
    DAY = ("a day is YYYY-MM-DD", "gün 2026-11-22 biçiminde olmalı")
    TIME = (
        "a time is 2026-11-22 10:15:00 (Turkish time) or has an offset",
        "zaman 2026-11-22 10:15:00 (Türkiye saati) ya da 2026-11-22T10:15:00+03:00 olmalı",
    )
    IDENTITY_NUMBER = (
        "a T.C. identity number has no place in a report: take it out",
        "T.C. kimlik numarası rapora yazılmaz: çıkarın",
    )


class CaseRefused(LedgerError):
    """The case file cannot be taken. `step` says in what; the text has none of its values."""

    turkish_kind = "Dosya (--case) alınamadı"

    def __init__(self, step: CaseStep, member: str = "") -> None:
        english, turkish = (f"{words}: {member}" if member else words for words in step.value)
        super().__init__(english, turkish)
        self.step = step

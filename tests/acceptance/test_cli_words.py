"""What the command line says to a person: Turkish, and English with `--lang en`."""

import re
from pathlib import Path

import pytest

from ledger.aggregates import bodies
from ledger.aggregates.decisions import VerdictKind
from ledger.aggregates.provider_bodies import IysSnapshot
from ledger.cli.faults import ledger_texts
from ledger.cli.wording import WORDS
from ledger.errors import LedgerError, NotFound
from ledger.vocabulary import Outcome
from tests.acceptance.commands import izin, run
from tests.acceptance.test_cli import ADDRESS, ASKED, HEADER, data

__all__ = ["data"]

ENGLISH = re.compile(
    r"\b(input|should|option|value|missing|argument|such|command|the|and|is|no|an?|of|answer)\b",
    re.IGNORECASE,
)
BRAND = ("--brand", "123456")


@pytest.mark.parametrize(
    ("arguments", "turkish", "english"),
    [
        (("status",), "--brand verilmeli", "--brand is missing"),
        (("import",), "FILE verilmeli", "FILE is missing"),
        (("status", "--foo"), "böyle bir seçenek yok: --foo", "no such option: --foo"),
        (("import", "x", "--dryrun"), "--dry-run?", "perhaps --dry-run?"),
        (("status", "--brand"), "--brand: değeri eksik", "--brand: its value is missing"),
        (("import", "x", *BRAND, "--dry-run=1"), "--dry-run: değeri", "--dry-run: its value"),
        (("status", "--brand", "x"), "--brand: tam sayı olmalı", "--brand: must be a whole number"),
        (("status", "--brand", "0"), "--brand: en az 1 olmalı", "--brand: must be at least 1"),
        (("key", "add", "--days", "4000"), "--days: en çok 3650", "--days: must be at most 3650"),
        (("referral", "accept", "x"), "kimlik (UUID) olmalı", "must be an id (UUID)"),
        (("nosuch",), "komut yok ya da bilinmiyor: demo", "no command, or an unknown one: "),
        (("brand", "ad"), "bilinmiyor: add, close, list", "unknown one: add, close, list"),
        (("fsck", ADDRESS), "fazladan bir sözcük var", "a word too many"),
        (("import", "x", *BRAND, "--dates", "x"), "--dates: mdy, dmy", "--dates: mdy, dmy"),
        (
            ("import", "x", *BRAND, "--map", "/yok"),
            "--map: okunamıyor",
            "--map: cannot be read",
        ),
        (("import", "x", *BRAND, "--verdicts", "/"), "--verdicts: klasör yok", "no such folder"),
    ],
    ids=lambda value: " ".join(value)[:30] if isinstance(value, tuple) else "",
)
def test_bad_usage_is_told_in_the_language_that_was_asked_for(
    data: Path, arguments: tuple[str, ...], turkish: str, english: str
) -> None:
    here, there = izin(data, *arguments), izin(data, *arguments, "--lang", "en")

    assert (here.code, there.code) == (2, 2)
    assert here.err.startswith("Kullanım hatası: ") and here.err.count("\n") == 1
    assert there.err.startswith("Usage error: ") and there.err.count("\n") == 1
    assert turkish.replace("demo", "") in here.err and english in there.err
    assert not ENGLISH.search(here.err.replace("--refused", "").replace("FILE", ""))
    assert ADDRESS not in here.err + there.err


def test_a_full_disk_is_told_in_turkish(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text(HEADER + f"MESAJ,HS_KAHVE,{ADDRESS},ONAY,2025-11-17 10:00:00,\n")
    given = ("import", str(file), *BRAND, "--verdicts", "/dev/full")

    full, english = izin(data, *given), izin(data, *given, "--lang", "en")

    assert (full.code, english.code) == (1, 1)
    assert full.err == "Dosya ya da çıktı hatası: diskte yer kalmadı\n"
    assert english.err == "File or output error: No space left on device\n"


def test_nobody_there_is_told_in_turkish() -> None:
    given = ("status", *ASKED, ADDRESS)
    nobody = {"IZIN_SERVER": "http://127.0.0.1:9", "IZIN_API_KEY": "made-up-key-of-a-test"}

    turkish, english = run(*given, **nobody), run(*given, "--lang", "en", **nobody)

    assert (turkish.code, english.code) == (1, 1)
    assert "adresini ve çalıştığını denetleyin" in turkish.err
    assert not ENGLISH.search(turkish.err)
    assert "no whole answer came" in english.err


def test_an_error_without_turkish_words_shows_the_english_as_a_detail() -> None:
    untold = ledger_texts(LedgerError("a process died"))
    told = ledger_texts(LedgerError("a process died", "bir süreç öldü"))
    named = ledger_texts(NotFound("99"))

    assert untold == (
        "İşlem yapılamadı. Ayrıntı (İngilizce): a process died",
        "a process died",
    )
    assert told == ("İşlem yapılamadı: bir süreç öldü", "a process died")
    assert named == ("Bulunamadı: 99", "99")


def test_every_outcome_verdict_and_event_of_a_consent_has_its_words() -> None:
    shown = {kind.TYPE for kind in vars(bodies).values() if hasattr(kind, "TYPE")}
    shown.add(IysSnapshot.TYPE)  # a list that the consent was asked about in

    assert len(shown) > 1
    assert {str(one) for one in (*Outcome, *VerdictKind)} | shown == set(WORDS)
    assert all(turkish and english for turkish, english in WORDS.values())


def test_history_shows_the_four_dates_by_their_names(data: Path) -> None:
    date = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"

    turkish = izin(data, "history", *ASKED, ADDRESS).out
    english = izin(data, "history", *ASKED, ADDRESS, "--lang", "en").out

    assert re.fullmatch(rf"\d+  onay: olay {date}  bize ulaşma –  kayıt {date}  İYS –\n", turkish)
    assert re.fullmatch(
        rf"\d+  consent granted: act {date}  received –  recorded {date}  İYS –\n", english
    )


def test_status_and_summaries_use_words_of_the_language(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text(HEADER + f"MESAJ,HS_KAHVE,{ADDRESS},ONAY,2025-11-17 10:00:00,\n")
    asked = (*BRAND, "--channel", "MESAJ", "--out", str(tmp_path / "o.csv"))

    status = izin(data, "status", *ASKED, ADDRESS)
    imported = izin(data, "import", str(file), *BRAND)
    filtered = izin(data, "filter", "-", *asked, stdin="yok\n")
    english = izin(data, "filter", "-", *asked, "--lang", "en", stdin="yok\n")

    assert status.out.splitlines()[0] == (
        "ONAY: gönderilemez, İYS'de henüz kayıtlı değil (NOT_YET_REGISTERED QUEUED)"
    )
    assert "  izin kaynağı: HS_WEB" in status.out.splitlines()
    assert imported.out.startswith("1 satır okundu (api): alınmadı 1.")
    assert filtered.out.startswith("1 satır: geçersiz adres 1.")
    assert english.out.startswith("1 lines: invalid address 1.")

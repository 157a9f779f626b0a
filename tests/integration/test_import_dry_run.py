"""A dry run says what the import then does, and leaves no trace (consent.md C8)."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from ledger.application import ConsentLedger
from ledger.importing import dry_run
from ledger.importing.column_map import read_map
from ledger.importing.plan import ImportOptions
from ledger.importing.run import DryResult, try_file
from ledger.importing.spool import VerdictFile
from ledger.vocabulary import Outcome, RecipientType
from tests.integration.acts import BRAND_CODE
from tests.integration.bringing import DATA, DECLARED, bring, write

GOOD, BAD, HISTORY = DATA / "good", DATA / "bad", DATA / "declared"
FILES: list[tuple[Path, dict[str, Any]]] = [
    (GOOD / "uyum-sablonu.csv", {}),
    (GOOD / "iys-panel-1254.csv", {"recipient_type": RecipientType.INDIVIDUAL}),
    (GOOD / "panel.xlsx", {"recipient_type": RecipientType.MERCHANT}),
    (GOOD / "ret-kusurlu.csv", {}),
    (BAD / "alanlar.csv", {}),
    (BAD / "tarihler.csv", {}),
    (BAD / "celiskiler.csv", {}),
    (HISTORY / "gecmis-ters.csv", DECLARED),
    (HISTORY / "iys-gunluk.csv", DECLARED),
    (DATA / "other" / "ret-listesi.txt", {"refusals": True}),
    (DATA / "other" / "genis-crm.csv", {"column_map": "genis-crm.toml"}),
]


def options_of(given: dict[str, Any]) -> dict[str, Any]:
    if "column_map" not in given:
        return given
    return {"column_map": read_map((DATA / "other" / given["column_map"]).read_bytes())}


def tried(
    ledger: ConsentLedger, path: Path, **options: Any
) -> tuple[DryResult, dict[int, tuple[str, str]]]:
    text = io.StringIO()
    given = ImportOptions(BRAND_CODE, "system:test", **options)
    result = try_file(ledger, path, given, verdict_file=VerdictFile(text, lang="tr"))
    text.seek(0)
    rows = csv.DictReader(text)
    return result, {int(row["line"]): (row["verdict"], row["code"]) for row in rows}


@pytest.mark.parametrize(("path", "given"), FILES, ids=[path.name for path, _ in FILES])
def test_it_says_what_the_import_then_does(
    ledger: ConsentLedger, path: Path, given: dict[str, Any]
) -> None:
    options, before = options_of(given), ledger.store.last_position()

    result, verdicts = tried(ledger, path, **options)
    assert ledger.store.last_position() == before

    assert bring(ledger, path, **options)[1] == verdicts
    assert result.is_whole
    _, again = tried(ledger, path, **options)
    assert bring(ledger, path, **options)[1] == again, "over what the ledger now holds, too"


def test_dates_of_what_would_be_kept_are_counted_by_month(
    ledger: ConsentLedger, tmp_path: Path
) -> None:
    row = "MESAJ,HS_WEB,+9050100009{},{},{},BIREYSEL"
    file = write(
        tmp_path,
        row.format(41, "ONAY", "2024-05-01 10:00:00"),
        row.format(42, "ONAY", "2024-05-31 10:00:00"),
        row.format(43, "RET", "2023-02-01 10:00:00"),
        row.format(44, "RET", ""),
        row.format(45, "ONAY", "2014-01-01 10:00:00"),
    )

    result, _ = tried(ledger, file)

    dates = result.dates
    assert (dates.first, dates.last) == ("2023-02-01 10:00:00", "2024-05-31 10:00:00")
    assert dates.months == {"2024-05": 2, "2023-02": 1}
    assert dates.undated == 1
    assert result.result.verdicts[Outcome.REFUSED] == 1


def test_it_says_where_the_file_was_too_long_to_be_kept_in_mind(
    ledger: ConsentLedger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dry_run, "CONSENTS_MAX", 300)
    row = "MESAJ,HS_WEB,+90501001{:04d},ONAY,2025-11-17 10:00:00,BIREYSEL"
    file = write(tmp_path, *(row.format(number) for number in range(700)))

    result, _ = tried(ledger, file)

    assert not result.is_whole
    assert result.result.verdicts == {Outcome.RECORDED: 700}

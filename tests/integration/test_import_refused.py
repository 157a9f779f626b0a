"""The refused rows in the input's own columns: mended, they come in (consent.md C8)."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from ledger.application import ConsentLedger
from ledger.importing.column_map import read_map
from ledger.importing.plan import ImportOptions
from ledger.importing.refused import RefusedFile
from ledger.importing.run import import_file
from ledger.vocabulary import Outcome, RecipientType
from tests.integration.acts import BRAND_CODE
from tests.integration.bringing import DATA, DECLARED, HEADER, bring, write
from tests.workbooks import a_date, xlsx

KIND = {"recipient_type": RecipientType.INDIVIDUAL}


def refused_rows(
    ledger: ConsentLedger, path: Path, *, separator: str = ",", **options: Any
) -> tuple[str, list[list[str]]]:
    """The text of the file of refused rows, and its cells without the mark."""
    out = io.StringIO()
    given = ImportOptions(BRAND_CODE, "system:test", **options)
    import_file(ledger, path, given, refused_file=RefusedFile(out, lang="tr"))
    text = out.getvalue()
    assert text.startswith("\ufeff")
    return text, list(csv.reader(io.StringIO(text[1:]), delimiter=separator))


def again(ledger: ConsentLedger, folder: Path, text: str, **options: Any) -> dict[Outcome, int]:
    """What the mended file comes to."""
    file = folder / "mended.csv"
    file.write_text(text, encoding="utf-8")
    result, _ = bring(ledger, file, **options)
    return dict(result.verdicts)


def test_refused_rows_stand_as_they_were_with_code_and_message(ledger: ConsentLedger) -> None:
    expected = (DATA / "bad" / "alanlar.csv.expected").read_text().split()
    before = (DATA / "bad" / "alanlar.csv").read_text(encoding="utf-8").splitlines()

    _, rows = refused_rows(ledger, DATA / "bad" / "alanlar.csv")

    assert rows[0] == [*HEADER.strip().split(","), "code", "message"]
    lines = [int(line.split(",")[0]) for line in expected]
    for row, line, code in zip(rows[1:], lines, expected, strict=True):
        assert [cell.removeprefix("'") for cell in row[:6]] == before[line - 1].split(",")
        assert f"{line},{row[6]}" == code
        assert row[7] and "+90" not in row[7] and "@" not in row[7]


def test_a_mended_row_comes_in_and_the_columns_behind_are_passed_over(
    ledger: ConsentLedger, tmp_path: Path
) -> None:
    row = "MESAJ,HS_KAHVE,+905010000901,ONAY,2025-11-17 10:00:00,BIREYSEL"
    text, _ = refused_rows(ledger, write(tmp_path, row))

    assert again(ledger, tmp_path, text) == {Outcome.REFUSED: 1}
    assert again(ledger, tmp_path, text.replace("HS_KAHVE", "HS_WEB")) == {Outcome.RECORDED: 1}


def test_a_row_refused_twice_bears_one_code(ledger: ConsentLedger, tmp_path: Path) -> None:
    text, first = refused_rows(
        ledger, write(tmp_path, "MESAJ,HS_WEB,+905010000902,ONAY,17.11.2025,")
    )
    file = tmp_path / "again.csv"
    file.write_text(text, encoding="utf-8")

    _, second = refused_rows(ledger, file)

    assert second == first


def test_rows_of_a_workbook_come_as_text_that_is_read_again(
    ledger: ConsentLedger, tmp_path: Path
) -> None:
    file = tmp_path / "panel.xlsx"
    heading = ["IZIN TURU", "ALICI", "ONAY(1)-RET(0)", "IZIN KAYNAGI", "IZIN TARIHI"]
    file.write_bytes(xlsx([heading, ["MESAJ", 5010000903.0, 1.0, "Kahve", a_date(45978.5)]]))

    text, rows = refused_rows(ledger, file, separator=";", **KIND)

    assert rows[1][:6] == ["MESAJ", "5010000903", "1", "Kahve", "2025-11-17 12:00:00", "H119"]
    mended = text.replace("Kahve", "HS_WEB")
    assert again(ledger, tmp_path, mended, **KIND) == {Outcome.RECORDED: 1}


def test_a_windows_file_s_rows_come_in_utf_8(ledger: ConsentLedger, tmp_path: Path) -> None:
    text = (DATA / "good" / "iys-panel-1254.csv").read_bytes().decode("cp1254")
    file = tmp_path / "panel.csv"
    file.write_bytes(text.replace("HS_ETKINLIK", "Çağrı").encode("cp1254"))

    _, rows = refused_rows(ledger, file, separator=";", **KIND)

    assert rows[0][0] == "İZİN TÜRÜ"
    assert rows[1][3] == "Çağrı"


def test_a_wide_row_can_be_mended_and_the_rest_of_it_is_known(
    ledger: ConsentLedger, tmp_path: Path
) -> None:
    map_ = read_map((DATA / "other" / "genis-crm.toml").read_bytes())
    file = tmp_path / "crm.csv"
    heading = "telefon;eposta;sms_izni;arama_izni;eposta_izni;izin_tarihi;kaynak\n"
    row = "0501 000 09 11;;EVET;HAYIR;EVET;17.11.2025 10:15;Web Sitesi\n"
    file.write_text(heading + row, encoding="utf-8")

    text, rows = refused_rows(ledger, file, separator=";", column_map=map_)

    assert rows[1][-2] == "H114"
    assert rows[1][-1].startswith("EPOSTA: ")
    mended = text.replace(";;EVET;HAYIR", ";bir@ornek.com.tr;EVET;HAYIR")
    file.write_text(mended, encoding="utf-8")
    _, verdicts = bring(ledger, file, column_map=map_)
    assert verdicts == {2: ("already", "")}


def test_a_list_of_refusals_gets_a_heading(ledger: ConsentLedger, tmp_path: Path) -> None:
    file = tmp_path / "ret.txt"
    file.write_text("05010000921\nörnek@ornek.com\n", encoding="utf-8")

    text, rows = refused_rows(ledger, file, refusals=True)

    assert [row[:2] for row in rows] == [["recipient", "code"], ["örnek@ornek.com", "H120"]]
    assert again(ledger, tmp_path, text.replace("ö", "o"), refusals=True) == {Outcome.SUPPRESSED: 1}


def test_a_file_without_a_heading_stays_without(ledger: ConsentLedger, tmp_path: Path) -> None:
    file = tmp_path / "client.csv"
    file.write_text("EPOSTA,HS_WEB,x,ONAY,2020-07-16 12:28:30,BIREYSEL\n", encoding="utf-8")

    text, rows = refused_rows(ledger, file)

    assert [row[6] for row in rows] == ["H120"]
    assert again(ledger, tmp_path, text.replace("x", "x@y.com.tr", 1)) == {Outcome.RECORDED: 1}


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("@SUM(1)", "'@SUM(1)"),
        ("-cmd|x", "'-cmd|x"),
        (" =1+1", "' =1+1"),
        ("+90 (501) 000 00", "+90 (501) 000 00"),
        ("-", "-"),
    ],
)
def test_no_cell_is_taken_for_a_formula(
    ledger: ConsentLedger, tmp_path: Path, cell: str, shown: str
) -> None:
    row = f"MESAJ,HS_WEB,{cell},ONAY,2025-11-17 10:00:00,BIREYSEL"

    _, rows = refused_rows(ledger, write(tmp_path, row))

    assert rows[1][2] == shown


def test_a_line_that_is_no_text_is_shown_as_far_as_it_can_be(
    ledger: ConsentLedger, tmp_path: Path
) -> None:
    file = tmp_path / "rows.csv"
    good = b"MESAJ,HS_WEB,+905010000931,ONAY,2025-11-17 10:00:00,BIREYSEL\n"
    file.write_bytes(
        HEADER.encode()
        + b"MESAJ,HS\x00WEB,+905010000932\n"
        + good
        + b"x" * 100_000
        + b'\nMESAJ,"HS_WEB,+905010000933\n'
    )

    _, rows = refused_rows(ledger, file)

    codes = ["L-ROW-UNREADABLE", "L-LINE-TOO-LONG", "L-ROW-UNREADABLE"]
    assert [row[6] for row in rows[1:]] == codes
    assert rows[1][:3] == ["MESAJ", "HS\ufffdWEB", "+905010000932"]
    assert rows[3][:3] == ["MESAJ", '"HS_WEB', "+905010000933"]


def test_a_declared_file_without_faults_leaves_the_heading_alone(ledger: ConsentLedger) -> None:
    _, rows = refused_rows(ledger, DATA / "declared" / "gecmis.csv", **DECLARED)

    assert len(rows) == 1

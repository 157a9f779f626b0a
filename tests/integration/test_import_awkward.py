"""What people and programs really hand over: a verdict a line, or the file is told what it is."""

import io
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ledger import bootstrap
from ledger.application import ConsentLedger
from ledger.importing import run
from ledger.importing.column_map import read_map
from ledger.importing.plan import ImportOptions
from ledger.importing.reader import FileRefused
from ledger.importing.spool import VerdictFile
from ledger.settings import Settings
from ledger.vocabulary import RecipientType
from tests.integration.acts import BRAND_CODE, IYS_CODE
from tests.integration.bringing import DATA, HEADER, bring
from tests.workbooks import Cell, xlsx

ROW = "MESAJ,HS_WEB,+90501000{:04d},ONAY,2025-11-17 10:00:00,BIREYSEL\n"
CRM_HEADING = "telefon;eposta;sms_izni;arama_izni;eposta_izni;izin_tarihi;kaynak\n"


def a_file(folder: Path, content: str | bytes) -> Path:
    file = folder / "rows.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


def crm_rows(count: int) -> str:
    """Lines of a wide export of every sort: two addresses each, faults, silence, repeats."""
    answers = ("EVET;HAYIR;EVET", "1;1;", ";;", "HAYIR;belki;0", ";EVET;EVET")
    lines = []
    for number in range(count):
        phone, mailbox = f"0501 000 {number % 40:04d}", f"kisi{number % 30}@ornek.com"
        address = f"{phone};{mailbox if number % 3 else ''}"
        date = f"{1 + number % 28:02d}.11.2024 10:15"
        lines.append(f"{address};{answers[number % len(answers)]};{date};Mağaza")
    return CRM_HEADING + "\n".join(lines)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_other_encodings_are_named(ledger: ConsentLedger, tmp_path: Path, encoding: str) -> None:
    file = a_file(tmp_path, (HEADER + ROW.format(1)).encode(encoding))

    with pytest.raises(FileRefused) as refused:
        bring(ledger, file)

    assert refused.value.code == "L-ENCODING-UNKNOWN"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (HEADER.replace("source", "status") + ROW, "L-HEADER-UNKNOWN"),
        (",".join(["x"] * 1_000_000) + "\n" + ROW, "L-HEADER-UNKNOWN"),
        ("x" * 100_000_000, "L-FILE-EMPTY"),
        ("\n\n \n", "L-FILE-EMPTY"),
        ("%PDF-1.7\n" + ROW, "L-FILE-UNREADABLE"),
        ('"type,source\n' + ROW, "L-HEADER-UNKNOWN"),
    ],
    ids=["twice", "million columns", "one long line", "blank", "pdf", "quote"],
)
def test_what_has_no_heading_is_refused_as_a_whole(
    ledger: ConsentLedger, tmp_path: Path, content: str, code: str
) -> None:
    before = ledger.store.last_position()

    with pytest.raises(FileRefused) as refused:
        bring(ledger, a_file(tmp_path, content))

    assert refused.value.code == code
    assert ledger.store.last_position() == before


def test_a_heading_alone_is_a_file_of_no_rows(ledger: ConsentLedger, tmp_path: Path) -> None:
    result, verdicts = bring(ledger, a_file(tmp_path, HEADER))

    assert (result.read, verdicts) == (0, {})


def test_another_separator_on_one_line_spoils_that_line_only(
    ledger: ConsentLedger, tmp_path: Path
) -> None:
    rows = [ROW.format(1), ROW.format(2).replace(",", ";"), ROW.format(3).replace(",", "\t")]

    _, verdicts = bring(ledger, a_file(tmp_path, HEADER + "".join(rows) + ROW.format(4)))

    assert {line for line, (verdict, _) in verdicts.items() if verdict == "refused"} == {3, 4}


def test_blank_lines_before_the_heading_are_passed_over(
    ledger: ConsentLedger, tmp_path: Path
) -> None:
    _, verdicts = bring(ledger, a_file(tmp_path, "\r\n\r\n" + HEADER + ROW.format(1)))

    assert verdicts == {4: ("recorded", "L-LATE")}


def test_the_heading_tells_the_separator_wherever_it_stands(
    ledger: ConsentLedger, tmp_path: Path
) -> None:
    text = ("\n" + HEADER + ROW.format(1)).replace(",", ";")

    _, verdicts = bring(ledger, a_file(tmp_path, text))

    assert verdicts == {3: ("recorded", "L-LATE")}


def test_a_line_of_a_million_columns_is_one_refused_line(
    ledger: ConsentLedger, tmp_path: Path
) -> None:
    wide = ",".join(["MESAJ"] * 1_000_000) + "\n"

    _, verdicts = bring(ledger, a_file(tmp_path, HEADER + wide + ROW.format(1)))

    assert verdicts == {2: ("refused", "L-LINE-TOO-LONG"), 3: ("recorded", "L-LATE")}


@pytest.mark.parametrize("kind", ["wide", "workbook", "refusals"])
def test_two_lanes_give_every_form_the_verdicts_of_one(
    ledger: ConsentLedger,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
) -> None:
    monkeypatch.setattr(run, "LINES_FOR_LANES", 1)
    options: dict[str, Any] = {}
    if kind == "wide":
        file = a_file(tmp_path, crm_rows(150))
        options["column_map"] = read_map((DATA / "other" / "genis-crm.toml").read_bytes())
    elif kind == "workbook":
        heading: list[Cell] = [
            "IZIN TURU",
            "ALICI",
            "ONAY(1)-RET(0)",
            "IZIN KAYNAGI",
            "IZIN TARIHI",
        ]
        rows: list[list[Cell]] = [
            ["MESAJ", 5010000000.0 + number, float(number % 7 > 0), "HS_WEB", "17-11-2025 10:00:00"]
            for number in range(60)
        ]
        file = a_file(tmp_path, xlsx([heading, *rows]))
        options["recipient_type"] = RecipientType.INDIVIDUAL
    else:
        file = a_file(tmp_path, "".join(f"501000{number:04d}\n" for number in range(60)))
        options["refusals"] = True
    given = ImportOptions(BRAND_CODE, "system:test", **options)
    alone, together = io.StringIO(), io.StringIO()
    run.try_file(ledger, file, given, verdict_file=VerdictFile(alone, lang="tr"))

    run.import_file(
        ledger,
        file,
        given,
        verdict_file=VerdictFile(together, lang="tr"),
        open_ledger=partial(bootstrap.open_ledger, settings, IYS_CODE),
    )

    assert together.getvalue() == alone.getvalue()
    lines = [text.split(",")[0] for text in together.getvalue().splitlines()[1:]]
    assert len(lines) == len(set(lines))

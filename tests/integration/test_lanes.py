"""A long file in two processes ends as a short one in one: verdicts by line, refusals first."""

import io
from collections import Counter
from functools import partial
from pathlib import Path

import pytest

from ledger import bootstrap
from ledger.application import ConsentLedger
from ledger.errors import LedgerError
from ledger.importing.lanes import process_lanes
from ledger.importing.plan import ImportOptions, make_plan, opened
from ledger.importing.run import LINES_FOR_LANES, import_file
from ledger.importing.spool import VerdictFile
from ledger.settings import Settings
from tests.integration.acts import BRAND_CODE, IYS_CODE

HEADER = "type,source,recipient,status,consentDate,recipientType\n"
GRANT = "MESAJ,HS_WEB,{number},ONAY,2025-11-17 10:00:00,BIREYSEL\n"
REFUSAL = "MESAJ,HS_WEB,{number},RET,2025-11-16 10:00:00,BIREYSEL\n"
OPTIONS = ImportOptions(BRAND_CODE, "system:test")
PEOPLE = LINES_FOR_LANES


def write_rows(file: Path) -> dict[int, str]:
    """A grant each, every hundredth again in another spelling, every thousandth refused by the last
    lines; the expected verdicts by line."""
    expected = {}
    with file.open("w", encoding="ascii") as out:
        out.write(HEADER)
        line = 1
        for person in range(PEOPLE):
            line += 1
            out.write(GRANT.format(number=f"+90501{person:07d}"))
            expected[line] = "refused" if person % 1000 == 0 else "recorded"
            if person % 100 == 1:
                line += 1
                out.write(GRANT.format(number=f"0 (501) {person:07d}"))
                expected[line] = "already"
        for person in range(0, PEOPLE, 1000):
            line += 1
            out.write(REFUSAL.format(number=f"501{person:07d}"))
            expected[line] = "recorded"
    return expected


def test_two_lanes_give_each_line_the_verdict_of_one(
    ledger: ConsentLedger, settings: Settings, tmp_path: Path
) -> None:
    file, text = tmp_path / "rows.csv", io.StringIO()
    expected = write_rows(file)
    lanes = partial(bootstrap.open_ledger, settings, IYS_CODE)

    result = import_file(
        ledger, file, OPTIONS, verdict_file=VerdictFile(text, lang="tr"), open_ledger=lanes
    )

    rows = [row.split(",") for row in text.getvalue().splitlines()[1:]]
    assert {int(row[0]): row[1] for row in rows} == expected
    assert Counter(map(str, result.verdicts.elements())) == Counter(expected.values())


def test_a_lane_that_cannot_open_the_ledger_is_an_error_and_no_silence(
    ledger: ConsentLedger, settings: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "rows.csv"
    file.write_text(HEADER + GRANT.format(number="+905010000101"), encoding="ascii")
    with opened(file) as source:
        plan = make_plan(ledger, source, OPTIONS)
    nowhere = settings.model_copy(update={"database_url": "host=/nowhere dbname=izin"})

    with (
        pytest.raises(LedgerError),
        process_lanes(partial(bootstrap.open_ledger, nowhere, IYS_CODE), plan, 2) as lanes,
    ):
        list(lanes.record(refusals=False))

"""Files into a ledger, and what became of their lines."""

import csv
import io
from pathlib import Path
from typing import Any

from ledger import views
from ledger.addresses import parse_address
from ledger.application import ConsentLedger
from ledger.bootstrap import Home
from ledger.importing.plan import ImportOptions
from ledger.importing.run import ImportResult, import_file
from ledger.importing.spool import VerdictFile
from ledger.vocabulary import Channel, RecipientType
from tests.integration.acts import BRAND_CODE

DATA = Path(__file__).parent.parent / "data"
HEADER = "type,source,recipient,status,consentDate,recipientType\n"
DECLARED = {"declared_by": "Uyum Birimi", "exported_at": "2026-11-01T07:00:00Z"}

Verdicts = dict[int, tuple[str, str]]


def bring(ledger: ConsentLedger, path: Path, **options: Any) -> tuple[ImportResult, Verdicts]:
    """Import a file; the result, and by line the verdict and its code."""
    given = ImportOptions(brand_code=BRAND_CODE, actor="system:test", **options)
    text = io.StringIO()
    result = import_file(ledger, path, given, verdict_file=VerdictFile(text, lang="tr"))
    text.seek(0)
    rows = list(csv.DictReader(text))
    lines = [int(row["line"]) for row in rows]
    assert lines == sorted(set(lines)), "one verdict a line, in order"
    return result, {int(row["line"]): (row["verdict"], row["code"]) for row in rows}


def write(folder: Path, *rows: str) -> Path:
    file = folder / "rows.csv"
    file.write_text(HEADER + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return file


def status_of(
    home: Home,
    ledger: ConsentLedger,
    text: str,
    channel: Channel = Channel.MESSAGE,
    recipient_type: RecipientType = RecipientType.INDIVIDUAL,
) -> views.StatusView:
    brand = home.providers.brand(BRAND_CODE)
    return views.status(ledger, brand, parse_address(text, channel), channel, recipient_type)

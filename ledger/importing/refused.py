"""The refused rows in the input's own columns, to be mended and imported again (consent.md C8)."""

import csv
import re
from collections.abc import Sequence
from typing import IO, Final

from ledger.importing import reader
from ledger.importing.plan import REFUSALS, ImportPlan
from ledger.importing.reader import FileRefused, Row
from ledger.importing.spool import RowVerdict, verdict_text
from ledger.importing.text_lines import TOO_LONG

COLUMNS: Final = ("code", "message")
"""What stands behind the input's columns; no template knows them, so a second import passes them
over."""

FOR_SPREADSHEETS: Final = "\ufeff"
WORKBOOK_SEPARATOR: Final = ";"
"""A workbook's rows come as text; Turkish spreadsheets open this one."""

_is_number: Final = re.compile(r"[0-9 ().,+\-/]*").fullmatch
_FORMULA: Final = ("=", "+", "-", "@")


class RefusedFile:
    """Rows of the import's own file, each with the code and the text of its refusal. UTF-8 with a
    mark, whatever the input was."""

    def __init__(self, file: IO[str], *, lang: str) -> None:
        self._file = file
        self._lang = lang

    def begin(self, plan: ImportPlan) -> None:
        """Write the heading of the plan's file. Before the first `write`."""
        form = plan.source.form
        from_sheet = plan.source.path != plan.source.text
        separator = WORKBOOK_SEPARATOR if from_sheet else form.separator
        self._writer = csv.writer(self._file, delimiter=separator, lineterminator="\n")
        self._rows = reader.rows(plan.source.text, form)
        self._file.write(FOR_SPREADSHEETS)
        template, heading = plan.template, list(plan.first.fields)
        if template.has_header:
            former = len(COLUMNS) if tuple(heading[-2:]) == COLUMNS else 0
            self._width = len(heading) - former
            self._row(heading[: self._width], COLUMNS)
        else:
            self._width = 1 if template.name == REFUSALS else template.width
            if template.name == REFUSALS:
                self._row(["recipient"], COLUMNS)
            former = len(COLUMNS)
        self._former_length = self._width + former

    def write(self, verdict: RowVerdict) -> None:
        """Add the row of a refused line; lines come in ascending order.

        Raises FileRefused L-FILE-CHANGED where the file has no such line any more.
        """
        row = next((row for row in self._rows if row.line == verdict.line), None)
        if row is None:
            raise FileRefused("L-FILE-CHANGED")
        fields = _shown(row)
        if len(fields) == self._former_length:
            fields = fields[: self._width]  # behind stands what a former import wrote there
        self._row(fields, (verdict.code or "", verdict_text(verdict, self._lang)))

    def _row(self, fields: Sequence[str], more: Sequence[str]) -> None:
        row = [*map(_harmless, fields)]
        row += [""] * (self._width - len(row))
        self._writer.writerow((*row[: self._width], *more, *row[self._width :]))


def _shown(row: Row) -> Sequence[str]:
    """A line that is too long has to be mended where it came from."""
    return () if row.fault == TOO_LONG else row.fields


def _harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula; numbers stay as they are."""
    begins = cell.lstrip().startswith(_FORMULA)
    return f"'{cell}" if begins and not _is_number(cell.strip()) else cell

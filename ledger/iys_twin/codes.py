"""İYS's error codes with their HTTP status and message, read from `codes.txt` (iys/api.md §13).

`{…}` in a message is filled in by the caller. Where an endpoint words a code differently from the
table, the words stand beside the check that uses them.
"""

from importlib import resources
from typing import Final


def _table() -> dict[str, tuple[int, str]]:
    text = resources.files("ledger.iys_twin").joinpath("codes.txt").read_text(encoding="utf-8")
    rows = (line.split(" ", 2) for line in text.splitlines())
    return {code: (int(status), message) for code, status, message in rows}


_TABLE: Final = _table()
STATUS_BY_CODE: Final = {code: status for code, (status, _) in _TABLE.items()}
MESSAGES: Final = {code: message for code, (_, message) in _TABLE.items()}

"""Verdicts in the order of lines, though refusals are recorded first."""

import csv
from collections.abc import Iterator
from typing import IO, Final, NamedTuple

from ledger.messages import message
from ledger.vocabulary import Outcome

COLUMNS: Final = ("line", "verdict", "code", "message")


class RowVerdict(NamedTuple):
    """What became of one line: exactly one each."""

    line: int
    outcome: Outcome
    code: str | None


class Spool:
    """Verdicts of the first pass, kept on disk until the second comes by their lines."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def put(self, verdict: RowVerdict) -> None:
        """Keep one; lines come in ascending order."""
        self._file.write(f"{verdict.line},{verdict.outcome},{verdict.code or ''}\n")

    def read(self) -> Iterator[RowVerdict]:
        """All of them again, ascending."""
        self._file.seek(0)
        for text in self._file:
            line, outcome, code = text.rstrip("\n").split(",")
            yield RowVerdict(int(line), Outcome(outcome), code or None)


def merge(first: Iterator[RowVerdict], second: Iterator[RowVerdict]) -> Iterator[RowVerdict]:
    """Two ascending streams as one."""
    waiting = next(first, None)
    for verdict in second:
        while waiting is not None and waiting.line < verdict.line:
            yield waiting
            waiting = next(first, None)
        yield verdict
    while waiting is not None:
        yield waiting
        waiting = next(first, None)


class VerdictFile:
    """`line,verdict,code,message`; the message is never more than the code's own text."""

    def __init__(self, file: IO[str], *, lang: str) -> None:
        self._writer = csv.writer(file, lineterminator="\n")
        self._lang = lang
        self._writer.writerow(COLUMNS)

    def write(self, verdict: RowVerdict) -> None:
        """One line of the file."""
        text = "" if verdict.code is None else message(verdict.code, self._lang)
        self._writer.writerow((verdict.line, verdict.outcome, verdict.code or "", text))

"""Verdicts in the order of lines, though refusals are recorded first; one a line."""

import csv
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import IO, Final, NamedTuple

from ledger.messages import message
from ledger.vocabulary import Outcome

COLUMNS: Final = ("line", "verdict", "code", "message")

ATTENTION: Final = (
    Outcome.REFUSED,
    Outcome.SUPPRESSED,
    Outcome.HELD,
    Outcome.HISTORY,
    Outcome.WARNED,
    Outcome.ALREADY,
    Outcome.RECORDED,
)
"""Of a line with several acts the first of these is told: what most needs somebody's attention."""

BY_LINE: Final = itemgetter(0)


class RowVerdict(NamedTuple):
    """What became of one line: exactly one each.

    `channels`: of a line with several acts, those that the verdict is about, with blanks between.
    """

    line: int
    outcome: Outcome
    code: str | None
    channels: str = ""


class Spool:
    """Verdicts of the first pass, kept on disk until the second comes by their lines."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def put(self, verdict: RowVerdict) -> None:
        """Keep one; lines come in ascending order."""
        line, outcome, code, channels = verdict
        self._file.write(f"{line},{outcome},{code or ''},{channels}\n")

    def read(self) -> Iterator[RowVerdict]:
        """All of them again, ascending."""
        self._file.seek(0)
        for text in self._file:
            line, outcome, code, channels = text.rstrip("\n").split(",")
            yield RowVerdict(int(line), Outcome(outcome), code or None, channels)


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


def one_a_line(verdicts: Iterator[RowVerdict]) -> Iterator[RowVerdict]:
    """Of the verdicts of each line, which stand together, the one that most needs attention."""
    for line, group in groupby(verdicts, BY_LINE):
        acts = list(group)
        top = min(acts, key=lambda act: (ATTENTION.index(act.outcome), act.code is None, act.code))
        alike = {act.channels for act in acts if act[1:3] == top[1:3]}
        yield RowVerdict(line, top.outcome, top.code, " ".join(sorted(alike - {""})))


class VerdictFile:
    """`line,verdict,code,message`; the message is never more than the code's own text, and the
    channels it is about where a line has several."""

    def __init__(self, file: IO[str], *, lang: str) -> None:
        self._writer = csv.writer(file, lineterminator="\n")
        self._lang = lang
        self._writer.writerow(COLUMNS)

    def write(self, verdict: RowVerdict) -> None:
        """One line of the file."""
        text = verdict_text(verdict, self._lang)
        self._writer.writerow((verdict.line, verdict.outcome, verdict.code or "", text))


def verdict_text(verdict: RowVerdict, lang: str) -> str:
    """What a verdict says to a person, empty where there is nothing to say."""
    if verdict.code is None:
        return ""
    text = message(verdict.code, lang)
    return f"{verdict.channels.replace(' ', ', ')}: {text}" if verdict.channels else text

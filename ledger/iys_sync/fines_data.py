"""The fines of Law 6563 as dated data with their source; `fines.py` reads them (R90).

Amounts in whole Turkish lira. Each year the Ministry of Trade publishes them anew, raised by the
rate of revaluation and cut to whole lira (Law 5326 m.17/7); a test follows each table from the one
before. A year without a table has none: add it with its source when it is published, never guess
it. Read: the law's text of 22 August 2026 (m.12), the communiqués named below.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final


class Clause(StrEnum):
    """The sub-paragraphs of m.12/1 that a provider's commercial messages may break."""

    CONSENT = "12/1-a"
    """Sent without consent (m.6/1) or beyond it (m.7/1)."""
    IDENTITY = "12/1-b"
    """Who sends and how to reach them is missing (m.5/1-a, 7/2, 7/3)."""
    REFUSAL = "12/1-c"
    """The way to refuse, and the end of sending within three business days (m.8/2, 8/3)."""
    RULES = "12/1-d"
    """The Ministry's secondary rules (m.11/1), for each breach."""
    RECORDS = "12/1-e"
    """Records not kept or not given (m.11/3)."""


@dataclass(frozen=True, slots=True)
class FineTable:
    """The amounts of one year. `amounts`: (least, most) of each clause; `yearly_most`: m.12/6, what
    all fines of a calendar year may come to; `raised_by`: on the table before, in basis points."""

    valid_from: date
    valid_until: date
    source: str
    raised_by: int
    amounts: dict[Clause, tuple[int, int]]
    yearly_most: int


FINE_TABLES: Final = (
    FineTable(
        valid_from=date(2025, 1, 1),
        valid_until=date(2025, 12, 31),
        source="Resmî Gazete 27.12.2024, 32765",
        raised_by=4393,
        amounts={
            Clause.CONSENT: (2_279, 11_403),
            Clause.IDENTITY: (2_279, 22_807),
            Clause.REFUSAL: (4_561, 34_210),
            Clause.RULES: (22_807, 228_071),
            Clause.RECORDS: (114_035, 570_178),
        },
        yearly_most=1_140_357_390,
    ),
    FineTable(
        valid_from=date(2026, 1, 1),
        valid_until=date(2026, 12, 31),
        source="Resmî Gazete 25.12.2025, 33118",
        raised_by=2549,
        amounts={
            Clause.CONSENT: (2_859, 14_309),
            Clause.IDENTITY: (2_859, 28_620),
            Clause.REFUSAL: (5_723, 42_930),
            Clause.RULES: (28_620, 286_206),
            Clause.RECORDS: (143_102, 715_516),
        },
        yearly_most=1_431_034_488,
    ),
)
"""In order, without overlap. 2025's `yearly_most` follows from the law's 500 million; the rest is
as published."""

"""RAPOR.pdf: the same words as RAPOR.html on A4."""

from ledger.reporting.facts import ReportFacts
from ledger.reporting.outline import outline


def pdf(facts: ReportFacts) -> bytes:
    """The report as PDF; the same facts give the same bytes. Raises ReportRefused."""
    # The library takes a quarter of a second to load, which no other command should pay.
    from ledger.reporting.drawing import draw

    return draw(outline(facts), facts.issued_at)

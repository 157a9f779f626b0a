"""The sixteen sections: facts into words, once for both forms."""

from typing import Final

from ledger.reporting import checking, consenting, explaining, registering, summary
from ledger.reporting.blocks import Document, Section
from ledger.reporting.facts import ReportFacts
from ledger.reporting.phrasing import when

WATERMARK: Final = "TEST – HUKUKİ DEĞERİ YOKTUR"


def outline(facts: ReportFacts) -> Document:
    """The report in words. Raises ReportRefused: a code has no word, an instant no zone."""
    first = summary.cover(facts)
    middle = (
        consenting.message(facts),
        consenting.acts(facts),
        consenting.texts(facts),
        consenting.confirmations(facts),
        registering.iys(facts),
        registering.movements(facts),
        registering.queries(facts),
    )
    last = (
        explaining.limits(facts),
        explaining.seals(facts),
        checking.checking(facts),
        explaining.privacy(facts),
        explaining.attachments(facts),
        explaining.signature(facts),
    )
    issued = when(facts.issued_at)
    missing = _missing((first, *middle, *last))
    return Document(
        title=summary.TITLE,
        author=facts.provider.title,
        foot=f"İYS no {facts.provider.iys_code}, marka {facts.brand_code}, {issued}",
        watermark=WATERMARK if facts.is_test else None,
        sections=(
            first,
            summary.summary(facts, missing),
            *middle,
            registering.differences(facts, missing),
            *last,
        ),
    )


def _missing(sections: tuple[Section, ...]) -> tuple[str, ...]:
    return tuple(
        f"{name} ({section.number}. bölüm)" for section in sections for name in section.missing
    )

"""RAPOR.html: one page without scripts, pictures or anything from elsewhere."""

from functools import lru_cache
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from ledger.reporting.blocks import MISSING
from ledger.reporting.facts import ReportFacts
from ledger.reporting.outline import outline
from ledger.reporting.phrasing import visible

_TEMPLATE: Final = "report.html.j2"


def html(facts: ReportFacts) -> bytes:
    """The report in UTF-8; the same facts give the same bytes. Raises ReportRefused."""
    return _template().render(document=outline(facts), missing=MISSING).encode("utf-8")


@lru_cache(maxsize=1)
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("ledger.reporting"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_plain,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(_TEMPLATE)


def _plain(value: object) -> object:
    """Of every value that the template prints: no text can hide or turn another."""
    return visible(value) if isinstance(value, str) else value

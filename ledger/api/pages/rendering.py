"""Templates to answers. Everything that is printed is escaped, and nothing is fetched from
elsewhere: the page's own rule for browsers says so (Content-Security-Policy)."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import Response

from ledger.api.pages.paths import CALENDAR, DUE, LOG_OUT, OFFICE, SEARCH, STYLE
from ledger.reporting.phrasing import visible

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'"
    ),
    # Not `no-referrer`: a browser would then call the origin of our own forms `null`.
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
TABS: Final = ((DUE, "Süreler"), (CALENDAR, "Mutabakat takvimi"), (SEARCH, "Adres ara"))


def page(
    template: str, status: int = 200, headers: Mapping[str, str] | None = None, **values: object
) -> Response:
    """A page of the office; `values` are the template's, and `brands` and `brand` the layout's."""
    html = (
        _environment()
        .get_template(f"{template}.html.j2")
        .render(tabs=TABS, style=STYLE, log_out=LOG_OUT, **values)
    )
    every = {**HEADERS, **(headers or {})}
    return Response(html.encode(), status, every, media_type="text/html; charset=utf-8")


def refused_page(status: int, said: str, headers: Mapping[str, str] | None) -> Response:
    """The page of an error; `said` quotes nothing of what was asked."""
    title = "Sayfa gösterilemiyor"
    return page("error", status, headers, title=title, brands=(), said=said, office=OFFICE)


@lru_cache(maxsize=1)
def style() -> bytes:
    """How the pages look."""
    loader = _environment().loader
    assert loader is not None
    return loader.get_source(_environment(), "stil.css")[0].encode()


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("ledger.api.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_plain,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _plain(value: object) -> object:
    """Of every value that is printed: no text can hide or turn another."""
    return visible(value) if isinstance(value, str) else value

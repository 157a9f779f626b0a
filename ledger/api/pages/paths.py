"""Where the office is, and which of its paths ask for no key."""

from typing import Final

OFFICE: Final = "/ofis"
LOG_IN: Final = f"{OFFICE}/giris"
LOG_OUT: Final = f"{OFFICE}/cikis"
STYLE: Final = f"{OFFICE}/stil.css"
DUE: Final = f"{OFFICE}/sureler"
CALENDAR: Final = f"{OFFICE}/mutabakat"
SEARCH: Final = f"{OFFICE}/adres"


def is_page(path: str) -> bool:
    """Whether a path is one of the office's."""
    return path == OFFICE or path.startswith(f"{OFFICE}/")


def is_open_page(path: str) -> bool:
    """Whether it asks for no key: the way in and out, and how it all looks."""
    return path in (LOG_IN, LOG_OUT, STYLE)

"""Who may see a page: the holder of an API key, which the browser keeps in a cookie.

The cookie is the key itself, for the session and for these pages only: whoever revokes the key ends
the session, and nothing is kept here. No page changes anything, so none can be made to.
"""

from contextlib import suppress
from http.cookies import CookieError, SimpleCookie
from typing import Final

from ledger.api.bodies import BodyRule, Headers
from ledger.api.pages.paths import LOG_IN
from ledger.api.problems import Problem

COOKIE: Final = "izin_oturum"
FORM: Final = b"application/x-www-form-urlencoded"
FORM_BYTES_MAX: Final = 4_096
FORM_SECONDS_MAX: Final = 10.0

FORM_RULE: Final = BodyRule(FORM_BYTES_MAX, FORM_SECONDS_MAX, media=frozenset({FORM}))


def key_of(headers: Headers) -> str:
    """The key in the cookie, which lets nobody in where there is none: then it is empty."""
    cookies = SimpleCookie()
    with suppress(CookieError):
        cookies.load(headers.get(b"cookie", b"").decode("latin-1"))
    return cookies[COOKIE].value if COOKIE in cookies else ""


def the_way_in() -> Problem:
    """Whoever has no key is asked for one."""
    return Problem(303, "L-KEY", headers={"Location": LOG_IN})


def expect_own_form(headers: Headers) -> None:
    """A form comes from our own page; browsers say so (RFC 6454 §7). Raises Problem 403."""
    origin = headers.get(b"origin")
    if origin is not None and origin.partition(b"://")[2] != headers.get(b"host"):
        raise Problem(403, "L-ORIGIN")


def is_secure(headers: Headers, scheme: str) -> bool:
    """Whether the browser came over TLS: to us, or to a proxy before us, of which only the form's
    origin tells."""
    return scheme == "https" or headers.get(b"origin", b"").startswith(b"https://")

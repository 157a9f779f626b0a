"""A service with something for its officers to see, and the way into their pages."""

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from html import unescape

import httpx

from ledger import clock
from ledger.clock import ISTANBUL
from ledger.recording.day_ports import DayKept, DayState
from ledger.vocabulary import BrandCode, Role
from tests.acceptance.services import BRAND, IYS_CODE, Running, a_mailbox, a_phone, an_item

LOG_IN, LOG_OUT, DUE = "/ofis/giris", "/ofis/cikis", "/ofis/sureler"
CALENDAR, SEARCH = "/ofis/mutabakat", "/ofis/adres"
HOSTILE = BrandCode(424242)
HOSTILE_NAME = "<script>alert(1)</script>\"'&\u202eters"
MONTH = "2026-02"
"""One that is over, four weeks long from a Sunday on."""
DAYS = {
    2: (DayState.EQUAL, 0, False),
    3: (DayState.EQUAL, 0, True),
    4: (DayState.EXPLAINED, 0, False),
    5: (DayState.OPEN, 7, False),
    6: (DayState.OPEN, 1, True),
}
"""By day of the month: state, open rows, whether agreed. What follows was missed, up to a week ago:
nothing is known of it."""


def today() -> date:
    """In Türkiye."""
    return clock.now().astimezone(ISTANBUL).date()


def fill_days(http: Running) -> None:
    """`DAYS` of `MONTH`."""
    for day, (state, open_rows, agreed) in DAYS.items():
        http.home.days(IYS_CODE).note(
            DayKept(
                brand_code=BrandCode(BRAND),
                day=date.fromisoformat(f"{MONTH}-{day:02}"),
                state=state,
                checked_at=clock.now(),
                open_rows=open_rows,
                agreed=agreed,
            )
        )


def fill_consents(http: Running) -> str:
    """Consents that wait for İYS, one of them for too long; the telephone number of one."""
    phone = a_phone()
    http.item(an_item(recipient=phone))
    http.item(an_item(recipient=a_mailbox(), type="EPOSTA"))
    http.item(an_item(recipient=a_phone(), consentDate=days_ago(20)))
    http.home.follow(IYS_CODE)
    return phone


def days_ago(days: int) -> str:
    """In İYS's form."""
    return clock.iys_text(clock.now() - timedelta(days=days))


def a_key(http: Running, role: Role, brands: Sequence[BrandCode] | None = None) -> tuple[str, str]:
    """Id and token of a new key; the service knows of it 2 s later at most."""
    return http.home.keys.add(
        role.value, role, IYS_CODE, brands=brands, created_by="system:test", expires_at=None
    )


def until(http: Running, token: str, *, is_known: bool) -> None:
    """Wait till the service lets the key in, or does not any more."""
    end = time.monotonic() + 3
    while (http.client.get("/metrics", headers=bearer(token)).status_code != 401) is not is_known:
        assert time.monotonic() < end
        time.sleep(0.02)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@contextmanager
def logged_in(http: Running, token: str) -> Iterator[httpx.Client]:
    """A caller who keeps the cookie as a browser does."""
    with httpx.Client(base_url=http.client.base_url, timeout=60) as client:
        answered = client.post(LOG_IN, data={"anahtar": token})
        assert (answered.status_code, answered.headers["location"]) == (303, DUE), answered.text
        yield client


def search(client: httpx.Client, text: str, brand: int = BRAND) -> httpx.Response:
    """The answer to the search's form."""
    return client.post(f"{SEARCH}?marka={brand}", data={"adres": text})


def cells(page: httpx.Response) -> list[str]:
    """The text of every cell of the page's tables."""
    return [plain(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", page.text, re.DOTALL)]


def alert(page: httpx.Response) -> str:
    """What the page of an error, or of a refused form, says."""
    _, _, rest = page.text.partition('<p role="alert">')
    return plain(rest.partition("</p>")[0])


def plain(html: str) -> str:
    """A text without its marks, blanks made one."""
    return " ".join(unescape(re.sub(r"<[^>]+>", "", html)).split())

"""The officer's pages as a browser shows them, JavaScript switched off."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.browser import Browser, a_browser
from tests.acceptance.office import (
    CALENDAR,
    DUE,
    HOSTILE,
    HOSTILE_NAME,
    LOG_IN,
    MONTH,
    SEARCH,
    fill_consents,
    fill_days,
)
from tests.acceptance.services import BRAND, IYS_CODE, Running
from tests.acceptance.wire import KEY


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with a_browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


def test_an_officer_logs_in_looks_around_and_logs_out(http: Running, browser: Browser) -> None:
    base = str(http.client.base_url)
    fill_days(http)
    phone = fill_consents(http)

    browser.open(base + DUE)
    assert (browser.url, browser.texts("h1")) == (base + LOG_IN, ["Giriş"])
    browser.type("#anahtar", "izin_0000_wrong")
    browser.follow("main button")
    assert browser.texts("[role=alert]")[0].startswith("Anahtar geçersiz")
    assert browser.cookies() == []

    browser.type("#anahtar", KEY)
    browser.follow("main button")
    assert (browser.url, browser.texts("h1")) == (base + DUE, ["Süreler"])
    assert browser.texts("tbody tr:first-child td")[:3] == ["e-posta", "ONAY", "1"]

    browser.follow(f'nav a[href^="{CALENDAR}"]')
    assert browser.texts("h1") == ["Mutabakat takvimi"]
    browser.open(f"{base}{CALENDAR}?marka={BRAND}&ay={MONTH}")
    assert browser.texts(f"#gun-{MONTH}-05") == ["5\naçık fark 7"]
    browser.follow('nav[aria-label="Ay"] a:first-child')
    assert browser.texts("caption") == ["Ocak 2026, gün gün"]

    browser.follow(f'nav a[href^="{SEARCH}"]')
    browser.type("#adres", phone)
    browser.follow("main button")
    assert browser.url == f"{base}{SEARCH}?marka={BRAND}"
    assert browser.texts("#aranan") == [phone]
    assert "onay" in browser.texts("tbody td")

    browser.follow("header .out button")
    assert (browser.url, browser.cookies()) == (base + LOG_IN, [])
    browser.open(base + SEARCH)
    assert browser.url == base + LOG_IN
    requested = browser.requested()
    requested = requested[requested.index(base + DUE) :]  # what came before was Chromium's own page
    assert all(url.startswith(f"{base}/ofis/") for url in requested)
    assert not any(phone[3:] in url or KEY in url for url in requested)
    assert [one for one in browser.complaints() if "403" not in one] == []  # the wrong key's


def test_a_brand_is_chosen_from_a_list_and_its_name_is_only_a_name(
    http: Running, browser: Browser
) -> None:
    base = str(http.client.base_url)
    http.home.add_brand(IYS_CODE, HOSTILE, HOSTILE_NAME, actor="system:test")
    browser.open(base + LOG_IN)
    browser.type("#anahtar", KEY)
    browser.follow("main button")

    browser.click(f'option[value="{HOSTILE}"]')
    browser.follow("header form:not(.out) button")

    assert browser.url == f"{base}{DUE}?marka={HOSTILE}"
    assert browser.texts("main > p")[0].startswith("<script>alert(1)</script>\"'&‹U+202E›ters")
    assert browser.texts("script") == []


def test_the_cookie_is_kept_from_other_sites_and_from_scripts(
    http: Running, browser: Browser
) -> None:
    browser.open(f"{http.client.base_url}{DUE}")

    (cookie,) = browser.cookies()

    assert (cookie["name"], cookie["path"]) == ("izin_oturum", "/ofis")
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    assert "expiry" not in cookie


def test_a_form_on_another_site_does_nothing(
    http: Running, browser: Browser, tmp_path: Path
) -> None:
    """A page from a file has the origin `null`; the browser sends it no cookie along."""
    page = tmp_path / "elsewhere.html"
    target = f"{http.client.base_url}{LOG_IN}"
    page.write_text(
        f'<form method="post" action="{target}"><input name="anahtar" value="{KEY}">'
        "<button>x</button></form>"
    )
    browser.open(page.as_uri())

    browser.follow("button")

    assert browser.texts("[role=alert]") == ["Form bu sayfalardan gelmedi."]

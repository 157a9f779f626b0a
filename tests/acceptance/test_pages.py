"""The officer's pages over HTTP: who gets in, what they say, and what they never do."""

from collections.abc import Iterator
from datetime import timedelta
from html import unescape

import httpx
import pytest

from ledger.api.access import ALLOWED, Action
from ledger.api.app import PAGES
from ledger.api.pages.calendar import LEGEND
from ledger.api.service import Service
from ledger.recording.day_words import STATES
from ledger.vocabulary import BrandCode, Role
from tests.acceptance.office import (
    CALENDAR,
    DUE,
    HOSTILE,
    HOSTILE_NAME,
    LOG_IN,
    LOG_OUT,
    MONTH,
    SEARCH,
    a_key,
    alert,
    bearer,
    cells,
    fill_consents,
    fill_days,
    logged_in,
    plain,
    search,
    today,
    until,
)
from tests.acceptance.services import BRAND, FOREIGN, IYS_CODE, SISTER, Running, a_phone
from tests.acceptance.wire import KEY
from tests.integration.waiting import eventually

PAGES_SHOWN = (DUE, CALENDAR, SEARCH)
NARROW = {Role.COMPLIANCE: [BrandCode(SISTER)]}


@pytest.fixture(scope="module")
def phone(http: Running) -> str:
    """A number that the ledger knows; the days of a month, and a brand with a hostile name."""
    http.home.add_brand(IYS_CODE, HOSTILE, HOSTILE_NAME, actor="system:test")
    fill_days(http)
    return fill_consents(http)


@pytest.fixture(scope="module")
def tokens(http: Running) -> dict[Role, str]:
    """A key of each role for one provider, that of the compliance officer for one brand."""
    made = {role: a_key(http, role, NARROW.get(role))[1] for role in Role}
    for token in made.values():
        until(http, token, is_known=True)
    return made


@pytest.fixture(scope="module")
def admin(http: Running, phone: str) -> Iterator[httpx.Client]:
    with logged_in(http, KEY) as client:
        yield client


@pytest.fixture
def nobody(http: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=http.client.base_url, timeout=60) as client:
        yield client


# Who gets in.


def test_who_has_no_key_is_led_to_the_way_in(http: Running, nobody: httpx.Client) -> None:
    every = {
        (method, route.path)  # type: ignore[attr-defined]  # an APIRoute
        for router in PAGES
        for route in router(Service(http.home)).routes
        for method in route.methods  # type: ignore[attr-defined]  # an APIRoute
    }
    is_open = {("GET", LOG_IN), ("POST", LOG_IN), ("POST", LOG_OUT), ("GET", "/ofis/stil.css")}

    for cookie in ("", "izin_oturum=wrong", 'izin_oturum="', "; =,izin_oturum", "other=" + KEY):
        for method, path in every - is_open | {("GET", "/ofis/nowhere")}:
            given = {"cookie": cookie, "content-type": "application/x-www-form-urlencoded"}
            answered = nobody.request(method, path, headers=given)
            assert (answered.status_code, answered.headers["location"]) == (303, LOG_IN)
    assert nobody.get(LOG_IN).status_code == 200
    assert every > is_open


@pytest.mark.parametrize("role", Role)
def test_the_roles_of_the_table_get_in_and_no_others(
    nobody: httpx.Client, tokens: dict[Role, str], role: Role
) -> None:
    token = tokens[role]

    entered = nobody.post(LOG_IN, data={"anahtar": f" {token}\n"})
    shown = [nobody.get(path, headers={"cookie": f"izin_oturum={token}"}) for path in PAGES_SHOWN]

    if role in ALLOWED[Action.OFFICE]:
        assert entered.status_code == 303
        assert [one.status_code for one in shown] == [200] * 3
    else:
        assert (entered.status_code, "set-cookie" in entered.headers) == (403, False)
        assert "yetkisi yok" in alert(entered)
        assert [one.status_code for one in shown] == [403] * 3


def test_a_wrong_key_gets_nobody_in_and_is_not_repeated(nobody: httpx.Client) -> None:
    for key in ("", "izin_0000_wrong", "<b>", "ş" * 300):
        answered = nobody.post(LOG_IN, data={"anahtar": key})
        assert (answered.status_code, "set-cookie" in answered.headers) == (403, False)
        assert "Anahtar geçersiz" in alert(answered)
        assert not key or key not in answered.text


@pytest.mark.parametrize(("scheme", "is_secure"), [("http", False), ("https", True)])
def test_the_cookie_is_for_the_pages_alone(
    http: Running, nobody: httpx.Client, scheme: str, is_secure: bool
) -> None:
    """Over TLS the browser speaks to a proxy; the host is whatever it calls itself."""
    given = {"host": "izin.example:8443", "origin": f"{scheme}://izin.example:8443"}

    answered = nobody.post(LOG_IN, data={"anahtar": KEY}, headers=given)

    value, *flags = answered.headers["set-cookie"].split("; ")
    assert value == f"izin_oturum={KEY}"
    usual = {"HttpOnly", "Path=/ofis", "SameSite=strict"}
    assert set(flags) == (usual | {"Secure"} if is_secure else usual)
    asked = nobody.get("/metrics", headers={"cookie": value})
    assert (asked.status_code, asked.json()["code"]) == (401, "L-KEY")


def test_a_key_that_is_revoked_ends_the_session(http: Running) -> None:
    key_id, token = a_key(http, Role.AUDITOR)
    until(http, token, is_known=True)
    with logged_in(http, token) as auditor:
        assert auditor.get(DUE).status_code == 200

        http.home.keys.revoke(key_id)
        until(http, token, is_known=False)

        assert auditor.get(DUE).headers["location"] == LOG_IN


def test_logging_out_takes_the_cookie(http: Running) -> None:
    with logged_in(http, KEY) as client:
        left = client.post(LOG_OUT, headers={"content-type": "application/x-www-form-urlencoded"})

        assert (left.status_code, left.headers["location"]) == (303, LOG_IN)
        assert not client.cookies
        assert client.get(DUE).headers["location"] == LOG_IN


@pytest.mark.parametrize("origin", ["https://kotu.example", "null", "http://127.0.0.1:1", ""])
@pytest.mark.parametrize("path", [LOG_IN, LOG_OUT, SEARCH])
def test_a_form_from_elsewhere_is_refused(admin: httpx.Client, path: str, origin: str) -> None:
    form = {"anahtar": KEY, "adres": "x"}

    answered = admin.post(path, data=form, headers={"origin": origin})

    assert (answered.status_code, "set-cookie" in answered.headers) == (403, False)
    assert alert(answered) == "Form bu sayfalardan gelmedi."


@pytest.mark.parametrize(
    ("body", "media", "status"),
    [
        (b"anahtar=" + b"a" * 5_000, "application/x-www-form-urlencoded", 413),
        (b'{"anahtar": "a"}', "application/json", 415),
        (b"--x--", "multipart/form-data; boundary=x", 415),
        (b"\xff%ff&&=&;anahtar", "application/x-www-form-urlencoded", 403),
    ],
)
def test_only_a_small_form_lets_in(
    nobody: httpx.Client, body: bytes, media: str, status: int
) -> None:
    answered = nobody.post(LOG_IN, content=body, headers={"content-type": media})

    assert answered.status_code == status
    assert answered.headers["content-type"] == "text/html; charset=utf-8"


# Which brands.


def test_a_key_sees_its_own_brands_and_of_others_not_whether_they_exist(
    http: Running, admin: httpx.Client, tokens: dict[Role, str]
) -> None:
    with logged_in(http, tokens[Role.COMPLIANCE]) as narrow:
        for path in PAGES_SHOWN:
            first, named = narrow.get(path), narrow.get(f"{path}?marka={SISTER}")
            others = [narrow.get(f"{path}?marka={code}") for code in (BRAND, FOREIGN, 999, "x")]

            assert first.text == named.text or path == DUE  # which tells the second
            assert "Kardeş (654321)" in plain(first.text)
            assert "Başka" not in first.text and "123456" not in first.text
            assert {one.status_code for one in others} == {404}
            assert len({one.text for one in others}) == 1
        assert search(narrow, a_phone(), FOREIGN).status_code == 404
    everyone = plain(admin.get(DUE).text)
    assert "Kardeş (654321)" in everyone and "Başka (777777)" in everyone


# What they say.


def test_deadlines_are_counted_and_listed(admin: httpx.Client) -> None:
    answered = admin.get(f"{DUE}?marka={BRAND}")

    found = cells(answered)
    assert answered.status_code == 200
    assert found[:14] == [
        *("e-posta", "ONAY", "1", "0", "0", "0", "0"),
        *("kısa mesaj (SMS) ve benzeri ileti", "ONAY", "2", "0", "1", "1", "1"),
    ]
    assert found.count("son yasal süre geçti") == 1
    assert found.count("teyidin günü geçti") == 1
    assert "Üç iş günü içinde İYS'ye kaydedilmeyen onay geçersizdir" in plain(answered.text)


def test_a_brand_without_anything_says_so(admin: httpx.Client) -> None:
    found = cells(admin.get(f"{DUE}?marka={FOREIGN}"))

    assert found == ["Bekleyen yok.", "Teyit gerektiren onay yok."]


def test_the_calendar_tells_each_day_in_words(admin: httpx.Client) -> None:
    answered = admin.get(f"{CALENDAR}?marka={BRAND}&ay={MONTH}")

    found = cells(answered)
    assert len(found) == 5 * 7
    assert found[:6] == [""] * 6  # February 2026 begins on a Sunday
    assert found[6:9] == ["1", "2 eşit", "3 eşit, mutabık"]
    assert found[9:11] == ["4 açıklandı", "5 açık fark 7"]
    assert found[11:13] == ["6 açık fark 1, İYS'de mutabık görünüyor", "7 dosya alınmadı"]
    assert found[33:] == ["28 dosya alınmadı", ""]
    assert "Şubat 2026" in answered.text
    legend = [text for state, text in LEGEND.items() if STATES[state][0] in answered.text]
    assert len(legend) == 5 and all(plain(text) in plain(answered.text) for text in legend)


def test_the_month_of_today_tells_what_waits_and_nothing_of_days_to_come(
    admin: httpx.Client,
) -> None:
    yesterday = today() - timedelta(days=1)

    answered = admin.get(f"{CALENDAR}?marka={BRAND}&ay={yesterday:%Y-%m}")
    this = admin.get(f"{CALENDAR}?marka={BRAND}")

    assert f"{yesterday.day} bekliyor" in cells(answered)
    ahead = [one for one in cells(this) if one.isdigit() and int(one) >= today().day]
    assert f"{today().day}" in ahead
    assert "Sonraki ay" not in this.text


def test_months_lead_to_months(admin: httpx.Client) -> None:
    answered = admin.get(f"{CALENDAR}?marka={BRAND}&ay=2026-01")
    oldest = admin.get(f"{CALENDAR}?marka={BRAND}&ay=2015-05")

    assert f'href="?marka={BRAND}&amp;ay=2025-12"' in answered.text
    assert f'href="?marka={BRAND}&amp;ay=2026-02"' in answered.text
    assert "Önceki ay" not in oldest.text and "ay=2015-06" in oldest.text


@pytest.mark.parametrize(
    "month", ["2015-04", "2099-12", "2026-13", "2026-00", "2026-2", "9999-12", "２０２６-01", "x"]
)
def test_a_month_that_is_none_is_not_found(admin: httpx.Client, month: str) -> None:
    answered = admin.get(CALENDAR, params={"ay": month})

    assert (answered.status_code, alert(answered)) == (404, "Bulunamadı.")


@pytest.mark.parametrize("path", PAGES_SHOWN)
def test_what_a_query_may_not_hold_is_refused_and_not_repeated(
    admin: httpx.Client, path: str
) -> None:
    for query in ("gizli=%3Cscript%3E", "marka=123456&marka=654321", "ay=2026-01&ay=2026-02"):
        answered = admin.get(f"{path}?{query}")
        assert (answered.status_code, alert(answered)) == (422, "Bilinmeyen sorgu parametresi.")
        assert "gizli" not in answered.text and "script" not in answered.text


# The search.


def test_an_address_shows_both_lines_and_all_that_happened(
    http: Running, admin: httpx.Client, phone: str
) -> None:
    http.register(other := a_phone())

    waiting, registered = search(admin, phone), search(admin, f"0{other[3:6]} {other[6:]}")

    assert waiting.status_code == registered.status_code == 200
    said = plain(waiting.text)
    assert "gönderilemez: onay İYS'de henüz kayıtlı değil (İYS'ye gönderilmek üzere)" in said
    assert "Kişi çizgisi onay verildi" in said
    assert "İYS bu izin için bir şey göstermedi; defterdeki hareket İYS'ye iletilmeyi" in said
    assert cells(waiting)[:2] == ["Kişi", "onay"] and len(cells(waiting)) == 7
    assert f"Aranan: {other} " in plain(registered.text)
    assert "gönderilebilir: gönderime açık" in plain(registered.text)
    assert "İYS çizgisi İYS onay gösterdi" in plain(registered.text)
    lines = cells(registered)
    assert [lines[0:2], lines[7:9]] == [["Kişi", "onay"], ["İYS", "İYS onay gösterdi"]]
    assert "hizmet sağlayıcının internet sitesi" in lines[5]
    assert plain(registered.text).count("Kayıtlı hareket yok.") == 1  # on the other channel


def test_a_mailbox_is_looked_up_as_one(admin: httpx.Client) -> None:
    answered = search(admin, "  Kimse.Yok@Ornek.com.tr ")

    assert "Aranan: kimse.yok@ornek.com.tr" in plain(answered.text)
    assert "e-posta · birey (tüketici)" in plain(answered.text)
    assert "onay kaydı yok (bu adresten bir kayıt yok)" in plain(answered.text)


@pytest.mark.parametrize(
    ("text", "said"), [("", "verilmemiş"), ("4441234", "telefon numarası"), ("a@b", "e-posta")]
)
def test_what_is_no_address_is_said_to_be_none_and_not_repeated(
    admin: httpx.Client, text: str, said: str
) -> None:
    answered = search(admin, text)

    assert answered.status_code == 422
    assert said in alert(answered)
    assert not text or text not in answered.text


def test_a_search_is_in_the_access_log_and_the_address_nowhere(
    http: Running, tokens: dict[Role, str]
) -> None:
    http.register(phone := a_phone())
    token = tokens[Role.AUDITOR]
    with logged_in(http, token) as auditor:
        search(auditor, phone)
        search(auditor, "<script>" + phone)

    def noted() -> list[tuple[str, int | None, int]]:
        log = http.home.access_log(IYS_CODE)
        return [
            (one.action, one.brand_code, one.items)
            for one in log.newest(1_000)
            if one.actor == f"key:{token.split('_')[1]}"
        ]

    eventually(lambda: len(noted()) == 2, "both channels are noted")
    assert set(noted()) == {("history", BRAND, 2), ("history", BRAND, 0)}
    metrics = http.client.get("/metrics", headers=bearer(KEY)).text
    assert f'route="{SEARCH}"' in metrics
    for secret in (phone[3:], token, KEY):
        assert secret not in http.errors() + metrics


# What they never do.


def test_hostile_names_are_shown_and_do_nothing(admin: httpx.Client) -> None:
    for path in PAGES_SHOWN:
        answered = admin.get(f"{path}?marka={HOSTILE}")
        assert "<script" not in answered.text and "\u202e" not in answered.text
        assert "<script>alert(1)</script>\"'&‹U+202E›ters" in unescape(answered.text)


def test_every_answer_forbids_what_is_not_needed(admin: httpx.Client, nobody: httpx.Client) -> None:
    answers = [admin.get(path) for path in (*PAGES_SHOWN, "/ofis/nowhere", "/ofis/", LOG_IN)]
    answers += [search(admin, a_phone()), search(admin, "x"), nobody.get(DUE)]
    answers += [admin.post(DUE, data={"a": "b"}), admin.head(DUE), admin.get(f"{DUE}?x=1")]

    for answered in answers:
        headers = answered.headers
        assert headers["content-type"] == "text/html; charset=utf-8"
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["x-frame-options"] == "DENY"
        policy = set(headers["content-security-policy"].split("; "))
        assert {"default-src 'none'", "form-action 'self'", "frame-ancestors 'none'"} < policy
        assert "unsafe" not in headers["content-security-policy"]
        for forbidden in ("<script", " style=", " onload", "http://", "https://"):
            assert forbidden not in answered.text
    statuses = [one.status_code for one in answers]
    assert statuses == [200, 200, 200, 404, 400, 200, 200, 422, 303, 405, 405, 422]


def test_an_error_is_a_page_in_turkish_whatever_the_browser_speaks(admin: httpx.Client) -> None:
    answered = admin.get("/ofis/nowhere", headers={"accept-language": "en"})

    assert alert(answered) == "Bulunamadı."
    assert 'lang="tr"' in answered.text and "nowhere" not in answered.text

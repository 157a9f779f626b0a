"""Tokens with their life and rotation; how often somebody may ask; the 70 % guard."""

import base64
import json
from typing import Any

import pytest

from ledger.iys_twin.quotas import SuccessGuard
from ledger.iys_twin.times import DAY, HOUR, wall_of
from tests.twin.twin_harness import (
    BRAND_PATH,
    IYS_CODE,
    PHONE,
    START,
    TwinHarness,
    codes,
    twin_harness,
)

ABSENT = object()
PASSWORD = {"grant_type": "password", "username": "twin", "password": "twin-password"}
REFRESH = {"grant_type": "refresh_token", "refresh_token": "x.y.z"}
QUERY = {"recipient": PHONE, "recipientType": "BIREYSEL", "type": "MESAJ"}
BRANDS = f"/sps/{IYS_CODE}/brands"

REFUSALS: list[tuple[dict[str, Any], dict[str, Any], str, str]] = [
    (PASSWORD, {"grant_type": ABSENT}, "invalid_request", "Giriş yöntemi belirtilmemiş."),
    (PASSWORD, {"grant_type": "magic"}, "invalid_request", "Bilinmeyen giriş yöntemi."),
    (PASSWORD, {"grant_type": ""}, "invalid_grant", "Giriş yöntemi boş olamaz."),
    (PASSWORD, {"grant_type": 1}, "invalid_grant", "Desteklenmeyen giriş yöntemi."),
    (
        PASSWORD,
        {"grant_type": "client_credentials"},
        "unsupported_grant_type",
        "Desteklenmeyen giriş yöntemi.",
    ),
    (REFRESH, {"refresh_token": ABSENT}, "invalid_request", "Yenileme jetonu verilmemiş."),
    (REFRESH, {"refresh_token": 1}, "invalid_request", "Desteklenmeyen yenileme jetonu türü."),
    (REFRESH, {"refresh_token": ""}, "invalid_grant", "Yenileme jetonu boş olamaz."),
    (REFRESH, {}, "invalid_grant", "Yenileme jetonu geçersiz."),
    (PASSWORD, {"password": ABSENT}, "invalid_request", "Şifre verilmemiş."),
    (PASSWORD, {"password": 1}, "invalid_request", "Desteklenmeyen şifre türü."),
    (PASSWORD, {"password": ""}, "invalid_grant", "Şifre boş bırakılamaz."),
    (PASSWORD, {"username": ABSENT}, "invalid_request", "Kullanıcı adı verilmemiş."),
    (PASSWORD, {"username": 1}, "invalid_request", "Desteklenmeyen kullanıcı adı türü."),
    (PASSWORD, {"username": ""}, "invalid_grant", "Kullanıcı adı boş bırakılamaz."),
    (PASSWORD, {"password": "x"}, "invalid_request", "Kullanıcı kimlik bilgileri geçersiz."),
    (PASSWORD, {"username": "x"}, "invalid_request", "Kullanıcı kimlik bilgileri geçersiz."),
]


@pytest.mark.parametrize(("whole", "changes", "error", "description"), REFUSALS)
def test_a_log_in_is_refused_in_oauths_shape(
    whole: dict[str, Any],
    changes: dict[str, Any],
    error: str,
    description: str,
    twin: TwinHarness,
) -> None:
    form = {name: one for name, one in {**whole, **changes}.items() if one is not ABSENT}

    answer = twin.post("/oauth2/token", form, logged_in=False)

    assert answer.status_code == 400
    assert answer.json() == {"error": error, "error_description": description}


def test_a_form_logs_in_as_json_does(twin: TwinHarness) -> None:
    answer = twin.request("POST", "/oauth2/token", data=PASSWORD, logged_in=False)
    assert answer.status_code == 200
    assert (answer.json()["expires_in"], answer.json()["refresh_expires_in"]) == (7200, 14400)


def test_the_access_token_tells_what_is_documented(twin: TwinHarness) -> None:
    token = twin.log_in().json()["access_token"]

    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))

    assert claims["serviceProvider"]["iysCode"] == str(IYS_CODE)
    assert [one["brandCode"] for one in claims["brands"]] == ["678910", "678911"]
    assert "API_USER" in claims["realm_access"]["roles"]
    assert claims["exp"] - claims["iat"] == 7_200


def test_an_access_token_lives_two_hours_to_the_second(twin: TwinHarness) -> None:
    twin.advance(log_in=False, seconds=7_199)
    assert twin.get(BRANDS).status_code == 200
    twin.advance(log_in=False, seconds=1)
    late = twin.get(BRANDS)
    assert late.status_code == 401 and codes(late) == ["H351"]


@pytest.mark.parametrize("part", [0, 1, 2])
def test_a_token_that_was_touched_is_none(part: int, twin: TwinHarness) -> None:
    parts = twin.headers["Authorization"].split(".")
    parts[part] = parts[part][:-2] + ("AA" if parts[part][-2:] != "AA" else "BB")

    answer = twin.get(BRANDS, headers={"Authorization": ".".join(parts)})

    assert answer.status_code == 401


def test_a_refresh_token_is_good_once_and_gives_the_next(twin: TwinHarness) -> None:
    first = twin.log_in().json()
    form = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    twin.advance(log_in=False, seconds=14_399)

    second = twin.post("/oauth2/token", form, logged_in=False)
    again = twin.post("/oauth2/token", form, logged_in=False)
    third = twin.post("/oauth2/token", {**form, "refresh_token": second.json()["refresh_token"]})
    as_access = twin.get(BRANDS, headers={"Authorization": f"Bearer {first['refresh_token']}"})
    twin.advance(log_in=False, seconds=14_400)
    late = {**form, "refresh_token": third.json()["refresh_token"]}

    assert (second.status_code, again.status_code, third.status_code) == (200, 400, 200)
    assert as_access.status_code == 401
    assert twin.post("/oauth2/token", late, logged_in=False).status_code == 400


def test_ten_requests_a_second_by_the_real_clock() -> None:
    with twin_harness(requests_per_second=10) as twin:
        twin.real_seconds = 100.0
        answers = [twin.get(BRANDS) for _ in range(11)]
        twin.real_seconds = 101.0
        later = twin.get(BRANDS)

    assert [one.status_code for one in answers] == [200] * 10 + [429]
    assert codes(answers[-1]) == ["H124"] and later.status_code == 200


def test_who_asks_for_tokens_too_soon_waits_anew() -> None:
    with twin_harness(tokens_per_hour=2) as twin:
        assert [twin.log_in().status_code for _ in range(2)] == [200, 429]
        twin.advance(log_in=False, minutes=50)
        assert twin.log_in().status_code == 429  # and the hour begins again
        twin.advance(log_in=False, minutes=59)
        assert twin.log_in().status_code == 429
        twin.advance(log_in=False, minutes=60)
        assert twin.log_in().status_code == 200


def test_the_token_limit_can_be_told_flat() -> None:
    with twin_harness(tokens_per_hour=1, token_limit_shape="flat") as twin:
        told = twin.log_in()

    assert told.status_code == 429 and set(told.json()) == {"code", "message"}
    assert told.json()["code"] == "H084"


@pytest.mark.parametrize(
    ("path", "setting", "code"),
    [("status", "statuses_per_hour", "H086"), ("history", "histories_per_hour", "H089")],
)
def test_an_hours_questions(path: str, setting: str, code: str) -> None:
    with twin_harness(**{setting: 2}) as twin:
        twin.add()
        answers = [twin.post(f"{BRAND_PATH}/consents/{path}", QUERY) for _ in range(3)]
        twin.advance(hours=1)
        later = twin.post(f"{BRAND_PATH}/consents/{path}", QUERY)

    assert [one.status_code for one in answers] == [200, 200, 429]
    assert codes(answers[-1]) == [code] and later.status_code == 200


@pytest.mark.parametrize(("calls", "state"), [(19_999, "ok"), (20_000, "noticed")])
def test_the_guard_looks_from_20_000_calls_on(calls: int, state: str) -> None:
    guard, at = SuccessGuard(), wall_of(START)
    for number in range(calls):
        guard.count(200 if number % 10 < 6 else 422, at)

    assert guard.report(at).state == state
    assert guard.report(at).success_ratio == 0.6
    assert guard.report(at).noticed_at == (START if state == "noticed" else None)


def test_the_guard_takes_only_the_callers_own_failures() -> None:
    guard, at = SuccessGuard(), wall_of(START)
    for status in (500, 503, 429, 200):
        for _ in range(5_000):
            guard.count(status, at)

    assert guard.report(at).state == "ok" and guard.report(at).failures == 0


def test_the_guard_lets_go_when_the_ratio_is_well_again() -> None:
    guard, at = SuccessGuard(), wall_of(START)
    for _ in range(20_000):
        guard.count(401, at)
    assert guard.report(at + 96 * HOUR - 73 * HOUR).state == "noticed"
    assert guard.report(at + 2 * DAY).state == "ok"


def test_the_guard_would_remove_who_stays_low() -> None:
    guard, at = SuccessGuard(), wall_of(START)
    for day in range(5):
        for _ in range(20_000):
            guard.count(401, at + day * 23 * HOUR)

    assert guard.report(at + 4 * 23 * HOUR).state == "noticed"
    assert guard.report(at + 96 * HOUR).state == "removed"

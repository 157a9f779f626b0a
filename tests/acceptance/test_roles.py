"""Every role on every route and every kind of brand, over HTTP: the whole table.

A route that the service has and `ROWS` has not fails here: say who may use it.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, cast

import httpx
import pytest

from ledger import bootstrap
from ledger.api.access import ALLOWED, Action
from ledger.api.app import create_app
from ledger.api.iys_push import PATH
from ledger.api.service import Ledgers
from ledger.settings import Settings
from ledger.store.providers import ProviderDetails
from ledger.vocabulary import BrandCode, IysCode, Role
from tests.acceptance.wire import KEY, serving

OURS, THEIRS = IysCode(123456), IysCode(654321)
OWN, OUTSIDE, FOREIGN, NOBODYS = 123456, 123457, 654321, 999
BRAND = "{brand_code}"
ASKED = {"recipient": "+905010000401", "type": "MESAJ"}
CONSENT = {**ASKED, "status": "RET", "source": "HS_WEB", "consentDate": "2026-11-01 09:00:00"}
LISTED = {"content": b"+905010000401\n", "headers": {"Content-Type": "text/plain"}}


FILE = {
    "content": "type,recipient,status\nMESAJ,+905010000404,RET\n",
    "headers": {"Content-Type": "text/csv"},
}


@dataclass(frozen=True, slots=True)
class Row:
    """What a route does, and a request that succeeds where it may."""

    action: Action
    given: dict[str, Any] = field(default_factory=dict)
    query: str = ""


ROWS = {
    ("POST", "/v1/brands/{brand_code}/consents"): Row(Action.RECORD, {"json": CONSENT}),
    ("POST", "/v1/refusals"): Row(Action.REFUSE, {"json": {"recipient": "+905010000402"}}),
    ("POST", "/v1/brands/{brand_code}/status"): Row(Action.LOOK_UP, {"json": ASKED}),
    ("POST", "/v1/brands/{brand_code}/history"): Row(Action.HISTORY, {"json": ASKED}),
    ("POST", "/v1/brands/{brand_code}/decisions"): Row(Action.DECIDE, {"json": {"items": [ASKED]}}),
    ("POST", "/v1/brands/{brand_code}/filter"): Row(Action.DECIDE, LISTED, "?type=MESAJ"),
    ("GET", "/v1/brands/{brand_code}/refusals"): Row(Action.FOLLOW, query="?type=MESAJ"),
    ("GET", "/v1/brands/{brand_code}/consents/changes"): Row(Action.FOLLOW),
    ("POST", "/v1/proofs"): Row(Action.PROVE, {"json": {**ASKED, "brandCode": "{brand_code}"}}),
    ("POST", "/v1/evidence"): Row(Action.UPLOAD, {"json": {"form": 1}}, "?kind=FORM"),
    ("POST", "/v1/imports"): Row(Action.IMPORT, FILE, "?brandCode={brand_code}"),
    ("GET", "/v1/imports/{job}"): Row(Action.IMPORT_STATUS),
    ("GET", "/v1/imports/{job}/verdicts"): Row(Action.IMPORT_STATUS),
    ("GET", "/v1/brands/{brand_code}/days/{day}"): Row(Action.OFFICE),
    ("GET", "/v1/brands/{brand_code}/days/{day}.csv"): Row(Action.OFFICE),
    ("GET", "/v1/log/tile/entries/{place}"): Row(Action.READ_LOG),
    ("GET", "/v1/log/{iys_code}/tile/entries/{place}"): Row(Action.READ_LOG),
}
ROUTES = sorted(ROWS)
OPEN = {
    ("GET", prefix + path)
    for prefix in ("/v1/log", "/v1/log/{iys_code}")
    for path in ("/checkpoint", "/tile/{place}")
}
"""What asks for no key: nobody's data is in it."""
IN_BRAND = [
    route for route in ROUTES if BRAND in route[1] + ROWS[route].query + str(ROWS[route].given)
]
OF_JOB = [route for route in ROUTES if "{job}" in route[1]]
GOING_ON = ("WAITING", "RUNNING")


@dataclass(frozen=True, slots=True)
class Running:
    """A service with two providers; `tokens` of one provider and of its brand `OWN` alone, by
    role; `wide` those of all its brands."""

    client: httpx.Client
    tokens: dict[Role, str]
    wide: dict[Role, str]
    job: str = ""

    def ask(self, route: tuple[str, str], brand: int, token: str | None) -> httpx.Response:
        """The answer to the route's request on a brand."""
        method, path = route
        row = ROWS[route]
        given = dict(row.given)
        headers = dict(given.pop("headers", {}))
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        if "brandCode" in given.get("json", {}):
            given["json"] = {**given["json"], "brandCode": brand}
        url = (path + row.query).replace(BRAND, str(brand)).replace("{job}", self.job)
        url = (
            url.replace("{iys_code}", str(OURS))
            .replace("{place}", "000.p/1")
            .replace("{day}", "2026-03-04")
        )
        return self.client.request(method, url, headers=headers, **given)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("roles")
    with bootstrap.home(Settings(data=folder / "data")) as home:
        for code, brands in ((OURS, (OWN, OUTSIDE)), (THEIRS, (FOREIGN,))):
            home.add_provider(code, ProviderDetails("Örnek"), actor="system:test")
            for brand in brands:
                home.add_brand(code, BrandCode(brand), "Örnek", actor="system:test")

        def token(role: Role, scope: list[BrandCode] | None) -> str:
            made = home.keys.add(
                str(role), role, OURS, brands=scope, created_by="system:test", expires_at=None
            )
            return made[1]

        tokens = {role: token(role, [BrandCode(OWN)]) for role in Role}
        wide = {role: token(role, None) for role in Role}
    with (
        serving(folder / "data", folder / "errors") as served,
        httpx.Client(base_url=f"http://{served.host}:{served.port}", timeout=60) as client,
    ):
        made = replace(made := Running(client, tokens, wide), job=job_done(made))
        while client.get(f"/v1/log/{OURS}/checkpoint").status_code == 404:
            time.sleep(0.05)  # signed within a second
        yield made


def job_done(running: Running) -> str:
    """The id of an import of brand `OWN` whose verdicts are there."""
    asked = running.ask(("POST", "/v1/imports"), OWN, running.wide[Role.ADMIN]).json()
    waiting = replace(running, job=asked["id"])
    route = ("GET", "/v1/imports/{job}")
    while waiting.ask(route, OWN, running.wide[Role.ADMIN]).json()["state"] in GOING_ON:
        time.sleep(0.05)
    return waiting.job


def routes_of(app: Any) -> set[tuple[str, str]]:  # ASGI, the framework somewhere within
    """Every method and path of `/v1`, included routers' too, whether it is documented or not."""
    while not hasattr(app, "routes"):
        app = app._app
    found: set[tuple[str, str]] = set()

    def walk(routes: Any, prefix: str) -> None:  # Starlette's own kinds of routes
        for route in routes:
            inner = getattr(route, "original_router", None)
            if inner is not None:
                walk(inner.routes, prefix + route.include_context.prefix)
            elif route.path.startswith("/v1") or prefix:
                path = (prefix + route.path).replace(":int}", "}").replace(":path}", "}")
                found.update((method, path) for method in route.methods)

    walk(app.routes, "")
    return found


def test_every_route_has_a_row_and_every_row_a_route(running: Running) -> None:
    described = {
        (method.upper(), path)
        for path, methods in running.client.get("/openapi.json").json()["paths"].items()
        for method in methods
        if path.startswith("/v1")
    }
    no_ledgers = type("NoLedgers", (), {"keys": None})()

    assert routes_of(create_app(cast(Ledgers, no_ledgers))) == set(ROWS) | OPEN
    assert described == set(ROWS) | OPEN | {("POST", PATH)}  # İYS's own: test_iys_webhook.py


@pytest.mark.parametrize("path", ["checkpoint", "tile/0/000.p/1"])
def test_the_log_itself_is_everybodys(running: Running, path: str) -> None:
    assert running.client.get(f"/v1/log/{OURS}/{path}").status_code == 200
    for unknown in (f"/v1/log/{NOBODYS}/{path}", f"/v1/log/{path}"):
        answer = running.client.get(unknown)  # two logs are kept: neither is "the" log
        assert (answer.status_code, answer.json()["code"]) == (404, "L-NOT-FOUND")


@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
def test_without_a_key_nobody_gets_anywhere(running: Running, route: tuple[str, str]) -> None:
    for token in (None, "izin_0000_wrong"):
        answer = running.ask(route, OWN, token)
        assert (answer.status_code, answer.json()["code"]) == (401, "L-KEY")


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
def test_a_role_may_do_on_its_own_brand_what_it_may(
    running: Running, route: tuple[str, str], role: Role
) -> None:
    for tokens in (running.tokens, running.wide):
        answer = running.ask(route, OWN, tokens[role])

        if role in ALLOWED[ROWS[route].action]:
            assert answer.status_code in (200, 201, 202), answer.text
        else:
            assert (answer.status_code, answer.json()["code"]) == (403, "L-ROLE")


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("route", IN_BRAND, ids=" ".join)
def test_a_brand_outside_its_scope_is_told_from_no_other(
    running: Running, route: tuple[str, str], role: Role
) -> None:
    code = "L-BRAND-SCOPE" if role in ALLOWED[ROWS[route].action] else "L-ROLE"

    narrow = [running.ask(route, brand, running.tokens[role]) for brand in (OUTSIDE, FOREIGN)]
    narrow.append(running.ask(route, NOBODYS, running.tokens[role]))
    wide = [running.ask(route, brand, running.wide[role]) for brand in (FOREIGN, NOBODYS)]

    for answer in narrow + wide:
        assert (answer.status_code, answer.json()["code"]) == (403, code)
    assert len({answer.content for answer in narrow + wide}) == 1


@pytest.mark.parametrize("route", IN_BRAND, ids=" ".join)
def test_who_started_the_service_may_ask_of_every_provider(
    running: Running, route: tuple[str, str]
) -> None:
    for brand in (OWN, OUTSIDE, FOREIGN):
        assert running.ask(route, brand, KEY).status_code in (200, 201, 202)
    answer = running.ask(route, NOBODYS, KEY)
    assert (answer.status_code, answer.json()["code"]) == (404, "L-NOT-FOUND")


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("route", OF_JOB, ids=" ".join)
def test_an_import_of_another_brand_is_told_from_none(
    running: Running, route: tuple[str, str], role: Role
) -> None:
    admin = running.wide[Role.ADMIN]
    outside = running.ask(("POST", "/v1/imports"), OUTSIDE, admin).json()["id"]
    nobodys = "019a9153-2800-7abc-8123-456789abcdef"

    answers = [
        replace(running, job=job).ask(route, OWN, running.tokens[role])
        for job in (outside, nobodys)
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1


def test_a_refusal_reaches_no_brand_outside_the_keys_scope(running: Running) -> None:
    """Neither written there nor dropped: kept for an officer, whether the brand exists or not."""
    body = {"recipient": "+905010000403", "brands": [OWN, OUTSIDE, FOREIGN, NOBODYS]}
    token = running.tokens[Role.OPERATOR]

    answer = running.client.post(
        "/v1/refusals", json=body, headers={"Authorization": f"Bearer {token}"}
    )

    members = answer.json()
    assert answer.status_code == 201
    assert {item["brandCode"] for item in members["items"]} == {OWN}
    assert members["referred"] == [OUTSIDE, FOREIGN, NOBODYS]

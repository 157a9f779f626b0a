"""Requests that bring about every answer of the official document that the twin gives."""

import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from ledger.iys_twin.calls import Access, Endpoint
from ledger.iys_twin.endpoints import ENDPOINTS
from ledger.iys_twin.openapi import document
from tests.twin.official_shapes import IO, NOT_GIVEN, OFFICIAL, B
from tests.twin.test_twin_shapes import DAY, INTEGRATOR, QUERY, REACHED, Peopled
from tests.twin.twin_harness import (
    BRAND_PATH,
    IYS_CODE,
    TwinHarness,
    a_consent,
    served,
    twin_harness,
)

BY_NAME = {one.name: one for one in ENDPOINTS}
SAMPLE = {
    "iysCode": str(IYS_CODE),
    "brandCode": str(IYS_CODE),
    "integratorCode": str(INTEGRATOR),
    "requestId": "a1b2c3",
    "retailerCode": "12345678",
    "code": "34",
    "reportDate": DAY,
    "recipientType": "BIREYSEL",
    "type": "MESAJ",
}
NOBODY = "99999999"
QUIET_DAY = "2026-03-02"
EARLIER = f"{QUIET_DAY} 10:00:00"
BROKEN = b"{"
AGREED = b'{"agreementStatus": true}'

Answered = tuple[str, int]
"""An operation and a status."""
Ask = Callable[[Peopled], httpx.Response]


def ask(
    twin: TwinHarness,
    one: Endpoint,
    words: Mapping[str, str] | None = None,
    *,
    body: bytes = b"{}",
    query: str = "",
    logged_in: bool = True,
) -> httpx.Response:
    """An operation, with `words` in its path and a body that is some JSON."""
    said = {**SAMPLE, **(words or {})}
    path = re.sub(r"\{(\w+)\}", lambda found: said[found[1]], one.path) + query
    sent = None if one.asks is None else body
    return twin.request(one.method, path, body=sent, logged_in=logged_in)


def asks(
    name: str, words: Mapping[str, str] | None = None, *, integrator: bool = False, **how: Any
) -> Ask:
    """The same as something that can be asked later."""

    def ask_it(p: Peopled) -> httpx.Response:
        if integrator:
            p.twin.log_in("integrator")
        return ask(p.twin, BY_NAME[name], words, **how)

    return ask_it


def struck(name: str, code: str) -> Ask:
    """The operation when a fault brings a code."""

    def ask_it(p: Peopled) -> httpx.Response:
        p.twin.post("/_twin/faults", {"kind": "code", "code": code})
        return ask(p.twin, BY_NAME[name])

    return ask_it


def at_once(name: str) -> Ask:
    """The operation by somebody who has asked already in this second."""

    def ask_it(p: Peopled) -> httpx.Response:
        with twin_harness(requests_per_second=1) as twin:
            return ask(twin, BY_NAME[name])

    return ask_it


def a_week_later(p: Peopled) -> httpx.Response:
    p.twin.advance(days=8)
    return p.get("consents/changes")


def unsubscribed(p: Peopled) -> httpx.Response:
    p.twin.post("/_twin/provider", {"subscriptionStatus": "NONE"})
    return p.twin.get(f"/sps/{IYS_CODE}/subscription")


def registered(_: Peopled) -> httpx.Response:
    async def listen(_: object) -> Response:
        return Response()

    app = Starlette(routes=[Route("/iys", listen, methods=["POST"])])
    with served(app) as url, twin_harness(push_allows_http=True) as twin:
        connection = {"url": f"{url}/iys", "type": "MESAJ", "username": "u", "password": "p"}
        return twin.post(f"{BRAND_PATH}/push/registration", {"connection": [connection]})


def unknown(setting: str) -> Ask:
    """The status of somebody nobody knows."""

    def ask_it(_: Peopled) -> httpx.Response:
        with twin_harness(unknown_status=setting) as twin:
            return twin.post(f"{BRAND_PATH}/consents/status", QUERY)

    return ask_it


def too_large(_: Peopled) -> httpx.Response:
    with twin_harness(body_bytes_max=100) as twin:
        return ask(twin, BY_NAME[TOKEN], body=b" " * 101)


RETAILER = f"{B}/retailers/{{retailerCode}}"
REMOVE = f"POST {B}/consents/retailers/access/remove"
TOKEN = "POST /oauth2/token"
SPECIAL: dict[Answered, tuple[Ask, ...]] = {
    (f"POST {B}/push/registration", 200): (registered,),
    (f"POST {B}/consents/status", 200): (unknown("empty"),),
    (f"POST {B}/consents/status", 204): (unknown("204"),),
    (f"POST {B}/consents/status", 404): (unknown("404"),),
    (f"GET {RETAILER}", 200): (asks(f"GET {RETAILER}"),),
    (f"GET {B}/consents/changes", 204): (a_week_later,),
    (TOKEN, 400): (asks(TOKEN), asks(TOKEN, body=b"[]"), asks(TOKEN, body=BROKEN), too_large),
    (f"POST {B}/retailers", 400): (asks(f"POST {B}/retailers"),),
    (f"DELETE {RETAILER}", 400): (
        lambda p: p.twin.request("DELETE", f"{BRAND_PATH}/retailers/{p.retailer}"),
    ),
    (f"DELETE {RETAILER}", 404): (asks(f"DELETE {RETAILER}"),),
    (REMOVE, 404): (
        lambda p: p.post("consents/retailers/access/remove", p.access(retailerAccess=[1])),
    ),
    ("GET /sps/{iysCode}/subscription", 404): (unsubscribed,),
    (f"GET {IO}/sps", 422): (asks(f"GET {IO}/sps", integrator=True, query="?limit=0"),),
    (f"GET {IO}/sps/{{iysCode}}", 422): (
        asks(f"GET {IO}/sps/{{iysCode}}", integrator=True, query="?offset=-1"),
    ),
    (f"GET {B}/consents/changes", 422): (asks(f"GET {B}/consents/changes", query="?source=SH"),),
    (f"POST {B}/consents", 403): (lambda p: p.post("consents", a_consent(retailerAccess=[1])),),
    (f"POST {B}/consents", 400): (lambda p: p.post("consents", a_consent(consentDate=EARLIER)),),
    **{
        (f"POST {path}{B}/consents/request", status): (
            asks(f"POST {path}{B}/consents/request", body=json.dumps([sent]).encode()),
        )
        for path in ("", "/v2")
        for status, sent in ((403, a_consent(retailerCode=1)), (422, a_consent(status=[])))
    },
}


def usual(name: str, status: int) -> tuple[Ask, ...]:
    """What brings a refusal about at any operation."""
    one = BY_NAME[name]
    is_partner = one.access is Access.INTEGRATOR
    foreign = "integratorCode" if is_partner else "iysCode"
    odd = {"requestId": "abcde", "reportDate": "06.07.2020"}
    in_path = {word: text for word, text in odd.items() if f"{{{word}}}" in one.path}
    match status:
        case 204:
            return (asks(name, {"reportDate": QUIET_DAY, "code": "9999"}, body=AGREED),)
        case 400 if one.access is Access.INTEGRATOR or one.access is Access.VIA:
            return (asks(name),)
        case 400 if one.asks is not None:
            return (asks(name, body=BROKEN),)
        case 400 if "{code}" in one.path:
            return (asks(name, {"code": "x"}),)
        case 401:
            return (asks(name, logged_in=False),)
        case 403:
            return (asks(name, {foreign: NOBODY}, integrator=is_partner),)
        case 405:
            return (lambda p: p.twin.get(f"/via/sps/{IYS_CODE}/consent"),)
        case 422 if one.asks is not None and status in OFFICIAL[name]:
            return (asks(name, body=b'{"type": 5}'), asks(name, {foreign: "abc"}))
        case 422 if in_path and one.access is not Access.VIA:
            return (asks(name, in_path), asks(name, {foreign: "abc"}))
        case 422:
            return (asks(name, {foreign: "abc"}),)
        case 429:
            return (at_once(name),)
    return (struck(name, {400: "H250", 404: "H001", 500: "H015"}[status]),)


@cache
def answers(name: str, status: int) -> tuple[httpx.Response, ...]:
    """The answers of an operation that have a status; at least one, each of a fresh twin."""
    special = SPECIAL.get((name, status), ())
    if 200 <= status < 300 and status != 204:
        how = (*special, *([REACHED[name]] if name in REACHED else []))
    else:
        how = special or usual(name, status)
    given = []
    for one in how:
        with twin_harness() as twin:
            given.append(one(Peopled(twin)))
    assert {one.status_code for one in given} == {status}, (name, [one.text for one in given])
    return tuple(given)


DESCRIBED: tuple[Answered, ...] = tuple(
    (f"{method.upper()} {path}", int(status))
    for path, operations in document()["paths"].items()
    for method, operation in operations.items()
    for status in operation["responses"]
)
"""What the twin's own description lists; 405 and 500 are no endpoint's."""
GIVEN: tuple[Answered, ...] = tuple(
    dict.fromkeys(
        (
            *((n, s) for n, row in OFFICIAL.items() for s in row if (n, s) not in NOT_GIVEN),
            *DESCRIBED,
        )
    )
)
"""Every answer that the twin gives."""


def body_of(answer: httpx.Response) -> Any:
    """What a schema is about: JSON, or the text of another media type, or None."""
    if not answer.content:
        return None
    is_json = answer.headers["content-type"].startswith("application/json")
    return answer.json() if is_json else str(answer.content)

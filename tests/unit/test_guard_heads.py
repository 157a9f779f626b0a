"""The guard before a tiny service: who comes in, and what it says to everybody else."""

import asyncio
import json
from typing import Any

import pytest
import structlog
from starlette.types import Receive, Scope, Send
from structlog.testing import capture_logs

from ledger.api.guard import Guard
from ledger.api.problems import Problem
from tests.unit.guarded import FILTER, PRINCIPAL, TOKEN, KnownKeys, ask, asked, reads_all

CSV = {"content-type": "text/csv"}


def length(size: int) -> dict[str, str]:
    return {"content-length": str(size)}


def test_a_key_lets_in_and_the_service_knows_whose_it_is() -> None:
    answer = asked()

    assert (answer.status, answer.body) == (200, b"ok")
    assert answer.state["principal"] is PRINCIPAL
    assert answer.headers["a"] == "b"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "shown",
    [
        *("", "Bearer", "Bearer ", "Bearer wrong", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN} "),
        *("Bearer \xff\xfe", "Bearer " + "x" * 10_000, f"Bearer  {TOKEN}"),
    ],
)
def test_without_a_key_nothing_is_read(shown: str) -> None:
    answer = asked(headers={"authorization": shown})

    assert (answer.status, answer.code) == (401, "L-KEY")
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.pieces_read == 0


@pytest.mark.parametrize("path", ["/v1/x", "/nothing", "/v1", "/docs", "/metrics", "/oauth2/token"])
def test_what_does_not_exist_needs_a_key_as_well(path: str) -> None:
    assert asked("GET", path, headers={"authorization": ""}).status == 401


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/openapi.json"])
def test_health_needs_no_key_but_takes_no_body(path: str) -> None:
    assert asked("GET", path, headers={"authorization": ""}).status == 200
    assert asked("POST", path, headers={"authorization": ""}).status == 413


@pytest.mark.parametrize(
    "path",
    [
        *("/v1//brands/1/status", "/v1/brands/1/status/", "//v1/brands/1/status", "/v1/../healthz"),
        *(
            "/v1/./x",
            "/v1/%2e%2e/healthz",
            "/v1/brands/1%2fstatus",
            "/healthz%00",
            "/healthz/..;/v1",
        ),
        *(
            "/v1/brands/1/status\\",
            "http://elsewhere/v1/x",
            "*",
            "",
            "/v1/a%0d%0ab",
            "/.git/config",
        ),
        *("/v1/brands/1/status;x=1", "/healthz?", "/v1/brands/01/status", "/v1/brands/000123456/x"),
    ],
)
def test_a_path_with_a_second_spelling_is_refused(path: str) -> None:
    answer = asked("GET", path)

    assert (answer.status, answer.code) == (400, "L-URL")
    assert asked("GET", path, headers={"authorization": ""}).status in (400, 401)


@pytest.mark.parametrize(
    ("request_", "status", "code"),
    [
        ({"path": "/v1/" + "a" * 1100}, 414, "L-URL"),
        ({"query": b"a" * 1100}, 414, "L-URL"),
        ({"headers": {f"x-{n}": "1" for n in range(70)}}, 431, "L-HEADERS"),
        ({"headers": {"transfer-encoding": "chunked"}}, 400, "L-FRAMING"),
        ({"method": "PUT"}, 405, "L-METHOD"),
        ({"method": "TRACE"}, 405, "L-METHOD"),
        ({"method": "OPTIONS"}, 405, "L-METHOD"),
        ({"method": "GET", "headers": {"content-length": "2"}}, 413, "L-TOO-LARGE"),
        ({"method": "GET", "headers": {"transfer-encoding": "chunked"}}, 413, "L-TOO-LARGE"),
        ({"headers": {"content-length": ""}}, 411, "L-LENGTH"),
        ({"headers": {"content-length": "", "transfer-encoding": "chunked"}}, 411, "L-LENGTH"),
        ({"headers": {"content-length": "65537"}}, 413, "L-TOO-LARGE"),
        ({"headers": {"content-length": "9" * 30}}, 413, "L-TOO-LARGE"),
        ({"headers": {"content-length": "-1"}}, 413, "L-TOO-LARGE"),
        ({"headers": {"content-length": "1_0"}}, 413, "L-TOO-LARGE"),
        ({"headers": {"content-type": ""}}, 415, "L-MEDIA"),
        ({"headers": {"content-type": "text/plain"}}, 415, "L-MEDIA"),
        ({"headers": {"content-encoding": "gzip"}}, 415, "L-MEDIA"),
        ({"path": FILTER}, 415, "L-MEDIA"),
        ({"path": FILTER, "headers": {**CSV, "content-encoding": "br"}}, 415, "L-MEDIA"),
        ({"path": "/v1/evidence", "headers": length(2**25 + 1)}, 413, "L-TOO-LARGE"),
        ({"path": "/v1/imports", "headers": length(2**30 + 1)}, 413, "L-TOO-LARGE"),
        ({"path": "/v1/brands/1/consents", "headers": length(2**23 + 1)}, 413, "L-TOO-LARGE"),
    ],
)
def test_a_head_tells_enough_to_refuse(request_: dict[str, Any], status: int, code: str) -> None:
    answer = asked(**request_)

    assert (answer.status, answer.code) == (status, code)
    assert answer.pieces_read == 0
    assert "x-request-id" in answer.headers


async def fails(scope: Scope, receive: Receive, send: Send) -> None:
    raise ValueError("+905010000301 is no good")


def test_a_mistake_of_the_program_tells_nobody_what_was_asked() -> None:
    with capture_logs() as lines:
        answer = asked(app=fails)

    assert (answer.status, answer.code) == (500, "L-FAILED")
    assert "0301" not in answer.body.decode() + json.dumps(lines)
    assert lines[0]["failure"] == "ValueError"
    assert "test_guard_heads.py:" in lines[0]["where"]


async def gives_up(scope: Scope, receive: Receive, send: Send) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    raise ConnectionError


def test_an_endpoint_may_ask_again_whether_the_key_lets_in() -> None:
    """An import is taken hours after its head: the key may have ended meanwhile."""
    keys, asked_again = KnownKeys(), list[str | int]()

    async def uploads(scope: Scope, receive: Receive, send: Send) -> None:
        readmit = scope["state"]["readmit"]
        asked_again.append((await readmit()).key_id)
        keys.is_revoked = True
        try:
            await readmit()
        except Problem as refused:
            asked_again.append(refused.status)
        await reads_all(scope, receive, send)

    asked(guard=Guard(uploads, keys=keys))

    assert asked_again == ["abc", 401]


def test_a_caller_who_hung_up_is_no_mistake() -> None:
    with capture_logs() as lines:
        answer = asked(app=gives_up)

    assert answer.status == 0
    assert not lines


@pytest.mark.parametrize("shown", ["abc.DEF-1_2", "x" * 64, "123456", "a123456b7-8"])
def test_a_request_id_that_is_one_is_kept(shown: str) -> None:
    assert asked(headers={"x-request-id": shown}).headers["x-request-id"] == shown


@pytest.mark.parametrize(
    "shown",
    [
        *("", "x" * 65, "a b", 'a"b', "a\nb", "\xfe", "+905010000301", "905010000301"),
        *("501.000-03_01", "tel-905010000301", "a501_000.03--01z", "4440000", "1" * 16_000),
    ],
)
def test_any_other_is_replaced(shown: str) -> None:
    made = asked(headers={"x-request-id": shown}).headers["x-request-id"]

    assert made != shown
    assert len(made) > 10


def test_lines_of_the_log_bear_the_request_id() -> None:
    seen = {}

    async def looks(scope: Scope, receive: Receive, send: Send) -> None:
        seen.update(structlog.contextvars.get_contextvars())
        await reads_all(scope, receive, send)

    answer = asked(app=looks, headers={"x-request-id": "one"})

    assert seen == {"request_id": "one"}
    assert answer.state["request_id"] == "one"


def test_old_keys_are_read_again_before_they_are_believed() -> None:
    keys = KnownKeys()
    keys.is_stale = True

    assert asked(guard=Guard(reads_all, keys=keys)).status == 200
    assert keys.refreshed == 1


def test_keys_that_cannot_be_read_let_nobody_in() -> None:
    keys = KnownKeys()
    keys.is_stale = keys.is_down = True

    answer = asked(guard=Guard(reads_all, keys=keys))

    assert (answer.status, answer.code) == (503, "L-UNAVAILABLE")


@pytest.mark.parametrize("is_down", [False, True])
def test_aging_keys_are_read_once_while_requests_go_on(is_down: bool) -> None:
    keys = KnownKeys()
    keys.is_old, keys.is_down = True, is_down
    guard = Guard(reads_all, keys=keys)

    async def several() -> list[int]:
        answers = [await ask(guard) for _ in range(5)]
        await asyncio.sleep(0.05)
        return [answer.status for answer in answers]

    assert asyncio.run(several()) == [200] * 5
    assert keys.refreshed >= 1

"""Raw sockets against `izin serve`: what is no HTTP, too much, too slow, or meant to be misread."""

import json
import resource
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests.acceptance.test_serve import fill
from tests.acceptance.wire import KEY, Answered, Served, hangs_up, read, request, serving

HEALTH = request("/healthz", method="GET", key="")
HURRIED = {
    "IZIN_HEADER_SECONDS_MAX": "1",
    "IZIN_BODY_IDLE_SECONDS": "1",
    "IZIN_KEEP_ALIVE_SECONDS": "1",
    "IZIN_UNREAD_SECONDS_MAX": "1",
    "IZIN_CONNECTIONS_MAX": "40",
    "IZIN_RATE_BURST": "200",
    "IZIN_RATE_PER_SECOND": "1",
}
SOON = 6.0
"""A second's patience, and what a busy machine adds."""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("guard") / "data"
    fill(folder)
    return folder


@pytest.fixture(scope="module")
def served(data: Path) -> Iterator[Served]:
    with serving(data, data.parent / "errors") as running:
        yield running


@pytest.fixture(scope="module")
def hurried(data: Path) -> Iterator[Served]:
    """A service with little patience and few places."""
    with serving(data, data.parent / "hurried", **HURRIED) as running:
        yield running


def lines(count: int, size: int = 1) -> str:
    return "".join(f"X-{number}: {'a' * size}\r\n" for number in range(count))


# The head.


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        (request(headers=lines(10_000)), 431, "L-HEADERS"),
        (request(headers=lines(100)), 431, "L-HEADERS"),
        (request(headers=lines(1, 2**20)), 431, "L-HEADERS"),
        (request(headers=lines(1, 20_000)), 431, "L-HEADERS"),
        (request("/v1/" + "a" * 5_000), 414, "L-URL"),
        (request("/v1/" + "a" * 50_000), 431, "L-HEADERS"),
        (request("/healthz?" + "a" * 5_000, method="GET"), 414, "L-URL"),
        (request(headers="Transfer-Encoding: chunked\r\n"), 400, "L-FRAMING"),
        (request(headers="Content-Length: 3\r\n"), 400, "L-FRAMING"),
        (request(headers="Content-Length : 3\r\n"), 400, "L-FRAMING"),
        (request(headers="Transfer-Encoding: x\r\n", length=-1), 400, "L-FRAMING"),
        (request(headers="Transfer-Encoding: chunked, chunked\r\n", length=-1), 400, "L-FRAMING"),
        (request(headers="Host: y\r\n"), 400, "L-FRAMING"),
        (request(headers="X-A: a\0b\r\n"), 400, "L-FRAMING"),
        (request(headers="X-A: a\rb\r\n"), 400, "L-FRAMING"),
        (request("/v1/\0"), 400, "L-FRAMING"),
        (request("/v1/a b"), 400, "L-FRAMING"),
        (request("/v1/ş".encode().decode("latin-1")), 400, "L-FRAMING"),
        (request(method="GE\0T"), 400, "L-FRAMING"),
        (b"GET /healthz\r\n\r\n", 400, "L-FRAMING"),
        (b"GET /healthz HTTP/1.1\r\n\r\n", 400, "L-FRAMING"),
        (b"\x16\x03\x01\x02\x00\x01 hello over TLS\r\n\r\n", 400, "L-FRAMING"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, "L-FRAMING"),
        (request("/v1/%0d%0aX-A:%20b"), 400, "L-URL"),
        (request("/v1/brands/123456/%73tatus"), 400, "L-URL"),
        (request("/v1/brands/123456/history/../status"), 400, "L-URL"),
        (request("/v1/%2e%2e/healthz"), 400, "L-URL"),
        (request("//v1/brands/123456/status"), 400, "L-URL"),
        (request("/healthz/../v1/brands/123456/status", key=""), 400, "L-URL"),
        (request("/v1/brands/123456/status/"), 400, "L-URL"),
        (request("http://x/v1/brands/123456/status"), 400, "L-URL"),
        (request("http://x/healthz", key=""), 400, "L-URL"),
        (request("*", method="OPTIONS"), 400, "L-URL"),
        (request("/V1/brands/123456/status", key=""), 401, "L-KEY"),
        (request("/v1/brands/123456/status", method="TRACE"), 405, "L-METHOD"),
        (request("/v1/brands/123456/status", method="CONNECT"), 405, "L-METHOD"),
        (request(headers="Content-Encoding: gzip\r\n"), 415, "L-MEDIA"),
        (request(length=2**40), 413, "L-TOO-LARGE"),
    ],
    ids=lambda value: value[:40].decode("latin-1") if isinstance(value, bytes) else None,
)
def test_what_cannot_be_right_is_refused(
    served: Served, sent: bytes, status: int, code: str
) -> None:
    answered = served.send(sent)

    assert (answered.status, answered.code) == (status, code)
    assert answered.headers["content-type"] == "application/problem+json"
    assert answered.headers["x-request-id"]
    assert served.send(HEALTH).status == 200


def test_what_tries_to_be_another_method_is_not(served: Served) -> None:
    tricks = "X-HTTP-Method-Override: DELETE\r\nX-Original-URL: /healthz\r\nUpgrade: websocket\r\n"

    answered = served.send(request(headers=tricks + "Connection: Upgrade\r\n"))

    assert answered.status == 200
    assert json.loads(answered.body)["status"] == "RET"


def test_a_second_request_hidden_in_the_first_is_not_answered(served: Served) -> None:
    hidden = request("/readyz", method="GET", key="")
    both = request(body=b"0\r\n\r\n" + hidden, headers="Transfer-Encoding: chunked\r\n")

    with served.connect() as caller:
        caller.sendall(both)
        assert read(caller).code == "L-FRAMING"
        assert hangs_up(caller, SOON)


def test_what_follows_a_body_is_no_header(served: Served) -> None:
    chunked = "Transfer-Encoding: chunked\r\nContent-Type: text/plain\r\n"
    to = "/v1/brands/123456/filter?type=MESAJ"
    body = b"d\r\n+905010000301\r\n0\r\nAuthorization: Bearer " + KEY.encode() + b"\r\n\r\n"

    answered = served.send(request(to, body=body, headers=chunked, length=-1, key=""))

    assert (answered.status, answered.code) == (401, "L-KEY")


@pytest.mark.parametrize("flood", [b"X-A: " + b"a" * 2**20, b"d;a=" + b"a" * 2**20], ids=len)
def test_what_stands_around_a_body_has_a_bound(served: Served, flood: bytes) -> None:
    chunked = "Transfer-Encoding: chunked\r\nContent-Type: text/plain\r\n"
    to = "/v1/brands/123456/filter?type=MESAJ"
    ended = b"0\r\n" if flood.startswith(b"X") else b""

    answered = served.send(request(to, body=ended + flood, headers=chunked, length=-1))

    assert (answered.status, answered.code) == (431, "L-HEADERS")


def test_requests_in_a_row_are_answered_in_their_order(served: Served) -> None:
    ids = [f"row-{number}" for number in range(50)]

    with served.connect() as caller:
        caller.sendall(b"".join(request(headers=f"X-Request-Id: {name}\r\n") for name in ids))
        whole = b""
        while whole.count(b"x-request-id") < 50 or not whole.endswith(b"}"):
            whole += caller.recv(65_536)

    found = [part.split(b"\r\n")[0].decode() for part in whole.split(b"x-request-id: ")[1:]]
    assert found == ids


def test_a_kept_connection_answers_at_once(served: Served) -> None:
    """Without TCP_NODELAY each answer after the first would wait 40 ms for an ACK."""
    began = time.monotonic()
    with served.connect() as caller:
        for _ in range(50):
            caller.sendall(HEALTH)
            assert read(caller).status == 200
    assert time.monotonic() - began < 1.0


def test_what_a_caller_writes_into_its_head_appears_in_no_log(served: Served) -> None:
    evil = 'x"}\\n{"level": "gotcha'
    sent = request(headers=f"User-Agent: {evil}\r\nX-Request-Id: {evil}\r\nReferer: gotcha\r\n")

    answered = served.send(sent)

    assert answered.status == 200
    assert "gotcha" not in answered.headers["x-request-id"]
    assert "gotcha" not in served.errors.read_text()


# The body.


def test_who_has_no_key_is_told_so_before_the_body(served: Served) -> None:
    with served.connect() as caller:
        caller.sendall(request("/v1/imports", b"", key="", length=2**30))
        assert read(caller).status == 401


def test_of_a_body_that_nobody_wants_little_is_read(served: Served) -> None:
    sent = 0
    with served.connect() as caller:
        caller.sendall(request("/v1/imports", b"", key="", length=2**30))
        with suppress(OSError):
            while sent < 2**27:
                caller.sendall(b"x" * 2**16)
                sent += 2**16
    assert sent < 2**26  # a megabyte, and what lies in the buffers between


def test_a_caller_who_asks_first_is_answered_first(served: Served) -> None:
    expecting = "Expect: 100-continue\r\n"
    with served.connect() as caller:
        caller.sendall(request(key="", headers=expecting, length=2**15, body=b""))
        assert read(caller).status == 401
    body = request().partition(b"\r\n\r\n")[2]
    with served.connect() as caller:
        caller.sendall(request(headers=expecting, length=len(body), body=b""))
        assert caller.recv(1024).startswith(b"HTTP/1.1 100 ")
        caller.sendall(body)
        assert read(caller).status == 200


def test_a_body_that_is_cut_off_is_no_request(served: Served) -> None:
    with served.connect() as caller:
        caller.sendall(request(length=500))
        caller.shutdown(socket.SHUT_WR)
        assert read(caller).status in (0, 400)
    assert served.send(HEALTH).status == 200


# Time.


def dripped(served: Served, head: bytes, drop: bytes) -> tuple[Answered, float]:
    """The answer to a caller that sends a byte now and then, and when it came."""
    began = time.monotonic()
    with served.connect() as caller:
        caller.sendall(head)
        stop = threading.Event()

        def drip() -> None:
            with suppress(OSError):
                while not stop.wait(0.2):
                    caller.sendall(drop)

        dripping = threading.Thread(target=drip)
        dripping.start()
        answered = read(caller)
        stop.set()
        dripping.join()
    return answered, time.monotonic() - began


@pytest.mark.parametrize(
    ("head", "drop"),
    [
        (b"GET /", b"a"),
        (b"GET /healthz HTTP/1.1\r\n", b"X-A: b\r\n"),
        (request(length=5_000, body=b""), b" "),
        (b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: ", b"a"),
    ],
    ids=["a path without end", "headers without end", "a body", "one header"],
)
def test_a_caller_who_drips_is_given_up(hurried: Served, head: bytes, drop: bytes) -> None:
    answered, seconds = dripped(hurried, head, drop)

    assert (answered.status, answered.code) == (408, "L-SLOW")
    assert 0.9 < seconds < SOON


def test_who_says_nothing_or_nothing_more_is_shown_out(hurried: Served) -> None:
    with hurried.connect() as silent:
        assert hangs_up(silent, SOON)
    with hurried.connect() as done:
        done.sendall(HEALTH)
        assert read(done).status == 200
        assert hangs_up(done, SOON)
    with hurried.connect() as dripping:
        dripping.sendall(HEALTH)
        assert read(dripping).status == 200
        dripping.sendall(b"GET /hea")
        assert read(dripping).status == 408


def test_who_does_not_read_is_cut_off(hurried: Served) -> None:
    with hurried.connect() as caller:
        caller.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        asking = request("/openapi.json", method="GET", key="") * 400
        with suppress(OSError, TimeoutError):
            caller.settimeout(1)
            for _ in range(40):
                caller.sendall(asking)
        time.sleep(2.5)
        assert hangs_up(caller, SOON)


# Many.


def test_two_thousand_who_say_nothing_keep_nobody_out(served: Served) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4096)), hard))
    with ExitStack() as stack:
        for _ in range(2_000):
            stack.enter_context(served.connect())
        assert [served.send(request()).status for _ in range(20)] == [200] * 20


def test_when_all_places_are_taken_the_longest_idle_makes_room(hurried: Served) -> None:
    with ExitStack() as stack:
        first = stack.enter_context(hurried.connect())
        for _ in range(60):
            caller = stack.enter_context(hurried.connect())
            caller.sendall(b"GET")
        assert hurried.send(HEALTH).status == 200
        assert hangs_up(first, 0.5)


def test_a_key_that_asks_too_fast_is_slowed_and_others_are_not(hurried: Served) -> None:
    answers = [hurried.send(request()) for _ in range(230)]

    statuses = [one.status for one in answers]
    assert statuses[:100] == [200] * 100
    assert statuses[-1] == 429
    assert answers[-1].headers["retry-after"] == "1"
    assert hurried.send(request(key="wrong")).status == 401
    assert hurried.send(HEALTH).status == 200


def test_a_service_left_alone_wrote_nothing_that_is_not_json(
    served: Served, hurried: Served
) -> None:
    for one in (served, hurried):
        text = one.errors.read_text()
        assert all(json.loads(line) for line in text.splitlines()), text
        assert "0301" not in text
        assert KEY not in text

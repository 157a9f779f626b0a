"""What the guard lets a body be: size, lines, time."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from starlette.types import Receive, Scope, Send

from ledger.api.guard import Guard
from ledger.api.limits import Limits
from tests.unit.guarded import FILTER, STATUS, KnownKeys, asked, reads_all

ALWAYS = float("inf")


@pytest.mark.parametrize(
    ("path", "media", "headers", "size"),
    [
        (STATUS, "application/json; charset=utf-8", {}, 2**16),
        (STATUS, "Application/JSON", {}, 2**16),
        ("/v1/brands/1/consents", "application/json", {}, 2**23),
        ("/v1/brands/1/decisions", "application/json", {}, 2**23),
        ("/v1/refusals", "application/json", {}, 2**23),
        ("/v1/evidence", "application/pdf", {}, 2**25),
        ("/v1/evidence", "", {"content-length": "", "transfer-encoding": "chunked"}, 2**20),
        ("/v1/imports", "text/csv", {"content-length": "", "transfer-encoding": "chunked"}, 2**20),
        (FILTER, "text/csv", {"content-length": "", "transfer-encoding": "chunked"}, 2**20),
        (FILTER, "application/x-ndjson", {"content-encoding": "gzip"}, 2**20),
        (FILTER, "text/plain; charset=utf-8", {}, 2**20),
    ],
)
def test_each_route_takes_what_it_is_for(
    path: str, media: str, headers: dict[str, str], size: int
) -> None:
    pieces = [(b"x" * 999 + b"\n") * 16] * (size // 16_000)

    answer = asked("POST", path, pieces, headers={"content-type": media, **headers})

    assert answer.status == 200
    assert answer.pieces_read == len(pieces)


def test_what_came_is_counted_whatever_the_head_said() -> None:
    headers = {"content-length": "", "transfer-encoding": "chunked"}
    limits = Limits(evidence_bytes_max=1000)
    guard = Guard(reads_all, keys=KnownKeys(), limits=limits)

    answer = asked("POST", "/v1/evidence", [b"x" * 400] * 9, headers=headers, guard=guard)

    assert (answer.status, answer.code) == (413, "L-TOO-LARGE")
    assert answer.pieces_read == 3


@pytest.mark.parametrize(
    ("pieces", "read"),
    [
        ([b"x" * 6000] * 9, 3),
        ([b"x\n" + b"x" * 15_000, b"x" * 2000, b"\n"], 2),
        ([b"x" * 15_000, b"x" * 2000 + b"\n"], 2),
    ],
)
def test_a_line_of_a_filter_has_an_end(pieces: list[bytes], read: int) -> None:
    answer = asked("POST", FILTER, pieces, headers={"content-type": "text/csv"})

    assert (answer.status, answer.code) == (413, "L-TOO-LARGE")
    assert answer.pieces_read == read


async def never(number: int) -> None:
    await asyncio.sleep(ALWAYS if number else 0)


async def drips(number: int) -> None:
    await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("limits", "wait"),
    [
        (Limits(body_idle_seconds=0.05), never),
        (Limits(body_idle_seconds=0.05), drips),
        (Limits(body_seconds_max=0.05), drips),
    ],
    ids=["stands still", "a byte at a time", "too long in all"],
)
def test_a_body_that_does_not_come_is_given_up(
    limits: Limits, wait: Callable[[int], Awaitable[None]]
) -> None:
    size = 1 if limits.body_idle_seconds < 1 else 1024
    guard = Guard(reads_all, keys=KnownKeys(), limits=limits)

    answer = asked(body=[b"x" * size] * 60, wait=wait, guard=guard)

    assert (answer.status, answer.code) == (408, "L-SLOW")
    assert answer.pieces_read < 60


def test_after_the_body_the_caller_may_wait_as_long_as_it_likes() -> None:
    limits = Limits(body_idle_seconds=0.02, body_seconds_max=0.02)

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(receive(), 0.1)
        await reads_all(scope, receive, send)

    async def wait(number: int) -> None:
        await asyncio.sleep(0.12 if number else 0)

    guard = Guard(slow, keys=KnownKeys(), limits=limits)

    assert asked(guard=guard, wait=wait).status == 200


async def begins_and_reads(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"begun", "more_body": True})
    await reads_all(scope, receive, send)


def test_an_answer_that_has_begun_is_cut_off_and_not_mixed_with_another() -> None:
    answer = asked(
        "POST",
        FILTER,
        [b"x" * 40_000] * 3,
        headers={"content-type": "text/csv"},
        app=begins_and_reads,
    )

    assert (answer.status, answer.body, answer.is_whole) == (200, b"begun", False)

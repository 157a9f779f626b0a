"""Token buckets with a clock of the test's own, and the settings beside the limits."""

import asyncio
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from ledger.api.guard import Guard
from ledger.api.limits import Allowance, Limits, TokenBucket, spend_items
from ledger.api.problems import Problem
from ledger.settings import ServiceSettings
from tests.unit.guarded import KnownKeys, ask, reads_all


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_every_limit_is_a_setting_with_the_same_default() -> None:
    settings = {name: one.default for name, one in ServiceSettings.model_fields.items()}

    assert settings == {one.name: one.default for one in fields(Limits)}
    described = ServiceSettings.__doc__ or ""
    assert all(f"`{name}`" in described for name in settings)


def test_a_bucket_gives_its_burst_and_then_its_rate() -> None:
    bucket = TokenBucket(rate=10, burst=3, at=0)

    assert [bucket.take(1, 0) for _ in range(4)] == [0, 0, 0, pytest.approx(0.1)]
    assert bucket.take(1, 0.05) == pytest.approx(0.05)
    assert bucket.take(1, 0.1) == 0
    assert [bucket.take(1, 100) for _ in range(4)] == [0, 0, 0, pytest.approx(0.1)]


def test_more_than_the_burst_goes_once_and_is_waited_for() -> None:
    bucket = TokenBucket(rate=10, burst=3, at=0)

    assert bucket.take(100, 0) == 0
    assert bucket.take(1, 1) == pytest.approx(8.8)
    assert bucket.take(1, 9.8) == 0


def test_nothing_may_be_taken_even_of_an_empty_bucket() -> None:
    bucket = TokenBucket(rate=10, burst=1, at=0)
    bucket.take(1, 0)

    assert bucket.take(0, 0) == 0


@given(
    st.lists(st.tuples(st.floats(0, 10), st.integers(0, 50)), max_size=50),
    st.floats(0.5, 100),
    st.integers(1, 50),
)
def test_never_more_than_burst_and_rate_and_one_debt(
    steps: list[tuple[float, int]], rate: float, burst: int
) -> None:
    bucket, at, taken, largest = TokenBucket(rate=rate, burst=burst, at=0), 0.0, 0, 0
    for pause, count in steps:
        at += pause
        if bucket.take(count, at) == 0:
            taken, largest = taken + count, max(largest, count)
    assert taken <= burst + rate * at + largest + 1e-6


def test_a_key_that_asks_too_fast_is_told_when_to_come_back() -> None:
    clock, limits = Clock(), Limits(rate_per_second=2, rate_burst=3)
    guard = Guard(reads_all, keys=KnownKeys(), limits=limits, steady_seconds=clock)

    async def several(count: int) -> list[int]:
        return [(await ask(guard)).status for _ in range(count)]

    assert asyncio.run(several(5)) == [200, 200, 200, 429, 429]
    refused = asyncio.run(ask(guard))
    assert (refused.code, refused.headers["retry-after"]) == ("L-RATE", "1")
    assert refused.pieces_read == 0
    clock.now += 0.5
    assert asyncio.run(several(2)) == [200, 429]


def test_items_are_counted_by_the_service() -> None:
    clock = Clock()
    limits = Limits(items_per_second=100, items_burst=1000)
    state = {"allowance": Allowance(limits, steady_seconds=clock)}
    request = Request({"type": "http", "state": state})

    spend_items(request, 5_000)
    with pytest.raises(Problem) as refused:
        spend_items(request, 1)

    assert (refused.value.status, refused.value.code) == (429, "L-RATE")
    assert refused.value.headers == {"Retry-After": "41"}
    clock.now += 41
    spend_items(request, 1)


@pytest.mark.parametrize("limits", [Limits(in_flight_max=3), Limits(in_flight_per_key_max=3)])
def test_what_is_too_much_at_once_is_told_so(limits: Limits) -> None:
    release = asyncio.Event()

    async def waits(scope: Scope, receive: Receive, send: Send) -> None:
        await release.wait()
        await reads_all(scope, receive, send)

    async def five_then_one() -> tuple[list[int], int]:
        guard = Guard(waits, keys=KnownKeys(), limits=limits)
        five = [asyncio.create_task(ask(guard)) for _ in range(5)]
        await asyncio.sleep(0.01)
        release.set()
        answers = await asyncio.gather(*five)
        return [answer.status for answer in answers], (await ask(guard)).status

    statuses, later = asyncio.run(five_then_one())
    assert statuses == [200, 200, 200, 503, 503]
    assert later == 200

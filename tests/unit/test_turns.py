"""What takes long has its own turns: nothing else waits behind it, and not without end."""

import asyncio
from threading import Barrier, Event

import pytest
from starlette.concurrency import run_in_threadpool

from ledger.api.problems import Problem
from ledger.api.turns import Lane

PATIENCE = 20.0  # seconds; nothing here takes them unless it fails


async def in_turn(lane: Lane, order: list[int], goes: Event, number: int) -> int:
    def call(number: int) -> int:
        order.append(number)
        assert goes.wait(PATIENCE)
        return number

    return await lane.run(call, number)


async def settle() -> None:
    """Let every task go as far as it can."""
    for _ in range(20):
        await asyncio.sleep(0)


async def begun(order: list[int], count: int) -> None:
    """Until so many calls run."""
    while len(order) < count:
        await asyncio.sleep(0.001)


def test_calls_wait_in_order_and_beyond_those_are_refused() -> None:
    async def ask() -> None:
        lane, order, goes = Lane(1, waiting_max=3), list[int](), Event()
        tasks = [asyncio.create_task(in_turn(lane, order, goes, n)) for n in range(4)]
        await settle()
        try:
            with pytest.raises(Problem) as refused:
                await lane.run(len, "one too many")
            assert (refused.value.status, refused.value.code) == (503, "L-BUSY")
            assert refused.value.headers == {"Retry-After": "1"}
        finally:
            goes.set()

        assert await asyncio.gather(*tasks) == [0, 1, 2, 3]
        assert order == [0, 1, 2, 3]
        assert await lane.run(len, "room again") == 10

    asyncio.run(ask())


def test_so_many_run_at_once_and_no_more() -> None:
    """Two meet; of three, one would have been too many."""

    async def ask() -> None:
        lane, inside, most, meeting = Lane(2, waiting_max=4), set[int](), list[int](), Barrier(2)

        def call(number: int) -> None:
            inside.add(number)
            meeting.wait(PATIENCE)
            most.append(len(inside))
            meeting.wait(PATIENCE)
            inside.discard(number)

        await asyncio.gather(*(lane.run(call, number) for number in range(6)))
        assert most == [2] * 6

    asyncio.run(ask())


def test_a_full_lane_holds_nothing_else_up() -> None:
    """A hundred and fifty lists took every thread that a refusal needed."""

    async def ask() -> None:
        full, goes = Lane(2, waiting_max=150), Event()
        tasks = [asyncio.create_task(in_turn(full, [], goes, n)) for n in range(152)]
        await settle()
        try:
            assert await asyncio.wait_for(run_in_threadpool(len, "refusal"), PATIENCE) == 7
            assert await asyncio.wait_for(Lane(1, waiting_max=0).run(len, "feed"), PATIENCE) == 4
        finally:
            goes.set()
        await asyncio.gather(*tasks)

    asyncio.run(ask())


def test_whoever_goes_away_gives_its_turn_to_the_next() -> None:
    async def ask() -> None:
        lane, order, goes = Lane(1, waiting_max=2), list[int](), Event()
        first, gone, next_one = (
            asyncio.create_task(in_turn(lane, order, goes, number)) for number in range(3)
        )
        await settle()
        gone.cancel()
        goes.set()

        assert [await first, await next_one] == [0, 2]
        assert order == [0, 2]

    asyncio.run(ask())


def test_what_the_call_raises_is_raised() -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        asyncio.run(Lane(1, waiting_max=0).run(int, "x"))

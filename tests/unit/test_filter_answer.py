"""The answer of a filter: cut up, made and ended beside the event loop, a few at a time."""

import asyncio
import zlib
from contextlib import ExitStack
from threading import Event, get_ident
from typing import Any, cast

import pytest
from starlette.types import Message

from ledger.api import filtering
from ledger.api.corked import Corked
from ledger.api.filtering import RUNS_MAX, SENT_BYTES
from ledger.api.problems import Problem
from ledger.api.turns import Lane

PATIENCE = 20.0  # seconds; nothing here takes them unless it fails
LINE = b"+905010000101,false,NO_CONSENT,NEVER_SEEN\n"


class Judged:
    """Stands for a run: three blocks, and an end that somebody has to allow."""

    def __init__(self) -> None:
        self.blocks = [LINE * 20_000, LINE, LINE * 9_000]
        self.may_end, self.ended = Event(), Event()
        self.may_end.set()
        self.threads: set[int] = set()

    def pieces(self) -> Any:
        for block in self.blocks:
            self.threads.add(get_ident())
            yield block

    def close(self) -> None:
        self.threads.add(get_ident())
        assert self.may_end.wait(PATIENCE), "the event loop stood still"
        self.ended.set()


async def sent_by(run: Judged, send: Any, *, packed: bool = False) -> None:
    lane = Lane(1, waiting_max=1)
    pieces = run.pieces()
    if packed:
        pieces = filtering._packed(pieces)
    given = filtering._Lines(cast(Any, run), filtering._sent(pieces, lane), {}, "text/csv")

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    scope = {"type": "http", "asgi": {"spec_version": "2.3"}}
    await given(scope, receive, send)


@pytest.mark.parametrize("packed", [False, True])
def test_no_piece_is_larger_than_a_slow_reader_can_take(packed: bool) -> None:
    run, sizes, whole = Judged(), list[int](), bytearray()

    async def send(message: Message) -> None:
        sizes.append(len(message.get("body", b"")))
        whole.extend(message.get("body", b""))

    asyncio.run(sent_by(run, send, packed=packed))

    assert max(sizes) <= SENT_BYTES <= 256 * 1024
    content = zlib.decompress(bytes(whole), 31) if packed else bytes(whole)
    assert content == b"".join(run.blocks)
    assert run.ended.is_set()
    assert get_ident() not in run.threads


class Written:
    """Stands for a connection's transport."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def write(self, data: bytes) -> None:
        self.sizes.append(len(data))

    def is_closing(self) -> bool:
        return False


def test_pieces_are_not_put_together_again_on_their_way() -> None:
    """Ten megabytes had to be read before one who read steadily was no longer cut off."""
    run, transport = Judged(), Written()

    async def ask() -> None:
        corked = Corked(cast(Any, transport), asyncio.get_running_loop())

        async def send(message: Message) -> None:
            corked.write(message.get("body", b""))

        await sent_by(run, send)
        await asyncio.sleep(0)

    asyncio.run(ask())

    assert sum(transport.sizes) == sum(map(len, run.blocks))
    assert max(transport.sizes) <= 2 * SENT_BYTES


def test_the_end_of_one_who_hung_up_does_not_hold_the_event_loop() -> None:
    """It waits for PostgreSQL: everybody else stood still meanwhile."""
    run = Judged()
    run.may_end.clear()

    async def send(message: Message) -> None:
        if message["type"] == "http.response.body":
            asyncio.get_running_loop().call_later(0, run.may_end.set)
            raise OSError("hung up")

    async def ask() -> None:
        with pytest.raises(OSError, match="hung up"):
            await sent_by(run, send)

    asyncio.run(ask())

    assert run.ended.is_set()


def test_a_cancelled_answer_is_ended_all_the_same() -> None:
    run, begun = Judged(), asyncio.Event()

    async def send(message: Message) -> None:
        begun.set()
        await asyncio.Event().wait()

    async def ask() -> None:
        task = asyncio.create_task(sent_by(run, send))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(ask())

    assert run.ended.is_set()


def test_only_a_few_run_at_a_time() -> None:
    runs = filtering._Runs()

    with ExitStack() as stack:
        for _ in range(RUNS_MAX):
            runs.expect_room()
            stack.enter_context(runs.one())
        with pytest.raises(Problem) as refused:
            runs.expect_room()
        assert (refused.value.status, refused.value.code) == (503, "L-BUSY")
        with pytest.raises(Problem), runs.one():
            raise AssertionError

    runs.expect_room()

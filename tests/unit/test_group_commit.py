"""Group commit without a timer (design.md §7): what waits goes together, and harms nobody else."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence

import pytest

from ledger.errors import HeadBusy, LedgerError, StoreUnavailable
from ledger.recording.group_commit import WAITING_MAX, Together

TIMEOUT_SECONDS = 10
Futures = list["asyncio.Future[int]"]


class Work:
    """Answers with the double; the first call waits until it is let go."""

    def __init__(self) -> None:
        self.calls: list[list[int]] = []
        self.begun, self.let_go = threading.Event(), threading.Event()

    def __call__(self, asked: Sequence[int]) -> list[int]:
        self.calls.append(list(asked))
        self.begun.set()
        assert self.let_go.wait(TIMEOUT_SECONDS)
        if -1 in asked:
            raise ValueError("one is bad")
        if -2 in asked:
            raise StoreUnavailable("gone")
        if -3 in asked:
            return []
        return [2 * one for one in asked]


def outcomes(
    work: Work,
    *later: int,
    batch_max: int = 256,
    meanwhile: Callable[[Together[int, int], Futures], Awaitable[None]] | None = None,
) -> list[int | BaseException]:
    """Ask for 1, and for the others while that is under way."""

    async def main() -> list[int | BaseException]:
        together: Together[int, int] = Together(work, name="test", batch_max=batch_max)
        futures = [together.ask(1)]
        await asyncio.to_thread(work.begun.wait, TIMEOUT_SECONDS)
        futures += [together.ask(one) for one in later]
        if meanwhile is not None:
            await meanwhile(together, futures)
        work.let_go.set()
        answers = await asyncio.gather(*futures, return_exceptions=True)
        await together.close()
        return list(answers)

    return asyncio.run(main())


def test_what_waited_meanwhile_goes_in_one_call() -> None:
    work = Work()

    assert outcomes(work, 2, 3, 4) == [2, 4, 6, 8]
    assert work.calls == [[1], [2, 3, 4]]


def test_a_batch_is_bounded() -> None:
    work = Work()

    assert outcomes(work, 2, 3, 4, batch_max=2) == [2, 4, 6, 8]
    assert work.calls == [[1], [2, 3], [4]]


def test_one_bad_item_harms_nobody_else() -> None:
    _, good, bad, other = outcomes(Work(), 2, -1, 4)

    assert (good, other) == (4, 8)
    assert isinstance(bad, ValueError)


def test_without_a_store_nobody_waits_for_a_try_alone() -> None:
    work = Work()

    _, *gone = outcomes(work, 2, -2)

    assert all(isinstance(one, StoreUnavailable) for one in gone)
    assert work.calls == [[1], [2, -2]]


def test_an_answer_too_few_is_nobodys() -> None:
    _, good, bad = outcomes(Work(), 2, -3)

    assert good == 4
    assert isinstance(bad, LedgerError)


def test_whoever_has_gone_harms_nobody_else() -> None:
    async def hang_up(together: Together[int, int], futures: Futures) -> None:
        futures[1].cancel()

    _, gone, other = outcomes(Work(), 2, 3, meanwhile=hang_up)

    assert isinstance(gone, asyncio.CancelledError)
    assert other == 6


def test_closing_finishes_what_waits_and_takes_no_more() -> None:
    work = Work()

    async def close(together: Together[int, int], futures: Futures) -> None:
        closing = asyncio.ensure_future(together.close())
        await asyncio.sleep(0)
        with pytest.raises(HeadBusy):
            together.ask(4)
        work.let_go.set()
        await closing
        assert [future.result() for future in futures] == [2, 4, 6]

    assert outcomes(work, 2, 3, meanwhile=close) == [2, 4, 6]


def test_more_than_can_wait_is_refused_and_not_taken() -> None:
    async def fill(together: Together[int, int], futures: Futures) -> None:
        futures += [together.ask(0) for _ in range(WAITING_MAX)]
        with pytest.raises(HeadBusy):
            together.ask(5)

    assert outcomes(Work(), meanwhile=fill) == [2] + [0] * WAITING_MAX

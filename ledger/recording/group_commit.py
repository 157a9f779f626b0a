"""Group commit without a timer (design.md §7): what waits goes together when the last is done.

One of these per process and provider. The same loop answers look-ups together.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Generic, TypeVar

from ledger.errors import HeadBusy, LedgerError, StoreUnavailable

BATCH_MAX: Final = 256
WAITING_MAX: Final = 10_000

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


class Together(Generic[Asked, Answer]):
    """Answers what many ask of one event loop by one call at a time for all that waits meanwhile.

    The call runs in a thread of its own; all its answers come back to the loop in one step. A
    failed call for many is repeated for each alone, so that one bad item harms nobody else.
    `batches` calls took `taken` of them so far.
    """

    def __init__(
        self,
        answer_all: Callable[[Sequence[Asked]], Sequence[Answer]],
        *,
        name: str,
        batch_max: int = BATCH_MAX,
    ) -> None:
        self._answer_all = answer_all
        self._batch_max = batch_max
        self._thread = ThreadPoolExecutor(1, name)
        self._waiting: list[tuple[Asked, asyncio.Future[Answer]]] = []
        self._idle = asyncio.Event()
        self._idle.set()
        self._closed = False
        self.batches = self.taken = 0

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return len(self._waiting)

    def ask(self, asked: Asked) -> "asyncio.Future[Answer]":
        """A future that is done only when the work is: for a write, after its commit.

        Raises HeadBusy where nothing more is taken.
        """
        if self._closed:
            raise HeadBusy("the service is stopping; nothing was taken")
        if len(self._waiting) >= WAITING_MAX:
            raise HeadBusy(f"{WAITING_MAX} are waiting; nothing was taken")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Answer] = loop.create_future()
        self._waiting.append((asked, future))
        if self._idle.is_set():
            self._idle.clear()
            loop.call_soon(self._go)  # with whatever else this turn of the loop brings
        return future

    async def close(self) -> None:
        """Finish what waits, then stop. Later asks are refused."""
        self._closed = True
        await self._idle.wait()
        self._thread.shutdown()

    def _go(self) -> None:
        batch, self._waiting = self._waiting[: self._batch_max], self._waiting[self._batch_max :]
        asked = [one for one, _ in batch]
        self.batches, self.taken = self.batches + 1, self.taken + len(asked)
        futures = [future for _, future in batch]
        loop = asyncio.get_running_loop()
        done = loop.run_in_executor(self._thread, settled, self._answer_all, asked)
        done.add_done_callback(lambda settled: self._come_back(futures, settled))

    def _come_back(
        self,
        futures: Sequence["asyncio.Future[Answer]"],
        settled: "asyncio.Future[list[Answer | BaseException]]",
    ) -> None:
        if self._waiting:
            self._go()
        else:
            self._idle.set()
        for future, outcome in zip(futures, settled.result(), strict=True):
            if future.done():
                continue  # whoever asked has gone
            if isinstance(outcome, BaseException):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)


def settled(
    answer_all: Callable[[Sequence[Asked]], Sequence[Answer]], asked: Sequence[Asked]
) -> list[Answer | BaseException]:
    """What `answer_all` says to all of it; where that fails, to each alone, or how that failed."""
    try:
        answers = answer_all(asked)
        if len(answers) != len(asked):
            raise LedgerError(f"{len(asked)} were asked, {len(answers)} answered")
    except BaseException as error:  # noqa: BLE001  # named recovery: each asker gets it
        # Without a store each one alone would wait and fail as well.
        if len(asked) == 1 or isinstance(error, StoreUnavailable):
            return [error] * len(asked)
        return [outcome for one in asked for outcome in settled(answer_all, [one])]
    return list(answers)

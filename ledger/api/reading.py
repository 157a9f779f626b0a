"""Look-ups of one loop, asked together: what comes while one question is out goes with the next."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from ledger.errors import HeadBusy
from ledger.recording.ports import Current, CurrentKey

BATCH_MAX: Final = 256
WAITING_MAX: Final = 10_000

_Waiting = list[tuple[CurrentKey, "asyncio.Future[Current]"]]


class Reader:
    """Answers look-ups with what is committed when each is asked. Belongs to one event loop.

    All answers of a question come back to the loop in one step: woken for each, it spent more time
    on waking than on answering.
    """

    def __init__(self, answer_all: Callable[[Sequence[CurrentKey]], Sequence[Current]]) -> None:
        self._answer_all = answer_all
        self._thread = ThreadPoolExecutor(1, "reader")
        self._waiting: _Waiting = []
        self._is_out = False

    def ask(self, key: CurrentKey) -> "asyncio.Future[Current]":
        """A future with the answer. Raises HeadBusy when too many wait."""
        if len(self._waiting) >= WAITING_MAX:
            raise HeadBusy(f"{WAITING_MAX} look-ups are waiting")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Current] = loop.create_future()
        self._waiting.append((key, future))
        if not self._is_out:
            self._is_out = True
            loop.call_soon(self._go)  # with whatever else this turn of the loop brings
        return future

    def close(self) -> None:
        """Let the question that is out end."""
        self._thread.shutdown()

    def _go(self) -> None:
        batch, self._waiting = self._waiting[:BATCH_MAX], self._waiting[BATCH_MAX:]
        asked = asyncio.get_running_loop().run_in_executor(
            self._thread, self._answer_all, [key for key, _ in batch]
        )
        asked.add_done_callback(lambda done: self._come_back(batch, done))

    def _come_back(self, batch: _Waiting, done: "asyncio.Future[Sequence[Current]]") -> None:
        self._is_out = bool(self._waiting)
        if self._is_out:
            self._go()
        error = done.exception()
        for number, (_, future) in enumerate(batch):
            if future.done():
                continue  # its caller hung up
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(done.result()[number])

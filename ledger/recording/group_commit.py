"""Group commit without a timer (design.md §7): what waits goes together when the last is done.

One of these per process and provider. The same loop answers look-ups together.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from queue import Full, Queue
from typing import Final, Generic, TypeVar

from ledger.errors import HeadBusy, LedgerError, StoreUnavailable

BATCH_MAX: Final = 256
WAITING_MAX: Final = 10_000

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


class Together(Generic[Asked, Answer]):
    """Answers what several threads ask by one call at a time for all that waits meanwhile.

    A failed call for many is repeated for each alone, so that one bad item harms nobody else.
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
        self._waiting: Queue[tuple[Asked, Future[Answer]] | None] = Queue(WAITING_MAX)
        self._closed = False
        self._gate = threading.Lock()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def ask(self, asked: Asked) -> "Future[Answer]":
        """A future that is done only when the work is: for a write, after its commit."""
        future: Future[Answer] = Future()
        with self._gate:
            if self._closed:
                raise HeadBusy("the service is stopping; nothing was taken")
            try:
                self._waiting.put_nowait((asked, future))
            except Full:
                raise HeadBusy(f"{WAITING_MAX} are waiting; nothing was taken") from None
        return future

    def close(self) -> None:
        """Finish what waits, then stop. Later asks are refused."""
        with self._gate:
            if self._closed:
                return
            self._closed = True
            self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        last = False
        while not last:
            first = self._waiting.get()
            batch = [] if first is None else [first]
            last = first is None
            while not last and len(batch) < self._batch_max and not self._waiting.empty():
                item = self._waiting.get()
                if item is None:
                    last = True
                else:
                    batch.append(item)
            batch = [one for one in batch if one[1].set_running_or_notify_cancel()]
            if batch:
                self._settle(batch)

    def _settle(self, batch: list[tuple[Asked, "Future[Answer]"]]) -> None:
        try:
            answers = self._answer_all([asked for asked, _ in batch])
            if len(answers) != len(batch):
                raise LedgerError(f"{len(batch)} were asked, {len(answers)} answered")
        except BaseException as error:  # noqa: BLE001  # named recovery: each asker gets it, below
            # Without a store each one alone would wait and fail as well.
            if len(batch) == 1 or isinstance(error, StoreUnavailable):
                for _, future in batch:
                    future.set_exception(error)
                return
            for one in batch:
                self._settle([one])
            return
        for (_, future), answer in zip(batch, answers, strict=True):
            future.set_result(answer)

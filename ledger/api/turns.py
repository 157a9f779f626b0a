"""Turns at what takes long, so that nothing short waits behind it.

Every other call that blocks shares one pool of 40 threads. A lane has its own few, and they are
few: threads that compute take turns with the event loop for one interpreter.
"""

from collections.abc import Callable
from typing import Final, TypeVar, TypeVarTuple, Unpack

from anyio import CapacityLimiter, to_thread

from ledger.api.problems import Problem

BUSY_SECONDS: Final = 1

Asked = TypeVarTuple("Asked")
Answer = TypeVar("Answer")


class Lane:
    """`at_once` calls run, up to `waiting_max` wait for their turn in the order they came."""

    def __init__(self, at_once: int, *, waiting_max: int) -> None:
        self._limiter = CapacityLimiter(at_once)
        self._inside_max = at_once + waiting_max
        self._inside = 0

    async def run(self, call: Callable[[Unpack[Asked]], Answer], *asked: *Asked) -> Answer:
        """What the call gives, in a thread. Raises Problem 503 L-BUSY where too many wait."""
        if self._inside >= self._inside_max:
            raise busy()
        self._inside += 1
        try:
            return await to_thread.run_sync(call, *asked, limiter=self._limiter)
        finally:
            self._inside -= 1


def busy() -> Problem:
    """Come again in a second."""
    return Problem(503, "L-BUSY", headers={"Retry-After": str(BUSY_SECONDS)})

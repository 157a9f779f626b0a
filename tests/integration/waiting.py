"""Waiting with a deadline, and threads that start at the same moment."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from time import sleep
from typing import TypeVar

from ledger.clock import steady_seconds

DEADLINE_SECONDS = 20.0

Answer = TypeVar("Answer")


def eventually(condition: Callable[[], bool], what: str) -> None:
    """Return once the condition holds; fail if it does not within the deadline."""
    begun = steady_seconds()
    while not condition():
        assert steady_seconds() - begun < DEADLINE_SECONDS, f"never: {what}"
        sleep(0.005)


def at_once(*calls: Callable[[], Answer]) -> list[Answer]:
    """What the calls return, each in a thread of its own, all released together."""
    barrier = threading.Barrier(len(calls), timeout=DEADLINE_SECONDS)

    def call(one: Callable[[], Answer]) -> Answer:
        barrier.wait()
        return one()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result() for future in [pool.submit(call, one) for one in calls]]


@contextmanager
def running(loop: Callable[[threading.Event], None]) -> Iterator[threading.Event]:
    """A loop in a thread; stopped and joined at the end, and what it raised is raised here."""
    stop = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(loop, stop)
        try:
            yield stop
        finally:
            stop.set()
        future.result(DEADLINE_SECONDS)

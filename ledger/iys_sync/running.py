"""The worker that keeps one provider and İYS in step: one leader, several steps, each in its time.

What fails is noted and tried again, ever more slowly.
"""

import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

import structlog

from ledger import clock
from ledger.errors import LedgerError
from ledger.iys_sync.errors import IysAccount, IysBusy, IysFailure, IysHalted

LEAD_SECONDS: Final = 5.0
"""Between two tries to lead, and two looks whether we still do."""
REST_SECONDS: Final = 0.2
RETRY_SECONDS: Final = 5.0
RETRY_SECONDS_MAX: Final = 300.0
ACCOUNT_SECONDS: Final = 900.0
"""Nothing succeeds until people have acted: then we look again."""

_log = structlog.get_logger("izin")


@dataclass(frozen=True, slots=True)
class Step:
    """Something to be done every `every`. `act` says whether there is more of it at once."""

    name: str
    every: timedelta
    act: Callable[[], bool]


class Lead(Protocol):
    """Which process works for the provider."""

    def take(self) -> AbstractContextManager[Callable[[], bool] | None]:
        """See store.leading.Leadership."""


class Lane:
    """Steps that are done one after the other, in one thread."""

    def __init__(self, steps: Sequence[Step], *, now: clock.Clock = clock.now) -> None:
        self._steps = steps
        self._now = now
        self._due: dict[str, datetime] = {}
        self._failures: dict[str, int] = {}
        self.complaint: str | None = None

    def run_once(self) -> bool:
        """Do what is due; whether there is more of it at once."""
        more = False
        for step in self._steps:
            now = self._now()
            if now < self._due.get(step.name, now):
                continue
            has_more, pause = self._do(step)
            more = more or has_more
            if not has_more:
                self._due[step.name] = now + pause
        return more

    def _do(self, step: Step) -> tuple[bool, timedelta]:
        try:
            more = step.act()
        except (IysHalted, IysBusy) as error:
            self._complain(step, error)
            return False, max(error.until - self._now(), timedelta(seconds=1))
        except IysAccount as error:
            self._complain(step, error)
            return False, timedelta(seconds=ACCOUNT_SECONDS)
        except LedgerError as error:
            return False, self._later(step, error)
        self._failures.pop(step.name, None)
        self.complaint = None
        return more, step.every

    def _later(self, step: Step, error: LedgerError) -> timedelta:
        failures = self._failures[step.name] = self._failures.get(step.name, 0) + 1
        self._complain(step, error)
        return timedelta(seconds=min(RETRY_SECONDS * 2 ** (failures - 1), RETRY_SECONDS_MAX))

    def _complain(self, step: Step, error: LedgerError) -> None:
        said = f"{step.name}: {error}" if isinstance(error, IysFailure) else type(error).__name__
        if said != self.complaint:  # else a day of it would fill the disk
            self.complaint = said
            _log.warning("İYS", step=step.name, failure=type(error).__name__, why=str(error))


class Worker:
    """One provider's. `lanes` run side by side while this process leads.

    `goes_on`: whether they are still as they should be; an account may be changed meanwhile.
    """

    def __init__(
        self,
        lead: Lead,
        lanes: Sequence[Lane],
        *,
        goes_on: Callable[[], bool] = lambda: True,
    ) -> None:
        self._lead = lead
        self._lanes = lanes
        self._goes_on = goes_on

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set: what is under way is finished, nothing new begun."""
        while not stop.is_set() and self._may_go_on():
            try:
                with self._lead.take() as is_mine:
                    if is_mine is not None:
                        self._work(stop, is_mine)
            except LedgerError as error:
                _log.warning("İYS", failure=type(error).__name__, why="no leader")
            stop.wait(LEAD_SECONDS)

    def _work(self, stop: threading.Event, is_mine: Callable[[], bool]) -> None:
        over = threading.Event()
        threads = [
            threading.Thread(target=_run, args=(lane, over), name="iys") for lane in self._lanes
        ]
        for thread in threads:
            thread.start()
        while not stop.wait(LEAD_SECONDS) and is_mine() and self._may_go_on():
            if not all(thread.is_alive() for thread in threads):
                break  # a mistake in the program, logged by the thread: begin anew
        over.set()
        for thread in threads:
            thread.join()

    def _may_go_on(self) -> bool:
        try:
            return self._goes_on()
        except LedgerError:
            return True  # not known just now


def _run(lane: Lane, over: threading.Event) -> None:
    while not over.is_set():
        if not lane.run_once():
            over.wait(REST_SECONDS)

"""The worker: keeps what follows from the log up with it, and imports the files that were sent in,
in a process of its own.

In the service it would take turns with the answers for one interpreter: a large import would slow
every caller down.
"""

import multiprocessing
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from ledger import bootstrap
from ledger.bootstrap import Home
from ledger.cli.output import configure_logs
from ledger.errors import LedgerError
from ledger.settings import Settings
from ledger.vocabulary import IysCode

LOOK_FOR_PROVIDERS_SECONDS = 5.0
TELL_SECONDS = 0.5
STOP_SECONDS = 30.0
CONNECTIONS_MAX = 14


class Worker:
    """The worker's process as the service sees it."""

    def __init__(self, process: BaseProcess, pipe: Connection) -> None:
        self._process = process
        self._pipe = pipe
        self._told: datetime | None = None
        self._lost_at: datetime | None = None

    def failing_since(self, now: datetime) -> datetime | None:
        """Since when a follower fails, or the worker itself is gone."""
        with suppress(EOFError, OSError):
            while self._pipe.poll():
                seconds = self._pipe.recv()
                self._told = None if seconds is None else datetime.fromtimestamp(seconds, UTC)
        if not self._process.is_alive():
            self._lost_at = self._lost_at or now
            return self._lost_at
        return self._told


@contextmanager
def worker(settings: Settings) -> Iterator[Worker]:
    """Start the process; end it with the block, however it ends."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    # Not a daemon: those may have no processes of their own, which the lanes of an import are.
    process = context.Process(target=_work, args=(theirs, settings), name="worker")
    process.start()
    theirs.close()
    try:
        yield Worker(process, ours)
    finally:
        ours.close()  # what tells it to stop
        process.join(STOP_SECONDS)
        if process.is_alive():
            process.kill()  # what it had not committed is rolled back, and done at the next start
            process.join()


def run(settings: Settings, stop: threading.Event) -> None:
    """Be the worker until `stop` is set."""
    with bootstrap.home(settings, pool_size_max=CONNECTIONS_MAX) as home:
        work(home, settings, stop)


def work(
    home: Home,
    settings: Settings,
    stop: threading.Event,
    tell: Callable[[datetime | None], None] = lambda since: None,
) -> None:
    """Follow, and import what was sent in, until `stop` is set."""
    with bootstrap.import_worker(home, settings).running():
        follow_all(home, stop, tell)


def follow_all(
    home: Home, stop: threading.Event, tell: Callable[[datetime | None], None] = lambda since: None
) -> None:
    """A follower and a keeper of the log for every provider, also for those added later."""
    followers: dict[IysCode, list[threading.Thread]] = {}
    looked_seconds, told = LOOK_FOR_PROVIDERS_SECONDS, None
    while not stop.is_set():
        if looked_seconds >= LOOK_FOR_PROVIDERS_SECONDS:
            looked_seconds = 0.0
            for code in _providers(home):
                with suppress(LedgerError):  # of one provider, which keeps no other back
                    if code not in followers:
                        runs = [one.run for one in home.followers(code)]
                        runs.append(home.logs.keeper(code).run)
                        runs.append(partial(home.connections.work, code))
                        followers[code] = [
                            threading.Thread(target=run, args=(stop,), name="follower")
                            for run in runs
                        ]
                        for thread in followers[code]:
                            thread.start()
        since = home.failing_since()
        if since != told:
            told = since
            tell(since)
        stop.wait(TELL_SECONDS)
        looked_seconds += TELL_SECONDS
    for threads in followers.values():
        for thread in threads:
            thread.join()


def _providers(home: Home) -> list[IysCode]:
    try:
        return home.iys_codes()
    except LedgerError:
        return []


def _work(pipe: Connection, settings: Settings) -> None:
    """The process: works until the pipe closes, which it also does when the service dies."""
    configure_logs()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the service stops it in its own time
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    stop = threading.Event()
    threading.Thread(target=_until_closed, args=(pipe, stop), daemon=True).start()

    def tell(since: datetime | None) -> None:
        with suppress(OSError):
            pipe.send(None if since is None else since.timestamp())

    with suppress(LedgerError), bootstrap.home(settings, pool_size_max=CONNECTIONS_MAX) as home:
        work(home, settings, stop, tell)


def _until_closed(pipe: Connection, stop: threading.Event) -> None:
    with suppress(EOFError, OSError):
        pipe.recv()
    stop.set()

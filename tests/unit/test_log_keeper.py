"""The keeper's two loops: whatever fails is noted, tried again, and ends nothing else."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from time import sleep
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from ledger.errors import SettingsRefused
from ledger.proving import keeping
from ledger.proving.keeping import LogKeeper

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
SECONDS_MAX = 10.0


class Nothing:
    """A log without a seal, a checkpoint, an event."""

    looked = 0
    fails: Callable[[], None] = staticmethod(lambda: None)
    ends: datetime | None = None

    def last_seal(self) -> None:
        self.looked += 1
        self.fails()

    def last_checkpoint(self) -> None:
        return None

    def first_end(self) -> datetime | None:
        return self.ends

    @contextmanager
    def sealing(self) -> Iterator[bool]:
        yield False

    def publish(self) -> None:
        return None


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Nothing:
    for name in ("LOOK_SECONDS", "SHOW_SECONDS", "SEAL_LOOK_SECONDS", "RETRY_SECONDS_MAX"):
        monkeypatch.setattr(keeping, name, 0.001)
    return Nothing()


def a_keeper(store: Nothing, catch_up: Callable[[], int] = lambda: 0) -> LogKeeper:
    unasked: Any = None
    return LogKeeper(
        unasked,
        cast(Any, store),
        cast(Any, store),
        unasked,
        catch_up=catch_up,
        authorities=list,
        seal_every=timedelta(minutes=15),
        asked_max=200,
        jitter=lambda: 0.0,
        now=lambda: NOW,
    )


@contextmanager
def running(keeper: LogKeeper) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=keeper.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(SECONDS_MAX)
        assert not thread.is_alive()


def until(holds: Callable[[], bool]) -> None:
    for _ in range(int(SECONDS_MAX / 0.001)):
        if holds():
            return
        sleep(0.001)
    pytest.fail("it did not come")


def a_failure() -> None:
    raise ZeroDivisionError("made up")


def test_a_failure_of_any_kind_is_tried_again(store: Nothing) -> None:
    failures, calls = [ZeroDivisionError, ValueError], []

    def catch_up() -> int:
        calls.append(keeper.failing_since)
        if failures:
            raise failures.pop()("made up")
        return 0

    keeper = a_keeper(store, catch_up)
    with capture_logs() as told, running(keeper):
        until(lambda: len(calls) > 3)

    assert calls[:4] == [None, NOW, NOW, None]
    assert [(one["what"], one["failure"]) for one in told] == [("log", "ValueError")]


def test_sealing_that_fails_is_tried_again_and_told_of_until_it_succeeds(store: Nothing) -> None:
    calls: list[int] = []

    def catch_up() -> int:
        calls.append(0)
        return 0

    keeper = a_keeper(store, catch_up)
    store.fails = a_failure
    with capture_logs() as told, running(keeper):
        until(lambda: store.looked > 3 and len(calls) > 3)
        assert keeper.failing_since == NOW  # though the other loop goes well
        store.fails = lambda: None
        until(lambda: keeper.failing_since is None)

    assert [(one["what"], one["failure"]) for one in told] == [("seals", "ZeroDivisionError")]


def test_a_tsa_that_may_not_stamp_here_is_told_of_once_and_holds_nothing_up(
    store: Nothing,
) -> None:
    def refused() -> None:
        raise SettingsRefused("a TEST")

    keeper = a_keeper(store)
    store.fails = refused
    with capture_logs() as told, running(keeper):
        until(lambda: store.looked > 3)
        assert keeper.failing_since is None

    assert [one["event"] for one in told] == ["not sealed"]


@pytest.mark.parametrize(
    ("days", "is_soon"), [(-1, True), (keeping.WARN_DAYS, True), (keeping.WARN_DAYS + 1, False)]
)
def test_a_certificate_that_ends_is_told_of_once_a_day(
    store: Nothing, days: int, is_soon: bool
) -> None:
    store.ends = NOW + timedelta(days=days)
    keeper = a_keeper(store)

    with capture_logs() as told, running(keeper):
        until(lambda: store.looked > 3)

    assert keeper.ends_soon() == (store.ends if is_soon else None)
    assert len(told) == is_soon

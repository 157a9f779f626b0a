"""Group commit without a timer (design.md §7): what waits goes together, and harms nobody else."""

import threading
from collections.abc import Sequence

import pytest

from ledger.errors import LedgerError, StoreUnavailable
from ledger.recording.group_commit import Together

TIMEOUT_SECONDS = 10


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
        return [2 * one for one in asked]


def asked_while_the_first_was_under_way(work: Work, together: Together[int, int], *later: int):  # type: ignore[no-untyped-def]  # futures
    first = together.ask(1)
    assert work.begun.wait(TIMEOUT_SECONDS)
    futures = [together.ask(one) for one in later]
    work.let_go.set()
    return first, futures


def test_what_waited_meanwhile_goes_in_one_call() -> None:
    work = Work()
    together: Together[int, int] = Together(work, name="test")

    first, futures = asked_while_the_first_was_under_way(work, together, 2, 3, 4)

    assert first.result(TIMEOUT_SECONDS) == 2
    assert [future.result(TIMEOUT_SECONDS) for future in futures] == [4, 6, 8]
    assert work.calls == [[1], [2, 3, 4]]
    together.close()


def test_a_batch_is_bounded() -> None:
    work = Work()
    together: Together[int, int] = Together(work, name="test", batch_max=2)

    _, futures = asked_while_the_first_was_under_way(work, together, 2, 3, 4)

    assert [future.result(TIMEOUT_SECONDS) for future in futures] == [4, 6, 8]
    assert work.calls == [[1], [2, 3], [4]]
    together.close()


def test_one_bad_item_harms_nobody_else() -> None:
    work = Work()
    together: Together[int, int] = Together(work, name="test")

    _, (good, bad, other) = asked_while_the_first_was_under_way(work, together, 2, -1, 4)

    assert (good.result(TIMEOUT_SECONDS), other.result(TIMEOUT_SECONDS)) == (4, 8)
    with pytest.raises(ValueError, match="bad"):
        bad.result(TIMEOUT_SECONDS)
    together.close()


def test_without_a_store_nobody_waits_for_a_try_alone() -> None:
    work = Work()
    together: Together[int, int] = Together(work, name="test")

    _, futures = asked_while_the_first_was_under_way(work, together, 2, -2)

    for future in futures:
        with pytest.raises(StoreUnavailable):
            future.result(TIMEOUT_SECONDS)
    assert work.calls == [[1], [2, -2]]
    together.close()


def test_closing_finishes_what_waits_and_takes_no_more() -> None:
    work = Work()
    together: Together[int, int] = Together(work, name="test")

    _, futures = asked_while_the_first_was_under_way(work, together, 2, 3)
    together.close()

    assert [future.result(0) for future in futures] == [4, 6]
    with pytest.raises(LedgerError):
        together.ask(4)

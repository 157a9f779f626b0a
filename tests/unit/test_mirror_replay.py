"""The replay of a log: chains, order and time of its events, and each map of streams."""

from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from ledger.evidence.canonical import ZERO_HASH
from ledger.proving.replay import FINDINGS_MAX, Replay, stated_map
from tests.unit.made_log import KEY, OTHER_PRIVATE, MadeLog, named


def replayed(log: MadeLog, run: int = 256) -> Replay:
    maps = [stated_map(state, position) for position, state in enumerate(log.entries, 1)]
    with closing(Replay(KEY, [one for one in maps if one is not None])) as replay:
        for begin in range(0, len(log.entries), run):
            replay.take(log.entries[begin : begin + run])
    return replay


def truths(replay: Replay) -> list[tuple[int, bool]]:
    return [(one.stated.position, one.is_true) for one in replay.maps]


@pytest.mark.parametrize("run", [1, 7, 256])
def test_every_true_map_is_found_true(run: int) -> None:
    log = MadeLog()
    log.map_streams()
    log.restrict_many(0, 300)
    log.map_streams()
    log.restrict_many(150, 310)
    log.map_streams(behind=17)
    log.map_streams(behind=1)

    replay = replayed(log, run)

    assert replay.findings == []
    assert truths(replay) == [(2, True), (303, True), (464, True), (465, True)]


@pytest.mark.parametrize(
    "lie", [{"root": "00" * 32}, {"streams": 9}, {"size": 10}, {"size": 13}, {"size": 99}], ids=str
)
def test_a_false_map_is_found_false(lie: dict[str, Any]) -> None:
    log = MadeLog()
    log.restrict_many(0, 10)
    log.map_streams()
    assert truths(replayed(log)) == [(12, True)]

    log.map_streams(**lie)
    log.restrict_many(0, 10)

    replay = replayed(log)
    assert sorted(truths(replay)) == [(12, True), (13, False)]
    assert replay.findings == []


@pytest.mark.parametrize(
    "lie",
    [
        {"day": "2026-11-25"},
        {"day": "2026-11-25", "at": "2026-11-25T09:00:00Z"},
        {"at": "today"},
        {"at": "2026-11-24T10:00:00Z"},
    ],
    ids=str,
)
def test_a_map_of_another_time_is_found_false(lie: dict[str, Any]) -> None:
    log = MadeLog()
    log.restrict_many(0, 10)

    log.map_streams(**lie)

    assert truths(replayed(log)) == [(12, False)]


def test_a_new_map_that_leaves_out_what_was_recorded_before_is_found_false() -> None:
    """True of its size, which is that of an hour ago."""
    log, later = MadeLog(), "2026-11-24T10:00:00.000000Z"
    log.restrict_many(0, 10)
    log.restrict(1)  # left out

    log.map_streams(behind=1, at="2026-11-24T10:00:00Z", recorded=later)
    log.map_streams(at="2026-11-24T10:00:00Z", recorded=later)

    replay = replayed(log)
    assert (truths(replay), replay.findings) == ([(13, False), (14, True)], [])


def out_of_seq(log: MadeLog) -> None:
    log.restrict(1, seq=3)


def without_prev(log: MadeLog) -> None:
    log.restrict(1, prev="11" * 32)


def begun_twice(log: MadeLog) -> None:
    log.restrict(1, seq=1, prev=ZERO_HASH)


def earlier(log: MadeLog) -> None:
    log.restrict(1, recorded="2026-11-24T08:00:00.000000Z")


def of_another_log(log: MadeLog) -> None:
    log.restrict(1, log=named(OTHER_PRIVATE).name)


def opened_twice(log: MadeLog) -> None:
    log.add(log.opening())


def not_canonical(log: MadeLog) -> None:
    log.entries.append(b"{ }")


def of_an_unknown_type(log: MadeLog) -> None:
    log.entries.append(log.entries[-1].replace(b'"recipient.restricted"', b'"recipient.unknown"'))


FAULTS: dict[Callable[[MadeLog], None], list[str]] = {
    out_of_seq: ["event 4: seq 3, 2 was expected"],
    without_prev: ["event 4: prev is not the former event's hash"],
    begun_twice: [
        "event 4: seq 1, 2 was expected",
        "event 4: prev is not the former event's hash",
    ],
    earlier: ["event 4: recorded goes back"],
    of_another_log: ["event 4: belongs to another log"],
    opened_twice: ["event 4: ledger.opened is event 1 and no other"],
    not_canonical: ["not canonical: another order, space or spelling"],
    of_an_unknown_type: ["event 4: the envelope or body cannot be read"],
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found(fault: Callable[[MadeLog], None]) -> None:
    log = MadeLog()
    log.restrict_many(0, 2)

    fault(log)

    assert replayed(log).findings == FAULTS[fault]


def test_a_log_has_to_be_opened_by_its_key() -> None:
    opened, unopened = MadeLog(), MadeLog()
    opened.entries.clear()
    opened.add(opened.opening(public_key="11" * 32))
    unopened.restrict(1)
    del unopened.entries[0]

    assert replayed(opened).findings[-1] == "the log was opened under another name or key"
    assert replayed(unopened).findings == [
        "event 1: ledger.opened is event 1 and no other",
        "event 1: belongs to another log",
        "the log was opened under another name or key",
    ]


def test_a_log_that_went_on_after_a_backup_says_where() -> None:
    log = MadeLog(OTHER_PRIVATE)
    log.restrict_many(0, 3)
    shown = log.note().decode()
    log.key = KEY
    opening = log.opening(previous_checkpoint=shown)
    log.add(opening)
    log.restrict_many(0, 2)
    log.map_streams()

    replay = replayed(log)

    assert (replay.findings, replay.reopened, truths(replay)) == ([], [5], [(8, True)])


def test_findings_beyond_a_hundred_are_counted() -> None:
    log = MadeLog()
    log.entries += [b"x"] * (FINDINGS_MAX + 5)

    replay = replayed(log)

    assert (len(replay.findings), replay.overflow) == (FINDINGS_MAX, 5)

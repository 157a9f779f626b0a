"""How fast the ledger writes, against raw COPY and the library's stock save in the same run.

    python -m ops.bench.writing [--rows N] [--runs N] [--data DIR] [--only PART …]

`--data DIR` keeps and reuses a ledger, so that imports can be measured into a large one.
"""

import argparse
import resource
import statistics
import time
from collections.abc import Callable
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import psycopg

from ledger import bootstrap
from ledger.importing.plan import ImportOptions
from ledger.importing.run import import_file
from ledger.recording.request import Receipt, Request
from ops.bench.baselines import copy_events, stock_batches, stock_singles
from ops.bench.grounds import (
    BRAND,
    IYS_CODE,
    Ground,
    ground,
    median,
    say,
    seconds,
    write_rows,
)

PARTS = ("copy", "stock", "import")


def main() -> None:
    """Measure the parts asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--only", nargs="*", choices=PARTS, default=PARTS)
    given = parser.parse_args()
    with ground(given.data) as place:
        say("events before", f"{place.ledger.store.last_position():,}")
        imported = 0.0
        if "import" in given.only:
            imported = imports(place, given.rows, given.runs)
        if "copy" in given.only:
            raw = copy_events(place, given.runs)
            ratio = f"import = {imported / raw:.1%}" if imported else ""
            say("raw COPY of the same bytes, indexed table", f"{raw:,.0f} rows/s", ratio)
        if "stock" in given.only:
            batches, one = stock_batches(place, given.runs), stock_singles(place, given.runs)
            say("library's stock save, 500 events a call", f"{batches:,.0f} events/s")
            say("library's stock save, 1 event a call", f"{one:,.0f} events/s")


def imports(place: Ground, rows: int, runs: int) -> float:
    """Rows/s of a file import, file to committed and queryable; with WAL, lock and memory."""
    files = [place.folder / f"rows-{time.time_ns()}-{run}.csv" for run in range(runs)]
    for file in files:
        write_rows(file, rows, seed=time.time_ns() % 10**6)
    before, held = _wal(place), list[float]()

    def one(run: int) -> float:
        with lock_times(place, held):
            result = import_file(
                place.ledger,
                files[run],
                ImportOptions(BRAND, "system:bench"),
                open_ledger=partial(bootstrap.open_ledger, place.settings, IYS_CODE),
            )
        assert result.read == rows
        return rows / result.seconds

    speed = median(runs, one)
    say(f"import of {rows:,} rows, two lanes", f"{speed:,.0f} rows/s")
    say("  WAL per row", f"{(_wal(place) - before) / rows / runs / 1000:.2f} kB")
    again = seconds(
        lambda: import_file(place.ledger, files[-1], ImportOptions(BRAND, "system:bench"))
    )
    say("  the same file again, one lane", f"{rows / again:,.0f} rows/s")
    file = place.folder / "one-lane.csv"
    write_rows(file, rows // 4, seed=time.time_ns() % 10**6)
    with lock_times(place, held):
        single = import_file(place.ledger, file, ImportOptions(BRAND, "system:bench"))
    say("  import, one lane", f"{rows // 4 / single.seconds:,.0f} rows/s")
    held.sort()
    say("  head held, median and p99", f"{_ms(held, 0.5)} / {_ms(held, 0.99)}")
    peak = max(
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    say("  peak memory of a process", f"{peak / 1024:.0f} MB")
    for file in files:
        file.unlink()
    return speed


@contextmanager
def lock_times(place: Ground, held: list[float]):  # type: ignore[no-untyped-def]  # a generator
    """Collect how long each write of this process holds the head."""
    ledger = place.ledger
    record: Callable[..., list[Receipt]] = ledger.record_surely

    def recorded(requests: list[Request]) -> list[Receipt]:
        receipts = record(requests)
        held.append(ledger.store.last_lock_seconds)
        return receipts

    ledger.record_surely = recorded  # type: ignore[method-assign,assignment]  # measured, not mocked
    try:
        yield
    finally:
        del ledger.record_surely  # the class has its own again


def _wal(place: Ground) -> int:
    with psycopg.connect(place.home.dsn) as connection:
        row = connection.execute("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn").fetchone()
    assert row is not None
    return int(row[0])


def _ms(ordered: list[float], share: float) -> str:
    if not ordered:
        return "-"
    if share == 0.5:
        return f"{statistics.median(ordered) * 1000:.1f} ms"
    return f"{ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000:.1f} ms"


if __name__ == "__main__":
    main()

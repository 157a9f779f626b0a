"""How fast the service answers, over HTTP: status, filter, single writes.

    python -m ops.bench.asking [--rows N] [--runs N] [--data DIR] [--only PART …]

`--data DIR` keeps and reuses a ledger: one of ten million events is made by `ops.bench.writing`.
Processor time is that of the service and of PostgreSQL together, without the client.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count, cycle
from pathlib import Path

import httpx
import psycopg

from ledger import bootstrap, clock
from ledger.importing.plan import ImportOptions
from ledger.importing.run import import_file
from ops.bench.grounds import BRAND, IYS_CODE, Ground, ground, median, say, slow_flush, write_rows
from ops.bench.load import Load, closed_loop, open_loop, request_bytes

PARTS = ("status", "filter", "singles", "slow", "mixed")
KEY = "a-key-for-measurements"
CLIENTS = 64
SECONDS = 4.0
STATUS_PER_SECOND = 1_000
TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Measure the parts asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--only", nargs="*", choices=PARTS, default=PARTS)
    given = parser.parse_args()
    with ground(given.data) as place, service(place) as (url, pid):
        say("events before", f"{place.ledger.store.last_position():,}")
        asked = addresses(place, given.rows)
        if "status" in given.only:
            statuses(place, url, pid, asked, given.runs)
        if "filter" in given.only:
            filters(place, url, pid, asked, given.runs)
        if "singles" in given.only:
            singles(url, given.runs, "usual flush")
        if "slow" in given.only:
            with slow_flush(place):
                singles(url, given.runs, "slow flush")
        if "mixed" in given.only:
            mixed(place, url)


@contextmanager
def service(place: Ground) -> Iterator[tuple[str, int]]:
    """`izin serve` on the ledger: its address and process."""
    given = {**os.environ, "IZIN_API_KEY": KEY, "IZIN_DATA": str(place.settings.data)}
    given |= {"IZIN_KEYS": str(place.settings.key_folder), "IZIN_RATE_PER_SECOND": "1000000"}
    given |= {"IZIN_RATE_BURST": "1000000"}
    command = [sys.executable, "-m", "ledger.cli.main", "serve", "--port", "0"]
    process = subprocess.Popen(command, env=given, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        found = None
        while found is None:
            found = re.search(r"http://\S+", process.stdout.readline())
        yield found[0], process.pid
    finally:
        process.terminate()
        process.wait()


def addresses(place: Ground, rows: int) -> list[str]:
    """Numbers that may be messaged, as people write them; most are in a ledger made by the bench.

    From rows like those that filled it: the same seeds give the same numbers."""
    found: list[str] = []
    file = place.folder / "asked.csv"
    for seed in count(1_000):
        write_rows(file, 500_000, seed=seed)
        with file.open(encoding="ascii") as lines:
            next(lines)
            every = [line.split(",", 3)[2] for line in lines if line.startswith("MESAJ")]
        found += every[: rows // 20 + 1]
        if len(found) >= rows:
            break
    file.unlink()
    return found[:rows]


def statuses(place: Ground, url: str, pid: int, asked: list[str], runs: int) -> None:
    """Status over HTTP: processor time a request, and the wait at a steady thousand a second."""
    requests = cycle(
        request_bytes(
            url,
            KEY,
            f"/v1/brands/{BRAND}/status",
            json.dumps({"recipient": text, "type": "MESAJ"}).encode(),
        )
        for text in asked[::7]
    )
    waits, costs = list[float](), list[float]()

    def one(_: int) -> float:
        before = cpu_seconds(place, pid)
        ask = partial(next, requests)
        load = open_loop(url, ask, per_second=STATUS_PER_SECOND, clients=CLIENTS, seconds=SECONDS)
        costs.append((cpu_seconds(place, pid) - before) / load.answers)
        expect_good(load)
        waits.append(load.wait(0.99))
        return load.answers / load.seconds

    speed = median(runs, one)
    say("status, open loop", f"{speed:,.0f}/s", f"p99 {sorted(waits)[len(waits) // 2]:.1f} ms")
    say("  processor time a request", f"{sorted(costs)[len(costs) // 2] * 1e6:.0f} µs")
    load = closed_loop(url, partial(next, requests), clients=CLIENTS, seconds=SECONDS)
    expect_good(load)
    say(f"status, {CLIENTS} clients", f"{load.answers / load.seconds:,.0f}/s")


def filters(place: Ground, url: str, pid: int, asked: list[str], runs: int) -> None:
    """A file of numbers in, a verdict each out; the service's memory before and at its highest."""
    body = ("\n".join(asked) + "\n").encode()
    path = f"{url}/v1/brands/{BRAND}/filter?type=MESAJ"
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "text/plain"}
    headers["Accept-Encoding"] = "identity"

    def one(_: int) -> float:
        began = time.perf_counter()
        lines = 0
        with httpx.stream("POST", path, content=body, headers=headers, timeout=120) as got:
            got.raise_for_status()
            for piece in got.iter_raw():
                lines += piece.count(b"\n")
        assert lines == len(asked) + 1
        return time.perf_counter() - began

    before, cpu = memory_mb(pid), cpu_seconds(place, pid)
    took = median(runs, one)
    say(f"filter of {len(asked):,} addresses over HTTP", f"{took:.1f} s")
    say("  processor time", f"{(cpu_seconds(place, pid) - cpu) / runs:.1f} s")
    say("  memory of the service, before and highest", f"{before:.0f} / {peak_mb(pid):.0f} MB")


def singles(url: str, runs: int, name: str) -> None:
    """Single POSTs of consents by one client and by many."""
    base = 0.0
    for clients in (1, CLIENTS):
        waits: list[float] = []

        def one(_: int, clients: int = clients, waits: list[float] = waits) -> float:
            load = closed_loop(url, posts(url), clients=clients, seconds=SECONDS)
            expect_good(load)
            waits.append(load.wait(0.99))
            return load.answers / load.seconds

        speed = median(runs, one)
        base = base or speed
        shown = f"{speed:,.0f}/s p99 {sorted(waits)[len(waits) // 2]:.1f} ms"
        say(f"POST consents, {clients} clients, {name}", shown, f"{speed / base:.1f} x one client")


def mixed(place: Ground, url: str) -> None:
    """Single POSTs while an import runs in processes of its own."""
    file = place.folder / "mixed.csv"
    write_rows(file, 400_000, seed=time.time_ns() % 10**6)
    lanes = partial(bootstrap.open_ledger, place.settings, IYS_CODE)
    options = ImportOptions(BRAND, "system:bench")
    importing = threading.Thread(
        target=lambda: import_file(place.ledger, file, options, open_ledger=lanes)
    )
    importing.start()
    time.sleep(3)  # until the lanes are under way
    load = closed_loop(url, posts(url), clients=CLIENTS, seconds=2 * SECONDS)
    alongside = importing.is_alive()
    importing.join()
    file.unlink()
    expect_good(load)
    shown = f"{load.answers / load.seconds:,.0f}/s p99 {load.wait(0.99):.1f} ms"
    say(f"POST consents, {CLIENTS} clients, while an import runs", shown)
    if not alongside:
        say("  the import ended before: give it more rows", "TOO SHORT")


def posts(url: str) -> Callable[[], bytes]:
    """Consents of addresses never seen, each with an id."""
    numbers = count(time.time_ns())
    path = f"/v1/brands/{BRAND}/consents"

    def post() -> bytes:
        number = next(numbers)
        item = {
            "id": str(number),
            "recipient": f"k{number}@ornek.com.tr",
            "type": "EPOSTA",
            "status": "ONAY",
            "source": "HS_WEB",
            "consentDate": clock.iys_text(clock.now()),
        }
        return request_bytes(url, KEY, path, json.dumps(item).encode())

    return post


def expect_good(load: Load) -> None:
    """A figure of refused requests is none."""
    if load.failed:
        raise SystemExit(f"{load.failed} of {load.answers} requests failed")


def cpu_seconds(place: Ground, pid: int) -> float:
    """Processor seconds of the service and of PostgreSQL so far."""
    with psycopg.connect(place.home.dsn) as connection:
        rows = connection.execute("SELECT pid FROM pg_stat_activity").fetchall()
    return sum(map(_ticks, (pid, *(one for (one,) in rows)))) / TICKS


def _ticks(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0
    fields = text.rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def memory_mb(pid: int) -> float:
    """Resident memory of a process now."""
    return _status_kb(pid, "VmRSS") / 1024


def peak_mb(pid: int) -> float:
    """Its highest resident memory."""
    return _status_kb(pid, "VmHWM") / 1024


def _status_kb(pid: int, name: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1])
    return 0


if __name__ == "__main__":
    main()

"""How fast a backlog reaches İYS: at what share of its quota, without ever asking too often.

    python -m ops.bench.pushing [--acts N] [--data DIR]

Limits to keep (issue 6): pending acts go out at 95 % or more of 10 requests a second with 1,000
acts each, no 429; results are recorded at 8,000 a second or more. The twin is a process of its own
that counts requests as İYS does; then its clock and ours are put on by the 300 s after which
results are asked for, and these wait for no quota.
"""

import argparse
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import httpx

from ledger import clock
from ledger.clock import iys_text
from ledger.importing.plan import ImportOptions
from ledger.importing.run import import_file
from ledger.iys_sync.client import IysClient
from ledger.iys_sync.line import Means
from ledger.iys_sync.pushing import Pusher
from ledger.iys_sync.tokens import Credentials
from ledger.projections.sending import Sending
from ledger.store.iys_account import IysAccountTable
from ledger.store.iys_gate import IysGate
from ledger.store.vault import ProviderVault
from ops.bench.grounds import BRAND, IYS_CODE, PREFIXES, Ground, ground, say, seconds

ACTS: Final = 200_000
QUOTA: Final = 10.0
LIST: Final = 1_000
SHARE_MIN, RECORDED_MIN = 0.95, 8_000
RESULT_WAIT: Final = timedelta(seconds=310)
KB_IN_MB: Final = 1_024
PORT: Final = 18_765


class Time:
    """The present, put on by hand."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        """Of both sides."""
        return clock.now() + self.ahead


def main() -> None:
    """Fill, push, and say what came out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--acts", type=int, default=ACTS)
    parser.add_argument("--data", type=Path)
    given = parser.parse_args()
    with ground(given.data) as place, a_twin() as url:
        fill(place, given.acts)
        time_ = Time()
        keys = place.home.providers.keys(IYS_CODE)
        tokens = IysAccountTable(place.home.dsn, place.home.database, IYS_CODE, ProviderVault(keys))
        gate = IysGate(place.home.database, url, rate=QUOTA)
        means = Means(now=time_.now)
        who = Credentials("twin", "twin-password")
        with IysClient(IYS_CODE, url, who, gate=gate, tokens=tokens, means=means) as client:
            sending = Sending(place.home.database, IYS_CODE)
            pusher = Pusher(client, place.ledger, sending, lambda: [BRAND], now=time_.now)
            time.sleep(1.1)  # as a new process does
            drain(place, pusher, given.acts, gate, time_)
        fast = IysGate(place.home.database, f"{url} unpaced", rate=1_000_000.0)
        put_on(url, time_)
        with IysClient(IYS_CODE, url, who, gate=fast, tokens=tokens, means=means) as client:
            settle(place, Pusher(client, place.ledger, sending, lambda: [BRAND], now=time_.now))


def fill(place: Ground, acts: int) -> None:
    """So many acts that wait."""
    file = place.folder / "rows.csv"
    at = iys_text(datetime.now(UTC) - timedelta(hours=3))
    with file.open("w", encoding="ascii") as out:
        out.write("type,source,recipient,status,consentDate,recipientType\n")
        for number in range(acts):
            prefix = PREFIXES[number // 10**6 % len(PREFIXES)]
            out.write(f"MESAJ,HS_WEB,+90{prefix}{number % 10**7:07d},ONAY,{at},BIREYSEL\n")
    import_file(place.ledger, file, ImportOptions(BRAND, "system:bench"))
    file.unlink()
    place.home.follow(IYS_CODE)
    say("acts that wait", f"{acts:,}")


def drain(place: Ground, pusher: Pusher, acts: int, gate: IysGate, time_: Time) -> None:
    """Until every act is with İYS."""
    began, cpu = time.perf_counter(), time.process_time()
    while pusher.push_once():
        pass
    took = time.perf_counter() - began
    figures = gate.figures(time_.now())
    share = acts / took / (QUOTA * LIST)
    say("sent", f"{acts / took:,.0f} acts/s", f"{share:.1%} of the quota")
    say("requests", f"{figures.requests_day}", f"{figures.failures_day} failed")
    say("processor time of the pusher", f"{(time.process_time() - cpu) / acts * 1e6:.0f} µs/act")
    say("memory at its highest", f"{peak_mb():.0f} MB")
    if share < SHARE_MIN:
        say("", "UNDER THE LIMIT")


def settle(place: Ground, pusher: Pusher) -> None:
    """Results of all lists, recorded."""
    before = place.ledger.store.last_position()
    time.sleep(1.1)

    def look() -> None:
        while pusher.push_once():
            pass

    took = seconds(look)
    made = place.ledger.store.last_position() - before
    say("results recorded", f"{made / took:,.0f}/s")
    say("memory at its highest", f"{peak_mb():.0f} MB")
    place.home.follow(IYS_CODE)
    if made / took < RECORDED_MIN:
        say("", "UNDER THE LIMIT")


def put_on(url: str, time_: Time) -> None:
    """Both clocks by the time after which results are there."""
    time_.ahead += RESULT_WAIT
    body = {"advanceSeconds": RESULT_WAIT.total_seconds()}
    httpx.post(f"{url}/_twin/clock", json=body).raise_for_status()


@contextmanager
def a_twin() -> Iterator[str]:
    """İYS on a port of this machine, counting ten requests a second until they go unpaced."""
    url = f"http://127.0.0.1:{PORT}"
    settings = ["--set", f"iys_code={IYS_CODE}"]
    command = [sys.executable, "-m", "ledger.cli.main", "twin", "--port", str(PORT), *settings]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        for _ in range(100):
            try:
                httpx.get(f"{url}/_twin/state")
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield url
    finally:
        running.terminate()
        running.wait()


def peak_mb() -> float:
    """The most this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KB_IN_MB


if __name__ == "__main__":
    main()

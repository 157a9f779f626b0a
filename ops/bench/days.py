"""How long a past day takes: made again from its events, hashed, and compared with İYS's file.

    python -m ops.bench.days [--rows N] [--data DIR]

Limits to keep (design.md §13): a day of 1,000,000 movements in under 60 s and 500 MB, with a file
that differs from ours in one byte. `--data DIR` keeps, and reuses, the ledger. The work is measured
in a process of its own. The baseline beside it, of the same run: reading the file from disk, its
SHA-384, and splitting its lines.
"""

import argparse
import hashlib
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from ledger.addresses import parse_address
from ledger.aggregates.commands import SeeAtIys
from ledger.clock import TZDATA_VERSION, iys_text, utc_text
from ledger.iys_sync.comparing import Comparer
from ledger.iys_sync.day_file import FiledDay
from ledger.iys_sync.day_report import DayReport
from ledger.projections.follower import Follower
from ledger.projections.movements import MovementReader, Movements
from ledger.recording.request import Request
from ledger.recording.sights import IysWords, sight
from ledger.store.vault import ProviderVault
from ledger.vocabulary import Channel, ConsentSource, IysState, RecipientType, SeenHow
from ops.bench.grounds import BRAND, IYS_CODE, PREFIXES, Ground, ground, say, seconds

ROWS = 1_000_000
LIST = 500
DAY = date(2026, 3, 4)
BEGIN = datetime(2026, 3, 3, 21, tzinfo=UTC)
DAY_SECONDS = 86_400
SECONDS_MAX, MEMORY_MB_MAX = 60, 500
KB_IN_MB = 1_024


def main() -> None:
    """Fill a ledger, then measure in another process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    with ground(given.data) as place:
        if given.measure:
            measure(place)
            return
        if place.ledger.store.last_position() < given.rows:
            say(
                "movements recorded",
                f"{given.rows / seconds(lambda: fill(place, given.rows)):,.0f}/s",
            )
        caught_up = seconds(Follower(place.home.database, IYS_CODE, Movements()).catch_up)
        say("projection caught up", f"{caught_up:.1f} s")
        write_file(place)
        command = [sys.executable, "-m", "ops.bench.days", "--measure"]
        command += ["--data", str(place.folder)]
        subprocess.run(command, check=True)


def fill(place: Ground, rows: int) -> None:
    """So many movements of one day, each of another address, spread over its seconds."""
    for begin in range(0, rows, LIST):
        place.ledger.record([shown(number, rows) for number in range(begin, begin + LIST)])


def shown(number: int, rows: int) -> Request:
    """A grant that İYS shows as pulled."""
    at = BEGIN + timedelta(seconds=number * DAY_SECONDS // rows)
    prefix = PREFIXES[number // 10**7 % len(PREFIXES)]
    command = SeeAtIys(
        state=IysState.GRANTED,
        at=utc_text(at),
        seen_at=utc_text(at),
        how=SeenHow.PULL,
        consent_date=iys_text(at - timedelta(hours=3)),
        source=ConsentSource.HS_WEB,
        creation_date=iys_text(at),
        tzdata=TZDATA_VERSION,
        actor="system:bench",
    )
    words = IysWords(transaction_id=hashlib.sha256(b"%d" % number).hexdigest(), answer="00" * 32)
    address = parse_address(f"+90{prefix}{number % 10**7:07d}", Channel.MESSAGE)
    kind = RecipientType.INDIVIDUAL
    return sight(address, BRAND, Channel.MESSAGE, kind, command, words)


def report(place: Ground) -> DayReport:
    """The day's file."""
    vault = ProviderVault(place.home.providers.keys(IYS_CODE))
    reader = MovementReader(place.home.database, IYS_CODE, vault)
    return DayReport(reader.moved(BRAND, DAY))


def write_file(place: Ground) -> None:
    """İYS's file: ours, but for one byte in the middle."""
    content = bytearray(b"".join(report(place).pieces()))
    middle = content.index(b"HS_WEB", len(content) // 2)
    content[middle : middle + 6] = b"HS_ATM"
    (place.folder / "iys.csv").write_bytes(content)


def measure(place: Ground) -> None:
    """Make the day, compare it with the file."""
    file = place.folder / "iys.csv"
    base = seconds(lambda: baseline(file))
    before = peak_mb()
    began = time.perf_counter()
    content = file.read_bytes()
    found = Comparer(place.ledger).compare(
        BRAND, report(place), content, FiledDay(content, DAY), None
    )
    took = time.perf_counter() - began
    assert found.counts == {"source_differs": 1}, found.counts
    limits = f"limits {SECONDS_MAX} s, {MEMORY_MB_MAX} MB"
    say(f"a day of {found.rows_here:,} movements", f"{took:.1f} s", f"{took / base:.0f} × baseline")
    say("baseline: read, hash, split", f"{base:.2f} s")
    say("memory at its highest", f"{peak_mb():.0f} MB", f"{before:.0f} MB before")
    say(limits, "kept" if took < SECONDS_MAX and peak_mb() < MEMORY_MB_MAX else "OVER THE LIMIT")


def baseline(file: Path) -> None:
    """What nobody can do without."""
    with file.open("rb") as lines:
        digest = hashlib.sha384()
        for line in lines:
            digest.update(line)
            line.split(b",")


def peak_mb() -> float:
    """The most this process has held so far; `getrusage` would count its parent's too."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / KB_IN_MB


if __name__ == "__main__":
    main()

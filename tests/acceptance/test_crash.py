"""kill -9 of the service and of PostgreSQL under load: nothing acknowledged is lost or doubled."""

import csv
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from ledger import bootstrap
from ledger.addresses import parse_address
from ledger.bootstrap import Home
from ledger.settings import Settings
from ledger.store.providers import ProviderDetails
from ledger.vocabulary import BrandCode, Channel, IysCode
from tests.check import check_ledger

IYS_CODE, BRAND = IysCode(123456), BrandCode(123456)
ROOT = Path(__file__).parent.parent.parent
ROWS = 30_000
ROUND_SECONDS = 1.5


class Writer:
    """The writing service in its own process, and what it acknowledged."""

    def __init__(self, data: Path, name: str) -> None:
        command = [sys.executable, str(Path(__file__).with_name("writer.py")), str(data), name]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment()
        )
        self.acknowledged: dict[str, int] = {}
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.endswith("\n"):
                item, position = line.split()
                self.acknowledged[item] = int(position)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join()
        assert self.process.stdout is not None
        self.process.stdout.close()


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def start_import(data: Path, file: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "ledger.cli.main", "--data", str(data)]
    command += ["import", str(file), "--brand", str(BRAND)]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def kill_postgres(data: Path) -> None:
    pid = int((data / "pg" / "postmaster.pid").read_text().split()[0])
    os.kill(pid, signal.SIGKILL)


def write_rows(file: Path) -> None:
    with file.open("w", encoding="ascii") as out:
        out.write("type,source,recipient,status,consentDate,recipientType\n")
        for number in range(ROWS):
            row = f"+9050{1 + number // 10**6:01d}{number:07d}"
            out.write(f"MESAJ,HS_WEB,{row},ONAY,2025-11-17 10:00:00,BIREYSEL\n")


def assert_each_once(home: Home, acknowledged: dict[str, int]) -> None:
    """Every acknowledged item stands at its position, and every address has one act."""
    ledger = home.ledger(IYS_CODE)
    found = ledger.store.events_at(acknowledged.values())
    assert set(acknowledged.values()) == found.keys()
    for item, position in acknowledged.items():
        address = parse_address(f"{item}@ornek.com.tr", Channel.EMAIL)
        subjects = ledger.store.generations(ledger.vault.lookup(address.uri))
        events = ledger.store.events_of(found[position].stream)
        assert [len(subjects), len(events), events[0].position] == [1, 1, position]


@pytest.mark.parametrize(
    "rounds", [pytest.param(4, id="4"), pytest.param(20, id="20", marks=pytest.mark.soak)]
)
def test_no_acknowledged_event_is_lost_or_doubled_by_kills(tmp_path: Path, rounds: int) -> None:
    data, file = tmp_path / "data", tmp_path / "rows.csv"
    settings = Settings(data=data)
    write_rows(file)
    with bootstrap.home(settings) as home:
        home.add_provider(IYS_CODE, ProviderDetails("Örnek A.Ş."), actor="system:test")
        home.add_brand(IYS_CODE, BRAND, "Örnek", actor="system:test")
    chance, acknowledged = random.Random(rounds), dict[str, int]()
    for number in range(rounds):
        writer, importing = Writer(data, f"r{number}"), start_import(data, file)
        deadline = time.monotonic() + 60
        while not writer.acknowledged and time.monotonic() < deadline:
            time.sleep(0.02)  # the load has to be there before it is cut off
        time.sleep(chance.uniform(0.1, ROUND_SECONDS))
        if number % 2:
            kill_postgres(data)
            before, deadline = len(writer.acknowledged), time.monotonic() + 60
            while len(writer.acknowledged) == before and time.monotonic() < deadline:
                time.sleep(0.02)
            assert len(writer.acknowledged) > before, "the service goes on after the server died"
        os.killpg(importing.pid, signal.SIGKILL)
        importing.wait()
        writer.kill()
        acknowledged |= writer.acknowledged

    with bootstrap.home(settings) as home:
        assert acknowledged
        assert_each_once(home, acknowledged)
        check_ledger(home, IYS_CODE)
    verdicts = tmp_path / "verdicts.csv"
    finish_import(data, file, verdicts)
    with verdicts.open(encoding="utf-8", newline="") as rows:
        counts = Counter(row["verdict"] for row in csv.DictReader(rows))
    assert counts.keys() <= {"recorded", "already"}
    assert counts.total() == ROWS
    with bootstrap.home(settings) as home:
        check_ledger(home, IYS_CODE)


def finish_import(data: Path, file: Path, verdicts: Path) -> None:
    command = [sys.executable, "-m", "ledger.cli.main", "--data", str(data), "import", str(file)]
    command += ["--brand", str(BRAND), "--verdicts", str(verdicts)]
    subprocess.run(command, cwd=ROOT, env=environment(), check=True, timeout=300)

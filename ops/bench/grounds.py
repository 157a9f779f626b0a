"""What every measurement stands on: a throw-away ledger, made-up rows, medians."""

import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from ledger import bootstrap
from ledger.application import ConsentLedger
from ledger.bootstrap import Home
from ledger.settings import Settings
from ledger.store.providers import ProviderDetails
from ledger.vocabulary import BrandCode, IysCode

IYS_CODE, BRAND = IysCode(123456), BrandCode(123456)
PREFIXES = ("501", "505", "506", "507", "530", "531", "532", "533", "535", "536", "541", "542")
SLOW_FLUSH = {"commit_delay": "1000", "commit_siblings": "0"}
SOURCES = ("HS_WEB", "HS_MOBIL", "HS_ISLAK_IMZA", "HS_CAGRI_MERKEZI", "HS_EORTAM")


@dataclass(frozen=True, slots=True)
class Ground:
    """An open ledger in a folder of its own."""

    home: Home
    settings: Settings
    folder: Path

    @property
    def ledger(self) -> ConsentLedger:
        """The ledger of provider 123456."""
        return self.home.ledger(IYS_CODE)


@contextmanager
def ground(data: Path | None = None) -> Iterator[Ground]:
    """A ledger in a throw-away folder, or in `data`, which stays."""
    folder = Path(tempfile.mkdtemp(prefix="izin-bench-")) if data is None else data
    settings = Settings(
        data=folder / "data", keys=folder / "keys", checkpoints=folder / "checkpoints"
    )
    try:
        with bootstrap.home(settings, pool_size_max=12) as home:
            home.add_provider(IYS_CODE, ProviderDetails("Örnek A.Ş."), actor="system:bench")
            home.add_brand(IYS_CODE, BRAND, "Örnek", actor="system:bench")
            yield Ground(home, settings, folder)
    finally:
        if data is None:
            shutil.rmtree(folder)


def write_rows(file: Path, rows: int, *, seed: int) -> None:
    """A csv with API field names: 30 % e-mail, 8 % merchants, 4 % refreshes, 1 % refusals of
    earlier rows, four spellings of numbers; other addresses for another seed."""
    chance = random.Random(seed)
    end = datetime.now(UTC) - timedelta(days=1)
    granted: list[tuple[str, str, str, datetime]] = []
    with file.open("w", encoding="ascii") as out:
        out.write("type,source,recipient,status,consentDate,recipientType\n")
        for index in range(rows):
            status, draw = "ONAY", chance.random()
            if granted and draw < 0.05:
                channel, recipient, kind, before = chance.choice(granted)
                at = min(before + timedelta(seconds=chance.randrange(1, 86_400)), end)
                status = "RET" if draw < 0.01 else "ONAY"
            else:
                kind = "TACIR" if chance.random() < 0.08 else "BIREYSEL"
                at = end - timedelta(seconds=chance.randrange(1, 30 * 86_400))
                channel, recipient = _someone(index, seed, chance)
                if len(granted) < 100_000:
                    granted.append((channel, recipient, kind, at))
            shown = recipient if channel == "EPOSTA" else _spell(recipient, chance.randrange(6))
            source = chance.choice(SOURCES)
            out.write(f"{channel},{source},{shown},{status},{at:%Y-%m-%d %H:%M:%S},{kind}\n")


def _someone(index: int, seed: int, chance: random.Random) -> tuple[str, str]:
    if chance.random() < 0.30:
        return "EPOSTA", f"kisi{index}.{seed}@ornek{index % 97}.com.tr"
    number = (index * 7919 + seed * 104_729) % 10**7
    channel = "MESAJ" if chance.random() < 0.8 else "ARAMA"
    return channel, f"+90{PREFIXES[(index // 1000 + seed) % len(PREFIXES)]}{number:07d}"


def _spell(number: str, way: int) -> str:
    national = number[3:]
    spelled = f"+90 ({national[:3]}) {national[3:6]} {national[6:8]} {national[8:]}"
    return {1: "0" + national, 2: national, 3: spelled}.get(way, number)


def median(runs: int, measure: Callable[[int], float]) -> float:
    """The median of `measure(0)`, `measure(1)`, …"""
    return statistics.median(measure(run) for run in range(runs))


def seconds(work: Callable[[], object]) -> float:
    """How long a call takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def say(name: str, figure: str, ratio: str = "") -> None:
    """One line of the report."""
    sys.stdout.write(f"{name:<58} {figure:>22} {ratio:>16}\n")
    sys.stdout.flush()


@contextmanager
def slow_flush(place: Ground) -> Iterator[None]:
    """Every commit waits a millisecond, as on a disk with an honest flush (design.md §13)."""
    with psycopg.connect(place.home.dsn, autocommit=True) as connection:
        for name, setting in SLOW_FLUSH.items():
            connection.execute(f"ALTER SYSTEM SET {name} = {setting}")
        connection.execute("SELECT pg_reload_conf()")
        try:
            yield
        finally:
            for name in SLOW_FLUSH:
                connection.execute(f"ALTER SYSTEM RESET {name}")
            connection.execute("SELECT pg_reload_conf()")

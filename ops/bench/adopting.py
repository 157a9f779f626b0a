"""How long a brand's adoption takes, against a twin in a process of its own.

    python -m ops.bench.adopting [--consents N]

Limits to keep: 1,000,000 consents in under 4 minutes, 5 of every 6 listed, no 429. The floor is the
pace itself: seven lists a second of a thousand consents each; the sample of 500 goes at İYS's ten
a second whatever the size. The filter of the same addresses is timed before and after, since
afterwards every consent has a list's word.
"""

import argparse
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import psycopg
import uvicorn

from ledger import clock
from ledger.deciding.decision import Decision, Terms
from ledger.deciding.lines import BLOCK_LINES
from ledger.importing.plan import ImportOptions
from ledger.importing.run import import_file
from ledger.iys_sync.adopting import Adopter
from ledger.iys_sync.bulk_status import CALLS_PER_SECOND
from ledger.iys_sync.client import IysClient
from ledger.iys_sync.tokens import Credentials
from ledger.iys_sync.wire import RECIPIENTS_MAX
from ledger.iys_twin.app import ENDPOINT_NAMES, TwinApp
from ledger.iys_twin.consents import Movement
from ledger.iys_twin.engine import Twin
from ledger.iys_twin.settings import TwinSettings
from ledger.projections.snapshots import Snapshots
from ledger.recording.ports import Brand
from ledger.store.iys_account import IysAccountTable
from ledger.store.iys_gate import IysGate
from ledger.store.vault import ProviderVault
from ledger.vocabulary import Channel, RecipientType
from ops.bench.grounds import BRAND, IYS_CODE, Ground, ground, median, say

ABSENT_EVERY = 6
PATIENCE = 60.0
DATE = "2026-03-02 10:00:00"
LIMIT_PER_SECOND = 1_000_000 / 240
KB_IN_MB = 1_024


def main() -> None:
    """Measure one adoption."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--consents", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    with ground() as place, a_twin(given.consents) as url:
        declare(place, given.consents)
        before = filtering(place, given.consents, given.runs)
        adopt(place, url, given.consents)
        after = filtering(place, given.consents, given.runs)
        say("filter before, every consent only declared", f"{before:.2f} s")
        say(
            "filter after, every consent with a list's word",
            f"{after:.2f} s",
            _ratio(after, before),
        )


def adopt(place: Ground, url: str, consents: int) -> None:
    """Adopt the brand and say how long the lists and the sample took."""
    home, times = place.home, Times()
    vault = ProviderVault(home.providers.keys(IYS_CODE))
    account = IysAccountTable(home.dsn, home.database, IYS_CODE, vault)
    snapshots: Any = Timed(Snapshots(home.database, IYS_CODE), times)
    gate, used = IysGate(home.database, url), resource.getrusage(resource.RUSAGE_SELF)
    credentials = Credentials("twin", "twin-password")
    with IysClient(IYS_CODE, url, credentials, gate=gate, tokens=account) as client:
        adopter = Adopter(client, place.ledger, snapshots, gap_mended=lambda brand: None)
        began = time.perf_counter()
        told = adopter.adopt(home.providers.brand(BRAND), "Ölçüm")
        ended = time.perf_counter()
    spent = resource.getrusage(resource.RUSAGE_SELF)
    lists = times.at["note_asked"] - began
    floor = (consents / RECIPIENTS_MAX - 1) / CALLS_PER_SECOND
    say("lists", f"{lists:.1f} s", _ratio(lists, floor))
    say("consents a second by lists", f"{consents / lists:,.0f}")
    say("sample and counts", f"{ended - times.at['note_asked']:.1f} s")
    processor = spent.ru_utime + spent.ru_stime - used.ru_utime - used.ru_stime
    say("processor of the adopting process", f"{processor:.1f} s")
    say("memory of the adopting process", f"{spent.ru_maxrss / KB_IN_MB:,.0f} MB")
    say(
        "listed, absent",
        f"{told.total('listed'):,}, {told.total('asked') - told.total('listed'):,}",
    )
    say("comparisons", ", ".join(f"{one} {n}" for one, n in told.sample.items() if n))
    whole = lists * 1_000_000 / consents + ended - times.at["note_asked"]
    say("1,000,000 at this rate (limit 240 s)", f"{whole:.0f} s")
    say("calls that failed", str(gate.figures(clock.now()).failures_day))


@dataclass
class Times:
    """When each method was called last."""

    at: dict[str, float] = field(default_factory=dict)


class Timed:
    """Stands before something and notes when it is asked."""

    def __init__(self, inner: object, times: Times) -> None:
        self._inner, self._times = inner, times

    def __getattr__(self, name: str) -> Callable[..., Any]:
        self._times.at[name] = time.perf_counter()
        found: Callable[..., Any] = getattr(self._inner, name)
        return found


def declare(place: Ground, consents: int) -> None:
    """Bring the former vendor's export in."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "export.csv"
        with file.open("w", encoding="ascii") as out:
            out.write("type,source,recipient,status,consentDate,recipientType\n")
            for index in range(consents):
                out.write(f"MESAJ,HS_WEB,{a_phone(index)},ONAY,{DATE},BIREYSEL\n")
        options = ImportOptions(
            brand_code=BRAND,
            actor="system:bench",
            declared_by="Ölçüm",
            exported_at=clock.utc_text(clock.now()),
        )
        import_file(place.ledger, file, options)
    with psycopg.connect(place.home.dsn, autocommit=True) as connection:
        connection.execute("ANALYZE")  # as PostgreSQL does by itself within a minute


def filtering(place: Ground, consents: int, runs: int) -> float:
    """The median of judging all of them; nothing is recorded."""
    brand: Brand = place.home.providers.brand(BRAND)
    texts = [a_phone(index) for index in range(consents)]
    blocks = [texts[cut : cut + BLOCK_LINES] for cut in range(0, consents, BLOCK_LINES)]

    def once(_: int) -> float:
        began = time.perf_counter()
        with Decision(place.ledger, Terms(brand, "system:bench")) as decision:
            for _answers in decision.judged(blocks, Channel.MESSAGE, RecipientType.INDIVIDUAL):
                pass
        return time.perf_counter() - began

    once(0)
    return median(runs, once)


def a_phone(index: int) -> str:
    """One of ten million made-up numbers."""
    return f"+90501{index:07}"


@contextmanager
def a_twin(consents: int) -> Iterator[str]:
    """A twin that knows five of every six; its URL."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(consents, theirs), daemon=True)
    process.start()
    try:
        if not ours.poll(PATIENCE):
            raise TimeoutError("the twin did not start")
        yield ours.recv()
    finally:
        process.terminate()
        process.join(PATIENCE)


def serve(consents: int, told: Connection) -> None:
    """The twin's process."""
    settings = TwinSettings(iys_code=IYS_CODE)
    twin = Twin(
        settings,
        real_now=clock.now,
        real_seconds=time.monotonic,
        random_bytes=lambda count: bytes(count - 1) + b"\x01",
        endpoints=ENDPOINT_NAMES,
    )
    brand, now = twin.world.brands[BRAND], twin.now()
    for index in range(consents):
        if index % ABSENT_EVERY:
            brand.append(
                Movement(
                    recipient=a_phone(index),
                    recipient_type=RecipientType.INDIVIDUAL.value,
                    channel=Channel.MESSAGE.value,
                    consent_status="ONAY",
                    consent_source="HS_WEB",
                    consented=now - 1,
                    created=now,
                    before=None,
                )
            )
    server = uvicorn.Server(
        uvicorn.Config(TwinApp(twin), port=0, log_level="critical", access_log=False)
    )
    config = server.config
    config.load()
    listening = config.bind_socket()
    told.send(f"http://127.0.0.1:{listening.getsockname()[1]}")
    server.run(sockets=[listening])


def _ratio(one: float, other: float) -> str:
    return f"{one / other:.2f} ×"


if __name__ == "__main__":
    main()

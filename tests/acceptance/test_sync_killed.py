"""`izin sync run` killed again and again while it tells İYS: everything is there once."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

import httpx
import pytest

from ledger import clock
from ledger.aggregates.bodies import IysRefused, IysSeen
from ledger.aggregates.commands import Origin, Provenance
from ledger.aggregates.intake import RawAct, parse_act
from ledger.bootstrap import Home
from ledger.iys_sync.line import Means
from ledger.recording.request import Request
from ledger.store.iys_account import AccountAtIys
from tests.acceptance.commands import ROOT, environment
from tests.integration.acts import BRAND_CODE, IYS_CODE
from tests.integration.logged import events_of_type
from tests.integration.waiting import eventually
from tests.twin.test_twin_cli import RunningTwin, running_twin
from tests.twin.twin_harness import a_phone

AT_ONCE, ACTS = 12, 24
"""So few go one by one, each answered at once."""
KILLED_BEHIND = 3
"""Consents that İYS has by then; more are under way, and as many begun."""
LATER = timedelta(minutes=3)
"""Behind the time a dead process has for its requests."""


@pytest.fixture
def twin() -> Iterator[RunningTwin]:
    with running_twin("--set", f"iys_code={IYS_CODE}") as running:
        control(running, "faults", {"kind": "slow", "seconds": 0.15, "times": 1_000})
        yield running


def control(twin: RunningTwin, path: str, body: dict[str, object]) -> None:
    """Have the twin do something."""
    answer = httpx.post(f"{twin.told['control']}/{path}", json=body, timeout=20)
    assert answer.is_success, answer.text


def a_consent(number: int) -> Request:
    """Of an hour ago."""
    now = clock.now()
    given = Provenance(
        origin=Origin.LIVE,
        via="api",
        actor="key:test",
        received_at=clock.utc_text(now),
        tzdata=clock.TZDATA_VERSION,
    )
    date = clock.iys_text(now - timedelta(hours=1))
    raw = RawAct("MESAJ", "HS_WEB", a_phone(number), "ONAY", date, "BIREYSEL")
    act = parse_act(raw, given, received_at=now)
    return Request(act.address, BRAND_CODE, act.channel, act.recipient_types, act.command)


def holds(twin: RunningTwin, count: int) -> bool:
    """Whether İYS holds so many consents."""
    return stored(twin) >= count


def stored(twin: RunningTwin) -> int:
    """Consents that İYS holds."""
    state = httpx.get(f"{twin.told['control']}/state", timeout=20).json()
    return int(state["brands"][0]["consents"])


@contextmanager
def syncing(home: Home, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The worker in a process of its own; killed at the end."""
    given = {"DATABASE_URL": home.dsn, "IZIN_KEYS": str(folder / "keys")}
    with (folder / "said").open("ab") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "ledger.cli.main", "sync", "run"],
            cwd=ROOT,
            env=environment(**given, IZIN_DATA=str(folder / "data")),
            stdout=said,
            stderr=said,
        )
        try:
            yield process
        finally:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()


def test_a_worker_that_is_killed_again_and_again_tells_everything_once(
    home: Home, twin: RunningTwin, tmp_path: Path
) -> None:
    account = AccountAtIys(
        url=twin.told["url"], username=twin.told["username"], password=twin.told["password"]
    )
    home.connections.account(IYS_CODE).write(account)
    ledger = home.ledger(IYS_CODE)

    for first in range(0, ACTS, AT_ONCE):
        ledger.record([a_consent(first + number) for number in range(AT_ONCE)])
        count = stored(twin) + KILLED_BEHIND
        with syncing(home, tmp_path):
            eventually(partial(holds, twin, count), f"{count} are at İYS")
    assert stored(twin) < ACTS
    finish(home)

    told = Counter(one["recipient"] for one in listed(twin))
    assert told == Counter(a_phone(number) for number in range(ACTS))
    seen = events_of_type(ledger.store, IysSeen)
    assert len(seen) == len({event.stream for event in seen}) == ACTS
    assert events_of_type(ledger.store, IysRefused) == []


def finish(home: Home) -> None:
    """Another worker goes on, some minutes later."""
    means = Means(now=lambda: clock.now() + LATER)
    with home.connections.sync(IYS_CODE, means) as sync:

        def is_done() -> bool:
            sync.pusher.push_once()
            home.follow(IYS_CODE)
            return not home.deadlines(IYS_CODE).waiting(clock.now() + timedelta(days=9))

        eventually(is_done, "İYS has answered all")


def listed(twin: RunningTwin) -> list[dict[str, str]]:
    """What İYS holds of the provider's, an hour later."""
    control(twin, "clock", {"advanceSeconds": 3_700})
    with twin.client() as client:
        path = f"/sps/{IYS_CODE}/brands/{IYS_CODE}/consents/changes"
        answer = client.get(path, params={"source": "HS"}).json()
    return list(answer["list"])

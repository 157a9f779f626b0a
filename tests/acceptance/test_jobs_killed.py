"""Import jobs in services that are killed, stopped, or several: each job is carried out, once."""

import csv
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import pytest

from ledger import bootstrap
from ledger.aggregates.provider_bodies import ImportCompleted
from ledger.bootstrap import Home
from ledger.recording.import_ports import ImportJob, JobOptions, JobState
from ledger.settings import Settings
from ledger.store.providers import ProviderDetails
from ledger.vocabulary import BrandCode, IysCode
from tests.acceptance.commands import ROOT, environment
from tests.acceptance.wire import KEY
from tests.check import check_ledger
from tests.integration.logged import events_of_type

IYS_CODE, BRAND = IysCode(123456), BrandCode(123456)
HEADER = "type,source,recipient,status,consentDate,recipientType\n"
LONG, SHORT = 40_000, 300
"""Rows: in two processes, and in one."""
SECONDS_MAX = 120.0


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data")


@pytest.fixture
def home(settings: Settings) -> Iterator[Home]:
    with bootstrap.home(settings) as opened:
        opened.add_provider(IYS_CODE, ProviderDetails("Örnek"), actor="system:test")
        opened.add_brand(IYS_CODE, BRAND, "Örnek", actor="system:test")
        yield opened
        check_ledger(opened, IYS_CODE)


@contextmanager
def service(settings: Settings) -> Iterator[subprocess.Popen[str]]:
    """`izin serve` and its worker, a group of processes of their own."""
    with (settings.data.parent / "said").open("a") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "ledger.cli.main", "serve", "--port", "0"],
            cwd=ROOT,
            env={**environment(), "IZIN_DATA": str(settings.data), "IZIN_API_KEY": KEY},
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
        )
    assert process.stdout is not None
    try:
        assert "http://" in process.stdout.readline()
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(SECONDS_MAX)
        process.stdout.close()


def eventually(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + SECONDS_MAX
    while not condition():
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.02)


def submit(home: Home, count: int, *, first: int = 0) -> UUID:
    jobs = home.imports(IYS_CODE)
    rows = "".join(
        f"MESAJ,HS_WEB,+90501{number:07d},ONAY,2025-11-17 10:00:00,BIREYSEL\n"
        for number in range(first, first + count)
    )
    with jobs.receive() as upload:
        upload.write((HEADER + rows).encode())
        job = jobs.submit(upload, BRAND, JobOptions(file_name="gizli-liste.csv"), actor="key:test")
    return job.id


def found(home: Home, job: UUID) -> ImportJob:
    known = home.imports(IYS_CODE).find(job)
    assert known is not None
    return known


def completed(home: Home) -> int:
    return len(events_of_type(home.ledger(IYS_CODE).store, ImportCompleted))


def has_begun(home: Home, job: UUID) -> bool:
    return 0 < found(home, job).rows_read < LONG


@pytest.mark.parametrize("everything", [True, False], ids=["all-processes", "the-service-alone"])
def test_a_killed_services_job_is_finished_by_another(
    home: Home, settings: Settings, everything: bool
) -> None:
    job = submit(home, LONG)
    with service(settings) as first:
        eventually(lambda: has_begun(home, job), "it is under way")
        if everything:
            os.killpg(first.pid, signal.SIGKILL)
        else:
            first.kill()  # its worker hears of it and ends in order
        first.wait()

    with service(settings):
        eventually(lambda: found(home, job).state is JobState.DONE, "another finishes it")

    done = found(home, job)
    assert (done.run >= 2, done.failures) == (True, int(everything))
    assert done.rows_read == LONG
    assert done.verdicts == {"recorded": LONG}  # as if nothing had happened
    assert verdicts(settings, job) == done.verdicts
    assert completed(home) == 1
    assert left(settings) == [".csv"]


def verdicts(settings: Settings, job: UUID) -> Counter[str]:
    file = settings.upload_folder / f"sp_{IYS_CODE}" / f"{job}.csv"
    with file.open(encoding="utf-8", newline="") as rows:
        return Counter(row["verdict"] for row in csv.DictReader(rows))


def left(settings: Settings) -> list[str]:
    return sorted(path.suffix for path in settings.upload_folder.rglob("*.*"))


def test_a_service_that_is_stopped_puts_its_job_back(home: Home, settings: Settings) -> None:
    job = submit(home, LONG)
    with service(settings) as running:
        eventually(lambda: has_begun(home, job), "it is under way")
        began = time.monotonic()
        running.terminate()
        assert running.wait(SECONDS_MAX) == 143
        seconds = time.monotonic() - began

    stopped = found(home, job)
    assert (stopped.state, stopped.failures) == (JobState.WAITING, 0)
    assert seconds < 20
    assert left(settings) == [".upload"]


def test_two_services_share_the_jobs_and_carry_each_out_once(
    home: Home, settings: Settings
) -> None:
    submitted = [submit(home, SHORT, first=SHORT * number) for number in range(16)]

    with service(settings), service(settings):
        eventually(
            lambda: all(found(home, job).state is JobState.DONE for job in submitted), "all done"
        )

    for job in submitted:
        done = found(home, job)
        assert (done.run, dict(done.verdicts)) == (1, {"recorded": SHORT})
    assert completed(home) == len(submitted)


def test_nothing_shows_an_address_or_a_files_name(home: Home, settings: Settings) -> None:
    job = submit(home, SHORT)
    with service(settings):
        eventually(lambda: found(home, job).state is JobState.DONE, "it is done")

    texts = [path.read_text(errors="replace") for path in settings.upload_folder.rglob("*.csv")]
    texts += [(settings.data / "pg.log").read_text(errors="replace")]
    texts += [(settings.data.parent / "said").read_text()]
    assert not any("501000" in text or "gizli" in text for text in texts)

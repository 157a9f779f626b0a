"""Who carries a job out: one process at a time, whoever dies; and what is left behind."""

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ledger.aggregates.provider_bodies import ImportCompleted
from ledger.application import ConsentLedger
from ledger.bootstrap import Home
from ledger.errors import LedgerError, StoreUnavailable
from ledger.importing import jobs
from ledger.importing.jobs import ImportWorker
from ledger.recording.import_ports import HeldJob, JobLost, JobState
from ledger.settings import Settings
from ledger.store import job_queue
from ledger.store.job_queue import JobQueueOfAll
from ledger.store.providers import ProviderDetails
from ledger.vocabulary import BrandCode, IysCode
from tests.integration.acts import IYS_CODE
from tests.integration.logged import events_of_type
from tests.integration.uploading import a_file, found, submit, uploads, working
from tests.integration.waiting import eventually

OTHER = IysCode(777777)


@pytest.fixture
def queue(home: Home) -> Iterator[JobQueueOfAll]:
    opened = a_queue(home)
    yield opened
    opened.close()


def a_queue(home: Home) -> JobQueueOfAll:
    return JobQueueOfAll(home.dsn, home.iys_codes, home.imports, verdict_days=30)


def a_worker(home: Home, queue: JobQueueOfAll) -> ImportWorker:
    return ImportWorker(queue, home.ledger, lambda code: None)


@contextmanager
def as_owner(home: Home) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(home.dsn, options=f"-c search_path=sp_{IYS_CODE}") as owner:
        yield owner


def completed(ledger: ConsentLedger) -> int:
    return len(events_of_type(ledger.store, ImportCompleted))


def test_a_job_is_held_by_one_and_the_oldest_comes_first(home: Home, queue: JobQueueOfAll) -> None:
    first, second = submit(home, a_file(1)), submit(home, a_file(2))
    other = a_queue(home)

    held, theirs = queue.take(), other.take()

    assert held is not None and held.job.id == first
    assert theirs is not None and theirs.job.id == second
    third = a_queue(home)
    assert third.take() is None
    held.put_back(has_failed=False)
    held.release()
    again = third.take()
    assert again is not None and (again.job.id, again.job.run) == (first, 2)
    other.close()
    third.close()


def test_who_died_is_followed_by_another_and_what_it_still_says_is_not_taken(
    home: Home, queue: JobQueueOfAll
) -> None:
    job = submit(home, a_file(1))
    held = queue.take()
    assert held is not None
    with as_owner(home) as owner:
        owner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'izin alone' AND datname = current_database()"
        )
    other = a_queue(home)

    with pytest.raises(StoreUnavailable):
        held.progress(1, 1, {})
    eventually(lambda: found(home, job).state is JobState.RUNNING, "nobody holds it")
    taken = other.take()
    assert taken is not None and (taken.job.run, taken.job.failures) == (2, 1)
    late = job_queue.Held(queue._alone(), home.imports(IYS_CODE), held.job)
    with pytest.raises(JobLost):
        late.progress(9, 9, {})
    with pytest.raises(JobLost):
        late.done(9, {}, None)
    with pytest.raises(JobLost):
        late.put_back(has_failed=True)
    assert late.file.exists()
    other.close()


def test_several_workers_carry_each_job_out_once(
    home: Home, ledger: ConsentLedger, settings: Settings
) -> None:
    submitted = [submit(home, a_file(20, first=1 + 20 * number)) for number in range(12)]

    with ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(working(home, settings))
        eventually(
            lambda: all(found(home, job).state is JobState.DONE for job in submitted), "all done"
        )

    for job in submitted:
        done = found(home, job)
        assert (done.run, done.failures, dict(done.verdicts)) == (1, 0, {"recorded": 20})
    assert completed(ledger) == 12
    assert not uploads(settings)


def test_providers_take_turns(home: Home, queue: JobQueueOfAll) -> None:
    home.add_provider(OTHER, ProviderDetails("Diğer"), actor="system:test")
    home.add_brand(OTHER, BrandCode(OTHER), "Diğer", actor="system:test")
    for _ in range(2):
        submit(home, a_file(1))
    submit(home, a_file(1), iys_code=OTHER, brand_code=BrandCode(OTHER))

    taken = []
    while (held := queue.take()) is not None:
        taken.append(held.iys_code)
        held.refused("L-FILE-EMPTY")
        held.release()

    assert taken == [IYS_CODE, OTHER, IYS_CODE]


def test_a_worker_that_is_stopped_puts_its_job_back_and_a_later_one_finishes_it(
    home: Home, ledger: ConsentLedger, settings: Settings
) -> None:
    count = 6_000
    job = submit(home, a_file(count))

    with working(home, settings):
        eventually(lambda: found(home, job).rows_read > 0, "it has begun")
    stopped = found(home, job)
    with working(home, settings):
        eventually(lambda: found(home, job).state is JobState.DONE, "it is done")

    assert (stopped.state, stopped.failures) == (JobState.WAITING, 0)
    done = found(home, job)
    assert (done.run, done.rows_read) == (2, count)
    assert dict(done.verdicts) == {"recorded": count}, "as if it had never been stopped"
    assert completed(ledger) == 1
    left = sorted(path.suffix for path in settings.upload_folder.rglob("*.*"))
    assert left == [".csv"]


FAULTS: Mapping[str, Callable[[], Exception]] = {
    "the database goes away": lambda: StoreUnavailable("away"),
    "a lane dies": lambda: LedgerError("a process died"),
    "the disk is full": lambda: OSError(28, "No space left on device"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_may_pass_is_tried_again(
    home: Home, queue: JobQueueOfAll, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    job = submit(home, a_file(2))
    faults = [FAULTS[name]()]
    monkeypatch.setattr(jobs, "RETRY_SECONDS_MAX", 0.0)
    failing_once(monkeypatch, faults)
    worker = a_worker(home, queue)

    assert worker.run_once()
    cut_off = found(home, job)
    assert worker.run_once()

    assert (cut_off.state, cut_off.failures) == (JobState.WAITING, 1)
    done = found(home, job)
    # What was recorded before the fault is known already.
    assert (done.state, dict(done.verdicts)) == (JobState.DONE, {"already": 2})


def failing_once(monkeypatch: pytest.MonkeyPatch, faults: list[Exception]) -> None:
    """The next verdict file cannot be ended: as if the fault came in the middle of the import."""
    progress = job_queue.Held.progress

    def fail(held: job_queue.Held, *told: Any) -> None:
        if faults:
            raise faults.pop()
        progress(held, *told)

    monkeypatch.setattr(job_queue.Held, "progress", fail)


def test_a_job_that_fails_again_and_again_is_given_up(
    home: Home, settings: Settings, queue: JobQueueOfAll, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = submit(home, a_file(2))
    monkeypatch.setattr(jobs, "RETRY_SECONDS_MAX", 0.0)
    failing_once(monkeypatch, [LedgerError("again")] * 100)
    worker = a_worker(home, queue)

    while worker.run_once():
        pass

    given_up = found(home, job)
    assert (given_up.state, given_up.code) == (JobState.FAILED, "L-IMPORT-FAILED")
    assert given_up.failures == job_queue.FAILURES_MAX
    assert not uploads(settings)


def test_a_mistake_of_the_program_fails_the_job_and_logs_no_words(
    home: Home,
    queue: JobQueueOfAll,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    job = submit(home, a_file(2))
    failing_once(monkeypatch, [ValueError("+905010000001")])

    a_worker(home, queue).run_once()

    said = capfd.readouterr()
    assert found(home, job).state is JobState.FAILED
    assert "ValueError" in said.out + said.err
    assert "5010000" not in said.out + said.err


def test_what_was_said_that_cannot_be_opened_fails_its_job_and_no_other(
    home: Home, queue: JobQueueOfAll
) -> None:
    broken, sound = submit(home, a_file(1)), submit(home, a_file(1))
    with as_owner(home) as owner:
        owner.execute("UPDATE import_jobs SET sealed = '\\x00' WHERE id = %s", [broken])
    worker = a_worker(home, queue)

    while worker.run_once():
        pass

    assert found(home, broken).state is JobState.FAILED
    assert found(home, sound).state is JobState.DONE


def test_a_job_waits_for_a_file_that_is_elsewhere_and_not_for_ever(
    home: Home, settings: Settings, queue: JobQueueOfAll
) -> None:
    job = submit(home, a_file(1))
    (file,) = uploads(settings)
    file.unlink()

    assert queue.take() is None
    waiting = found(home, job).state
    with as_owner(home) as owner:
        owner.execute("UPDATE import_jobs SET created_at = created_at - interval '2 days'")
    assert queue.take() is None

    lost = found(home, job)
    assert waiting is JobState.WAITING
    assert (lost.state, lost.code) == (JobState.FAILED, "L-UPLOAD-LOST")


def test_verdicts_and_what_was_said_go_when_their_time_is_over(
    home: Home, queue: JobQueueOfAll
) -> None:
    old, young = submit(home, a_file(1), file_name="a.csv"), submit(home, a_file(1))
    worker = a_worker(home, queue)
    while worker.run_once():
        pass
    with as_owner(home) as owner:
        owner.execute(
            "UPDATE import_jobs SET ended_at = ended_at - interval '31 days' WHERE id = %s", [old]
        )

    queue.tidy()

    table = home.imports(IYS_CODE)
    assert (found(home, old).options, table.verdicts(old)) == (None, None)
    kept = table.verdicts(young)
    assert found(home, young).options is not None and kept is not None
    kept.close()


def test_what_a_crash_left_is_swept_away_and_nothing_else(
    home: Home, settings: Settings, queue: JobQueueOfAll
) -> None:
    ended, waiting = submit(home, a_file(1)), submit(home, a_file(1))
    held = queue.take()
    assert held is not None
    held.refused("L-FILE-EMPTY")
    folder = settings.upload_folder / f"sp_{IYS_CODE}"
    nobodys = "0197a000-0000-7000-8000-000000000000"
    waste = [f"{ended}.upload", f"{nobodys}.upload", f"{nobodys}.part", f"{nobodys}.1.part"]
    kept = [f"{nobodys[:-1]}1.part", f"{nobodys[:-1]}1.upload", "README.upload"]
    for name in waste + kept:
        (folder / name).touch()
    for name in waste[1:]:
        age(folder / name, 2 * job_queue.DAY_SECONDS)

    queue.tidy()

    assert {path.name for path in folder.iterdir()} == {*kept, f"{waiting}.upload"}


def age(path: Path, seconds: int) -> None:
    at = path.stat().st_mtime - seconds
    os.utime(path, (at, at))


def test_the_lock_needs_the_application_role_and_no_more(home: Home, queue: JobQueueOfAll) -> None:
    submit(home, a_file(1))

    held = queue.take()

    assert isinstance(held, job_queue.Held)
    who = queue._alone().execute("SELECT current_user").fetchone()
    assert who == ("izin_app",)


def test_two_at_once_take_two_jobs(home: Home) -> None:
    for _ in range(2):
        submit(home, a_file(1))
    queues = [a_queue(home) for _ in range(4)]
    taken: list[HeldJob | None] = []
    threads = [threading.Thread(target=lambda q=q: taken.append(q.take())) for q in queues]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    ids = [held.job.id for held in taken if held is not None]
    assert len(ids) == len(set(ids)) == 2
    for one in queues:
        one.close()

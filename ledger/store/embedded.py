"""A real PostgreSQL without an installation: the first user of a data folder starts it, the last
one out stops it. How it was measured, and why not with the wheel's own code: platform.md §1.
"""

import fcntl
import os
import shlex
import shutil
import socket
import stat
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from time import sleep
from types import MappingProxyType
from typing import Final, Self

import psycopg
from psycopg.conninfo import make_conninfo

from ledger.clock import steady_seconds
from ledger.errors import StoreUnavailable
from ledger.store.binaries import (
    CLUSTER_FOLDER,
    SUPERUSER,
    RunAs,
    find_binaries,
    find_run_as,
    forget_dead_server,
    last_words,
    make_cluster,
)

__all__ = ["EmbeddedPostgres", "find_binaries"]

DATABASE: Final = "izin"
PORT: Final = 5432
SOCKET_FILE: Final = f".s.PGSQL.{PORT}"
SOCKET_PATH_BYTES_MAX: Final = 100  # the kernel ends at 107
START_SECONDS: Final = 30
RECOVERY_SECONDS: Final = 300
STOP_SECONDS_BY_MODE: Final = {"fast": 60, "immediate": 10}
GATE_SECONDS: Final = 600
PROBE_SECONDS: Final = 5
POLL_SECONDS: Final = 0.05
LOG_BYTES_MAX: Final = 10_000_000
LOG_BYTES_SHOWN: Final = 4_000

DEFAULTS: Final[Mapping[str, str]] = MappingProxyType(
    {"shared_buffers": "256MB", "max_wal_size": "2GB", "jit": "off", "timezone": "UTC"}
)
FIXED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "listen_addresses": "",
        "port": str(PORT),
        "unix_socket_permissions": "0700",
        "log_timezone": "UTC",
        # An ERROR, a DETAIL or a STATEMENT may quote an address; the client gets them all the same.
        "log_min_messages": "log",
        "log_error_verbosity": "terse",
        "log_min_error_statement": "panic",
    }
)
NO_OPTIONS: Final[Mapping[str, str]] = MappingProxyType({})


class EmbeddedPostgres:
    """A server for the folder `data`, shared by every process that enters with the same folder.

    Entering starts or joins it; leaving releases it. A process that was killed counts as gone, and
    its server is joined by the next user. SIGTERM without a handler skips leaving: let it raise
    SystemExit. `options` are server settings, used only by the process that starts the server.

    Raises:
        StoreUnavailable: no usable binaries, or the server did not start; carries its last words.
    """

    def __init__(
        self, data: Path, *, pg_bin: str | None = None, options: Mapping[str, str] = NO_OPTIONS
    ) -> None:
        self._data = data.resolve()
        self._cluster = self._data / CLUSTER_FOLDER
        self._remembered = self._data / "pg.socket-at"
        self._pg_bin = pg_bin
        self._options = dict(options)
        self._run_as = RunAs((), None)
        self._binaries = Path()
        self._sockets = Path()
        self._users: int | None = None

    @property
    def dsn(self) -> str:
        """libpq connection string: database `izin`, its superuser `izin`; only while inside."""
        assert self._users is not None, "not entered"
        return self._dsn(DATABASE)

    def __enter__(self) -> Self:
        assert self._users is None, "entered twice"
        with _as_unavailable(), ExitStack() as undo:
            undo.callback(self._leave)
            self._run_as = find_run_as(self._data)
            self._run_as.make_data_folder(self._data)
            with self._gate():
                self._users = self._open("pg.users")
                fcntl.flock(self._users, fcntl.LOCK_SH | fcntl.LOCK_NB)
                self._binaries = find_binaries(self._data, pg_bin=self._pg_bin)
                make_cluster(self._data, binaries=self._binaries, run_as=self._run_as)
                self._start()
            undo.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        with _as_unavailable():
            self._leave()

    def ensure_running(self) -> None:
        """Start the server again if it died; read `dsn` anew, its temporary folder may be another.

        Committed rows survive. Safe from several threads and processes at once: one restarts, the
        others wait and find it running.

        Raises:
            StoreUnavailable: not back within 30 s, or within 300 s when it has to recover.
        """
        assert self._users is not None, "not entered"
        with _as_unavailable(), self._gate():
            self._start()

    # The locks: the kernel drops both with their process, even on SIGKILL.

    @contextmanager
    def _gate(self) -> Iterator[None]:
        """One process at a time starts or stops."""
        gate = self._open("pg.gate")
        try:
            begun = steady_seconds()
            while not _lock_alone(gate):
                if steady_seconds() - begun > GATE_SECONDS:
                    raise StoreUnavailable(
                        f"another process is starting or stopping the server of {self._data}"
                        f" for {GATE_SECONDS} s"
                    )
                sleep(POLL_SECONDS)
            yield
        finally:
            os.close(gate)

    def _leave(self) -> None:
        if self._users is None:
            return
        with self._gate():
            # Closed, not unlocked: a forked child that shares the lock must go on counting.
            os.close(self._users)
            self._users = None
            users = self._open("pg.users")
            try:
                if _lock_alone(users):
                    self._stop()
            finally:
                os.close(users)

    # Starting and stopping, always behind the gate.

    def _start(self) -> None:
        self._sockets = self._find_sockets()
        begun = steady_seconds()
        was_killed = False
        while True:
            waited = steady_seconds() - begun
            if self._listens():
                try:
                    return self._create_database()
                except psycopg.OperationalError as error:
                    if waited > RECOVERY_SECONDS:
                        raise StoreUnavailable(f"PostgreSQL does not get ready: {error}") from error
            else:
                # Orphans of a killed server make the next starts fail until they notice, too.
                lock = self._sockets / f"{SOCKET_FILE}.lock"
                was_killed = forget_dead_server(self._cluster, socket_lock=lock) or was_killed
                refusal = self._run_server()
                if refusal is not None and not (was_killed and waited < START_SECONDS):
                    raise StoreUnavailable(f"PostgreSQL did not start: {refusal}")
            sleep(POLL_SECONDS)

    def _run_server(self) -> str | None:
        """The last lines of the log when it did not start."""
        settings = {**DEFAULTS, **self._options, **FIXED}
        settings["unix_socket_directories"] = str(self._sockets)
        words = (word for item in settings.items() for word in ("-c", "=".join(item)))
        log = self._open("pg.log")
        try:
            begin = os.fstat(log).st_size
            if begin > LOG_BYTES_MAX:
                begin = 0
                os.ftruncate(log, 0)
            arguments = ("start", "-s", "-w", "-t", str(RECOVERY_SECONDS), "-o", shlex.join(words))
            code = self._pg_ctl(*arguments, seconds=RECOVERY_SECONDS, output=log)
            size = os.fstat(log).st_size
            said = os.pread(log, LOG_BYTES_SHOWN, max(begin, size - LOG_BYTES_SHOWN))
        finally:
            os.close(log)
        return None if code == 0 else last_words(said)

    def _stop(self) -> None:
        # Only a server that listens: the number in a stale file may be another process by now.
        for mode, seconds in STOP_SECONDS_BY_MODE.items():
            if self._listens():
                arguments = ("stop", "-s", "-w", "-t", str(seconds), "-m", mode)
                self._pg_ctl(*arguments, seconds=seconds)
        if self._listens():
            raise StoreUnavailable(f"the PostgreSQL server of {self._data} did not stop")
        if self._remembered.exists():
            shutil.rmtree(self._sockets, ignore_errors=True)
            self._remembered.unlink()

    def _listens(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(PROBE_SECONDS)
            try:
                probe.connect(str(self._sockets / SOCKET_FILE))
            except (FileNotFoundError, ConnectionRefusedError):
                return False
            except (BlockingIOError, TimeoutError):
                return True  # its queue is full
        return True

    def _create_database(self) -> None:
        dsn = self._dsn("postgres")
        with (
            suppress(psycopg.errors.DuplicateDatabase),
            psycopg.connect(dsn, autocommit=True, connect_timeout=PROBE_SECONDS) as connection,
        ):
            connection.execute("CREATE DATABASE izin")

    def _pg_ctl(self, *arguments: str, seconds: int, output: int | None = None) -> int:
        program = self._binaries / "pg_ctl"
        return self._run_as.run(
            program, *arguments, cluster=self._cluster, seconds=seconds + 10, output=output
        ).returncode

    def _dsn(self, database: str) -> str:
        return make_conninfo(host=str(self._sockets), port=PORT, user=SUPERUSER, dbname=database)

    # Folders and files.

    def _open(self, name: str) -> int:
        return self._run_as.open_file(self._data / name)

    def _find_sockets(self) -> Path:
        """Beside the cluster; else a temporary folder, remembered so that all use the same."""
        near = self._data / "pg.socket"
        if _fits_a_socket(near):
            self._run_as.make_folder(near)
            return near
        user = self._run_as.owner or (os.geteuid(), -1)
        with suppress(OSError):
            kept = Path(os.fsdecode(self._remembered.read_bytes()))
            self._run_as.make_folder(kept)
            state = kept.lstat()  # after a cleaning of /tmp the name may be somebody else's
            if state.st_uid == user[0] and state.st_mode == stat.S_IFDIR | 0o700:
                return kept
        far = Path(tempfile.mkdtemp(prefix="izin-"))
        if not _fits_a_socket(far):
            far.rmdir()
            raise StoreUnavailable(f"no room for a socket: {near} and {far} are both too long")
        os.chown(far, *user)
        self._remembered.write_bytes(os.fsencode(far))
        return far


def _fits_a_socket(folder: Path) -> bool:
    path = os.fsencode(folder / SOCKET_FILE)
    # A comma separates folders in PostgreSQL's setting and hosts in libpq's.
    return len(path) <= SOCKET_PATH_BYTES_MAX and not set(b',"') & set(path)


def _lock_alone(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _as_unavailable() -> Iterator[None]:
    try:
        yield
    except (OSError, subprocess.TimeoutExpired, psycopg.Error) as error:
        raise StoreUnavailable(f"PostgreSQL could not be started or stopped: {error}") from error

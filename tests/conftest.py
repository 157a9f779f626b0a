"""Real PostgreSQL for the tests: a server per session, a database per test, cloned from a template.

Tests in `integration/` run on the embedded server and on Debian's 15, the oldest version we
promise; `--pg-bin FOLDER` or IZIN_TEST_PG_BIN names another one to use instead of both.
"""

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from ledger import bootstrap
from ledger.application import ConsentLedger
from ledger.bootstrap import Home
from ledger.settings import Settings
from ledger.store.embedded import EmbeddedPostgres, find_binaries
from ledger.store.providers import ProviderDetails
from tests.check import check_ledger
from tests.integration.acts import BRAND_CODE, IYS_CODE

DEBIAN_15 = Path("/usr/lib/postgresql/15/bin")
MEMORY, ROOM_BYTES = Path("/dev/shm"), 6 * 2**30
EMBEDDED, DEBIAN, CHOSEN = "embedded", "debian15", "chosen"
SERVERS_USED = pytest.StashKey[list[str]]()
DAMAGING = "damaging: breaks stored rows on purpose, so nothing is checked at its end"


@dataclass(frozen=True, slots=True)
class Server:
    """A running server whose database `izin` is the template, with a provider and its brand."""

    dsn: str
    keys: Path
    connection: psycopg.Connection[tuple[object, ...]]
    numbers: Iterator[int] = field(default_factory=count)

    def make_database(self, *, template: str = "template1") -> str:
        """The DSN of a new database."""
        name = f"test_{next(self.numbers)}"
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        self.connection.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))
        return make_conninfo(self.dsn, dbname=name)

    def drop_database(self, dsn: str) -> None:
        """Without FORCE: who still has a connection is told so."""
        name = psycopg.conninfo.conninfo_to_dict(dsn)["dbname"]
        self.connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(str(name))))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--pg-bin",
        default=os.environ.get("IZIN_TEST_PG_BIN"),
        metavar="FOLDER",
        help="run on the PostgreSQL whose programs are in FOLDER, and on no other",
    )


def pytest_configure(config: pytest.Config) -> None:
    _work_in_memory()
    config.addinivalue_line("markers", DAMAGING)
    # What the commands under test sign is not the business of whoever runs the tests.
    os.environ["IZIN_CHECKPOINTS"] = tempfile.mkdtemp(prefix="izin-checkpoints-")


def _work_in_memory() -> None:
    """Servers and files in memory where there is room: on a disk most of the time is waited for
    its flushes, above all to make and drop a database for each test. What is killed loses nothing
    there either."""
    if not MEMORY.is_dir() or shutil.disk_usage(MEMORY).free < ROOM_BYTES:
        return
    available = re.search(r"MemAvailable: +(\d+) kB", Path("/proc/meminfo").read_text())
    if available is not None and int(available[1]) * 1024 >= ROOM_BYTES:
        os.environ["TMPDIR"] = str(MEMORY)
        tempfile.tempdir = None  # read anew


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    # Not a header, which `-q` leaves out: a result has to name the versions it came from.
    for line in config.stash.get(SERVERS_USED, []):
        terminalreporter.write_line(line)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "server" in metafunc.fixturenames:
        names = server_names(metafunc.config)
        if "integration" not in metafunc.definition.path.parts:
            names = names[:1]
        metafunc.parametrize("server", names, indirect=True, scope="session")


def server_names(config: pytest.Config) -> list[str]:
    return [CHOSEN] if config.getoption("pg_bin") else [EMBEDDED, DEBIAN]


def binaries_of(config: pytest.Config, name: str) -> Path:
    if name == EMBEDDED:
        return find_binaries(Path("/nowhere"), pg_bin=None)
    return DEBIAN_15 if name == DEBIAN else Path(config.getoption("pg_bin"))


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """One server of each kind for all tests."""
    binaries = binaries_of(request.config, request.param)
    if not (binaries / "postgres").exists():
        pytest.skip(f"no PostgreSQL in {binaries}: this ran on the other server only")
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="izin-test-"))  # short, a socket has to fit
        stack.callback(shutil.rmtree, folder)
        pg_bin = None if request.param == EMBEDDED else str(binaries)
        options = {"shared_buffers": "64MB"}
        running = EmbeddedPostgres(folder / "data", pg_bin=pg_bin, options=options)
        dsn = stack.enter_context(running).dsn
        with bootstrap.home(settings_of(dsn, folder)) as home:
            home.add_provider(IYS_CODE, ProviderDetails("Örnek A.Ş."), actor="system:test")
            home.add_brand(IYS_CODE, BRAND_CODE, "Örnek", actor="system:test")
        elsewhere = make_conninfo(dsn, dbname="postgres")
        connection = stack.enter_context(psycopg.connect(elsewhere, autocommit=True))
        used = request.config.stash.setdefault(SERVERS_USED, [])
        version = connection.info.parameter_status("server_version")
        used.append(f"{request.param}: PostgreSQL {version} in {binaries}")
        yield Server(dsn, folder / "keys", connection)


@pytest.fixture
def new_database(server: Server) -> Iterator[Callable[[], str]]:
    """Makes empty databases; gives their DSN."""
    made: list[str] = []

    def make() -> str:
        made.append(server.make_database())
        return made[-1]

    yield make
    for dsn in made:
        server.drop_database(dsn)


@contextmanager
def a_clone(server: Server, folder: Path) -> Iterator[Settings]:
    """Settings that lead to a clone of the template and to its own copy of the keys."""
    shutil.copytree(server.keys, folder / "keys")
    dsn = server.make_database(template="izin")
    yield settings_of(dsn, folder)
    server.drop_database(dsn)


@pytest.fixture
def settings(server: Server, tmp_path: Path) -> Iterator[Settings]:
    """Those of a database of the test's own."""
    with a_clone(server, tmp_path) as cloned:
        yield cloned


@pytest.fixture
def home(settings: Settings, request: pytest.FixtureRequest) -> Iterator[Home]:
    """An open database with provider and brand 123456; checked from its bytes at the end."""
    with bootstrap.home(settings) as opened:
        yield opened
        if request.node.get_closest_marker("damaging") is None:
            check_ledger(opened, IYS_CODE)


@pytest.fixture(scope="module")
def shared_home(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """As `home`, for all tests of a module that change nothing, or roll it back."""
    folder = tmp_path_factory.mktemp("shared")
    with a_clone(server, folder) as cloned, bootstrap.home(cloned) as opened:
        yield opened
        check_ledger(opened, IYS_CODE)


@pytest.fixture
def ledger(home: Home) -> ConsentLedger:
    """The ledger of provider 123456; holds `ledger.opened` and `brand.opened`."""
    return home.ledger(IYS_CODE)


def settings_of(dsn: str, folder: Path) -> Settings:
    given: dict[str, Any] = {"DATABASE_URL": dsn}  # it answers to no other name
    # Databases are cloned: their logs have one name, and each goes its own way.
    return Settings(
        **given, data=folder / "data", keys=folder / "keys", checkpoints=folder / "checkpoints"
    )

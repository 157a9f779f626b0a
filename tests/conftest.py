"""Real PostgreSQL for the tests: a server per session, a database per test, cloned from a template.

Tests in `integration/` run on the embedded server and on Debian's 15, the oldest version we
promise; `--pg-bin FOLDER` or IZIN_TEST_PG_BIN names another one to use instead of both.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
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
from ledger.vocabulary import BrandCode, IysCode
from tests.check import check_ledger

IYS_CODE = IysCode(123456)
BRAND_CODE = BrandCode(123456)
DEBIAN_15 = Path("/usr/lib/postgresql/15/bin")
EMBEDDED, DEBIAN, CHOSEN = "embedded", "debian15", "chosen"
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
    config.addinivalue_line("markers", DAMAGING)


def pytest_report_header(config: pytest.Config) -> list[str]:
    named = [(name, binaries_of(config, name)) for name in server_names(config)]
    return [f"{name}: {version_of(binaries)} in {binaries}" for name, binaries in named]


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


def version_of(binaries: Path) -> str:
    program = binaries / "postgres"
    if not program.exists():
        return "NOT INSTALLED, its tests are skipped"
    return subprocess.check_output([program, "--version"], text=True).strip()


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
        with bootstrap.home(settings_of(dsn, folder / "keys")) as home:
            home.add_provider(IYS_CODE, ProviderDetails("Örnek A.Ş."), actor="system:test")
            home.add_brand(IYS_CODE, BRAND_CODE, "Örnek", actor="system:test")
        elsewhere = make_conninfo(dsn, dbname="postgres")
        connection = stack.enter_context(psycopg.connect(elsewhere, autocommit=True))
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


@pytest.fixture
def settings(server: Server, tmp_path: Path) -> Iterator[Settings]:
    """Settings that lead to a clone of the template and to its own copy of the keys."""
    keys = tmp_path / "keys"
    shutil.copytree(server.keys, keys)
    dsn = server.make_database(template="izin")
    yield settings_of(dsn, keys)
    server.drop_database(dsn)


@pytest.fixture
def home(settings: Settings, request: pytest.FixtureRequest) -> Iterator[Home]:
    """An open database with provider and brand 123456; checked from its bytes at the end."""
    with bootstrap.home(settings) as opened:
        yield opened
        if request.node.get_closest_marker("damaging") is None:
            check_ledger(opened, IYS_CODE)


@pytest.fixture
def ledger(home: Home) -> ConsentLedger:
    """The ledger of provider 123456; holds `ledger.opened` and `brand.opened`."""
    return home.ledger(IYS_CODE)


def settings_of(dsn: str, keys: Path) -> Settings:
    given: dict[str, Any] = {"DATABASE_URL": dsn, "keys": keys}  # the alias is what it answers to
    return Settings(**given)

"""Connections: one pool, the application's role, one provider's schema at a time."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from threading import BoundedSemaphore
from typing import Any, Final, LiteralString, TypeVar

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool, PoolTimeout

from ledger.errors import HeadBusy, SettingsRefused, StoreUnavailable
from ledger.store.sql import load_blocks
from ledger.vocabulary import IysCode

LOCK_TIMEOUT: Final = timedelta(seconds=10)
IDLE_IN_TRANSACTION_TIMEOUT: Final = timedelta(seconds=5)
POOL_SIZE_MAX: Final = 8
READERS_MAX: Final = 4
LONG_MAX: Final = 5
"""Connections for what may take long: runs of decisions, feeds, histories."""
STANDINGS_AT_ONCE: Final = 3
"""Of those, the ones that runs of decisions may hold, of all providers together."""
POOL_WAIT_SECONDS: Final = 15.0
RECONNECT_SECONDS: Final = 2.0
PATIENCE: Final = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
"""A server that vanished without a word is noticed within a minute or so."""
NOTICED_BY_SERVER: Final = (
    "-c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3"
    " -c tcp_user_timeout=60000"
)
VERSION_MIN: Final = 150000

SQL: Final = load_blocks("ledger.store", "ledger.sql")
Rows = TypeVar("Rows")


class LedgerConnection(psycopg.Connection[TupleRow]):
    """A connection that remembers whose schema it looks at."""

    schema: str | None = None


def check_dsn(dsn: str) -> None:
    """Raises SettingsRefused for what is no connection string; never repeats it."""
    try:
        psycopg.conninfo.conninfo_to_dict(dsn)
    except psycopg.Error:
        raise SettingsRefused(
            "DATABASE_URL is not a PostgreSQL connection string",
            "DATABASE_URL bir PostgreSQL bağlantı adresi değil",
        ) from None  # its text would show a password


def connect_alone(dsn: str) -> LedgerConnection:
    """A connection outside every pool and transaction, for a lock that lasts longer than either.

    The server notices within a minute or so when its holder vanished. Raises StoreUnavailable.
    """
    options = f"{_options()} {NOTICED_BY_SERVER}"
    patient = make_conninfo(dsn, options=options, application_name="izin alone", **PATIENCE)
    try:
        connection = LedgerConnection.connect(patient, autocommit=True)
        _configure(connection)
    except LOST as error:
        raise StoreUnavailable("PostgreSQL cannot be reached") from error
    return connection


def schema_of(iys_code: IysCode) -> str:
    """The provider's schema (design.md §3)."""
    return f"sp_{int(iys_code)}"


class Database:
    """Pools of connections that use the tables and make none.

    Writers, short reads, long reads and the reading of keys each have their own: however many read,
    a refusal finds a connection. `standings` gives runs of decisions their turns.
    """

    def __init__(
        self,
        dsn: str,
        *,
        size_max: int = POOL_SIZE_MAX,
        revive: Callable[[], None] = lambda: None,
    ) -> None:
        """`revive` starts a server of our own again; called when a connection was lost."""
        self._revive = revive
        self._pool = self._new_pool(dsn, size_max, check=self._check)
        self._long = self._new_pool(dsn, LONG_MAX, check=self._check, is_lazy=True)
        # Not looked at before use and without a transaction: a read that fails is tried again.
        self._readers = self._new_pool(dsn, READERS_MAX, autocommit=True, is_lazy=True)
        self._doors = self._new_pool(dsn, 1, autocommit=True, is_lazy=True)
        self.standings = BoundedSemaphore(STANDINGS_AT_ONCE)

    def _new_pool(
        self,
        dsn: str,
        size_max: int,
        *,
        check: Callable[[LedgerConnection], None] | None = None,
        autocommit: bool = False,
        is_lazy: bool = False,
    ) -> "ConnectionPool[LedgerConnection]":
        return ConnectionPool(
            dsn,
            connection_class=LedgerConnection,
            kwargs={
                "options": _options(),
                "application_name": "izin",
                "autocommit": autocommit,
                **PATIENCE,
            },
            configure=_configure,
            check=check,
            min_size=0 if is_lazy else 1,
            max_size=size_max,
            timeout=POOL_WAIT_SECONDS,
            reconnect_timeout=RECONNECT_SECONDS,
            reconnect_failed=lambda pool: self._revive(),
            open=False,
        )

    def open(self) -> None:
        """Connect and look whether the server keeps what it commits.

        Raises StoreUnavailable if it cannot be reached, SettingsRefused if it is unsafe or too old.
        """
        try:
            self._pool.open(wait=True, timeout=POOL_WAIT_SECONDS)
            for pool in (self._long, self._readers, self._doors):
                pool.open()
        except PoolTimeout as error:
            self._pool.close()
            raise StoreUnavailable("PostgreSQL cannot be reached") from error
        with self.connection() as connection:
            row = connection.execute(SQL["server_is_safe"]).fetchone()
        assert row is not None
        if not row[0]:
            raise SettingsRefused("fsync, full_page_writes and synchronous_commit must be on")
        if row[1] < VERSION_MIN:
            raise SettingsRefused(f"PostgreSQL 15 or newer is needed, this is {row[1] // 10000}")

    def close(self) -> None:
        """Give all connections back."""
        for pool in (self._doors, self._readers, self._long, self._pool):
            pool.close()

    def stats(self) -> dict[str, dict[str, int]]:
        """Each pool's numbers, in psycopg_pool's words."""
        pools = {
            "writers": self._pool,
            "long": self._long,
            "readers": self._readers,
            "keys": self._doors,
        }
        return {name: pool.get_stats() for name, pool in pools.items()}

    def _check(self, connection: LedgerConnection) -> None:
        """Before a connection is handed out: a dead one shows that the server may be dead too."""
        try:
            ConnectionPool.check_connection(connection)
        except psycopg.OperationalError:
            self._revive()
            raise

    def read(
        self, iys_code: IysCode, statement: LiteralString, parameters: Mapping[str, Any]
    ) -> list[TupleRow]:
        """The rows of one statement that changes nothing: one round trip, tried twice.

        Raises StoreUnavailable.
        """
        return self._twice(lambda: self._read(iys_code, statement, parameters))

    def read_keys(self, *statements: LiteralString) -> list[list[TupleRow]]:
        """The rows of each statement on what all providers share, by a connection that nothing
        else takes: who may ask is known however busy the others are. Raises StoreUnavailable.
        """

        def once() -> list[list[TupleRow]]:
            with self._doors.connection() as connection:
                return [connection.execute(one).fetchall() for one in statements]

        return self._twice(once)

    def _twice(self, once: Callable[[], Rows]) -> Rows:
        try:
            return once()
        except LOST:
            self._revive()
        try:
            return once()
        except PoolTimeout as error:
            raise StoreUnavailable("no connection to PostgreSQL became free") from error
        except LOST as error:
            raise StoreUnavailable("the connection to PostgreSQL was lost") from error

    def _read(
        self, iys_code: IysCode, statement: LiteralString, parameters: Mapping[str, Any]
    ) -> list[TupleRow]:
        with self._readers.connection() as connection:
            _use(connection, schema_of(iys_code))
            return connection.execute(statement, parameters).fetchall()

    def connection(
        self, iys_code: IysCode | None = None
    ) -> AbstractContextManager[LedgerConnection]:
        """A connection with a transaction around the block, on the provider's schema.

        Raises StoreUnavailable when the server went away: the outcome of what was under way is
        then unknown.
        """
        return self._lent(self._pool, iys_code)

    def long_connection(self, iys_code: IysCode) -> AbstractContextManager[LedgerConnection]:
        """As `connection`, for what may take long; writers do not wait behind it."""
        return self._lent(self._long, iys_code)

    @contextmanager
    def _lent(
        self, pool: "ConnectionPool[LedgerConnection]", iys_code: IysCode | None
    ) -> Iterator[LedgerConnection]:
        try:
            with pool.connection() as connection:
                if iys_code is not None:
                    _use(connection, schema_of(iys_code))
                yield connection
        except PoolTimeout as error:
            self._revive()
            raise StoreUnavailable("no connection to PostgreSQL became free") from error
        except psycopg.errors.LockNotAvailable as error:
            raise HeadBusy("the log is being written by others") from error
        except LOST as error:
            # All connections may have been in use when the server died: nobody else would notice.
            self._revive()
            raise StoreUnavailable("the connection to PostgreSQL was lost") from error


LOST: Final = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    psycopg.errors.IdleInTransactionSessionTimeout,
)
"""What a connection that went away looks like; the last one is PostgreSQL's own doing."""


def _options() -> str:
    settings = {
        "lock_timeout": int(LOCK_TIMEOUT.total_seconds() * 1000),
        "idle_in_transaction_session_timeout": int(
            IDLE_IN_TRANSACTION_TIMEOUT.total_seconds() * 1000
        ),
        "jit": "off",
        "timezone": "UTC",
        # A plan is made once, often while a table is still empty, and stays: no look-up by a key
        # may fall back to reading the whole table. A sequential scan that is meant says so.
        "enable_seqscan": "off",
        "plan_cache_mode": "force_generic_plan",
    }
    return " ".join(f"-c {name}={setting}" for name, setting in settings.items())


def _configure(connection: LedgerConnection) -> None:
    # The embedded cluster's user is a superuser: without this, grants would guard nothing.
    connection.execute("SET ROLE izin_app")
    _commit(connection)


def use(connection: LedgerConnection, iys_code: IysCode) -> None:
    """Let a connection look at the provider's schema."""
    _use(connection, schema_of(iys_code))


def _use(connection: LedgerConnection, schema: str) -> None:
    if connection.schema == schema:
        return
    connection.execute(SQL["use_provider"], {"schema": schema})
    _commit(connection)
    connection.schema = schema


def _commit(connection: LedgerConnection) -> None:
    if not connection.autocommit:
        connection.commit()

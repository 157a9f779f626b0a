"""What the ledger's writes are held against: raw COPY, and the library's own recorder."""

import os
from uuid import uuid4

import psycopg
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from psycopg.conninfo import conninfo_to_dict

from ops.bench.grounds import IYS_CODE, Ground, median, seconds

ROWS_MAX = 200_000
STOCK_SECONDS_ROWS = 2_000
BATCH = 500


def copy_events(place: Ground, runs: int) -> float:
    """Rows/s of `COPY` alone: the stored bytes into a table with the same two indexes."""
    schema = f"sp_{IYS_CODE}"
    with psycopg.connect(place.home.dsn) as connection:
        connection.execute(f"SET search_path = {schema}")
        cursor = connection.cursor()
        query = f"COPY (SELECT * FROM stored_events ORDER BY position DESC LIMIT {ROWS_MAX})"
        with cursor.copy(f"{query} TO STDOUT (FORMAT BINARY)") as copy:
            blocks = [bytes(block) for block in copy]
        rows = cursor.rowcount

        def one(run: int) -> float:
            connection.execute("DROP TABLE IF EXISTS bench_raw")
            connection.execute("CREATE TABLE bench_raw (LIKE stored_events INCLUDING ALL)")
            connection.commit()

            def copied() -> None:
                with cursor.copy("COPY bench_raw FROM STDIN (FORMAT BINARY)") as copy:
                    for block in blocks:
                        copy.write(block)
                connection.commit()

            return rows / seconds(copied)

        speed = median(runs, one)
        connection.execute("DROP TABLE bench_raw")
        connection.commit()
    return speed


class Kept(Aggregate):
    """The library's declarative style, of about our size."""

    @event("Granted")
    def __init__(self, words: str) -> None:
        self.words = words


def stock_singles(place: Ground, runs: int) -> float:
    """Events/s of `Application.save` on the library's PostgreSQL recorder, one event a call."""
    application = _stock(place)
    words = "x" * 500

    def one(run: int) -> float:
        made = [Kept(words) for _ in range(STOCK_SECONDS_ROWS)]
        return len(made) / seconds(lambda: [application.save(one) for one in made])

    try:
        return median(runs, one)
    finally:
        application.close()


def stock_batches(place: Ground, runs: int) -> float:
    """The same, `BATCH` events a call; construction included, as ours is."""
    application = _stock(place)
    words = "x" * 500

    def batch() -> None:
        for _ in range(STOCK_SECONDS_ROWS * 5 // BATCH):
            application.save(*(Kept(words) for _ in range(BATCH)))

    try:
        return median(runs, lambda run: STOCK_SECONDS_ROWS * 5 / seconds(batch))
    finally:
        application.close()


def _stock(place: Ground) -> Application:  # type: ignore[type-arg]  # the library's default ids
    parts = conninfo_to_dict(place.home.dsn)
    with psycopg.connect(place.home.dsn, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA IF NOT EXISTS bench_stock")
    return Application(
        env={
            **{name: text for name, text in os.environ.items() if name == "PATH"},
            "PERSISTENCE_MODULE": "eventsourcing.postgres",
            "POSTGRES_DBNAME": str(parts["dbname"]),
            "POSTGRES_HOST": str(parts["host"]),
            "POSTGRES_PORT": str(parts.get("port", 5432)),
            "POSTGRES_USER": str(parts["user"]),
            "POSTGRES_PASSWORD": "unused",
            "POSTGRES_SCHEMA": "bench_stock",
            "APPLICATION_NAME": f"stock{uuid4().hex[:8]}",
        }
    )

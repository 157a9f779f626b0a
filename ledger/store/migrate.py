"""Numbered plain-SQL migrations, applied by the owner's role; the application runs no DDL."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from typing import Final, LiteralString

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from ledger.errors import SettingsRefused, StoreUnavailable
from ledger.store.database import PATIENCE, schema_of
from ledger.store.sql import load_blocks, load_script
from ledger.vocabulary import IysCode

SHARED_SCHEMA: Final = "izin"
MIGRATION_LOCK: Final = 6563
"""Advisory lock: two processes that start at once migrate one after the other."""

_SQL: Final = load_blocks("ledger.store", "migrate.sql")


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered script; never edited after its release."""

    number: int
    name: str
    script: LiteralString


def migrations(kind: str) -> Sequence[Migration]:
    """The scripts of `izin` or `provider` in order. Raises ValueError where numbers have a gap."""
    folder = resources.files("ledger.store").joinpath("migrations", kind)
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    found = [
        Migration(int(name[:4]), name[5:-4], load_script("ledger.store", "migrations", kind, name))
        for name in names
    ]
    if [one.number for one in found] != list(range(1, len(found) + 1)):
        raise ValueError(f"migrations of {kind} are not numbered 1, 2, 3 …")
    return found


def migrate(dsn: str) -> None:
    """Bring the shared schema and every provider's to the present. Safe to repeat.

    Raises StoreUnavailable, also when the database is newer than this program.
    """
    with _owner(dsn) as connection:
        connection.execute(load_script("ledger.store", "migrations", "roles.sql"))
        _bring_up(connection, SHARED_SCHEMA, "izin")
        rows = connection.execute(_SQL["provider_codes"]).fetchall()
        for (iys_code,) in rows:
            _bring_up(connection, schema_of(IysCode(iys_code)), "provider")


def make_provider_schema(dsn: str, iys_code: IysCode) -> None:
    """The schema of one provider, made or brought to the present."""
    with _owner(dsn) as connection:
        _bring_up(connection, schema_of(iys_code), "provider")


@contextmanager
def _owner(dsn: str) -> Iterator[psycopg.Connection[tuple[int, ...]]]:
    """A connection that may make tables, while no other process does.

    Raises StoreUnavailable; SettingsRefused where the user may not.
    """
    try:
        patient = make_conninfo(dsn, application_name="izin migrate", **PATIENCE)
        with psycopg.connect(patient) as connection:
            connection.execute(_SQL["lock_timeout"])
            connection.execute(_SQL["take_turn"], {"lock": MIGRATION_LOCK})
            yield connection
    except psycopg.errors.InsufficientPrivilege as error:
        raise SettingsRefused(
            "the database user may not make roles and schemas: let an administrator run"
            " ops/roles.sql and grant it both roles",
            "veritabanı kullanıcısının rol ve şema yetkisi yok: yönetici ops/roles.sql dosyasını"
            " çalıştırıp iki rolü vermeli",
        ) from error
    except psycopg.Error as error:
        text = "PostgreSQL cannot be reached or refused the migration"
        raise StoreUnavailable(text, "PostgreSQL'e ulaşılamıyor ya da göçü reddetti") from error


def _bring_up(connection: psycopg.Connection[tuple[int, ...]], schema: str, kind: str) -> None:
    connection.execute("SET LOCAL ROLE izin_owner")
    connection.execute(_SQL["lock_timeout"])
    name = sql.Identifier(schema)
    if not connection.execute(_SQL["schema_exists"], {"schema": schema}).fetchone():
        connection.execute(sql.SQL(_SQL["create_schema"]).format(schema=name))
    connection.execute(sql.SQL(_SQL["use_schema"]).format(schema=name))
    connection.execute(_SQL["create_versions"])
    connection.execute(_SQL["grant_versions"])
    done = {number for (number,) in connection.execute(_SQL["versions"]).fetchall()}
    known = migrations(kind)
    if done - {one.number for one in known}:
        raise StoreUnavailable(f"the schema {schema} is newer than this program: update it")
    for one in known:
        if one.number not in done:
            connection.execute(one.script)
            connection.execute(_SQL["note"], {"number": one.number, "name": one.name})
    if kind == "provider":
        connection.execute(sql.SQL(_SQL["grant_schema"]).format(schema=name))
    connection.commit()
    connection.execute(_SQL["take_turn"], {"lock": MIGRATION_LOCK})

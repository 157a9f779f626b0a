"""Migrations, the schema file beside them, and the roles: what an administrator would run."""

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from ledger import bootstrap
from ledger.bootstrap import Home
from ledger.errors import StoreUnavailable
from ledger.settings import Settings
from ledger.store import migrate as migrate_module
from ledger.store.migrate import make_provider_schema, migrate, migrations
from tests.integration.acts import IYS_CODE
from tests.integration.waiting import at_once

ROOT = Path(__file__).parents[2]
MIGRATIONS = Path(migrate_module.__file__).parent / "migrations"
SCHEMA, ROLES = ROOT / "ops" / "schema.sql", ROOT / "ops" / "roles.sql"

OURS = "nspname IN ('izin', 'sp_123456')"
CATALOG = {
    "schemas": f"SELECT nspname, nspowner::regrole::text FROM pg_namespace WHERE {OURS}",
    "relations": f"""
        SELECT nspname, relname, relkind, relpersistence, relowner::regrole::text, reloptions,
               relrowsecurity, relreplident, obj_description(c.oid, 'pg_class')
          FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = relnamespace WHERE {OURS}""",
    "columns": f"""
        SELECT nspname, relname, attnum, attname, format_type(atttypid, atttypmod), attnotnull,
               pg_get_expr(adbin, adrelid), attstorage, attidentity, attgenerated,
               attcollation::regcollation::text, col_description(c.oid, attnum)
          FROM pg_attribute AS a
          JOIN pg_class AS c ON c.oid = attrelid
          JOIN pg_namespace AS n ON n.oid = relnamespace
          LEFT JOIN pg_attrdef ON adrelid = c.oid AND adnum = attnum
         WHERE {OURS} AND attnum > 0""",
    "constraints": f"""
        SELECT nspname, conrelid::regclass::text, conname, convalidated, pg_get_constraintdef(c.oid)
          FROM pg_constraint AS c JOIN pg_namespace AS n ON n.oid = connamespace WHERE {OURS}""",
    "indexes": f"""
        SELECT nspname, pg_get_indexdef(indexrelid), indisunique, indisprimary, indisvalid
          FROM pg_index JOIN pg_class AS c ON c.oid = indexrelid
          JOIN pg_namespace AS n ON n.oid = relnamespace WHERE {OURS}""",
    "triggers": f"""
        SELECT nspname, tgname, tgenabled, pg_get_triggerdef(t.oid)
          FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = tgrelid
          JOIN pg_namespace AS n ON n.oid = relnamespace WHERE {OURS} AND NOT tgisinternal""",
    "functions": f"""
        SELECT nspname, pg_get_functiondef(p.oid), proowner::regrole::text
          FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = pronamespace WHERE {OURS}""",
    "grants": f"""
        SELECT place, grantee::regrole::text, privilege_type, is_grantable
          FROM (SELECT nspname, nspacl FROM pg_namespace WHERE {OURS}
                UNION ALL
                SELECT nspname || '.' || relname, relacl
                  FROM pg_class JOIN pg_namespace AS n ON n.oid = relnamespace WHERE {OURS}
                UNION ALL
                SELECT nspname || '.' || relname || '.' || attname, attacl
                  FROM pg_attribute JOIN pg_class AS c ON c.oid = attrelid
                  JOIN pg_namespace AS n ON n.oid = relnamespace WHERE {OURS}
                UNION ALL
                SELECT nspname || '.' || proname, proacl
                  FROM pg_proc JOIN pg_namespace AS n ON n.oid = pronamespace WHERE {OURS}
               ) AS given (place, acl), aclexplode(acl)""",
    "versions": """
        SELECT 'izin', number, name FROM izin.schema_version
        UNION ALL SELECT 'provider', number, name FROM sp_123456.schema_version""",
    "heads": "SELECT one FROM sp_123456.ledger_head",
}
ROLE_CATALOG = """
    SELECT rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolbypassrls,
           (SELECT array_agg(m.member::regrole::text ORDER BY 1) FROM pg_auth_members AS m
             WHERE m.roleid = r.oid),
           (SELECT datacl::text FROM pg_database WHERE datname = current_database())
      FROM pg_roles AS r WHERE rolname LIKE 'izin%' ORDER BY rolname"""

Rows = list[tuple[object, ...]]


def run(dsn: str, *scripts: str) -> None:
    with psycopg.connect(dsn) as connection:
        for script in scripts:
            connection.execute(script.encode())


def rows(dsn: str, query: str) -> Rows:
    with psycopg.connect(dsn) as connection:
        return sorted(connection.execute(query.encode()).fetchall(), key=repr)


def catalog(dsn: str) -> dict[str, Rows]:
    return {name: rows(dsn, query) for name, query in CATALOG.items()}


def test_the_schema_file_is_where_the_migrations_lead(new_database: Callable[[], str]) -> None:
    by_road, by_file = new_database(), new_database()
    migrate(by_road)
    make_provider_schema(by_road, IYS_CODE)

    run(by_file, ROLES.read_text(), SCHEMA.read_text())

    expected, found = catalog(by_road), catalog(by_file)
    for name in CATALOG:
        assert found[name] == expected[name], name
    assert len(found["relations"]) > 15 and len(found["grants"]) > 30


def test_the_program_finds_nothing_to_do_after_the_schema_file(
    new_database: Callable[[], str],
) -> None:
    dsn = new_database()
    run(dsn, ROLES.read_text(), SCHEMA.read_text())
    before = catalog(dsn)

    migrate(dsn)
    make_provider_schema(dsn, IYS_CODE)

    assert catalog(dsn) == before


def test_the_roles_file_is_the_programs_own_and_can_be_repeated(
    new_database: Callable[[], str],
) -> None:
    assert ROLES.read_bytes() == (MIGRATIONS / "roles.sql").read_bytes()
    dsn = new_database()
    run(dsn, ROLES.read_text())
    before = rows(dsn, ROLE_CATALOG)

    run(dsn, ROLES.read_text(), ROLES.read_text())

    assert rows(dsn, ROLE_CATALOG) == before
    assert [row[0] for row in before if row[5]] == ["izin"]


def test_migrating_again_and_from_two_processes_at_once_changes_nothing(
    home: Home, new_database: Callable[[], str]
) -> None:
    before = catalog(home.dsn)
    migrate(home.dsn)
    assert catalog(home.dsn) == before

    dsn = new_database()
    at_once(*[lambda: make_all(dsn)] * 3)

    assert catalog(dsn) == before


def make_all(dsn: str) -> None:
    migrate(dsn)
    make_provider_schema(dsn, IYS_CODE)


@pytest.mark.parametrize("schema", ["izin", "sp_123456"])
def test_a_schema_newer_than_the_program_is_refused(settings: Settings, schema: str) -> None:
    run(str(settings.database_url), f"INSERT INTO {schema}.schema_version VALUES (99, 'of later')")

    with (
        pytest.raises(StoreUnavailable, match=f"{schema} is newer"),
        bootstrap.home(settings),
    ):
        pytest.fail("it opened")


@pytest.mark.parametrize("kind", ["izin", "provider"])
def test_migrations_are_numbered_without_gaps_and_named_in_small_letters(kind: str) -> None:
    found = migrations(kind)

    assert [one.number for one in found] == list(range(1, len(found) + 1))
    assert all(one.name.replace("_", "").islower() for one in found)

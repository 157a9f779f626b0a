"""Keys in the database: shown once, kept as digests, believed for two seconds."""

from datetime import UTC, datetime
from typing import LiteralString

import psycopg
import pytest
from psycopg.rows import TupleRow

from ledger.bootstrap import Home
from ledger.errors import NotFound, StoreUnavailable
from ledger.recording.principals import KeysStale, Principal
from ledger.store import access
from ledger.store.access import ApiKeys
from ledger.vocabulary import BrandCode, Role
from tests.integration.acts import BRAND_CODE, IYS_CODE
from tests.integration.waiting import at_once


class Clock:
    """Both clocks, moved by hand."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.wall = datetime(2026, 11, 25, 12, tzinfo=UTC)

    def steady(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return self.wall


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keys(home: Home, clock: Clock) -> ApiKeys:
    """What a service in another process knows."""
    made = ApiKeys(home.database, steady_seconds=clock.steady, now=clock.now)
    made.refresh()
    return made


def add(
    home: Home, *, brands: list[BrandCode] | None = None, expires_at: datetime | None = None
) -> tuple[str, str]:
    return home.keys.add(
        "CRM",
        Role.OPERATOR,
        IYS_CODE,
        brands=brands,
        created_by="system:test",
        expires_at=expires_at,
    )


def test_a_key_lets_its_holder_in_within_two_seconds(
    home: Home, keys: ApiKeys, clock: Clock
) -> None:
    key_id, token = add(home, brands=[BRAND_CODE])

    assert keys.find(token) is None
    keys.refresh()

    expected = Principal(key_id, "CRM", Role.OPERATOR, IYS_CODE, frozenset({BRAND_CODE}))
    assert keys.find(token) == expected


def test_a_token_is_what_it_says_and_is_stored_nowhere(home: Home) -> None:
    key_id, token = add(home)

    prefix, named, secret = token.split("_", 2)
    assert (prefix, named, len(secret)) == ("izin", key_id, 43)
    with psycopg.connect(home.dsn) as connection:
        stored = str(connection.execute("SELECT * FROM izin.api_keys").fetchall())
    assert secret not in stored


def test_another_secret_or_name_lets_nobody_in(home: Home, keys: ApiKeys) -> None:
    (key_id, token), (other_id, _) = add(home), add(home)
    secret = token.removeprefix(f"izin_{key_id}_")
    keys.refresh()

    assert keys.find(token) is not None
    wrong = [
        f"izin_{other_id}_{secret}",
        f"izin_{key_id}_{secret[:-1]}",
        f"izin_{key_id}_{secret}x",
        f"izin_{key_id}_",
        f"izin_{key_id}",
        f"IZIN_{key_id}_{secret}",
        f"izin__{secret}",
        token + " " * 300,
        "izin_\udcff_x",
        "",
    ]
    assert [keys.find(one) for one in wrong] == [None] * len(wrong)


def test_a_revoked_key_counts_for_two_seconds_at_most(
    home: Home, keys: ApiKeys, clock: Clock
) -> None:
    key_id, token = add(home)
    keys.refresh()
    home.keys.revoke(key_id)

    clock.seconds = 2.0
    assert keys.find(token) is not None
    clock.seconds = 2.1
    with pytest.raises(KeysStale):
        keys.find(token)
    keys.refresh()
    assert keys.find(token) is None


def test_revoking_again_changes_nothing_and_an_unknown_key_is_not_found(home: Home) -> None:
    key_id, _ = add(home)

    assert home.keys.revoke(key_id) == home.keys.revoke(key_id)
    with pytest.raises(NotFound):
        home.keys.revoke("nothere")


def test_an_expired_key_lets_nobody_in_from_its_very_instant(
    home: Home, keys: ApiKeys, clock: Clock
) -> None:
    # In force by the database's clock, which is the real one; expired by the clock of the process.
    _, token = add(home, expires_at=datetime(2099, 1, 1, tzinfo=UTC))
    keys.refresh()

    clock.wall = datetime(2098, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert keys.find(token) is not None
    clock.wall = datetime(2099, 1, 1, tzinfo=UTC)
    assert keys.find(token) is None


def test_what_is_given_for_one_run_needs_no_row(keys: ApiKeys) -> None:
    principal = Principal("run", "izin serve", Role.ADMIN)
    keys.accept("given by the environment", principal)

    assert keys.find("given by the environment") is principal
    assert keys.find("given by the environmen") is None


def test_wrong_tokens_and_many_askers_cost_one_reading_a_second(
    home: Home, keys: ApiKeys, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[object] = []
    ask = home.database.read_keys

    def counted(*statements: LiteralString) -> list[list[TupleRow]]:
        read.append(statements)
        return ask(*statements)

    monkeypatch.setattr(home.database, "read_keys", counted)

    for number in range(1000):
        keys.find(f"izin_{number}_wrong")
    assert not read
    assert not keys.is_aging()
    clock.seconds = 1.5
    assert keys.is_aging()
    clock.seconds = 3
    at_once(*[keys.refresh] * 8)
    assert 1 <= len(read) <= 8
    assert not keys.is_aging()


def test_a_database_that_is_away_lets_nobody_in_for_longer(
    home: Home, keys: ApiKeys, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, token = add(home)
    keys.refresh()

    def gone(*statements: LiteralString) -> None:
        raise StoreUnavailable("gone")

    monkeypatch.setattr(home.database, "read_keys", gone)
    clock.seconds = 2.5
    with pytest.raises(StoreUnavailable):
        keys.refresh()
    with pytest.raises(StoreUnavailable):
        keys.find(token)


def test_brands_are_known_as_they_were_two_seconds_ago(
    home: Home, keys: ApiKeys, clock: Clock
) -> None:
    later = BrandCode(777)
    assert keys.brand(BRAND_CODE).iys_code == IYS_CODE
    with pytest.raises(NotFound):
        keys.brand(later)

    home.add_brand(IYS_CODE, later, "Sonra", actor="system:test")
    keys.refresh()

    assert keys.brand(later).name == "Sonra"
    assert home.brand(later).name == "Sonra"
    clock.seconds = 9
    with pytest.raises(KeysStale):
        keys.brand(later)


def test_every_key_is_listed_and_none_has_a_secret(home: Home) -> None:
    (first, _), (second, _) = add(home, brands=[BRAND_CODE]), add(home)
    home.keys.revoke(first)

    rows = {row.key_id: row for row in home.keys.all()}

    assert [*rows] == [first, second]
    assert (rows[first].brands, rows[second].brands) == ((BRAND_CODE,), None)
    assert rows[first].revoked_at is not None
    assert rows[second].revoked_at is None
    assert "secret" not in str(rows[first])


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM izin.api_keys",
        "TRUNCATE izin.api_keys",
        "UPDATE izin.api_keys SET role = 'admin'",
        "UPDATE izin.api_keys SET secret_hash = ''",
        "UPDATE izin.api_keys SET expires_at = NULL",
    ],
)
def test_the_application_may_add_and_revoke_and_nothing_else(home: Home, statement: str) -> None:
    add(home)

    with (
        pytest.raises(psycopg.errors.InsufficientPrivilege),
        home.database.connection() as connection,
    ):
        connection.execute(statement.encode())


def test_the_digest_is_sha_256_of_the_whole_token(home: Home) -> None:
    _, token = add(home)

    with psycopg.connect(home.dsn) as connection:
        row = connection.execute(
            "SELECT encode(secret_hash, 'hex') = encode(sha256(%s), 'hex') FROM izin.api_keys",
            [token.encode()],
        ).fetchone()
    assert row == (True,)
    assert access.BELIEVED_SECONDS_MAX <= 2

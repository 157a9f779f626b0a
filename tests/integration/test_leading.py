"""One process at a time works with İYS for a provider."""

import psycopg
import pytest

from ledger.bootstrap import Home
from ledger.store.leading import Leadership
from ledger.vocabulary import IysCode
from tests.integration.acts import IYS_CODE

END_LOCKS = """
    SELECT pg_terminate_backend(pid) FROM pg_locks
     WHERE locktype = 'advisory' AND database = (
           SELECT oid FROM pg_database WHERE datname = current_database())"""


def test_the_second_waits_until_the_first_has_ended(home: Home) -> None:
    first, second = (Leadership(home.dsn, IYS_CODE) for _ in "12")

    with first.take() as is_mine:
        assert is_mine is not None and is_mine()
        with second.take() as other:
            assert other is None
    with second.take() as is_mine:
        assert is_mine is not None and is_mine()


def test_who_lost_the_connection_leads_no_more(home: Home) -> None:
    with Leadership(home.dsn, IYS_CODE).take() as is_mine:
        with psycopg.connect(home.dsn, autocommit=True) as connection:
            connection.execute(END_LOCKS)

        assert is_mine is not None and not is_mine()


@pytest.mark.parametrize("other", [IysCode(777777)])
def test_every_provider_has_a_leader_of_its_own(home: Home, other: IysCode) -> None:
    with (
        Leadership(home.dsn, IYS_CODE).take() as ours,
        Leadership(home.dsn, other).take() as theirs,
    ):
        assert ours is not None and theirs is not None

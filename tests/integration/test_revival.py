"""The embedded server dies while every connection is in use: the next call finds it up again."""

import os
import signal
from pathlib import Path

import pytest

from ledger import bootstrap
from ledger.errors import StoreUnavailable
from ledger.settings import Settings
from ledger.store.providers import ProviderDetails
from tests.integration.acts import IYS_CODE


def test_a_server_that_dies_under_its_last_connection_comes_back(tmp_path: Path) -> None:
    with bootstrap.home(Settings(data=tmp_path / "data"), pool_size_max=1) as home:
        home.add_provider(IYS_CODE, ProviderDetails("Örnek A.Ş."), actor="system:test")
        before = home.ledger(IYS_CODE).store.last_position()

        with pytest.raises(StoreUnavailable), home.database.connection(IYS_CODE) as connection:
            pid = int((tmp_path / "data" / "pg" / "postmaster.pid").read_text().split()[0])
            os.kill(pid, signal.SIGKILL)
            while True:  # the backend follows its postmaster soon
                connection.execute("SELECT 1")

        assert home.ledger(IYS_CODE).store.last_position() == before

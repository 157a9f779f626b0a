"""`izin doctor` tells how far İYS's movements are known (R60, R64)."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from ledger import clock
from ledger.bootstrap import Home
from ledger.vocabulary import SeenHow
from tests.acceptance.commands import Ran, run
from tests.integration.acts import BRAND_CODE, IYS_CODE
from tests.twin.test_twin_cli import RunningTwin, running_twin


@pytest.fixture
def twin() -> Iterator[RunningTwin]:
    with running_twin("--set", f"iys_code={IYS_CODE}") as running:
        yield running


class Commands:
    """Runs commands on one ledger."""

    def __init__(self, home: Home, folder: Path) -> None:
        self._settings = {"DATABASE_URL": home.dsn, "IZIN_KEYS": str(folder / "keys")}

    def __call__(self, *arguments: str, stdin: str = "") -> Ran:
        return run(*arguments, "--json", stdin=stdin, **self._settings)

    def mark(self) -> str:
        """What the doctor says of pulling."""
        found = self("doctor").answer["findings"]
        assert isinstance(found, list)
        marks = {str(one["mark"]) for one in found if one["name"] == "pull"}
        return max(marks, key=("ok", "warning", "failed").index)


def test_what_was_not_read_or_missed_is_told_until_it_is_mended(
    home: Home, twin: RunningTwin, tmp_path: Path
) -> None:
    izin, told = Commands(home, tmp_path), twin.told
    given = ("--url", told["url"], "--username", told["username"])
    assert izin("sync", "connect", *given, stdin=f"{told['password']}\n").code == 0
    assert izin("sync", "pull").code == 0
    assert izin.mark() == "ok"

    table = home.connections.pulled(IYS_CODE)
    table.keep_unread(BRAND_CODE, SeenHow.PULL, b"{}", "status", clock.now())
    assert izin.mark() == "warning"
    table.mark_gap(BRAND_CODE, "HS", clock.now() - timedelta(days=9), clock.now())
    assert izin.mark() == "failed"

"""`?wait=iys` at a running service that is connected to an İYS of its own (the twin)."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from ledger.api.waiting import WAIT_SECONDS_MAX
from ledger.clock import steady_seconds
from tests.acceptance.commands import Ran, izin
from tests.acceptance.services import BRAND, CONSENTS, IYS_CODE, SISTER, Running, an_item, running
from tests.conftest import Server
from tests.integration.waiting import eventually
from tests.twin.test_twin_cli import RunningTwin, running_twin

IYS = ("--set", f"iys_code={IYS_CODE}", "--set", f"brands={SISTER}")


@dataclass
class Pair:
    """A service and the twin that it tells what it records."""

    service: Running
    twin: RunningTwin

    def take(self) -> tuple[dict[str, Any], float]:
        """A consent of somebody new, and how many seconds its answer took."""
        begun = steady_seconds()
        answer = self.service.post(f"{CONSENTS}?wait=iys", an_item())
        assert answer.status_code == 201, answer.text
        (item,) = answer.json()["items"]
        return item, steady_seconds() - begun


def connect(service: Running, twin: RunningTwin, folder: Path) -> Ran:
    """`izin sync connect`, the password from standard input."""
    told = twin.told
    return izin(
        folder / "data",
        *("--json", "sync", "connect", "--url", told["url"], "--username", told["username"]),
        *("--iys-code", str(IYS_CODE)),
        stdin=f"{told['password']}\n",
        DATABASE_URL=service.home.dsn,
        IZIN_KEYS=str(folder / "keys"),
    )


@pytest.fixture(scope="module")
def pair(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    folder = tmp_path_factory.mktemp("wait")
    with running_twin(*IYS) as twin, running(server, folder) as service:
        connected = connect(service, twin, folder)
        assert connected.code == 0, connected.err
        assert connected.answer == {"iysCode": IYS_CODE, "works": True, "brands": [BRAND, SISTER]}
        assert twin.told["password"] not in connected.out + connected.err
        pulled = service.home.connections.pulled(IYS_CODE)
        eventually(lambda: len(pulled.progress()) == 4, "both sides of both brands are pulled")
        yield Pair(service, twin)


def test_the_answer_says_that_iys_has_it_and_that_it_is_permitted(pair: Pair) -> None:
    for _ in range(2):
        item, seconds = pair.take()

        assert (item["iys"]["state"], item["state"]["permitted"]) == ("ONAY", True), item["state"]
        assert seconds < WAIT_SECONDS_MAX


def test_while_iys_is_down_the_answer_says_that_it_is_waiting(pair: Pair) -> None:
    faults = f"{pair.twin.told['control']}/faults"
    httpx.post(faults, json={"kind": "html", "minutes": 1})

    item, seconds = pair.take()

    httpx.delete(faults)
    assert (item["iys"]["state"], item["state"]["permitted"]) == ("QUEUED", False), item
    assert WAIT_SECONDS_MAX <= seconds < WAIT_SECONDS_MAX + 5

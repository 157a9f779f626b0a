"""A refusal written by any way in is in the very next answer of every other process."""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path

import pytest

from ledger.importing.plan import ImportOptions
from ledger.importing.run import import_file
from ledger.vocabulary import BrandCode
from tests.acceptance.services import (
    BRAND,
    CONSENTS,
    DECISIONS,
    FEED,
    FILTER,
    IYS_CODE,
    REFUSALS,
    Running,
    a_phone,
    a_ret,
    an_item,
    minutes_ago,
    several,
)
from tests.conftest import Server

PROCESSES = 3
TIMES = 50
FILE_HEAD = "type,source,recipient,status,consentDate,recipientType\n"
Way = Callable[[Running, Path, str], None]
Reading = Callable[[Running, str, int], bool]


@pytest.fixture(scope="module")
def services(
    server: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sequence[Running]]:
    with several(server, tmp_path_factory.mktemp("three"), PROCESSES) as running:
        yield running


def by_consents(http: Running, folder: Path, person: str) -> None:
    assert http.item(a_ret(recipient=person))["outcome"] == "recorded"


def by_refusals(http: Running, folder: Path, person: str) -> None:
    answered = http.post(REFUSALS, {"recipient": person, "via": "sms", "brands": [BRAND]})
    assert answered.status_code == 201


def by_file(http: Running, folder: Path, person: str) -> None:
    row = f"MESAJ,HS_MESAJ,{person},RET,{minutes_ago(5)},BIREYSEL\n"
    imported(http, folder, FILE_HEAD + row, refusals=False)


def by_list(http: Running, folder: Path, person: str) -> None:
    imported(http, folder, f"{person}\n", refusals=True)


def imported(http: Running, folder: Path, text: str, *, refusals: bool) -> None:
    """By a process that is none of the services."""
    file = folder / "ret.csv"
    file.write_text(text)
    options = ImportOptions(BrandCode(BRAND), "user:test", refusals=refusals)
    result = import_file(http.home.ledger(IYS_CODE), file, options)
    assert result.read >= 1


def in_decision(http: Running, person: str, after: int) -> bool:
    asked = {"items": [{"recipient": person, "type": "MESAJ"}]}
    (said,) = http.post(DECISIONS, asked).json()["items"]
    return bool(said["verdict"] == "REFUSED" and not said["permitted"])


def in_filter(http: Running, person: str, after: int) -> bool:
    path, content = f"{FILTER}?type=MESAJ", f"{person}\n".encode()
    answered = http.send(path, content, content_type="text/plain", accept="application/x-ndjson")
    said = json.loads(answered.content)
    return bool(said["verdict"] == "REFUSED" and not said["permitted"])


def in_feed(http: Running, person: str, after: int) -> bool:
    more, seen = True, set[str]()
    while more:
        page = http.get(f"{FEED}?type=MESAJ&after={after}").json()
        seen |= {one["recipient"] for one in page["items"]}
        after, more = page["next"], page["more"]
    return person in seen


def in_status(http: Running, person: str, after: int) -> bool:
    said = http.verdict(person)
    return bool(said["status"] == "RET" and not said["permitted"])


WAYS: dict[str, Way] = {
    "consents": by_consents,
    "refusals": by_refusals,
    "file": by_file,
    "list": by_list,
}
READINGS: tuple[Reading, ...] = (in_decision, in_filter, in_feed, in_status)


@contextmanager
def under_load(services: Sequence[Running]) -> Iterator[None]:
    """Others write meanwhile, to every process."""
    stop = threading.Event()
    failures: list[str] = []

    def write(http: Running) -> None:
        while not stop.is_set():
            answered = http.post(CONSENTS, {"items": [an_item(), a_ret(type="ARAMA")]})
            if not answered.is_success:
                failures.append(answered.text)

    threads = [threading.Thread(target=write, args=(http,)) for http in services]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert failures == []


@pytest.mark.parametrize("way", WAYS)
def test_a_refusal_is_in_the_next_answer_of_another_process(
    services: Sequence[Running], tmp_path: Path, way: str
) -> None:
    """Of somebody who might have been written to a moment before."""
    store = services[0].home.ledger(IYS_CODE).store
    people = [a_phone() for _ in range(TIMES)]
    services[0].register(*people)
    turns = cycle(range(PROCESSES))

    with under_load(services):
        for person in people:
            writer, after = next(turns), store.last_position()
            readers = [services[(writer + 1 + n) % PROCESSES] for n in range(PROCESSES - 1)]
            assert not in_status(readers[0], person, after)

            WAYS[way](services[writer], tmp_path, person)

            for reading, http in zip(READINGS, cycle(readers), strict=False):
                assert reading(http, person, after), (way, reading.__name__)

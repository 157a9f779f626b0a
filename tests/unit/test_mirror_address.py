"""A log behind an address: what is asked for, with which key, and what an answer means."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from ledger.proving.log_address import ATTEMPTS_MAX, LogAddress
from ledger.proving.log_folder import CopyRefused, CopyStep, LogFolder
from ledger.proving.mirror import mirror
from tests.unit.made_log import KEY, MadeLog

PREFIX = "https://defter.ornek.com.tr/v1/log"
AUDITORS = "izin_abc_secret"
Answer = Callable[[httpx.Request], httpx.Response]


class Service:
    """Serves a log; notes who asked for what, and how long was waited."""

    def __init__(self, log: MadeLog) -> None:
        self.files = dict(log.files())
        self.asked: list[tuple[str, str | None]] = []
        self.waits: list[float] = []
        self.first: list[httpx.Response | Exception] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        path = str(request.url).removeprefix(f"{PREFIX}/")
        key = request.headers.get("authorization")
        self.asked.append((path, key))
        if self.first:
            told = self.first.pop(0)
            if isinstance(told, Exception):
                raise told
            return told
        if path.startswith("tile/entries/") and key != f"Bearer {AUDITORS}":
            return httpx.Response(401)
        if path not in self.files:
            return httpx.Response(404)
        return httpx.Response(200, content=iter([self.files[path]]))

    def address(self, key: str | None = AUDITORS, prefix: str = PREFIX) -> LogAddress:
        transport = httpx.MockTransport(self.answer)
        return LogAddress(prefix, key, transport=transport, sleep=self.waits.append)

    def refusal(self, path: str, bytes_max: int = 1_000_000) -> CopyRefused:
        with self.address(None) as address, pytest.raises(CopyRefused) as caught:
            address.read(path, bytes_max)
        return caught.value


@pytest.fixture
def service() -> Service:
    log = MadeLog()
    log.restrict_many(0, 299)
    log.map_streams()
    return Service(log)


def test_a_log_is_copied_from_its_address(service: Service, tmp_path: Path) -> None:
    with service.address(prefix=f"{PREFIX}/") as address:
        done = mirror(address, LogFolder(tmp_path / "copy"), KEY)

    assert (done.size, done.is_sound, len(done.maps)) == (301, True, 1)
    # The key goes where it is asked for and nowhere else.
    with_key = {path for path, key in service.asked if key is not None}
    assert with_key == {"tile/entries/000", "tile/entries/001.p/45"}
    assert {path for path, _ in service.asked} == set(service.files)


def test_entries_without_a_key_are_refused(service: Service, tmp_path: Path) -> None:
    with service.address(None) as address, pytest.raises(CopyRefused) as caught:
        mirror(address, LogFolder(tmp_path / "copy"), KEY)

    assert caught.value.step is CopyStep.KEY


def test_a_file_that_is_not_there_is_none(service: Service) -> None:
    with service.address() as address:
        assert address.read("tile/0/007", 100) is None


def test_a_file_longer_than_allowed_is_refused(service: Service) -> None:
    tile = service.files["tile/0/000"]

    assert service.refusal("tile/0/000", len(tile) - 1).step is CopyStep.LENGTH
    with service.address() as address:
        assert address.read("tile/0/000", len(tile)) == tile


def test_what_passes_is_tried_again(service: Service) -> None:
    lost = httpx.ReadTimeout("lost")
    service.first = [
        httpx.Response(429, headers={"retry-after": "7"}),
        lost,
        httpx.Response(503, headers={"retry-after": "9999"}),
    ]

    with service.address() as address:
        assert address.read("checkpoint", 1_000) == service.files["checkpoint"]

    assert service.waits == [7, 1, 60]


@pytest.mark.parametrize(
    "told", [httpx.ConnectError("no"), httpx.Response(503), httpx.Response(502)], ids=str
)
def test_what_does_not_pass_is_given_up(service: Service, told: httpx.Response | Exception) -> None:
    service.first = [told] * ATTEMPTS_MAX

    refused = service.refusal("checkpoint")

    assert (refused.step, len(service.asked)) == (CopyStep.SOURCE, ATTEMPTS_MAX)
    assert "checkpoint" in str(refused)


@pytest.mark.parametrize("status", [301, 400, 500])
def test_any_other_answer_is_refused_at_once(service: Service, status: int) -> None:
    service.first = [httpx.Response(status, headers={"location": "https://example.com/"})]

    refused = service.refusal("checkpoint")

    assert (refused.step, len(service.asked)) == (CopyStep.SOURCE, 1)
    assert str(status) in str(refused)


@pytest.mark.parametrize(
    "prefix", ["ftp://a/b", "https://", "https://a?b", "https://u@a", "https://a b"]
)
def test_what_is_no_address_is_not_asked(prefix: str) -> None:
    with pytest.raises(ValueError, match="prefix"):
        LogAddress(prefix, None)


def test_a_key_of_two_lines_is_not_sent() -> None:
    with pytest.raises(ValueError, match="key"):
        LogAddress(PREFIX, "a\nb")

"""`izin key` and `izin access-log`: a key from its making to its end, seen from outside."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.commands import Ran, izin
from tests.acceptance.test_serve import fill
from tests.acceptance.wire import KEY, Served, request, serving

ADD = ("key", "add", "--name", "CRM", "--role", "viewer")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys") / "data"
    fill(folder)
    return folder


@pytest.fixture(scope="module")
def served(data: Path) -> Iterator[Served]:
    with serving(data, data.parent / "errors") as running:
        yield running


def made(data: Path, *more: str) -> tuple[str, str]:
    answer = izin(data, *ADD, *more, "--json").answer
    return str(answer["keyId"]), str(answer["token"])


def statuses(served: Served, token: str, *, until: int, within: float) -> float:
    """After how many seconds the service answers the key with a status."""
    began = time.monotonic()
    while served.send(request(key=token)).status != until:
        assert time.monotonic() - began < within
        time.sleep(0.02)
    return time.monotonic() - began


def test_a_key_works_soon_after_it_was_made_and_not_for_long_after_its_end(
    data: Path, served: Served
) -> None:
    key_id, token = made(data, "--brand", "123456", "--days", "30")

    statuses(served, token, until=200, within=2.0)
    revoked = izin(data, "key", "revoke", key_id, "--json")
    statuses(served, token, until=401, within=2.0)

    assert revoked.answer["keyId"] == key_id
    assert served.send(request(key=KEY)).status == 200


def test_what_a_key_was_shown_is_in_the_access_log_and_no_address(
    data: Path, served: Served
) -> None:
    key_id, token = made(data)
    statuses(served, token, until=200, within=2.0)
    served.send(request(key=token, headers="X-Request-Id: asked-1\r\n"))
    time.sleep(1)

    ran = izin(data, "access-log", "--brand", "123456", "--since", "2026-01-01 00:00:00", "--json")

    notes = ran.answer["notes"]
    assert isinstance(notes, list)
    (note,) = [one for one in notes if one["requestId"] == "asked-1"]
    assert (note["actor"], note["action"]) == (f"key:{key_id}", "status")
    assert (note["brandCode"], note["items"]) == (123456, 1)
    assert len(note["subject"]) == 36
    assert "0301" not in ran.out


def test_what_the_command_line_shows_is_noted_as_well(data: Path) -> None:
    asked = ("--brand", "123456", "--channel", "MESAJ", "--recipient", "-")
    izin(data, "status", *asked, stdin="+905010000301\n")
    izin(data, "history", *asked, stdin="+905010000301\n")

    ran = izin(data, "access-log", "--limit", "2", "--json")

    notes = ran.answer["notes"]
    assert isinstance(notes, list)
    shown = [(note["actor"], note["action"], note["subject"] is not None) for note in notes]
    assert shown == [("system:cli", "history", True), ("system:cli", "status", True)]


def test_keys_are_listed_without_their_secrets(data: Path) -> None:
    key_id, token = made(data, "--expires-at", "2099-01-01 00:00:00")

    ran = izin(data, "key", "list")

    (line,) = [line for line in ran.out.splitlines() if line.startswith(key_id)]
    assert line.split("\t")[1:] == ["viewer", "123456", "*", "2099-01-01 00:00:00 anına dek", "CRM"]
    assert token.rpartition("_")[2] not in ran.out + ran.err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("key", "add", "--name", "x", "--role", "boss"), 2, "viewer, operator"),
        (("key", "add", "--name", " ", "--role", "admin"), 2, "--name"),
        ((*ADD, "--brand", "999"), 1, "999"),
        ((*ADD, "--iys-code", "999"), 1, "999"),
        ((*ADD, "--expires-at", "2020-01-01 00:00:00"), 2, "--expires-at"),
        ((*ADD, "--expires-at", "2099-01-01 00:00:00", "--days", "3"), 2, "--days"),
        ((*ADD, "--days", "0"), 2, "--days"),
        (("key", "revoke", "nothere"), 1, "anahtar yok"),
    ],
)
def test_a_key_that_cannot_be_made_is_refused_in_words(
    data: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    ran = izin(data, *arguments)

    assert ran.code == code
    assert said in ran.err
    assert "Traceback" not in ran.err


def test_the_provider_has_to_be_clear(data: Path) -> None:
    more = ("--title", "Başka")
    assert izin(data, "provider", "add", "--iys-code", "654321", *more).code == 0
    foreign = ("brand", "add", "--iys-code", "654321", "--brand", "654321", "--name", "B")
    assert izin(data, *foreign).code == 0

    def added(*more: str) -> Ran:
        return izin(data, *ADD, *more, "--json")

    assert added().code == 2
    assert added("--brand", "654321").answer["iysCode"] == 654321
    assert added("--iys-code", "654321").answer["brands"] is None
    assert added("--brand", "654321", "--brand", "123456").code == 2
    assert added("--brand", "654321", "--iys-code", "123456").code == 2


def test_without_any_key_one_is_made_for_the_run(tmp_path: Path) -> None:
    data = tmp_path / "data"
    fill(data)
    with serving(data, tmp_path / "errors", IZIN_API_KEY=None) as first:
        (line,) = [line for line in first.said if "API anahtarı" in line]
        assert any("izin key add" in line for line in first.said)
        assert first.send(request(key=line.split()[-1])).status == 200
    made(data)
    with serving(data, tmp_path / "errors", IZIN_API_KEY=None) as second:
        assert not [line for line in second.said if "API anahtarı" in line]
        assert second.send(request(key=line.split()[-1])).status == 401

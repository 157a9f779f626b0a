"""`izin serve`: health and status over real HTTP; stops cleanly and leaves no server behind."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.acceptance.commands import ROOT, environment, izin

KEY = "an-api-key-for-tests"
NUMBER = "+905010000301"
STATUS = "/v1/brands/123456/status"
QUESTION = {"recipient": NUMBER, "type": "MESAJ"}


@contextmanager
def service(data: Path) -> Iterator[tuple[subprocess.Popen[str], httpx.Client]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "ledger.cli.main", "serve", "--port", "0", "--data", str(data)],
        cwd=ROOT,
        env={**environment(), "IZIN_API_KEY": KEY},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        found = re.search(r"http://\S+", line)
        assert found, line
        headers = {"Authorization": f"Bearer {KEY}"}
        with httpx.Client(base_url=found[0], headers=headers, timeout=30) as client:
            yield process, client
    finally:
        process.terminate()
        process.communicate(timeout=60)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("serve") / "data"
    fill(folder)
    return folder


def fill(folder: Path) -> None:
    assert izin(folder, "provider", "add", "--iys-code", "123456", "--title", "Örnek").code == 0
    added = izin(folder, "brand", "add", "--iys-code", "123456", "--brand", "123456", "--name", "Ö")
    assert added.code == 0
    file = folder.parent / "rows.csv"
    row = f"MESAJ,HS_MESAJ,{NUMBER},RET,2026-11-01 09:00:00,BIREYSEL\n"
    file.write_text("type,source,recipient,status,consentDate,recipientType\n" + row)
    assert izin(folder, "import", str(file), "--brand", "123456").code == 0


@pytest.fixture(scope="module")
def client(data: Path) -> Iterator[httpx.Client]:
    with service(data) as (_, open_client):
        yield open_client


def test_health_needs_no_key(client: httpx.Client) -> None:
    assert client.get("/healthz", headers={"Authorization": ""}).json() == {"status": "ok"}
    ready = client.get("/readyz").json()
    assert ready["status"] == "ok"
    assert ready["events"]["123456"] >= 3


def test_status_answers_from_the_body_and_names_no_address(client: httpx.Client) -> None:
    answer = client.post(STATUS, json=QUESTION)

    assert answer.status_code == 200
    members = answer.json()
    assert (members["status"], members["permitted"]) == ("RET", False)
    assert len(members["receipt"]["leafHash"]) == 64
    assert NUMBER[-7:] not in answer.text


@pytest.mark.parametrize(
    ("path", "body", "headers", "status", "code"),
    [
        (STATUS, QUESTION, {"Authorization": ""}, 401, "L-KEY"),
        (STATUS, QUESTION, {"Authorization": "Bearer other"}, 401, "L-KEY"),
        ("/v1/brands/99/status", QUESTION, {}, 404, "L-NOT-FOUND"),
        (STATUS, {"recipent": NUMBER, "type": "MESAJ"}, {}, 422, "L-FIELD-UNKNOWN"),
        (STATUS, {**QUESTION, "type": "SMS"}, {}, 422, "L-FIELD"),
        (STATUS, {**QUESTION, "at": "2026-11-22T10:15:00"}, {}, 422, "L-TIME"),
        (STATUS, {**QUESTION, "recipient": "1" * 70_000}, {}, 413, "L-TOO-LARGE"),
    ],
    ids=["no-key", "wrong-key", "brand", "unknown-field", "channel", "time", "size"],
)
def test_a_problem_says_what_is_wrong_and_never_the_address(
    client: httpx.Client,
    path: str,
    body: dict[str, str],
    headers: dict[str, str],
    status: int,
    code: str,
) -> None:
    answer = client.post(path, json=body, headers=headers)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == code
    assert NUMBER[-7:] not in answer.text


def test_nothing_is_read_of_a_caller_without_the_key(client: httpx.Client) -> None:
    """Not even whether the body is JSON."""
    answer = client.post(STATUS, content=b"{" * 200, headers={"Authorization": "Bearer x"})

    assert (answer.status_code, answer.json()["code"]) == (401, "L-KEY")


def test_a_body_without_a_length_is_refused(client: httpx.Client) -> None:
    answer = client.post(STATUS, content=iter([b"{}"]))

    assert (answer.status_code, answer.json()["code"]) == (411, "L-LENGTH")


@pytest.mark.parametrize("key", ["", "short"])
def test_a_key_that_lets_everybody_in_is_refused(tmp_path: Path, key: str) -> None:
    ran = izin(tmp_path / "data", "serve", IZIN_API_KEY=key)

    assert ran.code == 2
    assert "IZIN_API_KEY" in ran.err
    assert "Traceback" not in ran.err


def test_problems_are_turkish_and_english_on_demand(client: httpx.Client) -> None:
    bad = {**QUESTION, "recipent": "x"}

    turkish = client.post(STATUS, json=bad).json()
    english = client.post(STATUS, json=bad, headers={"Accept-Language": "en"}).json()

    assert (turkish["title"], english["title"]) == ("Bilinmeyen alan", "unknown field")
    assert english["nearest"] == "recipient"


def test_it_survives_its_postgres_and_stops_it_at_the_end(tmp_path: Path) -> None:
    data = tmp_path / "data"
    fill(data)
    with service(data) as (process, client):
        pid = int((data / "pg" / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGKILL)
        answers = [client.post(STATUS, json=QUESTION).status_code for _ in range(5)]
    assert answers[-1] == 200
    assert set(answers) <= {200, 503}
    assert process.returncode == 143
    assert not (data / "pg" / "postmaster.pid").exists()

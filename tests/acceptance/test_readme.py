"""What README says can be typed, and works."""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.acceptance.commands import ROOT, environment, izin

README = (ROOT / "README.md").read_text(encoding="utf-8")
DATE = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2} [0-9:]{8}")
IZIN = f"{shlex.quote(sys.executable)} -m ledger.cli.main"


def block_under(heading: str) -> str:
    """The first shell block of a section."""
    section = README.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    found = re.search(r"```sh\n(.*?)```", section, re.DOTALL)
    assert found, heading
    return found[1]


def test_the_five_minutes_run_as_they_stand(tmp_path: Path) -> None:
    script = block_under("Five minutes").replace("./run", IZIN)

    ran = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert ran.returncode == 0, ran.stderr
    assert "4,refused,H119" in ran.stdout
    assert '"status": "RET"' in ran.stdout
    assert "3 satır okundu (api): zaten kayıtlı 2, alınmadı 1" in ran.stdout
    assert "temiz" in ran.stdout


def test_the_tour_of_the_service_runs_as_it_stands(tmp_path: Path) -> None:
    with demo("--data", str(tmp_path / "data"), "--lang", "en") as (url, _):
        script = shown_tour(README).replace("http://127.0.0.1:8563", url)
        told = play(script)
        left = told.splitlines()

    verdicts = [line for line in left if line.endswith(("OVERDUE", "RET_QUEUED", "REGISTERED"))]
    assert [line.split(",")[1:3] for line in verdicts] == [
        ["false", "NOT_YET_REGISTERED"],
        ["false", "REFUSED"],
        ["true", "PERMITTED"],
    ]
    for line in verdicts:
        assert line in README
    answers = [json.loads(line) for line in left if line.startswith("{")]
    assert answers[0]["items"][0]["outcome"] == "recorded"
    assert answers[1]["permitted"] is True
    assert {item["state"]["status"] for item in answers[2]["items"]} == {"RET"}
    assert [event["type"] for event in answers[3]["events"]][-1] == "consent.refused"
    fault = {name: answers[4][name] for name in ("code", "pointer", "nearest")}
    assert fault == {"code": "L-FIELD-UNKNOWN", "pointer": "", "nearest": "recipient"}
    assert izin(tmp_path / "data", "fsck", "--json").answer["clean"] is True


def test_the_demo_service_prints_the_same_tour_and_it_runs_twice(tmp_path: Path) -> None:
    data = ("--data", str(tmp_path / "data"))
    for _ in "12":
        with demo(*data, "--lang", "en") as (url, said):
            printed = shown_tour(f"```sh\n{said.strip()}\n```")
            answers = [json.loads(line) for line in play(printed).splitlines() if line[0] == "{"]

        assert answers[0]["items"][0]["outcome"] == "recorded"
        plain = printed.replace(url, "http://127.0.0.1:8563")
        assert DATE.sub("", plain) == DATE.sub("", shown_tour(README))
    assert izin(tmp_path / "data", "fsck", "--json").answer["clean"] is True


def test_the_demo_leaves_nothing_and_touches_no_ledger_of_somebodys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, temporary = tmp_path / "data", tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    assert izin(data, "provider", "add", "--iys-code", "123456", "--title", "Gerçek").code == 0

    refused = izin(data, "serve", "--demo")
    with demo() as (_, said):
        pass

    assert (refused.code, "demo" in refused.err) == (1, True)
    assert "Onay kaydet" in said
    assert list(temporary.iterdir()) == []


def shown_tour(text: str) -> str:
    """The commands, from the block that begins with the service's URL."""
    found = re.search(r"```sh\n(URL=.*?)\n```", text, re.DOTALL)
    assert found
    return found[1]


def play(script: str) -> str:
    """What the commands print."""
    command = ["bash", "-euo", "pipefail", "-c", script]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    return "\n".join(line for line in ran.stdout.splitlines() if line)


@contextmanager
def demo(*arguments: str) -> Iterator[tuple[str, str]]:
    """`izin serve --demo`: its URL, and what it said behind it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "ledger.cli.main", "serve", "--demo", "--port", "0", *arguments],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    try:
        first = process.stdout.readline()
        url = re.search(r"http://\S+", first)
        assert url, first
        said = ""
        while "recipent" not in said:
            said += process.stdout.readline()
        yield url[0], said + process.stdout.readline()
    finally:
        process.terminate()
        process.communicate(timeout=60)
    assert process.returncode == 143


def test_every_command_that_readme_names_exists(tmp_path: Path) -> None:
    named = set(re.findall(r"\./run ([a-z]+)", README))

    assert named >= {"demo", "import", "status", "history", "fsck", "serve", "provider", "brand"}
    for command in named:
        assert izin(tmp_path, command, "--help").code == 0


def test_the_first_commands_are_demo_and_test() -> None:
    first = re.search(r"```sh\n(.*?)```", README, re.DOTALL)

    assert first
    assert [line.split()[0] for line in first[1].splitlines()] == ["./run", "./test"]

"""What README says can be typed, and works."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

from tests.acceptance.commands import ROOT, environment, izin

README = (ROOT / "README.md").read_text(encoding="utf-8")
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
    assert "3 satır okundu (api): already 2, refused 1" in ran.stdout
    assert "temiz" in ran.stdout


def test_every_command_that_readme_names_exists(tmp_path: Path) -> None:
    named = set(re.findall(r"\./run ([a-z]+)", README))

    assert named >= {"demo", "import", "status", "history", "fsck", "serve", "provider", "brand"}
    for command in named:
        assert izin(tmp_path, command, "--help").code == 0


def test_the_first_commands_are_demo_and_test() -> None:
    first = re.search(r"```sh\n(.*?)```", README, re.DOTALL)

    assert first
    assert [line.split()[0] for line in first[1].splitlines()] == ["./run", "./test"]

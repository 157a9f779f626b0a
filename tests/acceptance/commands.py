"""The command line as a user has it: processes, exit codes, last line JSON."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
SETTINGS = ("IZIN_", "DATABASE_URL")


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def answer(self) -> dict[str, object]:
        """The JSON object of the last line."""
        members = json.loads(self.out.splitlines()[-1])
        assert isinstance(members, dict)
        return members


def environment(**settings: str) -> dict[str, str]:
    """This process's, with these settings of a ledger and no others.

    The second place of its log is beside the keys: cloned ledgers have keys of their own, but logs
    of one name.
    """
    kept = {name: text for name, text in os.environ.items() if not name.startswith(SETTINGS)}
    places = {"IZIN_CHECKPOINTS": os.environ["IZIN_CHECKPOINTS"]}
    if "IZIN_KEYS" in settings:
        places["IZIN_CHECKPOINTS"] = str(Path(settings["IZIN_KEYS"]).parent / "checkpoints")
    return {**kept, "PYTHONPATH": str(ROOT), **places, **settings}


def izin(data: Path, *arguments: str, stdin: str = "", **settings: str) -> Ran:
    """Run `izin ARGUMENTS --data DATA` with settings in the environment."""
    return run(*arguments, "--data", str(data), stdin=stdin, **settings)


def run(*arguments: str, stdin: str = "", **settings: str) -> Ran:
    """Run `izin ARGUMENTS` with settings in the environment."""
    ended = subprocess.run(
        [sys.executable, "-m", "ledger.cli.main", *arguments],
        cwd=ROOT,
        env=environment(**settings),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return Ran(ended.returncode, ended.stdout, ended.stderr)

"""A database that was put back from a backup: refused, and how it goes on (evidence.md §4.5)."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from ledger.evidence.bundle import verifier
from tests.acceptance.commands import Ran, izin

BRAND = ("--brand", "123456")
GOOD = Path(__file__).parents[1] / "data" / "good"
RECIPIENT = "+905010000032"


def test_a_log_put_back_goes_on_under_another_name(tmp_path: Path) -> None:
    data, backup, places = tmp_path / "data", tmp_path / "backup", str(tmp_path / "checkpoints")

    def run(*arguments: str, stdin: str = "") -> Ran:
        return izin(data, *arguments, stdin=stdin, IZIN_CHECKPOINTS=places)

    assert run("provider", "add", "--iys-code", "123456", "--title", "Örnek").code == 0
    assert run("brand", "add", "--iys-code", "123456", *BRAND, "--name", "Örnek").code == 0
    assert run("import", str(GOOD / "iys-ornek-istemci.csv"), *BRAND).code == 0
    assert run("seal").code == 0
    assert run("recover", "--accept-loss").code == 1  # nothing is missing
    shutil.copytree(data, backup, symlinks=True)
    lost = run("import", str(GOOD / "uyum-sablonu.csv"), *BRAND, "--recipient-type", "BIREYSEL")
    assert lost.code == 0
    assert run("seal").code == 0
    shutil.rmtree(data)
    backup.rename(data)

    asked = ("--channel", "MESAJ", "--recipient", "-")
    refused = run("status", *BRAND, *asked, stdin=RECIPIENT + "\n")
    assert (refused.code, "Defter geride" in refused.err) == (1, True)
    assert run("recover").code == 2
    assert run("recover", "--accept-loss").code == 0

    assert run("fsck").code == 0
    assert run("seal", "--heads").code == 0
    assert run("prove", *BRAND, *asked, "--out", str(tmp_path / "b.zip"), stdin=RECIPIENT).code == 0
    assert run("trust", "export", str(tmp_path / "trust")).code == 0
    (tmp_path / "v.py").write_bytes(verifier())
    ran = subprocess.run(
        [sys.executable, "-I", "v.py", "b.zip", "--trust", "trust", "--json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    said = json.loads(ran.stdout.splitlines()[-1])
    assert (ran.returncode, said["ok"], said["streams"]) == (0, True, 1), said
    assert run("fsck").code == 0

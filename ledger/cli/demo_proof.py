"""The end of `izin demo`: a sealed bundle, checked by the script that a stranger has."""

import subprocess
import sys
import zipfile
from pathlib import Path

import msgspec

from ledger import clock
from ledger.addresses import parse_address
from ledger.bootstrap import Home
from ledger.cli.output import Output
from ledger.clock import ISTANBUL, iys_text
from ledger.evidence.bundle import verifier
from ledger.proving.making import make_bundle
from ledger.proving.question import Question
from ledger.vocabulary import BrandCode, Channel, IysCode

SECONDS_MAX = 60


def prove(home: Home, output: Output, folder: Path, iys_code: IysCode, brand: BrandCode) -> bool:
    """Seal, write a bundle of one address and have it checked; whether it was found sound."""
    keeper, now = home.logs.keeper(iys_code), clock.now()
    keeper.note_heads(now.astimezone(ISTANBUL).date())
    seal = keeper.seal()
    assert seal is not None
    output.say(
        f"\n{seal.size} olay {iys_text(seal.sealed_at)} anında mühürlendi (TEST damgası).",
        f"\n{seal.size} events sealed at {iys_text(seal.sealed_at)} (TEST stamp).",
    )
    bundle, trust = folder / "delil.zip", folder / "dayanak"
    question = Question(
        brand=home.providers.brand(brand),
        address=parse_address("+905010000101", Channel.MESSAGE),
        channel=Channel.MESSAGE,
    )
    with bundle.open("wb") as out:
        made = make_bundle(question, home.logs.sources(iys_code), out, now=now)
    _anchors(home, iys_code, trust)
    _tell_iys(output, bundle)
    script = folder / "verify_bundle.py"
    script.write_bytes(verifier())
    command = [sys.executable, "-I", script.name, bundle.name, "--trust", trust.name]
    output.say(
        f"Delil paketi: {made.events} hareket, {bundle.stat().st_size // 1024} KiB."
        f" Denetleyen: python {' '.join(command[2:])}",
        f"Evidence bundle: {made.events} events, {bundle.stat().st_size // 1024} KiB."
        f" Checked by: python {' '.join(command[2:])}",
    )
    # Outside the project and without it: what a stranger has is the script, Python and openssl.
    said = subprocess.run(
        [*command, "--lang", output.lang],
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=SECONDS_MAX,
        check=False,
    )
    for line in said.stdout.splitlines():
        output.say(f"  {line}", f"  {line}")
    return said.returncode == 0


def _tell_iys(output: Output, bundle: Path) -> None:
    """What İYS's own archived file shows of the consent: its row, and the stamp over the file."""
    with zipfile.ZipFile(bundle) as opened:
        names = [name for name in opened.namelist() if name.startswith("ekler/iys-")]
        for name in names:
            if not name.endswith(".json"):
                continue
            row = msgspec.json.decode(opened.read(name))
            created, transaction = row["line"].split(",")[:2]
            stamp = name.removesuffix(".json") + ".tsr"
            output.say(
                f"İYS kaydı: {created}, işlem kimliği {transaction[:16]}…; {row['day']} dosyasının"
                f" {row['index'] + 1}/{row['size']}. satırı, {stamp}"
                f" ({opened.getinfo(stamp).file_size} bayt)",
                f"At İYS: {created}, transaction {transaction[:16]}…; row {row['index'] + 1} of"
                f" {row['size']} in the file of {row['day']}, {stamp}"
                f" ({opened.getinfo(stamp).file_size} bytes)",
            )


def _anchors(home: Home, iys_code: IysCode, folder: Path) -> None:
    """What an auditor has from elsewhere; here only the embedded TEST authority can give it."""
    (folder / "tsa").mkdir(parents=True)
    root = home.logs.test_root()
    assert root is not None
    (folder / "tsa" / "TEST-root.pem").write_bytes(root)
    key = home.logs.public_key(iys_code)
    (folder / "log.vkey").write_text(f"{key.vkey}\n", encoding="ascii")

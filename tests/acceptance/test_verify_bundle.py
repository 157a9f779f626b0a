"""`verify_bundle.py` on true bundles: alone, with Python's standard library and `openssl` only."""

import json
import shutil
import subprocess
import sys
import zipfile
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.evidence import verify_bundle
from ledger.evidence.bundle import files_but_report
from ledger.evidence.bundle_parts import Attachment, HeadsPart
from ledger.evidence.checkpoint import SignedCheckpoint
from ledger.evidence.note import SignatureLine, SignatureType, VerifierKey
from tests.bundle_builder import (
    AT,
    Story,
    a_bundle,
    a_story,
    a_trust_folder,
    unzipped,
    with_files,
    zipped,
)
from tests.bundle_world import World, stamped

SCRIPT = Path(verify_bundle.__file__)
STORY = a_story()
BUNDLE = zipped(a_bundle(STORY))


def run(
    folder: Path, bundle: bytes, *options: str, path: str | None = None
) -> subprocess.CompletedProcess[str]:
    """The script alone in a folder of its own, as an auditor runs it."""
    folder.mkdir(exist_ok=True)
    shutil.copy(SCRIPT, folder / "verify_bundle.py")
    (folder / "paket.zip").write_bytes(bundle)
    command = [sys.executable, "-I", "verify_bundle.py", "paket.zip", "--at", AT.isoformat()]
    return subprocess.run(
        [*command, *options],
        cwd=folder,
        env=None if path is None else {"PATH": path},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


def facts(bundle: bytes, trust: Path) -> dict[str, object]:
    """What the verifier finds, in this process."""
    file = trust.parent / "bundle.zip"
    file.write_bytes(bundle)
    check = verify_bundle.Check(file, trust, at=AT)
    check.run()
    return check.facts


def test_a_true_bundle_answers_the_three_questions(tmp_path: Path) -> None:
    trust = a_trust_folder(tmp_path / "trust", vkeys=[STORY.world.vkey])

    done = run(tmp_path / "alone", BUNDLE, "--trust", str(trust))

    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert [line[:2] for line in lines[:9]] == [f"{number}." for number in range(1, 10)]
    assert "(i) DEĞİŞMEMİŞ: bütün olaylar en geç 2026-11-20T08:14:00Z anından beri böyle" in lines
    assert f"(ii) KİMİN: {STORY.world.origin}, güven klasöründeki anahtarla" in lines
    assert lines[-2].startswith("(iii) EKSİKSİZ: 2026-11-20 günü işletmeci")
    assert lines[-1] == "TEST DAMGASI: hukuki değeri yoktur"
    assert "- kapalı kalan veri grubu: 2" in lines


def test_english_and_json_say_the_same(tmp_path: Path) -> None:
    trust = a_trust_folder(tmp_path / "trust", vkeys=[STORY.world.vkey])

    done = run(tmp_path / "alone", BUNDLE, "--trust", str(trust), "--lang", "en", "--json")

    assert "(ii) WHOSE: " in done.stdout
    answer = json.loads(done.stdout.splitlines()[-1])
    assert answer["ok"] is True
    assert (answer["events"], answer["streams"], answer["tokens"]) == (5, 1, 5)
    assert (answer["log"], answer["complete_as_of"]) == (STORY.world.origin, "2026-11-20")
    lines = sorted(
        f"{sha256(content).hexdigest()}  {name}\n"
        for name, content in files_but_report(a_bundle(STORY)).items()
    )
    assert answer["digest"] == sha256("".join(lines).encode()).hexdigest()


def test_without_a_key_it_is_the_companys_own_word_and_no_failure(tmp_path: Path) -> None:
    done = run(tmp_path / "alone", BUNDLE, "--trust", str(a_trust_folder(tmp_path / "trust")))

    assert done.returncode == 0
    assert "(ii) KİMİN: şirket beyanı" in done.stdout


def test_without_heads_nothing_is_said_of_what_was_left_out(tmp_path: Path) -> None:
    bundle = zipped(a_bundle(STORY, heads=None))

    done = run(tmp_path / "alone", bundle, "--trust", str(a_trust_folder(tmp_path / "trust")))

    assert done.returncode == 0
    assert "(iii) EKSİKSİZ: gösterilmedi (akış sonları yok)" in done.stdout


def test_no_address_is_printed(tmp_path: Path) -> None:
    done = run(tmp_path / "a", BUNDLE, "--trust", str(a_trust_folder(tmp_path / "t")), "--json")

    assert done.returncode == 0
    assert "90501" not in done.stdout


def test_a_refusal_names_step_code_and_file_and_ends_with_1(tmp_path: Path) -> None:
    forged = with_files(BUNDLE, {"seals/3/seal.bin": bytes(64)})
    trust = str(a_trust_folder(tmp_path / "trust"))

    turkish = run(tmp_path / "alone", forged, "--trust", trust)
    english = run(tmp_path / "alone", forged, "--trust", trust, "--lang", "en", "--json")

    assert (turkish.returncode, english.returncode) == (1, 1)
    assert turkish.stdout.splitlines()[-1] == (
        "RED, adım 4: mühür kontrol noktasını kapsamıyor (SEAL_NOT_OF_CHECKPOINT) seals/3/seal.bin"
    )
    told, answer = english.stdout.splitlines()[-2:]
    assert told.startswith("REFUSED at step 4: seal not of checkpoint")
    assert json.loads(answer) == {
        "ok": False,
        "step": 4,
        "code": "SEAL_NOT_OF_CHECKPOINT",
        "where": "seals/3/seal.bin",
    }


@pytest.mark.parametrize("options", [[], ["--trust"], ["--trust", ".", "--lang", "de"]])
def test_a_wrong_call_ends_with_2(options: list[str], tmp_path: Path) -> None:
    assert run(tmp_path / "alone", BUNDLE, *options).returncode == 2


def test_an_instant_without_its_zone_is_a_wrong_call(tmp_path: Path) -> None:
    done = run(tmp_path / "alone", BUNDLE, "--trust", ".", "--at", "2026-11-25T00:00:00")

    assert done.returncode == 2


@pytest.mark.parametrize(
    ("says", "code"),
    [
        (None, "OPENSSL_DOES_NOT_RUN"),
        ("LibreSSL 3.9.2", "OPENSSL_TOO_OLD"),
        ("OpenSSL 1.1.1w  11 Sep 2023", "OPENSSL_TOO_OLD"),
        ("", "OPENSSL_TOO_OLD"),
    ],
)
def test_without_openssl_3_nothing_is_believed(says: str | None, code: str, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    if says is not None:
        (tmp_path / "bin" / "openssl").write_text(f"#!/bin/sh\necho '{says}'\n")
        (tmp_path / "bin" / "openssl").chmod(0o755)
    trust = a_trust_folder(tmp_path / "trust")

    done = run(tmp_path / "a", BUNDLE, "--trust", str(trust), path=str(tmp_path / "bin"))

    assert done.returncode == 1
    assert f"({code})" in done.stdout
    assert done.stderr == ""


def test_signatures_may_be_added_and_the_files_packed_anew(tmp_path: Path) -> None:
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in reversed(unzipped(BUNDLE).items()):
            archive.writestr(name, content)
        archive.mkdir("imza")
        archive.writestr("imza/muhur.p7s", b"a signature")

    assert facts(file.getvalue(), a_trust_folder(tmp_path / "trust"))["events"] == 5


def test_an_export_may_hold_many_people(tmp_path: Path) -> None:
    world = STORY.world
    every = [world.part(index) for index in range(len(world.events))]
    entries = [world.shown_head(index) for index in range(len(world.map))]
    heads = HeadsPart(event=world.part(STORY.heads), entries=entries)
    bundle = zipped(a_bundle(STORY, question=None, events=every, decisions=[], heads=heads))

    answer = facts(bundle, a_trust_folder(tmp_path / "trust"))

    assert (answer["events"], answer["streams"]) == (len(world.events), 3)
    assert answer["complete_as_of"] == "2026-11-20"


def test_two_authorities_may_stamp_one_seal(tmp_path: Path) -> None:
    story = a_story(World(stamps=[stamped, stamped]))

    assert facts(zipped(a_bundle(story)), a_trust_folder(tmp_path / "trust"))["tokens"] == 10


def test_a_quorum_of_witnesses_is_counted(tmp_path: Path) -> None:
    story, witness = a_witnessed_story()
    bundle = zipped(a_bundle(story))
    vkeys = [story.world.vkey, witness.vkey]

    trust = a_trust_folder(tmp_path / "trust", vkeys=vkeys, quorum=1)
    assert facts(bundle, trust)["quorum"] == 1
    trust = a_trust_folder(tmp_path / "more", vkeys=vkeys, quorum=2)
    with pytest.raises(verify_bundle.Refused, match="WITNESSES_TOO_FEW"):
        facts(bundle, trust)


def a_witnessed_story() -> tuple[Story, VerifierKey]:
    """A log that a witness cosigned, and the witness's key."""
    key = Ed25519PrivateKey.from_private_bytes(b"a witness".ljust(32, b"."))
    public = key.public_key().public_bytes_raw()
    witness = VerifierKey("tanik.example", SignatureType.COSIGNATURE, public)

    def line(made: SignedCheckpoint) -> bytes:
        signature = key.sign(b"cosignature/v1\ntime 1700000000\n" + made.tree.text)
        at = (1_700_000_000).to_bytes(8)
        return SignatureLine(witness.name, witness.key_id, at + signature).text.encode()

    return a_story(World(witness_line=line)), witness


def test_an_attachment_has_its_place(tmp_path: Path) -> None:
    bundle = zipped(a_bundle(STORY, attachments=[Attachment("iys/gun.csv", b"a;b\n")]))

    assert unzipped(bundle)["ekler/iys/gun.csv"] == b"a;b\n"
    assert facts(bundle, a_trust_folder(tmp_path / "trust"))["events"] == 5

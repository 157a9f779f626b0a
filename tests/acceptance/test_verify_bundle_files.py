"""Packing, anchors and signatures: zips, manifests, trust folders and checkpoints to be refused."""

import io
import json
import re
import struct
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.evidence import verify_bundle
from ledger.evidence.checkpoint import SignedCheckpoint
from ledger.evidence.note import SignatureLine, SignatureType, VerifierKey
from ledger.evidence.verify_bundle import TEXTS
from tests.bundle_builder import (
    a_bundle,
    a_story,
    a_trust_folder,
    refusal,
    unzipped,
    with_files,
    zipped,
)
from tests.bundle_world import World

STORY = a_story()
WHOLE = a_bundle(STORY)
BUNDLE = zipped(WHOLE)
FILES = unzipped(BUNDLE)
ANOTHER_ID = re.compile(r"^([^+]+)\+[0-9a-f]{8}\+")
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(b"another".ljust(32, b"."))


def packed(*more: tuple[str, bytes], kind: int = zipfile.ZIP_STORED, comment: bytes = b"") -> bytes:
    """The true files, and some more that may have the same names."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", kind) as archive:
        for name, content in (*FILES.items(), *more):
            archive.writestr(name, content)
        archive.comment = comment
    return file.getvalue()


# The zip


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    "name",
    [
        "events/0001.leaf",
        "../evil",
        "/etc/evil",
        "ekler/../../evil",
        "ekler//evil",
        "ekler\\evil",
        "ekler/.evil",
        "ekler/\x1b[31m",
        "EVENTS/0001.leaf",
        "extra.txt",
        "ekler/a@b",
        "ekler/" + "a" * 101,
        "ekler/1/2/3/4/5",
    ],
)
def test_a_name_without_a_place_or_there_twice(name: str, tmp_path: Path) -> None:
    assert refusal(tmp_path, packed((name, b"x"))) == "FILE_NAME_REFUSED"


@pytest.mark.parametrize(
    "junk",
    [
        b"",
        b"PK",
        b"no zip at all",
        BUNDLE[:-1],
        BUNDLE[: len(BUNDLE) // 2],
        b"x" + BUNDLE,
        packed(comment=b"hello"),
        packed(kind=zipfile.ZIP_LZMA),
        packed(kind=zipfile.ZIP_BZIP2),
    ],
    ids=map(str, range(9)),
)
def test_what_is_no_plain_zip(junk: bytes, tmp_path: Path) -> None:
    assert refusal(tmp_path, junk) == "ZIP_MALFORMED"


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    trust = a_trust_folder(tmp_path / "trust")

    with pytest.raises(verify_bundle.Refused, match="ZIP_MALFORMED"):
        verify_bundle.Check(
            tmp_path / "nothing.zip", trust, at=verify_bundle.instant(AN_INSTANT)
        ).run()


AN_INSTANT = "2026-11-25T00:00:00Z"


def test_too_many_bytes_are_not_unpacked(tmp_path: Path) -> None:
    bomb = packed(("ekler/a", bytes(65 << 20)), kind=zipfile.ZIP_DEFLATED)

    assert len(bomb) < 1 << 20
    assert refusal(tmp_path, bomb) == "ZIP_TOO_LARGE"


def test_a_file_larger_than_it_says_is_not_unpacked(tmp_path: Path) -> None:
    bomb = bytearray(packed(("ekler/a", bytes(8 << 20)), kind=zipfile.ZIP_DEFLATED))
    declared = struct.pack("<I", 8 << 20)
    assert bomb.count(declared) == 2
    small = bytes(bomb).replace(declared, struct.pack("<I", 10))

    assert refusal(tmp_path, small) == "ZIP_MALFORMED"


def test_too_many_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify_bundle, "ENTRIES_MAX", len(FILES) - 1)

    assert refusal(tmp_path, BUNDLE) == "ZIP_TOO_LARGE"


# The manifest


def test_a_file_that_differs_from_the_manifest(tmp_path: Path) -> None:
    changes = {"ekler/onay-metni.txt": b"another text", "manifest.json": FILES["manifest.json"]}

    assert refusal(tmp_path, with_files(BUNDLE, changes)) == "FILE_DIFFERS_FROM_MANIFEST"


def test_a_file_that_the_manifest_does_not_name(tmp_path: Path) -> None:
    assert refusal(tmp_path, packed(("ekler/b", b""))) == "FILE_DIFFERS_FROM_MANIFEST"


@pytest.mark.parametrize(
    ("name", "keeps_manifest", "code"),
    [
        ("ekler/onay-metni.txt", True, "FILE_MISSING"),
        ("events/0003.leaf", False, "FILE_MISSING"),
        ("events/0003.ers", False, "FILE_MISSING"),
        ("events/0003.tlog-proof", False, "FILE_MISSING"),
        ("seals/9/checkpoint", False, "FILE_MISSING"),
        ("seals/9/previous/consistency", False, "FILE_MISSING"),
        ("seals/9/token-1.tst", False, "RECORD_TOKEN_NOT_OF_SEAL"),
        ("heads/entries.json", False, "FILE_MISSING"),
        ("heads/heads.leaf", False, "FILE_OUT_OF_PLACE"),
    ],
)
def test_a_file_left_out(name: str, keeps_manifest: bool, code: str, tmp_path: Path) -> None:
    changes: dict[str, bytes | None] = {name: None}
    if keeps_manifest:
        changes["manifest.json"] = FILES["manifest.json"]

    assert refusal(tmp_path, with_files(BUNDLE, changes)) == code


@pytest.mark.parametrize(
    "name",
    ["events/0006.ers", "events/note.txt", "seals/7/checkpoint", "seals/9/token-0.tst", "heads/x"],
)
def test_a_file_nothing_asks_for(name: str, tmp_path: Path) -> None:
    assert refusal(tmp_path, with_files(BUNDLE, {name: b"x"})) == "FILE_OUT_OF_PLACE"


@pytest.mark.parametrize(
    "change",
    [
        {"format": "izin-defteri/bundle/2"},
        {"more": 1},
        {"question": {"brand": 123456, "person": "x"}},
        {"files": None},
    ],
)
def test_a_manifest_of_another_form(change: dict[str, object], tmp_path: Path) -> None:
    told = {**json.loads(FILES["manifest.json"]), **change}
    spelt = json.dumps(told, sort_keys=True, separators=(",", ":")).encode()

    forged = with_files(BUNDLE, {"manifest.json": spelt})

    assert refusal(tmp_path, forged) == "MANIFEST_MALFORMED"


def test_a_manifest_with_a_key_twice(tmp_path: Path) -> None:
    twice = FILES["manifest.json"].replace(b'"format":', b'"format":"x","format":')

    assert refusal(tmp_path, with_files(BUNDLE, {"manifest.json": twice})) == "MANIFEST_MALFORMED"


# Anchors


def test_another_companys_anchors(tmp_path: Path) -> None:
    other = World(key=OTHER_KEY)

    assert other.origin != STORY.world.origin
    assert refusal(tmp_path, BUNDLE, vkeys=[other.vkey]) == "LOG_NOT_TRUSTED"


def test_a_checkpoint_by_a_key_that_is_not_the_logs(tmp_path: Path) -> None:
    public = OTHER_KEY.public_key().public_bytes_raw()
    named_alike = VerifierKey(STORY.world.origin, SignatureType.NOTE, public)

    assert refusal(tmp_path, BUNDLE, vkeys=[named_alike.vkey]) == "LOG_KEY_UNKNOWN"


def test_a_signature_that_is_not_the_keys(tmp_path: Path) -> None:
    story = a_story(Forger())

    code = refusal(tmp_path, a_bundle(story), vkeys=[STORY.world.vkey])

    assert code == "LOG_SIGNATURE_WRONG"


class Forger(World):
    """Signs with another key under the name and the id of the log's."""

    def sign(self, checkpoint: SignedCheckpoint) -> SignedCheckpoint:
        """With a signature by another key."""
        [line] = checkpoint.signatures
        lie = SignatureLine(line.name, line.key_id, OTHER_KEY.sign(checkpoint.tree.text))
        return replace(checkpoint, signatures=(lie,))


def test_a_checkpoint_whose_first_line_is_not_the_logs(tmp_path: Path) -> None:
    assert refusal(tmp_path, a_bundle(a_story(Stranger()))) == "PROOF_MALFORMED"


class Stranger(World):
    """Signs under another name than the log's."""

    def sign(self, checkpoint: SignedCheckpoint) -> SignedCheckpoint:
        """With a line by somebody else."""
        [line] = checkpoint.signatures
        other = SignatureLine("somebody.example", line.key_id, line.signature)
        return replace(checkpoint, signatures=(other,))


def test_a_witness_signature_that_is_not_the_witnesss(tmp_path: Path) -> None:
    public = OTHER_KEY.public_key().public_bytes_raw()
    witness = VerifierKey("tanik.example", SignatureType.COSIGNATURE, public)

    def lie(_: SignedCheckpoint) -> bytes:
        return SignatureLine(witness.name, witness.key_id, bytes(72)).text.encode()

    bundle = a_bundle(a_story(World(witness_line=lie)))

    assert refusal(tmp_path, bundle, vkeys=[witness.vkey]) == "WITNESS_SIGNATURE_WRONG"


def test_no_witness_where_one_is_asked_for(tmp_path: Path) -> None:
    assert refusal(tmp_path, BUNDLE, quorum=1) == "WITNESSES_TOO_FEW"


def test_a_trust_folder_without_a_root(tmp_path: Path) -> None:
    assert refusal(tmp_path, BUNDLE, roots=[]) == "NO_TSA_ROOT"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("policy.json", b"{"),
        ("policy.json", b"[]"),
        ("policy.json", b'{"quorum":"2"}'),
        ("policy.json", b'{"quorum":true}'),
        ("policy.json", b'{"Quorum":2}'),
        ("log.vkey", b"log.example+00000000+AAAA"),
        ("log.vkey", STORY.world.vkey[:-1].encode()),
        ("log.vkey", ANOTHER_ID.sub(r"\1+00000000+", STORY.world.vkey).encode()),
        ("log.vkey", STORY.world.vkey.replace("+", "+0", 1).encode()),
        ("log.vkey", b"\xff"),
    ],
)
def test_a_trust_folder_that_is_not_in_order(name: str, content: bytes, tmp_path: Path) -> None:
    trust = a_trust_folder(tmp_path / "trust")
    (trust / name).write_bytes(content)

    assert refusal(tmp_path, BUNDLE) == "TRUST_FOLDER_MALFORMED"


def test_a_root_that_is_no_certificate(tmp_path: Path) -> None:
    assert refusal(tmp_path, BUNDLE, roots=[b"junk"]) == "TOKEN_NOT_OF_A_TRUSTED_TSA"


# Proofs


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b"index 3\n", b"index 4\n", "EVENT_NOT_IN_LOG"),
        (b"index 3\n", b"index 03\n", "PROOF_MALFORMED"),
        (b"index 3\n", b"index 9\n", "PROOF_MALFORMED"),
        (b"index 3\n", b"extra AAAA\nindex 3\n", "PROOF_MALFORMED"),
        (b"tlog-proof@v1", b"tlog-proof@v2", "PROOF_MALFORMED"),
        (b"\n9\n", b"\n3\n", "CHECKPOINT_NOT_OF_SEAL"),
        (b"\n9\n", b"\n11\n", "CHECKPOINT_NOT_OF_SEAL"),
        (b"\n9\n", b"\n09\n", "PROOF_MALFORMED"),
        (b"\n9\n", b"\n8\n", "FILE_MISSING"),
    ],
)
def test_a_proof_file_changed(old: bytes, new: bytes, code: str, tmp_path: Path) -> None:
    name = "events/0003.tlog-proof"
    assert FILES[name].count(old) == 1
    forged = with_files(BUNDLE, {name: FILES[name].replace(old, new)})

    assert refusal(tmp_path, forged) == code


def test_the_checkpoint_of_another_seal(tmp_path: Path) -> None:
    forged = with_files(BUNDLE, {"seals/3/checkpoint": FILES["seals/9/checkpoint"]})

    assert refusal(tmp_path, forged) == "PROOF_MALFORMED"


def test_every_code_is_shown_by_a_test() -> None:
    tests = Path(__file__).parent.glob("test_verify_bundle*.py")
    together = "".join(file.read_text("utf-8") for file in tests)

    assert {code for code in TEXTS if f'"{code}"' not in together} == set()

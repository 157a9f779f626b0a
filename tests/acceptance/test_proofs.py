"""`POST /v1/proofs` and the log over HTTP: what a stranger gets, and that it holds."""

import json
import re
import subprocess
import sys
import zipfile
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest

from ledger.evidence.bundle import verifier
from ledger.evidence.checkpoint import SignedCheckpoint
from ledger.evidence.merkle import check_consistency, consistency_path
from ledger.evidence.note import VerifierKey
from ledger.evidence.tile_files import Tile
from ledger.evidence.tiles import consistency_tiles, node_reader
from ledger.recording.text_ports import TextKind
from ledger.reporting.digest import package_digest
from tests.acceptance.services import (
    BRAND,
    CONSENTS,
    DECISIONS,
    IYS_CODE,
    Json,
    Running,
    a_phone,
    an_item,
    minutes_ago,
)

PROOFS = "/v1/proofs"
LOG = f"/v1/log/{IYS_CODE}"


@pytest.fixture
def trust(http: Running, tmp_path: Path) -> Path:
    """What an auditor has from elsewhere."""
    folder = tmp_path / "trust"
    (folder / "tsa").mkdir(parents=True)
    root = http.home.logs.test_root()
    assert root is not None
    (folder / "tsa" / "root.pem").write_bytes(root)
    (folder / "log.vkey").write_text(http.home.logs.public_key(IYS_CODE).vkey + "\n")
    return folder


def proven(http: Running, recipient: str, **asked: object) -> bytes:
    body = {"brandCode": BRAND, "recipient": recipient, "type": "MESAJ", **asked}
    answered = http.post(PROOFS, body)
    assert answered.status_code == 200, answered.text
    assert answered.headers["content-type"] == "application/zip"
    return answered.content


def verified(bundle: bytes, trust: Path, *options: str) -> tuple[int, Json]:
    """By the script alone, as a stranger runs it."""
    folder = trust.parent
    (folder / "bundle.zip").write_bytes(bundle)
    (folder / "verify_bundle.py").write_bytes(verifier())
    words = ["verify_bundle.py", "bundle.zip", "--trust", "trust", "--json", *options]
    ran = subprocess.run(
        [sys.executable, "-I", *words], cwd=folder, capture_output=True, text=True, timeout=60
    )
    assert not ran.stderr
    return ran.returncode, dict(json.loads(ran.stdout.splitlines()[-1]))


def files(bundle: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(bundle)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_consent_is_proven_to_a_stranger(http: Running, trust: Path) -> None:
    text = "Kampanya iletilerini almak istiyorum."
    http.home.add_text(
        IYS_CODE, ("kampanya", "1"), TextKind.CONSENT, "tr", text.encode(), actor="system:test"
    )
    form = {"form": "uyelik", "kutu": "isaretsiz"}
    evidence = http.post(f"/v1/evidence?kind=FORM&iysCode={IYS_CODE}", form).json()["evidenceId"]
    recipient = a_phone()
    named = {"id": "kampanya", "version": "1"}
    http.item(an_item(recipient=recipient, text=named, evidenceId=evidence))
    http.item(an_item(recipient=a_phone()))
    campaign = {"campaign": "yaz-2026", "items": [{"recipient": recipient, "type": "MESAJ"}]}
    assert http.post(DECISIONS, campaign).status_code == 200
    case = {"campaign": "yaz-2026", "complaint_number": "2026/7"}

    bundle = proven(http, recipient, case=case)

    code, said = verified(bundle, trust)
    assert code == 0, said
    assert (said["ok"], said["streams"], said["decisions"]) == (True, 1, 1)
    inside = files(bundle)
    assert text.encode() in {one for name, one in inside.items() if name.startswith("ekler/")}
    page = inside["RAPOR.html"].decode()
    digest = package_digest({name: sha256(one).hexdigest() for name, one in inside.items()})
    printed = re.sub(r"\s", "", re.sub(r"<[^>]*>", "", page))
    assert digest in printed  # as whoever unpacks the bundle computes it
    assert text in page and "2026/7" in page and "yaz-2026" in page
    assert evidence[:16] in page
    pieces = [name for name in inside if "delil" in name]
    assert not pieces  # unless asked for: a piece may show others
    inside = files(proven(http, recipient, withEvidence=True))
    assert json.loads(inside[f"ekler/delil-{evidence[:16]}.json"]) == form
    assert inside["RAPOR.pdf"].startswith(b"%PDF-")


def test_nothing_of_anybody_else_is_in_it(http: Running, trust: Path) -> None:
    others = [a_phone() for _ in range(5)]
    for other in others:
        http.item(an_item(recipient=other))
    recipient = a_phone()
    http.item(an_item(recipient=recipient))

    bundle = proven(http, recipient)

    together = b"".join(files(bundle).values())
    assert not any(other.removeprefix("+90").encode() in together for other in others)
    streams = {
        json.loads(leaf[1:])["stream"]
        for name, leaf in files(bundle).items()
        if name.endswith(".leaf")
    }
    assert len(streams) == 2  # the consent's and the log's own


def test_what_stood_on_a_day_is_told_of_that_day(http: Running, trust: Path) -> None:
    recipient = a_phone()
    http.item(an_item(recipient=recipient, consentDate=minutes_ago(60)))
    http.item(
        an_item(recipient=recipient, status="RET", source="HS_MESAJ", consentDate=minutes_ago(20))
    )

    before = files(proven(http, recipient, at=minutes_ago(40)))["RAPOR.html"].decode()
    now = files(proven(http, recipient))["RAPOR.html"].decode()

    assert "ret verildi" in now or "RET" in now
    assert before != now


def test_a_bundle_that_was_changed_is_refused(http: Running, trust: Path) -> None:
    recipient = a_phone()
    http.item(an_item(recipient=recipient))
    bundle = proven(http, recipient)
    at = bundle.index(b'"consent_date"')

    changed = bundle[:at] + bundle[at:].replace(b"2026", b"2025", 1)

    code, said = verified(changed, trust)
    assert (code, said["ok"]) == (1, False)
    code, said = verified(bundle, trust, "--production")
    assert (code, said["code"]) == (1, "TOKEN_OF_A_TEST_TSA")


@pytest.mark.parametrize(
    ("changes", "code", "pointer"),
    [
        ({"recipient": "x"}, "H121", "/recipient"),
        ({"at": "yesterday"}, "L-TIME", "/at"),
        ({"case": {"nobody": "knows"}}, "L-CASE", "/case"),
        ({"type": "FAKS"}, "L-FIELD", "/type"),
    ],
    ids=["recipient", "at", "case", "type"],
)
def test_what_cannot_be_proven_is_named(
    http: Running, changes: Json, code: str, pointer: str
) -> None:
    body = {"brandCode": BRAND, "recipient": a_phone(), "type": "MESAJ", **changes}

    answered = http.post(PROOFS, body)

    assert (answered.status_code, answered.json()["code"]) == (422, code)
    assert answered.json()["pointer"] == pointer


def test_somebody_never_recorded_has_a_bundle_that_says_so(http: Running, trust: Path) -> None:
    code, said = verified(proven(http, a_phone()), trust)

    assert (code, said["streams"]) == (0, 0)


def test_two_checkpoints_are_consistent_by_the_tiles_alone(http: Running) -> None:
    key: VerifierKey = http.home.logs.public_key(IYS_CODE)
    shown = []
    for count in (1, 300):
        items = [an_item() for _ in range(count)]
        assert http.post(CONSENTS, {"items": items}).status_code in (200, 201)
        http.home.logs.keeper(IYS_CODE).show()
        answered = http.client.get(f"{LOG}/checkpoint", headers={"Authorization": ""})
        shown.append(SignedCheckpoint.parse(answered.content))
    old, new = (one.tree for one in shown)

    def tile(wanted: Tile) -> bytes:
        answered = http.client.get(f"{LOG}/{wanted.path}", headers={"Authorization": ""})
        assert len(answered.content) == 32 * wanted.width, answered.text
        return answered.content

    tiles = {(one.level, one.index): tile(one) for one in consistency_tiles(old.size, new.size)}
    for one in shown:
        one.check(key)
    check_consistency(
        consistency_path(old.size, new.size, node_reader(tiles)),
        old_size=old.size,
        old_root=old.root,
        new_size=new.size,
        new_root=new.root,
    )


@pytest.mark.parametrize(
    "path", ["tile/0/999", "tile/0/000.p/0", "tile/0/000.p/256", "tile/64/000", "tile/0/0"]
)
def test_a_tile_that_is_none_is_not_found(http: Running, path: str) -> None:
    assert http.client.get(f"{LOG}/{path}").status_code == 404

"""The bundle's layout: the same parts give the same bytes; what fits nowhere is refused."""

import io
import json
import zipfile
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from ledger.evidence import verify_bundle
from ledger.evidence.bundle import files_but_report, verifier, write_bundle
from ledger.evidence.bundle_parts import (
    EVENTS_MAX,
    NUMBERED_MAX,
    Attachment,
    BundleRefused,
    Opened,
)
from ledger.evidence.canonical import encode
from ledger.evidence.refusals import ProofRefused
from ledger.evidence.tlog_proof import TlogProof
from tests.bundle_builder import a_bundle, a_story, unzipped, zipped

STORY = a_story()
WHOLE = a_bundle(STORY)
FILES = unzipped(zipped(WHOLE))
LAYOUT = """
OKU-BENI.txt manifest.json verify_bundle.py RAPOR.html
events/0001.leaf events/0001.tlog-proof events/0001.ers
events/0002.leaf events/0002.tlog-proof events/0002.ers events/0002.disclosure.json
events/0003.leaf events/0003.tlog-proof events/0003.ers
events/0004.leaf events/0004.tlog-proof events/0004.ers
events/0005.leaf events/0005.tlog-proof events/0005.ers events/0005.disclosure.json
seals/3/checkpoint seals/3/seal.bin seals/3/token-1.tst
seals/9/checkpoint seals/9/seal.bin seals/9/token-1.tst
seals/9/previous/checkpoint seals/9/previous/seal.bin seals/9/previous/token-1.tst
seals/9/previous/consistency
seals/11/checkpoint seals/11/seal.bin seals/11/token-1.tst
seals/11/previous/checkpoint seals/11/previous/seal.bin seals/11/previous/token-1.tst
seals/11/previous/consistency
heads/heads.leaf heads/heads.tlog-proof heads/heads.ers heads/entries.json
decisions/0001.line.json trust/log.vkey ekler/onay-metni.txt imza/
"""


def test_every_file_has_its_place_and_the_order_is_fixed() -> None:
    with zipfile.ZipFile(io.BytesIO(zipped(WHOLE))) as archive:
        entries = archive.infolist()

    assert [entry.filename for entry in entries] == LAYOUT.split()
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert {entry.compress_type for entry in entries} == {zipfile.ZIP_STORED}


def test_the_same_parts_give_the_same_bytes() -> None:
    assert zipped(WHOLE) == zipped(a_bundle(STORY))


def test_the_manifest_names_every_other_file_with_size_and_digest() -> None:
    told = json.loads(FILES["manifest.json"])

    assert encode({**told, "files": []}) == encode(json.loads(encode({**told, "files": []})))
    assert told["files"] == [
        {"name": name, "sha256": sha256(content).hexdigest(), "size": len(content)}
        for name, content in FILES.items()
        if name != "manifest.json"
    ]
    assert {name: told[name] for name in ("format", "made_at", "origin", "question")} == {
        "format": "izin-defteri/bundle/1",
        "made_at": "2026-11-20T08:14:00Z",
        "origin": STORY.world.origin,
        "question": {"brand": 123456, "channel": "MESAJ"},
    }


def test_a_leaf_and_its_proof_are_what_the_log_holds() -> None:
    event = STORY.world.events[STORY.consents[0]]

    proof = TlogProof.parse(FILES["events/0002.tlog-proof"])

    assert FILES["events/0002.leaf"] == b"\x00" + event.state
    assert sha256(FILES["events/0002.leaf"]).digest() == event.leaf_hash
    assert (proof.index, proof.checkpoint.tree.size) == (1, 3)
    assert proof.checkpoint.encode() == FILES["seals/3/checkpoint"]


def test_only_the_groups_opened_are_shown() -> None:
    shown = json.loads(FILES["events/0002.disclosure.json"])

    assert list(shown) == ["recipient"]
    assert "note" in json.loads(FILES["events/0002.leaf"][1:])["commit"]


def test_the_read_me_carries_the_verifiers_digest_in_both_languages() -> None:
    text = FILES["OKU-BENI.txt"].decode()

    assert FILES["verify_bundle.py"] == verifier() == Path(verify_bundle.__file__).read_bytes()
    assert sha256(verifier()).hexdigest() in text
    assert text.index("DELİL PAKETİ") < text.index("EVIDENCE BUNDLE")


def test_nothing_of_another_person_stands_in_the_bundle() -> None:
    of_another = [event for event in STORY.world.events if event.position in (3, 5, 6, 7)]
    assert len({event.stream for event in of_another}) == 1
    subject = json.loads(of_another[0].state)["body"]["subject"].encode()

    assert not any(subject in content or b"0000202" in content for content in FILES.values())


def test_what_the_report_may_give_a_digest_of_is_all_but_report_and_manifest() -> None:
    files = files_but_report(WHOLE)

    assert files == {
        name: content
        for name, content in FILES.items()
        if name not in {"RAPOR.html", "manifest.json"}
    }


def test_a_report_in_pdf_follows_the_one_in_html() -> None:
    names = list(unzipped(zipped(replace(WHOLE, report_pdf=b"%PDF"))))

    assert names[3:5] == ["RAPOR.html", "RAPOR.pdf"]


def test_without_heads_and_report_their_files_are_left_out() -> None:
    bare = replace(WHOLE, heads=None, report_html=None, decisions=[], trust=[], attachments=[])

    names = [name for name in LAYOUT.split() if not name.startswith(("heads", "dec", "RA"))]

    assert list(unzipped(zipped(bare))) == [
        name for name in names if not name.startswith(("trust", "ekler", "imza"))
    ]


@pytest.mark.parametrize("events", [[], [WHOLE.events[0]] * (EVENTS_MAX + 1)], ids=["0", "10000"])
def test_too_few_or_too_many_events_are_refused(events: list[object]) -> None:
    with pytest.raises(BundleRefused, match="events"):
        write_bundle(replace(WHOLE, events=events), io.BytesIO())  # type: ignore[arg-type]  # all the same


def test_an_event_without_its_seal_is_refused() -> None:
    with pytest.raises(BundleRefused, match="seal of size 9"):
        zipped(replace(WHOLE, seals=[seal for seal in WHOLE.seals if seal.size != 9]))


def test_a_checkpoint_that_cannot_be_read_is_refused() -> None:
    seals = [replace(seal, checkpoint=b"junk") for seal in WHOLE.seals]

    with pytest.raises(ProofRefused):
        zipped(replace(WHOLE, seals=seals))


@pytest.mark.parametrize(
    "name",
    ["", "..", "../a", "/a", "a//b", "a/", ".a", "ğ.txt", "a b", "a@b", "a/b/c/d", "x" * 101],
)
@pytest.mark.parametrize("folder", ["attachments", "trust"])
def test_a_name_there_is_no_place_for_is_refused(folder: str, name: str) -> None:
    bundle = replace(WHOLE, **{folder: [Attachment(name, b"")]})  # type: ignore[arg-type]  # both hold files

    with pytest.raises(BundleRefused, match="has a name there is no place for"):
        zipped(bundle)


@pytest.mark.parametrize("folder", ["attachments", "trust"])
def test_two_files_of_one_name_are_refused(folder: str) -> None:
    twice = [Attachment("a", b"1"), Attachment("a", b"2")]

    with pytest.raises(BundleRefused, match="there twice"):
        zipped(replace(WHOLE, **{folder: twice}))  # type: ignore[arg-type]  # both hold files


def test_more_files_of_a_seal_than_have_a_number_are_refused() -> None:
    seals = [replace(seal, crls=[b"0"] * (NUMBERED_MAX + 1)) for seal in WHOLE.seals]

    with pytest.raises(BundleRefused, match="crl-"):
        zipped(replace(WHOLE, seals=seals))


def test_what_is_shown_of_people_is_in_no_repr() -> None:
    texts = repr(WHOLE) + repr(Opened(b"salt", {"address": "tel:+905010000101"}))

    assert "90501" not in texts

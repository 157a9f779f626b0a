"""`izin text` and `izin evidence`: what people were shown, and what proves it."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.commands import Ran, izin

TEXT = "Kampanyalardan haberdar olmak istiyorum."


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("texts") / "data"
    assert izin(folder, "provider", "add", "--iys-code", "123456", "--title", "Örnek").code == 0
    return folder


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "metin.txt"
    path.write_text(TEXT, encoding="utf-8")
    yield path


def add(data: Path, file: Path, *more: str, **changes: str) -> Ran:
    given = {"id": "web-onay", "version": "3", "kind": "CONSENT", "language": "tr", **changes}
    options = [word for name, text in given.items() for word in (f"--{name}", text)]
    return izin(data, "text", "add", *options, "--file", str(file), *more, "--json")


def test_a_text_is_registered_once_and_never_changed(data: Path, file: Path) -> None:
    first, again = add(data, file), add(data, file)
    file.write_text("another")
    other = add(data, file, "--lang", "en")

    assert (first.code, again.code, other.code) == (0, 0, 1)
    assert first.answer == again.answer
    assert first.answer["sha256"] == hashlib.sha256(TEXT.encode()).hexdigest()
    assert other.answer["error"] == "TextDiffers"
    listed = izin(data, "text", "list", "--json").answer["texts"]
    assert listed == [first.answer]
    assert izin(data, "fsck").code == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "0501 000 01 02"},
        {"version": "a/b"},
        {"kind": "consent"},
        {"language": "Türkçe"},
    ],
    ids=str,
)
def test_what_no_text_is_named_like_is_refused(
    data: Path, file: Path, changes: dict[str, str]
) -> None:
    ran = add(data, file, **changes)

    assert ran.code == 2
    assert "Traceback" not in ran.err


def test_an_empty_text_and_one_that_is_not_there_are_refused(data: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.touch()

    assert [add(data, empty).code, add(data, tmp_path / "nowhere").code] == [2, 1]


def test_the_provider_is_named_where_there_are_several(tmp_path: Path, file: Path) -> None:
    data = tmp_path / "data"
    for code in ("123456", "777777"):
        izin(data, "provider", "add", "--iys-code", code, "--title", "Örnek")

    unnamed, foreign = add(data, file), add(data, file, "--iys-code", "99")
    named = add(data, file, "--iys-code", "777777")

    assert (unnamed.code, foreign.code, named.code) == (1, 1, 0)
    assert izin(data, "text", "list", "--iys-code", "123456", "--json").answer == {"texts": []}


def test_evidence_is_kept_and_its_reading_noted(data: Path, file: Path) -> None:
    given = ("evidence", "add", str(file), "--kind", "FORM", "--json")

    first = izin(data, *given, "--captured-at", "2026-11-20 10:00:00")
    again = izin(data, *given)

    digest = hashlib.sha256(TEXT.encode()).hexdigest()
    members = {
        "evidenceId": digest,
        "kind": "FORM",
        "bytes": len(TEXT.encode()),
        "capturedAt": "2026-11-20T07:00:00Z",
    }
    assert (first.code, first.answer, again.answer) == (0, members, members)
    notes = izin(data, "access-log", "--json").answer["notes"]
    assert isinstance(notes, list) and [note["action"] for note in notes] == ["evidence"] * 2
    other = izin(data, "evidence", "add", str(file), "--kind", "SCAN", "--json")
    assert (other.code, other.answer["error"]) == (1, "EvidenceDiffers")
    assert izin(data, "evidence", "add", str(file), "--kind", "form").code == 2
    late = ("--captured-at", "2099-01-01 00:00:00")
    assert izin(data, "evidence", "add", str(file), "--kind", "FORM", *late).code == 2

"""What a hurried hand types: named in Turkish, nothing destroyed, no traceback."""

from pathlib import Path

import pytest

from tests.acceptance.commands import izin
from tests.acceptance.test_cli import ADDRESS, ASKED, data

__all__ = ["data"]


def test_verdicts_never_overwrite_the_input(data: Path) -> None:
    file = data.parent / "satırlar.csv"
    before = file.read_bytes()

    ran = izin(data, "import", str(file), "--brand", "123456", "--verdicts", str(file))

    assert (ran.code, file.read_bytes()) == (2, before)


def test_a_refused_file_leaves_the_former_verdicts_alone(data: Path, tmp_path: Path) -> None:
    verdicts, empty = tmp_path / "v.csv", tmp_path / "boş.csv"
    verdicts.write_text("former", encoding="utf-8")
    empty.write_bytes(b"")

    ran = izin(data, "import", str(empty), "--brand", "123456", "--verdicts", str(verdicts))

    assert (ran.code, verdicts.read_text(encoding="utf-8")) == (1, "former")
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".")] == []


def test_a_file_name_in_any_spelling_is_taken(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "o\u0308rnek.csv"  # as another system spells ö
    file.write_bytes((data.parent / "satırlar.csv").read_bytes())

    ran = izin(data, "import", str(file), "--brand", "123456", "--json")

    assert (ran.code, ran.answer["already"]) == (0, 2)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((), 2, ""),
        (("provider", "add", "--iys-code", "99999999999999999999", "--title", "x"), 2, "iys-code"),
        (("provider", "add", "--iys-code", "77", "--title", " "), 2, "title"),
        (("brand", "add", "--iys-code", "88", "--brand", "5", "--name", "x"), 1, "kayıtlı değil"),
        (("import", "x.csv", "--brand", "123456", "--verdicts", "/nowhere/x.csv"), 2, "verdicts"),
    ],
    ids=["nothing", "number", "title", "provider", "folder"],
)
def test_awkward_input_is_named_without_a_traceback(
    data: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    ran = izin(data, *arguments)

    assert ran.code == code, ran.err
    assert said in ran.err
    assert "Traceback" not in ran.err


def test_a_database_url_is_never_repeated(tmp_path: Path) -> None:
    """It holds a password."""
    ran = izin(tmp_path, "fsck", DATABASE_URL="postgres//u:gizli@h/db")

    assert ran.code == 1
    assert "DATABASE_URL" in ran.err
    assert "gizli" not in ran.err + ran.out


def test_keys_that_are_gone_are_missed_and_not_made_anew(data: Path, tmp_path: Path) -> None:
    ran = izin(data, "fsck", IZIN_KEYS=str(tmp_path / "elsewhere"))

    assert ran.code == 1
    assert "anahtar dosyası yok" in ran.err
    assert not (tmp_path / "elsewhere").exists()


def test_a_brand_belongs_to_one_provider(data: Path) -> None:
    assert izin(data, "provider", "add", "--iys-code", "77", "--title", "Öteki").code == 0

    ran = izin(data, "brand", "add", "--iys-code", "77", "--brand", "123456", "--name", "x")

    assert ran.code == 1
    assert "başka bir sağlayıcının" in ran.err
    assert izin(data, "status", *ASKED, ADDRESS, "--json").answer["status"] == "ONAY"

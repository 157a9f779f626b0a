"""`izin import` as it is typed: every form, and what is no use of it (design.md §11)."""

import csv
from pathlib import Path

import pytest

from tests.acceptance.commands import izin
from tests.acceptance.test_cli import ASKED, data

__all__ = ["data"]

DATA = Path(__file__).parent.parent / "data"
BRAND = ("--brand", "123456")
DECLARED = (
    *("--already-registered", "--declared-by", "Uyum Birimi"),
    *("--exported-at", "2026-11-01 10:00:00"),
)
PANEL = str(DATA / "good" / "iys-panel-1254.csv")
CRM, MAP = str(DATA / "other" / "genis-crm.csv"), str(DATA / "other" / "genis-crm.toml")


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("good/uyum-sablonu.csv", ()),
        ("good/uyum-sekmeli.txt", ()),
        ("good/iys-ornek-istemci.csv", ()),
        ("good/iys-panel-1254.csv", ("--recipient-type", "BIREYSEL")),
        ("good/panel.xlsx", ("--recipient-type", "BIREYSEL")),
        ("good/ret-kusurlu.csv", ()),
        ("declared/gecmis.csv", DECLARED),
        ("declared/gecmis-ters.csv", DECLARED),
        ("declared/iys-gunluk.csv", DECLARED),
        ("other/ret-listesi.txt", ("--refusals",)),
        ("other/genis-crm.csv", ("--map", MAP)),
    ],
)
def test_no_row_of_a_sound_sample_is_refused(
    data: Path, tmp_path: Path, name: str, options: tuple[str, ...]
) -> None:
    refused = tmp_path / "refused.csv"

    ran = izin(
        data, "import", str(DATA / name), *BRAND, *options, "--refused", str(refused), "--json"
    )

    assert ran.code == 0, ran.err
    assert ran.answer["refused"] == 0
    assert len(refused.read_text(encoding="utf-8-sig").splitlines()) <= 1


@pytest.mark.parametrize(
    "name", ["alanlar.csv", "tarihler.csv", "celiskiler.csv", "baslik.csv", "bos.csv", "kesik.xlsx"]
)
def test_exactly_what_is_expected_of_a_bad_sample_is_refused(
    data: Path, tmp_path: Path, name: str
) -> None:
    verdicts = tmp_path / "v.csv"
    expected = (DATA / "bad" / f"{name}.expected").read_text(encoding="ascii").split()

    ran = izin(
        data, "import", str(DATA / "bad" / name), *BRAND, "--verdicts", str(verdicts), "--json"
    )

    if expected[0].startswith("0,"):
        assert (ran.code, f"0,{ran.answer['error']}") == (1, expected[0])
        assert not verdicts.exists()
        return
    with verdicts.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found = [f"{row['line']},{row['code']}" for row in rows if row["verdict"] == "refused"]
    assert (ran.code, found) == (0, expected)


def test_a_dry_run_shows_months_and_writes_nothing(data: Path) -> None:
    before = izin(data, "fsck", "--json").answer["events"]

    ran = izin(data, "import", CRM, *BRAND, "--map", MAP, "--dry-run")
    told = izin(data, "import", CRM, *BRAND, "--map", MAP, "--dry-run", "--json").answer

    assert ran.code == 0, ran.err
    assert "hiçbir şey yazılmadı" in ran.out
    assert "2025-11" in ran.out and "####" in ran.out
    assert (told["dryRun"], told["months"], told["firstDate"]) == (
        True,
        {"2025-11": 6},
        "2025-11-17 10:15:00",
    )
    assert izin(data, "fsck", "--json").answer["events"] == before


def test_an_import_is_declared_and_taken_back_by_its_id(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "retract"  # a file of that name is given by its path
    head = "type,source,recipient,status,consentDate,recipientType\n"
    file.write_text(head + "MESAJ,HS_WEB,+905010000981,ONAY,2025-11-17 10:00:00,\n")
    import_id = str(izin(data, "import", str(file), *BRAND, "--json").answer["import"])
    asked = (*ASKED, "+905010000981", "--json")

    given = ("--declared-by", "Ayşe Yılmaz", "--exported-at", "2026-11-01 10:00:00", "--json")
    declared = izin(data, "import", "declare", import_id, *given)
    assert (declared.code, declared.answer["changed"]) == (0, 1), declared.err
    assert izin(data, "status", *asked).answer["reason"] == "DECLARED"

    words = ("--reason", "WRONG_FILE", "--approved-by", "Ayşe Yılmaz", "--json")
    retracted = izin(data, "import", "retract", import_id, *words)
    assert (retracted.code, retracted.answer["changed"]) == (0, 1), retracted.err
    assert izin(data, "status", *asked).answer["status"] is None
    assert izin(data, "import", "retract", import_id, *words).answer["already"] == 1
    assert izin(data, "fsck", "--json").answer["clean"] is True


NOWHERE = "01234567-89ab-8def-8123-456789abcdef"
REASON = ("--reason", "TEST", "--approved-by", "x")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((PANEL, *BRAND), 1, "--recipient-type"),
        ((PANEL, *BRAND, "--recipient-type", "KURUM"), 2, "TACIR"),
        ((PANEL, *BRAND, "--template", "excel"), 2, "iys-panel"),
        ((PANEL, *BRAND, "--refusals", "--map", MAP), 2, "--refusals"),
        ((PANEL, *BRAND, "--template", "api", "--map", MAP), 2, "--map"),
        ((CRM, *BRAND, "--map", MAP, "--dates", "dmy"), 2, "--dates"),
        ((CRM, *BRAND, "--map", "/nowhere.toml"), 2, "--map"),
        ((CRM, *BRAND, "--map", CRM), 2, "TOML"),
        ((CRM, *BRAND, "--map", MAP, "--refused", MAP), 2, "--refused"),
        ((CRM, *BRAND, "--map", MAP, "--refused", CRM), 2, "--refused"),
        ((CRM, *BRAND, "--verdicts", "x.csv", "--refused", "x.csv"), 2, "--refused"),
        ((CRM, *BRAND, "--refused", "/nowhere/x.csv"), 2, "--refused"),
        ((PANEL, *BRAND, "--dates", "ymd"), 2, "mdy"),
        ((PANEL, *BRAND, "--already-registered"), 2, "--declared-by"),
        (("retract", "x", *REASON), 2, "IMPORT_ID"),
        (("retract", NOWHERE, *REASON), 1, "kayıt yok"),
        (("retract", NOWHERE, "--reason", "yanlış dosya", "--approved-by", "x"), 2, "--reason"),
        (("retract", NOWHERE, "--reason", "TEST"), 2, "approved"),
        (("declare", NOWHERE, "--declared-by", "x", "--exported-at", "2099-01-01 10:00:00"), 2, ""),
        ((), 2, ""),
    ],
)
def test_bad_usage_is_named(data: Path, arguments: tuple[str, ...], code: int, said: str) -> None:
    ran = izin(data, "import", *arguments)

    assert ran.code == code, ran.err
    assert said in ran.err
    assert "Traceback" not in ran.err


def test_a_bad_map_is_named_by_its_key(data: Path, tmp_path: Path) -> None:
    bad = tmp_path / "map.toml"
    bad.write_text(Path(MAP).read_text(encoding="utf-8").replace("[words]", "[word]"))

    ran = izin(data, "import", CRM, *BRAND, "--map", str(bad))

    assert (ran.code, "word: bilinmiyor; şu mu: words?" in ran.err) == (2, True), ran.err


def test_a_file_of_utf_16_is_told_what_it_is(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "utf16.csv"
    file.write_bytes("type,source,recipient,status\n".encode("utf-16"))

    ran = izin(data, "import", str(file), *BRAND, "--json")

    assert (ran.code, ran.answer["error"]) == (1, "L-ENCODING-UNKNOWN")


def test_help_tells_of_both_words_behind_import(data: Path) -> None:
    shown = izin(data, "import", "--help").out

    assert "izin import retract" in shown and "izin import declare" in shown
    assert "--already-registered" in shown

"""The map of a wide export: what it may say, and how it is told what is wrong with it (C8)."""

from contextlib import suppress
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.importing import column_map
from ledger.importing.column_map import MAP_BYTES_MAX, ColumnMap, MapRefused, read_map
from ledger.importing.reader import FileRefused, Row
from ledger.importing.rows import wide_rows
from ledger.vocabulary import RecipientType

ROOT = Path(__file__).parent.parent.parent
MAP = """
[columns]
phone = "telefon"
email = "eposta"
date = "izin_tarihi"
source = "kaynak"
recipient_type = "tip"
[channels]
MESAJ = "sms_izni"
ARAMA = { consent = "arama_izni", address = "cep2", date = "arama_tarihi" }
EPOSTA = "eposta_izni"
[words]
ONAY = ["EVET", "1", "✓"]
RET = ["0", "İstemiyor"]
[dates]
form = "DD.MM.YYYY hh:mm"
[sources]
"Mağaza" = "HS_FIZIKSEL_ORTAM"
[recipient_types]
"Şirket" = "TACIR"
[defaults]
source = "HS_WEB"
recipient_type = "BIREYSEL"
"""
HEADING = [
    *("telefon", "eposta", "cep2", "izin_tarihi", "arama_tarihi", "kaynak", "tip"),
    *("sms_izni", "arama_izni", "eposta_izni"),
]


def a_map(text: str = MAP) -> ColumnMap:
    return read_map(text.encode())


def spread(*cells: str) -> dict[str, tuple[str, ...]]:
    """The rows of a line, by channel."""
    rows = wide_rows(a_map(), HEADING, None).rows(Row(2, cells))
    return {row.channel or str(row.fault): tuple(row.fields) for row in rows}


def test_each_answer_of_a_line_becomes_a_row_of_its_own() -> None:
    rows = spread("0501", "a@b.co", "0502", "17.11.2025 10:15", "", "MAĞAZA", "", "evet", "0", "1")

    assert rows == {
        "MESAJ": (
            *("MESAJ", "HS_FIZIKSEL_ORTAM", "0501", "ONAY", "2025-11-17 10:15:00"),
            *("BIREYSEL", ""),
        ),
        "ARAMA": ("ARAMA", "HS_FIZIKSEL_ORTAM", "0502", "RET", "", "BIREYSEL", ""),
        "EPOSTA": (
            *("EPOSTA", "HS_FIZIKSEL_ORTAM", "a@b.co", "ONAY", "2025-11-17 10:15:00"),
            *("BIREYSEL", ""),
        ),
    }


def test_an_empty_answer_says_nothing_and_an_empty_line_is_a_fault() -> None:
    assert list(spread("0501", "a@b.co", "", "", "", "", "", "", "", "1")) == ["EPOSTA"]
    assert spread("0501", "a@b.co") == {"L-ROW-SAYS-NOTHING": ()}


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("EVET", "ONAY"),
        ("Evet", "ONAY"),
        ("✓", "ONAY"),
        ("istemiyor", "RET"),
        ("İSTEMİYOR", "RET"),
        ("HAYIR", "RET"),  # a refusal in every file
        ("hayır", "RET"),
        ("ret", "RET"),
        ("ONAY", "ONAY"),
        ("belki", "BELKI"),  # neither: H115
    ],
)
def test_words_mean_what_the_map_says(word: str, status: str) -> None:
    assert spread(*[""] * 7, word)["MESAJ"][3] == status


@pytest.mark.parametrize(
    ("cell", "source"),
    [
        ("", "HS_WEB"),
        ("Mağaza", "HS_FIZIKSEL_ORTAM"),
        ("magaza", "HS_FIZIKSEL_ORTAM"),
        ("HS_ATM", "HS_ATM"),
        ("Kahve", "Kahve"),  # no source by guessing: H119
    ],
)
def test_sources_come_by_the_map_only(cell: str, source: str) -> None:
    assert spread(*[""] * 5, cell, "", "1")["MESAJ"][1] == source


def test_a_recipient_type_is_the_cell_s_the_caller_s_or_the_map_s() -> None:
    line = Row(2, ("", "", "", "", "", "", "", "1"))
    of_caller = wide_rows(a_map(), HEADING, RecipientType.MERCHANT).rows(line)

    assert spread(*[""] * 6, "Şirket", "1")["MESAJ"][5] == "TACIR"
    assert spread(*[""] * 7, "1")["MESAJ"][5] == "BIREYSEL"
    assert next(of_caller).fields[5] == "TACIR"


@pytest.mark.parametrize(
    ("form", "cell", "read"),
    [
        ("DD.MM.YYYY hh:mm", "17.11.2025 10:15", "2025-11-17 10:15:00"),
        ("DD.MM.YYYY hh:mm", "17.11.2025", "17.11.2025"),
        ("DD/MM/YYYY", "17/11/2025", "2025-11-17"),
        ("MM.DD.YY hh:mm:ss", "11.17.25 10:15:01", "2025-11-17 10:15:01"),
        ("serial", "45978.5", "2025-11-17 12:00:00"),
        ("DD.MM.YYYY", "2025-11-17 12:00:00", "2025-11-17 12:00:00"),
        ("DD.MM.YYYY (hh:mm)", "17.11.2025 (10:15)", "2025-11-17 10:15:00"),
        ("DD.MM.YYYY", "17x11x2025", "17x11x2025"),
    ],
)
def test_dates_have_the_form_that_the_map_names(form: str, cell: str, read: str) -> None:
    map_ = a_map(MAP.replace("DD.MM.YYYY hh:mm", form))

    rows = wide_rows(map_, HEADING, None).rows(Row(2, ["", "", "", cell, "", "", "", "1"]))

    assert next(rows).fields[4] == read


@pytest.mark.parametrize(
    ("was", "becomes", "key", "told"),
    [
        ("[columns]", "[colums]", "colums", "columns"),
        ('phone = "telefon"', 'phon = "telefon"', "columns.phon", "phone"),
        ('phone = "telefon"', "phone = 5", "columns.phone", "text"),
        ('phone = "telefon"', 'phone = " "', "columns.phone", "text"),
        ('phone = "telefon"', "", "columns.phone", "MESAJ"),
        ('MESAJ = "sms_izni"', 'SMS = "sms_izni"', "channels.SMS", "MESAJ"),
        ('MESAJ = "sms_izni"', "MESAJ = []", "channels.MESAJ", "text"),
        ('MESAJ = "sms_izni"', 'MESAJ = { adress = "x" }', "channels.MESAJ.adress", "address"),
        ('MESAJ = "sms_izni"', "MESAJ = {}", "channels.MESAJ.consent", "missing"),
        ('RET = ["0"', 'RET = ["1"', "words.RET", "opposite"),
        ('ONAY = ["EVET"', 'ONAY = ["Hayır"', "words.ONAY", "opposite"),
        ('ONAY = ["EVET"', 'ONAY = [""', "words.ONAY", "empty"),
        ('ONAY = ["EVET"', "ONAY = [1", "words.ONAY", "list"),
        ('ONAY = ["EVET"', 'ONAI = ["EVET"', "words.ONAI", "ONAY"),
        ("DD.MM.YYYY hh:mm", "DD.MM", "dates.form", "DD.MM.YYYY"),
        ("DD.MM.YYYY hh:mm", "DD.MM.YYYY hh", "dates.form", "DD.MM.YYYY"),
        ("DD.MM.YYYY hh:mm", "DD.DD.MM.YYYY", "dates.form", "DD.MM.YYYY"),
        ('form = "DD.MM.YYYY hh:mm"', "", "dates.form", "missing"),
        ("HS_FIZIKSEL_ORTAM", "HS_FIZIKSEL", "sources.Mağaza", "HS_FIZIKSEL_ORTAM"),
        ('"Şirket" = "TACIR"', '"Şirket" = "TUCCAR"', "recipient_types.Şirket", "TACIR"),
        ('source = "HS_WEB"', 'source = "WEB"', "defaults.source", "HS_WEB"),
        ("[words]", "[words", "map", "TOML"),
    ],
)
def test_a_bad_map_names_the_key_at_fault(was: str, becomes: str, key: str, told: str) -> None:
    assert was in MAP

    with pytest.raises(MapRefused) as refused:
        a_map(MAP.replace(was, becomes, 1))

    assert refused.value.key == key
    assert told in str(refused.value)
    assert key in refused.value.turkish


@pytest.mark.parametrize(
    "content", [b"", b"\xff", b"x" * (MAP_BYTES_MAX + 1), b"[channels]", b"a=" + b"[" * 5_000]
)
def test_what_is_no_map_is_refused_in_words_of_its_own(content: bytes) -> None:
    with pytest.raises(MapRefused):
        read_map(content)


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader_of_maps(text: str) -> None:
    with suppress(MapRefused):
        read_map(text.encode(errors="replace"))


@pytest.mark.parametrize(
    ("heading", "code"),
    [
        (HEADING[1:], "L-HEADER-UNKNOWN"),
        ([*HEADING, "TELEFON"], "L-HEADER-UNKNOWN"),
        ([cell.upper() for cell in HEADING], None),
    ],
    ids=["missing", "twice", "in capitals"],
)
def test_the_columns_of_the_map_stand_once_in_the_heading(
    heading: list[str], code: str | None
) -> None:
    try:
        wide_rows(a_map(), heading, None)
        found = None
    except FileRefused as refused:
        found = refused.code

    assert found == code


def test_whose_consents_a_wide_file_holds_must_be_said() -> None:
    silent = MAP.replace('recipient_type = "BIREYSEL"', "").replace('recipient_type = "tip"', "")

    with pytest.raises(FileRefused) as refused:
        wide_rows(a_map(silent), HEADING, None)

    assert refused.value.code == "L-RECIPIENT-TYPE-NEEDED"


def test_the_maps_that_people_are_shown_can_be_used() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = readme.split("```toml\n", 1)[1].split("```", 1)[0]
    told = column_map.__doc__ or ""

    for text in (shown, dedent(told.split("\n\n", 1)[1])):
        assert [one.channel for one in a_map(text).channels] == ["ARAMA", "MESAJ", "EPOSTA"]

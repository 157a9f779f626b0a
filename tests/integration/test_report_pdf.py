"""RAPOR.pdf, read back by another library: the words of the report on A4 pages."""

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader
from pypdf.generic import DictionaryObject

from ledger.reporting.blocks import Block, Grid, Pairs
from ledger.reporting.case import Case
from ledger.reporting.digest import RECIPE, package_digest
from ledger.reporting.facts import ReportFacts
from ledger.reporting.outline import WATERMARK, outline
from ledger.reporting.pdf import pdf
from ledger.reporting.refusals import ReportRefused, Step
from ledger.reporting.typesetting import Style, faces
from tests.report_builders import (
    ISSUED_AT,
    a_movement,
    a_seal,
    a_text,
    an_act,
    digest,
    facts,
    long_facts,
)

FOOT = re.compile(r"İYS no [0-9]+, marka [0-9]+, [0-9. :]{19}")
TEST_STAMP = (a_seal(), a_seal(is_test=True))


def read(report: ReportFacts) -> PdfReader:
    return PdfReader(BytesIO(pdf(report)), strict=True)


def texts(report: ReportFacts) -> list[str]:
    return [page.extract_text() for page in read(report).pages]


def joined(report: ReportFacts) -> str:
    """The text of all pages without their feet and without space: lines are broken anywhere."""
    pages = (re.sub(r"Sayfa [0-9]+/\s*[0-9]+", "", FOOT.sub("", page)) for page in texts(report))
    return re.sub(r"\s", "", "".join(pages))


def strings(block: Block) -> Iterator[str]:
    if isinstance(block, Pairs):
        yield from (text or "kayıt yok" for row in block.rows for text in row)
    elif isinstance(block, Grid):
        yield from block.heads
        yield from (text for row in block.rows for text in row)
    else:
        yield block.text


def test_every_word_of_the_outline_is_on_the_pages() -> None:
    report = facts()
    text = joined(report)

    told = [
        string
        for section in outline(report).sections
        for block in section.blocks
        for string in (f"{section.number}. {section.title}", *strings(block))
    ]

    assert len(told) > 200
    assert [one for one in told if re.sub(r"\s", "", one) not in text] == []


def test_turkish_letters_come_back_from_the_page() -> None:
    letters = "ğşıİĞŞçöüÇÖÜâîûÂÎÛ"

    assert letters in joined(facts(brand_name=letters))


def test_every_font_is_embedded_and_knows_its_letters() -> None:
    reader = read(facts())
    fonts = [found for found in _objects(reader) if found.get("/Type") == "/Font"]

    assert fonts
    for font in fonts:
        descriptor = font["/FontDescriptor"].get_object()
        assert isinstance(descriptor, DictionaryObject)
        assert "/FontFile2" in descriptor
        assert "/ToUnicode" in font


@pytest.mark.parametrize("report", [facts(), long_facts(30)], ids=["short", "long"])
def test_every_page_is_a4_and_has_its_number_and_their_count(report: ReportFacts) -> None:
    pages = read(report).pages

    assert len(pages) > 3
    for number, page in enumerate(pages, 1):
        text = page.extract_text()
        assert re.search(rf"Sayfa {number}/\s*{len(pages)}\b", text)
        assert FOOT.search(text)
        assert (round(page.mediabox.width), round(page.mediabox.height)) == (595, 842)


@pytest.mark.parametrize(
    ("seals", "marked"), [(TEST_STAMP, True), ((a_seal(),), False), ((), False)]
)
def test_every_page_has_the_watermark_where_a_stamp_is_a_test_and_none_else(
    seals: Any, marked: bool
) -> None:
    pages = texts(replace(long_facts(5), seals=seals))

    assert len(pages) > 3
    assert {WATERMARK in page for page in pages} == {marked}


def test_the_same_facts_give_the_same_bytes_in_any_process() -> None:
    script = (
        "import sys; from ledger.reporting.pdf import pdf; from tests.report_builders import facts;"
        "sys.stdout.buffer.write(pdf(facts()))"
    )
    environment = {"PYTHONHASHSEED": "7", "PYTHONPATH": ":".join(sys.path), "TZ": "Asia/Tokyo"}
    other = subprocess.check_output([sys.executable, "-c", script], env=environment)

    assert pdf(facts()) == pdf(facts()) == other
    assert pdf(facts()) != pdf(facts(issued_at=ISSUED_AT + timedelta(seconds=1)))


def test_its_date_is_that_of_the_report() -> None:
    told = read(facts()).metadata

    assert told is not None
    assert told.creation_date == told.modification_date == ISSUED_AT
    assert told.author == "Örnek Ticaret A.Ş."
    assert told.title == "Ticari elektronik ileti onay kaydı – delil raporu"


def test_the_file_runs_nothing_and_points_nowhere() -> None:
    keys = {key for found in _objects(read(facts())) for key in found}

    assert {"/Type", "/FontFile2"} <= keys
    assert not keys & {"/JS", "/JavaScript", "/OpenAction", "/AA", "/URI", "/Launch", "/Annots"}


def _objects(reader: PdfReader) -> list[DictionaryObject]:
    found = [reader.get_object(number) for number in sorted(reader.xref[0])]
    return [one for one in found if isinstance(one, DictionaryObject)]


HOSTILE = "<b>x</b> & <img src='http://127.0.0.1/x'/> <para><script>alert(1)</script> \\) Tj ET"


def test_hostile_values_stay_text() -> None:
    report = facts(
        brand_name=HOSTILE,
        acts=(an_act(as_entered=HOSTILE, text=a_text(content=HOSTILE)),),
        case=Case(message_text=HOSTILE),
        contradictions=(HOSTILE,),
    )

    assert joined(report).count(re.sub(r"\s", "", HOSTILE)) == 5


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Örnek\u202etersten", "Örnek‹U+202E›tersten"),
        ("100₺ 😀", "100‹U+20BA›‹U+1F600›"),
        ("a\x00b\ud800c\u200b", "a‹U+0000›b‹U+D800›c‹U+200B›"),
        ("سلام", "‹U+0633›‹U+0644›‹U+0627›‹U+0645›"),
        ("bir\tiki", "biriki"),
    ],
)
def test_what_the_font_has_not_or_nobody_sees_is_told_by_number(text: str, told: str) -> None:
    assert told in joined(facts(provider=replace(facts().provider, title=text)))
    assert told in joined(facts(case=Case(message_text=text)))


@pytest.mark.parametrize(
    "text",
    ["ş" * 16_384, "uzun bir söz " * 1_260, "satır\n" * 2_700],
    ids=["one word", "words", "lines"],
)
def test_a_long_text_goes_over_pages_and_loses_nothing(text: str) -> None:
    whole = re.sub(r"\s", "", text)

    assert whole in joined(facts(case=Case(message_text=text)))
    assert whole in joined(facts(brand_name=text))
    assert whole in joined(facts(withheld=(), acts=(an_act(number_verification=text),)))


def test_five_hundred_events_make_a_report() -> None:
    pages = read(long_facts(500)).pages

    assert len(pages) > 100
    end = pages[-2].extract_text() + pages[-1].extract_text()
    assert "events/0499.disclosure.json" in end
    assert "16. İmza" in end


def test_a_tables_head_stands_on_each_of_its_pages() -> None:
    listing = [page for page in texts(long_facts(30)) if "events/" in page]

    assert len(listing) > 2
    assert all("Boyut" in page for page in listing)


def test_a_report_that_cannot_be_put_into_words_is_no_pdf_either() -> None:
    with pytest.raises(ReportRefused) as refused:
        pdf(facts(movements=(a_movement(event_type="unheard.of"),)))

    assert refused.value.step is Step.WORD


@given(st.text(st.sampled_from("abcÇğİ mW.\n "), max_size=200), st.integers(40, 200))
def test_lines_keep_their_width_and_every_letter(text: str, width: int) -> None:
    style = Style(faces()[0], 8, 10)

    lines = style.lines(text, width)

    assert all(style.width(line) <= width for line in lines)
    assert re.sub(r"\s", "", "".join(lines)) == re.sub(r"\s", "", text)
    assert len(lines) >= text.count("\n") + 1


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("mm mm mm", ["mm mm", "mm"]),
        ("mmmmmmmm", ["mmmmm", "mmm"]),
        ("mm mmmmmmmm", ["mm", "mmmmm", "mmm"]),
        ("  mm", ["  mm"]),
        ("mmmmm mm", ["mmmmm", "mm"]),
        ("a\n\nb", ["a", "", "b"]),
    ],
)
def test_lines_are_broken_at_spaces_where_there_are_any(text: str, lines: list[str]) -> None:
    style = Style(faces()[0], 10, 12)

    assert style.lines(text, style.width("mmmmm")) == lines


def test_the_digest_on_the_cover_is_what_the_printed_command_gives(tmp_path: Path) -> None:
    contents = {
        name: name.encode()
        for name in ("events/0001.leaf", "OKU-BENI.txt", "ekler/manifest.json", "verify_bundle.py")
    }
    later = dict.fromkeys(("RAPOR.html", "RAPOR.pdf", "manifest.json", "imza/RAPOR.p7s"), b"?")
    for name, content in (contents | later).items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)

    printed = subprocess.check_output(RECIPE, shell=True, cwd=tmp_path, text=True)

    assert printed.split()[0] == package_digest({name: digest(name) for name in contents})
    assert re.sub(r"\s", "", RECIPE) in joined(facts())

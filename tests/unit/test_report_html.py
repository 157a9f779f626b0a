"""RAPOR.html: nothing in it can run, hide or turn, and nothing comes from elsewhere."""

from datetime import timedelta

import pytest

from ledger.reporting.case import Case
from ledger.reporting.html import html
from ledger.reporting.outline import WATERMARK
from tests.report_builders import (
    ISSUED_AT,
    Page,
    a_correction,
    a_seal,
    a_text,
    an_act,
    facts,
    shown,
)

HOSTILE = '"><script>alert(1)</script><img src=//x onerror=y>{{ 7*7 }}{% raw %}&amp;'


def test_hostile_values_stay_text() -> None:
    report = facts(
        brand_name=HOSTILE,
        issued_by=HOSTILE,
        acts=(an_act(as_entered=HOSTILE, via=HOSTILE, text=a_text(content=HOSTILE)),),
        case=Case(message_text=HOSTILE, sender_name=HOSTILE),
        contradictions=(HOSTILE,),
        corrections=(a_correction(reason=HOSTILE),),
        seals=(a_seal(tsa_name=HOSTILE),),
    )

    page = Page(html(report))

    assert "".join(page.pieces).count(HOSTILE) == 10
    assert not {tag for tag, _ in page.tags} & {"script", "img"}


def test_the_page_loads_nothing_and_runs_nothing() -> None:
    page = Page(html(facts(seals=(a_seal(is_test=True),))))
    tags = {tag for tag, _ in page.tags}
    attributes = {name for _, given in page.tags for name in given}
    style = html(facts()).decode().partition("<style>")[2].partition("</style>")[0]

    assert not tags & {"script", "link", "img", "iframe", "object", "embed", "base", "a", "form"}
    assert not {name for name in attributes if name.startswith("on")} | (attributes & {"src"})
    assert "url(" not in style
    assert "@import" not in style
    assert "size: A4" in style


def test_marks_that_turn_or_hide_text_are_shown() -> None:
    page = html(
        facts(brand_name="Örnek\u202emi\u200b", case=Case(message_text="a\u2066b"))
    ).decode()

    assert "Örnek‹U+202E›mi‹U+200B›" in page
    assert "a‹U+2066›b" in page
    assert not set(page) & set("\u202e\u200b\u2066")


@pytest.mark.parametrize("text", ["x" * 16_384, "\n\nİlk satır boş", "ğ\u0130" * 8_192])
def test_a_long_text_is_quoted_whole(text: str) -> None:
    assert text in shown(facts(case=Case(message_text=text)))
    # A browser drops the first newline of a pre: the page has one more.
    assert f"<pre>\n{text}</pre>" in html(facts(case=Case(message_text=text))).decode()


def test_a_page_with_test_stamps_says_so_on_every_sheet_and_only_that() -> None:
    marked = html(facts(seals=(a_seal(), a_seal(is_test=True)))).decode()
    plain = html(facts(seals=(a_seal(),))).decode()

    assert f'<div class="watermark"><span>{WATERMARK}</span></div>' in marked
    assert "position: fixed" in marked
    assert "TEST:" in marked
    assert "watermark" not in plain
    assert "TEST –" not in plain


def test_the_same_facts_give_the_same_bytes() -> None:
    assert html(facts()) == html(facts())
    assert html(facts()) != html(facts(issued_at=ISSUED_AT + timedelta(seconds=1)))

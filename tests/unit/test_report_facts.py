"""What facts a report is refused for; grades, dates, and the digest of the bundle."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest

from ledger.reporting.acts import Act
from ledger.reporting.digest import package_digest
from ledger.reporting.facts import ROWS_MAX, TEXTS_CHARACTERS_MAX, Attachment, DayFile
from ledger.reporting.grade import EvidenceGrade, graded
from ledger.reporting.phrasing import grouped, size, span, visible, when
from ledger.reporting.refusals import ReportRefused, Step
from ledger.vocabulary import Basis
from tests.report_builders import (
    a_movement,
    a_piece,
    a_text,
    an_act,
    an_iys_line,
    digest,
    facts,
)

BARE = replace(an_act(), evidence=(), text=None, confirmation=None)


def a_file(name: str) -> Attachment:
    return Attachment(name=name, size_bytes=1, sha256=digest(name))


@pytest.mark.parametrize(
    ("changes", "step"),
    [
        ({"package_digest": "ab"}, Step.DIGEST),
        ({"verifier_sha256": digest("x").upper()}, Step.DIGEST),
        ({"attachments": (Attachment(name="a", size_bytes=1, sha256=""),)}, Step.DIGEST),
        ({"acts": (an_act(text=a_text(sha256="0" * 63)),)}, Step.DIGEST),
        (
            {"iys_line": an_iys_line(day_file=DayFile(day=date(2026, 6, 2), sha384="9" * 63))},
            Step.DIGEST,
        ),
        ({"attachments": (a_file("ekler/905010000101.pdf"),)}, Step.NAMED_PERSON),
        ({"attachments": (a_file("ekler/0501-000-01-01.pdf"),)}, Step.NAMED_PERSON),
        ({"acts": (an_act(evidence=(a_piece(name="501.000.0101"),)),)}, Step.NAMED_PERSON),
        (
            {"recipient": "ornek@ornek.com.tr", "attachments": (a_file("ekler/Ornek.eml"),)},
            Step.NAMED_PERSON,
        ),
        ({"attachments": (a_file("a b"),)}, Step.FILE_NAME),
        ({"attachments": (a_file("<script>"),)}, Step.FILE_NAME),
        ({"attachments": (a_file("../x"),)}, Step.FILE_NAME),
        ({"attachments": (a_file(""),)}, Step.FILE_NAME),
        ({"movements": (a_movement(),) * (ROWS_MAX + 1)}, Step.ROWS),
        ({"acts": (an_act(text=a_text(content="x" * (TEXTS_CHARACTERS_MAX + 1))),)}, Step.LENGTH),
    ],
)
def test_facts_out_of_their_bounds_are_refused(changes: dict[str, Any], step: Step) -> None:
    with pytest.raises(ReportRefused) as refused:
        facts(**changes)

    assert refused.value.step is step
    assert "0501" not in refused.value.turkish
    assert refused.value.turkish.startswith("Rapor yazılamadı: " + step.value[1])


def test_one_text_of_many_acts_counts_once() -> None:
    text = a_text(content="x" * TEXTS_CHARACTERS_MAX)

    assert len(facts(acts=(an_act(text=text),) * 3).acts) == 3


@pytest.mark.parametrize(
    ("act", "grade"),
    [
        (an_act(), EvidenceGrade.A),
        (an_act(confirmation=None, evidence=(a_piece(), a_piece(kind="confirmation"))), "A"),
        (an_act(text=None), EvidenceGrade.B),
        (an_act(confirmation=None), EvidenceGrade.B),
        (an_act(evidence=()), EvidenceGrade.B),
        (an_act(basis=Basis.DECLARED), EvidenceGrade.B),
        (replace(BARE, evidence=(a_piece(kind="scan"),)), EvidenceGrade.C),
        (replace(BARE, evidence=(a_piece(kind="recording"),), text=a_text()), EvidenceGrade.C),
        (replace(BARE, evidence=(a_piece(),)), EvidenceGrade.C),
        (BARE, EvidenceGrade.D),
        (replace(BARE, text=a_text()), EvidenceGrade.D),
        (replace(BARE, basis=Basis.DECLARED), EvidenceGrade.D),
        (an_act(basis=Basis.IYS), EvidenceGrade.AT_IYS),
    ],
)
def test_c5_evidence_is_graded_by_what_there_is(act: Act, grade: str) -> None:
    assert graded(act).grade == grade


def test_instants_are_told_in_turkish_time_by_the_rules_of_their_day() -> None:
    assert when(datetime(2026, 6, 1, 22, 30, tzinfo=UTC)) == "02.06.2026 01:30:00"
    assert when(datetime(2016, 1, 1, 10, tzinfo=UTC)) == "01.01.2016 12:00:00"
    with pytest.raises(ReportRefused):
        when(datetime(2026, 6, 1))


@pytest.mark.parametrize(
    ("gap", "told"),
    [
        (timedelta(), "0 sn"),
        (timedelta(milliseconds=900), "0 sn"),
        (timedelta(seconds=59), "59 sn"),
        (timedelta(minutes=10), "10 dk"),
        (timedelta(hours=1, seconds=5), "1 saat"),
        (timedelta(days=3, hours=2, minutes=59), "3 gün 2 saat"),
        (timedelta(seconds=-90), "−1 dk 30 sn"),
    ],
)
def test_a_gap_is_told_in_its_two_largest_units(gap: timedelta, told: str) -> None:
    assert span(gap) == told


def test_numbers_and_digests_can_be_read_aloud() -> None:
    assert size(1_234_567) == "1.234.567 bayt"
    assert grouped(digest("x")).split(" ") == [digest("x")[at : at + 8] for at in range(0, 64, 8)]


def test_unseen_characters_are_shown_by_their_number_and_others_stay() -> None:
    hidden = "a\u202eb\u200bc\x00d\ud800e\r\nf\tğ İ"

    assert visible(hidden) == "a‹U+202E›b‹U+200B›c‹U+0000›d‹U+D800›e\nf\tğ İ"


def test_the_digest_of_a_bundle_leaves_out_what_comes_after_it() -> None:
    files = {"b": digest("b"), "a/c": digest("c")}
    later = {name: digest(name) for name in ("RAPOR.html", "RAPOR.pdf", "manifest.json", "imza/x")}
    lines = sorted([f"{digest('b')}  b\n", f"{digest('c')}  a/c\n"])

    assert package_digest(files) == sha256("".join(lines).encode()).hexdigest()
    assert package_digest({**files, **later}) == package_digest(files)
    assert package_digest({"b": digest("c"), "a/c": digest("b")}) != package_digest(files)

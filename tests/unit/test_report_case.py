"""The case file: what is taken, and that everything else is refused without being repeated."""

import json
from datetime import UTC, date, datetime

import pytest

from ledger.reporting.case import (
    CASE_BYTES_MAX,
    MESSAGE_CHARACTERS_MAX,
    WORDS_CHARACTERS_MAX,
    parse_case,
)
from ledger.reporting.refusals import CaseRefused, CaseStep

IDENTITY_NUMBER = "10000000146"
"""Made up: its check digits are right."""


def a_file(**members: object) -> bytes:
    return json.dumps(members, ensure_ascii=False).encode()


def test_every_member_is_read() -> None:
    case = parse_case(
        a_file(
            authority="Ankara Ticaret İl Müdürlüğü",
            letter_number="E-1",
            letter_date="2026-11-20",
            complaint_number="2026/77",
            complaint_date="2026-09-15",
            message_at="2026-09-10 12:30:00",
            message_text="Büyük indirim\nB001",
            sender_name="ORNEK",
            operator="Örnek Telekom",
            campaign="eylul",
        )
    )

    assert case.authority == "Ankara Ticaret İl Müdürlüğü"
    assert (case.letter_number, case.letter_date) == ("E-1", date(2026, 11, 20))
    assert (case.complaint_number, case.complaint_date) == ("2026/77", date(2026, 9, 15))
    assert case.message_at == datetime(2026, 9, 10, 9, 30, tzinfo=UTC)
    assert case.message_text == "Büyük indirim\nB001"
    assert (case.sender_name, case.operator, case.campaign) == ("ORNEK", "Örnek Telekom", "eylul")


def test_a_file_may_say_one_thing_only_and_begin_with_a_byte_order_mark() -> None:
    case = parse_case(b"\xef\xbb\xbf" + a_file(operator="Örnek Telekom"))

    assert (case.operator, case.authority, case.message_at) == ("Örnek Telekom", None, None)


@pytest.mark.parametrize(
    ("raw", "step"),
    [
        (b" " * (CASE_BYTES_MAX + 1), CaseStep.SIZE),
        (b"", CaseStep.JSON),
        (b"\xff\xfe", CaseStep.JSON),
        (b'{"operator": "x"', CaseStep.JSON),
        (b'{"operator": "x"} {}', CaseStep.JSON),
        (b"[" * 60_000, CaseStep.JSON),
        (b"[]", CaseStep.JSON),
        (b'"operator"', CaseStep.JSON),
        (b'{"operator": "x", "operator": "y"}', CaseStep.TWICE),
        (b"{}", CaseStep.EMPTY),
        (a_file(operator="x", complaint="1"), CaseStep.UNKNOWN),
        (a_file(complaint_number=77), CaseStep.TEXT),
        (a_file(operator=None), CaseStep.TEXT),
        (a_file(operator=["x"]), CaseStep.TEXT),
        (a_file(operator=" "), CaseStep.TEXT),
        (a_file(operator="x" * (WORDS_CHARACTERS_MAX + 1)), CaseStep.TEXT),
        (a_file(message_text="x" * (MESSAGE_CHARACTERS_MAX + 1)), CaseStep.TEXT),
        (a_file(letter_date="20.11.2026"), CaseStep.DAY),
        (a_file(letter_date="2026-02-30"), CaseStep.DAY),
        (a_file(message_at="2026-09-10"), CaseStep.TIME),
        (a_file(message_at="2026-09-10T12:30:00"), CaseStep.TIME),
        (a_file(authority=f"TCKN {IDENTITY_NUMBER}"), CaseStep.IDENTITY_NUMBER),
        (a_file(message_text=f"Sayın {IDENTITY_NUMBER}, indirim"), CaseStep.IDENTITY_NUMBER),
    ],
)
def test_what_is_not_in_order_is_refused(raw: bytes, step: CaseStep) -> None:
    with pytest.raises(CaseRefused) as refused:
        parse_case(raw)

    assert refused.value.step is step
    assert refused.value.turkish.startswith("Dosya (--case) alınamadı: " + step.value[1])


@pytest.mark.parametrize("member", ["authority", "message_at", "letter_date", "gizli"])
def test_a_refusal_never_repeats_what_the_file_says(member: str) -> None:
    with pytest.raises(CaseRefused) as refused:
        parse_case(a_file(**{member: f"Gizli Kişi {IDENTITY_NUMBER}"}))

    told = str(refused.value) + refused.value.turkish
    assert "Gizli" not in told
    assert IDENTITY_NUMBER not in told


@pytest.mark.parametrize("digits", ["05010000101", "10000000147", "905010000101", "x10000000146"])
def test_digits_that_are_no_identity_number_stay(digits: str) -> None:
    assert parse_case(a_file(operator=digits)).operator == digits


def test_the_whole_length_is_taken() -> None:
    text = "ğ" * MESSAGE_CHARACTERS_MAX

    assert parse_case(a_file(message_text=text)).message_text == text

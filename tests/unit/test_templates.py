"""Templates are known by their header; what they lack is asked for (consent.md C8)."""

import pytest

from ledger.importing.dates import DateRule, date_reader
from ledger.importing.reader import FileRefused
from ledger.importing.templates import Template, recognise
from ledger.vocabulary import RecipientType

PANEL = [
    *("İZİN TÜRÜ", "ALICI", "ONAY(1)-RET(0)", "İZİN KAYNAĞI", "İZİN TARİHİ"),
    "İZNİN ALINDIĞI BAYİ KODU",
]
API = ["type", "source", "recipient", "status", "consentDate", "recipientType"]
DAY = [
    *("creationDate", "transactionId", "recipient", "recipientType", "type", "status"),
    *("consentDate", "source"),
]
READ = date_reader(DateRule())


def panel() -> Template:
    return recognise(PANEL, recipient_type=RecipientType.MERCHANT)


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (["IZINTURU", "ALICI**UNIQUE", "DURUMU", "IZNINALINDIGIBA YIKODU"], "uyumsoft"),
        (API, "api"),
        ([cell.upper() for cell in API], "api"),
        (DAY, "iys-day"),
        ([*API, "code", "message"], "api"),
        (["MESAJ", "HS_WEB", "+905010000101", "ONAY", "", "BIREYSEL"], "sample-client"),
    ],
)
def test_a_header_tells_its_template(header: list[str], name: str) -> None:
    assert recognise(header).name == name


@pytest.mark.parametrize(
    "header",
    [
        [],
        ["ad", "soyad", "telefon"],
        [*API, "status"],
        [*API, "STATUS "],
        ["type", "recipient"],
        ["MESAJ", "HS_WEB", "+905010000101"],
    ],
    ids=["empty", "unknown", "twice", "twice in other spelling", "no status", "short"],
)
def test_any_other_header_is_refused(header: list[str]) -> None:
    with pytest.raises(FileRefused) as refused:
        recognise(header)

    assert refused.value.code == "L-HEADER-UNKNOWN"


def test_a_template_that_was_asked_for_must_be_the_file_s() -> None:
    with pytest.raises(FileRefused):
        recognise(API, "uyumsoft")


def test_the_panel_s_template_asks_for_the_recipient_type() -> None:
    with pytest.raises(FileRefused) as refused:
        recognise(PANEL)

    assert refused.value.code == "L-RECIPIENT-TYPE-NEEDED"
    assert panel().raw_act([], READ).recipient_type == "TACIR"


def test_a_recipient_type_that_was_given_fills_empty_cells_only() -> None:
    template = recognise(API, recipient_type=RecipientType.MERCHANT)

    kinds = [template.raw_act([""] * 5 + [cell], READ).recipient_type for cell in ("", "BIREYSEL")]

    assert kinds == ["TACIR", "BIREYSEL"]


@pytest.mark.parametrize(
    ("cell", "status"),
    [
        ("1", "ONAY"),
        ("0", "RET"),
        (" 0.0 ", "RET"),
        ("1.0", "ONAY"),
        ("hayır", "RET"),
        ("RET", "RET"),
        ("EVET", "EVET"),  # no word of this template
        ("2", "2"),
        ("", ""),
    ],
)
def test_ones_and_noughts_are_words_of_the_panel(cell: str, status: str) -> None:
    fields = ["MESAJ", "5010000101", cell]

    assert panel().raw_act(fields, READ).status == status
    assert panel().is_refusal(fields) is (status == "RET")


def test_a_nought_is_no_refusal_elsewhere() -> None:
    assert recognise(API).raw_act(["MESAJ", "", "5010000101", "0"], READ).status == "0"


def test_the_day_file_brings_iys_s_own_ids_along() -> None:
    fields = ["2025-11-17 23:58:53", "ab" * 32, "+905010000101", "TACIR", "MESAJ", "RET", "", "X"]

    raw = recognise(DAY).raw_act(fields, READ)

    assert (raw.creation_date, raw.transaction_id) == ("2025-11-17 23:58:53", "ab" * 32)

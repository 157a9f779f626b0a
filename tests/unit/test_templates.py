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
UYUMSOFT = ["IZINTURU", "ALICI", "DURUMU", "IZINKAYNAGI", "IZINTARIHI"]
CLIENT = ["MESAJ", "HS_WEB", "+905010000101", "ONAY", "", "BIREYSEL"]
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
        (CLIENT, "sample-client"),
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


REFUSALS = ["RET", "red", "HAYIR", "hayır", "HAYİR", "Hayır", "0", " 0.0 ", "0,0", "FALSE"]
REFUSALS += ["yanlış", "YANLIŞ", "ret\u00a0", "R\u200bET", "hayi\u0307r"]
GRANTS = ["ONAY", "onay", "EVET", "Evet", "1", "1.0", "TRUE", "doğru", "DOĞRU", "DOG\u0306RU"]
PEOPLES = [panel(), recognise(UYUMSOFT)]
PROGRAMS = [recognise(API), recognise(DAY), recognise(CLIENT)]


def says(template: Template, cell: str) -> str:
    fields = [""] * 8
    fields[template.columns["status"]] = cell
    status = template.raw_act(fields, READ).status
    assert template.is_refusal(fields) is (status == "RET")
    return status


@pytest.mark.parametrize("template", [*PEOPLES, *PROGRAMS], ids=lambda one: one.name)
@pytest.mark.parametrize("cell", REFUSALS)
def test_a_refusal_in_any_word_is_one_in_every_template(template: Template, cell: str) -> None:
    assert says(template, cell) == "RET"


@pytest.mark.parametrize("cell", GRANTS)
def test_a_consent_in_other_words_is_one_where_people_write(cell: str) -> None:
    """Under İYS's own field names only its own word is (bad/alanlar.csv line 11)."""
    assert {says(template, cell) for template in PEOPLES} == {"ONAY"}
    own = cell.upper() == "ONAY"
    assert all((says(template, cell) == "ONAY") is own for template in PROGRAMS)


@pytest.mark.parametrize("cell", ["2", "", "ONAYLI", "KABUL", "10", "00"])
def test_other_words_say_nothing(cell: str) -> None:
    assert {says(template, cell) for template in [*PEOPLES, *PROGRAMS]} == {cell}


@pytest.mark.parametrize(
    ("cell", "kind"),
    [
        *((cell, "BIREYSEL") for cell in ("BİREYSEL", "Bireysel", "bireysel", "BIREYSEL")),
        *((cell, "TACIR") for cell in ("TACİR", "tacir", "Tacır", "tacır")),
        ("kurumsal", "KURUMSAL"),
        ("Şahıs", "Şahıs"),  # as it stands, for the vault
    ],
)
def test_a_recipient_type_is_known_in_any_case(cell: str, kind: str) -> None:
    template = recognise(API)

    assert template.raw_act([""] * 5 + [cell], READ).recipient_type == kind


def test_the_day_file_brings_iys_s_own_ids_along() -> None:
    fields = ["2025-11-17 23:58:53", "ab" * 32, "+905010000101", "TACIR", "MESAJ", "RET", "", "X"]

    raw = recognise(DAY).raw_act(fields, READ)

    assert (raw.creation_date, raw.transaction_id) == ("2025-11-17 23:58:53", "ab" * 32)

"""Files in other forms: İYS's panel, its day file, workbooks, lists, wide exports (C8)."""

import re
from itertools import permutations
from pathlib import Path

import pytest

from ledger import views
from ledger.addresses import parse_address
from ledger.aggregates.keys import ConsentKey
from ledger.application import ConsentLedger
from ledger.bootstrap import Home
from ledger.clock import utc_text_of_seconds
from ledger.importing.column_map import ColumnMap, read_map
from ledger.importing.reader import FileRefused
from ledger.vocabulary import Channel, ConsentStatus, RecipientType
from tests.integration.acts import BRAND_CODE
from tests.integration.bringing import DATA, DECLARED, bring, status_of
from tests.workbooks import a_date, xls, xlsx

INDIVIDUAL, MERCHANT = RecipientType.INDIVIDUAL, RecipientType.MERCHANT
PANEL_HEADING = ["IZIN TURU", "ALICI", "ONAY(1)-RET(0)", "IZIN KAYNAGI", "IZIN TARIHI"]
KIND = {"recipient_type": INDIVIDUAL}


def a_map() -> ColumnMap:
    return read_map((DATA / "other" / "genis-crm.toml").read_bytes())


def groups_of(ledger: ConsentLedger, text: str, channel: Channel, kind: RecipientType) -> object:
    """The groups beside the recipient's that the vault holds for the one act of a consent."""
    subject = ledger.store.generations(ledger.vault.lookup(parse_address(text, channel).uri))[0]
    key = ConsentKey(BRAND_CODE, subject.id, kind, channel)
    (event,) = ledger.store.events_of(key.stream)
    sealed = ledger.store.payloads_at([event.position])[event.position]
    opened = ledger.vault.open(subject.key, event.id, sealed)
    return {name: group for name, group in opened.items() if name != "recipient"}


@pytest.mark.parametrize("name", ["iys-panel-1254.csv", "panel.xlsx"])
def test_the_panel_s_file_asks_whose_consents_it_holds(ledger: ConsentLedger, name: str) -> None:
    before = ledger.store.last_position()

    with pytest.raises(FileRefused) as refused:
        bring(ledger, DATA / "good" / name)

    assert refused.value.code == "L-RECIPIENT-TYPE-NEEDED"
    assert ledger.store.last_position() == before


def test_no_row_of_the_panel_s_file_is_refused(home: Home, ledger: ConsentLedger) -> None:
    result, verdicts = bring(ledger, DATA / "good" / "iys-panel-1254.csv", **KIND)

    late = ("recorded", "L-LATE")
    assert result.template == "iys-panel"
    assert verdicts == {
        **dict.fromkeys((2, 3, 6, 7, 8), late),
        4: ("warned", "H180"),
        5: ("recorded", ""),
    }
    refused = status_of(home, ledger, "+905010000024", Channel.CALL)
    assert refused.status is ConsentStatus.REFUSED
    granted = status_of(home, ledger, "+905010000026")
    assert views.status_members(granted)["consentDate"] == "2025-11-18 09:32:00"


def test_a_workbook_is_read_as_the_file_it_was_made_from(home: Home, ledger: ConsentLedger) -> None:
    result, verdicts = bring(ledger, DATA / "good" / "panel.xlsx", **KIND)

    assert verdicts == {2: ("recorded", "L-LATE"), 3: ("warned", "H180"), 4: ("recorded", "")}
    assert result.read == 3
    granted = status_of(home, ledger, "+905010000041")
    assert views.status_members(granted)["consentDate"] == "2025-11-18 10:00:00"
    refused = status_of(home, ledger, "panel@ornek.com", Channel.EMAIL)
    assert refused.status is ConsentStatus.REFUSED


def test_a_workbook_that_comes_again_is_the_same_import(ledger: ConsentLedger) -> None:
    first, _ = bring(ledger, DATA / "good" / "panel.xlsx", **KIND)
    size = ledger.store.last_position()

    again, verdicts = bring(ledger, DATA / "good" / "panel.xlsx", **KIND)

    assert (again.import_id, ledger.store.last_position()) == (first.import_id, size)
    assert {verdict for verdict, _ in verdicts.values()} == {"already"}


def test_a_truncated_workbook_is_refused_and_nothing_recorded(ledger: ConsentLedger) -> None:
    before = ledger.store.last_position()

    with pytest.raises(FileRefused) as refused:
        bring(ledger, DATA / "bad" / "kesik.xlsx", **KIND)

    assert f"0,{refused.value.code}" == (DATA / "bad" / "kesik.xlsx.expected").read_text().strip()
    assert ledger.store.last_position() == before


@pytest.mark.parametrize("book", [xlsx, xls])
def test_excels_own_forms_are_read(
    home: Home, ledger: ConsentLedger, tmp_path: Path, book: type
) -> None:
    file = tmp_path / "panel.xls"
    rows = [
        PANEL_HEADING,
        ["MESAJ", 5010000801.0, 1.0, "HS_WEB", a_date(45978.5)],
        [],
        ["MESAJ", "05010000802", "1", "HS_2015", a_date(42125)],
        ["MESAJ", "05010000803", 1.0, "HS_WEB", a_date(45978)],
        ["MESAJ", 5010000801.0, 0.0, "HS_WEB", "18-11-2025 10:00:00"],
    ]
    file.write_bytes(book(rows))

    _, verdicts = bring(ledger, file, **KIND)

    assert verdicts[4][0] == "recorded"
    assert verdicts[5] == ("refused", "H158")
    assert verdicts[6][0] == "recorded"
    assert status_of(home, ledger, "+905010000801").status is ConsentStatus.REFUSED


def test_no_row_of_a_declared_day_file_is_refused(home: Home, ledger: ConsentLedger) -> None:
    _, verdicts = bring(ledger, DATA / "declared" / "iys-gunluk.csv", **DECLARED)

    assert verdicts == dict.fromkeys(range(2, 6), ("recorded", ""))
    closed = status_of(home, ledger, "+905010000612", Channel.CALL, MERCHANT)
    assert (closed.verdict.kind, closed.verdict.reason) == ("REFUSED", "LINE_CLOSED")
    granted = status_of(home, ledger, "+905010000613")
    assert (granted.verdict.kind, granted.verdict.reason) == ("IYS_UNCONFIRMED", "DECLARED")


def test_iys_s_own_acts_count_from_their_creation(home: Home, ledger: ConsentLedger) -> None:
    bring(ledger, DATA / "declared" / "iys-gunluk.csv", **DECLARED)

    closed = status_of(home, ledger, "+905010000612", Channel.CALL, MERCHANT).line.act

    assert closed is not None
    assert (utc_text_of_seconds(closed.at), closed.consent_date) == (
        "2025-11-17T20:58:55Z",
        None,
    )
    members = groups_of(ledger, "+905010000612", Channel.CALL, MERCHANT)
    assert members == {
        "iys": {
            "transaction_id": "d90be0fbde2a5ce2435853b3b8c22d5a50c2944d3f421e8cb352d2a3ce0af988",
            "creation_date": "2025-11-17 23:58:55",
        }
    }


def test_iys_s_ids_stand_in_no_event(ledger: ConsentLedger) -> None:
    bring(ledger, DATA / "declared" / "iys-gunluk.csv", **DECLARED)

    log = ledger.recorder.select_notifications(1, 100)
    text = b"".join(stored.state for stored in log).decode()

    assert "d90be0fbde2a5ce2" not in text
    assert '"iys"' in text


def test_as_an_ordinary_file_iys_s_own_consents_are_refused(
    home: Home, ledger: ConsentLedger
) -> None:
    _, verdicts = bring(ledger, DATA / "declared" / "iys-gunluk.csv")

    assert verdicts == {
        2: ("recorded", "L-LATE"),
        3: ("suppressed", "L-RET-KEPT"),
        4: ("suppressed", "L-RET-KEPT"),
        5: ("refused", "H119"),
    }
    assert status_of(home, ledger, "+905010000611").status is ConsentStatus.REFUSED


def test_a_day_file_with_a_bad_creation_date_keeps_the_refusal_only(
    ledger: ConsentLedger, tmp_path: Path
) -> None:
    text = (DATA / "declared" / "iys-gunluk.csv").read_text(encoding="utf-8")
    file = tmp_path / "gun.csv"
    file.write_text(re.sub("(?m)^2025-11-17", "17.11.2025", text), encoding="utf-8")

    _, verdicts = bring(ledger, file, **DECLARED)

    assert verdicts == {
        2: ("recorded", ""),  # a provider's own act counts from consentDate
        3: ("suppressed", "L-RET-KEPT"),
        4: ("suppressed", "L-RET-KEPT"),
        5: ("refused", "H158"),
    }


def test_every_address_of_a_list_of_refusals_is_refused_everywhere(
    home: Home, ledger: ConsentLedger
) -> None:
    _, verdicts = bring(ledger, DATA / "other" / "ret-listesi.txt", refusals=True)

    assert verdicts == dict.fromkeys(range(1, 5), ("suppressed", "L-RET-KEPT"))
    for kind in RecipientType:
        for channel in (Channel.CALL, Channel.MESSAGE):
            view = status_of(home, ledger, "+905010000702", channel, kind)
            assert view.status is ConsentStatus.REFUSED
            assert view.consent.iys.pending is None, "nothing is made up towards İYS"
        view = status_of(home, ledger, "ret.eden@ornek.com.tr", Channel.EMAIL, kind)
        assert view.status is ConsentStatus.REFUSED


def test_a_list_of_refusals_may_have_a_heading_and_bad_lines(
    home: Home, ledger: ConsentLedger, tmp_path: Path
) -> None:
    file = tmp_path / "ret.txt"
    file.write_text("TELEFON\n05010000711\nnobody\n\nörnek@x.com\n", encoding="utf-8")

    _, verdicts = bring(ledger, file, refusals=True, recipient_type=MERCHANT)

    assert verdicts == {
        2: ("suppressed", "L-RET-KEPT"),
        3: ("refused", "H121"),
        5: ("refused", "H120"),
    }
    assert status_of(home, ledger, "+905010000711").status is None
    view = status_of(home, ledger, "+905010000711", recipient_type=MERCHANT)
    assert view.status is ConsentStatus.REFUSED


def test_a_wide_export_gives_one_verdict_a_line(home: Home, ledger: ConsentLedger) -> None:
    result, verdicts = bring(ledger, DATA / "other" / "genis-crm.csv", column_map=a_map())

    assert (result.template, result.read) == ("map", 3)
    assert verdicts == {
        2: ("recorded", "L-LATE"),
        3: ("recorded", "L-LATE"),
        4: ("recorded", ""),
    }
    states = [
        status_of(home, ledger, text, channel).status
        for text, channel in (
            ("05010000801", Channel.MESSAGE),
            ("05010000801", Channel.CALL),
            ("bir@ornek.com.tr", Channel.EMAIL),
            ("05010000802", Channel.CALL),
            ("uc@ornek.com.tr", Channel.EMAIL),
        )
    ]
    granted, refused = ConsentStatus.GRANTED, ConsentStatus.REFUSED
    assert states == [granted, refused, granted, refused, refused]


def test_of_a_wide_line_the_verdict_that_needs_attention_is_told(
    ledger: ConsentLedger, tmp_path: Path
) -> None:
    file = tmp_path / "crm.csv"
    heading = "telefon;eposta;sms_izni;arama_izni;eposta_izni;izin_tarihi;kaynak\n"
    rows = [
        "0501 000 08 11;;EVET;HAYIR;EVET;17.11.2025 10:15;Web Sitesi",  # no mailbox
        ";;;;;17.11.2025 10:15;Web Sitesi",
        "0501 000 08 12;bir@x.com.tr;EVET;EVET;EVET;17.11.2025;Kahve",
        "0501 000 08 13;;EVET;belki;;17.11.2025 10:15;Web Sitesi",
    ]
    file.write_text(heading + "\n".join(rows), encoding="utf-8")

    _, verdicts = bring(ledger, file, column_map=a_map())

    assert verdicts == {
        2: ("refused", "H114"),
        3: ("refused", "L-ROW-SAYS-NOTHING"),
        4: ("refused", "H119"),
        5: ("refused", "H115"),
    }


def test_the_order_of_wide_lines_changes_no_state(
    home: Home, ledger: ConsentLedger, tmp_path: Path
) -> None:
    """Each order gets addresses of its own; all must end alike."""
    heading = "telefon;eposta;sms_izni;arama_izni;eposta_izni;izin_tarihi;kaynak\n"
    lines = [
        ("EVET", "HAYIR", "17.11.2025 10:15"),
        ("HAYIR", "EVET", "18.11.2025 10:15"),
        ("EVET", "EVET", "19.11.2025 10:15"),
        ("HAYIR", "", "17 Kasım"),
    ]
    ends = set()
    for number, order in enumerate(permutations(lines)):
        phone = f"0501 000 90 {number:02d}"
        rows = [f"{phone};;{sms};{call};;{date};Mağaza" for sms, call, date in order]
        file = tmp_path / f"{number}.csv"
        file.write_text(heading + "\n".join(rows), encoding="utf-8")

        bring(ledger, file, column_map=a_map())

        channels = (Channel.MESSAGE, Channel.CALL)
        views_now = [status_of(home, ledger, phone, channel) for channel in channels]
        ends.add(tuple((view.status, view.verdict.reason) for view in views_now))

    assert len(ends) == 1

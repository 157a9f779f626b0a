"""Files into the ledger (consent.md C5, C8): every line one verdict, nothing partly written."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec import structs

from ledger import clock, views
from ledger.addresses import parse_address
from ledger.application import ConsentLedger
from ledger.bootstrap import Home
from ledger.errors import NotFound
from ledger.importing.reader import FileRefused
from ledger.vocabulary import Channel, ConsentStatus, Outcome
from tests.integration.acts import a_request, with_evidence
from tests.integration.bringing import DATA, DECLARED, HEADER, bring, status_of, write
from tests.integration.waiting import eventually


@pytest.mark.parametrize("name", ["alanlar.csv", "tarihler.csv", "celiskiler.csv"])
def test_exactly_the_expected_rows_of_a_bad_file_are_refused(
    ledger: ConsentLedger, name: str
) -> None:
    expected = (DATA / "bad" / f"{name}.expected").read_text(encoding="ascii").split()

    result, verdicts = bring(ledger, DATA / "bad" / name)

    refused = [f"{line},{code}" for line, (kind, code) in verdicts.items() if kind == "refused"]
    assert refused == expected
    assert result.read == len(verdicts)


@pytest.mark.parametrize(
    ("name", "code"), [("baslik.csv", "L-HEADER-UNKNOWN"), ("bos.csv", "L-FILE-EMPTY")]
)
def test_a_bad_file_is_refused_as_a_whole_and_nothing_is_recorded(
    ledger: ConsentLedger, name: str, code: str
) -> None:
    before = ledger.store.last_position()

    with pytest.raises(FileRefused) as refused:
        bring(ledger, DATA / "bad" / name)

    assert refused.value.code == code
    assert ledger.store.last_position() == before


@pytest.mark.parametrize("name", ["uyum-sablonu.csv", "uyum-sekmeli.txt", "iys-ornek-istemci.csv"])
def test_no_row_of_a_good_file_is_refused(ledger: ConsentLedger, name: str) -> None:
    result, verdicts = bring(ledger, DATA / "good" / name)

    assert result.read == (4 if name.startswith("iys") else 3)
    assert "refused" not in {verdict for verdict, _ in verdicts.values()}


def test_uyumsofts_own_sample_is_recorded_and_warned(ledger: ConsentLedger) -> None:
    _, verdicts = bring(ledger, DATA / "good" / "uyum-sablonu.csv")

    assert verdicts == {
        2: ("recorded", "L-LATE"),
        3: ("warned", "L-LANDLINE"),
        4: ("warned", "H180"),
    }


def test_month_first_dates_become_turkish_time(home: Home, ledger: ConsentLedger) -> None:
    bring(ledger, DATA / "good" / "uyum-sekmeli.txt")

    view = status_of(home, ledger, "+905010000011")

    assert views.status_members(view)["consentDate"] == "2025-11-13 13:30:00"
    assert views.status_members(view)["consentDateUtc"] == "2025-11-13T10:30:00Z"


def test_every_defective_refusal_is_in_force(home: Home, ledger: ConsentLedger) -> None:
    name = "ret-kusurlu.csv"
    text = (DATA / "good" / f"{name}.verdicts").read_text(encoding="ascii")
    expected = dict(line.split(",") for line in text.split())

    _, verdicts = bring(ledger, DATA / "good" / name)

    assert {str(line): verdict for line, (verdict, _) in verdicts.items()} == expected
    for number in ("501", "502", "503", "505", "506"):
        assert status_of(home, ledger, f"+905010000{number}").status is ConsentStatus.REFUSED


def test_what_a_defective_refusal_said_is_in_the_vault_and_not_in_the_event(
    home: Home, ledger: ConsentLedger
) -> None:
    bring(ledger, DATA / "good" / "ret-kusurlu.csv")

    receipt = status_of(home, ledger, "+905010000503").receipt
    assert receipt is not None
    event = ledger.store.events_at([receipt.position])[receipt.position]
    address = parse_address("+905010000503", Channel.MESSAGE)
    subject = ledger.store.generations(ledger.vault.lookup(address.uri))[0]
    sealed = ledger.store.payloads_at([event.position])[event.position]
    opened = ledger.vault.open(subject.key, event.id, sealed)

    assert opened["note"] == {"consentDate": "17 Kasim"}
    assert "Kasim" not in event.state.decode()


@pytest.mark.parametrize("name", ["gecmis.csv", "gecmis-ters.csv"])
def test_a_declared_history_ends_in_one_state_whatever_its_order(
    home: Home, ledger: ConsentLedger, name: str
) -> None:
    _, verdicts = bring(ledger, DATA / "declared" / name, **DECLARED)

    held, unconfirmed, refused = (
        status_of(home, ledger, f"+90501000060{number}") for number in (1, 2, 3)
    )
    assert "refused" not in {verdict for verdict, _ in verdicts.values()}
    assert (held.status, len(held.line.held)) == (ConsentStatus.REFUSED, 1)
    assert (held.verdict.kind, held.verdict.reason) == ("REFUSED", "HELD_OVER_RET")
    assert (unconfirmed.verdict.kind, unconfirmed.verdict.reason) == ("IYS_UNCONFIRMED", "DECLARED")
    assert refused.verdict.kind == "REFUSED"
    assert not any(view.verdict.permitted for view in (held, unconfirmed, refused))


def test_a_repeated_file_changes_nothing(ledger: ConsentLedger) -> None:
    first, _ = bring(ledger, DATA / "good" / "ret-kusurlu.csv")
    size = ledger.store.last_position()

    again, _ = bring(ledger, DATA / "good" / "ret-kusurlu.csv")

    assert again.import_id == first.import_id
    assert again.verdicts == {Outcome.ALREADY: again.read}
    assert ledger.store.last_position() == size


def test_an_undated_refusal_of_another_file_counts_anew_over_a_lifted_one(
    home: Home, ledger: ConsentLedger, tmp_path: Path
) -> None:
    """The same words in another file are another refusal: a RET is never lost (C5)."""
    row = "MESAJ,,+905010000701,RET,,BIREYSEL"
    bring(ledger, write(tmp_path, row))
    later = clock.now() + timedelta(seconds=1)
    asked = a_request(701)
    command = structs.replace(
        asked.command, at=clock.utc_text(later), consent_date=clock.iys_text(later)
    )
    proven = with_evidence(structs.replace(asked, command=command), clock.utc_text(later))
    ledger.record([proven])
    lifted = status_of(home, ledger, "+905010000701")
    assert lifted.status is ConsentStatus.GRANTED
    eventually(lambda: clock.now() > later, "the second of the consent is over")

    _, verdicts = bring(ledger, write(tmp_path, row, ""))

    view = status_of(home, ledger, "+905010000701")
    assert verdicts == {2: ("suppressed", "L-RET-KEPT")}
    assert view.status is ConsentStatus.REFUSED
    assert view.receipt is not None and lifted.receipt is not None
    assert view.receipt.position > lifted.receipt.position


def test_a_refusal_later_in_the_file_keeps_out_an_earlier_row_s_grant(
    home: Home, ledger: ConsentLedger, tmp_path: Path
) -> None:
    rows = [
        "MESAJ,HS_WEB,+905010000702,ONAY,2025-11-18 10:00:00,BIREYSEL",
        "MESAJ,HS_WEB,0501 000 07 02,RET,2025-11-17 10:00:00,BIREYSEL",
    ]

    _, verdicts = bring(ledger, write(tmp_path, *rows))

    assert verdicts == {2: ("refused", "L-IMPORT-CANNOT-REVIVE"), 3: ("recorded", "")}
    assert status_of(home, ledger, "+905010000702").status is ConsentStatus.REFUSED


def test_dates_that_the_file_does_not_prove_are_asked_for(
    home: Home, ledger: ConsentLedger, tmp_path: Path
) -> None:
    file = tmp_path / "belirsiz.csv"
    head = "IZINTURU,ALICI,DURUMU,IZINKAYNAGI,IZINTARIHI,IZNINALINDIGIBAYIKODU,FIRMATIPI\n"
    row = "MESAJ,+905010000703,ONAY,HS_WEB,03.04.25 04:16 PM,,BIREYSEL\n"
    file.write_text(head + row, encoding="utf-8")

    with pytest.raises(FileRefused) as refused:
        bring(ledger, file)
    assert refused.value.code == "L-DATES-UNPROVEN"

    bring(ledger, file, dates="dmy")
    members = views.status_members(status_of(home, ledger, "+905010000703"))
    assert members["consentDate"] == "2025-04-03 16:16:00"


def test_a_fresh_consent_is_queued_with_its_deadlines(
    home: Home, ledger: ConsentLedger, tmp_path: Path
) -> None:
    today = datetime.now(UTC).strftime("%Y-%m-%d 00:00:00")

    _, verdicts = bring(ledger, write(tmp_path, f"MESAJ,HS_WEB,+905010000704,ONAY,{today},"))

    view = status_of(home, ledger, "+905010000704")
    assert verdicts == {2: ("recorded", "")}
    assert (view.verdict.kind, view.verdict.reason) == ("NOT_YET_REGISTERED", "QUEUED")
    assert view.due is not None
    assert view.due.internal <= view.due.iys_reading <= view.due.legal_latest


def test_awkward_bytes_give_a_verdict_each_and_spoil_no_neighbour(
    ledger: ConsentLedger, tmp_path: Path
) -> None:
    good = b"MESAJ,HS_WEB,+90501000071%d,ONAY,2025-11-17 10:00:00,BIREYSEL\n"
    file = tmp_path / "bozuk.csv"
    with file.open("wb") as out:
        out.write(HEADER.encode() + good % 1)
        out.write(b"MESAJ,HS_WEB,+9050\x0010000712,ONAY,2025-11-17 10:00:00,BIREYSEL\n")
        out.write(good % 3)
        for _ in range(100):
            out.write(b"x" * 1_000_000)  # one line of 100 MB
        out.write(b"\n" + good % 5)
        out.write(b'MESAJ,"HS_WEB,+905010000716,ONAY,2025-11-17 10:00:00,BIREYSEL\n')
        out.write(good % 7 + b"\n" + good.rstrip() % 8)

    _, verdicts = bring(ledger, file)

    late = ("recorded", "L-LATE")
    assert verdicts == {
        2: late,
        3: ("refused", "L-ROW-UNREADABLE"),
        4: late,
        5: ("refused", "L-LINE-TOO-LONG"),
        6: late,
        # A quote is open from here on: nobody knows whether these lines are meant as such.
        **dict.fromkeys((7, 8, 10), ("refused", "L-ROW-UNREADABLE")),
    }


def test_refusals_behind_a_quote_that_stays_open_are_kept(
    home: Home, ledger: ConsentLedger, tmp_path: Path
) -> None:
    rows = ['MESAJ,HS_WEB,+905010000721,ONAY,2025-11-17 10:00:00,a"b,"c']
    rows += [f"MESAJ,HS_WEB,+90501000072{n},RET,2025-11-17 10:00:00,BIREYSEL" for n in range(2, 7)]

    _, verdicts = bring(ledger, write(tmp_path, *rows))

    assert verdicts == {
        2: ("refused", "L-ROW-UNREADABLE"),
        **dict.fromkeys(range(3, 8), ("suppressed", "L-RET-KEPT")),
    }
    assert status_of(home, ledger, "+905010000726").status is ConsentStatus.REFUSED


@pytest.mark.parametrize("word", ["ret", " RET\u00a0", "Red", "HAYIR"])
def test_a_refusal_in_other_words_is_a_refusal(
    home: Home, ledger: ConsentLedger, tmp_path: Path, word: str
) -> None:
    row = f"mesaj,HS_WEB,+905010000731,{word},2025-11-17 10:00:00,BIREYSEL"

    _, verdicts = bring(ledger, write(tmp_path, row))

    assert verdicts == {2: ("recorded", "")}
    assert status_of(home, ledger, "+905010000731").status is ConsentStatus.REFUSED


def test_one_bad_byte_behind_a_byte_order_mark_spoils_its_line_only(
    ledger: ConsentLedger, tmp_path: Path
) -> None:
    file = tmp_path / "bom.csv"
    good = b"MESAJ,HS_WEB,+905010000741,ONAY,2025-11-17 10:00:00,BIREYSEL\n"
    file.write_bytes(b"\xef\xbb\xbf" + HEADER.encode() + b"\xff\n" + good)

    _, verdicts = bring(ledger, file)

    assert verdicts == {2: ("refused", "L-ROW-UNREADABLE"), 3: ("recorded", "L-LATE")}


def test_what_is_no_file_is_refused(ledger: ConsentLedger, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(FileRefused) as refused:
            bring(ledger, path)
        assert refused.value.code == "L-FILE-UNREADABLE"


@pytest.mark.parametrize("name", ["nothing.csv", "nothing.xlsx"])
def test_a_file_that_is_not_there_is_said_to_be_missing(
    ledger: ConsentLedger, tmp_path: Path, name: str
) -> None:
    with pytest.raises(NotFound) as missing:
        bring(ledger, tmp_path / name)

    assert missing.value.turkish == "Bulunamadı: içe aktarılacak dosya"


def test_a_windows_file_reads_as_turkish(ledger: ConsentLedger, tmp_path: Path) -> None:
    file = tmp_path / "eski.csv"
    row = "EPOSTA;HS_WEB;çağrı@ornek.com.tr;ONAY;2025-11-17 10:00:00;BIREYSEL\r\n"
    file.write_bytes((HEADER.replace(",", ";").strip() + "\r\n" + row).encode("cp1254"))

    _, verdicts = bring(ledger, file)

    assert verdicts == {2: ("refused", "H120")}

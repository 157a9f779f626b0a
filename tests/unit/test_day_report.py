"""A day's file is made byte for byte as İYS writes it (iys/api.md §15)."""

import hashlib
from datetime import date
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import LedgerError
from ledger.evidence.merkle import root_of
from ledger.evidence.refusals import ProofRefused
from ledger.iys_sync.day_file import FiledDay, movement_of
from ledger.iys_sync.day_report import HEADER, DayReport
from ledger.iys_sync.row_root import CHUNK, check_row, prove_rows, rows_of, rows_root
from ledger.recording.day_ports import DayCount, Moved
from ledger.vocabulary import SeenHow

ID = "ab" * 32
PHONE = "+905010000001"
DAY = date(2026, 3, 4)
NOON = "2026-03-04 12:00:00"
SAID = "2026-03-03 10:15:00"


def a_moved(position: int = 1, **changed: Any) -> Moved:
    """A movement; sound by default."""
    whole: dict[str, Any] = {
        "creation_date": NOON,
        "transaction_id": ID,
        "recipient": PHONE,
        "recipient_type": "BIREYSEL",
        "channel": "MESAJ",
        "status": "ONAY",
        "consent_date": SAID,
        "source": "HS_WEB",
        "how": SeenHow.PULL,
        "of": None,
        **changed,
    }
    return Moved(position, **whole)


def made(*movements: Moved) -> bytes:
    """Their file."""
    return b"".join(DayReport(movements).pieces())


def test_a_file_is_as_documented() -> None:
    """The lines that İYS's own documentation prints (§15.1), but for the addresses."""
    first = "2024-04-19 23:58:53"
    one_id = "f26ab94c7d855113d57ea0c328d9b8b56d09b344aeff4142eb13cbf661b64e89"
    given: dict[str, Any] = {
        "creation_date": first,
        "transaction_id": one_id,
        "recipient": "deneme@ornek.com.tr",
        "channel": "EPOSTA",
        "source": "HS_FIZIKSEL_ORTAM",
    }

    file = made(
        a_moved(9, **given, status="RET", consent_date="2017-06-28 19:39:29"),
        a_moved(10, **given, status="ONAY", consent_date="2017-06-28 19:39:28"),
    )

    line = f"{first},{one_id},deneme@ornek.com.tr,BIREYSEL,EPOSTA"
    assert file.decode() == (
        "creationDate,transactionId,recipient,recipientType,type,status,consentDate,source\n"
        f"{line},ONAY,2017-06-28 19:39:28,HS_FIZIKSEL_ORTAM\n"
        f"{line},RET,2017-06-28 19:39:29,HS_FIZIKSEL_ORTAM\n"
    )


def test_an_undated_merchant_has_empty_members() -> None:
    file = made(a_moved(recipient_type="TACIR", consent_date="", source=""))

    assert file.endswith(f"{PHONE},TACIR,MESAJ,ONAY,,\n".encode())


def test_within_a_second_the_ids_decide_whatever_order_they_were_seen_in() -> None:
    three = [a_moved(number, transaction_id=f"{number:064x}") for number in (1, 2, 3)]

    files = {made(*some) for some in permutations(three)}

    assert len(files) == 1
    ids = [row.split(b",")[1] for row in rows_of(files.pop())]
    assert ids == sorted(ids) and len(ids) == 3


def test_a_movement_that_was_seen_twice_is_one_row() -> None:
    """R57: not the id alone makes it the same."""
    report = DayReport([a_moved(1), a_moved(2, how=SeenHow.RESULT, of=1), a_moved(3, status="RET")])

    assert b"".join(report.pieces()).count(b"\n") == 1 + 2
    assert report.rows == 2


def test_who_was_erased_is_counted_and_not_shown() -> None:
    report = DayReport([a_moved(1), a_moved(2, recipient=None), a_moved(3, recipient=None)])

    assert list(rows_of(b"".join(report.pieces()))) == list(rows_of(made(a_moved())))
    assert (report.rows, report.erased) == (1, 2)


def test_a_day_without_movements_has_no_file() -> None:
    assert made() == b""


def test_the_digest_and_the_counts_are_those_of_the_file() -> None:
    later = "2026-03-04 13:00:00"
    report = DayReport(
        [
            a_moved(1),
            a_moved(2, transaction_id="cd" * 32),
            a_moved(3, creation_date=later, status="RET", source="IYS_KISAMESAJ"),
            a_moved(4, creation_date=later, channel="ARAMA", recipient_type="TACIR"),
        ]
    )

    file = b"".join(report.pieces())

    assert report.sha384 == hashlib.sha384(file).hexdigest()
    assert report.counts() == [
        DayCount("BIREYSEL", "MESAJ", "HS", 2, 0),
        DayCount("BIREYSEL", "MESAJ", "IYS", 0, 1),
        DayCount("TACIR", "ARAMA", "HS", 1, 0),
    ]
    assert sum(count.total for count in report.counts()) == report.rows == 4


def test_what_we_write_is_what_we_read() -> None:
    undated = a_moved(2, transaction_id="cd" * 32, consent_date="", source="")
    file = made(a_moved(), undated)

    read = FiledDay(file, DAY)

    assert read.is_as_documented and not read.unreadable and read.rows == 2
    ((second, rows),) = read.seconds()
    assert second == NOON and b"".join((HEADER, *rows)) == file
    shown = movement_of(rows[0])
    assert (shown.transaction_id, shown.recipient, shown.consent_date) == (ID, PHONE, SAID)
    assert (movement_of(rows[1]).consent_date, movement_of(rows[1]).source) == (None, None)


@pytest.mark.parametrize("rows", [1, 2, 7, CHUNK, CHUNK + 1])
def test_each_row_can_be_shown_alone(rows: int) -> None:
    lines = [b"row %d" % number for number in range(rows)]
    count, root = rows_root(iter(lines))
    wanted = {0, rows // 2, rows - 1}

    for proof in prove_rows(lines, wanted):
        check_row(proof, root)
        with pytest.raises(ProofRefused):
            check_row(type(proof)(proof.line + b"x", proof.index, proof.size, proof.path), root)
    assert count == rows


def test_the_header_is_no_row_and_an_end_of_line_no_part_of_one() -> None:
    assert list(rows_of(HEADER + b"a,b\nc,d")) == [b"a,b", b"c,d"]
    assert rows_root(rows_of(HEADER)) == (0, root_of([]))
    assert list(rows_of(b"a,b\n" + HEADER)) == [b"a,b", HEADER.rstrip()]


@given(st.binary(max_size=300), st.integers(0, 40))
def test_no_file_breaks_the_reading(noise: bytes, at: int) -> None:
    """Whatever comes is read or told as unreadable, each line once."""
    sound = made(a_moved(1), a_moved(2, transaction_id="cd" * 32))
    for content in (noise, sound[:at] + noise + sound[at:]):
        try:
            read = FiledDay(content, DAY)
            rows = [row for _, some in read.seconds() for row in some]
        except LedgerError:
            pytest.fail("a file is never refused as a whole")
        assert len(rows) == read.rows
        assert all(movement_of(row).creation_date.startswith("2026-03-04") for row in rows)
        assert len(list(read.lines_unreadable())) == len(read.unreadable)

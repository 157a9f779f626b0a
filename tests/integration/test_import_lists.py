"""Lists of refusals as people keep them: names, notes and separators beside the address (C8)."""

from pathlib import Path

import pytest

from ledger.addresses import parse_address
from ledger.application import ConsentLedger
from ledger.bootstrap import Home
from ledger.vocabulary import Channel, ConsentStatus
from tests.integration.bringing import Verdicts, bring, status_of

KEPT, BAD = ("suppressed", "L-RET-KEPT"), ("refused", "H121")


def brought(ledger: ConsentLedger, folder: Path, text: str | bytes) -> Verdicts:
    file = folder / "ret.txt"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return bring(ledger, file, refusals=True)[1]


def refused(home: Home, ledger: ConsentLedger, text: str) -> bool:
    channel = Channel.EMAIL if "@" in text else Channel.MESSAGE
    return status_of(home, ledger, text, channel).status is ConsentStatus.REFUSED


@pytest.mark.parametrize(
    "line",
    [
        "05010003001",
        "05010003001;aradı, bir daha aranmasın, dedi",
        "Ali Veli,05010003001",
        "17,Ali Veli;0501 000 30 01;",
        "Ali\t+90 (501) 000 30 01\tnot",
        "'+905010003001",
        '"Veli; Ali",5010003001.0',
        '"Ali" Veli,05010003001,not',
        'Ali,"05010003001',
    ],
)
@pytest.mark.parametrize("heading", ["", "Ad;Telefon;Not\n", "Ad\n", "telefon\n"])
def test_the_cell_that_is_an_address_is_refused(
    home: Home, ledger: ConsentLedger, tmp_path: Path, heading: str, line: str
) -> None:
    verdicts = brought(ledger, tmp_path, f"{heading}{line}\n")

    assert verdicts == {1 + bool(heading): KEPT}
    assert refused(home, ledger, "+905010003001")


def test_every_address_of_a_line_is_refused(
    home: Home, ledger: ConsentLedger, tmp_path: Path
) -> None:
    """Nobody can tell which was meant, and a refusal is never lost (C5)."""
    verdicts = brought(ledger, tmp_path, "Ali;05010003002;ali@ornek.com;05010003002\n")

    assert verdicts == {1: KEPT}
    assert refused(home, ledger, "+905010003002") and refused(home, ledger, "ali@ornek.com")


def test_a_first_line_with_an_address_is_no_heading(
    home: Home, ledger: ConsentLedger, tmp_path: Path
) -> None:
    assert brought(ledger, tmp_path, "Ali;05010003003\nAd;yok\n") == {1: KEPT, 2: BAD}
    assert refused(home, ledger, "+905010003003")


def test_lines_without_an_address_are_refused_one_by_one(
    ledger: ConsentLedger, tmp_path: Path
) -> None:
    verdicts = brought(ledger, tmp_path, "Ad,Telefon\nAli,123\nAyşe,yok\nVeli,ali@,0501\n")

    assert verdicts == {2: BAD, 3: BAD, 4: ("refused", "H120")}


def test_a_faulty_line_keeps_its_address(home: Home, ledger: ConsentLedger, tmp_path: Path) -> None:
    lines = ["05010003006;ığ".encode(), *["05010003007;ş".encode()] * 3]
    lines += [b"05010003004;\xff", b"05010003005;\x00", b"\xff;yok"]

    verdicts = brought(ledger, tmp_path, b"\n".join(lines))

    assert verdicts == {**dict.fromkeys(range(1, 7), KEPT), 7: ("refused", "L-ROW-UNREADABLE")}
    assert refused(home, ledger, "+905010003004") and refused(home, ledger, "+905010003005")


def test_a_note_that_only_holds_a_number_refuses_nobody(
    ledger: ConsentLedger, tmp_path: Path
) -> None:
    brought(ledger, tmp_path, "05010003008;eşi 0501 000 30 09 aradı\n")

    other = parse_address("+905010003009", Channel.MESSAGE).uri
    assert not ledger.store.generations(ledger.vault.lookup(other))

"""The way in and out by the command line (design.md §11), on its own embedded PostgreSQL."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ledger import bootstrap
from ledger.settings import Settings
from tests.acceptance.commands import izin

HEADER = "type,source,recipient,status,consentDate,recipientType\n"
ADDRESS = "+905010000101"
ASKED = ("--brand", "123456", "--channel", "MESAJ", "--recipient")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data folder with provider and brand 123456 and three recorded rows; its server is kept
    running, so that the commands only join it."""
    folder = tmp_path_factory.mktemp("izin") / "veri klasörü"
    with bootstrap.home(Settings(data=folder)):
        fill(folder)
        yield folder


def fill(folder: Path) -> None:
    assert izin(folder, "provider", "add", "--iys-code", "123456", "--title", "Örnek").code == 0
    added = izin(folder, "brand", "add", "--iys-code", "123456", "--brand", "123456", "--name", "Ö")
    assert added.code == 0
    yesterday = (datetime.now(UTC) - timedelta(days=1)).strftime("%Y-%m-%d 09:00:00")
    file = folder.parent / "satırlar.csv"
    rows = [
        f"MESAJ,HS_WEB,{ADDRESS},ONAY,{yesterday},BIREYSEL",
        f"MESAJ,HS_MESAJ,0501 000 01 02,RET,{yesterday},BIREYSEL",
        f"MESAJ,HS_KAHVE,+905010000103,ONAY,{yesterday},BIREYSEL",
    ]
    file.write_text(HEADER + "\n".join(rows), encoding="utf-8")
    verdicts = folder.parent / "kararlar.csv"
    given = ("--brand", "123456", "--verdicts", str(verdicts), "--json")
    ran = izin(folder, "import", str(file), *given)
    assert ran.code == 0, ran.err
    counts = {name: ran.answer[name] for name in ("read", "recorded", "refused", "already")}
    assert counts == {"read": 3, "recorded": 2, "refused": 1, "already": 0}


def test_the_verdict_file_names_line_rule_and_field_in_turkish(data: Path) -> None:
    lines = (data.parent / "kararlar.csv").read_text(encoding="utf-8").splitlines()

    assert lines[0] == "line,verdict,code,message"
    assert lines[1:3] == ["2,recorded,,", "3,recorded,,"]
    assert lines[3].startswith("4,refused,H119,")
    assert "İzin kaynağı (source)" in lines[3]


def test_status_tells_line_and_verdict(data: Path) -> None:
    answer = izin(data, "status", *ASKED, ADDRESS, "--json").answer

    assert answer["status"] == "ONAY"
    assert (answer["verdict"], answer["reason"]) == ("NOT_YET_REGISTERED", "QUEUED")
    assert answer["permitted"] is False
    assert answer["source"] == "HS_WEB"
    assert isinstance(answer["position"], int)


def test_a_refusal_blocks_and_the_address_may_come_from_standard_input(data: Path) -> None:
    ran = izin(data, "status", *ASKED, "-", "--json", stdin="+90 501 000 01 02\n")

    assert (ran.answer["status"], ran.answer["permitted"]) == ("RET", False)


def test_status_of_a_past_instant_and_of_what_was_known_then(data: Path) -> None:
    before = izin(data, "status", *ASKED, ADDRESS, "--at", "2020-01-01 00:00:00", "--json")
    unknown = izin(
        data, "status", *ASKED, ADDRESS, "--known-at", "2020-01-01T00:00:00+03:00", "--json"
    )

    assert (before.answer["status"], unknown.answer["status"]) == (None, None)


def test_an_unreadable_address_is_an_answer_that_permits_nothing(data: Path) -> None:
    ran = izin(data, "status", *ASKED, "3338", "--json")

    assert ran.code == 0
    assert (ran.answer["verdict"], ran.answer["permitted"]) == ("INVALID_ADDRESS", False)


def test_history_lists_events_with_their_dates_and_no_address(data: Path) -> None:
    ran = izin(data, "history", *ASKED, ADDRESS, "--json")

    events = ran.answer["events"]
    assert isinstance(events, list)
    assert [event["type"] for event in events] == ["consent.granted"]
    assert ADDRESS[-7:] not in ran.out


def test_fsck_is_clean(data: Path) -> None:
    ran = izin(data, "fsck", "--json")

    assert ran.code == 0
    assert ran.answer["clean"] is True


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("status", "--brand", "123456", "--channel", "SMS", "--recipient", "-"), 2, "MESAJ"),
        (("status", "--brand", "99", "--channel", "MESAJ", "--recipient", "-"), 1, "99"),
        (("status", *ASKED, "-", "--at", "2026-11-22T10:15:00"), 2, "Kullanım hatası"),
        (("import", "yok.csv", "--brand", "123456"), 1, "Bulunamadı: içe aktarılacak dosya"),
        (("import", "yok.csv", "--brand", "123456", "--lang", "en"), 1, "the file to import"),
        (("import", "yok.csv"), 2, "Kullanım hatası"),
        (("no-such-command",), 2, "Kullanım hatası"),
        (("fsck", "--lang", "de"), 2, "tr, en"),
    ],
    ids=["channel", "brand", "time", "file", "english", "option", "command", "language"],
)
def test_bad_usage_is_named_and_ends_with_its_code(
    data: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    ran = izin(data, *arguments, stdin=f"{ADDRESS}\n")

    assert ran.code == code, ran.err
    assert said in ran.err
    assert "Traceback" not in ran.err


def test_the_demo_ends_clean_uses_nobodys_database_and_leaves_nothing(tmp_path: Path) -> None:
    ran = izin(tmp_path / "unused", "demo", "--json", DATABASE_URL="host=/nowhere dbname=used")

    assert ran.code == 0, ran.err
    assert (ran.answer["clean"], ran.answer["proven"]) == (True, True)
    assert ran.answer["recordedAgain"] == 0
    week = {"told": 58, "refusedThere": 3, "outageHours": 4, "daysEqual": 7}
    assert ran.answer["iys"] == week
    assert list(tmp_path.iterdir()) == []

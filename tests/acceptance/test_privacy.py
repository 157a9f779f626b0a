"""No address in any event, table, log line, error or repr: the vault alone has them, sealed."""

import re
from pathlib import Path

import psycopg
import pytest

from ledger import bootstrap
from ledger.addresses import parse_address
from ledger.settings import Settings
from ledger.vocabulary import Channel, IysCode
from tests.acceptance.commands import Ran, izin

HEADER = "type,source,recipient,status,consentDate,recipientType\n"
ROWS = (
    "MESAJ,HS_WEB,+90 (501) 765 43 21,ONAY,2025-11-17 10:00:00,BIREYSEL",
    "MESAJ,HS_WEB,05017654322,RET,17 Kasim,KURUM",
    "EPOSTA,HS_WEB,Gizli.Kisi@Ornek.com.tr,ONAY,2025-11-17 10:00:00,BIREYSEL",
    "EPOSTA,HS_KAHVE,gizli.kisi.iki@ornek.com.tr,ONAY,2025-11-17 10:00:00,BIREYSEL",
    "MESAJ,HS_WEB,050176543,ONAY,2025-11-17 10:00:00,BIREYSEL",
    "EPOSTA,HS_WEB,gizli.kişi@ornek.com.tr,ONAY,2025-11-17 10:00:00,BIREYSEL",
)
SECRET = re.compile(r"765 ?43|gizli|17 Kasim", re.IGNORECASE)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("privacy") / "data"
    assert izin(folder, "provider", "add", "--iys-code", "123456", "--title", "Örnek").code == 0
    added = izin(folder, "brand", "add", "--iys-code", "123456", "--brand", "123456", "--name", "Ö")
    assert added.code == 0
    return folder


def test_a_dump_of_everything_shows_no_address(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text(HEADER + "\n".join(ROWS), encoding="utf-8")
    asked = ("--brand", "123456", "--channel", "MESAJ", "--recipient", "-")
    said = [
        izin(data, "import", str(file), "--brand", "123456", "--verdicts", str(tmp_path / "v.csv")),
        izin(data, "status", *asked, stdin="+905017654321\n"),
        izin(data, "status", *asked, stdin="+9050176543210000\n"),
        izin(data, "history", *asked, "--json", stdin="+905017654321\n"),
        izin(data, "history", *asked, stdin="+9050176543210000\n"),
    ]

    dump = tables(data)

    assert "consent.granted" in dump
    assert "iys_outbox" in dump
    assert not SECRET.search(dump)
    assert not SECRET.search((tmp_path / "v.csv").read_text(encoding="utf-8"))
    for ran in said:
        assert_silent(ran)
    logs = (data / "pg.log").read_text(encoding="utf-8", errors="replace")
    assert not SECRET.search(logs)


def test_what_holds_an_address_does_not_show_it() -> None:
    address = parse_address("+905017654321", Channel.MESSAGE)

    assert not SECRET.search(repr(address))
    assert not SECRET.search(f"{address}")


def assert_silent(ran: Ran) -> None:
    assert not SECRET.search(ran.out + ran.err)
    assert "Traceback" not in ran.err


def tables(data: Path) -> str:
    """Every table of every schema as text, the sealed columns of the vault included; bytes both as
    they are and as the text they may hold."""
    lines = []
    with (
        bootstrap.home(Settings(data=data)) as home,
        psycopg.connect(home.dsn) as connection,
    ):
        home.follow(IysCode(123456))
        names = connection.execute(
            "SELECT format('%I.%I', table_schema, table_name) FROM information_schema.tables"
            " WHERE table_schema NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        for (name,) in names:
            lines.append(name)
            for row in connection.execute(f"SELECT * FROM {name}").fetchall():
                lines.append(" ".join(_text(cell) for cell in row))
    return "\n".join(lines)


def _text(cell: object) -> str:
    return cell.decode("utf-8", errors="replace") if isinstance(cell, bytes) else str(cell)

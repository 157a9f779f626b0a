"""A past day over HTTP and on the command line: the same bytes, for those who may read them."""

import hashlib
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from ledger.addresses import parse_address
from ledger.application import ConsentLedger
from ledger.bootstrap import Home
from ledger.iys_sync.day_report import HEADER
from ledger.recording.day_ports import DayKept, DayState, Listed, StampState
from ledger.recording.day_words import Kind
from ledger.recording.sights import IysWords, sight
from ledger.settings import Settings
from ledger.vocabulary import BrandCode, Channel, RecipientType
from tests.acceptance.commands import Ran, run
from tests.acceptance.services import BRAND, Running
from tests.integration.acts import BRAND_CODE, IYS_CODE, LATER, seen

DAY = LATER[:10]
DAYS = f"/v1/brands/{BRAND}/days"
ID = "ab" * 32
LINE = f"{LATER},{ID},+905010000501,BIREYSEL,MESAJ,ONAY,2026-11-24 10:00:00,HS_WEB"
FILE = HEADER + f"{LINE}\n".encode()
SHA384 = hashlib.sha384(FILE).hexdigest()


def show(ledger: ConsentLedger) -> None:
    """One movement of the day."""
    address, kind = parse_address("+905010000501", Channel.MESSAGE), RecipientType.INDIVIDUAL
    words = IysWords(transaction_id=ID)
    ledger.record([sight(address, BRAND_CODE, Channel.MESSAGE, kind, seen(), words)])


def compared(home: Home) -> None:
    """What is known of the day at İYS: a row too many there."""
    kept = DayKept(
        brand_code=BrandCode(BRAND),
        day=date.fromisoformat(DAY),
        state=DayState.OPEN,
        checked_at=datetime(2026, 11, 25, 6, tzinfo=UTC),
        rows_here=1,
        rows_there=2,
        file_sha384="cd" * 48,
        hash_value="cd" * 48,
        stamp=StampState.NO_ROOT,
        differences={Kind.UNREADABLE: 1},
        open_rows=1,
    )
    row = Listed(Kind.UNREADABLE, True, None, "a row of nobody's", None)
    home.days(IYS_CODE).note(kept, [row])


def report(settings: Settings, out: Path, day: str = DAY, *more: str) -> Ran:
    """`izin report`."""
    given = {"DATABASE_URL": str(settings.database_url), "IZIN_KEYS": str(settings.key_folder)}
    asked = ("--brand", str(BRAND), "--day", day, "--out", str(out))
    return run("report", *asked, "--json", *more, **given)


def test_a_day_is_shown_with_both_sides(http: Running) -> None:
    show(http.home.ledger(IYS_CODE))
    fresh = http.get(f"{DAYS}/{DAY}").json()
    compared(http.home)

    shown = http.get(f"{DAYS}/{DAY}", accept_language="en").json()

    assert (fresh["rows"], fresh["sha384"], fresh["state"]) == (1, SHA384, None)
    assert fresh["iys"] is None and fresh["isEqual"] is None
    assert fresh["counts"] == [
        {
            "recipientType": "BIREYSEL",
            "type": "MESAJ",
            "source": "HS",
            "granted": 1,
            "refused": 0,
            "total": 1,
        }
    ]
    assert (shown["state"], shown["isEqual"], shown["sha384"]) == ("open", False, SHA384)
    assert shown["iys"]["hashValue"] == "cd" * 48 and shown["iys"]["agreed"] is False
    assert shown["iys"]["stampMessage"] == "over this file; unverified: no root"
    (told,) = shown["differences"]
    assert (told["kind"], told["rows"]) == ("unreadable", 1) and told["mend"]
    assert shown["rowsDiffering"][0]["there"] == "a row of nobody's"
    turkish = http.get(f"{DAYS}/{DAY}").json()
    assert turkish["differences"][0]["message"].startswith("İYS'nin dosyasında")


def test_the_file_is_the_bytes_with_their_hash(http: Running) -> None:
    answered = http.get(f"{DAYS}/{DAY}.csv")

    assert answered.content == FILE
    assert answered.headers["izin-sha384"] == SHA384
    assert answered.headers["content-type"].startswith("text/csv")
    assert answered.headers["cache-control"] == "no-store"
    assert http.get(f"{DAYS}/2026-11-23.csv").content == b""


@pytest.mark.parametrize("day", ["2026-02-30", "2026-2-3", "20260204", "x", "2026-11-24T"])
def test_what_is_no_day_is_refused(http: Running, day: str) -> None:
    for path in (day, f"{day}.csv"):
        answered = http.get(f"{DAYS}/{path}")
        assert (answered.status_code, answered.json()["code"]) == (422, "L-FIELD")


def test_the_command_writes_the_same_file(
    home: Home, ledger: ConsentLedger, settings: Settings, tmp_path: Path
) -> None:
    show(ledger)
    out = tmp_path / "day.csv"

    ran = report(settings, out)
    quiet = report(settings, tmp_path / "quiet.csv", "2026-11-23")

    assert ran.code == 0 and out.read_bytes() == FILE
    assert (ran.answer["rows"], ran.answer["sha384"]) == (1, SHA384)
    assert "BIREYSEL MESAJ HS: 1 ONAY, 0 RET." in ran.err + ran.out
    assert (quiet.answer["rows"], quiet.answer["sha384"]) == (0, None)
    assert (tmp_path / "quiet.csv").read_bytes() == b""
    assert out.stat().st_mode & 0o777 == 0o600
    assert report(settings, out, "2026-13-01").code == 2

"""`izin sync` as an officer types it, against a twin: told, taken, compared, agreed, adopted."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer

from ledger import bootstrap, clock
from ledger.aggregates.commands import Origin, Provenance
from ledger.aggregates.intake import RawAct, parse_act
from ledger.bootstrap import Home
from ledger.cli.reporting import day_of
from ledger.clock import ISTANBUL
from ledger.recording.request import Request
from ledger.vocabulary import BrandCode
from tests.acceptance.commands import ROOT, Ran, environment, run
from tests.check import check_ledger
from tests.conftest import Server, a_clone
from tests.integration.acts import BRAND_CODE, IYS_CODE
from tests.twin.test_twin_cli import RunningTwin, running_twin
from tests.twin.twin_harness import a_phone

NOT_AT_IYS = BrandCode(111111)
"""A brand that the account has not; İYS is asked about it before the other one."""
WRONG = "mistyped-password"
TWIN_AHEAD = timedelta(seconds=3_700)
"""The twin ends ahead of us: what it lists is an hour old, a day's file ten minutes after it."""


@dataclass(frozen=True, slots=True)
class Office:
    """A ledger with two consents of `day`, yesterday, on which the clock of its İYS began."""

    home: Home
    twin: RunningTwin
    folder: Path
    day: date

    @property
    def settings(self) -> dict[str, str]:
        """In the environment of a command."""
        return {"DATABASE_URL": self.home.dsn, "IZIN_KEYS": str(self.folder / "keys")}

    @property
    def last_position(self) -> int:
        return self.home.ledger(IYS_CODE).store.last_position()

    def izin(self, *arguments: str, stdin: str = "") -> Ran:
        return run(*arguments, "--json", stdin=stdin, **self.settings)

    def connect(self, *more: str, password: str | None = None) -> Ran:
        """`izin sync connect` to the twin, whose URL is typed with a slash behind it."""
        told = self.twin.told
        account = ("--url", f"{told['url']}/", "--username", told["username"])
        secret = password or told["password"]
        return self.izin("sync", "connect", *account, *more, stdin=f"{secret}\n")


@pytest.fixture
def office(server: Server, tmp_path: Path) -> Iterator[Office]:
    day = clock.now().astimezone(ISTANBUL).date() - timedelta(days=1)
    given = ("--set", f"iys_code={IYS_CODE}", "--set", f"start_at={day} 18:00:00")
    with a_clone(server, tmp_path) as settings, bootstrap.home(settings) as home:
        home.ledger(IYS_CODE).record([a_consent(number, day) for number in (1, 2)])
        with running_twin(*given) as twin:
            yield Office(home, twin, tmp_path, day)
        check_ledger(home, IYS_CODE)


def test_a_day_as_an_officer_works_through_it(office: Office) -> None:
    connects_and_mistypes(office)
    tells_and_takes(office)
    compares_and_agrees(office)
    adopts(office)
    assert run_until_stopped(office) == 128 + signal.SIGTERM


def connects_and_mistypes(office: Office) -> None:
    connected = office.connect()
    mistyped = office.connect("--lang", "en", password=WRONG)

    assert connected.answer == {"iysCode": IYS_CODE, "works": True, "brands": [BRAND_CODE]}
    assert (mistyped.code, mistyped.answer["works"]) == (1, False)
    assert "the former one stays" in mistyped.err and "user name or password" in mistyped.err
    assert WRONG not in mistyped.out + mistyped.err


def tells_and_takes(office: Office) -> None:
    """By the account that was there before one was mistyped. A brand that İYS refuses, here and
    below, keeps the other one not back."""
    pushed = office.izin("sync", "push")
    office.home.add_brand(IYS_CODE, NOT_AT_IYS, "Başka", actor="system:test")
    control = office.twin.told["control"]
    moved = {"how": "sms", "recipient": a_phone(1), "brandCode": BRAND_CODE}
    assert httpx.post(f"{control}/movements", json=moved).is_success
    at = clock.iys_text(clock.now() + TWIN_AHEAD)
    assert httpx.post(f"{control}/clock", json={"set": at}).is_success
    pulled = office.izin("sync", "pull")

    assert pushed.answer["waiting"] == 0, pushed.err
    assert (pulled.code, pulled.answer["refused"]) == (1, [NOT_AT_IYS])
    assert pulled.answer["recorded"] == 1


def compares_and_agrees(office: Office) -> None:
    day = office.day.isoformat()
    compared = office.izin("sync", "reconcile", "--day", day)
    agreed = office.izin("sync", "agree", "--brand", str(BRAND_CODE), "--day", day)

    (refused, found), (told,) = days_of(compared), days_of(agreed)
    assert (compared.code, refused["state"]) == (1, None)
    assert f"{NOT_AT_IYS} {day}: " in compared.err
    assert (found["state"], found["rows"], found["agreed"]) == ("equal", 3, False)
    assert found["stamp"] == "no_root" and "kök tanımlı değil" in compared.err
    assert f"izin sync agree --brand {BRAND_CODE} --day {day}" in compared.err
    assert told["agreed"] and "mutabakat bildirildi" in agreed.err


def adopts(office: Office) -> None:
    """A place that is none is told before İYS is asked about everybody."""
    adopt = ("sync", "adopt", "--brand", str(BRAND_CODE), "--declared-by", "Çiğdem Şık", "--out")
    minutes, before = office.folder / "tutanak.md", office.last_position
    nowhere = office.izin(*adopt, str(office.folder / "yok" / "tutanak.md"))
    unasked = office.last_position
    adopted = office.izin(*adopt, str(minutes))

    assert (nowhere.code, unasked) == (2, before)
    assert (adopted.answer["asked"], adopted.answer["granted"]) == (2, 1), adopted.err
    assert "Çiğdem Şık" in minutes.read_text(encoding="utf-8")
    assert minutes.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ["20261124", "2026-W48-2", "2026-11-31", "dün", ""])
def test_a_day_is_typed_in_one_form(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="YYYY-AA-GG"):
        day_of(text)


def days_of(ran: Ran) -> Any:
    return ran.answer["days"]


def a_consent(number: int, day: date) -> Request:
    """Of ten o'clock."""
    given = Provenance(
        origin=Origin.LIVE,
        via="api",
        actor="key:test",
        received_at=clock.utc_text(clock.now()),
        tzdata=clock.TZDATA_VERSION,
    )
    raw = RawAct("MESAJ", "HS_WEB", a_phone(number), "ONAY", f"{day} 10:00:00", "BIREYSEL")
    act = parse_act(raw, given, received_at=clock.now())
    return Request(act.address, BRAND_CODE, act.channel, act.recipient_types, act.command)


def run_until_stopped(office: Office) -> int:
    """How `izin sync run` ends that is told to while it works."""
    process = subprocess.Popen(
        [sys.executable, "-m", "ledger.cli.main", "sync", "run"],
        cwd=ROOT,
        env=environment(**office.settings),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None and "eşitleniyor" in process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    return process.returncode

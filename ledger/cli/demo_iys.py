"""The middle of `izin demo`: a week with İYS, played against the local twin in a few seconds.

The twin's clock is a week behind and catches up: consents are told to İYS, recipients refuse there,
İYS is down for some hours, and every day is compared with İYS's own file.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from time import sleep
from typing import Final

import httpx
import msgspec

from ledger import clock
from ledger.aggregates.commands import Origin, Provenance
from ledger.aggregates.intake import RawAct, parse_act
from ledger.bootstrap import Home
from ledger.cli.context import ACTOR
from ledger.cli.output import Output
from ledger.clock import ISTANBUL, iys_text
from ledger.errors import ServiceUnavailable
from ledger.iys_sync.errors import IysFailure
from ledger.iys_sync.line import Means
from ledger.recording.day_ports import DayState
from ledger.recording.day_words import STATES
from ledger.recording.request import Request
from ledger.store.iys_account import AccountAtIys, AgreementSetting
from ledger.vocabulary import BrandCode, IysCode
from ledger.wiring.sync import Sync

DAYS: Final = 7
OUTAGE_DAY: Final = 3
OUTAGE: Final = timedelta(hours=4)
OPT_OUT_DAYS: Final = (1, 2, 5)
BACKLOG_DAY: Final = 2
BACKLOG: Final = 40
SINGLES: Final = 3
RESULTS: Final = timedelta(minutes=6)
"""İYS wants a list's results asked for after five (R24)."""
SECONDS_MAX: Final = 30
NAP_SECONDS_MAX: Final = 0.2
PUSHES_MAX: Final = 50


class _Told(msgspec.Struct, rename="camel", frozen=True):
    """The first line of `izin twin --json`."""

    url: str
    username: str
    password: str
    control: str


@dataclass(slots=True)
class Twin:
    """The local İYS, its clock with it; ours towards İYS is the same."""

    told: _Told
    now: datetime

    def at(self, instant: datetime) -> None:
        """Let both clocks show this; they never go back."""
        if instant > self.now:
            self.now = instant
            self.ask("clock", {"set": iys_text(instant)})

    def later(self, span: timedelta) -> None:
        """Let so much time pass."""
        self.at(self.now + span)

    def ask(self, path: str, body: dict[str, object]) -> None:
        """Have the twin do something. Raises ServiceUnavailable."""
        try:
            answer = httpx.post(f"{self.told.control}/{path}", json=body, timeout=SECONDS_MAX)
            answer.raise_for_status()
        except httpx.HTTPError as error:
            raise ServiceUnavailable(self.told.control) from error


@dataclass(frozen=True, slots=True)
class Played:
    """What the week came to."""

    told: int
    refused_at_iys: int
    outage_hours: int
    days_equal: int


def play(home: Home, output: Output, iys_code: IysCode, brand: BrandCode) -> Played:
    """Play the week up to now. Raises LedgerError."""
    today = clock.now().astimezone(ISTANBUL).date()
    with _twin(iys_code, _at(today - timedelta(days=DAYS), 9)) as twin:
        account = AccountAtIys(
            url=twin.told.url,
            username=twin.told.username,
            password=twin.told.password,
            agreement=AgreementSetting.AUTO,
            tsa_roots=httpx.get(f"{twin.told.control}/tsa.pem", timeout=SECONDS_MAX).content,
        )
        home.connections.account(iys_code).write(account)
        output.say(
            f"\nYerel İYS: {twin.told.url}. Bir hafta oynanıyor …",
            f"\nLocal İYS: {twin.told.url}. Playing a week …",
        )
        means = Means(now=lambda: twin.now, sleep=_nap)
        with home.connections.sync(iys_code, means) as sync:
            week = _Week(home, output, iys_code, brand, twin, sync)
            for number in range(DAYS):
                week.live(today - timedelta(days=DAYS - number), number)
            week.end(today)
            return week.played


class _Week:
    """The week under way."""

    def __init__(
        self,
        home: Home,
        output: Output,
        iys_code: IysCode,
        brand: BrandCode,
        twin: Twin,
        sync: Sync,
    ) -> None:
        self._home = home
        self._output = output
        self._code = iys_code
        self._brand = brand
        self._twin = twin
        self._sync = sync
        self._number = 0
        self._refused = 0
        self._equal = 0

    @property
    def played(self) -> Played:
        """What it came to."""
        return Played(self._number, self._refused, OUTAGE // timedelta(hours=1), self._equal)

    def live(self, day: date, number: int) -> None:
        """One day: yesterday is compared first, then consents come in and some refuse."""
        if number:
            self._compare(day - timedelta(days=1))
        self._take(day, 10, BACKLOG if number == BACKLOG_DAY else SINGLES)
        if number == OUTAGE_DAY:
            self._go_silent(day)
        self._push()
        if number in OPT_OUT_DAYS:
            self._twin.at(_at(day, 14))
            self._opt_out(number)
        self._twin.at(_at(day, 22))
        self._push()

    def end(self, today: date) -> None:
        """Today so far: yesterday is compared, and what İYS lists by now is pulled."""
        self._compare(today - timedelta(days=1))
        self._twin.at(clock.now())
        self._sync.puller.pull(self._brand)

    def _take(self, day: date, hour: int, count: int) -> None:
        """Consents of a day, brought a minute later."""
        self._twin.at(_at(day, hour) + timedelta(minutes=5))
        requests = []
        for _ in range(count):
            self._number += 1
            requests.append(self._consent(f"+9050100{20_000 + self._number:05}", _at(day, hour)))
        self._home.ledger(self._code).record(requests)

    def _consent(self, phone: str, at: datetime) -> Request:
        now = clock.now()
        given = Provenance(
            origin=Origin.LIVE,
            via="demo",
            actor=ACTOR,
            received_at=clock.utc_text(now),
            tzdata=clock.TZDATA_VERSION,
        )
        raw = RawAct("MESAJ", "HS_WEB", phone, "ONAY", iys_text(at), "BIREYSEL")
        act = parse_act(raw, given, received_at=now)
        return Request(act.address, self._brand, act.channel, act.recipient_types, act.command)

    def _opt_out(self, number: int) -> None:
        """A recipient of the first days refuses at İYS by a text message."""
        self._twin.ask("movements", {"how": "sms", "recipient": f"+9050100{20_000 + number:05}"})
        self._refused += 1

    def _go_silent(self, day: date) -> None:
        self._twin.ask(
            "faults", {"kind": "code", "code": "H192", "minutes": OUTAGE / timedelta(minutes=1)}
        )
        hours = OUTAGE // timedelta(hours=1)
        for _ in range(hours):
            with suppress(IysFailure):
                self._push()
            self._twin.later(timedelta(hours=1))
        self._output.say(
            f"  {day}: İYS {hours} saat yanıt vermedi (503 H192); kayıtlar bekledi",
            f"  {day}: İYS did not answer for {hours} hours; consents waited",
        )

    def _push(self) -> None:
        """Until İYS has answered all that is due. Raises IysFailure."""
        for _ in range(PUSHES_MAX):
            self._home.follow(self._code)
            self._twin.later(timedelta(seconds=3))
            self._sync.pusher.push_once()
            self._home.follow(self._code)
            waiting = self._home.deadlines(self._code).waiting(self._twin.now + timedelta(days=5))
            due = [row for row in waiting if row.due_internal - self._twin.now > timedelta(0)]
            if not due:
                return
            self._twin.later(RESULTS)

    def _compare(self, day: date) -> None:
        self._twin.at(_at(day + timedelta(days=1), 1))
        self._sync.puller.pull(self._brand)
        kept = self._sync.reconciler.reconcile(self._brand, day, actor=ACTOR)
        self._equal += kept.state is DayState.EQUAL and kept.agreed
        turkish, english = STATES[kept.state]
        digest = (kept.file_sha384 or "")[:16]
        self._output.say(
            f"  {day}: {kept.rows_there} hareket, {turkish}, SHA-384 {digest}…",
            f"  {day}: {kept.rows_there} movements, {english}, SHA-384 {digest}…",
        )


def _nap(seconds: float) -> None:
    """İYS's pace is kept; what would be waited for while it is down is not."""
    sleep(min(seconds, NAP_SECONDS_MAX))


def _at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), ISTANBUL)


@contextmanager
def _twin(iys_code: IysCode, start: datetime) -> Iterator[Twin]:
    """A local İYS in a process of its own, its clock standing at `start`."""
    settings = (f"iys_code={iys_code}", f"start_at={iys_text(start)}", "speed=0")
    command = [sys.executable, "-m", "ledger.cli.main", "twin", "--port", "0", "--json"]
    for one in settings:
        command += ["--set", one]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # greets whoever starts it by hand
        text=True,
        encoding="utf-8",
    )
    assert process.stdout is not None
    try:
        told = msgspec.json.decode(process.stdout.readline(), type=_Told)
        yield Twin(told, start)
    finally:
        process.terminate()
        process.stdout.close()
        process.wait(SECONDS_MAX)

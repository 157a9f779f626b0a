"""`izin twin --demo`: a week of a small provider and its recipients, with one outage.

The provider is an ordinary client of the twin over its own HTTP interface: it logs in, adds, adds
lists, is let down for four hours and catches up, and agrees day by day. All data are made up.
"""

import asyncio
import hashlib
from collections.abc import Callable
from typing import Any, Final

import httpx
import msgspec
from starlette.types import ASGIApp

from ledger.iys_twin import recipients
from ledger.iys_twin.consents import GRANTED
from ledger.iys_twin.engine import Twin
from ledger.iys_twin.faults import FaultKind
from ledger.iys_twin.recipients import How, MoveRefused
from ledger.iys_twin.times import DAY, HOUR, Wall, day_start, text_of

DAYS: Final = 7
REAL_SECONDS: Final = 600.0
SPEED: Final = DAYS * DAY / REAL_SECONDS
PAUSE_SECONDS: Final = 0.1
SINGLES: Final = 3
LIST_LENGTH: Final = 40
OUTAGE_DAY, OUTAGE_HOUR, OUTAGE_HOURS = 3, 10, 4
FIRST_HOUR, LAST_HOUR = 9, 18
NAME: Final = "Deneme Kişi"

Step = tuple[Wall, str]


class DemoReport(msgspec.Struct, rename="camel"):
    """What happened in the week."""

    sent: int = 0
    let_down: int = 0
    refused: int = 0
    backlog: int = 0
    opt_outs: int = 0
    closed_lines: int = 0
    is_whole: bool = False
    """Whether the week was lived to its end."""
    days_agreed: int = 0
    days_different: int = 0


def plan(begin: Wall) -> list[Step]:
    """What happens when, from the midnight `begin` on; in order."""
    steps: list[Step] = []
    for day in range(DAYS):
        midnight = begin + day * DAY
        if day:
            steps.append((midnight + HOUR, "reconcile"))
        steps.extend(
            (midnight + hour * HOUR, "singles") for hour in range(FIRST_HOUR, LAST_HOUR + 1)
        )
        steps.append((midnight + 20 * HOUR, "list"))
        steps.append((midnight + 21 * HOUR, "opt_out"))
        if day in (2, 4):
            steps.append((midnight + 22 * HOUR, "close_line"))
        if day == 1:
            steps.append((midnight + 15 * HOUR, "newcomer"))
        if day == OUTAGE_DAY:
            steps.append((midnight + OUTAGE_HOUR * HOUR, "outage"))
    steps.append((begin + DAYS * DAY + HOUR, "reconcile"))
    steps.append((begin + DAYS * DAY + HOUR, "end"))
    return sorted(steps)


class Week:
    """The week under way. `tell`: a sentence in Turkish and in English."""

    def __init__(
        self,
        twin: Twin,
        tell: Callable[[str, str], None],
        finished: Callable[[DemoReport], None],
    ) -> None:
        self._twin = twin
        self._tell = tell
        self._finished = finished
        self._brand = twin.world.brands[twin.settings.iys_code]
        self._number = 0
        self._backlog: list[dict[str, Any]] = []
        self.report = DemoReport()

    async def live(self, app: ASGIApp) -> None:
        """Live through it."""
        steps = plan(day_start(self._twin.now()) + DAY)
        self._twin.clock.advance(steps[0][0] - self._twin.now())
        transport = httpx.ASGITransport(app)
        try:
            async with httpx.AsyncClient(transport=transport, base_url="http://twin") as client:
                for at, step in steps:
                    while self._twin.now() < at:
                        await asyncio.sleep(PAUSE_SECONDS)
                    await self._do(client, step, at)
            self.report.is_whole = True
        finally:
            self.report.backlog = len(self._backlog)
            self._finished(self.report)

    async def _do(self, client: httpx.AsyncClient, step: str, at: Wall) -> None:
        match step:
            case "singles":
                self._backlog.extend(self._consent(at) for _ in range(SINGLES))
                await self._send(client)
            case "list":
                await self._send_list(client, at)
            case "opt_out" | "close_line" | "newcomer":
                self._recipient(step, at)
            case "outage":
                minutes = OUTAGE_HOURS * 60
                self._twin.faults.add(FaultKind.CODE, now=at, code="H192", minutes=minutes)
                self._tell(
                    f"{text_of(at)} İYS {OUTAGE_HOURS} saat yanıt vermiyor (503 H192)",
                    f"{text_of(at)} İYS is down for {OUTAGE_HOURS} hours (503 H192)",
                )
            case "reconcile":
                await self._reconcile(client, day_start(at) - DAY)

    async def _send(self, client: httpx.AsyncClient) -> None:
        """Send what waits; what the twin lets down waits for the next hour."""
        headers = await self._headers(client)
        while headers and self._backlog:
            answer = await client.post(
                f"/v2{self._path}/consents", json=self._backlog[0], headers=headers
            )
            if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
                self.report.let_down += 1
                return
            if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
                await asyncio.sleep(1)
                continue
            self._backlog.pop(0)
            is_taken = answer.status_code == httpx.codes.OK
            self.report.sent += is_taken
            self.report.refused += not is_taken

    async def _send_list(self, client: httpx.AsyncClient, at: Wall) -> None:
        headers = await self._headers(client)
        consents = [self._consent(at) for _ in range(LIST_LENGTH)]
        answer = await client.post(f"{self._path}/consents/request", json=consents, headers=headers)
        is_taken = answer.status_code == httpx.codes.ACCEPTED
        self.report.sent += LIST_LENGTH * is_taken
        self.report.refused += LIST_LENGTH * (not is_taken)

    async def _reconcile(self, client: httpx.AsyncClient, day: Wall) -> None:
        headers = await self._headers(client)
        name = text_of(day)[:10]
        agreement = await client.get(f"{self._path}/agreements/{name}", headers=headers)
        file = await client.get(f"{self._path}/changes/{name}/file", headers=headers)
        digest = hashlib.sha384(file.content).hexdigest()
        is_equal = agreement.is_success and agreement.json().get("hashValue") == digest
        if is_equal:
            await client.put(
                f"{self._path}/agreements/{name}",
                json={"agreementStatus": True},
                headers=headers,
            )
        self.report.days_agreed += is_equal
        self.report.days_different += not is_equal
        rows = max(file.content.count(b"\n") - 1, 0)
        self._tell(
            f"{name}: {rows} hareket, özet {'aynı' if is_equal else 'FARKLI'}",
            f"{name}: {rows} movements, hash {'equal' if is_equal else 'DIFFERENT'}",
        )

    def _recipient(self, step: str, at: Wall) -> None:
        """Somebody acts at İYS: the first who still grants, or the last, whose line is closed."""
        self._number += 1
        granted = [
            consent.latest.recipient
            for consent in self._brand.consents()
            if consent.latest.consent_status == GRANTED
        ]
        try:
            if step == "close_line":
                closed = recipients.close_line(self._twin.world, granted[-1], at)
                moved = [movement for _, movement in closed]
                self.report.closed_lines += 1
            else:
                how = How.NEW if step == "newcomer" else How.SMS
                movement = recipients.move(
                    self._brand,
                    how,
                    recipient=_phone(self._number) if how is How.NEW else granted[0],
                    recipient_type="BIREYSEL",
                    channel="MESAJ",
                    consent_status="ONAY" if how is How.NEW else "RET",
                    citizen_name=NAME if how is How.NEW else None,
                    now=self._twin.now(),
                )
                moved = [movement]
                self.report.opt_outs += how is How.SMS
        except MoveRefused:
            moved = []
        for movement in moved:
            self._twin.announce(self._brand, movement)

    async def _headers(self, client: httpx.AsyncClient) -> dict[str, str]:
        """Of a fresh log-in; none while nobody answers."""
        settings = self._twin.settings
        form = {"grant_type": "password", "username": settings.username}
        answer = await client.post("/oauth2/token", json={**form, "password": settings.password})
        if not answer.is_success:
            self.report.let_down += 1
            return {}
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}

    def _consent(self, at: Wall) -> dict[str, Any]:
        self._number += 1
        return {
            "recipient": _phone(self._number),
            "recipientType": "BIREYSEL",
            "type": "MESAJ",
            "source": "HS_WEB",
            "status": "ONAY",
            "consentDate": text_of(at - HOUR),
        }

    @property
    def _path(self) -> str:
        return f"/sps/{self._twin.settings.iys_code}/brands/{self._brand.code}"


def _phone(number: int) -> str:
    return f"+9050100{number:05}"

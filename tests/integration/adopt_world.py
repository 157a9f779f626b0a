"""A ledger that came from another vendor, a twin that knows better, and what takes it over."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ledger import views
from ledger.addresses import parse_address
from ledger.aggregates.commands import Origin
from ledger.application import ConsentLedger
from ledger.bootstrap import Home
from ledger.iys_sync.adopting import Adopter
from ledger.projections.fsck_report import Report
from ledger.projections.fsck_snapshots import SnapshotsCheck
from ledger.projections.snapshots import Snapshots
from ledger.recording.ports import Brand
from ledger.recording.request import Receipt, Request
from ledger.store.recorder import checked_event
from ledger.store.rows import EventRow
from ledger.vocabulary import BrandCode, Channel, RecipientType
from tests.integration.acts import BRAND_CODE, IYS_CODE, a_request
from tests.integration.iys_world import IysWorld, Port, iys_world
from tests.twin.twin_harness import YESTERDAY, a_consent

MONDAY = "2026-03-02 10:00:00"
"""The twin's clock shows 2026-03-04 10:00:00 first."""
CONSENTS = f"/sps/{IYS_CODE}/brands/{BRAND_CODE}/consents"
DECLARED_BY = "Uyum *Birimi*"
LOG = "SELECT position, stream, seq, topic, state FROM stored_events ORDER BY position"


class AdoptWorld(IysWorld):
    """A brand before its adoption; pauses between calls are counted, not waited for."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.mended: list[BrandCode] = []
        self.steady = 0.0

    @property
    def ledger(self) -> ConsentLedger:
        return self.home.ledger(IYS_CODE)

    @property
    def brand(self) -> Brand:
        return self.home.providers.brand(BRAND_CODE)

    @property
    def snapshots(self) -> Snapshots:
        return Snapshots(self.home.database, IYS_CODE)

    def adopter(self, iys: Any, snapshots: Any = None) -> Adopter:
        """A process that adopts. `iys`: the client, or what stands before it."""
        return Adopter(
            iys,
            self.ledger,
            snapshots or self.snapshots,
            gap_mended=self.mended.append,
            now=self.now,
            steady_seconds=lambda: self.steady,
            sleep=self._pass,
        )

    def _pass(self, seconds: float) -> None:
        self.steady += seconds

    def declare(self, *numbers: int, status: str = "ONAY", **more: Any) -> list[Receipt]:
        """What the former vendor's export says of some people."""
        given = {"date": MONDAY, "origin": Origin.DECLARED, **more}
        return self.ledger.record([a_person(number, status, **given) for number in numbers])

    def at_iys(self, *numbers: int, refused: bool = False, **more: Any) -> None:
        """What İYS holds of them: a consent, or a refusal behind one."""
        for number in numbers:
            whole = {"recipient": a_recipient(number), "consentDate": MONDAY, **more}
            told = [whole, {**whole, "status": "RET", "consentDate": YESTERDAY}]
            for one in told[: 1 + refused]:
                answer = self.twin.post(CONSENTS, a_consent(**one))
                assert answer.status_code == 200, answer.text

    def verdicts(self, *numbers: int, **more: Any) -> list[tuple[str, str | None]]:
        """What may be sent to them now."""
        views_of = [self.view(number, **more) for number in numbers]
        return [(str(view.verdict.kind), view.verdict.reason) for view in views_of]

    def view(
        self, number: int, channel: Channel = Channel.MESSAGE, recipient: str | None = None
    ) -> views.StatusView:
        """Where one of them stands, by the twin's clock."""
        address = parse_address(recipient or a_recipient(number), channel)
        ledger, own = self.ledger, self.ledger.now
        ledger.now = self.now
        try:
            kind = RecipientType.INDIVIDUAL
            return views.status(ledger, self.brand, address, channel, kind)
        finally:
            ledger.now = own

    def findings(self) -> list[str]:
        """What the oracle has to say of the lists."""
        return snapshot_findings(self.home)


def a_person(number: int, status: str = "ONAY", **more: Any) -> Request:
    """An act of one of 100,000 made-up people."""
    return a_request(number, status, **{"recipient": a_recipient(number), **more})


def a_recipient(number: int) -> str:
    """Their telephone."""
    return f"+9050100{number:05}"


def snapshot_findings(home: Home) -> list[str]:
    """As `izin fsck` will ask, over the whole log."""
    report, command_id = Report(), home.ledger(IYS_CODE).vault.command_id
    with home.database.connection(IYS_CODE) as connection:
        check = SnapshotsCheck(report, connection, command_id)
        for row in connection.execute(LOG).fetchall():
            check.take(checked_event(EventRow(*row)))
        check.close()
    return report.findings


@contextmanager
def adopt_world(home: Home, port: Port, **settings: Any) -> Iterator[AdoptWorld]:
    """Everything at hand, nothing declared; every list of it is consistent at the end."""
    with iys_world(home, port, **settings) as iys:
        world = AdoptWorld(iys.home, iys.twin, iys.url)
        yield world
        assert world.findings() == []


class Killed(BaseException):
    """The process ends here."""


class Deadly:
    """Stands before something and kills at the n-th call of one of its methods, before it is done
    or when it is, untold."""

    def __init__(self, inner: Any, method: str, *, at_call: int = 1, is_done: bool) -> None:
        self._inner, self._method = inner, method
        self._left, self._is_done = at_call, is_done
        self.has_killed = False

    def __getattr__(self, name: str) -> Any:
        found: Callable[..., Any] = getattr(self._inner, name)
        if name != self._method:
            return found

        def deadly(*given: Any, **named: Any) -> Any:
            self._left -= 1
            if self._left:
                return found(*given, **named)
            self.has_killed = True
            if self._is_done:
                found(*given, **named)
            raise Killed

        return deadly

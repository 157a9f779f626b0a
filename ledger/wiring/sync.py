"""Account, client and worker of each provider towards İYS."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final

import structlog

from ledger import clock
from ledger.application import ConsentLedger
from ledger.errors import LedgerError, NotFound
from ledger.iys_sync.adopting import Adopter
from ledger.iys_sync.client import IysClient
from ledger.iys_sync.day_reading import DayReader
from ledger.iys_sync.day_stamp import Verify, verifier
from ledger.iys_sync.line import Means
from ledger.iys_sync.outages import OutageLog
from ledger.iys_sync.pulling import INTERVAL_DEFAULT, Puller
from ledger.iys_sync.pushing import Pusher
from ledger.iys_sync.reconciling import Agreeing, Reconciler
from ledger.iys_sync.running import Lane, Step, Worker
from ledger.iys_sync.tokens import Credentials
from ledger.iys_sync.webhook import Pushes, Webhook
from ledger.projections.days import DayFileTable, DayTable
from ledger.projections.follower import Follower
from ledger.projections.movements import MovementReader, Movements
from ledger.projections.pulled import OutageTable, PulledTable, PushAccountTable
from ledger.projections.sending import Sending
from ledger.projections.snapshots import Snapshots
from ledger.recording.ports import Brand
from ledger.store.database import Database
from ledger.store.iys_account import AccountAtIys, IysAccountTable, LateRetSetting
from ledger.store.iys_gate import IysGate
from ledger.store.leading import Leadership
from ledger.store.providers import Providers
from ledger.store.vault import ProviderVault
from ledger.vocabulary import BrandCode, IysCode

LOOK_SECONDS: Final = 5.0
"""Until an account is looked for again."""
PUSH_EVERY: Final = timedelta(seconds=0.2)
RECONCILE_EVERY: Final = timedelta(hours=1)
READ_AGAIN_EVERY: Final = timedelta(hours=6)
LOOK_UP_EVERY: Final = timedelta(minutes=1)
ACTOR: Final = "system:iys"

_log = structlog.get_logger("izin")


class NotConnected(NotFound):
    """The provider has no account at İYS here: nothing is told to İYS, nothing comes from there."""

    turkish_kind = "İYS hesabı yok"


@dataclass(frozen=True, slots=True)
class Sync:
    """All that one provider does at İYS, by one connection."""

    iys: IysClient
    pusher: Pusher
    puller: Puller
    reconciler: Reconciler
    adopter: Adopter
    brands: Callable[[], Sequence[BrandCode]]
    is_failing: Callable[[], bool]
    """Whether so many calls failed that İYS's own guard is near."""

    def lanes(self, now: clock.Clock = clock.now) -> list[Lane]:
        """What the worker does, side by side: neither telling İYS nor a refusal made there waits
        for a day's file."""
        return [
            Lane([Step("push", PUSH_EVERY, self.pusher.push_once)], now=now),
            Lane(
                [
                    Step("pull", INTERVAL_DEFAULT, self.puller.run_once),
                    Step("read again", READ_AGAIN_EVERY, self._read_again),
                ],
                now=now,
            ),
            Lane(
                [
                    Step("look up", LOOK_UP_EVERY, self._look_up),
                    Step("reconcile", RECONCILE_EVERY, self._reconcile),
                ],
                now=now,
            ),
        ]

    def _read_again(self) -> bool:
        self.puller.read_again()
        return False

    def _look_up(self) -> bool:
        if self.is_failing():
            return False  # whom İYS does not know counts as our failure
        return sum(self.adopter.look_up_some(brand) for brand in self.brands()) > 0

    def _reconcile(self) -> bool:
        for done in self.reconciler.reconcile_open(self.brands(), actor=ACTOR):
            if done.failure is not None:
                named = {"brand": done.brand_code, "day": done.day.isoformat()}
                _log.warning("İYS", step="reconcile", why=str(done.failure), **named)
        return False


class Connections:
    """How providers reach İYS."""

    def __init__(
        self,
        dsn: str,
        database: Database,
        providers: Providers,
        *,
        ledger: Callable[[IysCode], ConsentLedger],
        brands: Callable[[IysCode], Sequence[Brand]],
    ) -> None:
        self._dsn = dsn
        self._database = database
        self._providers = providers
        self._ledger = ledger
        self._brands = brands

    def account(self, iys_code: IysCode) -> IysAccountTable:
        """Where the provider's account is kept. Raises NotFound."""
        return IysAccountTable(self._dsn, self._database, iys_code, self._vault(iys_code))

    def push_account(self, iys_code: IysCode) -> PushAccountTable:
        """With what İYS shows itself when it pushes. Raises NotFound."""
        return PushAccountTable(self._database, iys_code, self._vault(iys_code))

    def pushes(self, iys_codes: Callable[[], Iterable[IysCode]]) -> Pushes:
        """Where what İYS pushes goes, of all these providers."""
        webhooks: dict[IysCode, Webhook] = {}

        def webhook(code: IysCode) -> Webhook:
            if code not in webhooks:
                webhooks[code] = Webhook(
                    code,
                    self._ledger(code),
                    self.pulled(code),
                    lambda: {one.brand_code for one in self._brands(code)},
                )
            return webhooks[code]

        return Pushes(lambda: {code: self.push_account(code) for code in iys_codes()}, webhook)

    def pulled(self, iys_code: IysCode) -> PulledTable:
        """How far İYS's movements are known. Raises NotFound."""
        return PulledTable(self._database, iys_code, self._vault(iys_code))

    def day_reader(self, iys_code: IysCode) -> DayReader:
        """Past days as they would be filed now. Raises NotFound."""
        movements = MovementReader(self._database, iys_code, self._vault(iys_code))
        follower = Follower(self._database, iys_code, Movements())
        return DayReader(movements, self.days(iys_code), catch_up=follower.catch_up)

    def days(self, iys_code: IysCode) -> DayTable:
        """What became of past days. Raises NotFound."""
        return DayTable(self._database, iys_code, self._vault(iys_code))

    def day_files(self, iys_code: IysCode) -> DayFileTable:
        """İYS's day files, archived. Raises NotFound."""
        return DayFileTable(self._database, iys_code, self._vault(iys_code))

    def gate(self, url: str) -> IysGate:
        """What everybody here shares towards one İYS."""
        return IysGate(self._database, url)

    def leadership(self, iys_code: IysCode) -> Leadership:
        """Who works for the provider."""
        return Leadership(self._dsn, iys_code)

    def outages(self, iys_code: IysCode, now: clock.Clock) -> OutageLog:
        """Where İYS's silence is written down. Raises NotFound."""
        return OutageLog(self._ledger(iys_code), OutageTable(self._database, iys_code), now=now)

    @contextmanager
    def client(self, iys_code: IysCode, means: Means | None = None) -> Iterator[IysClient]:
        """İYS for one provider. Raises NotConnected."""
        table = self.account(iys_code)
        account = self._read(table)
        means = means or Means()
        with IysClient(
            iys_code,
            account.url,
            Credentials(account.username, account.password),
            gate=self.gate(account.url),
            tokens=table,
            means=means,
            outages=self.outages(iys_code, means.now),
        ) as client:
            yield client

    @contextmanager
    def sync(self, iys_code: IysCode, means: Means | None = None) -> Iterator[Sync]:
        """Everything of one provider. Raises NotConnected."""
        means = means or Means()
        account = self._read(self.account(iys_code))
        ledger, pulled = self._ledger(iys_code), self.pulled(iys_code)

        def brands() -> list[BrandCode]:
            return [one.brand_code for one in self._brands(iys_code) if not one.closed]

        with self.client(iys_code, means) as iys:
            yield Sync(
                iys=iys,
                pusher=Pusher(
                    iys,
                    ledger,
                    Sending(self._database, iys_code),
                    lambda: [one.brand_code for one in self._brands(iys_code)],
                    may_decide=lambda: account.late_ret is LateRetSetting.HS_KARAR,
                    now=means.now,
                ),
                puller=Puller(iys, ledger, pulled, brands, now=means.now),
                reconciler=self._reconciler(ledger, iys_code, iys, account, means),
                adopter=Adopter(
                    iys,
                    ledger,
                    Snapshots(self._database, iys_code),
                    gap_mended=pulled.gap_mended,
                    now=means.now,
                    steady_seconds=means.steady_seconds,
                    sleep=means.sleep,
                ),
                brands=brands,
                is_failing=lambda: self.gate(account.url).is_failing(means.now()),
            )

    def work(self, iys_code: IysCode, stop: threading.Event) -> None:
        """Keep the provider and İYS in step until `stop` is set, from when it has an account, and
        by whichever account it has."""
        table = self.account(iys_code)
        while not stop.is_set():
            with suppress(LedgerError):
                account = table.read()
                if account is not None:
                    with self.sync(iys_code) as sync:
                        lead = self.leadership(iys_code)
                        same = partial(_is_same, table, account)
                        Worker(lead, sync.lanes(), goes_on=same).run(stop)
            stop.wait(LOOK_SECONDS)

    def _reconciler(
        self,
        ledger: ConsentLedger,
        iys_code: IysCode,
        iys: IysClient,
        account: AccountAtIys,
        means: Means,
    ) -> Reconciler:
        days, roots = self.days(iys_code), account.tsa_roots
        verify: Verify | None = None if roots is None else verifier(roots)
        return Reconciler(
            ledger,
            iys,
            self.day_reader(iys_code),
            days,
            self.day_files(iys_code),
            agreeing=Agreeing(account.agreement.value),
            verify=verify,
            now=means.now,
        )

    def _read(self, table: IysAccountTable) -> AccountAtIys:
        account = table.read()
        if account is None:
            raise NotConnected(
                "the provider has no account at İYS: izin sync connect",
                "sağlayıcının İYS hesabı yok: izin sync connect",
            )
        return account

    def _vault(self, iys_code: IysCode) -> ProviderVault:
        return ProviderVault(self._providers.keys(iys_code))


def _is_same(table: IysAccountTable, account: AccountAtIys) -> bool:
    return table.read() == account

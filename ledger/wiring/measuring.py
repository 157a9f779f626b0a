"""A provider's standing with İYS in numbers: for /metrics, ten seconds old at most."""

import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Final, Protocol

from msgspec import structs

from ledger import clock
from ledger.clock import ISTANBUL
from ledger.errors import LedgerError
from ledger.iys_sync.gaps import known_to
from ledger.projections.days import DayTable
from ledger.projections.deadlines import DeadlineFigures, DeadlineTables
from ledger.recording.measures import BrandMeasures, Measures, SyncMeasures
from ledger.recording.ports import Brand
from ledger.store.iys_gate import HOURLY_MAX
from ledger.vocabulary import BrandCode, IysCode
from ledger.wiring.sync import Connections

FRESH_SECONDS: Final = 10.0
AGREED_WITHIN: Final = timedelta(days=60)
"""How far back the last agreement is looked for."""


class Measured(Protocol):
    """What is measured: `bootstrap.Home`."""

    connections: Connections

    def brands(self, iys_code: IysCode) -> Sequence[Brand]:
        """Every brand of a provider."""

    def deadlines(self, iys_code: IysCode) -> DeadlineTables:
        """What of the provider's runs late."""


class SyncMeter:
    """Adds every provider's standing with İYS to what the store tells of itself."""

    def __init__(
        self,
        measures: Callable[[], Measures],
        iys_codes: Collection[IysCode],
        home: Measured,
    ) -> None:
        self._measures = measures
        self._iys_codes = iys_codes
        self._home = home
        self._lock = threading.Lock()
        self._known: dict[IysCode, SyncMeasures] = {}
        self._known_at = float("-inf")

    def __call__(self) -> Measures:
        """As it is now; raises nothing, so that an outage shows in numbers too."""
        told = self._measures()
        if told.logs is None:
            return told
        with self._lock:
            if clock.steady_seconds() - self._known_at > FRESH_SECONDS:
                self._known = dict(self._look())
                self._known_at = clock.steady_seconds()
            return structs.replace(told, syncs=self._known)

    def _look(self) -> Iterable[tuple[IysCode, SyncMeasures]]:
        try:
            for code in list(self._iys_codes):
                yield code, self._of(code, clock.now())
        except LedgerError:
            return

    def _of(self, code: IysCode, now: datetime) -> SyncMeasures:
        figures = self._home.deadlines(code).figures(now)
        connections = self._home.connections
        account = connections.account(code).read()
        made = SyncMeasures(
            account=account is not None,
            waiting=sum(one.waiting for one in figures.waiting),
            oldest_seconds=max(
                ((now - one.oldest_at).total_seconds() for one in figures.waiting), default=0.0
            ),
            overdue=_overdue(figures),
            confirmations_missed=sum(one.missed for one in figures.confirmations),
            brands=self._brand_measures(code, now),
        )
        if account is None:
            return made
        gate = connections.gate(account.url).figures(now)
        return structs.replace(
            made,
            requests_day=gate.requests_day,
            success_ratio=gate.success_ratio,
            statuses_left=max(0, HOURLY_MAX["statuses"] - gate.statuses_hour),
            halted=gate.halted is not None,
        )

    def _brand_measures(self, code: IysCode, now: datetime) -> dict[int, BrandMeasures]:
        connections = self._home.connections
        pulled, days = connections.pulled(code), connections.days(code)
        unread = pulled.unread_counts()
        asked: dict[BrandCode, list[datetime]] = {}
        for one in pulled.progress():
            asked.setdefault(one.brand_code, []).append(known_to(one.asked_at))
        today = now.astimezone(ISTANBUL).date()
        return {
            brand.brand_code: BrandMeasures(
                (now - min(asked[brand.brand_code])).total_seconds()
                if brand.brand_code in asked
                else None,
                _agreed_days(days, brand.brand_code, today),
                unread.get(brand.brand_code, 0),
            )
            for brand in self._home.brands(code)
            if not brand.closed
        }


def _agreed_days(days: DayTable, brand: BrandCode, today: date) -> int | None:
    agreed = [one.day for one in days.between(brand, today - AGREED_WITHIN, today) if one.agreed]
    return (today - max(agreed)).days if agreed else None


def _overdue(figures: DeadlineFigures) -> dict[str, int]:
    return {
        "internal": sum(one.past_internal for one in figures.waiting),
        "iys_reading": sum(one.past_iys_reading for one in figures.waiting),
        "legal_latest": sum(one.past_legal_latest for one in figures.waiting),
    }

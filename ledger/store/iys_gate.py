"""The gate towards İYS that all processes of a host share (iys/api.md §11; R28).

İYS counts by the caller's address: 10 requests a second, and some kinds of call by the hour. The
pace runs on the database's clock; the hours on the clock that the caller passes in.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from ledger.store.database import Database
from ledger.store.sql import load_blocks
from ledger.values import Value

RATE_DEFAULT: Final = 10.0
SLACK: Final = 1.04
"""Slots are this much wider than the rate allows: İYS counts arrivals, which the way there shifts
by some milliseconds. Eleven requests then may shift by 40 ms and are still over a second apart."""
QUEUE_MAX: Final = timedelta(seconds=30)
"""Nobody waits longer for a slot: what says otherwise is a clock that stepped."""
HOURLY_MAX: Final[Mapping[str, int]] = {"tokens": 90, "statuses": 900, "histories": 90}
"""Nine tenths of what İYS allows: another program may call from the same address."""
WINDOW: Final = timedelta(minutes=61)
"""An hour, counted by whole minutes."""
GUARD_REQUESTS_MIN: Final = 20_000
GUARD_RATIO: Final = 0.75
"""İYS warns below 70 % success and later shuts the address out."""

SQL: Final = load_blocks("ledger.store", "iys_gate.sql")


class GateFigures(Value, frozen=True):
    """Where the host stands towards one İYS; what is used of `HOURLY_MAX`."""

    requests_day: int
    failures_day: int
    tokens_hour: int
    statuses_hour: int
    histories_hour: int
    halted: tuple[datetime, str] | None
    """Until when no token is asked for, and why."""

    @property
    def success_ratio(self) -> float:
        """Of the last 24 hours; 1.0 where nothing was asked."""
        return 1.0 - self.failures_day / self.requests_day if self.requests_day else 1.0

    @property
    def is_failing(self) -> bool:
        """Whether İYS's own guard is near."""
        return self.requests_day >= GUARD_REQUESTS_MIN and self.success_ratio < GUARD_RATIO


class IysGate:
    """The gate of one host, named by İYS's base URL. Implements `iys_sync.ports.Gate`."""

    def __init__(self, database: Database, host: str, *, rate: float = RATE_DEFAULT) -> None:
        """`rate`: requests a second that İYS allows this address."""
        self._database = database
        self._host = host
        self._spacing = timedelta(seconds=SLACK / rate)
        self._minute: datetime | None = None

    def take(self) -> float:
        """See ports.Gate."""
        row = self._run("take_slot", spacing=self._spacing, queue_max=QUEUE_MAX)
        assert row is not None
        return max(0.0, float(row[0]))

    def late(self, seconds: float) -> None:
        """See ports.Gate. However late it was, it takes the room of one request."""
        self._run("move_slots", late=min(timedelta(seconds=seconds), self._spacing))

    def answered(self, now: datetime, metered: str | None, *, has_failed: bool) -> None:
        """See ports.Gate."""
        self._count(now, metered, requests=1, failures=int(has_failed))
        minute = now.replace(second=0, microsecond=0)
        if minute != self._minute:
            self._minute = minute
            self._run("forget", now=now)

    def full_until(self, now: datetime, metered: str) -> datetime | None:
        """See ports.Gate."""
        used, oldest = self._hours(now)[metered]
        if used < HOURLY_MAX[metered] or oldest is None:
            return None
        return oldest + WINDOW

    def fill(self, now: datetime, metered: str) -> None:
        """See ports.Gate."""
        self._count(now, metered, calls=HOURLY_MAX[metered])

    def halted(self, now: datetime) -> tuple[datetime, str] | None:
        """See ports.Gate."""
        row = self._run("halted", now=now)
        return None if row is None else (row[0], row[1])

    def halt(self, until: datetime, why: str) -> None:
        """See ports.Gate."""
        self._run("halt", until=until, why=why)

    def is_failing(self, now: datetime) -> bool:
        """See ports.Gate."""
        return self.figures(now).is_failing

    def figures(self, now: datetime) -> GateFigures:
        """For metrics and the doctor."""
        day = self._run("day", now=now)
        assert day is not None
        tokens, statuses, histories = (used for used, _ in self._hours(now).values())
        return GateFigures(
            requests_day=day[0],
            failures_day=day[1],
            tokens_hour=tokens,
            statuses_hour=statuses,
            histories_hour=histories,
            halted=self.halted(now),
        )

    def _hours(self, now: datetime) -> dict[str, tuple[int, datetime | None]]:
        row = self._run("hour", now=now)
        assert row is not None
        return {name: (row[2 * at], row[2 * at + 1]) for at, name in enumerate(HOURLY_MAX)}

    def _count(self, now: datetime, metered: str | None, *, calls: int = 1, **counts: int) -> None:
        of_kinds = {name: calls if name == metered else 0 for name in HOURLY_MAX}
        self._run("count", **{"now": now, "requests": 0, "failures": 0, **of_kinds, **counts})

    def _run(self, block: str, **given: Any) -> tuple[Any, ...] | None:  # a row of the block
        with self._database.connection() as connection:
            cursor = connection.execute(SQL[block], {"host": self._host, **given})
            return cursor.fetchone() if cursor.description else None

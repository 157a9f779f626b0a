"""What the store tells of itself to whoever watches over the service."""

from collections.abc import Mapping

from ledger.values import Value
from ledger.vocabulary import IysCode


class PoolMeasures(Value, frozen=True, gc=False):
    """One pool of connections to PostgreSQL: how many are open, lent out and waited for."""

    opened: int
    lent: int
    waited_for: int


class LogMeasures(Value, frozen=True, gc=False):
    """One provider's log: its end, and how far each follower has read."""

    position: int
    followers: Mapping[str, int]


class BrandMeasures(Value, frozen=True, gc=False):
    """How one brand stands with İYS. `pulled_seconds`: up to how long ago all its movements are
    known; `agreed_days`: how long ago the last day is that was agreed; None where none is.
    `unread`: movements that nobody could read."""

    pulled_seconds: float | None
    agreed_days: int | None
    unread: int


class SyncMeasures(Value, frozen=True, gc=False):
    """One provider and İYS. `waiting`: acts that İYS has to hear of, the oldest of them for
    `oldest_seconds`; `overdue` by reading (C7). `statuses_left`: of our own hour's limit; `halted`:
    no token may be asked for. `account`: there is one, else the rest of these says nothing."""

    account: bool
    waiting: int
    oldest_seconds: float
    overdue: Mapping[str, int]
    confirmations_missed: int
    brands: Mapping[int, BrandMeasures]
    requests_day: int = 0
    success_ratio: float = 1.0
    statuses_left: int = 0
    halted: bool = False


class Measures(Value, frozen=True, gc=False):
    """`pools` by name. `keys_age_seconds`: how long ago the keys were read. `logs`: None where
    PostgreSQL cannot be asked. `syncs`: of providers that could be asked about."""

    pools: Mapping[str, PoolMeasures]
    keys_age_seconds: float
    logs: Mapping[IysCode, LogMeasures] | None
    syncs: Mapping[IysCode, SyncMeasures] = {}

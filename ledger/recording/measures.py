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


class Measures(Value, frozen=True, gc=False):
    """`pools` by name. `keys_age_seconds`: how long ago the keys were read. `logs`: None where
    PostgreSQL cannot be asked."""

    pools: Mapping[str, PoolMeasures]
    keys_age_seconds: float
    logs: Mapping[IysCode, LogMeasures] | None

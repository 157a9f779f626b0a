"""How much and how fast a caller may ask."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request

from ledger import clock
from ledger.api.problems import Problem

KIB: Final = 1024
MIB: Final = 1024 * KIB


@dataclass(frozen=True, slots=True)
class Limits:
    """Every bound of the HTTP service; each is a setting of the same name (`ledger/settings.py`).

    A burst is what a key may take at once after a pause.
    """

    rate_per_second: int = 5_000
    rate_burst: int = 10_000
    items_per_second: int = 200_000
    items_burst: int = 2_000_000
    in_flight_max: int = 1_000
    in_flight_per_key_max: int = 500
    body_bytes_max: int = 64 * KIB
    bulk_bytes_max: int = 8 * MIB
    evidence_bytes_max: int = 32 * MIB
    import_bytes_max: int = 1024 * MIB
    line_bytes_max: int = 16 * KIB
    body_idle_seconds: float = 30.0
    body_seconds_max: float = 120.0
    upload_seconds_max: float = 3_600.0
    path_bytes_max: int = KIB
    query_bytes_max: int = KIB
    headers_max: int = 64
    header_bytes_max: int = 16 * KIB
    header_seconds_max: float = 10.0
    keep_alive_seconds: int = 20
    connections_max: int = 4_000
    unread_seconds_max: float = 60.0


class TokenBucket:
    """Fills at a rate up to a burst. What is taken may exceed it once: the debt is waited for."""

    __slots__ = ("_at", "_burst", "_held", "_rate")

    def __init__(self, *, rate: float, burst: float, at: float) -> None:
        self._rate = rate
        self._burst = burst
        self._held = burst
        self._at = at

    def take(self, count: float, at: float) -> float:
        """0 if `count` was taken, else the seconds until something can be; nothing is taken then.

        `at`: seconds of a clock that only goes forward.
        """
        held = min(self._burst, self._held + (at - self._at) * self._rate)
        self._at = at
        if held < min(count, 1.0):
            self._held = held
            return (min(count, 1.0) - held) / self._rate
        self._held = held - count
        return 0.0


class Allowance:
    """What one key may still ask of this process."""

    __slots__ = ("_clock", "_items", "_requests", "in_flight")

    def __init__(
        self, limits: Limits, *, steady_seconds: Callable[[], float] = clock.steady_seconds
    ) -> None:
        at = steady_seconds()
        self._clock = steady_seconds
        self._requests = TokenBucket(rate=limits.rate_per_second, burst=limits.rate_burst, at=at)
        self._items = TokenBucket(rate=limits.items_per_second, burst=limits.items_burst, at=at)
        self.in_flight = 0

    def take_request(self) -> float:
        """As TokenBucket.take, one request."""
        return self._requests.take(1, self._clock())

    def take_items(self, count: int) -> float:
        """As TokenBucket.take, `count` items."""
        return self._items.take(count, self._clock())


def spend_items(request: Request, count: int) -> None:
    """Take `count` items off what the caller's key may still ask. Raises Problem: 429 L-RATE."""
    allowance: Allowance = request.scope["state"]["allowance"]
    wait_seconds = allowance.take_items(count)
    if wait_seconds:
        raise too_fast(wait_seconds)


def too_fast(wait_seconds: float) -> Problem:
    """The answer to a key that asks too fast."""
    return Problem(429, "L-RATE", headers={"Retry-After": str(math.ceil(wait_seconds))})

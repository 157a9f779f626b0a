"""How often somebody may ask (iys/api.md §11), by address of the caller; and the 70 % guard."""

from collections import deque
from typing import Final

import msgspec

from ledger.iys_twin.refusals import ShapedRefusal, refusal
from ledger.iys_twin.settings import TwinSettings
from ledger.iys_twin.times import DAY, HOUR, Wall, text_of
from ledger.iys_twin.wire import FlatRefusal

SECOND: Final = 1.0
CALLERS_MAX: Final = 10_000
"""Callers remembered; with more, the oldest are forgotten."""
CLIENT_FAILURES: Final = frozenset({400, 401, 403, 404, 422})
GUARD_REQUESTS_MIN: Final = 20_000
GUARD_RATIO: Final = 0.70
GUARD_GRACE: Final = 96 * HOUR


class Window:
    """At most `limit` calls in any `seconds`."""

    def __init__(self, limit: int, seconds: float) -> None:
        self._limit = limit
        self._seconds = seconds
        self._times: deque[float] = deque()

    def used(self, now: float) -> int:
        """Calls that count at `now`."""
        while self._times and self._times[0] <= now - self._seconds:
            self._times.popleft()
        return len(self._times)

    def take(self, now: float) -> bool:
        """Count a call; whether it is within the limit. One that is not does not count."""
        if self.used(now) >= self._limit:
            return False
        self._times.append(now)
        return True

    def clear(self) -> None:
        """Forget the calls."""
        self._times.clear()


class TokenWindow:
    """The hour of the token endpoint: whoever asks again while it is full starts it anew (§2.5)."""

    def __init__(self, limit: int) -> None:
        self._window = Window(limit, HOUR)
        self._closed_until: Wall | None = None

    def take(self, now: Wall) -> bool:
        """Count a call; whether it is answered."""
        if self._closed_until is not None and now < self._closed_until:
            self._closed_until = now + HOUR
            return False
        if self._closed_until is not None:
            self._closed_until = None
            self._window.clear()
        if self._window.take(now):
            return True
        self._closed_until = now + HOUR
        return False

    def used(self, now: Wall) -> int:
        """Calls of the last hour."""
        return self._window.used(now)

    @property
    def closed_until(self) -> Wall | None:
        """Until when nobody gets a token, if so."""
        return self._closed_until


class _Caller:
    def __init__(self, settings: TwinSettings) -> None:
        self.requests = Window(settings.requests_per_second, SECOND)
        self.tokens = TokenWindow(settings.tokens_per_hour)
        self.hours = {
            "H086": Window(settings.statuses_per_hour, HOUR),
            "H089": Window(settings.histories_per_hour, HOUR),
        }


class QuotaReport(msgspec.Struct, frozen=True, rename="camel"):
    """Where one caller stands."""

    caller: str
    requests_last_second: int
    tokens_last_hour: int
    tokens_closed_until: str | None
    statuses_last_hour: int
    histories_last_hour: int


class Quotas:
    """The limits of every caller."""

    def __init__(self, settings: TwinSettings) -> None:
        self._settings = settings
        self._callers: dict[str, _Caller] = {}

    def expect_request(self, caller: str, real_seconds: float) -> None:
        """Ten a second, on the real clock. Raises Refused H124."""
        if not self._caller(caller).requests.take(real_seconds):
            raise refusal("H124")

    def expect_token(self, caller: str, now: Wall) -> None:
        """Raises Refused H084."""
        if self._caller(caller).tokens.take(now):
            return
        told = refusal("H084")
        if self._settings.token_limit_shape == "flat":  # noqa: S105 - no password
            problem = told.problems[0]
            raise ShapedRefusal(429, FlatRefusal(problem.code, problem.message), "H084")
        raise told

    def expect_hour(self, caller: str, code: str, now: Wall) -> None:
        """An endpoint with a limit of its own. Raises Refused H086, H089."""
        if not self._caller(caller).hours[code].take(now):
            raise refusal(code)

    def report(self, now: Wall, real_seconds: float) -> list[QuotaReport]:
        """Where everybody stands."""
        return [
            QuotaReport(
                caller=name,
                requests_last_second=one.requests.used(real_seconds),
                tokens_last_hour=one.tokens.used(now),
                tokens_closed_until=_text(one.tokens.closed_until, now),
                statuses_last_hour=one.hours["H086"].used(now),
                histories_last_hour=one.hours["H089"].used(now),
            )
            for name, one in self._callers.items()
        ]

    def _caller(self, name: str) -> _Caller:
        found = self._callers.get(name)
        if found is None:
            if len(self._callers) >= CALLERS_MAX:
                del self._callers[next(iter(self._callers))]
            found = self._callers[name] = _Caller(self._settings)
        return found


class GuardReport(msgspec.Struct, frozen=True, rename="camel"):
    """What İYS would make of the last 24 hours: `ok`, `noticed`, `removed` from the whitelist."""

    state: str
    requests: int
    failures: int
    success_ratio: float
    noticed_at: str | None
    removal_at: str | None


class SuccessGuard:
    """The 70 % guard of the production rules (§1); it reports and blocks nobody."""

    def __init__(self) -> None:
        self._hours: dict[int, list[int]] = {}
        self._noticed: Wall | None = None

    def count(self, status: int, now: Wall) -> None:
        """Count an answer."""
        hour = self._hours.setdefault(now // HOUR, [0, 0])
        hour[0] += 1
        hour[1] += status in CLIENT_FAILURES
        for old in [one for one in self._hours if one <= (now - DAY) // HOUR]:
            del self._hours[old]
        self.report(now)

    def report(self, now: Wall) -> GuardReport:
        """Where the provider stands."""
        counted = [one for hour, one in self._hours.items() if hour > (now - DAY) // HOUR]
        requests, failures = (sum(one[i] for one in counted) for i in (0, 1))
        ratio = 1.0 if not requests else 1 - failures / requests
        is_low = requests >= GUARD_REQUESTS_MIN and ratio < GUARD_RATIO
        if ratio >= GUARD_RATIO:
            self._noticed = None
        elif is_low and self._noticed is None:
            self._noticed = now
        removal = None if self._noticed is None else self._noticed + GUARD_GRACE
        state = "ok" if removal is None else "noticed" if now < removal else "removed"
        return GuardReport(
            state, requests, failures, round(ratio, 4), _text(self._noticed), _text(removal)
        )


def _text(at: Wall | None, now: Wall | None = None) -> str | None:
    return None if at is None or (now is not None and at <= now) else text_of(at)

"""The twin's clock: it can be frozen, set and run at k × the real one."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from ledger.iys_twin.times import Wall, text_of, wall_at

SPEED_MAX: Final = 1_000_000.0
LATEST: Final = datetime(2100, 1, 1, tzinfo=UTC)


class ClockRefused(ValueError):
    """The clock cannot be put that way; the text says why."""


class TwinClock:
    """Time as the twin sees it; the real instant comes from `real_now`.

    It never goes back: movements are stored, cursors given out and days closed in its order.
    """

    def __init__(self, real_now: Callable[[], datetime], at: datetime | None = None) -> None:
        self._real_now = real_now
        self._real = real_now()
        self._shown = at or self._real
        self.speed = 1.0

    @property
    def instant(self) -> datetime:
        """The instant it shows, with zone."""
        passed = (self._real_now() - self._real).total_seconds() * self.speed
        return min(self._shown + timedelta(seconds=max(passed, 0.0)), LATEST)

    def now(self) -> Wall:
        """The time it shows, as the wire has it."""
        return wall_at(self.instant)

    def run(self, speed: float) -> None:
        """Go on at `speed` × real time; 0 freezes. Raises ClockRefused."""
        if not 0 <= speed <= SPEED_MAX:
            raise ClockRefused(f"speed must be 0..{SPEED_MAX:.0f}")
        self._anchor(self.instant)
        self.speed = speed

    def set(self, at: datetime) -> None:
        """Show `at` and go on from there. Raises ClockRefused for a time that is past."""
        shown = self.instant
        if at < shown:
            raise ClockRefused(f"the clock goes forward only; it shows {text_of(wall_at(shown))}")
        if at > LATEST:
            raise ClockRefused(f"at most {LATEST:%Y-%m-%d}")
        self._anchor(at)

    def advance(self, seconds: float) -> None:
        """Jump forward. Raises ClockRefused."""
        try:
            self.set(self.instant + timedelta(seconds=seconds))
        except OverflowError as error:
            raise ClockRefused(f"at most {LATEST:%Y-%m-%d}") from error

    def _anchor(self, shown: datetime) -> None:
        self._real = self._real_now()
        self._shown = shown

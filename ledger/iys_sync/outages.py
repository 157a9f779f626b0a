"""İYS's silence, hour by hour, as events of the provider (design.md §10; R28).

They show that we tried: what runs late meanwhile is not of our making. So an hour in which nobody
tried is never claimed. One process may notice that İYS is silent and another that it answers again;
what is noted meanwhile is in a table of theirs.
"""

from datetime import datetime, timedelta
from typing import Final, Protocol

from ledger import clock
from ledger.aggregates.provider_bodies import IysUnreachable as Unreachable
from ledger.application import ConsentLedger
from ledger.iys_sync.seen import ACTOR
from ledger.projections.pulled import Silence

PATIENCE: Final = timedelta(hours=1)
"""Between two tries that are farther apart nothing is known."""
HOUR: Final = timedelta(hours=1)
OURS: Final = frozenset({"lock", "store", "busy"})
"""Failures of a call that say nothing of İYS."""


class OutageNotes(Protocol):
    """What processes share of a silence. Implemented by `projections.pulled.OutageTable`."""

    def note_failure(self, at: datetime, failure: str) -> bool:
        """Count a failed call; False, and nothing is counted, where another hour is noted."""

    def silence(self) -> Silence | None:
        """What is noted; None while İYS answers."""

    def turn(self, former: Silence, since: datetime, at: datetime, failure: str) -> None:
        """The former hour was told of; one failed call of another. Nothing if somebody else did."""

    def end(self, former: Silence) -> None:
        """İYS answers again, and that was told. Safe to repeat."""


class OutageLog:
    """Told how calls end, writes `iys.unreachable`: one event a clock hour, the last at the end."""

    def __init__(
        self, ledger: ConsentLedger, notes: OutageNotes, *, now: clock.Clock = clock.now
    ) -> None:
        self._ledger = ledger
        self._notes = notes
        self._now = now

    def failed(self, kind: str) -> None:
        """A call got no answer (`errors.IysUnreachable.kind`), repetitions and all."""
        if kind in OURS:
            return
        at = self._now()
        if self._notes.note_failure(at, kind):
            return
        former = self._notes.silence()
        if former is None:  # ended by another process in between
            self._notes.note_failure(at, kind)
            return
        since, until = turned(former, at)
        self._tell(former, until)
        self._notes.turn(former, since, at, kind)

    def succeeded(self) -> None:
        """A call got an answer, be it a refusal."""
        former = self._notes.silence()
        if former is not None:
            self._tell(former, ended(former, self._now()))
            self._notes.end(former)

    def _tell(self, silence: Silence, until: datetime) -> None:
        """Once, whichever process does it: a silence is known by its first failed call."""
        since = clock.utc_text(silence.since)
        body = Unreachable(
            since=since,
            until=clock.utc_text(until),
            failure=silence.failure,
            attempts=silence.attempts,
            at=clock.utc_text(self._now()),
            actor=ACTOR,
        )
        self._ledger.append_once(body, once=f"{Unreachable.TYPE}/{since}")


def turned(former: Silence, at: datetime) -> tuple[datetime, datetime]:
    """A call failed in another hour: since when the new hour is silent, until when the former was.

    Both are the turn of the hour where the tries were close enough.
    """
    turn = former.since.replace(minute=0, second=0, microsecond=0) + HOUR
    if turn <= at <= former.last_at + PATIENCE:
        return turn, turn
    return at, former.last_at


def ended(former: Silence, at: datetime) -> datetime:
    """Until when İYS was silent if it answers at `at`."""
    return at if former.last_at <= at <= former.last_at + PATIENCE else former.last_at

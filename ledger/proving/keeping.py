"""Keeps one provider's log provable: tree, checkpoints, seals, and the daily map of streams."""

import threading
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Final

import structlog

from ledger import clock
from ledger.aggregates.events import Event
from ledger.aggregates.keys import provider_stream
from ledger.aggregates.provider_bodies import LedgerHeads
from ledger.application import ConsentLedger
from ledger.clock import ISTANBUL, from_utc_text, utc_text
from ledger.errors import LedgerError, SettingsRefused
from ledger.evidence.checkpoint import SignedCheckpoint
from ledger.evidence.heads import heads_root
from ledger.evidence.log_ports import LogStore, Seal
from ledger.evidence.note import VerifierKey
from ledger.evidence.publishing import Publisher
from ledger.evidence.seal import NamedTsa, NotSealed, Sealer

LOOK_SECONDS: Final = 0.2
SHOW_SECONDS: Final = 0.8
"""A checkpoint is at most a second behind: so much later than the last, and a look."""
SEAL_LOOK_SECONDS: Final = 5.0
RETRY_SECONDS_MAX: Final = 30.0
WARN_DAYS: Final = 90
"""Before a certificate of a time stamp ends."""

_log = structlog.get_logger("izin")


class SealedElsewhere(LedgerError):
    """Another process has been sealing for long."""

    turkish_kind = "Şu anda başka bir süreç mühürlüyor"


class LogKeeper:
    """Of one provider. `catch_up` brings the tiles to the end of the log; `jitter` spreads what is
    asked again (Sealer)."""

    def __init__(
        self,
        ledger: ConsentLedger,
        store: LogStore,
        publisher: Publisher,
        key: Callable[[], VerifierKey],
        *,
        catch_up: Callable[[], int],
        authorities: Callable[[], Sequence[NamedTsa]],
        seal_every: timedelta,
        asked_max: int,
        jitter: Callable[[], float],
        now: clock.Clock = clock.now,
    ) -> None:
        self._failing: dict[str, datetime] = {}
        self._done: dict[str, date] = {}
        self._ledger = ledger
        self._store = store
        self._publisher = publisher
        self._key = key
        self._catch_up = catch_up
        self._authorities = authorities
        self._seal_every = seal_every
        self._asked_max = asked_max
        self._jitter = jitter
        self._now = now

    @property
    def failing_since(self) -> datetime | None:
        """The instant of the first of the failures that nothing has ended yet. A TSA that gives no
        stamp is none: it holds nothing else up."""
        return min(self._failing.copy().values(), default=None)

    def show(self) -> SignedCheckpoint | None:
        """A checkpoint of everything recorded so far; None of an empty log. Raises LogBehind."""
        self._catch_up()
        return self._publisher.publish()

    def seal(self) -> Seal | None:
        """Seal everything recorded so far; the newest seal. Who seals just now is waited for: what
        it seals needs no second stamp. Raises NotSealed, SealedElsewhere."""
        with self._store.sealing(is_patient=True) as is_mine:
            if not is_mine:
                raise SealedElsewhere("another process is sealing")
            shown = self.show()
            if shown is None:
                return None
            return self._sealer().seal(shown, self._key(), self._now)

    def seal_if_due(self) -> None:
        """Seal where the last seal is old enough and something is new; the day's map and second
        stamp with it. Raises NotSealed."""
        now, last = self._now(), self._store.last_seal()
        try:
            self._once_a_day("map", self._note_yesterday)
        finally:  # a map that cannot be made holds no seal up
            if last is None or now - last.sealed_at >= self._seal_every:
                shown = self._store.last_checkpoint()
                if shown is not None and (last is None or shown.tree.size > last.size):
                    self.seal()
        self._once_a_day("stamp", lambda at: self._sealer().stamp_again(at))

    def note_heads(self, day: date) -> Event | None:
        """Append the map of streams as of now, as that of a day; None where this very map is there.

        Who replays the log finds out if something recorded before `at` is left out of it.
        """
        at = utc_text(self._now())
        with self._store.heads() as (size, heads):
            made = heads_root(heads)
        self._store.keep_heads(size, made.chunks)
        body = LedgerHeads(
            day=day.isoformat(),
            size=size,
            streams=made.streams,
            root=made.root.hex(),
            at=at,
        )
        return self._ledger.append_once(body, once=f"{body.TYPE}/{body.day}/{size}")

    def last_heads(self) -> Event | None:
        """The newest map of streams."""
        stream = provider_stream(self._ledger.log_origin, "ledger")
        maps = [
            event
            for event in self._ledger.store.events_of(stream)
            if isinstance(event.body, LedgerHeads)
        ]
        return maps[-1] if maps else None

    def forgive(self) -> None:
        """Somebody has looked: every TSA may be asked again."""
        self._sealer().forgive()

    def ends_soon(self) -> datetime | None:
        """When the first certificate behind any stamp ends, if that is soon or past: the stamp must
        be renewed before."""
        ends = self._store.first_end()
        soon = self._now() + timedelta(days=WARN_DAYS)
        return ends if ends is not None and ends <= soon else None

    def run(self, stop: threading.Event) -> None:
        """Keep the log until `stop` is set. Whatever fails is noted and tried again: nobody else
        would do it."""
        sealing = threading.Thread(target=self._run_seals, args=(stop,), name="sealing")
        sealing.start()
        pause = LOOK_SECONDS
        while not stop.wait(pause):
            try:
                handled = self._catch_up()
                self._publisher.publish()
                self._failing.pop("log", None)
                pause = SHOW_SECONDS if handled else LOOK_SECONDS
            except Exception as error:  # noqa: BLE001  # named recovery: noted, and tried again
                pause = min(2 * pause, RETRY_SECONDS_MAX)
                self._note("log", error)
        sealing.join()

    def _run_seals(self, stop: threading.Event) -> None:
        warned: date | None = None
        complained = ""
        while not stop.wait(SEAL_LOOK_SECONDS):
            try:
                self.seal_if_due()
                warned, complained = self._warn(warned), ""
                self._failing.pop("seals", None)
            except (NotSealed, SealedElsewhere, SettingsRefused) as error:
                self._failing.pop("seals", None)
                if str(error) != complained:  # else a day of it would fill the disk
                    complained = str(error)
                    _log.error("not sealed", failure=type(error).__name__, why=complained)
            except Exception as error:  # noqa: BLE001  # named recovery: noted, and tried again
                self._note("seals", error)

    def _warn(self, warned: date | None) -> date:
        """Once a day, of certificates that end; today."""
        today = self._now().astimezone(ISTANBUL).date()
        ends = self.ends_soon() if today != warned else None
        if ends is not None:
            _log.warning("a time stamp's certificate ends soon", at=utc_text(ends))
        return today

    def _note(self, what: str, error: Exception) -> None:
        """Told once of each row of failures; neither text nor traceback, which may quote values."""
        if what not in self._failing:
            self._failing[what] = self._now()
            _log.error("the log's proofs fall behind", what=what, failure=type(error).__name__)

    def _once_a_day(self, name: str, act: Callable[[datetime], object]) -> None:
        """Do what is due once a day, by the process whose turn it is, until it has succeeded."""
        now = self._now()  # not that of what was done before: a map of many streams takes minutes
        day = now.astimezone(ISTANBUL).date()
        if self._done.get(name) == day:
            return
        with self._store.sealing() as is_mine:
            if is_mine:
                act(now)
                self._done[name] = day

    def _note_yesterday(self, now: datetime) -> None:
        yesterday = now.astimezone(ISTANBUL).date() - timedelta(days=1)
        last = self.last_heads()
        if last is not None and isinstance(last.body, LedgerHeads):
            # One that was made on the day itself, by hand, does not hold the rest of it.
            is_due = _day_of(last.body.at) <= yesterday
        else:
            first = self._ledger.store.events_at([1])
            is_due = bool(first) and _day_of(first[1].recorded) <= yesterday
        if is_due:
            self.note_heads(yesterday)

    def _sealer(self) -> Sealer:
        authorities, asked_max = self._authorities(), self._asked_max
        return Sealer(self._store, authorities, asked_max=asked_max, jitter=self._jitter)


def _day_of(at: str) -> date:
    return from_utc_text(at).astimezone(ISTANBUL).date()

"""Use cases: seal before the lock → take the head → load → decide → frame → save → commit → answer.

One path for 1…n commands (design.md §7). Nothing is answered before its commit.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.persistence import InfrastructureFactory, IntegrityError
from eventsourcing.utils import Environment

from ledger import clock
from ledger.addresses import Address
from ledger.aggregates import events
from ledger.aggregates.bodies import Body
from ledger.aggregates.commands import RecordAct, SeeAtIys
from ledger.aggregates.consent import Consent, evolve
from ledger.aggregates.events import Event
from ledger.aggregates.provider_bodies import LedgerOpened
from ledger.errors import ClockStepped, LedgerBroken, LogMoved, NotFound, RaceLost, StoreUnavailable
from ledger.recording import barring, by_key
from ledger.recording.barring import Bar
from ledger.recording.by_key import Change
from ledger.recording.deciding_ports import DecisionStore
from ledger.recording.former import as_of_then
from ledger.recording.ports import (
    Groups,
    LedgerStore,
    PulledTo,
    SealedSubject,
    StoredCommand,
    Subject,
    Vault,
    WriteUnit,
)
from ledger.recording.request import Prepared, Receipt, Request, named_for_retry, prepare
from ledger.recording.work import Work
from ledger.vocabulary import BrandCode, ConsentStatus, IysState, Outcome

ATTEMPTS_MAX: Final = 5
"""How often a batch is prepared anew because another writer was faster."""
STEP_SECONDS_MAX: Final = 60.0
"""A clock that is off by more stops everything but refusals (design.md §5)."""
DRIFT_ALARM_SECONDS: Final = 2.0
OFF: Final = "L-CLOCK"
"""Why all but refusals is kept out while the clock cannot be believed."""


class ConsentLedger(Application[UUID]):
    """The consents of one service provider."""

    def __init__(
        self,
        store: LedgerStore,
        vault: Vault,
        *,
        infrastructure: InfrastructureFactory,
        decisions: DecisionStore,
        log_origin: str,
        now: clock.Clock = clock.now,
        steady_seconds: Callable[[], float] = clock.steady_seconds,
        on_drift: Callable[[float], None] = lambda seconds: None,
    ) -> None:
        self._infrastructure = infrastructure
        self.store = store
        self.vault = vault
        self.decisions = decisions
        self.log_origin = log_origin
        self.now = now
        self._steady_seconds = steady_seconds
        self._on_drift = on_drift
        self._last_look = (now(), steady_seconds())
        self._stepped = False
        super().__init__()

    def construct_env(self, name: str, env: Mapping[str, str] | None = None) -> Environment:
        """No setting of the library comes from the process's environment."""
        return Environment(name, dict(env or {}))

    def construct_factory(self, env: Environment) -> InfrastructureFactory:
        """Our recorder and mapper."""
        return self._infrastructure

    def record(
        self, requests: Sequence[Request], *, pulled: PulledTo | None = None
    ) -> list[Receipt]:
        """Carry out commands in order, in one transaction; receipts in the same order.

        `pulled`: how far they bring us in İYS's movements. Raises StoreUnavailable: unknown
        outcome, it may have landed; call again with the same item ids. Raises HeadBusy or RaceLost:
        nothing was written.
        """
        for _attempt in range(ATTEMPTS_MAX):
            try:
                return self._record_once(requests, pulled)
            except RaceLost:
                continue
        raise RaceLost(f"another writer was faster {ATTEMPTS_MAX} times")

    def record_surely(self, requests: Sequence[Request]) -> list[Receipt]:
        """As `record`, but a lost connection is followed by one more try of the whole.

        What landed the first time is then found by item id, given or made here; a row of a file by
        the act itself.
        """
        named = [named_for_retry(request) for request in requests]
        try:
            return self.record(named)
        except StoreUnavailable:
            return self.record(named)

    def append(self, body: Body, *, groups: Groups | None = None) -> Event:
        """Add an event of the provider's own streams. Raises as `record`, and ClockStepped."""
        with self.store.write() as unit:
            work = self._sound_work(unit, body)
            event = self._append(work, body, groups)
            self._save(work)
        return event

    def append_once(self, body: Body, *, once: str, groups: Groups | None = None) -> Event | None:
        """As `append`, but a second time under the same name adds nothing; None then.

        A lost connection is followed by one more try. Raises as `append`.
        """
        try:
            return self._append_once(body, once, groups)
        except StoreUnavailable:
            return self._append_once(body, once, groups)

    def _append_once(self, body: Body, once: str, groups: Groups | None) -> Event | None:
        command = self.vault.command_id(BrandCode(0), once)
        with self.store.write() as unit:
            if unit.load_commands([command]):
                return None
            work = self._sound_work(unit, body)
            event = self._append(work, body, groups)
            made = StoredCommand(b"", Outcome.RECORDED, None, (event.position,))
            work.batch.commands.append((command, made))
            self._save(work)
        return event

    def _append(self, work: Work, body: Body, groups: Groups | None) -> Event:
        stream = events.stream_of(body, log=self.log_origin)
        return work.append(body, stream, groups=groups or {}, key=self.vault.provider_key())

    def _sound_work(self, unit: WriteUnit, body: Body | None = None) -> Work:
        work = self._work(unit, {}, opens=isinstance(body, LedgerOpened))
        if not self._clock_is_sound(work):
            raise ClockStepped("the clock cannot be believed; only refusals are taken")
        return work

    def suppress(self, address: Address, bar: Bar, *, actor: str) -> Event:
        """Put the address on the company's own list (C6 row 5); known or not, it then bars.

        Raises as `append`; RaceLost where the address was first written by another meanwhile.
        """
        lookup = self.vault.lookup(address.uri)
        with self.store.write() as unit:
            work = self._work(unit, {})
            subject, fresh = unit.find_subjects([lookup]).get(lookup), None
            if subject is None:
                at = unit.head.now
                fresh = self.vault.new_subject(address, lookup=lookup, generation=1, at=at)
                subject = fresh.subject
            event = barring.suppress(work, subject, fresh, bar, actor)
            self._save(work)
        return event

    def lift(self, address: Address, of: int, *, reason: str, actor: str) -> Event:
        """Take entry `of` of the address off the company's list. Raises NotFound."""
        lookup = self.vault.lookup(address.uri)
        with self.store.write() as unit:
            subject = unit.find_subjects([lookup]).get(lookup)
            if subject is None:
                raise NotFound("this address was never recorded", "bu adres hiç kaydedilmemiş")
            work = self._sound_work(unit)
            event = barring.lift(work, subject, of, reason, actor)
            self._save(work)
        return event

    def mend(self, changes: Sequence[Change]) -> list[Receipt]:
        """Correct or retract acts of consents named by their keys, in one transaction; receipts in
        the same order. Raises as `append`."""
        with self.store.write() as unit:
            work = self._sound_work(unit)
            receipts = by_key.carry_out(work, changes)
            self._save(work)
        return receipts

    def reassign(self, address: Address, *, actor: str, approved_by: str, reason: str) -> Subject:
        """The address has a new holder: open its next generation (C1). Raises NotFound."""
        with self.store.write() as unit:
            lookup = self.vault.lookup(address.uri)
            former = unit.find_subjects([lookup]).get(lookup)
            if former is None:
                raise NotFound("this address was never recorded", "bu adres hiç kaydedilmemiş")
            work = self._sound_work(unit)
            subject = work.reassign(
                address, former, reason=reason, actor=actor, approved_by=approved_by
            )
            self._save(work)
        return subject

    def _record_once(self, requests: Sequence[Request], pulled: PulledTo | None) -> list[Receipt]:
        uris = {request.address.uri for request in requests if request.holder is None}
        lookups = {uri: self.vault.lookup(uri) for uri in uris}
        read_at, known = self.store.find_subjects(lookups.values())
        at = self.now()
        milliseconds = int(at.timestamp() * 1000)
        fresh: dict[bytes, SealedSubject] = {}
        prepared = []
        for request in requests:
            subject = request.holder
            if subject is None:
                address = request.address
                lookup = lookups[address.uri]
                if lookup not in known and lookup not in fresh:
                    made = self.vault.new_subject(address, lookup=lookup, generation=1, at=at)
                    fresh[lookup] = made
                subject = known.get(lookup) or fresh[lookup].subject
                request, subject = as_of_then(self.store, request, subject)
            prepared.append(prepare(request, subject, self.vault, milliseconds=milliseconds))
        with self.store.write() as unit:
            if unit.head.position != read_at:
                _expect_same(known, unit.find_subjects(lookups.values()))
            work = self._work(unit, {made.subject.id: made for made in fresh.values()})
            work.load(prepared)
            receipts = self._carry_out(work, prepared)
            if pulled is not None and all(receipt.code != OFF for receipt in receipts):
                work.batch.pulled.append(pulled)  # else the page is asked for again
            self._save(work)
        return receipts

    def _carry_out(self, work: Work, prepared: Sequence[Prepared]) -> list[Receipt]:
        if self._clock_is_sound(work):
            return [work.carry_out(one) for one in prepared]
        return [
            work.carry_out(one) if _is_refusal(one) else work.keep_out(one, OFF) for one in prepared
        ]

    def _work(
        self, unit: WriteUnit, fresh: dict[UUID, SealedSubject], *, opens: bool = False
    ) -> Work:
        """Raises LogMoved; only what opens a log follows one of another name."""
        if unit.head.log not in ("", self.log_origin) and not opens:
            raise LogMoved("the log goes on under another name")
        return Work(unit, self.vault, log_origin=self.log_origin, fresh=fresh)

    def _save(self, work: Work) -> None:
        batch = work.finish()
        if batch.events:
            # What `save(*events)` comes to, less its look at each event's type and the recordings
            # nobody asks for: 9 µs an event under the lock.
            stored = [self.mapper.to_stored_event(event) for event in batch.events]
            try:
                self.recorder.insert_events(stored, unit=work.unit)
            except IntegrityError as error:
                raise LedgerBroken(
                    "a place in the log was taken while the head was held"
                ) from error
        work.unit.save_beside(batch)

    def _clock_is_sound(self, work: Work) -> bool:
        """Whether host, database and last stamp agree and no clock has jumped forward."""
        wall, steady = self.now(), self._steady_seconds()
        before_wall, before_steady = self._last_look
        self._last_look = (wall, steady)
        jumped = (wall - before_wall).total_seconds() - (steady - before_steady)
        self._stepped = self._stepped or jumped > STEP_SECONDS_MAX
        head = work.unit.head
        off = clock.disagreement(head.now, head.recorded, wall)
        if off > DRIFT_ALARM_SECONDS or self._stepped:
            self._on_drift(max(off, jumped))
        return not self._stepped and off <= STEP_SECONDS_MAX


def project(initial: Consent | None, stored: object) -> Consent | None:
    """The library's projector function: fold events into a state with our `evolve`."""
    state = initial
    for event in stored:  # type: ignore[attr-defined]  # the library hands over an iterable
        state = evolve(state or Consent(), event.body, seq=event.seq, position=event.position)
    return state


def _expect_same(before: Mapping[bytes, Subject], now: Mapping[bytes, Subject]) -> None:
    if {lookup: (one.id, one.barred) for lookup, one in before.items()} != {
        lookup: (one.id, one.barred) for lookup, one in now.items()
    }:
        raise RaceLost("an address of the batch was first written, passed on or barred by another")


def _is_refusal(one: Prepared) -> bool:
    """What a clock that cannot be believed does not stop: a refusal, from whomever it comes."""
    command = one.request.command
    if isinstance(command, SeeAtIys):
        return command.state in (IysState.REFUSED, IysState.NOT_GRANTED)
    return isinstance(command, RecordAct) and command.status is ConsentStatus.REFUSED

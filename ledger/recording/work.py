"""One transaction's work while the head is held."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from msgspec import structs

from ledger import clock
from ledger.addresses import Address
from ledger.aggregates import events
from ledger.aggregates.acts import Decided
from ledger.aggregates.bodies import Body, ConsentBody, RecipientReassigned
from ledger.aggregates.commands import RecordAct, SeeAtIys
from ledger.aggregates.consent import Consent, evolve
from ledger.aggregates.decide import decide
from ledger.aggregates.events import Event
from ledger.aggregates.generations import carried_lines, opens_next
from ledger.aggregates.keys import ConsentKey, event_id
from ledger.aggregates.provider_bodies import TextRegistered
from ledger.aggregates.seeing import shown_at
from ledger.evidence import canonical
from ledger.recording.ports import (
    Batch,
    Groups,
    SealedSubject,
    StoredCommand,
    StoredConsent,
    Subject,
    Vault,
    WriteUnit,
)
from ledger.recording.remembered import Remembered
from ledger.recording.request import Prepared, Receipt, Target, aim, bind
from ledger.recording.slots import Slot, slot_of_stored
from ledger.vocabulary import Outcome


class Work:
    """What happens while the head is held. Collects into `batch`; the caller saves and commits."""

    def __init__(
        self, unit: WriteUnit, vault: Vault, *, log_origin: str, fresh: dict[UUID, SealedSubject]
    ) -> None:
        self.unit = unit
        self.batch = Batch()
        self.slots: dict[ConsentKey, Slot] = {}
        self._vault = vault
        self.log = log_origin
        self._fresh = fresh
        self._tails: dict[UUID, tuple[int, str]] = {}
        self._remembered = Remembered()
        self._moved: dict[UUID, Subject] = {}
        self.recorded = max(clock.utc_text_micros(unit.head.now), unit.head.recorded)

    def load(self, prepared: Sequence[Prepared]) -> None:
        """Read the states and remembered commands that the batch is about."""
        fresh = self._fresh
        keys = {
            target.key for one in prepared if one.subject.id not in fresh for target in one.targets
        }
        for key, stored in self.unit.load_consents(keys).items() if keys else ():
            self.slots[key] = slot_of_stored(stored)
        self._remembered.load(self.unit, prepared)

    def carry_out(self, one: Prepared) -> Receipt:
        """Decide, frame and remember one request; the strongest outcome of its keys."""
        known = None if one.command_id is None else self._remembered.find(one)
        if known is not None:
            return self._answer_again(one, known)
        receipts = [self._carry_out_target(one, target) for target in one.targets]
        receipt = receipts[0]
        if len(receipts) > 1:
            receipt = max(receipts, key=lambda receipt: _STRENGTH[receipt.outcome])
        if one.command_id is not None:
            positions = tuple(made.position for made in receipts if made.position is not None)
            self._remembered.add(one, receipt.outcome, receipt.code, positions)
        return receipt

    def keep_out(self, one: Prepared, code: str) -> Receipt:
        """The request is refused whatever it asks; its consent stays as it is."""
        key = one.targets[0].key
        consent = self.slot_of(key).consent
        return Receipt(Outcome.REFUSED, code, None, None, consent, key.subject, one.subject.barred)

    def append(self, body: Body, stream: UUID, *, groups: Groups, key: bytes) -> Event:
        """Add an event of a stream that has no stored state: the provider's or a recipient's."""
        seq, prev = self._tail(stream)
        made_id = self.new_id()
        event = self._frame(
            body,
            stream=stream,
            seq=seq + 1,
            prev=prev,
            made_id=made_id,
            commit=bind(key, made_id, groups),
        )
        self._tails[stream] = (event.seq, event.leaf_hash.hex())
        if isinstance(body, TextRegistered):
            self.batch.texts.append(event)
        if groups:
            self.batch.payloads.append((event.position, self._vault.seal(key, made_id, groups)))
        return event

    def reassign(
        self,
        address: Address,
        former: Subject,
        *,
        reason: str,
        actor: str,
        approved_by: str | None,
        at: str | None = None,
    ) -> Subject:
        """Open the address's next generation: new subject and keys, İYS's lines carried over. `at`:
        since when the address is the new holder's; now where no act of theirs tells (C1)."""
        now = self.unit.head.now
        made = self._vault.new_subject(
            address, lookup=former.lookup, generation=former.generation + 1, at=now
        )
        subject = made.subject
        body = RecipientReassigned(
            subject=str(subject.id),
            generation=subject.generation,
            previous=str(former.id),
            reason=reason,
            at=at or clock.utc_text(now),
            actor=actor,
            approved_by=approved_by,
        )
        event = self.append(body, events.stream_of(body, log=self.log), groups={}, key=subject.key)
        self.batch.closed.append((former.id, event.position))
        self.batch.recipients.append(made)
        self._moved[former.id] = subject
        stored = self.unit.consents_of(former.id)
        states = {key: held.consent for key, held in stored.items()}
        states |= {key: s.consent for key, s in self.slots.items() if key.subject == former.id}
        for line in carried_lines(
            states.items(), subject.id, tzdata=clock.TZDATA_VERSION, actor=actor
        ):
            key = events.key_of(line)
            target = Target(key, key.stream, self.new_id(), {}, None, None, None)
            self.add(self.slot_of(key), target, line, None)
        return subject

    def finish(self) -> Batch:
        """The batch with the states as they are now."""
        self.batch.commands += self._remembered.fresh
        for key, slot in self.slots.items():
            if slot.changed:
                stored = StoredConsent(slot.consent, bytes.fromhex(slot.leaf_hash), slot.position)
                side = self.batch.new_consents if slot.is_new else self.batch.known_consents
                side.append((key, stored))
        used = {key.subject for key, slot in self.slots.items() if slot.changed}
        self.batch.recipients += [made for id_, made in self._fresh.items() if id_ in used]
        return self.batch

    def _carry_out_target(self, one: Prepared, target: Target) -> Receipt:
        request = one.request
        slot = self.slot_of(target.key)
        subject = None
        if request.holder is None:
            subject = self._moved.get(target.key.subject)
            if subject is None and opens_next(target.key, slot.consent, request.command):
                subject = self._pass_on(one)
        if subject is not None:
            key = structs.replace(target.key, subject=subject.id)
            target = aim(request, key, subject, self._vault, made_id=self.new_id())
            slot = self.slot_of(key)
        decided = decide(target.key, slot.consent, request.command, body=target.body)
        first: Event | None = None
        for body in decided.bodies:
            if first is None:
                encoded = target.encoded if body is target.body else None
                first = self.add(slot, target, body, encoded)
            else:
                # What İYS showed brings an act along: an event of its own, with its own groups.
                act = aim(
                    structs.replace(request, groups={}),
                    target.key,
                    subject or one.subject,
                    self._vault,
                    made_id=self.new_id(),
                    body=body,
                )
                self.add(slot, act, body, act.encoded)
        position = _position(decided, slot, first)
        whose = (slot.consent, target.key.subject, one.subject.barred)
        return Receipt(decided.outcome, decided.code, position, first, *whose)

    def _pass_on(self, one: Prepared) -> Subject:
        """The address has a new holder, by the act that the request brings."""
        command, approved_by = one.request.command, None
        if isinstance(command, RecordAct):
            at, actor = command.at, command.provenance.actor
            approved_by = command.provenance.approved_by
        else:
            assert isinstance(command, SeeAtIys)
            at, actor = shown_at(command), command.actor
        return self.reassign(
            one.request.address,
            one.subject,
            reason="LINE_CLOSED",
            actor=actor,
            approved_by=approved_by,
            at=at,
        )

    def add(self, slot: Slot, target: Target, body: ConsentBody, encoded: bytes | None) -> Event:
        event = self._frame(
            body,
            stream=target.stream,
            seq=slot.consent.version + 1,
            prev=slot.leaf_hash,
            made_id=target.event_id,
            commit=target.commit,
            encoded=encoded,
        )
        slot.consent = evolve(slot.consent, body, seq=event.seq, position=event.position)
        slot.leaf_hash = event.leaf_hash.hex()
        slot.position = event.position
        slot.changed = True
        if target.payload is not None:
            self.batch.payloads.append((event.position, target.payload))
        return event

    def _frame(
        self,
        body: Body,
        *,
        stream: UUID,
        seq: int,
        prev: str,
        made_id: str,
        commit: dict[str, str],
        encoded: bytes | None = None,
    ) -> Event:
        event = events.frame(
            body,
            commit=commit,
            event_id=made_id,
            log=self.log,
            prev=prev,
            recorded=self.recorded,
            seq=seq,
            stream=stream,
            position=self.unit.head.position + len(self.batch.events) + 1,
            encoded=encoded,
        )
        self.batch.events.append(event)
        return event

    def new_id(self) -> str:
        return event_id(int(self.unit.head.now.timestamp() * 1000), self._vault.chance(10))

    def slot_of(self, key: ConsentKey) -> Slot:
        slot = self.slots.get(key)
        if slot is None:
            slot = self.slots[key] = Slot(Consent())
        return slot

    def _tail(self, stream: UUID) -> tuple[int, str]:
        if stream not in self._tails:
            last = self.unit.last_of_stream(stream)
            self._tails[stream] = (
                (0, canonical.ZERO_HASH) if last is None else (last[0], last[1].hex())
            )
        return self._tails[stream]

    def _answer_again(self, one: Prepared, known: StoredCommand) -> Receipt:
        kept_out = self.keep_out(one, "L-ID-REUSED")
        if known.content != one.content:
            return kept_out
        return structs.replace(
            kept_out, outcome=Outcome.ALREADY, code=known.code, position=known.positions[0]
        )


_STRENGTH: Final = {
    Outcome.REFUSED: 0,
    Outcome.ALREADY: 1,
    Outcome.HISTORY: 2,
    Outcome.HELD: 3,
    Outcome.RECORDED: 4,
    Outcome.WARNED: 5,
    Outcome.SUPPRESSED: 6,
}
"""Of a request on several keys, the outcome that says most."""


def _position(decided: Decided, slot: Slot, first: Event | None) -> int | None:
    if first is not None:
        return first.position
    twin = (act.position for act in slot.consent.acts if act.seq == decided.act_seq)
    return next(twin, None)

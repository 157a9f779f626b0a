"""Corrections and retractions by a consent's own key, as the log names it: no address is needed."""

from collections.abc import Sequence

from ledger.aggregates.commands import CorrectAct, RetractAct
from ledger.aggregates.decide import decide
from ledger.aggregates.events import Event
from ledger.aggregates.keys import ConsentKey
from ledger.recording.request import Receipt, Target
from ledger.recording.slots import slot_of_stored
from ledger.recording.work import Work

Change = tuple[ConsentKey, CorrectAct | RetractAct]


def carry_out(work: Work, changes: Sequence[Change]) -> list[Receipt]:
    """Decide and frame changes in order; a consent that is not kept (any more) has no such act."""
    for key, stored in work.unit.load_consents({key for key, _ in changes}).items():
        work.slots[key] = slot_of_stored(stored)
    return [_carry_out_one(work, key, command) for key, command in changes]


def _carry_out_one(work: Work, key: ConsentKey, command: CorrectAct | RetractAct) -> Receipt:
    slot = work.slot_of(key)
    decided = decide(key, slot.consent, command)
    event: Event | None = None
    for body in decided.bodies:
        target = Target(key, key.stream, work.new_id(), {}, None, None, None)
        event = work.add(slot, target, body, None)
    position = None if event is None else event.position
    return Receipt(decided.outcome, decided.code, position, event, slot.consent)

"""What can be said of an import afterwards: that it was a mistake, or that somebody vouches for it.

Its acts are found by reading the log from its beginning, a page at a time; each is changed by an
event of its own, and one event of the provider's says who asked for it. What was done before, also
by a call that was broken off, is not done again.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from ledger import clock
from ledger.aggregates.bodies import ActBody
from ledger.aggregates.commands import CorrectAct, RetractAct
from ledger.aggregates.consent import BASIS
from ledger.aggregates.events import Event, key_of
from ledger.aggregates.provider_bodies import ImportDeclared, ImportRetracted
from ledger.application import ConsentLedger
from ledger.errors import NotFound, StoreUnavailable
from ledger.recording.by_key import Change
from ledger.recording.request import Receipt
from ledger.values import plain_text
from ledger.vocabulary import Basis, Outcome

PAGE_EVENTS: Final = 2_000
CHUNK_ACTS: Final = 200
"""Changed under one lock."""

VOUCHED: Final = "VOUCHED"
"""Reason of a correction by which somebody vouches for an import."""

OnProgress = Callable[[int, int], None]


@dataclass(slots=True)
class ChangeResult:
    """Acts of the import: changed now, changed `already`, and left as they are, by code."""

    import_id: str
    acts: int = 0
    changed: int = 0
    already: int = 0
    left: Counter[str] = field(default_factory=Counter)
    brand: int = 0


def retract(
    ledger: ConsentLedger,
    import_id: str,
    *,
    reason: str,
    approved_by: str,
    actor: str,
    on_progress: OnProgress = lambda done, total: None,
) -> ChangeResult:
    """Take back every act of an import. `reason` is a code; the name goes to the vault.

    Raises NotFound for an import without acts; LedgerError on the way: call again for the rest.
    """
    at, person = clock.utc_text(ledger.now()), _person(ledger, approved_by)

    def change(event: Event) -> RetractAct:
        return RetractAct(of=event.seq, reason=reason, at=at, actor=actor, approved_by=person)

    def is_done(receipt: Receipt, seq: int) -> bool:
        return any(act.seq == seq and act.retracted for act in receipt.consent.acts)

    result = _change_all(ledger, import_id, change, is_done, on_progress)
    total = result.changed + result.already
    body = ImportRetracted(
        import_id=import_id,
        brand=result.brand,
        acts=total,
        reason=reason,
        at=at,
        actor=actor,
        approved_by=person,
    )
    note = {"note": {"approved_by": plain_text(approved_by)}}
    ledger.append_once(body, once=f"{body.TYPE}/{import_id}/{total}", groups=note)
    return result


def declare(
    ledger: ConsentLedger,
    import_id: str,
    *,
    declared_by: str,
    exported_at: str,
    actor: str,
    on_progress: OnProgress = lambda done, total: None,
) -> ChangeResult:
    """Somebody vouches that İYS holds what an ordinary import brought (C6 row 11d): each act's
    basis becomes `declared`, and nothing of it waits for İYS any more. Raises as `retract`."""
    at, person = clock.utc_text(ledger.now()), _person(ledger, declared_by)

    def change(event: Event) -> CorrectAct:
        return CorrectAct(
            of=event.seq,
            field=BASIS,
            is_now=str(Basis.DECLARED),
            reason=VOUCHED,
            at=at,
            actor=actor,
            approved_by=person,
        )

    def is_done(receipt: Receipt, seq: int) -> bool:
        return receipt.outcome is Outcome.ALREADY

    result = _change_all(ledger, import_id, change, is_done, on_progress)
    total = result.changed + result.already
    body = ImportDeclared(
        import_id=import_id,
        brand=result.brand,
        acts=total,
        exported_at=exported_at,
        at=at,
        actor=actor,
        declared_by=person,
    )
    note = {"note": {"declared_by": plain_text(declared_by)}}
    ledger.append_once(body, once=f"{body.TYPE}/{import_id}/{total}", groups=note)
    return result


def _change_all(
    ledger: ConsentLedger,
    import_id: str,
    change: Callable[[Event], CorrectAct | RetractAct],
    is_done: Callable[[Receipt, int], bool],
    on_progress: OnProgress,
) -> ChangeResult:
    result = ChangeResult(import_id)
    for acts in _acts_of(ledger, import_id, on_progress):
        changes = [(key_of(body), change(event)) for event, body in acts]
        result.brand = acts[0][1].brand
        for (event, _), receipt in zip(acts, _mend_surely(ledger, changes), strict=True):
            result.acts += 1
            if receipt.event is not None:
                result.changed += 1
            elif is_done(receipt, event.seq):
                result.already += 1
            else:
                result.left[receipt.code or receipt.outcome] += 1
    if result.acts == 0:
        raise NotFound("no act of such an import", "bu numarayla içe aktarılmış kayıt yok")
    return result


def _acts_of(
    ledger: ConsentLedger, import_id: str, on_progress: OnProgress
) -> Iterator[list[tuple[Event, ActBody]]]:
    """The acts of an import that the log held at the beginning, some at a time."""
    found = _found(ledger, import_id, on_progress)
    while chunk := list(islice(found, CHUNK_ACTS)):
        yield chunk


def _found(
    ledger: ConsentLedger, import_id: str, on_progress: OnProgress
) -> Iterator[tuple[Event, ActBody]]:
    # The bytes are canonical: an act of the import holds exactly this, and few others do.
    mark = f'"import":"{import_id}"'.encode()
    position, last = 0, ledger.store.last_position()
    while position < last:
        page = ledger.recorder.select_notifications(
            position, PAGE_EVENTS, last, inclusive_of_start=False
        )
        if not page:
            return
        for stored in page:
            if mark not in stored.state:
                continue
            event = ledger.mapper.to_domain_event(stored)
            assert isinstance(event, Event)
            if isinstance(event.body, ActBody) and event.body.import_id == import_id:
                yield event, event.body
        position = page[-1].id
        on_progress(position, last)


def _mend_surely(ledger: ConsentLedger, changes: Sequence[Change]) -> list[Receipt]:
    """A lost connection is followed by one more try: what landed is then done already."""
    try:
        return ledger.mend(changes)
    except StoreUnavailable:
        return ledger.mend(changes)


def _person(ledger: ConsentLedger, name: str) -> str:
    """A word for a person that names nobody: the same for the same name, in this ledger only."""
    return f"user:{ledger.vault.content_digest(('person', plain_text(name))).hex()[:16]}"

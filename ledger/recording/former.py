"""Whose act a movement at İYS is that is seen after its address passed on (consent.md C1, R35)."""

from msgspec import structs

from ledger.aggregates.bodies import RecipientReassigned
from ledger.aggregates.commands import SeeAtIys
from ledger.aggregates.keys import recipient_stream
from ledger.aggregates.seeing import shown_at
from ledger.recording.ports import LedgerStore, Subject
from ledger.recording.request import Request
from ledger.vocabulary import IysState


def as_of_then(store: LedgerStore, request: Request, subject: Subject) -> tuple[Request, Subject]:
    """The request, and whose consent it is about: that of `subject`, who holds the address, unless
    it shows a grant that a former holder made at İYS. A refusal always counts against whoever holds
    the address now."""
    command = request.command
    if subject.generation == 1 or not isinstance(command, SeeAtIys):
        return request, subject
    source, at = command.source, shown_at(command)
    if command.state is not IysState.GRANTED or source is None or not source.is_recipients_own:
        return request, subject
    for one in store.generations(subject.lookup):
        if at is None or one.generation == 1 or _began_at(store, one) <= at:
            former = one if one.generation < subject.generation else None
            return structs.replace(request, holder=former), former or subject
    return request, subject


def _began_at(store: LedgerStore, subject: Subject) -> str:
    """Since when the address is a later holder's."""
    bodies = (event.body for event in store.events_of(recipient_stream(subject.id)))
    return next(body.at for body in bodies if isinstance(body, RecipientReassigned))

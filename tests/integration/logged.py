"""Events of a kind as a test finds them in a log: all of it, in order."""

from ledger.aggregates.bodies import Body
from ledger.aggregates.events import Event
from ledger.recording.ports import LedgerStore


def events_of_type(store: LedgerStore, kind: type[Body]) -> list[Event]:
    """Those with such a body."""
    every = store.events_at(range(1, store.last_position() + 1))
    return [every[position] for position in sorted(every) if isinstance(every[position].body, kind)]

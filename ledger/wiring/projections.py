"""Every projection that follows the log of a provider."""

from ledger.projections.confirmations import Confirmations
from ledger.projections.follower import Projection
from ledger.projections.movements import Movements
from ledger.projections.outbox import Outbox


def projections() -> list[Projection]:
    """One of each; a follower of its own keeps each up with the log."""
    return [Outbox(), Confirmations(), Movements()]

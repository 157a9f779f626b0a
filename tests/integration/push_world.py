"""A ledger, a twin and what pushes from the one to the other, all on the twin's clock."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, LiteralString

from ledger.addresses import known_address
from ledger.aggregates.bodies import IysRefused, IysSeen
from ledger.aggregates.events import Event
from ledger.aggregates.keys import ConsentKey
from ledger.application import ConsentLedger
from ledger.bootstrap import Home
from ledger.iys_sync.client import IysClient
from ledger.iys_sync.errors import IysFailure
from ledger.iys_sync.ports import Iys
from ledger.iys_sync.pushing import Pusher
from ledger.iys_twin.consents import Movement
from ledger.projections.sending import Sending
from ledger.recording.request import Receipt, Request
from ledger.vocabulary import IysState
from tests.integration.acts import BRAND_CODE, IYS_CODE
from tests.integration.iys_world import IysWorld, Port, iys_world

YESTERDAY = "2026-03-03 10:15:00"
"""The twin's clock shows 2026-03-04 10:00:00 first."""
TODAY = "2026-03-04 09:00:00"
ROUNDS_MAX = 100
POSITIONS: LiteralString = "SELECT position FROM iys_outbox ORDER BY position"


@dataclass
class PushWorld:
    """One provider that tells İYS what its recipients said."""

    home: Home
    iys: IysWorld
    ledger: ConsentLedger
    client: IysClient

    def __post_init__(self) -> None:
        self.sending = Sending(self.home.database, IYS_CODE)

    def record(self, *requests: Request) -> list[Receipt]:
        """Record acts and let the outbox know."""
        receipts = self.ledger.record(list(requests))
        self.home.follow(IYS_CODE)
        return receipts

    def pusher(self, iys: Iys | None = None, **changed: Any) -> Pusher:
        """A process that pushes, begun two seconds after the last one."""
        given = {"now": self.iys.now, **changed}
        made = Pusher(iys or self.client, self.ledger, self.sending, lambda: [BRAND_CODE], **given)
        self.wait(seconds=2)
        return made

    def wait(self, **span: float) -> None:
        """Let time pass at İYS and here."""
        self.iys.twin.twin.clock.advance(timedelta(**span).total_seconds())

    def push(self, pusher: Pusher, *, times: int = 2) -> None:
        """Push what is due now, and what that lets go."""
        for _ in range(times):
            pusher.push_once()
            self.home.follow(IYS_CODE)
            self.wait(seconds=3)

    def push_all(self, pusher: Pusher) -> None:
        """Push, whatever fails, until nothing waits any more."""
        for _ in range(ROUNDS_MAX):
            try:
                self.push(pusher)
            except IysFailure:
                self.home.follow(IYS_CODE)
            if not self.waiting():
                return
            self.wait(minutes=5)
        raise AssertionError(f"{len(self.waiting())} acts still wait")

    def waiting(self) -> list[int]:
        """Positions of acts that İYS has not answered."""
        return [row[0] for row in self.rows(POSITIONS)]

    def rows(self, statement: LiteralString) -> list[tuple[Any, ...]]:
        """Rows of the provider's schema."""
        with self.home.database.connection(IYS_CODE) as connection:
            return connection.execute(statement).fetchall()

    def movements(self) -> list[Movement]:
        """What İYS wrote of what this provider sent, in order."""
        return list(self.iys.twin.twin.world.brands[BRAND_CODE].own)

    def states(self, receipts: Sequence[Receipt]) -> list[IysState]:
        """What İYS holds of these consents, as far as the ledger knows."""
        keys = [key_of(receipt) for receipt in receipts]
        found = self.ledger.store.load_consents(keys)
        return [found[key].consent.iys.state for key in keys]

    def told(self, receipt: Receipt) -> list[Event]:
        """İYS's words on the consent of a receipt, in order."""
        events = self.ledger.store.events_of(key_of(receipt).stream)
        return [one for one in events if isinstance(one.body, IysSeen | IysRefused)]

    def words(self, event: Event, receipt: Receipt) -> dict[str, Any]:
        """What the `iys` group of an event says."""
        assert receipt.subject is not None
        holder = self.ledger.store.holders([receipt.subject])[receipt.subject]
        assert known_address(holder.uri).text
        sealed = self.ledger.store.payloads_at([event.position])[event.position]
        opened = self.ledger.vault.open(holder.subject.key, event.id, sealed)
        said = opened["iys"]
        assert isinstance(said, dict)
        return said


def key_of(receipt: Receipt) -> ConsentKey:
    """The consent that was written."""
    assert receipt.event is not None and receipt.subject is not None
    body: Any = receipt.event.body
    return ConsentKey(BRAND_CODE, receipt.subject, body.recipient_type, body.channel)


@contextmanager
def push_world(home: Home, port: Port, **settings: Any) -> Iterator[PushWorld]:
    """Everything at hand, nothing recorded."""
    with iys_world(home, port, **settings) as iys, iys.client() as client:
        yield PushWorld(home, iys, home.ledger(IYS_CODE), client)

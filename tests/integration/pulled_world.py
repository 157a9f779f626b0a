"""A ledger that pulls from a twin, and what both of them hold, to be compared row by row."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from ledger.aggregates.bodies import IysSeen
from ledger.aggregates.events import Event
from ledger.application import ConsentLedger
from ledger.bootstrap import Home
from ledger.iys_sync import wire
from ledger.iys_sync.client import IysClient
from ledger.iys_sync.outages import OutageLog
from ledger.iys_sync.pulling import Puller
from ledger.iys_sync.wire import PullSource
from ledger.projections.pulled import OutageTable, PulledTable
from ledger.recording.ports import Holder
from ledger.store.vault import ProviderVault
from tests.integration.acts import BRAND_CODE, IYS_CODE
from tests.integration.iys_world import IysWorld, Port, iys_world
from tests.integration.logged import events_of_type

Row = tuple[str, ...]
"""As İYS's day file has it (iys/api.md §15)."""
COLUMNS = 8
PAGE = 50
"""Movements a page, so that a few make many pages."""


class PullWorld(IysWorld):
    """A twin, and a puller on its clock."""

    @property
    def ledger(self) -> ConsentLedger:
        return self.home.ledger(IYS_CODE)

    @property
    def outages(self) -> OutageLog:
        """As a process that was just started has it."""
        return OutageLog(self.ledger, OutageTable(self.home.database, IYS_CODE), now=self.now)

    def client(self, **changed: Any) -> IysClient:
        """As `IysWorld.client`; it tells the log of outages."""
        return super().client(**{"outages": self.outages, **changed})

    @property
    def table(self) -> PulledTable:
        vault = ProviderVault(self.home.providers.keys(IYS_CODE))
        return PulledTable(self.home.database, IYS_CODE, vault)

    @property
    def brand(self) -> Any:  # the twin's own
        return self.twin.twin.world.brands[BRAND_CODE]

    def puller(self, iys: Any = None, **more: Any) -> Puller:
        """One as a process has it; `iys`: another way to İYS than its client."""
        given = {"now": self.now, "brands": lambda: [BRAND_CODE], "page_size": PAGE, **more}
        return Puller(iys or self.client(), self.ledger, self.table, **given)

    def pull(self, **more: Any) -> None:
        """Everything that İYS lists by now."""
        with self.client() as client:
            puller = self.puller(client, **more)
            while puller.run_once():
                pass

    def advance(self, **span: float) -> None:
        """Let time pass at İYS, without a log-in of the harness."""
        self.twin.advance(log_in=False, **span)

    def at_iys(self) -> Counter[Row]:
        """Every movement of the brand, by the twin's day files; not those of today."""
        found: Counter[Row] = Counter()
        with self.client() as client:
            day = self.now().date()
            for back in range(1, 8):
                file = client.day_file(BRAND_CODE, day.fromordinal(day.toordinal() - back))
                lines = (file or b"").decode().splitlines()[1:]
                found.update(tuple(line.split(",")) for line in lines)
        assert all(len(row) == COLUMNS for row in found)
        return found

    def here(self) -> Counter[Row]:
        """Every movement of the brand, by the ledger's events."""
        store = self.ledger.store
        every = [one for one in events_of_type(store, IysSeen) if not _moved(one)]
        holders = store.holders({_subject(event) for event in every})
        sealed = store.payloads_at({event.position for event in every})
        return Counter(
            self._row(event, holders[_subject(event)], sealed[event.position]) for event in every
        )

    def known_to(self, source: PullSource = PullSource.IYS) -> datetime:
        """Up to where that side is known."""
        figures = {one.source: one for one in self.puller().figures()}
        return figures[source].known_to

    def complete_at(self) -> list[datetime]:
        """What decisions go by, one instant a channel."""
        with self.home.database.connection(IYS_CODE) as connection:
            rows = connection.execute("SELECT complete_at FROM iys_knowledge").fetchall()
        return [row[0] for row in rows]

    def _row(self, event: Event, holder: Holder, sealed: bytes) -> Row:
        body = event.body
        assert isinstance(body, IysSeen)
        words: Any = self.ledger.vault.open(holder.subject.key, event.id, sealed)["iys"]
        source = words.get("source") or (body.source.value if body.source else "")
        return (
            body.creation_date or "",
            words["transaction_id"],
            words.get("recipient") or holder.uri.partition(":")[2],
            body.recipient_type.value,
            body.channel.value,
            body.state.value,
            body.consent_date or "",
            source,
        )


class Killed(BaseException):
    """The process ends here, whatever was meant to follow."""


class Pages:
    """The way to İYS, which breaks before its `last`-th page."""

    def __init__(self, client: IysClient, last: int) -> None:
        self._client = client
        self._left = last

    def pull(self, *asked: Any) -> wire.Page:
        if not self._left:
            raise Killed
        self._left -= 1
        return self._client.pull(*asked)


@contextmanager
def pull_world(home: Home, port: Port, **settings: Any) -> Iterator[PullWorld]:
    """As `iys_world`; a day's file is there when the day is over."""
    quick = {"file_queued_seconds": 0, "file_in_progress_seconds": 0, **settings}
    with iys_world(home, port, **quick) as made:
        yield PullWorld(made.home, made.twin, made.url)


def _moved(event: Event) -> bool:
    """Whether it is the line of a former holder, carried over."""
    return isinstance(event.body, IysSeen) and event.body.carried_from is not None


def _subject(event: Event) -> UUID:
    assert isinstance(event.body, IysSeen)
    return UUID(event.body.subject)

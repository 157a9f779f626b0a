"""A brand's days at the twin and in the ledger, and what compares them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from ledger.addresses import known_address
from ledger.aggregates.commands import SeeAtIys
from ledger.application import ConsentLedger
from ledger.bootstrap import Home
from ledger.clock import TZDATA_VERSION, from_iys_text, utc_text
from ledger.iys_sync.client import IysClient
from ledger.iys_sync.day_reading import DayReader
from ledger.iys_sync.reconciling import Agreeing, Reconciler
from ledger.iys_sync.seen import seen
from ledger.iys_sync.wire import Added, Outgoing, PullSource
from ledger.projections.days import DayFileTable, DayTable
from ledger.projections.follower import Follower
from ledger.projections.movements import MovementReader, Movements
from ledger.recording.sights import IysWords, sight
from ledger.store.vault import ProviderVault
from ledger.vocabulary import ConsentStatus, IysState, SeenHow
from tests.integration.acts import BRAND_CODE, IYS_CODE
from tests.integration.iys_world import IysWorld, Port, an_outgoing, iys_world

DAY = date(2026, 3, 4)
"""That of the twin's first instant."""
ACTOR = "system:sync"


@dataclass
class DayWorld:
    """Twin, client, ledger and tables of one provider."""

    iys: IysWorld
    client: IysClient
    ledger: ConsentLedger
    days: DayTable
    files: DayFileTable
    reader: DayReader

    def add(self, number: int = 1, **changed: Any) -> Added:
        """A consent that İYS takes, and that the ledger knows by İYS's answer."""
        sent = an_outgoing(number, **changed)
        added = self.client.add(BRAND_CODE, sent)
        self.know(sent, added)
        return added

    def know(
        self, sent: Outgoing, added: Added, *, of: int | None = None, **changed: str | None
    ) -> None:
        """Record that İYS took it, as the outcome of act `of` where one is named."""
        command = SeeAtIys(
            state=IysState(sent.status.value),
            at=utc_text(from_iys_text(added.creation_date)),
            seen_at=utc_text(self.iys.now()),
            how=SeenHow.ANSWER,
            consent_date=sent.consent_date,
            source=sent.source,
            creation_date=added.creation_date,
            tzdata=TZDATA_VERSION,
            actor=ACTOR,
            of=of,
        )
        words = {"transaction_id": added.transaction_id, "answer": added.digest, **changed}
        scheme = "mailto" if "@" in sent.recipient else "tel"
        self.ledger.record(
            [
                sight(
                    known_address(f"{scheme}:{sent.recipient}"),
                    BRAND_CODE,
                    sent.channel,
                    sent.recipient_type,
                    command,
                    IysWords(**words),
                )
            ]
        )

    def refuse(self, number: int = 1, **changed: Any) -> Added:
        """As `add`, a refusal."""
        return self.add(number, status=ConsentStatus.REFUSED, **changed)

    def move(self, how: str = "sms", number: int = 1, **changed: Any) -> None:
        """A recipient acts at İYS; the ledger does not know."""
        given = {"how": how, "recipient": f"+9050100{number:05}", **changed}
        answer = self.iys.twin.post("/_twin/movements", given)
        assert answer.status_code == 200, answer.text

    def pull(self) -> None:
        """Learn what İYS lists."""
        for source in PullSource:
            page = self.client.pull(BRAND_CODE, source, None)
            requests = [
                seen(one, BRAND_CODE, SeenHow.PULL, self.iys.now()) for one in page.movements
            ]
            if requests:
                self.ledger.record(requests)

    def pass_days(self, days: float = 1.0) -> None:
        """Let time pass at İYS."""
        self.iys.twin.advance(days=days)

    def reconciler(self, iys: Any = None, **given: Any) -> Reconciler:
        """With the twin, or something between."""
        return Reconciler(
            self.ledger,
            iys or self.client,
            self.reader,
            self.days,
            self.files,
            now=self.iys.now,
            **{"agreeing": Agreeing.AUTO, **given},
        )

    def ours(self, day: date = DAY) -> bytes:
        """The day's file as the ledger makes it."""
        return b"".join(self.reader.report(BRAND_CODE, day).pieces())

    def theirs(self, day: date = DAY) -> bytes:
        """The day's file as İYS gives it."""
        return self.client.day_file(BRAND_CODE, day) or b""


@contextmanager
def day_world(home: Home, port: Port, **settings: Any) -> Iterator[DayWorld]:
    """A twin at noon of `DAY`, and everything of ours beside it."""
    vault = ProviderVault(home.providers.keys(IYS_CODE))
    follower = Follower(home.database, IYS_CODE, Movements())
    days = DayTable(home.database, IYS_CODE, vault)
    movements = MovementReader(home.database, IYS_CODE, vault)
    with iys_world(home, port, **settings) as iys, iys.client() as client:
        yield DayWorld(
            iys,
            client,
            home.ledger(IYS_CODE),
            days,
            DayFileTable(home.database, IYS_CODE, vault),
            DayReader(movements, days, catch_up=follower.catch_up),
        )


class Patched:
    """The client, some of whose answers are others'."""

    def __init__(self, client: IysClient, **answers: Any) -> None:
        self._client = client
        self._answers: Mapping[str, Any] = answers

    def __getattr__(self, name: str) -> Any:
        return self._answers.get(name) or getattr(self._client, name)

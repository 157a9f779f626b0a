"""Writing down what became of acts that were sent: each ends here (consent.md C2; R24, R32)."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Final
from uuid import UUID

from ledger import clock
from ledger.aggregates.bodies import ActBody, ConsentRefused
from ledger.aggregates.consent import person_line
from ledger.application import OFF, ConsentLedger
from ledger.errors import ClockStepped
from ledger.iys_sync import answers
from ledger.iys_sync.judging import wants_decision
from ledger.iys_sync.members import Unreadable
from ledger.iys_sync.scheduling import REST
from ledger.iys_sync.seen import seen
from ledger.iys_sync.wire import Movement
from ledger.projections.sending_rows import Item
from ledger.recording.ports import Holder
from ledger.recording.request import Request
from ledger.recording.sights import IysWords
from ledger.vocabulary import BrandCode, ConsentStatus, SeenHow

BLOCK: Final = 250
"""Outcomes recorded at a time: the head of the log is held for few milliseconds."""

NO_WORDS: Final = IysWords()


@dataclass(frozen=True, slots=True)
class Written:
    """İYS wrote the act, under these words."""

    item: Item
    transaction_id: str
    creation_date: str


@dataclass(frozen=True, slots=True)
class Declined:
    """İYS will never take the act; `shown`: what it holds instead, where it was asked."""

    item: Item
    code: str
    shown: Movement | None = None


Outcome = Written | Declined


class Outcomes:
    """Records outcomes, in blocks, each act's once. For many threads.

    `may_decide`: whether a refusal that İYS takes no more is told to it as the provider's own
    decision of now, HS_KARAR (R32). `resting`: keys answered a moment ago, and until when.
    """

    def __init__(
        self, ledger: ConsentLedger, *, may_decide: Callable[[], bool], now: clock.Clock
    ) -> None:
        self._ledger = ledger
        self._may_decide = may_decide
        self._now = now
        # One at a time: who holds the log's head must not wait for the others' turns of Python.
        self._turn = Lock()
        self.resting: dict[Hashable, datetime] = {}

    def holders(self, items: Sequence[Item]) -> dict[UUID, Holder]:
        """Whose these acts are; an erased one is missing."""
        return self._ledger.store.holders({item.subject for item in items})

    def sent_items(self, positions: Sequence[int], waiting: Mapping[int, Item]) -> dict[int, Item]:
        """The acts at these positions, those that do not wait any more among them."""
        missing = [position for position in positions if position not in waiting]
        found = self._ledger.store.events_at(missing) if missing else {}
        items = dict(waiting)
        for position, event in found.items():
            act = event.body
            if isinstance(act, ActBody):
                status = (
                    ConsentStatus.REFUSED
                    if isinstance(act, ConsentRefused)
                    else ConsentStatus.GRANTED
                )
                items[position] = Item(
                    position,
                    event.stream,
                    event.seq,
                    UUID(act.subject),
                    BrandCode(act.brand),
                    act.recipient_type.value,
                    act.channel.value,
                    status.value,
                    act.consent_date,
                    act.source and act.source.value,
                )
        return items

    def record(self, outcomes: Sequence[Outcome], how: SeenHow, words: IysWords = NO_WORDS) -> None:
        """Commit them all. Raises ClockStepped, and what `ConsentLedger.record` raises; whatever
        was recorded then is known again when it comes once more."""
        holders = self.holders([one.item for one in outcomes])
        for start in range(0, len(outcomes), BLOCK):
            requests: list[Request] = []
            for one in outcomes[start : start + BLOCK]:
                holder = holders.get(one.item.subject)
                if holder is not None:  # else erased meanwhile: nothing is written of them (C10)
                    requests += self._requests(one, holder, how, words)
            self._commit(requests)
        rested = self._now() + REST
        for one in outcomes:
            holder = holders.get(one.item.subject)
            if holder is not None:
                self.resting[holder.subject.lookup, one.item.channel] = rested

    def _commit(self, requests: Sequence[Request]) -> None:
        if not requests:
            return
        with self._turn:
            receipts = self._ledger.record_surely(requests)
        if any(receipt.code == OFF for receipt in receipts):
            raise ClockStepped("what İYS answered is not written down while the clock is off")

    def _requests(
        self, one: Outcome, holder: Holder, how: SeenHow, words: IysWords
    ) -> list[Request]:
        now = self._now()
        if isinstance(one, Written):
            return [
                answers.taken(
                    one.item,
                    holder,
                    how,
                    transaction_id=one.transaction_id,
                    creation_date=one.creation_date,
                    words=words,
                    now=now,
                )
            ]
        made = []
        if one.shown is not None:
            with suppress(Unreadable):  # pulling keeps what cannot be read, and tells
                made.append(seen(one.shown, BrandCode(one.item.brand_code), how, now))
        made.append(answers.refused(one.item, holder, how, one.code, words=words, now=now))
        if wants_decision(one.item, one.code) and self._decides(one.item):
            made.append(answers.decision(one.item, holder, now))
        return made

    def _decides(self, item: Item) -> bool:
        """Whether the provider decides so, and the recipient still refuses: a newer consent must
        not be ended by us."""
        if not self._may_decide():
            return False
        key = answers.key_of(item)
        stored = self._ledger.store.load_consents([key]).get(key)
        if stored is None:
            return False
        return person_line(stored.consent.acts).status is ConsentStatus.REFUSED

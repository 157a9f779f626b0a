"""One request to its end, as far as İYS lets it go: sent, its result looked for, or looked up.

Before anything is sent the request is committed; what İYS says is recorded before the request is
settled. So a death at any step leaves a request that is looked at again, and the same outcome,
recorded twice, is one (R23, R24).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog

from ledger import clock
from ledger.iys_sync import answers
from ledger.iys_sync.errors import (
    ONE_ANSWER,
    IysAccount,
    IysBusy,
    IysError,
    IysFailure,
    IysRefused,
    IysUnreachable,
)
from ledger.iys_sync.judging import Verdict, gravest, is_shown, judge
from ledger.iys_sync.outcomes import Declined, Outcome, Outcomes, Written
from ledger.iys_sync.ports import Iys
from ledger.iys_sync.scheduling import backoff
from ledger.iys_sync.wire import BulkItem, BulkOutcome
from ledger.projections.sending import Sending
from ledger.projections.sending_rows import InHand, Item
from ledger.recording.ports import Holder
from ledger.recording.sights import IysWords
from ledger.vocabulary import BrandCode, SeenHow

RESULT_WAIT: Final = timedelta(seconds=300)
"""Before a list's result is looked for, and between two looks (R24)."""
SEEN_BY_PULL: Final = timedelta(hours=2)
"""By then what İYS took is pulled: it is listed after an hour."""
RESULT_MAX: Final = timedelta(hours=24)
"""A list without a result for so long is sent again."""
HALT: Final = timedelta(minutes=15)
"""How long nothing is sent for a brand whose account cannot."""

_log = structlog.get_logger("izin")


class Carrier:
    """Carries requests; for many threads, each request in one of them."""

    def __init__(self, iys: Iys, sending: Sending, outcomes: Outcomes, *, now: clock.Clock) -> None:
        self._iys = iys
        self._sending = sending
        self._outcomes = outcomes
        self._now = now

    def carry(self, request: InHand) -> None:
        """One step of a request. Raises IysUnreachable or IysHalted where İYS does not answer at
        all, and what the store raises; the request is then in order for the next try."""
        if request.code is not None:
            self._look_up(request, request.code)
        elif request.request_id is not None:
            self._look(request, request.request_id)
        else:
            self._send(request)

    def _send(self, request: InHand) -> None:
        items, holders = self._to_send(request)
        if not items:
            self._sending.settle(request, ())
            return
        request = request.only({item.position for item in items})  # İYS counts by these places
        brand = BrandCode(request.brand_code)
        consents = [answers.outgoing(one, holders[one.subject]) for one in items]
        try:
            if len(items) > 1:
                accepted = self._iys.add_list(brand, consents)
                now = self._now()
                self._sending.accepted(
                    request, accepted.request_id, now=now, look_at=now + RESULT_WAIT
                )
                return
            is_overdue = items[0].due is not None and items[0].due < self._now()
            added = self._iys.add(brand, consents[0], risky=is_overdue)
        except IysFailure as failure:
            self._not_taken(request, items, failure)
            return
        written = Written(items[0], added.transaction_id, added.creation_date)
        self._outcomes.record([written], SeenHow.ANSWER, IysWords(answer=added.digest))
        self._sending.settle(request, ())

    def _not_taken(self, request: InHand, items: Sequence[Item], failure: IysFailure) -> None:
        doubted = request._replace(is_uncertain=request.is_uncertain or failure.may_have_happened)
        match failure:
            case IysRefused():
                self._refused(doubted, items, failure.errors)
            case IysAccount():
                self._keep(doubted, self._halt(request, failure.code))
            case IysBusy():
                self._keep(doubted, failure.until)
            case _:
                self._keep(doubted, None)
                raise failure

    def _keep(self, request: InHand, until: datetime | None) -> None:
        """What was surely not taken goes back to its place in the queue; what may have been is sent
        once more as it was: İYS then tells what it made of it the first time."""
        if request.is_uncertain:
            later = request._replace(tries=request.tries + 1)
            again_at = self._now() + backoff(request.tries)
            self._sending.look_again(later, max(until or again_at, again_at))
        else:
            self._sending.settle(request, (), returned=request.open, not_before=until)

    def _halt(self, request: InHand, code: str) -> datetime:
        until = self._now() + HALT
        self._sending.halt(BrandCode(request.brand_code), until, code)
        _log.error("İYS: nothing is sent", brand=request.brand_code, code=code)
        return until

    def _refused(self, request: InHand, items: Sequence[Item], errors: Sequence[IysError]) -> None:
        """Of a list İYS took nothing: those it names are judged, the rest is sent anew."""
        named: dict[int, list[IysError]] = {}
        for error in errors:
            place = 0 if len(items) == 1 else error.index
            if place is None or not 0 <= place < len(items):
                self._halve(request, items)
                return
            named.setdefault(place, []).append(error)
        codes = {items[place].position: gravest(said) for place, said in named.items()}
        declined: list[Outcome] = []
        doubted: list[tuple[Sequence[int], str | None]] = []
        not_before = None
        rest = [one.position for one in items if one.position not in codes]
        for item in items:
            code = codes.get(item.position)
            if code is None:
                continue
            verdict = judge(code, is_uncertain=request.is_uncertain, tries=request.tries)
            if verdict is Verdict.FINAL:
                declined.append(Declined(item, code))
            elif verdict is Verdict.LATER and len(items) == 1 and not request.is_uncertain:
                rest, not_before = [item.position], self._now() + backoff(request.tries)
            else:
                doubted.append(([item.position], code))
        self._outcomes.record(declined, SeenHow.ANSWER)
        self._sending.settle(
            request,
            rest if request.is_uncertain else (),
            look_at=self._now(),
            anew=doubted,
            returned=() if request.is_uncertain else rest,
            not_before=not_before,
        )

    def _halve(self, request: InHand, items: Sequence[Item]) -> None:
        """A list is refused and no item is named: whatever it is, it is in one of the halves."""
        positions = [item.position for item in items]
        middle = len(positions) // 2
        halves = [(positions[:middle], None), (positions[middle:], None)]
        self._sending.settle(request, (), anew=halves)

    def _look(self, request: InHand, request_id: str) -> None:
        try:
            results = self._iys.results(BrandCode(request.brand_code), request_id)
        except IysRefused:  # İYS has no such list, or not any more
            self._send_again(request)
            return
        except IysFailure as failure:
            is_old = self._now() - request.sent_at >= RESULT_MAX
            if is_old and _is_of_one_answer(failure):
                self._send_again(request)
            else:
                self._postpone(request, failure)
            return
        items = self._items(request)
        outcomes: list[Outcome] = []
        doubted: list[tuple[Sequence[int], str | None]] = []
        settled = set()
        for result in results.items:
            place = result.index
            item = items[place] if 0 <= place < len(items) else None
            if item is None:
                continue
            found = _outcome(item, result, request)
            if found is None:
                continue
            settled.add(item.position)
            if isinstance(found, str):
                doubted.append(([item.position], found))
            else:
                outcomes.append(found)
        words = IysWords(request_id=request_id, answer=results.digest)
        self._outcomes.record(outcomes, SeenHow.RESULT, words)
        left = [item.position for item in items if item and item.position not in settled]
        now = self._now()
        if left and now - request.sent_at >= RESULT_MAX:
            request = request._replace(request_id=None, is_uncertain=True)
        self._sending.settle(request, left, look_at=now + RESULT_WAIT, anew=doubted)

    def _send_again(self, request: InHand) -> None:
        again = request._replace(request_id=None, is_uncertain=True)
        self._sending.look_again(again, self._now())

    def _look_up(self, request: InHand, code: str) -> None:
        """Believe a refusal, or not, by what İYS holds."""
        item = next((item for item in self._items(request) if item is not None), None)
        holder = None if item is None else self._outcomes.holders([item]).get(item.subject)
        if item is None or holder is None:
            self._sending.settle(request, ())
            return
        asked = answers.outgoing(item, holder)
        brand = BrandCode(request.brand_code)
        try:
            shown = self._iys.status(brand, asked.recipient, asked.recipient_type, asked.channel)
        except IysRefused:  # it cannot even be asked about, so İYS holds nothing
            shown = None
        except IysFailure as failure:
            self._postpone(request, failure)
            return
        if shown is not None and is_shown(item, shown):
            written = Written(item, shown.transaction_id, shown.creation_date)
            words = IysWords(answer=shown.digest)
            self._outcomes.record([written], SeenHow.STATUS, words)
            self._sending.settle(request, ())
            return
        if shown is not None and request.is_uncertain:
            known_at = request.sent_at + SEEN_BY_PULL
            if self._now() < known_at:  # it may stand behind what İYS shows; the pull tells
                self._sending.look_again(request, known_at)
                return
        verdict = judge(code, is_uncertain=False, tries=request.tries)
        if verdict in (Verdict.LATER, Verdict.HALT):
            is_halt = verdict is Verdict.HALT
            until = self._halt(request, code) if is_halt else self._now() + backoff(request.tries)
            self._sending.settle(request, (), returned=[item.position], not_before=until)
            return
        self._outcomes.record([Declined(item, code, shown)], SeenHow.STATUS)
        self._sending.settle(request, ())

    def _postpone(self, request: InHand, failure: IysFailure) -> None:
        """A question was not answered: ask later."""
        match failure:
            case IysAccount():
                until = self._halt(request, failure.code)
            case IysBusy():
                until = failure.until
            case _:
                self._sending.look_again(request, self._now() + RESULT_WAIT)
                if _is_of_one_answer(failure):
                    return
                raise failure
        self._sending.look_again(request, until)

    def _items(self, request: InHand) -> list[Item | None]:
        """The items by their place; None where nothing is open."""
        waiting = self._sending.waiting(request.open)
        found = self._outcomes.sent_items(request.open, waiting)
        return [
            None if position not in found else request.as_sent(found[position], place)
            for place, position in enumerate(request.positions)
        ]

    def _to_send(self, request: InHand) -> tuple[list[Item], Mapping[UUID, Holder]]:
        """What still waits of a request and has a holder; not what was answered otherwise."""
        waiting = self._sending.waiting(request.open)
        holders = self._outcomes.holders(list(waiting.values()))
        items = [
            request.as_sent(waiting[position], place)
            for place, position in enumerate(request.positions)
            if position in waiting and waiting[position].subject in holders
        ]
        return items, holders


def _is_of_one_answer(failure: IysFailure) -> bool:
    """Whether İYS answers, but not this question in a way that can be read."""
    return isinstance(failure, IysUnreachable) and failure.kind in ONE_ANSWER


def _outcome(item: Item, result: BulkItem, request: InHand) -> Outcome | str | None:
    """What a result comes to; a code where it is to be looked up, None where it is open."""
    if result.outcome is BulkOutcome.FAILURE and result.code is not None:
        verdict = judge(result.code, is_uncertain=request.is_uncertain, tries=request.tries)
        return Declined(item, result.code) if verdict is Verdict.FINAL else result.code
    if result.outcome is not BulkOutcome.SUCCESS:
        return None
    if result.transaction_id is None or result.creation_date is None:
        return None
    return Written(item, result.transaction_id, result.creation_date)

"""Pulling İYS's movements: both sides of every brand, page by page behind a cursor (R60; C2).

A page's cursor is written in the transaction of its last events, so that whatever ends a pull, the
next one goes on behind the last page that is here; what comes twice is known by İYS's own words.
"""

from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final, Protocol

from msgspec import structs

from ledger import clock
from ledger.aggregates.provider_bodies import IysGap
from ledger.application import OFF, ConsentLedger
from ledger.errors import ClockStepped, LedgerError
from ledger.iys_sync import reading, wire
from ledger.iys_sync.errors import ONE_ANSWER, IysAccount, IysRefused, IysUnreachable
from ledger.iys_sync.gaps import DELAY, LISTED, PullAge, as_if_asked_at, gap_of, known_to, pull_age
from ledger.iys_sync.members import Unreadable
from ledger.iys_sync.seen import Page, Unread, as_shown, refusal_in, seen
from ledger.iys_sync.wire import PullSource
from ledger.projections.pulled import Progress, PulledTable
from ledger.recording.ports import PulledTo
from ledger.recording.request import Receipt, Request
from ledger.values import Value
from ledger.vocabulary import BrandCode, Channel, Outcome, SeenHow

INTERVAL_DEFAULT: Final = timedelta(minutes=10)
AT_ONCE: Final = 250
PAGES_AT_ONCE: Final = 20
"""Of one side, until others have their turn."""
SOURCES: Final = (PullSource.IYS, PullSource.PROVIDER)
"""Recipients' own movements first: refusals are among them."""


class PullsMovements(Protocol):
    """Of `ports.Iys`, what is needed here."""

    def pull(
        self, brand: BrandCode, source: PullSource, after: str | None, limit: int = wire.PULL_MAX
    ) -> wire.Page:
        """See ports.Iys."""


class PullFigure(Value, frozen=True):
    """How far one side of a brand is known. `known_to`: everything created until then is here;
    `unread`: movements of the brand that nobody could read."""

    brand_code: BrandCode
    source: PullSource
    known_to: datetime
    age: PullAge
    gap_since: datetime | None
    unread: int


class PullCount(Value, frozen=True):
    """What some pages brought."""

    pages: int = 0
    recorded: int = 0
    already: int = 0
    unread: int = 0

    def __add__(self, other: "PullCount") -> "PullCount":
        pairs = zip(structs.astuple(self), structs.astuple(other), strict=True)
        return PullCount(*(one + another for one, another in pairs))


class Puller:
    """Of one provider. Several at once do no harm, only the same work."""

    def __init__(
        self,
        iys: PullsMovements,
        ledger: ConsentLedger,
        table: PulledTable,
        brands: Callable[[], Sequence[BrandCode]],
        *,
        now: clock.Clock = clock.now,
        pages_at_once: int = PAGES_AT_ONCE,
        page_size: int = wire.PULL_MAX,
    ) -> None:
        self._iys = iys
        self._ledger = ledger
        self._table = table
        self._brands = brands
        self._now = now
        self._pages_at_once = pages_at_once
        self._page_size = page_size
        self._round: deque[tuple[BrandCode, PullSource]] = deque()
        self._goes_on = False
        self._refused: LedgerError | None = None

    def run_once(self) -> bool:
        """Pull some pages; True while there is more of it at once, False when every brand is as far
        as İYS lists. Meant to be called every `INTERVAL_DEFAULT` or so.

        A brand that İYS refuses, or of which something cannot be read or taken, keeps no other
        back: its failure is raised at the round's end. Raises IysFailure, ClockStepped,
        StoreUnavailable, RaceLost: call again, nothing is lost.
        """
        if not self._round:
            self._round.extend((brand, source) for brand in self._brands() for source in SOURCES)
            self._refused = None
        if self._round:
            brand, source = self._round[0]
            goes_on, self._goes_on = self._goes_on, False  # after a failure a gap may have opened
            try:
                if not self._pull_some(brand, source, goes_on=goes_on)[1]:
                    self._goes_on = True
                    return True
            except (IysAccount, IysRefused, ClockStepped) as failure:
                self._refused = failure
            except IysUnreachable as failure:
                if failure.kind not in ONE_ANSWER:
                    raise
                self._refused = failure
            self._round.popleft()
        if not self._round and self._refused is not None:
            raise self._refused
        return bool(self._round)

    def pull(self, brand: BrandCode) -> PullCount:
        """All that İYS lists of one brand. Raises as `run_once`."""
        total = PullCount()
        for source in SOURCES:
            is_whole = goes_on = False
            while not is_whole:
                count, is_whole = self._pull_some(brand, source, goes_on=goes_on)
                total, goes_on = total + count, True
        return total

    def read_again(self) -> int:
        """Record movements that could not be read and now can; how many. Raises as `run_once`."""
        done = 0
        for kept in self._table.unread():
            try:
                movement = reading.movement(kept.raw)
                request = seen(movement, kept.brand_code, kept.how, kept.came_at)
            except Unreadable:
                continue
            recorded(self._ledger, [request])
            self._table.forget_unread([kept.digest])
            done += 1
        return done

    def figures(self) -> Sequence[PullFigure]:
        """For alarms: every brand that was ever pulled. `LATE` 48 h, `VERY_LATE` 5 days (R60)."""
        now, unread = self._now(), self._table.unread_counts()
        return [
            PullFigure(
                one.brand_code,
                PullSource(one.source),
                known_to(one.asked_at),
                pull_age(one.asked_at, now),
                one.gap_since,
                unread.get(one.brand_code, 0),
            )
            for one in self._table.progress()
        ]

    def _pull_some(
        self, brand: BrandCode, source: PullSource, *, goes_on: bool
    ) -> tuple[PullCount, bool]:
        """The next pages of one side, and whether that is all there is. `goes_on`: İYS was asked
        for the page before just now, so that none can be lost between."""
        progress, count = self._progress(brand, source), PullCount()
        lost = None if goes_on else _lost(progress or self._never(brand, source), self._now())
        # A cursor of what is not listed any more is forgotten: begin where İYS's list does.
        after = None if progress is None or lost is not None else progress.after
        is_whole, stepped = False, None
        for _ in range(self._pages_at_once):
            asked_at = self._now()
            page = self._page(brand, source, after)
            if lost is not None:  # only now it is known what is still listed
                progress, lost = self._certify(lost, asked_at), None
            to = PulledTo(brand, source.value, page.after, asked_at)
            is_whole = _size(page) < self._page_size
            if page.after is not None:
                to = to if is_whole else _as_far_as(page, to, progress)
                try:
                    count += self._take(page, to, may_note=stepped is None)
                except ClockStepped as error:
                    stepped = error  # its refusals are taken, and those of the pages behind it
            elif stepped is None:
                self._table.note_asked(to)
            if is_whole:
                break
            after = page.after
        if stepped is not None:
            raise stepped
        self._note_complete(brand)
        return count, is_whole

    def _page(self, brand: BrandCode, source: PullSource, after: str | None) -> wire.Page:
        try:
            return self._iys.pull(brand, source, after, self._page_size)
        except IysRefused:
            if after is None:
                raise
        # What becomes of an old cursor is not published (Q9): begin where İYS's list does.
        return self._iys.pull(brand, source, None, self._page_size)

    def _take(self, page: wire.Page, to: PulledTo, *, may_note: bool) -> PullCount:
        """Record a page and, unless one before it was not taken whole, how far it leads; first of
        all keep what of it cannot be read."""
        requests: list[Request] = []
        unread = list(page.unread) if isinstance(page, Page) else []
        for movement in page.movements:
            try:
                requests.append(seen(movement, to.brand_code, SeenHow.PULL, self._now()))
            except Unreadable as error:
                unread.append(Unread(as_shown(movement), str(error)))
        for one in unread:
            self._table.keep_unread(to.brand_code, SeenHow.PULL, one.raw, one.fault, self._now())
            requests += refusal_in(one, to.brand_code, SeenHow.PULL, self._now())
        receipts = recorded(self._ledger, requests, pulled=to if may_note else None)
        already = sum(receipt.outcome is Outcome.ALREADY for receipt in receipts)
        return PullCount(1, len(receipts) - already, already, len(unread))

    def _certify(self, lost: Progress, now: datetime) -> Progress:
        """Write down what İYS did not list any more when it was asked (R64); where we are then."""
        brand, source = lost.brand_code, PullSource(lost.source)
        gap = gap_of(brand, source, lost.asked_at, now)
        if gap is None:  # by a clock that went back a little
            return lost
        once = f"{IysGap.TYPE}/{brand}/{source.value}/{gap.since}/{gap.until}"
        self._ledger.append_once(gap, once=once)
        asked_at = clock.from_utc_text(gap.until) + DELAY
        self._table.mark_gap(brand, source.value, known_to(lost.asked_at), asked_at)
        return structs.replace(lost, asked_at=asked_at)

    def _note_complete(self, brand: BrandCode) -> None:
        """The brand is known as far as both its sides are, unless movements are missing."""
        sides = [one for one in self._table.progress() if one.brand_code == brand]
        if len(sides) < len(SOURCES) or any(one.gap_since is not None for one in sides):
            return
        at = known_to(min(one.asked_at for one in sides))
        for channel in Channel:
            self._ledger.decisions.note_iys_complete(brand, channel, at)

    def _progress(self, brand: BrandCode, source: PullSource) -> Progress | None:
        named = (brand, source.value)
        found = (one for one in self._table.progress() if (one.brand_code, one.source) == named)
        return next(found, None)

    def _never(self, brand: BrandCode, source: PullSource) -> Progress | None:
        """Of a side that was never pulled, since when there is something to be missed."""
        first = self._table.first_known(brand)
        return None if first is None else Progress(brand, source.value, None, first, None)


def recorded(
    ledger: ConsentLedger, requests: Sequence[Request], *, pulled: PulledTo | None = None
) -> list[Receipt]:
    """Record movements in order, `AT_ONCE` in a transaction so that a single write passes between;
    `pulled` with the last. What was recorded before a failure is known when it comes again.

    Raises as `ConsentLedger.record`; ClockStepped where only refusals were taken.
    """
    receipts: list[Receipt] = []
    while len(requests) > AT_ONCE:
        receipts += ledger.record(requests[:AT_ONCE])
        requests = requests[AT_ONCE:]
    receipts += ledger.record(requests, pulled=pulled)
    if any(receipt.code == OFF for receipt in receipts):
        raise ClockStepped("the clock cannot be believed; only refusals were taken")
    return receipts


def _lost(progress: Progress | None, now: datetime) -> Progress | None:
    """The progress if İYS does not list any more what follows it."""
    if progress is None or pull_age(progress.asked_at, now) is not PullAge.LOST:
        return None
    return progress


def _size(page: wire.Page) -> int:
    return len(page.movements) + (len(page.unread) if isinstance(page, Page) else 0)


def _as_far_as(page: wire.Page, to: PulledTo, former: Progress | None) -> PulledTo:
    """With the instant at which this page would have been all that İYS listed: there is more."""
    at = to.asked_at - LISTED + DELAY if former is None else former.asked_at
    for movement in page.movements:
        with suppress(ValueError, OverflowError):
            at = max(at, as_if_asked_at(movement.creation_date))
    return structs.replace(to, asked_at=min(at, to.asked_at))

"""What waits goes to İYS, in time and within the quota (design.md §10; R20, R23, R24; C7).

`push_once` is called again and again by whoever leads for the provider; nothing is kept in memory
that a restart would need.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing
from datetime import datetime, timedelta
from itertools import chain, zip_longest
from typing import Final

from ledger import clock
from ledger.application import ConsentLedger
from ledger.iys_sync.carrying import Carrier
from ledger.iys_sync.outcomes import Outcomes
from ledger.iys_sync.ports import Iys
from ledger.iys_sync.scheduling import LIST_MAX, OVERDUE_TRIES_MAX, REST, Plan, plan
from ledger.projections.sending import Sending
from ledger.projections.sending_rows import InHand, WaitingRow
from ledger.vocabulary import BrandCode

WORKERS: Final = 8
"""Requests under way at a time: İYS takes ten a second, each may take most of one."""
FRONT_MAX: Final = 5 * LIST_MAX
"""Acts of a brand that are looked at together: in less time than it takes to send them."""
LOOKS_MIN: Final = 20
LOOKS_IN_A_RUSH: Final = 1
LEASE: Final = timedelta(seconds=120)
"""After which a request whose sender died is taken up."""
ROUND: Final = timedelta(seconds=60)
"""How long one call goes on, however much waits; at its end, some requests' time is lost."""
MEND_EVERY: Final = timedelta(hours=1)


class Pusher:
    """Sends what waits of one provider. One process at a time; not for several threads.

    `may_decide`: the setting `late_ret` is `hs_karar`; see Outcomes.
    """

    def __init__(
        self,
        iys: Iys,
        ledger: ConsentLedger,
        sending: Sending,
        brands: Callable[[], Sequence[BrandCode]],
        *,
        may_decide: Callable[[], bool] = lambda: False,
        now: clock.Clock = clock.now,
    ) -> None:
        self._sending = sending
        self._brands = brands
        self._now = now
        self._outcomes = Outcomes(ledger, may_decide=may_decide, now=now)
        self._carrier = Carrier(iys, sending, self._outcomes, now=now)
        self._out: set[int] = set()
        self._mended_at: datetime | None = None
        # What the last process sent a moment ago is not known here.
        self._quiet_until = now() + REST

    def push_once(self) -> bool:
        """Send what is due, look at results, record outcomes; whether there is more at once.

        Raises IysUnreachable or IysHalted where İYS does not answer, ClockStepped and what the
        store raises; everything is then in order for the next call.
        """
        if self._now() < self._quiet_until:
            return False
        self._mend()
        self._out.clear()
        ends_at = self._now() + ROUND
        under_way: set[Future[None]] = set()
        with (
            ThreadPoolExecutor(WORKERS, thread_name_prefix="iys-push") as pool,
            closing(self._requests(ends_at)) as requests,
        ):
            for request in requests:
                under_way.add(pool.submit(self._carry, request))
                if len(under_way) >= WORKERS:
                    done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
                    for one in done:
                        one.result()
            for one in under_way:
                one.result()
        return self._now() >= ends_at

    def _carry(self, request: InHand) -> None:
        try:
            self._carrier.carry(request)
        finally:
            self._out.discard(request.id)

    def _mend(self) -> None:
        now = self._now()
        if self._mended_at is None or now - self._mended_at >= MEND_EVERY:
            self._sending.mend()
            self._mended_at = now

    def _requests(self, ends_at: datetime) -> Generator[InHand]:
        """Requests to carry, each committed as under way, until nothing is due."""
        while (now := self._now()) < ends_at:
            self._sending.take_in()
            halted = self._sending.halts(now)
            plans = [self._plan(one, now) for one in self._brands() if one not in halted]
            sends = [*self._begun(plans, now)]
            in_rush = any(one.is_rush for one in plans)
            limit = LOOKS_IN_A_RUSH if in_rush else max(LOOKS_MIN, len(sends))
            looks = [
                one
                for one in self._sending.due(now, now + LEASE, limit, halted=halted)
                if one.id not in self._out
            ]
            if not sends and not looks:
                return
            self._out.update(one.id for one in (*sends, *looks))
            mixed = chain.from_iterable(zip_longest(sends, looks))
            left = deque(one for one in mixed if one is not None)
            fresh = {one.id for one in sends}
            try:
                while left:
                    yield left.popleft()
            finally:
                for one in left:
                    if one.id in fresh:
                        self._sending.settle(one, (), returned=one.open)

    def _plan(self, brand_code: BrandCode, now: datetime) -> Plan[WaitingRow]:
        resting = self._outcomes.resting
        for key, until in resting.copy().items():  # others add to it meanwhile
            if until <= now:
                del resting[key]
        day = now.astimezone(clock.ISTANBUL).date()
        left = OVERDUE_TRIES_MAX - self._sending.overdue_tries(brand_code, day)
        rows = self._sending.front(brand_code, now, FRONT_MAX)
        if left > 0:
            known = {row.position for row in rows}
            late = self._sending.overdue(brand_code, now, left)
            rows += [row for row in late if row.position not in known]
        made = plan(rows, now, overdue_left=max(left, 0), resting=resting)
        self._sending.defer(made.deferred)
        return made

    def _begun(self, plans: Sequence[Plan[WaitingRow]], now: datetime) -> Iterator[InHand]:
        """The plans' requests, taken out of the queue; brands take turns."""
        lease = now + LEASE
        begun = [self._sending.begin(one.requests, now=now, look_at=lease) for one in plans]
        day = now.astimezone(clock.ISTANBUL).date()
        for one in plans:
            singles = [(row,) for row in one.overdue]
            begun.append(self._sending.begin(singles, now=now, look_at=lease, overdue_on=day))
        mixed = chain.from_iterable(zip_longest(*begun))
        yield from (one for one in mixed if one is not None)

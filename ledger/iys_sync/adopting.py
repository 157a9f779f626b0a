"""Taking a brand over: İYS is asked about every consent kept here (consent.md C9; R58, R64).

One list of bulk status per call, a thousand consents of one kind each: who is listed has an ONAY,
who is not has a RET or nothing and is asked about singly later. A list knows no dates; how it is
laid over the consents is `aggregates/snapshot.py`'s. Killed anywhere it goes on behind its last
list.
"""

import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from itertools import product
from typing import Final, NamedTuple
from uuid import UUID

from ledger import clock
from ledger.aggregates.keys import ConsentKey, uuid7
from ledger.aggregates.provider_bodies import IysSnapshot
from ledger.application import ConsentLedger
from ledger.evidence.merkle import root_of
from ledger.iys_sync import wire
from ledger.iys_sync.bulk_status import CALLS_PER_SECOND, Answer, Pace, Questions, ask, questions
from ledger.iys_sync.looking_up import Comparison, compared, drawn, look_up
from ledger.iys_sync.minutes import Adopted, KindTold
from ledger.iys_sync.ports import Iys
from ledger.iys_sync.seen import ACTOR
from ledger.projections.snapshots import (
    LISTED,
    Adoption,
    AskedList,
    Kind,
    Snapshots,
    list_name,
    root_of_listed,
)
from ledger.recording.ports import Brand
from ledger.recording.sights import IYS_GROUP
from ledger.values import plain_text
from ledger.vocabulary import BrandCode, Channel, RecipientType

IN_FLIGHT_MAX: Final = 4
RESUME_WITHIN: Final = timedelta(hours=24)
"""What was begun earlier is begun anew: its first lists are too old."""
LOOKUPS_AT_ONCE: Final = 50
EVENTS_AT_ONCE: Final = 1_000
NOTE: Final = "note"


class _Asked(NamedTuple):
    """A list on its way."""

    questions: Questions
    answers: Future[list[Answer]]


class Adopter:
    """Adopts the brands of one provider. One at a time for each brand."""

    def __init__(
        self,
        iys: Iys,
        ledger: ConsentLedger,
        snapshots: Snapshots,
        *,
        gap_mended: Callable[[BrandCode], None],
        now: clock.Clock = clock.now,
        steady_seconds: Callable[[], float] = clock.steady_seconds,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`gap_mended`: told of a brand whose missed movements are made good (R64)."""
        self._iys = iys
        self._ledger = ledger
        self._snapshots = snapshots
        self._gap_mended = gap_mended
        self._now = now
        self._pace = Pace(CALLS_PER_SECOND, steady_seconds=steady_seconds, sleep=sleep)

    def adopt(
        self,
        brand: Brand,
        declared_by: str,
        *,
        anew: bool = False,
        on_progress: Callable[[int], None] = lambda asked: None,
    ) -> Adopted:
        """Ask about every consent of the brand, compare, and say what came of it.

        Goes on with what was begun less than a day ago, unless it is to begin `anew`. Raises
        IysFailure, ClockStepped, StoreUnavailable: call again; what was answered is kept.
        `on_progress`: how many more consents were answered.
        """
        adoption = self._under_way(brand.brand_code, anew=anew)
        if adoption.asked_at is None:
            self._ask_all(adoption, plain_text(declared_by), on_progress)
        if adoption.total is None:
            self._count(adoption)
        self._ask_apart(brand.brand_code)
        self._compare(adoption)
        self._gap_mended(brand.brand_code)
        for channel in Channel:
            self._ledger.decisions.note_iys_complete(brand.brand_code, channel, adoption.begun_at)
        self._snapshots.note_ended(adoption.id, self._now())
        told = self.adopted(brand)
        assert told is not None
        return told

    def adopted(self, brand: Brand) -> Adopted | None:
        """What the brand's last adoption came to, None where none has ended."""
        adoption = self._snapshots.newest(brand.brand_code)
        if adoption is None or adoption.ended_at is None:
            return None
        figures = self._snapshots.figures(adoption.id)
        outcomes = Counter(one.outcome for one in self._snapshots.samples(adoption.id))
        return Adopted(
            iys_code=brand.iys_code,
            brand_name=brand.name,
            log_origin=self._ledger.log_origin,
            adoption=adoption,
            declared_by=self._declared_by(figures[0].positions[0]) if figures else "–",
            kinds=[KindTold(one, self._root(one.positions)) for one in figures],
            sample={one: outcomes[one.value] for one in Comparison},
            waiting=self._snapshots.lookups_waiting(brand.brand_code),
        )

    def look_up_some(self, brand_code: BrandCode, limit: int = LOOKUPS_AT_ONCE) -> int:
        """Ask singly about some whom a list did not tell; how many are done with.

        None while an adoption is under way: its sample goes first. Raises as `looking_up.look_up`.
        """
        if self._snapshots.is_under_way(self._now() - RESUME_WITHIN):
            return 0
        waiting = self._snapshots.next_lookups(brand_code, limit)
        consents = self._ledger.store.load_consents([one.key for one in waiting])
        told, untold = list[ConsentKey](), list[ConsentKey]()
        for one in waiting:
            stored = consents.get(one.key)
            seen_at = None if stored is None else stored.consent.iys.seen_at
            is_told = seen_at is not None and seen_at >= clock.utc_text(one.queued_at)
            (told if is_told else untold).append(one.key)
        if told:
            self._snapshots.end_lookups(told)
        for answered in look_up(self._iys, self._ledger, untold, self._now):
            self._snapshots.end_lookups([answered.key])
        return len(waiting)

    def _under_way(self, brand_code: BrandCode, *, anew: bool) -> Adoption:
        found, now = self._snapshots.newest(brand_code), self._now()
        if found is not None and found.ended_at is None:
            for list_id in self._snapshots.staged(found.id):
                self._snapshots.settle(list_id, self._command(list_id))
            if not anew and now - found.begun_at < RESUME_WITHIN:
                return found
        begun = Adoption(self._new_id(now), brand_code, now.replace(microsecond=0))
        self._snapshots.begin(begun)
        return begun

    def _ask_all(
        self, adoption: Adoption, declared_by: str, on_progress: Callable[[int], None]
    ) -> None:
        skipped = 0  # of what lies behind the last lists: a list tells what lies before it
        for recipient_type, channel in product(RecipientType, Channel):
            kind = Kind(adoption.brand_code, recipient_type, channel)
            keep = partial(self._keep, adoption, kind, declared_by, on_progress)
            waiting = deque[_Asked]()
            with ThreadPoolExecutor(IN_FLIGHT_MAX, "adopting") as pool:
                after = self._snapshots.last_asked(adoption.id, kind)
                for some in questions(self._ledger, self._snapshots, kind, after):
                    if not some.candidates:  # behind the last list
                        skipped += some.skipped
                        self._snapshots.queue_apart(kind, some.apart, self._now())
                        continue
                    self._pace.wait()
                    told = pool.submit(ask, self._iys, kind, some.candidates, self._now)
                    waiting.append(_Asked(some, told))
                    if len(waiting) == IN_FLIGHT_MAX:
                        skipped += keep(waiting.popleft())
                while waiting:
                    skipped += keep(waiting.popleft())
        self._snapshots.note_asked(adoption.id, self._now(), skipped=skipped)

    def _keep(
        self,
        adoption: Adoption,
        kind: Kind,
        declared_by: str,
        on_progress: Callable[[int], None],
        asked: "_Asked",
    ) -> int:
        """Record an answered list; how many consents were skipped that no kept list counts."""
        answers = asked.answers.result()
        self._snapshots.queue_apart(kind, asked.questions.apart, self._now())
        told = sum(len(answer.candidates) for answer in answers)
        skipped = asked.questions.skipped + len(asked.questions.candidates) - told
        for answer in answers:
            listed = answer.listed(self._new_id(self._now()), kind, skipped)
            self._record(adoption, listed, answer.granted, declared_by)
            skipped = 0
        on_progress(told)
        return skipped

    def _record(
        self, adoption: Adoption, asked: AskedList, granted: wire.Granted, declared_by: str
    ) -> None:
        """Keep the list, then its event, then let it count."""
        listed = [
            subject
            for subject, flag in zip(asked.subjects, asked.flags, strict=True)
            if flag & LISTED
        ]
        body = IysSnapshot(
            brand=asked.kind.brand_code,
            channel=asked.kind.channel,
            recipient_type=asked.kind.recipient_type.value,
            asked=len(asked.subjects),
            granted=len(listed),
            root=root_of_listed(listed).hex(),
            seen_at=clock.utc_text(asked.asked_at),
            at=clock.utc_text(self._now()),
            actor=ACTOR,
        )
        words = {"request": granted.digest_of_request, "answer": granted.digest}
        if granted.request_id is not None:
            words["request_id"] = granted.request_id
        groups = {IYS_GROUP: words, NOTE: {"declared_by": declared_by}}
        self._snapshots.stage(adoption.id, asked)
        event = self._ledger.append_once(body, once=list_name(asked.id), groups=groups)
        if event is None:  # written, though the answer to it was lost
            self._snapshots.settle(asked.id, self._command(asked.id))
        else:
            self._snapshots.apply(asked.id, event.position)

    def _count(self, adoption: Adoption) -> None:
        """İYS's own counts of the brand."""
        for brand in self._iys.brands():
            if brand.brand_code == adoption.brand_code:
                counts = (brand.approvals, brand.rejections, brand.total)
                self._snapshots.note_counted(adoption.id, *counts)

    def _ask_apart(self, brand_code: BrandCode) -> None:
        """Ask singly about those whom no list tells: they may have refused within a gap (R64)."""
        while waiting := self._snapshots.next_apart(brand_code, LOOKUPS_AT_ONCE):
            for told in look_up(self._iys, self._ledger, [one.key for one in waiting], self._now):
                self._snapshots.end_lookups([told.key])

    def _compare(self, adoption: Adoption) -> None:
        """Ask singly about a sample of what the lists told."""
        samples = self._snapshots.samples(adoption.id)
        if not samples:
            places = drawn(self._snapshots.list_sizes(adoption.id), self._ledger.vault.chance(16))
            if places:
                self._snapshots.draw(places)
                samples = self._snapshots.samples(adoption.id)
        open_ones = [one for one in samples if one.outcome is None]
        keys = [one.key for one in open_ones]
        for one, told in zip(
            open_ones, look_up(self._iys, self._ledger, keys, self._now), strict=True
        ):
            self._snapshots.end_sample(adoption.id, one.number, compared(one, told).value)
            self._snapshots.end_lookups([one.key])

    def _declared_by(self, position: int) -> str:
        """The name that the event of a list binds."""
        event = self._ledger.store.events_at([position])[position]
        sealed = self._ledger.store.payloads_at([position])[position]
        groups = self._ledger.vault.open(self._ledger.vault.provider_key(), event.id, sealed)
        note = groups[NOTE]
        assert isinstance(note, dict)
        return str(note["declared_by"])

    def _root(self, positions: Sequence[int]) -> str:
        leaves = list[bytes]()
        for begin in range(0, len(positions), EVENTS_AT_ONCE):
            some = positions[begin : begin + EVENTS_AT_ONCE]
            events = self._ledger.store.events_at(some)
            leaves += [events[position].leaf_hash for position in some]
        return root_of(leaves).hex()

    def _new_id(self, now: datetime) -> UUID:
        return uuid7(int(now.timestamp() * 1000), self._ledger.vault.chance(10))

    def _command(self, list_id: UUID) -> bytes:
        return self._ledger.vault.command_id(BrandCode(0), list_name(list_id))

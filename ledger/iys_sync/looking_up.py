"""Asking İYS about one consent at a time (consent.md C9; iys/api.md §5.7).

İYS answers 1,000 such questions an hour; the client stops below that with IysBusy.
"""

import random
from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

from ledger import clock
from ledger.addresses import known_address
from ledger.aggregates.commands import SeeAtIys
from ledger.aggregates.keys import ConsentKey
from ledger.application import ConsentLedger
from ledger.iys_sync import wire
from ledger.iys_sync.errors import ONE_ANSWER, IysRefused, IysUnreachable
from ledger.iys_sync.members import Unreadable
from ledger.iys_sync.ports import Iys
from ledger.iys_sync.seen import ACTOR, seen
from ledger.projections.snapshots import Sample
from ledger.recording.ports import Holder
from ledger.recording.request import Request
from ledger.recording.sights import IysWords, sight
from ledger.values import Discreet
from ledger.vocabulary import ConsentStatus, IysState, SeenHow

SAMPLE_SIZE: Final = 500


class Told(Discreet, frozen=True):
    """İYS's word on one consent, recorded. `movement`: None where İYS has no record; `is_untold`:
    İYS was not asked, since the holder is gone, does not take the address, or says what cannot be
    read."""

    key: ConsentKey
    movement: wire.Movement | None = None
    is_untold: bool = False


class Comparison(StrEnum):
    """What a list said of a consent beside what its single status says."""

    SAME = "same"
    MOVED = "moved"
    """İYS shows a movement behind the list's request."""
    LISTED_REFUSED = "listed_refused"
    LISTED_UNKNOWN = "listed_unknown"
    ABSENT_GRANTED = "absent_granted"
    UNTOLD = "untold"


def look_up(
    iys: Iys, ledger: ConsentLedger, keys: Sequence[ConsentKey], now: clock.Clock
) -> Iterator[Told]:
    """Ask about each and record what is shown, before the next is asked about.

    Raises IysUnreachable, IysHalted, IysBusy, IysAccount; StoreUnavailable, ClockStepped: what was
    yielded before is recorded.
    """
    holders = ledger.store.holders({key.subject for key in keys})
    for key in keys:
        holder = holders.get(key.subject)
        if holder is None or holder.subject.closed_position is not None:
            yield Told(key, is_untold=True)
            continue
        address = known_address(holder.uri)
        try:
            found = iys.status(key.brand_code, address.text, key.recipient_type, key.channel)
            request = (
                _nothing(key, holder, now())
                if found is None
                else seen(found, key.brand_code, SeenHow.STATUS, now())
            )
        except (IysRefused, Unreadable, IysUnreachable) as failure:
            if isinstance(failure, IysUnreachable) and failure.kind not in ONE_ANSWER:
                raise
            yield Told(key, is_untold=True)  # asking again would bring the same
            continue
        ledger.record_surely([request])
        yield Told(key, found)


def compared(sample: Sample, told: Told) -> Comparison:
    """What the single status of a listed or absent consent says of the list."""
    if told.is_untold:
        return Comparison.UNTOLD
    found = told.movement
    granted = found is not None and found.status is ConsentStatus.GRANTED
    if granted == sample.granted:
        return Comparison.SAME
    if found is not None and clock.from_iys_text(found.creation_date) >= sample.asked_at:
        return Comparison.MOVED
    if granted:
        return Comparison.ABSENT_GRANTED
    return Comparison.LISTED_UNKNOWN if found is None else Comparison.LISTED_REFUSED


def drawn(sizes: Sequence[tuple[int, int]], chance: bytes) -> list[tuple[int, int]]:
    """At most `SAMPLE_SIZE` different places of lists, each as likely: position of the list, place
    in it from 0. `sizes`: position and length of each list."""
    total = sum(size for _, size in sizes)
    numbers = sorted(random.Random(chance).sample(range(total), min(SAMPLE_SIZE, total)))  # noqa: S311 - no secret
    places, begin, lists = list[tuple[int, int]](), 0, iter(sizes)
    position, size = next(lists, (0, 0))
    for number in numbers:
        while number >= begin + size:
            begin += size
            position, size = next(lists)
        places.append((position, number - begin))
    return places


def _nothing(key: ConsentKey, holder: Holder, at: datetime) -> Request:
    """İYS has no record."""
    instant = clock.utc_text(at)
    command = SeeAtIys(
        state=IysState.NOT_GRANTED,
        at=instant,
        seen_at=instant,
        how=SeenHow.STATUS,
        consent_date=None,
        source=None,
        creation_date=None,
        tzdata=clock.TZDATA_VERSION,
        actor=ACTOR,
    )
    return sight(
        known_address(holder.uri),
        key.brand_code,
        key.channel,
        key.recipient_type,
        command,
        IysWords(),
        holder=holder,
    )

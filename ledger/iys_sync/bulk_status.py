"""Asking İYS about many consents in one call (iys/api.md §5.8; R58): who is asked, what is told.

A list asks about 1…1000 recipients of one kind, each once and of the kind's sort of address, since
İYS refuses a whole list for one address in it (H193, H464).
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from ledger import clock
from ledger.addresses import parse_address
from ledger.aggregates.standing import is_refusal
from ledger.application import ConsentLedger
from ledger.errors import AddressRefused
from ledger.iys_sync import wire
from ledger.iys_sync.errors import IysRefused
from ledger.iys_sync.ports import Iys
from ledger.projections.snapshots import LISTED, REFUSED_HERE, AskedList, Kind, Snapshots
from ledger.recording.ports import Holder
from ledger.values import Discreet
from ledger.vocabulary import Channel

CALLS_PER_SECOND: Final = 7.0
"""Of the ten that İYS takes; push keeps the others."""
ADDRESS_CODES: Final = frozenset({"H120", "H121", "H160", "H166", "H193", "H464"})
"""By which İYS refuses a list for an address in it."""


class Pace:
    """Lets calls go no faster than so many a second."""

    def __init__(
        self,
        per_second: float,
        *,
        steady_seconds: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        self._spacing = 1 / per_second
        self._steady_seconds = steady_seconds
        self._sleep = sleep
        self._next = float("-inf")

    def wait(self) -> None:
        """Until the next call may go."""
        now = self._steady_seconds()
        if self._next > now:
            self._sleep(self._next - now)
        self._next = max(self._next, now) + self._spacing


class Candidate(Discreet, frozen=True, gc=False):
    """A consent that a list can ask about; `is_refusal`: as it stands here."""

    subject: UUID
    text: str
    is_refusal: bool


class Questions(Discreet, frozen=True, gc=False):
    """What one list asks; without candidates, what lies behind the last one.

    `apart`: subjects before its end who are asked about singly, since İYS may mean the address's
    former holder (R35); `skipped`: how many no list can ask about, those among them.
    """

    candidates: Sequence[Candidate]
    apart: Sequence[UUID]
    skipped: int


class Answer(Discreet, frozen=True, gc=False):
    """İYS's answer about some candidates, asked at that instant."""

    candidates: Sequence[Candidate]
    asked_at: datetime
    granted: wire.Granted

    def listed(self, list_id: UUID, kind: Kind, skipped: int) -> AskedList:
        """The answer by subjects."""
        flags = bytes(
            LISTED * (one.text in self.granted.recipients) + REFUSED_HERE * one.is_refusal
            for one in self.candidates
        )
        subjects = [one.subject for one in self.candidates]
        return AskedList(list_id, kind, self.asked_at, subjects, flags, skipped)


def askable(holder: Holder, channel: Channel) -> str | None:
    """The address as a list of the channel asks for it, None where none can: of the other sort, odd
    by İYS's own rules, or of a person who was not its first holder."""
    scheme, _, text = holder.uri.partition(":")
    if (scheme == "mailto") is not (channel is Channel.EMAIL) or holder.subject.generation > 1:
        return None
    try:
        address = parse_address(text, channel)
    except AddressRefused:
        return None
    return text if address.uri == holder.uri else None


def questions(
    ledger: ConsentLedger, snapshots: Snapshots, kind: Kind, after: UUID
) -> Iterator[Questions]:
    """Whom to ask about behind a subject, a list at a time; the last has no candidates."""
    candidates, apart, skipped = list[Candidate](), list[UUID](), 0
    while True:
        found = snapshots.keys_behind(kind, after, wire.RECIPIENTS_MAX - len(candidates))
        holders = ledger.store.holders([subject for subject, _ in found])
        for subject, standing in found:
            holder = holders.get(subject)
            text = None if holder is None else askable(holder, kind.channel)
            if text is not None:
                candidates.append(Candidate(subject, text, is_refusal(standing)))
                continue
            skipped += 1
            if holder is not None and holder.subject.generation > 1:
                apart.append(subject)
        if found:
            after = found[-1][0]
        if found and len(candidates) < wire.RECIPIENTS_MAX:
            continue
        yield Questions(candidates, apart, skipped)
        if not candidates:
            return
        candidates, apart, skipped = [], [], 0


def ask(iys: Iys, kind: Kind, some: Sequence[Candidate], now: clock.Clock) -> list[Answer]:
    """İYS's word on some. A list that it refuses for an address in it is asked in halves, and the
    address left out. Raises as `ports.Iys.granted`."""
    asked_at = now().replace(microsecond=0)
    texts = [one.text for one in some]
    try:
        granted = iys.granted(kind.brand_code, kind.recipient_type, kind.channel, texts)
    except IysRefused as refused:
        if not {one.code for one in refused.errors} <= ADDRESS_CODES:
            raise
        if len(some) == 1:
            return []
        half = len(some) // 2
        return [*ask(iys, kind, some[:half], now), *ask(iys, kind, some[half:], now)]
    return [Answer(some, asked_at, granted)]

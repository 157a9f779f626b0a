"""The four dates of an event: acted, reached us, recorded, taken by İYS (api.md)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from ledger.aggregates.bodies import ActBody, IysSeen
from ledger.aggregates.events import Event
from ledger.application import ConsentLedger
from ledger.clock import WIRE_DATE
from ledger.recording.ports import Subject
from ledger.vocabulary import Basis

IYS_GROUP: Final = "iys"
"""The group of what İYS says of an act in its own files (design.md §5)."""


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One event with its dates, but that of the recording, which is the event's own.

    `iys_registered_at` is İYS's creationDate of the act, in its own form. `listed`: whether İYS
    listed the consent, of an event that stands for a whole list.
    """

    event: Event
    acted_at: str | None
    received_at: str | None
    iys_registered_at: str | None = None
    listed: bool | None = None


def entries_of(
    ledger: ConsentLedger, subject: Subject, events: Sequence[Event]
) -> Iterator[HistoryEntry]:
    """The events of one consent of the subject, with what İYS said of its acts elsewhere: in the
    exchange that answered an act or brought it, or sealed beside the row of a day file."""
    answers = {
        event.body.of: event.body
        for event in events
        if isinstance(event.body, IysSeen) and event.body.creation_date is not None
    }
    sealed = _sealed_dates(ledger, subject, events)
    before: Event | None = None
    for event in events:
        body = event.body
        if not isinstance(body, ActBody):
            yield HistoryEntry(event, getattr(body, "at", None), getattr(body, "seen_at", None))
        elif body.basis is Basis.IYS and before is not None and isinstance(before.body, IysSeen):
            seen = before.body  # what İYS shows is written first, then the act behind it
            yield HistoryEntry(event, body.at, seen.seen_at, seen.creation_date)
        else:
            answer = answers.get(event.seq)
            created = sealed.get(event.position) if answer is None else answer.creation_date
            yield HistoryEntry(event, body.at, body.received_at, created)
        before = event


def _sealed_dates(
    ledger: ConsentLedger, subject: Subject, events: Sequence[Event]
) -> dict[int, str]:
    """İYS's creationDate of the rows of its own day files, by position of the event."""
    of_files = {event.position: event for event in events if IYS_GROUP in event.commit}
    if not of_files:
        return {}
    dates = {}
    for position, payload in ledger.store.payloads_at(of_files).items():
        group = ledger.vault.open(subject.key, of_files[position].id, payload).get(IYS_GROUP)
        date = group.get("creation_date") if isinstance(group, dict) else None
        if isinstance(date, str) and WIRE_DATE.fullmatch(date):
            dates[position] = date
    return dates

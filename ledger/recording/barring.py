"""The company's own bars on a recipient: recorded as events, in force with their commit (C6)."""

from datetime import datetime
from uuid import UUID

from ledger import clock
from ledger.aggregates import events
from ledger.aggregates.bodies import SuppressionAdded, SuppressionLifted
from ledger.aggregates.events import Event
from ledger.errors import NotFound
from ledger.recording.ports import SealedSubject, Subject, Suppression
from ledger.recording.work import Work
from ledger.values import Value
from ledger.vocabulary import BrandCode, Channel

LIST = "LIST"
"""Reason of C6 row 5 for an entry of the company's own list."""


class Bar(Value, frozen=True, gc=False):
    """What is barred: one brand or channel, or all; until an instant, or for good."""

    reason: str
    brand_code: BrandCode | None = None
    channel: Channel | None = None
    until: datetime | None = None


def suppress(
    work: Work, subject: Subject, fresh: SealedSubject | None, bar: Bar, actor: str
) -> Event:
    """Add the subject to the company's list; `fresh` where the address was never recorded."""
    body = SuppressionAdded(
        subject=str(subject.id),
        reason=bar.reason,
        at=clock.utc_text(work.unit.head.now),
        actor=actor,
        brand=bar.brand_code,
        channel=bar.channel,
        until=None if bar.until is None else clock.utc_text(bar.until),
    )
    if fresh is not None:
        work.batch.recipients.append(fresh)
    event = work.append(body, events.stream_of(body, log=work.log), groups={}, key=subject.key)
    entry = suppression_of(event)
    assert entry is not None
    work.batch.suppressed.append(entry)
    return event


def lift(work: Work, subject: Subject, of: int, reason: str, actor: str) -> Event:
    """Take entry `of` off the list. Raises NotFound where nothing of that number bars."""
    if all(entry.seq != of for entry in work.unit.suppressions_of(subject.id)):
        raise NotFound(f"no suppression {of} of this address", f"bu adreste {of} no'lu engel yok")
    body = SuppressionLifted(
        subject=str(subject.id),
        of=of,
        reason=reason,
        at=clock.utc_text(work.unit.head.now),
        actor=actor,
    )
    event = work.append(body, events.stream_of(body, log=work.log), groups={}, key=subject.key)
    work.batch.lifted.append((subject.id, of))
    return event


def suppression_of(event: Event) -> Suppression | None:
    """The row that an event adds to the list, if it adds one."""
    body = event.body
    if not isinstance(body, SuppressionAdded):
        return None
    return Suppression(
        position=event.position,
        subject=UUID(body.subject),
        seq=event.seq,
        kind=LIST,
        brand_code=None if body.brand is None else BrandCode(body.brand),
        channel=body.channel,
        until=None if body.until is None else clock.from_utc_text(body.until),
    )

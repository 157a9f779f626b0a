"""Questions to the ledger about one consent: as it is now, as it was, and all that happened."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import pairwise
from uuid import UUID

from msgspec import structs

from ledger.addresses import Address
from ledger.aggregates.bodies import (
    ConsentBody,
    ConsentEvidenceAdded,
    ConsentReleased,
    IysRefused,
    IysSeen,
)
from ledger.aggregates.consent import Act, Consent, PersonLine, evolve, person_line
from ledger.aggregates.decisions import Question, Verdict, may_send
from ledger.aggregates.events import Event
from ledger.aggregates.glance import Glance, glance_of
from ledger.aggregates.keys import ConsentKey
from ledger.aggregates.snapshot import overlaid
from ledger.application import ConsentLedger
from ledger.calendar import Deadlines, deadlines
from ledger.clock import from_utc_text, utc_text, utc_text_of_seconds
from ledger.recording.deciding_ports import Current, CurrentKey
from ledger.recording.ports import Brand, Subject
from ledger.views.dates import HistoryEntry, entries_of
from ledger.vocabulary import Channel, ConsentStatus, RecipientType


@dataclass(frozen=True, slots=True)
class StatusView:
    """Both lines of one consent and the verdict on a send. `generations` counts the address's."""

    status: ConsentStatus | None
    verdict: Verdict
    line: PersonLine
    consent: Consent
    position: int
    due: Deadlines | None
    generations: int
    receipt: Glance | None = field(default=None, repr=False)
    suppressed: str | None = None
    iys_complete_at: datetime | None = None
    subject: UUID | None = None


@dataclass(frozen=True, slots=True)
class History:
    """The events of one generation; `generations` says how many the address has had."""

    subject: UUID | None
    generations: int
    entries: tuple[HistoryEntry, ...]


def status(
    ledger: ConsentLedger,
    brand: Brand,
    address: Address,
    channel: Channel,
    recipient_type: RecipientType,
    *,
    at: datetime | None = None,
    known_at: datetime | None = None,
) -> StatusView:
    """The status now; with `at` that of a past instant, with `known_at` as it was known then."""
    if at is None and known_at is None:
        key = CurrentKey(
            ledger.vault.lookup(address.uri), brand.brand_code, channel, recipient_type
        )
        now = ledger.now()
        (known,) = ledger.decisions.current([key], now)
        return view_of(brand, key, known, now)
    subject, generations = subject_at(ledger, address, at, known_at)
    consent, position = Consent(), 0
    if subject is not None:
        stream_key = ConsentKey(brand.brand_code, subject.id, recipient_type, channel)
        consent, position = _as_of(ledger, stream_key, at, known_at)
    # What stood around the consent on a past day is not kept: nothing is permitted in doubt.
    question = Question(
        channel=channel,
        recipient_type=recipient_type,
        now=min(instant for instant in (at, known_at) if instant is not None),
        brand_closed=brand.closed,
    )
    view = _view(consent, position, generations, question)
    act, receipt = view.line.act, None
    if act is not None:
        receipt = glance_of(ledger.store.events_at([act.position])[act.position])
    return replace(view, receipt=receipt, subject=None if subject is None else subject.id)


def view_of(brand: Brand, key: CurrentKey, known: Current, now: datetime) -> StatusView:
    """The status now, of what the store knows of the consent."""
    question = Question(
        channel=key.channel,
        recipient_type=key.recipient_type,
        now=now,
        brand_closed=brand.closed,
        suppressed=known.suppressed,
        iys_complete_at=known.iys_complete_at,
        refused_as_individual=known.refused_individual,
    )
    view = _view(known.consent or Consent(), known.position, known.generation, question)
    return replace(view, receipt=known.receipt, subject=known.subject)


def _view(consent: Consent, position: int, generations: int, question: Question) -> StatusView:
    line = person_line(consent.acts)
    return StatusView(
        status=line.status,
        verdict=may_send(consent, question),
        line=line,
        consent=consent,
        position=position,
        due=_due(consent, line.act),
        generations=generations,
        suppressed=question.suppressed,
        iys_complete_at=question.iys_complete_at,
    )


def history(
    ledger: ConsentLedger,
    brand: Brand,
    address: Address,
    channel: Channel,
    recipient_type: RecipientType,
) -> History:
    """Every event of the open generation's consent, in the order of the log."""
    found = ledger.store.generations(ledger.vault.lookup(address.uri))
    if not found:
        return History(None, 0, ())
    subject = found[0]
    key = ConsentKey(brand.brand_code, subject.id, recipient_type, channel)
    events = ledger.store.events_of(key.stream)
    entries = [*entries_of(ledger, subject, events), *_lists_of(ledger, key)]
    entries.sort(key=lambda entry: entry.event.position)
    return History(subject.id, len(found), tuple(entries))


def _lists_of(ledger: ConsentLedger, key: ConsentKey) -> Iterator[HistoryEntry]:
    """The lists in which İYS was asked about the consent (C9)."""
    listings = ledger.decisions.listings_of(key)
    events = ledger.store.events_at([position for position, _ in listings]) if listings else {}
    for position, listing in listings:
        at = utc_text_of_seconds(listing.asked_at)
        yield HistoryEntry(events[position], at, at, listed=listing.granted)


def subject_at(
    ledger: ConsentLedger, address: Address, at: datetime | None, known_at: datetime | None
) -> tuple[Subject | None, int]:
    """Whose the address was at an instant, as far as was known at another, and how many people's
    it has been (C1)."""
    found = ledger.store.generations(ledger.vault.lookup(address.uri))
    if not found:
        return None, 0
    closed = {one.closed_position for one in found if one.closed_position is not None}
    openings = ledger.store.events_at(closed) if closed else {}
    for subject, former in pairwise(found):
        opening = openings[former.closed_position or 0]
        known = known_at is None or opening.recorded_at <= known_at
        if known and (at is None or _began(opening) <= at):
            return subject, len(found)
    return found[-1], len(found)


def _began(opening: Event) -> datetime:
    """Since when the address is its next holder's: since the act by which they showed it, or since
    it was recorded, which tells more than the second."""
    recorded_at, at = opening.recorded_at, getattr(opening.body, "at", None)
    return recorded_at if at in (None, utc_text(recorded_at)) else from_utc_text(at)


def _as_of(
    ledger: ConsentLedger, key: ConsentKey, at: datetime | None, known_at: datetime | None
) -> tuple[Consent, int]:
    """Replay what was recorded by `known_at`, then keep what had happened by `at` (C4.5, §8).

    An act counts from the instant it has after corrections; İYS's words from when it gave them, a
    release from when it was given, evidence from its own date. What was a mistake of ours was one
    at any time.
    """
    consent, position = Consent(), 0
    limit = None if at is None else utc_text(at)
    for event in ledger.store.events_of(key.stream):
        if known_at is not None and from_utc_text(event.recorded) > known_at:
            break
        body = event.body
        assert isinstance(body, ConsentBody)
        if limit is not None and _came_after(body, limit):
            continue
        if limit is not None and isinstance(body, ConsentEvidenceAdded) and body.at > limit:
            body = structs.replace(body, approved_by=None)  # by nobody yet
        consent = evolve(consent, body, seq=event.seq, position=event.position)
        position = event.position
    consent = _as_listed(ledger, key, consent, at, known_at)
    if at is None:
        return consent, position
    seconds = at.timestamp()
    happened = tuple(
        structs.replace(act, evidence_at=None) if (act.evidence_at or 0) > seconds else act
        for act in consent.acts
        if act.at <= seconds
    )
    iys = consent.iys
    if iys.pending not in {act.seq for act in happened}:
        iys = structs.replace(iys, pending=None)
    return structs.replace(consent, acts=happened, iys=iys), position


def _as_listed(
    ledger: ConsentLedger,
    key: ConsentKey,
    consent: Consent,
    at: datetime | None,
    known_at: datetime | None,
) -> Consent:
    """With the word of the newest of İYS's lists that was asked and recorded by then (C9)."""
    listings = [
        (position, listing)
        for position, listing in ledger.decisions.listings_of(key)
        if at is None or listing.asked_at <= at.timestamp()
    ]
    if known_at is not None and listings:
        events = ledger.store.events_at([position for position, _ in listings])
        listings = [one for one in listings if events[one[0]].recorded_at <= known_at]
    return overlaid(consent, listings[-1][1]) if listings else consent


def _came_after(body: ConsentBody, limit: str) -> bool:
    match body:
        case IysSeen() | IysRefused() | ConsentReleased():
            return body.at > limit
        case ConsentEvidenceAdded():
            return body.captured_at > limit
    return False


def _due(consent: Consent, act: Act | None) -> Deadlines | None:
    """İYS's deadlines of the act that still waits for its word (C7)."""
    if act is None or consent.iys.pending != act.seq or act.at < 0:
        return None
    return deadlines(datetime.fromtimestamp(act.at, UTC))

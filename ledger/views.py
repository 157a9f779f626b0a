"""Questions to the ledger about one consent, and their answers as JSON members.

The members have the same names on the command line and over HTTP (api.md); none is an address.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from msgspec import structs

from ledger.addresses import Address
from ledger.aggregates.bodies import ActBody, ConsentBody, IysRefused, IysSeen
from ledger.aggregates.consent import Act, Consent, PersonLine, evolve, person_line
from ledger.aggregates.decisions import Question, Verdict, VerdictKind, may_send
from ledger.aggregates.events import Event
from ledger.aggregates.keys import ConsentKey
from ledger.application import ConsentLedger
from ledger.calendar import Deadlines, deadlines
from ledger.clock import from_utc_text, utc_text
from ledger.evidence.canonical import decode
from ledger.recording.ports import Brand, Subject
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
    act_event: Event | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One event with its four dates: acted, reached us, recorded, and (later) sealed."""

    event: Event
    acted_at: str | None
    received_at: str | None


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
    earliest = min((instant for instant in (at, known_at) if instant is not None), default=None)
    subject, generations = _subject_at(ledger, address, earliest)
    asked_at = at or known_at or ledger.now()
    consent, position = Consent(), 0
    if subject is not None:
        key = ConsentKey(brand.brand_code, subject.id, recipient_type, channel)
        if at is None and known_at is None:
            stored = ledger.store.load_consents([key]).get(key)
            if stored is not None:
                consent, position = stored.consent, stored.position
        else:
            consent, position = _as_of(ledger, key, at, known_at)
    line = person_line(consent.acts)
    question = Question(
        channel=channel, recipient_type=recipient_type, now=asked_at, brand_closed=brand.closed
    )
    act = line.act
    found = ledger.store.events_at([act.position]) if act is not None else {}
    return StatusView(
        status=line.status,
        verdict=may_send(consent, question),
        line=line,
        consent=consent,
        position=position,
        due=_due(consent, act),
        generations=generations,
        act_event=found.get(act.position) if act is not None else None,
    )


def history(
    ledger: ConsentLedger,
    brand: Brand,
    address: Address,
    channel: Channel,
    recipient_type: RecipientType,
) -> list[HistoryEntry]:
    """Every event of the open generation's consent, in the order of the log."""
    subject, _ = _subject_at(ledger, address, None)
    if subject is None:
        return []
    key = ConsentKey(brand.brand_code, subject.id, recipient_type, channel)
    return [_entry(event) for event in ledger.store.events_of(key.stream)]


def _entry(event: Event) -> HistoryEntry:
    body = event.body
    if isinstance(body, ActBody):
        return HistoryEntry(event, body.at, body.received_at)
    return HistoryEntry(event, getattr(body, "at", None), getattr(body, "seen_at", None))


def _subject_at(
    ledger: ConsentLedger, address: Address, at: datetime | None
) -> tuple[Subject | None, int]:
    """The subject that held the address at an instant, and how many there have been."""
    found = ledger.store.generations(ledger.vault.lookup(address.uri))
    if not found:
        return None, 0
    if at is None:
        return found[0], len(found)
    # A later generation's subject carries the instant at which it began (UUIDv7).
    for subject in found:
        if subject.generation == 1 or _began(subject.id) <= at:
            return subject, len(found)
    return found[-1], len(found)


def _began(subject: UUID) -> datetime:
    milliseconds = int.from_bytes(subject.bytes[:6], "big")
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def _as_of(
    ledger: ConsentLedger, key: ConsentKey, at: datetime | None, known_at: datetime | None
) -> tuple[Consent, int]:
    """Replay what was recorded by `known_at`, then keep what had happened by `at` (C4.5, §8).

    An act counts from the instant it has after corrections; İYS's words from when it gave them.
    """
    consent, position = Consent(), 0
    limit = None if at is None else utc_text(at)
    for event in ledger.store.events_of(key.stream):
        if known_at is not None and from_utc_text(event.recorded) > known_at:
            break
        body = event.body
        assert isinstance(body, ConsentBody)
        if limit is not None and isinstance(body, IysSeen | IysRefused) and body.at > limit:
            continue
        consent = evolve(consent, body, seq=event.seq, position=event.position)
        position = event.position
    if at is None:
        return consent, position
    happened = tuple(act for act in consent.acts if act.at <= at.timestamp())
    iys = consent.iys
    if iys.pending not in {act.seq for act in happened}:
        iys = structs.replace(iys, pending=None)
    return structs.replace(consent, acts=happened, iys=iys), position


def _due(consent: Consent, act: Act | None) -> Deadlines | None:
    """İYS's deadlines of the act that still waits for its word (C7)."""
    if act is None or consent.iys.pending != act.seq or act.at < 0:
        return None
    return deadlines(datetime.fromtimestamp(act.at, UTC))


Members = dict[str, object]


def status_members(view: StatusView) -> Members:
    """`{status, verdict, reason, permitted, consentDate, source, position, iys, …}`."""
    act, event, iys = view.line.act, view.act_event, view.consent.iys
    body = event.body if event is not None else None
    return {
        "status": view.status,
        "verdict": view.verdict.kind,
        "reason": view.verdict.reason,
        "permitted": view.verdict.permitted,
        "warnings": list(view.verdict.warnings),
        "consentDate": act.consent_date if act is not None else None,
        "consentDateUtc": body.at if isinstance(body, ActBody) else None,
        "source": act.source if act is not None else None,
        "position": view.position or None,
        "held": len(view.line.held),
        "generations": view.generations,
        "iys": {
            "state": "QUEUED" if iys.pending is not None else iys.state,
            "shown": iys.state,
            "code": iys.code,
            "consentDate": iys.consent_date,
            "creationDate": iys.creation_date,
            "seenAt": iys.seen_at,
            "how": iys.how,
            "due": None if view.due is None else due_members(view.due),
        },
        "receipt": None
        if event is None
        else {
            "eventId": event.id,
            "position": event.position,
            "leafHash": event.leaf_hash.hex(),
            "recordedAt": event.recorded,
        },
    }


def due_members(due: Deadlines) -> Members:
    """The three instants of C7 in UTC."""
    return {
        "internal": utc_text(due.internal),
        "iysReading": utc_text(due.iys_reading),
        "legalLatest": utc_text(due.legal_latest),
    }


def invalid_members(code: str) -> Members:
    """The answer for an address that cannot be read (C6 row 1)."""
    return {
        "status": None,
        "verdict": VerdictKind.INVALID_ADDRESS,
        "reason": "BAD_FORMAT",
        "permitted": False,
        "code": code,
        "consentDate": None,
        "source": None,
        "position": None,
    }


def entry_members(entry: HistoryEntry) -> Members:
    """One event with its dates and its body as it stands in the log."""
    event = entry.event
    members = decode(event.state)
    assert isinstance(members, dict)
    return {
        "position": event.position,
        "eventId": event.id,
        "type": event.body.TYPE,
        "seq": event.seq,
        "actedAt": entry.acted_at,
        "receivedAt": entry.received_at,
        "recordedAt": utc_text(from_utc_text(event.recorded)),
        "leafHash": event.leaf_hash.hex(),
        "body": members["body"],
    }

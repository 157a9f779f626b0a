"""Answers as JSON members: the same names on the command line and over HTTP (api.md); none is an
address."""

from ledger.aggregates.decisions import VerdictKind
from ledger.calendar import Deadlines
from ledger.clock import from_utc_text, utc_text
from ledger.errors import AddressRefused
from ledger.evidence.canonical import decode
from ledger.views.dates import HistoryEntry
from ledger.views.questions import History, StatusView

Members = dict[str, object]


def status_members(view: StatusView) -> Members:
    """`{status, verdict, reason, permitted, consentDate, source, position, iys, …}`."""
    act, receipt, iys = view.line.act, view.receipt, view.consent.iys
    return {
        "status": view.status,
        "verdict": view.verdict.kind,
        "reason": view.verdict.reason,
        "permitted": view.verdict.permitted,
        "warnings": list(view.verdict.warnings),
        "consentDate": act.consent_date if act is not None else None,
        "consentDateUtc": receipt.at if receipt is not None else None,
        "source": act.source if act is not None else None,
        "position": view.position or None,
        "held": len(view.line.held),
        "generations": view.generations,
        "suppressed": view.suppressed,
        "iysSeenAt": None if view.iys_complete_at is None else utc_text(view.iys_complete_at),
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
        if receipt is None
        else {
            "eventId": receipt.id,
            "position": receipt.position,
            "leafHash": receipt.leaf_hash.hex(),
            "recordedAt": receipt.recorded,
        },
    }


def due_members(due: Deadlines) -> Members:
    """The three instants of C7 in UTC."""
    return {
        "internal": utc_text(due.internal),
        "iysReading": utc_text(due.iys_reading),
        "legalLatest": utc_text(due.legal_latest),
    }


def history_members(found: History) -> Members:
    """All events of one generation, and that there were others."""
    events = [entry_members(entry) for entry in found.entries]
    return {"generations": found.generations, "events": events}


def invalid_members(refused: AddressRefused) -> Members:
    """The answer for an address that cannot be read (C6 row 1)."""
    return {
        "status": None,
        "verdict": VerdictKind.INVALID_ADDRESS,
        "reason": refused.fault,
        "permitted": False,
        "code": refused.code,
        "consentDate": None,
        "source": None,
        "position": None,
    }


def entry_members(entry: HistoryEntry) -> Members:
    """One event with its dates and its body as it stands in the log."""
    event = entry.event
    members = decode(event.state)
    assert isinstance(members, dict)
    listed = {} if entry.listed is None else {"listed": entry.listed}
    return {
        **listed,
        "position": event.position,
        "eventId": event.id,
        "type": event.body.TYPE,
        "seq": event.seq,
        "actedAt": entry.acted_at,
        "receivedAt": entry.received_at,
        "iysRegisteredAt": entry.iys_registered_at,
        "recordedAt": utc_text(from_utc_text(event.recorded)),
        "leafHash": event.leaf_hash.hex(),
        "body": members["body"],
    }

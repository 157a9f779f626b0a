"""Things to test with: valid by default, override one thing. All addresses are made up."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from ledger.aggregates import events
from ledger.aggregates.bodies import Body, ConsentGranted
from ledger.aggregates.commands import Command, Origin, Provenance, RecordAct
from ledger.aggregates.consent import Act, Consent, evolve
from ledger.aggregates.decide import Decided, decide
from ledger.aggregates.events import Event
from ledger.aggregates.intake import RawAct
from ledger.aggregates.keys import ConsentKey, uuid7
from ledger.clock import from_utc_text, iys_text, utc_text
from ledger.evidence.canonical import ZERO_HASH
from ledger.vocabulary import (
    Basis,
    BrandCode,
    Channel,
    ConsentSource,
    ConsentStatus,
    Outcome,
    RecipientType,
)

A_PHONE: Final = "+905010000101"
A_MAILBOX: Final = "ornek@ornek.com.tr"
BRAND_CODE: Final = BrandCode(123456)
SUBJECT: Final = UUID("019a9153-2800-7abc-8123-456789abcdef")
LOG: Final = "izin-defteri/123456/0123456789abcdef"
TZDATA: Final = "2026.6"
FIRST_HOUR: Final = datetime(2025, 11, 10, tzinfo=UTC)
"""A Monday, 03:00 in Istanbul; hours of the tests count from here."""


def hour(number: float) -> str:
    """The instant `number` hours after FIRST_HOUR, as acts carry it."""
    return utc_text(FIRST_HOUR + timedelta(hours=number))


def wire_hour(number: float) -> str:
    """The same instant as İYS's wire has it."""
    return iys_text(from_utc_text(hour(number)))


def seconds_of_hour(number: float) -> int:
    """The same instant in Unix seconds."""
    return int(from_utc_text(hour(number)).timestamp())


def a_key(**changes: object) -> ConsentKey:
    """The consent of an individual to messages of BRAND_CODE."""
    key = ConsentKey(BRAND_CODE, SUBJECT, RecipientType.INDIVIDUAL, Channel.MESSAGE)
    return replace(key, **changes)  # type: ignore[arg-type]  # any member may be overridden


def a_provenance(origin: Origin = Origin.LIVE, **changes: object) -> Provenance:
    """Of a live request, or of row 2 of a file: whatever the door asks for is there."""
    is_file = origin in (Origin.FILE, Origin.DECLARED)
    given = Provenance(
        origin=origin,
        via="import" if is_file else "api",
        actor="user:1" if is_file else "key:1",
        received_at=hour(200),
        tzdata=TZDATA,
        import_id="imp-1" if is_file else None,
    )
    return msgspec.structs.replace(given, **changes)


def a_raw_act(**changes: object) -> RawAct:
    """A sound consent as a file or request has it."""
    raw = RawAct(
        channel="MESAJ",
        source="HS_WEB",
        recipient=A_PHONE,
        status="ONAY",
        consent_date="2025-11-17 10:00:00",
        recipient_type="BIREYSEL",
    )
    return replace(raw, **changes)  # type: ignore[arg-type]  # any member may be overridden


def a_record_act(at_hour: float = 10, **changes: object) -> RecordAct:
    """A live consent of that hour, without evidence."""
    command = RecordAct(
        status=ConsentStatus.GRANTED,
        at=hour(at_hour),
        consent_date=wire_hour(at_hour),
        source=ConsentSource.HS_WEB,
        provenance=a_provenance(),
    )
    return msgspec.structs.replace(command, **changes)


def a_refusal(at_hour: float = 10, **changes: object) -> RecordAct:
    """A live refusal of that hour."""
    changed = {"status": ConsentStatus.REFUSED, "source": ConsentSource.HS_MESAJ, **changes}
    return a_record_act(at_hour, **changed)


def a_listing(**changes: object) -> RecordAct:
    """A merchant's listing without date and source (R11)."""
    bare: dict[str, object] = {"status": None, "at": None, "consent_date": None, "source": None}
    return a_record_act(10, **{**bare, **changes})


def a_provenance(origin: Origin = Origin.LIVE, **changes: object) -> Provenance:
    """Of a live request, or of row 2 of a file: whatever the door asks for is there."""
    is_file = origin in (Origin.FILE, Origin.DECLARED)
    given = Provenance(
        origin=origin,
        via="import" if is_file else "api",
        actor="user:1" if is_file else "key:1",
        received_at=hour(200),
        tzdata=TZDATA,
        import_id="imp-1" if is_file else None,
    )
    return msgspec.structs.replace(given, **changes)


def a_raw_act(**changes: object) -> RawAct:
    """A sound consent as a file or request has it."""
    raw = RawAct(
        channel="MESAJ",
        source="HS_WEB",
        recipient=A_PHONE,
        status="ONAY",
        consent_date="2025-11-17 10:00:00",
        recipient_type="BIREYSEL",
    )
    return replace(raw, **changes)  # type: ignore[arg-type]  # any member may be overridden


def a_record_act(at_hour: float = 10, **changes: object) -> RecordAct:
    """A live consent of that hour, without evidence."""
    command = RecordAct(
        status=ConsentStatus.GRANTED,
        at=hour(at_hour),
        consent_date=wire_hour(at_hour),
        source=ConsentSource.HS_WEB,
        provenance=a_provenance(),
    )
    return msgspec.structs.replace(command, **changes)


def a_refusal(at_hour: float = 10, **changes: object) -> RecordAct:
    """A live refusal of that hour."""
    changed = {"status": ConsentStatus.REFUSED, "source": ConsentSource.HS_MESAJ, **changes}
    return a_record_act(at_hour, **changed)


def a_listing(**changes: object) -> RecordAct:
    """A merchant's listing without date and source (R11)."""
    return a_record_act(
        **{"status": None, "at": None, "consent_date": None, "source": None, **changes}
    )


def a_proven(at_hour: float = 10, *, approved: bool = False, **changes: object) -> RecordAct:
    """A live consent of that hour with evidence of the same hour; on wish a second person's."""
    given = a_provenance(approved_by="user:2" if approved else None)
    return a_record_act(at_hour, **{"provenance": given, "evidence_kinds": ("form",), **changes})


def an_act(at_hour: float = 10, **changes: object) -> Act:
    """A consent of that hour that we took, as the fold sees it: no evidence, not approved."""
    act = Act(
        seq=1,
        position=101,
        status=ConsentStatus.GRANTED,
        at=seconds_of_hour(at_hour),
        consent_date=wire_hour(at_hour),
        source=ConsentSource.HS_WEB,
        basis=Basis.OWN_CAPTURE,
    )
    return msgspec.structs.replace(act, **changes)


def a_granted_body(at_hour: float = 10, **changes: object) -> ConsentGranted:
    """What `consent.granted` says of a sound live consent."""
    key = a_key()
    body = ConsentGranted(
        brand=key.brand_code,
        recipient_type=key.recipient_type,
        channel=key.channel,
        subject=str(key.subject),
        at=hour(at_hour),
        consent_date=wire_hour(at_hour),
        date_precision=a_record_act().precision,
        source=ConsentSource.HS_WEB,
        via="api",
        actor="key:1",
        basis=Basis.OWN_CAPTURE,
        tzdata=TZDATA,
    )
    return msgspec.structs.replace(body, **changes)


def an_event(body: Body | None = None, *, seq: int = 1, prev: str = ZERO_HASH) -> Event:
    """An event with a commitment to its recipient; first in its stream unless told."""
    body = body or a_granted_body()
    return events.frame(
        body,
        commit={"recipient": "ab" * 32},
        event_id=uuid7(1_763_400_000_000, seq.to_bytes(10, "big")),
        log=LOG,
        prev=prev,
        recorded="2025-11-18T09:00:00.000000Z",
        seq=seq,
        stream=events.stream_of(body, log=LOG),
        position=100 + seq,
    )


def carry_out(
    state: Consent, command: Command, *, key: ConsentKey | None = None
) -> tuple[Decided, Consent]:
    """Decide, and apply what follows as the write path does."""
    decided = decide(key or a_key(), state, command)
    for body in decided.bodies:
        seq = state.version + 1
        state = evolve(state, body, seq=seq, position=100 + seq)
    return decided, state


def state_after(*commands: Command, state: Consent | None = None) -> Consent:
    """The state after commands that are all recorded: none may be refused or known already."""
    state = state or Consent()
    for command in commands:
        decided, state = carry_out(state, command)
        assert decided.outcome not in (Outcome.REFUSED, Outcome.ALREADY), decided
    return state

"""Things to test with: valid by default, override one thing. All addresses are made up."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec

from ledger.aggregates import bodies as b
from ledger.aggregates import events
from ledger.aggregates.acts import Decided
from ledger.aggregates.bodies import Body
from ledger.aggregates.commands import (
    AddEvidence,
    Command,
    CorrectAct,
    Origin,
    Provenance,
    RecordAct,
    RefusedByIys,
    ReleaseGrant,
    RetractAct,
    SeeAtIys,
)
from ledger.aggregates.consent import Act, Consent, PersonLine, evolve, person_line
from ledger.aggregates.decide import decide
from ledger.aggregates.events import Event
from ledger.aggregates.intake import RawAct
from ledger.aggregates.keys import ConsentKey, event_id
from ledger.clock import from_utc_text, iys_text, utc_text
from ledger.evidence.canonical import ZERO_HASH
from ledger.vocabulary import (
    Basis,
    BrandCode,
    Channel,
    ConsentSource,
    ConsentStatus,
    DatePrecision,
    IysState,
    Outcome,
    RecipientType,
    SeenHow,
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
    return msgspec.structs.replace(key, **changes)


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
    return msgspec.structs.replace(raw, **changes)


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


def a_proven(at_hour: float = 10, *, approved: bool = False, **changes: object) -> RecordAct:
    """A live consent of that hour with evidence of the same hour; on wish a second person's."""
    given = a_provenance(approved_by="user:2" if approved else None)
    return a_record_act(at_hour, **{"provenance": given, "evidence_kinds": ("form",), **changes})


def a_movement(at_hour: float = 10, **changes: object) -> SeeAtIys:
    """A refusal that the recipient made at İYS at that hour, pulled from there."""
    seen = SeeAtIys(
        state=IysState.REFUSED,
        at=hour(at_hour),
        seen_at=hour(at_hour + 1),
        how=SeenHow.PULL,
        consent_date=wire_hour(at_hour),
        source=ConsentSource.IYS_WEB,
        creation_date=wire_hour(at_hour),
        tzdata=TZDATA,
        actor="system:iys",
    )
    return msgspec.structs.replace(seen, **changes)


def an_answer(of: int, at_hour: float = 11, **changes: object) -> SeeAtIys:
    """İYS took our act `of`, a consent of hour 10 unless told."""
    taken: dict[str, object] = {
        "of": of,
        "state": IysState.GRANTED,
        "how": SeenHow.RESULT,
        "consent_date": wire_hour(10),
        "source": ConsentSource.HS_WEB,
    }
    return a_movement(at_hour, **{**taken, **changes})


def a_final_no(of: int, code: str = "H467") -> RefusedByIys:
    """İYS will never take our act `of`."""
    return RefusedByIys(of=of, code=code, at=hour(30), how=SeenHow.RESULT, actor="system:iys")


def some_evidence(of: int, captured_hour: float = 20, **changes: object) -> AddEvidence:
    """A scan of that hour for act `of`, brought by one person."""
    added = AddEvidence(
        of=of,
        evidence_kinds=("scan",),
        captured_at=hour(captured_hour),
        at=hour(90),
        actor="user:1",
    )
    return msgspec.structs.replace(added, **changes)


def a_correction(of: int, to_hour: float = 5, **changes: object) -> CorrectAct:
    """Act `of` was of that hour; two people say so."""
    command = CorrectAct(
        of=of,
        field="consent_date",
        is_now=wire_hour(to_hour),
        reason="typo",
        at=hour(90),
        actor="user:1",
        approved_by="user:2",
        effective_at=hour(to_hour),
    )
    return msgspec.structs.replace(command, **changes)


def a_source_correction(of: int, source: str) -> CorrectAct:
    """Act `of` came by another way; its instant does not move."""
    return a_correction(of, field="source", is_now=source, effective_at=None)


def a_retraction(of: int, **changes: object) -> RetractAct:
    """Act `of` was never done; two people say so."""
    command = RetractAct(of=of, reason="typo", at=hour(90), actor="user:1", approved_by="user:2")
    return msgspec.structs.replace(command, **changes)


def a_release(of: int, ground: str = "evidence", **changes: object) -> ReleaseGrant:
    """Free the held grant `of`; two people say so."""
    command = ReleaseGrant(of=of, ground=ground, at=hour(90), actor="user:1", approved_by="user:2")
    return msgspec.structs.replace(command, **changes)


def a_row(
    at_hour: float = 10, *, row: int = 2, origin: Origin = Origin.FILE, **changes: object
) -> RecordAct:
    """A consent of that hour in a file: an ordinary one, or one that somebody vouches for."""
    return a_record_act(at_hour, **{"provenance": a_provenance(origin), "row": row, **changes})


def a_refusal_row(
    at_hour: float = 10, *, row: int = 2, origin: Origin = Origin.FILE, **changes: object
) -> RecordAct:
    """A refusal of that hour in a file."""
    return a_refusal(at_hour, **{"provenance": a_provenance(origin), "row": row, **changes})


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


def an_act_body(
    kind: type[b.ActBody] = b.ConsentGranted, at_hour: float = 10, **changes: object
) -> b.ActBody:
    """What an event says of an act of that hour that we took; a consent unless told."""
    body = kind(
        **the_key(),
        at=hour(at_hour),
        consent_date=wire_hour(at_hour),
        date_precision=DatePrecision.SECOND,
        source=ConsentSource.HS_WEB,
        via="api",
        actor="key:1",
        basis=Basis.OWN_CAPTURE,
        tzdata=TZDATA,
    )
    return msgspec.structs.replace(body, **changes)


def the_key() -> dict[str, Any]:
    """The members of every body on a_key(), to be spread."""
    key = a_key()
    return {
        "brand": key.brand_code,
        "recipient_type": key.recipient_type,
        "channel": key.channel,
        "subject": str(key.subject),
    }


def replayed(*bodies: b.ConsentBody, state: Consent | None = None) -> Consent:
    """The state after bodies, first to last."""
    state = state or Consent()
    for body in bodies:
        seq = state.version + 1
        state = evolve(state, body, seq=seq, position=100 + seq)
    return state


def an_event(
    body: Body | None = None,
    *,
    seq: int = 1,
    prev: str = ZERO_HASH,
    groups: tuple[str, ...] = ("recipient",),
) -> Event:
    """An event with a commitment to its recipient; first in its stream unless told."""
    body = body or an_act_body()
    return events.frame(
        body,
        commit=dict.fromkeys(groups, "ab" * 32),
        event_id=event_id(1_763_400_000_000, seq.to_bytes(10, "big")),
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
    return decided, replayed(*decided.bodies, state=state)


def state_after(*commands: Command, state: Consent | None = None) -> Consent:
    """The state after commands that are all recorded: none may be refused or known already."""
    state = state or Consent()
    for command in commands:
        decided, state = carry_out(state, command)
        assert decided.outcome not in (Outcome.REFUSED, Outcome.ALREADY), decided
    return state


def held_over(ret: Command) -> Consent:
    """A refusal, and a declared consent of hour 20 that is held over it."""
    state = state_after(ret, a_row(20, origin=Origin.DECLARED))
    assert person_line(state.acts).held
    return state


def verdict(state: Consent, command: Command) -> tuple[Outcome, str | None]:
    """Outcome and code of a command; and what is so of every decision is checked."""
    decided = decide(a_key(), state, command)
    changes_nothing = decided.outcome in (Outcome.REFUSED, Outcome.ALREADY)
    assert (decided.bodies == ()) == changes_nothing
    return decided.outcome, decided.code


def recorded_act(state: Consent, command: Command) -> b.ActBody:
    """What is recorded of the act that a command brings."""
    body = carry_out(state, command)[0].bodies[-1]
    assert isinstance(body, b.ActBody)
    return body


def line_after(state: Consent, command: Command) -> PersonLine:
    """The person line once a command is carried out."""
    return person_line(carry_out(state, command)[1].acts)


def status_after(state: Consent, command: Command) -> ConsentStatus | None:
    """The status once a command is carried out."""
    return line_after(state, command).status

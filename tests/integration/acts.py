"""Requests as a form, a file or İYS brings them: sound by default, override one thing."""

from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from ledger import clock
from ledger.addresses import Address
from ledger.aggregates.commands import (
    Command,
    CorrectAct,
    Origin,
    Provenance,
    RecordAct,
    RefusedByIys,
    RetractAct,
    SeeAtIys,
)
from ledger.aggregates.events import Event
from ledger.aggregates.intake import RawAct, parse_act
from ledger.projections.outbox import OutboxFold
from ledger.recording.request import Request
from ledger.vocabulary import (
    BrandCode,
    Channel,
    ConsentSource,
    IysCode,
    IysState,
    RecipientType,
    SeenHow,
)

IYS_CODE = IysCode(123456)
BRAND_CODE = BrandCode(123456)
RECEIVED_AT = datetime(2026, 11, 24, 9, tzinfo=UTC)
DATE = "2026-11-24 10:00:00"
LATER = "2026-11-24 11:00:00"
CLERK, SECOND_CLERK = "user:clerk", "user:second-clerk"


def a_request(
    number: int = 1,
    status: str = "ONAY",
    date: str = DATE,
    *,
    recipient: str | None = None,
    channel: str = "MESAJ",
    kind: str = "BIREYSEL",
    source: str = "HS_WEB",
    origin: Origin = Origin.LIVE,
    item_id: str | None = None,
) -> Request:
    """An act of the recipient with this number, whose address is obviously made up."""
    given = Provenance(
        origin=origin,
        via="api" if origin is Origin.LIVE else "import",
        actor=CLERK,
        received_at=clock.utc_text(RECEIVED_AT),
        tzdata=clock.TZDATA_VERSION,
    )
    raw = RawAct(channel, source, recipient or f"+90501{number:07d}", status, date, kind)
    act = parse_act(raw, given, received_at=RECEIVED_AT)
    return Request(
        act.address,
        BRAND_CODE,
        act.channel,
        act.recipient_types,
        act.command,
        {"note": act.given} if act.given else {},
        item_id,
    )


def with_evidence(request: Request, captured_at: str, *, approved: bool = False) -> Request:
    """The same act, proven by a recording of `captured_at`."""
    command = request.command
    assert isinstance(command, RecordAct)
    given = command.provenance
    if approved:
        given = msgspec.structs.replace(given, approved_by=SECOND_CLERK)
    proven = msgspec.structs.replace(
        command, evidence_kinds=("recording",), captured_at=captured_at, provenance=given
    )
    return Request(*_whose(request), proven, request.groups, request.item_id)


def about(request: Request, command: Command) -> Request:
    """Another command on the consent that `request` is about."""
    return Request(*_whose(request), command)


def _whose(request: Request) -> tuple[Address, BrandCode, Channel, tuple[RecipientType, ...]]:
    return request.address, request.brand_code, request.channel, request.recipient_types


def seen(
    of: int | None = None,
    state: IysState = IysState.GRANTED,
    *,
    date: str = DATE,
    source: ConsentSource = ConsentSource.HS_WEB,
) -> SeeAtIys:
    """İYS shows a state, as the outcome of act `of` where one is named."""
    return SeeAtIys(
        state=state,
        at="2026-11-24T08:00:00Z",
        seen_at="2026-11-24T08:00:01Z",
        how=SeenHow.RESULT if of else SeenHow.PULL,
        consent_date=date,
        source=source,
        creation_date=LATER,
        tzdata=clock.TZDATA_VERSION,
        actor="system:sync",
        of=of,
    )


def iys_says_no(of: int, code: str = "H467") -> RefusedByIys:
    """İYS's final no to act `of`."""
    return RefusedByIys(
        of=of, code=code, at="2026-11-24T08:00:01Z", how=SeenHow.RESULT, actor="system:sync"
    )


def retract(of: int) -> RetractAct:
    """Act `of` was entered by mistake."""
    return RetractAct(
        of=of,
        reason="typed wrongly",
        at="2026-11-24T09:00:00Z",
        actor=CLERK,
        approved_by=SECOND_CLERK,
    )


def correct(of: int, field: str, is_now: str, *, effective_at: str | None = None) -> CorrectAct:
    """A field of act `of` was entered wrongly."""
    return CorrectAct(
        of=of,
        field=field,
        is_now=is_now,
        reason="typed wrongly",
        at="2026-11-24T09:00:00Z",
        actor=CLERK,
        approved_by=SECOND_CLERK,
        effective_at=effective_at,
    )


def folded(events: Iterable[Event]) -> OutboxFold:
    """What the events come to."""
    fold = OutboxFold()
    for event in events:
        fold.add(event)
    return fold

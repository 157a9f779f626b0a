"""From what became of a request to its answer: receipt, state and what İYS still has to hear."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from starlette.concurrency import run_in_threadpool

from ledger import views
from ledger.aggregates.consent import Consent, person_line
from ledger.aggregates.decisions import Question, Verdict, judge
from ledger.aggregates.events import Event
from ledger.aggregates.standing import SHOWN, standing
from ledger.application import ConsentLedger
from ledger.calendar import deadlines
from ledger.clock import iys_text, utc_text
from ledger.contract.answers import Due, IysShown, StateShown
from ledger.contract.answers import Receipt as ReceiptShown
from ledger.recording.deciding_ports import Current, CurrentKey
from ledger.recording.group_commit import Together
from ledger.recording.ports import Brand
from ledger.recording.request import Receipt, Request
from ledger.vocabulary import ConsentStatus, IysState

TOGETHER: Final = 250
"""States asked for at a time."""
LOCAL_ONLY: Final = "LOCAL_ONLY"
"""A refusal of somebody that İYS has never heard of: it is in force here and nowhere else."""


async def first_events(ledger: ConsentLedger, receipts: Sequence[Receipt]) -> dict[int, Event]:
    """The events behind receipts of acts that were known before, by position."""
    known = {one.position for one in receipts if one.event is None and one.position is not None}
    if not known:
        return {}
    return await run_in_threadpool(ledger.store.events_at, known)


def shown_receipt(receipt: Receipt, known: dict[int, Event]) -> ReceiptShown | None:
    """Where the act stands in the log: new, or as it was first recorded."""
    event = receipt.event
    if event is None and receipt.position is not None:
        event = known.get(receipt.position)
    if event is None:
        return None
    return ReceiptShown(
        eventId=event.id,
        position=event.position,
        leafHash=event.leaf_hash.hex(),
        recordedAt=event.recorded,
    )


async def shown_states(
    ledger: ConsentLedger,
    reader: Together[CurrentKey, Current],
    asked: Sequence[tuple[Brand, Request, Receipt]],
) -> list[StateShown]:
    """The verdicts on a send now, in order, as the status has them. What stands around a consent is
    only asked where it decides; what is asked for is asked together."""
    states: list[StateShown] = []
    for begin in range(0, len(asked), TOGETHER):
        some = asked[begin : begin + TOGETHER]
        keys = [_key_where_asked(ledger, request, receipt) for _, request, receipt in some]
        found = [None if key is None else (key, reader.ask(key)) for key in keys]
        now = ledger.now()
        for (brand, request, receipt), one in zip(some, found, strict=True):
            consent = receipt.consent
            if one is None:
                verdict = _verdict_alone(brand, request, consent, now)
            else:
                key, known = one
                verdict = views.view_of(brand, key, await known, now).verdict
            states.append(
                StateShown(
                    status=person_line(consent.acts).status,
                    permitted=verdict.permitted,
                    verdict=verdict.kind,
                    reason=verdict.reason,
                )
            )
    return states


def _key_where_asked(
    ledger: ConsentLedger, request: Request, receipt: Receipt
) -> CurrentKey | None:
    """What to look up where İYS shows the consent, or the company's own list may bar it."""
    kind = request.recipient_types[0]
    if not receipt.barred and standing(receipt.consent, kind).row != SHOWN:
        return None
    lookup = ledger.vault.lookup(request.address.uri)
    return CurrentKey(lookup, request.brand_code, request.channel, kind)


def _verdict_alone(brand: Brand, request: Request, consent: Consent, now: datetime) -> Verdict:
    kind = request.recipient_types[0]
    question = Question(
        channel=request.channel, recipient_type=kind, now=now, brand_closed=brand.closed
    )
    return judge(standing(consent, kind), question)


def shown_iys(consent: Consent) -> IysShown:
    """What İYS holds or has to hear, and until when (C7)."""
    iys = consent.iys
    waiting = next((act for act in consent.acts if act.seq == iys.pending), None)
    if waiting is None:
        return IysShown(state=iys.state)
    never_heard = iys.state is IysState.UNKNOWN and all(
        act.status is ConsentStatus.REFUSED for act in consent.acts
    )
    if never_heard:
        return IysShown(state=LOCAL_ONLY)
    due = None
    if waiting.at >= 0:
        instants = deadlines(datetime.fromtimestamp(waiting.at, UTC))
        due = Due(
            internal=utc_text(instants.internal),
            iysReading=utc_text(instants.iys_reading),
            legalLatest=utc_text(instants.legal_latest),
        )
    return IysShown(state="QUEUED", due=due)


def standing_since(consent: Consent) -> str | None:
    """The date of the refusal in force, as İYS writes dates."""
    act = person_line(consent.acts).act
    if act is None or act.status is not ConsentStatus.REFUSED:
        return None
    return act.consent_date or iys_text(datetime.fromtimestamp(act.at, UTC))

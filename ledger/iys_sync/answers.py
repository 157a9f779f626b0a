"""İYS's word on acts of ours, as requests to the ledger (consent.md C2; R32). Pure."""

from datetime import datetime
from typing import Final

from ledger import clock
from ledger.addresses import known_address
from ledger.aggregates.commands import Origin, Provenance, RecordAct, RefusedByIys, SeeAtIys
from ledger.aggregates.keys import ConsentKey
from ledger.iys_sync import wire
from ledger.projections.sending_rows import Item
from ledger.recording import sights
from ledger.recording.ports import Holder
from ledger.recording.request import Request
from ledger.recording.sights import IysWords
from ledger.vocabulary import (
    BrandCode,
    Channel,
    ConsentSource,
    ConsentStatus,
    IysState,
    RecipientType,
    SeenHow,
)

ACTOR: Final = "system:iys"
DECISION: Final = "HS_KARAR"
"""`via` of a refusal that was told to İYS as the provider's own decision; `reason`: with the `seq`
of the one that İYS took no more."""


def key_of(item: Item) -> ConsentKey:
    """The consent that an item is about."""
    return ConsentKey(
        BrandCode(item.brand_code),
        item.subject,
        RecipientType(item.recipient_type),
        Channel(item.channel),
    )


def outgoing(item: Item, holder: Holder) -> wire.Outgoing:
    """An act as İYS takes it."""
    return wire.Outgoing(
        recipient=known_address(holder.uri).text,
        channel=Channel(item.channel),
        recipient_type=RecipientType(item.recipient_type),
        status=ConsentStatus(item.consent_status),
        source=None if item.source is None else ConsentSource(item.source),
        consent_date=item.consent_date,
    )


def taken(
    item: Item,
    holder: Holder,
    how: SeenHow,
    *,
    transaction_id: str,
    creation_date: str,
    words: IysWords,
    now: datetime,
) -> Request:
    """İYS wrote the act. `words`: the exchange's ids besides the transaction's."""
    command = SeeAtIys(
        state=IysState(item.consent_status),
        at=clock.utc_text(_written_at(creation_date, now)),
        seen_at=clock.utc_text(now),
        how=how,
        consent_date=item.consent_date,
        source=None if item.source is None else ConsentSource(item.source),
        creation_date=creation_date,
        tzdata=clock.TZDATA_VERSION,
        actor=ACTOR,
        of=item.seq,
    )
    said = IysWords(transaction_id=transaction_id, request_id=words.request_id, answer=words.answer)
    return sights.answer(holder, key_of(item), command, said)


def _written_at(creation_date: str, now: datetime) -> datetime:
    try:
        return clock.from_iys_text(creation_date)
    except (ValueError, OverflowError):
        return now  # in İYS's form and of no calendar: kept as it is, and of now


def refused(
    item: Item, holder: Holder, how: SeenHow, code: str, *, words: IysWords, now: datetime
) -> Request:
    """İYS will never take the act."""
    command = RefusedByIys(of=item.seq, code=code, at=clock.utc_text(now), how=how, actor=ACTOR)
    return sights.final_no(holder, key_of(item), command, words)


def decision(item: Item, holder: Holder, now: datetime) -> Request:
    """The refusal `item`, which came too late for İYS, once more: as of now and as the provider's
    own decision (R32). The first one stays as it is, with its date."""
    text = clock.utc_text(now)
    command = RecordAct(
        status=ConsentStatus.REFUSED,
        at=text,
        consent_date=clock.iys_text(now),
        source=ConsentSource.HS_KARAR,
        provenance=Provenance(
            origin=Origin.LIVE,
            via=DECISION,
            actor=ACTOR,
            received_at=text,
            tzdata=clock.TZDATA_VERSION,
        ),
        reason=f"{DECISION}:{item.seq}",
    )
    key = key_of(item)
    name = f"iys/hs_karar/{item.stream}/{item.seq}"
    return Request(
        known_address(holder.uri),
        key.brand_code,
        key.channel,
        (key.recipient_type,),
        command,
        item_id=name,
        said=(name,),
        holder=holder.subject,
    )

"""From a command to the body of an act, and what a decision is."""

from typing import Any, assert_never

import msgspec

from ledger.aggregates import bodies as b
from ledger.aggregates.commands import Origin, RecordAct
from ledger.aggregates.consent import ASSIGNED_FOR
from ledger.aggregates.keys import ConsentKey
from ledger.vocabulary import ConsentStatus, Outcome


class Decided(msgspec.Struct, frozen=True, gc=False):
    """What follows from a command. `act_seq` is the act concerned: the new one or its twin."""

    outcome: Outcome
    code: str | None = None
    bodies: tuple[b.ConsentBody, ...] = ()
    act_seq: int | None = None


def act_body(key: ConsentKey, command: RecordAct) -> b.ActBody:
    """The body of the act that a command asks for."""
    kind: type[b.ActBody]
    match command.status:
        case ConsentStatus.GRANTED:
            kind = b.ConsentGranted
        case ConsentStatus.REFUSED:
            kind = b.ConsentRefused
        case None:
            kind = b.MerchantListed
        case _:
            assert_never(command.status)
    given = command.provenance
    undated = command.consent_date is None
    dated_by_us = undated or any(code in command.defects for code in ASSIGNED_FOR)
    return kind(
        **members_of(key),
        at=command.at,
        consent_date=command.consent_date,
        date_precision=command.precision,
        source=command.source,
        via=given.via,
        actor=given.actor,
        basis=given.origin.basis,
        tzdata=given.tzdata,
        received_at=given.received_at if dated_by_us or given.origin is Origin.LIVE else None,
        captured_at=command.captured_at,
        import_id=given.import_id,
        row=command.row,
        evidence_kinds=command.evidence_kinds,
        approved_by=given.approved_by,
        retailer=command.retailer,
        retailer_access=command.retailer_access,
        sub_channel=command.sub_channel,
        text=command.text,
        notice=command.notice,
        reason=command.reason,
        defect=command.defects,
        **_listing_only(command),
    )


def _listing_only(command: RecordAct) -> dict[str, Any]:  # members of MerchantListed alone
    return {} if command.status is not None else {"basis_kind": command.basis_kind}


def members_of(key: ConsentKey) -> dict[str, Any]:  # the key's members, to be spread into a body
    return {
        "brand": key.brand_code,
        "recipient_type": key.recipient_type,
        "channel": key.channel,
        "subject": str(key.subject),
    }

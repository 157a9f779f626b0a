"""A request, and all of it that can be done before the lock (design.md §7)."""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from ledger.addresses import CANONICALISATION, Address
from ledger.aggregates.commands import Command, RecordAct
from ledger.aggregates.consent import Consent
from ledger.aggregates.events import Event
from ledger.aggregates.keys import ConsentKey, uuid7
from ledger.evidence import canonical
from ledger.ports import Groups, Subject, Vault
from ledger.vocabulary import BrandCode, Channel, Outcome, RecipientType

RECIPIENT_GROUP: Final = "recipient"


@dataclass(frozen=True, slots=True)
class Request:
    """A command on the consents of one address. `groups` go to the vault, bound by the event.

    `item_id` is the giver's own: the same id with the same content is answered from memory.
    """

    address: Address
    brand_code: BrandCode
    channel: Channel
    recipient_types: tuple[RecipientType, ...]
    command: Command
    groups: Groups = field(default_factory=dict, repr=False)
    item_id: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a request. `position` is that of the act concerned: new, or known before."""

    outcome: Outcome
    code: str | None
    position: int | None
    event: Event | None
    consent: Consent


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request with all that could be done before the lock: keys, ids, commitments, sealing."""

    request: Request
    subject: Subject
    keys: tuple[ConsentKey, ...]
    event_ids: tuple[UUID, ...]
    commits: tuple[dict[str, str], ...]
    payloads: tuple[bytes | None, ...]
    command_id: bytes | None
    content: bytes


def prepare(request: Request, subject: Subject, vault: Vault, *, milliseconds: int) -> Prepared:
    """Ids, commitments and sealed payloads of a request; needs no lock and no database."""
    groups = bound_groups(request)
    stored = stored_groups(request)
    ids = tuple(uuid7(milliseconds, os.urandom(10)) for _ in request.recipient_types)
    return Prepared(
        request=request,
        subject=subject,
        keys=tuple(
            ConsentKey(request.brand_code, subject.id, kind, request.channel)
            for kind in request.recipient_types
        ),
        event_ids=ids,
        commits=tuple(bind(subject.key, event_id, groups) for event_id in ids),
        payloads=tuple(
            vault.seal(subject.key, event_id, stored) if stored else None for event_id in ids
        ),
        command_id=(
            vault.command_id(request.brand_code, request.item_id) if request.item_id else None
        ),
        content=vault.content_digest(_content(request)) if request.item_id else b"",
    )


def recipient_group(uri: str, as_entered: str) -> dict[str, object]:
    """The `recipient` group of an act: the address, as typed, and the rules it was read by."""
    return {"address": uri, "as_entered": as_entered, "canonicalisation": CANONICALISATION}


def bound_groups(request: Request) -> Groups:
    """Every group that the request's events commit to."""
    if not isinstance(request.command, RecordAct):
        return request.groups
    address = request.address
    return {RECIPIENT_GROUP: recipient_group(address.uri, address.as_entered), **request.groups}


def stored_groups(request: Request) -> Groups:
    """Of `bound_groups`, what the subject's canonical address alone does not tell."""
    if request.address.as_entered == request.address.text:
        return request.groups
    return bound_groups(request)


def bind(key: bytes, event_id: UUID, groups: Groups) -> dict[str, str]:
    """One salted commitment per group; the salts die with the key (design.md §5)."""
    seed = canonical.event_seed(key, str(event_id))
    return {
        group: canonical.commitment(group, canonical.group_salt(seed, group), value)
        for group, value in groups.items()
    }


def _content(request: Request) -> Iterable[str]:
    command = request.command
    yield request.address.uri
    yield request.channel
    yield from request.recipient_types
    # The instant of receipt is ours and differs at a repeat.
    yield repr(
        (command.status, command.consent_date, command.source, command.retailer)
        if isinstance(command, RecordAct)
        else command
    )

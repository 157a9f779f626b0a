"""A request, and all of it that can be done before the lock (design.md §7)."""

import os
from collections.abc import Iterable
from uuid import UUID

import msgspec
from msgspec import structs

from ledger.addresses import CANONICALISATION, Address
from ledger.aggregates.acts import act_body
from ledger.aggregates.bodies import ActBody, ConsentBody
from ledger.aggregates.commands import Command, RecordAct
from ledger.aggregates.consent import Consent
from ledger.aggregates.events import RECIPIENT_GROUP, Event, encode_body
from ledger.aggregates.keys import ConsentKey, event_id
from ledger.evidence import canonical
from ledger.recording.ports import Groups, Subject, Vault
from ledger.values import Discreet, Value
from ledger.vocabulary import BrandCode, Channel, Outcome, RecipientType


class Request(Discreet, frozen=True, gc=False):
    """A command on the consents of one address. `groups` go to the vault, bound by the event.

    `item_id` is the giver's own: the same id with the same content is answered from memory. `part`
    names this one of several requests that one id stands for. `said`: the content, as the giver's
    own members and whole for each part; empty where the command itself is all that was said.
    `holder`: whose consent is meant, where İYS speaks of an act of theirs, whoever holds it now.
    """

    address: Address
    brand_code: BrandCode
    channel: Channel
    recipient_types: tuple[RecipientType, ...]
    command: Command
    groups: Groups = msgspec.field(default_factory=dict)
    item_id: str | None = None
    part: str = ""
    said: tuple[str, ...] = ()
    holder: Subject | None = None


class Receipt(Value, frozen=True, gc=False):
    """What became of a request. `position` is that of the act concerned: new, or known before.

    `subject`: whose the consent is, None where nothing was looked up. `barred`: something of the
    company's own list may stand in the way as well (C6 row 5).
    """

    outcome: Outcome
    code: str | None
    position: int | None
    event: Event | None
    consent: Consent
    subject: UUID | None = None
    barred: bool = False


class Target(Discreet, frozen=True, gc=False):
    """One consent that a request is about, with all that could be done before the lock.

    `body` and `encoded` only of acts; `commit` and `payload` of the first event that follows.
    """

    key: ConsentKey
    stream: UUID
    event_id: str
    commit: dict[str, str]
    payload: bytes | None
    body: ActBody | None
    encoded: bytes | None


class Prepared(Discreet, frozen=True, gc=False):
    """A request and its targets; `command_id` and `content` where the giver named it, `whole_id`
    where the name is that of several."""

    request: Request
    subject: Subject
    targets: tuple[Target, ...]
    command_id: bytes | None
    content: bytes
    whole_id: bytes | None = None


def named_for_retry(request: Request) -> Request:
    """The request with an item id, its own or a made one, unless a repeat is known without."""
    command = request.command
    is_row = isinstance(command, RecordAct) and command.provenance.import_id is not None
    if is_row or request.item_id is not None:
        return request
    return structs.replace(request, item_id=f"made/{os.urandom(16).hex()}", part="")


def prepare(request: Request, subject: Subject, vault: Vault, *, milliseconds: int) -> Prepared:
    """Ids, commitments, bytes and sealed payloads of a request; needs no lock and no database."""
    item_id, part, brand_code = request.item_id, request.part, request.brand_code
    targets = [
        aim(
            request,
            ConsentKey(request.brand_code, subject.id, kind, request.channel),
            subject,
            vault,
            made_id=event_id(milliseconds, vault.chance(10)),
        )
        for kind in request.recipient_types
    ]
    if not item_id:
        return Prepared(request, subject, tuple(targets), None, b"")
    whole_id = vault.command_id(brand_code, item_id)
    return Prepared(
        request,
        subject,
        tuple(targets),
        vault.command_id(brand_code, f"{item_id}\x00{part}") if part else whole_id,
        vault.content_digest(_content(request)),
        whole_id if part else None,
    )


def aim(
    request: Request,
    key: ConsentKey,
    subject: Subject,
    vault: Vault,
    *,
    made_id: str,
    body: ConsentBody | None = None,
) -> Target:
    """A request on one consent; `body` where the event is known and not the command's own act."""
    command = request.command
    act = body if isinstance(body, ActBody) else None
    if body is None and isinstance(command, RecordAct):
        act = act_body(key, command)
    is_act = act is not None
    stored = stored_groups(request, is_act=is_act)
    return Target(
        key,
        key.stream,
        made_id,
        bind(subject.key, made_id, bound_groups(request, is_act=is_act)),
        vault.seal(subject.key, made_id, stored) if stored else None,
        act,
        None if act is None else encode_body(act),
    )


def recipient_group(uri: str, as_entered: str) -> dict[str, object]:
    """The `recipient` group of an act: the address, as typed, and the rules it was read by."""
    return {"address": uri, "as_entered": as_entered, "canonicalisation": CANONICALISATION}


def bound_groups(request: Request, *, is_act: bool) -> Groups:
    """Every group that an event of the request commits to; an act's always the recipient (§5)."""
    if not is_act:
        return request.groups
    address = request.address
    return {RECIPIENT_GROUP: recipient_group(address.uri, address.as_entered), **request.groups}


def stored_groups(request: Request, *, is_act: bool) -> Groups:
    """Of `bound_groups`, what the subject's canonical address alone does not tell."""
    if request.address.as_entered == request.address.text:
        return request.groups
    return bound_groups(request, is_act=is_act)


def bind(key: bytes, event: str, groups: Groups) -> dict[str, str]:
    """One salted commitment per group of the event with this id; salts die with the key (§5)."""
    seed = canonical.event_seed(key, event)
    return {
        group: canonical.commitment(group, canonical.group_salt(seed, group), value)
        for group, value in groups.items()
    }


def _content(request: Request) -> Iterable[str]:
    """What a request asks, by what was given alone: what was looked up for it, evidence or a text,
    and instants of receipt, which are ours, may differ at a repeat."""
    command = request.command
    yield request.address.uri
    if request.said:
        yield from request.said
        return
    yield request.channel
    yield from request.recipient_types
    members = msgspec.to_builtins(command)
    for name in ("at", "seen_at", "provenance", "late", "warnings"):
        members.pop(name, None)
    asked = {"v": 1, "kind": type(command).__name__, "members": members, "groups": request.groups}
    yield msgspec.json.encode(asked, order="sorted").decode()

"""A movement that İYS shows, as a request on the consent concerned (consent.md C2, R52, R55).

Pure: the instant of seeing is passed in. A movement is told verbatim; what we have no word for is
kept as İYS writes it in the `iys` group.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

import msgspec
from msgspec import structs

from ledger import clock
from ledger.addresses import address_at_iys
from ledger.aggregates.commands import SeeAtIys
from ledger.errors import AddressRefused
from ledger.iys_sync import wire
from ledger.iys_sync.members import Members, Unreadable, json_of, object_of, text_of, word_of
from ledger.iys_sync.reading import digest_of
from ledger.iys_sync.reading import movement as read_movement
from ledger.recording.request import Request
from ledger.recording.sights import IysWords, sight
from ledger.values import Discreet
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
RECIPIENTS_PREFIX: Final = "IYS_"
CITIZEN: Final = "citizenName"
STRANGE_MIN: Final = 10
"""So many movements of which none can be read are no page of İYS's."""


class Unread(Discreet, frozen=True):
    """A movement that cannot be read. `raw`: its JSON, the person's name left out; `fault`: what
    was looked for."""

    raw: bytes
    fault: str


class Page(wire.Page, frozen=True):
    """A page of movements, with those of it that cannot be read."""

    unread: tuple[Unread, ...] = ()


def page(body: bytes) -> Page:
    """200 or 204 of a pull: one movement that cannot be read keeps back no other.

    Raises Unreadable for what is no page, or one of which nothing can be read.
    """
    if not body.strip():
        return Page(None, ())
    try:
        told = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        listed = msgspec.json.decode(told.get("list", b"[]"), type=list[msgspec.Raw])
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise Unreadable("a page of movements") from error
    if not listed:
        return Page(None, ())
    after = text_of({"after": json_of(bytes(told.get("after", b"null")))}, "after")
    movements, unread = each(map(bytes, listed))
    if not movements and len(unread) >= STRANGE_MIN:
        raise Unreadable("a page of movements")
    return Page(after, tuple(movements), tuple(unread))


def each(raws: Iterable[bytes]) -> tuple[list[wire.Movement], list[Unread]]:
    """Movements from their own bytes, and those that are none."""
    movements, unread = [], []
    for raw in raws:
        try:
            movements.append(read_movement(raw))
        except Unreadable as error:
            unread.append(Unread(_without_name(raw), str(error)))
    return movements, unread


def seen(movement: wire.Movement, brand_code: BrandCode, how: SeenHow, at: datetime) -> Request:
    """What the ledger is asked to record of a movement that was shown at `at`.

    Raises Unreadable, naming the member: an address that can be none, a date of no calendar.
    """
    try:
        address = address_at_iys(movement.recipient, movement.channel)
    except AddressRefused:
        raise Unreadable("recipient") from None  # nothing of it is to be shown
    created_at = _instant(movement.creation_date, "creationDate")
    if movement.consent_date is not None:
        _instant(movement.consent_date, "consentDate")
    source = None if movement.source is None else source_of(movement.source)
    is_told = source is not None and source.is_word_of_iys
    command = SeeAtIys(
        state=IysState(movement.status.value),
        at=clock.utc_text(created_at),
        seen_at=clock.utc_text(at),
        how=how,
        consent_date=movement.consent_date,
        source=source,
        creation_date=movement.creation_date,
        tzdata=clock.TZDATA_VERSION,
        actor=ACTOR,
    )
    words = IysWords(
        transaction_id=movement.transaction_id,
        answer=movement.digest,
        recipient=None if movement.recipient == address.text else movement.recipient,
        source=None if is_told else movement.source,
    )
    return sight(address, brand_code, movement.channel, movement.recipient_type, command, words)


def refusal_in(
    unread: Unread, brand_code: BrandCode, how: SeenHow, at: datetime
) -> Sequence[Request]:
    """Of a movement that cannot be read, the refusal, if it is one: as of `at`, once.

    Only for address or channel is a refusal kept out (C5); of whom an unreadable type speaks is
    unknown, so it holds for both.
    """
    try:
        told = object_of(json_of(unread.raw))
        channel = word_of(told, Channel, "type")
        address = address_at_iys(text_of(told, "recipient"), channel)
        is_refusal = word_of(told, ConsentStatus, "status") is ConsentStatus.REFUSED
    except (Unreadable, AddressRefused):
        return ()
    if not is_refusal:
        return ()
    instant, digest = clock.utc_text(at), digest_of(unread.raw)
    command = SeeAtIys(
        state=IysState.REFUSED,
        at=instant,
        seen_at=instant,
        how=how,
        consent_date=None,
        source=_source_in(told),
        creation_date=None,
        tzdata=clock.TZDATA_VERSION,
        actor=ACTOR,
    )
    said = ("iys/unread", digest)
    groups = IysWords(answer=digest).groups
    kinds = _kinds_in(told)
    request = Request(address, brand_code, channel, kinds, command, groups, "/".join(said))
    return (structs.replace(request, said=said),)


def _source_in(told: Members) -> ConsentSource:
    try:
        return source_of(text_of(told, "source"))
    except Unreadable:
        return ConsentSource.IYS_OTHER  # the one that is the hardest to lift


def _kinds_in(told: Members) -> tuple[RecipientType, ...]:
    try:
        return (word_of(told, RecipientType, "recipientType"),)
    except Unreadable:
        return tuple(RecipientType)


def source_of(word: str) -> ConsentSource:
    """İYS's word for where a consent was given.

    One that we do not know is the recipient's own if it begins as those do, else some provider's:
    whose ONAY then permits nothing and whose RET counts (C2).
    """
    try:
        source = ConsentSource(word)
    except ValueError:
        source = None
    if source is not None and source.is_word_of_iys:
        return source
    is_recipients = word.startswith(RECIPIENTS_PREFIX)
    return ConsentSource.IYS_OTHER if is_recipients else ConsentSource.HS_OTHER


def as_shown(movement: wire.Movement) -> bytes:
    """A movement in İYS's form, as `reading.movement` reads it."""
    members = {
        "recipient": movement.recipient,
        "recipientType": movement.recipient_type.value,
        "type": movement.channel.value,
        "status": movement.status.value,
        "creationDate": movement.creation_date,
        "transactionId": movement.transaction_id,
        "consentDate": movement.consent_date,
        "source": movement.source,
    }
    return msgspec.json.encode({name: said for name, said in members.items() if said is not None})


def _without_name(raw: bytes) -> bytes:
    """Nobody needs the name that İYS may tell (R55)."""
    try:
        told = json_of(raw.decode("utf-8", errors="replace").encode())
    except Unreadable:
        return raw
    if not isinstance(told, dict):
        return raw
    return msgspec.json.encode({name: said for name, said in told.items() if name != CITIZEN})


def _instant(date: str, member: str) -> datetime:
    try:
        return clock.from_iys_text(date)
    except (ValueError, OverflowError):
        raise Unreadable(member) from None

"""No more messages (R33): one saying as requests on every channel and recipient type it reaches."""

from collections.abc import Sequence
from datetime import datetime
from itertools import product
from typing import Final

from msgspec import structs

from ledger import clock
from ledger.addresses import Address, AddressKind, names_somebody, parse_address
from ledger.aggregates.commands import Origin, Provenance
from ledger.aggregates.intake import RawAct, parse_act
from ledger.recording.arrival import received_at
from ledger.recording.request import Request
from ledger.values import Discreet, plain_text
from ledger.vocabulary import BrandCode, Channel, ConsentSource, RecipientType

SOURCE_BY_VIA: Final = {
    "sms": ConsentSource.HS_MESAJ,
    "call": ConsentSource.HS_CAGRI_MERKEZI,
    "email": ConsentSource.HS_EPOSTA,
    "web": ConsentSource.HS_WEB,
    "app": ConsentSource.HS_MOBIL,
    "store": ConsentSource.HS_FIZIKSEL_ORTAM,
    "post": ConsentSource.HS_FIZIKSEL_ORTAM,
    "social": ConsentSource.HS_SOSYAL_MEDYA,
}
"""İYS's word for the ways of refusing; for any other none is invented."""
VIA_CHARACTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789:_-")
VIA_LENGTH_MAX: Final = 32


class Saying(Discreet, frozen=True, gc=False, kw_only=True):
    """What somebody said, as it was brought. `types` empty: all channels of the address;
    `received_at`: as text; `name`: the giver's own; `faults`: codes of what is wrong with it."""

    recipient: str
    types: tuple[Channel, ...] = ()
    received_at: str | None = None
    via: str = "api"
    reference: str | None = None
    name: str | None = None
    faults: tuple[str, ...] = ()


class Refusal(Discreet, frozen=True, gc=False):
    """What is refused: the address, its channels, and when and how it was said. `said`: the same in
    the giver's own words, by which a repeat under its `name` is known."""

    address: Address
    channels: tuple[Channel, ...]
    provenance: Provenance
    source: str
    reference: str | None
    name: str | None
    faults: tuple[str, ...]
    said: tuple[str, ...]


def refusal_of(saying: Saying, *, actor: str, now: datetime) -> Refusal:
    """What is refused by it, brought at `now`. Raises AddressRefused.

    Where no channel that is named can be the address's, all that can be are meant: L-CHANNEL.
    """
    address = _address(saying.recipient)
    is_mailbox = address.kind is AddressKind.EMAIL
    possible = (Channel.EMAIL,) if is_mailbox else (Channel.CALL, Channel.MESSAGE)
    named = tuple(channel for channel in possible if channel in saying.types)
    faults = saying.faults if named or not saying.types else (*saying.faults, "L-CHANNEL")
    at, is_strange = received_at(saying.received_at, now)
    via = saying.via if 0 < len(saying.via) <= VIA_LENGTH_MAX else "api"
    provenance = Provenance(
        origin=Origin.LIVE,
        via=via if set(via) <= VIA_CHARACTERS and not names_somebody(via) else "api",
        actor=actor,
        received_at=clock.utc_text(at),
        tzdata=clock.TZDATA_VERSION,
    )
    return Refusal(
        address,
        named or possible,
        provenance,
        SOURCE_BY_VIA.get(via, ""),
        None if saying.reference is None else plain_text(saying.reference),
        saying.name,
        (*faults, "L-TIME") if is_strange else faults,
        (saying.received_at or "", saying.via, saying.reference or "", *saying.types),
    )


def requests_of(refusal: Refusal, brands: Sequence[BrandCode]) -> list[Request]:
    """One request for each brand, channel and recipient type."""
    return [
        _request(refusal, brand_code, channel, kind)
        for brand_code, channel, kind in product(brands, refusal.channels, RecipientType)
    ]


def _address(text: str) -> Address:
    """A phone or a mailbox. Raises AddressRefused as what it looks like."""
    return parse_address(text, Channel.EMAIL if "@" in text else Channel.MESSAGE)


def _request(
    refusal: Refusal, brand_code: BrandCode, channel: Channel, kind: RecipientType
) -> Request:
    at = clock.from_utc_text(refusal.provenance.received_at)
    raw = RawAct(
        channel, refusal.source, refusal.address.as_entered, "RET", clock.iys_text(at), kind
    )
    parsed = parse_act(raw, refusal.provenance, received_at=at)
    command = parsed.command
    command = structs.replace(command, warnings=(*refusal.faults, *command.warnings))
    note: dict[str, object] = dict(parsed.given or {})
    if refusal.reference is not None:
        note["reference"] = refusal.reference
    return Request(
        parsed.address,
        brand_code,
        channel,
        (kind,),
        command,
        {"note": note} if note else {},
        refusal.name,
        f"{channel}\x00{kind}",
        refusal.said,
    )

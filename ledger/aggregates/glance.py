"""A few members of an event for an answer that is asked for thousands of times a second."""

from typing import Final

import msgspec

from ledger.aggregates.events import Event
from ledger.errors import LedgerBroken
from ledger.evidence import canonical


class Glance(msgspec.Struct, frozen=True, gc=False):
    """What a receipt says of an event: where it stands, and when its act takes effect."""

    id: str
    position: int
    leaf_hash: bytes
    recorded: str
    at: str | None


class _Members(msgspec.Struct, frozen=True, gc=False):
    at: str | None = None


class _Glanced(msgspec.Struct, frozen=True, gc=False):
    id: str
    recorded: str
    body: _Members


_glancer: Final = msgspec.json.Decoder(_Glanced)


def glance(state: bytes, position: int) -> Glance:
    """A few members of stored bytes, for an answer that is asked for thousands of times a second.

    Nothing is checked but the hash, which is that of the bytes: `read` and fsck do that. Raises
    LedgerBroken.
    """
    try:
        found = _glancer.decode(state)
    except msgspec.DecodeError as error:
        raise LedgerBroken(f"event {position}: the bytes are no event") from error
    leaf = canonical.leaf_hash(state)
    return Glance(found.id, position, leaf, found.recorded, found.body.at)


def glance_of(event: Event) -> Glance:
    """The same of an event that was read."""
    at = getattr(event.body, "at", None)
    return Glance(event.id, event.position, event.leaf_hash, event.recorded, at)

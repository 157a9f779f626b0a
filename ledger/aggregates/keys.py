"""What a stream of events is about, and the id that follows from it (design.md §4)."""

import hashlib
from typing import Final
from uuid import UUID

from ledger.values import Value
from ledger.vocabulary import BrandCode, Channel, RecipientType

STREAM_LABEL: Final = b"izin-defteri/v1/stream\x00"


class ConsentKey(Value, frozen=True, gc=False):
    """One consent within one provider (consent.md C1, R10): four parts, never fewer.

    Hashed by the subject alone: in C, where the generated hash asks four Python ones.
    """

    brand_code: BrandCode
    subject: UUID
    recipient_type: RecipientType
    channel: Channel

    def __hash__(self) -> int:
        return hash(self.subject.int)

    @property
    def stream(self) -> UUID:
        """The stream's id: the subject's time, then 80 bits of SHA-256 over the key."""
        name = f"{self.brand_code}/{self.subject}/{self.recipient_type}/{self.channel}"
        return stream_id(self.subject.bytes[:6], name)


def recipient_stream(subject: UUID) -> UUID:
    """The stream of a recipient's own events (generations, KVKK)."""
    return stream_id(subject.bytes[:6], f"recipient/{subject}")


def provider_stream(log_origin: str, family: str) -> UUID:
    """The stream of one family of provider events (`ledger`, `import`, `brand` …) of one log."""
    return stream_id(bytes(6), f"{log_origin}/{family}")


def stream_id(time_bytes: bytes, name: str) -> UUID:
    """RFC 9562 version 8: 48 bits of time, then 80 bits of the name's hash less the fixed six."""
    digest = hashlib.sha256(STREAM_LABEL + name.encode("ascii")).digest()
    return _uuid(8, int.from_bytes(time_bytes, "big"), digest[:10])


def uuid7(milliseconds: int, chance: bytes) -> UUID:
    """RFC 9562 version 7 from Unix time in milliseconds and 10 bytes of chance."""
    return _uuid(7, milliseconds, chance)


def _uuid(version: int, time: int, rest: bytes) -> UUID:
    # Of the 80 bits behind the time, four become the version and two the variant.
    bits = int.from_bytes(rest, "big")
    middle = version << 12 | bits >> 64 & 0x0FFF
    return UUID(int=time << 80 | middle << 64 | 1 << 63 | bits & 0x3FFF_FFFF_FFFF_FFFF)


def event_id(milliseconds: int, chance: bytes) -> str:
    """The text of a UUIDv7, as events carry it; `chance` is 10 bytes."""
    time, random = f"{milliseconds:012x}", chance.hex()
    variant = "89ab"[chance[2] >> 6]
    return f"{time[:8]}-{time[8:]}-7{random[1:4]}-{variant}{random[5:8]}-{random[8:]}"

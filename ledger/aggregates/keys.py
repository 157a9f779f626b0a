"""What a stream of events is about, and the id that follows from it (design.md §4)."""

import hashlib
from typing import Final
from uuid import UUID

from ledger.values import Value
from ledger.vocabulary import BrandCode, Channel, RecipientType

STREAM_LABEL: Final = b"izin-defteri/v1/stream\x00"
_VERSION_8: Final = 0x8000
_VARIANT_RFC_9562: Final = 0x8000_0000_0000_0000


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
    middle = int.from_bytes(digest[:2], "big") & 0x0FFF | _VERSION_8
    low = int.from_bytes(digest[2:10], "big") & 0x3FFF_FFFF_FFFF_FFFF | _VARIANT_RFC_9562
    return UUID(bytes=time_bytes + middle.to_bytes(2, "big") + low.to_bytes(8, "big"))


def uuid7(milliseconds: int, chance: bytes) -> UUID:
    """RFC 9562 version 7 from Unix time in milliseconds and 10 bytes of chance."""
    middle = int.from_bytes(chance[:2], "big") & 0x0FFF | 0x7000
    low = int.from_bytes(chance[2:10], "big") & 0x3FFF_FFFF_FFFF_FFFF | _VARIANT_RFC_9562
    return UUID(
        bytes=milliseconds.to_bytes(6, "big") + middle.to_bytes(2, "big") + low.to_bytes(8, "big")
    )


def event_id(milliseconds: int, chance: bytes) -> str:
    """The text of a UUIDv7, as events carry it; `chance` is 10 bytes."""
    time, random = f"{milliseconds:012x}", chance.hex()
    variant = "89ab"[chance[2] >> 6]
    return f"{time[:8]}-{time[8:]}-7{random[1:4]}-{variant}{random[5:8]}-{random[8:]}"

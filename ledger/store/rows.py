"""Values of the application to columns and back."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec

from ledger.aggregates.consent import Consent
from ledger.aggregates.keys import ConsentKey
from ledger.aggregates.standing import stored_standing
from ledger.recording.ports import StoredConsent, Suppression
from ledger.vocabulary import BrandCode, Channel, RecipientType

TYPE_NUMBER: Final = {RecipientType.INDIVIDUAL: 1, RecipientType.MERCHANT: 2}
CHANNEL_NUMBER: Final = {Channel.CALL: 1, Channel.MESSAGE: 2, Channel.EMAIL: 3}
"""How `current_consent` writes them: two bytes instead of eight in every row and index entry."""

SUPPRESSION_COLUMNS: Final = (
    *("position", "subject", "seq", "kind"),
    *("brand", "channel", "until"),
)
"""The columns of `suppressions` as parameters of a statement, in the table's order."""

_TYPE_OF: Final = {number: kind for kind, number in TYPE_NUMBER.items()}
_CHANNEL_OF: Final = {number: channel for channel, number in CHANNEL_NUMBER.items()}

CONSENT_COLUMNS: Final = (
    *("subjects", "brands", "types", "channels", "seqs", "positions", "hashes", "states"),
    *("standings", "waiting"),
)
"""The columns of `consent_row` as parameters of a statement."""

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Consent)


class EventRow(NamedTuple):
    """A row of `stored_events`."""

    position: int
    stream: UUID
    seq: int
    topic: str
    state: bytes


def channel_of(number: int) -> Channel | None:
    """The inverse of `CHANNEL_NUMBER`; None for 0, which stands for all of them."""
    return _CHANNEL_OF.get(number)


def state_bytes(consent: Consent) -> bytes:
    """The stored state of `evolve`, MessagePack."""
    return _encoder.encode(consent)


def state_of(state: bytes) -> Consent:
    """The inverse of `state_bytes`."""
    return _decoder.decode(state)


def key_columns(keys: Sequence[ConsentKey]) -> dict[str, list[Any]]:  # parameters of a statement
    """The parts of keys as arrays for `unnest`."""
    return {
        "subjects": [key.subject for key in keys],
        "brands": [key.brand_code for key in keys],
        "types": [TYPE_NUMBER[key.recipient_type] for key in keys],
        "channels": [CHANNEL_NUMBER[key.channel] for key in keys],
    }


def consent_of_row(row: Sequence[Any]) -> tuple[ConsentKey, StoredConsent]:
    """One row of `current_consent`: its first eight columns in the table's order."""
    subject, brand, kind, channel, _seq, position, leaf, state = row
    key = ConsentKey(BrandCode(brand), subject, _TYPE_OF[kind], _CHANNEL_OF[channel])
    return key, StoredConsent(state_of(state), leaf, position)


def consent_row(key: ConsentKey, stored: StoredConsent) -> tuple[Any, ...]:  # columns to COPY
    """The inverse of `consent_of_row`, and where the consent stands."""
    standing, waiting_at = stored_standing(stored.consent, key.recipient_type)
    return (
        key.subject,
        key.brand_code,
        TYPE_NUMBER[key.recipient_type],
        CHANNEL_NUMBER[key.channel],
        stored.consent.version,
        stored.position,
        stored.leaf_hash,
        state_bytes(stored.consent),
        standing,
        waiting_at,
    )


def suppression_columns(entry: Suppression) -> dict[str, Any]:  # parameters of a statement
    """One entry of the company's list."""
    channel = None if entry.channel is None else CHANNEL_NUMBER[entry.channel]
    values = (entry.position, entry.subject, entry.seq, entry.kind, entry.brand_code)
    return dict(zip(SUPPRESSION_COLUMNS, (*values, channel, entry.until), strict=True))


def suppression_of_row(row: Sequence[Any]) -> Suppression:
    """The inverse of `suppression_columns`."""
    position, subject, seq, kind, brand, channel, until = row
    return Suppression(
        position=position,
        subject=subject,
        seq=seq,
        kind=kind,
        brand_code=None if brand is None else BrandCode(brand),
        channel=None if channel is None else _CHANNEL_OF[channel],
        until=until,
    )

"""The event: a closed envelope around an open body, its bytes, and its reading (design.md §5)."""

import re
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from ledger.aggregates import bodies as b
from ledger.aggregates import provider_bodies as p
from ledger.aggregates.bodies import Body, ConsentBody
from ledger.aggregates.keys import ConsentKey, provider_stream, recipient_stream
from ledger.clock import from_utc_text
from ledger.errors import LedgerBroken
from ledger.evidence import canonical
from ledger.vocabulary import BrandCode

ENVELOPE_VERSION: Final = 1
TOPIC_PREFIX: Final = "ledger."
RECIPIENT_GROUP: Final = "recipient"
"""The group that every act binds: address, as entered, canonicalisation number."""
GROUP_NAME: Final = re.compile(r"[a-z_]{1,32}")

RECIPIENT_BODIES: Final = (
    b.RecipientReassigned,
    b.RecipientRestricted,
    b.RecipientErased,
    b.SuppressionAdded,
    b.SuppressionLifted,
)

BODY_BY_TYPE: Final[dict[str, type[Body]]] = {
    body.TYPE: body
    for body in (
        b.ConsentGranted,
        b.ConsentRefused,
        b.MerchantListed,
        b.IysSeen,
        b.IysRefused,
        b.ConsentEvidenceAdded,
        b.ConsentCorrected,
        b.ConsentRetracted,
        b.ConsentReleased,
        *RECIPIENT_BODIES,
        p.LedgerOpened,
        p.LedgerKeyRotated,
        p.LedgerHeads,
        p.ImportCompleted,
        p.ImportRetracted,
        p.ImportDeclared,
        p.IysSnapshot,
        p.IysDayReconciled,
        p.IysUnreachable,
        p.IysGap,
        p.DecisionMade,
        p.DisclosureMade,
        p.CaseOpened,
        p.CaseClosed,
        p.TextRegistered,
        p.BrandOpened,
        p.BrandClosed,
        p.RetailerContract,
        p.RetailerAccessSet,
    )
}
"""Type to class, by our own table: the library's `resolve_topic` imports what it is told."""

RESERVED_TYPES: Final = frozenset(
    {
        "recipient.merged",
        "erasure.requested",
        "erasure.refused",
        "ledger.recovered",
        "consent.confirmation_sent",
    }
)
"""Names kept free for what comes later; no event may carry them today."""


class Envelope(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """Exactly these members; `commit` is absent when no group is bound."""

    body: Any  # a Body on the way out, plain JSON on the way in
    commit: dict[str, str] | msgspec.UnsetType = msgspec.UNSET
    id: str
    log: str
    prev: str
    recorded: str
    seq: int
    stream: str
    type: str
    v: int


class Event(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One event with its bytes. Build with `frame` (new) or `read` (stored).

    `position` is its place in the provider's log, from 1; the leaf index is one less. Keeps to the
    library's `DomainEventProtocol`.
    """

    body: Body
    commit: dict[str, str]
    id: str
    leaf_hash: bytes
    log: str
    position: int
    prev: str
    recorded: str
    seq: int
    state: bytes
    stream: UUID

    @property
    def originator_id(self) -> UUID:
        """The stream, in the library's word."""
        return self.stream

    @property
    def originator_version(self) -> int:
        """The place in the stream from 1, in the library's word."""
        return self.seq

    @property
    def topic(self) -> str:
        """What stands in the topic column."""
        return TOPIC_PREFIX + self.body.TYPE

    @property
    def recorded_at(self) -> datetime:
        """When the database took the event."""
        return from_utc_text(self.recorded)

    def __repr__(self) -> str:
        return f"<Event {self.position} {self.body.TYPE} seq={self.seq}>"


def encode_body(body: Body) -> bytes:
    """Canonical bytes of a body, for `frame`. Raises OutsideProfile."""
    return canonical.encode(body)


def frame(
    body: Body,
    *,
    commit: dict[str, str],
    event_id: str,
    log: str,
    prev: str,
    recorded: str,
    seq: int,
    stream: UUID,
    position: int,
    encoded: bytes | None = None,
) -> Event:
    """Give a body its envelope and its bytes. `encoded`: its `encode_body`, where that was made
    before. Raises OutsideProfile; nothing is stored here."""
    for group in commit:
        if not GROUP_NAME.fullmatch(group):
            raise canonical.OutsideProfile(f"a group's name is [a-z_]{{1,32}}, got {group!r}")
    # Beside these the body alone can leave the profile: the rest is of our own making.
    state = canonical.assemble(
        Envelope(
            body=msgspec.Raw(encode_body(body) if encoded is None else encoded),
            commit=commit or msgspec.UNSET,
            id=event_id,
            log=log,
            prev=prev,
            recorded=recorded,
            seq=seq,
            stream=str(stream),
            type=body.TYPE,
            v=ENVELOPE_VERSION,
        )
    )
    return Event(
        body=body,
        commit=commit,
        id=event_id,
        leaf_hash=canonical.leaf_hash(state),
        log=log,
        position=position,
        prev=prev,
        recorded=recorded,
        seq=seq,
        state=state,
        stream=stream,
    )


def read(state: bytes, position: int) -> Event:
    """Read stored bytes back, believing nothing.

    Checks: canonical form, closed envelope, known type, forms of every member, stream follows from
    the key. Raises LedgerBroken naming the step; what only neighbours can show (`prev`, dense
    `seq`, non-decreasing `recorded`) is fsck's.
    """
    value = canonical.decode(state)
    try:
        envelope = msgspec.convert(value, Envelope)
        body_class = BODY_BY_TYPE[envelope.type]
        body = msgspec.convert(envelope.body, body_class)
        stream = UUID(envelope.stream)
        from_utc_text(envelope.recorded)
    except (msgspec.ValidationError, KeyError, ValueError) as error:
        raise LedgerBroken(f"event {position}: the envelope or body cannot be read") from error
    _check_envelope(envelope, position)
    _check_body(envelope, body, position)
    if stream != stream_of(body, log=envelope.log) or str(stream) != envelope.stream:
        raise LedgerBroken(f"event {position}: the stream does not follow from the key")
    return Event(
        body=body,
        commit={} if envelope.commit is msgspec.UNSET else envelope.commit,
        id=envelope.id,
        leaf_hash=canonical.leaf_hash(state),
        log=envelope.log,
        position=position,
        prev=envelope.prev,
        recorded=envelope.recorded,
        seq=envelope.seq,
        state=state,
        stream=stream,
    )


def stream_of(body: Body, *, log: str) -> UUID:
    """The stream that an event with this body belongs to."""
    if isinstance(body, ConsentBody):
        return key_of(body).stream
    if isinstance(body, RECIPIENT_BODIES):
        return recipient_stream(UUID(body.subject))
    return provider_stream(log, body.TYPE.partition(".")[0])


def key_of(body: ConsentBody) -> ConsentKey:
    """The consent a body speaks of."""
    return ConsentKey(BrandCode(body.brand), UUID(body.subject), body.recipient_type, body.channel)


_HASH = re.compile(r"[0-9a-f]{64}")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_LOG = re.compile(r"izin-defteri/[1-9][0-9]*/[0-9a-f]{16}")
_RECORDED = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z")


def _check_envelope(envelope: Envelope, position: int) -> None:
    commit = {} if envelope.commit is msgspec.UNSET else envelope.commit
    groups_sound = all(
        GROUP_NAME.fullmatch(group) and _HASH.fullmatch(bound) for group, bound in commit.items()
    )
    checks = {
        "v": envelope.v == ENVELOPE_VERSION,
        "seq": 1 <= envelope.seq <= canonical.INTEGER_MAX,
        "prev": _HASH.fullmatch(envelope.prev),
        "prev and seq": (envelope.prev == canonical.ZERO_HASH) == (envelope.seq == 1),
        "id": _UUID.fullmatch(envelope.id),
        "log": _LOG.fullmatch(envelope.log),
        "recorded": _RECORDED.fullmatch(envelope.recorded),
        "commit": groups_sound and envelope.commit != {},
    }
    for member, sound in checks.items():
        if not sound:
            raise LedgerBroken(f"event {position}: {member} has the wrong form")


def _check_body(envelope: Envelope, body: Body, position: int) -> None:
    subject = getattr(body, "subject", None)
    if subject is not None and not _UUID.fullmatch(subject):
        raise LedgerBroken(f"event {position}: the subject is no UUID of version 7")
    commit = {} if envelope.commit is msgspec.UNSET else envelope.commit
    if isinstance(body, b.ActBody) and RECIPIENT_GROUP not in commit:
        raise LedgerBroken(f"event {position}: an act without its recipient's commitment")

"""Event bodies of the consent and recipient streams: what each type says (consent.md C3).

A body is open: a key may be added if its absence keeps the old meaning; readers ignore what they do
not know. Nothing here names a person: addresses, İYS's ids and free text go into salted groups of
the envelope (design.md §5). Bytes are pinned by `tests/golden/<type>.json`.
"""

from typing import ClassVar

import msgspec

from ledger.vocabulary import (
    Basis,
    Channel,
    ConsentSource,
    DatePrecision,
    IysState,
    RecipientType,
    SeenHow,
)


class TextReference(msgspec.Struct, frozen=True):
    """A published consent text or privacy notice; its digest may stand in the clear."""

    id: str
    version: str
    sha256: str


class Queued(msgspec.Struct, frozen=True, omit_defaults=True):
    """A consent that was held is for İYS from now on: its act's place in the log, its instant and
    words as they stand."""

    position: int
    at: str
    consent_date: str
    source: ConsentSource | None = None


class Body(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Base of every body; `TYPE` stands in the envelope, not here."""

    TYPE: ClassVar[str]


class ConsentBody(Body, frozen=True, kw_only=True, omit_defaults=True):
    """The key, on every event of a consent stream."""

    brand: int
    recipient_type: RecipientType
    channel: Channel
    subject: str


class ActBody(ConsentBody, frozen=True, kw_only=True, omit_defaults=True):
    """What a recipient did. `at` is the instant it takes effect (`YYYY-MM-DDThh:mm:ssZ`);
    null only for a merchant's listing without a date: earlier than everything.

    `consent_date` is İYS's wire string, null where unknown. `of`, wherever it appears in this
    module, is the `seq` of an act in the same stream. `not_pushed` says why the act is not for İYS;
    its absence means that it is.
    """

    at: str | None
    consent_date: str | None
    date_precision: DatePrecision
    source: ConsentSource | None
    via: str
    actor: str
    basis: Basis
    tzdata: str
    received_at: str | None = None
    captured_at: str | None = None
    import_id: str | None = msgspec.field(default=None, name="import")
    row: int | None = None
    text: TextReference | None = None
    notice: TextReference | None = None
    evidence_kinds: tuple[str, ...] = ()
    approved_by: str | None = None
    retailer: int | None = None
    retailer_access: tuple[int, ...] = ()
    sub_channel: str | None = None
    defect: tuple[str, ...] = ()
    reason: str | None = None
    not_pushed: str | None = None


class ConsentGranted(ActBody, frozen=True, kw_only=True, omit_defaults=True):
    """The recipient said yes."""

    TYPE = "consent.granted"


class ConsentRefused(ActBody, frozen=True, kw_only=True, omit_defaults=True):
    """The recipient said no, or İYS showed that they did."""

    TYPE = "consent.refused"


class MerchantListed(ActBody, frozen=True, kw_only=True, omit_defaults=True):
    """The address belongs to a tacir or esnaf; no act of theirs (R11)."""

    TYPE = "merchant.listed"

    basis_kind: str = "NONE"


class IysSeen(ConsentBody, frozen=True, kw_only=True, omit_defaults=True):
    """What İYS showed for the key, verbatim. `at` is its `creationDate` as an instant where it
    gave one, else the instant of seeing. `carried_from`: the stream of the former generation."""

    TYPE = "iys.seen"

    state: IysState
    at: str
    seen_at: str
    how: SeenHow
    consent_date: str | None
    source: ConsentSource | None
    creation_date: str | None
    tzdata: str
    actor: str
    code: str | None = None
    of: int | None = None
    retailer: int | None = None
    carried_from: str | None = None


class IysRefused(ConsentBody, frozen=True, kw_only=True, omit_defaults=True):
    """İYS's final no to our act `of`; H467 makes a grant void. The message, which may echo the
    address, is in the `iys` group."""

    TYPE = "iys.refused"

    of: int
    code: str
    at: str
    how: SeenHow
    actor: str


class ConsentEvidenceAdded(ConsentBody, frozen=True, kw_only=True, omit_defaults=True):
    """Later evidence for act `of`; `captured_at` is the evidence's own date."""

    TYPE = "consent.evidence_added"

    of: int
    evidence_kinds: tuple[str, ...]
    captured_at: str
    at: str
    actor: str
    approved_by: str | None = None
    queued: Queued | None = None


class ConsentCorrected(ConsentBody, frozen=True, kw_only=True, omit_defaults=True):
    """A field of act `of` was recorded wrongly. The İYS line stays what İYS holds.

    `effective_at` is the act's new instant where the correction moves it.
    """

    TYPE = "consent.corrected"

    of: int
    corrected_field: str = msgspec.field(name="field")
    was: str | int | None
    is_now: str | int | None = msgspec.field(name="is")
    reason: str
    at: str
    actor: str
    approved_by: str
    effective_at: str | None = None


class ConsentRetracted(ConsentBody, frozen=True, kw_only=True, omit_defaults=True):
    """Act `of` never happened: a mistake of ours."""

    TYPE = "consent.retracted"

    of: int
    reason: str
    at: str
    actor: str
    approved_by: str


class ConsentReleased(ConsentBody, frozen=True, kw_only=True, omit_defaults=True):
    """The held grant `of` lifts the refusals `over`: by evidence or by İYS's word (C4.4)."""

    TYPE = "consent.released"

    of: int
    over: tuple[int, ...]
    ground: str
    at: str
    actor: str
    approved_by: str | None = None
    queued: Queued | None = None


class RecipientReassigned(Body, frozen=True, kw_only=True, omit_defaults=True):
    """The address has a new holder: generation `generation` begins (C1, R35)."""

    TYPE = "recipient.reassigned"

    subject: str
    generation: int
    previous: str
    reason: str
    at: str
    actor: str
    approved_by: str | None = None


class RecipientRestricted(Body, frozen=True, kw_only=True, omit_defaults=True):
    """Processing is limited to proof; erasure was asked for and is refused until `until` (C10)."""

    TYPE = "recipient.restricted"

    subject: str
    grounds: tuple[str, ...]
    at: str
    actor: str
    until: str | None = None


class SuppressionAdded(Body, frozen=True, kw_only=True, omit_defaults=True):
    """The company itself will not write to the subject: for one brand or channel, or for all.

    `reason` is a code; `until` the instant from which it no longer bars, absent where it stays.
    """

    TYPE = "suppression.added"

    subject: str
    reason: str
    at: str
    actor: str
    brand: int | None = None
    channel: Channel | None = None
    until: str | None = None


class SuppressionLifted(Body, frozen=True, kw_only=True, omit_defaults=True):
    """The suppression with this `seq` in the same stream no longer bars."""

    TYPE = "suppression.lifted"

    subject: str
    of: int
    reason: str
    at: str
    actor: str


class RecipientErased(Body, frozen=True, kw_only=True, omit_defaults=True):
    """Rows and key of the subject are destroyed; a keyed token keeps its refusals (R107)."""

    TYPE = "recipient.erased"

    subject: str
    at: str
    actor: str
    suppression_kept: bool

"""What can be asked of one consent. Parsed at the edge; inside, only good values exist."""

from enum import StrEnum

import msgspec

from ledger.aggregates.bodies import TextReference
from ledger.vocabulary import (
    Basis,
    ConsentSource,
    ConsentStatus,
    DatePrecision,
    IysState,
    SeenHow,
)


class Origin(StrEnum):
    """By which door an act comes in; the doors differ in what they may do (consent.md C5, C8)."""

    LIVE = "live"
    FILE = "file"
    DECLARED = "declared"
    IYS = "iys"

    @property
    def basis(self) -> Basis:
        """On whose word an act that came in by this door stands."""
        return _BASIS[self]


_BASIS = {
    Origin.LIVE: Basis.OWN_CAPTURE,
    Origin.FILE: Basis.OWN_CAPTURE,
    Origin.DECLARED: Basis.DECLARED,
    Origin.IYS: Basis.IYS,
}


class Provenance(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Who brought an act, how and when: the same for all rows of a file or a request."""

    origin: Origin
    via: str
    actor: str
    received_at: str
    tzdata: str
    import_id: str | None = None
    approved_by: str | None = None


class RecordAct(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Record what a recipient did. `at` is `YYYY-MM-DDThh:mm:ssZ`, null for an undated listing.

    `status` None means a merchant's listing. `defects` are the rules a refusal breaks and is kept
    in spite of; `warnings` what the giver should know; `late`: İYS's three business days are over;
    `reason` is a code, never free text.
    """

    status: ConsentStatus | None
    at: str | None
    consent_date: str | None
    source: ConsentSource | None
    provenance: Provenance
    precision: DatePrecision = DatePrecision.SECOND
    row: int | None = None
    retailer: int | None = None
    retailer_access: tuple[int, ...] = ()
    sub_channel: str | None = None
    text: TextReference | None = None
    notice: TextReference | None = None
    reason: str | None = None
    basis_kind: str = "NONE"
    evidence_kinds: tuple[str, ...] = ()
    captured_at: str | None = None
    defects: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    late: bool = False


class SeeAtIys(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """İYS showed something for the key; dates as its wire has them, `at` as in `RecordAct`."""

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


class RefusedByIys(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """İYS gave its final no to our act `of`."""

    of: int
    code: str
    at: str
    how: SeenHow
    actor: str


class AddEvidence(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Evidence for act `of` came in later; `captured_at` is its own date."""

    of: int
    evidence_kinds: tuple[str, ...]
    captured_at: str
    at: str
    actor: str
    approved_by: str | None = None


class CorrectAct(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Replace one field of act `of`; `effective_at` where the act's instant moves with it."""

    of: int
    field: str
    is_now: str | None
    reason: str
    at: str
    actor: str
    approved_by: str
    effective_at: str | None = None


class RetractAct(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Act `of` was never done."""

    of: int
    reason: str
    at: str
    actor: str
    approved_by: str


class ReleaseGrant(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Free the held grant `of`; `ground` is `evidence` or `iys` (C4.4)."""

    of: int
    ground: str
    at: str
    actor: str
    approved_by: str | None = None


Command = RecordAct | SeeAtIys | RefusedByIys | AddEvidence | CorrectAct | RetractAct | ReleaseGrant

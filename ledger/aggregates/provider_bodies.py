"""Event bodies of the provider's streams: counts and digests, never personal data (C3)."""

import msgspec

from ledger.aggregates.bodies import Body
from ledger.vocabulary import Channel


class LedgerOpened(Body, frozen=True, kw_only=True, omit_defaults=True):
    """Event 1 of a log. `public_key` is Ed25519, 64 hex digits; the log's name follows from it.

    `previous_checkpoint` only where key loss or a witnessed rollback forced a new log.
    """

    TYPE = "ledger.opened"

    origin: str
    iys_code: int
    public_key: str
    formats: dict[str, int]
    software: str
    at: str
    actor: str
    previous_checkpoint: str | None = None


class LedgerKeyRotated(Body, frozen=True, kw_only=True, omit_defaults=True):
    """From here on checkpoints are signed with `public_key`; `signature` by the former key."""

    TYPE = "ledger.key_rotated"

    public_key: str
    former_key: str
    signature: str
    at: str
    actor: str


class LedgerHeads(Body, frozen=True, kw_only=True, omit_defaults=True):
    """RFC 9162 root over the sorted last events of all streams, as of `size` events (§9)."""

    TYPE = "ledger.heads"

    day: str
    size: int
    streams: int
    root: str
    at: str


class ImportCompleted(Body, frozen=True, kw_only=True, omit_defaults=True):
    """A file was read to its end. Digest and name of the file are in the `file` group, the name of
    who declared it in `note`."""

    TYPE = "import.completed"

    import_id: str = msgspec.field(name="import")
    brand: int
    template: str
    rows: int
    verdicts: dict[str, int]
    started_at: str
    at: str
    actor: str
    declared: bool = False
    exported_at: str | None = None


class ImportRetracted(Body, frozen=True, kw_only=True, omit_defaults=True):
    """Acts of an import were taken back, each by an event of its own; `acts` counts all of them so
    far. The name of who approved it is in `note`, `approved_by` tells two persons apart."""

    TYPE = "import.retracted"

    import_id: str = msgspec.field(name="import")
    brand: int
    acts: int
    reason: str
    at: str
    actor: str
    approved_by: str


class ImportDeclared(Body, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody vouched later for an import that came as an ordinary file: İYS holds its acts, each
    corrected by an event of its own. The name is in `note`, as of `ImportRetracted`."""

    TYPE = "import.declared"

    import_id: str = msgspec.field(name="import")
    brand: int
    acts: int
    exported_at: str
    at: str
    actor: str
    declared_by: str


class IysSnapshot(Body, frozen=True, kw_only=True, omit_defaults=True):
    """One bulk status list: `root` over the sorted subjects that İYS listed (C9)."""

    TYPE = "iys.snapshot"

    brand: int
    channel: Channel
    recipient_type: str
    asked: int
    granted: int
    root: str
    seen_at: str
    at: str
    actor: str


class IysDayReconciled(Body, frozen=True, kw_only=True, omit_defaults=True):
    """A past day compared with İYS's file; its SHA-384 may stand in the clear (§5, §10)."""

    TYPE = "iys.day_reconciled"

    brand: int
    day: str
    file_sha384: str
    rows: int
    rows_root: str
    result: str
    differences: dict[str, int]
    at: str
    actor: str
    agreed: bool = False


class IysUnreachable(Body, frozen=True, kw_only=True, omit_defaults=True):
    """İYS could not be reached from `since` to `until` (UTC)."""

    TYPE = "iys.unreachable"

    since: str
    until: str
    failure: str
    attempts: int
    at: str
    actor: str


class IysGap(Body, frozen=True, kw_only=True, omit_defaults=True):
    """A gap certificate: movements of the brand between `since` and `until` (UTC) were never
    listed, since İYS lists seven days only (R64)."""

    TYPE = "iys.gap"

    brand: int
    source: str
    since: str
    until: str
    at: str
    actor: str


class DecisionMade(Body, frozen=True, kw_only=True, omit_defaults=True):
    """One run of may-I-send; `root` over sorted (address commitment, verdict, reason) (C6).

    `counts` by verdict add up to the leaves; `ground` is that of an exempt purpose.
    """

    TYPE = "decision.made"

    decision: str
    brand: int
    channel: Channel
    purpose: str
    counts: dict[str, int]
    position: int
    iys_seen_at: str | None
    root: str
    at: str
    actor: str
    campaign: str | None = None
    ground: str | None = None


class DisclosureMade(Body, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody outside was shown something: what kind, by whom, on which ground."""

    TYPE = "disclosure.made"

    disclosure: str
    kind: str
    ground: str
    at: str
    actor: str
    subject: str | None = None
    case: str | None = None


class CaseOpened(Body, frozen=True, kw_only=True, omit_defaults=True):
    """A complaint, request or inspection holds the records of its subjects (R71)."""

    TYPE = "case.opened"

    case: str
    kind: str
    at: str
    actor: str
    subjects: tuple[str, ...] = ()


class CaseClosed(Body, frozen=True, kw_only=True, omit_defaults=True):
    """The hold of a case ends."""

    TYPE = "case.closed"

    case: str
    outcome: str
    at: str
    actor: str


class TextRegistered(Body, frozen=True, kw_only=True, omit_defaults=True):
    """A consent text or privacy notice as published (R15)."""

    TYPE = "text.registered"

    id: str
    version: str
    kind: str
    language: str
    sha256: str
    at: str
    actor: str


class BrandOpened(Body, frozen=True, kw_only=True, omit_defaults=True):
    """A brand of the provider is kept here from now on."""

    TYPE = "brand.opened"

    brand: int
    name: str
    at: str
    actor: str


class BrandClosed(Body, frozen=True, kw_only=True, omit_defaults=True):
    """Nothing may be sent for the brand any more."""

    TYPE = "brand.closed"

    brand: int
    at: str
    actor: str
    reason: str


class RetailerContract(Body, frozen=True, kw_only=True, omit_defaults=True):
    """The contract behind a dealer's access (R12)."""

    TYPE = "retailer.contract"

    brand: int
    retailer: int
    contract: str
    scope: str
    valid_from: str
    at: str
    actor: str
    valid_until: str | None = None


class RetailerAccessSet(Body, frozen=True, kw_only=True, omit_defaults=True):
    """Which dealers may use the brand's consents; replaces the former list (R12)."""

    TYPE = "retailer.access_set"

    brand: int
    retailers: tuple[int, ...]
    at: str
    actor: str

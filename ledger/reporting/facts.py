"""What a report tells, as the caller found it: plain values, nothing to look up, no keys.

Instants have a zone. None says that nothing is recorded, and is printed as "kayıt yok". Codes are
the ledger's own words; their Turkish is `words`'.
"""

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from ledger.aggregates.decisions import VerdictKind
from ledger.reporting.acts import Act, EvidenceFile, Movement, ShownText
from ledger.reporting.case import Case
from ledger.reporting.refusals import ReportRefused, Step
from ledger.vocabulary import (
    Channel,
    ConsentSource,
    ConsentStatus,
    IysState,
    RecipientType,
    SeenHow,
)

ROWS_MAX: Final = 10_000
"""Movements, attachments and the like, each."""
TEXTS_CHARACTERS_MAX: Final = 2 * 1024 * 1024
"""All consent texts together."""

_SHA_256: Final = re.compile(r"[0-9a-f]{64}")
_FILE_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,199}")
_TELLING_CHARACTERS: Final = 4
"""A mailbox's name of fewer letters stands in any file name by accident."""
_TELLING_DIGITS: Final = 10
"""Digits of a telephone number without its country."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """The service provider (hizmet sağlayıcı)."""

    title: str
    iys_code: int
    mersis: str | None = None
    vkn: str | None = None
    kep: str | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """The log that the events stand in.

    `key_fingerprint`: SHA-256 of its public key, 64 hex digits. `deposited`: where that was
    published or deposited before, in words; None: only the company says that it is its own.
    """

    origin: str
    key_fingerprint: str
    deposited: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonLine:
    """What the recipient did, as it stood at the time asked for (C2).

    `position`: of the act that holds then; None: there is none.
    """

    status: ConsentStatus | None = None
    position: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DayFile:
    """İYS's file of the day that has the row: its own digest and time stamp cover all of it.

    `sha384`: 96 hex digits. `row_number`: from 1, the header not counted. `tsr`: an attachment's
    name.
    """

    day: date
    sha384: str
    row_number: int | None = None
    rows_root: str | None = None
    tsr: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IysLine:
    """What İYS had shown by the time asked for (C2); dates in İYS's form, verbatim.

    `business_days`: from the act to İYS's registration, by the reading `iys_reading` (C7).
    """

    state: IysState = IysState.UNKNOWN
    code: str | None = None
    consent_date: str | None = None
    source: ConsentSource | None = None
    creation_date: str | None = None
    transaction_id: str | None = None
    seen_at: datetime | None = None
    how: SeenHow | None = None
    business_days: int | None = None
    day_file: DayFile | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The verdict of consent.md C6 at the time asked for."""

    verdict: VerdictKind
    reason: str | None
    permitted: bool
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """The line of the address in a query made before sending; `listed`: lines of the whole run."""

    decision: str
    position: int
    decided_at: datetime
    standing: Standing
    listed: int
    campaign: str | None = None
    iys_seen_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """`consent.corrected`, `.retracted` or `.released`: what was changed about act `of_position`.

    `reason`: the code given with it. `changed`, `was`, `is_now`: only of corrections.
    """

    position: int
    event_type: str
    of_position: int
    at: datetime
    actor: str
    approved_by: str | None = None
    reason: str | None = None
    changed: str | None = None
    was: str | None = None
    is_now: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """A time stamp that covers events of the report."""

    tsa_name: str
    certificate_serial: int
    valid_from: datetime
    valid_until: datetime
    generated_at: datetime
    policy: str
    is_test: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file of the bundle. `sha256`: 64 hex digits."""

    name: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFacts:
    """All that a report tells.

    `asked_at`: the instant asked for (the message's), None: that of `issued_at`. `recipient`: the
    canonical address, None where it is not opened. `movements`: every event of the streams, in the
    log's order; `acts`: those of them that are acts, told in full. `ends_as_of`: the day of the
    newest `ledger.heads` that says the streams end here. `contradictions`, `unknowns`: sentences
    in Turkish beside those that follow from the facts. `disclosed`, `withheld`: groups of the
    envelope (§5). `package_digest`: `digest.package_digest`.

    Raises ReportRefused: a bound, form or zone is not kept, or a file name tells the address.
    """

    provider: Provider
    brand_code: int
    brand_name: str
    issued_by: str
    issued_at: datetime
    channel: Channel
    recipient_type: RecipientType
    recipient: str | None = field(repr=False)
    standing: Standing
    person_line: PersonLine
    iys_line: IysLine
    movements: tuple[Movement, ...]
    acts: tuple[Act, ...]
    log: Log
    package_digest: str
    verifier_sha256: str
    asked_at: datetime | None = None
    case: Case = field(default_factory=Case)
    ends_as_of: date | None = None
    queries: tuple[Query, ...] = ()
    corrections: tuple[Correction, ...] = ()
    contradictions: tuple[str, ...] = ()
    unknowns: tuple[str, ...] = ()
    seals: tuple[Seal, ...] = ()
    disclosed: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()

    def __post_init__(self) -> None:
        _check_bounds(self)
        _check_digests(self)
        _check_names(self)

    @property
    def is_test(self) -> bool:
        """Whether a stamp of a TEST authority is among the seals."""
        return any(seal.is_test for seal in self.seals)

    @property
    def pieces(self) -> tuple[EvidenceFile, ...]:
        """The evidence of all acts."""
        return tuple(piece for act in self.acts for piece in act.evidence)


def _texts(facts: ReportFacts) -> tuple[ShownText, ...]:
    both = ((act.text, act.notice) for act in facts.acts)
    return tuple(text for pair in both for text in pair if text is not None)


def _check_bounds(facts: ReportFacts) -> None:
    counted = (
        facts.movements,
        facts.acts,
        facts.pieces,
        facts.queries,
        facts.corrections,
        facts.contradictions,
        facts.unknowns,
        facts.seals,
        facts.attachments,
    )
    longest = max(map(len, counted))
    if longest > ROWS_MAX:
        raise ReportRefused(Step.ROWS, f"{longest} > {ROWS_MAX}")
    contents = {(text.sha256, text.content or "") for text in _texts(facts)}
    characters = sum(len(content) for _, content in contents)
    if characters > TEXTS_CHARACTERS_MAX:
        raise ReportRefused(Step.LENGTH, f"{characters} > {TEXTS_CHARACTERS_MAX}")


def _check_digests(facts: ReportFacts) -> None:
    digests = [facts.package_digest, facts.verifier_sha256, facts.log.key_fingerprint]
    digests += [file.sha256 for file in facts.attachments]
    digests += [piece.sha256 for piece in facts.pieces]
    digests += [text.sha256 for text in _texts(facts)]
    day_file = facts.iys_line.day_file
    if day_file is not None:
        digests += [day_file.sha384[:64], day_file.sha384[-64:], day_file.rows_root or "0" * 64]
    for digest in digests:
        if not _SHA_256.fullmatch(digest):
            raise ReportRefused(Step.DIGEST)


def _check_names(facts: ReportFacts) -> None:
    """File names travel in listings and logs: none may tell whose consent it is."""
    address: str = facts.recipient or ""
    digits = "".join(filter(str.isdigit, address))[-_TELLING_DIGITS:]
    mailbox = address.partition("@")[0] if "@" in address else ""
    names = [file.name for file in facts.attachments]
    names += [piece.name for piece in facts.pieces]
    for name in names:
        if not _FILE_NAME.fullmatch(name):
            raise ReportRefused(Step.FILE_NAME)
        named = "".join(filter(str.isdigit, name))
        tells_number = len(digits) == _TELLING_DIGITS and digits in named
        tells_mailbox = len(mailbox) >= _TELLING_CHARACTERS and mailbox in name.casefold()
        if tells_number or tells_mailbox:
            raise ReportRefused(Step.NAMED_PERSON)

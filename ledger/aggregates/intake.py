"""From the words of a file or request to commands: every field rule in one place.

R22, R110–R113 and İYS's codes (iys/api.md §3, §13). A grant is refused for any defect; a refusal
only for an unreadable address, channel or status, and is otherwise kept with the defect named (C5).
"""

from datetime import datetime, timedelta
from typing import Final

from ledger.addresses import Address, parse_address
from ledger.aggregates.commands import Origin, Provenance, RecordAct
from ledger.aggregates.consent import ASSIGNED_FOR
from ledger.calendar import Reading, is_on_time
from ledger.clock import WIRE_DATE, WIRE_DAY, from_iys_text, utc_text
from ledger.errors import InputRefused
from ledger.values import Discreet, plain_text
from ledger.vocabulary import (
    EARLIEST_CONSENT_DATE,
    Channel,
    ConsentSource,
    ConsentStatus,
    DatePrecision,
    RecipientType,
)

SKEW_MAX: Final = timedelta(minutes=5)
"""A clock at the giver's may run ahead by this much (C7)."""

BUSINESS_DAYS_LEAST: Final = timedelta(days=3)
"""Three business days are never over sooner."""

GIVEN_LENGTH_MAX: Final = 200
"""Characters of a defective field that go to the vault."""

_CHANNELS: Final = {str(channel): channel for channel in Channel}
_STATUSES: Final = {str(status): status for status in ConsentStatus}
_SOURCES: Final = {str(source): source for source in ConsentSource if source.is_word_of_iys}
_TYPES: Final = {str(kind): kind for kind in RecipientType}


class RawAct(Discreet, frozen=True, gc=False):
    """One row or item as given, in İYS's field names; empty text means not given.

    `creation_date` and `transaction_id` are İYS's own, of a row that İYS wrote (its day file).
    """

    channel: str
    source: str
    recipient: str
    status: str
    consent_date: str
    recipient_type: str
    retailer: str = ""
    creation_date: str = ""
    transaction_id: str = ""


class ParsedAct(Discreet, frozen=True, gc=False):
    """A row that can become an act: whom it concerns, and the command for each recipient type.

    For the vault only: `given`, what the fields said that its defects name; `iys`, İYS's own ids.
    """

    address: Address
    channel: Channel
    recipient_types: tuple[RecipientType, ...]
    command: RecordAct
    given: dict[str, str] | None = None
    iys: dict[str, str] | None = None


class _When(Discreet, frozen=True, gc=False):
    at: str | None
    consent_date: str | None
    precision: DatePrecision
    late: bool


def parse_act(
    raw: RawAct,
    provenance: Provenance,
    *,
    received_at: datetime,
    row: int | None = None,
) -> ParsedAct:
    """Judge the fields of one row. `received_at` has a zone and is the instant it reached us.

    Raises InputRefused with İYS's code for the first rule that keeps the row out.
    """
    channel = _CHANNELS.get(raw.channel)
    if channel is None:
        raise InputRefused("H117" if raw.channel else "H111", field="type")
    status = _STATUSES.get(raw.status)
    if status is None:
        raise InputRefused("H115" if raw.status else "H110", field="status")
    if status is ConsentStatus.REFUSED:
        return _parse_refusal(raw, channel, provenance, received_at, row)
    kind, warnings = _recipient_type(raw.recipient_type, provenance.origin)
    if kind is None:
        raise InputRefused("H116", field="recipientType")
    source = _source(raw.source, provenance.origin, kind)
    address = parse_address(raw.recipient, channel)
    if source is ConsentSource.HS_KARAR:
        raise InputRefused("H408", field="status")
    when = _when_granted(raw.consent_date, source, kind, provenance.origin, received_at)
    created = _created(raw, source, provenance.origin, received_at)
    # R11: a merchant's first record without source or date is a listing, not an act.
    listing = source is None or when.consent_date is None
    command = RecordAct(
        status=None if listing else status,
        at=when.at if listing else created or when.at,
        consent_date=when.consent_date,
        source=source,
        provenance=provenance,
        precision=when.precision,
        row=row,
        warnings=(*_odd_retailer(raw), *warnings, *address.notes),
        late=when.late,
    )
    ids = _iys_words(raw) if raw.transaction_id else None
    return ParsedAct(address, channel, (kind,), command, iys=ids)


def _parse_refusal(
    raw: RawAct,
    channel: Channel,
    provenance: Provenance,
    received_at: datetime,
    row: int | None,
) -> ParsedAct:
    address = parse_address(raw.recipient, channel)
    defects: dict[str, str] = {}  # code to the field at fault
    kind, warnings = _recipient_type(raw.recipient_type, provenance.origin)
    if kind is None:
        defects["H116"] = "recipientType"
    source = _SOURCES.get(raw.source)
    claimed = source is not None and source.is_recipients_own
    if source is None or (claimed and provenance.origin in (Origin.LIVE, Origin.FILE)):
        defects["H119" if raw.source else "H113"] = "source"
    when, fault = _when_refused(raw.consent_date, source, provenance.origin, received_at)
    try:
        created = _created(raw, source, provenance.origin, received_at)
    except InputRefused as refused:
        created, fault = None, fault or refused.code
    if created and source is ConsentSource.IYS_AHS_HAT_KAPATMA and raw.consent_date == "":
        fault = None  # the carrier tells no date; İYS's own is the one that counts (R52)
    if fault is not None:
        defects[fault] = "consentDate"
    command = RecordAct(
        status=ConsentStatus.REFUSED,
        at=created or when.at,
        consent_date=when.consent_date,
        source=source,
        provenance=provenance,
        precision=when.precision,
        row=row,
        defects=tuple(defects),
        warnings=(*_odd_retailer(raw), *warnings, *address.notes),
    )
    # Of whom an unreadable type speaks is unknown: the refusal then holds for both (fail closed).
    kinds = tuple(RecipientType) if kind is None else (kind,)
    given = {name: _said(raw, name) for name in defects.values()}
    ids = _iys_words(raw) if raw.transaction_id else None
    return ParsedAct(address, channel, kinds, command, given or None, ids)


def _created(
    raw: RawAct, source: ConsentSource | None, origin: Origin, received_at: datetime
) -> str | None:
    """When İYS wrote a recipient's own act: then it takes effect (C4). Raises InputRefused."""
    own = source is not None and source.is_recipients_own and origin is Origin.DECLARED
    return _when(raw.creation_date, None, received_at).at if own and raw.creation_date else None


def _iys_words(raw: RawAct) -> dict[str, str]:
    words = {"transaction_id": raw.transaction_id, "creation_date": raw.creation_date}
    return {name: plain_text(word[:GIVEN_LENGTH_MAX]) for name, word in words.items()}


def _when_refused(
    text: str, source: ConsentSource | None, origin: Origin, received_at: datetime
) -> tuple[_When, str | None]:
    """When a refusal takes effect, and the code of what is wrong with its date.

    On receipt where the date is unknown or cannot be one (C4, C7): what databases write for "no
    date" would be older than every consent, and a future date newer than all that will come.
    """
    try:
        if origin is Origin.DECLARED and WIRE_DAY.fullmatch(text):
            return _when_day(text, source, received_at, "23:59:59"), None
        return _when(text, source, received_at), None
    except InputRefused as refused:
        fault = refused.code
    is_day = WIRE_DAY.fullmatch(text) is not None
    full = f"{text} 23:59:59" if is_day else text
    if fault == "H155" and from_iys_text(full) <= received_at + SKEW_MAX:
        precision = DatePrecision.DAY if is_day else DatePrecision.SECOND
        return _When(utc_text(from_iys_text(full)), text, precision, False), fault
    known = text if fault in ("H155", *ASSIGNED_FOR) else None
    fault = "H162" if fault == "H155" else fault
    return _When(utc_text(received_at), known, DatePrecision.SECOND, False), fault


def _said(raw: RawAct, name: str) -> str:
    texts = {
        "recipientType": raw.recipient_type,
        "source": raw.source,
        "consentDate": raw.consent_date,
    }
    return plain_text(texts[name][:GIVEN_LENGTH_MAX])


def _recipient_type(text: str, origin: Origin) -> tuple[RecipientType | None, tuple[str, ...]]:
    if text == "":
        return RecipientType.INDIVIDUAL, ()
    if text == "KURUMSAL" and origin is Origin.DECLARED:
        return RecipientType.MERCHANT, ("L-KURUMSAL",)
    return _TYPES.get(text), ()


def _source(text: str, origin: Origin, kind: RecipientType) -> ConsentSource | None:
    if text == "":
        if kind is RecipientType.INDIVIDUAL:
            raise InputRefused("H113", field="source")
        return None
    source = _SOURCES.get(text)
    if source is None or (source.is_recipients_own and origin in (Origin.LIVE, Origin.FILE)):
        raise InputRefused("H119", field="source")
    return source


def _when_granted(
    text: str,
    source: ConsentSource | None,
    kind: RecipientType,
    origin: Origin,
    received_at: datetime,
) -> _When:
    if text == "":
        if kind is RecipientType.INDIVIDUAL:
            raise InputRefused("H112", field="consentDate")
        return _When(None, None, DatePrecision.SECOND, late=False)
    if origin is Origin.DECLARED and WIRE_DAY.fullmatch(text):
        return _when_day(text, source, received_at, "00:00:00")
    return _when(text, source, received_at)


def _when_day(text: str, source: ConsentSource | None, received_at: datetime, time: str) -> _When:
    """Of a day only: a grant counts from its first second, a refusal from its last, so that on one
    day the refusal wins (C4, C8)."""
    _when(f"{text} 00:00:00", source, received_at)
    return _When(utc_text(from_iys_text(f"{text} {time}")), text, DatePrecision.DAY, late=True)


def _when(text: str, source: ConsentSource | None, received_at: datetime) -> _When:
    """Judge a date in İYS's form (R22). Raises InputRefused in İYS's order of codes."""
    if text == "":
        raise InputRefused("H112", field="consentDate")
    if not WIRE_DATE.fullmatch(text):
        raise InputRefused("H158", field="consentDate")
    try:
        datetime.fromisoformat(text)
    except ValueError as error:
        raise InputRefused("H157", field="consentDate") from error
    if text < EARLIEST_CONSENT_DATE:
        raise InputRefused("H156", field="consentDate")
    at = from_iys_text(text)
    if source is ConsentSource.HS_2015 and text != EARLIEST_CONSENT_DATE:
        raise InputRefused("H155", field="consentDate")
    if at > received_at + SKEW_MAX:
        raise InputRefused("H162", field="consentDate")
    return _When(utc_text(at), text, DatePrecision.SECOND, late=_is_late(at, received_at))


def _is_late(at: datetime, received_at: datetime) -> bool:
    """Whether İYS's three business days were over on receipt (R20, H467)."""
    if received_at - at < BUSINESS_DAYS_LEAST:
        return False
    return not is_on_time(at, received_at, Reading.IYS)


def _odd_retailer(raw: RawAct) -> tuple[str, ...]:
    """H180: no dealers of a brand are kept so far, so none that is named is known (C8, R12)."""
    return ("H180",) if raw.retailer else ()

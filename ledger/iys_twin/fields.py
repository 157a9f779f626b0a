"""Field checks of a consent, with every code and several at once (iys/api.md §3, §5.1). Pure."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from ledger.iys_twin.addresses import TEXT_LENGTH_MAX, is_mailbox, is_phone, is_too_long, stored
from ledger.iys_twin.business_days import earliest_taken
from ledger.iys_twin.consents import BEFORE_2015, DECISION, MERCHANT, REFUSED, Sent
from ledger.iys_twin.refusals import Problem, problem, refusal
from ledger.iys_twin.settings import TwinSettings
from ledger.iys_twin.times import NoSuchTime, NotATime, Wall, wall_of
from ledger.iys_twin.world import Brand, World
from ledger.vocabulary import (
    EARLIEST_CONSENT_DATE,
    Channel,
    ConsentSource,
    ConsentStatus,
    RecipientType,
)

CHANNELS: Final = frozenset(map(str, Channel))
EMAIL: Final = Channel.EMAIL.value
STATUSES: Final = frozenset(map(str, ConsentStatus))
RECIPIENT_TYPES: Final = frozenset(map(str, RecipientType))
INDIVIDUAL: Final = RecipientType.INDIVIDUAL.value
SOURCES: Final = frozenset(str(one) for one in ConsentSource if not one.is_recipients_own)
FIELDS: Final = frozenset(
    {
        *("recipient", "recipientType", "type", "status"),
        *("source", "consentDate", "retailerCode", "retailerAccess"),
    }
)
RETAILERS_MAX: Final = 3_000
EARLIEST: Final = wall_of(EARLIEST_CONSENT_DATE)

TOO_MANY_RETAILERS: Final = (
    "İzin erişimi olan bayilerin (retailer) liste uzunluğu en fazla 3000 olmalıdır."
)
NO_RETAILERS: Final = "İzin erişimi olan bayilerin (retailer) listesi boş olmamalıdır."
NOT_ALLOWED: Final = (
    "{} kabul edilemedi. İstek gövdesinde bulunabilecek değerler: recipientType, retailerAccess,"
    " recipient, retailerCode, source, type, consentDate, status olmalıdır."
)
_NONE: Final = (None, "")

Raw = Mapping[str, Any]
"""One consent as JSON gave it."""


class Rules(msgspec.Struct, frozen=True):
    """What a check needs besides the consent; made once a request."""

    settings: TwinSettings
    now: Wall
    earliest: Wall
    """The oldest date that H467 lets through."""


def rules_at(world: World, now: Wall) -> Rules:
    """The rules of an instant. Before the provider's activation consents of any age are taken."""
    is_active = now >= world.activated
    earliest = earliest_taken(now, world.holidays) if is_active else EARLIEST
    return Rules(world.settings, now, earliest)


def checked(raw: Raw, rules: Rules, index: int | None = None) -> Sent | list[Problem]:
    """The consent, or everything that is wrong with its fields. Dealers are judged apart."""
    found: list[Problem] = []
    recipient_type = _chosen(raw, "recipientType", RECIPIENT_TYPES, "H116", found)
    is_merchant = recipient_type == MERCHANT
    consent_source = _source(raw, is_merchant, found)
    channel = _required(raw, "type", CHANNELS, ("H111", "H117"), found)
    consent_status = _required(raw, "status", STATUSES, ("H110", "H115"), found)
    if consent_source == DECISION and consent_status not in (None, REFUSED):
        found.append(problem("H408", "status", value=consent_status))
    recipient = raw.get("recipient")
    if recipient in _NONE:
        found.append(problem("H114", "recipient"))
    else:
        found.extend(wrong_recipient(recipient, channel, rules.settings))
    consented = _date(raw, consent_source, is_merchant, rules, found)
    found.extend(_wrong_access(raw))
    if not raw.keys() <= FIELDS:
        found.extend(
            problem("H118", name, message=NOT_ALLOWED.format(name), value=value)
            for name, value in raw.items()
            if name not in FIELDS
        )
    if found:
        return found if index is None else [msgspec.structs.replace(p, index=index) for p in found]
    access = raw.get("retailerAccess")
    return Sent(
        recipient=stored(raw["recipient"]),
        recipient_type=recipient_type or INDIVIDUAL,
        channel=channel or "",
        consent_status=consent_status or "",
        consent_source=consent_source,
        consented=consented,
        retailer_code=raw.get("retailerCode"),
        retailer_access=None if access is None else tuple(access),
    )


def expect_retailer_code(raw: Raw, *, is_bulk: bool) -> None:
    """An empty retailer code fails the whole request. Raises Refused H267, in bulk H266."""
    if "retailerCode" in raw and raw["retailerCode"] in _NONE:
        if is_bulk:
            raise refusal("H266", message="retailerCode değeri istek üzerinde bulunamadı.")
        raise refusal("H267", message="retailerCode değeri boş string olmamalıdır!")


def unknown_retailers(raw: Raw, brand: Brand, index: int | None = None) -> list[Problem]:
    """Dealers that this brand does not have (H180)."""
    named: list[tuple[tuple[str | int, ...], Any]] = []
    if "retailerCode" in raw:
        named.append((("retailerCode",), raw["retailerCode"]))
    for place, code in enumerate(raw.get("retailerAccess", ())):
        named.append((("retailerAccess", place), code))
    return [
        problem("H180", *location, value=code, index=index)
        for location, code in named
        if not is_code(code) or code not in brand.retailers
    ]


def is_code(value: object) -> bool:
    """Whether it is an integer; Python's booleans are none on the wire."""
    return isinstance(value, int) and not isinstance(value, bool)


def wrong_recipient(
    recipient: Any, channel: str | None, settings: TwinSettings, *, too_long: str = "H160"
) -> list[Problem]:
    """What is wrong with an address. Without a usable channel it may be of either kind (H122)."""
    text = recipient if isinstance(recipient, str) and len(recipient) <= TEXT_LENGTH_MAX else ""
    if channel == EMAIL:
        return [] if is_mailbox(text) else [problem("H120", "recipient", value=recipient)]
    if channel is None:
        fits = is_phone(text) or is_mailbox(text)
        return [] if fits else [problem("H122", "recipient", value=recipient)]
    if is_phone(text):
        return []
    found = [problem("H121", "recipient", value=recipient)]
    if isinstance(recipient, str) and is_too_long(recipient, plus_counts=settings.plus_counts):
        found.insert(0, problem(too_long, "recipient", value=recipient))
    return found


def _required(
    raw: Raw, name: str, allowed: frozenset[str], codes: tuple[str, str], found: list[Problem]
) -> str | None:
    value = raw.get(name)
    if value in _NONE:
        found.append(problem(codes[0], name))
        return None
    return _chosen(raw, name, allowed, codes[1], found)


def _chosen(
    raw: Raw, name: str, allowed: frozenset[str], code: str, found: list[Problem]
) -> str | None:
    if name not in raw:
        return None
    value = raw[name]
    if isinstance(value, str) and value in allowed:
        return value
    found.append(problem(code, name, value=value))
    return None


def _source(raw: Raw, is_merchant: bool, found: list[Problem]) -> str | None:
    if is_merchant and "source" not in raw:
        return None
    return _required(raw, "source", SOURCES, ("H113", "H119"), found)


def _date(
    raw: Raw, consent_source: str | None, is_merchant: bool, rules: Rules, found: list[Problem]
) -> Wall | None:
    value = raw.get("consentDate")
    if value in _NONE:
        if not (is_merchant and "consentDate" not in raw):
            found.append(problem("H112", "consentDate"))
        return None
    try:
        consented = wall_of(value) if isinstance(value, str) else None
    except NoSuchTime:
        found.append(problem("H157", "consentDate", value=value))
        return None
    except NotATime:
        consented = None
    if consented is None:
        found.append(problem("H158", "consentDate", value=value))
        return None
    codes = []
    if consented > rules.now:
        codes.append("H162")
    if consented < EARLIEST:
        codes.append("H156")
    if consent_source == BEFORE_2015 and consented != EARLIEST:
        codes.append("H155")
    if not codes and consented < rules.earliest:
        codes.append("H467")
    found.extend(problem(code, "consentDate", value=value) for code in codes)
    return consented


def _wrong_access(raw: Raw) -> list[Problem]:
    if "retailerAccess" not in raw:
        return []
    access = raw["retailerAccess"]
    if not isinstance(access, list) or not access:
        return [problem("H163", "retailerAccess", message=NO_RETAILERS, value=access)]
    if len(access) > RETAILERS_MAX:
        return [problem("H126", "retailerAccess", message=TOO_MANY_RETAILERS, value=access)]
    return []

"""Which retailers may use a consent (iys/api.md §8.5)."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from ledger.iys_twin import wire_directory as wire
from ledger.iys_twin.addresses import stored
from ledger.iys_twin.asking import choice, key_of, page_of
from ledger.iys_twin.consents import Consent, ConsentKey
from ledger.iys_twin.fields import CHANNELS, RECIPIENT_TYPES, is_code, wrong_recipient
from ledger.iys_twin.refusals import Problem, Refused, problem, refusal
from ledger.iys_twin.retailers import shapes
from ledger.iys_twin.settings import TwinSettings
from ledger.iys_twin.wire import Page
from ledger.iys_twin.world import Brand

LIST_MAX: Final = 100
EMPTY: Final = "Bayiler (retailer) kabul edilemedi. Lütfen boş liste eklemeyiniz."
MISSING: Final = "Bayiler (retailerAccess) bulunamadı."
BAD_CHANNEL: Final = "İzin tipi (type) kabul edilemedi. İzin verilen değerler: ARAMA, MESAJ, EPOSTA"


class Asked(msgspec.Struct, frozen=True):
    """A request about the access of retailers, its fields checked."""

    key: ConsentKey
    recipients: list[str]
    retailer_codes: list[int]


def asked(
    body: Any,
    settings: TwinSettings,
    *,
    code: str,
    has_list: bool = True,
    has_retailers: bool = True,
    bad_channel: str | None = None,
) -> Asked:
    """Check a request. Raises Refused: `code` (400) for no object, else 422 with all problems.

    `has_list`: several `recipients` and not one `recipient`.
    """
    if not isinstance(body, dict):
        raise refusal(code)
    found: list[Problem] = []
    channel = choice(body, "type", CHANNELS, ("H111", "H117"), found, bad_channel)
    recipient_type = choice(body, "recipientType", RECIPIENT_TYPES, ("H170", "H116"), found)
    recipients = _recipients(body, has_list, found)
    if channel is not None:
        for place, one in enumerate(recipients):
            for wrong in wrong_recipient(one, channel, settings, too_long="H166"):
                location = ("recipients", place) if has_list else ("recipient",)
                found.append(problem(wrong.code, *location, value=one))
    codes = _retailer_codes(body, found) if has_retailers else []
    if found:
        raise Refused(422, found)
    assert recipient_type is not None and channel is not None
    addresses = [stored(one) for one in recipients]
    return Asked((recipient_type, channel), addresses, codes)


def expect_known(brand: Brand, codes: list[int]) -> None:
    """Raises Refused H180 for retailers this brand does not have."""
    unknown = [
        problem("H180", "retailerAccess", place, value=code)
        for place, code in enumerate(codes)
        if code not in brand.retailers
    ]
    if unknown:
        raise Refused(403, unknown)


def give(brand: Brand, request: Asked) -> None:
    """Let more retailers use one consent. Raises Refused H180, H401."""
    expect_known(brand, request.retailer_codes)
    consent = brand.find(request.key, request.recipients[0])
    if consent is None:
        raise refusal("H401")
    _set(brand, consent, (*consent.retailer_access, *request.retailer_codes))


def replace(brand: Brand, request: Asked) -> None:
    """Let only these use the consents; the mediating retailer goes too. Raises Refused H180."""
    expect_known(brand, request.retailer_codes)
    for consent in _consents(brand, request):
        consent.retailer_code = None
        _set(brand, consent, tuple(request.retailer_codes))


def remove(brand: Brand, request: Asked) -> None:
    """Let these no longer use the consents. Raises Refused H058."""
    for code in request.retailer_codes:
        if code not in brand.retailers:
            raise refusal("H058", message=f"Bayi:{code} bulunamadı.!")
    gone = frozenset(request.retailer_codes)
    for consent in _consents(brand, request):
        if consent.retailer_code in gone:
            consent.retailer_code = None
        left = tuple(code for code in consent.retailer_access if code not in gone)
        _set(brand, consent, left)


def remove_all(brand: Brand, request: Asked) -> None:
    """Let no retailer use the consents."""
    for consent in _consents(brand, request):
        consent.retailer_code = None
        consent.retailer_access = ()


def listed(
    brand: Brand, body: Any, query: Mapping[str, str], settings: TwinSettings
) -> wire.Retailers:
    """Who may use a consent. Raises Refused."""
    key, recipient = key_of(body, settings, code="H173", messages={})
    offset, limit = page_of(query, swapped=False)
    consent = brand.find(key, recipient)
    codes = () if consent is None else consent.retailers
    page = shapes(brand, [brand.retailers[code] for code in codes[offset : offset + limit]])
    return wire.Retailers(Page(offset, len(page), len(codes)), page)


def _recipients(body: Mapping[str, Any], has_list: bool, found: list[Problem]) -> list[Any]:
    if not has_list:
        if body.get("recipient") in (None, ""):
            found.append(problem("H114", "recipient"))
            return []
        return [body["recipient"]]
    recipients = body.get("recipients")
    if not isinstance(recipients, list):
        found.append(problem("H168", "recipients"))
        return []
    if not recipients:
        found.append(problem("H164", "recipients", value=recipients))
    if len(recipients) > LIST_MAX:
        found.append(problem("H127", "recipients", value=recipients))
        return []
    return recipients


def _retailer_codes(body: Mapping[str, Any], found: list[Problem]) -> list[int]:
    codes = body.get("retailerAccess")
    if not isinstance(codes, list):
        found.append(problem("H169", "retailerAccess", message=MISSING))
        return []
    if not codes:
        found.append(problem("H163", "retailerAccess", message=EMPTY, value=codes))
    if len(codes) > LIST_MAX:
        found.append(problem("H126", "retailerAccess", value=codes))
        return []
    # A code that is no number is nobody's: 0 is none either, and so H180 or H058 follows.
    return [code if is_code(code) else 0 for code in codes]


def _consents(brand: Brand, request: Asked) -> list[Consent]:
    found = (brand.find(request.key, recipient) for recipient in request.recipients)
    return [one for one in found if one is not None]


def _set(brand: Brand, consent: Consent, codes: tuple[int, ...]) -> None:
    consent.retailer_access = tuple(dict.fromkeys(codes))
    for code in consent.retailers:
        brand.retailers[code].was_linked = True

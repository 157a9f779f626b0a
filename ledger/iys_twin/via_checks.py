"""What a ViA request asks for, checked with ViA's codes (iys/api.md §10.1). Pure."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from ledger.iys_twin.addresses import is_mailbox, is_phone, stored
from ledger.iys_twin.codes import MESSAGES
from ledger.iys_twin.fields import CHANNELS, EMAIL, RECIPIENT_TYPES, is_code
from ledger.iys_twin.refusals import Refused, refusal
from ledger.iys_twin.times import Wall

VERIFICATIONS: Final = frozenset(
    {"SMS_SHORTURL", "SMS_OTP", "EPOSTA_SHORTURL", "EPOSTA_OTP", "EPOSTA_APPROVALURL"}
)
ETK, KVK = "ETK", "KVK"
KVK_TYPES: Final = frozenset({"AYDINLATMA_METNI", "ACIK_RIZA_METNI", "YURTDISI_AKTARIM"})
SHOWN_MAX: Final = 50


class Choice(msgspec.Struct):
    """One consent that is asked for; `brand_code` only for ETK."""

    title: str
    channel: str
    brand_code: int | None
    transaction_id: str | None = None
    given: Wall | None = None


class Wanted(msgspec.Struct, frozen=True):
    """What is asked of whom."""

    form_id: str
    verification: str
    recipient: str
    recipient_type: str | None
    person: Mapping[str, Any]
    choices: list[Choice]


def via_refusal(code: str, field: str = "") -> Refused:
    """A refusal of ViA; `field` fills the message's gap."""
    return refusal(code, message=MESSAGES[code].format(field=field))


def wanted_of(body: Any, brand_codes: frozenset[int]) -> Wanted:
    """Read a request. Raises Refused H10…."""
    if not isinstance(body, dict):
        raise via_refusal("H1016")
    for name in ("formId", "recipient", "verificationType", "consentTypes"):
        if name not in body:
            raise via_refusal("H1005", name)
        if body[name] in (None, "", []):
            raise via_refusal("H1057", name)
    verification = body["verificationType"]
    if not isinstance(verification, str) or verification not in VERIFICATIONS:
        raise via_refusal("H1012")
    is_mail = verification.startswith("EPOSTA")
    recipient = body["recipient"]
    if not isinstance(recipient, str) or not (is_mailbox if is_mail else is_phone)(recipient):
        raise via_refusal("H1027" if is_mail else "H1026")
    groups = body["consentTypes"]
    if not isinstance(groups, list) or not all(isinstance(one, dict) for one in groups):
        raise via_refusal("H1010", "consentTypes")
    choices = [one for group in groups for one in _choices(group, is_mail, brand_codes)]
    by_title: dict[str, Mapping[str, Any]] = {group["title"]: group for group in groups}
    if len(by_title) != len(groups):
        raise via_refusal("H1060")
    person = by_title.get(KVK, {}).get("personData")
    return Wanted(
        form_id=str(body["formId"]),
        verification=verification,
        recipient=stored(recipient),
        recipient_type=by_title.get(ETK, {}).get("recipientType"),
        person=person if isinstance(person, dict) else {},
        choices=choices,
    )


def _choices(group: Mapping[str, Any], is_mail: bool, brand_codes: frozenset[int]) -> list[Choice]:
    title = group.get("title")
    if title is None:
        raise via_refusal("H1005", "title")
    if title not in (ETK, KVK):
        raise via_refusal("H1013")
    types = _types(group, is_etk=title == ETK)
    if title == KVK:
        return [Choice(title, one, None) for one in types]
    recipient_type = group.get("recipientType")
    if not isinstance(recipient_type, str) or recipient_type not in RECIPIENT_TYPES:
        raise via_refusal("H1063")
    for one in types:
        if (one == EMAIL) is not is_mail:
            raise via_refusal("H1086", one)
    codes = group.get("brandCodes")
    if not isinstance(codes, list) or not codes:
        raise via_refusal("H1057", "brandCodes")
    if not all(is_code(code) and code in brand_codes for code in codes):
        raise via_refusal("H1014")
    return [Choice(title, one, code) for code in codes for one in types]


def _types(group: Mapping[str, Any], *, is_etk: bool) -> list[str]:
    called, allowed = ("etkTypes", CHANNELS) if is_etk else ("kvkTypes", KVK_TYPES)
    if "types" not in group:
        raise via_refusal("H1005", called)
    types = group["types"]
    if not isinstance(types, list) or not types:
        raise via_refusal("H1057", called)
    for one in types:
        if not isinstance(one, str) or one not in allowed:
            raise via_refusal("H1085", str(one)[:SHOWN_MAX])
    return list(dict.fromkeys(types))

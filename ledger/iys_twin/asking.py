"""What is stored: single and multi status, history, pull, bulk results (iys/api.md §5.5–§5.10)."""

import re
from collections.abc import Mapping
from typing import Any, Final

from ledger.iys_twin import wire
from ledger.iys_twin.adding import FIRST_IS_RET, BulkItem, BulkRequest
from ledger.iys_twin.addresses import is_mailbox, is_phone, stored
from ledger.iys_twin.codes import MESSAGES
from ledger.iys_twin.consents import GRANTED, Consent, ConsentKey, Movement, transaction_id
from ledger.iys_twin.fields import CHANNELS, EMAIL, RECIPIENT_TYPES, wrong_recipient
from ledger.iys_twin.refusals import Problem, Refused, problem, refusal
from ledger.iys_twin.settings import TwinSettings
from ledger.iys_twin.times import Wall, text_of
from ledger.iys_twin.world import Brand

MULTI_MAX: Final = 1_000
PAGE_MAX: Final = 100
REQUEST_ID_MAX: Final = 36
_NUMBER: Final = re.compile(r"-?[0-9]{1,15}", re.ASCII)
SHORT_PHONE_ONLY: Final = "Alıcı için telefon numaraları 15 karakterden uzun olmamalıdır."
E164_STATUS: Final = MESSAGES["H121"].replace("formatına uygun", "formata uygun")
E164_HISTORY: Final = MESSAGES["H121"].replace("+905992000000", "`+905992000000`")
KIND_ERRORS: Final = {
    True: "İzin tipi (type) EPOSTA için, alıcı (recipient) e-posta formatında olmalıdır.",
    False: "İzin tipi (type) {} için, alıcı (recipient) telefon formatında olmalıdır.",
}
TWICE: Final = "Alıcı (recipient) değeri liste içinde tekrarlanamaz."


def key_of(
    body: Any, settings: TwinSettings, *, code: str, messages: Mapping[str, str]
) -> tuple[ConsentKey, str]:
    """Which consent a query names. Raises Refused: `code` for no object, else 422 with all."""
    if not isinstance(body, dict):
        raise refusal(code)
    found: list[Problem] = []
    channel = choice(body, "type", CHANNELS, ("H111", "H117"), found)
    recipient_type = choice(body, "recipientType", RECIPIENT_TYPES, ("H170", "H116"), found)
    recipient = body.get("recipient")
    if recipient in (None, ""):
        found.append(problem("H114", "recipient"))
    elif channel is not None:
        found.extend(wrong_recipient(recipient, channel, settings, too_long="H166"))
    if found:
        worded = [
            problem(p.code, *(p.location or ()), message=messages.get(p.code), value=p.value)
            for p in found
        ]
        raise Refused(422, worded)
    assert recipient_type is not None and channel is not None
    return (recipient_type, channel), stored(body["recipient"])


def choice(
    body: Mapping[str, Any],
    name: str,
    allowed: frozenset[str],
    codes: tuple[str, str],
    found: list[Problem],
    message: str | None = None,
) -> str | None:
    """A member that must be one of some words; notes its problem otherwise."""
    value = body.get(name)
    if value in (None, ""):
        found.append(problem(codes[0], name))
    elif isinstance(value, str) and value in allowed:
        return value
    else:
        found.append(problem(codes[1], name, message=message, value=value))
    return None


def standing(brand: Brand, consent: Consent) -> wire.Standing:
    """The single status of a consent (§5.7)."""
    latest = consent.latest
    retailer = brand.retailers.get(consent.retailer_code or 0)
    return wire.Standing(
        recipient=latest.recipient,
        recipient_type=latest.recipient_type,
        channel=latest.channel,
        consent_status=latest.consent_status,
        consent_source=latest.consent_source,
        consent_date=_date(latest.consented),
        creation_date=text_of(latest.created),
        transaction_id=transaction_id(brand.code, latest),
        retailer_access_count=len(consent.retailers),
        retailer_code=consent.retailer_code,
        retailer_title=None if retailer is None else retailer.title,
    )


def granted_among(brand: Brand, key: ConsentKey, body: Any) -> list[str]:
    """Who of the list granted (§5.8), in its order. Raises Refused."""
    if not isinstance(body, dict):
        raise refusal("H014")
    recipients = body.get("recipients")
    if "recipients" not in body:
        raise refusal("H168", "recipients")
    if not isinstance(recipients, list):
        raise refusal("H478", "recipients", value=recipients)
    if not recipients:
        raise refusal("H164", "recipients", value=recipients)
    if len(recipients) > MULTI_MAX:
        raise refusal("H127", "recipients", value=recipients, message=TOO_MANY_RECIPIENTS)
    found: list[Problem] = []
    wanted: dict[str, None] = {}
    is_email = key[1] == EMAIL
    for place, recipient in enumerate(recipients):
        fits = isinstance(recipient, str) and (is_mailbox if is_email else is_phone)(recipient)
        if not fits:
            message = KIND_ERRORS[is_email].format(key[1])
            found.append(problem("H464", "recipient", message=message, value=recipient))
        elif stored(recipient) in wanted:
            found.append(problem("H193", "recipients", place, message=TWICE, value=recipient))
        else:
            wanted[stored(recipient)] = None
    if found:
        raise Refused(422, found)
    latest = ((recipient, brand.latest(key, recipient)) for recipient in wanted)
    return [recipient for recipient, one in latest if one and one.consent_status == GRANTED]


TOO_MANY_RECIPIENTS: Final = "Alıcı listesi (recipients) uzunluğu en fazla 1000 olmalıdır."
"""Q15: no source says which code a longer list gets; the access endpoints' is used."""


def page_of(
    query: Mapping[str, str], *, swapped: bool = True, default_limit: int = PAGE_MAX
) -> tuple[int, int]:
    """Offset and limit (§5.9). Raises Refused.

    `swapped`: H182 for the limit and H183 for the offset, as all examples but one have them,
    against the table.
    """
    found: list[Problem] = []
    offset_code, limit_code = ("H183", "H182") if swapped else ("H182", "H183")
    offset = number_of(query, "offset", 0)
    limit = number_of(query, "limit", default_limit)
    if not isinstance(offset, int) or offset < 0:
        message = "offset değeri geçerli olmalıdır."
        found.append(problem(offset_code, "offset", message=message, value=offset))
    if not isinstance(limit, int) or limit < 0:
        message = "limit değeri geçerli olmalıdır."
        found.append(problem(limit_code, "limit", message=message, value=limit))
    elif limit == 0:
        message = "Limit değerleri sıfır olmamalıdır."
        found.append(problem("H187", "limit", message=message, value=limit))
    elif limit > PAGE_MAX:
        found.append(problem("H186", "limit", value=limit))
    if found:
        raise Refused(422, found)
    assert isinstance(offset, int) and isinstance(limit, int)
    return offset, limit


def history(brand: Brand, consent: Consent | None, offset: int, limit: int) -> wire.History:
    """Movements of a consent, newest consent date first; undated ones last (§5.9)."""
    movements = [] if consent is None else consent.movements[::-1]
    movements.sort(key=lambda one: -1 if one.consented is None else one.consented, reverse=True)
    listed = [movement_of(brand, one) for one in movements[offset : offset + limit]]
    return wire.History(listed, wire.Page(offset, len(listed), len(movements)))


def movement_of(brand: Brand, one: Movement, *, with_citizen: bool = False) -> wire.Movement:
    """A movement as history and pull show it."""
    return wire.Movement(
        recipient=one.recipient,
        recipient_type=one.recipient_type,
        channel=one.channel,
        consent_status=one.consent_status,
        consent_source=one.consent_source,
        consent_date=_date(one.consented),
        creation_date=text_of(one.created),
        transaction_id=transaction_id(brand.code, one),
        citizen_name=one.citizen_name if with_citizen else None,
    )


def expect_request_id(request_id: str) -> None:
    """Raises Refused H198, H199, H400 (§5.5)."""
    code = None
    if len(request_id) > REQUEST_ID_MAX:
        code = "H198"
    elif request_id.isalpha():
        code = "H199"
    elif request_id.isdigit():
        code = "H400"
    if code is not None:
        raise refusal(code, "requestId", value=request_id)


def bulk_result(
    brand: Brand, request: BulkRequest | None, settings: TwinSettings, *, is_v2: bool
) -> list[wire.BulkItem]:
    """What became of a list; empty while nobody knows (§5.5)."""
    if request is None or not (request.is_settled or settings.bulk_shows_queue):
        return []
    if not request.is_settled:
        return [
            wire.BulkItem(index, "enqueue", queued_sub_request_id=item.sub_request_id)
            for index, item in enumerate(request.items)
        ]
    results = (_item(brand, request, item, index) for index, item in enumerate(request.items))
    if not is_v2:
        return list(results)
    return [
        _with_origin(request, item, result) if item.movement else result
        for item, result in zip(request.items, results, strict=True)
    ]


def _item(brand: Brand, request: BulkRequest, item: BulkItem, index: int) -> wire.BulkItem:
    if item.movement is None:
        code = item.code or ""
        message = FIRST_IS_RET if code == "H175" else MESSAGES[code]
        error = wire.ItemError(code, message)
        return wire.BulkItem(index, "failure", item.sub_request_id, error=error)
    return wire.BulkItem(
        index,
        "success",
        item.sub_request_id,
        request_id=request.request_id,
        transaction_id=transaction_id(brand.code, item.movement),
        creation_date=text_of(item.movement.created),
    )


def _with_origin(request: BulkRequest, item: BulkItem, result: wire.BulkItem) -> wire.BulkItem:
    origin = item.original or item
    return wire.BulkItem(
        index=result.index,
        result=result.result,
        sub_request_id=result.sub_request_id,
        request_id=result.request_id,
        transaction_id=result.transaction_id,
        creation_date=result.creation_date,
        is_add_consent_v2_service=request.is_v2,
        original_request_information=wire.OriginalRequest(origin.request_id, origin.sub_request_id),
    )


def number_of(query: Mapping[str, str], name: str, default: int) -> int | str:
    """A number of the query; its text where it is none."""
    text = query.get(name)
    if text is None:
        return default
    return int(text) if _NUMBER.fullmatch(text) else text


def _date(consented: Wall | None) -> str | None:
    return None if consented is None else text_of(consented)

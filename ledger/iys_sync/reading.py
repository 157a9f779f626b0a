"""Reading İYS's answers: tolerant of its spellings, strict about what a value is made of.

Every documented misspelling is read (iys/api.md §1, §5–§7, §18); members that nobody asks for are
ignored; `citizenName` is dropped before anything else. What cannot be read raises Unreadable.
"""

import hashlib
import re
from collections.abc import Sequence
from typing import Final

import msgspec

from ledger.iys_sync import wire
from ledger.iys_sync.errors import IysError
from ledger.iys_sync.members import (
    Members,
    Unreadable,
    count_of,
    date_of,
    json_of,
    list_of,
    maybe_count,
    maybe_date,
    maybe_flag,
    maybe_text,
    object_of,
    text_of,
    word_of,
)
from ledger.vocabulary import Channel, ConsentStatus, RecipientType

ERRORS_MAX: Final = 10_000
INDEX_MAX: Final = wire.BULK_ITEMS_MAX - 1

_CODE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
_NUMBER: Final = re.compile(r"[0-9]{2,4}")
_REQUEST_ID: Final = re.compile(r"[0-9A-Za-z_-]{1,36}")
_HASH: Final = re.compile(r"[0-9A-Fa-f]{64,128}")
_CITIZEN: Final = "citizenName"


def digest_of(answer: bytes) -> str:
    """SHA-256 of bytes, 64 hex digits."""
    return hashlib.sha256(answer).hexdigest()


def errors_of(body: bytes) -> tuple[IysError, ...]:
    """The entries of a refusal in any of İYS's shapes; none where the body is not İYS's.

    `errors` as list or object, bare `{message, code}`, OAuth's `error`, the key `code:`.
    """
    try:
        told = json_of(body)
    except Unreadable:
        return ()
    if not isinstance(told, dict):
        return ()
    listed = told.get("errors")
    if isinstance(listed, dict):
        listed = [listed]
    if not isinstance(listed, list):
        listed = [told]
    found = (_error(one) for one in listed[:ERRORS_MAX] if isinstance(one, dict))
    return tuple(one for one in found if one is not None)


def added(body: bytes) -> wire.Added:
    """200 of a single add."""
    told = object_of(json_of(body))
    return wire.Added(
        text_of(told, "transactionId"), date_of(told, "creationDate"), digest_of(body)
    )


def accepted(body: bytes) -> wire.BulkAccepted:
    """200 or 202 of a bulk add. What is echoed of each item is not needed."""
    request_id = text_of(object_of(json_of(body)), "requestId")
    if not _REQUEST_ID.fullmatch(request_id):
        raise Unreadable("requestId")
    return wire.BulkAccepted(request_id, digest_of(body))


def results(body: bytes) -> wire.Results:
    """200 of a bulk result, the items by index; nothing at all is an empty answer too (Q24)."""
    listed = list_of(json_of(body)) if body.strip() else []
    items = sorted((_item(object_of(one)) for one in listed), key=lambda item: item.index)
    if len({item.index for item in items}) != len(items):
        raise Unreadable("index: given twice")
    return wire.Results(tuple(items), digest_of(body))


def standing(body: bytes) -> wire.Movement | None:
    """200 of a single status; None for `{}` or nothing (Q8)."""
    if not body.strip() or json_of(body) == {}:
        return None
    return movement(body)


def movement(raw: bytes) -> wire.Movement:
    """One movement from its own bytes."""
    told = dict(object_of(json_of(raw)))
    if _CITIZEN in told:
        del told[_CITIZEN]
        raw = msgspec.json.encode(told)
    return wire.Movement(
        recipient=text_of(told, "recipient"),
        recipient_type=word_of(told, RecipientType, "recipientType"),
        channel=word_of(told, Channel, "type"),
        status=word_of(told, ConsentStatus, "status"),
        creation_date=date_of(told, "creationDate"),
        transaction_id=text_of(told, "transactionId"),
        consent_date=maybe_date(told, "consentDate"),
        source=maybe_text(told, "source"),
        digest=digest_of(raw),
    )


def granted(body: bytes, asked: Sequence[str], *, request: bytes) -> wire.Granted:
    """200 of a multi status: some of those asked about, and no others."""
    told = object_of(json_of(body))
    named = [one for one in list_of(told.get("list", [])) if isinstance(one, str)]
    by_spelling = {one.casefold(): one for one in asked}
    if not by_spelling.keys() >= {one.casefold() for one in named}:
        raise Unreadable("list: names others than were asked about")
    return wire.Granted(
        request_id=maybe_text(told, "requestId"),
        recipients=frozenset(by_spelling[one.casefold()] for one in named),
        digest_of_request=digest_of(request),
        digest=digest_of(body),
    )


def summary(body: bytes) -> wire.Summary:
    """200 of the daily summary; a side without `pending` has nothing pending (O2's sample)."""
    rows = tuple(
        wire.SummaryRow(
            channel=word_of(of_channel, Channel, "type"),
            side=word_of(side, wire.PullSource, "source"),
            approvals=count_of(side, "approval"),
            rejections=count_of(side, "rejection"),
            pending=maybe_count(side, "pending") or 0,
            total=count_of(side, "total"),
        )
        for of_channel in map(object_of, list_of(object_of(json_of(body)).get("changeStats")))
        for side in map(object_of, list_of(of_channel.get("consents")))
    )
    return wire.Summary(sum(row.pending for row in rows), sum(row.total for row in rows), rows)


def agreement(body: bytes) -> wire.Agreement | None:
    """200 or 204 of a day's hash and state."""
    if not body.strip():
        return None
    told = object_of(json_of(body))
    hash_value = maybe_text(told, "hashValue")
    if hash_value is not None and not _HASH.fullmatch(hash_value):
        raise Unreadable("hashValue")
    return wire.Agreement(
        process_status=text_of(told, "processStatus"),
        hash_value=hash_value and hash_value.lower(),
        hash_method=maybe_text(told, "hashMethod"),
        agreed=bool(maybe_flag(told, "agreementStatus", "aggrementStatus")),
    )


def captured(body: bytes) -> bool:
    """200 or 204 of an agreement; False for a day without movements."""
    if not body.strip():
        return False
    if not maybe_flag(object_of(json_of(body)), "agreementCaptured", "aggrementCaptured"):
        raise Unreadable("agreementCaptured")
    return True


def _error(told: Members) -> IysError | None:
    code = _code(told.get("code", told.get("code:", told.get("errorCode", told.get("error")))))
    if code is None:
        return None
    location = told.get("location")
    places = location if isinstance(location, list) else [location]
    try:
        index = maybe_count(told, "index")
    except Unreadable:
        index = None
    # A member's name or a place in a list; anything else might be a value, which stays out.
    return IysError(
        code,
        tuple(
            one
            for one in places
            if (isinstance(one, str) and _CODE.fullmatch(one))
            or (isinstance(one, int) and 0 <= one <= INDEX_MAX)
        ),
        index,
    )


def _code(found: object) -> str | None:
    """A code as İYS writes it, its number alone among them; None for what is no code."""
    if isinstance(found, int) and not isinstance(found, bool):
        found = str(found)
    if not isinstance(found, str):
        return None
    if _NUMBER.fullmatch(found):
        found = f"H{int(found):03}"
    return found if _CODE.fullmatch(found) else None


def _item(told: Members) -> wire.BulkItem:
    outcome = word_of(told, wire.BulkOutcome, "status")
    index = count_of(told, "index")
    if index > INDEX_MAX:
        raise Unreadable("index")
    if outcome is wire.BulkOutcome.SUCCESS:
        id_, date = text_of(told, "transactionId"), date_of(told, "creationDate")
        return wire.BulkItem(index, outcome, transaction_id=id_, creation_date=date)
    error = told.get("error")
    refused = _error(error) if isinstance(error, dict) else None
    return wire.BulkItem(index, outcome, code=None if refused is None else refused.code)

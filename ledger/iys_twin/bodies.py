"""JSON Schema of what the endpoints take, for the twin's own OpenAPI (iys/api.md §2–§10)."""

from typing import Any, Final

from ledger.iys_twin.adding import BULK_ITEMS_MAX
from ledger.iys_twin.asking import MULTI_MAX
from ledger.iys_twin.fields import CHANNELS, RECIPIENT_TYPES, RETAILERS_MAX, SOURCES, STATUSES
from ledger.iys_twin.retailer_access import LIST_MAX
from ledger.iys_twin.via_checks import ETK, KVK, VERIFICATIONS

Schema = dict[str, Any]

TEXT: Final[Schema] = {"type": "string"}
NUMBER: Final[Schema] = {"type": "integer"}


def words(allowed: frozenset[str]) -> Schema:
    """One of some words."""
    return {"type": "string", "enum": sorted(allowed)}


def members(needed: Schema, /, **optional: Schema) -> Schema:
    """An object with these members and no others."""
    return {
        "type": "object",
        "properties": {**needed, **optional},
        "required": list(needed),
        "additionalProperties": False,
    }


def list_of(item: Schema, most: int) -> Schema:
    """A list of one to `most`."""
    return {"type": "array", "items": item, "minItems": 1, "maxItems": most}


_KEY: Final = {"type": words(CHANNELS), "recipientType": words(RECIPIENT_TYPES)}
_ACCESS: Final = {"retailerAccess": list_of(NUMBER, LIST_MAX)}
_LISTED: Final = {**_KEY, "recipients": list_of(TEXT, LIST_MAX)}
_PLACE: Final = members({"name": TEXT, "code": TEXT})
_DATE: Final = {
    "type": "string",
    "pattern": "^20[12][0-9]-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9]$",
}

CONSENT: Final = members(
    {
        "recipient": TEXT,
        "type": words(CHANNELS),
        "source": words(SOURCES),
        "status": words(STATUSES),
        "consentDate": _DATE,
    },
    recipientType=words(RECIPIENT_TYPES),
    retailerCode=NUMBER,
    retailerAccess=list_of(NUMBER, RETAILERS_MAX),
)
CONSENTS: Final = list_of(CONSENT, BULK_ITEMS_MAX)
QUERY: Final = members({"recipient": TEXT, **_KEY})
RECIPIENTS: Final = members({"recipients": list_of(TEXT, MULTI_MAX)})
TOKEN: Final[Schema] = {
    "oneOf": [
        members(
            {
                "grant_type": {"type": "string", "enum": ["password"]},
                "username": TEXT,
                "password": TEXT,
            }
        ),
        members(
            {
                "grant_type": {"type": "string", "enum": ["refresh_token"]},
                "refresh_token": TEXT,
            }
        ),
    ]
}
AGREEMENT: Final = members({"agreementStatus": {"type": "boolean", "enum": [True]}})
RETAILER: Final = members(
    {"title": TEXT, "name": TEXT, "tckn": TEXT, "tin": TEXT, "city": _PLACE, "town": _PLACE},
    mersis=TEXT,
    alias=TEXT,
    mobile=TEXT,
    status=words(frozenset({"active", "passive", "suspended"})),
)
GIVE_ACCESS: Final = members({"recipient": TEXT, **_KEY, **_ACCESS})
LISTED_ACCESS: Final = members({**_LISTED, **_ACCESS})
LISTED: Final = members(_LISTED)
_CONNECTION: Final = members(
    {"url": TEXT, "type": words(CHANNELS), "username": TEXT, "password": TEXT}
)
PUSH: Final = members({"connection": list_of(_CONNECTION, 2)})
UNREGISTER: Final = _CONNECTION
VIA_START: Final = members(
    {
        "formId": TEXT,
        "recipient": TEXT,
        "verificationType": words(VERIFICATIONS),
        "consentTypes": list_of(
            members(
                {"title": words(frozenset({ETK, KVK})), "types": list_of(TEXT, 3)},
                recipientType=words(RECIPIENT_TYPES),
                brandCodes=list_of(NUMBER, 100),
                personData={"type": "object"},
            ),
            2,
        ),
    }
)
VIA_CONFIRM: Final = members(
    {
        "requestId": TEXT,
        "verificationType": words(VERIFICATIONS),
        "consentTypes": list_of(members({"title": TEXT, "otpCode": TEXT}), 2),
    }
)
PAGE: Final = {"offset": NUMBER, "limit": NUMBER}
"""Members of a query that asks for a page."""

"""What the official document's schemas (version 3.2.0) say an answer is: facts, in our own table.

`twin_shapes.py` has the shapes of its examples; here are those of its schemas, mistakes and all, by
operation and status. `official_mistakes.py` has what is taken where a schema contradicts its own
example.

A kind is `str`, `int`, `bool`, `list` or `dict` (of anything), a pattern a string meets, a set of
words, a list (each member is of the kind), a tuple (one of the kinds), `object` (anything) or None
(no body). An object's members have `?` where the schema does not require them.
"""

import re
from typing import Any

Shape = Any

DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
"""`format: date-time` (RFC 3339 §5.6)."""
DATE = re.compile(r"\d{4}-\d\d-\d\d")
"""`format: date` (RFC 3339 §5.6)."""
WALL = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
"""What every example has instead of either."""

B = "/sps/{iysCode}/brands/{brandCode}"
VIA = "/via/sps/{iysCode}"
IO = "/integrator/{integratorCode}"


def some(**members: Shape) -> dict[str, Shape]:
    """Members that are not required."""
    return {f"{name}?": kind for name, kind in members.items()}


def texts(words: str) -> dict[str, Shape]:
    """Strings that are not required."""
    return some(**dict.fromkeys(words.split(), str))


PROBLEMS = some(errors=[texts("code message")])
LOCATED = some(errors=[{**texts("code message value"), **some(location=list)}])
ONE_LOCATED = some(errors={**texts("code message value"), **some(location=[str])})
LEGACY = some(errors=[some(message=str, status=int)])

ADDED = {"transactionId": str, "creationDate": DATE_TIME}
SUB_REQUEST = {
    **texts("subrequestId recipient recipientType status type source"),
    **some(consentDate=DATE_TIME, creationDate=object),
}
ACCEPTED = some(requestId=str, subRequests=[SUB_REQUEST])
RESULT = {
    **some(index=int, status=frozenset({"success", "failure", "enqueue"}), creationDate=DATE_TIME),
    **texts("subrequestId transactionId requestId"),
}
RESULT_V2 = {
    **RESULT,
    **some(isAddConsentV2Service=bool, originalRequestInformation=texts("requestId subRequestId")),
}
STANDING = {
    **texts("source recipient recipientType status type retailerTitle transactionId"),
    **some(consentDate=DATE_TIME, creationDate=DATE_TIME),
    **some(retailerAccessCount=int, retailerCode=int),
}
GRANTED = {"requestId": str, "list": [str]}
PAST = texts("consentDate creationDate source recipient recipientType status type transactionId")
PAGE = some(offset=int, pageSize=int, totalCount=int)
HISTORY = some(list=(str, [PAST]), pagination=(str, PAGE))
PULLED = {
    **texts("source recipient recipientType status type transactionId citizenName"),
    **some(consentDate=DATE, creationDate=DATE),
}
CHANGES = some(after=str, list=[PULLED])
SIDE = {**texts("source"), **some(approval=int, rejection=int, pending=int, total=int)}
SUMMARY = some(changeStats=[some(type=str, consents=[SIDE])])
AGREEMENT = {**texts("processStatus hashValue hashMethod"), **some(agreementStatus=bool)}
COUNTS = some(approval=int, rejection=int, total=int)
BRANDS = some(
    brandCode=int,
    name=str,
    master=bool,
    stats=[some(consents=[COUNTS], retailers=some(total=int))],
)
PLACE = some(name=str, code=int)
ACCESS_RETAILER = {
    **texts("title mersis alias name tckn mobile"),
    **some(city=PLACE, town=PLACE, retailerCode=int),
}
ONE_RETAILER = {
    **texts("title mersis alias name tckn mobile tin"),
    **some(city=PLACE, town=PLACE, retailerAccessCount=int),
}
STATES = frozenset({"active", "passive", "suspended"})
LISTED_RETAILER = {**ONE_RETAILER, **some(retailerCode=int, status=STATES)}
TOWN = {**PLACE, **some(cityCode=int)}
LINKED = {
    **texts("name title MESAJ ARAMA EPOSTA"),
    **some(brandCode=int, iysCode=int, master=bool, agreementControl=bool, viaControl=bool),
}
LINKED_BRANDS = some(pagination=PAGE, list=[LINKED])
TERM = {"startDate": str, "expirationDate": str, "subscriptionPackageName": str, "status": str}
LIMITS = {"consentLimit": int, "usedConsentLimit": int, "consentLimitExceed": bool}
VIA_DETAIL = texts("brandCode consentTypeChoice consentType operationStatusMessage")
VIA_STATE = {
    **texts("requestId formId source recipientName recipientIdNumber iysCode recipient"),
    **texts("recipientType consentSource requestDate"),
    **some(requestDetails=[VIA_DETAIL], lastStatus=texts("stage status")),
}
CONNECTION = texts("url type status registerTime")


def no(*statuses: int, kind: Shape = PROBLEMS) -> dict[int, Shape]:
    """Refusals of one kind."""
    return dict.fromkeys(statuses, kind)


ALWAYS = no(401, 403, 429, 500)
CONSENT_REFUSED = {**no(400), **ALWAYS, 422: LOCATED}
ASKED_REFUSED = {**no(400), **ALWAYS, 422: ONE_LOCATED}
DAY_REFUSED = {**ALWAYS, 422: ONE_LOCATED}
LINK_REFUSED = {**no(400, 404), **ALWAYS, 422: LOCATED}
VIA_REFUSED = no(400, 401, 403, 500, kind=dict)

OFFICIAL: dict[str, dict[int, Shape]] = {
    "POST /oauth2/token": {
        200: {
            **texts("access_token refresh_token token_type"),
            **some(expires_in=int, refresh_expires_in=int),
        },
        400: {"error": str, "error_description": str},
        500: PROBLEMS,
    },
    f"POST {B}/consents": {200: ADDED, **CONSENT_REFUSED},
    f"POST /v2{B}/consents": {200: ADDED, **CONSENT_REFUSED},
    f"POST {B}/consents/request": {202: ACCEPTED, **CONSENT_REFUSED},
    f"POST /v2{B}/consents/request": {202: ACCEPTED, **CONSENT_REFUSED},
    f"GET {B}/consents/request/{{requestId}}": {200: [RESULT], **DAY_REFUSED},
    f"GET /v2{B}/consents/request/{{requestId}}": {200: [RESULT_V2], **DAY_REFUSED},
    f"POST {B}/consents/status": {200: STANDING, **ASKED_REFUSED},
    f"POST {B}/consents/{{recipientType}}/status/{{type}}": {200: GRANTED, **CONSENT_REFUSED},
    f"POST {B}/consents/history": {200: HISTORY, **ASKED_REFUSED},
    f"GET {B}/consents/changes": {200: CHANGES, 204: dict, **DAY_REFUSED},
    f"GET {B}/changes/{{reportDate}}/recipients/{{recipientType}}": {200: SUMMARY, **DAY_REFUSED},
    f"GET {B}/agreements/{{reportDate}}": {200: AGREEMENT, 204: None, **DAY_REFUSED},
    f"PUT {B}/agreements/{{reportDate}}": {
        200: some(aggrementCaptured=bool),
        204: object,
        **DAY_REFUSED,
        500: LEGACY,
    },
    f"GET {B}/agreements/{{reportDate}}/timestamp": {200: str, **DAY_REFUSED},
    f"GET {B}/changes/{{reportDate}}/file": {200: str, 204: None, **DAY_REFUSED},
    f"POST {B}/retailers": {201: some(retailerCode=int), **no(400, 401, 403, 404, 500)},
    f"GET {B}/retailers": {
        200: some(pagination={**PAGE, **some(currentPage=int)}, list=LISTED_RETAILER),
        **no(400),
        **ALWAYS,
    },
    f"GET {B}/retailers/{{retailerCode}}": {200: ONE_RETAILER, **no(400), **ALWAYS},
    f"DELETE {B}/retailers/{{retailerCode}}": {
        200: texts("message"),
        **no(400, 401, 403, 404, 500),
    },
    f"POST {B}/consents/retailers/access": {
        200: some(transactionId=str, creationDate=DATE_TIME),
        **CONSENT_REFUSED,
    },
    f"PUT {B}/consents/retailers/access": {202: object, **ASKED_REFUSED},
    f"POST {B}/consent/retailers/access/list": {
        200: some(pagination=PAGE, list=[ACCESS_RETAILER]),
        **ASKED_REFUSED,
    },
    f"POST {B}/consents/retailers/access/remove": {
        200: None,
        202: object,
        **no(404),
        **ASKED_REFUSED,
        401: LEGACY,
    },
    f"POST {B}/consents/retailers/access/remove/all": {202: object, **ASKED_REFUSED},
    "GET /sps/{iysCode}/brands": {200: BRANDS, **no(404), **ALWAYS},
    "GET /sps/{iysCode}/subscription": {
        200: {**TERM, **LIMITS, "subsciprtionId": str},
        **no(404),
        **ALWAYS,
    },
    f"GET {IO}/subscription": {
        200: {**TERM, "iysCode": str, "subscriptionId": str},
        **no(400, 401, 404, 429, 500),
    },
    f"GET {IO}/sps": {200: LINKED_BRANDS, **LINK_REFUSED},
    f"GET {IO}/sps/{{iysCode}}": {200: LINKED_BRANDS, **LINK_REFUSED},
    "GET /info/city": {200: [PLACE], **no(400, 401)},
    "GET /info/city/{code}": {200: PLACE, 204: None, **no(400, 401)},
    "GET /info/town": {200: [TOWN], **no(400, 401)},
    "GET /info/town/{code}": {200: TOWN, 204: None, **no(400, 401)},
    f"POST {B}/push/registration": {200: texts("message"), **no(400, 401, 403, 422, 500)},
    f"GET {B}/push/registration": {200: [CONNECTION], **no(401, 403, 500)},
    f"POST {B}/push/unregistration": {200: texts("message"), **no(401, 403, 422, 500)},
    f"POST {VIA}/consent": {
        200: {**some(formId=int, recipient=str, verificationType=str), "consentTypes": list},
        **VIA_REFUSED,
        405: dict,
    },
    f"POST {VIA}/confirmation": {
        200: texts("transactionId creationDate type brandCode"),
        **VIA_REFUSED,
        409: dict,
    },
    f"GET {VIA}/consent/request/{{requestId}}": {
        200: some(message=VIA_STATE, code=str),
        **VIA_REFUSED,
    },
}

NOT_GIVEN = {
    (f"POST {B}/consents/retailers/access/remove", 200): "no example; 202 is what is shown",
    (f"POST {VIA}/confirmation", 409): "its one code, H1067, is of hash links",
}
"""Answers of the document that the twin has no reason to give."""
XML = (
    f"POST {B}/consent/retailers/access/list",
    f"POST {B}/retailers",
    "GET /info/city",
    "GET /info/town",
)
"""Their 400 is described as `application/xml`, too; the twin speaks JSON alone."""
NOT_BUILT = (
    f"POST {B}/via-hash-links",
    f"GET {VIA}/via/clarification/{{requestId}}/file",
    f"GET {VIA}/consent/{{requestId}}",
    f"POST {VIA}/consent/status",
    "/otp-management/",
    "/widget/",
)
"""Operations, and beginnings of paths, that 0011 leaves out."""
BEYOND = {
    204: (f"POST {B}/consents/status", f"GET {B}/agreements/{{reportDate}}/timestamp"),
    400: (f"PUT {B}/agreements/{{reportDate}}", f"POST {B}/push/unregistration"),
    404: (f"POST {B}/consents/status",),
}
"""Statuses the operation has only here: nobody is known (Q8), no stamp (Q12), a body no JSON.

Besides these 403, 422 and 429 anywhere: the table of codes and the chapter on limits have them for
every endpoint.
"""

"""What the official document (version 3.2.0) says an answer has: a compact table of our own.

Where its schemas contradict its own examples the example is taken; the differences are listed in
ops/decisions/0011. A member is given by its kind; `?` at its name: not in every answer.
"""

from typing import Any

B = "/sps/{iysCode}/brands/{brandCode}"
ADDED = {"transactionId": str, "creationDate": str}
SUB_REQUEST = {
    "recipient": str,
    "type": str,
    "status": str,
    "recipientType": str,
    "source?": str,
    "consentDate?": str,
    "subRequestId": str,
    "creationDate": str,
}
ACCEPTED = {"requestId": str, "subRequests": [SUB_REQUEST]}
RESULT = {
    "index": int,
    "status": str,
    "subRequestId?": str,
    "subrequestId?": str,
    "transactionId?": str,
    "requestId?": str,
    "creationDate?": str,
    "error?": {"code": str, "message": str},
}
ORIGIN = {"requestId": str, "subRequestId": str}
MOVEMENT = {
    "consentDate?": str,
    "creationDate": str,
    "source?": str,
    "recipient": str,
    "recipientType": str,
    "status": str,
    "type": str,
    "transactionId": str,
}
PAGE = {"offset": int, "pageSize": int, "totalCount": int}
PLACE = {"name": str, "code": str}
RETAILER = {
    "title": str,
    "mersis?": str,
    "alias?": str,
    "name": str,
    "tckn": str,
    "mobile?": str,
    "tin": str,
    "city": PLACE,
    "town": PLACE,
    "status": str,
    "retailerAccessCount": int,
    "retailerCode": int,
    "canBeDeleted?": bool,
}
SHORT_RETAILER = {
    "title": str,
    "city": PLACE,
    "retailerAccessCount": int,
    "retailerCode": int,
    "status": str,
}
COUNTS = {"approval": int, "rejection": int, "total": int}
LINKED = {
    "name": str,
    "master": bool,
    "title": str,
    "agreementControl": bool,
    "MESAJ": str,
    "ARAMA": str,
    "EPOSTA": str,
    "viaControl": bool,
}
PERIOD = {"startDate": str, "expirationDate": str, "status": str}
VIA_PACKAGE = {
    **PERIOD,
    "viaSubscriptionPackageName": str,
    "viaSubscriptionId": str,
    "viaCredit?": int,
}
SUBSCRIPTION = {
    **PERIOD,
    "subscriptionPackageName": str,
    "subscriptionId": str,
    "subscipritionId?": str,
    "viaSubscriptionPackage?": VIA_PACKAGE,
}
LIMITS = {"consentLimit": int, "consentLimitExceed": bool, "usedConsentLimit": int}
PROBLEM = {"code": str, "message": str, "location?": [object], "value?": object, "index?": int}

SHAPES: dict[str, Any] = {
    "POST /oauth2/token": {
        "access_token": str,
        "refresh_token": str,
        "token_type": str,
        "expires_in": int,
        "refresh_expires_in": int,
    },
    f"POST {B}/consents": ADDED,
    f"POST /v2{B}/consents": ADDED,
    f"POST {B}/consents/request": ACCEPTED,
    f"POST /v2{B}/consents/request": ACCEPTED,
    f"GET {B}/consents/request/{{requestId}}": [RESULT],
    f"GET /v2{B}/consents/request/{{requestId}}": [
        {**RESULT, "isAddConsentV2Service?": bool, "originalRequestInformation?": ORIGIN}
    ],
    f"POST {B}/consents/status": {
        **MOVEMENT,
        "retailerAccessCount": int,
        "retailerTitle?": str,
        "retailerCode?": int,
    },
    f"POST {B}/consents/{{recipientType}}/status/{{type}}": {"requestId": str, "list": [str]},
    f"POST {B}/consents/history": {"list": [MOVEMENT], "pagination": PAGE},
    f"GET {B}/consents/changes": {"after": str, "list": [{**MOVEMENT, "citizenName?": str}]},
    f"GET {B}/changes/{{reportDate}}/recipients/{{recipientType}}": {
        "changeStats": [
            {"type": str, "consents": [{"source": str, "pending": int, **COUNTS}]},
        ]
    },
    f"GET {B}/agreements/{{reportDate}}": {
        "processStatus": str,
        "agreementStatus": bool,
        "hashValue?": str,
        "hashMethod?": str,
    },
    f"PUT {B}/agreements/{{reportDate}}": {"agreementCaptured": bool},
    "GET /sps/{iysCode}/brands": [
        {
            "brandCode": int,
            "name": str,
            "master": bool,
            "stats": {"consents": COUNTS, "retailers": {"total": int}},
        }
    ],
    "GET /integrator/{integratorCode}/sps": {
        "pagination": PAGE,
        "list": [{**LINKED, "brandCode": str, "iysCode": str}],
    },
    "GET /integrator/{integratorCode}/sps/{iysCode}": {
        "pagination": PAGE,
        "list": [{**LINKED, "brandCode": int, "iysCode": int}],
    },
    "GET /sps/{iysCode}/subscription": {**SUBSCRIPTION, **LIMITS},
    "GET /integrator/{integratorCode}/subscription": {**SUBSCRIPTION, "iysCode": int},
    f"POST {B}/retailers": {"retailerCode": int},
    f"GET {B}/retailers": {"pagination": {**PAGE, "currentPage": int}, "list": [RETAILER]},
    f"GET {B}/retailers?short=true": {
        "pagination": {**PAGE, "currentPage": int},
        "list": [SHORT_RETAILER],
    },
    f"GET {B}/retailers/{{retailerCode}}": RETAILER,
    f"POST {B}/consents/retailers/access": ADDED,
    f"PUT {B}/consents/retailers/access": int,
    f"POST {B}/consent/retailers/access/list": {"pagination": PAGE, "list": [RETAILER]},
    f"POST {B}/consents/retailers/access/remove": int,
    f"POST {B}/consents/retailers/access/remove/all": int,
    "GET /info/city": [{"code": int, "name": str}],
    "GET /info/city/{code}": {"code": str, "name": str},
    "GET /info/town": [{"code": int, "name": str, "city_code": int}],
    "GET /info/town/{code}": {"code": int, "name": str, "city_code": int},
    f"POST {B}/push/registration": {"message": str},
    f"GET {B}/push/registration": [{"url": str, "type": str, "registerTime": str, "status": str}],
    f"POST {B}/push/unregistration": {"message": str},
    "POST /via/sps/{iysCode}/consent": {"message": {"requestId": str}, "code": str},
    "POST /via/sps/{iysCode}/confirmation": {
        "message": [{**ADDED, "type": str, "brandCode?": str}],
        "code": str,
    },
    "GET /via/sps/{iysCode}/consent/request/{requestId}": {
        "code": str,
        "message": {
            "requestId": str,
            "formId": str,
            "source": str,
            "iysCode": str,
            "recipient": str,
            "recipientType?": str,
            "consentSource": str,
            "requestDate": str,
            "recipientName?": str,
            "recipientIdNumber?": str,
            "lastStatus": {"stage": str, "status": str},
            "requestDetails": [
                {
                    "brandCode?": str,
                    "consentTypeChoice": str,
                    "consentType": str,
                    "operationStatusMessage": str,
                    "transactionId?": str,
                    "consentDate?": str,
                }
            ],
        },
    },
    "refused": {"errors": [PROBLEM]},
}
NOT_JSON = {
    f"GET {B}/agreements/{{reportDate}}/timestamp": "text/plain",
    f"GET {B}/changes/{{reportDate}}/file": "text/csv",
    f"DELETE {B}/retailers/{{retailerCode}}": "text/plain",
}


def expect_shape(answer: Any, shape: Any, place: str = "") -> None:
    """Every member that must be is there, each is of its kind, and no other is there."""
    if isinstance(shape, dict):
        assert isinstance(answer, dict), f"{place}: no object"
        known = {name.removesuffix("?"): kind for name, kind in shape.items()}
        missing = {name for name in shape if not name.endswith("?")} - answer.keys()
        assert not missing and answer.keys() <= known.keys(), f"{place}: {answer.keys()}"
        for name, member in answer.items():
            expect_shape(member, known[name], f"{place}.{name}")
    elif isinstance(shape, list):
        assert isinstance(answer, list), f"{place}: no list"
        for number, member in enumerate(answer):
            expect_shape(member, shape[0], f"{place}[{number}]")
    else:
        is_kind = isinstance(answer, shape) and (shape is not int or not isinstance(answer, bool))
        assert is_kind, f"{place}: {answer!r} is no {shape.__name__}"

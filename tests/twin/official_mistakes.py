"""What is taken where an official schema contradicts its own examples.

`words` is how ops/decisions/0011 names the disagreement; several entries may share a line of it.
"""

from dataclasses import dataclass

from tests.twin.official_shapes import (
    ACCEPTED,
    ADDED,
    BRANDS,
    CHANGES,
    COUNTS,
    IO,
    LEGACY,
    LISTED_RETAILER,
    LOCATED,
    OFFICIAL,
    ONE_LOCATED,
    PROBLEMS,
    STANDING,
    VIA,
    WALL,
    B,
    Shape,
    some,
    texts,
)

Answered = tuple[str, int]
"""An operation and a status."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """`of`: whose answers; `changes`: the kind that is taken, by its place in the schema's.

    A place names members and, for the members of a list, `[]`; `""` is the whole answer. A `?` at
    its end: no longer required.
    """

    words: str
    of: tuple[Answered, ...]
    changes: dict[str, Shape]


def all_with(kind: Shape) -> tuple[Answered, ...]:
    """Whose answers the schema says are of this very kind."""
    return tuple(
        (name, status)
        for name, answers in OFFICIAL.items()
        for status, one in answers.items()
        if one is kind
    )


BULK = (f"POST {B}/consents/request", f"POST /v2{B}/consents/request")
RESULTS = (
    (f"GET {B}/consents/request/{{requestId}}", 200),
    (f"GET /v2{B}/consents/request/{{requestId}}", 200),
)
ONE_RETAILER_OF = ((f"GET {B}/retailers/{{retailerCode}}", 200),)
ACCESS_LIST = ((f"POST {B}/consent/retailers/access/list", 200),)
LINKED_LIST = ((f"GET {IO}/sps", 200),)
SUBSCRIPTION = (("GET /sps/{iysCode}/subscription", 200),)
IO_SUBSCRIPTION = ((f"GET {IO}/subscription", 200),)

PLACE_TEXT = texts("name code")
BRAND = {**BRANDS, **some(stats=some(consents=COUNTS, retailers=some(total=int)))}
IN_LIST = {**LISTED_RETAILER, **some(city=PLACE_TEXT, town=PLACE_TEXT, canBeDeleted=bool)}
PROBLEM = {**texts("code message"), **some(location=list, value=object)}
LOCATION = {"errors.[].location": list, "errors.[].value": object}
ENVELOPE_ITEM = {
    **texts("type brandCode"),
    "transactionId": str,
    "creationDate": WALL,
}
DATES = "Dates have `format` date-time or date"
IN_EXAMPLES = "Named by examples alone"
BY_US = "Named by neither"

MISTAKES = (
    Mistake(DATES, all_with(ADDED), {"creationDate": WALL}),
    Mistake(DATES, ((f"POST {B}/consents/retailers/access", 200),), {"creationDate": WALL}),
    Mistake(DATES, all_with(ACCEPTED), {"subRequests.[].consentDate": WALL}),
    Mistake(DATES, RESULTS, {"[].creationDate": WALL}),
    Mistake(DATES, all_with(STANDING), {"consentDate": WALL, "creationDate": WALL}),
    Mistake(DATES, all_with(CHANGES), {"list.[].consentDate": WALL, "list.[].creationDate": WALL}),
    Mistake("`GET …/brands`, `GET …/retailers`", all_with(BRANDS), {"": [BRAND]}),
    Mistake(
        "`GET …/brands`, `GET …/retailers`", ((f"GET {B}/retailers", 200),), {"list": [IN_LIST]}
    ),
    Mistake("City and town codes", ONE_RETAILER_OF, {"city": PLACE_TEXT, "town": PLACE_TEXT}),
    Mistake(
        "City and town codes",
        ACCESS_LIST,
        {"list.[].city": PLACE_TEXT, "list.[].town": PLACE_TEXT},
    ),
    Mistake(
        "requires `subsciprtionId`",
        SUBSCRIPTION,
        {"subsciprtionId?": str, "subscipritionId": str, "subscriptionId": str},
    ),
    Mistake(
        "`GET /integrator/…/sps`",
        LINKED_LIST,
        {"list.[].brandCode": str, "list.[].iysCode": str},
    ),
    Mistake("`…/subscription`: `iysCode` string", IO_SUBSCRIPTION, {"iysCode": int}),
    Mistake("`GET /info/city/{code}`", (("GET /info/city/{code}", 200),), {"code": str}),
    Mistake("Towns: `cityCode`", (("GET /info/town", 200),), {"[].city_code": int}),
    Mistake("Towns: `cityCode`", (("GET /info/town/{code}", 200),), {"city_code": int}),
    Mistake(
        "`PUT …/agreements`",
        ((f"PUT {B}/agreements/{{reportDate}}", 200),),
        {"agreementCaptured": bool},
    ),
    Mistake("Bulk: `subrequestId`", all_with(ACCEPTED), {"subRequests.[].subRequestId": str}),
    Mistake("Bulk: `subrequestId`", RESULTS, {"[].subRequestId": str}),
    Mistake("`errors` an object", all_with(ONE_LOCATED), {"errors": [PROBLEM]}),
    Mistake("`value` always a string", all_with(LOCATED), {"errors.[].value": object}),
    Mistake("`status`, examples `code`", all_with(LEGACY), {"errors.[].code": str}),
    Mistake("The pull's 204", ((f"GET {B}/consents/changes", 204),), {"": None}),
    Mistake("example the word", ((f"DELETE {B}/retailers/{{retailerCode}}", 200),), {"": str}),
    Mistake(
        "the schema of the request",
        ((f"POST {VIA}/consent", 200),),
        {"": {"message": {"requestId": str}, "code": str}},
    ),
    Mistake(
        "of one item",
        ((f"POST {VIA}/confirmation", 200),),
        {"": {"message": [ENVELOPE_ITEM], "code": str}},
    ),
    Mistake(IN_EXAMPLES, tuple((name, 422) for name in BULK), {"errors.[].index": int}),
    Mistake(IN_EXAMPLES, tuple((name, 403) for name in BULK), {"errors.[].index": int}),
    Mistake(
        IN_EXAMPLES,
        tuple(one for one in all_with(PROBLEMS) if one[1] in (403, 422)),
        LOCATION,
    ),
    Mistake(IN_EXAMPLES, RESULTS, {"[].error": texts("code message")}),
    Mistake(IN_EXAMPLES, ONE_RETAILER_OF, {"status": str}),
    Mistake(IN_EXAMPLES, SUBSCRIPTION, {"viaSubscriptionPackage": dict}),
    Mistake(IN_EXAMPLES, IO_SUBSCRIPTION, {"subscipritionId": str}),
    Mistake(
        IN_EXAMPLES,
        ((f"GET {VIA}/consent/request/{{requestId}}", 200),),
        {
            "message.requestDetails.[].transactionId": str,
            "message.requestDetails.[].consentDate": WALL,
        },
    ),
    Mistake(BY_US, ONE_RETAILER_OF, {"retailerCode": int, "canBeDeleted": bool}),
    Mistake(
        BY_US,
        ACCESS_LIST,
        {
            "list.[].canBeDeleted": bool,
            "list.[].status": str,
            "list.[].tin": str,
            "list.[].retailerAccessCount": int,
        },
    ),
)

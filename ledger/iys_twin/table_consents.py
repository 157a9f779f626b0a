"""The endpoints of consents, pull and days: path, who may ask, what runs, takes and gives."""

from typing import Final

from ledger.iys_twin import bodies, wire
from ledger.iys_twin import consent_endpoints as consents
from ledger.iys_twin import other_endpoints as others
from ledger.iys_twin.calls import Access, Endpoint, endpoint

B: Final = "/sps/{iysCode}/brands/{brandCode}"
V2: Final = f"/v2{B}"
PULL: Final = {
    "source": {"type": "string", "enum": ["HS", "IYS"]},
    "limit": bodies.NUMBER,
    "after": bodies.TEXT,
}


CONSENT_ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    endpoint(
        f"POST {B}/consents",
        consents.add,
        Access.BRAND,
        {200: wire.Added},
        bodies.CONSENT,
        refusals=(400, 422),
    ),
    endpoint(
        f"POST {V2}/consents",
        consents.add_v2,
        Access.BRAND,
        {200: wire.Added},
        bodies.CONSENT,
        refusals=(400, 422),
    ),
    endpoint(
        f"POST {B}/consents/request",
        consents.bulk,
        Access.BRAND,
        {202: wire.BulkAccepted},
        bodies.CONSENTS,
        refusals=(400, 422),
    ),
    endpoint(
        f"POST {V2}/consents/request",
        consents.bulk_v2,
        Access.BRAND,
        {202: wire.BulkAccepted},
        bodies.CONSENTS,
        refusals=(400, 422),
    ),
    endpoint(
        f"GET {B}/consents/request/{{requestId}}",
        consents.bulk_result,
        Access.BRAND,
        {200: list[wire.BulkItem]},
        refusals=(422,),
    ),
    endpoint(
        f"GET {V2}/consents/request/{{requestId}}",
        consents.bulk_result_v2,
        Access.BRAND,
        {200: list[wire.BulkItem]},
        refusals=(422,),
    ),
    endpoint(
        f"POST {B}/consents/status",
        consents.single_status,
        Access.BRAND,
        {200: (wire.Standing, wire.Nothing), 204: None},
        bodies.QUERY,
        refusals=(400, 404, 422),
    ),
    endpoint(
        f"POST {B}/consents/{{recipientType}}/status/{{type}}",
        consents.multi_status,
        Access.BRAND,
        {200: wire.Granted},
        bodies.RECIPIENTS,
        refusals=(400, 422),
    ),
    endpoint(
        f"POST {B}/consents/history",
        consents.history,
        Access.BRAND,
        {200: wire.History},
        bodies.QUERY,
        query=bodies.PAGE,
        refusals=(400, 422),
    ),
    endpoint(
        f"GET {B}/consents/changes",
        consents.changes,
        Access.BRAND,
        {200: wire.Changes, 204: None},
        query=PULL,
        refusals=(422,),
    ),
)

DAY_ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    endpoint(
        f"GET {B}/changes/{{reportDate}}/recipients/{{recipientType}}",
        others.day_summary,
        Access.BRAND,
        {200: wire.DaySummary},
        refusals=(422,),
    ),
    endpoint(
        f"GET {B}/agreements/{{reportDate}}",
        others.agreement,
        Access.BRAND,
        {200: wire.Agreement, 204: None},
        refusals=(422,),
    ),
    endpoint(
        f"PUT {B}/agreements/{{reportDate}}",
        others.agree,
        Access.BRAND,
        {200: wire.AgreementCaptured, 204: None},
        bodies.AGREEMENT,
        refusals=(400, 422),
    ),
    endpoint(
        f"GET {B}/agreements/{{reportDate}}/timestamp",
        others.day_stamp,
        Access.BRAND,
        {200: bytes, 204: None},
        refusals=(422,),
        media=others.TEXT,
    ),
    endpoint(
        f"GET {B}/changes/{{reportDate}}/file",
        others.day_file,
        Access.BRAND,
        {200: bytes, 204: None},
        refusals=(422,),
        media=others.CSV,
    ),
)

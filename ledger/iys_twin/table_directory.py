"""The endpoints of tokens, brands, retailers, places, push and ViA, as `table_consents` has its."""

from typing import Final

from ledger.iys_twin import bodies, wire
from ledger.iys_twin import other_endpoints as others
from ledger.iys_twin import wire_directory as who
from ledger.iys_twin.calls import Access, Endpoint, endpoint
from ledger.iys_twin.table_consents import B

PARTNER: Final = "/integrator/{integratorCode}"
VIA: Final = "/via/sps/{iysCode}"
FLAG: Final = {"type": "string", "enum": ["true", "false"]}


RETAILER_ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    endpoint(
        f"POST {B}/retailers",
        others.create_retailer,
        Access.BRAND,
        {201: who.RetailerCreated},
        bodies.RETAILER,
        refusals=(400,),
    ),
    endpoint(
        f"GET {B}/retailers",
        others.list_retailers,
        Access.BRAND,
        {200: who.Retailers},
        query={**bodies.PAGE, "all": FLAG, "short": FLAG},
        refusals=(422,),
    ),
    endpoint(
        f"GET {B}/retailers/{{retailerCode}}",
        others.one_retailer,
        Access.BRAND,
        {200: (who.Retailer, wire.Nothing)},
    ),
    endpoint(
        f"DELETE {B}/retailers/{{retailerCode}}",
        others.delete_retailer,
        Access.BRAND,
        {200: bytes},
        refusals=(400, 404),
        media=others.TEXT,
    ),
    endpoint(
        f"POST {B}/consents/retailers/access",
        others.give_access,
        Access.BRAND,
        {200: wire.Added},
        bodies.GIVE_ACCESS,
        refusals=(400, 422),
    ),
    endpoint(
        f"PUT {B}/consents/retailers/access",
        others.replace_access,
        Access.BRAND,
        {202: int},
        bodies.LISTED_ACCESS,
        refusals=(400, 422),
    ),
    endpoint(
        f"POST {B}/consent/retailers/access/list",
        others.list_access,
        Access.BRAND,
        {200: who.Retailers},
        bodies.QUERY,
        query=bodies.PAGE,
        refusals=(400, 422),
    ),
    endpoint(
        f"POST {B}/consents/retailers/access/remove",
        others.remove_access,
        Access.BRAND,
        {202: int},
        bodies.LISTED_ACCESS,
        refusals=(400, 404, 422),
    ),
    endpoint(
        f"POST {B}/consents/retailers/access/remove/all",
        others.remove_all_access,
        Access.BRAND,
        {202: int},
        bodies.LISTED,
        refusals=(400, 422),
    ),
)

ACCOUNT_ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    endpoint(
        "POST /oauth2/token",
        others.token,
        Access.OPEN,
        {200: wire.Tokens, 400: wire.TokenRefusal},
        bodies.TOKEN,
    ),
    endpoint("GET /sps/{iysCode}/brands", others.brands, Access.PROVIDER, {200: list[who.Brand]}),
    endpoint(
        "GET /sps/{iysCode}/subscription",
        others.subscription,
        Access.SUBSCRIPTION,
        {200: who.Subscription},
        refusals=(404,),
    ),
    endpoint(
        f"GET {PARTNER}/subscription",
        others.integrator_subscription,
        Access.INTEGRATOR,
        {200: who.Subscription},
        refusals=(400,),
    ),
    endpoint(
        f"GET {PARTNER}/sps",
        others.linked,
        Access.INTEGRATOR,
        {200: who.LinkedBrands},
        query=bodies.PAGE,
        refusals=(400, 422),
    ),
    endpoint(
        f"GET {PARTNER}/sps/{{iysCode}}",
        others.linked_of,
        Access.INTEGRATOR,
        {200: who.LinkedBrands},
        query=bodies.PAGE,
        refusals=(400, 422),
    ),
    endpoint("GET /info/city", others.cities, Access.TOKEN, {200: list[who.City]}),
    endpoint(
        "GET /info/city/{code}",
        others.city,
        Access.TOKEN,
        {200: who.City, 204: None},
        refusals=(400,),
    ),
    endpoint("GET /info/town", others.towns, Access.TOKEN, {200: list[who.Town]}),
    endpoint(
        "GET /info/town/{code}",
        others.town,
        Access.TOKEN,
        {200: who.Town, 204: None},
        refusals=(400,),
    ),
)

PUSH_AND_VIA_ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    endpoint(
        f"POST {B}/push/registration",
        others.register_push,
        Access.BRAND,
        {200: wire.Told},
        bodies.PUSH,
        refusals=(400, 422),
    ),
    endpoint(
        f"GET {B}/push/registration",
        others.list_push,
        Access.BRAND,
        {200: list[wire.PushConnection]},
    ),
    endpoint(
        f"POST {B}/push/unregistration",
        others.unregister_push,
        Access.BRAND,
        {200: wire.Told},
        bodies.UNREGISTER,
        refusals=(400, 422),
    ),
    endpoint(
        f"POST {VIA}/consent",
        others.via_start,
        Access.VIA,
        {200: who.Via},
        bodies.VIA_START,
        refusals=(400,),
    ),
    endpoint(
        f"POST {VIA}/confirmation",
        others.via_confirm,
        Access.VIA,
        {200: who.Via},
        bodies.VIA_CONFIRM,
        refusals=(400,),
    ),
    endpoint(
        f"GET {VIA}/consent/request/{{requestId}}",
        others.via_state,
        Access.VIA,
        {200: who.Via},
        refusals=(400,),
    ),
)

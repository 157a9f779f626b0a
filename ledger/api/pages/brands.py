"""Which brand a page is about: one of those that the key's holder may see."""

from collections.abc import Sequence

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from ledger.api.access import Action, admit
from ledger.api.messages import query_of
from ledger.api.problems import Problem
from ledger.api.service import Service
from ledger.recording.ports import Brand
from ledger.recording.principals import Principal

Asked = tuple[Principal, Sequence[Brand], Brand, dict[str, str]]
"""Who asks, the brands to choose from, the one that is meant, the rest of the query."""


async def asked(request: Request, service: Service, *known: str) -> Asked:
    """What every page begins with; `known`: its own parameters.

    The brand is the one that the query names, or the first. Raises Problem 403 L-ROLE, 422 L-QUERY,
    404 for a brand that is none or out of scope; StoreUnavailable.
    """
    principal = admit(request, Action.OFFICE)
    query = query_of(request, "marka", *known)
    brands = await run_in_threadpool(_brands_of, service, principal)
    wanted = query.pop("marka", None)
    for brand in brands:
        if wanted in (None, str(brand.brand_code)):
            return principal, brands, brand, query
    raise Problem(404, "L-NOT-FOUND")


def _brands_of(service: Service, principal: Principal) -> list[Brand]:
    """The brands within the scope of a key, by provider and number."""
    ledgers = service.ledgers
    codes = ledgers.iys_codes() if principal.iys_code is None else [principal.iys_code]
    return [
        brand
        for code in codes
        for brand in ledgers.brands(code)
        if principal.brands is None or brand.brand_code in principal.brands
    ]

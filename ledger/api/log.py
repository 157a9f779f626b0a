"""The log as anybody may read it (c2sp.org/tlog-tiles): checkpoint and hash tiles without a key,
entries for auditors.

Of one provider `/v1/log/…`; of several each under its number, `/v1/log/123456/…`.
"""

from collections.abc import Sequence
from typing import Final, Protocol

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from ledger.api.access import Action, admit
from ledger.api.log_paths import ENTRIES, LOG
from ledger.api.messages import query_of
from ledger.api.operations import operation
from ledger.api.problems import Problem
from ledger.api.service import Service
from ledger.api.turns import Lane
from ledger.evidence.log_book import LogBook
from ledger.evidence.log_ports import LogStore
from ledger.evidence.refusals import ProofRefused
from ledger.evidence.tile_files import TILE_WIDTH, EntryBundle, Tile, encode_entries
from ledger.vocabulary import IysCode

AT_ONCE: Final = 2
WAITING_MAX: Final = 200
"""Of those without a key: nobody else waits behind them, however many they are."""
TEXT: Final = "text/plain; charset=utf-8"
BYTES: Final = "application/octet-stream"
IYS_CODE: Final = {
    "name": "iys_code",
    "in": "path",
    "required": True,
    "schema": {"type": "integer", "minimum": 1, "maximum": 2**53 - 1},
}
PLACE: Final = {
    "name": "place",
    "in": "path",
    "required": True,
    "description": "0/x001/234 · 0/x001/234.p/7",
    "schema": {"type": "string", "pattern": "^[0-9x/.p]{1,40}$"},
}
TEXT_MEDIA: Final = {"text/plain": {"schema": {"type": "string"}}}
BYTES_MEDIA: Final = {BYTES: {"schema": {"type": "string", "format": "binary"}}}


class LoggedProviders(Protocol):
    """Whose logs are shown."""

    def iys_codes(self) -> Sequence[IysCode]:
        """Every provider's number."""

    def log_store(self, iys_code: IysCode) -> LogStore:
        """One provider's log. Raises NotFound."""


def router(service: Service) -> APIRouter:
    """The endpoints."""
    providers: LoggedProviders = service.ledgers
    routes = APIRouter(prefix=LOG, tags=["log"])
    lane = Lane(AT_ONCE, waiting_max=WAITING_MAX)

    async def checkpoint(request: Request) -> Response:
        query_of(request)
        return await lane.run(_checkpoint, providers, _code(request))

    async def tile(request: Request) -> Response:
        query_of(request)
        place = request.path_params["place"]
        return await lane.run(_tile, providers, _code(request), place)

    async def entries(request: Request) -> Response:
        principal = admit(request, Action.READ_LOG)
        query_of(request)
        named = _code(request) or principal.iys_code
        code = await run_in_threadpool(_only, providers, named)
        if principal.iys_code not in (None, code):
            raise Problem(404, "L-NOT-FOUND")
        return await run_in_threadpool(_entries, providers, code, request.path_params["place"])

    for prefix, parameters in (("", ()), ("/{iys_code:int}", (IYS_CODE,))):
        shown = operation(
            "Son kontrol noktası / the last checkpoint",
            media=TEXT_MEDIA,
            parameters=parameters,
            is_open=True,
        )
        routes.get(f"{prefix}/checkpoint", **shown)(checkpoint)
        read = operation(
            "Kayıtlar, denetçi için / entries, for auditors",
            media=BYTES_MEDIA,
            parameters=(*parameters, PLACE),
            in_brand=False,
        )
        routes.get(f"{prefix}/tile/{ENTRIES}{{place:path}}", **read)(entries)
        hashes = operation(
            "Özet karosu / a tile of hashes",
            media=BYTES_MEDIA,
            parameters=(*parameters, PLACE),
            is_open=True,
        )
        routes.get(f"{prefix}/tile/{{place:path}}", **hashes)(tile)
    return routes


def _code(request: Request) -> IysCode | None:
    code: int | None = request.path_params.get("iys_code")
    return None if code is None else IysCode(code)


def _only(providers: LoggedProviders, code: IysCode | None) -> IysCode:
    """The provider named, or the only one there is. Raises Problem."""
    kept = providers.iys_codes()
    if code is None and len(kept) == 1:
        return kept[0]
    if code not in kept or code is None:
        raise Problem(404, "L-NOT-FOUND")
    return code


def _checkpoint(providers: LoggedProviders, code: IysCode | None) -> Response:
    shown = providers.log_store(_only(providers, code)).last_checkpoint()
    if shown is None:
        raise Problem(404, "L-NOT-FOUND")
    return Response(shown.encode(), media_type=TEXT)


def _tile(providers: LoggedProviders, code: IysCode | None, place: str) -> Response:
    try:
        wanted = Tile.parse(f"tile/{place}")
    except ProofRefused:
        raise Problem(404, "L-NOT-FOUND") from None
    hashes = LogBook(providers.log_store(_only(providers, code))).tile(wanted)
    if hashes is None:
        raise Problem(404, "L-NOT-FOUND")
    return Response(hashes, media_type=BYTES)


def _entries(providers: LoggedProviders, code: IysCode, place: str) -> Response:
    try:
        wanted = EntryBundle.parse(f"tile/{ENTRIES}{place}")
    except ProofRefused:
        raise Problem(404, "L-NOT-FOUND") from None
    store = providers.log_store(code)
    first = TILE_WIDTH * wanted.index
    # What no checkpoint vouches for yet is not shown.
    shown = store.last_checkpoint()
    if shown is None or first + wanted.width > shown.tree.size:
        raise Problem(404, "L-NOT-FOUND")
    states = store.entries(first, first + wanted.width)
    return Response(encode_entries(states), media_type=BYTES)

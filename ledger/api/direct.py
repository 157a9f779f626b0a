"""The way past the framework: endpoints that take a request and give a response are called so.

FastAPI's routes, stacks and telemetry took most of the time of a look-up. It still documents every
endpoint, and serves whatever is not found here.
"""

from collections.abc import Awaitable, Callable, Iterable
from typing import Final

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from ledger.api.problems import Problem, handle_error, handle_problem
from ledger.errors import LedgerError

Endpoint = Callable[[Request], Awaitable[Response]]

BRAND: Final = "/v1/brands/{brand_code:int}"
BRAND_PREFIX: Final = "/v1/brands/"
DIGITS_MAX: Final = 16


class Direct:
    """ASGI: calls the endpoint of a path that has no parameter but the brand."""

    def __init__(self, app: ASGIApp, routes: Iterable[object]) -> None:
        self._app = app
        self._endpoints: dict[tuple[str, str], Endpoint] = {
            (method, route.path): route.endpoint
            for route in routes
            if isinstance(route, APIRoute) and "{" not in route.path.removeprefix(BRAND)
            for method in route.methods or ()
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        endpoint = self._endpoint(scope) if scope["type"] == "http" else None
        if endpoint is None:
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            response = await endpoint(request)
        except Problem as refused:
            response = await handle_problem(request, refused)
        except LedgerError as error:
            response = await handle_error(request, error)
        await response(scope, receive, send)

    def _endpoint(self, scope: Scope) -> Endpoint | None:
        path: str = scope["path"]
        if path.startswith(BRAND_PREFIX):
            code, _, rest = path[len(BRAND_PREFIX) :].partition("/")
            if not (code.isascii() and code.isdigit() and len(code) <= DIGITS_MAX):
                return None
            scope["path_params"] = {"brand_code": int(code)}
            path = f"{BRAND}/{rest}"
        endpoint = self._endpoints.get((scope["method"], path))
        if endpoint is not None:
            scope["state"]["route"] = path
        return endpoint

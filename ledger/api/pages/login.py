"""The way into the office and out of it."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qs

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ledger.api.access import ALLOWED, Action
from ledger.api.bodies import Headers
from ledger.api.pages.door import COOKIE, expect_own_form, is_secure
from ledger.api.pages.paths import DUE, LOG_IN, LOG_OUT, OFFICE, STYLE
from ledger.api.pages.rendering import page, style
from ledger.api.service import Service
from ledger.recording.principals import Principal

FIELD: Final = "anahtar"

Find = Callable[[str], Awaitable[Principal | None]]


def router(service: Service) -> APIRouter:
    """The pages that ask for no key, and the door that leads to the first that does."""
    routes = APIRouter(include_in_schema=False)

    @routes.get(LOG_IN)
    async def show(request: Request) -> Response:
        return _form()

    @routes.post(LOG_IN)
    async def enter(request: Request) -> Response:
        headers = _headers(request)
        expect_own_form(headers)
        fields = parse_qs((await request.body()).decode("utf-8", "replace"))
        key = fields.get(FIELD, [""])[0].strip()
        find: Find = request.scope["state"]["find"]
        principal = await find(key)
        if principal is None or principal.role not in ALLOWED[Action.OFFICE]:
            return _form(is_refused=True)
        answer = RedirectResponse(DUE, HTTPStatus.SEE_OTHER)
        answer.set_cookie(
            COOKIE,
            key,
            path=OFFICE,
            httponly=True,
            samesite="strict",
            secure=is_secure(headers, request.url.scheme),
        )
        return answer

    @routes.post(LOG_OUT)
    async def leave(request: Request) -> Response:
        expect_own_form(_headers(request))
        answer = RedirectResponse(LOG_IN, HTTPStatus.SEE_OTHER)
        answer.delete_cookie(COOKIE, path=OFFICE)
        return answer

    @routes.get(STYLE)
    async def looks(request: Request) -> Response:
        return Response(style(), media_type="text/css; charset=utf-8")

    @routes.get(OFFICE)
    async def first(request: Request) -> Response:
        return RedirectResponse(DUE, HTTPStatus.SEE_OTHER)

    return routes


def _headers(request: Request) -> Headers:
    return dict(request.scope["headers"])


def _form(*, is_refused: bool = False) -> Response:
    status = HTTPStatus.FORBIDDEN if is_refused else HTTPStatus.OK
    return page("login", status, title="Giriş", brands=(), is_refused=is_refused, field=FIELD)

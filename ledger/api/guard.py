"""Before the service sees a request: who asks, how much, how fast; and what nobody may send."""

import asyncio
import binascii
import re
import secrets
from base64 import b64decode
from collections.abc import Callable, Mapping
from functools import partial
from itertools import count
from typing import Final, NamedTuple

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from ledger import clock
from ledger.api.bodies import (
    METHODS,
    WITHOUT_BODY,
    BodyRule,
    BodyRules,
    Headers,
    Refusal,
    misframed,
    refusal_of_body,
    refusal_without_body,
)
from ledger.api.exchange import Exchange
from ledger.api.limits import Allowance, Limits, too_fast
from ledger.api.log_paths import is_open
from ledger.api.pages.door import FORM_RULE, key_of, the_way_in
from ledger.api.pages.paths import is_open_page, is_page
from ledger.api.problems import RETRY_SECONDS, Problem, note_failure
from ledger.errors import StoreUnavailable
from ledger.recording.principals import Keys, KeysStale, Principal

OPEN_PATHS: Final = frozenset({"/healthz", "/readyz", "/openapi.json"})
"""What asks for no key; everything else does, whether it exists or not."""
TOKEN_BYTES_MAX: Final = 200
BUSY_SECONDS: Final = 1

_PLAIN_PATH: Final = re.compile(rb"(?!/v1/brands/0)(?:/[A-Za-z0-9][A-Za-z0-9._:-]*)+")
"""No %, no empty part, no dots, no brand with noughts before it: what has no second spelling cannot
be misread by anybody."""
_REQUEST_ID: Final = re.compile(rb"(?=[A-Za-z0-9._-]{1,64}\Z)(?!.*(?:[0-9][._-]*){7}).*")
"""Nothing with seven digits in a row, whatever stands between them: it is kept, and might hold a
telephone number."""


class Door(NamedTuple):
    """A path where a user name and a password let in (RFC 7617), shown to `keys` as one text."""

    keys: Keys
    rule: BodyRule


class Guard:
    """ASGI middleware. Nothing of a body is read for a caller without a key, but the short form of
    one who logs in to the pages. `doors`: of paths where no key lets in.

    `on_end` is told of each request: its scope, the status answered, the seconds it took.
    The endpoints find in `scope["state"]`: `principal`, `allowance`, `limits`, `request_id`, and
    `readmit`, which asks again whether the key still lets in, after an upload that took hours; the
    pages without a key `find`, which says whose key a text is.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        keys: Keys,
        limits: Limits | None = None,
        open_paths: frozenset[str] = OPEN_PATHS,
        doors: Mapping[str, Door] | None = None,
        on_end: Callable[[Scope, int, float], None] = lambda scope, status, seconds: None,
        steady_seconds: Callable[[], float] = clock.steady_seconds,
    ) -> None:
        self._app = app
        self._keys = keys
        self._limits = limits or Limits()
        self._rules = BodyRules(self._limits)
        self._open_paths = open_paths
        self._doors = doors or {}
        self._on_end = on_end
        self._steady_seconds = steady_seconds
        self._allowances: dict[str, Allowance] = {}
        self._in_flight = 0
        self._refreshing: dict[Keys, asyncio.Future[None]] = {}
        # Told apart from those of other processes and earlier runs.
        self._request_ids = map((secrets.token_hex(6) + "-%x").__mod__, count(1))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Judge one request and, if it passes, watch it."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        headers: Headers = dict(reversed(scope["headers"]))  # of two, readers take the first
        shown = headers.get(b"x-request-id")
        known = shown is not None and _REQUEST_ID.fullmatch(shown) is not None
        request_id = shown.decode() if known and shown else next(self._request_ids)
        structlog.contextvars.bind_contextvars(request_id=request_id)
        state = scope.setdefault("state", {})
        state["request_id"] = request_id
        began = self._steady_seconds()
        exchange = Exchange(scope, receive, send, request_id)
        try:
            await self._pass_on(scope, headers, exchange)
        except Problem as refused:
            exchange.refuse(refused)
        except Exception as error:  # noqa: BLE001  # named recovery: L-FAILED, and a line in the log
            if not (exchange.gone or exchange.is_refused):
                note_failure(error)
                exchange.refuse(Problem(500, "L-FAILED"))
        try:
            await exchange.finish()
        finally:
            self._on_end(scope, exchange.status, self._steady_seconds() - began)

    async def _pass_on(self, scope: Scope, headers: Headers, exchange: Exchange) -> None:
        self._expect_sound(scope, headers)
        path, state = scope["path"], scope["state"]
        if path in self._open_paths or is_open(path):
            _expect(refusal_without_body(headers))
            await self._app(scope, exchange.receive, exchange.send)
            return
        if is_open_page(path):
            self._admit_body(scope["method"], headers, exchange, FORM_RULE)
            state["find"] = partial(self._find, self._keys)
            await self._app(scope, exchange.receive, exchange.send)
            return
        door = self._doors.get(path)
        if is_page(path):
            admit, rule = partial(self._officer, headers), FORM_RULE
        else:
            admit = partial(self._principal, headers, door)
            rule = self._rules.of(path) if door is None else door.rule
        principal = await admit()
        allowance = self._allowance(principal)
        self._admit_body(scope["method"], headers, exchange, rule)
        state["principal"], state["allowance"], state["limits"] = principal, allowance, self._limits
        state["readmit"] = admit
        self._in_flight += 1
        allowance.in_flight += 1
        try:
            await self._app(scope, exchange.receive, exchange.send)
        finally:
            self._in_flight -= 1
            allowance.in_flight -= 1

    def _admit_body(
        self, method: str, headers: Headers, exchange: Exchange, rule: BodyRule
    ) -> None:
        if method in WITHOUT_BODY:
            _expect(refusal_without_body(headers))
        else:
            _expect(refusal_of_body(headers, rule))
            exchange.watch(rule, self._limits, is_text=b"content-encoding" not in headers)

    def _expect_sound(self, scope: Scope, headers: Headers) -> None:
        limits = self._limits
        if len(scope["headers"]) > limits.headers_max:
            raise Problem(431, "L-HEADERS")
        path = scope["raw_path"]
        if len(path) > limits.path_bytes_max or len(scope["query_string"]) > limits.query_bytes_max:
            raise Problem(414, "L-URL")
        if misframed(headers):
            raise Problem(400, "L-FRAMING", headers={"Connection": "close"})
        if not _PLAIN_PATH.fullmatch(path):
            raise Problem(400, "L-URL")
        if scope["method"] not in METHODS:
            raise Problem(405, "L-METHOD", headers={"Allow": ", ".join(sorted(METHODS))})

    async def _principal(self, headers: Headers, door: Door | None) -> Principal:
        keys = self._keys if door is None else door.keys
        principal = await self._find(keys, _shown(headers, is_key=door is None))
        if principal is None:
            raise _not_let_in(is_key=door is None)
        return principal

    async def _officer(self, headers: Headers) -> Principal:
        principal = await self._find(self._keys, key_of(headers))
        if principal is None:
            raise the_way_in()
        return principal

    async def _find(self, keys: Keys, text: str) -> Principal | None:
        try:
            try:
                principal = keys.find(text)
            except KeysStale:
                await asyncio.shield(self._refresh(keys))
                principal = keys.find(text)
        except StoreUnavailable as error:
            raise Problem(
                503, "L-UNAVAILABLE", headers={"Retry-After": str(RETRY_SECONDS["L-UNAVAILABLE"])}
            ) from error
        if keys.is_aging():
            self._refresh(keys)
        return principal

    def _refresh(self, keys: Keys) -> "asyncio.Future[None]":
        """The reading of the keys that is under way, or a new one; in another thread."""
        refreshing = self._refreshing.get(keys)
        if refreshing is None or refreshing.done():
            loop = asyncio.get_running_loop()
            refreshing = self._refreshing[keys] = loop.run_in_executor(None, keys.refresh)
            # Nobody may be waiting for it: a failure shows when the keys are too old.
            refreshing.add_done_callback(lambda done: done.cancelled() or done.exception())
        return refreshing

    def _allowance(self, principal: Principal) -> Allowance:
        """What the key may still ask. Raises Problem."""
        allowance = self._allowances.get(principal.key_id)
        if allowance is None:
            allowance = Allowance(self._limits, steady_seconds=self._steady_seconds)
            self._allowances[principal.key_id] = allowance
        wait_seconds = allowance.take_request()
        if wait_seconds:
            raise too_fast(wait_seconds)
        limits = self._limits
        if (
            self._in_flight >= limits.in_flight_max
            or allowance.in_flight >= limits.in_flight_per_key_max
        ):
            raise Problem(503, "L-BUSY", headers={"Retry-After": str(BUSY_SECONDS)})
        return allowance


def _expect(refusal: Refusal | None) -> None:
    if refusal is not None:
        raise Problem(*refusal)


def _shown(headers: Headers, *, is_key: bool) -> str:
    """What the caller shows: a key, or a user name and a password. Raises Problem: 401 L-KEY."""
    kind, _, token = headers.get(b"authorization", b"").partition(b" ")
    wanted = b"bearer" if is_key else b"basic"
    if kind.lower() != wanted or not 0 < len(token) <= TOKEN_BYTES_MAX:
        raise _not_let_in(is_key=is_key)
    if is_key:
        return token.decode("latin-1")
    try:
        return b64decode(token, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise _not_let_in(is_key=False) from None


def _not_let_in(*, is_key: bool) -> Problem:
    scheme = "Bearer" if is_key else "Basic"
    return Problem(401, "L-KEY", headers={"WWW-Authenticate": f'{scheme} realm="izin"'})

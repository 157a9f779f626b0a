"""What an endpoint is, what it gets and what it gives back."""

from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum
from typing import Any

import msgspec

from ledger.iys_twin.engine import Twin
from ledger.iys_twin.times import Wall
from ledger.iys_twin.tokens import User
from ledger.iys_twin.world import Brand

JSON = "application/json"


class Access(StrEnum):
    """Who may ask, and what is checked before an endpoint runs (iys/api.md §18.2)."""

    OPEN = "open"
    """Nobody's token is needed."""
    TOKEN = "token"  # noqa: S105 - no password
    """Any token."""
    SUBSCRIPTION = "subscription"
    """The provider's, even where its subscription rests."""
    PROVIDER = "provider"
    BRAND = "brand"
    INTEGRATOR = "integrator"
    VIA = "via"


class Call(msgspec.Struct, frozen=True):
    """One request that got through the checks; `user` and `brand` as far as `Access` says."""

    twin: Twin
    now: Wall
    caller: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Any
    endpoint: str
    user: User | None = None
    brand: Brand | None = None

    @property
    def whose(self) -> User:
        """Who asks."""
        assert self.user is not None
        return self.user

    @property
    def of(self) -> Brand:
        """The brand of the path."""
        assert self.brand is not None
        return self.brand


class Answer(msgspec.Struct, frozen=True):
    """What goes back: JSON unless `media` says otherwise; no body for None."""

    body: Any = None
    status: int = 200
    media: str = JSON


Run = Callable[[Call], Answer] | Callable[[Call], Awaitable[Answer]]


class Endpoint(msgspec.Struct, frozen=True):
    """One endpoint of İYS.

    `answers`: shapes by status, several in a tuple; `asks`: JSON Schema of its body.
    """

    method: str
    path: str
    run: Run
    access: Access
    answers: Mapping[int, Any]
    asks: Mapping[str, Any] | None = None
    query: Mapping[str, Mapping[str, Any]] = {}
    refusals: tuple[int, ...] = ()
    media: str = JSON

    @property
    def name(self) -> str:
        """`POST /path…`: as faults name it."""
        return f"{self.method} {self.path}"


def endpoint(
    line: str,
    run: Run,
    access: Access,
    answers: dict[int, Any],
    asks: dict[str, Any] | None = None,
    *,
    query: dict[str, dict[str, Any]] | None = None,
    refusals: tuple[int, ...] = (),
    media: str = JSON,
) -> Endpoint:
    """One row of the table. `line`: method and path."""
    method, path = line.split(" ", 1)
    return Endpoint(method, path, run, access, answers, asks, query or {}, refusals, media)

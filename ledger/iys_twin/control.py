"""The control API under `/_twin`: recipients, clock, faults, subscription, snapshot. No token.

It is for whoever runs the twin and answers on the same port, which by default only this machine
reaches. What it cannot do is answered with 422, `field` and `reason`.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ledger.iys_twin import recipients
from ledger.iys_twin.clock import ClockRefused
from ledger.iys_twin.consents import transaction_id
from ledger.iys_twin.engine import Twin
from ledger.iys_twin.faults import FaultRefused
from ledger.iys_twin.fields import INDIVIDUAL
from ledger.iys_twin.openapi import document
from ledger.iys_twin.reading import BodyTooLarge, read_body
from ledger.iys_twin.recipients import How, MoveRefused
from ledger.iys_twin.refusals import Refused, TwinError
from ledger.iys_twin.settings import CHOICES, CODE_MAX
from ledger.iys_twin.snapshot import write_snapshot
from ledger.iys_twin.status import state_of
from ledger.iys_twin.times import NoSuchTime, NotATime, instant_of, text_of, wall_of
from ledger.iys_twin.tsa import StampFailed
from ledger.iys_twin.world import Brand

PREFIX: Final = "/_twin"
BODY_BYTES_MAX: Final = 64 * 1024
DAYS_MAX: Final = 366

Path = Mapping[str, str]
Run = Callable[[Twin, bytes, Path], object]
Body = TypeVar("Body", bound=msgspec.Struct)


class ControlRefused(TwinError):
    """The control API cannot do that."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class _Shape(msgspec.Struct, rename="camel", forbid_unknown_fields=True, frozen=True):
    pass


class ClockBody(_Shape, frozen=True):
    """Exactly one of them; `speed` 0 freezes."""

    speed: float | None = None
    set_to: str | None = msgspec.field(name="set", default=None)
    advance_seconds: float | None = None


class MoveBody(_Shape, frozen=True):
    """What a recipient does; for a closed line only the number counts."""

    how: str
    recipient: str
    brand_code: int | None = None
    channel: str = msgspec.field(name="type", default="MESAJ")
    recipient_type: str = INDIVIDUAL
    consent_status: str = msgspec.field(name="status", default="RET")
    citizen_name: str | None = None


class FaultBody(_Shape, frozen=True):
    """A fault; see `faults.FaultKind`."""

    kind: str
    endpoint: str | None = None
    code: str | None = None
    seconds: float = 0.0
    times: int | None = None
    minutes: float | None = None


class ProviderBody(_Shape, frozen=True):
    """What changes about the provider; what is absent stays."""

    subscription_status: str | None = None
    package_has_api: bool | None = None
    consent_limit: int | None = None
    consent_limit_exceed: bool | None = None
    via_credit: int | None = None


class LinkBody(_Shape, frozen=True):
    """How the recipient answers a ViA link."""

    consent_status: str = msgspec.field(name="status")


def control_routes(twin: Twin) -> list[Route]:
    """The routes of the control API."""
    rows: tuple[tuple[str, str, Run], ...] = (
        ("POST", "/clock", _clock),
        ("POST", "/movements", _move),
        ("POST", "/faults", _fault),
        ("DELETE", "/faults", _no_faults),
        ("POST", "/provider", _provider),
        ("POST", "/snapshot", _snapshot),
        ("GET", "/via/{requestId}", _otps),
        ("POST", "/via/{requestId}", _open_link),
        ("GET", "/state", lambda twin, body, path: state_of(twin)),
        ("GET", "/openapi.json", lambda twin, body, path: document()),
    )
    routes = [Route(PREFIX + path, _route(twin, run), methods=[m]) for m, path, run in rows]

    async def root(_: Request) -> Response:
        try:
            return Response(twin.authority.root(), media_type="application/x-pem-file")
        except StampFailed as error:
            return _json({"field": "", "reason": str(error)}, 422)

    return [*routes, Route(f"{PREFIX}/tsa.pem", root, methods=["GET"])]


def _route(twin: Twin, run: Run) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        try:
            body = await read_body(request, BODY_BYTES_MAX)
        except BodyTooLarge as error:
            return _json({"field": "", "reason": str(error)}, 422)
        return _answer(lambda: run(twin, body, request.path_params))

    return answer


def _answer(run: Callable[[], object]) -> Response:
    try:
        return _json(run(), 200)
    except (ControlRefused, MoveRefused, FaultRefused) as refused:
        return _json({"field": refused.field, "reason": refused.reason}, 422)
    except (ClockRefused, Refused) as refused:
        return _json({"field": "", "reason": str(refused)}, 422)


def _json(body: object, status: int) -> Response:
    return Response(msgspec.json.encode(body), status, media_type="application/json")


def _read(body: bytes, kind: type[Body]) -> Body:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise ControlRefused("", str(error)) from error


def _clock(twin: Twin, body: bytes, path: Path) -> object:
    asked = _read(body, ClockBody)
    if sum(one is not None for one in (asked.speed, asked.set_to, asked.advance_seconds)) != 1:
        raise ControlRefused("", "one of speed, set, advanceSeconds")
    if asked.speed is not None:
        twin.clock.run(asked.speed)
    elif asked.advance_seconds is not None:
        if not 0 <= asked.advance_seconds <= DAYS_MAX * 86_400:
            raise ControlRefused("advanceSeconds", f"0..{DAYS_MAX} days")
        twin.clock.advance(asked.advance_seconds)
    else:
        try:
            twin.clock.set(instant_of(wall_of(asked.set_to or "")))
        except (NotATime, NoSuchTime, OverflowError) as error:
            raise ControlRefused("set", "YYYY-MM-DD hh:mm:ss") from error
    return {"now": text_of(twin.now()), "speed": twin.clock.speed}


def _move(twin: Twin, body: bytes, path: Path) -> object:
    asked = _read(body, MoveBody)
    now = twin.now()
    if asked.how not in set(How):
        raise ControlRefused("how", f"one of {', '.join(How)}")
    how = How(asked.how)
    if how is How.LINE_CLOSED:
        moved = recipients.close_line(twin.world, asked.recipient, now)
    else:
        brand = _brand(twin, asked.brand_code)
        movement = recipients.move(
            brand,
            how,
            recipient=asked.recipient,
            recipient_type=asked.recipient_type,
            channel=asked.channel,
            consent_status=asked.consent_status,
            citizen_name=asked.citizen_name,
            now=now,
        )
        moved = [(brand, movement)]
    for brand, movement in moved:
        twin.announce(brand, movement)
    return {
        "creationDate": text_of(now),
        "transactionIds": [transaction_id(brand.code, one) for brand, one in moved],
    }


def _brand(twin: Twin, brand_code: int | None) -> Brand:
    found = twin.world.brands.get(brand_code or twin.settings.iys_code)
    if found is None:
        raise ControlRefused("brandCode", "no such brand")
    return found


def _fault(twin: Twin, body: bytes, path: Path) -> object:
    asked = _read(body, FaultBody)
    twin.faults.add(
        asked.kind,
        now=twin.now(),
        endpoint=asked.endpoint,
        code=asked.code,
        seconds=asked.seconds,
        times=asked.times,
        minutes=asked.minutes,
    )
    return twin.faults.report()


def _no_faults(twin: Twin, body: bytes, path: Path) -> object:
    twin.faults.clear()
    return twin.faults.report()


def _provider(twin: Twin, body: bytes, path: Path) -> object:
    asked = _read(body, ProviderBody)
    state = asked.subscription_status
    if state is not None and state not in CHOICES["subscription_status"]:
        raise ControlRefused("subscriptionStatus", ", ".join(CHOICES["subscription_status"]))
    for name in ("consent_limit", "via_credit"):
        number = getattr(asked, name)
        if number is not None and not 0 <= number <= CODE_MAX:
            raise ControlRefused(name, f"0..{CODE_MAX}")
    for name in ProviderBody.__struct_fields__:
        if getattr(asked, name) is not None:
            setattr(twin.world, name, getattr(asked, name))
    return state_of(twin)


def _snapshot(twin: Twin, body: bytes, path: Path) -> object:
    if twin.snapshot_file is None:
        raise ControlRefused("", "the twin runs without a snapshot file")
    return {"bytes": write_snapshot(twin.world, twin.snapshot_file)}


def _otps(twin: Twin, body: bytes, path: Path) -> object:
    return twin.via.find(path["requestId"]).otps


def _open_link(twin: Twin, body: bytes, path: Path) -> object:
    asked = _read(body, LinkBody)
    now = twin.now()
    request = twin.via.find(path["requestId"])
    twin.via.show(request, now)
    if request.is_otp or request.stage == "COMPLETED":
        raise ControlRefused("", "no link that is open")
    if asked.consent_status not in ("ONAY", "RET"):
        raise ControlRefused("status", "ONAY or RET")
    titles = frozenset(request.otps)
    grants = asked.consent_status == "ONAY"
    return twin.via.complete(request, now, titles=titles, grants=grants)

"""What is checked before an endpoint runs, in this order (iys/api.md §18.2).

Calls per second, JSON, token, numbers in the path, the codes in the token, the subscription, the
endpoint's own limit.
"""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec

from ledger.iys_twin.calls import Access, Call, Endpoint
from ledger.iys_twin.directory import expect_subscription
from ledger.iys_twin.engine import Twin
from ledger.iys_twin.refusals import Refused, refusal
from ledger.iys_twin.times import Wall
from ledger.iys_twin.tokens import User, token_refusal
from ledger.iys_twin.via_checks import via_refusal

FORM: Final = "application/x-www-form-urlencoded"
BEARER: Final = "Bearer "
FORM_FIELDS_MAX: Final = 20
CODE_DIGITS_MAX: Final = 16
NOT_YOURS: Final = "{}, kullanıcı izinleriyle eşleştirilemiyor"
NOT_JSON: Final = "Gönderilen istek json formatına uygun değil!"
_NUMBERED: Final = (("iysCode", "H190"), ("integratorCode", "H190"), ("brandCode", "H191"))
_NO_SUBSCRIPTION: Final = frozenset(
    {Access.OPEN, Access.TOKEN, Access.INTEGRATOR, Access.SUBSCRIPTION}
)


class Arrived(msgspec.Struct, frozen=True):
    """A request as the HTTP shell read it."""

    caller: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    authorization: str
    content_type: str
    body: bytes


def admit(twin: Twin, endpoint: Endpoint, arrived: Arrived, now: Wall) -> Call:
    """The call of a request that may run. Raises Refused."""
    twin.quotas.expect_request(arrived.caller, twin.real_seconds())
    has_form = endpoint.access is Access.OPEN and arrived.content_type.startswith(FORM)
    takes_body = endpoint.asks is not None
    body = (_form if has_form else _json)(endpoint, arrived.body) if takes_body else None
    call = Call(
        twin, now, arrived.caller, arrived.path, arrived.query, body, endpoint=endpoint.name
    )
    if endpoint.access is Access.OPEN:
        return call
    is_via = endpoint.access is Access.VIA
    user = _user(twin, arrived.authorization, now, is_via=is_via)
    _expect_numbers(arrived.path)
    brand = _expect_rights(twin, endpoint.access, arrived.path, user)
    if endpoint.access not in _NO_SUBSCRIPTION:
        expect_subscription(twin.world, user)
    elif endpoint.access is Access.SUBSCRIPTION and not twin.world.package_has_api:
        raise refusal("H586")
    return msgspec.structs.replace(call, user=user, brand=brand)


def _json(endpoint: Endpoint, body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise unreadable(endpoint) from error


def unreadable(endpoint: Endpoint) -> Refused:
    """The refusal of a body that is too large, or no JSON, or no form where that is taken."""
    match endpoint.access:
        case Access.OPEN:
            return token_refusal("invalid_request", NOT_JSON)
        case Access.VIA:
            return via_refusal("H1016")
    is_table = endpoint.path.endswith(("/history", "/status/{type}", "/push/registration"))
    return refusal("H014", message=None if is_table else NOT_JSON)


def _form(endpoint: Endpoint, body: bytes) -> Any:
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=FORM_FIELDS_MAX)
    except ValueError as error:
        raise unreadable(endpoint) from error
    return dict(pairs)


def _user(twin: Twin, authorization: str, now: Wall, *, is_via: bool) -> User:
    found = None
    if authorization.startswith(BEARER):
        found = twin.tokens.reader(authorization.removeprefix(BEARER), now)
    if found is None:
        raise via_refusal("H1045") if is_via else refusal("H351")
    return found


def _expect_numbers(path: Mapping[str, str]) -> None:
    for name, code in _NUMBERED:
        text = path.get(name)
        if text is not None and not is_code_text(text):
            raise refusal(code, name, value=text)


def is_code_text(text: str) -> bool:
    """Whether a part of the path is a code."""
    return text.isascii() and text.isdigit() and len(text) <= CODE_DIGITS_MAX


def _expect_rights(twin: Twin, access: Access, path: Mapping[str, str], user: User) -> Any:
    world = twin.world
    if access is Access.INTEGRATOR:
        wanted = int(path["integratorCode"])
        if user.is_integrator and wanted != user.iys_code:
            raise _not_yours("integratorIysCode")
    iys_code = path.get("iysCode")
    if iys_code is not None and int(iys_code) != world.settings.iys_code:
        if access is Access.VIA:
            raise via_refusal("H1040", "iysCode")
        raise _not_yours("iysCode")
    if "brandCode" not in path:
        return None
    brand = world.brands.get(int(path["brandCode"]))
    if brand is None or brand.code not in user.brand_codes:
        raise _not_yours("brandCode")
    return brand


def _not_yours(name: str) -> Refused:
    return refusal("H353", message=NOT_YOURS.format(name))

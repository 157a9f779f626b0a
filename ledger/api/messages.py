"""Bodies in, answers out: JSON of known members, whose faults are named and never repeated."""

import re
from collections.abc import Mapping
from typing import Final, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from ledger.api.items import nearest
from ledger.api.problems import Problem

Body = TypeVar("Body")

_AT: Final = re.compile(r" - at `\$(.*)`$")
_UNKNOWN: Final = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_STEP: Final = re.compile(r"\.([A-Za-z]+)|\[([0-9]+)\]")
_decoders: dict[type, msgspec.json.Decoder[object]] = {}


async def body_of(request: Request, kind: type[Body]) -> Body:
    """The request's body. Raises Problem: 422 L-JSON, L-FIELD, L-FIELD-UNKNOWN."""
    decoder = _decoders.get(kind)
    if decoder is None:
        decoder = _decoders[kind] = msgspec.json.Decoder(kind)
    try:
        return decoder.decode(await request.body())  # type: ignore[return-value]  # by its kind
    except msgspec.ValidationError as error:
        raise _fault(str(error), kind) from None  # its text repeats what was given
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        raise Problem(422, "L-JSON") from None


def answer(
    members: object, status: int = 200, *, headers: Mapping[str, str] | None = None
) -> Response:
    """A JSON answer."""
    encoded = msgspec.json.encode(members)
    return Response(encoded, status, headers, media_type="application/json")


def query_of(request: Request, *known: str) -> dict[str, str]:
    """The query's parameters, each at most once. Raises Problem: 422 L-QUERY for any other."""
    found: dict[str, str] = {}
    for name, text in request.query_params.multi_items():
        if name not in known or name in found:
            raise Problem(422, "L-QUERY", nearest=nearest(name, known))
        found[name] = text
    return found


def _fault(text: str, kind: type) -> Problem:
    place = _AT.search(text)
    steps = _STEP.findall(place[1]) if place else []
    pointer = "".join(f"/{name or index}" for name, index in steps) or None
    unknown = _UNKNOWN.match(text)
    if unknown is None:
        return Problem(422, "L-FIELD", pointer=pointer)
    known = tuple(field.encode_name for field in msgspec.structs.fields(kind))
    return Problem(422, "L-FIELD-UNKNOWN", pointer=pointer, nearest=nearest(unknown[1], known))

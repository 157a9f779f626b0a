"""Bodies in, answers out: JSON of known members, whose faults are named and never repeated."""

import re
from collections.abc import Mapping, Sequence
from typing import Final, TypeVar

import msgspec
from msgspec import inspect
from starlette.requests import Request
from starlette.responses import Response

from ledger.api.items import nearest
from ledger.api.problems import Problem

Body = TypeVar("Body")

_AT: Final = " - at `$"
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
    """What msgspec's words mean. They may quote what was given, a place made up in it as well: of
    a place only what `kind` has is told."""
    said, _, place = text.rpartition(_AT)
    steps: list[tuple[str, str]] = _STEP.findall(place) if said else []
    found = _type_at(kind, [name for name, _ in steps])
    if found is None:
        found, steps = inspect.type_info(kind), []
    pointer = "".join(f"/{name or index}" for name, index in steps)
    unknown = _UNKNOWN.match(said if steps else text)
    if unknown is None:
        return Problem(422, "L-FIELD", pointer=pointer or None)
    fields = found.fields if isinstance(found, inspect.StructType) else ()
    known = tuple(one.encode_name for one in fields)
    return Problem(422, "L-FIELD-UNKNOWN", pointer=pointer, nearest=nearest(unknown[1], known))


def _type_at(kind: type, names: Sequence[str]) -> inspect.Type | None:
    """What stands at this place of a body, None where there is no such place; the step into a
    list has no name."""
    found: inspect.Type | None = inspect.type_info(kind)
    for name in names:
        if isinstance(found, inspect.UnionType):
            found = next(one for one in found.types if not isinstance(one, inspect.NoneType))
        if isinstance(found, inspect.StructType) and name:
            members = {one.encode_name: one.type for one in found.fields}
            found = members.get(name)
        elif isinstance(found, inspect.VarTupleType) and not name:
            found = found.item_type
        else:
            return None
    return found

"""The twin's own OpenAPI document, made from the table of endpoints."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from ledger.iys_twin.calls import Access, Endpoint
from ledger.iys_twin.endpoints import ENDPOINTS
from ledger.iys_twin.refusals import Problems

REFS: Final = "#/components/schemas/{name}"
PATH_WORDS: Final = {
    "iysCode": {"type": "integer"},
    "brandCode": {"type": "integer"},
    "integratorCode": {"type": "integer"},
    "reportDate": {"type": "string", "format": "date"},
}
ALWAYS: Final = (429,)
"""Any endpoint may be asked too often."""


def document() -> dict[str, Any]:
    """OpenAPI 3.1."""
    shapes = [Problems, *(one for row in ENDPOINTS for one in _shapes(row.answers))]
    schemas, components = msgspec.json.schema_components(shapes, ref_template=REFS)
    by_shape = dict(zip(map(repr, shapes), schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for one in ENDPOINTS:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one, by_shape)
    return {
        "openapi": "3.1.0",
        "info": {"title": "İYS twin", "version": "3.2.0"},
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(one: Endpoint, by_shape: dict[str, Any]) -> dict[str, Any]:
    answers = {str(status): _answer(one, shape, by_shape) for status, shape in one.answers.items()}
    refusals = set(one.refusals) | set(ALWAYS)
    if one.access is not Access.OPEN:
        refusals |= {401}
    if one.access not in (Access.OPEN, Access.TOKEN):
        refusals |= {403, 422}  # whose paths all have a code
    for status in sorted(refusals):
        answers.setdefault(str(status), _json("refused", by_shape[repr(Problems)]))
    operation: dict[str, Any] = {
        "operationId": one.name,
        "parameters": [*_path(one.path), *_query(one)],
        "responses": answers,
    }
    if one.asks is not None:
        content = {"application/json": {"schema": one.asks}}
        operation["requestBody"] = {"required": True, "content": content}
    if one.access is not Access.OPEN:
        operation["security"] = [{"token": []}]
    return operation


def _answer(one: Endpoint, shape: Any, by_shape: dict[str, Any]) -> dict[str, Any]:
    if shape is None:
        return {"description": "nothing there"}
    if shape is bytes:
        return {"description": "done", "content": {one.media: {"schema": {"type": "string"}}}}
    found = [by_shape[repr(one)] for one in _shapes({200: shape})]
    return _json("done", found[0] if len(found) == 1 else {"anyOf": found})


def _shapes(answers: Mapping[int, Any]) -> list[Any]:
    listed = (one if isinstance(one, tuple) else (one,) for one in answers.values())
    return [shape for shapes in listed for shape in shapes if shape not in (None, bytes)]


def _json(description: str, schema: Any) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _path(path: str) -> list[dict[str, Any]]:
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": PATH_WORDS.get(name, {"type": "string"}),
        }
        for name in names
    ]


def _query(one: Endpoint) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "query", "required": False, "schema": schema}
        for name, schema in one.query.items()
    ]

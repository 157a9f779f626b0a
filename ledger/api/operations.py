"""What OpenAPI says of an endpoint, made from the contract's shapes.

Each example of a request is executed as a test against a running service.
"""

from collections.abc import Mapping
from types import UnionType
from typing import Any, Final, get_args

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from ledger.contract import answers

JSON: Final = "application/json"
PROBLEM: Final = "application/problem+json"
REFERENCE: Final = "#/components/schemas/{name}"

Operation = dict[str, Any]
"""Keyword arguments of a route."""

TITLES: Final = {
    201: "kaydedildi / recorded",
    202: "alındı / taken",
    401: "anahtar yok ya da geçersiz / no valid key",
    403: "rol ya da marka izin vermiyor / role or brand does not allow it",
    404: "bulunamadı / not found",
    405: "yöntem / method",
    408: "gövde yavaş / body too slow",
    409: "çelişki / conflict",
    410: "artık yok / gone",
    411: "uzunluk gerekli / length required",
    413: "çok büyük / too large",
    414: "adres çok uzun / URL too long",
    415: "içerik türü / media type",
    422: "geçersiz içerik / invalid content",
    429: "çok sık / too often",
    431: "başlıklar çok büyük / headers too large",
    503: "geçici olarak kullanılamıyor / unavailable",
}
ALWAYS: Final = (400, 401, 403, 404, 405, 408, 411, 413, 414, 415, 422, 429, 431, 500, 503)
BRAND: Final = {
    "name": "brand_code",
    "in": "path",
    "required": True,
    "description": "İYS marka kodu / brand code at İYS",
    "schema": {"type": "integer", "minimum": 1, "maximum": 2**53 - 1},
}

KEY: Final = "key"
PASSWORD: Final = "password"  # noqa: S105 - a scheme's name

_shapes: dict[str, type] = {"ProblemAnswer": answers.ProblemAnswer}


def operation(
    summary: str,
    *,
    body: type | UnionType | None = None,
    examples: Mapping[str, object] | None = None,
    answer: type | None = None,
    status: tuple[int, ...] = (200,),
    media: Mapping[str, object] | None = None,
    request_media: Mapping[str, object] | None = None,
    parameters: tuple[Mapping[str, Any], ...] = (),
    refusals: tuple[int, ...] = (),
    in_brand: bool = True,
    is_open: bool = False,
    security: str = KEY,
) -> Operation:
    """The documentation of one endpoint; `media` where it does not answer in JSON; `is_open` where
    no key is asked for; `security`: what is asked for."""
    extra: dict[str, Any] = {} if is_open else {"security": [{security: []}]}
    every = (*([BRAND] if in_brand and not is_open else []), *parameters)
    if every:
        extra["parameters"] = list(every)
    if body is not None:
        content: dict[str, Any] = {"schema": _shape(body)}
        if examples:
            content["examples"] = {name: {"value": value} for name, value in examples.items()}
        extra["requestBody"] = {"required": True, "content": {JSON: content}}
    elif request_media is not None:
        extra["requestBody"] = {"required": True, "content": dict(request_media)}
    good = media if answer is None else {JSON: {"schema": _shape(answer)}}
    responses: dict[int | str, Any] = {
        code: {"description": TITLES.get(code, "tamam / ok"), "content": good} for code in status
    }
    for code in (code for code in (*ALWAYS, *refusals) if code not in status):
        shown = TITLES.get(code, "hata / error")
        schema = {"$ref": REFERENCE.format(name="ProblemAnswer")}
        responses[code] = {"description": shown, "content": {PROBLEM: {"schema": schema}}}
    return {
        "summary": summary,
        "openapi_extra": extra,
        "responses": responses,
        "response_model": None,
        "status_code": status[0],
    }


def describe(app: FastAPI) -> dict[str, Any]:
    """OpenAPI 3.1 of the application, with the shapes that its operations name."""
    if app.openapi_schema is None:
        found = get_openapi(title=app.title, version=app.version, routes=app.routes)
        _, shapes = msgspec.json.schema_components(_shapes.values(), ref_template=REFERENCE)
        components = found.setdefault("components", {})
        components["schemas"] = {**components.get("schemas", {}), **shapes}
        components["securitySchemes"] = {
            KEY: {"type": "http", "scheme": "bearer"},
            PASSWORD: {"type": "http", "scheme": "basic"},
        }
        app.openapi_schema = found
    return app.openapi_schema


def _shape(kind: type | UnionType) -> dict[str, Any]:
    if isinstance(kind, UnionType):
        return {"oneOf": [_shape(one) for one in get_args(kind)]}
    _shapes[kind.__name__] = kind
    return {"$ref": REFERENCE.format(name=kind.__name__)}

"""`GET /openapi.json` is what the service does: every route, every example, every shape."""

import json
import time
from collections.abc import Iterator
from typing import Any, get_args

import jsonschema_rs
import msgspec
import pytest
import schemathesis

from ledger.aggregates.decisions import ExemptGround, Purpose
from ledger.api.app import ROUTERS
from ledger.api.iys_push import PATH
from ledger.api.service import Service
from ledger.contract import answers, requests
from ledger.deciding.terms import MIXED
from tests.acceptance.services import BRAND, Json, Running
from tests.integration.acts import IYS_CODE

OURS = ("application/json", "text/csv", "application/x-ndjson", "text/plain")
"""Media types of which every body has an example; uploads are any bytes."""


@pytest.fixture(scope="module")
def document(http: Running) -> Json:
    return dict(http.get("/openapi.json", authorization="").json())


def operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def examples(operation: Json) -> Iterator[tuple[str, object]]:
    """Bodies by their media type; none for an operation without a body."""
    contents = operation.get("requestBody", {}).get("content", {})
    if not contents:
        yield "", None
    for media, content in contents.items():
        assert content.get("examples") or media not in OURS, f"{media} has no example"
        for example in content.get("examples", {}).values():
            yield media, example["value"]


def valid(document: Json, schema: Json, value: object) -> None:
    """Judge a value by a schema of the document."""
    whole = {**schema, "components": document["components"]}
    jsonschema_rs.validator_for(whole).validate(value)


def test_it_is_openapi_3_1(document: Json) -> None:
    assert document["openapi"].startswith("3.1.")

    schemathesis.openapi.from_dict(document).validate()


def test_every_route_is_documented(http: Running, document: Json) -> None:
    service = Service(http.home)
    routes = {
        (route.path.replace(":int", "").replace(":path", ""), method.lower())  # type: ignore[attr-defined]  # an APIRoute
        for router in ROUTERS
        for route in router(service).routes
        for method in route.methods  # type: ignore[attr-defined]  # an APIRoute
    }

    documented = {(path, method) for path, method, _ in operations(document)}

    elsewhere = {("/healthz", "get"), ("/readyz", "get"), ("/metrics", "get"), (PATH, "post")}
    assert routes | elsewhere == documented


def test_every_operation_says_what_it_needs(document: Json) -> None:
    for path, _, operation in operations(document):
        assert operation["summary"] and "/" in operation["summary"], path
        is_open = path in ("/healthz", "/readyz") or (
            path.startswith("/v1/log/") and "/entries/" not in path
        )
        wanted: list[Json] = [{"password" if path == PATH else "key": []}]
        assert operation.get("security") == (None if is_open else wanted), path
        names = {one["name"] for one in operation.get("parameters", ())}
        assert ("{brand_code}" in path) is ("brand_code" in names), path
        assert {"401", "403", "422", "429", "503"} <= operation["responses"].keys(), path


def import_done(http: Running) -> str:
    """The id of an import whose verdicts are there."""
    asked = http.client.post(
        f"/v1/imports?brandCode={BRAND}",
        content="type,recipient,status\nMESAJ,+905010000404,RET\n",
        headers={"Content-Type": "text/csv"},
    )
    job: str = asked.json()["id"]
    while http.client.get(f"/v1/imports/{job}").json()["state"] in ("WAITING", "RUNNING"):
        time.sleep(0.05)
    return job


def test_every_example_is_answered_as_documented(http: Running, document: Json) -> None:
    count, job = 0, import_done(http)
    http.home.logs.keeper(IYS_CODE).show()
    for path, method, operation in operations(document):
        if path.startswith("/v1/log/") and "{iys_code}" not in path:
            continue  # two logs are kept here
        if path == PATH:
            continue  # takes İYS's password, not a key: test_iys_webhook.py
        query = {
            one["name"]: one.get("example") or one["schema"]["enum"][0]
            for one in operation.get("parameters", ())
            if one["in"] == "query" and (one.get("required") or "example" in one)
        }
        for media, body in examples(operation):
            content = body if isinstance(body, str) else json.dumps(body)
            answered = http.client.request(
                method,
                path.replace("{brand_code}", str(BRAND))
                .replace("{job}", job)
                .replace("{iys_code}", str(IYS_CODE))
                .replace("{day}", "2026-03-04")
                .replace("{place}", "0/000.p/1" if "/entries/" not in path else "000.p/1"),
                params=query,
                content=None if body is None else content,
                headers={"Content-Type": media} if media else {},
            )
            count += 1
            assert answered.is_success, (path, body, answered.text)
            described = operation["responses"][str(answered.status_code)]["content"]
            kind = answered.headers["content-type"].partition(";")[0]
            assert kind in described, path
            if kind == "application/json":
                valid(document, described[kind]["schema"], answered.json())
            if media == "application/json":
                asked = operation["requestBody"]["content"][media]["schema"]
                valid(document, asked, body)
    assert count > 12


def test_a_problem_is_as_documented(http: Running, document: Json) -> None:
    schema = {"$ref": "#/components/schemas/ProblemAnswer"}
    for answered in (
        http.post("/v1/brands/123456/status", {"recipent": "x"}),
        http.post("/v1/brands/123456/status", {"recipient": 5, "type": "MESAJ"}),
        http.get("/v1/brands/123456/refusals?after=x"),
        http.get("/v1/nowhere"),
        http.get("/v1/brands/123456/refusals", authorization="Bearer wrong"),
    ):
        assert not answered.is_success
        assert answered.headers["content-type"] == "application/problem+json"
        valid(document, schema, answered.json())


def test_words_are_those_of_the_program(document: Json) -> None:
    """The contract imports nothing of the rules: what it lists is compared here."""
    shape = document["components"]["schemas"]["DecisionsRequest"]["properties"]

    assert set(shape["purpose"]["enum"]) == set(Purpose)
    grounds = {*map(str, ExemptGround), MIXED}
    assert grounds in [set(one.get("enum", ())) for one in (shape["ground"], *alternatives(shape))]


def alternatives(shape: Json) -> list[Json]:
    return list(shape["ground"].get("anyOf", ()))


def shapes(module: Any) -> list[type]:
    return [one for one in vars(module).values() if isinstance(one, type(msgspec.Struct))]


def test_every_shape_of_the_contract_has_words_about_it() -> None:
    for module in (answers, requests):
        for shape in shapes(module):
            assert shape.__doc__, shape
            for field in msgspec.structs.fields(shape):
                assert "_" not in field.encode_name, (shape, "İYS's own style: camelCase")
    assert get_args(requests.Recipient)

"""What schemathesis has to know of forms that it does not bring: lists of lines."""

import json
from typing import Any

import schemathesis


@schemathesis.serializer("application/x-ndjson", "text/csv")
def as_text(context: Any, value: object) -> bytes:
    """A body that is a text already, or something else in its place."""
    return (value if isinstance(value, str) else json.dumps(value)).encode("utf-8", "replace")


@schemathesis.deserializer("application/x-ndjson", "text/csv")
def text_of(context: Any, response: Any) -> str:
    """The lines of an answer."""
    return bytes(response.content).decode("utf-8", "surrogateescape")

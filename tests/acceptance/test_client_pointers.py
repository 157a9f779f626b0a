"""An unknown member: where it stands and what was probably meant, never the member itself."""

import json
from typing import Any

import pytest

from tests.acceptance.services import CONSENTS, DECISIONS, REFUSALS, STATUS, Running, an_item

ASK = {"recipient": "+905010000301", "type": "MESAJ"}
NAME = "05010000301"
"""A member's name may be somebody's number."""


@pytest.mark.parametrize(
    ("path", "body", "pointer", "nearest"),
    [
        (STATUS, {"recipent": "x", "type": "MESAJ"}, "", "recipient"),
        (DECISIONS, {"items": [ASK], "campain": "a"}, "", "campaign"),
        (
            DECISIONS,
            {"items": [ASK, {**ASK, "recipentType": "TACIR"}]},
            "/items/1",
            "recipientType",
        ),
        (DECISIONS, {"items": [{**ASK, NAME: 1}]}, "/items/0", None),
        (REFUSALS, {"recipent": "x"}, "", "recipient"),
        (CONSENTS, an_item(recipent="x"), "", "recipient"),
        (STATUS, {**ASK, f"{NAME}` - at `$.recipient": 1}, "/recipient", None),
        (STATUS, {**ASK, f"{NAME}` - at `$.ali": 1}, "", None),
    ],
    ids=["root", "list", "item", "number", "refusal", "consent", "made up", "made up, unknown"],
)
def test_an_unknown_member_is_placed_and_not_repeated(
    http: Running, path: str, body: dict[str, Any], pointer: str, nearest: str | None
) -> None:
    answered = http.post(path, body)

    told = answered.json()
    assert (answered.status_code, told["code"]) == (422, "L-FIELD-UNKNOWN"), told
    assert (told["pointer"], told.get("nearest")) == (pointer, nearest)
    assert NAME not in answered.text and "ali" not in json.dumps(told["pointer"])

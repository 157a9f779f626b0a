"""What a caller is told of an error of the ledger, and what the log says of one nobody foresaw."""

import asyncio
import json

import pytest
from starlette.requests import Request
from structlog.testing import capture_logs

from ledger.api.problems import handle_error
from ledger.errors import (
    AddressRefused,
    ClockStepped,
    HeadBusy,
    LedgerBroken,
    LedgerError,
    NotFound,
    RaceLost,
    SettingsRefused,
    StoreUnavailable,
)
from ledger.recording.principals import AccessLogFull

ASKED = Request({"type": "http", "path": "/v1/refusals", "headers": []})


def told(error: LedgerError) -> tuple[int, str, str | None]:
    """Status, code and after how many seconds to come again."""
    try:
        raise error
    except LedgerError as raised:
        answered = asyncio.run(handle_error(ASKED, raised))
    code = json.loads(bytes(answered.body))["code"]
    return answered.status_code, code, answered.headers.get("retry-after")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (NotFound("x"), (404, "L-NOT-FOUND", None)),
        (AddressRefused("H121"), (422, "L-INPUT", None)),
        (RaceLost("x"), (503, "L-BUSY", "1")),
        (HeadBusy("x"), (503, "L-BUSY", "1")),
        (StoreUnavailable("x"), (503, "L-UNAVAILABLE", "5")),
        (AccessLogFull("x"), (503, "L-UNAVAILABLE", "5")),
        (ClockStepped("x"), (503, "L-CLOCK", "60")),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_passes_by_itself_says_when_to_come_again(
    error: LedgerError, expected: tuple[int, str, str | None]
) -> None:
    with capture_logs() as lines:
        assert told(error) == expected
    assert not lines


@pytest.mark.parametrize("kind", [LedgerError, LedgerBroken, SettingsRefused])
def test_what_nobody_foresaw_is_logged_by_kind_and_place(kind: type[LedgerError]) -> None:
    with capture_logs() as lines:
        assert told(kind("about +905010000301")) == (500, "L-FAILED", None)

    (line,) = lines
    assert (line["failure"], line["log_level"]) == (kind.__name__, "error")
    assert "test_problems.py:" in line["where"]
    assert "0301" not in json.dumps(lines)

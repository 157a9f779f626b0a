"""Requests made up from `/openapi.json`: nothing undocumented comes back, and never a 5xx.

`schemathesis.toml` says which of its checks are left out, and why.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.commands import environment
from tests.acceptance.services import BRAND, IYS_CODE, Running
from tests.acceptance.wire import KEY
from tests.check import check_ledger

CONFIG = Path(__file__).with_name("schemathesis.toml")
A_PHONE = {"type": "string", "pattern": r"^\+9050100000[0-9]{2}$"}
A_MAILBOX = {"type": "string", "pattern": r"^deneme\.[0-9]@ornek\.com\.tr$"}
CASES = re.compile(r"([0-9]+) generated")


def described(http: Running, folder: Path) -> Path:
    """The service's own description, with brand codes that it keeps, since all others are 404, and
    a few addresses that are some, so that consents meet refusals."""
    document = http.get("/openapi.json").json()
    for path in document["paths"].values():
        for operation in path.values():
            for parameter in operation.get("parameters", ()):
                if parameter["name"] == "brand_code":
                    parameter["schema"] = {"type": "integer", "enum": [BRAND]}
    for shape in document["components"]["schemas"].values():
        recipient = shape.get("properties", {}).get("recipient")
        if recipient is not None:
            shape["properties"]["recipient"] = {"anyOf": [A_PHONE, A_MAILBOX, recipient]}
    file = folder / "openapi.json"
    file.write_text(json.dumps(document))
    return file


@pytest.mark.parametrize(
    ("examples", "cases"),
    [
        pytest.param(50, 500, id="500"),
        pytest.param(1_200, 10_000, id="10,000", marks=pytest.mark.soak),
    ],
)
def test_what_is_made_up_from_the_description_is_answered_by_it(
    http: Running, tmp_path: Path, examples: int, cases: int
) -> None:
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG), "run"]
    command += [str(described(http, tmp_path)), "--url", str(http.client.base_url)]
    command += ["--header", f"Authorization: Bearer {KEY}", "--max-examples", str(examples)]
    command += ["--continue-on-failure", "--warnings", "off", "--no-color"]
    if cases < 10_000:
        command.append("--generation-deterministic")

    ran = subprocess.run(
        command,
        cwd=tmp_path,
        env={**environment(), "SCHEMATHESIS_HOOKS": "tests.acceptance.schemathesis_hooks"},
        capture_output=True,
        text=True,
        timeout=3_000,
    )

    assert ran.returncode == 0, ran.stdout[-20_000:] + ran.stderr[-2_000:]
    generated = CASES.search(ran.stdout)
    assert generated and int(generated[1]) >= cases, ran.stdout[-2_000:]
    check_ledger(http.home, IYS_CODE)
    for line in http.errors().splitlines():
        assert json.loads(line)["level"] != "error", line

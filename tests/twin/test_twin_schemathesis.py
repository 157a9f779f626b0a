"""Requests made up from the twin's own OpenAPI: no 5xx, and no answer outside its shapes."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.acceptance.commands import environment
from tests.twin.test_twin_cli import running_twin
from tests.twin.twin_harness import IYS_CODE

CONFIG = Path(__file__).with_name("schemathesis.toml")
CASES = re.compile(r"([0-9]+) generated")
A_PHONE = {"type": "string", "pattern": r"^\+9050100000[0-9]{2}$"}
A_MAILBOX = {"type": "string", "pattern": r"^deneme\.[0-9]@ornek\.com\.tr$"}
AN_ADDRESS = {"anyOf": [A_PHONE, A_MAILBOX, {"type": "string"}]}
A_DATE = {"type": "string", "pattern": r"^2026-03-0[23] 1[0-9]:00:00$"}
QUIET = {"requests_per_second": 10_000_000, "statuses_per_hour": 10_000_000}


def described(control: str, folder: Path) -> Path:
    """The twin's description, with codes it has and addresses and days that meet something."""
    document: dict[str, Any] = httpx.get(f"{control}/openapi.json", timeout=30).json()
    integrator = {"type": "integer", "enum": [74112691, IYS_CODE]}
    code = {"type": "integer", "enum": [IYS_CODE]}
    for path in document["paths"].values():
        for operation in path.values():
            for parameter in operation["parameters"]:
                if parameter["name"] in ("iysCode", "brandCode"):
                    parameter["schema"] = code
                elif parameter["name"] == "integratorCode":
                    parameter["schema"] = integrator
            with_addresses(operation.get("requestBody", {}))
    file = folder / "openapi.json"
    file.write_text(json.dumps(document))
    return file


def with_addresses(part: Any) -> None:
    """Give every `recipient` of a schema an address that is one, often enough."""
    if isinstance(part, list):
        for one in part:
            with_addresses(one)
    if isinstance(part, dict):
        if "recipient" in part:
            part["recipient"] = AN_ADDRESS
        if "consentDate" in part and "retailerCode" in part:
            part["consentDate"] = A_DATE
            part.pop("retailerCode")  # made up, it is nobody's: H180 and nothing is stored
            part.pop("retailerAccess")
        for one in part.values():
            with_addresses(one)


@pytest.mark.parametrize(
    ("examples", "cases"),
    [
        pytest.param(25, 1_000, id="1,000"),
        pytest.param(300, 10_000, id="10,000", marks=pytest.mark.soak),
    ],
)
def test_what_is_made_up_from_the_description_is_answered_by_it(
    tmp_path: Path, examples: int, cases: int
) -> None:
    settings = {**QUIET, "histories_per_hour": 10_000_000, "tokens_per_hour": 10_000_000}
    words = [f"{name}={value}" for name, value in settings.items()]
    given = [one for word in (*words, "start_at=2026-03-04 10:00:00") for one in ("--set", word)]
    with running_twin(*given) as twin, twin.client() as client:
        command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG), "run"]
        command += [str(described(twin.told["control"], tmp_path)), "--url", twin.told["url"]]
        command += ["--header", f"Authorization: {client.headers['Authorization']}"]
        command += ["--max-examples", str(examples), "--continue-on-failure"]
        command += ["--warnings", "off", "--no-color"]
        command += ["--generation-deterministic"] if cases < 10_000 else []

        ran = subprocess.run(
            command,
            cwd=tmp_path,
            env=environment(),
            capture_output=True,
            text=True,
            timeout=3_000,
        )
        stored = client.get(f"/sps/{IYS_CODE}/brands").json()[0]["stats"]["consents"]["total"]

    assert ran.returncode == 0, ran.stdout[-20_000:] + ran.stderr[-2_000:]
    generated = CASES.search(ran.stdout)
    assert generated and int(generated[1]) >= cases, ran.stdout[-2_000:]
    assert stored > 0

"""`izin twin` as a user has it: processes, settings, the first line, commands, snapshot, demo."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from ledger.iys_twin.settings import SettingRefused, TwinSettings, read_settings
from tests.acceptance.commands import ROOT, environment, run
from tests.twin.twin_harness import BRAND_PATH, IYS_CODE, PHONE, START, a_consent

SECONDS = 20


@dataclass
class RunningTwin:
    """A twin in a process of its own."""

    told: dict[str, Any]
    process: subprocess.Popen[str]

    @contextmanager
    def client(self) -> Iterator[httpx.Client]:
        """A client that knows nothing but the first line."""
        form = {name: self.told[name] for name in ("username", "password")}
        with httpx.Client(base_url=self.told["url"], timeout=SECONDS) as client:
            answer = client.post("/oauth2/token", data={**form, "grant_type": "password"})
            client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
            yield client

    def izin(self, *arguments: str, stdin: str = "") -> Any:
        """A command against this twin."""
        return run("twin", *arguments, "--control", self.told["control"], stdin=stdin)


@contextmanager
def running_twin(*arguments: str) -> Iterator[RunningTwin]:
    process = subprocess.Popen(
        [sys.executable, "-m", "ledger.cli.main", "--json", "twin", "--port", "0", *arguments],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.stderr and process.stderr.read()
        yield RunningTwin(json.loads(line), process)
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=SECONDS)


def test_a_client_that_changes_only_its_base_url_does_its_work() -> None:
    """Log in by form, add, add a list, ask, look the list up and pull, as public clients do."""
    given = ("--set", f"start_at={START}", "--set", "brands=678911", "--set", "bulk_seconds=0")
    with running_twin(*given) as twin, twin.client() as client:
        path = f"/sps/{twin.told['iysCode']}/brands/{twin.told['brandCode']}"
        added = client.post(f"{path}/consents", json=a_consent()).json()
        listed = [a_consent(recipient=f"+9050100002{n:02}") for n in range(50)]
        taken = client.post(f"{path}/consents/request", json=listed)
        results = client.get(f"{path}/consents/request/{taken.json()['requestId']}").json()
        asked = {"recipient": PHONE, "recipientType": "BIREYSEL", "type": "MESAJ"}
        status = client.post(f"{path}/consents/status", json=asked).json()
        twin.izin("clock", "--advance", "3601")
        pulled = client.get(f"{path}/consents/changes", params={"source": "HS"}).json()
        brands = client.get(f"/sps/{twin.told['iysCode']}/brands").json()

    assert set(twin.told) == {
        *("url", "username", "password", "iysCode", "brandCode", "control"),
    }
    assert taken.status_code == 202
    assert [one["status"] for one in results] == ["success"] * 50
    assert status["transactionId"] == added["transactionId"] == (pulled["list"][0]["transactionId"])
    assert len(pulled["list"]) == 51
    assert [one["brandCode"] for one in brands] == [IYS_CODE, 678911]
    assert twin.process.returncode == 143


def test_recipients_clock_and_faults_by_command() -> None:
    with running_twin("--set", f"start_at={START}") as twin, twin.client() as client:
        client.post(f"{BRAND_PATH}/consents", json=a_consent())
        frozen = twin.izin("clock", "--speed", "0")
        moved = twin.izin("move", "--how", "web", "--recipient", "-", stdin=f"{PHONE}\n")
        twin.izin("clock", "--advance", "3600")
        pulled = client.get(f"{BRAND_PATH}/consents/changes").json()["list"]
        refused = twin.izin("move", "--recipient", PHONE)
        twin.izin("fault", "code", "--code", "H101", "--times", "1")
        struck = client.post(f"{BRAND_PATH}/consents", json=a_consent(type="ARAMA"))

    assert frozen.code == moved.code == 0
    assert PHONE not in moved.out
    assert [(one["source"], one["status"]) for one in pulled] == [("IYS_WEB", "RET")]
    assert refused.code == 1 and "status" in refused.err
    assert struck.status_code == 500


def test_nobody_there_is_an_error_of_its_own() -> None:
    ended = run("twin", "clock", "--speed", "0", "--control", "http://127.0.0.1:9/_twin")
    assert ended.code == 1 and "ulaşılamadı" in ended.err


BAD_SETTINGS = {
    "speed": ("abc", "-1", "nan", "1e9"),
    "late_status": ("500",),
    "nonsense": ("1",),
    "brands": ("678910", "x", "0"),
    "requests_per_second": ("0", "1.5"),
    "package_has_api": ("yes",),
    "start_at": ("2026-13-01 00:00:00", "tomorrow", "9999-01-01 00:00:00"),
    "holidays": ("2026-02-30",),
    "username": ("", "integrator"),
}


@pytest.mark.parametrize(
    ("name", "word"), [(name, word) for name, words in BAD_SETTINGS.items() for word in words]
)
def test_a_bad_setting_is_named(name: str, word: str) -> None:
    with pytest.raises(SettingRefused) as refused:
        read_settings({name: word})
    assert refused.value.name == name and str(refused.value).startswith(f"{name}: ")


@pytest.mark.parametrize("word", ["late_status=500", "nonsense=1", "speed"])
def test_a_bad_setting_ends_with_2(word: str) -> None:
    ended = run("twin", "--port", "0", "--set", word)
    assert ended.code == 2 and "--set" in ended.err
    assert word == "speed" or word.partition("=")[0] in ended.err


def test_every_setting_can_be_written_on_the_command_line() -> None:
    read = read_settings(
        {
            "iys_code": "5",
            "brands": "6, 7",
            "speed": "2.5",
            "package_has_api": "false",
            "holidays": "2026-03-03,2026-03-04",
            "start_at": START,
            "password": "a=b",
        }
    )

    assert read == TwinSettings(
        iys_code=5,
        brands=(6, 7),
        speed=2.5,
        package_has_api=False,
        holidays=("2026-03-03", "2026-03-04"),
        start_at=START,
        password="a=b",
    )
    assert "a=b" not in repr(read)


def test_a_snapshot_brings_everything_back(tmp_path: Path) -> None:
    file = tmp_path / "twin.state"
    given = ("--snapshot", str(file), "--set")
    with running_twin(*given, f"start_at={START}") as twin, twin.client() as client:
        client.post(f"{BRAND_PATH}/consents", json=a_consent())
        twin.izin("move", "--recipient", PHONE)
        twin.izin("clock", "--advance", "86400")
    assert file.stat().st_mode & 0o777 == 0o600

    with running_twin(*given, f"start_at={START}") as twin, twin.client() as client:
        state = httpx.get(f"{twin.told['control']}/state").json()
        asked = {"recipient": PHONE, "recipientType": "BIREYSEL", "type": "MESAJ"}
        history = client.post(f"{BRAND_PATH}/consents/history", json=asked).json()["list"]
        kept = httpx.post(f"{twin.told['control']}/snapshot").json()

    assert state["brands"][0]["consents"] == 1 and state["clock"]["now"] >= START
    assert [one["status"] for one in history] == ["RET", "ONAY"]
    assert kept["bytes"] == file.stat().st_size


@pytest.mark.parametrize("content", [b"", b"not one", b"\x81\xa6format\x01"])
def test_a_file_that_is_no_snapshot_ends_with_2(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "twin.state"
    file.write_bytes(content)

    ended = run("twin", "--port", "0", "--snapshot", str(file))

    assert ended.code == 2 and "--snapshot" in ended.err
    assert file.read_bytes() == content


def test_a_snapshot_needs_a_folder(tmp_path: Path) -> None:
    ended = run("twin", "--port", "0", "--snapshot", str(tmp_path / "none" / "state"))
    assert ended.code == 2 and "--snapshot" in ended.err


def test_the_demo_lives_through_its_week() -> None:
    """A week in fifteen seconds; `izin twin --demo` alone takes ten minutes."""
    fast = ("--set", "speed=45000", "--set", "requests_per_second=100000")
    ended = run("twin", "--port", "0", "--demo", *fast)

    assert ended.code == 0, ended.err
    assert "4 saat yanıt vermiyor" in ended.out
    assert "7 ret, 2 kapanan hat" in ended.out and "7 günde mutabakat" in ended.out
    assert ended.out.count("özet aynı") == 7

"""Reconciliation (iys/api.md §6, §15): summary, file, hash, time stamp, agreement, window."""

import hashlib
import subprocess
from pathlib import Path

import pytest

from tests.twin.twin_harness import (
    BRAND_PATH,
    PHONE,
    TwinHarness,
    a_consent,
    a_phone,
    codes,
    twin_harness,
)

DAY = "2026-03-04"
LATER = "2026-03-03 10:15:01"
HEAD = "creationDate,transactionId,recipient,recipientType,type,status,consentDate,source"


def a_day(twin: TwinHarness) -> None:
    """Two channels, both sides, an undated merchant, a second with two movements."""
    twin.add()
    twin.add(status="RET", consentDate=LATER)
    twin.add(recipient=a_phone(2), type="ARAMA")
    twin.add(recipient=a_phone(3), recipientType="TACIR", source=None, consentDate=None)
    twin.advance(hours=1)
    twin.move(recipient=a_phone(3), recipientType="TACIR")
    twin.move("line-closed", recipient=a_phone(2))
    twin.advance(days=1)


def test_the_file_has_every_movement_in_documented_bytes(twin: TwinHarness) -> None:
    a_day(twin)

    answer = twin.get(f"{BRAND_PATH}/changes/{DAY}/file")

    assert answer.headers["content-type"].startswith("text/csv")
    text = answer.content.decode("ascii")
    lines = text.split("\n")
    assert lines[0] == HEAD and lines[-1] == "" and len(lines) == 8
    rows = [line.split(",") for line in lines[1:-1]]
    assert [(row[0], row[1]) for row in rows] == sorted((row[0], row[1]) for row in rows)
    by_address = {(row[2], row[3], row[4], row[5]): row for row in rows}
    assert by_address[a_phone(3), "TACIR", "MESAJ", "ONAY"][6:] == ["", ""]
    closed = by_address[a_phone(2), "BIREYSEL", "ARAMA", "RET"]
    assert closed[6:] == ["2026-03-03 10:15:00", "IYS_AHS_HAT_KAPATMA"]
    assert (
        by_address[PHONE, "BIREYSEL", "MESAJ", "RET"][1]
        == (by_address[PHONE, "BIREYSEL", "MESAJ", "ONAY"][1])
    )


def test_one_row_for_a_second_can_be_set() -> None:
    with twin_harness(same_second_rows="one") as twin:
        a_day(twin)
        text = twin.get(f"{BRAND_PATH}/changes/{DAY}/file").text

    ids = [line.split(",")[1] for line in text.splitlines()[1:]]
    assert len(ids) == len(set(ids)) == 5


def test_the_hash_is_that_of_the_file_and_stays(twin: TwinHarness) -> None:
    a_day(twin)
    data = twin.get(f"{BRAND_PATH}/changes/{DAY}/file").content

    first = twin.get(f"{BRAND_PATH}/agreements/{DAY}").json()
    twin.add(recipient=a_phone(9))
    again = twin.get(f"{BRAND_PATH}/agreements/{DAY}").json()

    assert (
        first
        == again
        == {
            "processStatus": "completed",
            "agreementStatus": False,
            "hashMethod": "SHA-384",
            "hashValue": hashlib.sha384(data).hexdigest(),
        }
    )


def test_a_file_is_queued_then_made_then_there(twin: TwinHarness) -> None:
    twin.add()
    twin.advance(hours=14)
    seen = []
    for _ in range(3):
        told = twin.get(f"{BRAND_PATH}/agreements/{DAY}").json()
        file = twin.get(f"{BRAND_PATH}/changes/{DAY}/file").status_code
        seen.append((told["processStatus"], "hashValue" in told, file))
        twin.advance(minutes=5)

    assert seen == [
        *(("queued", False, 204), ("inprogress", False, 204), ("completed", True, 200)),
    ]


def test_a_file_can_fail(twin: TwinHarness) -> None:
    a_day(twin)
    twin.post("/_twin/faults", {"kind": "file_error"})

    assert twin.get(f"{BRAND_PATH}/agreements/{DAY}").json()["processStatus"] == "error"
    assert twin.get(f"{BRAND_PATH}/agreements/{DAY}").json()["processStatus"] == "completed"


def test_openssl_verifies_the_stamp_over_the_file(twin: TwinHarness, tmp_path: Path) -> None:
    a_day(twin)
    stamp = twin.get(f"{BRAND_PATH}/agreements/{DAY}/timestamp")
    (tmp_path / "day.csv").write_bytes(twin.get(f"{BRAND_PATH}/changes/{DAY}/file").content)
    (tmp_path / "day.tsr").write_bytes(stamp.content)
    (tmp_path / "root.pem").write_bytes(twin.get("/_twin/tsa.pem").content)
    (tmp_path / "other.csv").write_bytes(b"another file\n")

    def openssl(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = ["openssl", "ts", *arguments, "-in", "day.tsr"]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=30)

    good = openssl("-verify", "-data", "day.csv", "-CAfile", "root.pem")
    bad = openssl("-verify", "-data", "other.csv", "-CAfile", "root.pem")

    assert stamp.headers["content-type"].startswith("text/plain")
    assert good.returncode == 0 and bad.returncode != 0, good.stderr
    shown = openssl("-reply", "-text").stdout
    assert "Time stamp: Mar  4 21:10:00 2026 GMT" in shown and "sha384" in shown
    assert twin.get(f"{BRAND_PATH}/agreements/{DAY}/timestamp").content == stamp.content


def test_the_summary_counts_turns_and_what_waits() -> None:
    with twin_harness(bulk_seconds=2 * 86_400) as twin:
        twin.bulk([a_consent(recipient=a_phone(n), type="ARAMA") for n in (11, 12)])
        a_day(twin)
        individual = twin.get(f"{BRAND_PATH}/changes/{DAY}/recipients/BIREYSEL").json()
        merchant = twin.get(f"{BRAND_PATH}/changes/{DAY}/recipients/TACIR").json()

    assert individual["changeStats"] == [
        stats("ARAMA", own=(1, 0, 2, 3), recipients=(0, 1, 0, 1)),
        stats("MESAJ", own=(1, 1, 0, 2), recipients=(0, 0, 0, 0)),
        stats("EPOSTA", own=(0, 0, 0, 0), recipients=(0, 0, 0, 0)),
    ]
    assert merchant["changeStats"][1] == stats("MESAJ", own=(1, 0, 0, 1), recipients=(0, 1, 0, 1))


Counts = tuple[int, int, int, int]


def stats(channel: str, *, own: Counts, recipients: Counts) -> dict[str, object]:
    names = ("approval", "rejection", "pending", "total")
    sides = (("HS", own), ("IYS", recipients))
    return {
        "type": channel,
        "consents": [
            {"source": side, **dict(zip(names, counts, strict=True))} for side, counts in sides
        ],
    }


def test_an_agreement_is_kept_and_may_be_said_twice(twin: TwinHarness) -> None:
    a_day(twin)
    path = f"{BRAND_PATH}/agreements/{DAY}"

    answers = [twin.request("PUT", path, body={"agreementStatus": True}) for _ in range(2)]

    assert [one.json() for one in answers] == [{"agreementCaptured": True}] * 2
    assert twin.get(path).json()["agreementStatus"] is True


@pytest.mark.parametrize("body", [{}, [], {"agreementStatus": "true"}, {"agreementStatus": 1}])
def test_nothing_but_true_is_an_agreement(body: object, twin: TwinHarness) -> None:
    a_day(twin)
    answer = twin.request("PUT", f"{BRAND_PATH}/agreements/{DAY}", body=body)
    assert answer.status_code == 422 and codes(answer) == ["H512"]


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_a_quiet_day_has_nothing(method: str, twin: TwinHarness) -> None:
    a_day(twin)
    path = f"{BRAND_PATH}/agreements/2026-03-03"
    body = {"agreementStatus": True} if method == "PUT" else None

    assert twin.request(method, path, body=body).status_code == 204
    assert twin.get(f"{BRAND_PATH}/changes/2026-03-03/file").status_code == 204
    assert twin.get(f"{path}/timestamp").status_code == 204


@pytest.mark.parametrize(
    ("day", "code"),
    [
        *(("2026-03-03", None), ("2026-02-25", None), ("2026-02-24", "H502")),
        *(("2026-03-04", "H502"), ("2027-01-01", "H502")),
        *(("2026-3-3", "H501"), ("2026-02-30", "H501"), ("yesterday", "H501")),
    ],
)
def test_the_window_is_seven_days(day: str, code: str | None, twin: TwinHarness) -> None:
    answer = twin.get(f"{BRAND_PATH}/agreements/{day}")

    if code is None:
        assert answer.status_code == 204
    else:
        assert answer.status_code == 422 and codes(answer) == [code]
        assert answer.json()["errors"][0]["location"] == ["reportDate"]
        assert answer.json()["errors"][0]["value"] == day


def test_a_bulk_list_of_before_midnight_counts_where_it_is_written() -> None:
    with twin_harness(start_at="2026-03-04 23:59:58", bulk_seconds=3) as twin:
        twin.bulk([a_consent()])
        twin.advance(days=2)
        files = [twin.get(f"{BRAND_PATH}/changes/2026-03-0{n}/file") for n in (4, 5)]

    assert [one.status_code for one in files] == [204, 200]
    assert "\n2026-03-05 00:00:01," in files[1].text

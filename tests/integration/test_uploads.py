"""Files that are sent in to be imported, over HTTP: jobs, their answers, and bad input."""

import csv
import io
import os
import re
import socket
import stat
from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest

from ledger.aggregates.provider_bodies import ImportCompleted
from ledger.application import ConsentLedger
from ledger.bootstrap import Home
from ledger.settings import Settings
from ledger.store import import_jobs, uploads
from ledger.vocabulary import BrandCode, Role
from tests.integration import uploading
from tests.integration.acts import BRAND_CODE, IYS_CODE
from tests.integration.bringing import HEADER, status_of
from tests.integration.logged import events_of_type
from tests.integration.uploading import IMPORTS, KEY, Calls, a_file, answering, submit, working
from tests.integration.waiting import eventually

SECRET = re.compile(r"5010000|Uyum%20|Uyum Birimi|liste-ay", re.IGNORECASE)


@pytest.fixture
def calls(home: Home) -> Iterator[Calls]:
    with answering(home) as open_calls:
        yield open_calls


def rows_of(answer: httpx.Response) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.text)))


def test_a_file_becomes_a_job_whose_verdicts_can_be_fetched(
    home: Home, ledger: ConsentLedger, settings: Settings, calls: Calls
) -> None:
    content = a_file(3) + uploading.ROW.format(2, "RET") + "MESAJ,HS_KAHVE,0501,ONAY,,\n"

    taken = calls.bring(content, Izin_File_Name="liste%20%C5%9Fubat.csv")
    assert calls.verdicts(taken.json()["id"]).json()["code"] == "L-NOT-READY"
    with working(home, settings):
        job = calls.ended(taken.json()["id"])

    assert (taken.status_code, taken.json()["state"]) == (202, "WAITING")
    assert taken.headers["location"] == f"{IMPORTS}/{job['id']}"
    assert (job["state"], job["rowsRead"], job["rowsTotal"]) == ("DONE", 5, 5)
    assert job["fileName"] == "liste şubat.csv"
    assert sum(job["verdicts"].values()) == 5
    assert job["verdicts"]["refused"] == 2  # line 3 loses to the refusal of line 5
    rows = rows_of(calls.verdicts(job["id"]))
    assert [row["line"] for row in rows] == ["2", "3", "4", "5", "6"]
    assert {row["verdict"] for row in rows} == set(job["verdicts"])
    assert status_of(home, ledger, "+905010000002").verdict.permitted is False
    assert not uploading.uploads(settings)
    events = events_of_type(ledger.store, ImportCompleted)
    assert [event.body.import_id for event in events] == [job["importId"]]  # type: ignore[attr-defined]


def test_the_same_file_again_is_another_job_whose_rows_are_all_already(
    home: Home, settings: Settings, calls: Calls
) -> None:
    with working(home, settings):
        first = calls.ended(calls.bring(a_file(4)).json()["id"])
        second = calls.ended(calls.bring(a_file(4)).json()["id"])

    assert first["id"] != second["id"]
    assert first["importId"] == second["importId"]
    assert second["verdicts"] == {"already": 4}


def test_verdicts_whose_time_is_over_are_gone(home: Home, settings: Settings, calls: Calls) -> None:
    with working(home, settings):
        job = calls.ended(calls.bring(a_file(1)).json()["id"])
    (file,) = settings.upload_folder.rglob("*.csv")
    file.unlink()

    answer = calls.verdicts(job["id"])

    assert (answer.status_code, answer.json()["code"]) == (410, "L-GONE")
    assert calls.client.get(f"{IMPORTS}/{job['id']}").json()["verdicts"] == {"recorded": 1}


@pytest.mark.parametrize(
    ("content", "query", "code"),
    [
        ("nonsense\n1\n", "", "L-HEADER-UNKNOWN"),
        (a_file(1), "template=uyumsoft", "L-HEADER-UNKNOWN"),
        ("\n\n", "", "L-FILE-EMPTY"),
        ("a\x00b,c\n", "", "L-ENCODING-UNKNOWN"),
    ],
    ids=["header", "template", "empty", "encoding"],
)
def test_a_file_that_is_refused_as_a_whole_says_why_in_both_languages(
    home: Home, settings: Settings, calls: Calls, content: str, query: str, code: str
) -> None:
    with working(home, settings):
        job = calls.ended(calls.bring(content, query).json()["id"])
    english = calls.client.get(f"{IMPORTS}/{job['id']}", headers={"Accept-Language": "en"}).json()

    assert (job["state"], job["code"], english["code"]) == ("REFUSED", code, code)
    assert job["message"] != english["message"]
    verdicts = calls.verdicts(job["id"])
    assert (verdicts.status_code, verdicts.json()["code"]) == (409, "L-NO-VERDICTS")
    assert not uploading.uploads(settings)


def test_what_is_said_of_the_file_counts(
    home: Home, ledger: ConsentLedger, settings: Settings, calls: Calls
) -> None:
    numbers = "+905010000007\n+905010000008\n"
    declared = {"Izin_Declared_By": "Uyum%20Birimi", "Izin_Exported_At": "2026-11-21 10:00:00"}
    with working(home, settings):
        refused = calls.ended(
            calls.bring(numbers, "refusals=true&recipientType=BIREYSEL").json()["id"]
        )
        tried = calls.ended(calls.bring(a_file(2), "dryRun=true").json()["id"])
        vouched = calls.ended(
            calls.bring(a_file(1, first=9).replace("HS_WEB", "IYS_WEB"), **declared).json()["id"]
        )
        english = calls.bring(a_file(1).replace("ONAY", "X"), Accept_Language="en").json()["id"]
        calls.ended(english)

    assert refused["verdicts"] == {"suppressed": 2}  # in force, but without a date for İYS
    assert (tried["dryRun"], tried["state"], tried["rowsRead"]) == (True, "DONE", 2)
    assert "importId" not in tried
    assert status_of(home, ledger, "+905010000001").verdict.reason == "NEVER_SEEN"
    assert vouched["verdicts"] == {"recorded": 1}
    assert rows_of(calls.verdicts(english))[0]["message"] == "status must be ONAY or RET."


@pytest.mark.parametrize(
    ("query", "headers", "code", "pointer"),
    [
        ("brandCode=123456&templat=auto", {}, "L-QUERY", None),
        ("template=auto", {}, "L-FIELD", "?brandCode"),
        ("brandCode=x", {}, "L-FIELD", "?brandCode"),
        ("brandCode=123456&template=other", {}, "L-FIELD", "?template"),
        ("brandCode=123456&dates=ymd", {}, "L-FIELD", "?dates"),
        ("brandCode=123456&recipientType=KISI", {}, "L-FIELD", "?recipientType"),
        ("brandCode=123456&refusals=yes", {}, "L-FIELD", "?refusals"),
        ("brandCode=123456&refusals=true&template=api", {}, "L-FIELD", "?refusals"),
        ("brandCode=123456&dryRun=1", {}, "L-FIELD", "?dryRun"),
        ("brandCode=123456", {"Izin-Declared-By": "Uyum"}, "L-DECLARED", None),
        ("brandCode=123456", {"Izin-Declared-By": "%FF"}, "L-HEADER-TEXT", "Izin-Declared-By"),
        ("brandCode=123456", {"Izin-File-Name": "a%00b"}, "L-HEADER-TEXT", "Izin-File-Name"),
        ("brandCode=123456", {"Izin-File-Name": "a" * 201}, "L-HEADER-TEXT", "Izin-File-Name"),
        (
            "brandCode=123456",
            {"Izin-Declared-By": "U", "Izin-Exported-At": "2099-11-21 10:00:00"},
            "L-TIME",
            "Izin-Exported-At",
        ),
        (
            "brandCode=123456",
            {"Izin-Declared-By": "U", "Izin-Exported-At": "2026-11-21T10:00:00"},
            "L-TIME",
            "Izin-Exported-At",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_and_nothing_is_kept(
    settings: Settings,
    calls: Calls,
    query: str,
    headers: dict[str, str],
    code: str,
    pointer: str | None,
) -> None:
    answer = calls.client.post(f"{IMPORTS}?{query}", content=a_file(1), headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert answer.json().get("pointer") == pointer
    assert not uploading.uploads(settings)


def test_a_misspelled_parameter_names_the_nearest(calls: Calls) -> None:
    answer = calls.client.post(f"{IMPORTS}?brandCod=1", content=b"x")

    assert answer.json()["nearest"] == "brandCode"


def test_an_empty_body_is_refused_and_leaves_nothing(settings: Settings, calls: Calls) -> None:
    assert (calls.bring("").status_code, calls.bring("").json()["code"]) == (422, "L-FILE-EMPTY")
    assert not uploading.uploads(settings)


def test_a_body_that_breaks_off_leaves_nothing(settings: Settings, calls: Calls) -> None:
    head = (
        f"POST {IMPORTS}?brandCode={BRAND_CODE} HTTP/1.1\r\nHost: x\r\n"
        f"Authorization: Bearer {KEY}\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", calls.port)) as caller:
        caller.sendall(head.encode() + b"10\r\n0123456789abcdef\r\n")
        eventually(lambda: len(uploading.uploads(settings)) == 1, "the file comes in")

    eventually(lambda: not uploading.uploads(settings), "the file is gone")


def test_the_upload_is_for_nobody_elses_eyes(settings: Settings, calls: Calls) -> None:
    calls.bring(a_file(1), Izin_File_Name="..%2F..%2Fetc%2Fpasswd")

    (file,) = uploading.uploads(settings)
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (file, file.parent, file.parent.parent)]
    assert modes == [0o600, 0o700, 0o700]
    assert re.fullmatch(r"[0-9a-f-]{36}\.upload", file.name)


def test_a_full_disk_is_told_and_leaves_nothing(
    settings: Settings, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    def on_a_full_device(path: object) -> io.BufferedWriter:
        os.close(os.open(str(path), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        return open("/dev/full", "wb")  # the uploader closes it

    monkeypatch.setattr(uploads, "_new", on_a_full_device)

    answer = calls.bring(a_file(1))

    assert (answer.status_code, answer.json()["code"]) == (503, "L-STORAGE")
    assert not uploading.uploads(settings)


def test_more_files_than_may_wait_are_turned_away(
    home: Home, settings: Settings, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_jobs, "WAITING_MAX", 1)
    submit(home, a_file(1))

    answer = calls.bring(a_file(1))

    assert (answer.status_code, answer.json()["code"]) == (503, "L-QUEUE-FULL")
    assert len(uploading.uploads(settings)) == 1


def test_a_job_is_shown_to_those_whose_brand_it_is_of(home: Home, calls: Calls) -> None:
    home.add_brand(IYS_CODE, BrandCode(654321), "Kardeş", actor="system:test")
    job = submit(home, a_file(1))
    own, sister = (
        home.keys.add(
            "k", Role.VIEWER, IYS_CODE, brands=[BrandCode(code)], created_by="t", expires_at=None
        )[1]
        for code in (BRAND_CODE, 654321)
    )
    home.keys.refresh()

    def asked(path: str, key: str) -> tuple[int, str | None]:
        answer = calls.client.get(path, headers={"Authorization": f"Bearer {key}"})
        return answer.status_code, answer.json().get("code")

    assert asked(f"{IMPORTS}/{job}", own) == (200, None)
    assert asked(f"{IMPORTS}/{job}", sister) == (404, "L-NOT-FOUND")
    assert asked(f"{IMPORTS}/{job}/verdicts", sister) == (404, "L-NOT-FOUND")
    for path in (uuid4(), "x", job.hex, f"urn:uuid:{job}", 7):
        assert asked(f"{IMPORTS}/{path}", own) == (404, "L-NOT-FOUND")
    answer = calls.bring("x", Authorization=f"Bearer {own}")
    assert (answer.status_code, answer.json()["code"]) == (403, "L-ROLE")


def test_nothing_that_is_left_shows_an_address_or_who_declared_it(
    home: Home, settings: Settings, calls: Calls, capfd: pytest.CaptureFixture[str]
) -> None:
    declared = {"Izin_Declared_By": "Uyum%20Birimi", "Izin_Exported_At": "2026-11-21 10:00:00"}
    with working(home, settings):
        for content in (a_file(3), "+905010000001 nonsense\n"):
            answer = calls.bring(content, Izin_File_Name="liste-ay%C5%9Fe.csv", **declared)
            calls.ended(answer.json()["id"])

    with home.database.connection(IYS_CODE) as connection:
        rows = connection.execute("SELECT import_jobs::text FROM import_jobs").fetchall()
    left = [path.read_text() for path in settings.upload_folder.rglob("*.csv")]
    said = capfd.readouterr()
    assert len(rows) == 2 and len(left) == 1
    assert not SECRET.search(repr((rows, left)) + said.out + said.err)
    assert HEADER not in "".join(left)

"""`POST …/filter`: the same lines with a verdict each, whatever their form, order and length."""

import csv
import gzip
import io
import json
import os
import re
import socket
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from ledger.aggregates.provider_bodies import DecisionMade
from ledger.contract.answers import ProblemAnswer
from tests.acceptance.services import (
    BRAND,
    FILTER,
    FOREIGN,
    IYS_CODE,
    Running,
    a_mailbox,
    a_phone,
    a_ret,
    moment,
    short,
)
from tests.acceptance.wire import KEY, read

MESSAGES = f"{FILTER}?type=MESAJ"
TEXT, CSV, NDJSON = "text/plain", "text/csv", "application/x-ndjson"
HEADING = ["recipient", "permitted", "verdict", "reason"]
Row = tuple[str, bool, str]
INVALID, UNKNOWN = (False, "INVALID_ADDRESS"), (False, "NO_CONSENT")


@pytest.fixture(scope="module")
def people(http: Running) -> tuple[str, str]:
    """One who may be written to and one who may not."""
    yes, no = a_phone(), a_phone()
    http.register(yes)
    http.item(a_ret(recipient=no))
    return yes, no


def sent(http: Running, content: bytes, media: str, path: str = MESSAGES, **headers: str) -> Any:
    return http.send(path, content, content_type=media, **headers)


def rows(answered: httpx.Response) -> list[Row]:
    """The lines of an answer: text, permitted, verdict."""
    assert answered.status_code == 200, answered.text[:300]
    if answered.headers["content-type"] == NDJSON:
        lines = [json.loads(line) for line in answered.content.splitlines()]
        return [(one["recipient"], one["permitted"], one["verdict"]) for one in lines]
    assert answered.headers["content-type"] == "text/csv; charset=utf-8"
    text = answered.content.decode("utf-8", "surrogateescape")
    heading, *cells = csv.reader(io.StringIO(text, newline=""))
    assert heading == HEADING
    return [(one[0], one[1] == "true", one[2]) for one in cells]


def problem(answered: httpx.Response) -> tuple[int, str]:
    said = msgspec.convert(answered.json(), ProblemAnswer, strict=True)
    assert answered.status_code == said.status
    return said.status, said.code


# Forms.


def test_text_csv_and_ndjson_say_the_same(http: Running, people: tuple[str, str]) -> None:
    texts = [people[0], people[1], people[0], a_phone(), "kötü", ""]
    forms = {
        TEXT: "".join(f"{text}\n" for text in texts),
        CSV: "no;recipient;x\n" + "".join(f"{n};{text};a b\n" for n, text in enumerate(texts)),
        NDJSON: "".join(json.dumps({"recipient": text, "a": 1}) + "\n" for text in texts),
    }
    expected = [
        (people[0], True, "PERMITTED"),
        (people[1], False, "REFUSED"),
        (people[0], True, "PERMITTED"),
        (texts[3], *UNKNOWN),
        ("kötü", *INVALID),
        ("", *INVALID),
    ]

    for media, accept in ((m, a) for m in forms for a in (CSV, NDJSON)):
        answered = sent(http, forms[media].encode(), media, accept=accept)
        assert rows(answered) == expected
        assert answered.headers["content-type"].startswith(accept)


@pytest.mark.parametrize(
    ("media", "content", "expected"),
    [
        (TEXT, b"", []),
        (TEXT, b"\n", [""]),
        (TEXT, b"\n\n\r\n", ["", "", ""]),
        (TEXT, b"a\r\nb\r\nc", ["a", "b", "c"]),
        (TEXT, b"\xef\xbb\xbfa\nb", ["a", "b"]),
        (TEXT, b"\xef\xbb\xbf", [""]),
        (TEXT, b'a,b;"c\td\n', ['a,b;"c\td']),
        (TEXT, b"recipient\n", ["recipient"]),
        (TEXT, "\x85a\u2028b\x0bc\x1cd\n".encode(), ["\x85a\u2028b\x0bc\x1cd"]),
        (TEXT, b"\xff\xfe\n\xc3\n", ["\udcff\udcfe", "\udcc3"]),
        (TEXT, b"a\x00b\n", ["a\x00b"]),
        (CSV, b"recipient\na\n", ["a"]),
        (CSV, b"\xef\xbb\xbf RECIPIENT ;b\r\na;1\r\n", ["a"]),
        (CSV, b'"b","recipient"\n"1,5","a ""q"""\n', ['a "q"']),
        (CSV, b"b\trecipient\n1\ta\n", ["a"]),
        (CSV, b"a;1\nb;2\n", ["a", "b"]),
        (CSV, b"b,recipient\n5010000001\n", [""]),
        (CSV, b'b,recipient\n"5010000001\n', ['"5010000001']),
        (CSV, b"a\n\n;\n", ["a", "", ";"]),
        (CSV, b"recipient", []),
        (NDJSON, b'"a"\n{"recipient":"b"}\nc\n\n', ["a", "b", "c", ""]),
        (NDJSON, b'{"recipient":5}\n[1]\n{}', ['{"recipient":5}', "[1]", "{}"]),
        (NDJSON, b'{"recipient":"\\ud800"}\n', ['{"recipient":"\\ud800"}']),
        (NDJSON, b'\xef\xbb\xbf{"recipient":"a\\nb"}\n', ["a\nb"]),
        (NDJSON, b"[" * 15_000, ["[" * 15_000]),
        (NDJSON, b"5010000001\n", ["5010000001"]),
    ],
    ids=short,
)
def test_each_line_has_one_line_with_its_text(
    http: Running, media: str, content: bytes, expected: list[str]
) -> None:
    answered = sent(http, content, media, accept=CSV)

    assert [text for text, _, _ in rows(answered)] == expected


def test_bytes_that_are_no_text_come_back_as_they_were(http: Running) -> None:
    answered = sent(http, b"\xff\xfe\n\xe7\xfd\n", TEXT)

    assert b"\n\xff\xfe,false,INVALID_ADDRESS,BAD_FORMAT\n" in answered.content
    assert rows(sent(http, b"\xff\n", TEXT, accept=NDJSON)) == [("?", *INVALID)]


def test_an_address_is_known_however_it_is_written(http: Running, people: tuple[str, str]) -> None:
    bare = people[1].removeprefix("+90")
    written = [f"0{bare}", f" {bare[:3]} {bare[3:]} ", f"00 90 {bare}", f"{people[1]}\t"]

    answered = sent(http, "".join(f"{one}\n" for one in written).encode(), TEXT)

    assert rows(answered) == [(one, False, "REFUSED") for one in written]


def test_mailboxes_and_merchants_have_consents_of_their_own(http: Running) -> None:
    box = a_mailbox()
    http.item(a_ret(recipient=box, type="EPOSTA", recipientType="TACIR"))
    content = f"{box.upper()}\n".encode()

    merchants = sent(http, content, TEXT, f"{FILTER}?type=EPOSTA&recipientType=TACIR")
    persons = sent(http, content, TEXT, f"{FILTER}?type=EPOSTA")

    assert rows(merchants) == [(box.upper(), False, "REFUSED")]
    assert rows(persons) == [(box.upper(), *UNKNOWN)]


def test_a_run_is_recorded_and_named_in_the_headers(http: Running, people: tuple[str, str]) -> None:
    path = f"{MESSAGES}&campaign=kasim-2026"
    answered = sent(http, f"{people[0]}\n{people[1]}\n".encode(), TEXT, path)

    store = http.home.ledger(IYS_CODE).store
    (event,) = store.events_at([store.last_position()]).values()
    assert isinstance(event.body, DecisionMade)
    assert event.body.decision == answered.headers["izin-decision"]
    assert event.body.counts == {"PERMITTED": 1, "REFUSED": 1}
    assert event.body.campaign == "kasim-2026"
    assert int(answered.headers["izin-position"]) == event.position - 1
    assert moment(answered.headers["izin-iys-seen-at"]) < moment(
        answered.headers["izin-recheck-by"]
    )


def test_an_exempt_run_says_so(http: Running, people: tuple[str, str]) -> None:
    path = f"{MESSAGES}&purpose=EXEMPT&ground=CONTRACT"

    answered = sent(http, f"{people[1]}\n".encode(), TEXT, path, accept=NDJSON)

    (line,) = [json.loads(line) for line in answered.content.splitlines()]
    assert line == {
        "recipient": people[1],
        "permitted": True,
        "verdict": "EXEMPT",
        "reason": "CONTRACT",
        "warnings": ["REFUSED"],
    }


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "L-FIELD"),
        ("?type=SMS", "L-FIELD"),
        ("?type=MESAJ&recipientType=X", "L-FIELD"),
        ("?type=MESAJ&purpose=X", "L-PURPOSE"),
        ("?type=MESAJ&purpose=EXEMPT", "L-PURPOSE"),
        ("?type=MESAJ&ground=CONTRACT", "L-PURPOSE"),
        ("?type=MESAJ&campaign=05010000001", "L-CAMPAIGN"),
        ("?type=MESAJ&campaign=", "L-CAMPAIGN"),
        ("?type=MESAJ&campaing=x", "L-QUERY"),
        ("?type=MESAJ&type=MESAJ", "L-QUERY"),
    ],
)
def test_a_bad_question_is_refused(http: Running, query: str, code: str) -> None:
    assert problem(sent(http, b"x\n", TEXT, FILTER + query)) == (422, code)


# Packed.


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (gzip.compress(b"a\nb\n"), ["a", "b"]),
        (gzip.compress(b""), []),
        (gzip.compress(b"a\n") + gzip.compress(b"b\nc"), ["a", "b", "c"]),
        (gzip.compress(b"a\n") + bytes(512), ["a"]),
    ],
    ids=["one", "empty", "one behind the other", "filled up"],
)
def test_gzip_is_taken(http: Running, content: bytes, expected: list[str]) -> None:
    answered = sent(http, content, TEXT, content_encoding="gzip")

    assert [text for text, _, _ in rows(answered)] == expected


WHOLE = gzip.compress(b"+905010000001\n" * 1_000)
BOMB = gzip.compress(b"5\n" * (40 << 20), 9)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (WHOLE[:-1], (422, "L-GZIP")),
        (WHOLE[:20], (422, "L-GZIP")),
        (b"", (422, "L-GZIP")),
        (b"+905010000001\n", (422, "L-GZIP")),
        (WHOLE[:-8] + bytes(8), (422, "L-GZIP")),
        (WHOLE + b"x", (422, "L-GZIP")),
        (WHOLE + WHOLE[:20], (422, "L-GZIP")),
        (gzip.compress(b"5" * (1 << 20)), (413, "L-TOO-LARGE")),
        (BOMB, (413, "L-TOO-LARGE")),
        (gzip.compress(bytes(200 << 20)), (413, "L-TOO-LARGE")),
    ],
    ids=["cut", "cut early", "nothing", "not", "sum", "more", "half", "line", "bomb", "zeros"],
)
def test_gzip_that_is_none_or_too_much_is_refused(
    http: Running, content: bytes, expected: tuple[int, str]
) -> None:
    before = http.home.ledger(IYS_CODE).store.last_position()

    assert problem(sent(http, content, TEXT, content_encoding="gzip")) == expected
    assert http.home.ledger(IYS_CODE).store.last_position() == before


@pytest.mark.parametrize(
    ("accept", "packed"),
    [
        ("gzip", True),
        ("br, GZIP;q=0.5", True),
        ("gzip;q=0", False),
        ("identity", False),
        ("", False),
    ],
)
def test_gzip_is_given_to_who_takes_it(http: Running, accept: str, packed: bool) -> None:
    answered = sent(http, b"a\n" * 500, TEXT, accept_encoding=accept)

    assert (answered.headers.get("content-encoding") == "gzip") is packed
    assert len(rows(answered)) == 500


@pytest.mark.parametrize(
    ("media", "headers"),
    [
        ("application/json", {}),
        ("", {}),
        (TEXT, {"content_encoding": "br"}),
        (TEXT, {"content_encoding": "gzip, gzip"}),
    ],
    ids=short,
)
def test_another_media_type_or_coding_is_refused(
    http: Running, media: str, headers: dict[str, str]
) -> None:
    assert problem(sent(http, b"x\n", media, **headers)) == (415, "L-MEDIA")


def test_a_line_without_end_is_refused(http: Running) -> None:
    assert problem(sent(http, b"5" * (1 << 20), TEXT)) == (413, "L-TOO-LARGE")


# Much.


def kilobytes(http: Running, name: str) -> int:
    """`VmRSS` or `VmHWM` of the service."""
    with open(f"/proc/{http.served.pid}/status") as lines:
        found = re.search(rf"{name}:\s+([0-9]+) kB", lines.read())
    assert found
    return int(found[1])


def test_three_hundred_thousand_lines_are_answered_in_bounded_memory(
    http: Running, people: tuple[str, str]
) -> None:
    """Twice; the second time it needs what it needed the first time."""
    texts = [f"+90530{number:07d}" for number in range(300_000)]
    texts[7], texts[299_999] = people
    content = "\n".join(texts).encode()
    needed = []

    for _ in range(2):
        before = kilobytes(http, "VmRSS")
        lines = rows(sent(http, content, TEXT))
        assert [line[0] for line in lines] == texts
        assert (lines[7][2], lines[299_999][2]) == ("PERMITTED", "REFUSED")
        assert {line[2] for line in lines[8:299_999]} == {"NO_CONSENT"}
        needed.append(kilobytes(http, "VmHWM"))
        assert needed[-1] - before < 400_000

    assert needed[1] - needed[0] < 100_000


def waiting_files(http: Running) -> int:
    """Files without a name that the service holds open."""
    found = 0
    for link in Path(f"/proc/{http.served.pid}/fd").iterdir():
        with suppress(OSError):  # closed meanwhile
            found += "(deleted)" in os.readlink(link)
    return found


def test_who_hangs_up_midway_harms_nobody(http: Running, people: tuple[str, str]) -> None:
    """While sending, and while reading a long answer; no file and no thread stays behind."""
    content = b"+905300000001\n" * 300_000
    assert rows(sent(http, b"x\n", TEXT))
    before = waiting_files(http)
    head = (
        f"POST {MESSAGES} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\n"
        f"Content-Type: text/plain\r\nContent-Length: {len(content)}\r\n\r\n"
    ).encode()
    with http.served.connect() as caller:
        caller.sendall(head + content[:100_000])
    with http.served.connect() as caller:
        caller.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        caller.sendall(head + content)
        assert caller.recv(1_000).startswith(b"HTTP/1.1 200")
    with http.served.connect() as caller:
        caller.sendall(head + content[:50])
        caller.shutdown(socket.SHUT_WR)
        assert read(caller).status in (0, 400)

    # Nobody asks anything meanwhile, so that no collection of garbage is brought about.
    deadline = time.monotonic() + 30
    while waiting_files(http) > before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert waiting_files(http) == before
    assert rows(sent(http, f"{people[0]}\n".encode(), TEXT)) == [(people[0], True, "PERMITTED")]
    assert "Traceback" not in http.errors()


def test_who_may_filter(http: Running) -> None:
    assert problem(sent(http, b"x\n", TEXT, key="viewer")) == (403, "L-ROLE")
    assert problem(sent(http, b"x\n", TEXT, key="sister")) == (403, "L-BRAND-SCOPE")
    foreign = MESSAGES.replace(str(BRAND), str(FOREIGN))
    assert problem(sent(http, b"x\n", TEXT, foreign, key="operator")) == (403, "L-BRAND-SCOPE")

"""The client before something that answers, but not as this service does: its own error, always."""

import io
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from ledger.client import Channel, Client, ClientError, Unavailable
from tests.acceptance.commands import run
from tests.acceptance.services import BRAND
from tests.acceptance.wire import KEY

MESSAGE = Channel.MESSAGE
ADDRESS = "+905010000301"
RUN = {
    "Izin-Decision": "01234567-89ab-8def-8123-456789abcdef",
    "Izin-Position": "7",
    "Izin-Recheck-By": "2026-11-22T10:15:00Z",
}
HEADING = "recipient,permitted,verdict,reason\n"
JOB = "01234567-89ab-7def-8123-456789abcdef"
DEEP = "[" * 100_000

Answered = Callable[[httpx.Request], httpx.Response]


def asked(answer: Answered) -> Client:
    return Client("http://made.up", KEY, transport=httpx.MockTransport(answer))


class Polite(BaseHTTPRequestHandler):
    """Answers everything with 200 and a page."""

    def do_POST(self) -> None:  # the library's name
        self.send_response(200)
        self.send_header("Content-Length", "3")
        self.end_headers()
        self.wfile.write(b"ok\n")

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@contextmanager
def another_service() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Polite) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({}, "ok\n"),
        ({}, f"{HEADING}{ADDRESS},true,PERMITTED,REGISTERED\n"),
        ({**RUN, "Izin-Position": "seven"}, HEADING),
        (RUN, ""),
        (RUN, "<html>\n"),
        (RUN, f"{HEADING}ok\n"),
        (RUN, f"{HEADING}{ADDRESS},true,PERM"),
        (RUN, f'{HEADING}"{ADDRESS},true,PERMITTED,REGISTERED\n'),
    ],
    ids=["200", "no headers", "number", "empty", "html", "column", "cut", "quote"],
)
def test_a_filter_that_is_none_is_unavailable(headers: dict[str, str], body: str) -> None:
    with (
        asked(lambda request: httpx.Response(200, headers=headers, text=body)) as izin,
        pytest.raises(Unavailable) as told,
    ):
        izin.filter(BRAND, MESSAGE, io.BytesIO(f"{ADDRESS}\n".encode()), io.BytesIO())

    assert ADDRESS not in f"{told.value} {told.value.__cause__!r}"


def test_a_verdict_that_is_no_text_is_unavailable() -> None:
    body = HEADING.encode() + b"x,true,\xff,\n"
    with (
        asked(lambda request: httpx.Response(200, headers=RUN, content=body)) as izin,
        pytest.raises(Unavailable),
    ):
        izin.filter(BRAND, MESSAGE, io.BytesIO(b"x\n"), io.BytesIO())


@pytest.mark.parametrize(
    "body",
    ["", "<html></html>", "{}", "null", DEEP, f'{{"body":{DEEP}', '{"id":"../../x"}'],
    ids=["empty", "html", "object", "null", "deep", "deep member", "no id"],
)
@pytest.mark.parametrize("code", [200, 404, 500])
def test_whatever_answers_one_error_comes_of_it(body: str, code: int) -> None:
    calls: list[Callable[[Client], object]] = [
        lambda izin: izin.status(BRAND, ADDRESS, MESSAGE),
        lambda izin: izin.history(BRAND, ADDRESS, MESSAGE),
        lambda izin: list(izin.refusals(BRAND)),
        lambda izin: izin.import_file(BRAND, io.BytesIO(b"x"), file_name="\udcff.csv"),
        lambda izin: list(izin.import_progress(JOB)),
        lambda izin: izin.verdicts(JOB, io.BytesIO()),
        lambda izin: izin.upload_evidence(b"x", "FORM"),
    ]
    for call in calls:
        with (
            asked(lambda request: httpx.Response(code, text=body)) as izin,
            pytest.raises(ClientError),
        ):
            call(izin)


def test_an_import_of_another_services_making_is_unavailable() -> None:
    job = (
        '{"id":"../x","brandCode":1,"state":"DONE","bytes":1,"createdAt":"x","dryRun":false,'
        '"rowsRead":0,"verdicts":{}}'
    )
    with (
        asked(lambda request: httpx.Response(200, text=job)) as izin,
        pytest.raises(Unavailable),
    ):
        izin.import_file(BRAND, io.BytesIO(b"x"))


def test_the_command_line_says_in_one_line_that_it_is_another_service(tmp_path: Path) -> None:
    with another_service() as url:
        ran = run(
            *("filter", "-", "--brand", "1", "--channel", "MESAJ"),
            *("--out", str(tmp_path / "o.csv"), "--json"),
            stdin=f"{ADDRESS}\n",
            IZIN_SERVER=url,
            IZIN_API_KEY=KEY,
        )

    assert (ran.code, ran.answer["error"]) == (1, "ServiceUnavailable")
    assert "bu hizmet ya da bu sürümü değil" in ran.err and ran.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []

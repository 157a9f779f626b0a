"""The service in a thread of the test's own process, and files that are sent to it over HTTP."""

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import uvicorn

from ledger import bootstrap
from ledger.api.app import create_app
from ledger.api.limits import Limits
from ledger.api.serving import server_config
from ledger.bootstrap import Home
from ledger.recording.import_ports import ImportJob, JobOptions
from ledger.settings import Settings
from ledger.vocabulary import BrandCode, IysCode
from tests.integration.acts import BRAND_CODE, IYS_CODE
from tests.integration.bringing import HEADER
from tests.integration.waiting import eventually

KEY = "an-api-key-for-tests"
EVIDENCE = "/v1/evidence"
IMPORTS = "/v1/imports"
ROW = "MESAJ,HS_WEB,+90501{:07d},{},2026-11-20 10:00:00,BIREYSEL\n"
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Calls:
    """Callers of the service; `port` for those who write bytes."""

    client: httpx.Client
    port: int

    def evidence(self, content: bytes, query: str, **headers: str) -> httpx.Response:
        """Upload a piece."""
        return self.client.post(f"{EVIDENCE}?{query}", content=content, headers=headers)

    def bring(self, content: str | bytes, query: str = "", **headers: str) -> httpx.Response:
        """Send a file to import; `_` in a header's name stands for `-`."""
        url = f"{IMPORTS}?brandCode={BRAND_CODE}{'&' if query else ''}{query}"
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        body = content.encode() if isinstance(content, str) else content
        return self.client.post(url, content=body, headers=named)

    def ended(self, job: str) -> Json:
        """The job, once nothing more becomes of it."""
        answers: list[Json] = []

        def has_ended() -> bool:
            answers.append(self.client.get(f"{IMPORTS}/{job}").json())
            return answers[-1]["state"] not in ("WAITING", "RUNNING")

        eventually(has_ended, "the job ends")
        return answers[-1]

    def verdicts(self, job: str, **headers: str) -> httpx.Response:
        """The verdict file."""
        return self.client.get(f"{IMPORTS}/{job}/verdicts", headers=headers)


@contextmanager
def answering(home: Home, limits: Limits | None = None) -> Iterator[Calls]:
    """The service; the starter's key is the caller's."""
    home.keys.accept(KEY, bootstrap.STARTER)
    app = create_app(home, limits=limits)
    with ExitStack() as stack:
        config = server_config(app, limits or Limits(), host="127.0.0.1", port=0)
        listening = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        port: int = listening.getsockname()[1]
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        stack.callback(thread.join)
        stack.callback(setattr, server, "should_exit", True)
        client = httpx.Client(
            base_url=f"http://127.0.0.1:{port}",
            headers={"Authorization": f"Bearer {KEY}"},
            timeout=30,
        )
        yield Calls(stack.enter_context(client), port)


@contextmanager
def working(home: Home, settings: Settings) -> Iterator[None]:
    """A worker that carries jobs out, in a thread."""
    with bootstrap.import_worker(home, settings).running():
        yield


def submit(
    home: Home,
    content: str,
    *,
    iys_code: IysCode = IYS_CODE,
    brand_code: BrandCode = BRAND_CODE,
    dry_run: bool = False,
    **options: Any,
) -> UUID:
    """A job without HTTP."""
    jobs = home.imports(iys_code)
    with jobs.receive() as upload:
        upload.write(content.encode())
        job = jobs.submit(
            upload, brand_code, JobOptions(**options), actor="key:test", dry_run=dry_run
        )
    return job.id


def found(home: Home, job: UUID, iys_code: IysCode = IYS_CODE) -> ImportJob:
    """The job as it stands."""
    known = home.imports(iys_code).find(job)
    assert known is not None
    return known


def a_file(count: int, status: str = "ONAY", *, first: int = 1) -> str:
    """A sound file of so many addresses."""
    return HEADER + "".join(ROW.format(number, status) for number in range(first, first + count))


def uploads(settings: Settings) -> list[Path]:
    """Every file that was uploaded, or is on its way."""
    return [
        path for path in settings.upload_folder.rglob("*") if path.suffix in (".upload", ".part")
    ]

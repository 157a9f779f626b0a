"""Files to import as jobs: `POST /v1/imports`, how far one is, and its verdicts (C8).

The body goes to disk as it comes; nothing of it is looked at here. What names a person goes in
headers, which no proxy writes into its log.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from errno import errorcode
from typing import BinaryIO, Final
from uuid import UUID

import structlog
from fastapi import APIRouter
from starlette.concurrency import iterate_in_threadpool, run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from ledger import clock
from ledger.api.access import Action, admit, admit_brand
from ledger.api.import_options import PARAMETERS, QUERY, brand_code_of, options_of, switch_of
from ledger.api.limits import MIB
from ledger.api.messages import answer, query_of
from ledger.api.operations import operation
from ledger.api.problems import Problem, is_english
from ledger.api.service import Service
from ledger.contract.uploads import ImportJobAnswer, TriedAnswer
from ledger.messages import message
from ledger.recording.import_ports import (
    ImportJob,
    ImportJobs,
    JobState,
    QueueFull,
    TriedDates,
    Upload,
)
from ledger.recording.principals import Principal

RECEIVED_MAX: Final = 16
"""Files that one process takes in at a time."""
BUSY_SECONDS: Final = 5
PIECE_BYTES: Final = MIB
JOB_CHARACTERS: Final = 36

_log = structlog.get_logger("izin")

JOB: Final = {
    "name": "job",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "format": "uuid"},
}
CSV: Final = {"schema": {"type": "string"}}
ROWS: Final = (
    "type,source,recipient,status,consentDate,recipientType\n"
    "MESAJ,HS_WEB,+905010000101,RET,2026-11-01 09:00:00,BIREYSEL\n"
)
REQUEST_MEDIA: Final = {
    "text/csv": {**CSV, "examples": {"a refusal": {"value": ROWS}}},
    "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
}


def router(service: Service) -> APIRouter:
    """The endpoints."""
    routes = APIRouter(prefix="/v1/imports", tags=["import"])
    receiving = _Receiving()

    @routes.post(
        "",
        **operation(
            "Dosya içe aktar / import a file",
            parameters=PARAMETERS,
            request_media=REQUEST_MEDIA,
            answer=ImportJobAnswer,
            status=(202,),
            in_brand=False,
        ),
    )
    async def imports(request: Request) -> Response:
        return await _submit(service, receiving, request)

    @routes.get(
        "/{job}",
        **operation(
            "İşin durumu / how far a job is",
            parameters=(JOB,),
            answer=ImportJobAnswer,
            in_brand=False,
        ),
    )
    async def status(request: Request) -> Response:
        _, job = await _find(service, request)
        return answer(_shown(job, english=is_english(request)))

    @routes.get(
        "/{job}/verdicts",
        **operation(
            "Satır kararları / verdicts of the lines",
            parameters=(JOB,),
            media={"text/csv": CSV},
            refusals=(409, 410),
            in_brand=False,
        ),
    )
    async def verdicts(request: Request) -> Response:
        return await _verdicts(service, request)

    return routes


class _Receiving:
    """How many files this process takes in now."""

    def __init__(self) -> None:
        self.count = 0

    def __enter__(self) -> None:
        if self.count >= RECEIVED_MAX:
            raise Problem(503, "L-BUSY", headers={"Retry-After": str(BUSY_SECONDS)})
        self.count += 1

    def __exit__(self, *_: object) -> None:
        self.count -= 1


async def _submit(service: Service, receiving: _Receiving, request: Request) -> Response:
    principal = admit(request, Action.IMPORT)
    query = query_of(request, *QUERY)
    principal, brand, _ = admit_brand(
        request, service.ledgers, Action.IMPORT, brand_code_of(query.get("brandCode"))
    )
    jobs = await run_in_threadpool(service.ledgers.imports, brand.iys_code)
    options = options_of(request, query, jobs)
    dry_run = switch_of(query, "dryRun")
    with receiving, ExitStack() as stack:
        try:
            upload = await run_in_threadpool(stack.enter_context, jobs.receive())
            await _write(request, upload)
            if upload.size_bytes == 0:
                raise Problem(422, "L-FILE-EMPTY")
            await request.scope["state"]["readmit"]()  # the key may have ended meanwhile
            job = await run_in_threadpool(
                jobs.submit,
                upload,
                brand.brand_code,
                options,
                actor=principal.actor,
                dry_run=dry_run,
            )
        except QueueFull:
            raise Problem(503, "L-QUEUE-FULL", headers={"Retry-After": "60"}) from None
        except OSError as error:
            _log.error("an upload cannot be stored", failure=errorcode.get(error.errno or 0))
            raise Problem(503, "L-STORAGE", headers={"Retry-After": "60"}) from error
    service.ledgers.access_log(brand.iys_code).note(
        principal.actor,
        "import",
        brand_code=brand.brand_code,
        request_id=request.scope["state"]["request_id"],
    )
    shown = _shown(job, english=is_english(request))
    return answer(shown, 202, headers={"Location": f"/v1/imports/{job.id}"})


async def _write(request: Request, upload: Upload) -> None:
    """The body to disk, in pieces that are worth a change of threads. Raises OSError."""
    held = bytearray()
    async for piece in request.stream():
        held += piece
        if len(held) >= PIECE_BYTES:
            await run_in_threadpool(upload.write, bytes(held))
            held.clear()
    if held:
        await run_in_threadpool(upload.write, bytes(held))


async def _find(service: Service, request: Request) -> tuple[ImportJobs, ImportJob]:
    """The job that the path names. Raises Problem 404 for one that is not the caller's to see."""
    principal = admit(request, Action.IMPORT_STATUS)
    query_of(request)
    text = request.path_params["job"]
    try:
        job_id = UUID(text)
    except ValueError:
        job_id = None
    if job_id is not None and len(text) == JOB_CHARACTERS:
        found = await run_in_threadpool(_look_up, service, principal, job_id)
        if found is not None:
            return found
    raise Problem(404, "L-NOT-FOUND")


def _look_up(
    service: Service, principal: Principal, job_id: UUID
) -> tuple[ImportJobs, ImportJob] | None:
    ledgers = service.ledgers
    own = principal.iys_code
    for code in ledgers.iys_codes() if own is None else [own]:
        jobs = ledgers.imports(code)
        job = jobs.find(job_id)
        if job is not None:
            in_scope = principal.brands is None or job.brand_code in principal.brands
            return (jobs, job) if in_scope else None
    return None


async def _verdicts(service: Service, request: Request) -> Response:
    jobs, job = await _find(service, request)
    if not job.state.has_ended:
        raise Problem(409, "L-NOT-READY")
    if job.state is not JobState.DONE:
        raise Problem(409, "L-NO-VERDICTS")
    file = await run_in_threadpool(jobs.verdicts, job.id)
    if file is None:
        raise Problem(410, "L-GONE")
    headers = {"Content-Disposition": f'attachment; filename="{job.id}.csv"'}
    return StreamingResponse(
        iterate_in_threadpool(_pieces(file)), media_type="text/csv", headers=headers
    )


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while piece := file.read(PIECE_BYTES):
            yield piece


def _shown(job: ImportJob, *, english: bool) -> ImportJobAnswer:
    code, tried = job.code, job.tried
    return ImportJobAnswer(
        id=str(job.id),
        brandCode=job.brand_code,
        state=job.state,
        bytes=job.size_bytes,
        dryRun=job.dry_run,
        fileName=None if job.options is None else job.options.file_name,
        rowsRead=job.rows_read,
        rowsTotal=job.rows_total,
        verdicts=dict(job.verdicts),
        code=code,
        message=None if code is None else message(code, "en" if english else "tr"),
        createdAt=clock.utc_text(job.created_at),
        startedAt=None if job.started_at is None else clock.utc_text(job.started_at),
        endedAt=None if job.ended_at is None else clock.utc_text(job.ended_at),
        importId=None if job.import_id is None else str(job.import_id),
        template=job.template,
        tried=None if tried is None else _dates(tried),
    )


def _dates(tried: TriedDates) -> TriedAnswer:
    return TriedAnswer(
        whole=tried.whole,
        firstDate=tried.first,
        lastDate=tried.last,
        undated=tried.undated,
        months=tried.months,
    )

"""The HTTP service: health and status. Bodies carry the addresses, never URLs (api.md)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from ledger import views
from ledger.addresses import parse_address
from ledger.api.guard import Guard
from ledger.api.problems import Problem, handle_error, handle_invalid, handle_problem
from ledger.application import ConsentLedger
from ledger.clock import parse_time, utc_text
from ledger.errors import AddressRefused, LedgerError
from ledger.recording.ports import Brand
from ledger.vocabulary import BrandCode, Channel, IysCode, RecipientType


class Ledgers(Protocol):
    """The ledgers that the service answers for."""

    def iys_codes(self) -> Sequence[IysCode]:
        """Every provider's. Raises StoreUnavailable."""

    def ledger(self, iys_code: IysCode) -> ConsentLedger:
        """One provider's ledger. Raises NotFound."""

    def brand(self, brand_code: BrandCode) -> Brand:
        """A brand. Raises NotFound."""

    def failing_since(self) -> datetime | None:
        """Since when a follower of this process fails, if one does."""


class StatusQuestion(BaseModel):
    """Whose status is asked, İYS's field names."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    recipient: str = Field(max_length=320, repr=False)
    type: Channel
    recipientType: RecipientType = RecipientType.INDIVIDUAL  # noqa: N815  # İYS's name
    at: str | None = Field(default=None, max_length=40)
    knownAt: str | None = Field(default=None, max_length=40)  # noqa: N815  # İYS's style


def create_app(ledgers: Ledgers, *, api_key: str) -> FastAPI:
    """The application. `api_key`: what every caller of `/v1` must show."""
    app = FastAPI(title="İzin Defteri", version="0.1.0", docs_url=None, redoc_url=None)
    app.add_exception_handler(Problem, handle_problem)
    app.add_exception_handler(RequestValidationError, handle_invalid)
    app.add_exception_handler(LedgerError, handle_error)
    app.include_router(_health(ledgers))
    app.include_router(_asking(ledgers))
    app.add_middleware(Guard, api_key=api_key)
    return app


def _health(ledgers: Ledgers) -> APIRouter:
    router = APIRouter()

    @router.get("/healthz")
    def healthz() -> dict[str, str]:
        """The process answers."""
        return {"status": "ok"}

    @router.get("/readyz")
    def readyz() -> JSONResponse:
        """PostgreSQL answers and the logs can be read."""
        try:
            sizes = {
                str(code): ledgers.ledger(code).store.last_position()
                for code in ledgers.iys_codes()
            }
        except LedgerError:
            return JSONResponse({"status": "unavailable"}, status_code=503)
        failing = ledgers.failing_since()
        if failing is not None:
            members = {"status": "follower failing", "since": utc_text(failing)}
            return JSONResponse(members, status_code=503)
        return JSONResponse({"status": "ok", "events": sizes})

    return router


def _asking(ledgers: Ledgers) -> APIRouter:
    router = APIRouter(prefix="/v1")

    @router.post("/brands/{brand_code}/status")
    def status(brand_code: int, question: StatusQuestion) -> JSONResponse:
        """Both lines, verdict and receipt of one address."""
        try:
            address = parse_address(question.recipient, question.type)
        except AddressRefused as refused:
            return JSONResponse(views.invalid_members(refused.code))
        brand = ledgers.brand(BrandCode(brand_code))
        view = views.status(
            ledgers.ledger(brand.iys_code),
            brand,
            address,
            question.type,
            question.recipientType,
            at=_instant(question.at, "/at"),
            known_at=_instant(question.knownAt, "/knownAt"),
        )
        return JSONResponse(views.status_members(view))

    return router


def _instant(text: str | None, pointer: str) -> datetime | None:
    if text is None:
        return None
    try:
        return parse_time(text)
    except ValueError as error:
        raise Problem(422, "L-TIME", pointer=pointer) from error

"""The HTTP service: health and status. Bodies carry the addresses, never URLs (api.md)."""

import hmac
from datetime import datetime
from typing import Annotated

from fastapi import Depends, FastAPI, Header, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from ledger import views
from ledger.addresses import parse_address
from ledger.api.problems import Problem, handle_error, handle_invalid, handle_problem
from ledger.bootstrap import Home
from ledger.clock import parse_time
from ledger.errors import AddressRefused, LedgerError
from ledger.vocabulary import BrandCode, Channel, RecipientType

BODY_BYTES_MAX = 64 * 1024


class StatusQuestion(BaseModel):
    """Whose status is asked, İYS's field names."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    recipient: str = Field(max_length=320, repr=False)
    type: Channel
    recipientType: RecipientType = RecipientType.INDIVIDUAL  # noqa: N815  # İYS's name
    at: str | None = Field(default=None, max_length=40)
    knownAt: str | None = Field(default=None, max_length=40)  # noqa: N815  # İYS's style


def create_app(home: Home, *, api_key: str) -> FastAPI:
    """The application on an open home. `api_key`: what every caller of `/v1` must show."""
    app = FastAPI(title="İzin Defteri", version="0.1.0", docs_url=None, redoc_url=None)
    app.add_exception_handler(Problem, handle_problem)
    app.add_exception_handler(RequestValidationError, handle_invalid)
    app.add_exception_handler(LedgerError, handle_error)

    def authorised(authorization: Annotated[str, Header()] = "") -> None:
        shown = authorization.removeprefix("Bearer ").encode()
        if not hmac.compare_digest(shown, api_key.encode()):
            raise Problem(401, "L-KEY")

    def bounded(request: Request) -> None:
        length = request.headers.get("content-length", "")
        if not length.isdigit():
            raise Problem(411, "L-LENGTH")
        if int(length) > BODY_BYTES_MAX:
            raise Problem(413, "L-TOO-LARGE")

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        """The process answers."""
        return {"status": "ok"}

    @app.get("/readyz")
    def readyz() -> JSONResponse:
        """PostgreSQL answers and the logs can be read."""
        try:
            sizes = {
                str(one.iys_code): home.ledger(one.iys_code).store.last_position()
                for one in home.providers.all()
            }
        except LedgerError:
            return JSONResponse({"status": "unavailable"}, status_code=503)
        return JSONResponse({"status": "ok", "events": sizes})

    @app.post(
        "/v1/brands/{brand_code}/status", dependencies=[Depends(bounded), Depends(authorised)]
    )
    def status(brand_code: int, question: StatusQuestion) -> JSONResponse:
        """Both lines, verdict and receipt of one address."""
        try:
            address = parse_address(question.recipient, question.type)
        except AddressRefused as refused:
            return JSONResponse(views.invalid_members(refused.code))
        brand = home.providers.brand(BrandCode(brand_code))
        view = views.status(
            home.ledger(brand.iys_code),
            brand,
            address,
            question.type,
            question.recipientType,
            at=_instant(question.at, "/at"),
            known_at=_instant(question.knownAt, "/knownAt"),
        )
        return JSONResponse(views.status_members(view))

    return app


def _instant(text: str | None, pointer: str) -> datetime | None:
    if text is None:
        return None
    try:
        return parse_time(text)
    except ValueError as error:
        raise Problem(422, "L-TIME", pointer=pointer) from error

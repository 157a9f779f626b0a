"""Errors as RFC 9457 problems, Turkish or English; the only place with HTTP statuses for errors."""

from difflib import get_close_matches
from typing import Final

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from ledger.errors import InputRefused, LedgerError, NotFound, StoreUnavailable

MEDIA_TYPE: Final = "application/problem+json"
TYPE_BASE: Final = "urn:izin-defteri:problem:"

STATUS_BY_ERROR: Final = {
    NotFound: (404, "L-NOT-FOUND"),
    InputRefused: (422, "L-INPUT"),
    StoreUnavailable: (503, "L-UNAVAILABLE"),
    LedgerError: (500, "L-FAILED"),
}

TITLES: Final = {
    "L-KEY": ("API anahtarı yok ya da geçersiz", "the API key is missing or wrong"),
    "L-LENGTH": ("Content-Length gerekli", "Content-Length is required"),
    "L-TOO-LARGE": ("İstek gövdesi çok büyük", "the request body is too large"),
    "L-TIME": (
        "Zaman 2026-11-22 10:15:00 (Türkiye saati) ya da 2026-11-22T10:15:00+03:00 biçiminde"
        " olmalı",
        "a time must be 2026-11-22 10:15:00 (Turkish time) or 2026-11-22T10:15:00+03:00",
    ),
    "L-FIELD": ("İstek gövdesi geçersiz", "the request body is invalid"),
    "L-FIELD-UNKNOWN": ("Bilinmeyen alan", "unknown field"),
    "L-NOT-FOUND": ("Bulunamadı", "not found"),
    "L-INPUT": ("Veri kabul edilmedi", "the input was refused"),
    "L-UNAVAILABLE": ("Hizmet geçici olarak kullanılamıyor", "temporarily unavailable"),
    "L-FAILED": ("İşlem yapılamadı", "the request failed"),
}

KNOWN_FIELDS: Final = ("recipient", "type", "recipientType", "at", "knownAt")


class Problem(Exception):
    """An answer that is not 2xx. `pointer` names the member at fault, never its value."""

    def __init__(self, status: int, code: str, *, pointer: str | None = None) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.pointer = pointer


async def handle_problem(request: Request, error: Exception) -> JSONResponse:
    """A problem raised on purpose."""
    assert isinstance(error, Problem)
    return problem(request, error.status, error.code, pointer=error.pointer)


async def handle_error(request: Request, error: Exception) -> JSONResponse:
    """An error of the ledger, by `STATUS_BY_ERROR`."""
    for kind, (status, code) in STATUS_BY_ERROR.items():
        if isinstance(error, kind):
            return problem(request, status, code)
    raise error


async def handle_invalid(request: Request, error: Exception) -> JSONResponse:
    """A malformed body: its first fault with a pointer; for an unknown field the nearest known."""
    assert isinstance(error, RequestValidationError)
    faults = error.errors()
    # A misspelled field is both unknown and missing: the first tells what to do.
    unknown = [fault for fault in faults if fault["type"] == "extra_forbidden"]
    first = (unknown or faults)[0]
    path = [str(part) for part in first["loc"] if part != "body"]
    pointer = "/" + "/".join(path)
    if first["type"] != "extra_forbidden":
        return problem(request, 422, "L-FIELD", pointer=pointer)
    near = get_close_matches(path[-1], KNOWN_FIELDS, n=1)
    return problem(request, 422, "L-FIELD-UNKNOWN", nearest=near[0] if near else None)


def problem(
    request: Request,
    status: int,
    code: str,
    *,
    pointer: str | None = None,
    nearest: str | None = None,
) -> JSONResponse:
    """The answer of a code, in the caller's language."""
    english = request.headers.get("accept-language", "").lstrip().startswith("en")
    members: dict[str, object] = {
        "type": TYPE_BASE + code,
        "title": TITLES[code][1 if english else 0],
        "status": status,
        "code": code,
    }
    if pointer is not None:
        members["pointer"] = pointer
    if nearest is not None:
        members["nearest"] = nearest
    return JSONResponse(members, status_code=status, media_type=MEDIA_TYPE)

"""Errors as RFC 9457 problems, Turkish or English, those of the officer's pages as pages; the only
place with HTTP statuses for errors."""

import traceback
from collections.abc import Mapping
from typing import Final

import structlog
from fastapi import Request
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.responses import Response

from ledger.api.pages.paths import is_page
from ledger.api.pages.rendering import refused_page
from ledger.errors import (
    ClockStepped,
    HeadBusy,
    InputRefused,
    LedgerError,
    NotFound,
    RaceLost,
    StoreUnavailable,
)
from ledger.messages import message

MEDIA_TYPE: Final = "application/problem+json"
TYPE_BASE: Final = "urn:izin-defteri:problem:"
_log = structlog.get_logger("izin")

STATUS_BY_ERROR: Final = {
    NotFound: (404, "L-NOT-FOUND"),
    InputRefused: (422, "L-INPUT"),
    HeadBusy: (503, "L-BUSY"),
    RaceLost: (503, "L-BUSY"),
    StoreUnavailable: (503, "L-UNAVAILABLE"),
    ClockStepped: (503, "L-CLOCK"),
    LedgerError: (500, "L-FAILED"),
}
RETRY_SECONDS: Final = {"L-BUSY": 1, "L-UNAVAILABLE": 5, "L-CLOCK": 60}
"""Of the errors that pass by themselves, or when somebody looks after the clock."""

TITLES: Final = {
    "L-KEY": ("API anahtarı yok ya da geçersiz", "the API key is missing or wrong"),
    "L-ROLE": ("Bu anahtarın rolü buna yetkili değil", "the role of this key may not do this"),
    "L-ORIGIN": ("Form bu sayfalardan gelmedi", "the form does not come from these pages"),
    "L-BRAND-SCOPE": (
        "Marka bu anahtarın kapsamında değil",
        "the brand is not within the scope of this key",
    ),
    "L-RATE": ("Çok sık istek; biraz sonra yeniden deneyin", "too many requests; try again later"),
    "L-BUSY": ("Hizmet şu anda dolu; yeniden deneyin", "the service is busy; try again"),
    "L-SLOW": ("İstek gövdesi çok yavaş geldi", "the request body came too slowly"),
    "L-MEDIA": (
        "Bu içerik türü ya da kodlaması kabul edilmiyor",
        "this content type or encoding is not accepted here",
    ),
    "L-FRAMING": (
        "İstek HTTP olarak tek anlamlı okunamıyor",
        "the request cannot be read as HTTP in one way only",
    ),
    "L-URL": ("Adres satırı çok uzun ya da geçersiz", "the URL is too long or malformed"),
    "L-QUERY": ("Bilinmeyen sorgu parametresi", "unknown query parameter"),
    "L-HEADERS": ("İstek başlıkları çok büyük", "the request headers are too large"),
    "L-METHOD": ("Bu adres bu yöntemi kabul etmiyor", "this URL does not take this method"),
    "L-LENGTH": ("Content-Length gerekli", "Content-Length is required"),
    "L-TOO-LARGE": ("İstek gövdesi çok büyük", "the request body is too large"),
    "L-TIME": (
        "Zaman 2026-11-22 10:15:00 (Türkiye saati) ya da 2026-11-22T10:15:00+03:00 biçiminde"
        " olmalı",
        "a time must be 2026-11-22 10:15:00 (Turkish time) or 2026-11-22T10:15:00+03:00",
    ),
    "L-JSON": ("İstek gövdesi JSON olarak okunamıyor", "the request body cannot be read as JSON"),
    "L-FIELD": ("İstek gövdesi geçersiz", "the request body is invalid"),
    "L-FIELD-UNKNOWN": ("Bilinmeyen alan", "unknown field"),
    "L-ITEMS": ("items 1 ile 10.000 arası öğe olmalı", "items must hold 1 to 10,000 items"),
    "L-IDEMPOTENCY-KEY": (
        "Idempotency-Key yazdırılabilir ve en çok 200 karakter olmalı",
        "Idempotency-Key must be printable and at most 200 characters",
    ),
    "L-PURPOSE": (
        "Amaç ya da dayanak geçersiz: COMMERCIAL, CONSENT_REQUEST ya da dayanağıyla EXEMPT",
        "purpose or ground is not valid: COMMERCIAL, CONSENT_REQUEST, or EXEMPT with its ground",
    ),
    "L-CAMPAIGN": (
        "Kampanya bir tanımlayıcı olmalı, adres olamaz",
        "campaign must be an identifier and no address",
    ),
    "L-CHANNEL": (
        "Bu adres o kanalda kullanılamaz",
        "this address cannot be used on that channel",
    ),
    "L-GZIP": ("İçerik gzip olarak açılamıyor", "the content cannot be unpacked as gzip"),
    "L-CURSOR": ("after bir konum olmalı", "after must be a position"),
    "L-BODY-EMPTY": ("İstek gövdesi boş", "the request body is empty"),
    "L-CASE": ("case okunamadı ya da bilinmeyen bir üyesi var", "case has an unknown member"),
    "L-NOT-SEALED": (
        "Zaman damgası alınamadı; kayıtlar duruyor, sonra yeniden deneyin",
        "no time stamp was to be had; nothing is lost, try again later",
    ),
    "L-EVIDENCE-DIFFERS": (
        "Aynı içerik başka delil türüyle kayıtlı",
        "the same bytes are kept as another kind of evidence",
    ),
    "L-IYS-CODE": (
        "iysCode gerekli: bu anahtar bütün sağlayıcıların",
        "iysCode is needed: this key is of every provider",
    ),
    "L-IYS-CODE-SCOPE": (
        "Sağlayıcı bu anahtarın kapsamında değil",
        "the provider is not within the scope of this key",
    ),
    "L-DECLARED": (
        "Izin-Declared-By ve Izin-Exported-At birlikte verilir",
        "Izin-Declared-By and Izin-Exported-At go together",
    ),
    "L-HEADER-TEXT": (
        "Başlık yüzde kodlamalı UTF-8 olmalı, en çok 200 karakter",
        "the header must be percent-encoded UTF-8, 200 characters at most",
    ),
    "L-QUEUE-FULL": (
        "Bekleyen dosya çok; biri bitince yeniden deneyin",
        "too many files wait; try again when one is done",
    ),
    "L-STORAGE": (
        "Dosya saklanamıyor (disk dolu olabilir); yeniden deneyin",
        "the file cannot be stored (the disk may be full); try again",
    ),
    "L-NO-VERDICTS": ("Dosya alınmadı; satır kararı yok", "the file was not taken: no verdicts"),
    "L-NOT-READY": ("Henüz hazır değil", "not there yet"),
    "L-GONE": ("Süresi doldu, silindi", "its time is over, it was removed"),
    "L-NOT-FOUND": ("Bulunamadı", "not found"),
    "L-INPUT": ("Veri kabul edilmedi", "the input was refused"),
    "L-UNAVAILABLE": ("Hizmet geçici olarak kullanılamıyor", "temporarily unavailable"),
    "L-FAILED": ("İşlem yapılamadı", "the request failed"),
}


class Problem(Exception):
    """An answer that is not 2xx. `pointer` names the member at fault, never its value; empty, the
    body itself (RFC 6901)."""

    def __init__(
        self,
        status: int,
        code: str,
        *,
        pointer: str | None = None,
        nearest: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.pointer = pointer
        self.nearest = nearest
        self.headers = headers


async def handle_problem(request: Request, error: Exception) -> Response:
    """A problem raised on purpose."""
    assert isinstance(error, Problem)
    return problem(
        request,
        error.status,
        error.code,
        pointer=error.pointer,
        nearest=error.nearest,
        headers=error.headers,
    )


async def handle_error(request: Request, error: Exception) -> Response:
    """An error of the ledger, by `STATUS_BY_ERROR`; one that nobody foresaw shows in the log."""
    for kind, (status, code) in STATUS_BY_ERROR.items():
        if isinstance(error, kind):
            if status == 500:
                note_failure(error)
            seconds = RETRY_SECONDS.get(code)
            headers = None if seconds is None else {"Retry-After": str(seconds)}
            return problem(request, status, code, headers=headers)
    raise error


def note_failure(error: Exception) -> None:
    """Where a mistake of the program shows, without its words: they may quote what was asked."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{last.filename}:{last.lineno}"
    _log.error("a request failed", failure=type(error).__name__, where=where)


async def handle_http(request: Request, error: Exception) -> Response:
    """What the router says of a path or method that it does not know."""
    assert isinstance(error, HTTPException)
    status = error.status_code
    code = {404: "L-NOT-FOUND", 405: "L-METHOD"}.get(status, "L-FAILED")
    return problem(request, status, code, headers=error.headers)


def is_english(request: Request) -> bool:
    """Whether the caller asked for English; Turkish otherwise."""
    return request.headers.get("accept-language", "").lstrip().lower().startswith("en")


def _title(code: str, *, english: bool) -> str:
    if code in TITLES:
        return TITLES[code][1 if english else 0]
    return message(code, "en" if english else "tr")


def problem(
    request: Request,
    status: int,
    code: str,
    *,
    pointer: str | None = None,
    nearest: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The answer of a code, in the caller's language; a page's is a page, in Turkish."""
    if is_page(request.scope["path"]):
        return refused_page(status, _title(code, english=False), headers)
    english = is_english(request)
    members: dict[str, object] = {
        "type": TYPE_BASE + code,
        "title": _title(code, english=english),
        "status": status,
        "code": code,
    }
    if pointer is not None:
        members["pointer"] = pointer
    if nearest is not None:
        members["nearest"] = nearest
    return JSONResponse(members, status_code=status, media_type=MEDIA_TYPE, headers=headers)

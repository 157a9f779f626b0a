"""*Mutabakat takvimi*: how each day of a month stands between the ledger and İYS (R61, R62)."""

import re
from calendar import Calendar
from datetime import date, timedelta
from typing import Final, NamedTuple

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from ledger.api.pages.brands import asked
from ledger.api.pages.paths import CALENDAR
from ledger.api.pages.rendering import page
from ledger.api.problems import Problem
from ledger.api.service import Service
from ledger.clock import ISTANBUL
from ledger.recording.day_ports import CalendarDay, DayState
from ledger.recording.day_words import STATES
from ledger.recording.ports import Brand

MONTH: Final = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])")
EARLIEST: Final = date(2015, 5, 1)
"""Law 6563 came into force; no consent is older."""
MONTHS: Final = (
    *("Ocak", "Şubat", "Mart", "Nisan", "Mayıs", "Haziran"),
    *("Temmuz", "Ağustos", "Eylül", "Ekim", "Kasım", "Aralık"),
)
LEGEND: Final = {
    DayState.EQUAL: "Defter ile İYS'nin günlük dosyası aynı. Hareket olan bir günde “mutabık”"
    " yazmıyorsa mutabakatı bildirmek size kalır.",
    DayState.EXPLAINED: "Aynı değil, ama her farkın bilinen ve zararsız bir nedeni var. Yapılacak"
    " bir şey yok.",
    DayState.OPEN: "Bu kadar satırda ayrılık var. İYS dosyayı verdikçe (yedi gün)"
    " “izin sync reconcile --day GÜN” ile yeniden karşılaştırın, kalanı giderin.",
    DayState.WAITING: "İYS günü kapatmadı ya da gün henüz karşılaştırılmadı. Bekleyin; yedi günü"
    " geçerse dosya bir daha alınamaz.",
    DayState.MISSED: "Yedi gün içinde alınmadı, İYS artık vermez. Eşitlemenin neden çalışmadığını"
    " bulun.",
}
"""What each word asks of the officer."""


class Cell(NamedTuple):
    """A day as it is shown; `kind`: its state's own word, for the style."""

    day: date
    text: str
    kind: str


def router(service: Service) -> APIRouter:
    """The page."""
    routes = APIRouter(include_in_schema=False)

    @routes.get(CALENDAR)
    async def calendar(request: Request) -> Response:
        _, brands, brand, query = await asked(request, service, "ay")
        today = service.ledgers.ledger(brand.iys_code).now().astimezone(ISTANBUL).date()
        first = _month(query.get("ay"), today)
        last = _next(first) - timedelta(days=1)
        days = await run_in_threadpool(_find, service, brand, first, last, today)
        cells = {one.day: _cell(one) for one in days}
        weeks = Calendar().monthdatescalendar(first.year, first.month)
        return page(
            "calendar",
            title="Mutabakat takvimi",
            brands=brands,
            brand=brand,
            month=f"{MONTHS[first.month - 1]} {first.year}",
            weeks=[[cells.get(day) for day in week] for week in weeks],
            today=today,
            before=_name(first - timedelta(days=1)) if first > EARLIEST else None,
            after=_name(_next(first)) if _next(first) <= today else None,
            legend=[(STATES[state][0], text) for state, text in LEGEND.items()],
        )

    return routes


def _find(
    service: Service, brand: Brand, first: date, last: date, today: date
) -> list[CalendarDay]:
    days = service.ledgers.days(brand.iys_code)
    return days.calendar(brand.brand_code, first, last, today=today)


def _month(text: str | None, today: date) -> date:
    """The first day of the month that is asked for, or of this one. Raises Problem 404."""
    if text is None:
        return today.replace(day=1)
    found = MONTH.fullmatch(text)
    first = date(int(found[1]), int(found[2]), 1) if found is not None else date.max
    if not EARLIEST <= first <= today:
        raise Problem(404, "L-NOT-FOUND")
    return first


def _next(first: date) -> date:
    """The first day of the next month."""
    return (first + timedelta(days=31)).replace(day=1)


def _name(day: date) -> str:
    return day.strftime("%Y-%m")


def _cell(one: CalendarDay) -> Cell:
    if one.state is None:
        return Cell(one.day, "", "")
    text = STATES[one.state][0]
    if one.state is DayState.OPEN:
        text += f" {one.open_rows}"
    if one.agreed:  # whatever we found since, İYS was told so
        text += ", mutabık" if one.state is DayState.EQUAL else ", İYS'de mutabık görünüyor"
    return Cell(one.day, text, one.state)

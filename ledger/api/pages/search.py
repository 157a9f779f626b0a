"""*Adres ara*: what is known of one address, both lines of each consent, and all that happened.

The address comes in a form's body and goes into the page, nowhere else.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from ledger import views
from ledger.addresses import Address, parse_address
from ledger.aggregates.bodies import ActBody, IysRefused, IysSeen
from ledger.api.pages.brands import asked
from ledger.api.pages.door import expect_own_form
from ledger.api.pages.paths import SEARCH
from ledger.api.pages.rendering import page
from ledger.api.service import Service
from ledger.api.turns import Lane
from ledger.clock import from_utc_text, iys_text
from ledger.errors import AddressRefused
from ledger.messages import message
from ledger.recording.ports import Brand
from ledger.recording.principals import Principal
from ledger.reporting.words import (
    CHANNELS,
    EVENTS,
    IYS_STATES,
    RECIPIENT_TYPES,
    SOURCES,
    STATUSES,
    VERDICTS,
    iys_code,
    meaning,
    reason,
)
from ledger.views import HistoryEntry, StatusView
from ledger.vocabulary import Channel, RecipientType

FIELD: Final = "adres"
AT_ONCE: Final = 2
WAITING_MAX: Final = 20
PERSON, IYS, RECORD = "Kişi", "İYS", "Kayıt"


@dataclass(frozen=True, slots=True)
class Moment:
    """One event, as a row of the timeline. `line`: whose word it is."""

    line: str
    what: str
    acted_at: str
    recorded_at: str
    iys_at: str
    source: str
    position: int


@dataclass(frozen=True, slots=True)
class Shown:
    """One consent: where it stands, and its timeline."""

    channel: str
    recipient_type: str
    permitted: bool
    verdict: str
    reason: str | None
    person: str
    iys: str
    generations: int
    moments: tuple[Moment, ...]


def router(service: Service) -> APIRouter:
    """The page."""
    routes = APIRouter(include_in_schema=False)
    lane = Lane(AT_ONCE, waiting_max=WAITING_MAX)

    @routes.get(SEARCH)
    async def ask(request: Request) -> Response:
        _, brands, brand, _ = await asked(request, service)
        return _page(brands, brand)

    @routes.post(SEARCH)
    async def find(request: Request) -> Response:
        principal, brands, brand, _ = await asked(request, service)
        expect_own_form(dict(request.scope["headers"]))
        fields = parse_qs((await request.body()).decode("utf-8", "replace"))
        text = fields.get(FIELD, [""])[0]
        channels = [Channel.EMAIL] if "@" in text else [Channel.MESSAGE, Channel.CALL]
        try:
            addresses = [(channel, parse_address(text, channel)) for channel in channels]
        except AddressRefused as refused:
            return _page(brands, brand, refused=message(refused.code, "tr"))
        request_id: str = request.scope["state"]["request_id"]
        found = [
            await lane.run(_shown, service, brand, channel, address, principal, request_id)
            for channel, address in addresses
        ]
        shown = [one for of_channel in found for one in of_channel]
        return _page(brands, brand, address=addresses[0][1].text, found=shown)

    return routes


def _page(
    brands: Sequence[Brand],
    brand: Brand,
    *,
    refused: str | None = None,
    address: str | None = None,
    found: Sequence[Shown] = (),
) -> Response:
    return page(
        "search",
        422 if refused else 200,
        title="Adres ara",
        brands=brands,
        brand=brand,
        path=SEARCH,
        field=FIELD,
        refused=refused,
        address=address,
        found=found,
    )


def _shown(
    service: Service,
    brand: Brand,
    channel: Channel,
    address: Address,
    principal: Principal,
    request_id: str,
) -> list[Shown]:
    ledger = service.ledgers.ledger(brand.iys_code)
    log = service.ledgers.access_log(brand.iys_code)
    shown = []
    for kind in RecipientType:
        status = views.status(ledger, brand, address, channel, kind)
        history = views.history(ledger, brand, address, channel, kind)
        if kind is RecipientType.MERCHANT and not history.entries:
            continue  # most addresses are no merchant's
        log.note(
            principal.actor,
            "history",
            brand_code=brand.brand_code,
            subject=history.subject,
            items=len(history.entries),
            request_id=request_id,
        )
        why = status.verdict.reason
        person = status.line.status
        shown.append(
            Shown(
                channel=CHANNELS[channel],
                recipient_type=RECIPIENT_TYPES[kind],
                permitted=status.verdict.permitted,
                verdict=meaning(status.verdict.kind, VERDICTS),
                reason=None if why is None else reason(why),
                person="kayıt yok" if person is None else STATUSES[person],
                iys="; ".join(_at_iys(status)),
                generations=history.generations,
                moments=tuple(map(_moment, history.entries)),
            )
        )
    return shown


def _at_iys(status: StatusView) -> Iterator[str]:
    yield IYS_STATES[status.consent.iys.state]
    if status.consent.iys.pending is not None:
        yield "defterdeki hareket İYS'ye iletilmeyi ya da yanıtını bekliyor"
    if status.due is not None:
        yield f"iç süre {iys_text(status.due.internal)}"


def _moment(entry: HistoryEntry) -> Moment:
    event, body = entry.event, entry.event.body
    source = getattr(body, "source", None)
    line, what = RECORD, meaning(body.TYPE, EVENTS)
    match body:
        case ActBody():
            line = PERSON
        case IysSeen():
            line, what = IYS, IYS_STATES[body.state]
        case IysRefused():
            line, what = IYS, f"{what}: {iys_code(body.code)}"
    return Moment(
        line=line,
        what=what,
        acted_at=_time(entry.acted_at),
        recorded_at=iys_text(event.recorded_at),
        iys_at=entry.iys_registered_at or getattr(body, "creation_date", None) or "–",
        source="–" if source is None else meaning(source, SOURCES),
        position=event.position,
    )


def _time(text: str | None) -> str:
    return "–" if text is None else iys_text(from_utc_text(text))

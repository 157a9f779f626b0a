"""What the twin shows of itself: to the control API and on the page."""

import msgspec

from ledger.iys_twin.consents import transaction_id
from ledger.iys_twin.engine import Twin
from ledger.iys_twin.faults import FaultReport
from ledger.iys_twin.pushing import PushReport
from ledger.iys_twin.quotas import GuardReport, QuotaReport
from ledger.iys_twin.times import text_of

LATEST_MAX = 20


class _Shape(msgspec.Struct, rename="camel", frozen=True):
    pass


class ClockState(_Shape, frozen=True):
    """What the clock shows."""

    now: str
    speed: float


class BrandState(_Shape, frozen=True):
    """Counts of a brand."""

    brand_code: int
    name: str
    consents: int
    sent: int
    by_recipients: int
    retailers: int
    push_connections: int


class LatestMovement(_Shape, frozen=True):
    """One of the latest movements."""

    creation_date: str
    brand_code: int
    recipient: str
    recipient_type: str
    channel: str = msgspec.field(name="type")
    consent_status: str = msgspec.field(name="status")
    source: str | None
    transaction_id: str


class TwinState(_Shape, frozen=True):
    """Everything at a glance."""

    clock: ClockState
    iys_code: int
    subscription_status: str
    brands: list[BrandState]
    latest: list[LatestMovement]
    waiting_bulk_requests: int
    quotas: list[QuotaReport]
    guard: GuardReport
    pushes: PushReport
    faults: list[FaultReport]


def state_of(twin: Twin) -> TwinState:
    """How the twin stands now."""
    now = twin.now()
    brands = twin.world.brands.values()
    latest = sorted(
        (
            (one.created, brand.code, one)
            for brand in brands
            for side in brand.sides
            for one in side[-LATEST_MAX:]
        ),
        key=lambda found: found[0],
        reverse=True,
    )
    return TwinState(
        clock=ClockState(text_of(now), twin.clock.speed),
        iys_code=twin.settings.iys_code,
        subscription_status=twin.world.subscription_status,
        brands=[
            BrandState(
                brand_code=brand.code,
                name=brand.name,
                consents=brand.consent_count(),
                sent=len(brand.own),
                by_recipients=len(brand.recipients),
                retailers=len(brand.retailers),
                push_connections=len(brand.connections),
            )
            for brand in brands
        ],
        latest=[
            LatestMovement(
                creation_date=text_of(created),
                brand_code=code,
                recipient=one.recipient,
                recipient_type=one.recipient_type,
                channel=one.channel,
                consent_status=one.consent_status,
                source=one.consent_source,
                transaction_id=transaction_id(code, one),
            )
            for created, code, one in latest[:LATEST_MAX]
        ],
        waiting_bulk_requests=sum(1 for _ in twin.adding.waiting()),
        quotas=twin.quotas.report(now, twin.real_seconds()),
        guard=twin.guard.report(now),
        pushes=twin.pushes.report,
        faults=twin.faults.report(),
    )

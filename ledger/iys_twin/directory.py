"""Who there is: brands, the subscription, what an integrator may act for (iys/api.md §7)."""

from collections.abc import Mapping
from typing import Final

from ledger.iys_twin import wire_directory as wire
from ledger.iys_twin.asking import page_of
from ledger.iys_twin.codes import MESSAGES
from ledger.iys_twin.consents import GRANTED
from ledger.iys_twin.refusals import refusal
from ledger.iys_twin.times import DAY, Wall, text_of
from ledger.iys_twin.tokens import User
from ledger.iys_twin.wire import Page
from ledger.iys_twin.world import Brand, World

WRITE: Final = "write"
YEAR: Final = 365 * DAY
NONE: Final = "NONE"
_PAUSED: Final = ("PAUSED", "EXPIRED")


def expect_subscription(world: World, user: User) -> None:
    """Whether the subscription allows the API. Raises Refused H521, H524, H520, H586 (R18)."""
    state = world.subscription_status
    if state == "CLOSED":
        raise refusal("H521")
    if state == NONE:
        raise refusal("H524", message=MESSAGES["H524"].format(iysCode=world.settings.iys_code))
    if state in _PAUSED:
        caller = "Entegratör" if user.is_integrator else "HS"
        raise refusal("H520", message=MESSAGES["H520"].format(state=state, caller=caller))
    if not world.package_has_api:
        raise refusal("H586")


def brands(world: World) -> list[wire.Brand]:
    """All brands with their counts."""
    return [_brand(one) for one in world.brands.values()]


def subscription(world: World, user: User, now: Wall) -> wire.Subscription:
    """The subscription; an integrator does not see the limits. Raises Refused H437."""
    if world.subscription_status == NONE:
        message = MESSAGES["H437"].format(iysCode=world.settings.iys_code)
        raise refusal("H437", message=message)
    begin, end = text_of(now - YEAR), text_of(now + YEAR)
    name, number = "İleti-5 (Seviye 1)", "12345879"
    via = wire.ViaSubscription(
        start_date=begin,
        expiration_date=end,
        via_subscription_package_name="ViA-25",
        via_subscription_id=number,
        state="ACTIVE",
        via_credit=None if user.is_integrator else world.via_credit,
    )
    shown = not user.is_integrator
    return wire.Subscription(
        start_date=begin,
        expiration_date=end,
        subscription_package_name=name,
        subscription_id=number,
        misspelled_id=number,
        state=world.subscription_status,
        consent_limit=world.consent_limit if shown else None,
        consent_limit_exceed=world.consent_limit_exceed if shown else None,
        used_consent_limit=world.consent_count() if shown else None,
        via_subscription_package=via,
    )


def integrator_subscription(world: World, user: User, now: Wall) -> wire.Subscription:
    """The integrator's own. Raises Refused H522."""
    if not user.is_integrator:
        raise refusal("H522")
    return wire.Subscription(
        start_date=text_of(now - YEAR),
        expiration_date=text_of(now + YEAR),
        subscription_package_name="IO - API Kullanım Lisansı",
        subscription_id="12345880",
        misspelled_id="12345880",
        state="ACTIVE",
        iys_code=user.iys_code,
    )


def linked(
    world: World, user: User, query: Mapping[str, str], *, as_text: bool
) -> wire.LinkedBrands:
    """What an integrator may act for. Raises Refused H363 and those of the page.

    `as_text`: codes are strings, as the list's example has them; the single's has integers.
    """
    if not user.is_integrator:
        raise refusal("H363")
    offset, limit = page_of(query)
    everything = [_linked(world, brand, as_text) for brand in world.brands.values()]
    shown = everything[offset : offset + limit]
    return wire.LinkedBrands(Page(offset, len(shown), len(everything)), shown)


def _brand(brand: Brand) -> wire.Brand:
    approvals = sum(one.latest.consent_status == GRANTED for one in brand.consents())
    total = brand.consent_count()
    return wire.Brand(
        brand_code=brand.code,
        name=brand.name,
        master=brand.is_main,
        stats=wire.BrandStats(
            wire.ConsentCounts(approvals, total - approvals, total),
            wire.RetailerCount(len(brand.retailers)),
        ),
    )


def _linked(world: World, brand: Brand, as_text: bool) -> wire.LinkedBrand:
    iys_code = world.settings.iys_code
    return wire.LinkedBrand(
        brand_code=str(brand.code) if as_text else brand.code,
        iys_code=str(iys_code) if as_text else iys_code,
        name=brand.name,
        master=brand.is_main,
        title=world.settings.title,
        agreement_control=True,
        via_control=True,
        message=WRITE,
        call=WRITE,
        email=WRITE,
    )

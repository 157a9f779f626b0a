"""Shapes of answers about who there is: brands, subscriptions, retailers, places; and ViA's."""

from typing import Any

import msgspec

from ledger.iys_twin.wire import Page, Shape


class ConsentCounts(Shape, frozen=True):
    """How many consents of a brand are granted and refused."""

    approval: int
    rejection: int
    total: int


class RetailerCount(Shape, frozen=True):
    """How many retailers a brand has."""

    total: int


class BrandStats(Shape, frozen=True):
    """Counts of a brand."""

    consents: ConsentCounts
    retailers: RetailerCount


class Brand(Shape, frozen=True):
    """A brand in the list."""

    brand_code: int
    name: str
    master: bool
    stats: BrandStats


class LinkedBrand(Shape, frozen=True):
    """A brand an integrator may act for; codes are strings in the list, integers in the single."""

    brand_code: int | str
    iys_code: int | str
    name: str
    master: bool
    title: str
    agreement_control: bool
    via_control: bool
    message: str = msgspec.field(name="MESAJ")
    call: str = msgspec.field(name="ARAMA")
    email: str = msgspec.field(name="EPOSTA")


class LinkedBrands(Shape, frozen=True):
    """What an integrator may act for."""

    pagination: Page
    brands: list[LinkedBrand] = msgspec.field(name="list")


class ViaSubscription(Shape, frozen=True):
    """The ViA package of a subscription."""

    start_date: str
    expiration_date: str
    via_subscription_package_name: str
    via_subscription_id: str
    state: str = msgspec.field(name="status")
    via_credit: int | None = None


class Subscription(Shape, frozen=True):
    """A subscription. The official document spells the id three ways; these are two of them."""

    start_date: str
    expiration_date: str
    subscription_package_name: str
    subscription_id: str
    misspelled_id: str = msgspec.field(name="subscipritionId")
    state: str = msgspec.field(name="status")
    iys_code: int | None = None
    consent_limit: int | None = None
    consent_limit_exceed: bool | None = None
    used_consent_limit: int | None = None
    via_subscription_package: ViaSubscription | None = None


class Place(Shape, frozen=True):
    """City or town of a retailer."""

    name: str
    code: str


class Retailer(Shape, frozen=True):
    """A retailer; the short form has only the first members."""

    title: str
    city: Place
    retailer_code: int
    state: str | None = msgspec.field(name="status", default=None)
    retailer_access_count: int | None = None
    name: str | None = None
    tckn: str | None = None
    tin: str | None = None
    town: Place | None = None
    mersis: str | None = None
    alias: str | None = None
    mobile: str | None = None
    can_be_deleted: bool | None = None


class Retailers(Shape, frozen=True):
    """A page of retailers."""

    pagination: Page
    retailers: list[Retailer] = msgspec.field(name="list")


class RetailerCreated(Shape, frozen=True):
    """The code of a new retailer."""

    retailer_code: int


class City(Shape, frozen=True):
    """A city; its code is a string where one is asked for by code."""

    code: int | str
    name: str


class Town(msgspec.Struct, frozen=True):
    """A town; the official schema says `cityCode`, every example `city_code`."""

    name: str
    code: int
    city_code: int


class Via(Shape, frozen=True):
    """ViA's envelope."""

    message: Any  # by endpoint: an object or a list
    code: str = msgspec.field(default_factory=lambda: "OK")


class ViaStarted(Shape, frozen=True):
    """A ViA request that is under way."""

    request_id: str


class ViaConsent(Shape, frozen=True):
    """A consent ViA has written; `brandCode` only for ETK."""

    transaction_id: str
    creation_date: str
    channel: str = msgspec.field(name="type")
    brand_code: str | None = None


class ViaStage(Shape, frozen=True):
    """Where a ViA request stands."""

    stage: str
    state: str = msgspec.field(name="status")


class ViaDetail(Shape, frozen=True):
    """One consent of a ViA request."""

    consent_type: str
    consent_type_choice: str
    operation_status_message: str
    brand_code: str | None = None
    transaction_id: str | None = None
    consent_date: str | None = None


class ViaState(Shape, frozen=True):
    """The state of a ViA request."""

    request_id: str
    form_id: str
    consent_source: str
    iys_code: str
    recipient: str
    request_date: str
    request_details: list[ViaDetail]
    last_status: ViaStage
    source: str
    recipient_type: str | None = None
    recipient_name: str | None = None
    recipient_id_number: str | None = None

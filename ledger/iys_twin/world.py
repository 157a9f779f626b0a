"""Everything the twin knows, in memory: brands with their consents, movements and retailers."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import date

import msgspec

from ledger.iys_twin.business_days import holidays_of
from ledger.iys_twin.consents import Consent, ConsentKey, Movement, Sent, transaction_id
from ledger.iys_twin.settings import TwinSettings
from ledger.iys_twin.times import Wall, wall_of


class Retailer(msgspec.Struct):
    """A retailer of a brand, as it was sent."""

    code: int
    details: dict[str, object]
    was_linked: bool = False
    """Whether a consent ever named it: it can then not be deleted."""

    @property
    def title(self) -> str:
        """Its trade name."""
        return str(self.details["title"])


class PushConnection(msgspec.Struct):
    """Where a brand's movements of one channel are pushed to."""

    url: str
    channel: str
    username: str
    password: str
    registered: Wall


class Brand:
    """One brand and what is stored for it; movements only ever grow, in order of `created`."""

    def __init__(self, code: int, name: str, *, is_main: bool) -> None:
        self.code = code
        self.name = name
        self.is_main = is_main
        self.books: dict[ConsentKey, dict[str, Consent]] = {}
        self.own: list[Movement] = []
        """What the provider sent (`HS`)."""
        self.recipients: list[Movement] = []
        """What recipients did at İYS (`IYS`)."""
        self.retailers: dict[int, Retailer] = {}
        self.connections: list[PushConnection] = []
        self.agreed: set[Wall] = set()
        """Days, by their first second, that the provider agreed to."""

    def find(self, key: ConsentKey, recipient: str) -> Consent | None:
        """The consent of a recipient, by its stored spelling."""
        book = self.books.get(key)
        return None if book is None else book.get(recipient)

    def latest(self, key: ConsentKey, recipient: str) -> Movement | None:
        """The movement that counts for a recipient."""
        found = self.find(key, recipient)
        return None if found is None else found.latest

    def append(self, movement: Movement) -> Consent:
        """Store a movement."""
        key = movement.recipient_type, movement.channel
        book = self.books.setdefault(key, {})
        consent = book.get(movement.recipient)
        if consent is None:
            consent = book[movement.recipient] = Consent([movement])
        else:
            consent.movements.append(movement)
        self.side(is_recipients=movement.is_recipients_own).append(movement)
        return consent

    def write(self, sent: Sent, created: Wall) -> Movement:
        """Store what a provider sent and the state machine let through."""
        found = self.find(sent.key, sent.recipient)
        movement = Movement(
            recipient=sent.recipient if found is None else found.latest.recipient,
            recipient_type=sent.recipient_type,
            channel=sent.channel,
            consent_status=sent.consent_status,
            consent_source=sent.consent_source,
            consented=sent.consented,
            created=created,
            before=None if found is None else found.latest.consent_status,
        )
        consent = self.append(movement)
        if sent.retailer_code is not None:
            consent.retailer_code = sent.retailer_code
        if sent.retailer_access is not None:
            consent.retailer_access = sent.retailer_access
        for code in consent.retailers:
            self.retailers[code].was_linked = True
        return movement

    @property
    def sides(self) -> tuple[list[Movement], list[Movement]]:
        """The provider's and the recipients' movements."""
        return self.own, self.recipients

    def side(self, *, is_recipients: bool) -> list[Movement]:
        """All movements of one side, oldest first."""
        return self.recipients if is_recipients else self.own

    def between(self, begin: Wall, end: Wall) -> list[Movement]:
        """Movements of both sides with begin <= `created` < end, by `created`, then id."""
        found = [one for side in self.sides for one in cut(side, begin, end)]
        found.sort(key=lambda one: (one.created, transaction_id(self.code, one)))
        return found

    def is_quiet(self, begin: Wall, end: Wall) -> bool:
        """Whether nothing moved with begin <= `created` < end."""
        return not any(after(one, end - 1) > after(one, begin - 1) for one in self.sides)

    def consents(self) -> Iterator[Consent]:
        """Every consent."""
        for book in self.books.values():
            yield from book.values()

    def consent_count(self) -> int:
        """How many consents there are."""
        return sum(map(len, self.books.values()))


def cut(side: list[Movement], begin: Wall, end: Wall) -> list[Movement]:
    """The part with begin <= `created` < end."""
    low = bisect_left(side, begin, key=_created)
    return side[low : bisect_left(side, end, low, key=_created)]


def after(side: list[Movement], at: Wall) -> int:
    """Where the movements later than `at` begin."""
    return bisect_right(side, at, key=_created)


def _created(movement: Movement) -> Wall:
    return movement.created


class World:
    """The provider, its brands and its subscription."""

    def __init__(self, settings: TwinSettings) -> None:
        self.settings = settings
        self.brands = {
            code: Brand(code, settings.title if is_main else f"Marka {code}", is_main=is_main)
            for code in settings.all_brands
            for is_main in (code == settings.iys_code,)
        }
        self.subscription_status = settings.subscription_status
        self.package_has_api = settings.package_has_api
        self.consent_limit = settings.consent_limit
        self.consent_limit_exceed = settings.consent_limit_exceed
        self.via_credit = settings.via_credit
        self.holidays: frozenset[date] = holidays_of(settings.holidays)
        activation = settings.activation_date
        self.activated: Wall = 0 if activation is None else wall_of(activation)

    def consent_count(self) -> int:
        """Consents of all brands: what the subscription counts."""
        return sum(brand.consent_count() for brand in self.brands.values())

"""Pushing recipients' movements to a provider (iys/api.md §5.11): who gets what, and when again.

Pure: the network is `delivery.py`'s. What İYS does when a push fails is not published (Q13); tries
and pause are settings.
"""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from ledger.iys_twin import wire
from ledger.iys_twin.consents import Movement, transaction_id
from ledger.iys_twin.fields import CHANNELS
from ledger.iys_twin.refusals import Problem, Refused, problem, refusal
from ledger.iys_twin.settings import TwinSettings
from ledger.iys_twin.times import Wall, text_of
from ledger.iys_twin.world import Brand, PushConnection
from ledger.vocabulary import Channel

CONNECTIONS_MAX: Final = 2
URL_MAX: Final = 2_000
DELIVERIES_MAX: Final = 100_000
"""Pushes that wait; with more, the oldest are given up."""
CREATED: Final = "Bağlantı oluşturuldu"
REMOVED: Final = "Bağlantı Kaldırıldı"
ACTIVE: Final = "Bağlantı Oluşturuldu"
NOT_CREATED: Final = "Bağlantı oluşturulamadı."
NOT_REMOVED: Final = "Bağlantı kaldırılamadı."
TIMED_OUT: Final = "Bağlantı zaman aşımına uğradı."
NEEDED: Final = (
    ("username", "Kullanıcı adı (username) bulunamadı."),
    ("password", "Şifre (password) bulunamadı."),
)
LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})

PROBE: Final = wire.Push(
    [
        wire.PushedMovement(
            recipient="pushtest@iys.org.tr",
            recipient_type="BIREYSEL",
            channel=Channel.EMAIL.value,
            consent_status="ONAY",
            creation_date="2015-05-01 15:00:00",
            transaction_id="e52ee30512adfcd2a41fb3b4682f5bd61eee5b1c92bda665fc0b7e56644d429d",
            consent_source="IYS_MOBIL",
            consent_date="2015-05-01 15:00:00",
            iys_code=121212,
            brand_code=121212,
        )
    ]
)
"""What every provider is asked with when it registers; the same for all."""


class Delivery(msgspec.Struct):
    """One movement on its way to one connection."""

    connection: PushConnection
    body: wire.Push
    due: Wall
    tries: int = 0


class PushReport(msgspec.Struct, rename="camel"):
    """What became of pushes so far."""

    delivered: int = 0
    failed_tries: int = 0
    given_up: int = 0
    waiting: int = 0


def connections_of(body: Any, settings: TwinSettings) -> list[PushConnection]:
    """The connections of a registration, checked. Raises Refused H014, 422."""
    if not isinstance(body, dict):
        raise refusal("H014")
    listed = body.get("connection")
    if not isinstance(listed, list) or not listed:
        raise refusal("H530", message=NOT_CREATED)
    found: list[Problem] = []
    for one in listed:
        found.extend(_wrong(one if isinstance(one, dict) else {}, settings))
    if found:
        raise Refused(422, found)
    return [PushConnection(o["url"], o["type"], o["username"], o["password"], 0) for o in listed]


def expect_room(brand: Brand, wanted: list[PushConnection]) -> None:
    """At most two connections of a channel. Raises Refused H530."""
    for channel in Channel:
        of_channel = [one for one in [*brand.connections, *wanted] if one.channel == channel]
        if len(of_channel) > CONNECTIONS_MAX:
            raise refusal("H530", message=NOT_CREATED)


def unregister(brand: Brand, body: Any, settings: TwinSettings) -> None:
    """Forget a connection. Raises Refused 422."""
    given = body if isinstance(body, dict) else {}
    found = _wrong(given, settings)
    if found:
        raise Refused(422, found)
    wanted = tuple(given[name] for name in ("url", "type", "username", "password"))
    for one in brand.connections:
        if (one.url, one.channel, one.username, one.password) == wanted:
            brand.connections.remove(one)
            return
    raise refusal("H530", message=NOT_REMOVED)


def listed(brand: Brand) -> list[wire.PushConnection]:
    """The brand's connections."""
    return [
        wire.PushConnection(one.url, one.channel, text_of(one.registered), ACTIVE)
        for one in brand.connections
    ]


class Pushes:
    """What waits to be pushed."""

    def __init__(self, settings: TwinSettings) -> None:
        self._settings = settings
        self._waiting: list[Delivery] = []
        self.report = PushReport()

    def enqueue(self, brand: Brand, movement: Movement, now: Wall, *, copies: int = 1) -> None:
        """A recipient's movement goes to every connection of its channel."""
        body = wire.Push([_pushed(brand, movement, self._settings.iys_code)])
        for connection in brand.connections:
            if connection.channel == movement.channel:
                self._waiting.extend(Delivery(connection, body, now) for _ in range(copies))
        while len(self._waiting) > DELIVERIES_MAX:
            self._waiting.pop(0)
            self.report.given_up += 1
        self.report.waiting = len(self._waiting)

    def take_due(self, now: Wall) -> list[Delivery]:
        """What is to be sent now; the sender says with `settle` how it went."""
        due = [one for one in self._waiting if one.due <= now]
        self._waiting = [one for one in self._waiting if one.due > now]
        return due

    def settle(self, delivery: Delivery, now: Wall, *, is_taken: bool) -> None:
        """Whether the provider took it; if not it is tried again, a few times."""
        delivery.tries += 1
        if is_taken:
            self.report.delivered += 1
        else:
            self.report.failed_tries += 1
            if delivery.tries < self._settings.push_tries:
                delivery.due = now + self._settings.push_retry_seconds
                self._waiting.append(delivery)
            else:
                self.report.given_up += 1
        self.report.waiting = len(self._waiting)


def _pushed(brand: Brand, one: Movement, iys_code: int) -> wire.PushedMovement:
    return wire.PushedMovement(
        recipient=one.recipient,
        recipient_type=one.recipient_type,
        channel=one.channel,
        consent_status=one.consent_status,
        creation_date=text_of(one.created),
        transaction_id=transaction_id(brand.code, one),
        consent_source=one.consent_source,
        consent_date=None if one.consented is None else text_of(one.consented),
        citizen_name=one.citizen_name,
        iys_code=iys_code,
        brand_code=brand.code,
    )


def _wrong(one: Mapping[str, Any], settings: TwinSettings) -> list[Problem]:
    found = []
    if not _is_allowed(one.get("url"), settings):
        found.append(problem("H531", "url"))
    channel = one.get("type")
    if channel in (None, ""):
        found.append(problem("H111", "type"))
    elif not (isinstance(channel, str) and channel in CHANNELS):
        found.append(problem("H117", "type", value=channel))
    for name, message in NEEDED:
        if not (isinstance(one.get(name), str) and one[name]):
            found.append(problem("H093", name, message=message))
    return found


def _is_allowed(url: Any, settings: TwinSettings) -> bool:
    if not isinstance(url, str) or len(url) > URL_MAX or not url.isprintable():
        return False
    try:
        parts = urlsplit(url)
        host = parts.hostname
        is_port = parts.port != 0  # reading it refuses one beyond 65535
    except ValueError:
        return False
    is_near = settings.push_allows_http and parts.scheme == "http" and host in LOOPBACK
    return bool(host) and is_port and (parts.scheme == "https" or is_near)

"""What the parts of `iys_sync` ask of İYS, and what İYS's client asks of the database."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from ledger.iys_sync import wire
from ledger.vocabulary import BrandCode, Channel, RecipientType


class Iys(Protocol):
    """One provider at İYS. For many threads at once.

    Every method raises IysUnreachable, IysHalted, IysBusy, IysAccount, IysRefused (`errors.py`),
    and StoreUnavailable before anything was sent. Reads, V2 writes and agreements are repeated by
    the client within its bounds, with the same bytes.
    """

    def add(self, brand: BrandCode, consent: wire.Outgoing, *, risky: bool = False) -> wire.Added:
        """One consent, single V2. `risky`: likely to be refused, as an overdue one is; held back by
        IysBusy while too many calls fail. After may_have_happened look it up by `status`."""

    def add_list(self, brand: BrandCode, consents: Sequence[wire.Outgoing]) -> wire.BulkAccepted:
        """A list of 1…1000, bulk V2, each key once. IysRefused names the items by index and then
        nothing of the list was taken."""

    def results(self, brand: BrandCode, request_id: str) -> wire.Results:
        """What became of a list; not before 300 s. No items: nothing is known yet."""

    def status(
        self, brand: BrandCode, recipient: str, recipient_type: RecipientType, channel: Channel
    ) -> wire.Movement | None:
        """Where one consent stands; None where İYS has no record. 900 an hour, then IysBusy."""

    def granted(
        self,
        brand: BrandCode,
        recipient_type: RecipientType,
        channel: Channel,
        recipients: Sequence[str],
    ) -> wire.Granted:
        """Who of 1…1000 recipients, each once, has granted."""

    def pull(
        self,
        brand: BrandCode,
        source: wire.PullSource,
        after: str | None,
        limit: int = wire.PULL_MAX,
    ) -> wire.Page:
        """Movements behind a cursor, of the last 7 days up to an hour ago; maybe more than
        `limit`, never fewer while there are more."""

    def summary(self, brand: BrandCode, day: date, recipient_type: RecipientType) -> wire.Summary:
        """Counts of a day, yesterday to seven days back."""

    def agreement(self, brand: BrandCode, day: date) -> wire.Agreement | None:
        """Hash and state of a day; None where it had no movement."""

    def agree(self, brand: BrandCode, day: date) -> bool:
        """Declare that both sides hold the same; False where the day had no movement."""

    def day_file(self, brand: BrandCode, day: date) -> bytes | None:
        """The day's CSV, at most 512 MiB; None where there is none."""

    def day_stamp(self, brand: BrandCode, day: date) -> bytes | None:
        """The `.tsr` of the day's file, unread; None where there is none."""

    def brands(self) -> Sequence[wire.BrandAtIys]:
        """The provider's brands with İYS's counts."""

    def subscription(self) -> wire.Subscription:
        """The provider's package."""

    def integrator_rights(self, integrator_code: int) -> Sequence[wire.IntegratorRight]:
        """What an integrator may do for this provider; asked with the integrator's account."""

    def push_connections(self, brand: BrandCode) -> Sequence[wire.PushConnection]:
        """The pushes that are registered."""

    def register_push(
        self, brand: BrandCode, channel: Channel, url: str, *, username: str, password: str
    ) -> None:
        """Have İYS push a channel's movements to `url`, which it probes at once. Never repeated
        where it may have been done."""

    def unregister_push(
        self, brand: BrandCode, channel: Channel, url: str, *, username: str, password: str
    ) -> None:
        """End one push."""


class Metered(StrEnum):
    """Calls that İYS counts by the hour (iys/api.md §11)."""

    TOKEN = "tokens"  # noqa: S105 - no password
    STATUS = "statuses"
    HISTORY = "histories"


class Gate(Protocol):
    """What all processes of a host share towards one İYS. Implemented by `store.iys_gate`.

    `now`: by the clock that the hours run on. Raises StoreUnavailable.
    """

    def take(self) -> float:
        """Reserve the next request; the seconds to wait before it may be sent."""

    def late(self, seconds: float) -> None:
        """A request was sent that much after its instant: those behind it move on."""

    def answered(self, now: datetime, metered: str | None, *, has_failed: bool) -> None:
        """Count a call that reached İYS, or may have; `has_failed`: by İYS's count the caller's
        failure."""

    def full_until(self, now: datetime, metered: str) -> datetime | None:
        """Until when there is no room for another call of the kind; None when there is."""

    def fill(self, now: datetime, metered: str) -> None:
        """İYS says that the hour is used up."""

    def halted(self, now: datetime) -> tuple[datetime, str] | None:
        """Until when no token may be asked for, and why; None when one may."""

    def halt(self, until: datetime, why: str) -> None:
        """Nobody asks for a token before; the latest instant stands."""

    def is_failing(self, now: datetime) -> bool:
        """Whether so many calls of the last 24 hours failed that İYS's own guard is near."""


class Outages(Protocol):
    """Where İYS's silence is written down. Implemented by `outages.OutageLog`."""

    def failed(self, kind: str) -> None:
        """A call got no answer, repetitions and all; `IysUnreachable.kind`."""

    def succeeded(self) -> None:
        """A call got an answer, be it a refusal."""


class TokenStore(Protocol):
    """Where the tokens of one account lie, sealed. Implemented by `store.iys_account`."""

    def tokens(self) -> bytes | None:
        """What `keep_tokens` took last."""

    def keep_tokens(self, plain: bytes) -> None:
        """Replaces what was kept."""

    def alone(self) -> AbstractContextManager[bool]:
        """Whether nobody else, in any process, is inside; True for one at a time."""

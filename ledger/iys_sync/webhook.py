"""What İYS pushes: recipients' movements, an hour before they are listed (iys/api.md §5.11).

Nothing is known of order, repeats and retries: each movement is known by İYS's own words, and what
never came is pulled. Several providers are told apart by the user name.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final

import msgspec

from ledger import clock
from ledger.application import ConsentLedger
from ledger.errors import InputRefused
from ledger.iys_sync.members import Members, Unreadable, count_of, json_of, object_of
from ledger.iys_sync.pulling import recorded
from ledger.iys_sync.seen import Unread, as_shown, each, refusal_in, seen
from ledger.projections.pulled import PulledTable, PushAccountTable, PushCounts, PushLogin
from ledger.recording.principals import KeysStale, Principal
from ledger.recording.request import Request
from ledger.vocabulary import BrandCode, IysCode, Outcome, Role, SeenHow

BELIEVED_SECONDS_MAX: Final = 2.0
"""A user name that was removed lets nobody in after this."""
AGING_SECONDS: Final = 1.0


class Webhook:
    """Takes what is pushed to one provider."""

    def __init__(
        self,
        iys_code: IysCode,
        ledger: ConsentLedger,
        table: PulledTable,
        brands: Callable[[], Collection[BrandCode]],
        *,
        now: clock.Clock = clock.now,
    ) -> None:
        self._iys_code = iys_code
        self._ledger = ledger
        self._table = table
        self._brands = brands
        self._now = now

    def take(self, body: bytes) -> PushCounts:
        """Record what is pushed, all of it before this returns.

        Raises InputRefused for what is no push; StoreUnavailable, HeadBusy, RaceLost, ClockStepped:
        to be pushed again, or pulled.
        """
        by_brand, ignored = self._ours(_items(body))
        at, requests = self._now(), list[Request]()
        unread: list[tuple[BrandCode, Unread]] = []
        for brand, raws in by_brand.items():
            movements, strange = each(raws)
            unread += [(brand, one) for one in strange]
            for movement in movements:
                try:
                    requests.append(seen(movement, brand, SeenHow.PUSH, at))
                except Unreadable as error:
                    unread.append((brand, Unread(as_shown(movement), str(error))))
        for brand, one in unread:
            self._table.keep_unread(brand, SeenHow.PUSH, one.raw, one.fault, at)
            requests += refusal_in(one, brand, SeenHow.PUSH, at)
        already = self._record(requests)
        return PushCounts(len(requests) - already, already, len(unread), ignored)

    def _ours(self, raws: Sequence[bytes]) -> tuple[Mapping[BrandCode, list[bytes]], int]:
        """Items by brand, and how many are nothing of ours: İYS's probe names a brand of its own
        invention."""
        ours: dict[BrandCode, list[bytes]] = {}
        ignored, brands = 0, self._brands()
        for raw in raws:
            told = _object(raw)
            try:
                code, brand = count_of(told, "iysCode"), BrandCode(count_of(told, "brandCode"))
            except Unreadable:
                code, brand = 0, BrandCode(0)
            if code == self._iys_code and brand in brands:
                ours.setdefault(brand, []).append(raw)
            else:
                ignored += 1
        return ours, ignored

    def _record(self, requests: Sequence[Request]) -> int:
        """How many were known."""
        receipts = recorded(self._ledger, requests)
        return sum(receipt.outcome is Outcome.ALREADY for receipt in receipts)


class PushKeys:
    """Who may push: `USER:PASSWORD` of every provider that has such. Implements `principals.Keys`.

    All are read together, at most once a second and only while somebody asks.
    """

    def __init__(
        self,
        accounts: Callable[[], Mapping[IysCode, PushAccountTable]],
        *,
        steady_seconds: Callable[[], float] = clock.steady_seconds,
    ) -> None:
        self._accounts = accounts
        self._steady_seconds = steady_seconds
        self._held: dict[str, tuple[IysCode, PushAccountTable, PushLogin]] = {}
        self._read_at = float("-inf")

    def find(self, token: str) -> Principal | None:
        """See principals.Keys. Whether there is such a user is not told by the time it takes."""
        if self._age_seconds() > BELIEVED_SECONDS_MAX:
            raise KeysStale("who may push could not be read again in time")
        username, _, password = token.partition(":")
        found = self._held.get(username)
        shown = found or next(iter(self._held.values()), None)
        if shown is None:
            return None
        iys_code, table, login = shown
        if not table.is_of(login, password) or found is None:
            return None
        return Principal(username, username, Role.OPERATOR, iys_code)

    def is_aging(self) -> bool:
        """See principals.Keys."""
        return self._age_seconds() > AGING_SECONDS

    def refresh(self) -> None:
        """See principals.Keys."""
        began_at = self._steady_seconds()
        self._held = {
            login.username: (code, table, login)
            for code, table in self._accounts().items()
            for login in table.logins()
        }
        self._read_at = began_at

    def _age_seconds(self) -> float:
        return self._steady_seconds() - self._read_at


class Pushes:
    """All that the service needs to be pushed to. Implements `api.iys_push.Pushes`."""

    def __init__(
        self,
        accounts: Callable[[], Mapping[IysCode, PushAccountTable]],
        webhook: Callable[[IysCode], Webhook],
    ) -> None:
        """`webhook`: of a provider that has an account."""
        self.keys = PushKeys(accounts)
        self._webhook = webhook

    def take(self, iys_code: IysCode, body: bytes) -> PushCounts:
        """As `Webhook.take`, of one provider."""
        return self._webhook(iys_code).take(body)


def _items(body: bytes) -> list[bytes]:
    try:
        told = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        listed = msgspec.json.decode(told.get("list", b"null"), type=list[msgspec.Raw])
    except msgspec.ValidationError as error:
        raise InputRefused("L-FIELD", field="list") from error
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise InputRefused("L-JSON", field="list") from error
    return [bytes(one) for one in listed]


def _object(raw: bytes) -> Members:
    try:
        return object_of(json_of(raw))
    except Unreadable as error:
        raise InputRefused("L-FIELD", field="list") from error

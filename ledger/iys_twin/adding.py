"""Adding one consent, and a list of them later (iys/api.md §5.1–§5.6)."""

import hashlib
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Final

import msgspec

from ledger.iys_twin.codes import MESSAGES
from ledger.iys_twin.consents import (
    Movement,
    Sent,
    is_repeat,
    refused_by_state,
    transaction_id,
)
from ledger.iys_twin.fields import (
    Raw,
    checked,
    expect_retailer_code,
    rules_at,
    unknown_retailers,
)
from ledger.iys_twin.refusals import Problem, Refused, problem, refusal
from ledger.iys_twin.times import Wall, text_of
from ledger.iys_twin.wire import Added
from ledger.iys_twin.world import Brand, World

BULK_ITEMS_MAX: Final = 1_000
REPEATS_MAX: Final = 1_000_000
"""Bodies that V2 remembers; the oldest go first."""


class BulkItem(msgspec.Struct):
    """One item of a bulk request and what became of it: exactly one of the two when settled."""

    sub_request_id: str
    sent: Sent
    movement: Movement | None = None
    code: str | None = None
    original: "BulkItem | None" = None
    """V2: the item under which the very same consent was written."""
    request_id: str = ""


class BulkRequest(msgspec.Struct):
    """A list that was taken and is processed at `due`."""

    request_id: str
    brand_code: int
    accepted: Wall
    due: Wall
    is_v2: bool
    items: list[BulkItem]
    is_settled: bool = False


def expect_object(body: object, code: str) -> Raw:
    """The body as an object with members. Raises Refused with the endpoint's own code."""
    if not isinstance(body, dict) or not body:
        raise refusal(code)
    return body


class Adding:
    """Consents coming in. `new_id` makes ids for requests: 32 hex digits or a UUID."""

    def __init__(
        self, world: World, new_request_id: Callable[[], str], new_uuid: Callable[[], str]
    ) -> None:
        self._world = world
        self._settings = world.settings
        self._new_request_id = new_request_id
        self._new_uuid = new_uuid
        self._repeats: dict[bytes, tuple[Wall, Added]] = {}
        self._waiting: deque[BulkRequest] = deque()
        self._requests: dict[str, BulkRequest] = {}
        self._originals: dict[tuple[int, str, str, str], BulkItem] = {}

    def add(self, brand: Brand, body: object, now: Wall) -> Added:
        """Write one consent (§5.1). Raises Refused."""
        raw = expect_object(body, "H085")
        expect_retailer_code(raw, is_bulk=False)
        sent = checked(raw, rules_at(self._world, now))
        if isinstance(sent, list):
            raise self._refused_fields(sent)
        unknown = unknown_retailers(raw, brand)
        if unknown:
            raise Refused(403, unknown)
        latest = brand.latest(sent.key, sent.recipient)
        self._expect_room(1 if latest is None else 0)
        code = refused_by_state(sent, latest, self._settings)
        if code is not None:
            raise refusal(code, message=_state_message(code))
        movement = brand.write(sent, now)
        return Added(transaction_id(brand.code, movement), text_of(now))

    def add_once(self, brand: Brand, body: object, now: Wall) -> Added:
        """V2 (§5.2): the same body again gives the same answer. Raises Refused."""
        digest = _digest(brand, body)
        found = self._repeats.get(digest)
        if found is not None and now - found[0] <= self._settings.repeat_seconds:
            return found[1]
        added = self.add(brand, body, now)
        self._repeats.pop(digest, None)
        self._repeats[digest] = (now, added)
        while len(self._repeats) > REPEATS_MAX:
            del self._repeats[next(iter(self._repeats))]
        return added

    def take(self, brand: Brand, body: object, now: Wall, *, is_v2: bool) -> BulkRequest:
        """Take a list for later (§5.3): all of it or nothing. Raises Refused."""
        if not isinstance(body, list) or not body:
            raise refusal("H092")
        if len(body) > BULK_ITEMS_MAX:
            raise refusal("H091", message="İzin ekleme sayısı en fazla 1000  olmalıdır.")
        if not all(isinstance(raw, dict) for raw in body):
            raise refusal("H092")
        sent = self._checked_list(body, now)
        unknown = [p for i, raw in enumerate(body) for p in unknown_retailers(raw, brand, i)]
        if unknown:
            raise Refused(403, unknown)
        self._expect_room(sum(brand.latest(one.key, one.recipient) is None for one in sent))
        request = BulkRequest(
            self._new_request_id(),
            brand.code,
            accepted=now,
            due=now + self._settings.bulk_seconds,
            is_v2=is_v2,
            items=[BulkItem(self._new_uuid(), one) for one in sent],
        )
        self._forget_old(now)
        self._requests[request.request_id] = request
        self._waiting.append(request)
        return request

    def settle(self, now: Wall) -> None:
        """Process what is due; each list is written at its own due time, in the order taken."""
        while self._waiting and self._waiting[0].due <= now:
            self._process(self._waiting.popleft())

    def request(self, brand: Brand, request_id: str, now: Wall) -> BulkRequest | None:
        """A list that was taken for this brand, unless it is forgotten."""
        self._forget_old(now)
        found = self._requests.get(request_id)
        return found if found is not None and found.brand_code == brand.code else None

    def waiting(self) -> Iterator[BulkRequest]:
        """Lists that are not processed yet."""
        yield from self._waiting

    def _forget_old(self, now: Wall) -> None:
        oldest = now - self._settings.bulk_retention_seconds
        while self._requests:
            request_id, request = next(iter(self._requests.items()))
            if request.accepted >= oldest:
                break
            del self._requests[request_id]

    def _checked_list(self, body: list[Raw], now: Wall) -> list[Sent]:
        rules = rules_at(self._world, now)
        sent: list[Sent] = []
        problems: list[Problem] = []
        seen: set[tuple[str, str, str]] = set()
        for index, raw in enumerate(body):
            expect_retailer_code(raw, is_bulk=True)
            one = checked(raw, rules, index)
            if isinstance(one, list):
                problems.extend(one)
                continue
            key = (*one.key, one.recipient)
            if key in seen:
                problems.append(problem("H194", index=index))
            seen.add(key)
            sent.append(one)
        if problems:
            raise Refused(422, problems)
        return sent

    def _process(self, request: BulkRequest) -> None:
        brand = self._world.brands[request.brand_code]
        for item in request.items:
            item.request_id = request.request_id
            key = (brand.code, *item.sent.key, item.sent.recipient)
            latest = brand.latest(item.sent.key, item.sent.recipient)
            if request.is_v2 and latest is not None and is_repeat(item.sent, latest):
                original = self._originals.get(key)
                item.movement = latest
                if original is not None and original.movement is latest:
                    item.original = original
                continue
            item.code = refused_by_state(item.sent, latest, self._settings)
            if item.code is None:
                item.movement = brand.write(item.sent, request.due)
                self._originals[key] = item
        request.is_settled = True

    def _expect_room(self, new: int) -> None:
        """Raises Refused H525; refusals and updates of stored consents always have room."""
        world = self._world
        is_limited = bool(new) and not world.consent_limit_exceed
        if is_limited and world.consent_count() + new > world.consent_limit:
            raise refusal("H525")

    def _refused_fields(self, problems: list[Problem]) -> Refused:
        only_late = all(one.code == "H467" for one in problems)
        if only_late and self._settings.late_status == "400":
            return refusal("H467", status=400)
        return Refused(422, problems)


def _digest(brand: Brand, body: Any) -> bytes:
    """Order of members and white space do not count (Q23)."""
    text = msgspec.json.encode([brand.code, body], order="sorted")
    return hashlib.sha256(text).digest()


def _state_message(code: str) -> str:
    return RET_OVER_RET if code == "H174" else MESSAGES[code]


RET_OVER_RET: Final = (
    "İzin durumu (status) güncellemesi için farklı bir durum girilmelidir. İzin durumu: RET"
)
FIRST_IS_RET: Final = (
    "İlk izin kayıt işlemlerinde RET durum (status) bilgisi içeren izinler kaydedilmez."
)
"""H175 as the bulk result words it."""

"""One provider's whole worker beside a twin, a mixed load, and what must be true in the end.

The oracle knows the load as it was given, İYS's movements as the twin holds them in memory, and the
ledger's events; of the code that keeps the two in step it asks nothing.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, LiteralString, NamedTuple

import httpx
import msgspec
from starlette.types import Message, Receive, Scope, Send

from ledger import clock
from ledger.aggregates.bodies import IysRefused, IysSeen
from ledger.aggregates.commands import Origin, Provenance
from ledger.aggregates.intake import RawAct, parse_act
from ledger.bootstrap import Home
from ledger.clock import ISTANBUL
from ledger.iys_sync.line import Means
from ledger.iys_sync.running import Lane
from ledger.iys_twin.consents import Movement, transaction_id
from ledger.iys_twin.times import text_of
from ledger.recording.request import Receipt, Request
from ledger.store.iys_account import AccountAtIys, AgreementSetting
from ledger.vocabulary import Outcome
from ledger.wiring.sync import Sync
from tests.integration.acts import BRAND_CODE, IYS_CODE, RECEIVED_AT
from tests.integration.iys_world import Port, iys_world
from tests.integration.logged import events_of_type
from tests.integration.pulled_world import PullWorld, Row
from tests.integration.push_world import YESTERDAY
from tests.twin.twin_harness import a_phone

GROUPS = (0, 1_000)
"""First numbers of the recipients that have to do with the one fault of a pair, and the other."""
TURNS_MAX = 60
STEPS_MAX = 50
LOOKED_BACK = 7
TABLES: tuple[LiteralString, ...] = (
    "SELECT count(*) FROM iys_outbox",
    "SELECT count(*) FROM iys_to_send",
    "SELECT count(*) FROM iys_requests",
)


class Act(NamedTuple):
    """What a recipient said to the provider, in İYS's words; a listing has no date and source."""

    recipient: str
    status: str = "ONAY"
    consent_date: str | None = YESTERDAY
    channel: str = "MESAJ"
    kind: str = "BIREYSEL"
    source: str | None = "HS_WEB"

    @property
    def request(self) -> Request:
        """As it is brought to the ledger."""
        given = Provenance(
            origin=Origin.LIVE,
            via="api",
            actor="user:clerk",
            received_at=clock.utc_text(RECEIVED_AT),
            tzdata=clock.TZDATA_VERSION,
        )
        raw = RawAct(
            self.channel,
            self.source or "",
            self.recipient,
            self.status,
            self.consent_date or "",
            self.kind,
        )
        act = parse_act(raw, given, received_at=RECEIVED_AT)
        return Request(act.address, BRAND_CODE, act.channel, act.recipient_types, act.command)


def a_mailbox(number: int) -> str:
    """Made up."""
    return f"deneme{number}@ornek.com.tr"


def earlier(first: int, date: str) -> list[Act]:
    """Consents that are at İYS before anything goes wrong, from number `first` + 100."""
    return [Act(a_phone(first + 100 + number), consent_date=date) for number in range(10)]


def a_load(first: int, at: datetime) -> list[Act]:
    """What recipients from number `first` on said in the two days before `at`, and one long ago."""
    old, day, hour = (clock.iys_text(at - timedelta(hours=hours)) for hours in (26, 12, 1))
    late = clock.iys_text(at - timedelta(days=12))
    phone = [a_phone(first + number) for number in range(103)]
    return [
        *(Act(phone[number], consent_date=old) for number in range(30)),
        *(Act(phone[number], "RET", day) for number in range(5)),
        *(Act(phone[number], consent_date=hour) for number in range(5, 8)),  # and once more
        *(Act(phone[number], consent_date=old, channel="ARAMA") for number in range(10)),
        *(Act(a_mailbox(first + n), consent_date=old, channel="EPOSTA") for n in range(6)),
        *(Act(phone[number], consent_date=old, kind="TACIR") for number in range(40, 43)),
        Act(phone[43], kind="TACIR", consent_date=None, source=None),
        *(Act(phone[number], "RET", day) for number in range(50, 53)),  # H175: no ONAY is there
        *(Act(phone[number], consent_date=late) for number in range(54, 56)),  # H467
        *(Act(phone[number], "RET", day) for number in range(100, 102)),
        Act(phone[102], consent_date=day),
    ]


REFUSED_OF_A_LOAD = 5


class Told(NamedTuple):
    """An act and its receipt."""

    act: Act
    receipt: Receipt


@dataclass
class FaultWorld(PullWorld):
    """A ledger, its worker's parts on the twin's clock, and the twin. `skew`: of our clock."""

    port: Port = field(default_factory=Port)
    skew: timedelta = timedelta()
    told: list[Told] = field(default_factory=list)

    def our_now(self) -> datetime:
        """What our clock shows."""
        return self.now() + self.skew

    @property
    def our_means(self) -> Means:
        """By our clock; what would be waited for is not."""
        return Means(now=self.our_now, sleep=self._sleep, chance=self.means.chance)

    def begin(self, stack: ExitStack) -> None:
        """Connect, tell İYS of the earlier consents, and be in step."""
        root = httpx.get(f"{self.url}/_twin/tsa.pem").content
        account = AccountAtIys(
            url=self.url,
            username="twin",
            password="twin-password",
            agreement=AgreementSetting.AUTO,
            tsa_roots=root,
        )
        self.home.connections.account(IYS_CODE).write(account)
        self.start(stack)
        for first in GROUPS:
            self.record(earlier(first, YESTERDAY))
        self.wait_for_answers()

    def start(self, stack: ExitStack) -> None:
        """A worker's parts, as a process that was just started has them."""
        self.sync: Sync = stack.enter_context(self.home.connections.sync(IYS_CODE, self.our_means))
        self.lanes: list[Lane] = self.sync.lanes(self.our_now)
        self.advance(seconds=2)

    def record(self, acts: Sequence[Act]) -> None:
        """What the recipients said to the provider."""
        receipts = self.ledger.record([act.request for act in acts])
        assert {receipt.outcome for receipt in receipts} == {Outcome.RECORDED}
        self.told += map(Told, acts, receipts)

    def turn(self, *, steps: int = 2) -> None:
        """Have the worker do what is due, some seconds apart; what fails, it notes."""
        for _ in range(steps):
            self.home.follow(IYS_CODE)
            for lane in self.lanes:
                for _ in range(STEPS_MAX):
                    if not lane.run_once():
                        break
                else:
                    raise AssertionError("the worker never rests")
            self.advance(seconds=3)
        self.home.follow(IYS_CODE)

    def settle(self) -> None:
        """Let time pass until nothing waits, then until the day is over and everything listed."""
        self.wait_for_answers()
        self.end_day()

    def wait_for_answers(self) -> None:
        """Work on until İYS has answered everything."""
        for _ in range(TURNS_MAX):
            self.turn()
            if not any(self.waiting()):
                return
            self.advance(minutes=6)
        raise AssertionError(f"outbox, queue and requests still hold {self.waiting()}")

    def end_day(self) -> None:
        """Work on when the day is over, by either clock, and all of it is listed and filed."""
        here = self.now().astimezone(ISTANBUL)
        next_day = here.replace(hour=1, minute=30, second=0) + timedelta(days=1)
        self.advance(seconds=(next_day - here + abs(self.skew)).total_seconds())
        self.turn(steps=1)

    def waiting(self) -> tuple[int, ...]:
        """Rows of the outbox, of the queue, and requests under way."""
        with self.home.database.connection(IYS_CODE) as connection:
            found = [connection.execute(one).fetchone() for one in TABLES]
        return tuple(row[0] for row in found if row is not None)

    def toggle(self, number: int) -> None:
        """A recipient says the contrary at İYS, or is the first to say anything."""
        self.twin.twin.now()  # what is due there is done
        held = self.brand.latest(("BIREYSEL", "MESAJ"), a_phone(number))
        if held is None:
            self._move(number, "new", status="ONAY", citizenName="Deneme Kişi")
        else:
            self._move(number, "web", status="ONAY" if held.consent_status == "RET" else "RET")

    def recipients_act(self, first: int) -> None:
        """Some whose consents are at İYS, and one nobody knows."""
        for number in (first + 103, first + 104, first + 200):
            self.toggle(number)
        if self.brand.latest(("BIREYSEL", "MESAJ"), a_phone(first + 105)).consent_status == "ONAY":
            self._move(first + 105, "line-closed")

    def recipients_contradict(self, first: int) -> None:
        """Some whose acts of a load are on their way."""
        for number in (first, first + 20, first + 100):
            self.toggle(number)

    def _move(self, number: int, how: str, **more: str) -> None:
        answer = self.twin.move(how, recipient=a_phone(number), **more)
        assert answer.status_code == 200, answer.text

    def refused(self) -> int:
        """Final verdicts of İYS's, each once."""
        return len(events_of_type(self.ledger.store, IysRefused))

    def movements(self) -> list[Movement]:
        """All that İYS holds of the brand."""
        return [*self.brand.own, *self.brand.recipients]


def expect_laws(world: FaultWorld) -> None:
    """Each act is at İYS once or has a final verdict; each movement is here once; nothing waits;
    every day that İYS still speaks of is the same on both sides, and agreed to."""
    expect_each_act_ended(world)
    assert world.here() == Counter(map(row_of, world.movements()))
    assert world.waiting() == (0, 0, 0)
    expect_equal_days(world)


def expect_each_act_ended(world: FaultWorld) -> None:
    """Once at İYS and known to be, or once refused by it; and nobody else's words are there."""
    stored = Counter(map(_words, world.brand.own))
    answered: Counter[tuple[Any, int]] = Counter()
    refused: Counter[tuple[Any, int]] = Counter()
    for event in events_of_type(world.ledger.store, IysSeen | IysRefused):  # type: ignore[arg-type]  # isinstance takes it
        match event.body:
            case IysSeen(of=int(seq)):
                answered[event.stream, seq] += 1
            case IysRefused(of=seq):
                refused[event.stream, seq] += 1
    wrong: dict[Act, tuple[int, ...]] = {}
    for act, receipt in world.told:
        assert receipt.event is not None
        named = receipt.event.stream, receipt.event.seq
        ended = (stored[act], answered[named], refused[named])
        if ended not in {(1, 1, 0), (0, 0, 1)}:
            wrong[act] = ended
    assert not wrong, f"at İYS, answered, refused: {wrong}"
    assert set(stored) <= {act for act, _ in world.told}


def expect_equal_days(world: FaultWorld) -> None:
    """Byte for byte."""
    today = world.now().astimezone(ISTANBUL).date()
    reader = world.home.day_reader(IYS_CODE)
    with world.client() as client:
        for back in range(1, LOOKED_BACK + 1):
            day = today - timedelta(days=back)
            theirs = client.day_file(BRAND_CODE, day)
            ours = b"".join(reader.report(BRAND_CODE, day).pieces())
            assert theirs is None or ours == theirs, day
            assert theirs is None or is_agreed(world, day), day
            assert theirs is not None or ours.count(b"\n") <= 1, day
    assert world.sync.reconciler.open_days(BRAND_CODE) == []


def is_agreed(world: FaultWorld, day: date) -> bool:
    """By İYS's own memory."""
    return f"{day}" in {text_of(one)[:10] for one in world.brand.agreed}


def row_of(one: Movement) -> Row:
    """As İYS's day file has it."""
    return (
        text_of(one.created),
        transaction_id(BRAND_CODE, one),
        one.recipient,
        one.recipient_type,
        one.channel,
        one.consent_status,
        "" if one.consented is None else text_of(one.consented),
        one.consent_source or "",
    )


def _words(one: Movement) -> Act:
    dated = None if one.consented is None else text_of(one.consented)
    return Act(
        one.recipient,
        one.consent_status,
        dated,
        one.channel,
        one.recipient_type,
        one.consent_source,
    )


class ToldOtherwise:
    """For so long İYS does what it is asked and then answers with a failure."""

    def __init__(self, world: FaultWorld, status: int, body: object, **span: float) -> None:
        self._world = world
        self._until = world.now() + timedelta(**span)
        self._status = status
        self._body = msgspec.json.encode(body)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Carry it out, swallow the answer."""
        if self._world.now() >= self._until:
            await self._world.twin.app(scope, receive, send)
            return
        await self._world.twin.app(scope, receive, _nowhere)
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": self._status, "headers": headers})
        await send({"type": "http.response.body", "body": self._body})


class OneByteWrong:
    """On its way a day's file comes to differ in its byte `place`, while this stands between."""

    def __init__(self, world: FaultWorld, place: int) -> None:
        self._app = world.twin.app
        self._place = place

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on."""
        is_file = scope["path"].endswith("/file")

        async def altered(message: Message) -> None:
            if is_file and message.get("body"):
                message = {**message, "body": one_byte_wrong(message["body"], self._place)}
            await send(message)

        await self._app(scope, receive, altered)


def one_byte_wrong(content: bytes, place: int) -> bytes:
    """A digit for a digit and a letter for a letter, mostly."""
    changed = bytearray(content)
    changed[place] ^= 1
    return bytes(changed)


async def _nowhere(_: Message) -> None:
    pass


@contextmanager
def fault_world(home: Home, port: Port, **settings: Any) -> Iterator[FaultWorld]:
    """Some consents are at İYS already."""
    with ExitStack() as stack, iys_world(home, port, **settings) as made:
        world = FaultWorld(made.home, made.twin, made.url, port=port)
        world.begin(stack)
        yield world

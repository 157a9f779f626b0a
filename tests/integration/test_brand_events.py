"""What the feeds are read by: own events only, each at its place, at a price that others' do not
raise; and connections that readers cannot take from writers."""

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest
from msgspec import structs

from ledger.addresses import Address, parse_address
from ledger.application import ConsentLedger
from ledger.bootstrap import Home
from ledger.recording.barring import Bar
from ledger.recording.deciding_ports import CurrentKey
from ledger.recording.following import Followed
from ledger.recording.request import Request
from ledger.store import brand_events, migrate
from ledger.store.database import LONG_MAX
from ledger.store.recorder import checked_event
from ledger.vocabulary import BrandCode, Channel, RecipientType
from tests.integration.acts import BRAND_CODE, CLERK, IYS_CODE, a_request, about, retract, seen

SISTER = BrandCode(654321)
MIGRATION = Path(migrate.__file__).parent / "migrations/provider/0009_brand_events.sql"
PHONE = parse_address("+905010000001", Channel.MESSAGE)  # that of a_request(1)


def of(brand: BrandCode, request: Request) -> Request:
    return structs.replace(request, brand_code=brand)


def page(
    ledger: ConsentLedger,
    brand: BrandCode = BRAND_CODE,
    channel: Channel | None = None,
    *,
    after: int = 0,
    limit: int = 1_000,
    refusals_only: bool = False,
) -> list[tuple[int, str, Channel | None]]:
    """Position, type and channel of each event of a page."""
    found = ledger.store.followed(Followed(brand, channel, after, limit, refusals_only))
    assert found.end == ledger.store.last_position()
    return [(one.event.position, one.event.body.TYPE, one.channel) for one in found.events]


def owner_of(home: Home) -> psycopg.Connection[Any]:
    return psycopg.connect(home.dsn, options=f"-c search_path=sp_{IYS_CODE},izin")


def test_a_page_looks_at_the_events_of_its_brand_and_channel_alone(
    home: Home, ledger: ConsentLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.add_brand(IYS_CODE, SISTER, "Kardeş", actor=CLERK)
    ledger.record([of(SISTER, a_request(number)) for number in range(1, 301)])
    ledger.record([a_request(1, "RET"), a_request(1, channel="ARAMA"), a_request(2)])
    ledger.record([of(SISTER, a_request(number, "RET")) for number in range(301, 601)])
    looked: list[int] = []

    def counted(row: Any) -> Any:
        looked.append(row.position)
        return checked_event(row)

    monkeypatch.setattr("ledger.store.brand_events.checked_event", counted)

    assert page(ledger, refusals_only=True) == [(304, "consent.refused", Channel.MESSAGE)]
    assert looked == [304]
    assert page(ledger, channel=Channel.CALL) == [(305, "consent.granted", Channel.CALL)]
    assert looked == [304, 305]


def test_every_event_of_a_consent_is_a_change_and_stands_in_order(ledger: ConsentLedger) -> None:
    request = a_request(1)
    ledger.record([request, a_request(2, "RET", channel="ARAMA")])
    ledger.record([about(request, seen(1))])
    ledger.record([about(request, retract(1)), a_request(3, "RET")])

    everything = page(ledger)

    assert [kind for _, kind, _ in everything] == [
        *("consent.granted", "consent.refused", "iys.seen"),
        *("consent.retracted", "consent.refused"),
    ]
    assert [position for position, _, _ in everything] == [3, 4, 5, 6, 7]
    assert [position for position, _, _ in page(ledger, refusals_only=True)] == [4, 7]


def test_pages_follow_one_another_whatever_the_places_of_their_events(
    ledger: ConsentLedger,
) -> None:
    channels = [*Channel][:2]
    for number in range(1, 9):
        ledger.record(
            [
                a_request(number, "RET" if (number + step) % 3 else "ONAY", channel=channel)
                for step, channel in enumerate(channels)
            ]
        )
    whole, after, pieces = page(ledger), 0, list[Any]()

    while found := page(ledger, after=after, limit=3):
        pieces += found
        after = found[-1][0]

    assert pieces == whole
    assert len(whole) == 16
    assert [position for position, _, _ in whole] == list(range(3, 19))


def test_a_row_holds_a_bounded_number_of_positions(home: Home, ledger: ConsentLedger) -> None:
    many = 2 * brand_events.POSITIONS_MAX + 1

    ledger.record([a_request(number) for number in range(1, many + 1)])

    with owner_of(home) as owner:
        rows = owner.execute("SELECT cardinality(positions) FROM brand_events").fetchall()
    assert sorted(count for (count,) in rows) == [1, 128, 128]
    assert len(page(ledger)) == many
    assert page(ledger, after=130, limit=2)[0][0] == 131


@pytest.mark.parametrize("brand", [None, BRAND_CODE, SISTER])
@pytest.mark.parametrize("channel", [None, Channel.MESSAGE])
def test_a_suppression_stands_where_it_bars_and_so_does_its_end(
    home: Home, ledger: ConsentLedger, brand: BrandCode | None, channel: Channel | None
) -> None:
    home.add_brand(IYS_CODE, SISTER, "Kardeş", actor=CLERK)
    bar = Bar(reason="COMPLAINT", brand_code=brand, channel=channel, until=None)
    added = ledger.suppress(PHONE, bar, actor=CLERK)
    lifted = ledger.lift(PHONE, added.seq, reason="MISTAKE", actor=CLERK)
    begins = (added.position, "suppression.added", channel)
    ends = (lifted.position, "suppression.lifted", channel)

    for asked in (BRAND_CODE, SISTER):
        concerns = brand in (None, asked)
        assert page(ledger, asked) == ([begins, ends] if concerns else [])
        assert page(ledger, asked, refusals_only=True) == ([begins] if concerns else [])
        elsewhere = page(ledger, asked, Channel.EMAIL)
        assert elsewhere == ([begins, ends] if concerns and channel is None else [])
    found = ledger.store.followed(Followed(brand or BRAND_CODE, None, 0, 9, refusals_only=True))
    assert [one.address for one in found.events] == ["+905010000001"]


def filled(ledger: ConsentLedger) -> None:
    """Events at many places, some of them lifted."""
    refused = a_request(2, "RET", channel="ARAMA", kind="TACIR")
    ledger.record([*map(a_request, range(1, 5)), refused])
    for brand, channel in ((None, None), (BRAND_CODE, Channel.CALL), (SISTER, None)):
        bar = Bar(reason="COMPLAINT", brand_code=brand, channel=channel, until=None)
        ledger.suppress(PHONE, bar, actor=CLERK)
    ledger.lift(PHONE, 2, reason="MISTAKE", actor=CLERK)
    ledger.record([about(a_request(1), seen(1))])


def test_the_migration_finds_what_was_written_before_it(home: Home, ledger: ConsentLedger) -> None:
    filled(ledger)
    before = page(ledger)
    script = MIGRATION.read_text(encoding="utf-8")
    fill = script[script.index("INSERT INTO") : script.index("GRANT")]

    with owner_of(home) as owner:
        owner.execute("DELETE FROM brand_events")
        assert page(ledger) == before  # seen from outside until the commit
        owner.execute(fill.encode())

    assert page(ledger) == before != []
    assert home.check(IYS_CODE).is_clean


DAMAGE = {
    "a refusal gone": (
        "DELETE FROM brand_events WHERE is_refusal AND brand_code > 0 AND channel = 1",
        "(brand_code=123456, channel=1, is_refusal=True) are not what the events say",
    ),
    "a suppression at another brand": (
        "UPDATE brand_events SET brand_code = 1 WHERE brand_code = 654321",
        "(brand_code=1, channel=0, is_refusal=True) are not what the events say",
    ),
    "a position changed": (
        "UPDATE brand_events SET positions[1] = 1 WHERE cardinality(positions) = 4",
        "(brand_code=123456, channel=2, is_refusal=False) are not what the events say",
    ),
    "an end before its time": (
        "UPDATE brand_events SET last_position = 3 WHERE cardinality(positions) = 4",
        "rows of Place(brand_code=123456, channel=2, is_refusal=False) do not end where they say",
    ),
}


@pytest.mark.damaging
@pytest.mark.parametrize("name", DAMAGE)
def test_fsck_notices(home: Home, ledger: ConsentLedger, name: str) -> None:
    statement, said = DAMAGE[name]
    filled(ledger)

    with owner_of(home) as owner:
        assert owner.execute(statement.encode()).rowcount >= 1

    findings = home.check(IYS_CODE).findings
    assert any(said in finding for finding in findings), findings


def test_readers_of_much_leave_writers_look_ups_and_keys_their_connections(
    home: Home, ledger: ConsentLedger
) -> None:
    with ExitStack() as stack:
        for _ in range(LONG_MAX):
            stack.enter_context(home.database.long_connection(IYS_CODE))

        (receipt,) = ledger.record([a_request(1, "RET")])
        home.keys.refresh()
        asked = CurrentKey(_lookup(ledger, PHONE), BRAND_CODE, *_of_a_message())
        (found,) = ledger.decisions.current([asked], ledger.now())

    assert receipt.event is not None
    assert found.position == receipt.event.position


def test_writers_that_wait_leave_the_keys_their_connection(home: Home) -> None:
    with ExitStack() as stack:
        for _ in range(8):
            stack.enter_context(home.database.connection(IYS_CODE))

        home.keys.refresh()

    assert home.keys.brand(BRAND_CODE).iys_code == IYS_CODE


def _lookup(ledger: ConsentLedger, address: Address) -> bytes:
    return ledger.vault.lookup(address.uri)


def _of_a_message() -> tuple[Channel, RecipientType]:
    return Channel.MESSAGE, RecipientType.INDIVIDUAL

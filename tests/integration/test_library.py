"""What we promise of the `eventsourcing` library, on real PostgreSQL (design.md §4)."""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import msgspec
import psycopg
import pytest
from eventsourcing.application import AggregateNotFoundError
from eventsourcing.compressor import ZlibCompressor
from eventsourcing.persistence import Cipher, IntegrityError, JSONTranscoder
from eventsourcing.utils import Environment

from ledger.aggregates.bodies import ConsentBody
from ledger.aggregates.consent import Consent
from ledger.aggregates.events import Event, frame, key_of
from ledger.aggregates.keys import provider_stream
from ledger.aggregates.provider_bodies import BrandClosed
from ledger.application import ConsentLedger, project
from ledger.bootstrap import Home
from ledger.clock import utc_text_micros
from ledger.errors import LedgerBroken, SettingsRefused
from ledger.store.recorder import LedgerFactory, LedgerMapper
from tests.integration.acts import IYS_CODE, LATER, a_request, about, seen

GRANTED, REFUSED, SEEN = "ledger.consent.granted", "ledger.consent.refused", "ledger.iys.seen"


def positions(notifications: Any) -> list[int]:
    return [notification.id for notification in notifications]


def record_three(ledger: ConsentLedger) -> Event:
    """A grant, İYS's word and a refusal on one consent: positions 3, 4 and 5."""
    given = a_request(1)
    receipts = ledger.record([given, about(given, seen(of=1)), a_request(1, "RET", LATER)])
    assert [receipt.position for receipt in receipts] == [3, 4, 5]
    assert receipts[0].event is not None
    return receipts[0].event


@pytest.fixture(scope="module")
def with_three(shared_home: Home) -> ConsentLedger:
    """A ledger of `record_three` that no test adds to."""
    ledger = shared_home.ledger(IYS_CODE)
    record_three(ledger)
    return ledger


def replayed(ledger: ConsentLedger, stream: UUID, *, version: int | None = None) -> Consent:
    get: Any = ledger.repository.get  # typed for states that know their id
    state = get(stream, version=version, projector_func=project)
    assert isinstance(state, Consent)
    return state


def without_positions(consent: Consent) -> Consent:
    """The library's stored events do not carry their place in the log."""
    acts = tuple(msgspec.structs.replace(act, position=0) for act in consent.acts)
    return msgspec.structs.replace(consent, acts=acts)


def test_the_repository_gives_the_stored_state_and_every_former_one(ledger: ConsentLedger) -> None:
    event = record_three(ledger)
    assert isinstance(event.body, ConsentBody)
    key = key_of(event.body)

    now, first = replayed(ledger, event.stream), replayed(ledger, event.stream, version=1)

    assert now == without_positions(ledger.store.load_consents([key])[key].consent)
    assert (now.version, len(now.acts), now.iys.accepted) == (3, 2, 1)
    assert (first.version, len(first.acts), first.iys.accepted) == (1, 1, None)


def test_the_repository_does_not_know_an_unknown_stream(with_three: ConsentLedger) -> None:
    with pytest.raises(AggregateNotFoundError):
        replayed(with_three, uuid4())


def test_the_notification_log_has_the_whole_log_in_sections(ledger: ConsentLedger) -> None:
    ledger.record([a_request(number) for number in range(13)])

    first = ledger.notification_log["1,10"]
    assert first.next_id is not None
    second = ledger.notification_log[first.next_id]

    assert (first.id, positions(first.items)) == ("1,10", list(range(1, 11)))
    assert (second.next_id, positions(second.items)) == (None, list(range(11, 16)))
    assert ledger.recorder.max_notification_id() == 15


def test_an_empty_log_has_no_greatest_notification(home: Home, ledger: ConsentLedger) -> None:
    with psycopg.connect(home.dsn) as owner:
        owner.execute("CREATE SCHEMA sp_1")
        owner.execute("CREATE TABLE sp_1.stored_events (LIKE sp_123456.stored_events)")
        owner.execute("GRANT USAGE ON SCHEMA sp_1 TO izin_app")
        owner.execute("GRANT SELECT ON sp_1.stored_events TO izin_app")

    recorder = LedgerFactory(home.database, type(IYS_CODE)(1)).application_recorder()

    assert recorder.max_notification_id() is None
    assert recorder.select_notifications(start=1, limit=10) == []


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        ({"start": None, "limit": 10}, [1, 2, 3, 4, 5]),
        ({"start": 0, "limit": 10}, [1, 2, 3, 4, 5]),
        ({"start": 3, "limit": 10}, [3, 4, 5]),
        ({"start": 3, "limit": 10, "inclusive_of_start": False}, [4, 5]),
        ({"start": 0, "limit": 10, "inclusive_of_start": False}, [1, 2, 3, 4, 5]),
        ({"start": 2, "limit": 10, "stop": 4}, [2, 3, 4]),
        ({"start": 2, "limit": 2}, [2, 3]),
        ({"start": 6, "limit": 10}, []),
        ({"start": 1, "limit": 10, "topics": [GRANTED, SEEN]}, [3, 4]),
        ({"start": 1, "limit": 1, "topics": [REFUSED]}, [5]),
        ({"start": 4, "limit": 9, "topics": [GRANTED]}, []),
    ],
    ids=str,
)
def test_notifications_come_within_their_bounds(
    with_three: ConsentLedger, bounds: dict[str, Any], expected: list[int]
) -> None:
    assert positions(with_three.recorder.select_notifications(**bounds)) == expected


def test_events_of_a_stream_come_within_their_bounds(with_three: ConsentLedger) -> None:
    stream = with_three.store.events_at([3])[3].stream

    def versions(**bounds: Any) -> list[int]:
        events = with_three.recorder.select_events(stream, **bounds)
        return [event.originator_version for event in events]

    assert versions() == [1, 2, 3]
    assert versions(gt=1) == [2, 3]
    assert versions(gt=0, lte=2) == [1, 2]
    assert versions(desc=True, limit=2) == [3, 2]


# Bytes: what the mapper takes and believes.


def test_the_environment_of_the_process_changes_no_byte(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("", "CONSENTLEDGER_"):
        monkeypatch.setenv(f"{name}COMPRESSOR_TOPIC", "eventsourcing.compressor:ZlibCompressor")
        monkeypatch.setenv(f"{name}CIPHER_TOPIC", "eventsourcing.cipher:AESCipher")
        monkeypatch.setenv(f"{name}CIPHER_KEY", "MDEyMzQ1Njc4OWFiY2RlZg==")
        monkeypatch.setenv(f"{name}AGGREGATE_CACHE_MAXSIZE", "10")
        monkeypatch.setenv(f"{name}IS_SNAPSHOTTING_ENABLED", "y")
    ledger = home.ledger(IYS_CODE)

    event = record_three(ledger)

    assert ledger.recorder.select_events(event.stream)[0].state == event.state
    assert ledger.repository.cache is None


class NoCipher(Cipher):
    def __init__(self, environment: Environment) -> None:
        pass

    def encrypt(self, plaintext: bytes) -> bytes:
        return plaintext

    def decrypt(self, ciphertext: bytes) -> bytes:
        return ciphertext


@pytest.mark.parametrize(
    "transforms",
    [{"compressor": ZlibCompressor()}, {"cipher": NoCipher(Environment())}],
    ids=["compressor", "cipher"],
)
def test_a_mapper_that_would_transform_bytes_refuses_to_store(
    with_three: ConsentLedger, transforms: dict[str, Any]
) -> None:
    event = with_three.store.events_at([3])[3]

    with pytest.raises(SettingsRefused):
        LedgerMapper(JSONTranscoder(), **transforms).to_stored_event(event)


def test_a_factory_hands_a_compressor_on_to_be_refused(
    shared_home: Home, with_three: ConsentLedger
) -> None:
    factory = LedgerFactory(shared_home.database, IYS_CODE)
    factory.env["COMPRESSOR_TOPIC"] = "eventsourcing.compressor:ZlibCompressor"

    with pytest.raises(SettingsRefused):
        factory.mapper().to_stored_event(with_three.store.events_at([3])[3])


def test_a_mapper_takes_framed_events_only(with_three: ConsentLedger) -> None:
    class Unframed:
        originator_id = UUID(int=1)
        originator_version = 1

    with pytest.raises(TypeError, match="Unframed"):
        with_three.mapper.to_stored_event(Unframed())


def test_nothing_is_saved_outside_a_write_unit(ledger: ConsentLedger) -> None:
    event = record_three(ledger)

    with pytest.raises(TypeError, match="write unit"):
        ledger.save(event)

    assert ledger.recorder.max_notification_id() == 5


def test_save_within_a_write_unit_appends_at_the_head(ledger: ConsentLedger) -> None:
    ledger.record([a_request(1)])
    stream = provider_stream(ledger.log_origin, "brand")
    before = ledger.store.events_of(stream)[-1]
    closed = BrandClosed(brand=654321, at="2026-11-24T09:00:00Z", actor="user:1", reason="sold")

    with ledger.store.write() as unit:
        event = frame(
            closed,
            commit={},
            event_id="019ab88a-3e38-7433-b092-6d55346feefa",
            log=ledger.log_origin,
            prev=before.leaf_hash.hex(),
            recorded=max(utc_text_micros(unit.head.now), unit.head.recorded),
            seq=before.seq + 1,
            stream=stream,
            position=unit.head.position + 1,
        )
        recordings = ledger.save(event, unit=unit)

    assert positions([recording.notification for recording in recordings]) == [4]
    assert ledger.store.events_at([4])[4].state == event.state


def test_a_version_that_stands_already_is_refused_by_the_database(ledger: ConsentLedger) -> None:
    before = ledger.record([a_request(1)])[0].event
    assert before is not None

    with pytest.raises(IntegrityError), ledger.store.write() as unit:
        ledger.save(before, unit=unit)

    assert ledger.recorder.max_notification_id() == 3


@pytest.mark.parametrize(
    ("column", "false"),
    [("stream", "'00000000-0000-8000-8000-000000000001'"), ("seq", "7"), ("topic", "'ledger.x'")],
)
@pytest.mark.damaging
def test_columns_that_say_other_than_the_bytes_are_noticed(
    home: Home, ledger: ConsentLedger, column: str, false: str
) -> None:
    record_three(ledger)
    with psycopg.connect(home.dsn, options="-c search_path=sp_123456") as owner:
        owner.execute("ALTER TABLE stored_events DISABLE TRIGGER append_only")
        owner.execute(f"UPDATE stored_events SET {column} = {false} WHERE position = 3".encode())

    with pytest.raises(LedgerBroken, match="event 3: columns and bytes differ"):
        list(map(ledger.mapper.to_domain_event, ledger.recorder.select_notifications(3, 1)))


def test_bytes_of_another_event_are_noticed(with_three: ConsentLedger) -> None:
    first, second = with_three.recorder.select_notifications(3, 2)

    with pytest.raises(LedgerBroken):
        with_three.mapper.to_domain_event(replace(first, state=second.state))

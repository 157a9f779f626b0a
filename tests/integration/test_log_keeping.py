"""What the keeper of a log does from day to day, and what a witness brings, on a real database."""

from dataclasses import replace
from datetime import datetime, timedelta

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from psycopg import Cursor
from psycopg.rows import TupleRow

from ledger import bootstrap, bootstrap_log, clock
from ledger.aggregates.provider_bodies import LedgerHeads
from ledger.application import ConsentLedger
from ledger.bootstrap import Home
from ledger.errors import ClockStepped, StoreUnavailable
from ledger.evidence.checkpoint import Checkpoint, SignedCheckpoint, sign
from ledger.evidence.note import SignatureLine, SignatureType, VerifierKey
from ledger.evidence.publishing import LogBehind
from ledger.evidence.seal import NotSealed, imprint_of
from ledger.projections.tree import TreeFollower
from ledger.proving.keeping import LogKeeper
from ledger.settings import Settings
from ledger.store import log
from tests.integration.acts import IYS_CODE, a_request
from tests.integration.logged import events_of_type

WITNESS = Ed25519PrivateKey.from_private_bytes(b"a witness".ljust(32, b"."))


@pytest.fixture
def keeper(home: Home) -> LogKeeper:
    return home.logs.keeper(IYS_CODE)


def at(keeper: LogKeeper, instant: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "_now", lambda: instant)


def test_a_map_made_by_hand_does_not_stand_for_the_rest_of_its_day(
    home: Home, ledger: ConsentLedger, keeper: LogKeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = clock.now().astimezone(clock.ISTANBUL).date()
    ledger.record([a_request(1)])
    by_hand = keeper.note_heads(today)
    ledger.record([a_request(2)])
    keeper.seal_if_due()
    assert keeper.last_heads() == by_hand  # the day is not over

    at(keeper, clock.now() + timedelta(days=1), monkeypatch)
    keeper.seal_if_due()

    days = [one.body for one in events_of_type(ledger.store, LedgerHeads)]
    assert [one.day for one in days if isinstance(one, LedgerHeads)] == [today.isoformat()] * 2
    assert keeper.last_heads() != by_hand


def test_a_map_is_of_the_instant_before_it_was_made(
    ledger: ConsentLedger, keeper: LogKeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is recorded while a large one is made is no lie of it."""
    instants = iter(clock.now() + timedelta(minutes=n) for n in range(3))
    began = next(instants)
    at(keeper, began, monkeypatch)
    heads = keeper._store.heads

    def long_heads() -> object:
        at(keeper, next(instants), monkeypatch)
        return heads()

    monkeypatch.setattr(keeper._store, "heads", long_heads)

    event = keeper.note_heads(began.date())

    assert event is not None
    assert isinstance(event.body, LedgerHeads)
    assert event.body.at == clock.utc_text(began)


def test_a_map_that_cannot_be_made_holds_no_seal_up(
    home: Home, ledger: ConsentLedger, keeper: LogKeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stepped(_: object) -> None:
        raise ClockStepped("made up")

    ledger.record([a_request(1)])
    keeper.show()
    at(keeper, clock.now() + timedelta(days=1), monkeypatch)
    monkeypatch.setattr(keeper, "note_heads", stepped)

    with pytest.raises(ClockStepped):
        keeper.seal_if_due()

    assert home.logs.tables(IYS_CODE).last_seal() is not None


def test_the_end_of_the_log_is_that_of_when_it_was_asked_for(
    home: Home, ledger: ConsentLedger
) -> None:
    """However busy the log is, the tree is caught up with it and shown."""
    numbers = iter(range(1, 100))

    class Busy(TreeFollower):
        def apply(self, cursor: Cursor[TupleRow], after: int, until: int, limit: int) -> int:
            handled = super().apply(cursor, after, until, limit)
            ledger.record([a_request(next(numbers))])
            return handled

    ledger.record([a_request(next(numbers))])
    end = ledger.store.last_position()

    assert Busy(home.database, IYS_CODE).catch_up() == end
    assert home.logs.tables(IYS_CODE).tree_size() == end


def test_the_first_certificate_that_ends_is_told_of_whichever_seal_it_is_behind(
    home: Home, ledger: ConsentLedger, keeper: LogKeeper
) -> None:
    assert keeper.ends_soon() is None
    ledger.record([a_request(1)])
    first = keeper.seal()
    ledger.record([a_request(2)])
    keeper.seal()
    assert first is not None
    soon = clock.now() + timedelta(days=10)
    with psycopg.connect(home.dsn) as owner:
        owner.execute("SET search_path = sp_123456")
        owner.execute(
            "INSERT INTO log_stamps SELECT size, 2, 'tsa2', token, response, generated_at,"
            " certificates, crls, crl_failures, verified_by, %s FROM log_stamps WHERE size = %s",
            [soon, first.size],
        )

    assert keeper.ends_soon() == soon


def test_a_recovery_that_was_begun_is_told_of_and_ended(
    home: Home, settings: Settings, ledger: ConsentLedger, keeper: LogKeeper
) -> None:
    ledger.record([a_request(1)])
    made = keeper.show()
    assert made is not None
    place, key = home.logs.second_place(IYS_CODE), home.logs.key(IYS_CODE)
    ahead = Checkpoint(made.tree.origin, made.tree.size + 9, made.tree.root)
    with place.turn():
        place.write(sign(ahead, key.private))
    home.providers.renew_log_key(IYS_CODE)  # then the process died

    with bootstrap.home(settings) as again:
        with pytest.raises(LogBehind, match="izin recover"):
            again.ledger(IYS_CODE)
        recovered = again.logs.recover(IYS_CODE, actor="system:test")
        assert again.ledger(IYS_CODE).log_origin == recovered.log_origin != made.tree.origin


def test_a_batch_is_sealed_once_though_the_turn_was_lost_meanwhile(
    home: Home, ledger: ConsentLedger, keeper: LogKeeper
) -> None:
    ledger.record([a_request(1)])
    tables, first = home.logs.tables(IYS_CODE), keeper.seal()
    assert first is not None
    ledger.record([a_request(2)])
    second = keeper.seal()
    assert second is not None
    stamp = home.logs.authorities()[0].authority.stamp(imprint_of(second), clock.now())
    late = replace(second, size=second.size + 1)

    with pytest.raises(NotSealed):
        tables.add_seal(late, "tsa", stamp)

    assert tables.last_seal() == second
    assert len(tables.stamps(second.size)) == 1


def test_a_server_that_goes_away_before_the_turn_is_said_to_be_away(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_: object) -> None:
        raise psycopg.OperationalError("server closed the connection")

    monkeypatch.setattr(log, "use", lost)

    with pytest.raises(StoreUnavailable), home.logs.tables(IYS_CODE).sealing():
        pass


def test_a_witness_line_is_kept_though_a_newer_checkpoint_came(
    home: Home, ledger: ConsentLedger, keeper: LogKeeper
) -> None:
    tables, witness = home.logs.tables(IYS_CODE), a_witness()
    assert tables.add_witness(witness, by="system:test")
    ledger.record([a_request(1)])
    seen = keeper.show()
    assert seen is not None
    ledger.record([a_request(2)])
    keeper.show()

    tables.cosign(seen.with_cosignature(witness, an_answer(seen)))

    assert tables.cosignatures(seen.tree.size).startswith("— witness.example ".encode())


def test_a_name_of_a_witness_has_one_key(home: Home) -> None:
    tables, witness = home.logs.tables(IYS_CODE), a_witness()
    other = replace(witness, public_key=bytes(32))

    assert [tables.add_witness(one, by="system:test") for one in (witness, witness, other)] == [
        True,
        True,
        False,
    ]
    assert list(tables.witnesses()) == [witness]


def a_witness() -> VerifierKey:
    raw = WITNESS.public_key().public_bytes_raw()
    return VerifierKey("witness.example", SignatureType.COSIGNATURE, raw)


def an_answer(seen: SignedCheckpoint) -> bytes:
    """Its line over the checkpoint (c2sp.org/tlog-cosignature)."""
    seconds = 1_800_000_000
    signed = WITNESS.sign(f"cosignature/v1\ntime {seconds}\n".encode() + seen.tree.text)
    key = a_witness()
    line = SignatureLine(key.name, key.key_id, seconds.to_bytes(8, "big") + signed)
    return line.text.encode()


def test_without_a_second_place_and_a_witness_the_service_warns(
    home: Home, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert home.warnings() == []
    monkeypatch.setattr(bootstrap_log, "default_checkpoints", lambda: settings.checkpoints)
    assert home.warnings() == ["SECOND_PLACE"]

    home.logs.tables(IYS_CODE).add_witness(a_witness(), by="system:test")

    assert home.warnings() == []

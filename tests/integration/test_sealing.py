"""What becomes of sealing when a TSA fails, refuses or lies (evidence.md §4.5)."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, datetime, timedelta

import pytest

from ledger.application import ConsentLedger
from ledger.bootstrap import Home
from ledger.errors import LedgerError
from ledger.evidence.seal import NamedTsa, NotSealed, Sealer
from ledger.evidence.stamps import Stamp, TimeStampAuthority
from ledger.evidence.tsa_refusals import (
    ClockDiffers,
    TokenRefused,
    TokenStep,
    TsaRejected,
    TsaUnknownOutcome,
    TsaUnreachable,
)
from ledger.proving.keeping import LogKeeper, SealedElsewhere
from ledger.store import database
from tests.integration.acts import IYS_CODE, a_request

TOMORROW = datetime.now(UTC) + timedelta(days=1)  # the TEST certificate is made today
NOON = TOMORROW.replace(hour=9, minute=0, second=0, microsecond=0)


class Tsa:
    """At the port: what it raises comes first, then true TEST stamps."""

    def __init__(self, true: TimeStampAuthority, *failures: LedgerError) -> None:
        self.true, self.failures, self.asked = true, list(failures), 0

    def stamp(self, imprint: bytes, now: datetime) -> Stamp:
        self.asked += 1
        if self.failures:
            raise self.failures.pop(0)
        return self.true.stamp(imprint, now)


@pytest.fixture
def true(home: Home) -> TimeStampAuthority:
    return home.logs.authorities()[0].authority


@pytest.fixture
def keeper(home: Home) -> LogKeeper:
    return home.logs.keeper(IYS_CODE)


@pytest.fixture
def numbers() -> Iterator[int]:
    return iter(range(1, 1_000))


@pytest.fixture
def seal(
    home: Home, ledger: ConsentLedger, keeper: LogKeeper, numbers: Iterator[int]
) -> Callable[..., int]:
    """Record one more event and have it sealed; the seal's size."""

    def one_more(*tsas: Tsa, now: datetime = NOON, asked_max: int = 200) -> int:
        ledger.record([a_request(next(numbers))])
        shown = keeper.show()
        assert shown is not None
        named = [NamedTsa(f"tsa{n}", tsa) for n, tsa in enumerate(tsas, 1)]
        sealer = Sealer(home.logs.tables(IYS_CODE), named, asked_max=asked_max)
        made = sealer.seal(shown, home.logs.public_key(IYS_CODE), lambda: now)
        assert made is not None
        return made.size

    return one_more


@pytest.mark.parametrize("failure", [TsaUnreachable("x"), TsaUnknownOutcome("x")], ids=type)
def test_one_that_does_not_answer_is_asked_later_and_covers_all(
    home: Home, seal: Callable[..., int], true: TimeStampAuthority, failure: LedgerError
) -> None:
    tsa = Tsa(true, failure)
    with pytest.raises(NotSealed):
        seal(tsa)
    with pytest.raises(NotSealed):
        seal(tsa, now=NOON + timedelta(seconds=1))
    assert tsa.asked == 1

    size = seal(tsa, now=NOON + timedelta(seconds=10))

    store = home.logs.tables(IYS_CODE)
    last = store.last_seal()
    assert last is not None
    assert (last.first, last.size, tsa.asked) == (0, size, 2)
    assert store.tsa_record("tsa1").failures == 0


def test_after_two_failures_the_other_is_asked(
    seal: Callable[..., int], true: TimeStampAuthority, home: Home
) -> None:
    one, other = Tsa(true, *[TsaUnreachable("x")] * 3), Tsa(true)
    with pytest.raises(NotSealed):
        seal(one, other)
    assert other.asked == 0

    size = seal(one, other, now=NOON + timedelta(minutes=1))

    assert [stamp.tsa for stamp in home.logs.tables(IYS_CODE).stamps(size)] == ["tsa2"]


def test_the_other_is_asked_at_its_own_time(
    home: Home, ledger: ConsentLedger, keeper: LogKeeper, true: TimeStampAuthority
) -> None:
    """The first takes long to say nothing; so does the hashing of a large batch."""
    minutes = [0]

    class Slow(Tsa):
        def stamp(self, imprint: bytes, now: datetime) -> Stamp:
            minutes[0] += 2
            return super().stamp(imprint, now)

    ledger.record([a_request(1)])
    shown, slow, other = keeper.show(), Slow(true, TsaRejected("x")), Tsa(true)
    assert shown is not None
    named = [NamedTsa("tsa1", slow), NamedTsa("tsa2", other)]
    sealer = Sealer(home.logs.tables(IYS_CODE), named)

    def now() -> datetime:
        return NOON + timedelta(minutes=minutes[0])

    made = sealer.seal(shown, home.logs.public_key(IYS_CODE), now)

    assert made is not None
    (stamp,) = home.logs.tables(IYS_CODE).stamps(made.size)
    assert (stamp.tsa, stamp.generated_at) == ("tsa2", NOON + timedelta(minutes=2))


@pytest.mark.parametrize(
    "failure",
    [TsaRejected("Not enough credit"), TokenRefused(TokenStep.IMPRINT, b"raw")],
    ids=type,
)
def test_one_that_refuses_or_lies_is_not_asked_again(
    home: Home, seal: Callable[..., int], true: TimeStampAuthority, failure: LedgerError
) -> None:
    tsa = Tsa(true, failure)
    for days in range(3):
        with pytest.raises(NotSealed):
            seal(tsa, now=NOON + timedelta(days=days))
    assert tsa.asked == 1

    keeper = Sealer(home.logs.tables(IYS_CODE), [NamedTsa("tsa1", tsa)])
    keeper.forgive()
    seal(tsa)

    assert tsa.asked == 2


def test_what_is_no_time_stamp_is_put_aside(
    home: Home, seal: Callable[..., int], true: TimeStampAuthority
) -> None:
    failures = [ClockDiffers(TokenStep.CLOCK_AHEAD, b"one"), TokenRefused(TokenStep.NONCE, b"two")]
    tsa = Tsa(true, *failures)
    for minutes in (0, 10):
        with pytest.raises(NotSealed):
            seal(tsa, now=NOON + timedelta(minutes=minutes))

    with home.database.connection(IYS_CODE) as connection:
        kept = connection.execute("SELECT step, raw FROM log_refused_stamps ORDER BY at").fetchall()
        seals = connection.execute("SELECT count(*) FROM log_seals").fetchone()
    assert kept == [("CLOCK_AHEAD", b"one"), ("NONCE", b"two")]
    assert seals == (0,)


def test_a_runaway_ends_with_the_day(seal: Callable[..., int], true: TimeStampAuthority) -> None:
    tsa = Tsa(true)
    for _ in range(3):
        seal(tsa, asked_max=3)
    with pytest.raises(NotSealed):
        seal(tsa, asked_max=3)

    seal(tsa, asked_max=3, now=NOON + timedelta(days=1))

    assert tsa.asked == 4


def test_what_nobody_foresaw_is_counted_too(
    home: Home, seal: Callable[..., int], true: TimeStampAuthority
) -> None:
    """It may be paid for: else it would be asked for ever."""

    class Broken(Tsa):
        def stamp(self, imprint: bytes, now: datetime) -> Stamp:
            raise ZeroDivisionError("made up")

    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            seal(Broken(true), asked_max=2)
    with pytest.raises(NotSealed):
        seal(Broken(true), asked_max=2)

    assert home.logs.tables(IYS_CODE).tsa_record("tsa1").asked == 2


def test_the_other_stamps_the_last_seal_of_the_day(
    home: Home, seal: Callable[..., int], true: TimeStampAuthority
) -> None:
    one, other = Tsa(true), Tsa(true)
    seal(one, other)
    last_of_day = seal(one, other, now=NOON + timedelta(hours=1))
    named = [NamedTsa("tsa1", one), NamedTsa("tsa2", other)]
    sealer = Sealer(home.logs.tables(IYS_CODE), named)

    assert not sealer.stamp_again(NOON + timedelta(hours=2))
    assert sealer.stamp_again(NOON + timedelta(days=1))
    assert not sealer.stamp_again(NOON + timedelta(days=1, hours=1))

    stamps = home.logs.tables(IYS_CODE).stamps(last_of_day)
    assert [stamp.tsa for stamp in stamps] == ["tsa1", "tsa2"]
    assert other.asked == 1


def test_who_wants_a_seal_waits_for_who_makes_one(
    home: Home, ledger: ConsentLedger, keeper: LogKeeper
) -> None:
    """Two bundles at once: one seal is enough for both."""
    ledger.record([a_request(1)])
    tables = home.logs.tables(IYS_CODE)
    with ThreadPoolExecutor() as others, tables.sealing():
        made = [others.submit(keeper.seal) for _ in range(2)]
        done, _ = wait(made, timeout=0.3)
        assert not done
    first, second = (one.result() for one in made)

    assert first == second == tables.last_seal()
    assert tables.tsa_record("tsa").asked == 1


def test_who_waited_in_vain_is_told(
    home: Home, keeper: LogKeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "LOCK_TIMEOUT", timedelta(seconds=0.2))
    with (
        home.logs.tables(IYS_CODE).sealing(),
        pytest.raises(SealedElsewhere),
    ):
        keeper.seal()


def test_one_process_seals_at_a_time(home: Home) -> None:
    one, other = home.logs.tables(IYS_CODE), home.logs.tables(IYS_CODE)
    with one.sealing() as first, other.sealing() as second:
        assert (first, second) == (True, False)
    with other.sealing() as again:
        assert again

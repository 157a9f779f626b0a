"""What becomes of sealing when a TSA fails, refuses or lies (evidence.md §4.5)."""

from collections.abc import Callable, Iterator
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
from ledger.proving.keeping import LogKeeper
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
        made = sealer.seal(shown, home.logs.public_key(IYS_CODE), now)
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


def test_one_process_seals_at_a_time(home: Home) -> None:
    one, other = home.logs.tables(IYS_CODE), home.logs.tables(IYS_CODE)
    with one.sealing() as first, other.sealing() as second:
        assert (first, second) == (True, False)
    with other.sealing() as again:
        assert again

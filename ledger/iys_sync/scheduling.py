"""What is sent to İYS next, and how (consent.md C7; design.md §10; R20, R23). Pure.

Of one address and channel the oldest act goes first and alone: İYS takes no refusal before there is
a consent (H175) and one movement a second. Across addresses refusals come first, then whoever is
due first; so nothing runs late that the quota leaves room for. A refusal lends its place to the
acts that have to go before it.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final, Generic, Protocol, TypeVar

from ledger.values import Value

LIST_MAX: Final = 1_000
SINGLES_MAX: Final = 20
"""So few, and none near its end, go one by one: each is answered at once."""
RUSH: Final = timedelta(hours=1)
"""So near a deadline whole lists go out, and looking for results waits."""
OVERDUE_TRIES_MAX: Final = 200
"""A brand's tries a day of what is past its deadline (C7)."""
REST: Final = timedelta(seconds=1)
"""Two movements of an address in one second are one transaction to İYS (R23)."""
BEHIND: Final = timedelta(seconds=2)
"""When to look again at an act behind another one."""
BEHIND_MANY: Final = timedelta(seconds=30)
BACKOFF_FIRST: Final = timedelta(seconds=30)
BACKOFF_MAX: Final = timedelta(hours=1)
NOBODY_RESTS: Final[Mapping[Any, datetime]] = MappingProxyType({})


class Waiting(Protocol):
    """An act that waits. `key`: address and channel. `due`: None where there is no date.

    `ready_at`: not before; `is_one_out`: another act of the key is at İYS and not answered.
    """

    @property
    def position(self) -> int: ...
    @property
    def key(self) -> Hashable: ...
    @property
    def is_refusal(self) -> bool: ...
    @property
    def due(self) -> datetime | None: ...
    @property
    def ready_at(self) -> datetime | None: ...
    @property
    def is_one_out(self) -> bool: ...


Row = TypeVar("Row", bound=Waiting)


class Plan(Value, Generic[Row], frozen=True):
    """Requests in the order of sending: one act a single call, more a list; `overdue` behind them,
    single each. `deferred`: acts that cannot go yet, and until when. `is_rush`: see RUSH."""

    requests: tuple[tuple[Row, ...], ...]
    overdue: tuple[Row, ...]
    deferred: tuple[tuple[int, datetime], ...]
    is_rush: bool


def plan(
    rows: Iterable[Row],
    now: datetime,
    *,
    overdue_left: int,
    resting: Mapping[Any, datetime] = NOBODY_RESTS,  # by key: of whatever type the rows' are
    list_max: int = LIST_MAX,
) -> Plan[Row]:
    """The requests that these acts of one brand come to; no key is in them twice.

    `overdue_left`: tries that the day has left for what is past its deadline. `resting`: keys of
    which something was sent or answered a moment ago, and until when nothing more is.
    """
    by_key: dict[Hashable, list[Row]] = {}
    for row in rows:
        by_key.setdefault(row.key, []).append(row)
    timely: list[tuple[tuple[bool, datetime, int], Row]] = []
    overdue: list[Row] = []
    deferred: list[tuple[int, datetime]] = []
    pause = BEHIND if len(by_key) <= SINGLES_MAX else BEHIND_MANY
    for of_key in by_key.values():
        chain = of_key if len(of_key) == 1 else sorted(of_key, key=lambda row: _turn(row, now))
        head = chain[0]
        until = _not_before(chain, now, pause, resting)
        if until is not None:
            deferred += [(row.position, until) for row in chain]
            continue
        deferred += [(row.position, now + pause) for row in chain[1:]]
        if _is_overdue(head, now):
            overdue.append(head)
        else:
            timely.append((_rank(chain, now), head))
    timely.sort(key=lambda ranked: ranked[0])
    is_rush = any(rank[1] < now + RUSH for rank, _ in timely)
    heads = [head for _, head in timely]
    late = sorted(overdue, key=lambda row: (not row.is_refusal, row.due, row.position))
    deferred += [(row.position, now + BACKOFF_MAX) for row in late[overdue_left:]]
    return Plan(
        tuple(_requests(heads, list_max, is_rush=is_rush)),
        tuple(late[:overdue_left]),
        tuple(deferred),
        is_rush,
    )


def backoff(tries: int) -> timedelta:
    """How long to wait after so many failures in a row."""
    return min(BACKOFF_FIRST * (1 << min(tries, 10)), BACKOFF_MAX)


def _requests(heads: Sequence[Row], list_max: int, *, is_rush: bool) -> Iterable[tuple[Row, ...]]:
    if len(heads) <= SINGLES_MAX and not is_rush:
        return [(head,) for head in heads]
    return [tuple(heads[start : start + list_max]) for start in range(0, len(heads), list_max)]


def _turn(row: Waiting, now: datetime) -> tuple[bool, int]:
    """Of one key: the oldest first, and what İYS will hardly take behind what it still may."""
    return _is_overdue(row, now), row.position


def _not_before(
    chain: Sequence[Waiting],
    now: datetime,
    pause: timedelta,
    resting: Mapping[Any, datetime],
) -> datetime | None:
    if any(row.is_one_out for row in chain):
        return now + pause
    head = chain[0]
    instants = (head.ready_at, resting.get(head.key))
    return max((at for at in instants if at is not None and at > now), default=None)


def _rank(chain: Sequence[Waiting], now: datetime) -> tuple[bool, datetime, int]:
    """Refusals first, then by deadline: of the whole chain, whose rest waits for its head."""
    timely = [row for row in chain if not _is_overdue(row, now)]
    refusals = [row for row in timely if row.is_refusal]
    dues = [row.due for row in refusals or timely if row.due is not None]
    return not refusals, min(dues, default=_NEVER), chain[0].position


def _is_overdue(row: Waiting, now: datetime) -> bool:
    return row.due is not None and row.due < now


_NEVER: Final = datetime.fromisoformat("9999-12-31T00:00:00+00:00")

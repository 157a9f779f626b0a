"""What goes wrong on purpose (iys/api.md §18.16), each fault for some requests or some time."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

import msgspec

from ledger.iys_twin.codes import STATUS_BY_CODE
from ledger.iys_twin.refusals import TwinError
from ledger.iys_twin.times import Wall, text_of

FAULTS_MAX: Final = 100
SECONDS_MAX: Final = 600.0
TIMES_MAX: Final = 1_000_000
MINUTES_MAX: Final = 60 * 24 * 366


class FaultKind(StrEnum):
    """What may go wrong. The pairs LOST_REQUEST/LOST_ANSWER and CODE/CUT differ in what is kept."""

    CODE = "code"
    """An answer with one of İYS's codes; nothing is done."""
    MISSPELLED = "misspelled"
    """403 H353 under the key `code:`, as many official examples have it."""
    HTML = "html"
    """502 with a page of some proxy; nothing is done."""
    SLOW = "slow"
    """The answer takes `seconds` longer, on the real clock."""
    CUT = "cut"
    """Done, but only half of the answer arrives."""
    LOST_REQUEST = "lost_request"
    """The connection breaks before anything is done."""
    LOST_ANSWER = "lost_answer"
    """Done, but the connection breaks before the answer."""
    EMPTY_BULK = "empty_bulk"
    """The result of a bulk request stays empty."""
    DUPLICATE_PUSH = "duplicate_push"
    """Every push is sent twice."""
    FILE_ERROR = "file_error"
    """The daily file's process state is `error`."""


class FaultRefused(TwinError):
    """The fault cannot be; `field` says where."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class Fault(msgspec.Struct):
    """One fault: for `times` more requests, or until `until`. `endpoint`: `POST /path…` or any."""

    kind: FaultKind
    endpoint: str | None = None
    code: str | None = None
    seconds: float = 0.0
    times: int | None = None
    until: Wall | None = None


class FaultReport(msgspec.Struct, frozen=True, omit_defaults=True):
    """A fault as the control API shows it."""

    kind: str
    endpoint: str | None = None
    code: str | None = None
    seconds: float | None = None
    times: int | None = None
    until: str | None = None


class Faults:
    """The faults that are on."""

    def __init__(self, endpoints: Iterable[str]) -> None:
        self._endpoints = frozenset(endpoints)
        self._on: list[Fault] = []

    def add(
        self,
        kind: str,
        *,
        now: Wall,
        endpoint: str | None = None,
        code: str | None = None,
        seconds: float = 0.0,
        times: int | None = None,
        minutes: float | None = None,
    ) -> None:
        """Turn a fault on; without `times` and `minutes` for one request. Raises FaultRefused."""
        if kind not in set(FaultKind):
            raise FaultRefused("kind", f"one of {', '.join(FaultKind)}")
        if endpoint is not None and endpoint not in self._endpoints:
            raise FaultRefused("endpoint", f"one of {', '.join(sorted(self._endpoints))}")
        if (kind == FaultKind.CODE) is not (code is not None):
            raise FaultRefused("code", "with kind=code, and only then")
        if code is not None and STATUS_BY_CODE.get(code, 200) == 200:
            raise FaultRefused("code", "no code that İYS refuses with")
        if not 0 <= seconds <= SECONDS_MAX:
            raise FaultRefused("seconds", f"0..{SECONDS_MAX:.0f}")
        if times is not None and not 1 <= times <= TIMES_MAX:
            raise FaultRefused("times", f"1..{TIMES_MAX}")
        if minutes is not None and not 0 < minutes <= MINUTES_MAX:
            raise FaultRefused("minutes", f"more than 0, at most {MINUTES_MAX}")
        if len(self._on) >= FAULTS_MAX:
            raise FaultRefused("kind", f"{FAULTS_MAX} faults are on already")
        until = None if minutes is None else now + int(minutes * 60)
        left = 1 if times is None and minutes is None else times
        self._on.append(Fault(FaultKind(kind), endpoint, code, seconds, left, until))

    def take(self, kind: FaultKind, endpoint: str | None, now: Wall) -> Fault | None:
        """The fault of this kind that strikes now, if one does; counts it."""
        self._on = [one for one in self._on if one.until is None or now < one.until]
        for one in self._on:
            if one.kind is kind and one.endpoint in (None, endpoint):
                if one.times is not None:
                    one.times -= 1
                    if one.times == 0:
                        self._on.remove(one)
                return one
        return None

    def clear(self) -> None:
        """Turn all off."""
        self._on.clear()

    def report(self) -> list[FaultReport]:
        """What is on."""
        return [
            FaultReport(
                one.kind.value,
                one.endpoint,
                one.code,
                one.seconds or None,
                one.times,
                None if one.until is None else text_of(one.until),
            )
            for one in self._on
        ]

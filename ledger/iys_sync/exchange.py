"""A call with its token, its repetitions, and what its answer means (R28; iys/api.md §13)."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from http import HTTPStatus
from typing import Final, TypeVar

from ledger.errors import LedgerError, StoreUnavailable
from ledger.iys_sync.errors import (
    AnswerClass,
    IysAccount,
    IysBusy,
    IysFailure,
    IysHalted,
    IysRefused,
    IysUnreachable,
    class_of,
)
from ledger.iys_sync.line import Answer, Call, Effect, Line, Means
from ledger.iys_sync.members import Unreadable
from ledger.iys_sync.ports import Gate, Metered, Outages
from ledger.iys_sync.reading import errors_of
from ledger.iys_sync.tokens import HALT, Tokens

TRIES_MAX: Final = 5
SECONDS_MAX: Final = 60.0
"""After which nothing is tried again; the last try may take its own time."""
PAUSE_SECONDS: Final = 0.5
PAUSE_SECONDS_MAX: Final = 10.0
BUSY_SECONDS: Final = 1.0
"""After a 429: İYS counts by the second."""
FINAL_KINDS: Final = frozenset({"token", "lock", "foreign", "too_large"})
"""Failures that the next second will not change."""
METERED_BY_CODE: Final = {"H086": Metered.STATUS, "H089": Metered.HISTORY}

Found = TypeVar("Found")


class _TokenRejected(Exception):
    def __init__(self, token: str, http_status: int) -> None:
        super().__init__(http_status)
        self.token = token
        self.http_status = http_status


class Exchange:
    """Calls of one account; for many threads."""

    def __init__(
        self,
        line: Line,
        tokens: Tokens,
        gate: Gate,
        means: Means,
        *,
        outages: Outages | None = None,
    ) -> None:
        self._line = line
        self._outages = outages
        self._tokens = tokens
        self._gate = gate
        self._means = means

    def ask(self, call: Call, read: Callable[[bytes], Found]) -> Found:
        """What `read` makes of the answer's body; an empty one for 204.

        Reads and V2 writes are repeated with the same bytes, others only where nothing can have
        happened. Raises as ports.Iys says.
        """
        try:
            found = self._ask(call, read)
        except IysUnreachable as failure:
            self._note(failure.kind)
            raise
        except (IysAccount, IysRefused):
            self._note(None)
            raise
        self._note(None)
        return found

    def _note(self, failure: str | None) -> None:
        """Tell the log of outages how a call ended; it is worth less than the answer."""
        if self._outages is None:
            return
        with suppress(LedgerError):
            if failure is None:
                self._outages.succeeded()
            else:
                self._outages.failed(failure)

    def _ask(self, call: Call, read: Callable[[bytes], Found]) -> Found:
        began, tries, unknown = self._means.steady_seconds(), 0, False
        rejected: str | None = None
        while True:
            tries += 1
            try:
                return self._once(call, read, rejected)
            except _TokenRejected as found:
                if rejected is not None:
                    raise IysAccount("H351", found.http_status, may_have_happened=unknown) from None
                rejected = found.token
            except IysUnreachable as failure:
                unknown = failure.may_have_happened = unknown or failure.may_have_happened
                pause = self._pause(tries, failure.kind)
                late = self._means.steady_seconds() - began + pause > SECONDS_MAX
                may_repeat = call.effect is not Effect.TWICE or not unknown
                if failure.kind in FINAL_KINDS or tries >= TRIES_MAX or late or not may_repeat:
                    raise
                self._means.sleep(pause)
            except IysFailure as failure:
                failure.may_have_happened = unknown
                raise
            except StoreUnavailable as error:
                if not unknown:
                    raise
                raise IysUnreachable("store", unknown) from error

    def _once(self, call: Call, read: Callable[[bytes], Found], rejected: str | None) -> Found:
        self._expect_room(call)
        token = self._tokens.access(rejected=rejected)
        answer = self._line.send(call, token)
        if not HTTPStatus.OK <= answer.http_status < HTTPStatus.MULTIPLE_CHOICES:
            self._judge(call, answer, token)
            return read(b"")
        try:
            return read(answer.body)
        except Unreadable as error:
            raise IysUnreachable("unreadable", call.effect is not Effect.READ) from error

    def _expect_room(self, call: Call) -> None:
        if call.metered is None:
            return
        until = self._gate.full_until(self._means.now(), call.metered)
        if until is not None:
            code = next(code for code, kind in METERED_BY_CODE.items() if kind is call.metered)
            raise IysBusy(until, code)

    def _judge(self, call: Call, answer: Answer, token: str) -> None:
        """Raise what an answer outside 2xx means; returns where it means that there is nothing."""
        status, errors = answer.http_status, errors_of(answer.body)
        is_write = call.effect is not Effect.READ
        match class_of(status, errors):
            case AnswerClass.LOG_IN:
                raise _TokenRejected(token, status)
            case AnswerClass.HALT:
                until = self._means.now() + HALT
                self._gate.halt(until, "H084")
                raise IysHalted(until)
            case AnswerClass.WAIT:
                raise self._full(next(one.code for one in errors if one.code in METERED_BY_CODE))
            case AnswerClass.ACCOUNT:
                raise IysAccount(errors[0].code if errors else f"HTTP{status}", status)
            case AnswerClass.RETRY if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                raise IysUnreachable("http_5xx", is_write)
            case AnswerClass.RETRY:
                raise IysUnreachable("busy")
            case AnswerClass.UNREADABLE:
                raise IysUnreachable("foreign")
            case AnswerClass.REFUSED if not (call.none_on_404 and status == HTTPStatus.NOT_FOUND):
                raise IysRefused(status, errors)

    def _full(self, code: str) -> IysBusy:
        """İYS's own count of the hour is full, whatever ours says."""
        now, kind = self._means.now(), METERED_BY_CODE[code]
        self._gate.fill(now, kind)
        return IysBusy(self._gate.full_until(now, kind) or now + timedelta(hours=1), code)

    def _pause(self, tries: int, kind: str) -> float:
        pause = min(PAUSE_SECONDS_MAX, PAUSE_SECONDS * (1 << (tries - 1)))
        least = BUSY_SECONDS if kind == "busy" else 0.0
        return max(least, pause * (0.5 + self._means.chance() / 2))

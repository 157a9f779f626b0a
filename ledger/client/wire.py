"""One exchange with the service: what is sent, what is repeated, and what an answer means."""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import Final, Self, TypeVar

import httpx
import msgspec

from ledger.client.errors import ClientError, Refused, Unavailable, Unreadable, words_of
from ledger.contract.answers import ProblemAnswer

ATTEMPTS_MAX: Final = 3
PAUSE_SECONDS: Final = 0.25
"""Before a repetition for which the service named no time."""
RETRY_AFTER_SECONDS_MAX: Final = 60
"""Nobody is kept waiting for longer: the failure is raised."""
IDLE_SECONDS_MAX: Final = 10.0
"""A connection is not used again later: the service may be about to end it."""
TURNED_AWAY: Final = frozenset({429, 503})
"""With a Retry-After nothing was done yet."""
UNKNOWN_OUTCOME: Final = frozenset({502, 503, 504})

_KEY: Final = re.compile(r"[!-~]{1,512}")
_BASE: Final = re.compile(r"https?://[^\s/?#@]+/?")

Taken = TypeVar("Taken")
Answer = TypeVar("Answer")
Body = bytes | Callable[[], Iterator[bytes]]


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A request. `is_safe`: nothing is done twice by repeating it, whatever became of it before;
    `can_resend`: its body can be given again."""

    method: str = "POST"
    path: str
    is_safe: bool
    can_resend: bool = True
    query: Mapping[str, str | int] | None = None
    headers: Mapping[str, str] | None = None
    body: Body | None = None

    def __repr__(self) -> str:
        return f"<{self.method} {self.path}>"  # the body may hold addresses, the path never does


class Wire:
    """Connections to one service, kept open between calls."""

    def __init__(
        self,
        base_url: str,
        key: str,
        *,
        timeout: float,
        language: str,
        transport: httpx.BaseTransport | None,
    ) -> None:
        # Checked here, since httpx would quote them in the text of its own complaint.
        if not _BASE.fullmatch(base_url):
            raise ValueError("base_url must be http://HOST[:PORT] or https://HOST[:PORT]")
        if not _KEY.fullmatch(key):
            raise ValueError("key must be one printable word")
        self._http = httpx.Client(
            base_url=base_url,
            headers={"Authorization": f"Bearer {key}", "Accept-Language": language},
            timeout=timeout,
            limits=httpx.Limits(keepalive_expiry=IDLE_SECONDS_MAX),
            transport=transport,
        )

    def __enter__(self) -> Self:
        self._http.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def ask(self, call: Call, kind: type[Answer]) -> Answer:
        """The answer of a call. Raises ClientError."""
        content = self.exchange(call, httpx.Response.read)
        try:
            return msgspec.json.decode(content, type=kind)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            raise Unreadable from None  # their texts quote the answer

    def exchange(self, call: Call, take: Callable[[httpx.Response], Taken]) -> Taken:
        """What `take` makes of the answer, if it is a success. Raises ClientError."""
        for attempts_left in reversed(range(ATTEMPTS_MAX)):
            try:
                return self._once(call, take)
            except _Again as again:
                if not attempts_left:
                    raise again.failure from again.__cause__
                time.sleep(again.pause_seconds)
        raise AssertionError("the last attempt returns or raises")

    def _once(self, call: Call, take: Callable[[httpx.Response], Taken]) -> Taken:
        """Raises ClientError, or _Again where it may be tried again."""
        body = call.body
        try:
            with self._http.stream(
                call.method,
                call.path,
                params=call.query,
                headers=call.headers,
                content=body() if callable(body) else body,
            ) as response:
                if response.is_success:
                    return take(response)
                response.read()
        except httpx.RequestError as lost:
            failure = Unavailable(f"no whole answer came: {type(lost).__name__}")
            raise _Again(failure) if call.is_safe and call.can_resend else failure from lost
        told = failure_of(response)
        pause_seconds = _retry_after(response)
        is_turned_away = pause_seconds is not None and response.status_code in TURNED_AWAY
        is_unknown = call.is_safe and response.status_code in UNKNOWN_OUTCOME
        if call.can_resend and (is_turned_away or is_unknown):
            pause_seconds = PAUSE_SECONDS if pause_seconds is None else pause_seconds
            if pause_seconds <= RETRY_AFTER_SECONDS_MAX:
                raise _Again(told, pause_seconds)
        raise told


class _Again(Exception):
    """It failed and may be tried again after a pause."""

    def __init__(self, failure: ClientError, pause_seconds: float = PAUSE_SECONDS) -> None:
        super().__init__(str(failure))
        self.failure = failure
        self.pause_seconds = pause_seconds


def failure_of(response: httpx.Response) -> ClientError:
    """What an answer that is no success means; it was read before."""
    status = response.status_code
    try:
        problem = msgspec.json.decode(response.content, type=ProblemAnswer)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        # Of a proxy in between, or of no service of ours.
        known = status in {one.value for one in HTTPStatus}
        title = HTTPStatus(status).phrase if known else "HTTP"
        problem = ProblemAnswer(type="about:blank", title=title, status=status, code="L-HTTP")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Unavailable(words_of(problem), problem)
    return Refused(problem)


def _retry_after(response: httpx.Response) -> float | None:
    """The seconds that the service asks to wait; None for a date, which it never gives."""
    text = response.headers.get("retry-after", "")
    return float(text) if text.isascii() and text.isdigit() else None

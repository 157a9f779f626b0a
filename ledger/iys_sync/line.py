"""One request to İYS at its pace: what goes over the wire, and what may have become of it."""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

import httpx
import msgspec

from ledger import clock
from ledger.errors import StoreUnavailable
from ledger.iys_sync.errors import IysUnreachable
from ledger.iys_sync.ports import Gate, Metered

CONNECT_SECONDS: Final = 5.0
READ_SECONDS: Final = 30.0
IDLE_SECONDS: Final = 3.0
"""A connection is not used again later: İYS's side may be about to end it."""
CONNECTIONS_MAX: Final = 20
ANSWER_BYTES_MAX: Final = 64 * 2**20
"""A list is echoed: a thousand items may have three thousand retailers each."""
FILE_BYTES_MAX: Final = 512 * 2**20
ANSWER_SECONDS_MAX: Final = 60.0
FILE_SECONDS_MAX: Final = 1_800.0
LATE_SECONDS: Final = 0.030
"""Below this the slack between slots covers it: eleven of them are 40 ms longer than a second."""
SENT: Final = "http11.send_request_body.complete"
"""httpcore's word for it."""
CLIENT_FAILURES: Final = frozenset({400, 401, 403, 404, 422})
"""What İYS's 70 % guard counts (§1)."""
USER_AGENT: Final = "izin-defteri"


class Effect(Enum):
    """What a call does when it is carried out twice."""

    READ = auto()
    SAME = auto()
    """It writes; the same bytes again change nothing more (V2)."""
    TWICE = auto()


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A request. `metered`: its hour's quota; `is_file`: a large answer; `none_on_404`: İYS may say
    so that there is nothing (Q8, Q12)."""

    method: str
    path: str
    effect: Effect = Effect.READ
    query: Mapping[str, str] | None = None
    body: bytes | None = None
    metered: Metered | None = None
    is_file: bool = False
    none_on_404: bool = False

    def __repr__(self) -> str:
        return f"<{self.method} {self.path}>"  # the body may hold addresses, the path never does


class Answer(msgspec.Struct, frozen=True):
    """What came back, whole."""

    http_status: int
    body: bytes

    def __repr__(self) -> str:
        return f"<answer {self.http_status}>"


@dataclass(frozen=True, slots=True)
class Means:
    """Time and chance; a test passes its own. `now`: the clock that hours run on; `chance`: 0…1."""

    now: clock.Clock = clock.now
    steady_seconds: Callable[[], float] = clock.steady_seconds
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random


class Line:
    """Connections to one İYS, kept open between calls; for many threads."""

    def __init__(self, url: str, gate: Gate, means: Means) -> None:
        self._gate = gate
        self._means = means
        self._http = httpx.Client(
            base_url=url,
            headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity"},
            timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
            limits=httpx.Limits(max_connections=CONNECTIONS_MAX, keepalive_expiry=IDLE_SECONDS),
            trust_env=False,
        )

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def send(self, call: Call, token: str | None) -> Answer:
        """Wait for the call's turn, send it, and read the whole answer, whatever it says.

        Raises IysUnreachable: connect (nothing was sent), timeout, cut, too_large.
        """
        slot = self._wait()
        sent: list[float] = []
        try:
            answer = self._sent(call, token, sent)
        except IysUnreachable as failure:
            if failure.kind != "connect":
                self._count(call, None)
            raise
        finally:
            self._note_late(sent, slot)
        self._count(call, answer.http_status)
        return answer

    def _wait(self) -> float:
        """The instant of the call's slot, which has come; at the earliest it can have been."""
        began = self._means.steady_seconds()
        wait = self._gate.take()
        if wait > 0:
            self._means.sleep(wait)
        return began + wait

    def _note_late(self, sent: Sequence[float], slot: float) -> None:
        # Overslept, or the connection had first to be made: İYS counts when the request arrives.
        late = max(sent, default=slot) - slot
        if late > LATE_SECONDS:
            with suppress(StoreUnavailable):
                self._gate.late(late)

    def _count(self, call: Call, http_status: int | None) -> None:
        # A count that is missing is worth less than the answer, which may be of a write.
        with suppress(StoreUnavailable):
            has_failed = http_status in CLIENT_FAILURES
            self._gate.answered(self._means.now(), call.metered, has_failed=has_failed)

    def _sent(self, call: Call, token: str | None, sent: list[float]) -> Answer:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        if call.body is not None:
            headers["Content-Type"] = "application/json"
        is_write = call.effect is not Effect.READ

        def trace(event: str, _: object) -> None:
            if event == SENT:
                sent.append(self._means.steady_seconds())

        try:
            with self._http.stream(
                call.method,
                call.path,
                params=call.query,
                content=call.body,
                headers=headers,
                extensions={"trace": trace},
            ) as response:
                return Answer(response.status_code, self._body(call, response))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise IysUnreachable("connect") from error
        except httpx.TimeoutException as error:
            raise IysUnreachable("timeout", is_write) from error
        except httpx.HTTPError as error:
            raise IysUnreachable("cut", is_write) from error

    def _body(self, call: Call, response: httpx.Response) -> bytes:
        bytes_max = FILE_BYTES_MAX if call.is_file else ANSWER_BYTES_MAX
        seconds_max = FILE_SECONDS_MAX if call.is_file else ANSWER_SECONDS_MAX
        is_write = call.effect is not Effect.READ
        end = self._means.steady_seconds() + seconds_max
        body = bytearray()
        for part in response.iter_bytes():
            body += part
            if len(body) > bytes_max:
                raise IysUnreachable("too_large", is_write)
            if self._means.steady_seconds() > end:
                raise IysUnreachable("timeout", is_write)
        return bytes(body)

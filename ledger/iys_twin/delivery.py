"""The network side of pushing: the probe of a registration, and a loop that delivers."""

import asyncio
from collections.abc import Callable
from enum import StrEnum

import httpx
import msgspec

from ledger.iys_twin.pushing import PROBE, Delivery, Pushes
from ledger.iys_twin.settings import TwinSettings
from ledger.iys_twin.times import Wall
from ledger.iys_twin.wire import Push
from ledger.iys_twin.world import PushConnection

PAUSE_SECONDS = 0.05
AT_ONCE_MAX = 16


class Heard(StrEnum):
    """How a provider answered."""

    TAKEN = "taken"
    REFUSED = "refused"
    TIMED_OUT = "timed_out"


class Messenger:
    """Posts to providers with Basic authentication."""

    def __init__(self, settings: TwinSettings) -> None:
        self._client = httpx.AsyncClient(
            timeout=settings.push_timeout_seconds, follow_redirects=False, trust_env=False
        )

    async def probe(self, connection: PushConnection) -> Heard:
        """Ask a connection with the fixed payload."""
        return await self._post(connection, PROBE)

    async def deliver(self, pushes: Pushes, now: Callable[[], Wall]) -> None:
        """Deliver for ever what falls due."""
        while True:
            due = pushes.take_due(now())
            for begin in range(0, len(due), AT_ONCE_MAX):
                await asyncio.gather(
                    *(self._deliver(pushes, one, now) for one in due[begin : begin + AT_ONCE_MAX])
                )
            await asyncio.sleep(PAUSE_SECONDS)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _deliver(self, pushes: Pushes, one: Delivery, now: Callable[[], Wall]) -> None:
        heard = await self._post(one.connection, one.body)
        pushes.settle(one, now(), is_taken=heard is Heard.TAKEN)

    async def _post(self, connection: PushConnection, body: Push) -> Heard:
        try:
            answer = await self._client.post(
                connection.url,
                content=msgspec.json.encode(body),
                headers={"Content-Type": "application/json"},
                auth=(connection.username, connection.password),
            )
        except httpx.TimeoutException:
            return Heard.TIMED_OUT
        except (httpx.HTTPError, httpx.InvalidURL, ValueError):  # ValueError: IDNA's, of the host
            return Heard.REFUSED
        return Heard.TAKEN if answer.is_success else Heard.REFUSED

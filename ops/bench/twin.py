"""How much the twin bears: a million consents in memory, a list of a thousand answered.

    python -m ops.bench.twin [--consents N] [--runs N]

Limits to keep: 1,000,000 consents, brought in by lists over HTTP's own path, in under 2 GB; a list
of 1,000 answered in under 50 ms (median). The baseline of the same run is what no service can do
without: to read the list's JSON and to write the answer's.
"""

import argparse
import asyncio
import json
import os
import resource
import statistics
import time
from collections.abc import Iterator
from typing import Any

import httpx
import msgspec

from ledger import clock
from ledger.iys_twin.app import ENDPOINT_NAMES, TwinApp
from ledger.iys_twin.engine import Twin
from ledger.iys_twin.settings import TwinSettings
from ledger.iys_twin.wire import BulkAccepted

LIST = 1_000
PATH = "/sps/678910/brands/678910/consents/request"
KB_IN_MB = 1_024
MEMORY_MB_MAX = 2_000
ANSWER_MS_MAX = 50
START = "2026-03-04 10:00:00"


def main() -> None:
    """Measure both and say what came out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--consents", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=15)
    given = parser.parse_args()
    asyncio.run(measure(given.consents, given.runs))


async def measure(consents: int, runs: int) -> None:
    """Fill a twin by lists, then time single ones."""
    settings = TwinSettings(start_at=START, bulk_seconds=0, requests_per_second=10_000_000)
    twin = Twin(
        settings,
        real_now=clock.now,
        real_seconds=time.monotonic,
        random_bytes=os.urandom,
        endpoints=ENDPOINT_NAMES,
    )
    transport = httpx.ASGITransport(TwinApp(twin))
    empty = memory_mb()
    async with httpx.AsyncClient(transport=transport, base_url="http://twin") as client:
        form = {"grant_type": "password", "username": "twin", "password": settings.password}
        token = (await client.post("/oauth2/token", json=form)).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        began = time.perf_counter()
        for body in bodies(consents):
            answer = await client.post(PATH, content=body)
            assert answer.status_code == 202, answer.text
            twin.now()
        seconds = time.perf_counter() - began
        used = memory_mb() - empty
        stored = twin.world.consent_count()
        say("consents stored", f"{stored:,} in {seconds:.0f} s ({stored / seconds:,.0f}/s)")
        say("memory", f"{used:,.0f} MB (limit {MEMORY_MB_MAX:,})", is_kept=used < MEMORY_MB_MAX)
        took, base = [], []
        for body in bodies(LIST * runs, first=consents):
            began = time.perf_counter()
            answer = await client.post(PATH, content=body)
            took.append(time.perf_counter() - began)
            base.append(baseline(body, answer.content))
    ms, base_ms = statistics.median(took) * 1_000, statistics.median(base) * 1_000
    text = f"{ms:.1f} ms (limit {ANSWER_MS_MAX}), {ms / base_ms:.1f} × JSON alone ({base_ms:.1f})"
    say("list of 1,000 answered", text, is_kept=ms < ANSWER_MS_MAX)


def bodies(consents: int, first: int = 0) -> Iterator[bytes]:
    """Lists of a thousand consents of made-up numbers."""
    prefixes = [*range(501, 502), *range(505, 508), *range(530, 560)]
    for begin in range(first, first + consents, LIST):
        numbers = range(begin, begin + LIST)
        yield json.dumps([consent(number, prefixes) for number in numbers]).encode()


def consent(number: int, prefixes: list[int]) -> dict[str, Any]:
    """The consent of one made-up number."""
    return {
        "recipient": f"+90{prefixes[number // 10_000_000]}{number % 10_000_000:07}",
        "recipientType": "BIREYSEL",
        "type": "MESAJ",
        "source": "HS_WEB",
        "status": "ONAY",
        "consentDate": "2026-03-03 10:15:00",
    }


def baseline(body: bytes, answer: bytes) -> float:
    """Seconds to read the list's JSON and to write the answer's."""
    whole = msgspec.json.decode(answer, type=BulkAccepted)
    began = time.perf_counter()
    msgspec.json.decode(body)
    msgspec.json.encode(whole)
    return time.perf_counter() - began


def memory_mb() -> float:
    """The most this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KB_IN_MB


def say(what: str, value: str, *, is_kept: bool = True) -> None:
    """One line of the result."""
    print(f"{what:<24} {value}{'' if is_kept else '   OVER THE LIMIT'}")


if __name__ == "__main__":
    main()

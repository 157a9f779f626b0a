"""`/metrics`: by route and never by what a caller made up; to whom it concerns."""

import asyncio
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NoReturn, cast

import pytest
from prometheus_client.parser import text_string_to_metric_families

from ledger.api.app import create_app
from ledger.api.guard import Guard
from ledger.api.service import Ledgers
from ledger.errors import NotFound
from ledger.recording.measures import (
    BrandMeasures,
    LogMeasures,
    Measures,
    PoolMeasures,
    SyncMeasures,
)
from ledger.recording.principals import Principal
from ledger.vocabulary import IysCode, Role
from tests.unit.guarded import Answer, KnownKeys, ask

OURS, THEIRS = IysCode(123456), IysCode(777777)
LOGS = {OURS: LogMeasures(42, {"iys_outbox": 40}), THEIRS: LogMeasures(7, {})}
POOLS = {"writers": PoolMeasures(8, 3, 0), "long": PoolMeasures(2, 2, 1)}


class KeysOf(KnownKeys):
    """Everybody is `holder`."""

    def __init__(self, holder: Principal) -> None:
        super().__init__()
        self._holder = holder

    def find(self, token: str) -> Principal | None:
        return self._holder if super().find(token) else None


@dataclass
class Watched:
    """Ledgers that only tell of themselves."""

    keys: KnownKeys
    told: Measures = field(default_factory=lambda: Measures(POOLS, 0.5, LOGS))

    def measures(self) -> Measures:
        return self.told

    def brand(self, brand_code: int) -> NoReturn:
        raise NotFound("no")

    def iys_codes(self) -> list[IysCode]:
        return []

    def failing_since(self) -> datetime | None:
        return None


def service(
    role: Role = Role.ADMIN, iys_code: IysCode | None = None, **told: Any
) -> tuple[Guard, Watched]:
    watched = Watched(KeysOf(Principal("abc", "n", role, iys_code)), **told)
    return create_app(cast(Ledgers, watched)), watched


def asked(guard: Guard, *requests: tuple[str, str]) -> Answer:
    """The answers' last one; a scrape, unless told."""

    async def every() -> Answer:
        for method, path in requests:
            await ask(guard, method, path)
        return await ask(guard, "GET", "/metrics")

    return asyncio.run(every())


def samples(answer: Answer) -> dict[tuple[str, ...], float]:
    """Each number by its name and the values of its labels, by their names."""
    assert answer.status == 200
    return {
        (one.name, *(label for _, label in sorted(one.labels.items()))): one.value
        for family in text_string_to_metric_families(answer.body.decode())
        for one in family.samples
    }


def test_requests_are_counted_by_route_method_and_class_of_status() -> None:
    guard, _ = service()

    found = samples(
        asked(
            guard,
            ("GET", "/healthz"),
            ("GET", "/healthz"),
            ("POST", "/v1/brands/905010000/status"),
            ("GET", "/v1/imports/905010000101"),
            ("GET", "/v1/905010000101"),
            ("TEL905010000101", "/healthz"),
        )
    )

    counted = {key[1:]: one for key, one in found.items() if key[0] == "izin_http_requests_total"}
    assert counted == {
        ("GET", "/healthz", "2xx"): 2.0,
        ("POST", "/v1/brands/{brand_code}/status", "4xx"): 1.0,
        ("GET", "/v1/imports/{job}", "4xx"): 1.0,
        ("GET", "none", "4xx"): 1.0,
        ("none", "none", "4xx"): 1.0,
    }
    assert found["izin_http_request_seconds_count", "/healthz"] == 2.0


def test_no_number_of_anybody_stands_in_a_label() -> None:
    guard, _ = service()
    paths = [f"/v1/brands/1/9050100001{number:02d}" for number in range(20)]

    answer = asked(guard, *(("GET", path) for path in paths))

    labels = re.findall(rb"\{(.*)\}", answer.body)
    assert labels
    assert not any(re.search(rb"[0-9]{7}", one) for one in labels)


def test_how_a_provider_stands_with_iys_is_shown_to_its_own_key_only() -> None:
    standing = SyncMeasures(
        account=True,
        waiting=12,
        oldest_seconds=90.5,
        overdue={"internal": 3, "iys_reading": 1, "legal_latest": 0},
        confirmations_missed=2,
        brands={123456: BrandMeasures(700.0, 1, 0), 123457: BrandMeasures(None, None, 4)},
        requests_day=99,
        success_ratio=0.98,
        statuses_left=880,
        halted=True,
    )
    told = Measures(POOLS, 0.5, LOGS, {OURS: standing, THEIRS: standing})
    everybody, _ = service(told=told)
    provider, _ = service(iys_code=OURS, told=told)

    every, own = samples(asked(everybody)), samples(asked(provider))

    shown = {key: value for key, value in own.items() if key[0].startswith("izin_iys")}
    assert shown == {
        ("izin_iys_account", "123456"): 1.0,
        ("izin_iys_waiting", "123456"): 12.0,
        ("izin_iys_oldest_seconds", "123456"): 90.5,
        ("izin_iys_requests_day", "123456"): 99.0,
        ("izin_iys_success_ratio", "123456"): 0.98,
        ("izin_iys_statuses_left", "123456"): 880.0,
        ("izin_iys_halted", "123456"): 1.0,
        ("izin_iys_overdue", "123456", "internal"): 3.0,
        ("izin_iys_overdue", "123456", "iys_reading"): 1.0,
        ("izin_iys_overdue", "123456", "legal_latest"): 0.0,
        ("izin_iys_pulled_seconds", "123456", "123456"): 700.0,
        ("izin_iys_agreed_days", "123456", "123456"): 1.0,
        ("izin_iys_unread", "123456", "123456"): 0.0,
        ("izin_iys_unread", "123457", "123456"): 4.0,
    }
    assert own["izin_confirmations_missed", "123456"] == 2.0
    assert every["izin_iys_waiting", "777777"] == 12.0


def test_what_the_store_tells_is_shown() -> None:
    guard, _ = service()

    found = samples(asked(guard))

    assert found["izin_log_position", "123456"] == 42.0
    assert found["izin_log_position", "777777"] == 7.0
    assert found["izin_follower_position", "iys_outbox", "123456"] == 40.0
    assert found["izin_store_connections", "writers", "open"] == 8.0
    assert found["izin_store_connections", "writers", "lent"] == 3.0
    assert found["izin_store_connections_waited_for", "long"] == 1.0
    assert found["izin_keys_age_seconds",] == 0.5
    assert found["izin_store_reachable",] == 1.0
    assert ("process_resident_memory_bytes",) in found


def test_an_outage_shows_in_numbers_too() -> None:
    guard, _ = service(told=Measures(POOLS, 9.0, None))

    found = samples(asked(guard))

    assert found["izin_store_reachable",] == 0.0
    assert not any(key[0] == "izin_log_position" for key in found)


def test_an_installation_without_providers_is_reachable() -> None:
    guard, _ = service(told=Measures(POOLS, 9.0, {}))

    assert samples(asked(guard))["izin_store_reachable",] == 1.0


def test_a_key_of_one_provider_is_told_of_its_own_alone() -> None:
    guard, _ = service(Role.AUDITOR, OURS)

    answer = asked(guard)

    assert samples(answer)["izin_log_position", "123456"] == 42.0
    assert b"777777" not in answer.body


@pytest.mark.parametrize("role", Role)
def test_only_auditors_and_administrators_are_told(role: Role) -> None:
    guard, _ = service(role)

    assert asked(guard).status == (200 if role in (Role.AUDITOR, Role.ADMIN) else 403)

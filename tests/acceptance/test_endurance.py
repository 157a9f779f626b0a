"""What the service stands, from outside: bars in the feeds, keys that end, numbers to watch."""

from collections.abc import Iterator

import httpx
import msgspec
import pytest

from ledger.addresses import parse_address
from ledger.contract.answers import ChangesPage, RefusalsPage
from ledger.recording.barring import Bar
from ledger.vocabulary import BrandCode, Channel, Role
from tests.acceptance.services import (
    BRAND,
    CHANGES,
    DECISIONS,
    FEED,
    IYS_CODE,
    SISTER,
    Json,
    Running,
    a_phone,
    a_ret,
)

ROWS = "type,source,recipient,status,consentDate,recipientType\n"


def end(http: Running) -> int:
    return http.home.ledger(IYS_CODE).store.last_position()


def page(http: Running, path: str, **query: object) -> list[Json]:
    answered = http.client.get(path, params=query)  # type: ignore[arg-type]  # texts and numbers
    assert answered.status_code == 200, answered.text
    msgspec.convert(answered.json(), RefusalsPage if path == FEED else ChangesPage, strict=True)
    return list(answered.json()["items"])


def test_a_suppression_by_another_process_is_in_the_next_feed_as_what_it_is(
    http: Running,
) -> None:
    begun, person, everywhere = end(http), a_phone(), a_phone()
    ledger = http.home.ledger(IYS_CODE)
    address = parse_address(person, Channel.MESSAGE)
    here = Bar("COMPLAINT", brand_code=BrandCode(BRAND), channel=Channel.MESSAGE)
    entry = ledger.suppress(address, here, actor="user:1")
    ledger.suppress(parse_address(everywhere, Channel.MESSAGE), Bar("COURT"), actor="user:1")
    http.item(a_ret(recipient=person, type="ARAMA"))

    refusals = page(http, FEED, after=begun)

    told = [(one["event"], one["recipient"], one.get("type")) for one in refusals]
    assert told == [
        ("suppression.added", person, "MESAJ"),
        ("suppression.added", everywhere, None),
        ("consent.refused", person, "ARAMA"),
    ]
    assert "recipientType" not in refusals[0]
    assert [one["recipient"] for one in page(http, FEED, after=begun, type="EPOSTA")] == [
        everywhere
    ]
    sisters = f"/v1/brands/{SISTER}/refusals"
    answered = http.client.get(sisters, params={"after": begun}).json()
    assert [one["recipient"] for one in answered["items"]] == [everywhere]
    decided = http.post(DECISIONS, {"items": [{"recipient": person, "type": "MESAJ"}]}).json()
    assert decided["items"][0]["verdict"] == "SUPPRESSED"

    ledger.lift(address, entry.seq, reason="MISTAKE", actor="user:1")

    changes = [(one["event"], one.get("type")) for one in page(http, CHANGES, after=begun)]
    assert changes == [
        ("suppression.added", "MESAJ"),
        ("suppression.added", None),
        ("consent.refused", "ARAMA"),
        ("suppression.lifted", "MESAJ"),
    ]
    assert page(http, FEED, after=begun) == refusals


def test_an_import_whose_key_ended_while_it_was_sent_is_not_taken(http: Running) -> None:
    key_id, token = http.home.keys.add(
        "n", Role.OPERATOR, IYS_CODE, brands=None, created_by="system:test", expires_at=None
    )
    person = a_phone()

    def is_let_in() -> bool:
        asked = http.client.get(FEED, headers={"Authorization": f"Bearer {token}"})
        return asked.status_code == 200

    def rows() -> Iterator[bytes]:
        yield ROWS.encode()
        http.home.keys.revoke(key_id)
        while is_let_in():
            pass  # a key is believed for two seconds
        yield f"MESAJ,HS_MESAJ,{person},RET,2026-11-01 09:00:00,BIREYSEL\n".encode()

    headers = {"Authorization": f"Bearer {token}", "Content-Type": "text/csv"}
    with httpx.Client(base_url=http.client.base_url, timeout=60) as client:
        answered = client.post(f"/v1/imports?brandCode={BRAND}", content=rows(), headers=headers)

    assert (answered.status_code, answered.json()["code"]) == (401, "L-KEY")
    jobs = http.home.database.read(IYS_CODE, "TABLE import_jobs", {})
    assert not any(f"key:{key_id}" in map(str, job) for job in jobs)


@pytest.mark.parametrize(
    "name", ["izin_log_position", "izin_writes_total", "izin_keys_age_seconds"]
)
def test_the_service_is_told_in_numbers_to_who_looks_after_it(http: Running, name: str) -> None:
    person = a_phone()
    http.item(a_ret(recipient=person))

    answered = http.get("/metrics")

    assert answered.status_code == 200
    assert answered.headers["content-type"].startswith("text/plain; version=")
    assert f"\n{name}" in answered.text
    route = 'izin_http_requests_total{method="POST",route="/v1/brands/{brand_code}/consents"'
    assert route in answered.text
    assert person.removeprefix("+90") not in answered.text
    assert http.get("/metrics", key="operator").status_code == 403
    assert httpx.get(f"{http.client.base_url}/metrics").status_code == 401


def test_a_brand_has_one_spelling_in_a_path(http: Running) -> None:
    answered = http.get(FEED.replace(str(BRAND), f"000{BRAND}"))

    assert (answered.status_code, answered.json()["code"]) == (400, "L-URL")

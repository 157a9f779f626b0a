"""İYS's client against the twin: what each call gives, one token for all, account and gate."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ledger.bootstrap import Home
from ledger.errors import SettingsRefused
from ledger.iys_sync import wire
from ledger.iys_sync.client import IysClient
from ledger.iys_sync.errors import IysAccount, IysBusy, IysError, IysRefused
from ledger.store.iys_account import AgreementSetting, LateRetSetting
from ledger.vocabulary import Channel, ConsentStatus, RecipientType
from tests.integration.acts import BRAND_CODE, IYS_CODE
from tests.integration.iys_world import (
    TOKEN,
    IysWorld,
    Port,
    a_port,
    an_account,
    an_outgoing,
    iys_world,
)
from tests.twin.twin_harness import PHONE, served

PERSON, SMS = RecipientType.INDIVIDUAL, Channel.MESSAGE
YESTERDAY = date(2026, 3, 4)


@pytest.fixture(scope="module")
def port() -> Iterator[Port]:
    with a_port() as made:
        yield made


@pytest.fixture
def world(shared_home: Home, port: Port) -> Iterator[IysWorld]:
    with iys_world(shared_home, port, push_allows_http=True) as made:
        yield made


@pytest.fixture
def client(world: IysWorld) -> Iterator[IysClient]:
    with world.client() as made:
        yield made


def test_an_add_is_stored_once_however_often_it_is_sent(world: IysWorld, client: IysClient) -> None:
    first = client.add(BRAND_CODE, an_outgoing())
    again = client.add(BRAND_CODE, an_outgoing())

    assert first == again and first.creation_date == "2026-03-04 10:00:00"
    assert len(first.digest) == 64
    assert world.stored() == 1


def test_a_list_is_accepted_and_its_results_come_by_index(
    world: IysWorld, client: IysClient
) -> None:
    refusal = an_outgoing(2, status=ConsentStatus.REFUSED)

    request = client.add_list(BRAND_CODE, [an_outgoing(1), refusal, an_outgoing(3)])
    early = client.results(BRAND_CODE, request.request_id)
    world.twin.advance(log_in=False, seconds=300)
    found = client.results(BRAND_CODE, request.request_id)

    assert {one.outcome for one in early.items} == {wire.BulkOutcome.QUEUED}
    assert [one.code for one in found.items] == [None, "H175", None]
    assert found.items[0].transaction_id and found.items[0].creation_date
    assert client.results(BRAND_CODE, "0f" * 16).items == ()


def test_a_list_with_wrong_items_names_them_and_stores_nothing(
    world: IysWorld, client: IysClient
) -> None:
    old = an_outgoing(2, consent_date="2026-02-10 10:00:00")

    with pytest.raises(IysRefused) as refused:
        client.add_list(BRAND_CODE, [an_outgoing(1), old, an_outgoing(1)])

    assert set(refused.value.errors) == {
        IysError("H467", ("consentDate",), 1),
        IysError("H194", (), 2),
    }
    assert (refused.value.http_status, refused.value.may_have_happened) == (422, False)
    assert world.stored() == 0 and world.pauses == []


@pytest.mark.parametrize("unknown_status", ["404", "empty", "204"])
def test_a_status_is_a_movement_or_nothing(
    shared_home: Home, port: Port, unknown_status: str
) -> None:
    with (
        iys_world(shared_home, port, unknown_status=unknown_status) as world,
        world.client() as client,
    ):
        sent = an_outgoing()
        added = client.add(BRAND_CODE, sent)

        known = client.status(BRAND_CODE, sent.recipient, PERSON, SMS)
        unknown = client.status(BRAND_CODE, "+905010099999", PERSON, SMS)

    assert known is not None and known.transaction_id == added.transaction_id
    assert (known.status, known.consent_date) == (ConsentStatus.GRANTED, sent.consent_date)
    assert unknown is None


def test_who_granted_is_known_of_a_thousand(client: IysClient) -> None:
    client.add(BRAND_CODE, an_outgoing(7))
    asked = [f"+9050100{number:05}" for number in range(1_000)]

    found = client.granted(BRAND_CODE, PERSON, SMS, asked)

    assert found.recipients == {"+905010000007"}
    with pytest.raises(ValueError, match=r"1\.\.1000"):
        client.granted(BRAND_CODE, PERSON, SMS, [])


def test_movements_are_pulled_page_by_page_without_names(
    world: IysWorld, client: IysClient
) -> None:
    client.add(BRAND_CODE, an_outgoing())
    world.twin.move("new", recipient=PHONE, status="ONAY", citizenName="Deneme Kişi")
    world.twin.advance(log_in=False, minutes=1)
    world.twin.move("sms", recipient=PHONE)
    world.twin.advance(log_in=False, hours=1)
    source = wire.PullSource.IYS

    first = client.pull(BRAND_CODE, source, None, limit=1)
    second = client.pull(BRAND_CODE, source, first.after)
    third = client.pull(BRAND_CODE, source, second.after)
    own = client.pull(BRAND_CODE, wire.PullSource.PROVIDER, None)

    assert [one.source for one in first.movements] == ["IYS_WEB_YENI"]
    assert [one.source for one in second.movements] == ["IYS_KISAMESAJ"]
    assert (third.after, third.movements) == (None, ())
    assert [one.source for one in own.movements] == ["HS_WEB"]


def test_a_day_is_counted_hashed_stamped_and_agreed(world: IysWorld, client: IysClient) -> None:
    client.add(BRAND_CODE, an_outgoing())
    world.twin.advance(log_in=False, days=1)

    summary = client.summary(BRAND_CODE, YESTERDAY, PERSON)
    before = client.agreement(BRAND_CODE, YESTERDAY)
    file = client.day_file(BRAND_CODE, YESTERDAY)
    stamp = client.day_stamp(BRAND_CODE, YESTERDAY)
    agreed = client.agree(BRAND_CODE, YESTERDAY)
    after = client.agreement(BRAND_CODE, YESTERDAY)

    assert (summary.pending, summary.total) == (0, 1)
    assert before is not None and before.process_status == "completed" and not before.agreed
    assert file is not None and file.startswith(b"creationDate,") and file.endswith(b"HS_WEB\n")
    assert stamp is not None and stamp[0] == 0x30  # DER, a SEQUENCE
    assert agreed and after is not None and after.agreed


def test_a_day_without_movements_has_nothing(world: IysWorld, client: IysClient) -> None:
    world.twin.advance(log_in=False, days=1)

    assert client.agreement(BRAND_CODE, YESTERDAY) is None
    assert client.day_file(BRAND_CODE, YESTERDAY) is None
    assert client.day_stamp(BRAND_CODE, YESTERDAY) is None
    assert not client.agree(BRAND_CODE, YESTERDAY)


def test_brands_package_and_pushes_are_shown(world: IysWorld, client: IysClient) -> None:
    client.add(BRAND_CODE, an_outgoing())
    seen = []

    async def take(request: Request) -> Response:
        seen.append(await request.json())
        return Response()

    with served(Starlette(routes=[Route("/iys", take, methods=["POST"])])) as url:
        named: dict[str, Any] = {"username": "u", "password": "p"}
        client.register_push(BRAND_CODE, SMS, f"{url}/iys", **named)
        (push,) = client.push_connections(BRAND_CODE)
        client.unregister_push(BRAND_CODE, SMS, f"{url}/iys", **named)

    (brand,) = client.brands()
    assert (brand.brand_code, brand.is_main, brand.total) == (BRAND_CODE, True, 1)
    subscription = client.subscription()
    assert (subscription.status, subscription.used) == ("ACTIVE", 1)
    assert (push.channel, push.is_active, len(seen)) == (SMS, True, 1)
    assert client.push_connections(BRAND_CODE) == ()
    with pytest.raises(IysAccount, match="H363"):  # for an integrator's account only
        client.integrator_rights(74112691)


def test_the_state_of_the_subscription_stops_the_account(
    world: IysWorld, client: IysClient
) -> None:
    world.twin.twin.world.subscription_status = "PAUSED"

    with pytest.raises(IysAccount) as stopped:
        client.add(BRAND_CODE, an_outgoing())

    assert (stopped.value.code, stopped.value.http_status) == ("H520", 403)
    assert client.subscription().status == "PAUSED"


# One token for all.


def test_clients_of_one_account_share_a_token(world: IysWorld) -> None:
    with world.client() as one, world.client() as other:
        one.brands()
        other.brands()
        one.brands()

    assert world.tokens_asked() == 1


def test_a_token_is_refreshed_before_it_ends_with_the_newest_refresh_token(
    world: IysWorld, client: IysClient
) -> None:
    sessions = world.twin.twin.tokens._sessions
    client.brands()
    logged_in = len(sessions)

    for _ in range(3):
        former = list(sessions.values())[-1].newest_refresh
        world.twin.advance(log_in=False, seconds=7_200 - 301)
        client.brands()
        assert list(sessions.values())[-1].newest_refresh == former
        world.twin.advance(log_in=False, seconds=2)
        client.brands()
        assert list(sessions.values())[-1].newest_refresh != former
    assert len(sessions) == logged_in

    world.twin.advance(log_in=False, hours=5)  # the refresh token is over too
    client.brands()
    assert len(sessions) == logged_in + 1


def test_a_refresh_that_fails_in_any_way_becomes_a_log_in(
    world: IysWorld, client: IysClient
) -> None:
    for asked, code in enumerate(("H015", "H250"), start=1):
        client.brands()
        world.twin.advance(log_in=False, seconds=7_200 - 299)
        world.fault("code", TOKEN, code=code)
        client.brands()
        assert world.tokens_asked() == 1, asked  # a fault strikes before it is counted


def test_a_token_that_iys_no_longer_knows_is_replaced_once(
    world: IysWorld, client: IysClient
) -> None:
    client.brands()
    world.twin.twin.tokens._sessions.clear()

    client.add(BRAND_CODE, an_outgoing())

    assert world.tokens_asked() == 2
    world.fault("code", "GET /sps/{iysCode}/brands", code="H351", times=2)
    with pytest.raises(IysAccount) as stopped:
        client.brands()
    assert (stopped.value.code, world.tokens_asked()) == ("H351", 3)


def test_wrong_credentials_are_tried_once_in_ten_minutes_by_whoever_asks(world: IysWorld) -> None:
    for _ in range(2):
        with world.client(password="wrong") as client, pytest.raises(IysAccount) as stopped:
            client.brands()
        assert stopped.value.code == "invalid_request"
    assert world.tokens_asked() == 1

    world.account.write(an_account(url=world.url))
    with world.client() as client:
        assert client.brands()


# The account.


def test_an_account_is_sealed_read_back_and_removed(world: IysWorld) -> None:
    given = an_account(
        password="gizli-şifre",
        agreement=AgreementSetting.AUTO,
        late_ret=LateRetSetting.HS_KARAR,
        tsa_roots=b"PEM",
    )
    assert world.account.read() is None

    world.account.write(an_account())
    world.account.keep_tokens(b"of the former account")
    world.account.write(given)

    assert world.account.read() == given and world.account.tokens() is None
    assert "gizli" not in repr(given)
    with world.home.database.connection(IYS_CODE) as connection:
        row = connection.execute("SELECT * FROM iys_account").fetchone()
    assert "gizli" not in str(row)
    world.account.remove()
    assert world.account.read() is None


URLS = {
    "https://api.iys.org.tr": True,
    "https://127.0.0.1:8443": True,
    "http://127.0.0.1:8080": True,
    "http://[::1]:8080": True,
    "http://localhost": True,
    "http://api.iys.org.tr": False,
    "http://127.0.0.1.ornek.test": False,
    "http://localhost@ornek.test": False,
    "https://ornek.test/path": False,
    "https://ornek.test:99999": False,
    "ftp://ornek.test": False,
    "": False,
}


@pytest.mark.parametrize("url", URLS)
def test_only_https_or_this_machine_itself_is_called(url: str) -> None:
    if URLS[url]:
        assert an_account(url=url).url == url
        return
    with pytest.raises(SettingsRefused):
        an_account(url=url)


@pytest.mark.parametrize("wrong", [{"username": ""}, {"password": "x" * 513}])
def test_credentials_have_a_length(wrong: dict[str, str]) -> None:
    with pytest.raises(SettingsRefused):
        an_account(**wrong)


# Quotas of an hour, and the guard.


def test_statuses_of_an_hour_are_bounded_for_all_clients(
    world: IysWorld, client: IysClient
) -> None:
    client.status(BRAND_CODE, PHONE, PERSON, SMS)
    world.gate.fill(world.now(), "statuses")

    with world.client() as other, pytest.raises(IysBusy) as busy:
        other.status(BRAND_CODE, PHONE, PERSON, SMS)

    assert (busy.value.code, busy.value.until) == ("H086", world.now() + timedelta(minutes=61))
    world.twin.advance(log_in=False, minutes=61)
    assert client.status(BRAND_CODE, PHONE, PERSON, SMS) is None
    assert world.gate.figures(world.now()).statuses_hour == 1


def test_what_is_likely_to_fail_waits_while_too_much_fails(
    world: IysWorld, client: IysClient
) -> None:
    now = world.now()
    world.gate._count(now, None, requests=15_000)
    world.gate._count(now, None, requests=4_999, failures=5_001)
    client.add(BRAND_CODE, an_outgoing(1), risky=True)  # the log-in makes 20,000

    with pytest.raises(IysBusy, match="GUARD"):
        client.add(BRAND_CODE, an_outgoing(2), risky=True)

    client.add(BRAND_CODE, an_outgoing(2))
    figures = world.gate.figures(now)
    assert (figures.requests_day, figures.failures_day) == (20_002, 5_001)
    assert figures.is_failing and 0.74 < figures.success_ratio < 0.75
    world.twin.advance(log_in=False, days=1, minutes=1)
    client.add(BRAND_CODE, an_outgoing(3, consent_date="2026-03-04 11:00:00"), risky=True)


def test_only_the_callers_own_failures_count(world: IysWorld, client: IysClient) -> None:
    client.brands()
    for code, times in (("H101", 1), ("H124", 1), ("H467", 1)):
        world.fault("code", code=code, times=times)
        world.pauses.clear()
        try:
            client.brands()
        except IysRefused:
            assert code == "H467"

    figures = world.gate.figures(world.now())
    assert (figures.requests_day, figures.failures_day) == (2 + 2 + 2 + 1, 1)

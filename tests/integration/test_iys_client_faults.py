"""What goes wrong at İYS or on the way there: each fault as did-not-happen and as happened."""

import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ledger.bootstrap import Home
from ledger.errors import StoreUnavailable
from ledger.iys_sync import line
from ledger.iys_sync.client import IysClient
from ledger.iys_sync.errors import (
    IysAccount,
    IysBusy,
    IysFailure,
    IysHalted,
    IysRefused,
    IysUnreachable,
)
from ledger.iys_sync.tokens import HALT, OUTAGE_PAUSE
from ledger.vocabulary import Channel, RecipientType
from tests.integration.acts import BRAND_CODE, IYS_CODE
from tests.integration.iys_world import (
    ADD,
    ADD_LIST,
    TOKEN,
    IysWorld,
    Port,
    a_port,
    an_outgoing,
    iys_world,
)
from tests.twin.twin_harness import PHONE, served

BRANDS = "GET /sps/{iysCode}/brands"
STATUS = "POST /sps/{iysCode}/brands/{brandCode}/consents/status"
PUSH = "POST /sps/{iysCode}/brands/{brandCode}/push/registration"
PERSON, SMS = RecipientType.INDIVIDUAL, Channel.MESSAGE


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


def add(client: IysClient) -> object:
    return client.add(BRAND_CODE, an_outgoing())


def add_list(client: IysClient) -> object:
    return client.add_list(BRAND_CODE, [an_outgoing()])


def read(client: IysClient) -> object:
    return client.brands()


CALLS: dict[str, tuple[Callable[[IysClient], object], str]] = {
    "add": (add, ADD),
    "list": (add_list, ADD_LIST),
    "read": (read, BRANDS),
}
PASSING: dict[str, dict[str, Any]] = {
    "H101": {"kind": "code", "code": "H101"},
    "H192": {"kind": "code", "code": "H192"},
    "H123": {"kind": "code", "code": "H123"},
    "H124": {"kind": "code", "code": "H124"},
    "html": {"kind": "html"},
    "cut": {"kind": "cut"},
    "lost request": {"kind": "lost_request"},
    "lost answer": {"kind": "lost_answer"},
}
KINDS = {"H101": "http_5xx", "H192": "http_5xx", "H123": "busy", "H124": "busy", "html": "http_5xx"}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("fault", PASSING)
def test_a_fault_that_passes_is_outlasted_and_nothing_is_done_twice(
    world: IysWorld, client: IysClient, call: str, fault: str
) -> None:
    run, endpoint = CALLS[call]
    world.fault(endpoint=endpoint, times=2, **PASSING[fault])

    run(client)

    world.twin.advance(log_in=False, minutes=6)
    world.twin.twin.now()
    client.results(BRAND_CODE, "0f" * 16)  # the twin settles its lists when it is asked
    assert len(world.pauses) == 2
    assert all(0.25 <= pause <= 1.0 for pause in world.pauses)
    assert world.stored() == (call != "read")


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("fault", PASSING)
def test_a_fault_that_stays_is_given_up_with_what_may_have_happened(
    world: IysWorld, client: IysClient, call: str, fault: str
) -> None:
    run, endpoint = CALLS[call]
    world.fault(endpoint=endpoint, times=99, **PASSING[fault])

    with pytest.raises(IysUnreachable) as given_up:
        run(client)

    assert given_up.value.kind == KINDS.get(fault, "cut")
    was_busy = KINDS.get(fault) == "busy"
    assert given_up.value.may_have_happened is (call != "read" and not was_busy)
    assert len(world.pauses) == 4
    assert world.stored() == (call == "add" and fault in ("cut", "lost answer"))


def test_a_slow_answer_is_not_waited_for_for_ever(
    shared_home: Home, port: Port, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line, "READ_SECONDS", 0.1)
    with iys_world(shared_home, port) as world, world.client() as client:
        client.brands()
        world.fault("slow", ADD, seconds=0.3)

        assert client.add(BRAND_CODE, an_outgoing())

        assert len(world.pauses) == 1 and world.stored() == 1
        world.fault("slow", ADD, seconds=0.2, times=99)
        with pytest.raises(IysUnreachable, match="timeout") as given_up:
            client.add(BRAND_CODE, an_outgoing(2))
    assert given_up.value.may_have_happened


def test_where_nobody_listens_nothing_happened(world: IysWorld) -> None:
    with world.client() as client:
        client.brands()
        client._line._http.base_url = httpx.URL("http://127.0.0.1:1")
        for call in CALLS.values():
            with pytest.raises(IysUnreachable) as given_up:
                call[0](client)
            assert (given_up.value.kind, given_up.value.may_have_happened) == ("connect", False)
    assert world.gate.figures(world.now()).requests_day == 2


def test_a_refusal_after_a_lost_answer_says_that_it_may_be_of_ours(
    world: IysWorld, client: IysClient
) -> None:
    world.fault("lost_answer", ADD, times=1)
    world.fault("code", ADD, code="H178", times=2)  # the first is of the lost answer

    with pytest.raises(IysRefused) as refused:
        client.add(BRAND_CODE, an_outgoing())

    assert refused.value.errors[0].code == "H178" and refused.value.may_have_happened


def test_a_registration_is_not_repeated_when_it_may_have_been_done(
    world: IysWorld, client: IysClient
) -> None:
    async def take(_: Request) -> Response:
        return Response()

    with served(Starlette(routes=[Route("/iys", take, methods=["POST"])])) as url:
        named = {"url": f"{url}/iys", "username": "u", "password": "p"}
        world.fault("code", PUSH, code="H124")
        client.register_push(BRAND_CODE, SMS, **named)
        world.fault("lost_answer", PUSH)
        with pytest.raises(IysUnreachable) as lost:
            client.register_push(BRAND_CODE, Channel.EMAIL, **named)

    assert lost.value.may_have_happened and len(world.pauses) == 1
    assert len(client.push_connections(BRAND_CODE)) == 2


def test_a_misspelled_refusal_stops_the_account(world: IysWorld, client: IysClient) -> None:
    world.fault("misspelled", ADD)

    with pytest.raises(IysAccount) as stopped:
        client.add(BRAND_CODE, an_outgoing())

    assert stopped.value.code == "H353" and world.pauses == []


def test_the_hours_statuses_being_over_at_iys_is_remembered(
    world: IysWorld, client: IysClient
) -> None:
    world.fault("code", STATUS, code="H086")
    for _ in range(2):
        with pytest.raises(IysBusy) as busy:
            client.status(BRAND_CODE, PHONE, PERSON, SMS)
        assert busy.value.code == "H086" and busy.value.until > world.now()

    assert world.gate.figures(world.now()).requests_day == 2  # the log-in and one status


# Tokens that cannot be had.


@pytest.mark.parametrize("shape", ["errors", "flat"])
def test_in_a_token_famine_nobody_asks_again_within_the_hour(
    shared_home: Home, port: Port, shape: str
) -> None:
    with iys_world(shared_home, port, tokens_per_hour=1, token_limit_shape=shape) as world:
        with world.client() as client:
            client.brands()
            world.twin.twin.tokens._sessions.clear()
            with pytest.raises(IysHalted) as halted:
                client.brands()
            assert halted.value.until == world.now() + HALT
        quota = next(iter(world.twin.twin.quotas._callers.values())).tokens
        closed_until = quota.closed_until
        world.twin.advance(log_in=False, minutes=60)
        with world.client() as other, pytest.raises(IysHalted):  # another process
            other.brands()
        assert quota.closed_until == closed_until, "the hour began anew"

        world.twin.advance(log_in=False, minutes=2)
        with world.client() as other:
            assert other.brands()


def test_a_token_that_still_holds_serves_while_no_other_can_be_had(
    world: IysWorld, client: IysClient
) -> None:
    client.brands()
    world.gate.halt(world.now() + timedelta(hours=1, seconds=7_000), "H084")
    world.twin.advance(log_in=False, seconds=7_000)

    assert client.brands()

    world.twin.advance(log_in=False, seconds=200)
    with pytest.raises(IysHalted):
        client.brands()


def test_our_own_count_of_log_ins_ends_before_the_quota_of_iys(world: IysWorld) -> None:
    world.gate.fill(world.now(), "tokens")

    with world.client() as client, pytest.raises(IysBusy, match="H084"):
        client.brands()

    assert world.tokens_asked() == 0


@pytest.mark.parametrize("kind", ["html", "lost_answer", "cut"])
def test_a_log_in_that_fails_is_tried_twice_and_then_left_alone_for_a_while(
    world: IysWorld, client: IysClient, kind: str
) -> None:
    world.fault(kind, TOKEN, times=3)
    for _ in range(3):
        with pytest.raises(IysUnreachable) as failed:
            client.add(BRAND_CODE, an_outgoing())
        assert (failed.value.kind, failed.value.may_have_happened) == ("token", False)
    assert world.gate.figures(world.now()).requests_day == 2 and world.pauses == []

    world.twin.advance(log_in=False, seconds=OUTAGE_PAUSE.total_seconds() + 1)
    assert client.add(BRAND_CODE, an_outgoing())  # the third failure, then a token


# Others who answer in İYS's place.


@contextmanager
def a_stranger(world: IysWorld, answer: Response) -> Iterator[IysClient]:
    """A client with a token whose calls another server answers."""

    async def take(_: Request) -> Response:
        return answer

    methods = ["GET", "POST", "PUT"]
    app = Starlette(routes=[Route("/{path:path}", take, methods=methods)])
    with served(app) as url, world.client() as client:
        client.brands()
        client._line._http.base_url = httpx.URL(url)
        yield client


STRANGERS: dict[str, tuple[Response, str, bool]] = {
    "redirect": (RedirectResponse("https://ornek.test/"), "foreign", False),
    "no such page": (Response("<html>", 404), "foreign", False),
    "a page": (Response("<html>"), "unreadable", True),
    "too much": (Response(b"[" + b" " * 4_000), "too_large", True),
}


@pytest.mark.parametrize("name", STRANGERS)
def test_a_stranger_is_not_believed(
    world: IysWorld, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    answer, kind, may_have_happened = STRANGERS[name]
    monkeypatch.setattr(line, "ANSWER_BYTES_MAX", 3_000)

    with a_stranger(world, answer) as client:
        with pytest.raises(IysUnreachable) as written:
            client.add(BRAND_CODE, an_outgoing())
        with pytest.raises(IysUnreachable) as asked:
            client.status(BRAND_CODE, PHONE, PERSON, SMS)

    assert (written.value.kind, written.value.may_have_happened) == (kind, may_have_happened)
    assert (asked.value.kind, asked.value.may_have_happened) == (kind, False)


def test_a_days_file_has_a_bound_of_its_own(
    world: IysWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line, "FILE_BYTES_MAX", 3_000)
    day = date(2026, 3, 3)

    with a_stranger(world, Response(b"x" * 3_000)) as client:
        assert client.day_file(BRAND_CODE, day) == b"x" * 3_000
    with (
        a_stranger(world, Response(b"x" * 3_001)) as client,
        pytest.raises(IysUnreachable, match="too_large"),
    ):
        client.day_stamp(BRAND_CODE, day)


def test_the_status_of_another_is_not_taken(world: IysWorld) -> None:
    with world.client() as client:
        client.add(BRAND_CODE, an_outgoing(5))
        found = client.status(BRAND_CODE, an_outgoing(5).recipient, PERSON, SMS)
    assert found is not None
    told = world.twin.post(
        f"/sps/{IYS_CODE}/brands/{BRAND_CODE}/consents/status",
        {"recipient": found.recipient, "recipientType": "BIREYSEL", "type": "MESAJ"},
    )

    with (
        a_stranger(world, Response(told.content)) as client,
        pytest.raises(IysUnreachable, match="unreadable") as failed,
    ):
        client.status(BRAND_CODE, PHONE, PERSON, SMS)

    text = "".join(traceback.format_exception(failed.value))
    assert PHONE not in text and found.recipient not in text


def test_a_firewalls_no_stops_the_account(world: IysWorld) -> None:
    with a_stranger(world, Response("<html>", 403)) as client, pytest.raises(IysFailure) as no:
        client.add(BRAND_CODE, an_outgoing())

    assert isinstance(no.value, IysAccount) and no.value.code == "HTTP403"


def test_a_database_that_goes_away_after_an_unknown_outcome_does_not_hide_it(
    world: IysWorld, client: IysClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.brands()
    world.fault("lost_answer", ADD)
    taken = iter([0.0])

    def take() -> float:
        for wait in taken:
            return wait
        raise StoreUnavailable("gone")

    monkeypatch.setattr(world.gate, "take", take)
    with pytest.raises(IysUnreachable) as lost:
        client.add(BRAND_CODE, an_outgoing())
    with pytest.raises(StoreUnavailable):
        client.add(BRAND_CODE, an_outgoing(2))

    assert (lost.value.kind, lost.value.may_have_happened) == ("store", True)

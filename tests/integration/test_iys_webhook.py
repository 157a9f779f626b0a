"""İYS pushes over HTTP: stored before 200; nobody else gets in; repeats and disorder do no harm."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from ledger.aggregates.bodies import ConsentRefused, IysSeen
from ledger.aggregates.keys import ConsentKey
from ledger.api.app import create_app
from ledger.api.iys_push import PATH
from ledger.api.limits import MIB
from ledger.bootstrap import Home
from ledger.errors import HeadBusy
from ledger.iys_sync.errors import IysRefused
from ledger.iys_sync.webhook import Pushes, Webhook
from ledger.projections.pulled import PushAccountTable
from ledger.store.vault import ProviderVault
from ledger.vocabulary import Channel, ConsentSource, IysCode, RecipientType, SeenHow
from tests.integration.acts import BRAND_CODE, IYS_CODE
from tests.integration.iys_world import Port, an_outgoing
from tests.integration.logged import events_of_type
from tests.integration.pulled_world import PullWorld, pull_world
from tests.integration.waiting import eventually
from tests.twin.twin_harness import a_phone, served

Login = tuple[str, str]


@dataclass
class Service:
    """Our service with its webhook, the login that İYS was given, and İYS."""

    world: PullWorld
    url: str
    account: PushAccountTable
    login: Login
    """That of the registration."""

    def push(self, *listed: object, login: Login | None = None) -> httpx.Response:
        """One push, as İYS makes it."""
        return self.post(json.dumps({"list": listed}).encode(), login=login)

    def post(self, body: bytes, login: Login | None = None, **headers: str) -> httpx.Response:
        """Any bytes."""
        given = {"Content-Type": "application/json", **headers}
        auth = None if "Authorization" in given else login or self.login
        return httpx.post(self.url, content=body, auth=auth, headers=given, timeout=20)

    def seen(self) -> list[IysSeen]:
        """What İYS showed us."""
        events = events_of_type(self.world.ledger.store, IysSeen)
        return [event.body for event in events if isinstance(event.body, IysSeen)]


def a_service(world: PullWorld) -> tuple[Pushes, PushAccountTable]:
    home = world.home
    vault = ProviderVault(home.providers.keys(IYS_CODE))
    account = PushAccountTable(home.database, IYS_CODE, vault)

    def webhook(iys_code: IysCode) -> Webhook:
        assert iys_code == IYS_CODE
        return Webhook(iys_code, world.ledger, world.table, lambda: {BRAND_CODE}, now=world.now)

    return Pushes(lambda: {IYS_CODE: account}, webhook), account


@pytest.fixture
def service(home: Home) -> Iterator[Service]:
    with pull_world(home, Port(), push_allows_http=True) as world, served(world.twin.app) as iys:
        world = PullWorld(home, world.twin, iys)  # with the twin's own loop, which delivers
        pushes, account = a_service(world)
        login = account.make(world.now())
        with served(create_app(home, pushes=pushes)) as url:
            yield Service(world, url + PATH, account, login)


def shown(**changed: Any) -> dict[str, Any]:
    """A movement as it is pushed."""
    return {
        "iysCode": IYS_CODE,
        "brandCode": BRAND_CODE,
        "recipient": a_phone(1),
        "recipientType": "BIREYSEL",
        "type": "MESAJ",
        "status": "RET",
        "creationDate": "2026-03-04 10:15:00",
        "consentDate": "2026-03-04 10:15:00",
        "source": "IYS_KISAMESAJ",
        "transactionId": "ab" * 32,
        **changed,
    }


def test_iys_registers_pushes_and_what_is_pulled_later_is_known(service: Service) -> None:
    world = service.world
    username, password = service.login
    with world.client() as client:
        client.add(BRAND_CODE, an_outgoing(1))
        client.register_push(
            BRAND_CODE, Channel.MESSAGE, service.url, username=username, password=password
        )
    world.fault("duplicate_push", times=1)
    world.twin.move("sms", recipient=a_phone(1))
    world.twin.move("line-closed", recipient=a_phone(1))  # refused already: nothing to push
    world.twin.move("new", recipient=a_phone(2), status="ONAY", citizenName="Deneme Kişi")

    eventually(lambda: world.twin.twin.pushes.report.delivered == 3, "all is delivered")

    assert [body.how for body in service.seen()] == [SeenHow.PUSH] * 2
    (act,) = events_of_type(world.ledger.store, ConsentRefused)
    assert isinstance(act.body, ConsentRefused) and act.body.via == "iys_push"
    world.advance(days=1)
    world.pull()
    assert world.here() == world.at_iys()
    assert sum(world.here().values()) == 3


def test_a_wrong_password_is_no_registration(service: Service) -> None:
    with service.world.client() as client, pytest.raises(IysRefused, match="H530"):
        client.register_push(
            BRAND_CODE, Channel.MESSAGE, service.url, username=service.login[0], password="wrong"
        )


def test_what_comes_twice_or_in_disorder_is_what_it_is(service: Service) -> None:
    """R52: movements count by their creationDate."""
    refusal = shown()
    grant = shown(
        status="ONAY", source="IYS_WEB", transactionId="0a" * 32, creationDate="2026-03-04 10:14:00"
    )

    first = service.push(refusal, refusal)
    second = service.push(grant, refusal)

    assert first.json() == {"recorded": 1, "already": 1, "unread": 0, "ignored": 0}
    assert second.json() == {"recorded": 1, "already": 1, "unread": 0, "ignored": 0}
    assert len(service.seen()) == 2
    lookup = service.world.ledger.vault.lookup(f"tel:{a_phone(1)}")
    (subject,) = service.world.ledger.store.generations(lookup)
    key = ConsentKey(BRAND_CODE, subject.id, RecipientType.INDIVIDUAL, Channel.MESSAGE)
    found = service.world.ledger.store.load_consents([key])
    (stored,) = found.values()
    assert stored.consent.iys.state.value == "RET"


def test_what_providers_did_is_recorded_if_it_is_pushed(service: Service) -> None:
    """C2: everything seen at İYS is written."""
    answer = service.push(shown(source="HS_CAGRI_MERKEZI"))

    assert answer.json()["recorded"] == 1
    assert [body.source for body in service.seen()] == [ConsentSource.HS_CAGRI_MERKEZI]


def test_a_movement_that_cannot_be_read_is_kept_and_the_rest_recorded(service: Service) -> None:
    strange = shown(status="BEKLIYOR", citizenName="Deneme Kişi")

    answers = [service.push(strange, shown(), shown(recipient="")) for _ in range(2)]

    assert [one.status_code for one in answers] == [200, 200]
    assert answers[0].json() == {"recorded": 1, "already": 0, "unread": 2, "ignored": 0}
    kept = {one.fault: one for one in service.world.table.unread()}
    assert set(kept) == {"status", "recipient"}
    assert b"Deneme" not in kept["status"].raw
    assert service.world.table.unread_counts() == {BRAND_CODE: 2}


def test_what_is_nobodys_here_is_counted_and_left(service: Service) -> None:
    others = (shown(brandCode=BRAND_CODE + 1), shown(iysCode=IYS_CODE + 1), shown(brandCode=None))

    assert service.push({}, *others).json()["ignored"] == 4
    assert service.seen() == []


NO_PUSH = (
    (b"", "L-JSON"),
    (b"{", "L-JSON"),
    (b"[]", "L-FIELD"),
    (b"{}", "L-FIELD"),
    (b'{"list":7}', "L-FIELD"),
    (b'{"list":[7]}', "L-FIELD"),
    (b'{"list":[' + b"[" * 5000, "L-JSON"),
    (b'{"list":[{"a":"\xff"}]}', "L-FIELD"),
    (b" " * (MIB + 1), "L-TOO-LARGE"),
    (b"{}" + b" " * (MIB - 2), "L-FIELD"),
)


def test_what_is_no_push_is_refused(service: Service) -> None:
    for body, code in NO_PUSH:
        answer = service.post(body)

        assert answer.json()["code"] == code, body[:20]
        assert answer.status_code == (413 if code == "L-TOO-LARGE" else 422)


def test_nobody_else_gets_in(service: Service) -> None:
    username, password = service.login
    wrong = [
        (username, password + "x"),
        (username, ""),
        ("iys-999", password),
        ("", ""),
        (username, password[:-1]),
    ]

    answers = [service.push(shown(), login=login) for login in wrong]
    for shown_key in ("", "Basic", "Basic ====", "Basic /w==", f"Bearer {password}", "Basic YQ=="):
        answers.append(service.post(b"{}", Authorization=shown_key))

    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (401, "L-KEY")
        assert answer.headers["WWW-Authenticate"] == 'Basic realm="izin"'
    assert service.seen() == []
    assert service.push(shown()).status_code == 200


def test_a_password_lets_in_here_only(service: Service) -> None:
    url = service.url.replace(PATH, f"/v1/brands/{BRAND_CODE}/status")
    body = {"recipient": a_phone(1), "type": "MESAJ"}

    assert httpx.post(url, json=body, auth=service.login).status_code == 401


def test_each_registration_has_a_login_and_its_password_is_kept_nowhere(service: Service) -> None:
    new = service.account.make(service.world.now())

    eventually(lambda: service.push(login=new).status_code == 200, "the new one lets in")
    assert service.push().status_code == 200
    assert service.push(login=(new[0], service.login[1])).status_code == 401
    with service.world.home.database.connection(IYS_CODE) as connection:
        rows = connection.execute("SELECT p::text FROM iys_push_accounts AS p").fetchall()
    assert len(rows) == 2
    assert all(new[1] not in row[0] and new[1].encode().hex() not in row[0] for row in rows)
    service.account.remove(new[0])
    eventually(lambda: service.push(login=new).status_code == 401, "it lets nobody in")
    assert service.push().status_code == 200


def test_a_megabyte_is_stored_within_iys_patience(service: Service) -> None:
    """5 s (§5.11)."""
    count = (MIB - 100) // len(json.dumps(shown()) + ", ")
    listed = [shown(recipient=a_phone(number)) for number in range(count)]

    answer = service.push(*listed)

    assert answer.json()["recorded"] == count > 2_000
    assert answer.elapsed.total_seconds() < 5


def test_what_could_not_be_stored_is_not_answered_with_200(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*asked: Any, **more: Any) -> Any:
        raise HeadBusy("busy")

    with monkeypatch.context() as patched:
        patched.setattr(service.world.ledger, "record", busy)
        assert service.push(shown()).status_code == 503

    assert service.push(shown()).json()["recorded"] == 1

"""What a TSA's web server can do wrong, over real HTTP on the loopback."""

import base64
import socket
from collections.abc import Iterable, Iterator
from threading import Event

import pytest
import rfc3161ng

from ledger.errors import SettingsRefused
from ledger.evidence import timestamping
from ledger.evidence.stamps import Trust
from ledger.evidence.timestamping import Account
from ledger.evidence.tokens import RESPONSE_BYTES_MAX
from ledger.evidence.tsa_refusals import (
    TokenRefused,
    TokenStep,
    TsaRejected,
    TsaUnknownOutcome,
    TsaUnreachable,
)
from tests.tsa_builders import AT, IMPRINT, OTHER_POLICY, POLICY, the_world
from tests.tsa_server import Request, a_server, reply

ROOT, TSA, GOOD = the_world()
TRUST = Trust(roots=ROOT.pem, policies=frozenset({POLICY}))
PASSWORD = "made-up-word-of-a-test"


def good_body(request: Request) -> bytes:
    nonce = int(rfc3161ng.decode_timestamp_request(request.body)["nonce"])
    return GOOD.changed(nonce=nonce).built()


def good(request: Request) -> Iterable[bytes]:
    return [reply(good_body(request))]


def test_the_request_is_what_rfc_3161_and_the_settings_say() -> None:
    trust = Trust(roots=ROOT.pem, policy=POLICY)
    with a_server(good) as server:
        stamp = timestamping.plain(f"{server.url}/tsa?x=1", trust).stamp(IMPRINT, AT)

    [request] = server.requests
    asked = rfc3161ng.decode_timestamp_request(request.body)
    assert request.line == "POST /tsa?x=1 HTTP/1.1"
    assert request.headers["content-type"] == "application/timestamp-query"
    assert "authorization" not in request.headers
    assert bytes(asked["messageImprint"]["hashedMessage"]) == IMPRINT
    assert str(asked["messageImprint"]["hashAlgorithm"][0]) == "2.16.840.1.101.3.4.2.1"
    assert (str(asked["reqPolicy"]), bool(asked["certReq"])) == (POLICY, True)
    assert int(asked["nonce"]).bit_length() == 64
    assert stamp.token.nonce == int(asked["nonce"])


def test_no_nonce_is_used_twice() -> None:
    with a_server(good) as server:
        tsa = timestamping.plain(server.url, TRUST)
        nonces = {tsa.stamp(IMPRINT, AT).token.nonce for _ in range(5)}

    assert len(nonces) == 5


def test_the_policy_asked_for_is_the_only_one_taken() -> None:
    trust = Trust(roots=ROOT.pem, policy=OTHER_POLICY, policies=frozenset({POLICY}))
    with a_server(good) as server, pytest.raises(TokenRefused) as refused:
        timestamping.plain(server.url, trust).stamp(IMPRINT, AT)

    assert refused.value.step is TokenStep.POLICY


def test_without_policies_any_is_taken() -> None:
    with a_server(good) as server:
        stamp = timestamping.plain(server.url, Trust(roots=ROOT.pem)).stamp(IMPRINT, AT)

    assert stamp.token.policy == POLICY


def test_basic_authentication_is_sent_and_shown_nowhere() -> None:
    account = Account("şirket", PASSWORD)
    with a_server(lambda _: [reply(b"", status="401 Unauthorized")]) as server:
        tsa = timestamping.plain(server.url, TRUST, account)
        with pytest.raises(TsaRejected, match="HTTP 401") as rejected:
            tsa.stamp(IMPRINT, AT)

    scheme, _, pair = server.requests[0].headers["authorization"].partition(" ")
    assert (scheme, base64.b64decode(pair).decode()) == ("Basic", f"şirket:{PASSWORD}")
    shown = f"{account!r} {tsa!r} {rejected.value!r} {rejected.value.turkish}"
    assert PASSWORD not in shown
    assert pair not in shown


@pytest.mark.parametrize("kind", ["text/html; charset=utf-8", "application/octet-stream", ""])
def test_the_content_type_is_not_insisted_on(kind: str) -> None:
    with a_server(lambda request: [reply(good_body(request), kind=kind)]) as server:
        stamp = timestamping.plain(server.url, TRUST).stamp(IMPRINT, AT)

    assert stamp.token.imprint == IMPRINT


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        ("204 No Content", TsaRejected),
        ("400 Bad Request", TsaRejected),
        ("404 Not Found", TsaRejected),
        ("408 Request Timeout", TsaUnreachable),
        ("429 Too Many Requests", TsaUnreachable),
        ("500 Internal Server Error", TsaUnknownOutcome),
        ("502 Bad Gateway", TsaUnknownOutcome),
        ("503 Service Unavailable", TsaUnreachable),
        ("504 Gateway Timeout", TsaUnknownOutcome),
    ],
)
def test_another_status_than_200_is_a_failure_of_its_kind(
    status: str, failure: type[Exception]
) -> None:
    with (
        a_server(lambda _: [reply(b"", status=status)]) as server,
        pytest.raises(failure, match=f"HTTP {status[:3]}") as failed,
    ):
        timestamping.plain(server.url, TRUST).stamp(IMPRINT, AT)

    assert type(failed.value) is failure


def test_a_redirect_is_not_followed() -> None:
    with a_server(good) as elsewhere:
        location = f"Location: {elsewhere.url}\r\n"
        moved = reply(b"", status="307 Temporary Redirect", more=location)
        with (
            a_server(lambda _: [moved]) as server,
            pytest.raises(TsaRejected, match="HTTP 307"),
        ):
            timestamping.plain(server.url, TRUST).stamp(IMPRINT, AT)

    assert elsewhere.requests == []


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
def test_no_proxy_of_the_environment_is_used(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with a_server(lambda _: [reply(b"")]) as proxy, a_server(good) as server:
        monkeypatch.setenv(variable, proxy.url)
        timestamping.plain(server.url, TRUST).stamp(IMPRINT, AT)

    assert proxy.requests == []
    assert len(server.requests) == 1


def test_a_huge_body_is_given_up_on_the_way() -> None:
    sent = 0

    def endless(_: Request) -> Iterator[bytes]:
        nonlocal sent
        yield b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
        while sent < 64 * 1024 * 1024:
            sent += 65_536
            yield bytes(65_536)

    with a_server(endless) as server, pytest.raises(TokenRefused) as refused:
        timestamping.plain(server.url, TRUST).stamp(IMPRINT, AT)

    assert refused.value.step is TokenStep.SIZE
    assert len(refused.value.raw) == RESPONSE_BYTES_MAX
    assert sent < 64 * 1024 * 1024


def test_a_packed_body_is_not_unpacked() -> None:
    packed = reply(b"\x1f\x8b\x08" + bytes(100), more="Content-Encoding: gzip\r\n")
    with a_server(lambda _: [packed]) as server, pytest.raises(TokenRefused) as refused:
        timestamping.plain(server.url, TRUST).stamp(IMPRINT, AT)

    assert refused.value.step is TokenStep.FORM
    assert refused.value.raw[:3] == b"\x1f\x8b\x08"
    assert server.requests[0].headers["accept-encoding"] == "identity"


def test_an_answer_cut_before_its_announced_end_has_an_unknown_outcome() -> None:
    with (
        a_server(lambda request: [reply(good_body(request)[:-50], length=5_000)]) as server,
        pytest.raises(TsaUnknownOutcome),
    ):
        timestamping.plain(server.url, TRUST).stamp(IMPRINT, AT)


def test_an_answer_cut_without_an_announced_end_is_no_token() -> None:
    def cut(request: Request) -> Iterable[bytes]:
        head = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
        return [head + good_body(request)[:-50]]

    with a_server(cut) as server, pytest.raises(TokenRefused) as refused:
        timestamping.plain(server.url, TRUST).stamp(IMPRINT, AT)

    assert refused.value.step is TokenStep.FORM


@pytest.mark.parametrize("told", [b"", b"SSH-2.0-made-up\r\n"], ids=["nothing", "no HTTP"])
def test_a_connection_closed_without_an_answer_has_an_unknown_outcome(told: bytes) -> None:
    with a_server(lambda _: [told]) as server, pytest.raises(TsaUnknownOutcome):
        timestamping.plain(server.url, TRUST).stamp(IMPRINT, AT)

    assert len(server.requests) == 1


@pytest.mark.parametrize("first", [b"", b"HTTP/1.1 200 OK\r\n\r\n"], ids=["head", "body"])
def test_an_answer_that_trickles_is_given_up_in_time(
    first: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = Event()

    def trickle(_: Request) -> Iterator[bytes]:
        yield first
        for _turn in range(1_000):
            if over.wait(0.02):
                return
            yield b"H" if not first else b"0"

    monkeypatch.setattr(timestamping, "ANSWER_SECONDS_MAX", 0.3)
    with a_server(trickle) as server:
        with pytest.raises(TsaUnknownOutcome, match="Timeout"):
            timestamping.plain(server.url, TRUST).stamp(IMPRINT, AT)
        over.set()


def test_a_silent_server_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    over = Event()

    def silent(_: Request) -> Iterator[bytes]:
        over.wait(20)
        yield b""

    monkeypatch.setattr(timestamping, "ANSWER_SECONDS_MAX", 0.2)
    with a_server(silent) as server:
        with pytest.raises(TsaUnknownOutcome, match="Timeout"):
            timestamping.plain(server.url, TRUST).stamp(IMPRINT, AT)
        over.set()


def test_a_port_where_nobody_listens_is_unreachable() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"

        with pytest.raises(TsaUnreachable, match="ConnectError"):
            timestamping.plain(url, TRUST).stamp(IMPRINT, AT)


@pytest.mark.parametrize("host", ["x" * 64 + ".invalid", "[::g]", "a..b"])
def test_a_name_that_cannot_be_one_is_unreachable(host: str) -> None:
    with pytest.raises(TsaUnreachable):
        timestamping.plain(f"http://{host}/", TRUST).stamp(IMPRINT, AT)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "zd.example",
        "ftp://zd.example",
        f"http://u:{PASSWORD}@zd.example",
        "http://a b/",
        "http://",
    ],
)
def test_a_url_that_is_none_or_holds_a_password_is_refused_unshown(url: str) -> None:
    with pytest.raises(SettingsRefused, match="URL") as refused:
        timestamping.plain(url, TRUST)

    assert PASSWORD not in f"{refused.value} {refused.value.turkish}"


@pytest.mark.parametrize(
    "trust",
    [
        Trust(roots=b""),
        Trust(roots=b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
        Trust(roots=ROOT.der),
        Trust(roots=ROOT.pem, policy="1.2.x"),
        Trust(roots=ROOT.pem, policies=frozenset({"3.1"})),
    ],
    ids=["no root", "broken root", "DER", "policy", "policies"],
)
def test_roots_or_policies_that_are_none_are_refused(trust: Trust) -> None:
    with pytest.raises(SettingsRefused):
        timestamping.plain("http://zd.example", trust)


def test_an_imprint_of_another_length_is_never_sent() -> None:
    with a_server(good) as server, pytest.raises(ValueError, match="32 bytes"):
        timestamping.plain(server.url, TRUST).stamp(IMPRINT[:20], AT)

    assert server.requests == []

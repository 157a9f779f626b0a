"""Revocation lists of the stamp's moment: fetched over real HTTP, kept, and believed."""

from collections.abc import Iterator
from datetime import timedelta
from threading import Event

import pytest
import rfc3161ng
from cryptography.x509 import ReasonFlags

from ledger.evidence import timestamping
from ledger.evidence.stamps import Stamp, Trust
from ledger.evidence.timestamping import Tsa
from ledger.evidence.tsa_refusals import TokenRefused, TokenStep
from tests.tsa_builders import AT, IMPRINT, Answer, Party, a_crl, a_tsa, an_authority
from tests.tsa_server import Answering, Request, a_server, reply

ROOT = an_authority()
A_DAY = timedelta(days=1)
TOO_MANY = 9


def stamped(tsa: Party) -> Stamp:
    def ask(query: timestamping.Query) -> bytes:
        nonce = int(rfc3161ng.decode_timestamp_request(query.request)["nonce"])
        return Answer(tsa=tsa, nonce=nonce).built()

    return Tsa(ask, Trust(roots=ROOT.pem)).stamp(IMPRINT, AT)


def stamped_with(answering: Answering, path: str = "/tsa.crl") -> Stamp:
    """A stamp whose TSA's certificate names a list at a server that answers so."""
    with a_server(answering) as server:
        return stamped(a_tsa(ROOT, crl_urls=[server.url + path]))


def test_a_list_is_kept_with_the_stamp() -> None:
    crl = a_crl(ROOT)

    stamp = stamped_with(lambda _: [reply(crl)])

    assert (stamp.crls, stamp.crl_failures) == ((crl,), ())


def test_the_list_of_an_authority_in_between_is_kept_too() -> None:
    with a_server(lambda request: [reply(lists[request.line.split()[1]])]) as server:
        between = an_authority(ROOT, "Made-up Authority")
        tsa = a_tsa(between, crl_urls=[f"{server.url}/tsa.crl"])
        lists = {"/tsa.crl": a_crl(between)}
        stamp = stamped(tsa)

    assert stamp.crls == (lists["/tsa.crl"],)


@pytest.mark.parametrize(
    ("on", "reason"),
    [
        (AT - A_DAY, ReasonFlags.superseded),
        (AT, ReasonFlags.cessation_of_operation),
        (AT + A_DAY, ReasonFlags.key_compromise),
        (AT + A_DAY, ReasonFlags.ca_compromise),
        (AT + A_DAY, None),
    ],
)
def test_a_revoked_certificate_makes_no_stamp(on: object, reason: ReasonFlags | None) -> None:
    served: dict[str, bytes] = {}
    with a_server(lambda _: [reply(served["crl"])]) as server:
        tsa = a_tsa(ROOT, crl_urls=[server.url])
        served["crl"] = a_crl(ROOT, tsa.certificate, on=on, reason=reason)  # type: ignore[arg-type]  # a time
        with pytest.raises(TokenRefused) as refused:
            stamped(tsa)

    assert refused.value.step is TokenStep.REVOKED


def test_a_certificate_given_up_later_keeps_its_stamps() -> None:
    served: dict[str, bytes] = {}
    with a_server(lambda _: [reply(served["crl"])]) as server:
        tsa = a_tsa(ROOT, crl_urls=[server.url])
        reason = ReasonFlags.superseded
        served["crl"] = a_crl(ROOT, tsa.certificate, on=AT + A_DAY, reason=reason)
        stamp = stamped(tsa)

    assert stamp.crls == (served["crl"],)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (reply(b"", status="404 Not Found"), "HTTP 404"),
        (reply(b"", status="503 Service Unavailable"), "HTTP 503"),
        (reply(b"<html>"), "cannot be read"),
        (reply(a_crl(ROOT)[:-9]), "cannot be read"),
        (reply(a_crl(ROOT), length=9_999), "RemoteProtocolError"),
        (reply(a_crl(an_authority())), "none of the certificate's issuers signed it"),
        (reply(a_crl(ROOT, next_update=AT - A_DAY)), "was to be replaced"),
        (b"", "RemoteProtocolError"),
    ],
)
def test_a_list_that_is_not_to_be_had_is_written_down(answer: bytes, told: str) -> None:
    stamp = stamped_with(lambda _: [answer])

    assert stamp.crls == ()
    [failure] = stamp.crl_failures
    assert failure.startswith("http://127.0.0.1:")
    assert told in failure


@pytest.mark.parametrize("url", ["ldap://crl.example/cn=x", "https://crl.example/x", "file:///x"])
def test_only_plain_http_is_asked_for_a_list(url: str) -> None:
    stamp = stamped(a_tsa(ROOT, crl_urls=[url]))

    assert stamp.crl_failures == (f"{url}: not a plain http URL",)


def test_a_list_that_is_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timestamping, "CRL_BYTES_MAX", 1_000)

    stamp = stamped_with(lambda _: [reply(bytes(1_001))])

    assert stamp.crls == ()
    assert "longer than 1000 bytes" in stamp.crl_failures[0]


def test_a_list_that_does_not_come_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    over = Event()

    def silent(_: Request) -> Iterator[bytes]:
        over.wait(20)
        yield b""

    monkeypatch.setattr(timestamping, "CRL_SECONDS_MAX", 0.2)
    with a_server(silent) as server:
        stamp = stamped(a_tsa(ROOT, crl_urls=[server.url]))
        over.set()

    assert "Timeout" in stamp.crl_failures[0]


def test_no_more_than_a_few_lists_are_asked_for() -> None:
    with a_server(lambda _: [reply(b"")]) as server:
        urls = [f"{server.url}/{number}" for number in range(TOO_MANY)]
        stamp = stamped(a_tsa(ROOT, crl_urls=urls))

    assert len(server.requests) == len(stamp.crl_failures) < TOO_MANY


def test_no_list_is_asked_for_before_the_answer_is_believed() -> None:
    with a_server(lambda _: [reply(a_crl(ROOT))]) as server:
        tsa = a_tsa(an_authority(), crl_urls=[server.url])
        with pytest.raises(TokenRefused):
            stamped(tsa)

    assert server.requests == []

"""Kamu SM's service, played by a server that opens the identity header and judges by it."""

from collections.abc import Callable, Iterable, Iterator
from hashlib import pbkdf2_hmac

import pytest
import rfc3161ng
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from ledger.errors import SettingsRefused
from ledger.evidence import timestamping
from ledger.evidence.stamps import Trust
from ledger.evidence.tsa_refusals import TsaRejected
from tests.tsa_builders import AT, IMPRINT, POLICY, integer, sequence, the_world, tlv
from tests.tsa_server import Request, Server, a_server, reply

ROOT, TSA, GOOD = the_world()
TRUST = Trust(roots=ROOT.pem, policies=frozenset({POLICY}))
CUSTOMER = 12_345_678
PASSWORD = "Uydurma-şifre-0123456789"


class FakeKamuSm:
    """One account with some credit; every stamp costs one."""

    def __init__(self, credit: int = 1) -> None:
        self.credit = credit
        self.salts: list[bytes] = []

    def __call__(self, request: Request) -> Iterable[bytes]:
        imprint = rfc3161ng.decode_timestamp_request(request.body)["messageImprint"]
        customer, digest = self.identified(request.headers["identity"])
        if customer != CUSTOMER:
            return [refusal(f"User {customer} is not known")]
        if digest != bytes(imprint["hashedMessage"]):
            return [refusal("could not be authenticated")]
        if not self.credit:
            return [refusal("Not enough credit")]
        self.credit -= 1
        nonce = int(rfc3161ng.decode_timestamp_request(request.body)["nonce"])
        return [reply(GOOD.changed(nonce=nonce).built(), kind="text/plain")]

    def identified(self, header: str) -> tuple[int, bytes | None]:
        """The customer, and what the account's password opens; None where it opens nothing."""
        [(_, whole)] = elements(bytes.fromhex(header))
        (_, customer), (_, salt), (_, iterations), (_, iv), (_, sealed) = elements(whole)
        assert [tag for tag, _ in elements(whole)] == [0x02, 0x04, 0x02, 0x04, 0x04]
        assert int.from_bytes(iterations) == 100
        assert len(salt) == 16
        assert salt == iv
        self.salts.append(salt)
        key = pbkdf2_hmac("sha256", PASSWORD.encode(), salt, 100, 32)
        decryptor = Cipher(AES(key), CBC(iv)).decryptor()
        opened = decryptor.update(sealed) + decryptor.finalize()
        padding = opened[-1]
        is_padded = 1 <= padding <= 16 and opened.endswith(bytes([padding] * padding))
        return int.from_bytes(customer), opened[:-padding] if is_padded else None


def elements(der: bytes) -> list[tuple[int, bytes]]:
    """Of DER whose lengths are below 128."""
    found = []
    while der:
        assert der[1] < 128
        found.append((der[0], der[2 : 2 + der[1]]))
        der = der[2 + der[1] :]
    return found


def refusal(text: str) -> bytes:
    """As the service does it: HTTP 200, PKIStatus 2 and a text."""
    return reply(sequence(sequence(integer(2), sequence(tlv(0x0C, text.encode())))))


@pytest.fixture
def kamu_sm() -> FakeKamuSm:
    return FakeKamuSm()


@pytest.fixture
def service(kamu_sm: FakeKamuSm) -> Iterator[Server]:
    with a_server(kamu_sm) as running:
        yield running


def a_client(url: str, customer: int = CUSTOMER, password: str = PASSWORD) -> timestamping.Tsa:
    return timestamping.kamusm(url, TRUST, customer=customer, password=password)


def test_a_known_customer_gets_a_stamp(kamu_sm: FakeKamuSm, service: Server) -> None:
    stamp = a_client(service.url).stamp(IMPRINT, AT)

    assert stamp.token.imprint == IMPRINT
    assert service.requests[0].line == "POST / HTTP/1.1"
    assert kamu_sm.credit == 0


def test_every_request_has_a_salt_of_its_own(kamu_sm: FakeKamuSm, service: Server) -> None:
    kamu_sm.credit = 3
    client = a_client(service.url)
    for _ in range(3):
        client.stamp(IMPRINT, AT)

    assert len(set(kamu_sm.salts)) == 3


def without_credit(service: Server) -> timestamping.Tsa:
    client = a_client(service.url)
    client.stamp(IMPRINT, AT)
    return client


@pytest.mark.parametrize(
    ("client_of", "told"),
    [
        (lambda service: a_client(service.url, customer=1), "User 1 is not known"),
        (lambda service: a_client(service.url, password="another"), "could not be authenticated"),
        (without_credit, "Not enough credit"),
    ],
    ids=["unknown user", "wrong password", "no credit"],
)
def test_a_rejection_says_why_in_the_services_words(
    service: Server, client_of: Callable[[Server], timestamping.Tsa], told: str
) -> None:
    client = client_of(service)
    asked_before = len(service.requests)

    with pytest.raises(TsaRejected) as rejected:
        client.stamp(IMPRINT, AT)

    assert str(rejected.value) == f"PKIStatus 2, {told}"
    assert told in rejected.value.turkish
    assert len(service.requests) == asked_before + 1  # each try may cost


def test_the_password_is_shown_nowhere(service: Server) -> None:
    client = a_client(service.url, customer=1)
    with pytest.raises(TsaRejected) as rejected:
        client.stamp(IMPRINT, AT)

    assert PASSWORD not in f"{client!r} {rejected.value!r} {rejected.value.turkish}"
    assert PASSWORD.encode() not in bytes.fromhex(service.requests[0].headers["identity"])


def test_a_url_with_a_password_in_it_is_refused() -> None:
    with pytest.raises(SettingsRefused):
        a_client(f"http://{CUSTOMER}:word@zd.example")
